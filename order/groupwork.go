package order

import (
	"fmt"

	"baton/market"
)

// oneCancelsOther is the plan of OCO.
func (g *Group) oneCancelsOther() (Do, bool) {
	first, second := g.Filled(market.RoleFirst), g.Filled(market.RoleSecond)
	begun := g.Count[market.RoleFirst] + g.Count[market.RoleSecond]
	switch {
	case g.failed != "":
		return g.finish(g.failed)
	case first > 0 && second > 0 && !g.crossed && !(g.First.ReduceOnly && g.Second.ReduceOnly):
		g.crossed = true
		return Do{Kind: DoAlarm, Text: fmt.Sprintf("both orders of the OCO were filled, %d and %d lots, before either could be cancelled", first, second)}, true
	case g.Wish != market.WishNone || begun == 0 && g.restored:
		return g.finish("cancelled")
	case first > 0:
		if do, ok := g.cancel(market.RoleSecond); ok || len(g.open) > 0 {
			return do, ok
		}
		return g.finish("the first order was filled")
	case second > 0:
		if do, ok := g.cancel(market.RoleFirst); ok || len(g.open) > 0 {
			return do, ok
		}
		return g.finish("the second order was filled")
	case g.Count[market.RoleFirst] == 0:
		return place(market.RoleFirst, g.First)
	case g.live(market.RoleFirst) == nil:
		return g.finish("the first order ended unfilled")
	case g.Count[market.RoleSecond] == 0:
		return place(market.RoleSecond, g.Second)
	case g.live(market.RoleSecond) == nil:
		return g.finish("the second order ended unfilled")
	}
	return Do{}, false
}

// oneTriggersOther is the plan of OTO: the second order follows when the first has ended, for no more than that has filled.
func (g *Group) oneTriggersOther(now market.Nanos) (Do, bool) {
	filled, c := g.Filled(market.RoleFirst), &g.tries[market.RoleSecond]
	switch {
	case g.failed != "":
		return g.finish(g.failed)
	case g.Wish != market.WishNone:
		return g.finish("cancelled")
	case g.Count[market.RoleFirst] == 0 && g.restored:
		return g.finish("never began")
	case g.Count[market.RoleFirst] == 0:
		return place(market.RoleFirst, g.First)
	case len(g.open) > 0:
		return Do{}, false
	case filled == 0:
		return g.finish("the first order ended unfilled")
	case g.Count[market.RoleSecond] > 0 && c.misses == 0:
		return g.finish("the second order has ended")
	case c.misses >= triesMax:
		return g.finish("the second order was refused")
	case now < c.again:
		g.until(c.again)
		return Do{}, false
	}
	a := g.Second
	a.Qty = min(a.Qty, filled)
	return place(market.RoleSecond, a)
}

// left is what a TWAP or an iceberg has yet to fill.
func (g *Group) left() market.Lots { return max(g.First.Qty-g.Filled(market.RoleFirst), 0) }

// done is how far a TWAP or an iceberg came.
func (g *Group) done() string {
	return fmt.Sprintf("%d of %d lots are filled", g.Filled(market.RoleFirst), g.First.Qty)
}

// slice is the plan of TWAP: each slice takes its share of what is left, and what one does not fill is in those that follow.
func (g *Group) slice(now market.Nanos) (Do, bool) {
	begun := g.Count[market.RoleFirst]
	if g.left() == 0 || g.Wish != market.WishNone {
		return g.finish(g.done())
	}
	due := g.Begun
	if begun > 0 {
		due = g.Last + g.Every
	}
	if now < due && (begun < g.Slices || len(g.open) > 0) {
		g.until(due)
		return Do{}, false
	}
	if len(g.open) > 0 {
		return g.cancel(market.RoleFirst)
	}
	if begun >= g.Slices {
		return g.finish(g.done())
	}
	a, slices := g.First, market.Lots(g.Slices-begun)
	a.Qty = min(max((g.left()+slices-1)/slices, g.Instrument.MinQty), g.left())
	return place(market.RoleFirst, a)
}

// iceberg is the plan of one: the next part shows when the last one is filled.
func (g *Group) iceberg(now market.Nanos) (Do, bool) {
	c := &g.tries[market.RoleFirst]
	switch {
	case g.left() == 0 || g.Wish != market.WishNone:
		return g.finish(g.done())
	case len(g.open) > 0:
		return Do{}, false
	case c.misses >= triesMax:
		return g.finish(g.done() + ", and then the venue took no more")
	case now < c.again:
		g.until(c.again)
		return Do{}, false
	}
	a := g.First
	a.Qty = min(g.Show, g.left())
	return place(market.RoleFirst, a)
}
