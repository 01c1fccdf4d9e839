package market

import (
	"math"
	"math/bits"
	"slices"
)

// The near window of a side: slots is how many ticks it covers. Its base is a multiple of block, so that a word of the first
// bitmap and a word of the second never mix the two ends of the ring.
const (
	slots    = 1 << 16
	slotMask = slots - 1
	words    = slots / 64
	block    = 64 * 64
	below    = slots / 4 * 3 // how much of the window lies under the top when it is placed
	none     = math.MinInt64 // no key: the side is empty
)

// MaxFar is how many levels outside its near window a side of a [Book] surely holds. It remembers up to twice as many prices
// there; when they are reached, those that were named only to be empty are forgotten, and if that leaves more than MaxFar, the
// book is full.
const MaxFar = 1 << 18

// side is one half of a book. Its levels have keys that grow towards the top: a bid's key is its price, an ask's the
// complement of it (px ^ -1), so that one code serves both.
//
// Keys in [base, base+slots) are near: a quantity in a ring indexed by the key's low bits, a bit in has where it is not zero,
// a bit in sum where a word of has is not zero. All other levels are in far. The top is always near.
type side struct {
	base  int64
	best  int64 // the highest key with a quantity, or none
	flip  int64 // 0 for bids, -1 for asks
	edge  int64 // the worst key of the last snapshot; beyond it only named prices are known
	bad   int64 // negative: an impossible row was seen
	full  bool  // far reached its limit
	dirty bool  // order does not list far's levels

	far   map[int64]Lots // zero: named, and empty
	order []int64        // keys of far's levels, best first

	sum  [words / 64]uint64
	word [words]word
	qty  [slots]Lots
}

// word is 64 slots' bits: has a quantity; was named by the snapshot or a diff. Every bit of has is in known. They stand side by
// side because a row touches both.
type word struct{ has, known uint64 }

func (s *side) init(flip int64) {
	s.flip, s.best, s.edge = flip, none, math.MaxInt64
	s.far = make(map[int64]Lots)
}

// load replaces everything by a snapshot's rows, in any order.
func (s *side) load(rows []Level) {
	clear(s.sum[:])
	clear(s.word[:])
	clear(s.qty[:])
	clear(s.far)
	s.dirty, s.full, s.bad = true, false, 0
	s.best, s.edge = none, math.MaxInt64
	top := int64(none)
	for _, l := range rows {
		k := int64(l.Px) ^ s.flip
		top, s.edge = max(top, k), min(s.edge, k)
	}
	if len(rows) > 0 {
		s.base = baseFor(top)
	}
	s.apply(rows)
}

func baseFor(top int64) int64 { return (top - below) &^ (block - 1) }

// apply sets the rows' quantities. This is the hot path: one pass, no call for a near row unless it deletes the top.
func (s *side) apply(rows []Level) {
	flip, base, best, bad := s.flip, s.base, s.best, s.bad
	for i := range rows {
		px, q := int64(rows[i].Px), rows[i].Qty
		bad |= int64(q) | (px - 1)
		k := px ^ flip
		if uint64(k-base) >= slots {
			s.best = best
			s.setFar(k, q)
			base, best = s.base, s.best
			continue
		}
		slot := uint64(k) & slotMask
		s.qty[slot] = q
		n, bit := slot>>6, uint64(1)<<(slot&63)
		w := &s.word[n]
		w.known |= bit
		if q != 0 {
			if w.has == 0 {
				s.sum[n>>6] |= 1 << (n & 63)
			}
			w.has |= bit
			best = max(best, k)
			continue
		}
		if w.has &^= bit; w.has == 0 {
			s.sum[n>>6] &^= 1 << (n & 63)
		}
		if k == best {
			best = s.afterTop(k)
			base = s.base
		}
	}
	s.best, s.bad = best, bad
	if best != none && best-base < slots/8 {
		s.center(best)
	}
}

// afterTop is the new top once the top at k is gone. If nothing near is left, the window moves to the best far level.
func (s *side) afterTop(k int64) int64 {
	if n := s.next(k); n != none {
		return n
	}
	k = none
	for f, q := range s.far { // order: only the maximum is used
		if q != 0 {
			k = max(k, f)
		}
	}
	if k != none {
		s.center(k)
	}
	return k
}

// setFar sets a level outside the window; one above the top pulls the window to itself.
func (s *side) setFar(k int64, q Lots) {
	if q != 0 && k > s.best {
		s.best = k
		s.center(k)
		s.setNear(k, q)
		return
	}
	if s.full {
		return
	}
	s.far[k] = q
	s.dirty = true
	s.bound()
}

