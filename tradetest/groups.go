package tradetest

import (
	"errors"
	"fmt"
	"testing"

	"baton/aio"
	"baton/journal"
	"baton/market"
	"baton/trade"
)

// Groups runs what a venue has to do for groups of orders: conditional orders that close a position, each on a rig of its own.
func Groups(t *testing.T, newRig func(*testing.T) Rig) {
	for _, c := range []struct {
		name string
		test func(*bench) error
	}{
		{"a bracket is stopped", func(b *bench) error { return bracket(b, -1, "stopped") }},
		{"a bracket takes its profit", func(b *bench) error { return bracket(b, 1, "took profit") }},
		{"a moved stop is the only one, and stops", movedStop},
		{"a trailing stop follows, and stops", trailing},
		{"the answer to a stop is lost", lostStop},
		{"the line is cut while the entry fills", cutEntry},
		{"a stop whose price has passed closes", passedStop},
		{"a slice follows a slice", slices},
	} {
		t.Run(c.name, func(t *testing.T) { onRig(t, newRig(t), c.test) })
	}
	t.Run("a bracket over a restart", func(t *testing.T) { bracketOverRestart(t, newRig(t)) })
}

// away is how far from the market the triggers of this kit are.
const away = 40 * gap

// shift moves the market, and has somebody trade there.
func (b *bench) shift(by market.Ticks) error {
	if by < 0 {
		return b.fall(-by)
	}
	b.bid, b.ask = b.bid+by, b.ask+by
	b.market(depth, depth)
	err := b.until("the market has risen", func() bool { return b.s.Top().Ask == b.ask })
	b.Print(market.Buy, b.ask, 2) // worth more than the least
	return err
}

func (b *bench) guard() trade.Protection {
	return trade.Protection{Stop: b.bid - away, Take: b.ask + away}
}

// enter buys at the offer under a bracket, and waits until it is protected.
func (b *bench) enter(p trade.Protection) (*trade.Group, error) {
	g, err := b.s.Bracket(trade.Request{Side: market.Buy, Px: b.ask, Qty: 2}, p)
	if err != nil {
		return nil, fmt.Errorf("the kit's own bracket was not begun: %w", err)
	}
	return g, b.until("what was bought is protected", func() bool { return b.s.Position() == 2 && g.Protected() && b.waits(1+min(int(p.Take), 1)) })
}

// waits says whether so many conditional orders wait at the venue, as far as is known here.
func (b *bench) waits(n int) bool {
	for _, o := range b.s.Live() {
		if o.Waits() && o.State().AtVenue() {
			n--
		}
	}
	return n == 0
}

// ends waits for the end of a group, and looks at what is left.
func (b *bench) ends(g *trade.Group, how string) error {
	if err := b.until("the group has ended", g.Done); err != nil {
		for _, o := range b.s.Live() {
			b.Errorf("order %d: %s %d@%d is %s, filled %d", o.ID(), o.Command().Type, o.Qty(), o.Trigger(), o.State(), o.Filled())
		}
		return err
	}
	if g.How() != how || b.s.Position() != 0 || len(b.s.Live()) != 0 {
		b.Errorf("it ended: %s, with a position of %d and %d orders; want %q and nothing", g.How(), b.s.Position(), len(b.s.Live()), how)
	}
	open, err := b.open()
	if len(open) > 0 {
		b.Errorf("left at the venue: %+v", open)
	}
	return err
}

func bracket(b *bench, way market.Ticks, how string) error {
	g, err := b.enter(b.guard())
	if err != nil {
		return err
	}
	if err := b.shift(way * (away + gap)); err != nil {
		return err
	}
	return b.ends(g, how)
}

func movedStop(b *bench) error {
	g, err := b.enter(b.guard())
	if err != nil {
		return err
	}
	for n := range market.Ticks(3) {
		to := b.bid - away/2 + n*gap
		if err := g.Move(to); err != nil {
			return err
		}
		err := b.until("the moved stop waits, and no other", func() bool {
			o := g.Order(market.RoleStop)
			return b.waits(2) && o.Trigger() == to && o.State().AtVenue()
		})
		if err != nil {
			return err
		}
	}
	open, err := b.open()
	if len(open) != 2 {
		b.Errorf("at the venue wait %+v", open)
	}
	if err != nil {
		return err
	}
	if err := b.shift(-away/2 + gap); err != nil {
		return err
	}
	return b.ends(g, "stopped")
}

