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
// Orders are limit and market orders with every time in force but RPI, priced by themselves or by the book (priceMatch), reduce-only
// or not, with self-trade prevention by the arriving order's mode. [Exchange.Amend] keeps an order's id and not its place.
// Conditional orders ([Exchange.PlaceAlgo]) wait in front of matching and watch the last trade or the mark price; what an entry
// triggers follows at its end, first come first served, before the next entry. testdata/*.txt tells each rule as a script.
// What the venue does not document is decided here: a protected stop goes on waiting until mark and last price are near each
// other, one stop and one take profit may close a position in each direction, a GTD order expires with reason 0, PERCENT_PRICE
// bounds limit prices and not triggers, and the order that a conditional one becomes has its client id.
//
// What a venue changes while it trades can be changed: filters ([Exchange.SetFilters]), the status of a symbol ([Exchange.SetStatus]:
// close-only, halted, ended and settled), funding terms, and a mark price that stands or strays ([Exchange.HoldMark],
// [Exchange.SkewMark]). Queries find the last closed orders, fills and incomes of each account, so many an account, whatever others do.
// An exchange can go on where another stopped: with its numbers ([Exchange.GoOn]), open orders and histories.
//
// Money is one ledger: cross wallets, wallets of isolated positions, open positions at cost, fees and the insurance fund sum to
// what was deposited, to the last decimal, at the end of every transaction; otherwise it panics with both sums.
//
// Margin is tiered, cross or isolated, with a leverage for each account and instrument, in one-way or hedge mode. There is one
// margin asset: multi-assets mode is refused (-4084). Who falls to the maintenance margin is liquidated: orders end, then as
// much is closed as brings the margin back, at the bankruptcy price or better; the rest goes to the insurance fund, or to those
// on the other side by rank. What the venue does not document is decided here: positions are closed in the order of their
// maintenance margin, a margin call comes at 80 % of it, liquidation orders pay their fee and no commission, and the fund
// sells what it took over once a second.
//
// In a recorded market accounts do not trade with each other: the rest of the market is on the other side of everything.
package exchange
