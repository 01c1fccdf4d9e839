package aio

import (
	"time"
)

// The baton: whoever holds it is the loop. Loop.word says who may: see there. A reader that delivers takes it up when it is
// free, and runs the loop on its own goroutine until nothing is ready; else it leaves its entry in the inbox, which the
// holder looks through before it can put the baton down. So a frame crosses from the socket to the task without a switch of
// threads, and no lock is held while tasks run.

// node is one entry of the inbox.
type node struct {
	next    *node
	depth   int // length of the inbox with this node: back-pressure without a counter
	in      *Inlet
	payload []byte
	fn      func()
	worker  *worker // of RunBlocking, for another job
	tick    bool    // a bare wake-up: it makes no handle, or the passes would depend on it
}

// event is one taken from there, or brought by the leader.
type event struct {
	in       *Inlet
	payload  []byte
	fn       func()
	borrowed bool // the payload is the leader's
}

// Whom the baton is offered to.
const (
	offerAny = 1 // the next reader, or Run's goroutine
	offerRun = 2 // Run's goroutine: a reader has had its share
)

// push adds a chain of nodes from newest to oldest, and gives the word as it was.
func (l *Loop) push(newest, oldest *node, n int) (was *node, ok bool) {
	for {
		was = l.word.Load()
		below := was
		switch was {
		case &l.closedMark:
			return was, false
		case &l.idleMark:
			below = nil
		}
		base := 0
		if below != nil {
			base = below.depth
		}
		oldest.next = below
		for i, x := n, newest; i > 0; i, x = i-1, x.next {
			x.depth = base + i
		}
		if l.word.CompareAndSwap(was, newest) {
			return was, true
		}
	}
}

// post adds a node and never leads. If the baton was free it is ours, and Run's goroutine is woken to take it up.
func (l *Loop) post(n *node) bool {
	was, ok := l.push(n, n, 1)
	if ok && was == &l.idleMark {
		l.offer(offerAny)
	}
	return ok
}

func (l *Loop) offer(whom int32) {
	l.claim.Store(whom)
	select {
	case l.wake <- struct{}{}:
	default: // it is being woken
	}
}

// deliver adds a chain of nodes, and leads if the baton is free or offered.
func (l *Loop) deliver(newest, oldest *node, n int) bool {
	was, ok := l.push(newest, oldest, n)
	if !ok {
		return false
	}
	if was == &l.idleMark || l.claim.Load() == offerAny && l.claim.CompareAndSwap(offerAny, 0) {
		l.lead(false)
		return true
	}
	if newest.depth > inboxMax {
		l.slowDown()
	}
	return true
}

// Back-pressure: how long a reader waits for the inbox to get shorter. It is bounded, in case the holder waits for the reader.
const (
	slowStep = 50 * time.Microsecond // the system may make a millisecond of it
	slowMax  = 20 * time.Millisecond
)

func (l *Loop) slowDown() {
	for began := time.Now(); time.Since(began) < slowMax; {
		time.Sleep(slowStep)
		n := l.word.Load()
		if n == nil || n == &l.idleMark || n == &l.closedMark || n.depth <= inboxMax {
			return
		}
	}
}

// lead runs the loop until it puts the baton down, gives it away, or closes the loop. permanent: on Run's goroutine, which
// has no budget.
func (l *Loop) lead(permanent bool) {
	l.overrun, l.deadline = false, 0
	if permanent {
		l.stats.Wakes++
	} else {
		l.stats.Leads++
		l.deadline, l.alert = -1, true
	}
	if l.debug != nil {
		l.debug.lead()
	}
	returned := false
	defer func() {
		if !returned { // Goexit of a callback on this bare stack: the goroutine is lost, the baton must not be
			l.depth, l.unwind, l.overrun = 0, false, false
			l.keepBorrowed()
			if !permanent { // else it is Run's own goroutine, which goes on in a deferred function
				l.offer(offerRun)
			}
		}
	}()
	for {
		l.schedule()
		if l.probing {
			l.endProbe()
		}
		if l.overrun && (l.left > 0 || !l.finished()) { // a pass that has begun is run to its end, also the last
			l.stats.Gives++
			l.keepBorrowed()
			l.offer(offerRun)
			break
		}
		if l.settle() {
			break
		}
	}
	returned = true // nothing of l may be touched any more: somebody else may hold the baton
}

