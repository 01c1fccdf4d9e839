package risk_test

import (
	"errors"
	"strings"
	"testing"

	"baton/market"
	"baton/risk"
)

const second = market.Nanos(1e9)

func totals() risk.Totals {
	return risk.Totals{MaxExposure: dec("9500"), MaxOpen: dec("8000"), MaxOpenOrders: 6, MaxDailyLoss: dec("100"), MaxDrawdown: dec("150"),
		Orders: risk.Rate{N: 4, In: 10 * second}, Repeat: risk.Rate{N: 2, In: 10 * second}}
}

func bounded(t *testing.T, in ...*market.Instrument) *risk.Desk {
	t.Helper()
	d := desk(t, in[0])
	if err := d.Bound(totals()); err != nil {
		t.Fatal(err)
	}
	for _, x := range in[1:] {
		if err := d.Allow(x, limits()); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func at(now market.Nanos) risk.Reference {
	r := reference
	r.Now = now
	return r
}

func wantReason(t *testing.T, err error, want risk.Reason, says string) {
	t.Helper()
	var e *risk.Error
	if !errors.As(err, &e) || e.Reason != want || !strings.Contains(err.Error(), says) {
		t.Errorf("%v, want %v: %s", err, want, says)
	}
}

func eth() *market.Instrument {
	in := btc()
	in.Symbol = "ETHUSDT"
	return in
}

func TestEveryTotalIsNeeded(t *testing.T) {
	if err := (risk.Totals{}).Validate(); strings.Count(err.Error(), "\n") != 6 {
		t.Error(err)
	}
	if err := risk.NewDesk().Bound(risk.Totals{}); err == nil {
		t.Error("bound by nothing")
	}
}

// The exposure of all instruments counts, each by its worst case; of one whose price is not known nothing can be said.
func TestExposure(t *testing.T) {
	b, e := btc(), eth()
	d := bounded(t, b, e)
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(d.Reserve(limit(b, 1, market.Buy, 600_000, 60), at(0))) // 3,600
	d.Fill(1, b, market.Buy, 60)
	ok(d.Reserve(limit(e, 2, market.Sell, 600_001, 60), at(0))) // 7,200
	wantReason(t, d.Reserve(limit(e, 3, market.Sell, 600_001, 50), at(0)), risk.OverPosition, "could make")
	wantReason(t, d.Reserve(limit(b, 3, market.Buy, 600_000, 39), at(0)), risk.OverExposure, "could make the account's exposure 9540")
	d.Release(2)
	ok(d.Reserve(limit(b, 4, market.Buy, 600_000, 40), at(0)))

	c := eth()
	c.Symbol = "XUSDT"
	if err := d.Allow(c, limits()); err != nil {
		t.Fatal(err)
	}
	d.SetPosition(c, 5)
	wantReason(t, d.Reserve(limit(e, 5, market.Buy, 600_000, 1), at(0)), risk.BadReference, "XUSDT")
	d.Price(c, dec("1"))
	ok(d.Reserve(limit(e, 5, market.Buy, 600_000, 1), at(20*second)))
}

func TestOpenOrdersAreBounded(t *testing.T) {
	b, e := btc(), eth()
	d := bounded(t, b, e)
	tot := totals()
	tot.MaxOpen, tot.MaxOpenOrders = dec("4000"), 2
	if err := d.Bound(tot); err != nil {
		t.Fatal(err)
	}
	for id, q := range []market.Lots{30, 30} {
		if err := d.Reserve(limit(b, market.OrderID(id+1), market.Buy, 600_000, q), at(0)); err != nil {
			t.Fatal(err)
		}
	}
	wantReason(t, d.Reserve(limit(e, 3, market.Sell, 600_001, 1), at(0)), risk.OverOrders, "in the account")
	d.Release(2)
	wantReason(t, d.Reserve(limit(e, 3, market.Sell, 600_001, 40), at(0)), risk.OverOpen, "would be worth")
}

func TestRates(t *testing.T) {
	b, e := btc(), eth()
	d := bounded(t, b, e)
	id := market.OrderID(0)
	place := func(in *market.Instrument, side market.Side, now market.Nanos) error {
		id++
		defer d.Release(id)
		return d.Reserve(limit(in, id, side, 600_000+market.Ticks(1-side)/2, 1), at(now))
	}
	for range 2 {
		if err := place(b, market.Buy, 0); err != nil {
			t.Fatal(err)
		}
	}
	wantReason(t, place(b, market.Buy, 4*second), risk.OverRate, "BUY BTCUSDT in 10 s is the limit, as a guard against one that repeats itself: the next may leave in 6 s")
	for range 2 {
		if err := place(e, market.Sell, 5*second); err != nil {
			t.Fatal(err)
		}
	}
	wantReason(t, place(b, market.Sell, 9*second), risk.OverRate, "4 new orders in 10 s is the limit: the next may leave in 1 s")
	if err := place(b, market.Sell, 10*second); err != nil {
		t.Error(err)
	}
	d.SetPosition(b, 10)
	for range 5 { // what closes waits for nothing
		c := limit(b, 1000, market.Sell, 600_000, 1)
		c.ReduceOnly = true
		if err := d.Reserve(c, at(10*second)); err != nil {
			t.Error(err)
		}
	}
}

func TestLosses(t *testing.T) {
	in := btc()
	d := bounded(t, in)
	const day = 86_400 * second
	for _, c := range []struct {
		equity string
		at     market.Nanos
		says   string
	}{
		{"1000", day, ""}, {"900", day + 1, ""}, {"899.99", day + 2, "has lost 100.01 of 1000 today"},
	} {
		err := d.Worth(dec(c.equity), c.at)
		if c.says == "" && err != nil {
			t.Error(c, err)
		} else if c.says != "" {
			wantReason(t, err, risk.OverLoss, c.says)
		}
	}
	if d.Mode() != risk.NoIncrease || d.Worth(dec("1"), day+3) != nil {
		t.Error("told twice, or still open")
	}
	wantReason(t, d.Reserve(limit(in, 1, market.Buy, 600_000, 1), at(day)), risk.OnlyReduce, "no-increase")
	d.SetMode(risk.Normal)
	if err := d.Worth(dec("900"), 2*day); err != nil || d.Mode() != risk.Normal {
		t.Error("another day:", err)
	}
	wantReason(t, d.Worth(dec("849"), 2*day+1), risk.OverLoss, "is 151 below its highest, 1000")
}

func TestTotalsCostNoAllocation(t *testing.T) {
	in := btc()
	d := bounded(t, in)
	c := limit(in, 1, market.Buy, 600_000, 1)
	now := market.Nanos(0)
	if n := testing.AllocsPerRun(200, func() {
		now += 100 * second
		if err := d.Reserve(c, at(now)); err != nil {
			t.Fatal(err)
		}
		d.Release(1)
		if err := d.Worth(dec("1000"), now); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Error(n)
	}
}
