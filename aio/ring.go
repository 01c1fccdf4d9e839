package aio

// ring is a FIFO that grows by doubling and never shrinks: its size is the most that ever waited in it.
type ring[T any] struct {
	buf        []T // length is 0 or a power of two
	head, tail uint
}

const ringMin = 64

func (r *ring[T]) len() int { return int(r.tail - r.head) }

func (r *ring[T]) push(v T) {
	if r.tail-r.head == uint(len(r.buf)) {
		r.grow()
	}
	r.buf[r.tail&uint(len(r.buf)-1)] = v
	r.tail++
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

// at is the i-th from the front.
func (r *ring[T]) at(i int) *T { return &r.buf[(r.head+uint(i))&uint(len(r.buf)-1)] }

func (r *ring[T]) grow() {
	bigger := make([]T, max(ringMin, 2*len(r.buf)))
	n := r.len()
	for i := range n {
		bigger[i] = *r.at(i)
	}
	r.buf, r.head, r.tail = bigger, 0, uint(n)
}
