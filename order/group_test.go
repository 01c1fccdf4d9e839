package order_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"baton/decimal"
	"baton/market"
	"baton/order"
)

// bound is how long a position of these tests may be without its stop.
const bound = market.Nanos(2e9)

// checkPlace: nothing that closes may increase anything, and there is never more than was asked for.
func (w *world) checkPlace(do *order.Do) {
	a := do.Ask
	if do.Role >= market.RoleStop {
		all := a.Qty == 0 && a.Type.Conditional()
		if a.Side != -w.spec.Guards || !a.ReduceOnly && !all {
			w.Fatalf("a %s that could increase the position: %+v", do.Role, a)
		}
		live := 0
		for o := range w.table.All() {
			if l := w.g.Leg(o.ID); l != nil && l.Role == do.Role && o.Live() {
				live++
			}
		}
		if most := map[market.Role]int{market.RoleStop: 1, market.RoleTake: 1, market.RoleClose: 0}[do.Role]; live > most {
			w.Fatalf("one more %s, with %d already there\n%s", do.Role, live, w)
		}
		w.closed = w.closed || do.Role == market.RoleClose
		return
	}
	want := map[market.Role]market.Ask{market.RoleFirst: w.spec.First, market.RoleSecond: w.spec.Second}[do.Role]
	sum := a.Qty
	for id, v := range w.orders { // order: a sum
		if w.g.Leg(id).Role != do.Role {
			continue
		}
		sum += v.filled
		if v.live || slices.ContainsFunc(w.toVenue, func(c market.Command) bool { return c.ID == id && c.Op == market.OpPlace }) {
			sum += v.c.Qty - v.filled
		}
	}
	if do.Role == market.RoleSecond && w.spec.Kind == market.GroupOTO && sum > w.g.Filled(market.RoleFirst) {
		w.Fatalf("the second order is for %d lots, the first has filled %d\n%s", sum, w.g.Filled(market.RoleFirst), w)
	}
	if sum > want.Qty {
		w.Fatalf("%d lots more of %s make %d, asked for were %d\n%s", a.Qty, do.Role, sum, want.Qty, w)
	}
}

// checkCancel: a stop goes only when another one rests, or when there is nothing to protect, or it was released.
func (w *world) checkCancel(do *order.Do) {
	need := w.pos * market.Lots(w.spec.Guards)
	if do.Role != market.RoleStop || need <= 0 || w.g.Wish == market.WishRelease || !w.table.Order(do.Order).State.AtVenue() {
		return
	}
	for o := range w.table.All() {
		l := w.g.Leg(o.ID)
		if l != nil && l.Role == market.RoleStop && o.ID != do.Order && o.State.AtVenue() && o.Cancel == order.CancelNone {
			return
		}
	}
	w.Fatalf("the only stop is cancelled, with %d lots to protect\n%s", need, w)
}

// reckon holds the group to its bound on positions without a stop.
func (w *world) reckon() {
	entered := w.spec.Kind == market.GroupProtect
	safe := false
	for o := range w.table.All() {
		l := w.g.Leg(o.ID)
		entered = entered || l.Role == market.RoleFirst && l.Filled > 0
		safe = safe || l.Role == market.RoleStop && o.State.AtVenue() && o.Cancel == order.CancelNone
		safe = safe || l.Role == market.RoleClose && o.Live() // it is being closed
	}
	if !entered || safe || w.over || w.spec.Stop == 0 || w.pos*market.Lots(w.spec.Guards) <= 0 || w.g.Wish == market.WishRelease {
		w.bare, w.closed = 0, false
		return
	}
	if w.bare == 0 {
		w.bare = w.now
	}
	if w.now > w.bare+w.g.Bare && !w.closed {
		if w.declined > 0 && w.now-w.declined < 5e9 { // a close was refused here a moment ago: it is tried again
			return
		}
		w.Fatalf("without a stop for %d ms, and no close was asked for\n%s", (w.now-w.bare)/1e6, w)
	}
}

// step lets one thing happen.
func (w *world) step() {
	switch rapid.IntRange(0, 11).Draw(w.rapid, "step") {
	case 0, 1, 2:
		if len(w.toVenue) > 0 {
			w.arrive()
		}
	case 3, 4, 5, 6:
		if n := len(w.toTrader); n > 0 {
			w.hear(rapid.IntRange(0, n-1).Draw(w.rapid, "letter"))
		}
	case 7:
		w.pass(market.Nanos(rapid.IntRange(1, 2500).Draw(w.rapid, "ms")) * 1e6)
	case 8:
		w.at(market.Ticks(rapid.IntRange(985, 1015).Draw(w.rapid, "price")))
	case 9:
		w.others()
	case 10:
		for id := market.OrderID(1); id < w.next; id++ {
			if o := w.table.Order(id); o != nil && o.Unsettled() {
				w.ask(id)
			}
		}
	case 11:
		w.whim()
	}
}

// whim is what a person does, and a crash.
func (w *world) whim() {
	switch x := rapid.IntRange(0, 9).Draw(w.rapid, "whim"); {
	case x < 3:
		w.crash()
	case w.over:
	case x < 7 && w.g.Stop != 0:
		w.move(w.spec.Stop+market.Ticks(rapid.IntRange(-5, 5).Draw(w.rapid, "move")), w.g.Take)
		w.drive()
	case x == 7:
		w.cancelThere()
	case x == 8:
		w.wish(rapid.SampledFrom([]market.Wish{market.WishWind, market.WishClose, market.WishRelease}).Draw(w.rapid, "wish"))
		w.drive()
	case x == 9:
		w.refusing = !w.refusing
	}
}

