// Package binance is the client of Binance USD-M futures on a loop: market data by routed WebSocket streams with books that are
// exact or say that they are not, orders by the WebSocket API, the user stream, and REST for the rest. It talks to Binance and
// to Baton's own exchange alike; only the addresses differ.
//
//	c, err := binance.Dial(co, network, binance.Config{REST: "http://...", Streams: "ws://...", API: "ws://.../ws-fapi/v1",
//		Key: id, Secret: secret.New(text)})
//	trader, err := trade.New(co, cfg, c, c, journal) // it is feed and venue
//
// A [Client] belongs to the loop of the task that dialled it; its own tasks run in that task's innermost group. What to do is
// decided by package core, how it is written by package wire. It never sends anything twice: a command that may have left and
// was not answered is Unknown, and stays so until a query has proven what became of it. No error or log text of it holds a key
// or a signed query.
package binance
