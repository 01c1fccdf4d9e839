package wire

import (
	"encoding/binary"
	"math"

	"baton/market"
)

// The straight way through an event: its keys in the order in which Binance writes them, without white space. Nearly every frame
// is such a one, and in it there is nothing to choose. Whatever differs, be it lawful or not, is left to [Codec.scan], which takes
// any order and says what is wrong.
//
// Every step takes a position and gives the next one, or 0 where the text is another. Once the head has been found, every step
// gives 0 again from 0, for there the text has its brace or a blank, and no comma: only the last one has to be looked at.

// How many bytes a step looks at: a key and a time of thirteen digits; a key, a quote and a number of steps.
const (
	stampWindow = 5 + 13
	stepsWindow = 6 + reach
)

// keyed says whether the word w begins with `,"k":`.
func keyed(w uint64, k byte) bool {
	return w&(1<<40-1) == uint64(k)<<16|','|'"'<<8|'"'<<24|':'<<32
}

// head steps over how an event of a kind begins.
func head(b []byte, begin string) (i int, wrapped bool) {
	i, wrapped = open(b)
	if end := i - 1 + len(begin); i > 0 && end <= len(b) && string(b[i-1:end]) == begin {
		return end, wrapped
	}
	return 0, false
}

// stamp reads the key k and a time of thirteen digits, as all are from 2001 on until they overflow.
func stamp(b []byte, i int, k byte) (ns market.Nanos, next int) {
	if i+stampWindow > len(b) {
		return 0, 0
	}
	r := b[i : i+stampWindow : i+stampWindow]
	t := binary.LittleEndian.Uint64(r[5:]) ^ zeros
	u := binary.LittleEndian.Uint64(r[10:]) ^ zeros
	if !keyed(binary.LittleEndian.Uint64(r), k) || notDigits(t)|notDigits(u) != 0 || t&0xff == 0 {
		return 0, 0
	}
	ms := eight(t<<24)*1e8 + eight(u)
	if ms > math.MaxInt64/nanosPerMilli {
		return 0, 0
	}
	return int64(ms) * nanosPerMilli, i + stampWindow
}

// count reads the key k and an integer.
func count(b []byte, i int, k byte) (v int64, next int) {
	if i+8 > len(b) || !keyed(binary.LittleEndian.Uint64(b[i:]), k) {
		return 0, 0
	}
	if v, next = whole(b, i+5); next < 0 {
		return 0, 0
	}
	return v, next
}

// stepsOf reads the key k and a quoted number of steps.
func stepsOf[T ~int64](g *grid, b []byte, i int, k byte) (n T, next int) {
	if i+stepsWindow > len(b) {
		return 0, 0
	}
	r := b[i : i+stepsWindow : i+stepsWindow]
	v, width := g.short(r[6:])
	if width == 0 || r[5] != '"' || !keyed(binary.LittleEndian.Uint64(r), k) {
		return 0, 0
	}
	return T(v), i + 6 + width
}

// constant steps over a text that is known beforehand.
func constant(b []byte, i int, want string) int {
	if n := i + len(want); n <= len(b) && string(b[i:n]) == want {
		return n
	}
	return 0
}

// ends says whether an event ends at i: at once, or with the members that every one of 2026 has.
func ends(b []byte, i int, tail string, wrapped bool) bool {
	if i == 0 {
		return false
	}
	if wrapped {
		if b[len(b)-1] != '}' {
			return false
		}
		b = b[:len(b)-1]
	}
	return i <= len(b) && (string(b[i:]) == tail || string(b[i:]) == "}")
}

// straightQuote is the straight way through a bookTicker.
func (c *Codec) straightQuote(b []byte, q *market.Quote) bool {
	i, wrapped := head(b, `{"e":"bookTicker"`)
	if i == 0 {
		return false
	}
	q.Update, i = count(b, i, 'u')
	i = constant(b, i, c.symbolKey)
	q.Bid, i = stepsOf[market.Ticks](&c.px, b, i, 'b')
	q.BidQty, i = stepsOf[market.Lots](&c.qty, b, i, 'B')
	q.Ask, i = stepsOf[market.Ticks](&c.px, b, i, 'a')
	q.AskQty, i = stepsOf[market.Lots](&c.qty, b, i, 'A')
	q.Transact, i = stamp(b, i, 'T')
	q.Event, i = stamp(b, i, 'E')
	return ends(b, i, c.tail, wrapped)
}

// straightAgg is the straight way through an aggTrade.
func (c *Codec) straightAgg(b []byte, t *market.Trade) (first int64, ok bool) {
	i, wrapped := head(b, `{"e":"aggTrade"`)
	if i == 0 {
		return 0, false
	}
	t.Event, i = stamp(b, i, 'E')
	t.ID, i = count(b, i, 'a')
	i = constant(b, i, c.symbolKey)
	t.Px, i = stepsOf[market.Ticks](&c.px, b, i, 'p')
	t.Qty, i = stepsOf[market.Lots](&c.qty, b, i, 'q')
	if j := constant(b, i, `,"nq":`); j > 0 { // as of 2026; nobody reads it
		i = max(str(b, j), 0)
	}
	first, i = count(b, i, 'f')
	t.Last, i = count(b, i, 'l')
	t.Transact, i = stamp(b, i, 'T')
	t.Taker, i = takerAt(b, i)
	return first, ends(b, i, `,"st":1}`, wrapped)
}

// takerAt is [taker] with its key.
func takerAt(b []byte, i int) (side market.Side, next int) {
	if next = constant(b, i, `,"m":false`); next > 0 {
		return market.Buy, next
	}
	return market.Sell, constant(b, i, `,"m":true`)
}

// straightDepth is the straight way through a depthUpdate.
func (c *Codec) straightDepth(b []byte, d *market.Diff) bool {
	i, wrapped := head(b, `{"e":"depthUpdate"`)
	if i == 0 {
		return false
	}
	d.Event, i = stamp(b, i, 'E')
	d.Transact, i = stamp(b, i, 'T')
	i = constant(b, i, c.symbolKey)
	d.First, i = count(b, i, 'U')
	d.Last, i = count(b, i, 'u')
	if i = constant(b, i, `,"pu":`); i == 0 {
		return false
	}
	if d.Prev, i = integer(b, i); i < 0 {
		return false
	}
	if i = constant(b, i, `,"b":`); i == 0 {
		return false
	}
	if d.Bids, i = c.levels(b, i, d.Bids[:0]); i < 0 {
		return false
	}
	if i = constant(b, i, `,"a":`); i == 0 {
		return false
	}
	if d.Asks, i = c.levels(b, i, d.Asks[:0]); i < 0 {
		return false
	}
	return ends(b, i, c.tail, wrapped)
}
