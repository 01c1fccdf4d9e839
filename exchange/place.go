package exchange

import (
	"math"

	"baton/market"
)

// maxClientID is the length of a client order id (Binance USD-M, newClientOrderId).
const maxClientID = 36

// Place places an order. It returns what became of it at once (it may be filled, or expired, already), or why it was
// refused, in which case nothing happened. Updates, fills and changes are appended as events.
func (x *Exchange) Place(now Nanos, r *Request) (Order, Refusal) {
	if refusal := x.examine(now, r); refusal.Refused() {
		return Order{}, refusal
	}
	s, i := x.ins[r.Instrument], x.orders.add(now, r)
	x.attach(i)
	x.emitUpdate(now, &x.orders.slab[i], ExecNew, ExpiredNone, nil)
	if s.kind == Matched {
		x.enter(now, s, i)
	} else {
		x.beside(now, s, i)
	}
	return x.orders.slab[i].Order, Refusal{}
}

// examine says why a request is refused. The venue does not document the order of its checks: cheap ones come first here.
func (x *Exchange) examine(now Nanos, r *Request) Refusal {
	s, a := x.instrument(r.Instrument), x.account(r.Account)
	switch {
	case s == nil:
		return RefuseSymbol
	case a == nil || r.Account == 0:
		return RefuseAccount
	case s.Status != "" && s.Status != "TRADING":
		return RefuseSymbolStatus
	}
	if refusal := form(r); refusal.Refused() {
		return refusal
	}
	x.firstMark(now, s)
	if refusal := s.filter(r); refusal.Refused() {
		return refusal
	}
	if x.orders.duplicate(r) {
		return RefuseDuplicate
	}
	limit := a.maxOrders
	if limit == 0 {
		limit = s.MaxOrders
	}
	if r.Type == market.Limit && limit > 0 && a.positions[s.index].open >= limit {
		return RefuseMaxOrders
	}
	if r.ReduceOnly && a.positions[s.index].qty*market.Lots(r.Side) >= 0 {
		return RefuseReduceOnly
	}
	px, refusal := s.meets(r)
	if refusal.Refused() {
		return refusal
	}
	return x.afford(s, r, px)
}

// form checks what needs no instrument.
func form(r *Request) Refusal {
	switch {
	case r.Side != market.Buy && r.Side != market.Sell:
		return RefuseSide
	case r.Type != market.Limit && r.Type != market.Market:
		return RefuseType
	case r.Type == market.Limit && (r.TIF < market.GTC || r.TIF > market.GTX):
		return RefuseTIF
	case len(r.ClientID) > maxClientID:
		return RefuseClientID
	}
	return Refusal{}
}

// filter checks the instrument's filters (Binance USD-M, Filters: LOT_SIZE, MARKET_LOT_SIZE, PRICE_FILTER, MIN_NOTIONAL,
// PERCENT_PRICE). A limit of zero is none.
func (s *instrument) filter(r *Request) Refusal {
	most := s.MaxQty
	if r.Type == market.Market && s.MaxMarketQty > 0 {
		most = s.MaxMarketQty
	}
	switch {
	case r.Qty <= 0:
		return RefuseQtyZero
	case r.Qty < s.MinQty:
		return RefuseMinQty
	case most > 0 && r.Qty > most:
		return RefuseMaxQty
	}
	if r.Type == market.Limit {
		if refusal := s.filterPrice(r); refusal.Refused() {
			return refusal
		}
	}
	return s.filterNotional(r)
}

func (s *instrument) filterPrice(r *Request) Refusal {
	switch {
	case r.Px < max(s.MinPrice, 1):
		return RefuseMinPrice
	case s.MaxPrice > 0 && r.Px > s.MaxPrice || r.Px > s.maxTicks:
		return RefuseMaxPrice
	case !s.fits(r.Px, r.Qty):
		return RefuseMaxQty
	case r.Side == market.Buy && r.Px > s.limits.highest && s.limits.highest > 0:
		return RefuseAboveCap
	case r.Side == market.Sell && r.Px < s.limits.lowest:
		return RefuseBelowFloor
	}
	return Refusal{}
}

func (s *instrument) filterNotional(r *Request) Refusal {
	worth := int64(0)
	if r.Type == market.Limit {
		worth = s.notional(r.Px, r.Qty)
	} else {
		if px := market.Ticks(s.mark.now.Mark.Units()/s.Tick.Units()) + 1; !s.fits(px, r.Qty) {
			return RefuseMaxQty
		}
		worth = s.worth(r.Qty)
		if worth == 0 {
			return Refusal{} // no mark price: no market either, see meets
		}
	}
	if !r.ReduceOnly && worth < s.MinNotional.Units() {
		return notionalTooSmall(s.Instrument)
	}
	return Refusal{}
}

// meets compares the order with the best opposite price: a post-only order must not trade, a market order must find somebody
// near enough. px is the price at which margin is reckoned.
func (s *instrument) meets(r *Request) (px market.Ticks, refusal Refusal) {
	best, ok := s.opposite(r.Side)
	if r.Type == market.Limit {
		if r.TIF == market.GTX && ok && !worse(r.Side, best.Px, r.Px) {
			return 0, RefusePostOnly
		}
		return r.Px, Refusal{}
	}
	if !ok || worse(r.Side, best.Px, s.bound(r.Side)) {
		return 0, RefuseMarketBound
	}
	return best.Px, Refusal{}
}

