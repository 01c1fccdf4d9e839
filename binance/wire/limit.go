package wire

import "baton/market"

// LimitKind is what a rate limit counts.
type LimitKind uint8

// The kinds. LimitOther is one that Baton does not know.
const (
	LimitOther  LimitKind = iota
	LimitWeight           // REQUEST_WEIGHT, by IP
	LimitOrders           // ORDERS, by account
)

// String is Binance's spelling.
func (k LimitKind) String() string { return [...]string{"OTHER", "REQUEST_WEIGHT", "ORDERS"}[k] }

// RateLimit is one entry of a rateLimits list. Count is what is used; exchangeInfo has none, and -1 says that the limit was
// not touched.
type RateLimit struct {
	Kind     LimitKind
	Interval market.Nanos
	Limit    int
	Count    int
}

const (
	second = 1_000_000_000
	minute = 60 * second
)

// intervals are the units of a rate limit, largest first.
var intervals = [...]struct {
	name string
	span market.Nanos
}{{"DAY", 24 * 60 * minute}, {"HOUR", 60 * minute}, {"MINUTE", minute}, {"SECOND", second}}

// readLimits appends the entries of a rateLimits list.
func readLimits(b []byte, i int, into []RateLimit) ([]RateLimit, int) {
	i = array(b, i, func(i int) int {
		var l RateLimit
		n, unit := int64(1), market.Nanos(0)
		i = object(b, i, func(name []byte, i int) int {
			var v int64
			var s []byte
			switch string(name) {
			case "rateLimitType":
				s, i = text(b, i)
				l.Kind = limitKind(s)
			case "interval":
				s, i = text(b, i)
				unit = unitOf(s)
			case "intervalNum":
				n, i = whole(b, i)
			case "limit":
				v, i = integer(b, i)
				l.Limit = int(v)
			case "count":
				v, i = integer(b, i)
				l.Count = int(v)
			default:
				i = skip(b, i)
			}
			return i
		})
		if n > 1<<16 {
			return ^i
		}
		l.Interval = unit * n
		into = append(into, l)
		return i
	})
	return into, i
}

func limitKind(s []byte) LimitKind {
	switch string(s) {
	case "REQUEST_WEIGHT":
		return LimitWeight
	case "ORDERS":
		return LimitOrders
	}
	return LimitOther
}

func unitOf(s []byte) market.Nanos {
	for i := range intervals {
		if string(s) == intervals[i].name {
			return intervals[i].span
		}
	}
	return 0
}

// AppendLimits appends a rateLimits list, with counts or (exchangeInfo) without.
func AppendLimits(b []byte, limits []RateLimit, counts bool) []byte {
	b = append(b, '[')
	for n := range limits {
		l := &limits[n]
		if n > 0 {
			b = append(b, ',')
		}
		unit := len(intervals) - 1
		for u := range intervals {
			if l.Interval >= intervals[u].span && l.Interval%intervals[u].span == 0 {
				unit = u
				break
			}
		}
		b = appendString(b, `{"rateLimitType":`, l.Kind.String())
		b = appendString(b, `,"interval":`, intervals[unit].name)
		b = appendInt(b, `,"intervalNum":`, l.Interval/intervals[unit].span)
		b = appendInt(b, `,"limit":`, int64(l.Limit))
		if counts {
			b = appendInt(b, `,"count":`, int64(l.Count))
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// DefaultLimits are the limits of production (Binance USD-M, exchangeInfo, 2026-09): 2,400 weight a minute by IP, 300 orders
// in ten seconds and 1,200 a minute by account.
func DefaultLimits() []RateLimit {
	return []RateLimit{
		{Kind: LimitWeight, Interval: minute, Limit: 2400},
		{Kind: LimitOrders, Interval: minute, Limit: 1200},
		{Kind: LimitOrders, Interval: 10 * second, Limit: 300},
	}
}
