package aio

import "iter"

// Queue is FIFO between tasks; size 0 is a hand-over without buffer. An item goes straight into the hands of the task that
// waits longest, so nobody overtakes. A Get or Put that was cancelled while it waited neither took nor put anything.
// [NewPriorityQueue] and [NewLIFOQueue] give the items in another order; the tasks that wait are served in theirs all the same.
type Queue[T any] struct {
	l          *Loop
	size       int
	items      store[T]
	getters    parties[T]
	putters    parties[T]
	spare      *party[T] // free list: waiting allocates nothing in the steady state
	closed     bool
	why        error    // what Get and Put say then, where it is not ErrClosed
	unfinished int      // items that were put, less calls of TaskDone
	joiners    waitList // in Join
}

// party is one task waiting at a queue, with what it brings or gets.
type party[T any] struct {
	t          *task
	sel        *selection // of a Select: only one of its parties may be served
	val        T
	served     bool
	gone       bool // the queue was closed
	prev, next *party[T]
}

// parties is a FIFO of them.
type parties[T any] struct{ first, last *party[T] }

// NewQueue makes a queue that holds size items.
func NewQueue[T any](l *Loop, size int) *Queue[T] { return &Queue[T]{l: l, size: max(size, 0)} }

// NewPriorityQueue makes a queue that gives the least item first, and of equal ones the one that was put first. It holds at
// least one.
func NewPriorityQueue[T any](l *Loop, size int, less func(a, b T) bool) *Queue[T] {
	q := NewQueue[T](l, max(size, 1))
	q.items.less = less
	return q
}

// NewLIFOQueue makes a queue that gives the item put last first. It holds at least one.
func NewLIFOQueue[T any](l *Loop, size int) *Queue[T] {
	q := NewQueue[T](l, max(size, 1))
	q.items.lifo = true
	return q
}

