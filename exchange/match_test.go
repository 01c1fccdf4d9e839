package exchange_test

import (
	"testing"

	"baton/exchange"
	"baton/market"
)

// fillsOf is who traded, in the order of the events: account, price, quantity.
func (d *desk) fillsOf() (out [][3]int64) {
	for k := range d.ev.List {
		e := &d.ev.List[k]
		if e.Kind != exchange.EventUpdate {
			continue
		}
		if u := d.ev.Update(e); u.Exec == exchange.ExecTrade && u.Fill.Maker {
			out = append(out, [3]int64{int64(u.Fill.Account), int64(u.Fill.Px), int64(u.Fill.Qty)})
		}
	}
	return out
}

func (d *desk) lastUpdate() (u exchange.Update) {
	for k := range d.ev.List {
		if e := &d.ev.List[k]; e.Kind == exchange.EventUpdate {
			u = *d.ev.Update(e)
		}
	}
	return u
}

// Price goes before time, time among equals; a taker trades at the makers' prices.
func TestPriceTimePriority(t *testing.T) {
	d := open(t, exchange.Matched, 5)
	d.place(limit(1, market.Sell, 618_010, 10))
	second := d.place(limit(2, market.Sell, 618_005, 10))
	d.place(limit(3, market.Sell, 618_005, 10))
	d.place(limit(4, market.Sell, 618_020, 10))
	d.ev.Reset()
	taker := d.place(limit(5, market.Buy, 618_010, 25))
	want := [][3]int64{{2, 618_005, 10}, {3, 618_005, 10}, {1, 618_010, 5}}
	got := d.fillsOf()
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Fatalf("%v, want %v", got, want)
	}
	if taker.Status != market.StatusFilled || taker.Average(d.in).Fixed(2) != "61800.60" || d.order(second).Status != market.StatusFilled {
		t.Fatal(taker, d.order(second))
	}
	if b := d.x.Book(0); b.Ask(618_010) != 5 || b.Ask(618_005) != 0 || b.Ask(618_020) != 10 {
		t.Fatal(b.Ask(618_010), b.Ask(618_005))
	}
	d.check()
}

// A cancelled order leaves its place, one that came later keeps its own.
func TestCancelKeepsQueue(t *testing.T) {
	d := open(t, exchange.Matched, 4)
	d.place(limit(1, market.Buy, 618_000, 10))
	gone := d.place(limit(2, market.Buy, 618_000, 10))
	d.place(limit(3, market.Buy, 618_000, 10))
	if _, refusal := d.x.Cancel(d.now, exchange.Key{Account: 2, ID: gone.ID}); refusal.Refused() {
		t.Fatal(refusal)
	}
	d.ev.Reset()
	d.place(limit(4, market.Sell, 618_000, 15))
	if got := d.fillsOf(); len(got) != 2 || got[0] != [3]int64{1, 618_000, 10} || got[1] != [3]int64{3, 618_000, 5} {
		t.Fatal(got)
	}
	if d.x.Book(0).Bid(618_000) != 5 || !d.x.Book(0).HoldsOwn {
		t.Fatal("level holds", d.x.Book(0).Bid(618_000))
	}
}

