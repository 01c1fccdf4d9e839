package aio

import "iter"

// Queue is FIFO between tasks; size 0 is a hand-over without buffer. An item goes straight into the hands of the task that
// waits longest, so nobody overtakes. A Get or Put that was cancelled while it waited neither took nor put anything.
type Queue[T any] struct {
	l       *Loop
	size    int
	items   ring[T]
	getters parties[T]
	putters parties[T]
	spare   *party[T] // free list: waiting allocates nothing in the steady state
	closed  bool
}

// party is one task waiting at a queue, with what it brings or gets.
type party[T any] struct {
	t          *task
	val        T
	served     bool
	prev, next *party[T]
}

// parties is a FIFO of them.
type parties[T any] struct{ first, last *party[T] }

// NewQueue makes a queue that holds size items.
func NewQueue[T any](l *Loop, size int) *Queue[T] { return &Queue[T]{l: l, size: max(size, 0)} }

// Put adds v, and waits for room, or, with size 0, for a taker. [ErrClosed] after Close.
func (q *Queue[T]) Put(co *Co, v T) error {
	t, err := co.enter()
	if err != nil {
		return err
	}
	if q.closed {
		return ErrClosed
	}
	if q.TryPut(v) {
		return nil
	}
	p := q.wait(&q.putters, t, v)
	t.await = awaitPut
	t.park(co.s)
	_, err = q.leave(&q.putters, p, co)
	return err
}

// Get takes the first item, and waits for one. [ErrClosed] after Close and the last item.
func (q *Queue[T]) Get(co *Co) (T, error) {
	var zero T
	t, err := co.enter()
	if err != nil {
		return zero, err
	}
	if v, ok := q.TryGet(); ok {
		return v, nil
	}
	if q.closed {
		return zero, ErrClosed
	}
	p := q.wait(&q.getters, t, zero)
	t.await = awaitGet
	t.park(co.s)
	return q.leave(&q.getters, p, co)
}

// TryPut adds v if there is room, or a task waiting for it.
func (q *Queue[T]) TryPut(v T) bool {
	if q.closed {
		return false
	}
	if p := q.getters.serve(q.l); p != nil {
		p.val = v
		return true
	}
	if q.items.len() >= q.size {
		return false
	}
	q.items.push(v)
	return true
}

// TryGet takes the first item if there is one, or a task waiting to put one.
func (q *Queue[T]) TryGet() (T, bool) {
	if q.items.len() > 0 {
		v := q.items.pop()
		if p := q.putters.serve(q.l); p != nil {
			q.items.push(p.val)
		}
		return v, true
	}
	if p := q.putters.serve(q.l); p != nil {
		return p.val, true
	}
	var zero T
	return zero, false
}

// Len is the number of items held.
func (q *Queue[T]) Len() int { return q.items.len() }

// Close ends the queue: waiting and later Puts fail with [ErrClosed]; Gets take what is left, then fail so too.
func (q *Queue[T]) Close() {
	q.closed = true
	for p := q.getters.first; p != nil; p = p.next {
		q.l.makeReady(p.t)
	}
	for p := q.putters.first; p != nil; p = p.next {
		q.l.makeReady(p.t)
	}
}

// Each ranges over the items until the queue is closed and empty, or the scope is cancelled; then the next await says which.
func (q *Queue[T]) Each(co *Co) iter.Seq[T] {
	return func(yield func(T) bool) {
		for {
			v, err := q.Get(co)
			if err != nil || !yield(v) {
				return
			}
		}
	}
}

// wait appends the task to the list.
func (q *Queue[T]) wait(ps *parties[T], t *task, v T) *party[T] {
	p := q.spare
	if p == nil {
		p = new(party[T])
	} else {
		q.spare = p.next
		p.next = nil
	}
	p.t, p.val = t, v
	p.prev = ps.last
	if ps.last != nil {
		ps.last.next = p
	} else {
		ps.first = p
	}
	ps.last = p
	return p
}

// leave ends a wait: served wins, then cancellation, then the close that else must have woken the task.
func (q *Queue[T]) leave(ps *parties[T], p *party[T], co *Co) (T, error) {
	v, served := p.val, p.served
	if !served {
		ps.remove(p)
	}
	*p = party[T]{next: q.spare}
	q.spare = p
	var zero T
	switch {
	case served:
		return v, nil
	case co.s.err != nil:
		return zero, co.s.err
	default:
		return zero, ErrClosed
	}
}

// serve takes the first that was not cancelled, and makes its task ready.
func (ps *parties[T]) serve(l *Loop) *party[T] {
	p := ps.first
	for p != nil && p.t.cut { // it removes itself when it runs
		p = p.next
	}
	if p != nil {
		ps.remove(p)
		p.served = true
		l.makeReady(p.t)
	}
	return p
}

func (ps *parties[T]) remove(p *party[T]) {
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		ps.first = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		ps.last = p.prev
	}
	p.prev, p.next = nil, nil
}