// Put adds v, and waits for room, or, with size 0, for a taker. [ErrClosed] after Close.
func (q *Queue[T]) Put(co *Co, v T) error {
	t, err := q.enter(co)
	if err != nil {
		return err
	}
	if q.closed {
		return q.ended()
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
	t, err := q.enter(co)
	if err != nil {
		return zero, err
	}
	if v, ok := q.TryGet(); ok {
		return v, nil
	}
	if q.closed {
		return zero, q.ended()
	}
	p := q.wait(&q.getters, t, zero)
	t.await = awaitGet
	t.park(co.s)
	return q.leave(&q.getters, p, co)
}

func (q *Queue[T]) enter(co *Co) (*task, error) {
	if q.l != co.t.l {
		return nil, ErrWrongLoop
	}
	return co.enter()
}

// TryPut adds v if there is room, or a task waiting for it.
func (q *Queue[T]) TryPut(v T) bool {
	q.l.onLoop()
	if q.closed {
		return false
	}
	if p := q.getters.serve(q.l); p != nil {
		p.val = v
		q.unfinished++
		return true
	}
	if q.items.len() >= q.size {
		return false
	}
	q.items.push(v)
	q.unfinished++
	return true
}

// TryGet takes the first item if there is one, or a task waiting to put one.
func (q *Queue[T]) TryGet() (T, bool) {
	q.l.onLoop()
	if q.items.len() > 0 {
		v := q.items.pop()
		if p := q.putters.serve(q.l); p != nil {
			q.items.push(p.val)
			q.unfinished++
		}
		return v, true
	}
	if p := q.putters.serve(q.l); p != nil {
		q.unfinished++
		return p.val, true
	}
	var zero T
	return zero, false
}

// Len is the number of items held.
func (q *Queue[T]) Len() int { return q.items.len() }

// Size is the number of items that it holds at most.
func (q *Queue[T]) Size() int { return q.size }

// Closed says whether Close was called.
func (q *Queue[T]) Closed() bool { return q.closed }

// Close ends the queue: waiting and later Puts fail with [ErrClosed]; Gets take what is left, then fail so too. Closing twice
// is fine.
func (q *Queue[T]) Close() {
	q.l.onLoop()
	q.closed = true
	q.getters.dismiss(q.l)
	q.putters.dismiss(q.l)
}

func (q *Queue[T]) ended() error {
	if q.why != nil {
		return q.why
	}
	return ErrClosed
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

// TaskDone says that the work on one item is done; it is for who uses Join. It panics where it is called more often than items
// were put.
func (q *Queue[T]) TaskDone() {
	q.l.onLoop()
	if q.unfinished == 0 {
		panic(&stateError{"aio: TaskDone more often than Put"})
	}
	if q.unfinished--; q.unfinished == 0 {
		q.joiners.wakeAll()
	}
}

// Join waits until TaskDone was called for every item that was put.
func (q *Queue[T]) Join(co *Co) error {
	if q.l != co.t.l {
		return ErrWrongLoop
	}
	if q.unfinished == 0 && co.runs() {
		return nil
	}
	return waitIn(&q.joiners, co, awaitJoin)
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
	v, served := q.release(ps, p)
	switch {
	case served:
		return v, nil
	case co.s.err != nil:
		return v, co.s.err
	default:
		return v, q.ended()
	}
}

// release gives p back, with what it got if it was served.
func (q *Queue[T]) release(ps *parties[T], p *party[T]) (v T, served bool) {
	if served = p.served; served {
		v = p.val
	} else if !p.gone {
		ps.remove(p)
	}
	*p = party[T]{next: q.spare}
	q.spare = p
	return v, served
}

// serve takes the first that was not cancelled, and makes its task ready.
func (ps *parties[T]) serve(l *Loop) *party[T] {
	p := ps.first
	for p != nil && (p.t.cut || p.sel != nil && p.sel.decided) { // it removes itself when it runs
		p = p.next
	}
	if p != nil {
		ps.remove(p)
		p.served = true
		if p.sel != nil {
			p.sel.decided = true
		}
		l.makeReady(p.t)
	}
	return p
}

// dismiss sends all away, unserved.
func (ps *parties[T]) dismiss(l *Loop) {
	for p := ps.first; p != nil; p = p.next {
		p.gone = true
		l.makeReady(p.t)
	}
	ps.first, ps.last = nil, nil
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

// store holds the items of a queue in the order in which it gives them.
type store[T any] struct {
	fifo ring[T]
	lifo bool
	less func(a, b T) bool // instead of fifo: a heap
	heap []ranked[T]
	seq  uint64
}

// ranked is an item with its place among equals.
type ranked[T any] struct {
	v   T
	seq uint64
}

func (s *store[T]) len() int {
	return s.fifo.len() + len(s.heap) // one of them is in use
}

func (s *store[T]) push(v T) {
	if s.less == nil {
		s.fifo.push(v)
	} else {
		s.rank(v)
	}
}

// rank puts v into the heap.
func (s *store[T]) rank(v T) {
	s.seq++
	s.heap = append(s.heap, ranked[T]{v, s.seq})
	for i := len(s.heap) - 1; i > 0; {
		p := (i - 1) / 2
		if !s.before(i, p) {
			break
		}
		s.heap[i], s.heap[p] = s.heap[p], s.heap[i]
		i = p
	}
}

func (s *store[T]) pop() T {
	if s.less == nil && !s.lifo {
		return s.fifo.pop()
	}
	if s.lifo {
		return s.fifo.popBack()
	}
	return s.popLeast()
}

func (s *store[T]) popLeast() T {
	h := s.heap
	v, last := h[0].v, len(h)-1
	h[0], h[last] = h[last], ranked[T]{}
	s.heap = h[:last]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < last; c++ {
			if s.before(c, least) {
				least = c
			}
		}
		if least == i {
			return v
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

func (s *store[T]) before(i, j int) bool {
	a, b := &s.heap[i], &s.heap[j]
	if s.less(a.v, b.v) {
		return true
	}
	return a.seq < b.seq && !s.less(b.v, a.v)
}
