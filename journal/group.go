package journal

import (
	"cmp"
	"fmt"
	"slices"

	"baton/market"
)

// maxGroups is more groups of orders than any trader has at once.
const maxGroups = 4096

func appendGroup(b []byte, r *market.GroupRecord) []byte {
	b = appendInt(append(b, byte(r.Op)), int64(r.Group.ID))
	switch r.Op {
	case market.GroupBegin:
		b = appendPlan(b, &r.Group)
	case market.GroupLeg:
		b = appendLeg(b, &r.Leg)
	case market.GroupMove:
		b = appendInts(b, int64(r.Group.Stop), int64(r.Group.Take))
	case market.GroupWish:
		b = append(b, byte(r.Wish))
	case market.GroupEnd:
		b = appendText(b, r.Text)
	}
	return b
}

func appendPlan(b []byte, g *market.Group) []byte {
	b = append(b, byte(g.Kind), byte(g.Guards), byte(g.Working))
	b = appendAsk(appendAsk(appendSymbol(b, g.Instrument), &g.First), &g.Second)
	return appendInts(b, int64(g.Stop), int64(g.Take), g.Callback.Units(), int64(g.Slices), g.Every, int64(g.Show), g.Bare, g.Begun)
}

func appendAsk(b []byte, a *market.Ask) []byte {
	b = append(b, byte(a.Side), byte(a.Type), byte(a.TIF), bit(a.ReduceOnly))
	return appendInts(b, int64(a.Px), int64(a.Trigger), int64(a.Qty))
}

func appendLeg(b []byte, l *market.Leg) []byte {
	return appendInts(append(b, byte(l.Role)), int64(l.Order), int64(l.Trigger), int64(l.Qty), int64(l.Filled))
}

func (d *decoder) group() *market.GroupRecord {
	r := &market.GroupRecord{Op: market.GroupOp(d.upTo(byte(market.GroupEnd)))}
	r.Group.ID = market.OrderID(d.int())
	switch r.Op {
	case market.GroupBegin:
		d.plan(&r.Group)
	case market.GroupLeg:
		r.Leg = d.leg()
	case market.GroupMove:
		r.Group.Stop, r.Group.Take = market.Ticks(d.int()), market.Ticks(d.int())
	case market.GroupWish:
		r.Wish = market.Wish(d.upTo(byte(market.WishRelease)))
	case market.GroupEnd:
		r.Text = d.text()
	default:
		d.fail(errRange)
	}
	return r
}

func (d *decoder) plan(g *market.Group) {
	g.Kind = market.GroupKind(d.upTo(byte(market.GroupIceberg)))
	g.Guards, g.Working = market.Side(d.octet()), market.Working(d.upTo(byte(market.MarkPrice)))
	g.Instrument = d.symbol()
	g.First, g.Second = d.ask(), d.ask()
	g.Stop, g.Take, g.Callback = market.Ticks(d.int()), market.Ticks(d.int()), d.money()
	slices := d.int()
	g.Slices, g.Every, g.Show, g.Bare, g.Begun = int(slices), d.int(), market.Lots(d.int()), d.int(), d.int()
	if g.Guards < market.Sell || g.Guards > market.Buy || g.Instrument == nil || g.Kind == 0 {
		d.fail(errRange)
	}
}

func (d *decoder) ask() (a market.Ask) {
	a.Side, a.Type = market.Side(d.octet()), market.OrderType(d.upTo(byte(market.TrailingStopMarket)))
	a.TIF, a.ReduceOnly = market.TIF(d.upTo(byte(market.GTD))), d.upTo(1) == 1
	a.Px, a.Trigger, a.Qty = market.Ticks(d.int()), market.Ticks(d.int()), market.Lots(d.int())
	if a.Side < market.Sell || a.Side > market.Buy {
		d.fail(errRange)
	}
	return a
}

