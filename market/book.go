package market

import (
	"errors"
	"fmt"
	"iter"
)

// ErrGap: a diff does not follow the book's last one, so the book is stale. ErrLevel: a row with a price below one tick or a
// negative quantity. ErrFull: more than [MaxFar] levels far from the top. After each of them the book is stale until Load.
var (
	ErrGap   = errors.New("market: book: a diff is missing")
	ErrLevel = errors.New("market: book: no such level can exist")
	ErrFull  = errors.New("market: book: too many levels far from the top")
)

// Book is one instrument's order book, kept by whoever receives its diffs and read by everybody on the same loop. It is
// exact or it says that it is not: see [Book.Exact] and [Book.Apply].
//
// A level row costs a few nanoseconds while it lies within some 49,000 ticks of the top, and a map access beyond; the top of
// book costs a load. The book must not change while one of its iterators runs.
type Book struct {
	// HoldsOwn says whether our own resting orders are in the quantities: true for Binance's book and the synthetic
	// market's, false for a replayed one.
	HoldsOwn bool

	in     *Instrument
	last   int64
	exact  bool
	loaded bool // a snapshot is in, and no break since
	bridge bool // the next diff may be the one that covers the snapshot
	bid    side
	ask    side
}

// NewBook makes an empty, stale book.
func NewBook(in *Instrument) *Book {
	b := &Book{in: in}
	b.bid.init(0)
	b.ask.init(-1)
	return b
}

// Instrument is whose book it is.
func (b *Book) Instrument() *Instrument { return b.in }

// Exact says whether the book is proven equal to the venue's within the trusted range. False: do not read it.
func (b *Book) Exact() bool { return b.exact }

// Last is the update id of the last snapshot or diff applied.
func (b *Book) Last() int64 { return b.last }

// Load replaces the book by a snapshot; it is exact once a diff bridges it, or at once for bridged=true. A snapshot with an
// impossible level leaves the book stale, and so the next Apply fails.
func (b *Book) Load(s *Snapshot, bridged bool) {
	b.bid.load(s.Bids)
	b.ask.load(s.Asks)
	b.last = s.Last
	b.loaded = b.bid.fault() == nil && b.ask.fault() == nil
	b.bridge, b.exact = true, bridged && b.loaded
}

// Apply applies one diff. applied=false without error: the diff is older than the book and was skipped. ErrGap: the chain is
// broken and the book now stale. The first diff after Load bridges it: First <= Last() <= d.Last, or d.Prev == Last()
// (Binance USD-M, How to manage a local order book correctly). A book that is stale answers ErrGap until the next Load.
func (b *Book) Apply(d *Diff) (applied bool, err error) {
	if !b.loaded {
		return false, ErrGap
	}
	if d.Last < b.last || d.Last == b.last && !b.bridge {
		return false, nil
	}
	covers := b.bridge && d.First <= b.last // d.Last is not below b.last: seen above
	if d.Prev != b.last && !covers {
		b.Invalidate()
		return false, fmt.Errorf("%w: %s: after update %d came one that follows %d", ErrGap, b.in.Symbol, b.last, d.Prev)
	}
	b.bid.apply(d.Bids)
	b.ask.apply(d.Asks)
	b.last, b.bridge, b.exact = d.Last, false, true
	if b.bid.bad|b.ask.bad < 0 || b.bid.full || b.ask.full {
		b.Invalidate()
		return false, fmt.Errorf("%w (%s, update %d)", errors.Join(b.bid.fault(), b.ask.fault()), b.in.Symbol, d.Last)
	}
	return true, nil
}

// Invalidate makes the book stale: it is not exact, and no diff is taken, until the next Load.
func (b *Book) Invalidate() { b.loaded, b.exact = false, false }

