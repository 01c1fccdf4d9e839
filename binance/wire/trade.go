package wire

import "baton/market"

// DecodeTrade reads a trade (Binance USD-M, <symbol>@trade). [ErrOddTrade] is a trade outside the order book.
func (c *Codec) DecodeTrade(b []byte, t *market.Trade) error {
	const kind = 1 << 8
	odd := false
	seen, err := readEvent(c, `"trade"`, b, func(k uint64, i int) (int, uint32) {
		switch k {
		case 'E':
			t.Event, i = millis(b, i)
			return i, 1 << 1
		case 'T':
			t.Transact, i = millis(b, i)
			return i, 1 << 2
		case 's':
			return c.own(b, i), 1 << 3
		case 't':
			t.ID, i = whole(b, i)
			return i, 1 << 4
		case 'p':
			t.Px, i = c.price(b, i)
			return i, 1 << 5
		case 'q':
			t.Qty, i = c.lots(b, i)
			return i, 1 << 6
		case 'm':
			t.Taker, i = taker(b, i)
			return i, 1 << 7
		case 'X':
			odd, i = oddKind(b, i)
			return i, kind
		}
		return skip(b, i), 0
	}, "e", "E", "T", "s", "t", "p", "q", "m")
	if err != nil {
		return err
	}
	t.Last = t.ID
	if odd && seen&kind != 0 {
		return ErrOddTrade
	}
	return ofBook(t)
}

// ofBook refuses a trade of nothing, or for nothing.
func ofBook(t *market.Trade) error {
	if t.Px == 0 || t.Qty == 0 {
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
	if first, ok := c.straightAgg(b, t); ok {
		return first, ofBook(t)
	}
	if _, err = readEvent(c, `"aggTrade"`, b, func(k uint64, i int) (int, uint32) {
		switch k {
		case 'E':
			t.Event, i = millis(b, i)
			return i, 1 << 1
		case 'T':
			t.Transact, i = millis(b, i)
			return i, 1 << 2
		case 's':
			return c.own(b, i), 1 << 3
		case 'a':
			t.ID, i = whole(b, i)
			return i, 1 << 4
		case 'p':
			t.Px, i = c.price(b, i)
			return i, 1 << 5
		case 'q':
			t.Qty, i = c.lots(b, i)
			return i, 1 << 6
		case 'f':
			first, i = whole(b, i)
			return i, 1 << 7
		case 'l':
			t.Last, i = whole(b, i)
			return i, 1 << 8
		case 'm':
			t.Taker, i = taker(b, i)
			return i, 1 << 9
		}
		return skip(b, i), 0
	}, "e", "E", "T", "s", "a", "p", "q", "f", "l", "m"); err != nil {
		return 0, err
	}
	return first, ofBook(t)
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
