package aio

import (
	"iter"
	"runtime"
)

// The scheduler runs inline: a task that awaits does not give control back to a loop goroutine, it runs the ready queue on
// its own stack until its own turn comes. Its own wake-up then costs no switch, and a hand-over between two tasks one. At
// most Loop.inline tasks host others at one time; deeper ones yield to the one below. The order is that of a flat loop,
// since whoever runs the queue takes the next handle from it.

// coro is a goroutine made by iter.Pull that runs one task after another.
type coro struct {
	l     *Loop
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	task  *task
	eager bool   // the task that has ended was in GoNow's hands
	named string // the task name by which profiles know the goroutine
	id    uint64 // of the goroutine, in debug
}

func (l *Loop) newCoro() *coro {
	if n := len(l.free); n > 0 {
		c := l.free[n-1]
		l.free = l.free[:n-1]
		return c
	}
	c := &coro{l: l}
	c.next, c.stop = iter.Pull(c.run)
	return c
}

// run is the body of a coroutine: it takes the next task that has not started where that is next in line, else goes to the
// free list.
func (c *coro) run(yield func(struct{}) bool) {
	c.yield = yield
	l := c.l
	if l.debug != nil {
		c.id = l.debug.enter()
	}
	for {
		c.label()
		if !c.step(c.task) {
			return
		}
		c.task = nil
		if eager := c.eager; eager {
			c.eager = false // whoever called GoNow goes on
		} else if t := l.nextUnstarted(); t != nil {
			c.bind(t)
			continue
		}
		if len(l.free) == coroMax {
			return
		}
		l.free = append(l.free, c)
		if !yield(struct{}{}) {
			return
		}
	}
}

// nextUnstarted takes the next handle if it is a task for a coroutine that has nothing to do.
func (l *Loop) nextUnstarted() *task {
	if l.inline < 0 || l.left == 0 || l.deadline != 0 && l.tired() {
		return nil
	}
	t := l.ready.at(0).t
	if t == nil || t.started || l.debug != nil || l.observer != nil {
		return nil
	}
	if l.probing {
		l.endProbe()
	}
	l.ready.pop()
	l.left--
	l.stats.Handles++
	return t
}

// bind makes t the task that c runs.
func (c *coro) bind(t *task) {
	t.coro, c.task = c, t
	t.started, t.onChain, t.queued = true, true, false
	c.l.cur = t
}

// step runs t to its end. A panic is recovered here, on the stack it happened on. After runtime.Goexit the goroutine cannot
// go on: it is parked until the loop is closed, since going on would end the goroutine that resumed it. false: it is over.
func (c *coro) step(t *task) (ok bool) {
	l := c.l
	returned := false
	defer func() {
		if returned {
			l.finish(t)
			ok = true
			return
		}
		v := recover()
		switch {
		case l.dead.Load(): // abandoned
			if v != nil && l.failure == nil {
				l.failure = asPanic(v)
			}
			return
		case v != nil:
			t.h.end.fail(l.fail(v))
		default:
			t.h.end.fail(errGoexit)
			l.goexit = true
			l.end(errGoexit)
		}
		l.finish(t)
		if ok = v != nil; !ok {
			l.zombies = append(l.zombies, c)
			c.yield(struct{}{})
		}
	}()
	if t.scope.err != nil {
		t.h.end.fail(t.scope.err)
		t.skipped = true
	} else if err := t.body.call(t.fn); err != nil {
		t.h.end.fail(err)
	}
	returned = true
	return
}

// kill ends a coroutine that is parked in a task, on a goroutine of its own: what runs deferred there may Goexit.
func (c *coro) kill() {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		c.stop()
	}()
	<-gone
}

// schedule runs on the leader's own stack until nothing is ready, or its budget is over.
func (l *Loop) schedule() {
	for {
		h, ok := l.pop()
		if !ok {
			return
		}
		if h.t == nil {
			l.call(h.fn)
			continue
		}
		for t := h.t; t != nil; {
			l.resume(t)
			t, l.handoff = l.handoff, nil // whom the chain handed over to has unwound by now
		}
		if l.unwind {
			l.unwind = false
			return
		}
	}
}

// resume switches to t and comes back when t, or what it hosts, hands over, has to unwind or has ended.
func (l *Loop) resume(t *task) {
	c := l.begin(t)
	c.next()
	l.depth--
}

// begin makes t the running task. The caller switches to its coroutine, and takes depth back afterwards.
func (l *Loop) begin(t *task) *coro {
	if t.coro == nil {
		l.newCoro().bind(t)
	} else {
		t.onChain, t.queued = true, false
		l.cur = t
	}
	l.stats.Switches++
	l.depth++
	return t.coro
}

// park suspends the running task until it is made ready; cancelling s does that too, and then park says true.
//
// It runs the ready queue on t's stack until it is t's turn. It has to suspend where the turn is that of a task below it on the
// chain, where nothing is ready or the budget is over (the leader's stack must be free again), or where the chain is as long as
// it may be. It is one function because each return above a switch of stacks is one that the processor predicts wrongly.
func (t *task) park(s *Scope) (interrupted bool) {
	l := t.l
	if !t.queued {
		t.parked = s
	}
	t.cut, t.refused = false, 0
	t.since = l.now
	if l.debug != nil {
		t.debug.parked()
	}
	if t.eager { // back to GoNow
		t.eager = false
		return t.suspend()
	}
	for l.depth <= l.inline {
		h, ok := l.pop()
		if !ok {
			l.unwind = true
			break
		}
		x := h.t
		if x == nil {
			l.call(h.fn)
			continue
		}
		if x != t {
			if x.onChain {
				l.handoff = x
				break
			}
			c := l.begin(x)
			c.next()
			l.depth--
			if l.handoff != t {
				if l.handoff != nil || l.unwind {
					break
				}
				continue
			}
			l.handoff = nil
		}
		t.queued = false
		l.cur = t
		return t.cut
	}
	t.onChain = false // as suspend does: its return would be one more
	if !t.coro.yield(struct{}{}) {
		runtime.Goexit() // the loop is closed
	}
	return t.cut
}

// suspend switches to whoever resumed t, until somebody resumes it again.
func (t *task) suspend() (interrupted bool) {
	t.onChain = false
	if !t.coro.yield(struct{}{}) {
		runtime.Goexit() // the loop is closed
	}
	return t.cut
}

// interrupt wakes a parked task because of a cancellation.
func (t *task) interrupt() {
	t.cut = true
	if t.in != nil {
		t.in.remove(t)
	}
	t.l.makeReady(t)
}

// call runs a callback; it may be hosted by a task, but is none.
func (l *Loop) call(fn func()) {
	l.cur = nil
	if fn == nil {
		return // cancelled
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			l.callbackFailed(v, fn)
		} else {
			l.goexit = true
			l.end(errGoexit)
		}
	}()
	fn()
	returned = true
}
