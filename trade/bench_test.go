package trade_test

import (
	"context"
	"testing"

	"baton/aio"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

// ticker is a market that moves on the waiter's own stack: one quote each microsecond.
type ticker struct {
	loop *aio.Loop
	v    *script
	q    market.Quote
	n    int
}

func (d *ticker) Run(until market.Nanos) bool {
	for at := d.loop.Now() + 1000; at <= until; at += 1000 {
		if d.n--; d.n < 0 {
			d.v.market.Status(market.Ended)
			return true
		}
		d.loop.Advance(at)
		d.q.Update++
		d.q.BidQty++
		d.v.market.Quote(&d.q)
		if d.loop.Ready() {
			return true
		}
	}
	return false
}

// BenchmarkWake is the price of a market event that wakes one strategy coroutine; /unheard is one that nobody waits for.
func BenchmarkWake(b *testing.B) {
	for _, c := range []struct {
		name string
		mask trade.Mask
	}{{"quote", trade.OnQuote}, {"unheard", trade.OnMark}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			drv := &ticker{n: b.N, q: market.Quote{Update: 1000, Bid: 100_000, Ask: 100_020}}
			wakes := 0
			_, err := aio.Run(context.Background(), aio.Config{Source: aio.Drive(t0, drv)}, func(co *aio.Co) (struct{}, error) {
				drv.loop = co.Loop()
				v := newScript(co.Loop())
				drv.v = v
				t, err := trade.New(co, trade.Config{Limits: map[string]risk.Limits{"BTCUSDT": limits()}}, v, v, &memory{})
				if err != nil {
					return struct{}{}, err
				}
				s, err := t.Open(v.in)
				if err != nil {
					return struct{}{}, err
				}
				v.exact()
				return struct{}{}, t.Run(co, trade.Strategy{Name: "count", Run: func(co *aio.Co, s *trade.Session) error {
					w := s.Watch(c.mask)
					b.ResetTimer()
					for {
						if _, err := w.Next(co); err != nil {
							return err
						}
						wakes++
					}
				}}, s)
			})
			if err != nil || c.mask == trade.OnQuote && wakes < b.N-3 {
				b.Fatal(err, wakes, b.N)
			}
		})
	}
}
