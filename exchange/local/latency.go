package local

import (
	"errors"
	"math/bits"
	"math/rand/v2"
	"time"

	"baton/market"
)

// Latency is how long a message travels one way: Min, and an even draw from 0 up to Jitter on top. A table of measured
// latencies, or a distribution of them, comes on top of both.
type Latency struct {
	Min, Jitter time.Duration
	Table       *Table
	Drawn       *Distribution
}

// DefaultLatency is a way of a trader some hundred kilometres from the venue.
var DefaultLatency = Latency{Min: 3 * time.Millisecond, Jitter: 250 * time.Microsecond}

// Validate refuses negative times.
func (l Latency) Validate() error {
	if l.Min < 0 || l.Jitter < 0 {
		return errors.New("latency: a message cannot arrive before it left: use times of 0 and more")
	}
	return nil
}

// Line is one connection with a latency: messages arrive in the order in which they were sent.
type Line struct {
	lat  Latency
	rng  *rand.PCG
	last market.Nanos
}

// NewLine makes a line. rng gives the jitter; it may be shared by lines of one owner and may be nil without jitter.
func NewLine(lat Latency, rng *rand.PCG) *Line { return &Line{lat: lat, rng: rng} }

// Arrive is when a message that is sent at now arrives: never before one that was sent earlier.
func (l *Line) Arrive(now market.Nanos) market.Nanos {
	at := now + market.Nanos(l.lat.Min)
	if l.lat.Jitter > 0 && l.rng != nil {
		hi, _ := bits.Mul64(l.rng.Uint64(), uint64(l.lat.Jitter))
		at += market.Nanos(hi)
	}
	if l.lat.Table != nil {
		at += l.lat.Table.By(now)
	}
	if l.lat.Drawn != nil {
		at += l.lat.Drawn.draw(l.rng)
	}
	l.last = max(l.last, at)
	return l.last
}

// Last is when the message that was sent last arrives; 0 before any.
func (l *Line) Last() market.Nanos { return l.last }

// Delay holds the line up: nothing arrives before t.
func (l *Line) Delay(t market.Nanos) { l.last = max(l.last, t) }
