// Package binance is the client of Binance USD-M futures on a loop: market data by routed WebSocket streams with books that are
// exact or say that they are not, orders by the WebSocket API, the user stream, and REST for the rest. It talks to Binance and
// to Baton's own exchange alike; only the addresses differ.
//
//	c, err := binance.Dial(co, network, binance.Config{REST: "http://...", Streams: "ws://...", API: "ws://.../ws-fapi/v1",
//		Key: id, Secret: secret.New(text)})
//	trader, err := trade.New(co, cfg, c, c, journal) // it is feed and venue
//
// Every other stream is a typed subscription ([Subscribe]), every other call of REST a typed [Call] with a struct of package api:
//
//	trades, err := binance.Subscribe(client, binance.Trades("ETHUSDT"))
//	t, err := trades.Next(co)
//	lever, err := binance.Call(co, client, api.ChangeInitialLeverage{Symbol: "BTCUSDT", Leverage: 5})
//
// A [Client] belongs to the loop of the task that dialled it; its own tasks run in that task's innermost group. What to do is
// decided by package core, how it is written by package wire. It never sends anything twice: a command goes by the WebSocket API,
// or by REST while that is down, and one that may have left and was not answered is Unknown, and stays so until a query has proven
// what became of it ([Sent] tells what has left). Streams share few connections, each of which is replaced, without a gap, before
// it is a day old, and whenever the data of one of its streams is too old. Fills that were missed while the user stream was
// interrupted are asked for and told when it is whole again, those of strangers and liquidations too, and so are funding and
// transfers; a fill that was lost without a sign is found by its number within ten seconds. No error or note of it holds a key, a
// listen key or a signature, not even where the server echoes one. What it does about each fault is in docs/faults.md.
//
// [Client.Close] ends it. If the group is cancelled before, its tasks end and lost connections are not made again, but what is
// open stays open until Close, so that orders can still be cancelled and asked about.
package binance
