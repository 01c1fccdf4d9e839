package exchange

import (
	"math/big"

	"baton/decimal"
	"baton/market"
)

// leg is one position. cost is what was paid for it (received: negative), so that a wallet minus the costs of its positions
// changes by exactly what the fills moved, whatever was rounded on the way.
type leg struct {
	qty      market.Lots
	cost     int64
	isolated int64 // its own wallet, where margin is isolated
	fees     int64 // commission paid on what is open, for the break-even price
}

// position is what an account has in one instrument: the position of one-way mode, or the LONG one of hedge mode, beside
// which stands the SHORT one; its open orders and its settings.
type position struct {
	leg
	short      leg
	bids, asks int64 // notional of open orders that may make a position larger
	open       int   // open orders
	active     bool  // its instrument is in its account's list
	leverage   int64 // 0: the instrument's default
	apart      bool  // margin is isolated
}

// of is the position on a side.
func (p *position) of(side market.PositionSide) *leg {
	if side == market.Short {
		return &p.short
	}
	return &p.leg
}

// flat says whether nothing is held, on neither side.
func (p *position) flat() bool { return p.qty == 0 && p.short.qty == 0 }

// Closes says whether an order can only make a position smaller: it is reduce-only, or hedge mode sells a LONG or buys back a
// SHORT.
func (o *Order) Closes() bool { return o.ReduceOnly || closes(o.PositionSide, o.Side) }

func closes(on market.PositionSide, side market.Side) bool {
	return on == market.Long && side == market.Sell || on == market.Short && side == market.Buy
}

// settle books one execution: it moves the position and realises profit on what it closes, rounded once, half-even, to 1e-8.
// The commission is booked with it. With isolated margin what is opened brings its initial margin into the position's own
// wallet, and what is closed takes its share out.
func (x *Exchange) settle(s *instrument, account int, on market.PositionSide, side market.Side, px market.Ticks, qty market.Lots, commission int64) (realised int64) {
	a := x.accounts[account]
	p := &a.positions[s.index]
	l := p.of(on)
	before := x.holdings(a, l)
	opened := qty
	if held := l.qty * market.Lots(side); held < 0 {
		closed := min(qty, -held)
		opened -= closed
		realised = x.reduce(a, l, closed, -held, -int64(side)*s.notional(px, closed))
	}
	x.holds(a, s.index)
	l.cost = sum(l.cost, int64(side)*s.notional(px, opened))
	l.qty += market.Lots(side) * qty
	l.fees = near(l.fees, commission)
	a.wallet = sum(a.wallet, realised-commission)
	x.fees = sum(x.fees, commission)
	if p.apart && opened > 0 {
		x.fence(a, l, min(ceilDiv(s.notional(px, opened), x.leverageOf(s, p)), max(a.wallet, 0)))
	}
	x.tally(x.holdings(a, l)-before, market.Lots(side)*qty)
	x.flattened(account, s.index, l.qty-market.Lots(side)*qty, l.qty)
	return realised
}

// reduce takes closed of held lots off a position that came to value, and gives the profit. What is rounded, half-even, is the
// cost that stays: a tie falls as it does in a ledger that keeps its cost exact.
func (x *Exchange) reduce(a *account, l *leg, closed, held market.Lots, value int64) (realised int64) {
	part, fees, margin := l.cost, l.fees, l.isolated
	if closed != held {
		part = l.cost - mulDiv(l.cost, int64(held-closed), int64(held))
		fees = mulDiv(l.fees, int64(closed), int64(held))
		margin = mulDiv(l.isolated, int64(closed), int64(held))
	}
	l.cost -= part
	l.fees -= fees
	x.fence(a, l, -margin)
	return value - part
}

// fence moves an amount from an account's cross wallet into the wallet of an isolated position; a negative one back.
func (x *Exchange) fence(a *account, l *leg, amount int64) {
	a.wallet = sum(a.wallet, -amount)
	a.isolated = sum(a.isolated, amount)
	l.isolated = sum(l.isolated, amount)
}

