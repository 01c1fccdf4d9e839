package exchange

import (
	"slices"

	"baton/market"
)

// feed is how a recording becomes a chain of diffs without a hole.
type feed struct {
	bridge bool // the next diff may be the one that covers the snapshot
	torn   bool // a hole was announced: the next diff need not follow
	gaps   int
	mended market.Diff // what goes out instead of a diff that had to be changed
	bids   []market.Level
	asks   []market.Level
}

// Snapshot is a recorded whole book. The first one opens the market: the book is exact from then on, and diffs that end before
// it are skipped. A later one, newer than the book, goes out as the diff that makes the book equal to it within its range:
// that diff is returned; otherwise nil.
func (x *Exchange) Snapshot(now Nanos, i int, snap *market.Snapshot) *market.Diff {
	s := x.ins[i]
	if s.kind != Recorded {
		return nil
	}
	if !s.book.Exact() {
		s.book.Load(snap, true)
		s.replay.feed.bridge = true
		x.moved(now, s, nil)
		x.drain(now)
		return nil
	}
	if snap.Last <= s.book.Last() {
		return nil
	}
	last := s.book.Last()
	return x.Diff(now, i, &market.Diff{First: last + 1, Last: snap.Last, Prev: last, Event: snap.Event, Transact: snap.Transact,
		Bids: difference(s.book, market.Buy, snap.Bids), Asks: difference(s.book, market.Sell, snap.Asks)})
}

// difference is what turns one side of a book into a snapshot's: its rows, and the end of each level in its range that it
// does not have.
func difference(b *market.Book, side market.Side, rows []market.Level) []market.Level {
	byPrice := func(a, b market.Level) int { return int(a.Px - b.Px) }
	sorted := slices.SortedFunc(slices.Values(rows), byPrice)
	if len(sorted) == 0 {
		return nil
	}
	edge := sorted[0].Px
	if side == market.Sell {
		edge = sorted[len(sorted)-1].Px
	}
	out := slices.Clone(rows)
	for l := range b.Levels(side) {
		if worse(-side, l.Px, edge) {
			break
		}
		if _, found := slices.BinarySearchFunc(sorted, l, byPrice); !found {
			out = append(out, market.Level{Px: l.Px})
		}
	}
	return out
}

// Gap says that the recording has a hole here: the next diff does not follow. It is counted; what goes out stays a chain.
func (x *Exchange) Gap(_ Nanos, i int) {
	f := &x.ins[i].replay.feed
	f.torn = true
	f.gaps++
}

// Gaps is how many holes an instrument's recording had, announced by [Exchange.Gap] or found in the chain of its diffs.
func (x *Exchange) Gaps(i int) int { return x.ins[i].replay.feed.gaps }

// Diff is a recorded change of the book. It returns the diff as it was applied, which is d itself unless the recording has a
// hole before it, in which case its Prev is the id that went out last; and unless levels from before a hole cross what it
// names, in which case it ends those too. It returns nil where d is older than the book, where no snapshot is in yet, and
// where its rows are impossible, which leaves the book stale until the next snapshot.
func (x *Exchange) Diff(now Nanos, i int, d *market.Diff) *market.Diff {
	s := x.ins[i]
	b, f := s.book, &s.replay.feed
	if s.kind != Recorded || !b.Exact() {
		return nil
	}
	if d.Prev != b.Last() {
		d = f.chain(b.Last(), d)
	}
	applied, err := b.Apply(d)
	if !applied || err != nil {
		return nil
	}
	f.bridge, f.torn = false, false
	if b.Crossed() {
		d = f.uncross(b, d)
	}
	x.moved(now, s, d)
	x.drain(now)
	if x.cfg.Echo {
		x.emitDiff(now, i, d)
	}
	return d
}

// chain gives a diff that does not follow the book the Prev that makes it follow.
func (f *feed) chain(last int64, d *market.Diff) *market.Diff {
	if d.Last < last || f.bridge && d.First <= last {
		return d // older than the book, or the bridge
	}
	if d.First > last && !f.torn {
		f.gaps++
	}
	f.mended = *d
	f.mended.Prev = last
	return &f.mended
}

// uncross ends levels that cross newer ones: after a hole the end of a level may be missing.
func (f *feed) uncross(b *market.Book, d *market.Diff) *market.Diff {
	f.bids, f.asks = append(f.bids[:0], d.Bids...), append(f.asks[:0], d.Asks...)
	for b.Crossed() {
		bid, ask, _ := b.Best()
		newBid, newAsk := names(d.Bids, bid.Px), names(d.Asks, ask.Px)
		if newBid == newAsk {
			break // the recording itself says so
		}
		if newBid {
			b.Set(market.Sell, ask.Px, 0)
			f.asks = append(f.asks, market.Level{Px: ask.Px})
		} else {
			b.Set(market.Buy, bid.Px, 0)
			f.bids = append(f.bids, market.Level{Px: bid.Px})
		}
	}
	f.mended = *d
	f.mended.Bids, f.mended.Asks = f.bids, f.asks
	return &f.mended
}

func names(rows []market.Level, px market.Ticks) bool {
	return slices.ContainsFunc(rows, func(l market.Level) bool { return l.Px == px })
}

// moved draws the consequences of a changed recorded book: a newer top, levels that are whole again, own orders that are
// crossed or have moved up. d is nil after a snapshot.
func (x *Exchange) moved(now Nanos, s *instrument, d *market.Diff) {
	b, r := s.book, &s.replay
	if len(r.taken) > 0 {
		r.restock(b.Last(), d)
	}
	if b.Last() > s.top.Update {
		bid, ask, ok := b.Best()
		s.hasTop = ok
		s.top = market.Quote{Update: b.Last(), Bid: bid.Px, BidQty: bid.Qty, Ask: ask.Px, AskQty: ask.Qty}
		if d != nil {
			s.top.Event, s.top.Transact = d.Event, d.Transact
		}
		if ok && (ask.Px <= r.bestBid || bid.Px >= r.bestAsk) {
			x.crossed(now, s)
		}
		if s.mark.now.Mark.IsZero() {
			x.firstMark(now, s)
		}
	}
	for k := range r.own[0] {
		if o := &r.own[0][k]; b.Last() > o.joined {
			o.seen(x.cfg.Queue, b.Bid(o.px))
		}
	}
	for k := range r.own[1] {
		if o := &r.own[1][k]; b.Last() > o.joined {
			o.seen(x.cfg.Queue, b.Ask(o.px))
		}
	}
}

// restock forgets what was taken from levels that a newer diff changed, or from all for a snapshot. A row that says what the
// level showed already is no change: quotes come before the diffs that confirm them.
func (r *replay) restock(last int64, d *market.Diff) {
	r.taken = slices.DeleteFunc(r.taken, func(t taken) bool {
		switch {
		case last <= t.update:
			return false
		case d == nil:
			return true
		case t.side == market.Buy:
			return changes(d.Bids, t)
		}
		return changes(d.Asks, t)
	})
}

func changes(rows []market.Level, t taken) bool {
	return slices.ContainsFunc(rows, func(l market.Level) bool { return l.Px == t.px && l.Qty != t.shown })
}
