package exchange

import (
	"baton/decimal"
)

// FeeCoin is the asset that an account may pay its commissions in, ten percent cheaper (Binance USD-M, BNB burn).
const FeeCoin = "BNB"

// burnFactor is what is left of a commission that is paid in FeeCoin.
var burnFactor = decimal.MustParse("0.9")

// Fees are the commission rates of a tier; 0.0002 is 2 basis points. A negative maker rate is a rebate.
type Fees struct{ Maker, Taker decimal.Decimal }

// maxRate bounds a commission rate.
var maxRate = decimal.MustParse("0.1")

// SetFees gives an account commission rates of its own in every instrument, as a tier does; nil gives it the instruments'
// again. Rates beyond a tenth either way, and a rebate that is larger than the taker's rate, are refused.
func (x *Exchange) SetFees(account int, f *Fees) Refusal {
	a := x.account(account)
	switch {
	case a == nil || account == 0:
		return RefuseAccount
	case f == nil:
		a.tiered = false
		return Refusal{}
	case f.Maker.Abs().Cmp(maxRate) > 0 || f.Taker.Abs().Cmp(maxRate) > 0 || f.Taker.Sign() < 0 || f.Maker.Neg().Cmp(f.Taker) > 0:
		return RefuseCommission
	}
	a.tiered, a.rates = true, *f
	return Refusal{}
}

// FeesOf are the commission rates of an account in instrument i.
func (x *Exchange) FeesOf(account, i int) Fees {
	if a := x.accounts[account]; a.tiered {
		return a.rates
	}
	return Fees{x.ins[i].MakerFee, x.ins[i].TakerFee}
}

// SetFeeBurn says whether an account pays its commissions in [FeeCoin] while it has some and there is a price for it.
func (x *Exchange) SetFeeBurn(account int, on bool) Refusal {
	a := x.account(account)
	if a == nil || account == 0 {
		return RefuseAccount
	}
	a.burn = on
	return Refusal{}
}

// SetCoinPrice sets what a [FeeCoin] is worth in margin assets. Without a price (zero) commissions are paid in the margin asset.
func (x *Exchange) SetCoinPrice(p decimal.Decimal) {
	if p.Sign() >= 0 && p.Units() <= maxPrice {
		x.coinPrice = p.Units()
	}
}

// fee is the commission for an execution worth so much, rounded once, half-even: in the margin asset, or in coins (the other
// is zero then).
func (x *Exchange) fee(s *instrument, o *order, worth int64, maker bool) (commission, coins int64) {
	a := x.accounts[o.Account]
	if o.forced {
		return 0, 0 // what a liquidation costs is its own fee
	}
	rate := s.TakerFee
	switch {
	case a.tiered && maker:
		rate = a.rates.Maker
	case a.tiered:
		rate = a.rates.Taker
	case maker:
		rate = s.MakerFee
	}
	if a.burn && a.coins > 0 && x.coinPrice > 0 && rate.Sign() > 0 {
		cheaper := mulDiv(rate.Units(), burnFactor.Units(), decimal.Scale)
		if coins = mulDiv(mulDiv(worth, cheaper, decimal.Scale), decimal.Scale, x.coinPrice); coins <= a.coins {
			return 0, coins
		}
	}
	return mulDiv(worth, rate.Units(), decimal.Scale), 0
}

// burnCoins books a commission in coins.
func (x *Exchange) burnCoins(a *account, coins int64) {
	before := a.coins + x.feeCoins
	a.coins = sum(a.coins, -coins)
	x.feeCoins = sum(x.feeCoins, coins)
	x.off.coins += a.coins + x.feeCoins - before
}
