package wire

import (
	"strconv"

	"baton/decimal"
	"baton/market"
)

// Execution is what happened to an order (Binance USD-M, ORDER_TRADE_UPDATE "x").
type Execution uint8

// The execution types. ExecutionOther is one that Baton does not know.
const (
	ExecutionOther Execution = iota
	ExecutionNew
	ExecutionCanceled
	ExecutionCalculated // liquidation
	ExecutionExpired
	ExecutionTrade
	ExecutionAmendment
)

// String is Binance's spelling.
func (x Execution) String() string {
	return [...]string{"OTHER", "NEW", "CANCELED", "CALCULATED", "EXPIRED", "TRADE", "AMENDMENT"}[x]
}

func executionOf(s []byte) Execution {
	for x := ExecutionNew; x <= ExecutionAmendment; x++ {
		if string(s) == x.String() {
			return x
		}
	}
	return ExecutionOther
}

// The expiry reasons (er) that Baton's exchange gives (Binance USD-M, ORDER_TRADE_UPDATE).
const (
	ExpiredNot    = 0
	ExpiredSTP    = 1
	ExpiredIOC    = 2 // the rest of an IOC order
	ExpiredReduce = 4 // reduce-only with nothing left to reduce
	ExpiredMarket = 9 // the rest of a market order
)

// OrderUpdate is an ORDER_TRADE_UPDATE. Its slices are parts of the decoded text. The trade's fields (Last..., Commission,
// Asset, Trade, Maker, Realised) count where Execution is ExecutionTrade or ExecutionCalculated.
type OrderUpdate struct {
	Event, Transact market.Nanos
	Symbol          []byte
	ClientID        []byte
	OrderID         int64
	Side            market.Side
	Type            market.OrderType
	TIF             market.TIF
	Qty, Price      decimal.Decimal
	AvgPrice        decimal.Decimal
	Execution       Execution
	Status          market.OrderStatus
	LastQty         decimal.Decimal
	LastPrice       decimal.Decimal
	Filled          decimal.Decimal // cumulative
	Commission      decimal.Decimal // positive: paid
	Asset           []byte          // of the commission
	TradeTime       market.Nanos
	Trade           int64 // 0: none
	Maker           bool
	ReduceOnly      bool
	Realised        decimal.Decimal
	Expiry          int // er

	PositionSide market.PositionSide
	ModifyID     int64 // of the last amendment; 0: none, and left out

	// What only the exchange's side tells. OrigType 0 is Type.
	SelfTrade  market.SelfTrade
	PriceMatch market.PriceMatch
	GoodTill   market.Nanos
	OrigType   market.OrderType
	ClosePos   bool
}

// DecodeOrderUpdate reads an ORDER_TRADE_UPDATE, wrapped or raw.
func DecodeOrderUpdate(b []byte, u *OrderUpdate) error {
	*u = OrderUpdate{}
	_, err := readEvent(nil, `"ORDER_TRADE_UPDATE"`, b, func(k uint64, i int) (int, uint32) {
		switch k {
		case 'E':
			u.Event, i = millis(b, i)
			return i, 2
		case 'T':
			u.Transact, i = millis(b, i)
			return i, 4
		case 'o':
			return orderFields(b, i, u), 8
		}
		return skip(b, i), 0
	}, "e", "E", "T", "o")
	return err
}

