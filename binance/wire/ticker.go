package wire

import "baton/market"

// DecodeBookTicker reads a bookTicker (Binance USD-M, <symbol>@bookTicker).
func (c *Codec) DecodeBookTicker(b []byte, q *market.Quote) error {
	const name = "bookTicker"
	i, wrapped := open(b)
	if i < 0 {
		return badKey(name, b, i, 0)
	}
	for again := true; again; {
		var seen uint32
		var k uint64
		for k, i = key(b, i); i >= 0 && k != closed; k, i = follow(b, i) {
			switch k {
			case 'e':
				i = event(b, i, `"`+name+`"`)
				seen |= 1
			case 'u':
				q.Update, i = whole(b, i)
				seen |= 1 << 1
			case 's':
				i = c.own(b, i)
				seen |= 1 << 2
			case 'b':
				q.Bid, i = c.price(b, i)
				seen |= 1 << 3
			case 'B':
				q.BidQty, i = c.lots(b, i)
				seen |= 1 << 4
			case 'a':
				q.Ask, i = c.price(b, i)
				seen |= 1 << 5
			case 'A':
				q.AskQty, i = c.lots(b, i)
				seen |= 1 << 6
			case 'T':
				q.Transact, i = millis(b, i)
				seen |= 1 << 7
			case 'E':
				q.Event, i = millis(b, i)
				seen |= 1 << 8
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
		if seen != 1<<9-1 {
			return missing(name, b[:i], seen, "e", "u", "s", "b", "B", "a", "A", "T", "E")
		}
		if i, again = closeFrame(b, i, wrapped); i < 0 {
			return badKey(name, b, i, 0)
		}
	}
	return nil
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
