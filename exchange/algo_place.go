package exchange

import (
	"baton/decimal"
	"baton/market"
)

// examineAlgo says why a conditional order is refused, and completes it. Neither margin nor what there is to reduce is looked at
// before the trigger (Binance USD-M, since 2025-11-06).
func (x *Exchange) examineAlgo(now Nanos, r *AlgoRequest) Refusal {
	s, a := x.instrument(r.Instrument), x.account(r.Account)
	switch {
	case s == nil:
		return RefuseSymbol
	case a == nil || r.Account == 0:
		return RefuseAccount
	}
	if refusal := s.admits(r.ReduceOnly || r.ClosePosition || closes(r.PositionSide, r.Side)); refusal.Refused() {
		return refusal
	}
	if refusal := formAlgo(now, r); refusal.Refused() {
		return refusal
	}
	if refusal := a.sided(&Request{PositionSide: r.PositionSide, ReduceOnly: r.ReduceOnly}); refusal.Refused() {
		return refusal
	}
	x.firstMark(now, s)
	if refusal := x.checkClose(s, r); refusal.Refused() {
		return refusal
	}
	if refusal := x.checkTrigger(s, r); refusal.Refused() {
		return refusal
	}
	if refusal := s.checkLimit(r); refusal.Refused() {
		return refusal
	}
	if refusal := s.checkSize(r); refusal.Refused() {
		return refusal
	}
	if k, ok := x.algos.clients[algoClient{r.Account, r.ClientID}]; ok && r.ClientID != "" && !x.algos.slab[k].Status.Final() {
		return RefuseDuplicate
	}
	if a.waiting >= MaxAlgos {
		return RefuseMaxAlgos
	}
	return Refusal{}
}

// limited says whether the order that a conditional one becomes is a limit order.
func (r *AlgoRequest) limited() bool { return r.Type == market.Stop || r.Type == market.TakeProfit }

// formAlgo checks what needs no instrument, and sets what was left to the venue.
func formAlgo(now Nanos, r *AlgoRequest) Refusal {
	switch {
	case r.Side != market.Buy && r.Side != market.Sell:
		return RefuseSide
	case !r.Type.Conditional():
		return RefuseType
	case r.SelfTrade > market.SelfTradeNone:
		return RefuseSelfTrade
	case r.Working > market.MarkPrice:
		return RefuseWorking
	case !validClientID(r.ClientID):
		return RefuseClientID
	}
	if r.SelfTrade == market.SelfTradeDefault {
		r.SelfTrade = market.ExpireMaker
	}
	if refusal := formMatch(r.limited(), r.PriceMatch, r.Px); refusal.Refused() {
		return refusal
	}
	if !r.limited() {
		r.TIF, r.Px, r.GoodTill = market.GTC, 0, 0
		return Refusal{}
	}
	if r.TIF == 0 {
		r.TIF = market.GTC
	}
	if r.TIF > market.GTD {
		return RefuseTIF
	}
	date := Request{Type: market.Limit, TIF: r.TIF, GoodTill: r.GoodTill}
	refusal := formGoodTill(now, &date)
	r.GoodTill = date.GoodTill
	return refusal
}

// checkClose checks a close-position order: it is a stop or take profit at market without a quantity, against a position that
// is there, and the only one of its type and direction.
func (x *Exchange) checkClose(s *instrument, r *AlgoRequest) Refusal {
	if !r.ClosePosition {
		return Refusal{}
	}
	switch {
	case r.Type != market.StopMarket && r.Type != market.TakeProfitMarket:
		return RefuseType
	case r.Qty != 0:
		return RefuseCloseQty
	case r.ReduceOnly:
		return RefuseNotRequired
	case r.Side == market.Buy && r.PositionSide == market.Long, r.Side == market.Sell && r.PositionSide == market.Short:
		return RefusePositionSide
	case x.held(r.Account, s.index, r.PositionSide)*market.Lots(r.Side) >= 0:
		return RefuseNoPosition
	}
	for _, k := range s.stops.waiting {
		a := &x.algos.slab[k]
		if a.Account == r.Account && a.ClosePosition && a.Type == r.Type && a.Side == r.Side && a.PositionSide == r.PositionSide {
			return RefuseSecondClose
		}
	}
	return Refusal{}
}

