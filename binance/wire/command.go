package wire

import (
	"encoding/hex"

	"baton/decimal"
	"baton/market"
)

// A ws-api command is written twice at once: as JSON for the socket and as the sorted text that is signed. A word is what
// stands before a value in each of the two; neighbours that never change are one word, which is what makes this fast.
type word struct{ signed, json string }

// The words of the commands, in the order of the parameters' names. Those that close one parameter and open the next say so
// by their quotes.
var (
	wordClient = word{`&newClientOrderId=`, `,"newClientOrderId":"`}
	wordOrig   = word{`&origClientOrderId=`, `,"origClientOrderId":"`}
	wordResult = word{`&newOrderRespType=RESULT`, `,"newOrderRespType":"RESULT"`}
	wordVenue  = word{`&orderId=`, `,"orderId":`}
	wordPrice  = word{`&price=`, `,"price":"`}
	wordQty    = word{`&quantity=`, `,"quantity":"`}
	wordWindow = word{`&recvWindow=`, `,"recvWindow":`}
	wordReduce = word{`&reduceOnly=true`, `,"reduceOnly":"true"`}
	wordSymbol = word{`&symbol=`, `,"symbol":`}
	wordTime   = word{`&timestamp=`, `,"timestamp":`}
	wordDate   = word{`&goodTillDate=`, `,"goodTillDate":`}
	wordFor    = word{`&positionSide=`, `,"positionSide":`}
	wordMatch  = word{`&priceMatch=`, `,"priceMatch":`}
	wordSelf   = word{`&selfTradePreventionMode=`, `,"selfTradePreventionMode":`}

	wordsSide = [...]word{
		{`&side=BUY&symbol=`, `,"side":"BUY","symbol":`},
		{`&side=SELL&symbol=`, `,"side":"SELL","symbol":`},
	}
	wordsTIF = [...]word{
		0:          {`&timeInForce=`, `,"timeInForce":""`},
		market.GTC: {`&timeInForce=GTC&timestamp=`, `,"timeInForce":"GTC","timestamp":`},
		market.IOC: {`&timeInForce=IOC&timestamp=`, `,"timeInForce":"IOC","timestamp":`},
		market.GTX: {`&timeInForce=GTX&timestamp=`, `,"timeInForce":"GTX","timestamp":`},
		market.FOK: {`&timeInForce=FOK&timestamp=`, `,"timeInForce":"FOK","timestamp":`},
		market.GTD: {`&timeInForce=GTD&timestamp=`, `,"timeInForce":"GTD","timestamp":`},
	}
	wordsType = [...]word{
		0:             {`&type=`, `,"type":"","signature":"`},
		market.Limit:  {`&type=LIMIT`, `,"type":"LIMIT","signature":"`},
		market.Market: {`&type=MARKET`, `,"type":"MARKET","signature":"`},
	}
)

// AppendPlace appends a signed ws-api order.place.
func (s *Signer) AppendPlace(b []byte, id int64, o *Place, at Stamp) []byte {
	k := s.open()
	b = k.begin(b, id, CallPlace)
	if o.GoodTill != 0 {
		b = k.putInt(b, wordDate, Millis(o.GoodTill))
	}
	if len(o.ClientID) > 0 {
		b = k.putID(b, wordClient, o.ClientID)
	}
	if o.Result {
		b = k.put(b, wordResult)
	}
	if o.PositionSide != market.Both {
		b = k.putSymbol(b, wordFor, o.PositionSide.String())
	}
	switch {
	case o.PriceMatch != market.PriceMatchNone:
		b = k.putSymbol(b, wordMatch, o.PriceMatch.String())
	case o.Type == market.Limit:
		b = append(k.putDecimal(b, wordPrice, o.Price), '"')
	}
	b = append(k.putDecimal(b, wordQty, o.Qty), '"')
	b = k.putWindow(b, at)
	if o.ReduceOnly {
		b = k.put(b, wordReduce)
	}
	if o.SelfTrade != market.SelfTradeDefault {
		b = k.putSymbol(b, wordSelf, o.SelfTrade.String())
	}
	b = k.putSymbol(b, wordsSide[pick(o.Side == market.Sell, 1, 0)], o.Symbol)
	if o.Type == market.Limit {
		b = k.putInt(b, wordsTIF[o.TIF], Millis(at.Time))
	} else {
		b = k.putInt(b, wordTime, Millis(at.Time))
	}
	return k.end(k.put(b, wordsType[o.Type]))
}

