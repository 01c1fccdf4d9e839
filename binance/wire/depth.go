package wire

import (
	"encoding/binary"
	"math/bits"

	"baton/market"
)

// DecodeDepth reads a depthUpdate (Binance USD-M, <symbol>@depth) into d, whose rows are reused.
func (c *Codec) DecodeDepth(b []byte, d *market.Diff) error {
	if c.straightDepth(b, d) {
		return nil
	}
	_, err := readEvent(c, `"depthUpdate"`, b, func(k uint64, i int) (int, uint32) {
		switch k {
		case 'E':
			d.Event, i = millis(b, i)
			return i, 1 << 1
		case 'T':
			d.Transact, i = millis(b, i)
			return i, 1 << 2
		case 's':
			return c.own(b, i), 1 << 3
		case 'U':
			d.First, i = whole(b, i)
			return i, 1 << 4
		case 'u':
			d.Last, i = whole(b, i)
			return i, 1 << 5
		case 'p' | 'u'<<8:
			d.Prev, i = integer(b, i)
			return i, 1 << 6
		case 'b':
			d.Bids, i = c.levels(b, i, d.Bids[:0])
			return i, 1 << 7
		case 'a':
			d.Asks, i = c.levels(b, i, d.Asks[:0])
			return i, 1 << 8
		}
		return skip(b, i), 0
	}, "e", "E", "T", "s", "U", "u", "pu", "b", "a")
	return err
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
		var l market.Level
		rows, i = c.plainRows(b, i, rows)
		if l, i = c.level(b, i); i < 0 {
			return rows, i
		}
		rows = append(rows, l)
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

// plainRows appends the rows at i that are written as Binance writes them and have another one behind them, and stops before
// the first that is not. The form of the last price is tried first for the next: prices of one side have one length nearly
// always, and then the position of a quantity does not wait for the price.
func (c *Codec) plainRows(b []byte, i int, rows []market.Level) ([]market.Level, int) {
	const open, mid, end = '[' | '"'<<8, '"' | ','<<8 | '"'<<16, '"' | ']'<<8 | ','<<16
	px, qty := &c.px, &c.qty
	f, h := &px.forms[0], &qty.forms[0]
	for i+rowMax <= len(b) {
		r := b[i : i+rowMax : i+rowMax]
		t := binary.LittleEndian.Uint64(r[2:]) ^ zeros
		m := notDigits(t)
		if !f.fits(t, m) {
			if f = &px.forms[bits.TrailingZeros64(m)>>3&7]; !f.fits(t, m) {
				break
			}
		}
		p := f.value(t)
		if f.end == 9 {
			d := uint64(r[10] - '0')
			if p = p*10 + d; d > 9 {
				break
			}
		}
		k := f.end + 5
		t = binary.LittleEndian.Uint64(r[k:]) ^ zeros
		m = notDigits(t)
		if !h.fits(t, m) {
			if h = &qty.forms[bits.TrailingZeros64(m)>>3&7]; !h.fits(t, m) || h.end == 9 {
				break
			}
		}
		q := h.value(t)
		n := k + h.end
		if binary.LittleEndian.Uint16(r) != open || binary.LittleEndian.Uint32(r[k-3:])&0xffffff != mid ||
			binary.LittleEndian.Uint32(r[n:])&0xffffff != end {
			break
		}
		p = bits.RotateLeft64(p*px.scaled, -px.shift)
		q = bits.RotateLeft64(q*qty.scaled, -qty.shift)
		if p > px.limit || q > qty.limit {
			break
		}
		rows = append(rows, market.Level{Px: market.Ticks(p), Qty: market.Lots(q)})
		i += n + 3
	}
	return rows, i
}

// rowMax is how many bytes the fast way through a row looks at: two numbers and the six bytes between and around them.
const rowMax = 2*reach + 6

// level reads one row.
func (c *Codec) level(b []byte, i int) (l market.Level, next int) {
	if i+rowMax <= len(b) && b[i] == '[' && b[i+1] == '"' {
		if px, w := c.px.short(b[i+2:]); w > 0 {
			if k := i + 2 + w; b[k] == ',' && b[k+1] == '"' {
				if qty, w := c.qty.short(b[k+2:]); w > 0 && b[k+2+w] == ']' {
					return market.Level{Px: market.Ticks(px), Qty: market.Lots(qty)}, k + 3 + w
				}
			}
		}
	}
	if i = expect(b, i, '['); i < 0 {
		return l, i
	}
	if l.Px, i = c.price(b, i); i < 0 {
		return l, i
	}
	if i = expect(b, i, ','); i < 0 {
		return l, i
	}
	if l.Qty, i = c.lots(b, i); i < 0 {
		return l, i
	}
	return l, expect(b, i, ']')
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
