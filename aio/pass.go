package aio

// A pass runs exactly the handles that were ready when it began. Between passes the loop takes what came from outside, looks
// at the clock, and, with a virtual clock and nothing ready, moves it.

// readEveryMax is the number of handles after which a busy real loop reads the clock, at most.
const readEveryMax = 64

// idleReason says why a virtual clock could not move.
type idleReason uint8

const (
	idleEmpty idleReason = iota // no timer, and the driver has nothing
	idleHeld                    // messages are in flight
	idlePaced                   // wall time has not come so far
)

// pop takes the next handle. false: nothing is ready, or the baton has to be given away.
func (l *Loop) pop() (handle, bool) {
	if l.probing {
		l.endProbe()
	}
	if l.left == 0 {
		n := l.ready.len()
		l.sinceRead += n
		if n > 0 && !l.alert && l.sinceRead < l.readEvery && l.word.Load() == nil {
			l.left = n // nothing to do between the passes
			l.stats.Passes++
		} else if !l.nextPass() {
			return handle{}, false
		}
	} else if l.deadline != 0 && l.tired() {
		return handle{}, false
	}
	l.left--
	l.stats.Handles++
	h := l.ready.pop()
	if l.stats.Handles >= l.probeAt {
		l.beginProbe(h)
	}
	return h, true
}

// alone makes the pass that a Yield asks for where the task that runs is all there would be in it, and nothing is to be done
// between passes. It counts like any other.
func (l *Loop) alone() bool {
	if l.ready.len() > 0 || l.alert || l.cur.eager || l.sinceRead+1 >= l.readEvery || l.word.Load() != nil {
		return false
	}
	l.sinceRead++
	l.stats.Passes++
	l.stats.Handles++
	return true
}

// tired checks the budget of a leading reader inside a pass, each 16 handles: the next holder finishes the pass.
func (l *Loop) tired() bool {
	if !l.overrun && l.stats.Handles&15 == 0 {
		l.spend(l.wall())
	}
	return l.overrun
}

// spend compares the budget with the wall time.
func (l *Loop) spend(now Nanos) {
	switch {
	case l.deadline == -1: // so that a short visit reads no clock for it
		l.deadline = now + Nanos(readerMax)
	case l.deadline != 0 && now > l.deadline:
		l.overrun = true
	}
}

// nextPass begins a pass. false: nothing is ready, or the budget is over.
func (l *Loop) nextPass() bool {
	if l.rep != nil {
		return l.nextReplayed()
	}
	for {
		if l.overrun || l.finished() {
			return false
		}
		taken := l.take()
		took, moved := taken > 0, false
		l.alert = l.carry != nil || l.directAt < len(l.direct) || l.deadline != 0 || l.ending
		if l.virtual {
			l.sinceRead = 0
			if l.deadline != 0 && l.stats.Passes&15 == 0 {
				l.spend(l.wall())
			}
		} else {
			moved = l.readClock(took)
		}
		if l.rec != nil {
			l.recordPass(taken, moved)
		}
		if n := l.ready.len(); n > 0 {
			l.left = n
			l.stats.Passes++
			return !l.overrun
		}
		if l.carry == nil && !(l.virtual && l.advance()) {
			return false
		}
	}
}

// readClock moves visible time if something was taken, a timer is due, or it is too old; it says whether it did.
func (l *Loop) readClock(took bool) (moved bool) {
	n := l.ready.len()
	switch {
	case took:
	case n > 0 && l.sinceRead < l.readEvery:
		return false
	case n == 0 && len(l.timers) == 0:
		return false
	}
	l.sinceRead = 0
	wall := l.wall()
	l.adaptReads(wall)
	now := l.baseUnix + wall
	if l.timers.next() <= now {
		l.fire(now)
		took = true
	}
	if took || now-l.now > Nanos(staleMax) {
		l.now, moved = now, true
	}
	if l.armed <= wall {
		l.armed = Never
	}
	if l.ready.len() > 0 {
		l.spend(wall)
	}
	return moved
}

// adaptReads sets the number of handles between clock reads so that at the present length of steps a read comes each half of
// staleMax.
func (l *Loop) adaptReads(wall Nanos) {
	since := max(wall-l.lastRead, 1)
	fit := Nanos(l.readEvery) * Nanos(staleMax/2) / since
	l.readEvery = int(min(max(fit, 1), Nanos(2*l.readEvery), readEveryMax))
	l.lastRead = wall
}

// advance moves the virtual clock: to the driver's next delivery or to the next timer. false: it cannot.
func (l *Loop) advance() bool {
	if l.rep == nil && l.holds.Load() > 0 {
		l.idle = idleHeld
		return false
	}
	if l.rep == nil && l.word.Load() != nil { // looked at after holds: what was released had been put into the inbox before
		return true
	}
	if l.driver != nil && l.moveMarket() {
		return true
	}
	next := l.timers.next()
	if next == Never {
		l.idle = idleEmpty
		return false
	}
	if l.pace != nil && !l.pace.allows(next, l.wall) {
		l.idle = idlePaced
		return false
	}
	l.now = max(l.now, next)
	l.fire(l.now)
	return true
}

// moveMarket lets the driver run to the next timer. true: something is ready, or there is an earlier timer now.
func (l *Loop) moveMarket() (found bool) {
	l.cur = nil
	returned := false
	defer func() {
		l.until, l.rearmed = -Never, false
		if returned {
			return
		}
		found = true
		if v := recover(); v != nil {
			_ = l.fail(v)
		} else {
			l.goexit = true
			l.end(errGoexit)
		}
	}()
	l.until = l.timers.next()
	if l.observer != nil {
		l.between(nameDriver)
	}
	found = l.driver.Run(l.until) || l.Ready()
	returned = true
	return found
}
