// Package decimal gives exact fixed-point numbers for price, quantity and money.
//
// A [Decimal] is an int64 count of 1e-8 units, so its range is about ±92 billion. Products and quotients go through 128-bit
// intermediates; a result that does not fit is [ErrOverflow], never a wrapped number. Where rounding can happen its direction
// is an argument ([Rounding]), never implied. The zero value is zero and ready to use; values are comparable with ==.
//
//	px := decimal.MustParse("61800.10")
//	qty := decimal.MustParse("0.005")
//	notional, err := px.Mul(qty, decimal.HalfEven) // 309.0005
package decimal

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
)

// Places is how many decimal places a Decimal carries; Scale is 10^Places.
const (
	Places = 8
	Scale  = 100_000_000
)

// ErrOverflow: the exact result does not fit an int64 of 1e-8 units. ErrSyntax: the text is not a plain decimal number.
// ErrPrecision: the text has a non-zero digit beyond the eighth place. ErrDivideByZero: division by zero.
var (
	ErrOverflow     = errors.New("decimal: overflow")
	ErrSyntax       = errors.New("decimal: not a number")
	ErrPrecision    = errors.New("decimal: more than 8 decimal places")
	ErrDivideByZero = errors.New("decimal: division by zero")
)

// Decimal is an exact number of 1e-8 units.
type Decimal struct{ n int64 }

// Zero, One and Max are the constants that callers want by name.
var (
	Zero = Decimal{}
	One  = Decimal{Scale}
	Max  = Decimal{math.MaxInt64}
)

// Rounding names the direction in which a digit that does not fit is dropped.
type Rounding uint8

// The rounding directions. Down is towards zero, Floor towards minus infinity, Ceil towards plus infinity, Up away from zero,
// HalfEven to the nearest with ties to the even neighbour (the exchange's rule for fees, funding and realised profit).
const (
	HalfEven Rounding = iota
	Down
	Up
	Floor
	Ceil
)

// FromUnits makes a Decimal of n units of 1e-8.
func FromUnits(n int64) Decimal { return Decimal{n} }

// FromInt makes a Decimal of the whole number n.
func FromInt(n int64) (Decimal, error) {
	if n > math.MaxInt64/Scale || n < -(math.MaxInt64/Scale) {
		return Zero, fmt.Errorf("%w: %d", ErrOverflow, n)
	}
	return Decimal{n * Scale}, nil
}

// FromFloat rounds f to the nearest unit. For statistics and configuration only: money never passes through a float.
func FromFloat(f float64) (Decimal, error) {
	x := math.RoundToEven(f * Scale)
	if math.IsNaN(x) || x >= math.MaxInt64 || x <= math.MinInt64 {
		return Zero, fmt.Errorf("%w: %g", ErrOverflow, f)
	}
	return Decimal{int64(x)}, nil
}

// Parse reads an optional sign, digits and at most one point: the plain form every Binance field has. Zeros beyond the
// eighth place are accepted, other digits there are ErrPrecision. Exponents, blanks and the empty text are ErrSyntax.
func Parse(s string) (Decimal, error) { return parse(s) }

// ParseBytes is [Parse] without the copy.
func ParseBytes(b []byte) (Decimal, error) { return parse(b) }

