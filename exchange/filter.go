package exchange

import (
	"math"

	"baton/market"
)

// filter checks the instrument's filters (Binance USD-M, Filters: LOT_SIZE, MARKET_LOT_SIZE, PRICE_FILTER, MIN_NOTIONAL,
// PERCENT_PRICE). A limit of zero is none.
func (s *instrument) filter(r *Request) Refusal {
	if refusal := s.filterQty(r); refusal.Refused() {
		return refusal
	}
	if r.Type == market.Limit {
		if refusal := s.filterPrice(r); refusal.Refused() {
			return refusal
		}
	}
	return s.filterNotional(r)
}

// filterQty checks LOT_SIZE, or MARKET_LOT_SIZE where a market order's limits are others. A whole position may be closed
// whatever its size.
func (s *instrument) filterQty(r *Request) Refusal {
	least, most := s.MinQty, s.MaxQty
	if r.Type == market.Market {
		least = max(least, s.MinMarketQty)
		if s.MaxMarketQty > 0 {
			most = s.MaxMarketQty
		}
	}
	switch {
	case r.Qty <= 0:
		return RefuseQtyZero
	case r.closing:
		return Refusal{}
	case r.Qty < least:
		return RefuseMinQty
	case most > 0 && r.Qty > most:
		return RefuseMaxQty
	case s.lotStep > 1 && r.Qty%s.lotStep != 0:
		return RefuseStep
	}
	return Refusal{}
}

func (s *instrument) filterPrice(r *Request) Refusal {
	switch {
	case r.Px < max(s.MinPrice, 1):
		return RefuseMinPrice
	case s.MaxPrice > 0 && r.Px > s.MaxPrice || r.Px > s.maxTicks:
		return RefuseMaxPrice
	case s.tickStep > 1 && r.Px%s.tickStep != 0 && r.PriceMatch == market.PriceMatchNone:
		return RefuseTick
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
