package trade

import (
	"cmp"
	"fmt"
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/market"
	"baton/order"
)

// BareDefault is how long a position may be without its stop, where [Protection].Bare says nothing.
const BareDefault = 2 * time.Second

// Bounds of what a group may be asked for.
const (
	slicesMax = 10_000 // of TWAP, and parts of an iceberg
	bareMost  = time.Hour
)

// Protection is how a position is protected: by a stop that stands or trails, by a take profit, or by a stop and a take profit, of which
// each closes all of the position. The triggers wait at the venue, and go on doing so when this process is gone.
type Protection struct {
	Stop     market.Ticks    // where the loss is cut; of a trailing stop, from where it begins to follow, 0: at once
	Take     market.Ticks    // where the profit is taken; 0: nowhere
	Callback decimal.Decimal // of a trailing stop: how far behind the price it follows, in percent, 0.1 to 20; zero: the stop stands
	Working  market.Working  // what the triggers are compared with; zero: the last price
	// Bare is how long the position may be without its stop, from when the fill is known here: then it is closed at the market, by a
	// reduce-only order, and a person is told. 0: BareDefault.
	Bare time.Duration
}

// Bracket places an entry, and protects what it fills from its first fill on, with a stop and a take profit as p says; when one of those
// has closed the position, what is left of the entry is cancelled. An error is the proof that nothing was sent.
//
// There is one protection a position: a bracket protects all of it, also what was there before.
func (s *Session) Bracket(entry Request, p Protection) (*Group, error) {
	g := market.Group{Kind: market.GroupBracket, Guards: entry.Side}
	err := s.ask(&g.First, &entry)
	if err == nil && entry.ReduceOnly {
		err = fmt.Errorf("its entry is reduce-only: use Protect for a position that is there")
	}
	if err == nil {
		err = s.protect(&g, p, cmp.Or(entry.Px, entry.Trigger))
	}
	return s.begin(&g, err)
}

// Protect protects the position that is there now as p says, for as long as it is there. An error is the proof that nothing was sent:
// [ErrFlat], [ErrProtected], a trigger on the wrong side of the price.
func (s *Session) Protect(p Protection) (*Group, error) {
	g := market.Group{Kind: market.GroupProtect, Guards: market.Buy}
	if s.Position() < 0 {
		g.Guards = market.Sell
	}
	err := s.protect(&g, p, 0)
	if err == nil && s.Position() == 0 {
		err = ErrFlat
	}
	return s.begin(&g, err)
}

// Trail protects the position that is there now by a stop that follows the price at a distance in percent, "0.5" say.
func (s *Session) Trail(percent decimal.Decimal) (*Group, error) {
	return s.Protect(Protection{Callback: percent})
}

// OCO places two orders of which the first to be filled, in part or whole, ends the other. Until the cancel has arrived both may fill:
// only reduce-only orders are held to the position by the venue.
func (s *Session) OCO(a, b Request) (*Group, error) {
	g := market.Group{Kind: market.GroupOCO}
	err := s.ask(&g.First, &a)
	if err == nil {
		err = s.ask(&g.Second, &b)
	}
	return s.begin(&g, err)
}

// OTO places an order, and when that has ended the second one, for no more than the first has filled.
func (s *Session) OTO(first, then Request) (*Group, error) {
	g := market.Group{Kind: market.GroupOTO}
	err := s.ask(&g.First, &first)
	if err == nil {
		err = s.ask(&g.Second, &then)
	}
	return s.begin(&g, err)
}

// TWAP works a quantity in so many slices, one each time d has passed, the first at once. A slice that rests is cancelled when the next
// one is due; what it did not fill is in those that follow, and what the last one does not fill is not filled.
func (s *Session) TWAP(r Request, slices int, d time.Duration) (*Group, error) {
	g := market.Group{Kind: market.GroupTWAP, Slices: slices, Every: market.Nanos(d)}
	err := s.ask(&g.First, &r)
	switch {
	case err != nil:
	case slices < 1 || slices > slicesMax || d <= 0:
		err = fmt.Errorf("%d slices, one every %s: it takes 1 to %d slices, and a time between them", slices, d, slicesMax)
	case r.Qty/market.Lots(slices) < max(s.in.MinQty, 1):
		err = fmt.Errorf("%d lots in %d slices: a slice would be less than the smallest order of %d lots: use fewer slices", r.Qty, slices, max(s.in.MinQty, 1))
	}
	return s.begin(&g, err)
}

