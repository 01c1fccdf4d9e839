package exchange_test

import (
	"testing"

	"baton/exchange"
	"baton/market"
)

// cycle is what a maker and a taker cause in a steady market of either kind.
func (d *desk) cycle(ref int64) {
	d.now += 1e6
	r := limit(1, market.Buy, 617_999, 10)
	r.Ref = ref
	d.x.Place(d.now, &r)
	if d.x.Kind(0) == exchange.Recorded {
		d.u++
		d.x.Quote(d.now, 0, &market.Quote{Update: d.u, Bid: 618_000, BidQty: 5, Ask: 618_001, AskQty: market.Lots(4 + ref&3)})
		d.trade(617_999, 12, market.Sell)
	} else {
		r := limit(2, market.Sell, 617_999, 4)
		d.x.Place(d.now, &r)
	}
	d.x.Cancel(d.now, exchange.Key{Account: 1, Ref: ref})
	r = limit(2, market.Buy, 618_001, 2)
	r.TIF = market.IOC
	d.x.Place(d.now, &r)
	d.ev.Reset()
}

func steady(t testing.TB, kind exchange.MarketKind) *desk {
	d := openWith(t, kind, 3, btc(), exchange.Config{Start: start, KeepOrders: 100, KeepFills: 100})
	if kind == exchange.Matched {
		for k := range market.Ticks(50) {
			d.place(limit(3, market.Buy, 617_990-k, 100))
			d.place(limit(3, market.Sell, 618_002+k, 100))
		}
	}
	for ref := range int64(1000) {
		d.cycle(ref + 1)
	}
	return d
}

// Nothing on the way of an order or a market event allocates once its buffers have grown.
func TestNoAllocations(t *testing.T) {
	for _, kind := range []exchange.MarketKind{exchange.Matched, exchange.Recorded} {
		d := steady(t, kind)
		ref := int64(1000)
		if n := testing.AllocsPerRun(2000, func() { ref++; d.cycle(ref) }); n != 0 {
			t.Errorf("kind %d: %v allocations a cycle", kind, n)
		}
		d.check()
	}
}

func BenchmarkOrders(b *testing.B) {
	for name, kind := range map[string]exchange.MarketKind{"matched": exchange.Matched, "recorded": exchange.Recorded} {
		b.Run(name, func(b *testing.B) {
			d := steady(b, kind)
			ref := int64(1000)
			b.ReportAllocs()
			for b.Loop() {
				ref++
				d.cycle(ref)
			}
		})
	}
}
