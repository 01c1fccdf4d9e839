package backtest_test

import (
	"context"
	"fmt"
	"testing"

	"baton/aio"
	"baton/backtest"
	"baton/market"
	"baton/strategy"
	"baton/trade"
)

// BenchmarkBTC runs 345 recorded seconds of BTCUSDT from memory, with queue positions, latency, fees, margin, risk, ledger and
// digest on. One op is the whole run; see the message/s. idle waits for nothing, book wakes one coroutine on every book change,
// maker trades on every book change.
func BenchmarkBTC(b *testing.B) {
	tape := load(b, "usdm_BTCUSDT_20240808.gz")
	watch := func(name string, mask trade.Mask, n int) trade.Strategy {
		return trade.Strategy{Name: name, Run: func(co *aio.Co, s *trade.Session) error {
			for range n - 1 {
				aio.Start(co, name, func(co *aio.Co) error { return listen(co, s, mask) })
			}
			return listen(co, s, mask)
		}}
	}
	for _, st := range []trade.Strategy{
		watch("idle", trade.OnStatus, 1), watch("book", trade.OnTop|trade.OnBook, 1), strategy.Maker(), strategy.Trend(),
		watch("8-on-trade", trade.OnTrade, 8), watch("8-on-book", trade.OnTop|trade.OnBook, 8),
	} {
		b.Run(st.Name, func(b *testing.B) { bench(b, backtest.Config{Strategy: st, Tape: tape, Seed: 7}) })
	}
}

func bench(b *testing.B, cfg backtest.Config) {
	b.ReportAllocs()
	messages := 0
	for b.Loop() {
		r, err := backtest.Run(context.Background(), cfg)
		if err != nil || !r.Reconciled {
			b.Fatal(err, r)
		}
		messages += r.Messages
	}
	b.ReportMetric(float64(messages)/b.Elapsed().Seconds()/1e6, "Mmsg/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(messages), "ns/msg")
}

// listen wakes on mask and looks at the top of the book.
func listen(co *aio.Co, s *trade.Session, mask trade.Mask) error {
	w, seen := s.Watch(mask), market.Ticks(0)
	for {
		if _, err := w.Next(co); err != nil {
			return nil
		}
		if s.Exact() {
			seen = max(seen, s.Top().Bid)
		}
	}
}

// A strategy of one's own, on a market that is made up, in a few lines.
func ExampleRun() {
	buyer := trade.Strategy{Name: "buyer", Run: func(co *aio.Co, s *trade.Session) error {
		w := s.Watch(trade.OnTop)
		for !s.Exact() {
			if _, err := w.Next(co); err != nil {
				return err
			}
		}
		o, err := s.Place(trade.Request{Side: market.Buy, Px: s.Top().Ask, Qty: 2, TIF: market.IOC})
		if err != nil {
			return err
		}
		return o.Wait(co)
	}}
	r, err := backtest.Run(context.Background(), synthetic(buyer, 1))
	fmt.Println(r.Orders, "order,", r.Fills, "fill, position", r.Positions[0].Qty, "reconciled", r.Reconciled, err)
	// Output: 1 order, 1 fill, position 2 reconciled true <nil>
}
