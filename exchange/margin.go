package exchange

import (
	"baton/decimal"
	"baton/market"
)

// reserve counts what is left of an open order into its position's bids or asks. A market order never rests, and one that can
// only reduce cannot make the position larger: both need no margin.
func (x *Exchange) reserve(o *order) {
	s, p := x.ins[o.Instrument], &x.accounts[o.Account].positions[o.Instrument]
	worth := int64(0)
	if o.Type == market.Limit && !o.Closes() {
		worth = s.notional(o.Px, o.Left())
	}
	if o.Side == market.Buy {
		p.bids += worth - o.worth
	} else {
		p.asks += worth - o.worth
	}
	o.worth = worth
}

// release takes it out again.
func (x *Exchange) release(o *order) {
	p := &x.accounts[o.Account].positions[o.Instrument]
	if o.Side == market.Buy {
		p.bids -= o.worth
	} else {
		p.asks -= o.worth
	}
	o.worth = 0
}

// exposure is the larger of what the position would be worth with all bids filled and with all asks filled: in one-way mode
// open orders of both sides net against the position (Binance USD-M: bidNotional, askNotional of positionRisk).
func exposure(held, bids, asks int64) int64 {
	return int64(max(size(held+bids), size(held-asks)))
}

// leverageOf is the leverage of an account in an instrument.
func (x *Exchange) leverageOf(s *instrument, p *position) int64 {
	if p.leverage == 0 {
		return s.leverage
	}
	return p.leverage
}

// values are what the two positions of an instrument are worth, with their signs; the second is of hedge mode.
type values struct{ held, short int64 }

func (s *instrument) values(p *position) (v values) {
	if p.qty != 0 {
		v.held = s.value(&p.leg)
	}
	if p.short.qty != 0 {
		v.short = s.value(&p.short)
	}
	return v
}

// exposure is what must have initial margin, with open bids and asks worth so much. In hedge mode both sides count: open bids
// lengthen the LONG position, open asks the SHORT one.
func (v values) exposure(a *account, bids, asks int64) int64 {
	if a.hedge {
		return near(int64(size(v.held))+bids, int64(size(v.short))+asks)
	}
	return exposure(v.held, bids, asks)
}

// initial is the initial margin that so much exposure needs from the cross wallet, rounded up: an isolated position has its own.
func (v values) initial(p *position, exposure, leverage int64) int64 {
	if p.apart {
		exposure -= near(int64(size(v.held)), int64(size(v.short)))
	}
	return ceilDiv(max(exposure, 0), leverage)
}

// maintain is the maintenance margin of a position: notional times the rate of its bracket minus the bracket's cumulative
// amount (Binance USD-M, leverageBracket).
func (s *instrument) maintain(qty market.Lots) int64 {
	return s.maintainOf(s.worth(qty))
}

// maintainOf is the maintenance margin of a position that is worth so much, with its sign.
func (s *instrument) maintainOf(worth int64) int64 {
	n := int64(size(worth))
	b := s.bracket(n)
	return max(mulDiv(n, b.Maintenance.Units(), decimal.Scale)-b.Cum.Units(), 0)
}

// bracket is the margin tier of a notional.
func (s *instrument) bracket(notional int64) *market.Bracket {
	for i := len(s.Brackets) - 1; i > 0; i-- {
		if notional > s.Brackets[i].Floor.Units() {
			return &s.Brackets[i]
		}
	}
	return &s.Brackets[0]
}

// maxExposure is the largest notional that the brackets allow at a leverage, and that money can count.
func (s *instrument) maxExposure(leverage int64) int64 {
	most := int64(0)
	for i := range s.Brackets {
		if b := &s.Brackets[i]; int64(b.Leverage) >= leverage {
			most = max(most, b.Cap.Units())
		}
	}
	return min(most, maxWallet)
}

// margin is what an account has and what it needs, over all its positions and orders with cross margin, and the orders with
// isolated margin: what those need comes from the cross wallet until they fill.
type margin struct{ wallet, unrealised, initial, maintain int64 }

