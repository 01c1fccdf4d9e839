package ledger

import (
	"errors"
	"fmt"
	"math"

	"baton/decimal"
	"baton/market"
)

// Margin is an estimate of how near an account is to its liquidation in cross margin. Only the venue's own figures count; these
// are for people and for alarms.
type Margin struct {
	Equity      decimal.Decimal // wallet and open profit
	Maintenance decimal.Decimal // what the venue wants to be there at least (Binance USD-M, leverageBracket)
}

// Ratio is maintenance by equity: liquidation is at 1 and above. Infinite where no equity is left.
func (m Margin) Ratio() float64 {
	switch {
	case m.Maintenance.Sign() <= 0:
		return 0
	case m.Equity.Sign() <= 0:
		return math.Inf(1)
	}
	return float64(m.Maintenance.Units()) / float64(m.Equity.Units())
}

// Margin estimates the margin of everything that asset stands for, each position valued at mark.
func (l *Ledger) Margin(asset string, mark func(*market.Instrument) (decimal.Decimal, bool)) (Margin, error) {
	equity, err := l.Equity(asset, mark)
	if err != nil {
		return Margin{}, err
	}
	m := Margin{Equity: equity}
	for _, h := range l.holdings {
		if h.pos.Qty == 0 || h.pos.Instrument.Margin != asset {
			continue
		}
		px, _ := mark(h.pos.Instrument) // Equity has asked it
		need, err := maintenance(&h.pos, px)
		if err == nil {
			m.Maintenance, err = m.Maintenance.Add(need)
		}
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

// ErrNoBrackets: the instrument came without margin tiers, so that nothing can be said about its margin.
var ErrNoBrackets = errors.New("ledger: no margin tiers")

// maintenance is what a position needs at a price: notional in (Floor, Cap] needs rate * notional - Cum.
func maintenance(p *Position, px decimal.Decimal) (decimal.Decimal, error) {
	notional, err := px.Mul(p.Instrument.Quantity(abs(p.Qty)), decimal.HalfEven)
	if err != nil {
		return notional, err
	}
	for i := range p.Instrument.Brackets {
		if b := &p.Instrument.Brackets[i]; within(b, notional, i == len(p.Instrument.Brackets)-1) {
			need, err := notional.Mul(b.Maintenance, decimal.HalfEven)
			if err != nil {
				return need, err
			}
			return need.Sub(b.Cum)
		}
	}
	return decimal.Zero, fmt.Errorf("%w: %s, notional %s", ErrNoBrackets, p.Instrument.Symbol, notional)
}

// within says whether a notional belongs to a tier; the last one has no end.
func within(b *market.Bracket, notional decimal.Decimal, last bool) bool {
	return notional.Cmp(b.Floor) >= 0 && (last || notional.Cmp(b.Cap) <= 0)
}

func abs(q market.Lots) market.Lots { return max(q, -q) }

// Leg is one position of an instrument: the only one of one-way mode, or one of the two of hedge mode. Qty and Cost carry the sign
// of the position.
type Leg struct {
	Qty  market.Lots
	Cost decimal.Decimal
}

// Liquidation estimates the mark price at which a cross-margined account is liquidated through the position in an instrument, all
// other prices staying where they are: where the equity is no more than the maintenance margin. ok is false where no price of
// that instrument alone can do it.
func (l *Ledger) Liquidation(in *market.Instrument, mark func(*market.Instrument) (decimal.Decimal, bool)) (px decimal.Decimal, ok bool, err error) {
	var legs []Leg
	for _, side := range [...]market.PositionSide{market.Both, market.Long, market.Short} {
		if p := l.PositionOf(in, side); p.Qty != 0 {
			legs = append(legs, Leg{p.Qty, p.Cost})
		}
	}
	if len(legs) == 0 {
		return decimal.Zero, false, nil
	}
	m, err := l.Margin(in.Margin, mark)
	if err != nil {
		return decimal.Zero, false, err
	}
	at, _ := mark(in)
	rest, err := m.Equity.Sub(m.Maintenance)
	for i := 0; i < len(legs) && err == nil; i++ { // what the other instruments leave
		p := Position{Instrument: in, Qty: legs[i].Qty, Cost: legs[i].Cost}
		var profit, need decimal.Decimal
		if profit, err = p.Unrealised(at); err != nil {
			break
		}
		if need, err = maintenance(&p, at); err != nil {
			break
		}
		rest, err = sum(rest, profit.Neg(), need)
	}
	if err != nil {
		return decimal.Zero, false, err
	}
	return LiquidationPrice(in, rest, legs...)
}

// LiquidationPrice is the price at which the legs' profit has eaten up rest and what is left is their own maintenance margin. rest
// is the wallet, and in cross margin also the open profit of all other instruments less their maintenance margin; in isolated
// margin it is the position's own. In hedge mode both legs are given: each has its own tier, and they share the price.
//
// With q and c the signed quantity and cost of a leg, r and k the rate and the cum of its tier, it solves
// rest + sum(q*p - c) = sum(|q|*p*r - k) for p, tier by tier, and takes the solution that lies in the tiers it was made with.
func LiquidationPrice(in *market.Instrument, rest decimal.Decimal, legs ...Leg) (px decimal.Decimal, ok bool, err error) {
	n := len(in.Brackets)
	if n == 0 || len(legs) == 0 || len(legs) > 2 {
		return px, false, fmt.Errorf("%w: %s with %d legs", ErrNoBrackets, in.Symbol, len(legs))
	}
	second := 1
	if len(legs) == 2 {
		second = n
	}
	for i := range n {
		for j := range second {
			p, fits, err := solve(in, rest, legs, [2]int{i, j})
			if err != nil {
				return p, false, err
			}
			if fits && (!ok || nearer(legs, p, px)) {
				px, ok = p, true
			}
		}
	}
	return px, ok, nil
}

// nearer says whether a is reached before b: a net long falls to the higher price first, a net short rises to the lower.
func nearer(legs []Leg, a, b decimal.Decimal) bool {
	net := market.Lots(0)
	for _, l := range legs {
		net += l.Qty
	}
	return net > 0 == (a.Cmp(b) > 0)
}

// solve is the price with given tiers; fits says whether it lies in them.
func solve(in *market.Instrument, rest decimal.Decimal, legs []Leg, tiers [2]int) (px decimal.Decimal, fits bool, err error) {
	up, down := rest.Neg(), decimal.Zero // px = up / down
	for i, l := range legs {
		b, qty := &in.Brackets[tiers[i]], in.Quantity(l.Qty)
		loaded, err := in.Quantity(abs(l.Qty)).Mul(b.Maintenance, decimal.HalfEven)
		if err != nil {
			return px, false, err
		}
		if up, err = sum(up, l.Cost, b.Cum.Neg()); err != nil {
			return px, false, err
		}
		if down, err = sum(down, qty, loaded.Neg()); err != nil {
			return px, false, err
		}
	}
	if down.IsZero() || up.Sign()*down.Sign() <= 0 {
		return px, false, nil
	}
	if px, err = up.Div(down, decimal.HalfEven); err != nil {
		return px, false, nil // no price that can be written
	}
	for i, l := range legs {
		notional, err := px.Mul(in.Quantity(abs(l.Qty)), decimal.HalfEven)
		if err != nil || !within(&in.Brackets[tiers[i]], notional, tiers[i] == len(in.Brackets)-1) {
			return px, false, nil
		}
	}
	return px, true, nil
}

func sum(ds ...decimal.Decimal) (decimal.Decimal, error) {
	var total decimal.Decimal
	var err error
	for _, d := range ds {
		if total, err = total.Add(d); err != nil {
			return total, err
		}
	}
	return total, nil
}
