package wire

import (
	"errors"
	"fmt"
)

// ParseError says that a text is not the message it should be.
type ParseError struct {
	Message string // which message: "depthUpdate", "order.place", ...
	Offset  int    // the byte at which it went wrong
	Reason  string
}

// Error names the message, the offset and the reason.
func (e *ParseError) Error() string {
	return fmt.Sprintf("wire: %s: byte %d: %s", e.Message, e.Offset, e.Reason)
}

// ErrOddTrade: a well-formed trade event that is no trade of the order book: X is not MARKET (an insurance fund's), or price
// or quantity is zero. Recordings have both; they are to be counted and skipped.
var ErrOddTrade = errors.New("wire: trade outside the order book")

const quoted = 24 // bytes of the text that an error shows

// near shows what stands at an offset.
func near(b []byte, off int) string {
	if off >= len(b) {
		return "the text ends"
	}
	return fmt.Sprintf("found %q", b[off:min(off+quoted, len(b))])
}

// badKey is the error of a value that could not be read; k is the packed key, 0 for none.
func badKey(message string, b []byte, off int, k uint64) error {
	if off < 0 {
		off = ^off
	}
	if k == 0 || k == longKey {
		return &ParseError{message, off, "malformed JSON: " + near(b, off)}
	}
	return &ParseError{message, off, fmt.Sprintf("bad value of %q: %s", unpack(k), near(b, off))}
}

// missing is the error of keys that did not come; the first of names whose bit is not in seen is told.
func missing(message string, b []byte, seen uint32, names ...string) error {
	for n, name := range names {
		if seen&(1<<n) == 0 {
			return &ParseError{message, len(b), fmt.Sprintf("key %q is missing", name)}
		}
	}
	return nil
}

func unpack(k uint64) string {
	var s []byte
	for ; k != 0; k >>= 8 {
		s = append(s, byte(k))
	}
	return string(s)
}