// What may not rest expires, and says why.
func TestWhatDoesNotRest(t *testing.T) {
	for name, c := range map[string]struct {
		request exchange.Request
		status  market.OrderStatus
		filled  market.Lots
		expiry  int
	}{
		"gtc rests":  {exchange.Request{Type: market.Limit, TIF: market.GTC, Px: 618_001, Qty: 15}, market.StatusPartiallyFilled, 10, 0},
		"ioc":        {exchange.Request{Type: market.Limit, TIF: market.IOC, Px: 618_001, Qty: 15}, market.StatusExpired, 10, exchange.ExpiredIOC},
		"ioc misses": {exchange.Request{Type: market.Limit, TIF: market.IOC, Px: 618_000, Qty: 15}, market.StatusExpired, 0, exchange.ExpiredIOC},
		"market":     {exchange.Request{Type: market.Market, Qty: 35}, market.StatusExpired, 30, exchange.ExpiredMarket},
		"market all": {exchange.Request{Type: market.Market, Qty: 30}, market.StatusFilled, 30, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, exchange.Matched, 2)
			d.place(limit(1, market.Sell, 618_001, 10))
			d.place(limit(1, market.Sell, 618_003, 20))
			d.place(limit(1, market.Buy, 617_990, 10))
			d.ev.Reset()
			c.request.Account, c.request.Side = 2, market.Buy
			o := d.place(c.request)
			if o.Status != c.status || o.Filled != c.filled {
				t.Fatalf("%s, filled %d", o.Status, o.Filled)
			}
			expiry := 0
			for k := range d.ev.List {
				if e := &d.ev.List[k]; e.Kind == exchange.EventUpdate {
					expiry += d.ev.Update(e).Expiry
				}
			}
			if expiry != c.expiry {
				t.Fatal("er", expiry)
			}
			d.check()
		})
	}
}

// An account does not trade with itself: its resting order expires.
func TestNoTradeWithOneself(t *testing.T) {
	d := open(t, exchange.Matched, 2)
	mine := d.place(limit(1, market.Sell, 618_001, 10))
	d.place(limit(2, market.Sell, 618_001, 10))
	taker := d.place(limit(1, market.Buy, 618_001, 10))
	if d.order(mine).Status != market.StatusExpiredInMatch || taker.Status != market.StatusFilled || d.x.Position(1, 0).Qty != 10 {
		t.Fatal(d.order(mine), taker)
	}
	d.check()
}

// Reduce-only orders never open or turn a position, resting or taking.
func TestReduceOnly(t *testing.T) {
	d := open(t, exchange.Matched, 3)
	d.place(limit(2, market.Sell, 618_000, 10))
	d.place(limit(1, market.Buy, 618_000, 10)) // 1 is long 10
	resting := limit(1, market.Sell, 618_010, 10)
	resting.ReduceOnly = true
	o := d.place(resting)
	d.place(limit(3, market.Buy, 617_000, 20))
	d.ev.Reset()
	closing := limit(1, market.Sell, 617_000, 15)
	closing.ReduceOnly = true
	if o := d.place(closing); o.Status != market.StatusExpired || o.Filled != 10 || d.x.Position(1, 0).Qty != 0 {
		t.Fatal(o, "position", d.x.Position(1, 0).Qty)
	}
	if last := d.lastUpdate(); last.Expiry != exchange.ExpiredReduceOnly {
		t.Fatal("er", last.Expiry)
	}
	taker := d.place(limit(3, market.Buy, 618_010, 5))
	if d.order(o).Status != market.StatusExpired || taker.Filled != 0 || d.x.Position(1, 0).Qty != 0 {
		t.Fatal(d.order(o), taker)
	}
	d.check()
}

// The public picture: diffs form a chain that makes another book equal, quotes follow the top.
func TestPublicBookFollows(t *testing.T) {
	d := open(t, exchange.Matched, 3)
	other := market.NewBook(d.in)
	var snap market.Snapshot
	d.x.Book(0).Snapshot(&snap, 0)
	other.Load(&snap, true)
	var top market.Quote
	for i := range 400 {
		side := market.Side(1 - 2*(i%2))
		px := market.Ticks(618_000 + (i*37)%21 - 10)
		d.place(limit(1+i%3, side, px, market.Lots(5+i%7)))
		for k := range d.ev.List {
			switch e := &d.ev.List[k]; e.Kind {
			case exchange.EventDiff:
				if ok, err := other.Apply(d.ev.Diff(e)); !ok || err != nil {
					t.Fatal(ok, err)
				}
			case exchange.EventQuote:
				top = *d.ev.Quote(e)
			}
		}
		d.ev.Reset()
	}
	if !other.Equal(d.x.Book(0)) {
		t.Fatal("books differ")
	}
	if bid, ask, ok := other.Best(); !ok || top.Bid != bid.Px || top.AskQty != ask.Qty {
		t.Fatal(top, bid, ask)
	}
	d.check()
}
