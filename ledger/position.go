package ledger

import (
	"baton/decimal"
	"baton/market"
)

// Position is one instrument's position. Cost is what the signed quantity was paid for, with its sign (negative for a short),
// exact in 1e-8 of the margin asset for every instrument whose price and quantity have eight decimal places together; the
// entry price is derived from it, so that no rounding of an average is ever carried on.
//
// A partial close releases its share of Cost, rounded half-even once; what is released and what stays always sum to what was
// there, so that a position that comes back to zero leaves exactly the sum of its cash flows as realised profit.
type Position struct {
	Instrument *market.Instrument
	Side       market.PositionSide // Both in one-way mode; in hedge mode an instrument has two, each with a ledger of its own
	Qty        market.Lots         // signed
	Cost       decimal.Decimal     // signed
	Realised   decimal.Decimal     // the venue's realised profit of this instrument so far
	Fees       decimal.Decimal     // commissions of this instrument that were paid in its margin asset
	Carried    decimal.Decimal     // realised profit and funding less commissions in the margin asset, since it was last flat
	Volume     market.Lots         // traded, both sides
	Fills      int64
}

// Entry is the average entry price, rounded half-even; zero for no position.
func (p *Position) Entry() decimal.Decimal {
	if p.Qty == 0 {
		return decimal.Zero
	}
	e, err := p.Cost.Div(p.Instrument.Quantity(p.Qty), decimal.HalfEven)
	if err != nil { // the quotient of a sum of prices by its weights is such a price
		return decimal.Zero
	}
	return e
}

// Unrealised is the profit of closing at mark: its value minus Cost.
func (p *Position) Unrealised(mark decimal.Decimal) (decimal.Decimal, error) {
	v, err := mark.Mul(p.Instrument.Quantity(p.Qty), decimal.HalfEven)
	if err != nil {
		return decimal.Zero, err
	}
	return v.Sub(p.Cost)
}

// after is the position once f is applied, and the realised profit of f computed from exact cost.
func (p Position) after(f *market.Fill) (_ Position, own decimal.Decimal, err error) {
	closed := p.closes(f)
	if p.Carried, err = p.carry(f, closed); err != nil {
		return p, own, err
	}
	if closed > 0 {
		if own, err = p.close(f, closed); err != nil {
			return p, own, err
		}
	}
	if opened := f.Qty - closed; opened > 0 {
		value, err := p.value(f, opened)
		if err != nil {
			return p, own, err
		}
		if p.Cost, err = p.Cost.Add(value); err != nil {
			return p, own, err
		}
		p.Qty += market.Lots(f.Side) * opened
	}
	p.Fills++
	p.Volume += f.Qty
	if p.Realised, err = p.Realised.Add(f.Realised); err != nil {
		return p, own, err
	}
	if f.Asset == p.Instrument.Margin {
		p.Fees, err = p.Fees.Add(f.Commission)
	}
	return p, own, err
}

// carry is Carried once f is applied, closed lots of which reduce the position: what f earned and cost counts as long as the
// position stays open, and where f turns it over, only the share of the commission that opened the new one.
func (p *Position) carry(f *market.Fill, closed market.Lots) (decimal.Decimal, error) {
	fee := decimal.Zero
	if f.Asset == p.Instrument.Margin {
		fee = f.Commission
	}
	opened := f.Qty - closed
	switch {
	case closed == 0 || closed < p.Qty || closed < -p.Qty: // it was not flat in between
		return sum(p.Carried, f.Realised, fee.Neg())
	case opened == 0:
		return decimal.Zero, nil
	}
	share, err := fee.MulDiv(decimal.FromUnits(int64(opened)), decimal.FromUnits(int64(f.Qty)), decimal.HalfEven)
	return share.Neg(), err
}

// BreakEven is the price at which closing leaves neither profit nor loss since the position was last flat: commissions paid,
// partial profits and funding count, and so does the commission of closing at rate (0.0005 is 5 basis points). Commissions in
// other assets do not count. ok is false where there is no position, or no such price.
func (p *Position) BreakEven(rate decimal.Decimal) (px decimal.Decimal, ok bool) {
	if p.Qty == 0 {
		return decimal.Zero, false
	}
	fee, err := p.Instrument.Quantity(abs(p.Qty)).Mul(rate, decimal.HalfEven)
	if err != nil {
		return decimal.Zero, false
	}
	up, err := p.Cost.Sub(p.Carried)
	if err != nil {
		return decimal.Zero, false
	}
	down, err := p.Instrument.Quantity(p.Qty).Sub(fee)
	if err != nil || down.IsZero() {
		return decimal.Zero, false
	}
	px, err = up.Div(down, decimal.HalfEven)
	return px, err == nil && px.Sign() > 0
}

// closes is how much of f reduces the position.
func (p *Position) closes(f *market.Fill) market.Lots {
	switch {
	case p.Qty > 0 && f.Side == market.Sell:
		return min(p.Qty, f.Qty)
	case p.Qty < 0 && f.Side == market.Buy:
		return min(-p.Qty, f.Qty)
	}
	return 0
}

// close reduces the position by n lots at f's price and returns the profit: what came in minus the share of Cost released.
func (p *Position) close(f *market.Fill, n market.Lots) (decimal.Decimal, error) {
	value, err := p.value(f, n)
	if err != nil {
		return value, err
	}
	left := p.Qty + market.Lots(f.Side)*n
	stays, err := p.Cost.MulDiv(decimal.FromUnits(int64(left)), decimal.FromUnits(int64(p.Qty)), decimal.HalfEven)
	if err != nil {
		return value, err
	}
	released, err := p.Cost.Sub(stays)
	if err != nil {
		return value, err
	}
	p.Qty, p.Cost = left, stays
	own, err := released.Add(value)
	return own.Neg(), err
}

// value is the signed notional of n lots at f's price: positive for a buy.
func (p *Position) value(f *market.Fill, n market.Lots) (decimal.Decimal, error) {
	return p.Instrument.Notional(f.Px, market.Lots(f.Side)*n, decimal.HalfEven)
}