// bound keeps far's limit. Empty prices are dropped first: what they say is only that the level is known to be empty.
func (s *side) bound() {
	if len(s.far) <= 2*MaxFar {
		return
	}
	for k, q := range s.far { // order: every entry is judged by itself
		if q == 0 {
			delete(s.far, k)
		}
	}
	s.full = s.full || len(s.far) > MaxFar
}

func (s *side) setNear(k int64, q Lots) {
	slot := uint64(k) & slotMask
	w, bit := slot>>6, uint64(1)<<(slot&63)
	s.qty[slot] = q
	s.word[w].known |= bit
	if q != 0 {
		s.word[w].has |= bit
		s.sum[w>>6] |= 1 << (w & 63)
	}
}

// center places the window around the key top: what leaves it moves to far, what it gains comes from there. What is in the
// old and the new window stays in its slot.
func (s *side) center(top int64) {
	base := baseFor(top)
	if base == s.base {
		return
	}
	for k := s.base; k < s.base+slots; k += 64 {
		w := uint64(k) & slotMask >> 6
		if uint64(k-base) < slots || s.word[w].known == 0 {
			continue
		}
		for x := s.word[w].known; x != 0; x &= x - 1 {
			key := k + int64(bits.TrailingZeros64(x))
			slot := uint64(key) & slotMask
			s.far[key] = s.qty[slot]
			s.qty[slot] = 0
		}
		s.word[w] = word{}
		s.sum[w>>6] &^= 1 << (w & 63)
	}
	s.base = base
	for k, q := range s.far { // order: every entry moves by itself
		if uint64(k-base) < slots {
			delete(s.far, k)
			s.setNear(k, q)
		}
	}
	s.dirty = true
	s.bound()
}

// next is the highest near key with a quantity below k, or none.
func (s *side) next(k int64) int64 {
	if k--; k < s.base {
		return none
	}
	slot := uint64(k) & slotMask
	if x := s.word[slot>>6].has << (63 - slot&63); x != 0 {
		return k - int64(bits.LeadingZeros64(x))
	}
	for w := k>>6 - 1; w >= s.base>>6; {
		i := uint64(w) & (words - 1)
		if x := s.sum[i>>6] << (63 - i&63); x != 0 {
			w -= int64(bits.LeadingZeros64(x))
			return w<<6 + 63 - int64(bits.LeadingZeros64(s.word[uint64(w)&(words-1)].has))
		}
		w -= int64(i&63) + 1
	}
	return none
}

func (s *side) at(k int64) Lots {
	if uint64(k-s.base) < slots {
		return s.qty[uint64(k)&slotMask]
	}
	return s.far[k]
}

func (s *side) level(k int64) Level { return Level{Ticks(k ^ s.flip), s.at(k)} }

func (s *side) trusted(k int64) bool {
	if k >= s.edge {
		return true
	}
	if uint64(k-s.base) < slots {
		slot := uint64(k) & slotMask
		return s.word[slot>>6].known>>(slot&63)&1 == 1
	}
	_, named := s.far[k]
	return named
}

// all goes through the levels, best first: the near ones by bitmap, then the far ones, which all lie below the window.
func (s *side) all(yield func(Level) bool) {
	for k := s.best; k != none; k = s.next(k) {
		if !yield(s.level(k)) {
			return
		}
	}
	for _, k := range s.sorted() {
		if !yield(s.level(k)) {
			return
		}
	}
}

func (s *side) sorted() []int64 {
	if !s.dirty {
		return s.order
	}
	s.order = s.order[:0]
	for k, q := range s.far { // order: sorted below
		if q != 0 {
			s.order = append(s.order, k)
		}
	}
	slices.SortFunc(s.order, func(a, b int64) int { return int(min(max(b-a, -1), 1)) })
	s.dirty = false
	return s.order
}

func (s *side) count() int {
	n := len(s.sorted())
	for i := range s.word {
		n += bits.OnesCount64(s.word[i].has)
	}
	return n
}

func (s *side) appendBest(to []Level, limit int) []Level {
	for l := range s.all {
		to = append(to, l)
		if len(to) == limit {
			break
		}
	}
	return to
}

func (s *side) equal(o *side) bool {
	if s.count() != o.count() {
		return false
	}
	for l := range s.all {
		if o.at(int64(l.Px)^o.flip) != l.Qty {
			return false
		}
	}
	return true
}

func (s *side) fault() error {
	switch {
	case s.bad < 0:
		return ErrLevel
	case s.full:
		return ErrFull
	}
	return nil
}