// value is what a position is worth at the mark price, with its sign; before there is one, what it cost.
func (s *instrument) value(l *leg) int64 {
	if s.mark.now.Mark.IsZero() {
		return l.cost
	}
	return s.worth(l.qty)
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }

// Position is an account's position in one instrument. Cost is what was paid for it (negative: received), fees aside: it is
// exact, and the entry price follows from it.
type Position struct {
	Instrument int
	Side       market.PositionSide
	Qty        market.Lots // negative: short
	Cost       decimal.Decimal
	Fees       decimal.Decimal // commission in the margin asset that opening what is open has cost; negative: rebates
	Unrealised decimal.Decimal // at the mark price
	Initial    decimal.Decimal // initial margin, position and open orders together; in hedge mode of this side
	Held       decimal.Decimal // initial margin of the position alone, at the mark price
	Maintain   decimal.Decimal // maintenance margin
	Bids, Asks decimal.Decimal // notional of open orders by side, without those that can only reduce
	Isolated   bool            // margin type
	Wallet     decimal.Decimal // isolated margin: the position's own wallet
	Leverage   int
}

// Notional is what a position is worth at its mark price, with the sign of its quantity: cost and unrealised profit together.
func (p *Position) Notional() decimal.Decimal {
	return units(near(p.Cost.Units(), p.Unrealised.Units()))
}

// Entry is the entry price, rounded half-even to 8 places; zero for a flat position.
func (p *Position) Entry(in *market.Instrument) decimal.Decimal { return p.each(in, p.Cost) }

// BreakEven is the price at which closing, free of charge, would earn back what the position cost with its opening
// commissions (Binance USD-M, breakEvenPrice; profit that was realised on the way is not counted). Zero for a flat position.
func (p *Position) BreakEven(in *market.Instrument) decimal.Decimal {
	return p.each(in, units(near(p.Cost.Units(), p.Fees.Units())))
}

func (p *Position) each(in *market.Instrument, cost decimal.Decimal) decimal.Decimal {
	if p.Qty == 0 {
		return decimal.Zero
	}
	e, err := cost.Div(in.Quantity(p.Qty), decimal.HalfEven)
	if err != nil {
		return decimal.Zero // cannot be: a mean price lies between two prices
	}
	return e
}

// Position is an account's position in instrument i: the one of one-way mode, in hedge mode the LONG one.
func (x *Exchange) Position(account, i int) Position {
	if x.accounts[account].hedge {
		return x.PositionOf(account, i, market.Long)
	}
	return x.PositionOf(account, i, market.Both)
}

// AppendPositions appends an account's positions in instrument i (in all for -1), flat ones too: one an instrument in one-way
// mode, LONG and SHORT in hedge mode. Nothing is appended for an unknown account or instrument.
func (x *Exchange) AppendPositions(to []Position, account, i int) []Position {
	a := x.account(account)
	if a == nil || i >= len(x.ins) {
		return to
	}
	from, end := 0, len(x.ins)
	if i >= 0 {
		from, end = i, i+1
	}
	for k := from; k < end; k++ {
		if a.hedge {
			to = append(to, x.PositionOf(account, k, market.Long), x.PositionOf(account, k, market.Short))
		} else {
			to = append(to, x.PositionOf(account, k, market.Both))
		}
	}
	return to
}

