package face

import (
	"strconv"

	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// placeAlgo serves New Algo Order (Binance USD-M, POST /fapi/v1/algoOrder and algoOrder.place).
func (c *call) placeAlgo() *wire.APIError {
	r, fault := c.algoRequest()
	if fault != nil {
		return fault
	}
	a, refusal := c.f.x.PlaceAlgo(c.now, &r)
	if refusal.Refused() {
		return refused(refusal)
	}
	c.body = wire.AppendRow(nil, new(c.f.algoAck(&a)))
	return nil
}

func (c *call) algoRequest() (r exchange.AlgoRequest, fault *wire.APIError) {
	for _, name := range [...]string{"algoType", "symbol", "side", "type"} {
		if c.p.Value(name) == nil {
			return r, wire.Fault(wire.CodeMandatoryParam, name)
		}
	}
	i, fault := c.symbol()
	if fault != nil {
		return r, fault
	}
	p := c.p
	r = exchange.AlgoRequest{Account: c.owner(), Instrument: i, ClientID: string(p.Value("clientAlgoId")), Side: wire.SideOf(p.Value("side")),
		Type: wire.ParseConditional(p.Value("type")), TIF: wire.TIFOf(p.Value("timeInForce")), ClosePosition: string(p.Value("closePosition")) == "true",
		PriceProtect: flag(p.Value("priceProtect")), ReduceOnly: string(p.Value("reduceOnly")) == "true"}
	switch {
	case string(p.Value("algoType")) != "CONDITIONAL":
		return r, wire.Fault(wire.CodeBadParam, "algoType")
	case r.Side == 0:
		return r, wire.Fault(wire.CodeBadSide)
	case r.Type == 0:
		return r, wire.Fault(wire.CodeBadOrderType)
	case p.Value("timeInForce") != nil && r.TIF == 0 && string(p.Value("timeInForce")) != "GTE_GTC":
		return r, wire.Fault(wire.CodeBadTIF)
	}
	if r.ClientID == "" {
		r.ClientID = c.f.newText(madeIDLen)
	}
	var ok bool
	if r.PositionSide, ok = wire.ParsePositionSide(p.Value("positionSide")); !ok {
		return r, &wire.APIError{Code: codeBadPositionSide, Msg: "Invalid position side."}
	}
	if r.SelfTrade, ok = wire.ParseSelfTrade(p.Value("selfTradePreventionMode")); !ok {
		return r, refused(exchange.RefuseSelfTrade)
	}
	if r.PriceMatch, ok = wire.ParsePriceMatch(p.Value("priceMatch")); !ok {
		return r, refused(exchange.RefusePriceMatch)
	}
	if r.Working, ok = wire.ParseWorking(p.Value("workingType")); !ok {
		return r, &wire.APIError{Code: codeBadWorkingType, Msg: "Invalid parameter working type: `" + string(p.Value("workingType")) + "`"}
	}
	return r, c.algoAmounts(&r)
}

// Codes that only orders with these parameters give.
const (
	codeBadPositionSide = -4060
	codeBadWorkingType  = -4031
)

func flag(v []byte) bool { return string(v) == "true" || string(v) == "TRUE" }

// algoAmounts reads the prices and quantities of a conditional order.
func (c *call) algoAmounts(r *exchange.AlgoRequest) *wire.APIError {
	in := c.f.symbols[r.Instrument].in
	if c.p.Value("quantity") == nil && !r.ClosePosition {
		return wire.Fault(wire.CodeMandatoryParam, "quantity")
	}
	for _, x := range []struct {
		name string
		to   *market.Ticks
	}{{"price", &r.Px}, {"triggerPrice", &r.Trigger}, {"activatePrice", &r.Activate}} {
		d, fault := c.p.Decimal(x.name)
		if fault != nil {
			return fault
		}
		px, refusal := exchange.ParsePrice(in, d)
		if refusal.Refused() {
			return refused(refusal)
		}
		*x.to = px
	}
	d, fault := c.p.Decimal("quantity")
	if fault != nil {
		return fault
	}
	var refusal exchange.Refusal
	if r.Qty, refusal = exchange.ParseQuantity(in, d); refusal.Refused() {
		return refused(refusal)
	}
	if r.Callback, fault = c.p.Decimal("callbackRate"); fault != nil {
		return fault
	}
	till, fault := c.p.Integer("goodTillDate")
	r.GoodTill = wire.Nanos(till)
	return fault
}

// algoAck is a conditional order as the answer to its placement tells it.
func (f *Face) algoAck(a *exchange.Algo) wire.AlgoRow {
	in := f.symbols[a.Instrument].in
	tif := a.TIF.String()
	switch {
	case a.ClosePosition:
		tif = "GTE_GTC"
	case tif == "":
		tif = market.GTC.String()
	}
	w := wire.AlgoRow{
		ID: a.ID, ClientID: a.ClientID, AlgoType: algoType, Type: a.Type.String(), Symbol: in.Symbol, Side: a.Side.String(),
		PositionSide: a.PositionSide.String(), TIF: tif, Qty: in.Quantity(a.Qty).Fixed(in.QtyPlaces), Status: a.Status.String(),
		Trigger: in.Price(a.Trigger).Fixed(in.PricePlaces), Price: in.Price(a.Px).Fixed(in.PricePlaces), SelfTrade: a.SelfTrade.String(),
		Working: a.Working.String(), PriceMatch: a.PriceMatch.String(), ClosePosition: a.ClosePosition, PriceProtect: a.PriceProtect,
		ReduceOnly: a.ReduceOnly, CreateMs: wire.Millis(a.Created), UpdateMs: wire.Millis(a.Updated), TriggerMs: wire.Millis(a.Triggered),
		GoodTillMs: wire.Millis(a.GoodTill),
	}
	if a.Type == market.TrailingStopMarket {
		w.Activate, w.Callback = new(in.Price(a.Activate).Fixed(in.PricePlaces)), new(a.Callback.String())
	}
	return w
}

const algoType = "CONDITIONAL"

// algoRow is a conditional order as queries tell it; list says that it is one of a list, which has more fields.
func (f *Face) algoRow(a *exchange.Algo, list bool) wire.AlgoRow {
	w, in := f.algoAck(a), f.symbols[a.Instrument].in
	id := ""
	if a.OrderID != 0 {
		id = strconv.FormatInt(a.OrderID, 10)
	}
	w.ActualOrder, w.ActualPrice = &id, new(a.Average.Fixed(in.PricePlaces))
	w.TPOrderType = new("")
	if list {
		zero := decimal.Zero.Fixed(in.PricePlaces)
		w.TPTrigger, w.TPPrice, w.SLTrigger, w.SLPrice = &zero, &zero, &zero, &zero
		return w
	}
	w.ActualType, w.ActualQty = new(actualType(a)), new(in.Quantity(a.Filled).Fixed(in.QtyPlaces))
	return w
}

// actualType is what a conditional order becomes when it triggers; empty before.
func actualType(a *exchange.Algo) string {
	switch {
	case a.OrderID == 0:
		return ""
	case a.Type == market.Stop || a.Type == market.TakeProfit:
		return market.Limit.String()
	}
	return market.Market.String()
}

// algoKey is the conditional order that a call means.
func (c *call) algoKey() (k exchange.AlgoKey, fault *wire.APIError) {
	k = exchange.AlgoKey{Account: c.owner(), Instrument: -1, ClientID: string(c.p.Value("clientAlgoId"))}
	if k.ID, fault = c.p.Integer("algoId"); fault != nil {
		return k, fault
	}
	if k.ID == 0 && k.ClientID == "" {
		return k, &wire.APIError{Code: wire.CodeMandatoryParam, Msg: "Param 'algoid' or 'clientalgoid' must be sent, but both were empty/null!"}
	}
	return k, nil
}

func (c *call) cancelAlgo() *wire.APIError {
	k, fault := c.algoKey()
	if fault != nil {
		return fault
	}
	a, refusal := c.f.x.CancelAlgo(c.now, k)
	if refusal.Refused() {
		return refused(refusal)
	}
	c.body = wire.AppendRow(nil, &wire.AlgoDone{ID: a.ID, ClientID: a.ClientID, Code: "200", Msg: "success"})
	return nil
}

func (c *call) cancelAlgos() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	c.f.x.CancelAllAlgos(c.now, c.owner(), i)
	c.body = wire.AppendCancelAll(nil)
	return nil
}

