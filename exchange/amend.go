package exchange

import (
	"baton/market"
)

// DefaultMaxAmends is one more than how often an order can be amended, where its instrument does not say (Binance USD-M,
// maxMoveOrderLimit).
const DefaultMaxAmends = 10_000

// Amend asks for a new price and quantity of an open limit order (Binance USD-M, Modify Order). All but Key, Side, Px (or
// PriceMatch) and Qty may be left zero.
type Amend struct {
	Key        Key
	Side       market.Side // must be the order's
	Px         market.Ticks
	Qty        market.Lots // in all, what is filled already counted
	PriceMatch market.PriceMatch
	ReduceOnly bool  // refused with -5047 where the order is not reduce-only
	ModifyID   int64 // the client's number of this amendment, echoed
}

// Amend changes an order, which keeps its id and goes to the end of its price's queue, whatever was changed. It returns the
// order afterwards: cancelled where the new quantity is filled already, or where a post-only order would trade. A refusal
// leaves the order as and where it was.
func (x *Exchange) Amend(now Nanos, r *Amend) (Order, Refusal) {
	o, refusal := x.amend(now, r)
	x.drain(now)
	return o, refusal
}

func (x *Exchange) amend(now Nanos, r *Amend) (Order, Refusal) {
	i := x.findOpen(r.Key)
	if i == nowhere {
		return Order{}, RefuseNoOrder
	}
	o := x.orders.at(i)
	s := x.ins[o.Instrument]
	px, refusal := s.amendable(o, r)
	if refusal.Refused() {
		return Order{}, refusal
	}
	if r.Qty <= o.Filled {
		return x.cancel(now, i), Refusal{}
	}
	q := o.request(px, r.Qty)
	if refusal := s.filterAmend(&q); refusal.Refused() {
		return Order{}, refusal
	}
	if _, refusal := s.meets(&q); refusal.Refused() {
		return x.cancel(now, i), Refusal{}
	}
	q.Qty -= o.Filled
	x.release(o)
	if refusal := x.afford(s, &q, px); refusal.Refused() {
		x.reserve(o)
		return Order{}, refusal
	}
	x.lift(i)
	o.Px, o.Qty, o.PriceMatch, o.ModifyID = px, r.Qty, r.PriceMatch, r.ModifyID
	o.Amends++
	x.reserve(o)
	x.emitUpdate(now, o, ExecAmendment, ExpiredNone, nil)
	x.work(now, i)
	return x.orders.at(i).Order, Refusal{}
}

// amendable checks an amendment against its order and gives the new price.
func (s *instrument) amendable(o *order, r *Amend) (market.Ticks, Refusal) {
	limit := s.MaxAmends
	if limit == 0 {
		limit = DefaultMaxAmends
	}
	switch {
	case o.Type != market.Limit:
		return 0, RefuseAmendType
	case s.phase != trading:
		return 0, RefuseAmendStatus
	case r.Side != o.Side:
		return 0, RefuseSide
	case r.ReduceOnly && !o.ReduceOnly:
		return 0, RefuseAmendReduce
	case o.Amends+1 >= limit:
		return 0, RefuseMaxAmends
	}
	px := r.Px
	if refusal := formMatch(true, r.PriceMatch, r.Px); refusal.Refused() {
		return 0, refusal
	}
	if r.PriceMatch != market.PriceMatchNone {
		match, ok := s.matched(o.Side, r.PriceMatch)
		if !ok {
			return 0, RefuseNoDepth
		}
		px = match
	}
	if px == o.Px && r.Qty == o.Qty {
		return 0, RefuseSameOrder
	}
	return px, Refusal{}
}

// request is an order as if it were asked for now with another price and quantity.
func (o *order) request(px market.Ticks, qty market.Lots) Request {
	return Request{Account: o.Account, Instrument: o.Instrument, Side: o.Side, Type: o.Type, TIF: o.TIF, Px: px, Qty: qty,
		ReduceOnly: o.ReduceOnly, PositionSide: o.PositionSide, SelfTrade: o.SelfTrade, GoodTill: o.GoodTill}
}

// filterAmend is filter with the amendment's own code for MIN_NOTIONAL.
func (s *instrument) filterAmend(r *Request) Refusal {
	refusal := s.filter(r)
	if refusal.Code == codeMinNotional {
		return Refusal{codeAmendNotional, "Order's notional must be no smaller than " + s.MinNotional.String()}
	}
	return refusal
}