// MustParse is Parse for constants in code; it panics where Parse fails.
func MustParse(s string) Decimal {
	d, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

// ParseCap is Parse that saturates at [Max] by name: a recorded notionalCap is 9223372036854775807.
func ParseCap(s string) (Decimal, error) {
	d, err := Parse(s)
	if errors.Is(err, ErrOverflow) {
		if s[0] == '-' {
			return Decimal{-math.MaxInt64}, nil
		}
		return Max, nil
	}
	return d, err
}

func parse[T string | []byte](s T) (Decimal, error) {
	i, neg := 0, false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		i++
	}
	var n uint64
	digits, frac, point, over := 0, 0, false, false
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && !point {
			point = true
			continue
		}
		c -= '0'
		if c > 9 {
			return Zero, fmt.Errorf("%w: %q", ErrSyntax, string(s))
		}
		digits++
		if point {
			if frac == Places {
				if c != 0 {
					return Zero, fmt.Errorf("%w: %q", ErrPrecision, string(s))
				}
				continue
			}
			frac++
		}
		if n >= math.MaxInt64/10 && (n > math.MaxInt64/10 || c > math.MaxInt64%10) {
			over = true
			continue
		}
		n = n*10 + uint64(c)
	}
	if digits == 0 {
		return Zero, fmt.Errorf("%w: %q", ErrSyntax, string(s))
	}
	hi, lo := bits.Mul64(n, pow10[Places-frac])
	if over || hi != 0 || lo > math.MaxInt64 {
		return Zero, fmt.Errorf("%w: %q", ErrOverflow, string(s))
	}
	if neg {
		return Decimal{-int64(lo)}, nil
	}
	return Decimal{int64(lo)}, nil
}

var pow10 = [...]uint64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000}

// Units is the number of 1e-8 units.
func (d Decimal) Units() int64 { return d.n }

// Float64 is the nearest float, for statistics and drawing.
func (d Decimal) Float64() float64 { return float64(d.n) / Scale }

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.n < 0:
		return -1
	case d.n > 0:
		return 1
	}
	return 0
}

// IsZero says whether d is zero.
func (d Decimal) IsZero() bool { return d.n == 0 }

// Cmp is -1, 0 or 1 as d is below, equal to or above e.
func (d Decimal) Cmp(e Decimal) int {
	switch {
	case d.n < e.n:
		return -1
	case d.n > e.n:
		return 1
	}
	return 0
}

// Less says whether d is below e.
func (d Decimal) Less(e Decimal) bool { return d.n < e.n }

// Neg is -d. (The most negative int64 is no Decimal that any operation here returns.)
func (d Decimal) Neg() Decimal { return Decimal{-d.n} }

// Abs is d without its sign.
func (d Decimal) Abs() Decimal {
	if d.n < 0 {
		return Decimal{-d.n}
	}
	return d
}

// Add is d+e, or ErrOverflow.
func (d Decimal) Add(e Decimal) (Decimal, error) {
	s := d.n + e.n
	if (s > d.n) != (e.n > 0) && e.n != 0 || s == math.MinInt64 {
		return Zero, fmt.Errorf("%w: %s + %s", ErrOverflow, d, e)
	}
	return Decimal{s}, nil
}

// Sub is d-e, or ErrOverflow.
func (d Decimal) Sub(e Decimal) (Decimal, error) {
	s := d.n - e.n
	if (s < d.n) != (e.n > 0) && e.n != 0 || s == math.MinInt64 {
		return Zero, fmt.Errorf("%w: %s - %s", ErrOverflow, d, e)
	}
	return Decimal{s}, nil
}

// Mul is d*e rounded to 8 places in direction r, or ErrOverflow.
func (d Decimal) Mul(e Decimal, r Rounding) (Decimal, error) {
	return d.MulDiv(e, One, r)
}

// MulInt is d*k, exact, or ErrOverflow.
func (d Decimal) MulInt(k int64) (Decimal, error) {
	hi, lo := bits.Mul64(mag(d.n), mag(k))
	if hi != 0 || lo > math.MaxInt64 {
		return Zero, fmt.Errorf("%w: %s * %d", ErrOverflow, d, k)
	}
	return signed(lo, (d.n < 0) != (k < 0)), nil
}

// Div is d/e rounded to 8 places in direction r, ErrDivideByZero or ErrOverflow.
func (d Decimal) Div(e Decimal, r Rounding) (Decimal, error) { return d.MulDiv(One, e, r) }