func trailing(b *bench) error {
	g, err := b.enter(trade.Protection{Callback: percent("0.2")})
	if err != nil {
		return err
	}
	if err := errors.Join(b.shift(10*away), b.shift(-10*away)); err != nil { // it follows, and then it does not
		return err
	}
	return b.ends(g, "stopped")
}

func lostStop(b *bench) error {
	g, err := b.s.Bracket(trade.Request{Side: market.Buy, Px: b.bid, Qty: 2}, b.guard())
	if err != nil {
		return err
	}
	if out := g.Order(market.RoleFirst).Outcome(b.co); out.Kind() != market.IsAccepted {
		return fmt.Errorf("the entry is %s", out.Kind())
	}
	b.Lose(market.OpPlace)
	b.Print(market.Sell, b.bid, depth+2)
	b.market(depth, depth)
	if err := b.until("it is protected all the same", func() bool { return b.s.Position() > 0 && g.Protected() }); err != nil {
		return err
	}
	g.Close()
	return b.ends(g, "closed at the market")
}

func cutEntry(b *bench) error {
	g, err := b.s.Bracket(trade.Request{Side: market.Buy, Px: b.bid, Qty: 2}, b.guard())
	if err != nil {
		return err
	}
	if out := g.Order(market.RoleFirst).Outcome(b.co); out.Kind() != market.IsAccepted {
		return fmt.Errorf("the entry is %s", out.Kind())
	}
	b.Cut()
	b.Print(market.Sell, b.bid, depth+2)
	b.market(depth, depth)
	b.Restore()
	if err := b.until("it is protected after the cut", func() bool { return b.s.Position() > 0 && g.Protected() }); err != nil {
		return err
	}
	g.Close()
	return b.ends(g, "closed at the market")
}

func passedStop(b *bench) error {
	g, err := b.enter(b.guard())
	if err != nil {
		return err
	}
	b.Print(market.Buy, b.ask, 2) // the last price is there
	if err := g.Move(b.ask + gap); err != nil {
		return err
	}
	return b.ends(g, "closed at the market: the price has passed the stop")
}

// bracketOverRestart ends a trader as a crash does while its bracket is entered. The next one on the same journal goes on with it: its stop
// moves, and stops.
func bracketOverRestart(t *testing.T, rig Rig) {
	rig.Run(t, func(co *aio.Co) error {
		tape, feed := &keeping{}, &handover{Feed: rig.Feed(), loop: co.Loop()}
		b := &bench{T: t, Rig: rig}
		if err := b.life(co, feed, tape, nil, func(b *bench) error {
			if err := b.begin(); err != nil {
				return err
			}
			_, err := b.enter(b.guard())
			return err
		}); err != nil {
			return err
		}
		s, err := journal.Fold(tape.all)
		if err != nil {
			return err
		}
		if len(s.Groups) != 1 || len(s.Groups[0].Legs) != 3 {
			t.Errorf("the journal comes to %+v", s.Groups)
		}
		before := &trade.Recovered{Next: s.Next, Last: s.Last, Orders: s.Orders, Groups: s.Groups, Books: s.Books}
		return b.life(co, feed, tape, before, func(b *bench) error {
			g := b.s.Protection()
			if g == nil || !g.Protected() || b.s.Position() != 2 {
				return fmt.Errorf("taken over: %d groups, position %d, notes %q", len(b.t.Groups()), b.s.Position(), b.t.Notes())
			}
			if err := b.until("the book is exact", b.s.Exact); err != nil {
				return err
			}
			if err := g.Move(b.bid - away/2); err != nil {
				return err
			}
			if err := b.until("the moved stop waits, and no other", func() bool {
				o := g.Order(market.RoleStop)
				return b.waits(2) && o.Trigger() == b.bid-away/2 && o.State().AtVenue()
			}); err != nil {
				return err
			}
			if err := b.shift(-away/2 - gap); err != nil {
				return err
			}
			return b.ends(g, "stopped")
		})
	})
}

func slices(b *bench) error {
	g, err := b.s.TWAP(trade.Request{Side: market.Buy, Px: b.ask, Qty: 6}, 3, Patience/10)
	if err != nil {
		return err
	}
	if err := b.until("all slices are filled", g.Done); err != nil {
		return err
	}
	if b.s.Position() != 6 || g.Filled(market.RoleFirst) != 6 {
		b.Errorf("%s, position %d", g.How(), b.s.Position())
	}
	return nil
}