// opposite is the best level that an order of a side could trade with.
func (s *instrument) opposite(side market.Side) (l market.Level, ok bool) {
	if s.kind == Matched {
		return s.book.BestOf(-side)
	}
	if side == market.Buy {
		return market.Level{Px: s.top.Ask, Qty: s.top.AskQty}, s.hasTop && s.top.Ask > 0
	}
	return market.Level{Px: s.top.Bid, Qty: s.top.BidQty}, s.hasTop && s.top.Bid > 0
}

// bound is the worst price that a market order may trade at (Binance USD-M, marketTakeBound).
func (s *instrument) bound(side market.Side) market.Ticks {
	if side == market.Sell {
		return s.limits.marketSell
	}
	if s.limits.marketBuy == 0 {
		return math.MaxInt64
	}
	return s.limits.marketBuy
}

// limitOf is the worst price that an order may trade at.
func (s *instrument) limitOf(o *order) market.Ticks {
	if o.Type == market.Market {
		return s.bound(o.Side)
	}
	return o.Px
}

// worse says whether an order of a side may not trade at px because of its limit.
func worse(side market.Side, px, limit market.Ticks) bool {
	return side == market.Buy && px > limit || side == market.Sell && px < limit
}

// room is how much an order may still fill: a reduce-only one no more than its position.
func (x *Exchange) room(o *order) market.Lots {
	if !o.ReduceOnly {
		return o.Left()
	}
	held := x.accounts[o.Account].positions[o.Instrument].qty
	return max(min(o.Left(), -held*market.Lots(o.Side)), 0)
}

// fill books one execution of an order and reports it. An order without a rest is closed; taking it off the book is the
// caller's.
func (x *Exchange) fill(now Nanos, s *instrument, i int32, f Fill) {
	o := &x.orders.slab[i]
	rate := s.TakerFee
	if f.Maker {
		rate = s.MakerFee
	}
	commission, realised := x.settle(s, o.Account, o.Side, f.Px, f.Qty, rate)
	o.Filled += f.Qty
	o.CumQuote = units(o.CumQuote.Units() + s.notional(f.Px, f.Qty))
	if o.Left() == 0 {
		x.close(i, market.StatusFilled)
	} else {
		o.Status = market.StatusPartiallyFilled
		x.reserve(o)
	}
	f.OrderID, f.Ref, f.Account, f.Instrument, f.Side = o.ID, o.Ref, o.Account, o.Instrument, o.Side
	f.Commission, f.Realised, f.Time = units(commission), units(realised), now
	x.accounts[o.Account].fills.add(&f)
	x.emitUpdate(now, o, ExecTrade, ExpiredNone, &f)
	x.emitChange(now, o.Account, o.Instrument, market.ReasonOrder, 0)
}

// expire ends what is left of an order.
func (x *Exchange) expire(now Nanos, i int32, why int) {
	x.close(i, market.StatusExpired)
	x.emitUpdate(now, &x.orders.slab[i], ExecExpired, why, nil)
}

// leave expires what is left of an order that may not rest; false: it may.
func (x *Exchange) leave(now Nanos, i int32) bool {
	switch o := &x.orders.slab[i]; {
	case o.Status.Final():
		return true
	case o.ReduceOnly && x.room(o) == 0:
		x.expire(now, i, ExpiredReduceOnly)
		return true
	case o.Type == market.Market:
		x.expire(now, i, ExpiredMarket)
		return true
	case o.TIF == market.IOC:
		x.expire(now, i, ExpiredIOC)
		return true
	}
	return false
}

// Cancel cancels an order and returns it, or refuses: -2011 where no such order is open.
func (x *Exchange) Cancel(now Nanos, k Key) (Order, Refusal) {
	i := x.orders.find(k)
	if i == nowhere || x.orders.slab[i].Status.Final() {
		return Order{}, RefuseUnknown
	}
	x.cancel(now, i)
	return x.orders.slab[i].Order, Refusal{}
}

func (x *Exchange) cancel(now Nanos, i int32) {
	o := &x.orders.slab[i]
	s := x.ins[o.Instrument]
	if s.kind == Matched {
		x.unrest(s, i)
	} else {
		s.replay.drop(i, o.Side)
	}
	x.close(i, market.StatusCanceled)
	x.emitUpdate(now, o, ExecCanceled, ExpiredNone, nil)
	if s.kind == Matched {
		x.flush(now, s)
	}
}

// CancelAll cancels all open orders of an account in instrument i (in all for -1), oldest first, and says how many there were.
func (x *Exchange) CancelAll(now Nanos, account, i int) int {
	a, n := x.account(account), 0
	if a == nil {
		return 0
	}
	for k := a.first; k != nowhere; {
		o := &x.orders.slab[k]
		next := o.next
		if i < 0 || o.Instrument == i {
			x.cancel(now, k)
			n++
		}
		k = next
	}
	return n
}