// Iceberg works a limit order's quantity so that no more than show of it rests at a time.
func (s *Session) Iceberg(r Request, show market.Lots) (*Group, error) {
	g := market.Group{Kind: market.GroupIceberg, Show: show}
	err := s.ask(&g.First, &r)
	switch {
	case err != nil:
	case show < max(s.in.MinQty, 1) || r.Qty/max(show, 1) > slicesMax:
		err = fmt.Errorf("%d of %d lots show: it takes the smallest order of %d lots or more, and at most %d parts", show, r.Qty, max(s.in.MinQty, 1), slicesMax)
	case g.First.Type != market.Limit:
		err = fmt.Errorf("its type is %s: it takes a limit order", g.First.Type)
	}
	return s.begin(&g, err)
}

// ask is a request as a group's plan holds it. What a plan cannot hold is refused.
func (s *Session) ask(a *market.Ask, r *Request) error {
	if r.Type == 0 {
		r.Type = market.Limit
	}
	plain := Request{Side: r.Side, Px: r.Px, Qty: r.Qty, Type: r.Type, TIF: r.TIF, ReduceOnly: r.ReduceOnly, Trigger: r.Trigger}
	switch {
	case *r != plain:
		return fmt.Errorf("an order of a group has side, price, quantity, type, time in force, trigger and reduce-only, and nothing else: place others by themselves")
	case r.Side != market.Buy && r.Side != market.Sell || r.Qty <= 0 || r.TIF == market.GTD:
		return fmt.Errorf("its order has no side, no quantity, or a date")
	}
	*a = market.Ask{Side: r.Side, Type: r.Type, TIF: r.TIF, Px: r.Px, Trigger: r.Trigger, Qty: r.Qty, ReduceOnly: r.ReduceOnly}
	return nil
}

// protect checks a protection, and writes it into the plan. px is the entry's price, where it has one.
func (s *Session) protect(g *market.Group, p Protection, px market.Ticks) error {
	if p.Bare == 0 {
		p.Bare = BareDefault
	}
	switch trails := !p.Callback.IsZero(); {
	case s.Protection() != nil:
		return ErrProtected
	case p.Stop == 0 && p.Take == 0 && !trails, p.Stop < 0 || p.Take < 0:
		return fmt.Errorf("it has no stop, no take profit and no callback: it takes one")
	case p.Bare < 0 || p.Bare > bareMost:
		return fmt.Errorf("%s without a stop is out of range: it takes up to %s", p.Bare, bareMost)
	case trails:
		g.Callback = p.Callback
	default:
		if err := s.beyond("stop", p.Stop, -g.Guards, px); err != nil {
			return err
		}
	}
	g.Stop, g.Take, g.Working, g.Bare = p.Stop, p.Take, p.Working, market.Nanos(p.Bare)
	return s.beyond("take profit", p.Take, g.Guards, px)
}

// beyond checks that a trigger is on its side of the price: a slip of the pen would close the position at once.
func (s *Session) beyond(what string, trigger market.Ticks, side market.Side, px market.Ticks) error {
	if px == 0 && s.Exact() {
		px = s.Top().Bid
	}
	if trigger == 0 || px == 0 || (trigger-px)*market.Ticks(side) > 0 {
		return nil
	}
	return fmt.Errorf("its %s at %s is on the wrong side of %s", what, s.in.Price(trigger).Fixed(s.in.PricePlaces), s.in.Price(px).Fixed(s.in.PricePlaces))
}

// begin starts a group: its plan is journaled, and its first orders leave, in one breath.
func (s *Session) begin(plan *market.Group, err error) (*Group, error) {
	t := s.t
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s of %s not begun: %w", plan.Kind, s.in.Symbol, err)
	case t.Gate.Closed() || s.shut || t.failed != nil:
		return nil, ErrStopped
	case s.status == market.Ended:
		return nil, ErrEnded
	case s.PositionOf(market.Long) != 0 || s.PositionOf(market.Short) != 0:
		return nil, fmt.Errorf("%s of %s not begun: groups work in one-way mode, and a position of hedge mode is there", plan.Kind, s.in.Symbol)
	case len(t.groups) >= groupsMax:
		return nil, fmt.Errorf("%s of %s not begun: %d groups have not ended: the bound is %d", plan.Kind, s.in.Symbol, len(t.groups), groupsMax)
	}
	plan.ID, plan.Instrument, plan.Begun = t.next, s.in, t.loop.Now()
	t.next++
	g := t.adopt(s, order.NewGroup(plan, t.table))
	g.write(&market.GroupRecord{Op: market.GroupBegin, Group: *plan})
	g.drive()
	if g.Done() && g.err != nil {
		return nil, g.err
	}
	return g, nil
}

// adopt makes a group one of those that are driven.
func (t *Trader) adopt(s *Session, m *order.Group) *Group {
	g := &Group{s: s, m: m}
	g.timer = aio.NewTimer(t.loop, aio.ClassTimer, t.poke).Label("a group's time")
	t.groups = append(t.groups, g)
	t.guarded = true
	return g
}
