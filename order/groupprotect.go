package order

import (
	"fmt"
	"math"
	"time"

	"baton/market"
)

// need is how much of the position the group has to protect. A bracket protects nothing before its entry is filled.
func (g *Group) need(position market.Lots) market.Lots {
	if g.Kind == market.GroupBracket && g.Filled(market.RoleFirst) == 0 {
		return 0
	}
	return max(position*market.Lots(g.Guards), 0)
}

// protect is the plan of protections and brackets.
func (g *Group) protect(now market.Nanos, position market.Lots) (Do, bool) {
	need := g.need(position)
	if do, ok := g.entry(); ok {
		return do, ok
	}
	if need > 0 {
		g.flat = 0
	} else if g.flat == 0 && g.Wish != market.WishRelease {
		g.flat = now
	}
	switch {
	case g.Wish == market.WishRelease:
		return g.finish("released: its orders are cancelled, and the position is not protected by it any more")
	case need == 0:
		g.bare = 0
		if g.live(market.RoleFirst) != nil {
			return g.cancel(market.RoleStop, market.RoleTake)
		}
		return g.finish(g.outcome())
	}
	if do, ok := g.exposed(now, need); ok {
		return do, true
	}
	if do, ok := g.closeAtMarket(now, need); ok {
		return do, true
	}
	if do, ok := g.keep(market.RoleStop, now, need); ok {
		return do, true
	}
	return g.keep(market.RoleTake, now, need)
}

// outcome is how a protection ended.
func (g *Group) outcome() string {
	switch {
	case g.failed != "":
		return g.failed
	case g.Kind == market.GroupBracket && g.Count[market.RoleFirst] == 0:
		return "never began"
	case g.Kind == market.GroupBracket && g.Filled(market.RoleFirst) == 0:
		return "not entered"
	case g.Filled(market.RoleClose) > 0 && g.closing != "":
		return "closed at the market: " + g.closing
	case g.Filled(market.RoleClose) > 0:
		return "closed at the market"
	case g.Filled(market.RoleStop) > 0:
		return "stopped"
	case g.Filled(market.RoleTake) > 0:
		return "took profit"
	}
	return "the position is gone"
}

// entry places the entry of a bracket, once, and cancels what is left of it when the bracket is on its way out. An entry that an
// earlier run had not begun is too old to begin.
func (g *Group) entry() (Do, bool) {
	out := g.Wish != market.WishNone || g.closing != "" || g.Filled(market.RoleStop)+g.Filled(market.RoleTake) > 0
	switch {
	case g.Kind != market.GroupBracket:
		return Do{}, false
	case g.Count[market.RoleFirst] == 0 && !g.restored && !out && g.failed == "":
		return place(market.RoleFirst, g.First)
	case out:
		return g.cancel(market.RoleFirst)
	}
	return Do{}, false
}

// exposed watches how long a position is without its stop.
func (g *Group) exposed(now market.Nanos, need market.Lots) (Do, bool) {
	if !g.Guarded() || g.cover(need) != nil {
		g.bare = 0
		return Do{}, false
	}
	if g.bare == 0 {
		g.bare = now
	}
	if due := g.bare + g.Bare; g.closing != "" || now < due {
		if g.closing == "" {
			g.until(due)
		}
		return Do{}, false
	}
	g.closing = fmt.Sprintf("no stop rested at the venue for %s", time.Duration(g.Bare))
	return Do{Kind: DoAlarm, Text: "the position is closed at the market: " + g.closing}, true
}

// cover is a stop that rests, not on its way out, and for all of the position; nil: there is none.
func (g *Group) cover(need market.Lots) *market.Leg {
	for _, id := range g.open {
		l, o := g.Leg(id), g.table.Order(id)
		if l.Role == market.RoleStop && o.State.AtVenue() && o.Cancel == CancelNone && covers(l, need) {
			return l
		}
	}
	return nil
}

// closes is how much of a position a stop or a take profit can close.
func closes(l *market.Leg) market.Lots {
	if l.Qty == 0 {
		return math.MaxInt64
	}
	return l.Qty - l.Filled
}

