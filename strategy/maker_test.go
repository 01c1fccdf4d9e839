package strategy_test

import (
	"testing"

	"baton/aio"
	"baton/market"
	"baton/strategy"
	"baton/trade"
)

// The maker trades on real and on made-up markets, pays only maker fees, and never holds more than it means to.
func TestMaker(t *testing.T) {
	t.Run("recorded", func(t *testing.T) { checkMaker(t, recorded(t, watched(t, strategy.Maker())).Fills) })
	for seed := range uint64(5) {
		r := run(t, madeUp(watched(t, strategy.Maker()), seed))
		checkMaker(t, r.Fills)
	}
}

func checkMaker(t *testing.T, fills int) {
	t.Helper()
	if fills < 10 {
		t.Errorf("%d fills: does it quote at the top?", fills)
	}
}

// watched is st with a second coroutine that looks at its every fill and its live orders.
func watched(t *testing.T, st trade.Strategy) trade.Strategy {
	inner := st.Run
	st.Run = func(co *aio.Co, s *trade.Session) error {
		task := aio.Start(co, "watch", func(co *aio.Co) error {
			w := s.Watch(trade.OnFill | trade.OnOrder)
			for {
				if _, err := w.Next(co); err != nil {
					return nil // the strategy says how it ended
				}
				look(t, s, w)
			}
		})
		err := inner(co, s)
		task.Cancel(nil)
		return err
	}
	return st
}

func look(t *testing.T, s *trade.Session, w *trade.Watch) {
	for f := range w.Fills() {
		if !f.Maker {
			t.Errorf("a maker took: %+v", *f)
		}
	}
	sides := map[market.Side]int{}
	for _, o := range s.Live() {
		sides[o.Side()]++
	}
	if sides[market.Buy] > 1 || sides[market.Sell] > 1 {
		t.Errorf("%d bids and %d offers at once", sides[market.Buy], sides[market.Sell])
	}
	if p := s.Position(); p > 6*4 || p < -6*4 { // five quotes of 200 USDT and the one that was resting, in lots of some 60 USDT
		t.Errorf("holds %d lots", p)
	}
}
