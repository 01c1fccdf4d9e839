package aio

// What tasks share needs no lock as long as nobody awaits in between. These are for when somebody does. All serve tasks in the
// order in which they came: nobody overtakes, and what is given to a task is its own also if it is cancelled before it runs.

// Event is a flag that tasks wait for.
type Event struct {
	l       *Loop
	set     bool
	waiting waitList
}

// NewEvent makes an event that is not set.
func NewEvent(l *Loop) *Event { return &Event{l: l} }

// Set lets through who waits now, and who comes until Clear.
func (e *Event) Set() {
	e.l.onLoop()
	e.set = true
	e.waiting.wakeAll()
}

// Clear makes later Waits wait; those that Set has let through go on.
func (e *Event) Clear() { e.set = false }

// IsSet says whether it is set.
func (e *Event) IsSet() bool { return e.set }

// Wait returns once the event is set; at once, also in a cancelled scope, if it is.
func (e *Event) Wait(co *Co) error {
	if e.l != co.t.l {
		return ErrWrongLoop
	}
	if e.set && co.runs() {
		return nil
	}
	return waitIn(&e.waiting, co, awaitEvent)
}

// Lock keeps tasks apart across awaits. Unlock hands it to the task that waits longest.
type Lock struct {
	l       *Loop
	held    bool
	owner   *head // who got it
	waiting waitList
}

// NewLock makes a lock that is free.
func NewLock(l *Loop) *Lock { return &Lock{l: l} }

// Lock waits for the lock. After an error the task does not hold it.
func (m *Lock) Lock(co *Co) error {
	if m.l != co.t.l {
		return ErrWrongLoop
	}
	t, err := co.enter()
	if err != nil {
		return err
	}
	if !m.held {
		m.held, m.owner = true, t.h
		return nil
	}
	t.joining = m.owner
	err = waitIn(&m.waiting, co, awaitLock)
	t.joining = nil
	return err
}

// TryLock takes the lock if it is free.
func (m *Lock) TryLock() bool {
	m.l.onLoop()
	if m.held {
		return false
	}
	m.held = true
	if m.l.cur != nil {
		m.owner = m.l.cur.h
	}
	return true
}

// Unlock gives the lock to the next; any task may call it. It panics if the lock is free.
func (m *Lock) Unlock() {
	m.l.onLoop()
	if !m.held {
		panic(&stateError{"aio: Unlock of a free Lock"})
	}
	m.owner = nil
	if t := m.waiting.wakeFirst(); t != nil {
		m.owner = t.h // it is its own from now on
		for w := m.waiting.first; w != nil; w = w.next {
			w.joining = t.h
		}
		return
	}
	m.held = false
}

// Locked says whether a task holds it.
func (m *Lock) Locked() bool { return m.held }

// retake waits for the lock whatever happens.
func (m *Lock) retake(t *task) {
	if !m.held {
		m.held, m.owner = true, t.h
		return
	}
	t.joining = m.owner
	m.waiting.add(t)
	t.await = awaitLock
	t.park(nil)
	t.joining = nil
}

// Semaphore lets a number of tasks in at one time. Release hands the permit to the task that waits longest.
type Semaphore struct {
	l       *Loop
	free    int
	most    int // of a bounded one; 0: any number
	waiting waitList
}

// NewSemaphore makes one with n permits, which Release may add to.
func NewSemaphore(l *Loop, n int) *Semaphore { return &Semaphore{l: l, free: max(n, 0)} }

// NewBoundedSemaphore makes one that never has more than n permits.
func NewBoundedSemaphore(l *Loop, n int) *Semaphore {
	n = max(n, 1)
	return &Semaphore{l: l, free: n, most: n}
}

// Acquire waits for a permit. After an error the task has none.
func (s *Semaphore) Acquire(co *Co) error {
	if s.l != co.t.l {
		return ErrWrongLoop
	}
	if _, err := co.enter(); err != nil {
		return err
	}
	if s.free > 0 {
		s.free--
		return nil
	}
	return waitIn(&s.waiting, co, awaitSemaphore)
}

// TryAcquire takes a permit if there is one.
func (s *Semaphore) TryAcquire() bool {
	s.l.onLoop()
	if s.free == 0 {
		return false
	}
	s.free--
	return true
}

// Release gives a permit back. Of a bounded semaphore that has them all, it panics.
func (s *Semaphore) Release() {
	s.l.onLoop()
	if s.most > 0 && s.free == s.most {
		panic(&stateError{"aio: Release of a bounded Semaphore more often than Acquire"})
	}
	if s.waiting.wakeFirst() == nil {
		s.free++
	}
}

// Free is the number of permits that nobody has.
func (s *Semaphore) Free() int { return s.free }

// Cond lets a task that holds a lock wait until another says that something has changed.
type Cond struct {
	m       *Lock
	waiting waitList
}

// NewCond makes a condition under m.
func NewCond(m *Lock) *Cond { return &Cond{m: m} }

// Wait gives the lock away, waits for a Notify, and takes the lock again before it returns, also when it returns an error. It
// panics if the lock is free.
func (v *Cond) Wait(co *Co) error {
	if v.m.l != co.t.l {
		return ErrWrongLoop
	}
	if !v.m.held {
		panic(&stateError{"aio: Wait on a Cond without its Lock"})
	}
	t, err := co.enter()
	if err != nil {
		return err
	}
	v.m.Unlock()
	err = waitIn(&v.waiting, co, awaitCond)
	v.m.retake(t)
	return err
}

// WaitFor waits until ok says so; it asks first, and after each Notify, with the lock held.
func (v *Cond) WaitFor(co *Co, ok func() bool) error {
	for !ok() {
		if err := v.Wait(co); err != nil {
			return err
		}
	}
	return nil
}

// Notify wakes at most n of those that wait. It panics if the lock is free.
func (v *Cond) Notify(n int) {
	v.m.l.onLoop()
	if !v.m.held {
		panic(&stateError{"aio: Notify of a Cond without its Lock"})
	}
	for ; n > 0 && v.waiting.wakeFirst() != nil; n-- {
	}
}

// NotifyAll wakes all that wait.
func (v *Cond) NotifyAll() { v.Notify(v.waiting.len()) }
