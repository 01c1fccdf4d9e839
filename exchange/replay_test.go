package exchange_test

import (
	"testing"

	"baton/exchange"
	"baton/market"
)

// Queue positions, case by case. The market is 618,000 (5) bid, 618,001 (4) asked; the order is a bid for 10.
func TestQueue(t *testing.T) {
	const best, next, inside = 618_000, 617_999, 618_001
	type step = func(d *desk)
	sell := func(px market.Ticks, qty market.Lots) step { return func(d *desk) { d.trade(px, qty, market.Sell) } }
	for name, c := range map[string]struct {
		px     market.Ticks
		steps  []step
		filled market.Lots
	}{
		"nothing happens":                   {best, nil, 0},
		"the queue ahead trades":            {best, []step{sell(best, 5)}, 0},
		"more than the queue trades":        {best, []step{sell(best, 8)}, 3},
		"in two prints":                     {best, []step{sell(best, 4), sell(best, 4)}, 3},
		"never more than the order":         {best, []step{sell(best, 99)}, 10},
		"a trade through fills all":         {best, []step{sell(next, 1)}, 10},
		"a trade above fills nothing":       {next, []step{sell(best, 99)}, 0},
		"a buyer's print at our bid":        {best, []step{func(d *desk) { d.trade(best, 99, market.Buy) }}, 0},
		"the quote says fewer are ahead":    {best, []step{func(d *desk) { d.quote(best, 2, inside, 4) }, sell(best, 5)}, 3},
		"the quote says more are behind":    {best, []step{func(d *desk) { d.quote(best, 50, inside, 4) }, sell(best, 8)}, 3},
		"the diff says fewer are ahead":     {next, []step{func(d *desk) { d.diff(levels(next, 1), nil) }, sell(next, 5)}, 4},
		"the level is gone":                 {next, []step{func(d *desk) { d.diff(levels(next, 0), nil) }, sell(next, 5)}, 5},
		"the market falls to it":            {next, []step{func(d *desk) { d.quote(617_998, 5, 618_001, 4) }, sell(next, 5)}, 5},
		"the quote crosses it":              {best, []step{func(d *desk) { d.quote(617_990, 5, best, 1) }}, 10},
		"the diff crosses it":               {best, []step{func(d *desk) { d.diff(levels(best, 0, next, 0), levels(best, 3)) }}, 10},
		"an old quote crosses nothing":      {best, []step{func(d *desk) { d.u = 90; d.quote(617_990, 5, best, 1) }}, 0},
		"an odd print of nothing":           {best, []step{sell(0, 0)}, 0},
		"joined a fresher quote's level":    {617_999, []step{sell(617_999, 8)}, 1},
		"a print larger than a crossed one": {best, []step{sell(best, 7), sell(best, 3)}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, exchange.Recorded, 1)
			o := d.place(limit(1, market.Buy, c.px, 10))
			for _, s := range c.steps {
				s(d)
			}
			if got := d.order(o).Filled; got != c.filled {
				t.Fatalf("filled %d, want %d", got, c.filled)
			}
			d.check()
		})
	}
}

// A diff from before the quote that an order joined behind says nothing about its queue.
func TestOlderDiffMovesNoQueue(t *testing.T) {
	d := open(t, exchange.Recorded, 1)
	d.u = 110
	d.quote(618_000, 8, 618_001, 4)
	o := d.place(limit(1, market.Buy, 618_000, 10))
	d.x.Diff(d.now, 0, &market.Diff{First: 101, Last: 105, Prev: 100, Bids: levels(618_000, 2)})
	d.trade(618_000, 9, market.Sell)
	if got := d.order(o).Filled; got != 1 {
		t.Fatal("filled", got)
	}
	d.check()
}

// The same for an offer: the sides mirror each other.
func TestQueueOfOffers(t *testing.T) {
	d := open(t, exchange.Recorded, 1)
	o := d.place(limit(1, market.Sell, 618_001, 10))
	d.trade(618_001, 6, market.Buy) // 4 ahead
	if got := d.order(o).Filled; got != 2 {
		t.Fatal("filled", got)
	}
	d.trade(618_002, 1, market.Buy)
	if got := d.order(o); got.Status != market.StatusFilled {
		t.Fatal(got)
	}
	d.check()
}

// Two own orders at one price share a print by their arrival; a better price goes first.
func TestOwnOrdersShare(t *testing.T) {
	d := open(t, exchange.Recorded, 2)
	first := d.place(limit(1, market.Buy, 618_000, 4))
	second := d.place(limit(2, market.Buy, 618_000, 4))
	lower := d.place(limit(2, market.Buy, 617_999, 4))
	d.trade(618_000, 11, market.Sell) // 5 ahead, then 4 and 2
	if a, b, c := d.order(first).Filled, d.order(second).Filled, d.order(lower).Filled; a != 4 || b != 2 || c != 0 {
		t.Fatal(a, b, c)
	}
	d.check()
}

// Fills that no trade explains are flagged.
func TestCrossedIsFlagged(t *testing.T) {
	d := open(t, exchange.Recorded, 1)
	d.place(limit(1, market.Buy, 618_000, 10))
	d.quote(617_990, 5, 617_995, 1)
	f := d.x.AppendFills(nil, 1, -1)
	if len(f) != 1 || !f[0].Crossed || f[0].Px != 618_000 || !f[0].Maker {
		t.Fatal(f)
	}
}

