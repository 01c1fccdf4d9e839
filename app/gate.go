package app

import (
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"baton/market"
	"baton/trade"
)

// errShut: the gate is closed.
var errShut = errors.New("order not sent: trading was stopped by the kill switch")

// gate stands at the one point where the bytes of orders are written. Whoever closes it, from any goroutine, knows when close has
// returned that no byte of a new order is written from then on: none that a strategy would send, and none that still waits in
// memory for a socket. Cancels pass.
type gate struct {
	state atomic.Int64    // writes under way, and gateShut
	sends uint64          // of orders, counted by the loop, as in [trade.Gate]
	first uint64          // the first of them that was refused; 0: none
	at    uint64          // of a replay: refused from this one on; 0: never
	halt  func(busy bool) // takes back what waits for a socket: [netio.Halt.Now]; nil: a venue that keeps nothing waiting
}

const gateShut = int64(1) << 32

// gatePatience is how long close waits for a write under way. It takes some microseconds, unless the system has put its thread to
// sleep in the middle: then its connection is cut, and close waits for it no longer.
const gatePatience = time.Millisecond

// enter says whether a write may begin; leave follows it.
func (g *gate) enter() bool {
	if g.state.Add(1)&gateShut != 0 {
		g.state.Add(-1)
		return false
	}
	return true
}

func (g *gate) leave() { g.state.Add(-1) }

// close lets nothing new begin, and returns when what had begun is over, or can write nothing any more.
func (g *gate) close() {
	g.state.Or(gateShut)
	began := time.Now()
	for g.busy() {
		if g.halt != nil && time.Since(began) > gatePatience {
			break
		}
		runtime.Gosched()
	}
	if g.halt != nil {
		g.halt(g.busy())
	}
}

// busy says whether a write is under way.
func (g *gate) busy() bool { return g.state.Load()&(gateShut-1) != 0 }

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
	if v.gate.sends++; v.gate.at > 0 && v.gate.sends >= v.gate.at || !v.gate.enter() {
		if v.gate.first == 0 {
			v.gate.first = v.gate.sends
		}
		return errShut
	}
	defer v.gate.leave()
	return v.Venue.Send(c)
}
