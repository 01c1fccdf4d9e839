package trade_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

// A position whose stop the venue does not take is closed at the market when its bound is over, and not before; a person hears of it.
func TestNoStopClosesThePosition(t *testing.T) {
	grouped(t, nil, func(co *aio.Co, b *bench) error {
		if err := bought(co, b, 3); err != nil {
			return err
		}
		b.v.refuse = func(c *market.Command) (market.Outcome, bool) {
			return market.Refused(-4045, "Reach max stop order limit."), c.Type == market.StopMarket
		}
		g, err := b.s.Protect(trade.Protection{Stop: 99_000})
		if err != nil {
			return err
		}
		if err := co.Sleep(trade.BareDefault - time.Millisecond); err != nil {
			return err
		}
		if b.s.Position() != 3 {
			t.Error("too early")
		}
		if err := g.Wait(co); err != nil {
			return err
		}
		if b.s.Position() != 0 || b.t.Mode() != risk.NoIncrease || b.s.Now() > t0+market.Nanos(trade.BareDefault+100*time.Millisecond) ||
			!strings.HasPrefix(g.How(), "closed at the market: no stop rested") {
			t.Errorf("position %d, %s, after %s: %s", b.s.Position(), b.t.Mode(), time.Duration(b.s.Now()-t0), g.How())
		}
		return nil
	})
}

// A position that nobody protects is closed in time where the configuration says so, a strategy's own stop is taken for one, and a
// person hears of it.
func TestUnprotectedPositionsAreClosed(t *testing.T) {
	on(t, trade.Config{Answer: 20 * time.Millisecond, Unprotected: time.Second}, nil, func(b *bench) error {
		b.v.strict, b.v.whole, b.v.price = true, true, 100_000
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			if err := bought(co, b, 3); err != nil {
				return err
			}
			stop, err := s.Place(trade.Request{Side: market.Sell, Type: market.StopMarket, Trigger: 99_000, Qty: 3, ReduceOnly: true})
			if err != nil {
				return err
			}
			if err := co.Sleep(3 * time.Second); err != nil {
				return err
			}
			if s.Position() != 3 {
				t.Error("closed under its stop")
			}
			s.Cancel(stop)
			if err := errors.Join(stop.Wait(co), co.Sleep(900*time.Millisecond)); err != nil || s.Position() != 3 {
				t.Errorf("closed too early, or %v", err)
			}
			if err := co.Sleep(200 * time.Millisecond); err != nil {
				return err
			}
			if s.Position() != 0 || b.t.Mode() != risk.NoIncrease || len(b.t.Groups()) != 0 {
				t.Errorf("position %d, %s, %d groups", s.Position(), b.t.Mode(), len(b.t.Groups()))
			}
			return nil
		})
		b.stop(t)
		return err
	})
}

// A close at the market is not kept out by a reduce-only order of the strategy's own.
func TestACloseMakesRoom(t *testing.T) {
	grouped(t, nil, func(co *aio.Co, b *bench) error {
		if err := bought(co, b, 3); err != nil {
			return err
		}
		out := sell(3)
		out.ReduceOnly = true
		o, err := b.s.Place(out)
		if err != nil {
			return err
		}
		g, err := b.s.Protect(guard)
		if err != nil {
			return err
		}
		o.Outcome(co)
		g.Close()
		if err := g.Wait(co); err != nil {
			return err
		}
		if b.s.Position() != 0 || !o.Done() || b.t.Mode() != risk.Normal {
			t.Errorf("position %d, the order is %s, %s", b.s.Position(), o.State(), b.t.Mode())
		}
		return nil
	})
}

// When its strategy panics, the entry of a bracket goes and its protection stays; Stop leaves it at the venue too, and says so.
func TestProtectionOutlivesItsStrategy(t *testing.T) {
	on(t, trade.Config{Answer: 20 * time.Millisecond}, nil, func(b *bench) error {
		b.v.strict, b.v.whole, b.v.price = true, true, 100_000
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			g, err := s.Bracket(buy(4), guard)
			if err != nil {
				return err
			}
			if _, err := s.TWAP(sell(9), 3, time.Hour); err != nil {
				t.Error(err)
			}
			g.Order(market.RoleFirst).Outcome(co)
			b.v.fill(g.Order(market.RoleFirst).ID(), 1)
			panic("the strategy's own fault")
		})
		if err == nil {
			t.Error("no word of the panic")
		}
		res := b.stop(t)
		if len(b.v.open) != 2 || res.Protecting != 2 || len(b.v.rests(market.StopMarket)) != 1 || b.s.Position() != 1 {
			t.Errorf("%d orders are left, the trader counts %d protecting: %+v", len(b.v.open), res.Protecting, b.v.open)
		}
		return nil
	})
}

