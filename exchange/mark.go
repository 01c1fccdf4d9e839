package exchange

import (
	"math"

	"baton/decimal"
	"baton/market"
)

// Mark prices are made each second, from samples of the last markSamples seconds (Binance USD-M, mark price: the 30-second
// basis since 2025-09-18).
const (
	markEvery   Nanos = 1e9
	markSamples int   = 30
)

// marking makes an instrument's mark price. Where a recording brings mark prices, they are taken as they are. Where somebody
// gives an index ([Exchange.SetIndex]), it is the venue's median of the index with the funding to come, the index with the mean
// basis of 30 seconds, and the contract's own price. Where there is neither it comes down to one term: the mean of the middle
// of the book, sampled once a second over 30 seconds, and the index is said to be the same.
type marking struct {
	now      market.Mark
	recorded bool
	indexed  bool
	held     bool               // no mark price is given at present
	skew     int64              // how much they are moved, in 1e-8
	samples  [markSamples]int64 // twice the middle of the book, less twice the index where there is one
	n, at    int
	terms    FundingTerms
	weight   int64 // samples of the premium since the last settlement
	weighted int64 // their sum, each times its number
	bars     history[PremiumBar]
	settled  history[Settlement]
}

func (m *marking) init(cfg Config) {
	m.terms = FundingTerms{Hours: baseHours, Interest: cfg.FundingRate, Cap: defaultCap, Floor: defaultCap.Neg()}
	m.now.Rate = cfg.FundingRate
	m.now.Next = nextMultiple(cfg.Start, m.every())
}

// nextMultiple is the first whole multiple of step after t.
func nextMultiple(t, step Nanos) Nanos { return t - t%step + step }

// sample takes the middle of the book and makes a new mark price; nothing where a side is empty.
func (x *Exchange) sample(now Nanos, s *instrument) bool {
	if !s.hasTop || s.top.Bid <= 0 || s.top.Ask <= 0 || max(s.top.Bid, s.top.Ask) > s.maxTicks {
		return false
	}
	m := &s.mark
	middle := (int64(s.top.Bid) + int64(s.top.Ask)) * s.Tick.Units()
	m.samples[m.at] = middle
	if m.indexed {
		m.samples[m.at] -= 2 * m.now.Index.Units()
	}
	m.at = (m.at + 1) % markSamples
	m.n = min(m.n+1, markSamples)
	var total int64
	for _, v := range m.samples[:m.n] {
		total += v
	}
	mean := mulDiv(total, 1, int64(2*m.n))
	if m.now.Event = now; m.indexed {
		m.now.Mark = decimal.FromUnits(s.median(now, mean, middle/2))
	} else {
		m.now.Mark = decimal.FromUnits(mean)
		m.now.Index = m.now.Mark
	}
	m.now.Mark = m.skewed(m.now.Mark)
	s.limit()
	x.stopsAt(now, s)
	return true
}

// median is the mark price where there is an index: of the index with the funding to come, of the index with the mean basis,
// and of the contract's own price, the last trade's, or the middle of the book before there is one (Binance USD-M, mark price).
func (s *instrument) median(now Nanos, basis, middle int64) int64 {
	m := &s.mark
	index, own := m.now.Index.Units(), middle
	if s.last.Qty > 0 {
		own = int64(s.last.Px) * s.Tick.Units()
	}
	first := index + mulDiv(mulDiv(index, m.now.Rate.Units(), decimal.Scale), max(m.now.Next-now, 0), m.every())
	second := index + basis
	return max(min(max(min(first, second), min(max(first, second), own)), maxPrice), 1)
}

// marked draws the consequences of a mark price that the exchange made.
func (x *Exchange) marked(now Nanos, s *instrument) {
	if s.kind == Matched || s.mark.indexed {
		x.premium(now, s)
	}
	x.watch(now, s)
}

// SetIndex gives an instrument's index price. From the first one on the exchange makes its mark price and its funding rate as
// the venue does; before, and for a price that is none or beyond every price, nothing changes. Recorded mark prices go before.
func (x *Exchange) SetIndex(i int, p decimal.Decimal) {
	s := x.instrument(i)
	if s == nil || p.Sign() <= 0 || p.Units() > maxPrice || s.mark.recorded {
		return
	}
	m := &s.mark
	if m.now.Index = p; !m.indexed {
		m.indexed, m.n, m.at = true, 0, 0
		m.now.Rate = m.rate()
	}
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
	if m.Mark.Sign() <= 0 || m.Mark.Units() > maxPrice || m.Rate.Abs().Cmp(decimal.One) > 0 || s.mark.held {
		return
	}
	s.mark.recorded = true
	next := s.mark.now.Next
	s.mark.now = *m
	s.mark.now.Mark = s.mark.skewed(m.Mark)
	if m.Next <= now { // a recording without times, or one late by its clock
		s.mark.now.Next = next
	}
	s.limit()
	if x.cfg.Echo {
		said := *m
		said.Mark = s.mark.now.Mark
		x.emitMark(now, i, &said)
	}
	x.stopsAt(now, s)
	x.watch(now, s)
	x.drain(now)
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
