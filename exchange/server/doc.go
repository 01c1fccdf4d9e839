// Package server puts an exchange on a loop and on a network: the thin shell around exchange/face. A [Server] is a
// netio.Service, so the same one is reached over sockets or in memory.
//
//	s, err := server.New(co.Loop(), server.Config{
//		Tape: &tape, // or Openings, for a synthetic market
//		Keys: []server.Key{{APIKey: "key", Secret: "secret", Account: "me", Deposit: decimal.MustParse("10000")}},
//		Out:  local.DefaultLatency, Back: local.DefaultLatency, Seed: 7,
//	})
//	listener, err := network.Listen(co, "127.0.0.1:0", s)
//	...
//	_, err = s.Done().Await(co) // a recording has an end
//
// It owns its exchange, drives the market by a timer of the loop, and hands what the exchange says to the streams. Its only
// clock is the loop's. Requests that change something, and all of the WebSocket API, take the way out before the exchange sees
// them; answers and user streams come back on two ways of their own, each in order, so that a fill may overtake the answer to
// its order. Market data leaves at its own time.
//
// A recording starts from its snapshot, and plays when each connection that has subscribed changes of a book has since
// fetched that book; or, where that does not happen, [Config].Grace after the first such subscription (after the start, where
// there is none). Its events come in the order and with the pauses in which they were received; E and T are shifted by one
// constant, [Server.Shift], so that its first frame is now. Diffs that end before the snapshot are dropped and counted. A
// hole in the recording is counted, and the ids that go out form a chain nevertheless.
//
// What goes wrong on purpose is either a [Fault], once at a known place, or a [Chance], each time with a probability: for a request or
// a frame, by REST and by the WebSocket API alike, or each second for the venue as a whole. A [Scenario] befalls the venue at a time
// and for a time: a crash, a cascade of liquidations, a halted symbol, narrower filters, a mark price that stands, an outage. [Control]
// is a second service for a port of its own, by which whoever runs the exchange opens accounts, moves the clock, stages scenarios and
// sets chances. [Server.State] and [Server.History] are what can be kept over a restart.
//
// It starts no goroutine and belongs to its loop.
package server
