package aio

import (
	"errors"
	"math"
)

// Source is the idle point of a loop: what moves the clock when nothing is ready. [Real], [Paced] and [Virtual] are the
// built-in ones; a backtest brings a [Driver].
type Source interface{ source() sourceSpec }

// sourceSpec is what a Source comes down to.
type sourceSpec struct {
	virtual bool
	start   Nanos
	paced   bool
	speed   float64
	driver  Driver
}

func (s sourceSpec) source() sourceSpec { return s }

// Real is the wall clock with the baton: readers Deliver, others Post. The clock is read once at the start of Run and goes on
// with the monotonic clock, so it never steps back. It needs GOMAXPROCS of 2 or more: with one processor, a busy loop hears of
// the network only every 10 to 20 ms.
func Real() Source { return sourceSpec{} }

// Virtual starts at start and jumps to the next timer when nothing is ready, nothing is in flight (see [Loop.Hold]) and the
// inbox is empty. Deliver and Post work as with Real and do not move the clock.
func Virtual(start Nanos) Source { return sourceSpec{virtual: true, start: start} }

// Paced is Virtual that advances at most speed times wall time. What happens, and at which virtual time, is the same at every
// speed; a process that was stopped for longer than half a second carries on from there instead of catching up.
func Paced(start Nanos, speed float64) Source {
	return sourceSpec{virtual: true, start: start, paced: true, speed: speed}
}

// Driver moves the market of a backtest on the waiter's own stack: no goroutine, no switch, no allocation an event.
type Driver interface {
	// Run delivers, in time order, market data due at or before until and anything else due before until, calling
	// Loop.Advance before each. It returns true right after the first delivery that made a task ready (Loop.Ready), false
	// when nothing is due.
	Run(until Nanos) bool
}

// Drive is a virtual clock moved by d (and by due timers), starting at start.
func Drive(start Nanos, d Driver) Source { return sourceSpec{virtual: true, start: start, driver: d} }

func (s sourceSpec) validate() error {
	if s.paced && !(s.speed > 0 && !math.IsInf(s.speed, 0)) {
		return errors.New("aio: Paced needs a speed above 0 and finite; for an unbounded one use Virtual")
	}
	return nil
}

// paceLagMax is how far, in wall time, a paced clock may lag before it stops trying to catch up.
const paceLagMax = 500e6

// pacer bounds a virtual clock by wall time: at wall time wall0 it may have reached virt0, and from there on speed times as fast.
type pacer struct {
	speed        float64
	wall0, virt0 Nanos
	reached      Nanos // known to be allowed: saves a clock read for each timer of a burst
}

// allows says whether the virtual clock may go to t. wall reads the wall clock.
func (p *pacer) allows(t Nanos, wall func() Nanos) bool {
	if t <= p.reached {
		return true
	}
	now := wall()
	if lag := now - p.wallAt(t); lag > paceLagMax { // stopped, or too slow a machine: the market becomes later
		p.wall0, p.virt0 = now, t
	}
	p.reached = p.virt0 + clampNanos(float64(now-p.wall0)*p.speed)
	if p.reached < p.virt0 {
		p.reached = Never
	}
	return t <= p.reached
}

// wallAt is the wall time from which on the virtual clock may be at t.
func (p *pacer) wallAt(t Nanos) Nanos {
	w := p.wall0 + clampNanos(math.Ceil(float64(t-p.virt0)/p.speed))
	if w < p.wall0 && t >= p.virt0 {
		return Never
	}
	return w
}

func clampNanos(f float64) Nanos {
	if f >= math.MaxInt64 {
		return Never
	}
	return Nanos(f)
}