// Set puts qty at one price, or deletes the level for zero. It is for an owner who makes a market instead of following one:
// no update id moves. An impossible level, or one too many far from the top, invalidates the book.
func (b *Book) Set(side Side, px Ticks, qty Lots) {
	s := b.side(side)
	row := [1]Level{{px, qty}}
	s.apply(row[:])
	if s.bad < 0 || s.full {
		b.Invalidate()
	}
}

// Best is the top of book; ok is false where a side is empty.
func (b *Book) Best() (bid, ask Level, ok bool) {
	i, j := b.bid.best, b.ask.best
	if i == none || j == none {
		return bid, ask, false
	}
	return Level{Ticks(i), b.bid.qty[uint64(i)&slotMask]}, Level{Ticks(^j), b.ask.qty[uint64(j)&slotMask]}, true
}

// BestOf is the best level of one side; ok is false where the side is empty.
func (b *Book) BestOf(side Side) (l Level, ok bool) {
	s := b.side(side)
	if s.best == none {
		return l, false
	}
	return s.level(s.best), true
}

// Crossed says that the best bid is not below the best ask. No real book shows this after a whole diff; what follows from it
// is the owner's decision.
func (b *Book) Crossed() bool {
	return b.bid.best != none && b.ask.best != none && b.bid.best >= ^b.ask.best
}

// Bid is the quantity bid at px.
func (b *Book) Bid(px Ticks) Lots { return b.bid.at(int64(px)) }

// Ask is the quantity offered at px.
func (b *Book) Ask(px Ticks) Lots { return b.ask.at(^int64(px)) }

// Qty is the quantity of one side at px.
func (b *Book) Qty(side Side, px Ticks) Lots {
	if side == Buy {
		return b.Bid(px)
	}
	return b.Ask(px)
}

// Bids goes through the bids, best first.
func (b *Book) Bids() iter.Seq[Level] { return func(yield func(Level) bool) { b.bid.all(yield) } }

// Asks goes through the offers, best first.
func (b *Book) Asks() iter.Seq[Level] { return func(yield func(Level) bool) { b.ask.all(yield) } }

// Levels goes through one side, best first.
func (b *Book) Levels(side Side) iter.Seq[Level] {
	return func(yield func(Level) bool) { b.side(side).all(yield) }
}

// Len is the number of levels of each side. It counts: for reports, not for every event.
func (b *Book) Len() (bids, asks int) { return b.bid.count(), b.ask.count() }

// Trusted says whether the quantity at px is known: inside the last snapshot's range, or named by a later diff. Inside means
// from the snapshot's worst level of that side towards the top and beyond it; a side without a level in the snapshot has no
// range, however few levels a whole snapshot may have. A level far from the top that was named only to be empty can be
// forgotten again: see [MaxFar].
func (b *Book) Trusted(side Side, px Ticks) bool {
	s := b.side(side)
	return s.trusted(int64(px) ^ s.flip)
}

// Snapshot fills into with the best limit levels of each side (all for limit <= 0), reusing its slices.
func (b *Book) Snapshot(into *Snapshot, limit int) {
	into.Last = b.last
	into.Bids = b.bid.appendBest(into.Bids[:0], limit)
	into.Asks = b.ask.appendBest(into.Asks[:0], limit)
}

// Equal says whether two books hold the same levels; update ids and trust do not count.
func (b *Book) Equal(o *Book) bool { return b.bid.equal(&o.bid) && b.ask.equal(&o.ask) }

// Digest is a 64-bit FNV-1a hash of all levels in order, to compare books across runs and processes.
func (b *Book) Digest() uint64 {
	h := uint64(14695981039346656037)
	for _, s := range []*side{&b.bid, &b.ask} {
		for l := range s.all {
			h = mix(mix(h, uint64(l.Px)), uint64(l.Qty))
		}
		h = mix(h, 0)
	}
	return h
}

func mix(h, v uint64) uint64 {
	for range 8 {
		h = (h ^ v&255) * 1099511628211
		v >>= 8
	}
	return h
}

func (b *Book) side(s Side) *side {
	if s == Buy {
		return &b.bid
	}
	return &b.ask
}
