package wire

import (
	"baton/decimal"
	"baton/market"
)

// Order is an order as REST and ws-api answers tell it. A placement's or cancel's answer has neither AvgPrice nor CumQuote
// (since 2026-07) nor Time; a query's has all.
type Order struct {
	Symbol     string
	ClientID   string
	OrderID    int64
	Side       market.Side
	Type       market.OrderType
	TIF        market.TIF
	Status     market.OrderStatus
	Price      decimal.Decimal
	Qty        decimal.Decimal // origQty
	Filled     decimal.Decimal // executedQty
	AvgPrice   decimal.Decimal
	CumQuote   decimal.Decimal
	ReduceOnly bool
	Time       market.Nanos // of the placement
	Updated    market.Nanos

	PositionSide market.PositionSide
	ModifyID     int64 // of the last amendment; 0: none, and left out

	// What only the exchange's side tells. Pair is left out where it is empty; OrigType 0 is Type.
	Pair       string
	SelfTrade  market.SelfTrade
	PriceMatch market.PriceMatch
	GoodTill   market.Nanos
	OrigType   market.OrderType
}

// DecodeOrder reads one order.
func DecodeOrder(b []byte, o *Order) error { return ended("order", b, readOrder(b, space(b, 0), o)) }

// DecodeOrders reads a list of orders and appends them to into.
func DecodeOrders(b []byte, into []Order) ([]Order, error) {
	i := array(b, 0, func(i int) int {
		into = append(into, Order{})
		return readOrder(b, i, &into[len(into)-1])
	})
	return into, ended("orders", b, i)
}

func readOrder(b []byte, i int, o *Order) int {
	*o = Order{}
	start, seen := i, 0
	i = object(b, i, func(name []byte, i int) int {
		switch string(name) {
		case "symbol":
			o.Symbol, i = copied(b, i)
			seen |= 1
		case "clientOrderId":
			o.ClientID, i = copied(b, i)
			seen |= 2
		case "orderId":
			o.OrderID, i = whole(b, i)
			seen |= 4
		case "status":
			o.Status, i = status(b, i)
			seen |= 8
		case "executedQty":
			o.Filled, i = money(b, i)
			seen |= 16
		case "origQty":
			o.Qty, i = money(b, i)
		case "price":
			o.Price, i = money(b, i)
		case "side":
			o.Side, i = side(b, i)
		case "type":
			o.Type, i = orderType(b, i)
		case "timeInForce":
			o.TIF, i = tif(b, i)
		default:
			return orderExtra(b, i, name, o)
		}
		return i
	})
	if i >= 0 && seen != 31 {
		return ^start
	}
	return i
}

func orderExtra(b []byte, i int, name []byte, o *Order) int {
	switch string(name) {
	case "avgPrice":
		o.AvgPrice, i = money(b, i)
	case "cumQuote":
		o.CumQuote, i = money(b, i)
	case "reduceOnly":
		o.ReduceOnly, i = boolean(b, i)
	case "time":
		o.Time, i = millis(b, i)
	case "updateTime":
		o.Updated, i = millis(b, i)
	case "modifyId":
		var v int
		v, i = smallInt(b, i)
		o.ModifyID = int64(v)
	case "positionSide":
		var s []byte
		s, i = text(b, i)
		o.PositionSide, _ = ParsePositionSide(s)
	default:
		i = skip(b, i)
	}
	return i
}

// AppendOrder appends an order as a query's answer has it.
func AppendOrder(b []byte, o *Order) []byte {
	b = appendOrderHead(b, o)
	b = appendDecimal(b, `,"avgPrice":`, o.AvgPrice)
	b = appendDecimal(b, `,"cumQuote":`, o.CumQuote)
	b = appendMillis(b, `,"time":`, o.Time)
	if o.Pair != "" {
		b = append(b, `,"cumBase":"0"`...)
	}
	return appendOrderTail(b, o)
}

// AppendOrders appends a list of orders as openOrders answers it.
func AppendOrders(b []byte, orders []Order) []byte {
	b = append(b, '[')
	for n := range orders {
		if n > 0 {
			b = append(b, ',')
		}
		b = AppendOrder(b, &orders[n])
	}
	return append(b, ']')
}

// AppendAck appends an order as the answer of a placement or a cancel has it.
func AppendAck(b []byte, o *Order) []byte {
	b = appendOrderHead(b, o)
	b = appendDecimal(b, `,"cumQty":`, o.Filled)
	return appendOrderTail(b, o)
}

// AppendTest appends an order as the answer of order/test has it: as an acknowledgement, with what that had before 2026-07.
func AppendTest(b []byte, o *Order) []byte {
	b = appendOrderHead(b, o)
	b = appendDecimal(b, `,"cumQty":`, o.Filled)
	b = appendDecimal(b, `,"avgPrice":`, o.AvgPrice)
	b = appendDecimal(b, `,"cumQuote":`, o.CumQuote)
	return appendOrderTail(b, o)
}

func appendOrderHead(b []byte, o *Order) []byte {
	b = appendInt(b, `{"orderId":`, o.OrderID)
	b = appendString(b, `,"symbol":`, o.Symbol)
	b = appendString(b, `,"status":`, o.Status.String())
	b = appendString(b, `,"clientOrderId":`, o.ClientID)
	b = appendDecimal(b, `,"price":`, o.Price)
	b = appendDecimal(b, `,"origQty":`, o.Qty)
	return appendDecimal(b, `,"executedQty":`, o.Filled)
}

