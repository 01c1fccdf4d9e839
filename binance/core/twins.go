package core

import (
	"bytes"

	"baton/market"
)

// The bounds of a [Twins].
const (
	twinFrames = 4096
	twinBytes  = 4 << 20
)

// Twins finds frames that two connections bring, by their bytes: while a connection is replaced, and for streams whose events
// have no number. The zero value has seen nothing. What is older than some thousand frames is forgotten.
type Twins struct {
	seen  map[uint64][]byte
	order []uint64
	size  int
}

// Has says whether frame has been seen before.
func (t *Twins) Has(frame []byte) bool {
	was, ok := t.seen[fnv64(frame)]
	return ok && bytes.Equal(was, frame)
}

// Seen says whether frame has been seen before, and remembers it. It is not kept.
func (t *Twins) Seen(frame []byte) bool {
	h := fnv64(frame)
	if was, ok := t.seen[h]; ok && bytes.Equal(was, frame) {
		return true
	}
	if t.seen == nil {
		t.seen = map[uint64][]byte{}
	}
	for len(t.order) > 0 && (len(t.order) >= twinFrames || t.size+len(frame) > twinBytes) {
		t.size -= len(t.seen[t.order[0]])
		delete(t.seen, t.order[0])
		t.order = t.order[1:]
	}
	t.seen[h] = bytes.Clone(frame)
	t.order = append(t.order, h)
	t.size += len(frame)
	return false
}

// fnv64 is FNV-1a.
func fnv64(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// Pace lets so many messages a second leave a connection: Binance closes one on which a client sends more than 10 (pings and
// pongs count), so that half of that is used.
type Pace struct{ next market.Nanos }

// paceGap is the least time between two messages.
const paceGap market.Nanos = 200e6

// Turn is when the next message may leave, at or after now, and takes that turn.
func (p *Pace) Turn(now market.Nanos) market.Nanos {
	at := max(now, p.next)
	p.next = at + paceGap
	return at
}

// The limit on making connections (Binance: 300 in 5 minutes from one address), of which a part is left for others.
const (
	connectsMax  = 240
	connectsSpan = 300e9
)

// Connects keeps the number of attempts to connect within the limit.
type Connects struct{ at []market.Nanos }

// Turn is when the next attempt may be made, at or after now, and takes that turn.
func (c *Connects) Turn(now market.Nanos) market.Nanos {
	at := now
	if len(c.at) == connectsMax {
		at = max(at, c.at[0]+connectsSpan)
		c.at = c.at[:copy(c.at, c.at[1:])]
	}
	c.at = append(c.at, at)
	return at
}
