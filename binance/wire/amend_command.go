package wire

import (
	"strconv"

	"baton/decimal"
	"baton/market"
)

// Amend is a new price and quantity of an order (Binance USD-M, Modify Order). The order is named by the client's id.
type Amend struct {
	Symbol   string
	Side     market.Side // the order's
	Qty      decimal.Decimal
	Price    decimal.Decimal
	ClientID []byte
	ModifyID int64 // the client's number of the amendment, echoed; 0: none
}

var wordModify = word{`&modifyId=`, `,"modifyId":`}

// AppendAmend appends a signed ws-api order.modify.
func (s *Signer) AppendAmend(b []byte, id int64, o *Amend, at Stamp) []byte {
	k := s.open()
	b = k.begin(b, id, CallAmend)
	if o.ModifyID != 0 {
		b = k.putInt(b, wordModify, o.ModifyID)
	}
	b = k.putID(b, wordOrig, o.ClientID)
	b = append(k.putDecimal(b, wordPrice, o.Price), '"')
	b = append(k.putDecimal(b, wordQty, o.Qty), '"')
	b = k.putWindow(b, at)
	b = k.putSymbol(b, wordsSide[pick(o.Side == market.Sell, 1, 0)], o.Symbol)
	b = k.putInt(b, wordTime, Millis(at.Time))
	return k.end(append(b, `,"signature":"`...))
}

// AppendSignedAmend appends the query string of a signed PUT /fapi/v1/order.
func (s *Signer) AppendSignedAmend(b []byte, o *Amend, at Stamp) []byte {
	p := Params{
		{[]byte("symbol"), []byte(o.Symbol)}, {[]byte("side"), []byte(o.Side.String())}, {[]byte("quantity"), appendShortest(nil, o.Qty)},
		{[]byte("price"), appendShortest(nil, o.Price)}, {[]byte("origClientOrderId"), o.ClientID},
	}
	if o.ModifyID != 0 {
		p = append(p, Param{[]byte("modifyId"), strconv.AppendInt(nil, o.ModifyID, 10)})
	}
	return s.open().appendQuery(b, p, at)
}
