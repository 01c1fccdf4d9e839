package wire

import (
	"encoding/binary"
	"encoding/json"
	"math"

	"baton/decimal"
	"baton/market"
)

// Codec decodes and encodes the market data of one instrument. It never changes after [NewCodec].
type Codec struct {
	in                  *market.Instrument
	px, qty             grid
	pxPlaces, qtyPlaces int    // decimal places as written
	symbol              string // as it stands in a text, with the closing quote
	symbolKey           string // ,"s":" before it
	short, shortMask    uint64 // symbol as one word; 1 and 0, which match nothing, where it is longer
	tail                string // what every frame of 2026 ends with
}

// NewCodec makes the codec of an instrument.
func NewCodec(in *market.Instrument) *Codec {
	px := min(max(in.PricePlaces, places(in.Tick)), decimal.Places)
	qty := min(max(in.QtyPlaces, places(in.Lot)), decimal.Places)
	c := &Codec{
		in: in, px: gridOf(in.Tick, px), qty: gridOf(in.Lot, qty), pxPlaces: px, qtyPlaces: qty,
		symbol: in.Symbol + `"`, symbolKey: `,"s":"` + in.Symbol + `"`,
		tail:  `,"ps":"` + in.Pair + `","st":1}`,
		short: 1,
	}
	if n := len(c.symbol); n <= 8 {
		c.shortMask = math.MaxUint64 >> (64 - 8*n)
		c.short = binary.LittleEndian.Uint64(append([]byte(c.symbol), make([]byte, 8)...)) & c.shortMask
	}
	return c
}

// Instrument is whose codec it is.
func (c *Codec) Instrument() *market.Instrument { return c.in }

// places is how many decimal places a step needs.
func places(step decimal.Decimal) (n int) {
	for u := step.Units() % decimal.Scale; u != 0; n++ {
		u = u * 10 % decimal.Scale
	}
	return n
}

// price and lots read a quoted decimal that must be a whole number of steps.
func (c *Codec) price(b []byte, i int) (market.Ticks, int) {
	if i+1+reach <= len(b) && b[i] == '"' {
		if n, width := c.px.short(b[i+1:]); width > 0 {
			return market.Ticks(n), i + 1 + width
		}
	}
	u, next := units(b, i)
	n, ok := c.px.steps(u)
	if !ok {
		return 0, ^space(b, i)
	}
	return market.Ticks(n), next
}

func (c *Codec) lots(b []byte, i int) (market.Lots, int) {
	if i+1+reach <= len(b) && b[i] == '"' {
		if n, width := c.qty.short(b[i+1:]); width > 0 {
			return market.Lots(n), i + 1 + width
		}
	}
	u, next := units(b, i)
	n, ok := c.qty.steps(u)
	if !ok {
		return 0, ^space(b, i)
	}
	return market.Lots(n), next
}

// own reads the symbol, which must be the instrument's.
func (c *Codec) own(b []byte, i int) int {
	if i+8 < len(b) && b[i] == '"' && binary.LittleEndian.Uint64(b[i+1:])&c.shortMask == c.short {
		return i + 1 + len(c.symbol)
	}
	if n := i + 1 + len(c.symbol); n <= len(b) && b[i] == '"' && string(b[i+1:n]) == c.symbol {
		return n
	}
	i = space(b, i)
	next := str(b, i)
	if next < 0 {
		return next
	}
	var s string
	if json.Unmarshal(b[i:next], &s) != nil || s != c.in.Symbol {
		return ^i
	}
	return next
}

// event reads the event type, which must be want, given with its quotes. (Small, so that it is inlined and want a constant.)
func event(b []byte, i int, want string) int {
	if n := i + len(want); n <= len(b) && string(b[i:n]) == want {
		return n
	}
	return eventSlow(b, i, want)
}

func eventSlow(b []byte, i int, want string) int {
	i = space(b, i)
	if _, next := text(b, i); next < 0 || string(b[i:next]) == want {
		return next
	}
	return ^i
}

// bad is the error of a value: k says which, and where it is a price or a quantity of the instrument the reason is told.
func (c *Codec) bad(message string, b []byte, off int, k uint64) error {
	at := ^off
	if end := str(b, at); end > 0 && c != nil {
		if d, err := decimal.ParseBytes(b[at+1 : end-1]); err == nil {
			if why := c.offGrid(d, isQty(b, at, k)); why != nil {
				return &ParseError{message, at, why.Error()}
			}
		} else if k == 's' {
			return &ParseError{message, at, "not the symbol " + c.in.Symbol + ": " + near(b, at)}
		}
	}
	return badKey(message, b, at, k)
}

// isQty tells a quantity from a price: the second of a row, or the value of a quantity's key.
func isQty(b []byte, at int, k uint64) bool {
	for at--; at > 0 && (b[at] == ' ' || b[at] == '\n' || b[at] == '\t' || b[at] == '\r'); at-- {
	}
	return b[max(at, 0)] == ',' || b[max(at, 0)] == ':' && (k == 'q' || k == 'B' || k == 'A')
}

// offGrid is why d cannot be a price or quantity, nil where that is not the reason.
func (c *Codec) offGrid(d decimal.Decimal, qty bool) (why error) {
	if d.Sign() < 0 {
		return nil
	}
	if qty {
		_, why = c.in.Lots(d)
	} else {
		_, why = c.in.Ticks(d)
	}
	return why
}

// appendPrice and appendLots append a quoted decimal with the places that the instrument writes.
func (c *Codec) appendPrice(b []byte, t market.Ticks) []byte {
	return append(appendFixed(append(b, '"'), c.in.Price(t), c.pxPlaces), '"')
}

func (c *Codec) appendLots(b []byte, q market.Lots) []byte {
	return append(appendFixed(append(b, '"'), c.in.Quantity(q), c.qtyPlaces), '"')
}
