package ui

import "iter"

// ring keeps the newest of what was pushed, up to its size. Its memory is taken as it fills.
type ring[T any] struct {
	buf  []T
	size int
	next int // where the oldest stands once it is full
	all  int // pushed, ever
}

func newRing[T any](size int) ring[T] { return ring[T]{size: size} }

// push appends v, instead of the oldest where it is full, and gives its place until the next push.
func (r *ring[T]) push(v T) *T {
	r.all++
	if len(r.buf) < r.size {
		r.buf = append(r.buf, v)
		return &r.buf[len(r.buf)-1]
	}
	p := &r.buf[r.next]
	*p = v
	r.next = (r.next + 1) % r.size
	return p
}

func (r *ring[T]) len() int { return len(r.buf) }

// at is item i, from the oldest.
func (r *ring[T]) at(i int) *T { return &r.buf[(r.next+i)%len(r.buf)] }

// last is the newest, nil for none.
func (r *ring[T]) last() *T {
	if len(r.buf) == 0 {
		return nil
	}
	return r.at(len(r.buf) - 1)
}

// newest goes through the newest n, the oldest of them first.
func (r *ring[T]) newest(n int) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for i := max(0, len(r.buf)-n); i < len(r.buf); i++ {
			if !yield(r.at(i)) {
				return
			}
		}
	}
}

// list copies the newest n.
func (r *ring[T]) list(n int) []T {
	n = min(n, len(r.buf))
	out := make([]T, 0, n)
	if n == 0 {
		return out
	}
	first := r.buf[(r.next+len(r.buf)-n)%len(r.buf):] // two pieces: the loop waits meanwhile
	first = first[:min(n, len(first))]
	return append(append(out, first...), r.buf[:n-len(first)]...)
}