// Ref names an order: by the venue's id, or where that is 0 by the client's.
type Ref struct {
	Symbol   string
	OrderID  int64
	ClientID []byte
}

// AppendCancel appends a signed ws-api order.cancel.
func (s *Signer) AppendCancel(b []byte, id int64, r *Ref, at Stamp) []byte {
	k := s.open()
	return k.appendRef(b, id, CallCancel, r, at)
}

// AppendStatus appends a signed ws-api order.status.
func (s *Signer) AppendStatus(b []byte, id int64, r *Ref, at Stamp) []byte {
	k := s.open()
	return k.appendRef(b, id, CallOrder, r, at)
}

func (s *signing) appendRef(b []byte, id int64, c Call, r *Ref, at Stamp) []byte {
	b = s.begin(b, id, c)
	if r.OrderID != 0 {
		b = s.putInt(b, wordVenue, r.OrderID)
	} else {
		b = s.putID(b, wordOrig, r.ClientID)
	}
	b = s.putWindow(b, at)
	b = s.putSymbol(b, wordSymbol, r.Symbol)
	b = s.putInt(b, wordTime, Millis(at.Time))
	return s.end(append(b, `,"signature":"`...))
}

// AppendCall appends a signed ws-api request that has no parameters of its own (v2/account.status, v2/account.balance, ...).
func (s *Signer) AppendCall(b []byte, id int64, c Call, at Stamp) []byte {
	k := s.open()
	b = k.putWindow(k.begin(b, id, c), at)
	b = k.putInt(b, wordTime, Millis(at.Time))
	return k.end(append(b, `,"signature":"`...))
}

// begin opens the request. apiKey is the first of all parameters, so s.buf need not have it: its state is kept.
func (s *signing) begin(b []byte, id int64, c Call) []byte {
	s.buf = s.buf[:0]
	return append(appendInt(b, `{"id":`, id), s.heads[c]...)
}

func (s *signing) end(b []byte) []byte {
	if s.sign != nil {
		b = s.appendBase64(b, s.whole())
	} else {
		b = hex.AppendEncode(b, s.finish(s.begun, s.buf))
	}
	return append(b, `"}}`...)
}

// put adds a word alone to both texts; the others add a value after it.
func (s *signing) put(b []byte, w word) []byte {
	s.buf = append(s.buf, w.signed...)
	return append(b, w.json...)
}

func (s *signing) putSymbol(b []byte, w word, symbol string) []byte {
	s.buf = append(append(s.buf, w.signed...), symbol...)
	return appendText(append(b, w.json...), symbol)
}

// putID adds a client order id. One that is not valid may need escapes; the exchange refuses it.
func (s *signing) putID(b []byte, w word, id []byte) []byte {
	s.buf = append(append(s.buf, w.signed...), id...)
	if !plainText(id) {
		return appendText(append(b, w.json[:len(w.json)-1]...), id)
	}
	return append(append(append(b, w.json...), id...), '"')
}

func (s *signing) putDecimal(b []byte, w word, d decimal.Decimal) []byte {
	s.buf = append(s.buf, w.signed...)
	start := len(s.buf)
	s.buf = appendShortest(s.buf, d)
	return append(append(b, w.json...), s.buf[start:]...)
}

func (s *signing) putInt(b []byte, w word, v int64) []byte {
	s.buf = append(s.buf, w.signed...)
	start := len(s.buf)
	s.buf = appendInt(s.buf, "", v)
	return append(append(b, w.json...), s.buf[start:]...)
}

func (s *signing) putWindow(b []byte, at Stamp) []byte {
	if at.Window <= 0 {
		return b
	}
	return s.putInt(b, wordWindow, Millis(at.Window))
}
