package wire

import (
	"bytes"
	"strconv"

	"baton/decimal"
	"baton/market"
)

// MaxParams bounds the parameters of one request.
const MaxParams = 64

// Param is one parameter of a request, decoded.
type Param struct{ Name, Value []byte }

// Params are the parameters of a REST or ws-api request, as the server sees them. A parameter with an empty value counts as
// absent (go-binance sends newOrderRespType=).
type Params []Param

// Value is the text of a parameter, nil where it is absent.
func (p Params) Value(name string) []byte {
	for i := range p {
		if string(p[i].Name) == name && len(p[i].Value) > 0 {
			return p[i].Value
		}
	}
	return nil
}

// ParseQuery reads a query string and a form body, percent-decoding both. A name in both is the query's (Binance USD-M,
// General Info); the slices of into are reused, values without escapes are parts of the texts.
func ParseQuery(query, body []byte, into Params) (Params, *APIError) {
	into = into[:0]
	for _, part := range [2][]byte{query, body} {
		before := len(into)
		for len(part) > 0 {
			var pair []byte
			pair, part, _ = bytes.Cut(part, []byte("&"))
			if len(pair) == 0 {
				continue
			}
			if len(into) == MaxParams {
				return into, Fault(CodeTooManyParams)
			}
			name, value, _ := bytes.Cut(pair, []byte("="))
			var ok1, ok2 bool
			name, ok1 = unescape(name)
			value, ok2 = unescape(value)
			if !ok1 || !ok2 {
				return into, Fault(CodeIllegalChars)
			}
			if Params(into[:before]).has(name) {
				continue
			}
			into = append(into, Param{name, value})
		}
	}
	return into, nil
}

func (p Params) has(name []byte) bool {
	for i := range p {
		if bytes.Equal(p[i].Name, name) {
			return true
		}
	}
	return false
}

// unescape decodes %XX and '+'; a text without them is returned as it is.
func unescape(s []byte) (_ []byte, ok bool) {
	if bytes.IndexByte(s, '%') < 0 && bytes.IndexByte(s, '+') < 0 {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			out = append(out, ' ')
		case c != '%':
			out = append(out, c)
		case i+2 < len(s) && hexDigit(s[i+1]) && hexDigit(s[i+2]):
			out = append(out, hexValue(s[i+1])<<4|hexValue(s[i+2]))
			i += 2
		default:
			return nil, false
		}
	}
	return out, true
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// escape appends s percent-encoded: letters, digits and -_.~ stand for themselves.
func appendEscaped[T string | []byte](b []byte, s T) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c|0x20-'a' < 26 || c-'0' < 10 || c == '-' || c == '_' || c == '.' || c == '~' {
			b = append(b, c)
		} else {
			b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return b
}

// Args are the parameters of every call of the demo except placing an order, under one roof for both ends. A zero field is
// absent. Window and Time are the security parameters that [Signer] adds and [CheckTime] checks.
type Args struct {
	Symbol    string
	OrderID   int64
	ClientID  string // origClientOrderId
	Limit     int
	FromID    int64
	Start     market.Nanos  // startTime
	End       market.Nanos  // endTime
	Countdown *market.Nanos // countdownTime, of countdownCancelAll; zero disarms, so absence is nil
	ListenKey string
	Time      market.Nanos // timestamp
	Window    market.Nanos // recvWindow
}

// AppendArgs appends the query string of a call: percent-encoded, without security parameters.
func AppendArgs(b []byte, a *Args) []byte {
	start := len(b)
	amp := func(name string) {
		if len(b) > start {
			b = append(b, '&')
		}
		b = append(append(b, name...), '=')
	}
	str := func(name, v string) {
		if v != "" {
			amp(name)
			b = appendEscaped(b, v)
		}
	}
	num := func(name string, v int64) {
		if v != 0 {
			amp(name)
			b = strconv.AppendInt(b, v, 10)
		}
	}
	str("symbol", a.Symbol)
	num("orderId", a.OrderID)
	str("origClientOrderId", a.ClientID)
	num("limit", int64(a.Limit))
	num("fromId", a.FromID)
	num("startTime", Millis(a.Start))
	num("endTime", Millis(a.End))
	if a.Countdown != nil {
		amp("countdownTime")
		b = strconv.AppendInt(b, Millis(*a.Countdown), 10)
	}
	str("listenKey", a.ListenKey)
	return b
}

// Args reads what [AppendArgs] writes, and the security parameters. A number that is none is -1102.
func (p Params) Args() (a Args, fault *APIError) {
	a.Symbol, a.ClientID, a.ListenKey = string(p.Value("symbol")), string(p.Value("origClientOrderId")), string(p.Value("listenKey"))
	num := func(name string) int64 {
		v, bad := p.integer(name)
		if bad != nil && fault == nil {
			fault = bad
		}
		return v
	}
	a.OrderID, a.Limit, a.FromID = num("orderId"), int(num("limit")), num("fromId")
	a.Start, a.End = Nanos(num("startTime")), Nanos(num("endTime"))
	a.Time, a.Window = Nanos(num("timestamp")), Nanos(num("recvWindow"))
	if p.Value("countdownTime") != nil {
		a.Countdown = new(Nanos(num("countdownTime")))
	}
	return a, fault
}

// maxInteger bounds a parameter, so that milliseconds of it fit our nanoseconds.
const maxInteger = 1 << 43

