package wire

import (
	"encoding/binary"
	"math"
	"math/bits"

	"baton/decimal"
)

// The scanners work on a text and a position and return the next position. A negative position ^k means: wrong at byte k.
// They never look behind their slice, and every one of them gets one byte further or fails.

const (
	zeros = 0x3030303030303030 // eight times '0'
	sixes = 0x7676767676767676 // pushes a byte above 9 over 127
	ones  = 0x0101010101010101
	tops  = 0x8080808080808080

	maxNesting = 64              // of values that are skipped
	longKey    = uint64(1) << 63 // a key of more than seven bytes, or with an escape: none that a scanner knows
)

// space is the position of the next byte that is no JSON white space.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// expect steps over c, with white space before it.
func expect(b []byte, i int, c byte) int {
	if i < len(b) && b[i] == c {
		return i + 1
	}
	if i = space(b, i); i < len(b) && b[i] == c {
		return i + 1
	}
	return ^i
}

// key reads `"name":`. Names of up to seven bytes come packed, first byte lowest; all others as longKey.
func key(b []byte, i int) (k uint64, next int) {
	if i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		if w&0xffff00ff == 0x3a220022 { // "?":
			if k = w >> 8 & 0xff; plain(byte(k)) {
				return k, i + 4
			}
		} else if w&0xffff0000ff == 0x3a22000022 { // "??":
			if k = w >> 8 & 0xffff; plain(byte(k)) && plain(byte(k>>8)) {
				return k, i + 5
			}
		}
	}
	return keySlow(b, i)
}

// plain says that c stands for itself inside a JSON string.
func plain(c byte) bool { return c >= ' ' && c != '"' && c != '\\' }

func keySlow(b []byte, i int) (k uint64, next int) {
	name, i := keyName(b, i)
	if i < 0 {
		return 0, i
	}
	if len(name) == 0 || len(name) > 7 {
		return longKey, i
	}
	for n := len(name) - 1; n >= 0; n-- {
		if k = k<<8 | uint64(name[n]); name[n] == '\\' {
			return longKey, i
		}
	}
	return k, i
}

// keyName reads `"name":` and gives the name as it is written, escapes and all.
func keyName(b []byte, i int) (name []byte, next int) {
	i = space(b, i)
	end := str(b, i)
	if end < 0 {
		return nil, end
	}
	return b[i+1 : end-1], expect(b, end, ':')
}

// closed is what [follow] gives for an object's end.
const closed = uint64(1) << 62

// follow goes on after a value in an object: over a comma and the next key, or over the closing brace.
func follow(b []byte, i int) (k uint64, next int) {
	if i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		if w&0xffff00ffff == 0x3a2200222c { // ,"?":
			if k = w >> 16 & 0xff; plain(byte(k)) {
				return k, i + 5
			}
		}
	}
	i, more := comma(b, i)
	if i < 0 || !more {
		return closed, i
	}
	return key(b, i)
}

// comma steps over what follows a value in an object: a comma (more is true) or the closing brace.
func comma(b []byte, i int) (next int, more bool) {
	if i < len(b) && b[i] == ',' {
		return i + 1, true
	}
	if i = space(b, i); i >= len(b) || b[i] != ',' && b[i] != '}' {
		return ^i, false
	}
	return i + 1, b[i] == ','
}

// str steps over a string that starts at i.
func str(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return ^i
	}
	i++
	for i+8 <= len(b) { // eight bytes at a time while none of them is a quote, a backslash or below a blank
		if m := special(binary.LittleEndian.Uint64(b[i:])); m != 0 {
			i += bits.TrailingZeros64(m) >> 3
			break
		}
		i += 8
	}
	return strTail(b, i)
}

// special marks the bytes of w that do not stand for themselves in a string: exact up to and with the first.
func special(w uint64) uint64 {
	q, e := w^ones*'"', w^ones*'\\'
	return ((q-ones)&^q | (e-ones)&^e | (w-ones*' ')&^w) & tops
}

