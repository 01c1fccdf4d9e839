package torture

import (
	"time"

	"baton/market"
	"baton/trade"
)

// bookLog is what the exchange's book was behind each depth frame.
type bookLog struct {
	frames []emitted
	next   int   // the first one that the trader's book has not reached
	seen   int64 // the last update that was compared
	trade  int64 // the last trade that a strategy saw, and in which life
	life   int
}

// emitted is one frame: when it was sent, the update it ends with, and a sum of the book.
type emitted struct {
	at   market.Nanos
	last int64
	sum  uint64
}

// note remembers the book behind a frame that is being sent. A frame that goes to several connections is one.
func (g *bookLog) note(now market.Nanos, b *market.Book) {
	if n := len(g.frames); n == 0 || g.frames[n-1].last < b.Last() {
		g.frames = append(g.frames, emitted{now, b.Last(), sum(b)})
	}
}

// levels that are compared on each side.
const levels = 50

// sum mixes the first levels of a book into one number (FNV-1a over words).
func sum(b *market.Book) uint64 {
	h := uint64(14695981039346656037)
	mix := func(v uint64) { h = (h ^ v) * 1099511628211 }
	for _, side := range []market.Side{market.Buy, market.Sell} {
		n := 0
		for l := range b.Levels(side) {
			mix(uint64(l.Px))
			mix(uint64(l.Qty))
			if n++; n == levels {
				break
			}
		}
		mix(uint64(n))
	}
	return h
}

// old is how far an exact book may lag behind the exchange's: a new connection is given as long as the old one, and is looked at each second.
const old = 2*quiet + 1500*time.Millisecond

// book compares a book that counts as exact with what the exchange's was at the same update.
func (o *observer) book(s *trade.Session, now market.Nanos) {
	if !s.Exact() || o.w.cfg.Mode == Direct {
		return
	}
	i := o.w.index(s.Instrument())
	g, b := &o.books[i], s.Book()
	if b.Last() == g.seen && !o.stale(g, now) {
		return
	}
	o.check("P7")
	if b.Last() < g.seen {
		g.next = 0 // another book, of another process or after a break: the update may be an older one, never a wrong one
	}
	g.seen = b.Last()
	for g.next < len(g.frames) && g.frames[g.next].last < b.Last() {
		g.next++
	}
	switch {
	case g.next == len(g.frames) || g.frames[g.next].last != b.Last():
		o.fail("P7", "%s: an exact book is at update %d, where the exchange sent none", s.Instrument().Symbol, b.Last())
	case g.frames[g.next].sum != sum(b):
		o.fail("P7", "%s: an exact book at update %d is not what the exchange's book was", s.Instrument().Symbol, b.Last())
	case o.stale(g, now) && now-o.w.woke > market.Nanos(awake):
		o.fail("P7", "%s: an exact book is more than %s old", s.Instrument().Symbol, old)
	}
}

// awake is how long a process may take to see that its machine stood still. It must not trade on what it has, but it may still show it.
const awake = 2 * time.Second

func (o *observer) stale(g *bookLog, now market.Nanos) bool {
	return g.next+1 < len(g.frames) && now-g.frames[g.next+1].at > market.Nanos(old)
}
