package exchange

import (
	"baton/decimal"
	"baton/market"
)

// Leverage is the leverage that accounts begin with, where the brackets of an instrument allow it.
func (x *Exchange) Leverage() int { return x.cfg.Leverage }

// LeverageOf is an account's leverage in instrument i, and the largest notional that it allows there.
func (x *Exchange) LeverageOf(account, i int) (leverage int, most decimal.Decimal) {
	s, p := x.ins[i], &x.accounts[account].positions[i]
	n := x.leverageOf(s, p)
	return int(n), units(s.maxExposure(n))
}

// SetLeverage changes an account's leverage in instrument i and gives the largest notional that it allows (Binance USD-M,
// leverage): -4028 for one that no bracket has, -2027 where what is held and asked for already is larger than that allows,
// -4161 for less of it while an isolated position is open, -2028 where margin does not suffice. EventConfig follows.
func (x *Exchange) SetLeverage(now Nanos, account, i, leverage int) (most decimal.Decimal, refusal Refusal) {
	a, s := x.account(account), x.instrument(i)
	switch {
	case s == nil:
		return most, RefuseSymbol
	case a == nil || account == 0:
		return most, RefuseAccount
	case leverage < 1 || leverage > s.Brackets[0].Leverage:
		return most, RefuseBadLeverage
	}
	p, n := &a.positions[i], int64(leverage)
	allowed, old := s.maxExposure(n), x.leverageOf(s, p)
	switch {
	case p.apart && n < old && !p.flat():
		return most, RefuseLeverageIsolated
	case s.values(p).exposure(a, p.bids, p.asks) > allowed:
		return most, RefuseLeverage
	}
	kept := p.leverage
	p.leverage = n
	if m := x.margin(a); n < old && m.needs() && m.free() < 0 {
		p.leverage = kept
		return most, RefuseLeverageMargin
	}
	x.emitConfig(now, account, i, leverage)
	return units(allowed), Refusal{}
}

// Isolated says whether an account's margin in instrument i is isolated.
func (x *Exchange) Isolated(account, i int) bool { return x.accounts[account].positions[i].apart }

// SetIsolated switches an account's margin in instrument i between cross and isolated (Binance USD-M, marginType), which needs
// no open orders and no position there: -4046, -4047, -4048.
func (x *Exchange) SetIsolated(now Nanos, account, i int, on bool) Refusal {
	a, s := x.account(account), x.instrument(i)
	switch {
	case s == nil:
		return RefuseSymbol
	case a == nil || account == 0:
		return RefuseAccount
	}
	p := &a.positions[i]
	switch {
	case p.apart == on:
		return RefuseSameMargin
	case p.open > 0:
		return RefuseMarginOrders
	case !p.flat():
		return RefuseMarginPosition
	}
	p.apart = on
	x.emitText(now, account, i, market.ReasonOther, "MARGIN_TYPE_CHANGE", 0)
	return Refusal{}
}

// MoveMargin moves an amount from the cross wallet into an isolated position's, or, negative, out of it (Binance USD-M,
// positionMargin types 1 and 2): -4055 for nothing, -4049 where margin is cross, -4054 for a flat position, -4050 and -4051
// where there is not so much to move. What is taken out must leave the position its initial margin, reckoned with its loss.
func (x *Exchange) MoveMargin(now Nanos, account, i int, side market.PositionSide, amount decimal.Decimal) Refusal {
	a, s := x.account(account), x.instrument(i)
	switch {
	case s == nil:
		return RefuseSymbol
	case a == nil || account == 0:
		return RefuseAccount
	case amount.IsZero():
		return RefuseAmount
	case side > market.Short || a.hedge != (side != market.Both):
		return RefuseSideMode
	}
	p, n := &a.positions[i], amount.Units()
	l := p.of(side)
	switch {
	case !p.apart:
		return RefuseNotIsolated
	case l.qty == 0:
		return RefuseFlat
	}
	m := x.margin(a)
	held := s.value(l)
	need := ceilDiv(int64(size(held)), x.leverageOf(s, p)) + max(near(l.cost, -held), 0)
	switch {
	case n > 0 && (m.free() < n || a.wallet < n):
		return RefuseCrossShort
	case n < 0 && (n < -maxWallet || l.isolated+n < need):
		return RefuseIsolatedShort
	}
	before := x.holdings(a, l)
	x.fence(a, l, n)
	x.tally(x.holdings(a, l)-before, 0)
	x.balanced()
	a.transfers.add(Transfer{Instrument: i, Side: side, Amount: amount, Time: now})
	x.emitChangeOf(now, account, i, side, market.ReasonTransfer, "MARGIN_TRANSFER", 0)
	return Refusal{}
}
