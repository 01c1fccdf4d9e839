package exchange_test

import (
	"testing"

	"baton/exchange"
	"baton/market"
)

// crowded is a matched market of 100 accounts with 3 BTC long each, at falling margins, bought from two rich ones, above a deep
// book.
func crowded(t testing.TB) *desk {
	d := openWith(t, exchange.Matched, 2, withLiquidationFee(), exchange.Config{Start: start, KeepOrders: 1000, KeepFills: 100, KeepIncome: 100})
	for a := 1; a <= 2; a++ {
		if err := d.x.Deposit(d.now, a, dec("1000000000")); err != nil {
			t.Fatal(err)
		}
		d.x.SetMaxOrders(a, 10_000)
	}
	for k := range 100 {
		a := d.x.AddAccount("somebody")
		if err := d.x.Deposit(d.now, a, dec("9600")); err != nil {
			t.Fatal(err)
		}
		if err := d.x.Deposit(d.now, a, dec("80")); k%2 == 0 && err != nil {
			t.Fatal(err)
		}
		d.meet(2, a, market.Buy, 618_000, 3000)
	}
	for k := range market.Ticks(300) {
		d.place(limit(1, market.Buy, 605_000-40*k, 2000))
	}
	d.ev.Reset()
	return d
}

// 100 accounts with positions through a fall of the mark price by 6 % in 60 steps: all are liquidated on the way.
func BenchmarkLiquidations(b *testing.B) {
	b.ReportAllocs()
	steps, forced := 0, 0
	for b.Loop() {
		b.StopTimer()
		d := crowded(b)
		b.StartTimer()
		for k := range 60 {
			d.mark(d.in.Price(618_000 - market.Ticks(k)*620).String())
			steps++
		}
		b.StopTimer()
		for k := range d.ev.List {
			if d.ev.List[k].Kind == exchange.EventForce {
				forced++
			}
		}
		if err := d.x.Check(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/mark")
	b.ReportMetric(float64(forced)/float64(b.N), "liquidations/op")
}

// A mark price that liquidates nobody costs one look at each account.
func BenchmarkMarkPrice(b *testing.B) {
	d := crowded(b)
	m := market.Mark{Mark: dec("61800"), Index: dec("61800"), Next: d.now + 8*3600*second}
	b.ReportAllocs()
	for b.Loop() {
		d.x.Mark(d.now, 0, &m)
		d.ev.Reset()
	}
}

// Looking at margins allocates nothing.
func TestMarkPriceAllocates(t *testing.T) {
	d := crowded(t)
	m := market.Mark{Mark: dec("61800"), Index: dec("61800"), Next: d.now + 8*3600*second}
	if n := testing.AllocsPerRun(100, func() {
		d.x.Mark(d.now, 0, &m)
		d.ev.Reset()
	}); n != 0 {
		t.Errorf("%v allocations a mark price", n)
	}
}
