package wire

import (
	"bytes"
	"encoding/hex"
	"slices"

	"baton/decimal"
	"baton/market"
)

// PlaceAlgo is a new conditional order (Binance USD-M, New Algo Order, algoType CONDITIONAL). A zero field is left out.
type PlaceAlgo struct {
	Symbol        string
	Side          market.Side
	Type          market.OrderType
	TIF           market.TIF // of Stop and TakeProfit
	Qty           decimal.Decimal
	Price         decimal.Decimal // of Stop and TakeProfit
	Trigger       decimal.Decimal
	Activate      decimal.Decimal // activatePrice
	Callback      decimal.Decimal // callbackRate, in percent
	ClosePosition bool
	PriceProtect  bool
	ReduceOnly    bool
	Working       market.Working
	PositionSide  market.PositionSide
	SelfTrade     market.SelfTrade
	PriceMatch    market.PriceMatch
	GoodTill      market.Nanos
	ClientID      []byte // clientAlgoId
}

// params are the parameters in no order. Names that only some orders have are left out where they say nothing.
func (o *PlaceAlgo) params() Params {
	p := make(Params, 0, 24)
	text := func(name, v string) { p = append(p, Param{[]byte(name), []byte(v)}) }
	number := func(name string, d decimal.Decimal) {
		if !d.IsZero() {
			p = append(p, Param{[]byte(name), appendShortest(nil, d)})
		}
	}
	yes := func(name string, v bool) {
		if v {
			text(name, "true")
		}
	}
	text("algoType", "CONDITIONAL")
	text("symbol", o.Symbol)
	text("side", o.Side.String())
	text("type", o.Type.String())
	if len(o.ClientID) > 0 {
		p = append(p, Param{[]byte("clientAlgoId"), o.ClientID})
	}
	number("quantity", o.Qty)
	number("price", o.Price)
	number("triggerPrice", o.Trigger)
	number("activatePrice", o.Activate)
	number("callbackRate", o.Callback)
	yes("closePosition", o.ClosePosition)
	yes("priceProtect", o.PriceProtect)
	yes("reduceOnly", o.ReduceOnly)
	if o.TIF != 0 && (o.Type == market.Stop || o.Type == market.TakeProfit) {
		text("timeInForce", o.TIF.String())
	}
	if o.Working != market.ContractPrice {
		text("workingType", o.Working.String())
	}
	if o.PositionSide != market.Both {
		text("positionSide", o.PositionSide.String())
	}
	if o.SelfTrade != market.SelfTradeDefault {
		text("selfTradePreventionMode", o.SelfTrade.String())
	}
	if o.PriceMatch != market.PriceMatchNone {
		text("priceMatch", o.PriceMatch.String())
	}
	if o.GoodTill != 0 {
		p = append(p, Param{[]byte("goodTillDate"), appendInt(nil, "", Millis(o.GoodTill))})
	}
	return p
}

// AppendPlaceAlgo appends a signed ws-api algoOrder.place.
func (s *Signer) AppendPlaceAlgo(b []byte, id int64, o *PlaceAlgo, at Stamp) []byte {
	return s.open().appendParams(b, id, CallPlaceAlgo, o.params(), at)
}

// AppendCancelAlgo appends a signed ws-api algoOrder.cancel of the conditional order of that clientAlgoId.
func (s *Signer) AppendCancelAlgo(b []byte, id int64, clientID []byte, at Stamp) []byte {
	return s.open().appendParams(b, id, CallCancelAlgo, Params{{[]byte("clientAlgoId"), clientID}}, at)
}

// AppendSignedAlgo appends the query string of a signed POST /fapi/v1/algoOrder.
func (s *Signer) AppendSignedAlgo(b []byte, o *PlaceAlgo, at Stamp) []byte {
	return s.open().appendQuery(b, o.params(), at)
}

// AppendSignedCancelAlgo appends the query string of a signed DELETE /fapi/v1/algoOrder.
func (s *Signer) AppendSignedCancelAlgo(b []byte, clientID []byte, at Stamp) []byte {
	return s.open().appendQuery(b, Params{{[]byte("clientAlgoId"), clientID}}, at)
}

func (s *signing) appendQuery(b []byte, p Params, at Stamp) []byte {
	start := len(b)
	for i := range p {
		if i > 0 {
			b = append(b, '&')
		}
		b = appendEscaped(append(append(b, p[i].Name...), '='), p[i].Value)
	}
	return s.sealQuery(b, start, at)
}

// appendParams writes a ws-api request of any parameters: what is signed are all of them, the key and the time included, in the order
// of their names (Binance USD-M, WebSocket API, SIGNED request).
func (s *signing) appendParams(b []byte, id int64, c Call, p Params, at Stamp) []byte {
	stamps := Params{{[]byte("timestamp"), appendInt(nil, "", Millis(at.Time))}}
	if at.Window > 0 {
		stamps = append(stamps, Param{[]byte("recvWindow"), appendInt(nil, "", Millis(at.Window))})
	}
	b = append(appendInt(b, `{"id":`, id), s.heads[c]...)
	for i := range p {
		b = appendText(append(append(append(b, `,"`...), p[i].Name...), `":`...), p[i].Value)
	}
	for i := range stamps {
		b = append(append(append(append(b, `,"`...), stamps[i].Name...), `":`...), stamps[i].Value...)
	}
	all := append(append(p, stamps...), Param{[]byte("apiKey"), []byte(s.key)})
	slices.SortFunc(all, func(x, y Param) int { return bytes.Compare(x.Name, y.Name) })
	s.buf = s.buf[:0]
	for i := range all {
		if i > 0 {
			s.buf = append(s.buf, '&')
		}
		s.buf = append(append(append(s.buf, all[i].Name...), '='), all[i].Value...)
	}
	b = append(b, `,"signature":"`...)
	if s.sign != nil {
		b = s.appendBase64(b, s.buf)
	} else {
		b = hex.AppendEncode(b, s.finish(s.inner, s.buf))
	}
	return append(b, `"}}`...)
}

// LooksLikeAlgo says whether a text is a JSON object that has the id of a conditional order, as the answer to every accepted command
// about one does.
func LooksLikeAlgo(b []byte) bool {
	var o struct {
		ID int64 `json:"algoId"`
	}
	return Unmarshal(b, &o) == nil && o.ID != 0
}
