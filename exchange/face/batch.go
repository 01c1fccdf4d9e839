package face

import (
	"strconv"

	"baton/binance/wire"
	"baton/exchange"
)

// outcome is one element of a batch's answer: an order, or an error.
func (c *call) outcome(b []byte, o *exchange.Order, fault *wire.APIError, result bool) []byte {
	if len(b) > 1 {
		b = append(b, ',')
	}
	if fault != nil {
		return wire.AppendError(b, fault)
	}
	return wire.AppendAck(b, c.ack(o, result))
}

// orders reads the batchOrders parameter.
func (c *call) batch() ([]wire.Params, *wire.APIError) {
	v := c.p.Value("batchOrders")
	if v == nil {
		return nil, wire.Fault(wire.CodeMandatoryParam, "batchOrders")
	}
	rows, fault := wire.ParseBatch(v)
	switch {
	case fault != nil:
		return nil, fault
	case len(rows) == 0 || len(rows) > exchange.MaxBatch:
		return nil, refused(exchange.RefuseBatch)
	}
	return rows, nil
}

// placeBatch serves Place Multiple Orders: each order for itself, answers in the order of the requests.
func (c *call) placeBatch() *wire.APIError {
	rows, fault := c.batch()
	if fault != nil {
		return fault
	}
	b := []byte{'['}
	for _, p := range rows {
		var placed exchange.Order
		bad := legal(p)
		var result bool
		if bad == nil {
			var r exchange.Request
			if r, result, bad = c.request(p); bad == nil {
				var refusal exchange.Refusal
				placed, refusal = c.f.x.Place(c.now, &r)
				bad = refused(refusal)
			}
		}
		b = c.outcome(b, &placed, bad, result)
	}
	c.body = append(b, ']')
	return nil
}

// amend serves Modify Order (Binance USD-M, PUT /fapi/v1/order and order.modify).
func (c *call) amend() *wire.APIError {
	o, fault := c.amendOne(c.p)
	if fault != nil {
		return fault
	}
	w := c.order(&o)
	w.Pair = c.f.symbols[o.Instrument].in.Pair
	c.body = wire.AppendAck(nil, w)
	return nil
}

