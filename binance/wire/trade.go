package wire

import "baton/market"

// DecodeTrade reads a trade (Binance USD-M, <symbol>@trade). [ErrOddTrade] is a trade outside the order book.
func (c *Codec) DecodeTrade(b []byte, t *market.Trade) error {
	const name = "trade"
	i, wrapped := open(b)
	if i < 0 {
		return badKey(name, b, i, 0)
	}
	odd := false
	for again := true; again; {
		var seen uint32
		odd = false
		var k uint64
		for k, i = key(b, i); i >= 0 && k != closed; k, i = follow(b, i) {
			switch k {
			case 'e':
				i = event(b, i, `"`+name+`"`)
				seen |= 1
			case 'E':
				t.Event, i = millis(b, i)
				seen |= 1 << 1
			case 'T':
				t.Transact, i = millis(b, i)
				seen |= 1 << 2
			case 's':
				i = c.own(b, i)
				seen |= 1 << 3
			case 't':
				t.ID, i = whole(b, i)
				seen |= 1 << 4
			case 'p':
				t.Px, i = c.price(b, i)
				seen |= 1 << 5
			case 'q':
				t.Qty, i = c.lots(b, i)
				seen |= 1 << 6
			case 'm':
				t.Taker, i = taker(b, i)
				seen |= 1 << 7
			case 'X':
				odd, i = oddKind(b, i)
			default:
				i = skip(b, i)
			}
			if i < 0 {
				return c.bad(name, b, i, k)
			}
		}
		if i < 0 {
			return badKey(name, b, i, 0)
		}
		if seen != 1<<8-1 {
			return missing(name, b[:i], seen, "e", "E", "T", "s", "t", "p", "q", "m")
		}
		if i, again = closeFrame(b, i, wrapped); i < 0 {
			return badKey(name, b, i, 0)
		}
	}
	t.Last = t.ID
	if odd || t.Px == 0 || t.Qty == 0 {
		return ErrOddTrade
	}
	return nil
}

// taker is the aggressor's side: m says that the buyer was the maker.
func taker(b []byte, i int) (market.Side, int) {
	m, i := boolean(b, i)
	if m {
		return market.Sell, i
	}
	return market.Buy, i
}

func oddKind(b []byte, i int) (bool, int) {
	s, i := text(b, i)
	return string(s) != "MARKET", i
}

// AppendTrade appends a trade in the raw form. (Binance's trade stream is not documented for USD-M; it has neither ps nor st.)
func (c *Codec) AppendTrade(b []byte, t *market.Trade) []byte {
	b = appendMillis(b, `{"e":"trade","E":`, t.Event)
	b = appendMillis(b, `,"T":`, t.Transact)
	b = appendString(b, `,"s":`, c.in.Symbol)
	b = appendInt(b, `,"t":`, t.ID)
	b = c.appendPrice(append(b, `,"p":`...), t.Px)
	b = c.appendLots(append(b, `,"q":`...), t.Qty)
	b = appendBool(b, `,"X":"MARKET","m":`, t.Taker == market.Sell)
	return append(b, '}')
}

// DecodeAggTrade reads an aggTrade (Binance USD-M, <symbol>@aggTrade): ID is the aggregate's number (a), Last the last trade
// it covers (l), first the first (f).
func (c *Codec) DecodeAggTrade(b []byte, t *market.Trade) (first int64, err error) {
	const name = "aggTrade"
	i, wrapped := open(b)
	if i < 0 {
		return 0, badKey(name, b, i, 0)
	}
	for again := true; again; {
		var seen uint32
		var k uint64
		for k, i = key(b, i); i >= 0 && k != closed; k, i = follow(b, i) {
			switch k {
			case 'e':
				i = event(b, i, `"`+name+`"`)
				seen |= 1
			case 'E':
				t.Event, i = millis(b, i)
				seen |= 1 << 1
			case 'T':
				t.Transact, i = millis(b, i)
				seen |= 1 << 2
			case 's':
				i = c.own(b, i)
				seen |= 1 << 3
			case 'a':
				t.ID, i = whole(b, i)
				seen |= 1 << 4
			case 'p':
				t.Px, i = c.price(b, i)
				seen |= 1 << 5
			case 'q':
				t.Qty, i = c.lots(b, i)
				seen |= 1 << 6
			case 'f':
				first, i = whole(b, i)
				seen |= 1 << 7
			case 'l':
				t.Last, i = whole(b, i)
				seen |= 1 << 8
			case 'm':
				t.Taker, i = taker(b, i)
				seen |= 1 << 9
			default:
				i = skip(b, i)
			}
			if i < 0 {
				return 0, c.bad(name, b, i, k)
			}
		}
		if i < 0 {
			return 0, badKey(name, b, i, 0)
		}
		if seen != 1<<10-1 {
			return 0, missing(name, b[:i], seen, "e", "E", "T", "s", "a", "p", "q", "f", "l", "m")
		}
		if i, again = closeFrame(b, i, wrapped); i < 0 {
			return 0, badKey(name, b, i, 0)
		}
	}
	if t.Px == 0 || t.Qty == 0 {
		return first, ErrOddTrade
	}
	return first, nil
}

// AppendAggTrade appends an aggTrade in the raw form, as of 2026: nq, the quantity without retail price improvement orders,
// is the whole quantity.
func (c *Codec) AppendAggTrade(b []byte, t *market.Trade, first int64) []byte {
	b = appendMillis(b, `{"e":"aggTrade","E":`, t.Event)
	b = appendInt(b, `,"a":`, t.ID)
	b = appendString(b, `,"s":`, c.in.Symbol)
	b = c.appendPrice(append(b, `,"p":`...), t.Px)
	b = c.appendLots(append(b, `,"q":`...), t.Qty)
	b = c.appendLots(append(b, `,"nq":`...), t.Qty)
	b = appendInt(b, `,"f":`, first)
	b = appendInt(b, `,"l":`, t.Last)
	b = appendMillis(b, `,"T":`, t.Transact)
	b = appendBool(b, `,"m":`, t.Taker == market.Sell)
	return append(b, `,"st":1}`...)
}
