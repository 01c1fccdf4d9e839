package wire

import (
	"encoding/binary"
	"math"
	"math/bits"

	"baton/decimal"
)

// notDigits marks the bytes of t, a text of eight bytes xor zeros, that are no digits: exact up to and with the first.
func notDigits(t uint64) uint64 { return (t | (t + sixes)) & tops }

// eight is the number of eight decimal digits, the first in the lowest byte.
func eight(t uint64) uint64 {
	t = (t * 2561) >> 8 & 0x00ff00ff00ff00ff
	t = (t * 6553601) >> 16 & 0x0000ffff0000ffff
	return (t * 42949672960001) >> 32
}

// whole reads a JSON integer of at most 18 digits that is not negative. Nearly all of them have 13 (times, update ids)
// or 10 (trade ids), and a length that is guessed right lets the processor go on before it has counted.
func whole(b []byte, i int) (v int64, next int) {
	if i+9 > len(b) {
		return wholeSlow(b, i)
	}
	t := binary.LittleEndian.Uint64(b[i:]) ^ zeros
	if m := notDigits(t); m != 0 {
		n := bits.TrailingZeros64(m) >> 3
		if n != 0 && (n == 1 || b[i] != '0') && endsInt(b[i+n]) {
			return int64(eight(t << ((64 - 8*uint(n)) & 63))), i + n
		}
		return wholeSlow(b, i)
	}
	u := rest(b, i+8) ^ zeros
	m := notDigits(u)
	if b[i] != '0' && m&(1<<48-1) == 0x80<<40 && endsInt(byte(u>>40)^'0') {
		return int64(eight(t)*1e5 + eight(u<<24)), i + 13
	}
	if b[i] != '0' && m&(1<<24-1) == 0x80<<16 && endsInt(byte(u>>16)^'0') {
		return int64(eight(t)*100 + u&0xff*10 + u>>8&0xff), i + 10
	}
	if n := bits.TrailingZeros64(m) >> 3; n != 0 && n != 8 && b[i] != '0' && i+8+n < len(b) && endsInt(b[i+8+n]) {
		return int64(eight(t)*tens[n] + eight(u<<((64-8*uint(n))&63))), i + 8 + n
	}
	return wholeSlow(b, i)
}

// rest is the eight bytes at i, with zeros for those behind the end; b has eight bytes before i.
func rest(b []byte, i int) uint64 {
	if i+8 <= len(b) {
		return binary.LittleEndian.Uint64(b[i:])
	}
	return binary.LittleEndian.Uint64(b[len(b)-8:]) >> ((8 * uint(i+8-len(b))) & 63)
}

// tens are the powers of ten.
var tens = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

// endsInt says that c can follow an integer and does not make it a fraction or a power.
func endsInt(c byte) bool { return c == ',' || c == '}' || c == ']' || c == ' ' }

func wholeSlow(b []byte, i int) (v int64, next int) {
	i = space(b, i)
	n := run(b, i)
	if n == 0 || n > 18 || n > 1 && b[i] == '0' {
		return 0, ^i
	}
	if j := i + n; j < len(b) && (b[j] == '.' || b[j]|0x20 == 'e') {
		return 0, ^i
	}
	for _, c := range b[i : i+n] {
		v = v*10 + int64(c-'0')
	}
	return v, i + n
}

// integer reads a JSON integer that may be negative.
func integer(b []byte, i int) (v int64, next int) {
	i = space(b, i)
	if i < len(b) && b[i] == '-' {
		if v, next = whole(b, i+1); next > 0 && b[i+1] == ' ' {
			return 0, ^i
		}
		return -v, next
	}
	return whole(b, i)
}

// millis reads a time in milliseconds as nanoseconds.
func millis(b []byte, i int) (ns int64, next int) {
	ms, next := whole(b, i)
	if ms > math.MaxInt64/nanosPerMilli {
		return 0, ^i
	}
	return ms * nanosPerMilli, next
}

// units reads a quoted plain decimal that is not negative, as a count of 1e-8.
func units(b []byte, i int) (u uint64, next int) {
	if i+18 <= len(b) && b[i] == '"' {
		r := b[i+1 : i+18]
		t := binary.LittleEndian.Uint64(r) ^ zeros
		n := bits.TrailingZeros64(notDigits(t)) >> 3
		if uint(n-1) < 7 {
			u = eight(t<<((64-8*uint(n))&63)) * decimal.Scale
			if r[n] == '"' {
				return u, i + n + 2
			}
			t = binary.LittleEndian.Uint64(r[n+1:]) ^ zeros
			f := bits.TrailingZeros64(notDigits(t)) >> 3
			if r[n] == '.' && f != 0 && r[n+1+f] == '"' {
				return u + eight(t&(1<<(8*uint(f))-1)), i + n + f + 3
			}
		}
	}
	return unitsSlow(b, i)
}

func unitsSlow(b []byte, i int) (u uint64, next int) {
	d, next := signed(b, i)
	if d.Sign() < 0 {
		return 0, ^space(b, i)
	}
	return uint64(d.Units()), next
}

// signed reads a quoted plain decimal.
func signed(b []byte, i int) (d decimal.Decimal, next int) {
	i = space(b, i)
	next = str(b, i)
	if next < 0 {
		return d, next
	}
	d, err := decimal.ParseBytes(b[i+1 : next-1])
	if err != nil {
		return d, ^i
	}
	return d, next
}

// money reads a quoted plain decimal, fast where it is not negative.
func money(b []byte, i int) (d decimal.Decimal, next int) {
	if i+1 < len(b) && b[i+1]-'0' <= 9 {
		u, next := units(b, i)
		return decimal.FromUnits(int64(u)), next
	}
	return signed(b, i)
}