// orderFields reads the order of an ORDER_TRADE_UPDATE.
func orderFields(b []byte, i int, u *OrderUpdate) int {
	const need = 1<<8 - 1
	var seen uint32
	start := i
	i = fields(b, i, func(k uint64, i int) int {
		switch k {
		case 's':
			u.Symbol, i = text(b, i)
			seen |= 1
		case 'c':
			u.ClientID, i = text(b, i)
			seen |= 2
		case 'S':
			u.Side, i = side(b, i)
			seen |= 4
		case 'o':
			u.Type, i = orderType(b, i)
		case 'f':
			u.TIF, i = tif(b, i)
		case 'q':
			u.Qty, i = money(b, i)
		case 'p':
			u.Price, i = money(b, i)
		case 'a' | 'p'<<8:
			u.AvgPrice, i = money(b, i)
		case 'x':
			var s []byte
			s, i = text(b, i)
			u.Execution = executionOf(s)
			seen |= 8
		case 'X':
			u.Status, i = status(b, i)
			seen |= 16
		case 'i':
			u.OrderID, i = whole(b, i)
			seen |= 32
		case 'z':
			u.Filled, i = money(b, i)
			seen |= 64
		case 'T':
			u.TradeTime, i = millis(b, i)
		case 't':
			u.Trade, i = whole(b, i)
			seen |= 128
		default:
			return tradeField(b, i, k, u)
		}
		return i
	})
	if i >= 0 && seen != need {
		return ^start
	}
	return i
}

// tradeField reads what an update says of the trade.
func tradeField(b []byte, i int, k uint64, u *OrderUpdate) int {
	switch k {
	case 'l':
		u.LastQty, i = money(b, i)
	case 'L':
		u.LastPrice, i = money(b, i)
	case 'n':
		u.Commission, i = money(b, i)
	case 'N':
		u.Asset, i = nullText(b, i)
	case 'm':
		u.Maker, i = boolean(b, i)
	case 'R':
		u.ReduceOnly, i = boolean(b, i)
	case 'r' | 'p'<<8:
		u.Realised, i = money(b, i)
	case 'e' | 'r'<<8:
		u.Expiry, i = smallInt(b, i)
	case 'M':
		var v int
		v, i = smallInt(b, i)
		u.ModifyID = int64(v)
	case 'p' | 's'<<8:
		var s []byte
		s, i = text(b, i)
		u.PositionSide, _ = ParsePositionSide(s)
	default:
		i = skip(b, i)
	}
	return i
}

// nullText reads a string or null.
func nullText(b []byte, i int) ([]byte, int) {
	if n := literal(b, i, "null"); n > 0 {
		return nil, n
	}
	return text(b, i)
}

// smallInt reads an integer, quoted or not: "er" comes both ways.
func smallInt(b []byte, i int) (int, int) {
	if i >= len(b) || b[i] != '"' {
		v, next := whole(b, i)
		return int(v), next
	}
	s, next := text(b, i)
	v, err := strconv.Atoi(string(s))
	if err != nil {
		return 0, ^i
	}
	return v, next
}

// AppendOrderUpdate appends an ORDER_TRADE_UPDATE in the raw form.
func AppendOrderUpdate(b []byte, u *OrderUpdate) []byte {
	b = appendMillis(b, `{"e":"ORDER_TRADE_UPDATE","T":`, u.Transact)
	b = appendMillis(b, `,"E":`, u.Event)
	b = appendString(b, `,"o":{"s":`, u.Symbol)
	b = appendString(b, `,"c":`, u.ClientID)
	b = appendString(b, `,"S":`, u.Side.String())
	b = appendString(b, `,"o":`, u.Type.String())
	b = appendString(b, `,"f":`, tifText(u.TIF))
	b = appendDecimal(b, `,"q":`, u.Qty)
	b = appendDecimal(b, `,"p":`, u.Price)
	b = appendDecimal(b, `,"ap":`, u.AvgPrice)
	b = appendString(b, `,"sp":"0","x":`, u.Execution.String())
	b = appendString(b, `,"X":`, u.Status.String())
	b = appendInt(b, `,"i":`, u.OrderID)
	b = appendDecimal(b, `,"l":`, u.LastQty)
	b = appendDecimal(b, `,"z":`, u.Filled)
	b = appendDecimal(b, `,"L":`, u.LastPrice)
	b = appendDecimal(b, `,"n":`, u.Commission)
	if len(u.Asset) > 0 {
		b = appendString(b, `,"N":`, u.Asset)
	} else {
		b = append(b, `,"N":null`...)
	}
	b = appendMillis(b, `,"T":`, u.TradeTime)
	b = appendInt(b, `,"t":`, u.Trade)
	b = appendBool(b, `,"b":"0","a":"0","m":`, u.Maker)
	b = appendBool(b, `,"R":`, u.ReduceOnly)
	orig := u.OrigType
	if orig == 0 {
		orig = u.Type
	}
	b = appendString(b, `,"wt":"CONTRACT_PRICE","ot":`, orig.String())
	b = appendString(b, `,"ps":`, u.PositionSide.String())
	b = appendBool(b, `,"cp":`, u.ClosePos)
	b = appendDecimal(b, `,"rp":`, u.Realised)
	b = appendString(b, `,"pP":false,"si":0,"ss":0,"V":`, u.SelfTrade.String())
	b = appendString(b, `,"pm":`, u.PriceMatch.String())
	b = appendMillis(b, `,"gtd":`, u.GoodTill)
	b = appendInt(b, `,"er":"`, int64(u.Expiry))
	if u.ModifyID != 0 {
		b = append(appendInt(b, `","M":"`, u.ModifyID), `"}}`...)
		return b
	}
	return append(b, `"}}`...)
}

