package exchange

import (
	"baton/market"
)

// maxClientID is the length of a client order id (Binance USD-M, newClientOrderId).
const maxClientID = 36

// Place places a limit or market order. It returns what became of it at once (it may be filled, or expired, already), or why
// it was refused, in which case nothing happened: a fill-or-kill order that cannot be filled whole (-5021) and a post-only one
// that would trade (-5022) leave no trace. Updates, fills and changes are appended as events, and so is what followed from
// them: conditional orders that its trades triggered.
func (x *Exchange) Place(now Nanos, r *Request) (Order, Refusal) {
	o, refusal := x.place(now, r)
	x.drain(now)
	return o, refusal
}

// place is Place without what follows.
func (x *Exchange) place(now Nanos, r *Request) (Order, Refusal) {
	q := *r
	if refusal := x.examine(now, &q); refusal.Refused() {
		return Order{}, refusal
	}
	i := x.file(now, &q, nowhere)
	return x.orders.at(i).Order, Refusal{}
}

// file puts an examined request on file, from a conditional order unless that is nowhere, and lets it trade.
func (x *Exchange) file(now Nanos, r *Request, algo int32) int32 {
	i := x.add(now, r)
	x.attach(i)
	if algo != nowhere {
		x.became(now, algo, i)
	}
	x.emitUpdate(now, x.orders.at(i), ExecNew, ExpiredNone, nil)
	x.work(now, i)
	return i
}

// work lets an order trade with what it meets and rests what may rest.
func (x *Exchange) work(now Nanos, i int32) {
	if s := x.ins[x.orders.at(i).Instrument]; s.kind == Matched {
		x.enter(now, s, i)
	} else {
		x.beside(now, s, i)
	}
}

// examine says why a request is refused, and completes it: its price where the book gives that, its self-trade prevention. The
// venue does not document the order of its checks: cheap ones come first here.
func (x *Exchange) examine(now Nanos, r *Request) Refusal {
	s, a := x.instrument(r.Instrument), x.account(r.Account)
	switch {
	case s == nil:
		return RefuseSymbol
	case a == nil || r.Account == 0:
		return RefuseAccount
	}
	if refusal := s.admits(r.ReduceOnly || r.closing || closes(r.PositionSide, r.Side)); refusal.Refused() {
		return refusal
	}
	if refusal := form(now, r); refusal.Refused() {
		return refusal
	}
	if refusal := a.sided(r); refusal.Refused() {
		return refusal
	}
	x.firstMark(now, s)
	if r.PriceMatch != market.PriceMatchNone {
		px, ok := s.matched(r.Side, r.PriceMatch)
		if !ok {
			return RefuseNoDepth
		}
		r.Px = px
	}
	if refusal := s.filter(r); refusal.Refused() {
		return refusal
	}
	return x.examineAgainst(s, a, r)
}

// examineAgainst checks a request against what its account has open and against the market.
func (x *Exchange) examineAgainst(s *instrument, a *account, r *Request) Refusal {
	if x.duplicate(a, r) {
		return RefuseDuplicate
	}
	limit := a.maxOrders
	if limit == 0 {
		limit = s.MaxOrders
	}
	if r.Type == market.Limit && limit > 0 && a.positions[s.index].open >= limit {
		return RefuseMaxOrders
	}
	if closing := r.ReduceOnly || closes(r.PositionSide, r.Side); closing && x.held(r.Account, s.index, r.PositionSide)*market.Lots(r.Side) >= 0 {
		return RefuseReduceOnly
	}
	px, refusal := s.meets(r)
	if refusal.Refused() {
		return refusal
	}
	if r.TIF == market.FOK && r.Type == market.Limit && !x.fillable(s, r) {
		return RefuseFillOrKill
	}
	return x.afford(s, r, px)
}

// form checks what needs no instrument.
func form(now Nanos, r *Request) Refusal {
	switch {
	case r.Side != market.Buy && r.Side != market.Sell:
		return RefuseSide
	case r.Type.Conditional():
		return RefuseConditional
	case r.Type != market.Limit && r.Type != market.Market:
		return RefuseType
	case r.Type == market.Limit && (r.TIF < market.GTC || r.TIF > market.GTD):
		return RefuseTIF
	case r.SelfTrade > market.SelfTradeNone:
		return RefuseSelfTrade
	case !validClientID(r.ClientID):
		return RefuseClientID
	}
	if r.SelfTrade == market.SelfTradeDefault {
		r.SelfTrade = market.ExpireMaker
	}
	if refusal := formMatch(r.Type == market.Limit, r.PriceMatch, r.Px); refusal.Refused() {
		return refusal
	}
	return formGoodTill(now, r)
}

