package torture

import (
	"errors"
	"math/rand/v2"
	"time"

	"baton/aio"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

// trading is a strategy that does one random thing after the other: places orders of every kind near the top, cancels, waits for
// the fate of some, reduces. It never reads a book that is not exact.
type trading struct {
	rng *rand.Rand
	o   *observer
}

// pace is how long it waits at most for something to happen.
const pace = 300 * time.Millisecond

func (s *trading) run(co *aio.Co, ss *trade.Session) error {
	w := ss.Watch(trade.OnTop | trade.OnFill | trade.OnOrder | trade.OnTrade)
	for {
		err := aio.Timeout(co, time.Duration(1+s.rng.Int64N(int64(pace))), func(co *aio.Co, _ *aio.Scope) error {
			if s.rng.IntN(2) == 0 {
				return co.Sleep(pace)
			}
			_, err := w.Next(co)
			return err
		})
		if err != nil && !errors.Is(err, aio.ErrTimeout) {
			return err
		}
		s.o.cursor(ss, w)
		if err := s.act(co, ss); err != nil {
			return err
		}
	}
}

// act does one thing.
func (s *trading) act(co *aio.Co, ss *trade.Session) error {
	if i := 1 + s.o.w.index(ss.Instrument()); i == s.o.w.panics {
		s.o.w.panics, s.o.w.panicked = 0, i
		s.o.w.reach("M13")
		panic("a strategy panics")
	}
	if s.o.w.groups && s.o.w.index(ss.Instrument()) == guardedIn {
		s.guard(ss)
		return nil
	}
	live := ss.Live()
	switch k := s.rng.IntN(10); {
	case k == 0 && s.o.w.groups && len(live) > 0:
		s.amend(ss, live[s.rng.IntN(len(live))])
	case k < 5:
		s.place(ss)
	case k < 8 && len(live) > 0:
		ss.Cancel(live[s.rng.IntN(len(live))])
	case k == 8 && len(live) > 0:
		o := live[s.rng.IntN(len(live))]
		err := aio.Timeout(co, time.Second, func(co *aio.Co, _ *aio.Scope) error { return o.Settle(co) })
		if err != nil && !errors.Is(err, aio.ErrTimeout) {
			return err
		}
	}
	return nil
}

// place places one order, a third of them to make a position smaller. Refusals of the risk desk are part of the game.
func (s *trading) place(ss *trade.Session) {
	r := trade.Request{Side: market.Buy, Qty: 2 + market.Lots(s.rng.IntN(14)), TIF: market.TIF(1 + s.rng.IntN(4))}
	away := market.Ticks(s.rng.IntN(24) - 8)
	if s.rng.IntN(2) == 0 {
		r.Side = market.Sell
	}
	if p := ss.Position(); p != 0 && s.rng.IntN(3) == 0 {
		r.ReduceOnly = true
		if r.Side = market.Sell; p < 0 {
			r.Side, p = market.Buy, -p
		}
		r.Qty = min(r.Qty, p)
	}
	if !ss.Exact() {
		r.Px = 500_000
		if _, err := ss.Place(r); err == nil && !r.ReduceOnly {
			s.o.fail("P15", "an order was taken in %s while its book was not exact", ss.Instrument().Symbol)
		}
		return
	}
	if r.Px = ss.Top().Bid - away; r.Side == market.Sell {
		r.Px = ss.Top().Ask + away
	}
	if _, err := ss.Place(r); err != nil {
		if _, refused := errors.AsType[*risk.Error](err); !refused && !errors.Is(err, trade.ErrStopped) {
			s.o.fail("P16", "an order in %s was not taken: %v", ss.Instrument().Symbol, err)
		}
	}
}
