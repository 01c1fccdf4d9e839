package aio

// Waiter lets other rooms build their own awaitables: at most one task waits, Wake is remembered until Wait takes it.
// The zero value is ready. Neither allocates.
type Waiter struct {
	t     *task
	woken bool
	what  uint32 // what it stands for, by Label
}

// Wait returns nil after a Wake; a pending Wake wins over cancellation.
func (w *Waiter) Wait(co *Co) error {
	if w.woken && co.runs() {
		w.woken = false
		return nil
	}
	t, err := co.enter()
	if err != nil {
		return err
	}
	if w.t != nil {
		panic("aio: two tasks wait on one Waiter")
	}
	w.t = t
	t.await, t.what = awaitWake, w.what
	t.park(co.s)
	w.t = nil
	if w.woken {
		w.woken = false
		return nil
	}
	return co.s.err
}

// Wake makes the waiting task ready, or lets the next Wait return at once. Call it on the loop.
func (w *Waiter) Wake() {
	w.woken = true
	if t := w.t; t != nil {
		t.l.makeReady(t)
	}
}

// len counts them.
func (w *waitList) len() int {
	n := 0
	for t := w.first; t != nil; t = t.next {
		n++
	}
	return n
}

// waitList is a FIFO of parked tasks. Its links lie in the tasks: a task waits for one thing at a time.
type waitList struct{ first, last *task }

func (w *waitList) add(t *task) {
	t.in, t.prev, t.next = w, w.last, nil
	if w.last != nil {
		w.last.next = t
	} else {
		w.first = t
	}
	w.last = t
}

func (w *waitList) remove(t *task) {
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		w.first = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	} else {
		w.last = t.prev
	}
	t.in, t.prev, t.next = nil, nil, nil
}

// wakeAll makes every waiting task ready, in order.
func (w *waitList) wakeAll() {
	for w.first != nil {
		w.wakeFirst()
	}
}

// wakeFirst makes the first waiting task ready and returns it.
func (w *waitList) wakeFirst() *task {
	t := w.first
	if t != nil {
		w.remove(t)
		t.l.makeReady(t)
	}
	return t
}
