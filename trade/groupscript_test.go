package trade_test

import (
	"maps"
	"slices"

	"baton/market"
)

// takeStrictly places an order as the venue does where it matters to groups: a market order is done at once, what is reduce-only needs
// something to reduce, a conditional order's price must be yet to come, and one of a type alone closes a position.
func (v *script) takeStrictly(c *market.Command) market.Outcome {
	against := v.held()*market.Lots(c.Side) < 0
	refuse := func(code int, text string) market.Outcome {
		v.ended[c.ID] = market.StatusRejected
		return market.Refused(code, text)
	}
	switch {
	case c.Type.Conditional() && v.reached(c):
		return refuse(-2021, "Order would immediately trigger.")
	case c.ClosePosition && !against:
		return refuse(-4509, "no position")
	case c.ClosePosition && slices.ContainsFunc(v.openIDs(), func(id market.OrderID) bool {
		return v.open[id].ClosePosition && v.open[id].Type == c.Type
	}):
		return refuse(-4130, "An open stop or take profit order with closePosition is existing.")
	case c.ReduceOnly && !c.Type.Conditional() && !against:
		return refuse(-2022, "ReduceOnly Order is rejected.")
	}
	own := *c
	v.open[c.ID] = &own
	if c.Type == market.Market {
		v.loop.CallLater(v.delay, func() { v.match(c.ID) })
	}
	return market.Accepted()
}

func (v *script) held() (q market.Lots) {
	for _, p := range v.acc.Positions {
		q += p.Qty
	}
	return q
}

func (v *script) openIDs() []market.OrderID { return slices.Sorted(maps.Keys(v.open)) }

func (v *script) reached(c *market.Command) bool {
	rises := c.Side == market.Buy
	if c.Type == market.TakeProfitMarket {
		rises = !rises
	}
	return v.price != 0 && (rises && v.price >= c.Trigger || !rises && v.price <= c.Trigger)
}

// match fills a market order, or one that is triggered, as far as it may, and lets go of what would have closed a position that is gone.
func (v *script) match(id market.OrderID) {
	c := v.open[id]
	if c == nil {
		return
	}
	if own := *c; c.ClosePosition { // a photo may have the other one
		own.Qty = max(v.held(), -v.held())
		c, v.open[id] = &own, &own
	}
	q := c.Qty - v.filled[id]
	if c.Reduces() {
		q = min(q, max(-v.held()*market.Lots(c.Side), 0))
	}
	if q > 0 {
		v.fill(id, q)
	}
	if v.open[id] != nil {
		v.expire(id)
	}
	for _, x := range v.openIDs() {
		if v.open[x].ClosePosition && v.held() == 0 {
			v.expire(x)
		}
	}
}

func (v *script) expire(id market.OrderID) {
	c := v.open[id]
	delete(v.open, id)
	v.ended[id] = market.StatusExpired
	u := market.Update{Instrument: v.in, Order: id, Status: market.StatusExpired, Filled: v.filled[id]}
	if c.Type.Conditional() {
		u.Algo = market.AlgoExpired
	}
	v.update(&u)
}

func (v *script) update(u *market.Update) {
	if v.orders != nil {
		v.orders.Update(u)
	}
}

// at moves the price, and triggers what waits for it.
func (v *script) at(px market.Ticks) {
	v.price = px
	for _, id := range v.openIDs() {
		if c := v.open[id]; c != nil && c.Type.Conditional() && v.reached(c) {
			v.match(id)
		}
	}
}

// rests names what rests at the venue of a type.
func (v *script) rests(t market.OrderType) (out []market.Command) {
	for _, id := range v.openIDs() {
		if v.open[id].Type == t {
			out = append(out, *v.open[id])
		}
	}
	return out
}
