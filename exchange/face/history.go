package face

import (
	"math"
	"slices"
	"time"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// What an instrument's history keeps: trades and aggregates one by one, candles of a minute for a week.
const (
	keepTrades  = 1000
	keepMinutes = 7 * 24 * 60
)

// history is what the face remembers of an instrument's public data. It grows by what happens, up to the limits above.
type history struct {
	trades  []market.Trade // oldest first
	aggs    []aggregate
	minutes []candle // trades, by minute; minutes without a trade are missing
	prices  [priceKinds][]candle
}

// aggregate is a row of aggTrades.
type aggregate struct {
	market.Trade
	first int64
}

// The prices that have candles of their own.
const (
	markPrices = iota
	indexPrices
	priceKinds
)

// candle is one span of an instrument. Prices and amounts are in 1e-8; amounts saturate.
type candle struct {
	start                  market.Nanos
	open, high, low, close int64
	volume, quote          int64
	buyVolume, buyQuote    int64
	first, last            int64 // trade ids
	count                  int
}

func (c *candle) price(p int64) {
	if c.count == 0 {
		c.open, c.high, c.low = p, p, p
	}
	c.high, c.low, c.close = max(c.high, p), min(c.low, p), p
	c.count++
}

// add adds a later candle of the same instrument.
func (c *candle) add(o *candle) {
	if o.count == 0 {
		return
	}
	if c.count == 0 {
		start := c.start
		*c = *o
		c.start = start
		return
	}
	c.high, c.low, c.close, c.last = max(c.high, o.high), min(c.low, o.low), o.close, o.last
	c.volume, c.quote = near(c.volume, o.volume), near(c.quote, o.quote)
	c.buyVolume, c.buyQuote = near(c.buyVolume, o.buyVolume), near(c.buyQuote, o.buyQuote)
	c.count += o.count
}

// near adds two amounts that are not negative; a sum that does not fit is the largest that does.
func near(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// keep appends to a list that forgets its oldest rows.
func keep[T any](list []T, x T, most int) []T {
	if len(list) >= 2*most {
		list = slices.Delete(list, 0, len(list)-most+1)
	}
	return append(list, x)
}

// last are the newest n of a list, at most.
func last[T any](list []T, n int) []T { return list[max(0, len(list)-n):] }

// minuteOf is the candle of the minute of now, begun where there is none.
func minuteOf(list []candle, now market.Nanos, most int) ([]candle, *candle) {
	start := now - now%minute
	if n := len(list); n == 0 || list[n-1].start < start {
		list = keep(list, candle{start: start}, most)
	}
	return list, &list[len(list)-1]
}

// traded remembers a print; first is the first trade that it covers as an aggregate, with the number agg.
func (h *history) traded(now market.Nanos, in *market.Instrument, t *market.Trade, agg *market.Trade, first int64, single bool) {
	if single {
		h.trades = keep(h.trades, *t, keepTrades)
	}
	h.aggs = keep(h.aggs, aggregate{*agg, first}, keepTrades)
	var c *candle
	h.minutes, c = minuteOf(h.minutes, now, keepMinutes)
	px, qty := in.Price(t.Px), in.Quantity(t.Qty).Units()
	quote, err := px.Mul(in.Quantity(t.Qty), decimal.HalfEven)
	if err != nil {
		quote = decimal.FromUnits(math.MaxInt64)
	}
	if c.count == 0 {
		c.first = first
	}
	c.price(px.Units())
	c.last = max(t.ID, t.Last)
	if !single {
		c.last = t.Last
	}
	c.volume, c.quote = near(c.volume, qty), near(c.quote, quote.Units())
	if t.Taker == market.Buy {
		c.buyVolume, c.buyQuote = near(c.buyVolume, qty), near(c.buyQuote, quote.Units())
	}
}

// marked remembers a mark price.
func (h *history) marked(now market.Nanos, m *market.Mark) {
	for k, v := range [priceKinds]int64{m.Mark.Units(), m.Index.Units()} {
		var c *candle
		h.prices[k], c = minuteOf(h.prices[k], now, keepTrades)
		c.price(v)
	}
}

// interval is one kline interval.
type interval struct {
	name string
	span market.Nanos // of a month: 31 days, its longest
}

const day = 24 * 60 * minute

// intervalsOf are the kline intervals (Binance USD-M, Kline/Candlestick Data).
var intervalsOf = [...]interval{
	{"1m", minute}, {"3m", 3 * minute}, {"5m", 5 * minute}, {"15m", 15 * minute}, {"30m", 30 * minute}, {"1h", 60 * minute},
	{"2h", 120 * minute}, {"4h", 240 * minute}, {"6h", 360 * minute}, {"8h", 480 * minute}, {"12h", 720 * minute}, {"1d", day},
	{"3d", 3 * day}, {"1w", 7 * day}, {"1M", 31 * day},
}

func findInterval(s string) (interval, bool) {
	for _, x := range intervalsOf {
		if x.name == s {
			return x, true
		}
	}
	return interval{}, false
}

// monday is the offset of the first Monday from the epoch, a Thursday.
const monday = 4 * day

// start is when the candle of t begins, end when it is over.
func (x interval) start(t market.Nanos) market.Nanos {
	switch x.name {
	case "1w":
		return (t-monday)/x.span*x.span + monday
	case "1M":
		y, m, _ := time.Unix(0, t).UTC().Date()
		return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	}
	return t - t%x.span
}

func (x interval) end(start market.Nanos) market.Nanos {
	if x.name == "1M" {
		return time.Unix(0, start).UTC().AddDate(0, 1, 0).UnixNano()
	}
	return start + x.span
}

// fold is the candle of [from, to); a span without a minute in it repeats the close before, and count is 0.
func fold(list []candle, from, to market.Nanos) candle {
	c := candle{start: from, first: -1, last: -1}
	i, _ := slices.BinarySearchFunc(list, from, func(c candle, t market.Nanos) int { return int(min(max(c.start-t, -1), 1)) })
	if i > 0 {
		p := list[i-1].close
		c.open, c.high, c.low, c.close = p, p, p, p
	}
	for ; i < len(list) && list[i].start < to; i++ {
		c.add(&list[i])
	}
	return c
}

// The numbers of rows that klines give (Binance USD-M, Kline/Candlestick Data).
const (
	klinesDefault = 500
	klinesMax     = 1500
)

// klines are up to limit candles of an interval, as a request's times choose them.
func klines(list []candle, x interval, now, from, to market.Nanos, limit int) []candle {
	if len(list) == 0 {
		return nil
	}
	if to == 0 || to > now {
		to = now
	}
	first := x.start(list[0].start)
	starts := make([]market.Nanos, 0, limit)
	if from == 0 {
		for s := x.start(to); s >= first && len(starts) < limit; s = x.start(s - 1) {
			starts = append(starts, s)
		}
		slices.Reverse(starts)
	} else {
		s := x.start(max(from, first))
		if s < from {
			s = x.end(s)
		}
		for ; s <= to && len(starts) < limit; s = x.end(s) {
			starts = append(starts, s)
		}
	}
	out := make([]candle, 0, len(starts))
	for _, s := range starts {
		out = append(out, fold(list, s, x.end(s)))
	}
	return out
}

// kline is a candle for the wire.
func (c *candle) kline(in *market.Instrument, x interval, places int) wire.Kline {
	d := func(n int64, places int) wire.Places { return wire.Places{D: decimal.FromUnits(n), N: places} }
	return wire.Kline{
		Open: wire.Millis(c.start), Close: wire.Millis(x.end(c.start)) - 1, Interval: x.name, Symbol: in.Symbol, Pair: in.Pair,
		O: d(c.open, places), H: d(c.high, places), L: d(c.low, places), C: d(c.close, places),
		Volume: d(c.volume, in.QtyPlaces), Quote: d(c.quote, 5), BuyVolume: d(c.buyVolume, in.QtyPlaces), BuyQuote: d(c.buyQuote, 5),
		Count: c.count, First: c.first, Last: c.last,
	}
}

// ticker24 is the rolling day of an instrument; ok is false where it had no trade yet.
func (s *symbol) ticker24(now market.Nanos) (t wire.Ticker24, ok bool) {
	h := &s.history
	c := fold(h.minutes, now-now%minute-day+minute, now+1)
	if len(h.minutes) == 0 {
		return t, false
	}
	px := func(n int64) wire.Places { return wire.Places{D: decimal.FromUnits(n), N: s.in.PricePlaces} }
	qty := func(n int64) wire.Places { return wire.Places{D: decimal.FromUnits(n), N: s.in.QtyPlaces} }
	t = wire.Ticker24{
		Symbol: s.in.Symbol, Pair: s.in.Pair, Change: px(c.close - c.open), Percent: wire.Places{N: 3}, Average: px(c.close),
		Last: px(c.close), LastQty: qty(0), Open: px(c.open), High: px(c.high), Low: px(c.low), Volume: qty(c.volume),
		Quote: wire.Places{D: decimal.FromUnits(c.quote), N: 2}, OpenMs: wire.Millis(now - day), CloseMs: wire.Millis(now),
		FirstID: c.first, LastID: c.last, Count: c.count, EventMs: wire.Millis(now),
	}
	if a := last(h.aggs, 1); len(a) == 1 {
		t.LastQty = qty(s.in.Quantity(a[0].Qty).Units())
	}
	hundred := decimal.FromUnits(100 * decimal.Scale)
	if p, err := decimal.FromUnits(c.close-c.open).MulDiv(hundred, decimal.FromUnits(max(c.open, 1)), decimal.HalfEven); err == nil {
		t.Percent.D = p
	}
	if avg, err := decimal.FromUnits(c.quote).Div(decimal.FromUnits(max(c.volume, 1)), decimal.HalfEven); err == nil && c.volume > 0 {
		t.Average.D = avg
	}
	return t, true
}
