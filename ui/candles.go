package ui

import "baton/market"

// spans are the lengths of candles, in seconds.
var spans = [...]int{1, 10, 60, 300, 3600}

// candle is a Candle in the instrument's own units.
type candle struct {
	t          int64
	o, h, l, c market.Ticks
	v, tb      market.Lots
	n          int
}

// series is the candles of one span: a ring of the newest.
type series struct {
	ring ring[candle]
	span int64
}

// add takes one trade at time t, in seconds. late: its candle is over.
func (s *series) add(t int64, px market.Ticks, qty market.Lots, taker market.Side) (late bool) {
	t -= t % s.span
	c := s.ring.last()
	if c == nil || t > c.t {
		c = s.ring.push(candle{t: t, o: px, h: px, l: px})
	}
	late = t < c.t
	c.h, c.l, c.c = max(c.h, px), min(c.l, px), px
	c.v += qty
	if taker == market.Buy {
		c.tb += qty
	}
	c.n++
	return late
}

// view is the newest n candles.
func (s *series) view(in *market.Instrument, n int) Candles {
	out := Candles{Span: int(s.span), List: make([]Candle, 0, min(n, s.ring.len()))}
	lot := in.Lot.Float64()
	px := func(t market.Ticks) float64 { return in.Price(t).Float64() }
	for c := range s.ring.newest(n) {
		out.List = append(out.List, Candle{
			T: c.t, Open: px(c.o), High: px(c.h), Low: px(c.l), Close: px(c.c),
			Volume: float64(c.v) * lot, Taker: float64(c.tb) * lot, Count: c.n,
		})
	}
	return out
}
