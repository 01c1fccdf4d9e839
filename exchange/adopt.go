package exchange

import (
	"fmt"

	"baton/decimal"
	"baton/market"
)

// Adopt gives an account a position that it held at an exchange before this one: bought (negative: sold) for a cost, with so much paid
// in commissions. The rest of the market takes the other side of it. ErrDeposit where the account already holds something there, or for more than the
// exchange can count.
func (x *Exchange) Adopt(account, i int, side market.PositionSide, qty market.Lots, cost, fees decimal.Decimal) error {
	a, s := x.account(account), x.instrument(i)
	if a == nil || s == nil || account == 0 || (side == market.Both) == a.hedge {
		return fmt.Errorf("%w: no position %s of account %d in instrument %d", ErrDeposit, side, account, i)
	}
	n := market.Lots(size(int64(qty)))
	if l := a.positions[i].of(side); l.qty != 0 || n > market.Lots(maxWallet/s.Lot.Units()) || cost.Abs().Units() > maxNotional {
		return fmt.Errorf("%w: a position of %s %s for %s cannot be taken over", ErrDeposit, s.Quantity(qty), s.Symbol, cost)
	}
	own, rest := a.positions[i].of(side), x.accounts[0].positions[i].of(market.Both)
	x.holds(a, i)
	own.qty, own.cost, own.fees = qty, cost.Units(), fees.Units()
	rest.qty -= qty
	rest.cost = sum(rest.cost, -cost.Units())
	return nil
}
