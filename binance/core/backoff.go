package core

import (
	"math/rand/v2"

	"baton/market"
)

// Backoff gives the pauses between attempts: doubling from First to Last, each shortened by up to a quarter at random so that
// many clients do not come back together.
type Backoff struct {
	First, Last market.Nanos
	rand        *rand.Rand
	next        market.Nanos
}

// NewBackoff begins at first and ends at last.
func NewBackoff(first, last market.Nanos, r *rand.Rand) *Backoff {
	return &Backoff{First: first, Last: last, rand: r}
}

// Next is the pause before the next attempt.
func (b *Backoff) Next() market.Nanos {
	d := max(b.next, b.First)
	b.next = min(d*2, b.Last)
	return d - market.Nanos(b.rand.Int64N(int64(d/4)+1))
}

// Reset says that an attempt succeeded.
func (b *Backoff) Reset() { b.next = 0 }
