package wire

import "baton/market"

// DecodeDepth reads a depthUpdate (Binance USD-M, <symbol>@depth) into d, whose rows are reused.
func (c *Codec) DecodeDepth(b []byte, d *market.Diff) error {
	const name = "depthUpdate"
	i, wrapped := open(b)
	if i < 0 {
		return badKey(name, b, i, 0)
	}
	for again := true; again; {
		var seen uint32
		for more := true; more; {
			var k uint64
			if k, i = key(b, i); i < 0 {
				return badKey(name, b, i, 0)
			}
			switch k {
			case 'e':
				i = event(b, i, name+`"`)
				seen |= 1
			case 'E':
				d.Event, i = millis(b, i)
				seen |= 1 << 1
			case 'T':
				d.Transact, i = millis(b, i)
				seen |= 1 << 2
			case 's':
				i = c.own(b, i)
				seen |= 1 << 3
			case 'U':
				d.First, i = whole(b, i)
				seen |= 1 << 4
			case 'u':
				d.Last, i = whole(b, i)
				seen |= 1 << 5
			case 'p' | 'u'<<8:
				d.Prev, i = integer(b, i)
				seen |= 1 << 6
			case 'b':
				d.Bids, i = c.levels(b, i, d.Bids[:0])
				seen |= 1 << 7
			case 'a':
				d.Asks, i = c.levels(b, i, d.Asks[:0])
				seen |= 1 << 8
			default:
				i = skip(b, i)
			}
			if i < 0 {
				return c.bad(name, b, i, k)
			}
			if i, more = comma(b, i); i < 0 {
				return badKey(name, b, i, 0)
			}
		}
		if seen != 1<<9-1 {
			return missing(name, b[:i], seen, "e", "E", "T", "s", "U", "u", "pu", "b", "a")
		}
		if i, again = closeFrame(b, i, wrapped); i < 0 {
			return badKey(name, b, i, 0)
		}
	}
	return nil
}

// levels reads [["price","quantity"],...] and appends the rows.
func (c *Codec) levels(b []byte, i int, rows []market.Level) ([]market.Level, int) {
	if i = expect(b, i, '['); i < 0 {
		return rows, i
	}
	if j := space(b, i); j < len(b) && b[j] == ']' {
		return rows, j + 1
	}
	for {
		var px, qty uint64
		if i+1 < len(b) && b[i] == '[' {
			i++
		} else if i = expect(b, i, '['); i < 0 {
			return rows, i
		}
		at := i
		if px, i = units(b, i); i < 0 {
			return rows, i
		}
		n, ok := c.px.steps(px)
		if !ok {
			return rows, ^space(b, at)
		}
		if i = expect(b, i, ','); i < 0 {
			return rows, i
		}
		at = i
		if qty, i = units(b, i); i < 0 {
			return rows, i
		}
		q, ok := c.qty.steps(qty)
		if !ok {
			return rows, ^space(b, at)
		}
		if i = expect(b, i, ']'); i < 0 {
			return rows, i
		}
		rows = append(rows, market.Level{Px: market.Ticks(n), Qty: market.Lots(q)})
		if i < len(b) && b[i] == ',' {
			i++
			continue
		}
		if i = space(b, i); i >= len(b) || b[i] != ',' && b[i] != ']' {
			return rows, ^i
		}
		if i++; b[i-1] == ']' {
			return rows, i
		}
	}
}

// AppendDepth appends a depthUpdate in the raw form, as of 2026 (with ps and st).
func (c *Codec) AppendDepth(b []byte, d *market.Diff) []byte {
	b = appendMillis(b, `{"e":"depthUpdate","E":`, d.Event)
	b = appendMillis(b, `,"T":`, d.Transact)
	b = appendString(b, `,"s":`, c.in.Symbol)
	b = appendInt(b, `,"U":`, d.First)
	b = appendInt(b, `,"u":`, d.Last)
	b = appendInt(b, `,"pu":`, d.Prev)
	b = c.appendLevels(append(b, `,"b":`...), d.Bids)
	b = c.appendLevels(append(b, `,"a":`...), d.Asks)
	return append(b, c.tail...)
}

func (c *Codec) appendLevels(b []byte, rows []market.Level) []byte {
	b = append(b, '[')
	for n, l := range rows {
		if n > 0 {
			b = append(b, ',')
		}
		b = c.appendPrice(append(b, '['), l.Px)
		b = c.appendLots(append(b, ','), l.Qty)
		b = append(b, ']')
	}
	return append(b, ']')
}

// DecodeSnapshot reads the answer of GET /fapi/v1/depth into s, whose rows are reused.
func (c *Codec) DecodeSnapshot(b []byte, s *market.Snapshot) error {
	const name = "depth"
	s.Event, s.Transact = 0, 0
	var seen uint32
	i := expect(b, 0, '{')
	for more := true; more; {
		var k []byte
		if i < 0 {
			return badKey(name, b, i, 0)
		}
		if k, i = keyName(b, i); i < 0 {
			return badKey(name, b, i, 0)
		}
		var packed uint64 // for the error: 'b' names a row of the book, as in a diff
		switch string(k) {
		case "lastUpdateId":
			s.Last, i = whole(b, i)
			seen |= 1
		case "bids":
			s.Bids, i = c.levels(b, i, s.Bids[:0])
			seen, packed = seen|2, 'b'
		case "asks":
			s.Asks, i = c.levels(b, i, s.Asks[:0])
			seen, packed = seen|4, 'a'
		case "E":
			s.Event, i = millis(b, i)
		case "T":
			s.Transact, i = millis(b, i)
		default:
			i = skip(b, i)
		}
		if i < 0 {
			return c.bad(name, b, i, packed)
		}
		i, more = comma(b, i)
	}
	if i < 0 {
		return badKey(name, b, i, 0)
	}
	if seen != 7 {
		return missing(name, b[:i], seen, "lastUpdateId", "bids", "asks")
	}
	if i = space(b, i); i != len(b) {
		return badKey(name, b, i, 0)
	}
	return nil
}

// AppendSnapshot appends the answer of GET /fapi/v1/depth.
func (c *Codec) AppendSnapshot(b []byte, s *market.Snapshot) []byte {
	b = appendInt(b, `{"lastUpdateId":`, s.Last)
	b = appendMillis(b, `,"E":`, s.Event)
	b = appendMillis(b, `,"T":`, s.Transact)
	b = c.appendLevels(append(b, `,"bids":`...), s.Bids)
	b = c.appendLevels(append(b, `,"asks":`...), s.Asks)
	return append(b, '}')
}
