package exchange

import (
	"fmt"

	"baton/decimal"
	"baton/market"
)

// The exchange keeps one ledger. What is in it: cross wallets, the wallets of isolated positions, the fees, and with a minus
// the cost of every open position. The insurance fund is an account like others. Against it stands what was deposited. Each
// booking measures what it changed and tallies it; at the end of each transaction the tally must be zero, in money and in
// contracts, or the exchange stops.
type tallies struct {
	money int64
	lots  market.Lots
	coins int64
}

// holdings is what a booking on one position of an account can change.
func (x *Exchange) holdings(a *account, l *leg) int64 { return a.wallet + a.isolated + x.fees - l.cost }

// tally notes what a booking has changed: money and contracts.
func (x *Exchange) tally(money int64, lots market.Lots) {
	x.off.money += money
	x.off.lots += lots
}

// balanced ends a transaction. Contracts or money that came from nowhere end the program: to go on would invent more.
func (x *Exchange) balanced() {
	if x.off != (tallies{}) {
		x.unbalanced()
	}
}

// unbalanced says what does not add up.
func (x *Exchange) unbalanced() {
	why := fmt.Sprintf("a transaction left over %s of money, %s of coins and %d lots of contracts", units(x.off.money), units(x.off.coins), x.off.lots)
	if err := x.Check(); err != nil {
		why += ": " + err.Error()
	}
	panic("exchange: " + why)
}

// move takes money from one account's cross wallet to another's.
func (x *Exchange) move(from, to *account, amount int64) {
	from.wallet = sum(from.wallet, -amount)
	to.wallet = sum(to.wallet, amount)
}

// Fees is what the exchange earned: commissions in the margin asset, and what rounding left of funding.
func (x *Exchange) Fees() decimal.Decimal { return decimal.FromUnits(x.fees) }

// FeesInCoin is what the exchange earned in commissions that were paid in [FeeCoin].
func (x *Exchange) FeesInCoin() decimal.Decimal { return decimal.FromUnits(x.feeCoins) }

// Check verifies that no money came from nowhere, over everything. Every contract that somebody holds another one owes, so
// positions sum to zero; all wallets and the fees, open positions taken at what they cost, sum to what was deposited; so do
// the coins that fees are paid in. The error names what does not add up, with both sums.
func (x *Exchange) Check() error {
	total, coins := x.fees, x.feeCoins
	for _, a := range x.accounts {
		total += a.wallet + a.isolated
		coins += a.coins
	}
	for i, in := range x.list {
		var qty market.Lots
		for _, a := range x.accounts {
			p := &a.positions[i]
			qty += p.qty + p.short.qty
			total -= p.cost + p.short.cost
		}
		if qty != 0 {
			return fmt.Errorf("exchange: positions in %s sum to %s, not to zero", in.Symbol, in.Quantity(qty))
		}
	}
	if total != x.paidIn {
		return fmt.Errorf("exchange: wallets, fees and positions hold %s, but %s was deposited", decimal.FromUnits(total), decimal.FromUnits(x.paidIn))
	}
	if coins != x.coinsIn {
		return fmt.Errorf("exchange: wallets and fees hold %s %s, but %s was deposited", decimal.FromUnits(coins), FeeCoin, decimal.FromUnits(x.coinsIn))
	}
	return x.checkIsolated()
}

// checkIsolated verifies that the wallets of isolated positions sum to what each account has set apart.
func (x *Exchange) checkIsolated() error {
	for k, a := range x.accounts {
		var apart int64
		for i := range a.positions {
			apart += a.positions[i].isolated + a.positions[i].short.isolated
		}
		if apart != a.isolated {
			return fmt.Errorf("exchange: account %d has set %s apart, but its isolated positions hold %s", k, units(a.isolated), units(apart))
		}
	}
	return nil
}
