package wire

import "baton/market"

// DecodeBookTicker reads a bookTicker (Binance USD-M, <symbol>@bookTicker).
func (c *Codec) DecodeBookTicker(b []byte, q *market.Quote) error {
	if c.straightQuote(b, q) {
		return nil
	}
	_, err := readEvent(c, `"bookTicker"`, b, func(k uint64, i int) (int, uint32) {
		switch k {
		case 'u':
			q.Update, i = whole(b, i)
			return i, 1 << 1
		case 's':
			return c.own(b, i), 1 << 2
		case 'b':
			q.Bid, i = c.price(b, i)
			return i, 1 << 3
		case 'B':
			q.BidQty, i = c.lots(b, i)
			return i, 1 << 4
		case 'a':
			q.Ask, i = c.price(b, i)
			return i, 1 << 5
		case 'A':
			q.AskQty, i = c.lots(b, i)
			return i, 1 << 6
		case 'T':
			q.Transact, i = millis(b, i)
			return i, 1 << 7
		case 'E':
			q.Event, i = millis(b, i)
			return i, 1 << 8
		}
		return skip(b, i), 0
	}, "e", "u", "s", "b", "B", "a", "A", "T", "E")
	return err
}

// AppendBookTicker appends a bookTicker in the raw form, as of 2026.
func (c *Codec) AppendBookTicker(b []byte, q *market.Quote) []byte {
	b = appendInt(b, `{"e":"bookTicker","u":`, q.Update)
	b = appendString(b, `,"s":`, c.in.Symbol)
	b = c.appendPrice(append(b, `,"b":`...), q.Bid)
	b = c.appendLots(append(b, `,"B":`...), q.BidQty)
	b = c.appendPrice(append(b, `,"a":`...), q.Ask)
	b = c.appendLots(append(b, `,"A":`...), q.AskQty)
	b = appendMillis(b, `,"T":`, q.Transact)
	b = appendMillis(b, `,"E":`, q.Event)
	return append(b, c.tail...)
}
