package ui

import (
	"baton/decimal"
	"baton/ledger"
	"baton/market"
	"baton/order"
)

// view is one instrument's part of a view.
func (m *marketFold) view(s *State, b *market.Book, mine []*order.Order, held ledger.Position) Market {
	in := m.in
	v := Market{
		Symbol: in.Symbol, Base: in.Base, Quote: in.Quote, Tick: in.Tick.String(), PricePlaces: in.PricePlaces, QtyPlaces: in.QtyPlaces,
		Bids: []Level{}, Asks: []Level{}, Spans: make([]Candles, 0, len(spans)), Late: m.late,
		Trades: m.tape(in, pick(s.Full, PrintsKept, PrintsTail)), Marks: m.dots.list(pick(s.Full, MarksKept, MarksTail)),
	}
	m.quotes(&v, s.Now)
	m.feed(&v, s, b)
	if b != nil && v.Feed != FeedStale {
		m.ladder(&v, b, mine)
	}
	for i := range m.series {
		v.Spans = append(v.Spans, m.series[i].view(in, pick(s.Full, CandlesKept, CandlesTail)))
	}
	v.Lines = m.lines(mine, &held)
	return v
}

// quotes fills what single messages said.
func (m *marketFold) quotes(v *Market, now market.Nanos) {
	if m.marked {
		v.Mark = new(m.mark.Mark.Fixed(m.in.PricePlaces))
		if !m.mark.Index.IsZero() {
			v.Index = new(m.mark.Index.Fixed(m.in.PricePlaces))
		}
		if m.mark.Next > now {
			v.Rate, v.FundingMs = text(m.mark.Rate), new(m.mark.Next/1e6)
		}
	}
	if m.last > 0 {
		v.Last = new(price(m.in, m.last))
	}
}

// feed says how far what is shown can be trusted.
func (m *marketFold) feed(v *Market, s *State, b *market.Book) {
	v.Feed = FeedStale
	switch {
	case m.status == market.Ended:
		v.Feed = FeedEnded
	case m.status == market.Exact && b != nil && b.Exact():
		v.Feed = FeedExact
	}
	if m.heard > 0 {
		v.AgeMs = new(max(0, (s.Now-m.heard)/1e6))
	}
	v.Stale = v.Feed != FeedExact || v.AgeMs == nil || *v.AgeMs > StaleAfterMs
}

// ladder fills both sides of the book, with our own orders.
func (m *marketFold) ladder(v *Market, b *market.Book, mine []*order.Order) {
	var deep [2]market.Lots
	for i, side := range [...]market.Side{market.Buy, market.Sell} {
		for l := range b.Levels(side) {
			if side == market.Buy && len(v.Bids) == LadderRows || side == market.Sell && len(v.Asks) == LadderRows {
				break
			}
			deep[i] += l.Qty
			row := Level{Px: price(m.in, l.Px), Qty: quantity(m.in, l.Qty), Cum: quantity(m.in, deep[i]), Bar: float64(deep[i])}
			if own := resting(mine, m.in, side, l.Px); own > 0 {
				row.Mine, row.Own = new(quantity(m.in, own)), !b.HoldsOwn
			}
			if side == market.Buy {
				v.Bids = append(v.Bids, row)
			} else {
				v.Asks = append(v.Asks, row)
			}
		}
	}
	most := float64(max(deep[0], deep[1], 1))
	for i := range v.Bids {
		v.Bids[i].Bar /= most
	}
	for i := range v.Asks {
		v.Asks[i].Bar /= most
	}
	if all := float64(deep[0] + deep[1]); all > 0 {
		v.Imbalance = new(float64(deep[0]-deep[1]) / all)
	}
	if bid, ask, ok := b.Best(); ok {
		v.Spread = new(price(m.in, ask.Px-bid.Px))
	}
}

// resting is the quantity of our own orders at one price.
func resting(mine []*order.Order, in *market.Instrument, side market.Side, px market.Ticks) (q market.Lots) {
	for _, o := range mine {
		if o.Instrument == in && o.Side == side && o.Px == px && o.State.AtVenue() {
			q += o.Left()
		}
	}
	return q
}

// tape is the newest n trades, ours marked by their ids.
func (m *marketFold) tape(in *market.Instrument, n int) []Print {
	out := make([]Print, 0, min(n, m.prints.len()))
	for p := range m.prints.newest(n) {
		out = append(out, Print{ID: p.id, AtMs: p.at / 1e6, Px: price(in, p.px), Qty: quantity(in, p.qty), Side: p.taker.String(), Mine: p.mine})
	}
	return out
}

// lines are the horizontal lines of the chart.
func (m *marketFold) lines(mine []*order.Order, held *ledger.Position) []Line {
	out := []Line{}
	if held.Qty != 0 {
		side := longShort(held.Qty > 0)
		out = append(out, Line{Kind: LineEntry, Px: held.Entry().Fixed(m.in.PricePlaces), Side: &side, Qty: new(quantity(m.in, held.Qty))})
	}
	for _, o := range mine {
		if o.Instrument != m.in || !o.State.AtVenue() || o.Px <= 0 || len(out) > OrdersKept {
			continue
		}
		out = append(out, Line{Kind: LineOrder, Px: price(m.in, o.Px), Side: new(o.Side.String()), Qty: new(quantity(m.in, o.Left())), Order: new(int64(o.ID))})
	}
	return out
}

// Exposed is what the positions are worth at their marks, with sign, for [Fold.Sample].
func (f *Fold) Exposed(l *ledger.Ledger) (total decimal.Decimal) {
	for _, m := range f.markets {
		p := l.Position(m.in)
		if p.Qty == 0 || !m.marked {
			continue
		}
		if n, err := m.mark.Mark.Mul(m.in.Quantity(p.Qty), decimal.HalfEven); err == nil {
			total = sum(total, n)
		}
	}
	return total
}
