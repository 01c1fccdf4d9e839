package strategy_test

import (
	"testing"
	"time"

	"baton/aio"
	"baton/backtest"
	"baton/exchange/local"
	"baton/strategy"
	"baton/trade"
)

// The trend follower trades on real and on made-up markets, is never far from its target, and leaves no order resting.
func TestTrend(t *testing.T) {
	t.Run("recorded", func(t *testing.T) {
		if r := recorded(t, bounded(t)); r.Fills < 4 {
			t.Errorf("%d fills: does it ever turn?", r.Fills)
		}
	})
	for seed := range uint64(5) {
		run(t, madeUp(bounded(t), seed))
	}
}

// Where answers take longer than anybody waits, every order is Unknown at first: the trend follower waits for the proof, and
// does not chase its target with a second order.
func TestTrendWaitsForProof(t *testing.T) {
	cfg := madeUp(bounded(t), 3)
	cfg.For = time.Minute
	cfg.Latency = &backtest.Latency{Out: local.Latency{Min: time.Millisecond}, Back: local.Latency{Min: 6 * time.Second}}
	if r := run(t, cfg); r.Trades.Unknown == 0 {
		t.Errorf("no order was unknown: %+v", r.Trades)
	}
}

// bounded is the strategy with a second coroutine that looks at its orders.
func bounded(t *testing.T) trade.Strategy {
	st := strategy.Trend()
	inner := st.Run
	st.Run = func(co *aio.Co, s *trade.Session) error {
		task := aio.Start(co, "watch", func(co *aio.Co) error {
			w := s.Watch(trade.OnFill | trade.OnOrder)
			for {
				if _, err := w.Next(co); err != nil {
					return nil // the strategy says how it ended
				}
				if p := s.Position(); p > 20 || p < -20 { // 1000 USDT in lots of some 60 USDT
					t.Errorf("holds %d lots", p)
				}
				if len(s.Live()) > 1 {
					t.Errorf("%d orders at once", len(s.Live()))
				}
			}
		})
		err := inner(co, s)
		task.Cancel(nil)
		return err
	}
	return st
}
