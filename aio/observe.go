package aio

import (
	"fmt"
	"math"
)

// Step is one run of a task from an await to the next, or of a callback, as [Loop.Observe] tells it.
type Step struct {
	Task  uint64 // 0: a callback
	Name  string // of the task, as it was given; of a callback, its label, the name of its inlet, or that of its function
	By    uint64 // the task that made it ready, and so handed over the baton; 0: a timer, a callback, what came from outside
	From  string // where By is 0: what made the task ready, named like a callback
	Began Nanos  // wall time since the loop was made
	Took  Nanos  // wall time
	Now   Nanos  // the loop's time
}

// Observe has fn hear every step when it is over, from the next one on; nil ends it. It costs two reads of the clock a step
// while it lasts, and changes nothing of the order. fn runs on the loop between two steps: it must not await, nor call the loop.
func (l *Loop) Observe(fn func(Step)) {
	l.observer = fn
	l.probeAt = l.stats.Handles + 1
}

// outsideBit marks a task.by that is the number of a name, and not a task.
const outsideBit = 1 << 63

// madeReady notes who hands the baton to t.
func (l *Loop) madeReady(t *task) {
	if t.by = uint64(l.outside) | outsideBit; l.cur != nil {
		t.by = l.cur.id
	}
}

// between notes that what is made ready from now on is so by no task.
func (l *Loop) between(by uint32) {
	l.cur, l.outside = nil, by
}

// observe begins the record of a step.
func (l *Loop) observe(t *task) {
	l.step = Step{Began: l.probed0, Now: l.now}
	if t != nil {
		l.step.Task, l.step.Name = t.id, t.h.name
		if l.step.By = t.by &^ outsideBit; t.by&outsideBit != 0 {
			l.step.By, l.step.From = 0, l.names.text(uint32(t.by))
		}
		t.by = 0
		return
	}
	l.outside = nameNone
	l.comes(l.probeFn)
	l.step.Name = l.names.text(l.outside)
}

// observed ends it, and has the next one timed too.
func (l *Loop) observed(took Nanos) {
	if l.step.Began == l.probed0 { // else it had begun before Observe was called
		l.step.Took = took
		l.observer(l.step)
	}
	l.probeAt = l.stats.Handles + 1
}

// SetSpeed makes a [Paced] clock go on from now at another speed, times the wall's. What happens, and at which time of the loop,
// stays the same. An error where the clock is not paced, or the speed not above 0 and finite.
func (l *Loop) SetSpeed(speed float64) error {
	switch {
	case l.pace == nil:
		return fmt.Errorf("%w: the loop's clock is not paced", ErrInvalidState)
	case !(speed > 0) || math.IsInf(speed, 0):
		return fmt.Errorf("aio: the speed %g of a paced clock must be above 0 and finite", speed)
	}
	l.pace.speed = speed
	l.pace.wall0, l.pace.virt0, l.pace.reached = l.wall(), l.now, l.now
	return nil
}
