package trade

import (
	"errors"
	"fmt"
	"slices"

	"baton/aio"
	"baton/market"
	"baton/order"
	"baton/risk"
)

// The conditions a group of orders can be refused with.
var (
	// ErrProtected: the position has a protection already; move that one.
	ErrProtected = errors.New("trade: the position has a protection already: move it, or release it first")
	// ErrFlat: there is no position to protect.
	ErrFlat = errors.New("trade: there is no position to protect")
	// ErrOver: the group has come to its end.
	ErrOver = errors.New("trade: the group has come to its end")
)

// Bounds of the groups of one trader.
const (
	groupsMax = 256 // that have not ended
	doMost    = 64  // things that one group does at a time, before others come to their turn
)

// Group is a group of orders that the kernel works by a plan: see [Session.Bracket], [Session.Protect], [Session.Trail], [Session.OCO],
// [Session.OTO], [Session.TWAP], [Session.Iceberg]. What it was asked for and which orders are its own stand in the journal, so that a
// restart goes on with it. It needs no coroutine, and goes on when its strategy has ended: then only what protects a position stays.
type Group struct {
	s       *Session
	m       *order.Group
	timer   *aio.Timer
	waiting []*aio.Waiter
	how     string
	err     error // why its last order was refused here
}

// ID is the group's number, out of those of the orders.
func (g *Group) ID() market.OrderID { return g.m.ID }

// Plan is what the group was asked to do, with its stop and its take profit where they are now.
func (g *Group) Plan() market.Group { return g.m.Group }

// Done says that it has come to its end: nothing of it is left at the venue.
func (g *Group) Done() bool { return g.m.Over() }

// How is how it ended, in words; "" before.
func (g *Group) How() string { return g.how }

// Filled is how much its orders of a role have filled.
func (g *Group) Filled(r market.Role) market.Lots { return g.m.Filled(r) }

// Order is its youngest order of a role, or nil; of one that ended long ago too.
func (g *Group) Order(r market.Role) *Order {
	for _, l := range slices.Backward(g.m.Legs) {
		if l.Role == r {
			return g.s.t.handles[l.Order]
		}
	}
	return nil
}

// Protected says whether its stop rests at the venue for all of the position, or there is nothing to protect.
func (g *Group) Protected() bool { return g.m.Protected(g.position()) }

// Wait suspends until the group is [Group.Done].
func (g *Group) Wait(co *aio.Co) error {
	for !g.Done() {
		w := new(aio.Waiter)
		w.Label(co.Loop(), "the end of its group")
		g.waiting = append(g.waiting, w)
		err := w.Wait(co)
		g.waiting = slices.DeleteFunc(g.waiting, func(x *aio.Waiter) bool { return x == w })
		if err != nil {
			return err
		}
	}
	return nil
}

// Cancel gives up what the group has not filled yet. A protection stays as long as there is a position.
func (g *Group) Cancel() { g.want(market.WishWind) }

// Close gives up what is not filled yet and closes the position at the market; the protection stays until that is done. Groups that
// protect nothing are cancelled.
func (g *Group) Close() { g.want(market.WishClose) }

// Release cancels all orders of the group, the protection too: from then on the strategy answers for the position.
func (g *Group) Release() { g.want(market.WishRelease) }

func (g *Group) want(w market.Wish) {
	if g.Done() || g.m.Wish >= w {
		return
	}
	g.write(&market.GroupRecord{Op: market.GroupWish, Wish: w})
	g.s.t.poke()
}

// Move puts the stop at another trigger: the new one rests at the venue before the old one is cancelled. Where the price has passed it
// already, the position is closed at the market. A trailing stop moves by itself, and a group without a stop gets none.
func (g *Group) Move(stop market.Ticks) error {
	switch {
	case g.Done():
		return fmt.Errorf("stop not moved: %w: %s", ErrOver, g.how)
	case g.m.Stop == 0 || !g.m.Callback.IsZero() || stop <= 0:
		return fmt.Errorf("stop of group %d not moved to %d ticks: it needs a stop that stands, and a price: begin the group with one", g.ID(), stop)
	}
	return g.move(stop, g.m.Take)
}

// MoveTake puts the take profit at another trigger, in the same way; 0 cancels it.
func (g *Group) MoveTake(take market.Ticks) error {
	switch {
	case g.Done():
		return fmt.Errorf("take profit not moved: %w: %s", ErrOver, g.how)
	case !g.m.Protects() || take < 0:
		return fmt.Errorf("take profit of group %d not moved to %d ticks: only a protection or a bracket has one", g.ID(), take)
	}
	return g.move(g.m.Stop, take)
}