func strTail(b []byte, i int) int {
	for i < len(b) {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return ^i
		case c == '\\':
			n := escape(b, i)
			if n < 0 {
				return n
			}
			i = n
		default:
			i++
		}
	}
	return ^i
}

func escape(b []byte, i int) int {
	if i+1 >= len(b) {
		return ^i
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for j := i + 2; j < i+6; j++ {
			if j >= len(b) || !hexDigit(b[j]) {
				return ^i
			}
		}
		return i + 6
	}
	return ^i
}

func hexDigit(c byte) bool { return c-'0' <= 9 || c|0x20-'a' <= 5 }

// skip steps over any value, checking that it is JSON.
func skip(b []byte, i int) int { return skipIn(b, i, maxNesting) }

func skipIn(b []byte, i, depth int) int {
	if i = space(b, i); i >= len(b) || depth == 0 {
		return ^i
	}
	if b[i]-'0' <= 9 {
		if _, next := whole(b, i); next > 0 {
			return next
		}
	}
	switch b[i] {
	case '"':
		return str(b, i)
	case '{':
		return skipObject(b, i, depth)
	case '[':
		return skipArray(b, i, depth)
	case 't':
		return literal(b, i, "true")
	case 'f':
		return literal(b, i, "false")
	case 'n':
		return literal(b, i, "null")
	}
	return skipNumber(b, i)
}

func literal(b []byte, i int, s string) int {
	if i+len(s) <= len(b) && string(b[i:i+len(s)]) == s {
		return i + len(s)
	}
	return ^i
}

func skipObject(b []byte, i, depth int) int {
	if j := space(b, i+1); j < len(b) && b[j] == '}' {
		return j + 1
	}
	i++
	for more := true; more; {
		if _, i = keyName(b, i); i < 0 {
			return i
		}
		if i = skipIn(b, i, depth-1); i < 0 {
			return i
		}
		if i, more = comma(b, i); i < 0 {
			return i
		}
	}
	return i
}

func skipArray(b []byte, i, depth int) int {
	if j := space(b, i+1); j < len(b) && b[j] == ']' {
		return j + 1
	}
	i++
	for {
		if i = skipIn(b, i, depth-1); i < 0 {
			return i
		}
		if i = space(b, i); i >= len(b) || b[i] != ',' && b[i] != ']' {
			return ^i
		}
		if i++; b[i-1] == ']' {
			return i
		}
	}
}

func skipNumber(b []byte, i int) int {
	start := i
	if b[i] == '-' {
		i++
	}
	n := run(b, i)
	if n == 0 || n > 1 && b[i] == '0' {
		return ^start
	}
	i += n
	if i < len(b) && b[i] == '.' {
		if n = run(b, i+1); n == 0 {
			return ^start
		}
		i += 1 + n
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if n = run(b, i); n == 0 {
			return ^start
		}
		i += n
	}
	return i
}

// run counts the digits at i.
func run(b []byte, i int) (n int) {
	for i+n < len(b) && b[i+n]-'0' <= 9 {
		n++
	}
	return n
}

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

// boolean reads true or false.
func boolean(b []byte, i int) (v bool, next int) {
	i = space(b, i)
	if next = literal(b, i, "true"); next > 0 {
		return true, next
	}
	return false, literal(b, i, "false")
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

// text gives a string's bytes as they are written; escapes are an error, for no value that Baton reads this way has any.
func text(b []byte, i int) (s []byte, next int) {
	if i >= len(b) || b[i] != '"' {
		if i = space(b, i); i >= len(b) || b[i] != '"' {
			return nil, ^i
		}
	}
	k := i + 1
	for k+8 <= len(b) {
		if m := special(binary.LittleEndian.Uint64(b[k:])); m != 0 {
			k += bits.TrailingZeros64(m) >> 3
			break
		}
		k += 8
	}
	for k < len(b) && plain(b[k]) {
		k++
	}
	if k >= len(b) || b[k] != '"' {
		return nil, ^k
	}
	return b[i+1 : k], k + 1
}
