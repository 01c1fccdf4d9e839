package aio

// Class orders what is due at the same time: market data, then timers, then responses; within a class by arrival.
type Class uint8

// The classes.
const (
	ClassMarket   Class = iota // market data
	ClassTimer                 // sleeps, timeouts, CallLater
	ClassResponse              // answers of a venue
)

// Timer is a reusable callback at a time; arming allocates nothing. Equal times fire by class, then in order of arming.
type Timer struct {
	l     *Loop
	class Class
	what  uint32 // its name, by Label
	when  Nanos
	idx   int  // place in the heap plus one; 0: not in it
	due   bool // fired: its callback is in the ready queue

	fn    func() // one of these three is set
	task  *task  // a sleeper
	scope *Scope // a deadline

	run func() // what the ready queue gets
}

// NewTimer makes an unarmed timer whose callback runs on the loop.
func NewTimer(l *Loop, c Class, fn func()) *Timer {
	t := &Timer{l: l, class: c, fn: fn}
	t.run = func() {
		if t.due { // not stopped or armed again meanwhile
			t.due = false
			if t.l.observer != nil {
				t.l.fires(t)
			}
			t.fn()
		}
	}
	return t
}

// Arm sets the time at which the callback runs, and replaces an earlier one. A time that is past fires on the next pass, or,
// with a virtual clock, when nothing is ready.
func (t *Timer) Arm(when Nanos) {
	t.due = false
	l := t.l
	if t.idx > 0 {
		l.timers.remove(t)
	}
	t.when = when
	if when == Never {
		return
	}
	l.timerSeq++
	l.timers.insert(slot{when: when, order: uint64(t.class)<<56 | l.timerSeq, t: t})
	if when < l.until { // the driver must not go past it
		l.rearmed = true
	}
}

// Stop disarms the timer; true: its callback will not run, which it would have.
func (t *Timer) Stop() bool {
	was := t.due
	t.due = false
	if t.idx > 0 {
		t.l.timers.remove(t)
		return true
	}
	return was
}

// When is the time it is armed for, Never where it is not armed.
func (t *Timer) When() Nanos {
	if t.idx == 0 {
		return Never
	}
	return t.when
}

// fire makes ready whatever waits for a timer due at or before now, in order.
func (l *Loop) fire(now Nanos) {
	if l.observer != nil {
		l.between(nameTimer)
	}
	for len(l.timers) > 0 && l.timers[0].when <= now {
		t := l.timers[0].t
		l.timers.remove(t)
		switch {
		case t.task != nil:
			l.makeReady(t.task)
		case t.scope != nil:
			t.scope.expire()
		default:
			t.due = true
			l.ready.push(handle{fn: t.run})
		}
	}
}

// slot is one entry of the heap: the key lies in it, so that comparing touches no timer.
type slot struct {
	when  Nanos
	order uint64 // class, then sequence
	t     *Timer
}

func (a slot) before(b slot) bool {
	return a.when < b.when || a.when == b.when && a.order < b.order
}

// timerHeap is a 4-ary heap with eager removal.
type timerHeap []slot

// next is the earliest time, Never where there is none.
func (h timerHeap) next() Nanos {
	if len(h) == 0 {
		return Never
	}
	return h[0].when
}

func (h *timerHeap) insert(s slot) {
	*h = append(*h, s)
	h.up(len(*h)-1, s)
}

func (h *timerHeap) remove(t *Timer) {
	i, n := t.idx-1, len(*h)-1
	t.idx = 0
	last := (*h)[n]
	(*h)[n] = slot{}
	*h = (*h)[:n]
	if i == n {
		return
	}
	if i > 0 && last.before((*h)[(i-1)/4]) {
		h.up(i, last)
	} else {
		h.down(i, last)
	}
}

// up places s at i or above.
func (h timerHeap) up(i int, s slot) {
	for i > 0 {
		p := (i - 1) / 4
		if !s.before(h[p]) {
			break
		}
		h.set(i, h[p])
		i = p
	}
	h.set(i, s)
}

// down places s at i or below.
func (h timerHeap) down(i int, s slot) {
	for {
		first := 4*i + 1
		if first >= len(h) {
			break
		}
		least := first
		for k := first + 1; k < min(first+4, len(h)); k++ {
			if h[k].before(h[least]) {
				least = k
			}
		}
		if !h[least].before(s) {
			break
		}
		h.set(i, h[least])
		i = least
	}
	h.set(i, s)
}

func (h timerHeap) set(i int, s slot) {
	h[i] = s
	s.t.idx = i + 1
}
