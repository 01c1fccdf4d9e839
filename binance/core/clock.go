package core

import "baton/market"

// samplesKept is how many round trips an [Offset] remembers.
const samplesKept = 8

// Offset estimates how far the exchange's clock is ahead of ours, from answers of GET /fapi/v1/time: the sample with the
// shortest round trip is the best one, as its error is at most half of it.
type Offset struct {
	samples [samplesKept]sample
	n       int
}

type sample struct{ trip, offset, at market.Nanos }

// Sample takes one: sent and received by our clock, server as answered.
func (o *Offset) Sample(sent, received, server market.Nanos) {
	o.samples[o.n%samplesKept] = sample{received - sent, server - (sent + (received-sent)/2), received}
	o.n++
}

// Ahead is the estimate: add it to our time to get the exchange's. Zero before the first sample.
func (o *Offset) Ahead() market.Nanos {
	best := o.samples[0]
	for _, s := range o.samples[:min(o.n, samplesKept)] {
		if s.trip < best.trip {
			best = s
		}
	}
	return best.offset
}

// Error is the bound of the estimate's error: half the best round trip.
func (o *Offset) Error() market.Nanos {
	if o.n == 0 {
		return 0
	}
	best := o.samples[0].trip
	for _, s := range o.samples[:min(o.n, samplesKept)] {
		best = min(best, s.trip)
	}
	return best / 2
}

// driftShare is how fast two clocks may part: 50 millionths, a poor quartz.
const driftShare = 20_000

// MaxBound is the largest bound of the error with which orders are sent: a request's timestamp may be a second ahead of the
// exchange, and at most its window behind.
const MaxBound market.Nanos = 500e6

// Bound is how far the estimate may be off at now: half the best round trip, and the drift since the newest sample. ok is false
// where there was no sample, or it is larger than [MaxBound].
func (o *Offset) Bound(now market.Nanos) (bound market.Nanos, ok bool) {
	if o.n == 0 {
		return 0, false
	}
	age := max(now-o.samples[(o.n-1)%samplesKept].at, 0)
	bound = o.Error() + age/driftShare
	return bound, bound <= MaxBound
}

// Known says whether there was a sample.
func (o *Offset) Known() bool { return o.n > 0 }