// tifText is a time in force as Binance writes it in answers: a market order's is GTC.
func tifText(t market.TIF) string {
	if t == 0 {
		return "GTC"
	}
	return t.String()
}

// TradeLite is a TRADE_LITE: a fill's first, shorter notice. Its slices are parts of the decoded text.
type TradeLite struct {
	Event, Transact market.Nanos
	Symbol          []byte
	ClientID        []byte
	OrderID         int64
	Side            market.Side
	Qty, Price      decimal.Decimal // of the order
	LastQty         decimal.Decimal
	LastPrice       decimal.Decimal
	Trade           int64
	Maker           bool
}

// DecodeTradeLite reads a TRADE_LITE, wrapped or raw.
func DecodeTradeLite(b []byte, u *TradeLite) error {
	*u = TradeLite{}
	_, err := readEvent(nil, `"TRADE_LITE"`, b, func(k uint64, i int) (int, uint32) {
		switch k {
		case 'E':
			u.Event, i = millis(b, i)
			return i, 2
		case 'T':
			u.Transact, i = millis(b, i)
			return i, 4
		case 's':
			u.Symbol, i = text(b, i)
			return i, 8
		case 'c':
			u.ClientID, i = text(b, i)
			return i, 16
		case 'i':
			u.OrderID, i = whole(b, i)
			return i, 32
		case 'S':
			u.Side, i = side(b, i)
			return i, 64
		case 't':
			u.Trade, i = whole(b, i)
			return i, 128
		case 'l':
			u.LastQty, i = money(b, i)
			return i, 256
		case 'L':
			u.LastPrice, i = money(b, i)
			return i, 512
		case 'q':
			u.Qty, i = money(b, i)
		case 'p':
			u.Price, i = money(b, i)
		case 'm':
			u.Maker, i = boolean(b, i)
		default:
			i = skip(b, i)
		}
		return i, 0
	}, "e", "E", "T", "s", "c", "i", "S", "t", "l", "L")
	return err
}

// AppendTradeLite appends a TRADE_LITE in the raw form.
func AppendTradeLite(b []byte, u *TradeLite) []byte {
	b = appendMillis(b, `{"e":"TRADE_LITE","E":`, u.Event)
	b = appendMillis(b, `,"T":`, u.Transact)
	b = appendString(b, `,"s":`, u.Symbol)
	b = appendDecimal(b, `,"q":`, u.Qty)
	b = appendDecimal(b, `,"p":`, u.Price)
	b = appendBool(b, `,"m":`, u.Maker)
	b = appendString(b, `,"c":`, u.ClientID)
	b = appendString(b, `,"S":`, u.Side.String())
	b = appendDecimal(b, `,"L":`, u.LastPrice)
	b = appendDecimal(b, `,"l":`, u.LastQty)
	b = appendInt(b, `,"t":`, u.Trade)
	b = appendInt(b, `,"i":`, u.OrderID)
	return append(b, '}')
}