// integer reads a whole number that is not negative; 0 where it is absent. Order ids may be larger than a time.
func (p Params) integer(name string) (int64, *APIError) {
	v := p.Value(name)
	if v == nil {
		return 0, nil
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil || n < 0 || n > maxInteger && name != "orderId" && name != "fromId" {
		return 0, Fault(CodeMandatoryParam, name)
	}
	return n, nil
}

// Place is a new order (Binance USD-M, New Order), for both ends.
type Place struct {
	Symbol     string
	Side       market.Side
	Type       market.OrderType
	TIF        market.TIF // of a limit order
	Qty        decimal.Decimal
	Price      decimal.Decimal // of a limit order
	ReduceOnly bool
	ClientID   []byte // newClientOrderId; empty: the exchange makes one
	Result     bool   // newOrderRespType=RESULT: answer with the final state

	// What only few orders have; the zero values are left out.
	PositionSide market.PositionSide
	SelfTrade    market.SelfTrade
	PriceMatch   market.PriceMatch // instead of Price
	GoodTill     market.Nanos
}

// Place reads a new order and checks what can be told without the market: mandatory parameters, enumerations, and that a
// conditional type is not for this call.
func (p Params) Place() (o Place, fault *APIError) {
	o.Symbol = string(p.Value("symbol"))
	o.Side, o.Type, o.TIF = SideOf(p.Value("side")), TypeOf(p.Value("type")), TIFOf(p.Value("timeInForce"))
	o.ClientID = p.Value("newClientOrderId")
	o.ReduceOnly = string(p.Value("reduceOnly")) == "true"
	o.Result = string(p.Value("newOrderRespType")) == "RESULT"
	o.PositionSide, _ = ParsePositionSide(p.Value("positionSide"))
	o.SelfTrade, _ = ParseSelfTrade(p.Value("selfTradePreventionMode"))
	o.PriceMatch, _ = ParsePriceMatch(p.Value("priceMatch"))
	till, _ := p.integer("goodTillDate")
	o.GoodTill = Nanos(till)
	if fault = p.checkPlace(&o); fault != nil {
		return o, fault
	}
	if o.Qty, fault = p.decimal("quantity"); fault != nil || o.Type == market.Market || p.Value("price") == nil {
		return o, fault
	}
	o.Price, fault = p.decimal("price")
	return o, fault
}

func (p Params) checkPlace(o *Place) *APIError {
	for _, name := range [...]string{"symbol", "side", "type", "quantity"} {
		if p.Value(name) == nil {
			return Fault(CodeMandatoryParam, name)
		}
	}
	switch {
	case o.Side == 0:
		return Fault(CodeBadSide)
	case o.Type == 0 && conditional(p.Value("type")):
		return Fault(CodeUseAlgoOrder)
	case o.Type == 0:
		return Fault(CodeBadOrderType)
	case o.Type == market.Market && p.Value("timeInForce") != nil:
		return Fault(CodeTIFNotRequired)
	case o.Type == market.Market && p.Value("price") != nil:
		return Fault(CodeParamNotRequired, "price")
	case o.Type == market.Limit && p.Value("price") == nil && o.PriceMatch == market.PriceMatchNone:
		return Fault(CodeMandatoryParam, "price")
	case o.Type == market.Limit && p.Value("timeInForce") == nil:
		return Fault(CodeMandatoryParam, "timeInForce")
	case o.Type == market.Limit && o.TIF == 0:
		return Fault(CodeBadTIF)
	case len(o.ClientID) > 0 && !ValidClientID(o.ClientID):
		return Fault(CodeBadClientIDLength)
	}
	return checkEnums(p)
}

func checkEnums(p Params) *APIError {
	if _, ok := ParsePositionSide(p.Value("positionSide")); !ok {
		return &APIError{codePositionSide, "Invalid position side."}
	}
	if _, ok := ParsePriceMatch(p.Value("priceMatch")); !ok {
		return &APIError{codePriceMatch, "Invalid price match"}
	}
	if _, ok := ParseSelfTrade(p.Value("selfTradePreventionMode")); !ok {
		return &APIError{codeSelfTrade, "Invalid self trade prevention mode"}
	}
	if v := p.Value("reduceOnly"); v != nil && string(v) != "true" && string(v) != "false" {
		return Fault(CodeMandatoryParam, "reduceOnly")
	}
	if v := p.Value("newOrderRespType"); v != nil && string(v) != "ACK" && string(v) != "RESULT" {
		return Fault(CodeBadRespType)
	}
	return nil
}

// Codes that only this check gives.
const (
	codePositionSide = -4060
	codePriceMatch   = -5037
	codeSelfTrade    = -5039
)

func conditional(t []byte) bool { return ParseConditional(t) != 0 }

// Integer is a whole number that is not negative, 0 where it is absent; -1102 where it is none.
func (p Params) Integer(name string) (int64, *APIError) { return p.integer(name) }

// Decimal is a decimal, zero where it is absent; -1102 where it is none.
func (p Params) Decimal(name string) (decimal.Decimal, *APIError) {
	if p.Value(name) == nil {
		return decimal.Zero, nil
	}
	return p.decimal(name)
}

func (p Params) decimal(name string) (decimal.Decimal, *APIError) {
	d, err := decimal.ParseBytes(p.Value(name))
	if err != nil {
		return d, Fault(CodeMandatoryParam, name)
	}
	return d, nil
}

// MaxClientID is the longest client order id.
const MaxClientID = 36

// ValidClientID says whether s is ^[\.A-Z\:/a-z0-9_-]{1,36}$ (Binance USD-M, New Order).
func ValidClientID(s []byte) bool {
	for _, c := range s {
		if c|0x20-'a' >= 26 && c-'0' >= 10 && c != '.' && c != ':' && c != '/' && c != '_' && c != '-' {
			return false
		}
	}
	return len(s) > 0 && len(s) <= MaxClientID
}
