package exchange

import (
	"math/bits"

	"baton/market"
)

// notional is exact: unit is a whole number of 1e-8. Limits on prices and quantities keep it inside int64.
func (s *instrument) notional(px market.Ticks, qty market.Lots) int64 {
	return int64(px) * int64(qty) * s.unit
}

// fits says whether quantity and notional of an order are ones that can be counted.
func (s *instrument) fits(px market.Ticks, qty market.Lots) bool {
	if int64(qty) > maxWallet/s.Lot.Units() {
		return false
	}
	hi, lo := bits.Mul64(uint64(px), uint64(qty))
	return hi == 0 && lo <= uint64(maxNotional/s.unit)
}

// worth is the value of qty at the mark price; its sign is qty's. A value beyond all wallets is given as theirs: no order and
// no margin can tell the difference.
func (s *instrument) worth(qty market.Lots) int64 {
	mark := s.mark.now.Mark.Units()
	if hi, lo := bits.Mul64(size(mark), size(int64(qty)*s.lotMul)); hi > 0 || lo/uint64(s.lotDiv) >= maxWallet {
		if qty < 0 {
			return -maxWallet
		}
		return maxWallet
	}
	return mulDiv(mark, int64(qty)*s.lotMul, s.lotDiv)
}

// mulDiv is a*b/c, rounded half-even, through 128 bits; c is positive. Every caller's result is bounded by the exchange's limits.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(size(a), size(b))
	check(hi < uint64(c), "money beyond what can be counted")
	q, r := bits.Div64(hi, lo, uint64(c))
	if rest := uint64(c) - r; r > rest || r == rest && q&1 == 1 {
		q++
	}
	check(q < 1<<63, "money beyond what can be counted")
	if (a < 0) != (b < 0) {
		return -int64(q)
	}
	return int64(q)
}

func size(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

func sum(a, b int64) int64 {
	c := a + b
	check((c > a) == (b > 0) || b == 0, "money beyond what can be counted")
	return c
}

// near is sum for values that are compared and shown, never booked: it stops at what all wallets can hold.
func near(a, b int64) int64 {
	c := a + b
	switch {
	case b > 0 && c < a:
		return maxWallet
	case b < 0 && c > a:
		return -maxWallet
	}
	return min(max(c, -maxWallet), maxWallet)
}
