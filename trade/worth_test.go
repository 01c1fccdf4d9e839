package trade_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

func accountLimits() *risk.Totals {
	return &risk.Totals{MaxExposure: d("1000000"), MaxOpen: d("1000000"), MaxOpenOrders: 50, MaxDailyLoss: d("1"), MaxDrawdown: d("1000"),
		Orders: risk.Rate{N: 3, In: 1e9}, Repeat: risk.Rate{N: 2, In: 1e9}}
}

// A day's loss beyond the limit stops everything but closing, is written into the journal as a latch, and is told.
func TestLossLatches(t *testing.T) {
	on(t, trade.Config{Totals: accountLimits()}, nil, func(b *bench) error {
		return b.run(func(co *aio.Co, s *trade.Session) error {
			b.v.market.Mark(&market.Mark{Mark: d("10000")})
			o, err := s.Place(trade.Request{Side: market.Buy, Px: 100_000, Qty: 10})
			if err != nil {
				return err
			}
			if out := o.Outcome(co); out != market.Accepted() {
				t.Error(out)
			}
			b.v.fill(o.ID(), 10)
			if err := co.Sleep(2 * time.Second); err != nil {
				return err
			}
			if b.t.Mode() != risk.Normal {
				t.Error("latched without a loss:", b.t.Notes())
			}
			b.v.market.Mark(&market.Mark{Mark: d("9800")}) // 0.01 lots of 200: a loss of 2
			if err := co.Sleep(2 * time.Second); err != nil {
				return err
			}
			var e *risk.Error
			if _, err := s.Place(trade.Request{Side: market.Buy, Px: 100_000, Qty: 1}); !errors.As(err, &e) || e.Reason != risk.OnlyReduce {
				t.Error(err)
			}
			if b.j.count(market.RecordLatch) != 1 || !strings.Contains(strings.Join(b.t.Notes(), "\n"), "has lost 2.0") {
				t.Error(b.t.Notes())
			}
			if _, err := s.Place(trade.Request{Side: market.Sell, Px: 100_000, Qty: 10, ReduceOnly: true}); err != nil {
				t.Error("closing:", err)
			}
			return nil
		})
	})
}

// A strategy that repeats itself is stopped by the account's rate, in the trader's time.
func TestRepeatedOrdersAreThrottled(t *testing.T) {
	on(t, trade.Config{Totals: accountLimits()}, nil, func(b *bench) error {
		return b.run(func(co *aio.Co, s *trade.Session) error {
			b.v.market.Mark(&market.Mark{Mark: d("10000")})
			place := func() error {
				_, err := s.Place(trade.Request{Side: market.Buy, Px: 99_000, Qty: 1})
				return err
			}
			if err := errors.Join(place(), place()); err != nil {
				t.Error(err)
			}
			var e *risk.Error
			if err := place(); !errors.As(err, &e) || e.Reason != risk.OverRate {
				t.Error(err)
			}
			if err := co.Sleep(time.Second); err != nil {
				return err
			}
			return place()
		})
	})
	if _, err := aio.Run(t.Context(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (*trade.Trader, error) {
		v := newScript(co.Loop())
		return trade.New(co, trade.Config{Totals: &risk.Totals{}}, v, v, &memory{})
	}); err == nil || !strings.Contains(err.Error(), "MaxExposure") {
		t.Error(err)
	}
}

// The margin and the liquidation price are estimates of the ledger, at the session's prices.
func TestMarginOfAPosition(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		if _, ok := b.s.Liquidation(); ok {
			t.Error("a liquidation price without a position")
		}
		b.v.in.Brackets = []market.Bracket{{Cap: d("1000000"), Leverage: 20, Maintenance: d("0.01")}}
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			o, err := s.Place(sell(10))
			if err != nil {
				return err
			}
			o.Outcome(co)
			b.v.fill(o.ID(), 10)
			return nil
		})
		// 0.01 BTC short at 10,002 with 9,999.99: (-100.02 - 9999.99) / (-0.01 - 0.0001) = 1000000.990099
		px, ok := b.s.Liquidation()
		if !ok || px.Cmp(d("1000000.99")) < 0 || px.Cmp(d("1000000.991")) > 0 {
			t.Errorf("liquidation at %s, %v", px, ok)
		}
		m, merr := b.t.Margin("USDT")
		if merr != nil || m.Maintenance != d("1.0001") { // 0.01 of 0.01 BTC at the middle, 10,001
			t.Errorf("%+v, %v", m, merr)
		}
		return err
	})
}
