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
// What Binance has and this exchange has not (FOK, GTD and RPI orders, conditional orders, hedge mode, price matching, Ed25519
// sessions) is refused with Binance's own codes, never taken and ignored.
package face
