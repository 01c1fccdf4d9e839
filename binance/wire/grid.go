package wire

import (
	"encoding/binary"
	"math"
	"math/bits"

	"baton/decimal"
)

// grid turns a count of 1e-8 into a count of steps by one multiplication: the step is odd*2^shift, inverse is 1/odd modulo
// 2^64, and the product is the quotient where the division leaves nothing, and above limit where it does (Granlund and
// Montgomery, Division by Invariant Integers using Multiplication, section 9).
//
// forms is the fast way for numbers that are written as the instrument writes them, with a fixed number of decimal places:
// what remains to be found is where the point is, and that chooses the form.
type grid struct {
	inverse, limit uint64
	shift          int
	scaled         uint64 // inverse times 10^(8-places)
	forms          [8]form
}

// form is a number of so many bytes before its point, in the eight bytes from its first.
type form struct {
	digits uint64 // the high bits of the bytes that must be digits or not
	want   uint64 // those of them that are not
	low    uint64 // the bytes before the point
	at     uint64 // the byte of the point
	dot    uint64 // what stands there, xor zeros
	left   uint8  // bits to shift so that the last digit comes to the end of the word
	end    int    // where the closing quote is: up to 8, or 9 with a last digit behind the word
}

func gridOf(step decimal.Decimal, places int) grid {
	u := uint64(max(step.Units(), 1))
	shift := bits.TrailingZeros64(u)
	odd := u >> shift
	inverse := odd
	for range 5 { // Newton: each turn doubles the correct bits, of which there are three at first
		inverse *= 2 - odd*inverse
	}
	g := grid{inverse: inverse, limit: math.MaxUint64 / u, shift: shift}
	for p := range g.forms {
		g.forms[p].want = 1 // no mask has this bit
	}
	if places < 1 || places > decimal.Places {
		return g
	}
	g.scaled = inverse * tens[decimal.Places-places]
	for p := 1; p < len(g.forms); p++ {
		end := p + 1 + places
		if end > 9 {
			break
		}
		word := min(end, 8)
		g.forms[p] = form{
			digits: tops >> (64 - 8*word), want: 0x80 << (8 * p), low: 1<<(8*p) - 1, at: 0xff << (8 * p), dot: pointBits << (8 * p),
			left: uint8(72 - 8*word), end: end,
		}
	}
	return g
}

const pointBits = '.' ^ '0'

// fits says whether t, eight bytes xor zeros whose non-digits m marks, has this form as far as the word goes.
func (f *form) fits(t, m uint64) bool {
	return m&f.digits == f.want && t&f.at == f.dot && f.end != 0
}

// value is the number of the bytes in the word without the point.
func (f *form) value(t uint64) uint64 { return eight((t&f.low | t>>8&^f.low) << (f.left & 63)) }

func (g *grid) steps(u uint64) (n int64, ok bool) {
	q := bits.RotateLeft64(u*g.inverse, -g.shift)
	return int64(q), q <= g.limit
}

// reach is how many bytes [grid.short] looks at.
const reach = 10

// short reads the inside of a quoted decimal and its closing quote. width is what it took, 0 where the number is not written
// in one of the forms, or is no whole number of steps: then the slow way decides. It closes the gap that the point leaves and
// has at most nine digits.
func (g *grid) short(r []byte) (n int64, width int) {
	r = r[:reach]
	t := binary.LittleEndian.Uint64(r) ^ zeros
	m := notDigits(t) // exact beyond the first too, for the first is checked to be a point: it carries nothing
	p := bits.TrailingZeros64(m) >> 3
	f := &g.forms[p&7]
	if !f.fits(t, m) {
		return 0, 0
	}
	v := f.value(t)
	if f.end == 9 {
		v = v*10 + uint64(r[8]-'0')
		if r[8]-'0' > 9 {
			return 0, 0
		}
	}
	q := bits.RotateLeft64(v*g.scaled, -g.shift)
	if q > g.limit || r[f.end] != '"' {
		return 0, 0
	}
	return int64(q), f.end + 1
}