// MulDiv is d*e/f with one rounding at the end, through a 128-bit product.
func (d Decimal) MulDiv(e, f Decimal, r Rounding) (Decimal, error) {
	if f.n == 0 {
		return Zero, fmt.Errorf("%w: %s * %s / 0", ErrDivideByZero, d, e)
	}
	hi, lo := bits.Mul64(mag(d.n), mag(e.n))
	den := mag(f.n)
	if hi >= den {
		return Zero, fmt.Errorf("%w: %s * %s / %s", ErrOverflow, d, e, f)
	}
	q, rem := bits.Div64(hi, lo, den)
	neg := (d.n < 0) != (e.n < 0) != (f.n < 0)
	if q <= math.MaxInt64 && rem != 0 && roundsUp(q, rem, den, neg, r) {
		q++
	}
	if q > math.MaxInt64 {
		return Zero, fmt.Errorf("%w: %s * %s / %s", ErrOverflow, d, e, f)
	}
	return signed(q, neg), nil
}

func roundsUp(q, rem, den uint64, neg bool, r Rounding) bool {
	switch r {
	case Down:
		return false
	case Up:
		return true
	case Floor:
		return neg
	case Ceil:
		return !neg
	}
	half := den - rem // rem > half: above the middle
	return rem > half || rem == half && q&1 == 1
}

// Quantize rounds d to a multiple of step in direction r. step must be positive.
func (d Decimal) Quantize(step Decimal, r Rounding) (Decimal, error) {
	if step.n <= 0 {
		return Zero, fmt.Errorf("%w: step %s", ErrDivideByZero, step)
	}
	q, rem := mag(d.n)/mag(step.n), mag(d.n)%mag(step.n)
	if rem != 0 && roundsUp(q, rem, mag(step.n), d.n < 0, r) {
		q++
	}
	hi, lo := bits.Mul64(q, mag(step.n))
	if hi != 0 || lo > math.MaxInt64 {
		return Zero, fmt.Errorf("%w: %s to a multiple of %s", ErrOverflow, d, step)
	}
	return signed(lo, d.n < 0), nil
}

// Multiple is how many steps d is, and whether it is a whole number of them.
func (d Decimal) Multiple(step Decimal) (n int64, whole bool) {
	if step.n == 0 {
		return 0, false
	}
	return d.n / step.n, d.n%step.n == 0
}

func mag(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

func signed(u uint64, neg bool) Decimal {
	if neg {
		return Decimal{-int64(u)}
	}
	return Decimal{int64(u)}
}

// String is the shortest plain form: "61800.1", "-0.00000001", "0".
func (d Decimal) String() string { return string(d.Append(nil)) }

// Append appends the shortest plain form.
func (d Decimal) Append(b []byte) []byte {
	places := Places
	for u := mag(d.n); places > 0 && u%10 == 0; u /= 10 {
		places--
	}
	return d.AppendFixed(b, places)
}

// AppendFixed appends d with exactly places decimal places (0 to 8), digits beyond them cut off towards zero; what is cut to
// zero has no sign. Binance writes prices and quantities this way ("61800.10").
func (d Decimal) AppendFixed(b []byte, places int) []byte {
	places = min(max(places, 0), Places)
	u := mag(d.n) / pow10[Places-places]
	if d.n < 0 && u != 0 {
		b = append(b, '-')
	}
	var room [20]byte
	digits := strconv.AppendUint(room[:0], u, 10)
	if places == 0 {
		return append(b, digits...)
	}
	whole := len(digits) - places
	if whole > 0 {
		b = append(append(b, digits[:whole]...), '.')
		return append(b, digits[whole:]...)
	}
	b = append(b, "0.00000000"[:2-whole]...)
	return append(b, digits...)
}

// Fixed is AppendFixed as a string.
func (d Decimal) Fixed(places int) string { return string(d.AppendFixed(nil, places)) }

// MarshalText makes a Decimal a JSON string, as Binance and Baton write money.
func (d Decimal) MarshalText() ([]byte, error) { return d.Append(nil), nil }

// UnmarshalText reads what [Parse] reads.
func (d *Decimal) UnmarshalText(b []byte) (err error) { *d, err = ParseBytes(b); return err }
