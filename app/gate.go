package app

import (
	"errors"
	"runtime"
	"sync/atomic"

	"baton/market"
	"baton/trade"
)

// errShut: the gate is closed.
var errShut = errors.New("order not sent: trading was stopped by the kill switch")

// gate stands at the one point where the bytes of orders are written. Whoever closes it, from any goroutine, knows when close has
// returned that no write of a new order is under way and that none begins. Cancels pass.
type gate struct {
	state atomic.Int64 // writes under way, and gateShut
}

const gateShut = int64(1) << 32

// enter says whether a write may begin; leave follows it.
func (g *gate) enter() bool {
	if g.state.Add(1)&gateShut != 0 {
		g.state.Add(-1)
		return false
	}
	return true
}

func (g *gate) leave() { g.state.Add(-1) }

// close lets nothing new begin, and returns when what had begun is over: a write never waits, so that is soon.
func (g *gate) close() {
	g.state.Or(gateShut)
	for g.state.Load()&(gateShut-1) != 0 {
		runtime.Gosched()
	}
}

func (g *gate) shut() bool { return g.state.Load()&gateShut != 0 }

// gated is a venue behind a gate.
type gated struct {
	trade.Venue
	gate *gate
}

// before stands before a venue, and keeps what able, the same one without a wrapping, can do beyond what every venue can.
func (g *gate) before(v, able trade.Venue) trade.Venue {
	own := &gated{v, g}
	heir, isHeir := able.(trade.Inheritor)
	historian, isHistorian := able.(trade.Historian)
	switch {
	case isHeir && isHistorian:
		return struct {
			*gated
			trade.Inheritor
			trade.Historian
		}{own, heir, historian}
	case isHeir:
		return struct {
			*gated
			trade.Inheritor
		}{own, heir}
	case isHistorian:
		return struct {
			*gated
			trade.Historian
		}{own, historian}
	}
	return own
}

// Send writes a command where it may pass: an error is the proof that nothing left.
func (v *gated) Send(c *market.Command) error {
	if c.Op == market.OpCancel {
		return v.Venue.Send(c)
	}
	if !v.gate.enter() {
		return errShut
	}
	defer v.gate.leave()
	return v.Venue.Send(c)
}