// validClientID checks a client order id; none is none (Binance USD-M: ^[\.A-Z\:/a-z0-9_-]{1,36}$).
func validClientID(id string) bool {
	if len(id) > maxClientID {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c >= '-' && c <= '/', c == ':', c == '_':
		default:
			return false
		}
	}
	return true
}

// formMatch checks a price match: of limit orders alone, and never beside a price.
func formMatch(limit bool, m market.PriceMatch, px market.Ticks) Refusal {
	switch {
	case m == market.PriceMatchNone:
		return Refusal{}
	case m > market.Queue20 || px != 0:
		return RefusePriceMatch
	case !limit:
		return RefuseMatchType
	}
	return Refusal{}
}

// The dates that a GTD order may have: more than 600 seconds away, and before the year 10000 (Binance USD-M, goodTillDate). What
// is beyond the time that nanoseconds count, in the year 2262, is never.
const (
	minGoodTill Nanos = 600e9
	second      Nanos = 1e9
)

// formGoodTill checks a GTD order's date and cuts it to whole seconds; other orders have none.
func formGoodTill(now Nanos, r *Request) Refusal {
	if r.Type != market.Limit || r.TIF != market.GTD {
		r.GoodTill = 0
		return Refusal{}
	}
	r.GoodTill -= r.GoodTill % second
	if r.GoodTill <= now+minGoodTill {
		return RefuseGoodTill
	}
	return Refusal{}
}

// matched is the price that a price match gives: the best, 5th, 10th or 20th level of the other side or of the order's own.
func (s *instrument) matched(side market.Side, m market.PriceMatch) (market.Ticks, bool) {
	of, depth := -side, [...]int{1, 5, 10, 20}[(m-market.Opponent)%4]
	if m >= market.Queue {
		of = side
	}
	if depth == 1 {
		best, ok := s.opposite(-of)
		return best.Px, ok
	}
	for l := range s.book.Levels(of) {
		if depth--; depth == 0 {
			return l.Px, true
		}
	}
	return 0, false
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

// held is what an account has of an instrument: its only position there, or that of a side.
func (x *Exchange) held(account, i int, side market.PositionSide) market.Lots {
	return x.accounts[account].positions[i].of(side).qty
}

// room is how much an order may still fill: one that can only reduce no more than its position.
func (x *Exchange) room(o *order) market.Lots {
	if !o.Closes() {
		return o.Left()
	}
	held := x.held(o.Account, o.Instrument, o.PositionSide)
	return max(min(o.Left(), -held*market.Lots(o.Side)), 0)
}

// fill books one execution of an order and reports it. An order without a rest is closed; taking it off the book is the
// caller's.
func (x *Exchange) fill(now Nanos, s *instrument, i int32, f Fill) {
	o := x.orders.at(i)
	worth := s.notional(f.Px, f.Qty)
	commission, coins := x.fee(s, o, worth, f.Maker)
	realised := x.settle(s, o.Account, o.PositionSide, o.Side, f.Px, f.Qty, commission)
	o.Filled += f.Qty
	o.CumQuote = units(o.CumQuote.Units() + worth)
	if o.Left() == 0 {
		x.close(i, market.StatusFilled)
	} else {
		o.Status = market.StatusPartiallyFilled
		x.reserve(o)
	}
	f.OrderID, f.Ref, f.Account, f.Instrument, f.Side = o.ID, o.Ref, o.Account, o.Instrument, o.Side
	f.PositionSide, f.Commission, f.Realised, f.Time = o.PositionSide, units(commission), units(realised), now
	if coins > 0 {
		f.Commission, f.InCoin = units(coins), true
	}
	x.enrich(now, o.Account, &f)
	x.emitUpdate(now, o, ExecTrade, ExpiredNone, &f)
	x.emitChangeOf(now, o.Account, o.Instrument, o.PositionSide, market.ReasonOrder, "", 0)
}

// expire ends what is left of an order. Taking it off the book is the caller's.
func (x *Exchange) expire(now Nanos, i int32, why int) {
	status := market.StatusExpired
	if why == ExpiredSelfTrade || why == ExpiredIOCSelfTrade {
		status = market.StatusExpiredInMatch
	}
	x.orders.at(i).Expiry = why
	x.close(i, status)
	x.emitUpdate(now, x.orders.at(i), ExecExpired, why, nil)
}

// leave expires what is left of an order that may not rest; false: it may.
func (x *Exchange) leave(now Nanos, i int32) bool {
	switch o := x.orders.at(i); {
	case o.Status.Final():
		return true
	case o.Closes() && x.room(o) == 0:
		x.expire(now, i, ExpiredReduceOnly)
		return true
	case o.Type == market.Market:
		x.expire(now, i, ExpiredMarket)
		return true
	case o.TIF == market.IOC || o.TIF == market.FOK:
		x.expire(now, i, ExpiredIOC)
		return true
	}
	return false
}
