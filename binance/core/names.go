package core

import (
	"fmt"
	"strconv"
	"strings"

	"baton/market"
)

// MaxClientID is how long a client order id may be (Binance USD-M, New Order: ^[\.A-Z\:/a-z0-9_-]{1,36}$).
const MaxClientID = 36

// Names turns our order numbers into client order ids and back: `<prefix>-<run>-<number>`, the number in base 36. The prefix
// tells our orders from foreign ones, the run tells apart traders that share an account.
type Names struct{ stem string }

// NewNames checks prefix and run: letters, digits, dots and underscores.
func NewNames(prefix, run string) (*Names, error) {
	n := &Names{stem: prefix + "-" + run + "-"}
	if len(n.stem)+len(strconv.FormatUint(1<<63-1, 36)) > MaxClientID {
		return nil, fmt.Errorf("client order ids: %q and %q are too long together: at most %d characters", prefix, run, MaxClientID-2-13)
	}
	for _, s := range []string{prefix, run} {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_')
		}) {
			return nil, fmt.Errorf("client order ids: %q: use letters, digits, dots and underscores", s)
		}
	}
	return n, nil
}

// Append appends the client order id of order number id.
func (n *Names) Append(b []byte, id market.OrderID) []byte {
	return strconv.AppendInt(append(b, n.stem...), int64(id), 36)
}

// Parse is the order number of a client order id; ok is false for a foreign one.
func (n *Names) Parse(id []byte) (market.OrderID, bool) {
	if len(id) <= len(n.stem) || len(id) > MaxClientID || string(id[:len(n.stem)]) != n.stem {
		return 0, false
	}
	v := int64(0)
	for _, c := range id[len(n.stem):] {
		d := int64(0)
		switch {
		case c >= '0' && c <= '9':
			d = int64(c - '0')
		case c >= 'a' && c <= 'z':
			d = int64(c-'a') + 10
		default:
			return 0, false
		}
		if v > (1<<63-1-d)/36 {
			return 0, false
		}
		v = v*36 + d
	}
	if v == 0 || id[len(n.stem)] == '0' { // we never write a leading zero: it is somebody else's
		return 0, false
	}
	return market.OrderID(v), true
}
