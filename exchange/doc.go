// Package exchange is a USD-M futures exchange as a pure state machine: requests and market data go in with the time, what
// follows from them comes out in an [Events] list that the caller owns. It matches, keeps queue positions, charges fees,
// keeps positions and cross margin, makes mark prices and settles funding.
//
// It has no clock, goroutine, file or randomness. Time comes with every call and must not run backwards. One owner calls
// it; what it returns as a pointer or a slice of a book is good until the next call.
//
// An instrument is traded in one of two ways. A [Matched] one has a limit order book of real orders, by price and then time
// among all accounts: the synthetic market. A [Recorded] one replays a recording: orders of accounts rest beside the
// recorded book, never in it, and the rest of the market is account 0. Both obey the same filters, fees and margin.
//
//	var out exchange.Events
//	x := exchange.New(exchange.Config{Start: now}, &out)
//	btc := x.List(instrument, exchange.Recorded)
//	me := x.AddAccount("me")
//	err := x.Deposit(now, me, decimal.MustParse("10000"))
//	x.Snapshot(now, btc, &snapshot)
//	order, refusal := x.Place(now, &exchange.Request{Account: me, Instrument: btc, Side: market.Buy,
//		Type: market.Limit, TIF: market.GTX, Px: 618_000, Qty: 10})
//	x.Trade(now, btc, &trade)
//	for i := range out.List {
//		e := &out.List[i]
//		if e.Kind == exchange.EventUpdate {
//			deliver(out.Update(e))
//		}
//	}
//	out.Reset()
//
// It computes fees, profit and margin by its own formulas: a trader's ledger that agrees with it has proven something.
//
// What it does not do yet: it liquidates nobody. An account whose margin is gone may only reduce its positions; its wallet
// may then become negative. Leverage is one number for all ([Config]), margin is cross, positions are one-way. There are no
// conditional orders, and a resting order is never amended, only cancelled. An account never trades with itself: its
// resting order expires (EXPIRE_MAKER). In a recorded market accounts do not trade with each other either.
package exchange
