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

type sample struct{ trip, offset market.Nanos }

// Sample takes one: sent and received by our clock, server as answered.
func (o *Offset) Sample(sent, received, server market.Nanos) {
	o.samples[o.n%samplesKept] = sample{received - sent, server - (sent + (received-sent)/2)}
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

// Known says whether there was a sample.
func (o *Offset) Known() bool { return o.n > 0 }