// What an order takes is missing until the level changes, and the recorded book itself never shows it.
func TestTakenStaysTaken(t *testing.T) {
	buy := exchange.Request{Account: 1, Side: market.Buy, Type: market.Limit, TIF: market.IOC, Px: 618_002, Qty: 7}
	d := open(t, exchange.Recorded, 1)
	if o := d.place(buy); o.Filled != 7 || o.Average(d.in).Fixed(8) != "61800.14285714" {
		t.Fatal(o.Filled, o.Average(d.in)) // 4 at 618,001, 3 at 618,002
	}
	if d.x.Book(0).Ask(618_001) != 4 || d.x.Book(0).HoldsOwn {
		t.Fatal("the recorded book changed")
	}
	if o := d.place(buy); o.Filled != 3 {
		t.Fatal("took again what was taken:", o.Filled)
	}
	d.quote(617_999, 5, 618_001, 4) // the other side changed only
	if o := d.place(buy); o.Filled != 0 {
		t.Fatal("took again after a quote that changed nothing:", o.Filled)
	}
	d.quote(617_999, 5, 618_001, 3)
	if o := d.place(buy); o.Filled != 3 {
		t.Fatal("the level was updated, filled", o.Filled)
	}
	d.diff(nil, levels(618_001, 3, 618_002, 2)) // the first row only confirms the quote
	if o := d.place(buy); o.Filled != 2 {
		t.Fatal("the second level was updated, filled", o.Filled)
	}
	d.check()
}

// An order that took all it could and rests is not crossed by the quote that still shows what it took.
func TestRestIsNotCrossedByWhatItTook(t *testing.T) {
	d := open(t, exchange.Recorded, 1)
	o := d.place(limit(1, market.Buy, 618_001, 10))
	d.quote(618_000, 6, 618_001, 4)
	if got := d.order(o).Filled; got != 4 {
		t.Fatal("filled", got)
	}
	d.quote(618_000, 6, 618_001, 5)
	if got := d.order(o).Filled; got != 10 {
		t.Fatal("filled", got)
	}
	d.check()
}

// A hole is counted, the ids go out unbroken, and a level whose end is missing is ended when a newer one crosses it.
func TestGap(t *testing.T) {
	d := open(t, exchange.Recorded, 1)
	other := market.NewBook(d.in)
	var snap market.Snapshot
	d.x.Book(0).Snapshot(&snap, 0)
	other.Load(&snap, true)
	feed := func(diff market.Diff) {
		t.Helper()
		out := d.x.Diff(d.now, 0, &diff)
		if out == nil {
			t.Fatal("skipped")
		}
		if ok, err := other.Apply(out); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	feed(market.Diff{First: 101, Last: 110, Prev: 100, Bids: levels(617_000, 1)})
	d.x.Gap(d.now, 0)
	feed(market.Diff{First: 131, Last: 140, Prev: 130, Bids: levels(618_002, 3)}) // 618,001 and 618,002 asked are gone
	feed(market.Diff{First: 161, Last: 170, Prev: 160, Bids: levels(616_000, 1)}) // not announced
	if d.x.Gaps(0) != 2 {
		t.Fatal("gaps", d.x.Gaps(0))
	}
	bid, ask, _ := d.x.Book(0).Best()
	if bid.Px != 618_002 || ask.Px != 618_010 || !other.Equal(d.x.Book(0)) || !other.Exact() {
		t.Fatal(bid, ask)
	}
}

// A later snapshot goes out as a diff that makes a follower's book equal to it.
func TestLaterSnapshot(t *testing.T) {
	d := open(t, exchange.Recorded, 1)
	other := market.NewBook(d.in)
	var snap market.Snapshot
	d.x.Book(0).Snapshot(&snap, 0)
	other.Load(&snap, true)
	if d.x.Snapshot(d.now, 0, &market.Snapshot{Last: 99}) != nil {
		t.Fatal("an old snapshot was taken")
	}
	out := d.x.Snapshot(d.now, 0, &market.Snapshot{Last: 150, Bids: levels(617_999, 3, 617_980, 2), Asks: levels(618_000, 1, 618_005, 1)})
	if ok, err := other.Apply(out); !ok || err != nil || !other.Equal(d.x.Book(0)) {
		t.Fatal(ok, err)
	}
	b := d.x.Book(0)
	if b.Bid(618_000) != 0 || b.Bid(617_990) != 0 || b.Bid(617_999) != 3 || b.Ask(618_001) != 0 || b.Ask(618_010) != 8 {
		t.Fatal("not the snapshot's")
	}
}

// Market orders stop at their bound.
func TestMarketOrderBound(t *testing.T) {
	d := open(t, exchange.Recorded, 1)
	d.diff(nil, levels(618_001, 0, 618_002, 0, 618_010, 2, 700_000, 50))
	o := d.place(exchange.Request{Account: 1, Side: market.Buy, Type: market.Market, Qty: 10})
	if o.Filled != 2 || o.Status != market.StatusExpired {
		t.Fatal(o)
	}
}
