package trade

import (
	"fmt"
	"time"

	"baton/aio"
	"baton/market"
	"baton/order"
)

// The reason a position of no group is closed for.
const whyBare = "no stop of it rested at the venue for %s, and Config.Unprotected allows no longer"

// bareWatch closes positions that no stop has protected for longer than Config.Unprotected, also those that no group answers for. It
// says when it has to look again.
func (t *Trader) bareWatch() (again market.Nanos) {
	again = aio.Never
	most := market.Nanos(t.cfg.Unprotected)
	if most == 0 {
		return again
	}
	now := t.loop.Now()
	for _, s := range t.sessions {
		pos := t.books.Position(s.in).Qty
		switch {
		case pos == 0 || t.stopped(s, pos) || s.closing():
			s.bare = 0
		case s.bare == 0:
			s.bare = now
			again = min(again, now+most)
		case now < s.bare+most:
			again = min(again, s.bare+most)
		default:
			s.bare = 0
			t.closeBare(s, pos)
		}
	}
	return again
}

// stopped says whether stops that rest at the venue close all of a position.
func (t *Trader) stopped(s *Session, pos market.Lots) bool {
	left := max(pos, -pos)
	for _, o := range s.live {
		c := &o.rec.Command
		stop := c.Type == market.Stop || c.Type == market.StopMarket || c.Type == market.TrailingStopMarket
		if !stop || !t.guards(o) || !o.rec.State.AtVenue() || o.rec.Cancel != order.CancelNone {
			continue
		}
		if c.ClosePosition {
			return true
		}
		left -= o.rec.Left()
	}
	return left <= 0
}

// closing says whether a group closes the position at the market already.
func (s *Session) closing() bool {
	for _, g := range s.t.groups {
		if g.s == s && g.m.Protects() && g.m.Wish == market.WishClose {
			return true
		}
	}
	return false
}

// closeBare closes a position at the market: by the group that answers for it, or by one of its own.
func (t *Trader) closeBare(s *Session, pos market.Lots) {
	why := fmt.Sprintf(whyBare, time.Duration(t.cfg.Unprotected))
	t.noIncrease("the position of %s %s is closed at the market: %s", s.in.Quantity(pos), s.in.Symbol, why)
	g := s.Protection()
	if g == nil {
		plan := market.Group{ID: t.next, Kind: market.GroupProtect, Instrument: s.in, Guards: market.Buy, Begun: t.loop.Now()}
		if pos < 0 {
			plan.Guards = market.Sell
		}
		t.next++
		g = t.adopt(s, order.NewGroup(&plan, t.table))
		g.write(&market.GroupRecord{Op: market.GroupBegin, Group: plan})
	}
	g.Close()
	g.drive()
}
