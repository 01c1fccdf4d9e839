package trade

import "baton/market"

// marketEar is the session as its feed sees it. There is no queue of events: each call overwrites the session's state in place
// and raises a bit in the watches that care. Nothing here allocates.
type marketEar Session

// Quote takes a new top of book, unless a diff has shown a newer one.
func (e *marketEar) Quote(q *market.Quote) {
	s := (*Session)(e)
	s.t.stats.Messages++
	if q.Update <= s.top.Update {
		return
	}
	m := OnQuote
	if s.want&OnTop != 0 && (q.Bid != s.top.Bid || q.Ask != s.top.Ask || q.BidQty != s.top.BidQty || q.AskQty != s.top.AskQty) {
		m |= OnTop
	}
	s.top = *q
	s.raise(m)
}

// Trade keeps the print for cursors and bars.
func (e *marketEar) Trade(t *market.Trade) {
	s := (*Session)(e)
	s.t.stats.Messages++
	s.trades[s.tseq%tradesKept] = *t
	s.tseq++
	for _, b := range s.bars {
		b.add(t)
	}
	s.raise(OnTrade)
}

// Depth hears of a diff that was applied to the book.
func (e *marketEar) Depth(b *market.Book, d *market.Diff) {
	s := (*Session)(e)
	s.t.stats.Messages++
	s.t.stats.Diffs++
	m := OnBook
	if d.Last > s.top.Update {
		bid, ask := best(b)
		if bid.Px != s.top.Bid || ask.Px != s.top.Ask || bid.Qty != s.top.BidQty || ask.Qty != s.top.AskQty {
			m |= OnTop
		}
		s.top = market.Quote{
			Update: d.Last, Bid: bid.Px, Ask: ask.Px, BidQty: bid.Qty, AskQty: ask.Qty, Event: d.Event, Transact: d.Transact,
		}
	}
	s.raise(m)
}

// Mark takes the mark price and the funding rate.
func (e *marketEar) Mark(m *market.Mark) {
	s := (*Session)(e)
	s.t.stats.Messages++
	s.mark, s.marked = *m, true
	if s.t.cfg.Totals != nil {
		s.t.desk.Price(s.in, m.Mark)
	}
	s.raise(OnMark)
}

// Status hears that the book became exact or stale, or that nothing more will come.
func (e *marketEar) Status(st market.Status) {
	s := (*Session)(e)
	if st == s.status {
		return
	}
	if s.status == market.Exact && st == market.Stale {
		s.t.stats.Breaks++
	}
	if st == market.Exact {
		s.adoptTop()
		if s.t.stats.Breaks > 0 && s.t.cfg.Reconcile > 0 {
			s.t.gap.ring()
		}
	}
	s.status = st
	s.raise(OnStatus)
}

// adoptTop takes the top from a book that was loaded anew, so that no quote from before a break is shown as current.
func (s *Session) adoptTop() {
	if s.book.Last() >= s.top.Update {
		bid, ask := best(s.book)
		s.top = market.Quote{Update: s.book.Last(), Bid: bid.Px, Ask: ask.Px, BidQty: bid.Qty, AskQty: ask.Qty, Event: s.Now()}
	}
}

// best is the top of a book; a side that is empty is zero.
func best(b *market.Book) (bid, ask market.Level) {
	bid, ask, ok := b.Best()
	if !ok {
		bid, _ = b.BestOf(market.Buy)
		ask, _ = b.BestOf(market.Sell)
	}
	return bid, ask
}

// raise marks m as having happened in every watch that cares, and wakes the coroutines that wait there.
func (s *Session) raise(m Mask) {
	if s.want&m == 0 {
		return
	}
	for _, w := range s.watches {
		if x := w.mask & m; x != 0 {
			w.pending |= x
			w.wake()
		}
	}
}