// keepBorrowed copies what the leader brought and has not been handled: its buffer is not ours after it returns.
func (l *Loop) keepBorrowed() {
	for i := range l.events.len() {
		if e := l.events.at(i); e.borrowed {
			e.payload, e.borrowed = append([]byte(nil), e.payload...), false
		}
	}
	for i := l.directAt; i < len(l.direct); i++ {
		l.direct[i] = append([]byte(nil), l.direct[i]...)
	}
}

// take moves at most takeMax entries from outside into the ready queue, and says how many.
func (l *Loop) take() (n int) {
	if l.directAt == len(l.direct) && l.carry == nil && l.word.Load() == nil {
		return 0
	}
	for ; l.directAt < len(l.direct) && n < takeMax; n++ {
		l.takeEvent(event{in: l.directIn, payload: l.direct[l.directAt], borrowed: true})
		l.direct[l.directAt] = nil
		l.directAt++
	}
	if l.carry == nil && l.word.Load() != nil {
		for x := l.word.Swap(nil); x != nil; { // newest first: turn it round
			x.next, l.carry, x = l.carry, x, x.next
		}
	}
	for l.carry != nil && n < takeMax {
		x := l.carry
		l.carry, x.next = x.next, nil
		if x.worker != nil {
			l.workerFree(x.worker)
		}
		if x.tick {
			l.armed = Never // if it was the waker's: it has to be set again
		} else {
			l.takeEvent(event{in: x.in, payload: x.payload, fn: x.fn})
			n++
		}
	}
	return n
}

func (l *Loop) takeEvent(e event) {
	l.events.push(e)
	l.ready.push(handle{fn: l.eventFn})
}

// handleEvent handles the first of what was taken.
func (l *Loop) handleEvent() {
	e := l.events.pop()
	switch {
	case e.fn != nil:
		l.stats.Ran++
		e.fn()
	case e.in.open.Load():
		l.stats.Ran++
		e.in.handle(e.payload)
	default:
		l.stats.Dropped++
	}
}

// settle decides what to do when nothing is ready. true: the baton is put down, or the loop is closed.
func (l *Loop) settle() bool {
	l.cur = nil
	if l.rep != nil {
		return l.settleReplayed()
	}
	if l.finished() {
		l.close()
		return true
	}
	if l.ready.len() > 0 || l.directAt < len(l.direct) || l.carry != nil || l.word.Load() != nil {
		return false
	}
	wakeAt := Never // wall time
	held := l.holds.Load() > 0
	switch {
	case !l.virtual && len(l.timers) > 0:
		wakeAt = l.timers.next() - l.baseUnix
		if wakeAt <= l.wall() {
			return false
		}
	case l.virtual && l.idle == idlePaced:
		wakeAt = l.pace.wallAt(l.timers.next())
	case l.virtual && l.idle == idleHeld:
	case held || l.inlets > 0:
	default:
		l.deadlock()
		return false
	}
	return l.putDown(wakeAt, l.virtual && l.idle == idleHeld)
}

// putDown frees the baton, unless something has come meanwhile. wasHeld: a virtual clock waits for Release, which looks for a
// free baton; it may have looked before.
func (l *Loop) putDown(wakeAt Nanos, wasHeld bool) bool {
	if wakeAt < l.armed { // a later time keeps the earlier alarm
		l.armed = wakeAt
		l.alarm(wakeAt)
	}
	if !l.word.CompareAndSwap(nil, &l.idleMark) {
		return false
	}
	if wasHeld && l.holds.Load() == 0 && l.word.CompareAndSwap(&l.idleMark, nil) {
		return false
	}
	return true
}

// close refuses all input from now on and counts what is dropped.
func (l *Loop) close() {
	l.recordMark(EntryEnd)
	for n := l.word.Swap(&l.closedMark); n != nil; n = n.next {
		l.drop(n)
	}
	for ; l.carry != nil; l.carry = l.carry.next {
		l.drop(l.carry)
	}
	l.stats.Dropped += uint64(l.events.len() + len(l.direct) - l.directAt)
	l.cur = nil
	l.dead.Store(true)
	close(l.done)
}

func (l *Loop) drop(n *node) {
	if !n.tick {
		l.stats.Dropped++
	}
}

// kick is what a waker calls when its time has come: it takes the baton if that is free; a holder looks at the timers itself.
func (l *Loop) kick() {
	n := &node{tick: true}
	l.deliver(n, n, 1)
}