func (c *call) amendBatch() *wire.APIError {
	rows, fault := c.batch()
	if fault != nil {
		return fault
	}
	b := []byte{'['}
	for _, p := range rows {
		o, bad := exchange.Order{}, legal(p)
		if bad == nil {
			o, bad = c.amendOne(p)
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		if bad != nil {
			b = wire.AppendError(b, bad)
			continue
		}
		w := c.order(&o)
		w.Pair = c.f.symbols[o.Instrument].in.Pair
		b = wire.AppendAck(b, w)
	}
	c.body = append(b, ']')
	return nil
}

// amendOne reads one amendment, carries it out and remembers it.
func (c *call) amendOne(p wire.Params) (o exchange.Order, fault *wire.APIError) {
	k, fault := c.keyOf(p)
	if fault != nil {
		return o, fault
	}
	in := c.f.symbols[k.Instrument].in
	r := exchange.Amend{Key: k, Side: wire.SideOf(p.Value("side")), ReduceOnly: string(p.Value("reduceOnly")) == "true"}
	if p.Value("side") == nil {
		return o, wire.Fault(wire.CodeMandatoryParam, "side")
	}
	if r.Side == 0 {
		return o, wire.Fault(wire.CodeBadSide)
	}
	var ok bool
	if r.PriceMatch, ok = wire.ParsePriceMatch(p.Value("priceMatch")); !ok {
		return o, refused(exchange.RefusePriceMatch)
	}
	if r.ModifyID, fault = p.Integer("modifyId"); fault != nil {
		return o, fault
	}
	if fault = c.amounts(p, &r, k.Instrument); fault != nil {
		return o, fault
	}
	before, _ := c.f.x.Order(k)
	o, refusal := c.f.x.Amend(c.now, &r)
	if refusal.Refused() {
		return o, refused(refusal)
	}
	a := &c.f.accounts[c.account]
	a.amends = keep(a.amends, wire.AmendRow{ID: c.f.amended(), Symbol: in.Symbol, Pair: in.Pair, OrderID: o.ID, ClientID: o.ClientID,
		TimeMs: wire.Millis(c.now), Change: wire.AmendPart{
			Price: wire.BeforeAfter{Before: c.f.symbols[k.Instrument].price(in.Price(before.Px)), After: c.f.symbols[k.Instrument].price(in.Price(o.Px))},
			Qty:   wire.BeforeAfter{Before: c.f.symbols[k.Instrument].qty(in.Quantity(before.Qty)), After: c.f.symbols[k.Instrument].qty(in.Quantity(o.Qty))},
			Count: o.Amends, ModifyID: o.ModifyID}}, keepTrades)
	return o, nil
}

// amounts reads quantity and price of an amendment.
func (c *call) amounts(p wire.Params, r *exchange.Amend, i int) *wire.APIError {
	in := c.f.symbols[i].in
	for _, name := range [...]string{"quantity", "price"} {
		if p.Value(name) == nil && (name == "quantity" || r.PriceMatch == 0) {
			return wire.Fault(wire.CodeMandatoryParam, name)
		}
	}
	qty, fault := p.Decimal("quantity")
	if fault != nil {
		return fault
	}
	price, fault := p.Decimal("price")
	if fault != nil {
		return fault
	}
	var refusal exchange.Refusal
	if r.Qty, refusal = exchange.ParseQuantity(in, qty); refusal.Refused() {
		return refused(refusal)
	}
	r.Px, refusal = exchange.ParsePrice(in, price)
	return refused(refusal)
}

// amended numbers an amendment.
func (f *Face) amended() int64 {
	f.amendments++
	return f.amendments
}

// amendments serves Get Order Modify History.
func (c *call) amendments() *wire.APIError {
	k, fault := c.key()
	if fault != nil {
		return fault
	}
	limit, fault := c.limitOf(50, 100)
	if fault != nil {
		return fault
	}
	symbol := c.f.symbols[k.Instrument].in.Symbol
	rows := []wire.AmendRow{}
	for _, a := range c.f.accounts[c.account].amends {
		if a.Symbol == symbol && (k.ID == 0 || a.OrderID == k.ID) && (k.ClientID == "" || a.ClientID == k.ClientID) && c.between(a.TimeMs) {
			rows = append(rows, a)
		}
	}
	c.body = wire.AppendList(nil, last(rows, limit))
	return nil
}

// between says whether a time lies within those of the request.
func (c *call) between(ms int64) bool {
	t := wire.Nanos(ms)
	return t >= c.args.Start && (c.args.End == 0 || t <= c.args.End)
}

// cancelBatch serves Cancel Multiple Orders. The lists are spelt in either case: some clients send small letters.
func (c *call) cancelBatch() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	keys, fault := c.listed(i)
	if fault != nil {
		return fault
	}
	b := []byte{'['}
	for _, k := range keys {
		o, refusal := c.f.x.Cancel(c.now, k)
		if len(b) > 1 {
			b = append(b, ',')
		}
		if refusal.Refused() {
			b = wire.AppendError(b, refused(refusal))
		} else {
			b = wire.AppendAck(b, c.order(&o))
		}
	}
	c.body = append(b, ']')
	return nil
}

// listed are the orders that a batch cancel names.
func (c *call) listed(i int) (keys []exchange.Key, fault *wire.APIError) {
	first := func(names ...string) ([]string, bool, bool) {
		for _, n := range names {
			if v := c.p.Value(n); v != nil {
				list, ok := wire.ParseList(v)
				return list, ok, true
			}
		}
		return nil, true, false
	}
	ids, ok, given := first("orderIdList", "orderidlist")
	if !given {
		ids, ok, given = first("origClientOrderIdList", "origclientorderidlist")
		for _, id := range ids {
			keys = append(keys, exchange.Key{Account: c.owner(), Instrument: i, ClientID: id})
		}
	} else {
		for _, text := range ids {
			id, err := strconv.ParseInt(text, 10, 64)
			ok = ok && err == nil
			keys = append(keys, exchange.Key{Account: c.owner(), Instrument: i, ID: id})
		}
	}
	switch {
	case !given || !ok || len(keys) == 0:
		return nil, wire.Fault(wire.CodeMandatoryParam, "orderIdList")
	case len(keys) > exchange.MaxCancelBatch:
		return nil, refused(exchange.RefuseCancelBatch)
	}
	return keys, nil
}
