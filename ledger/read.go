package ledger

import (
	"fmt"
	"iter"

	"baton/decimal"
	"baton/market"
)

// said turns the sign of an account's balance so that it reads as people say it: fees paid, profit made, funding received,
// transferred in and unexplained gains are positive.
func said(a Account, v decimal.Decimal) decimal.Decimal {
	if a == Wallet || a == Fees {
		return v
	}
	return v.Neg()
}

func (l *Ledger) balance(asset string, a Account) decimal.Decimal {
	b := l.find(asset)
	if b == nil {
		return decimal.Zero
	}
	return said(a, b.of[a])
}

// Wallet is the wallet balance of asset: what the venue must say too, to the last decimal.
func (l *Ledger) Wallet(asset string) decimal.Decimal { return l.balance(asset, Wallet) }

// Fees is what was paid in commissions, net of rebates, in asset.
func (l *Ledger) Fees(asset string) decimal.Decimal { return l.balance(asset, Fees) }

// Realised is the realised profit in asset, before fees and funding.
func (l *Ledger) Realised(asset string) decimal.Decimal { return l.balance(asset, Realised) }

// FundingOf is the funding received, negative where paid, in asset.
func (l *Ledger) FundingOf(asset string) decimal.Decimal { return l.balance(asset, Funding) }

// Transferred is what came into the wallet of asset from outside, the opening balance included.
func (l *Ledger) Transferred(asset string) decimal.Decimal { return l.balance(asset, Transfers) }

// Suspended is what the wallet of asset gained without an explanation.
func (l *Ledger) Suspended(asset string) decimal.Decimal { return l.balance(asset, Suspense) }

// Assets are the assets ever booked, by name.
func (l *Ledger) Assets() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range l.assets {
			if !yield(l.assets[i].asset) {
				return
			}
		}
	}
}

// Position is the position in an instrument; zero quantity where there is none.
func (l *Ledger) Position(in *market.Instrument) Position {
	if h := l.index[in]; h != nil {
		return h.pos
	}
	return Position{Instrument: in}
}

// PositionOf is one position of an instrument: Both is that of [Ledger.Position], the others those of hedge mode.
func (l *Ledger) PositionOf(in *market.Instrument, side market.PositionSide) Position {
	if h := l.held(in, side); h != nil {
		return h.pos
	}
	return Position{Instrument: in, Side: side}
}

// Net is what all positions of an instrument come to: that of one-way mode, or the two of hedge mode together.
func (l *Ledger) Net(in *market.Instrument) market.Lots {
	net := l.Position(in).Qty
	if l.hedged != nil {
		net += l.PositionOf(in, market.Long).Qty + l.PositionOf(in, market.Short).Qty
	}
	return net
}

// Positions are all instruments ever traded, flat ones included, by symbol; in hedge mode the long position of each before the short one.
func (l *Ledger) Positions() iter.Seq[Position] {
	return func(yield func(Position) bool) {
		for _, h := range l.holdings {
			if !yield(h.pos) {
				return
			}
		}
	}
}

// Equity is the wallet of asset plus the unrealised profit of every position that is margined in it. mark gives the price to
// value an instrument at; where it has none, and a position is open, that is an error.
func (l *Ledger) Equity(asset string, mark func(*market.Instrument) (decimal.Decimal, bool)) (decimal.Decimal, error) {
	sum := l.Wallet(asset)
	for _, h := range l.holdings {
		if h.pos.Qty == 0 || h.pos.Instrument.Margin != asset {
			continue
		}
		m, ok := mark(h.pos.Instrument)
		if !ok {
			return sum, fmt.Errorf("ledger: equity of %s: no mark price of %s yet", asset, h.pos.Instrument.Symbol)
		}
		u, err := h.pos.Unrealised(m)
		if err != nil {
			return sum, err
		}
		if sum, err = sum.Add(u); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// Worth is the wallets of all assets in terms of one of them, plus the open profit of every position: what [Ledger.Equity] leaves
// out where commissions are paid in another asset, or another asset is margin too. rate is what one unit of an asset is worth in
// terms of asset; where it has none, and the balance is not zero, that is an error.
func (l *Ledger) Worth(asset string, mark func(*market.Instrument) (decimal.Decimal, bool), rate func(asset string) (decimal.Decimal, bool)) (decimal.Decimal, error) {
	var total decimal.Decimal
	for i := range l.assets {
		name := l.assets[i].asset
		own, err := l.Equity(name, mark)
		if err != nil {
			return total, err
		}
		if name != asset && !own.IsZero() {
			r, ok := rate(name)
			if !ok {
				return total, fmt.Errorf("ledger: worth in %s: no rate of %s yet", asset, name)
			}
			if own, err = own.Mul(r, decimal.HalfEven); err != nil {
				return total, err
			}
		}
		if total, err = total.Add(own); err != nil {
			return total, err
		}
	}
	return total, nil
}

// Stats are the counts so far.
func (l *Ledger) Stats() Stats { return l.stats }

// Check proves that every asset's accounts sum to zero; ErrUnbalanced otherwise.
func (l *Ledger) Check() error {
	for i := range l.assets {
		var sum decimal.Decimal
		var err error
		for _, v := range l.assets[i].of {
			if sum, err = sum.Add(v); err != nil {
				return err
			}
		}
		if !sum.IsZero() {
			return fmt.Errorf("%w: %s by %s", ErrUnbalanced, l.assets[i].asset, sum)
		}
	}
	return nil
}