func covers(l *market.Leg, need market.Lots) bool { return closes(l) >= need }

// closeAtMarket closes what is left of the position, one order at a time.
func (g *Group) closeAtMarket(now market.Nanos, need market.Lots) (Do, bool) {
	switch {
	case g.closing == "" && g.Wish != market.WishClose, g.live(market.RoleClose) != nil:
		return Do{}, false
	case now < g.tries[market.RoleClose].again:
		g.until(g.tries[market.RoleClose].again)
		return Do{}, false
	}
	if most := g.Instrument.MaxMarketQty; most > 0 {
		need = min(need, most)
	}
	return place(market.RoleClose, market.Ask{Side: -g.Guards, Type: market.Market, Qty: need, ReduceOnly: true})
}

// standing is how the orders of one role stand against where it is wanted.
type standing struct {
	live int
	all  bool   // one of them closes all of the position: the venue takes no second one of its type
	best *Order // where it is wanted, and enough
	rest *Order // anywhere, at the venue: the one that closes most
}

func (g *Group) standing(r market.Role, at market.Ticks, need market.Lots) (s standing) {
	for _, id := range g.open {
		l, o := g.Leg(id), g.table.Order(id)
		if l.Role != r {
			continue
		}
		s.live++
		s.all = s.all || l.Qty == 0
		if o.Cancel != CancelNone {
			continue
		}
		if l.Trigger == at && covers(l, need) && (s.best == nil || o.State.AtVenue() && !s.best.State.AtVenue()) {
			s.best = o
		}
		if o.State.AtVenue() && (s.rest == nil || closes(l) > closes(g.Leg(s.rest.ID))) {
			s.rest = o
		}
	}
	return s
}

// keep has exactly one order of a role rest where it is wanted. The new one is at the venue before the old one is cancelled: one of
// them closes all of the position, the other is reduce-only, since the venue takes one of a kind.
func (g *Group) keep(r market.Role, now market.Nanos, need market.Lots) (Do, bool) {
	at, wanted := g.Stop, g.Guarded()
	if r == market.RoleTake {
		at, wanted = g.Take, g.Take != 0
	}
	if !wanted {
		return g.cancel(r)
	}
	s, c := g.standing(r, at, need), &g.tries[r]
	switch {
	case s.best != nil && s.best.State.AtVenue():
		return g.cancelBut(r, s.best)
	case s.best != nil:
		return Do{}, false // on its way
	case s.live >= 2 && s.rest == nil:
		return Do{}, false // moved twice before any of them is proven to rest: none may go yet
	case s.live >= 2: // wanted elsewhere before the last move was done
		return g.cancelBut(r, s.rest)
	case r == market.RoleStop && s.rest != nil && c.misses >= triesMax:
		return Do{Kind: DoMove, Stop: g.Leg(s.rest.ID).Trigger}, true
	case now < c.again:
		g.until(c.again)
		return Do{}, false
	}
	return place(r, g.exit(r, at, need, s.all || c.misses%2 == 1))
}

// exit is a stop or a take profit. sized: with a quantity, reduce-only, instead of closing all.
func (g *Group) exit(r market.Role, at market.Ticks, need market.Lots, sized bool) market.Ask {
	a := market.Ask{Side: -g.Guards, Type: market.StopMarket, Trigger: at}
	switch {
	case r == market.RoleTake:
		a.Type = market.TakeProfitMarket
	case !g.Callback.IsZero():
		a.Type, sized = market.TrailingStopMarket, true
	}
	if sized {
		a.Qty, a.ReduceOnly = need, true
	}
	return a
}

// cancelBut cancels the orders of a role, one at a time, but for one.
func (g *Group) cancelBut(r market.Role, but *Order) (Do, bool) {
	for _, id := range g.open {
		if o := g.table.Order(id); g.Leg(id).Role == r && o != but && cancellable(o) {
			return Do{Kind: DoCancel, Role: r, Order: id}, true
		}
	}
	return Do{}, false
}
