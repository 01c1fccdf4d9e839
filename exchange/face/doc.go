// Package face is the exchange as its clients see it: Binance's USD-M REST calls, WebSocket API and streams, in the shapes of
// 2026, free of I/O. A request and the time go in, a response comes out; a stream session is opened, and frames come out
// through the [Outbox] that the shell gave.
//
//	f := face.New(face.Config{Exchange: x, Keys: []face.Key{{APIKey: "k", Secret: "s", Account: me}}})
//	answer := f.Serve(now, &face.Request{Method: "GET", Path: "/fapi/v1/depth", Query: "symbol=BTCUSDT"})
//
//	session, refusal := f.Open(now, &face.Request{Path: "/public/ws/btcusdt@bookTicker"}, outbox)
//	session.Message(now, []byte(`{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":1}`))
//
//	x.Quote(now, btc, &quote)  // something happens at the exchange
//	f.Publish(now, &events)    // whoever subscribed it hears of it
//	events.Reset()
//
// The face owns its sessions, subscriptions, listenKeys and rate counters, and nothing of the exchange: it asks and commands
// it as any caller does. It has no clock: [Face.Next] says when [Face.Timer] wants to be called. One owner calls it.
//
// [Routes] lists what it serves: every REST endpoint and ws-api method of the categories market, trade, account and user
// stream. [AbsentRoutes] lists the others, which are answered with an error, each with its reason: converting assets, portfolio
// margin, downloads by link, referral programmes. RPI orders are refused (-1115), and multi-assets mode is (-4084): the exchange
// has one margin asset. Signatures are checked over the bytes as they came, by HMAC, RSA and Ed25519 keys.
//
// What it remembers of the public market (the last trades, candles of a minute for a week) begins with the exchange.
package face