func (g *Group) move(stop, take market.Ticks) error {
	if stop == g.m.Stop && take == g.m.Take {
		return nil
	}
	g.write(&market.GroupRecord{Op: market.GroupMove, Group: market.Group{Stop: stop, Take: take}})
	g.s.t.poke()
	return nil
}

// write journals a step of the group, and takes it.
func (g *Group) write(r *market.GroupRecord) {
	t := g.s.t
	r.Group.ID = g.m.ID
	entry := t.entry(market.RecordGroup)
	entry.Group = r
	t.journal.Append(entry)
	g.m.Apply(r, t.loop.Now())
}

// position is that of the group's instrument.
func (g *Group) position() market.Lots { return g.s.t.books.Position(g.s.in).Qty }

// drive does what the group asks for, until there is nothing left to do now.
func (g *Group) drive() {
	for range doMost {
		do, ok := g.m.Next(g.s.t.loop.Now(), g.position())
		if !ok {
			break
		}
		g.do(&do)
	}
	if g.Done() {
		g.end()
		return
	}
	if at := g.m.Wake(); at < aio.Never {
		g.timer.Arm(at)
	} else {
		g.timer.Stop()
	}
}

func (g *Group) do(do *order.Do) {
	t := g.s.t
	switch do.Kind {
	case order.DoPlace:
		if _, err := g.s.enter(g.request(do), g, do.Role); err != nil {
			t.stats.Refused++
			g.err = err
			g.m.Refused(do.Role, err.Error(), t.loop.Now())
			if e := (*risk.Error)(nil); do.Role == market.RoleClose && errors.As(err, &e) && e.Reason == risk.NotReducing {
				g.makeRoom()
			}
		}
	case order.DoCancel:
		t.cancel(t.handles[do.Order])
	case order.DoMove:
		g.write(&market.GroupRecord{Op: market.GroupMove, Group: market.Group{Stop: do.Stop, Take: g.m.Take}})
	case order.DoAlarm:
		t.noIncrease("group %d (%s of %s): %s", g.ID(), g.m.Kind, g.s.in.Symbol, do.Text)
	case order.DoEnd:
		g.how = do.Text
		g.write(&market.GroupRecord{Op: market.GroupEnd, Text: do.Text})
	}
}

// makeRoom cancels the orders of the strategy that reduce the position by themselves: together with the group's close they could do more
// than that, so that the close waits for their end.
func (g *Group) makeRoom() {
	for _, o := range slices.Clone(g.s.live) {
		if o.group == nil && o.rec.Reduces() && !o.rec.Type.Conditional() && o.rec.Side == -g.m.Guards {
			g.s.t.cancel(o)
		}
	}
}

// request is an order that the group asks for, as a session takes it.
func (g *Group) request(do *order.Do) Request {
	a := &do.Ask
	r := Request{Side: a.Side, Px: a.Px, Qty: a.Qty, Type: a.Type, TIF: a.TIF, ReduceOnly: a.ReduceOnly, Trigger: a.Trigger}
	if !a.Type.Conditional() {
		return r
	}
	r.Working, r.ClosePosition = g.m.Working, a.Qty == 0
	if a.Type == market.TrailingStopMarket {
		r.Callback, r.Activate, r.Trigger = g.m.Callback, a.Trigger, 0
	}
	return r
}

// end lets the group go.
func (g *Group) end() {
	t := g.s.t
	g.timer.Stop()
	t.groups = slices.DeleteFunc(t.groups, func(x *Group) bool { return x == g })
	for _, w := range g.waiting {
		w.Wake()
	}
	g.waiting = nil
	g.s.raise(OnOrder)
}

// Groups are the groups that have not ended, oldest first.
func (t *Trader) Groups() []*Group { return slices.Clone(t.groups) }

// Groups are the session's groups that have not ended, oldest first: after a restart those of the earlier run too.
func (s *Session) Groups() (out []*Group) {
	for _, g := range s.t.groups {
		if g.s == s {
			out = append(out, g)
		}
	}
	return out
}

// Protection is the group that protects the session's position, or nil.
func (s *Session) Protection() *Group {
	for _, g := range s.t.groups {
		if g.s == s && g.m.Protects() {
			return g
		}
	}
	return nil
}

// poke has the groups look at how things stand, after what runs now.
func (t *Trader) poke() {
	if len(t.groups) == 0 && !t.guarded && t.cfg.Unprotected == 0 || t.poked || !t.driving {
		return
	}
	t.poked = true
	t.loop.CallSoon(t.drive)
}

func (t *Trader) drive() {
	t.poked = false
	if !t.driving {
		return
	}
	for _, g := range slices.Clone(t.groups) {
		g.drive()
	}
	if again := min(t.sweep(), t.bareWatch()); again < aio.Never {
		t.sweeper.Arm(again)
	}
}