func (m *margin) free() int64    { return near(m.balance(), -m.initial) }
func (m *margin) balance() int64 { return near(m.wallet, m.unrealised) }

// needs says whether anything needs margin at all.
func (m *margin) needs() bool { return m.initial != 0 || m.unrealised != 0 }

func (x *Exchange) margin(a *account) margin {
	m := margin{wallet: a.wallet}
	keep := a.active[:0]
	for _, i := range a.active {
		p := &a.positions[i]
		if p.qty == 0 && p.open == 0 && p.short.qty == 0 {
			p.active = false
			continue
		}
		keep = append(keep, i)
		s := x.ins[i]
		v := s.values(p)
		m.initial = near(m.initial, v.initial(p, v.exposure(a, p.bids, p.asks), x.leverageOf(s, p)))
		if p.apart {
			continue
		}
		if p.qty != 0 {
			m.add(s, &p.leg, v.held)
		}
		if p.short.qty != 0 {
			m.add(s, &p.short, v.short)
		}
	}
	a.active = keep
	return m
}

// holds notes that an account begins to hold something in an instrument, or has an order there. Where that has ended [Exchange.margin]
// notes it: so many instruments as there may be, only these are looked at for each order.
func (x *Exchange) holds(a *account, i int) {
	if p := &a.positions[i]; !p.active {
		p.active = true
		a.active = append(a.active, int32(i))
	}
}

// add counts a position's profit and maintenance margin.
func (m *margin) add(s *instrument, l *leg, worth int64) {
	m.unrealised = near(m.unrealised, near(worth, -l.cost))
	if !s.mark.now.Mark.IsZero() {
		m.maintain = near(m.maintain, s.maintainOf(worth))
	}
}

// apart is the same for the isolated positions of an account: their wallets, profit, initial and maintenance margin.
func (x *Exchange) apart(a *account) margin {
	m := margin{wallet: a.isolated}
	for i := range a.positions {
		p := &a.positions[i]
		if !p.apart || p.flat() {
			continue
		}
		for _, l := range [2]*leg{&p.leg, &p.short} {
			worth := x.ins[i].value(l)
			m.initial = near(m.initial, ceilDiv(int64(size(worth)), x.leverageOf(x.ins[i], p)))
			m.add(x.ins[i], l, worth)
		}
	}
	return m
}

// afford says whether an account may place an order that could make its exposure larger: the brackets allow the size, the
// margin balance is above maintenance, and what is free pays the further margin and the loss that filling at px makes
// against the mark price (Binance USD-M, order cost).
func (x *Exchange) afford(s *instrument, r *Request, px market.Ticks) Refusal {
	a := x.accounts[r.Account]
	p := &a.positions[s.index]
	if !s.fits(px, r.Qty) {
		return RefuseMaxQty
	}
	if r.ReduceOnly || closes(r.PositionSide, r.Side) {
		return Refusal{}
	}
	worth := s.notional(px, r.Qty)
	v, leverage := s.values(p), x.leverageOf(s, p)
	before, after := v.exposure(a, p.bids, p.asks), int64(0)
	if r.Side == market.Buy {
		after = v.exposure(a, p.bids+worth, p.asks)
	} else {
		after = v.exposure(a, p.bids, p.asks+worth)
	}
	if after <= before {
		return Refusal{}
	}
	if after > s.maxExposure(leverage) {
		return RefuseLeverage
	}
	m := x.margin(a)
	cost := v.initial(p, after, leverage) - v.initial(p, before, leverage) + s.openLoss(r, worth)
	if m.balance() <= m.maintain || m.free() < cost {
		return RefuseMargin
	}
	return Refusal{}
}

// openLoss is what an order worth so much at its price loses against the mark price the moment it fills there.
func (s *instrument) openLoss(r *Request, worth int64) int64 {
	if s.mark.now.Mark.IsZero() {
		return 0
	}
	return max(int64(r.Side)*(worth-s.worth(r.Qty)), 0)
}
