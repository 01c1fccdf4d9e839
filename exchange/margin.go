package exchange

import (
	"baton/decimal"
	"baton/market"
)

// reserve counts what is left of an open order into its position's bids or asks. A market order never rests, and a reduce-only
// one cannot make the position larger: both need no margin.
func (x *Exchange) reserve(o *order) {
	s, p := x.ins[o.Instrument], &x.accounts[o.Account].positions[o.Instrument]
	worth := int64(0)
	if o.Type == market.Limit && !o.ReduceOnly {
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

// initial is the initial margin of an exposure, rounded up.
func (x *Exchange) initial(exposure int64) int64 {
	n := int64(x.cfg.Leverage)
	return (exposure + n - 1) / n
}

// maintain is the maintenance margin of a position: notional times the rate of its bracket minus the bracket's cumulative
// amount (Binance USD-M, leverageBracket).
func (s *instrument) maintain(qty market.Lots) int64 {
	n := int64(size(s.worth(qty)))
	for i := len(s.Brackets) - 1; i >= 0; i-- {
		if b := &s.Brackets[i]; n > b.Floor.Units() || i == 0 {
			return max(mulDiv(n, b.Maintenance.Units(), decimal.Scale)-b.Cum.Units(), 0)
		}
	}
	return 0
}

// maxExposure is the largest notional that the brackets allow at a leverage, and that money can count.
func (s *instrument) maxExposure(leverage int) int64 {
	most := int64(0)
	for i := range s.Brackets {
		if b := &s.Brackets[i]; b.Leverage >= leverage {
			most = max(most, b.Cap.Units())
		}
	}
	return min(most, maxWallet)
}

// margin is what an account has and what it needs, over all its positions and orders.
type margin struct{ wallet, unrealised, initial, maintain int64 }

func (m *margin) free() int64 { return near(near(m.wallet, m.unrealised), -m.initial) }

func (x *Exchange) margin(a *account) margin {
	m := margin{wallet: a.wallet}
	for i := range a.positions {
		p := &a.positions[i]
		if p.qty == 0 && p.open == 0 {
			continue
		}
		s := x.ins[i]
		held := s.worth(p.qty)
		m.initial = near(m.initial, x.initial(exposure(held, p.bids, p.asks)))
		if p.qty != 0 {
			m.unrealised = near(m.unrealised, near(held, -p.cost))
			m.maintain = near(m.maintain, s.maintain(p.qty))
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
	held, worth := s.worth(p.qty), s.notional(px, r.Qty)
	before, after := exposure(held, p.bids, p.asks), int64(0)
	if r.Side == market.Buy {
		after = exposure(held, p.bids+worth, p.asks)
	} else {
		after = exposure(held, p.bids, p.asks+worth)
	}
	if after <= before || r.ReduceOnly {
		return Refusal{}
	}
	if after > s.maxExposure(x.cfg.Leverage) {
		return RefuseLeverage
	}
	m := x.margin(a)
	cost := x.initial(after) - x.initial(before) + s.openLoss(r, worth)
	if near(m.wallet, m.unrealised) <= m.maintain || m.free() < cost {
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
