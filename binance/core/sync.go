package core

import "baton/market"

// The bounds of a book's synchronisation: diffs kept while its snapshot is on the way, and rows of them.
const (
	MaxBuffered = 4096
	MaxRows     = 1 << 20
)

// Step says what a call of [Sync] has led to.
type Step uint8

// The steps.
const (
	Nothing Step = iota // buffered, or old news
	Applied             // the diff is in the book
	Became              // the book has just become exact
	Fetch               // the book is not exact: fetch a snapshot
	Broke               // the book was exact until now: tell those who read it, then fetch a snapshot
)

// Sync keeps one symbol's book in step with the venue's (Binance USD-M, How to manage a local order book correctly): buffer the
// diffs, fetch a snapshot, drop what is older, bridge it by `U <= lastUpdateId <= u` (or `pu == lastUpdateId`), then check that
// every diff's pu is the last one's u. A book that is not proven exact says so ([market.Book.Exact]).
//
// Gaps counts the breaks of a chain that had been exact, Resyncs the times that it became exact again, Diffs what was applied.
type Sync struct {
	Gaps, Resyncs, Diffs int

	book     *market.Book
	broken   bool // by a gap: becoming exact again is a resync
	fetching bool // a snapshot has been asked for and has not come
	odd      bool // it was crossed
	held     []held
	rows     []market.Level
}

// held is a diff that waits for a snapshot: its rows are rows[from:mid] and rows[mid:to].
type held struct {
	d             market.Diff
	from, mid, to int
}

// NewSync makes the synchronisation of b, which it changes from now on and nobody else does.
func NewSync(b *market.Book) *Sync { return &Sync{book: b} }

// Book is the book that is kept.
func (s *Sync) Book() *market.Book { return s.book }

// Diff takes one diff in the order of its stream. d is not kept.
func (s *Sync) Diff(d *market.Diff) Step {
	if s.fetching {
		return s.hold(d)
	}
	was := s.book.Exact()
	applied, err := s.book.Apply(d)
	switch {
	case err != nil:
		return s.lost(d, was)
	case !applied:
		return Nothing
	}
	s.Diffs++
	switch {
	case s.book.Crossed():
		return s.crossed(was)
	case was:
		return Applied
	}
	return s.became()
}

// crossed begins anew after a diff that was in order and left bids at or above asks: no venue's book is so between two diffs.
func (s *Sync) crossed(was bool) Step {
	s.book.Invalidate()
	s.fetching, s.odd = true, true
	if was {
		s.Gaps++
		s.broken = true
		return Broke
	}
	return Fetch
}

// Snapshot takes the answer to [Fetch] and, after it, the diffs that were held.
func (s *Sync) Snapshot(sn *market.Snapshot) Step {
	s.fetching = false
	s.book.Load(sn, false)
	for i := range s.held {
		h := &s.held[i]
		h.d.Bids, h.d.Asks = s.rows[h.from:h.mid], s.rows[h.mid:h.to]
		applied, err := s.book.Apply(&h.d)
		if err != nil { // the snapshot is older than the first diff held, or the diffs have a hole: keep what came after it
			s.dropHeld(i)
			s.fetching = true
			return Fetch
		}
		if applied {
			s.Diffs++
		}
	}
	s.dropHeld(len(s.held))
	switch {
	case s.book.Exact() && s.book.Crossed():
		return s.crossed(false)
	case s.book.Exact():
		return s.became()
	}
	return Nothing
}

// Failed says that the snapshot did not come. The caller decides when to fetch again.
func (s *Sync) Failed() Step { return Fetch }

// Reset says that the stream begins anew (its connection was lost): nothing that was held can follow what comes. It returns
// [Broke] if the book was exact, else [Fetch].
func (s *Sync) Reset() Step {
	was := s.book.Exact()
	s.dropHeld(len(s.held))
	s.book.Invalidate()
	s.fetching = true
	if was {
		s.broken = true
		return Broke
	}
	return Fetch
}

func (s *Sync) became() Step {
	s.odd = false
	if s.broken {
		s.broken = false
		s.Resyncs++
	}
	return Became
}

// lost begins anew after a diff that could not be applied; that diff is the first one held.
func (s *Sync) lost(d *market.Diff, was bool) Step {
	s.book.Invalidate()
	s.fetching = true
	s.hold(d)
	if was {
		s.Gaps++
		s.broken = true
		return Broke
	}
	return Fetch
}

// hold keeps a copy of d until the snapshot is there. Where there are too many the oldest knowledge is dropped: the snapshot will
// then be found too old and fetched again.
func (s *Sync) hold(d *market.Diff) Step {
	if len(s.held) == MaxBuffered || len(s.rows)+len(d.Bids)+len(d.Asks) > MaxRows {
		s.dropHeld(len(s.held))
	}
	from := len(s.rows)
	s.rows = append(s.rows, d.Bids...)
	mid := len(s.rows)
	s.rows = append(s.rows, d.Asks...)
	h := held{d: *d, from: from, mid: mid, to: len(s.rows)}
	h.d.Bids, h.d.Asks = nil, nil
	s.held = append(s.held, h)
	return Nothing
}

// dropHeld forgets the first n held diffs. Their rows stay until all are forgotten.
func (s *Sync) dropHeld(n int) {
	s.held = s.held[:copy(s.held, s.held[n:])]
	if len(s.held) == 0 {
		s.rows = s.rows[:0]
	}
}

// Why is the reason in words of a book that is not exact, for a log.
func (s *Sync) Why() string {
	switch {
	case s.book.Exact():
		return "exact"
	case s.odd:
		return "a bid stands at an ask; waiting for a snapshot"
	case s.broken:
		return "a diff is missing; waiting for a snapshot"
	case s.fetching:
		return "waiting for a snapshot"
	}
	return "waiting for the first diff after the snapshot"
}
