package face

import (
	"strings"

	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// place serves New Order (Binance USD-M, POST /fapi/v1/order and order.place), and Test Order, which only asks.
func (c *call) place() *wire.APIError {
	r, result, fault := c.request(c.p)
	if fault != nil {
		return fault
	}
	if c.what == wire.CallTestOrder {
		if refusal := c.f.x.Examine(c.now, &r); refusal.Refused() {
			return refused(refusal)
		}
		tested := exchange.Order{Instrument: r.Instrument, ClientID: r.ClientID, Side: r.Side, Type: r.Type, TIF: r.TIF, Status: market.StatusNew,
			ReduceOnly: r.ReduceOnly, Px: r.Px, Qty: r.Qty, PositionSide: r.PositionSide, SelfTrade: r.SelfTrade, PriceMatch: r.PriceMatch, Updated: c.now}
		c.body = wire.AppendTest(nil, c.order(&tested))
		return nil
	}
	placed, refusal := c.f.x.Place(c.now, &r)
	if refusal.Refused() {
		return refused(refusal)
	}
	c.body = wire.AppendAck(nil, c.ack(&placed, result))
	return nil
}

// request reads a new order; result says that its answer is to tell how it ended.
func (c *call) request(p wire.Params) (r exchange.Request, result bool, fault *wire.APIError) {
	o, fault := p.Place()
	if fault != nil {
		return r, false, fault
	}
	if fault := surplus(p); fault != nil {
		return r, false, fault
	}
	i, ok := c.f.x.Index(o.Symbol)
	if !ok {
		return r, false, wire.Fault(wire.CodeBadSymbol)
	}
	in := c.f.symbols[i].in
	r = exchange.Request{
		Account: c.owner(), Instrument: i, ClientID: string(o.ClientID), Side: o.Side, Type: o.Type, TIF: o.TIF, ReduceOnly: o.ReduceOnly,
		PositionSide: o.PositionSide, SelfTrade: o.SelfTrade, PriceMatch: o.PriceMatch, GoodTill: o.GoodTill,
	}
	if r.ClientID == "" {
		r.ClientID = c.f.newText(madeIDLen)
	}
	var refusal exchange.Refusal
	if r.Qty, refusal = exchange.ParseQuantity(in, o.Qty); refusal.Refused() {
		return r, false, refused(refusal)
	}
	if o.Type == market.Limit && !o.Price.IsZero() {
		if r.Px, refusal = exchange.ParsePrice(in, o.Price); refusal.Refused() {
			return r, false, refused(refusal)
		}
	}
	return r, o.Result, nil
}

// madeIDLen is the length of an order id that the exchange makes because the client sent none.
const madeIDLen = 22

// ack is an order as the answer to its placement tells it: as it was taken, or, where newOrderRespType is RESULT and the
// order is one that is done at once, as it ended.
func (c *call) ack(o *exchange.Order, result bool) *wire.Order {
	w := c.order(o)
	if result && (o.Type == market.Market || o.TIF == market.IOC || o.TIF == market.FOK) {
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
		PositionSide: o.PositionSide, SelfTrade: o.SelfTrade, PriceMatch: o.PriceMatch, GoodTill: o.GoodTill, ModifyID: o.ModifyID,
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
	if !found || c.what == wire.CallOpenOrder && o.Status.Final() {
		return wire.Fault(wire.CodeNoSuchOrder)
	}
	c.body = wire.AppendOrder(nil, c.order(&o))
	return nil
}

// key is the order that a call means: by orderId, else by origClientOrderId.
func (c *call) key() (exchange.Key, *wire.APIError) { return c.keyOf(c.p) }

// keyOf is the same for one element of a batch.
func (c *call) keyOf(p wire.Params) (k exchange.Key, fault *wire.APIError) {
	symbol := string(p.Value("symbol"))
	if symbol == "" {
		return k, wire.Fault(wire.CodeMandatoryParam, "symbol")
	}
	i, ok := c.f.x.Index(symbol)
	if !ok {
		return k, wire.Fault(wire.CodeBadSymbol)
	}
	id, fault := p.Integer("orderId")
	if fault != nil {
		return k, fault
	}
	client := string(p.Value("origClientOrderId"))
	if id == 0 && client == "" {
		return k, &wire.APIError{Code: wire.CodeMandatoryParam,
			Msg: "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"}
	}
	k = exchange.Key{Account: c.owner(), Instrument: i, ID: id}
	if k.ID == 0 {
		k.ClientID = client
	}
	return k, nil
}

// allOrders serves All Orders: open and closed ones. It also serves the user's liquidations, which are orders of the venue's.
func (c *call) allOrders() *wire.APIError {
	i, fault := c.anySymbol()
	if fault == nil {
		fault = c.week()
	}
	if fault != nil {
		return fault
	}
	fallback, most := 500, 1000
	if c.what == wire.CallForceOrders {
		fallback, most = 50, 100
	}
	limit, fault := c.limitOf(fallback, most)
	if fault != nil {
		return fault
	}
	c.f.orders = c.f.x.AppendOrders(c.f.orders[:0], c.owner(), i)
	var list []wire.Order
	for n := range c.f.orders {
		o := &c.f.orders[n]
		if o.ID < c.args.OrderID || c.args.OrderID == 0 && !c.between(wire.Millis(o.Created)) || c.what == wire.CallForceOrders && !c.forced(o) {
			continue
		}
		w := c.order(o)
		w.Pair = c.f.symbols[o.Instrument].in.Pair
		list = append(list, *w)
	}
	if c.args.OrderID == 0 && c.args.Start == 0 {
		list = last(list, limit)
	}
	c.body = wire.AppendOrders(nil, list[:min(limit, len(list))])
	return nil
}

// forced says whether an order is a liquidation or an auto-deleveraging that the request asks for (autoCloseType).
func (c *call) forced(o *exchange.Order) bool {
	kind := string(c.p.Value("autoCloseType"))
	return strings.HasPrefix(o.ClientID, "autoclose-") && kind != "ADL" || strings.HasPrefix(o.ClientID, "adl_autoclose") && kind != "LIQUIDATION"
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
	if fault == nil && c.args.FromID == 0 {
		fault = c.week()
	}
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
	return (a.OrderID == 0 || f.OrderID == a.OrderID) && f.Trade >= a.FromID && (c.f.lag == 0 || f.Time <= c.now-c.f.lag) &&
		(a.FromID != 0 || ms >= a.Start && (a.End == 0 || ms <= a.End))
}

func (c *call) trade(f *exchange.Fill) wire.UserTrade {
	in := c.f.symbols[f.Instrument].in
	quote, _ := in.Notional(f.Px, f.Qty, decimal.HalfEven) // it fitted when the trade was made
	return wire.UserTrade{
		Symbol: in.Symbol, ID: f.Trade, OrderID: f.OrderID, Side: f.Side, Price: in.Price(f.Px), Qty: in.Quantity(f.Qty), Quote: quote,
		Realised: f.Realised, Commission: f.Commission, Asset: commissionAsset(in, f), Maker: f.Maker, Time: f.Time,
		PositionSide: f.PositionSide, Pair: in.Pair, Margin: in.Margin,
	}
}

// commissionAsset is what a fill's commission was paid in.
func commissionAsset(in *market.Instrument, f *exchange.Fill) string {
	if f.InCoin {
		return exchange.FeeCoin
	}
	return in.Margin
}