func (c *call) queryAlgo() *wire.APIError {
	k, fault := c.algoKey()
	if fault != nil {
		return fault
	}
	a, ok := c.f.x.Algo(k)
	if !ok {
		return wire.Fault(wire.CodeNoSuchOrder)
	}
	c.body = wire.AppendRow(nil, new(c.f.algoRow(&a, false)))
	return nil
}

// algos serves both lists of conditional orders: the open ones, and all.
func (c *call) algos() *wire.APIError {
	var i int
	var fault *wire.APIError
	if c.what == wire.CallAllAlgos {
		i, fault = c.symbol()
	} else {
		i, fault = c.anySymbol()
	}
	if fault != nil {
		return fault
	}
	limit, fault := c.limitOf(500, 1000)
	if fault != nil {
		return fault
	}
	id, fault := c.p.Integer("algoId")
	if fault != nil {
		return fault
	}
	var list []exchange.Algo
	if c.what == wire.CallAllAlgos {
		list = c.f.x.AppendAlgos(nil, c.owner(), i)
	} else {
		list = c.f.x.AppendOpenAlgos(nil, c.owner(), i)
	}
	rows := []wire.AlgoRow{}
	for n := range list {
		a := &list[n]
		if c.what == wire.CallAllAlgos && a.ID < id || c.what == wire.CallOpenAlgos && id != 0 && a.ID != id || !c.between(wire.Millis(a.Created)) {
			continue
		}
		rows = append(rows, c.f.algoRow(a, true))
	}
	if c.what == wire.CallAllAlgos && id == 0 && c.args.Start == 0 {
		rows = last(rows, limit)
	}
	c.body = wire.AppendList(nil, rows[:min(limit, len(rows))])
	return nil
}