// checkTrigger checks the price that fires the order, which must not have come already.
func (x *Exchange) checkTrigger(s *instrument, r *AlgoRequest) Refusal {
	px := x.working(s, r.Working)
	if r.Type == market.TrailingStopMarket {
		return s.checkTrailing(r, px)
	}
	switch {
	case r.Trigger <= 0:
		return RefuseTriggerZero
	case s.MaxPrice > 0 && r.Trigger > s.MaxPrice || r.Trigger > s.maxTicks:
		return RefuseTriggerMax
	case r.Trigger%s.tickStep != 0:
		return RefuseTick
	}
	if px != 0 && s.reached(r, px) {
		return RefuseTriggered
	}
	return Refusal{}
}

// checkTrailing checks a trailing stop: an activation price lies on the far side of the price now.
func (s *instrument) checkTrailing(r *AlgoRequest, px int64) Refusal {
	r.Trigger = 0
	if r.Callback.Cmp(minCallback) < 0 || r.Callback.Cmp(maxCallback) > 0 {
		return RefuseCallback
	}
	if r.Activate < 0 || r.Activate > s.maxTicks || s.MaxPrice > 0 && r.Activate > s.MaxPrice || r.Activate == 0 && px == 0 {
		return RefuseActivation
	}
	at := int64(r.Activate) * s.Tick.Units()
	if at != 0 && px != 0 && (r.Side == market.Buy && at >= px || r.Side == market.Sell && at <= px) {
		return RefuseTriggered
	}
	return Refusal{}
}

// checkLimit checks the limit price that a triggered order would have: PRICE_FILTER, and PERCENT_PRICE around the trigger.
func (s *instrument) checkLimit(r *AlgoRequest) Refusal {
	if !r.limited() || r.PriceMatch != market.PriceMatchNone {
		return Refusal{}
	}
	switch {
	case r.Px < max(s.MinPrice, 1):
		return RefuseMinPrice
	case s.MaxPrice > 0 && r.Px > s.MaxPrice || r.Px > s.maxTicks:
		return RefuseMaxPrice
	case r.Px%s.tickStep != 0:
		return RefuseTick
	case r.Side == market.Buy && s.PriceUp.Sign() > 0 && r.Px > market.Ticks(mulDiv(int64(r.Trigger), s.PriceUp.Units(), decimal.Scale)):
		return RefuseAboveTrigger
	case r.Side == market.Sell && s.PriceDown.Sign() > 0 && r.Px < market.Ticks(mulDiv(int64(r.Trigger), s.PriceDown.Units(), decimal.Scale)):
		return RefuseBelowTrigger
	}
	return Refusal{}
}

// checkSize checks LOT_SIZE or MARKET_LOT_SIZE, and MIN_NOTIONAL at the price that the order would have.
func (s *instrument) checkSize(r *AlgoRequest) Refusal {
	if r.ClosePosition {
		return Refusal{}
	}
	q := Request{Type: market.Market, Side: r.Side, Qty: r.Qty, ReduceOnly: r.ReduceOnly}
	px := r.Trigger
	if r.limited() {
		q.Type = market.Limit
		if r.PriceMatch == market.PriceMatchNone {
			px = r.Px
		}
	}
	if refusal := s.filterQty(&q); refusal.Refused() {
		return refusal
	}
	if px == 0 {
		return Refusal{} // a trailing stop: where it will fire nobody knows
	}
	if !s.fits(px, r.Qty) {
		return RefuseMaxQty
	}
	if !r.ReduceOnly && s.notional(px, r.Qty) < s.MinNotional.Units() {
		return notionalTooSmall(s.Instrument)
	}
	return Refusal{}
}
