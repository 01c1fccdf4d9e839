// Package local drives an exchange.Exchange from a loop in this process, with latency: the market of backtests and of paper
// trading. [Driver] is the aio.Driver that moves the loop's clock, and the feed and the venue of a trading session at once.
//
// What a session sees: market data at the time of its tape or crowd; commands that reach the exchange after the way out;
// answers and the user stream (updates, fills, account changes) after the way back, on two connections that are each in
// order but not ordered against each other, so that a fill may overtake the answer to its order. At equal times market data
// comes first, then timers, then commands at the exchange, then what travels back.
//
// No queue holds market data: the driver calls the session's sink, on the stack of whoever waits. It belongs to its loop and
// is not safe for use from elsewhere. It never reads a clock and draws chance only from the generator it was given.
//
//	tape.Seal()
//	d, err := local.New(x, &events, local.Config{Account: me, Out: lat, Back: lat}, rng)
//	err = d.Play(&tape)
//	_, err = aio.Run(ctx, aio.Config{Source: aio.Drive(d.Start(), d)}, func(co *aio.Co) (struct{}, error) {
//		d.Attach(co.Loop())
//		book, err := d.Open(btc, sink)
//		d.Bind(orders)
//		...
//	})
//
// A rig for tests and torture loses or delays an answer, loses a fill, cuts and restores the line, prints a trade.
package local