// algo sends the state of a conditional order to its account's stream.
func (f *Face) algo(now market.Nanos, a *exchange.Algo) {
	k := f.keyOf(a.Account)
	if k == nil || len(k.readers) == 0 {
		return
	}
	w, in := f.algoAck(a), f.symbols[a.Instrument].in
	e := wire.AlgoUpdate{Type: "ALGO_UPDATE", EventMs: wire.Millis(now), TransactMs: wire.Millis(a.Updated), Order: wire.AlgoUpdateBody{
		ClientID: w.ClientID, ID: w.ID, AlgoType: w.AlgoType, Type: w.Type, Symbol: w.Symbol, Side: w.Side, PositionSide: w.PositionSide,
		TIF: w.TIF, Qty: w.Qty, Status: w.Status, ActualPrice: a.Average.Fixed(in.PricePlaces), ActualQty: in.Quantity(a.Filled).Fixed(in.QtyPlaces),
		ActualType: actualType(a), Trigger: w.Trigger, Price: w.Price, SelfTrade: w.SelfTrade, Working: w.Working, PriceMatch: w.PriceMatch,
		ClosePosition: w.ClosePosition, PriceProtect: w.PriceProtect, ReduceOnly: w.ReduceOnly, TriggerMs: w.TriggerMs, GoodTillMs: w.GoodTillMs, Reason: a.Reason,
	}}
	if a.OrderID != 0 {
		e.Order.ActualID = strconv.FormatInt(a.OrderID, 10)
	}
	if a.Type == market.TrailingStopMarket {
		e.Order.Activated = &a.Activated
	}
	f.buf = wire.AppendRow(f.buf[:0], &e)
	f.sendUser(k, e.Type)
}
