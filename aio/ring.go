package aio

// ring is a FIFO that grows by doubling and never shrinks: its size is the most that ever waited in it. head and tail only
// count up (but for pushFront), so the number that push gives stays that of the entry.
type ring[T any] struct {
	buf        []T // length is 0 or a power of two
	head, tail uint
}

const ringMin = 64

func (r *ring[T]) len() int { return int(r.tail - r.head) }

// push appends v and gives its number.
func (r *ring[T]) push(v T) uint {
	if r.tail-r.head == uint(len(r.buf)) {
		r.grow()
	}
	n := r.tail
	r.buf[n&uint(len(r.buf)-1)] = v
	r.tail++
	return n
}

// pushFront puts v before the first.
func (r *ring[T]) pushFront(v T) {
	if r.tail-r.head == uint(len(r.buf)) {
		r.grow()
	}
	r.head--
	r.buf[r.head&uint(len(r.buf)-1)] = v
}

// pop takes the first; the ring must not be empty.
func (r *ring[T]) pop() T {
	p := &r.buf[r.head&uint(len(r.buf)-1)]
	v := *p
	var zero T
	*p = zero // the ring must not keep what it gave away alive
	r.head++
	return v
}

// popBack takes the last; the ring must not be empty.
func (r *ring[T]) popBack() T {
	r.tail--
	p := &r.buf[r.tail&uint(len(r.buf)-1)]
	v := *p
	var zero T
	*p = zero
	return v
}

// at is the i-th from the front.
func (r *ring[T]) at(i int) *T { return &r.buf[(r.head+uint(i))&uint(len(r.buf)-1)] }

// entry is the one with number n, nil when it has left.
func (r *ring[T]) entry(n uint) *T {
	if n-r.head >= r.tail-r.head {
		return nil
	}
	return &r.buf[n&uint(len(r.buf)-1)]
}

func (r *ring[T]) grow() {
	bigger := make([]T, max(ringMin, 2*len(r.buf)))
	for n := r.head; n != r.tail; n++ {
		bigger[n&uint(len(bigger)-1)] = r.buf[n&uint(len(r.buf)-1)]
	}
	r.buf = bigger
}