// PositionOf is an account's position in instrument i on a side.
func (x *Exchange) PositionOf(account, i int, side market.PositionSide) Position {
	s, a := x.ins[i], x.accounts[account]
	p := &a.positions[i]
	l := p.of(side)
	held, leverage := s.value(l), x.leverageOf(s, p)
	r := Position{Instrument: i, Side: side, Qty: l.qty, Cost: units(l.cost), Fees: units(l.fees), Bids: units(p.bids), Asks: units(p.asks),
		Held: units(ceilDiv(int64(size(held)), leverage)), Isolated: p.apart, Wallet: units(l.isolated), Leverage: int(leverage)}
	switch side {
	case market.Long:
		r.Asks = decimal.Zero
	case market.Short:
		r.Bids = decimal.Zero
	}
	r.Initial = units(ceilDiv(exposure(held, r.Bids.Units(), r.Asks.Units()), leverage))
	if l.qty != 0 {
		r.Unrealised, r.Maintain = units(near(held, -l.cost)), units(s.maintain(l.qty))
	}
	return r
}

// LiquidationPrice is the mark price at which a position would be liquidated, everything else staying as it is (Binance
// USD-M, FAQ b3c689c1: wallet balance minus the maintenance margin of the other cross positions plus their profit, against
// this symbol's maintenance). Rounded half-even to 8 places; zero for a flat position and where no price would do it.
func (x *Exchange) LiquidationPrice(account, i int, side market.PositionSide) decimal.Decimal {
	s, a := x.ins[i], x.accounts[account]
	p := &a.positions[i]
	if p.of(side).qty == 0 {
		return decimal.Zero
	}
	legs, base := []*leg{p.of(side)}, p.of(side).isolated
	if !p.apart {
		legs, base = []*leg{&p.leg, &p.short}, x.crossWithout(a, i)
	}
	price := s.mark.now.Mark
	for range len(s.Brackets) + 1 {
		next := s.breaks(legs, base, price)
		if next == price {
			break
		}
		price = next
	}
	return price
}

// crossWithout is an account's cross wallet with the profit and without the maintenance margin of all cross positions but
// those in instrument i.
func (x *Exchange) crossWithout(a *account, i int) int64 {
	base := a.wallet
	for k := range a.positions {
		p := &a.positions[k]
		if k == i || p.apart || p.flat() {
			continue
		}
		for _, l := range [2]*leg{&p.leg, &p.short} {
			if l.qty != 0 {
				base = near(base, near(near(x.ins[k].value(l), -l.cost), -x.ins[k].maintain(l.qty)))
			}
		}
	}
	return base
}

// breaks solves for the price at which base and the profit of legs equal their maintenance margin, each leg in the bracket
// that it has at a price.
func (s *instrument) breaks(legs []*leg, base int64, at decimal.Decimal) decimal.Decimal {
	top, bottom := big.NewInt(base), new(big.Int)
	for _, l := range legs {
		if l.qty == 0 {
			continue
		}
		b := s.bracket(int64(size(mulDiv(at.Units(), int64(l.qty)*s.lotMul, s.lotDiv))))
		side := int64(decimal.Scale)
		if l.qty < 0 {
			side = -side
		}
		top.Add(top, big.NewInt(b.Cum.Units()-l.cost))
		lots := big.NewInt(int64(size(int64(l.qty))))
		bottom.Add(bottom, lots.Mul(lots, big.NewInt(b.Maintenance.Units()-side)))
	}
	bottom.Mul(bottom, big.NewInt(s.Lot.Units()))
	if bottom.Sign() == 0 {
		return decimal.Zero
	}
	top.Mul(top, big.NewInt(decimal.Scale)).Mul(top, big.NewInt(decimal.Scale))
	return halfEven(top, bottom)
}

// halfEven is a/b as a price, rounded half-even; zero where it is negative or beyond every price.
func halfEven(a, b *big.Int) decimal.Decimal {
	if a.Sign()*b.Sign() <= 0 {
		return decimal.Zero
	}
	q, rest := new(big.Int).QuoRem(a.Abs(a), new(big.Int).Abs(b), new(big.Int))
	if !q.IsInt64() || q.Int64() >= maxPrice {
		return decimal.Zero
	}
	n := q.Int64()
	if c := rest.Lsh(rest, 1).CmpAbs(b); c > 0 || c == 0 && n&1 == 1 {
		n++
	}
	return units(n)
}
