package local

import "fmt"

// MaxInFlight bounds what travels one way at one time.
const MaxInFlight = 1 << 16

// ring is a queue that grows to its bound.
type ring[T any] struct {
	buf        []T
	head, tail uint
}

func (r *ring[T]) len() int { return int(r.tail - r.head) }

// push gives the place of a new last element.
func (r *ring[T]) push() *T {
	if r.len() == len(r.buf) {
		r.grow()
	}
	p := &r.buf[r.tail&uint(len(r.buf)-1)]
	r.tail++
	return p
}

func (r *ring[T]) grow() {
	if len(r.buf) >= MaxInFlight {
		panic(fmt.Sprintf("exchange/local: %d messages are under way in one direction and none arrives", MaxInFlight))
	}
	buf := make([]T, max(2*len(r.buf), 64))
	n := uint(r.len())
	for i := range n {
		buf[i] = r.buf[(r.head+i)&uint(len(r.buf)-1)]
	}
	r.buf, r.head, r.tail = buf, 0, n
}

// first is the oldest element; there must be one.
func (r *ring[T]) first() *T { return &r.buf[r.head&uint(len(r.buf)-1)] }

// drop takes the oldest element away. What it points to is let go of.
func (r *ring[T]) drop() {
	var zero T
	*r.first() = zero
	r.head++
}

// all gives each element, oldest first.
func (r *ring[T]) all(yield func(*T) bool) {
	for i := r.head; i != r.tail; i++ {
		if !yield(&r.buf[i&uint(len(r.buf)-1)]) {
			return
		}
	}
}
