package strategy_test

import (
	"testing"
	"time"

	"baton/aio"
	"baton/market"
	"baton/strategy"
	"baton/trade"
)

// The breakout follower is never longer without a stop at the venue than it takes to place one, ends each of its positions by one, and
// leaves nothing behind.
func TestBreakout(t *testing.T) {
	ends := map[string]int{}
	for seed := range uint64(2) {
		cfg := madeUp(breaking(t, ends), seed)
		cfg.For = 10 * time.Minute
		run(t, cfg)
	}
	if ends["stopped"] == 0 || ends["took profit"] == 0 {
		t.Errorf("its brackets ended so: %v", ends)
	}
	t.Run("recorded", func(t *testing.T) { recorded(t, breaking(t, ends)) })
}

// breaking is the strategy with a second coroutine that looks at its position and its protection.
func breaking(t *testing.T, ends map[string]int) trade.Strategy {
	st, err := strategy.Breakout().With(map[string]string{"stop_bps": "1", "take_bps": "1"}) // the made-up market is a calm one
	if err != nil {
		t.Fatal(err)
	}
	inner := st.Run
	st.Run = func(co *aio.Co, s *trade.Session) error {
		task := aio.Start(co, "watch", func(co *aio.Co) error {
			w := s.Watch(trade.OnFill | trade.OnOrder).Every(10 * time.Millisecond)
			var bare market.Nanos
			var g *trade.Group
			for {
				if _, err := w.Next(co); err != nil {
					return nil // the strategy says how it ended
				}
				if g != nil && g.Done() {
					ends[g.How()]++
					g = nil
				}
				if p := s.Protection(); p != nil {
					g = p
				}
				switch {
				case s.Position() == 0 || s.Protection() != nil && s.Protection().Protected():
					bare = s.Now()
				case s.Now()-bare > market.Nanos(200*time.Millisecond):
					t.Errorf("%d lots without a stop for %s", s.Position(), time.Duration(s.Now()-bare))
				}
			}
		})
		err := inner(co, s)
		task.Cancel(nil)
		return err
	}
	return st
}
