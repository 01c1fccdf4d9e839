package exchange

import (
	"math"

	"baton/decimal"
	"baton/market"
)

// Mark prices are made each second, from samples of the last markSamples seconds; funding is settled every 8 hours UTC
// (Binance USD-M, mark price: the 30-second basis since 2025-09-18; funding intervals).
const (
	markEvery    Nanos = 1e9
	markSamples        = 30
	fundingEvery Nanos = 8 * 3600 * 1e9
)

// marking makes an instrument's mark price. Where a recording brings mark prices, they are taken as they are. Where it does
// not there is no index either, so the venue's median of index, premium and contract price comes down to one term: the
// mean of the middle of the book, sampled once a second over 30 seconds. The index is said to be the same.
type marking struct {
	now      market.Mark
	recorded bool
	samples  [markSamples]int64
	n, at    int
}

func (m *marking) init(cfg Config) {
	m.now.Rate = cfg.FundingRate
	m.now.Next = nextMultiple(cfg.Start, fundingEvery)
}

// nextMultiple is the first whole multiple of step after t.
func nextMultiple(t, step Nanos) Nanos { return t - t%step + step }

// sample takes the middle of the book and makes a new mark price; nothing where a side is empty.
func (x *Exchange) sample(now Nanos, s *instrument) bool {
	if !s.hasTop || s.top.Bid <= 0 || s.top.Ask <= 0 || max(s.top.Bid, s.top.Ask) > s.maxTicks {
		return false
	}
	m := &s.mark
	m.samples[m.at] = (int64(s.top.Bid) + int64(s.top.Ask)) * s.Tick.Units()
	m.at = (m.at + 1) % markSamples
	m.n = min(m.n+1, markSamples)
	var total int64
	for _, v := range m.samples[:m.n] {
		total += v
	}
	m.now.Mark = decimal.FromUnits(mulDiv(total, 1, int64(2*m.n)))
	m.now.Index, m.now.Event = m.now.Mark, now
	s.limit()
	return true
}

// firstMark gives an instrument a mark price as soon as it has a market, not only at the next second.
func (x *Exchange) firstMark(now Nanos, s *instrument) {
	if s.mark.now.Mark.IsZero() && !s.mark.recorded {
		x.sample(now, s)
	}
}

// Mark is a recorded mark price. From the first one on the exchange makes none itself. One that is no price is ignored.
func (x *Exchange) Mark(now Nanos, i int, m *market.Mark) {
	s := x.ins[i]
	if m.Mark.Sign() <= 0 || m.Mark.Units() > maxPrice || m.Rate.Abs().Cmp(decimal.One) > 0 {
		return
	}
	s.mark.recorded = true
	next := s.mark.now.Next
	s.mark.now = *m
	if m.Next <= now { // a recording without times, or one late by its clock
		s.mark.now.Next = next
	}
	s.limit()
	if x.cfg.Echo {
		x.emitMark(now, i, m)
	}
	x.schedule()
}

// MarkNow is the mark price, index, funding rate and next funding time of instrument i; Mark is zero before there is a price.
func (x *Exchange) MarkNow(i int) market.Mark { return x.ins[i].mark.now }

// limits are the prices that the filters allow around the mark price (Binance USD-M, PERCENT_PRICE and marketTakeBound).
type limits struct {
	highest, lowest       market.Ticks // of a limit bid; of a limit offer
	marketBuy, marketSell market.Ticks // where a market order stops
}

// limit computes them anew for a new mark price.
func (s *instrument) limit() {
	mark := s.mark.now.Mark
	s.limits = limits{highest: math.MaxInt64, marketBuy: math.MaxInt64}
	if mark.Sign() <= 0 {
		return
	}
	tick := s.Tick.Units()
	if s.PriceUp.Sign() > 0 {
		s.limits.highest = market.Ticks(mulDiv(mark.Units(), s.PriceUp.Units(), decimal.Scale) / tick)
	}
	if s.PriceDown.Sign() > 0 {
		s.limits.lowest = market.Ticks((mulDiv(mark.Units(), s.PriceDown.Units(), decimal.Scale) + tick - 1) / tick)
	}
	if s.TakeBound.Sign() > 0 {
		s.limits.marketBuy = market.Ticks(mulDiv(mark.Units(), decimal.Scale+s.TakeBound.Units(), decimal.Scale) / tick)
		s.limits.marketSell = market.Ticks((mulDiv(mark.Units(), decimal.Scale-s.TakeBound.Units(), decimal.Scale) + tick - 1) / tick)
	}
}

// fund settles funding: every position pays its value at the mark price times the rate to the other side, longs where the rate
// is positive. Each payment is rounded once; in a recorded market account 0 pays the exact rest, in a matched one what
// rounding left goes to the fees.
func (x *Exchange) fund(now Nanos, s *instrument) {
	m := &s.mark.now
	var total int64
	for i, a := range x.accounts {
		p := &a.positions[s.index]
		if i == 0 || p.qty == 0 {
			continue
		}
		paid := mulDiv(s.worth(p.qty), m.Rate.Units(), decimal.Scale)
		a.wallet = sum(a.wallet, -paid)
		total += paid
		x.emitChange(now, i, s.index, market.ReasonFunding, -paid)
	}
	if s.kind == Recorded {
		x.accounts[0].wallet = sum(x.accounts[0].wallet, total)
	} else {
		x.fees = sum(x.fees, total)
	}
	m.Next = nextMultiple(max(now, m.Next), fundingEvery)
}
