package face

import (
	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// place serves New Order (Binance USD-M, POST /fapi/v1/order and order.place). FOK, GTD and RPI, price matching and close
// position exist at Binance and are refused: the exchange does not have them.
func (c *call) place() *wire.APIError {
	if fault := unsupported(c.p); fault != nil {
		return fault
	}
	o, fault := c.p.Place()
	if fault != nil {
		return fault
	}
	if fault := surplus(c.p); fault != nil {
		return fault
	}
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	in := c.f.symbols[i].in
	r := exchange.Request{
		Account: c.owner(), Instrument: i, ClientID: string(o.ClientID), Side: o.Side, Type: o.Type, TIF: o.TIF, ReduceOnly: o.ReduceOnly,
	}
	if r.ClientID == "" {
		r.ClientID = c.f.newText(madeIDLen)
	}
	var refusal exchange.Refusal
	if r.Qty, refusal = exchange.ParseQuantity(in, o.Qty); refusal.Refused() {
		return refused(refusal)
	}
	if o.Type == market.Limit {
		if r.Px, refusal = exchange.ParsePrice(in, o.Price); refusal.Refused() {
			return refused(refusal)
		}
	}
	placed, refusal := c.f.x.Place(c.now, &r)
	if refusal.Refused() {
		return refused(refusal)
	}
	c.body = wire.AppendAck(nil, c.ack(&placed, o.Result))
	return nil
}

// madeIDLen is the length of an order id that the exchange makes because the client sent none.
const madeIDLen = 22

// ack is an order as the answer to its placement tells it: as it was taken, or, where newOrderRespType is RESULT and the
// order is one that is done at once, as it ended.
func (c *call) ack(o *exchange.Order, result bool) *wire.Order {
	w := c.order(o)
	if result && (o.Type == market.Market || o.TIF == market.IOC) {
		return w
	}
	w.Status, w.Filled, w.Updated = market.StatusNew, decimal.Zero, o.Created
	return w
}

func (c *call) order(o *exchange.Order) *wire.Order {
	in := c.f.symbols[o.Instrument].in
	return &wire.Order{
		Symbol: in.Symbol, ClientID: o.ClientID, OrderID: o.ID, Side: o.Side, Type: o.Type, TIF: o.TIF, Status: o.Status,
		Price: in.Price(o.Px), Qty: in.Quantity(o.Qty), Filled: in.Quantity(o.Filled), AvgPrice: o.Average(in), CumQuote: o.CumQuote,
		ReduceOnly: o.ReduceOnly, Time: o.Created, Updated: o.Updated,
	}
}

// cancel serves Cancel Order (Binance USD-M, DELETE /fapi/v1/order and order.cancel).
func (c *call) cancel() *wire.APIError {
	k, fault := c.key()
	if fault != nil {
		return fault
	}
	o, refusal := c.f.x.Cancel(c.now, k)
	if refusal.Refused() {
		return refused(refusal)
	}
	c.body = wire.AppendAck(nil, c.order(&o))
	return nil
}

// query serves Query Order (Binance USD-M, GET /fapi/v1/order and order.status).
func (c *call) query() *wire.APIError {
	k, fault := c.key()
	if fault != nil {
		return fault
	}
	o, found := c.f.x.Order(k)
	if !found {
		return wire.Fault(wire.CodeNoSuchOrder)
	}
	c.body = wire.AppendOrder(nil, c.order(&o))
	return nil
}

// key is the order that a call means: by orderId, else by origClientOrderId.
func (c *call) key() (k exchange.Key, fault *wire.APIError) {
	i, fault := c.symbol()
	if fault != nil {
		return k, fault
	}
	if c.args.OrderID == 0 && c.args.ClientID == "" {
		return k, &wire.APIError{Code: wire.CodeMandatoryParam,
			Msg: "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"}
	}
	k = exchange.Key{Account: c.owner(), Instrument: i, ID: c.args.OrderID}
	if k.ID == 0 {
		k.ClientID = c.args.ClientID
	}
	return k, nil
}

func (c *call) openOrders() *wire.APIError {
	i, fault := c.anySymbol()
	if fault != nil {
		return fault
	}
	c.f.orders = c.f.x.AppendOpen(c.f.orders[:0], c.owner(), i)
	list := make([]wire.Order, len(c.f.orders))
	for n := range c.f.orders {
		list[n] = *c.order(&c.f.orders[n])
	}
	c.body = wire.AppendOrders(nil, list)
	return nil
}

func (c *call) cancelAll() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	c.f.x.CancelAll(c.now, c.owner(), i)
	c.body = wire.AppendCancelAll(nil)
	return nil
}

func (c *call) countdown() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	if c.args.Countdown == nil {
		return wire.Fault(wire.CodeMandatoryParam, "countdownTime")
	}
	c.f.x.Countdown(c.now, c.owner(), i, *c.args.Countdown)
	c.body = wire.AppendCountdown(nil, c.f.symbols[i].in.Symbol, *c.args.Countdown)
	return nil
}

// The number of trades that userTrades gives (Binance USD-M, Account Trade List).
const (
	tradesDefault = 500
	tradesMax     = 1000
)

func (c *call) userTrades() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	limit := c.args.Limit
	switch {
	case limit == 0:
		limit = tradesDefault
	case limit > tradesMax:
		return wire.Fault(wire.CodeBadParam, "limit")
	}
	c.f.fills = c.f.x.AppendFills(c.f.fills[:0], c.owner(), i)
	list := []wire.UserTrade{}
	for n := range c.f.fills {
		if fill := &c.f.fills[n]; c.wants(fill) {
			list = append(list, c.trade(fill))
		}
	}
	if len(list) > limit && c.args.FromID == 0 && c.args.Start == 0 {
		list = list[len(list)-limit:] // the latest, where no beginning is asked for
	}
	c.body = wire.AppendUserTrades(nil, list[:min(limit, len(list))])
	return nil
}

// wants says whether a fill is among those that userTrades was asked for; fromId excludes times.
func (c *call) wants(f *exchange.Fill) bool {
	a := &c.args
	ms := wire.Nanos(wire.Millis(f.Time))
	return (a.OrderID == 0 || f.OrderID == a.OrderID) && f.Trade >= a.FromID &&
		(a.FromID != 0 || ms >= a.Start && (a.End == 0 || ms <= a.End))
}

func (c *call) trade(f *exchange.Fill) wire.UserTrade {
	in := c.f.symbols[f.Instrument].in
	quote, _ := in.Notional(f.Px, f.Qty, decimal.HalfEven) // it fitted when the trade was made
	return wire.UserTrade{
		Symbol: in.Symbol, ID: f.Trade, OrderID: f.OrderID, Side: f.Side, Price: in.Price(f.Px), Qty: in.Quantity(f.Qty), Quote: quote,
		Realised: f.Realised, Commission: f.Commission, Asset: in.Margin, Maker: f.Maker, Time: f.Time,
	}
}