// An order that could only reduce a position which is not there, and which nothing could make, is cancelled after a while.
func TestOrphansAreSwept(t *testing.T) {
	grouped(t, nil, func(co *aio.Co, b *bench) error {
		if err := bought(co, b, 1); err != nil {
			return err
		}
		stop, err := b.s.Place(trade.Request{Side: market.Sell, Type: market.StopMarket, Trigger: 99_000, Qty: 1, ReduceOnly: true})
		if err != nil {
			return err
		}
		stop.Outcome(co)
		out, err := b.s.Place(sell(1))
		if err != nil {
			return err
		}
		out.Outcome(co)
		b.v.fill(out.ID(), 1)
		if err := co.Sleep(time.Second); err != nil {
			return err
		}
		if stop.Done() {
			t.Error("cancelled at once")
		}
		return stop.Wait(co)
	})
}

// An order that counted as refused and lives at the venue after all has no group any more: it is cancelled.
func TestALegWithoutItsGroupIsSwept(t *testing.T) {
	on(t, trade.Config{Answer: 20 * time.Millisecond}, nil, func(b *bench) error {
		b.v.strict, b.v.whole = true, true
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			b.v.refuse = func(c *market.Command) (market.Outcome, bool) {
				return market.Refused(-1008, "overloaded"), c.Op == market.OpPlace
			}
			g, err := s.Bracket(buy(1), guard)
			if err != nil {
				return err
			}
			entry := g.Order(market.RoleFirst)
			if err := g.Wait(co); err != nil {
				return err
			}
			b.v.refuse = nil
			delete(b.v.ended, entry.ID())
			c := entry.Command()
			b.v.open[entry.ID()] = &c
			b.v.orders.Update(&market.Update{Instrument: b.v.in, Order: entry.ID(), Status: market.StatusNew})
			if entry.Done() {
				t.Error("it did not come back to life")
			}
			return entry.Wait(co)
		})
		if len(b.v.open) != 0 {
			t.Errorf("left: %v", b.v.open)
		}
		b.stop(t)
		return err
	})
}

// Stop cancels the protection too where Config.Bare says so, and the next run finds no group.
func TestStopLeavesNothingWhereToldSo(t *testing.T) {
	j := &memory{}
	on(t, trade.Config{Answer: 20 * time.Millisecond, Bare: true}, j, func(b *bench) error {
		b.v.strict, b.v.whole, b.v.price = true, true, 100_000
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			if err := bought(co, b, 2); err != nil {
				return err
			}
			_, err := s.Protect(guard)
			return errors.Join(err, co.Sleep(10*time.Millisecond))
		})
		if len(b.v.open) != 2 {
			t.Errorf("before the end %d orders wait", len(b.v.open))
		}
		b.stop(t)
		left := recovered(t, func(yield func(*market.Record, error) bool) {
			for i := range j.records {
				if !yield(&j.records[i], nil) {
					return
				}
			}
		})
		if len(b.v.open) != 0 || len(left.Groups) != 0 {
			t.Errorf("left: %v and %d groups", b.v.open, len(left.Groups))
		}
		return err
	})
}

// The groups of a strategy that has ended give up what they have not filled, while other strategies go on.
func TestGroupsEndWithTheirStrategy(t *testing.T) {
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (struct{}, error) {
		v := newScript(co.Loop())
		other := *v.in
		other.Symbol = "ETHUSDT"
		tr, err := trade.New(co, trade.Config{Limits: map[string]risk.Limits{"BTCUSDT": limits(), "ETHUSDT": limits()}}, v, v, &memory{})
		if err != nil {
			return struct{}{}, err
		}
		goes, err := tr.Open(&other)
		if err != nil {
			return struct{}{}, err
		}
		ends, err := tr.Open(v.in)
		if err != nil {
			return struct{}{}, err
		}
		v.exact()
		if err := tr.Start(co); err != nil {
			return struct{}{}, err
		}
		var g *trade.Group
		err = tr.Run(co, trade.Strategy{Name: "two", Run: func(co *aio.Co, s *trade.Session) (err error) {
			if s == ends {
				g, err = s.TWAP(buy(6), 3, time.Hour)
				return err
			}
			if err := co.Sleep(5 * time.Second); err != nil {
				return err
			}
			if !g.Done() || len(v.open) != 0 {
				t.Errorf("its TWAP goes on: %d orders", len(v.open))
			}
			return nil
		}}, goes, ends)
		if err != nil {
			return struct{}{}, err
		}
		_, err = tr.Stop(co)
		return struct{}{}, err
	})
	if err != nil {
		t.Fatal(err)
	}
}
