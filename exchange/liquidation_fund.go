package exchange

import (
	"cmp"
	"slices"

	"baton/decimal"
	"baton/market"
)

// fund0 is the insurance fund's account. It is opened when it is first needed, with what [Config].Insurance gave it.
func (x *Exchange) fund0(now Nanos) *account {
	if x.insurer == 0 {
		x.insurer = x.AddAccount("insurance fund")
		if n := x.cfg.Insurance.Units(); n > 0 && n <= maxWallet-x.paidIn {
			x.accounts[x.insurer].wallet, x.paidIn = n, x.paidIn+n
		}
		x.emitChange(now, x.insurer, -1, market.ReasonDeposit, x.accounts[x.insurer].wallet)
	}
	return x.accounts[x.insurer]
}

// Insurance is the insurance fund's wallet, and its account; 0 before it was first needed.
func (x *Exchange) Insurance() (wallet decimal.Decimal, account int) {
	if x.insurer == 0 {
		return x.cfg.Insurance, 0
	}
	return units(x.accounts[x.insurer].wallet), x.insurer
}

// unwind lets the insurance fund sell what it took over, at the market and within its bounds, once a second, at no price that
// would leave it with less than nothing. One that is worth less than nothing already is deleveraged.
func (x *Exchange) unwind(now Nanos) {
	if x.insurer == 0 {
		return
	}
	a := x.accounts[x.insurer]
	for i := range a.positions {
		s, l := x.ins[i], &a.positions[i].leg
		if l.qty == 0 || s.mark.now.Mark.IsZero() {
			continue
		}
		m := x.margin(a)
		if m.balance() < 0 {
			x.deleverage(now, s, x.insurer, market.Both, s.bankruptcy(l.qty, m.balance()))
			continue
		}
		side, px := -sign(l.qty), s.bound(-sign(l.qty))
		if broke := s.bankruptcy(l.qty, m.balance()); worse(side, px, broke) {
			px = broke
		}
		if best, ok := s.opposite(side); !ok || worse(side, best.Px, px) {
			continue
		}
		px = min(max(px, 1), s.maxTicks)
		k := x.force(now, x.insurer, s, market.Both, px, min(market.Lots(size(int64(l.qty))), s.most(px)), liquidationPrefix)
		if s.kind == Matched {
			x.enter(now, s, k)
		} else {
			x.beside(now, s, k)
		}
	}
}

// most is how many lots fit one order at a price.
func (s *instrument) most(px market.Ticks) market.Lots {
	return market.Lots(max(min(maxNotional/s.unit/int64(px), maxWallet/s.Lot.Units()), 1))
}

// rival is a position that may be deleveraged.
type rival struct {
	account int
	qty     market.Lots
	rank    float64
}

// deleverage closes what is left of a position against those on the other side, at a price, the highest rank first. Behind
// them stands the rest of the market, where there is one.
func (x *Exchange) deleverage(now Nanos, s *instrument, from int, side market.PositionSide, px market.Ticks) {
	l := x.accounts[from].positions[s.index].of(side)
	for _, r := range x.rivals(s, -sign(l.qty), from) {
		if l.qty == 0 {
			return
		}
		qty := market.Lots(min(size(int64(l.qty)), size(int64(r.qty))))
		x.handOver(now, s, from, side, r.account, px, qty, liquidationPrefix)
	}
}

// rivals are the positions in an instrument that go one way (of side), highest rank first; account 0 and the insurance fund
// come last.
func (x *Exchange) rivals(s *instrument, side market.Side, but int) []rival {
	var list []rival
	for i, a := range x.accounts {
		p := &a.positions[s.index]
		for _, on := range a.sides() {
			if l := p.of(on); i != but && l.qty*market.Lots(side) > 0 {
				list = append(list, rival{i, l.qty, x.rank(s, i, on)})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b rival) int { return cmp.Compare(b.rank, a.rank) })
	return list
}

// rank is a position's place in the queue of automatic deleveraging: profit in parts of its cost, times its effective leverage
// where it is a profit, divided by it where it is a loss (Binance USD-M, FAQ 360033525471).
func (x *Exchange) rank(s *instrument, i int, side market.PositionSide) float64 {
	if i == 0 || i == x.insurer {
		return lowestRank
	}
	a := x.accounts[i]
	p := &a.positions[s.index]
	l := p.of(side)
	held := s.value(l)
	balance := x.ownMargin(s, l)
	if !p.apart {
		m := x.margin(a)
		balance = m.balance()
	}
	profit := float64(near(held, -l.cost)) / float64(max(size(l.cost), 1))
	leverage := float64(size(held)) / float64(max(balance, 1))
	if profit > 0 {
		return float64(profit * leverage)
	}
	return profit / max(leverage, 1e-9)
}

// lowestRank is below every rank that a position can have.
const lowestRank = -1e300

// ADL is the fifth of the queue of automatic deleveraging that a position stands in, from 0 to 4, the first to be deleveraged
// (Binance USD-M, adlQuantile); 0 for a flat one.
func (x *Exchange) ADL(account, i int, side market.PositionSide) int {
	s := x.ins[i]
	l := x.accounts[account].positions[i].of(side)
	if l.qty == 0 {
		return 0
	}
	own, before, all := x.rank(s, account, side), 0, 0
	for _, r := range x.rivals(s, sign(l.qty), 0) {
		if r.rank == lowestRank {
			continue
		}
		all++
		if r.rank < own {
			before++
		}
	}
	return min(5*before/max(all, 1), 4)
}