func appendOrderTail(b []byte, o *Order) []byte {
	b = appendString(b, `,"timeInForce":`, tifText(o.TIF))
	b = appendString(b, `,"type":`, o.Type.String())
	b = appendBool(b, `,"reduceOnly":`, o.ReduceOnly)
	b = appendString(b, `,"closePosition":false,"side":`, o.Side.String())
	b = appendString(b, `,"positionSide":`, o.PositionSide.String())
	orig := o.OrigType
	if orig == 0 {
		orig = o.Type
	}
	b = appendString(b, `,"stopPrice":"0","workingType":"CONTRACT_PRICE","priceProtect":false,"origType":`, orig.String())
	b = appendString(b, `,"priceMatch":`, o.PriceMatch.String())
	b = appendString(b, `,"selfTradePreventionMode":`, o.SelfTrade.String())
	b = appendMillis(b, `,"goodTillDate":`, o.GoodTill)
	if o.Pair != "" {
		b = appendString(b, `,"pair":`, o.Pair)
	}
	if o.ModifyID != 0 {
		b = appendInt(b, `,"modifyId":`, o.ModifyID)
	}
	return append(appendMillis(b, `,"updateTime":`, o.Updated), '}')
}

// UserTrade is one execution as userTrades tells it.
type UserTrade struct {
	Symbol     string
	ID         int64
	OrderID    int64
	Side       market.Side
	Price, Qty decimal.Decimal
	Quote      decimal.Decimal // quoteQty
	Realised   decimal.Decimal
	Commission decimal.Decimal // positive: paid
	Asset      string
	Maker      bool
	Time       market.Nanos

	PositionSide market.PositionSide

	// What only the exchange's side tells.
	Pair   string
	Margin string // marginAsset
}

// DecodeUserTrades reads the answer of userTrades and appends it to into.
func DecodeUserTrades(b []byte, into []UserTrade) ([]UserTrade, error) {
	i := array(b, 0, func(i int) int {
		into = append(into, UserTrade{})
		return readUserTrade(b, i, &into[len(into)-1])
	})
	return into, ended("userTrades", b, i)
}

func readUserTrade(b []byte, i int, t *UserTrade) int {
	start, seen := i, 0
	i = object(b, i, func(name []byte, i int) int {
		switch string(name) {
		case "symbol":
			t.Symbol, i = copied(b, i)
			seen |= 1
		case "id":
			t.ID, i = whole(b, i)
			seen |= 2
		case "orderId":
			t.OrderID, i = whole(b, i)
			seen |= 4
		case "side":
			t.Side, i = side(b, i)
			seen |= 8
		case "price":
			t.Price, i = money(b, i)
			seen |= 16
		case "qty":
			t.Qty, i = money(b, i)
			seen |= 32
		case "realizedPnl":
			t.Realised, i = money(b, i)
			seen |= 64
		case "commission":
			t.Commission, i = money(b, i)
			seen |= 128
		case "commissionAsset":
			t.Asset, i = copied(b, i)
			seen |= 256
		case "quoteQty":
			t.Quote, i = money(b, i)
		case "maker":
			t.Maker, i = boolean(b, i)
		case "time":
			t.Time, i = millis(b, i)
		case "positionSide":
			var s []byte
			s, i = text(b, i)
			t.PositionSide, _ = ParsePositionSide(s)
		default:
			i = skip(b, i)
		}
		return i
	})
	if i >= 0 && seen != 511 {
		return ^start
	}
	return i
}

// AppendUserTrades appends the answer of userTrades.
func AppendUserTrades(b []byte, trades []UserTrade) []byte {
	b = append(b, '[')
	for n := range trades {
		if n > 0 {
			b = append(b, ',')
		}
		b = appendUserTrade(b, &trades[n])
	}
	return append(b, ']')
}

func appendUserTrade(b []byte, t *UserTrade) []byte {
	b = appendString(b, `{"symbol":`, t.Symbol)
	b = appendInt(b, `,"id":`, t.ID)
	b = appendInt(b, `,"orderId":`, t.OrderID)
	b = appendString(b, `,"side":`, t.Side.String())
	b = appendDecimal(b, `,"price":`, t.Price)
	b = appendDecimal(b, `,"qty":`, t.Qty)
	b = appendDecimal(b, `,"realizedPnl":`, t.Realised)
	b = appendDecimal(b, `,"quoteQty":`, t.Quote)
	b = appendDecimal(b, `,"commission":`, t.Commission)
	b = appendString(b, `,"commissionAsset":`, t.Asset)
	b = appendMillis(b, `,"time":`, t.Time)
	b = appendString(b, `,"positionSide":`, t.PositionSide.String())
	if t.Pair != "" {
		b = appendString(b, `,"pair":`, t.Pair)
		b = appendString(b, `,"baseQty":"0","marginAsset":`, t.Margin)
	}
	b = appendBool(b, `,"buyer":`, t.Side == market.Buy)
	return append(appendBool(b, `,"maker":`, t.Maker), '}')
}

// AppendCancelAll appends the success of allOpenOrders.
func AppendCancelAll(b []byte) []byte {
	return AppendError(b, &APIError{200, "The operation of cancel all open order is done."})
}

// AppendCountdown appends the answer of countdownCancelAll.
func AppendCountdown(b []byte, symbol string, ttl market.Nanos) []byte {
	b = appendString(b, `{"symbol":`, symbol)
	return append(appendInt(b, `,"countdownTime":"`, Millis(ttl)), `"}`...)
}