// cancelThere has the venue, or a person there, end one order.
func (w *world) cancelThere() {
	for _, id := range w.ids {
		if o := w.orders[id]; o.live && rapid.Bool().Draw(w.rapid, "this one") {
			w.finish(o, rapid.SampledFrom([]market.OrderStatus{market.StatusCanceled, market.StatusExpired}).Draw(w.rapid, "end"))
			return
		}
	}
}

// others has others trade with one of the limit orders that rest.
func (w *world) others() {
	for _, id := range w.ids {
		if o := w.orders[id]; o.live && o.k.Type == market.Limit && rapid.Bool().Draw(w.rapid, "this one") {
			w.match(o, market.Lots(rapid.IntRange(1, int(o.c.Qty-o.filled)).Draw(w.rapid, "qty")))
			return
		}
	}
}

// pass lets time pass, and wakes the group when it asked for it.
func (w *world) pass(d market.Nanos) {
	until := w.now + d
	for w.g.Wake() <= until {
		w.now = max(w.now, w.g.Wake())
		before := w.now
		w.drive()
		if w.g.Wake() <= before {
			w.Fatalf("the group wants to be woken at a time that has passed\n%s", w)
		}
	}
	w.now = until
	w.drive()
}

// settle ends the faults, and lets everything come to rest.
func (w *world) settle() {
	w.calm, w.refusing = true, false
	for range 200 {
		for len(w.toVenue) > 0 {
			w.arrive()
		}
		for len(w.toTrader) > 0 {
			w.hear(0)
		}
		for id := market.OrderID(1); id < w.next; id++ {
			if o := w.table.Order(id); o != nil && o.Unsettled() {
				w.ask(id)
			}
		}
		w.pass(1e9)
	}
}

// rests counts what of a role rests at the venue, and says where the last one waits.
func (w *world) rests(r market.Role) (n int, at market.Ticks) {
	for _, id := range w.ids {
		if o := w.orders[id]; o.live && w.g.Leg(id).Role == r {
			n, at = n+1, o.k.Trigger
		}
	}
	return n, at
}

// long is a group of a kind that buys, or protects what was bought.
func long(k market.GroupKind) market.Group {
	g := market.Group{Kind: k,
		First:  market.Ask{Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: 1000, Qty: 10},
		Second: market.Ask{Side: market.Sell, Type: market.Limit, TIF: market.GTC, Px: 1005, Qty: 8},
		Slices: 5, Every: 700e6, Show: 3}
	if k <= market.GroupBracket {
		g.Guards, g.Stop, g.Take, g.Bare = market.Buy, 990, 1010, bound
	}
	return g
}

// draw is a group of a kind, long or short, its stop standing or trailing.
func draw(t *rapid.T, k market.GroupKind) (g market.Group, held market.Lots) {
	g = long(k)
	if k == market.GroupProtect {
		held = 10
	}
	if g.Guards == 0 {
		return g, held
	}
	if rapid.Bool().Draw(t, "short") {
		g.Guards, g.First.Side, g.Stop, g.Take, held = market.Sell, market.Sell, g.Take, g.Stop, -held
	}
	if rapid.Bool().Draw(t, "trailing") { // the venue of these tests does not move it
		g.Callback = decimal.MustParse("1")
	}
	return g, held
}

// Over any order of events, faults and crashes every kind of group keeps its promises, and when the faults stop it comes to rest: a
// position under exactly one stop and one take profit where they are wanted, or the end, with nothing left at the venue.
func TestGroupsKeepTheirPromises(t *testing.T) {
	for _, k := range []market.GroupKind{market.GroupProtect, market.GroupBracket, market.GroupOCO, market.GroupOTO, market.GroupTWAP, market.GroupIceberg} {
		t.Run(k.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				spec, held := draw(t, k)
				w := newWorld(t, spec, held)
				w.rapid, w.calm = t, false
				w.drive()
				for range rapid.IntRange(5, 80).Draw(t, "steps") {
					w.step()
				}
				w.end()
			})
		})
	}
}

// end settles, and brings what is left to its end.
func (w *world) end() {
	w.at(1000)
	w.settle()
	if n, _ := w.rests(market.RoleSecond); n > 0 && w.spec.Kind == market.GroupOCO && w.g.Filled(market.RoleFirst) > 0 {
		w.Fatalf("the first order is filled, and the second one rests\n%s", w)
	}
	if w.held != w.pos {
		w.Fatalf("the trader believes in %d lots\n%s", w.pos, w)
	}
	if !w.over && w.held*market.Lots(w.spec.Guards) > 0 {
		stops, stop := w.rests(market.RoleStop)
		takes, take := w.rests(market.RoleTake)
		if stops != 1 || takes != 1 || stop != w.g.Stop || take != w.g.Take {
			w.Fatalf("%d stops at %d and %d take profits at %d, wanted are one at %d and one at %d\n%s", stops, stop, takes, take, w.g.Stop, w.g.Take, w)
		}
		w.at(w.g.Stop)
		w.settle()
	}
	for n := 0; !w.over && n < 50; n++ { // what still waits in the book is filled
		for _, id := range w.ids {
			if o := w.orders[id]; o.live && o.k.Type == market.Limit {
				w.match(o, o.c.Qty-o.filled)
			}
		}
		w.settle()
		if w.held*market.Lots(w.spec.Guards) > 0 {
			w.at(w.g.Stop)
			w.settle()
			w.at(1000)
		}
	}
	if !w.over {
		w.Fatalf("it does not come to its end\n%s", w)
	}
	for _, id := range w.ids {
		if w.orders[id].live {
			w.Fatalf("the group is gone, and order %d is left\n%s", id, w)
		}
	}
}
