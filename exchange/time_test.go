package exchange_test

import (
	"testing"

	"baton/exchange"
	"baton/market"
)

const second = exchange.Nanos(1e9)

// run lets the exchange's timers run to a time.
func (d *desk) run(until exchange.Nanos) {
	for d.x.Next() <= until {
		d.x.Timer(d.x.Next())
	}
	d.now = until
}

// The mark price is the mean of the middle over the last thirty seconds.
func TestMarkPrice(t *testing.T) {
	d := open(t, exchange.Recorded, 1)
	if m := d.x.MarkNow(0); m.Mark != dec("61800.05") {
		t.Fatal("first", m)
	}
	d.run(start + 10*second)
	d.quote(618_300, 5, 618_301, 5)
	d.run(start + 20*second)
	if m := d.x.MarkNow(0); m.Mark != dec("61814.33571429") {
		t.Fatal("mixed", m.Mark) // 11 samples of 61800.05 (the first at once), 10 of 61830.05
	}
	d.run(start + 60*second)
	if m := d.x.MarkNow(0); m.Mark != dec("61830.05") || m.Index != m.Mark || m.Rate != dec("0.0001") {
		t.Fatal("settled", m)
	}
	marks := 0
	for k := range d.ev.List {
		if d.ev.List[k].Kind == exchange.EventMark {
			marks++
		}
	}
	if marks != 60 {
		t.Fatal("marks", marks)
	}
	d.x.Mark(d.now, 0, &market.Mark{Mark: dec("61000"), Index: dec("61001"), Rate: dec("0.0002"), Next: d.now + 7*second})
	d.run(d.now + 5*second)
	if m := d.x.MarkNow(0); m.Mark != dec("61000") || m.Rate != dec("0.0002") {
		t.Fatal("a recorded mark price was replaced", m)
	}
}

// Funding is paid at its time, by the longs where the rate is positive; no money appears.
func TestFunding(t *testing.T) {
	for _, kind := range []exchange.MarketKind{exchange.Matched, exchange.Recorded} {
		d := open(t, kind, 2)
		if kind == exchange.Matched {
			d.place(limit(2, market.Sell, 618_001, 3))
		}
		d.place(limit(1, market.Buy, 618_001, 3))
		before, _ := d.x.Account(1)
		at := d.now + 100*second
		d.x.Mark(d.now, 0, &market.Mark{Mark: dec("60000.5"), Index: dec("60000"), Rate: dec("0.0003"), Next: at})
		d.run(at - 1)
		if a, _ := d.x.Account(1); a.Wallet != before.Wallet {
			t.Fatal("too early")
		}
		d.ev.Reset()
		d.run(at)
		after, _ := d.x.Account(1)
		paid, _ := before.Wallet.Sub(after.Wallet)
		if paid != dec("0.05400045") {
			t.Fatal("paid", paid)
		}
		c := d.ev.Change(&d.ev.List[0])
		if c.Reason != market.ReasonFunding || c.Amount != paid.Neg() || c.Instrument != 0 {
			t.Fatalf("%+v", c)
		}
		if next := d.x.MarkNow(0).Next; next <= at || next%(8*3600*second) != 0 {
			t.Fatal("next", next)
		}
		d.check()
	}
}

// The dead man's switch cancels unless it is renewed, and only in its instrument.
func TestCountdown(t *testing.T) {
	d := open(t, exchange.Recorded, 2)
	mine, theirs := d.place(limit(1, market.Buy, 617_000, 10)), d.place(limit(2, market.Buy, 617_000, 10))
	d.x.Countdown(d.now, 1, 0, second)
	d.run(d.now + second - 1)
	d.x.Countdown(d.now, 1, 0, 2*second)
	d.run(d.now + 2*second - 1)
	if d.order(mine).Status != market.StatusNew {
		t.Fatal("not renewed")
	}
	d.run(d.now + 1)
	if d.order(mine).Status != market.StatusCanceled || d.order(theirs).Status != market.StatusNew {
		t.Fatal(d.order(mine).Status, d.order(theirs).Status)
	}
	d.x.Countdown(d.now, 2, 0, second)
	d.x.Countdown(d.now, 2, 0, 0)
	d.run(d.now + 3*second)
	if d.order(theirs).Status != market.StatusNew {
		t.Fatal("not disarmed")
	}
}

// Closed orders and fills are kept up to their limits, then forgotten, oldest first.
func TestKept(t *testing.T) {
	d := openWith(t, exchange.Recorded, 1, btc(), exchange.Config{Start: start, KeepOrders: 3, KeepFills: 2})
	for ref := int64(1); ref <= 5; ref++ {
		r := limit(1, market.Buy, 617_000, 10)
		r.Ref = ref
		d.place(r)
		d.trade(616_999, 1, market.Sell)
	}
	if d.x.Forgotten(1) != 2 {
		t.Fatal("forgotten", d.x.Forgotten(1))
	}
	if _, ok := d.x.Order(exchange.Key{Account: 1, Ref: 2}); ok {
		t.Fatal("kept one too many")
	}
	if o, ok := d.x.Order(exchange.Key{Account: 1, Ref: 3}); !ok || o.Status != market.StatusFilled {
		t.Fatal(o, ok)
	}
	orders, fills := d.x.AppendOrders(nil, 1, -1), d.x.AppendFills(nil, 1, 0)
	if len(orders) != 3 || orders[0].Ref != 3 || len(fills) != 2 || fills[1].Ref != 5 {
		t.Fatal(orders, fills)
	}
}
