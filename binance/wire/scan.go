package wire

import (
	"encoding/binary"
	"math/bits"
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

// plainText says that all of s stands for itself in a JSON string.
func plainText(s []byte) bool {
	for len(s) >= 8 {
		if special(binary.LittleEndian.Uint64(s)) != 0 {
			return false
		}
		s = s[8:]
	}
	for _, c := range s {
		if !plain(c) {
			return false
		}
	}
	return true
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

// boolean reads true or false.
func boolean(b []byte, i int) (v bool, next int) {
	i = space(b, i)
	if next = literal(b, i, "true"); next > 0 {
		return true, next
	}
	return false, literal(b, i, "false")
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