func (d *decoder) leg() (l market.Leg) {
	l.Role = market.Role(d.upTo(byte(market.Roles - 1)))
	l.Order, l.Trigger, l.Qty, l.Filled = market.OrderID(d.int()), market.Ticks(d.int()), market.Lots(d.int()), market.Lots(d.int())
	if l.Role == 0 {
		d.fail(errRange)
	}
	return l
}

// grouped takes a record of a group.
func (f *folding) grouped(r *market.GroupRecord, at market.Nanos) {
	id := r.Group.ID
	s := f.groups[id]
	switch {
	case r.Op == market.GroupBegin && len(f.groups) < maxGroups:
		s = &market.GroupState{}
		f.groups[id] = s
		f.state.Next = max(f.state.Next, id+1)
	case s == nil:
		return
	case r.Op == market.GroupEnd:
		for i := range s.Legs {
			delete(f.legs, s.Legs[i].Order)
		}
		delete(f.groups, id)
		return
	}
	s.Apply(r, at)
	if r.Op == market.GroupLeg {
		f.legs[r.Leg.Order] = s
		s.Compact(func(id market.OrderID) bool {
			live := f.orders[id] != nil
			if !live {
				delete(f.legs, id)
			}
			return live
		})
	}
}

// filledLeg counts a fill for the group of its order, if it has one.
func (f *folding) filledLeg(x *market.Fill) {
	if s := f.legs[x.Order]; s != nil {
		s.Leg(x.Order).Filled += x.Qty
	}
}

// sortedGroups are the groups that have not ended, in order.
func (f *folding) sortedGroups() (out []market.GroupState) {
	for _, s := range f.groups { // order: sorted below
		c := *s
		c.Legs = slices.Clone(s.Legs)
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b market.GroupState) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// appendGroupState is a group in a snapshot: what it is to do, the sums, and its legs.
func appendGroupState(b []byte, s *market.GroupState) []byte {
	b = appendInt(append(b, byte(s.Wish)), int64(s.ID))
	b = appendPlan(b, &s.Group)
	b = appendInt(b, s.Last)
	for r := range market.Roles {
		b = appendInts(b, int64(s.Past[r]), int64(s.Count[r]))
	}
	b = appendInt(b, int64(len(s.Legs)))
	for i := range s.Legs {
		b = appendLeg(b, &s.Legs[i])
	}
	return b
}

func (d *decoder) groupState() *market.GroupState {
	s := &market.GroupState{Wish: market.Wish(d.upTo(byte(market.WishRelease)))}
	s.ID = market.OrderID(d.int())
	d.plan(&s.Group)
	s.Last = d.int()
	for r := range market.Roles {
		s.Past[r], s.Count[r] = market.Lots(d.int()), int(d.int())
	}
	n := d.int()
	if n < 0 || n > maxEntry {
		d.fail(errRange)
		return s
	}
	for range n {
		if d.err != nil {
			break
		}
		s.Legs = append(s.Legs, d.leg())
	}
	return s
}

// restoreGroups takes the groups of a snapshot.
func (f *folding) restoreGroups(all []*market.GroupState) {
	for _, s := range all {
		f.groups[s.ID] = s
		for i := range s.Legs {
			f.legs[s.Legs[i].Order] = s
		}
	}
}

// groupText is a record of a group in words; its orders have rows of their own.
func groupText(r *market.GroupRecord) string {
	g := &r.Group
	switch r.Op {
	case market.GroupBegin:
		return fmt.Sprintf("group %d: %s of %s begins", g.ID, g.Kind, g.Instrument.Symbol)
	case market.GroupLeg:
		return fmt.Sprintf("group %d: order %d is its %s", g.ID, r.Leg.Order, r.Leg.Role)
	case market.GroupMove:
		return fmt.Sprintf("group %d: stop at %d ticks, take profit at %d ticks", g.ID, g.Stop, g.Take)
	case market.GroupWish:
		return fmt.Sprintf("group %d: %s", g.ID, r.Wish)
	case market.GroupEnd:
		return fmt.Sprintf("group %d ended: %s", g.ID, r.Text)
	}
	return ""
}
