package aio

import (
	"context"
	"fmt"
	"sync/atomic"
	"unsafe"
)

// Bridges to the goroutines outside. What passes over them is an inlet's payload where the run is recorded, which needs a Codec.

// Promise is a future that another goroutine settles: settle is for any goroutine, and counts once. Until then the loop is not
// deadlocked; a virtual clock goes on meanwhile, unless it is held.
//
// While the run is recorded or replayed it needs a codec (the first of codecs counts), or is refused: the future has failed with
// [ErrRecording] then.
func Promise[T any](l *Loop, name string, codecs ...Codec[T]) (f *Future[T], settle func(T, error)) {
	f = NewFuture[T](l)
	c := one(codecs)
	if l.logged() && c == nil {
		_ = f.Fail(fmt.Errorf("Promise %q: %w", name, ErrRecording))
		return f, func(T, error) {}
	}
	finish := func(v T, err error) {
		if err != nil {
			_ = f.Fail(err)
		} else {
			_ = f.Set(v)
		}
	}
	var in *Inlet
	in = NewInlet(l, name, func(b []byte) {
		in.Close()
		finish(c.unpack(b))
	})
	var settled atomic.Bool
	return f, func(v T, err error) {
		switch {
		case settled.Swap(true):
		case l.rec != nil:
			in.Post(c.pack(v, err))
		case l.rep == nil:
			l.post(&node{fn: func() {
				in.Close()
				finish(v, err)
			}})
		}
	}
}

// Submit runs fn as a task of l from any goroutine outside, and blocks that goroutine for the result. Where ctx ends first, the task
// is cancelled, and Submit returns what it then does. [ErrClosed] where the loop is closed. A loop with nothing else to do is
// deadlocked unless something is open from which a Submit could come: an [Inlet], or a [Loop.Hold]. [ErrRecording] while the
// run is recorded or replayed.
func Submit[T any](ctx context.Context, l *Loop, fn func(*Co) (T, error)) (T, error) {
	var zero T
	if l.logged() {
		return zero, fmt.Errorf("Submit: %w", ErrRecording)
	}
	if err := ctx.Err(); err != nil {
		return zero, context.Cause(ctx)
	}
	t := newTask[T](&l.rootGroup, "submitted")
	done := make(chan struct{})
	start := func() {
		l.adopt(&t.head, t, fn, nil, entryPC(unsafe.Pointer(&fn)))
		t.end.watch(&hook{fn: func() { close(done) }})
	}
	if !l.post(&node{fn: start}) {
		return zero, ErrClosed
	}
	select {
	case <-done:
		return t.val, t.end.err()
	case <-ctx.Done():
		l.post(&node{fn: func() { t.cancel(context.Cause(ctx)) }})
	case <-l.done:
	}
	select {
	case <-done:
		return t.val, t.end.err()
	case <-l.done:
	}
	select {
	case <-done: // just before the end
		return t.val, t.end.err()
	default:
		return zero, ErrClosed
	}
}

// FromChan makes a queue of size items that one goroutine feeds from ch, and that is closed when ch is. The goroutine takes no
// more than the queue and one more can hold. It ends with Run.
//
// While the run is recorded or replayed it needs a codec (the first of codecs counts), or is refused: the queue is closed then,
// and Get returns [ErrRecording]. A replay does not read ch.
func FromChan[T any](l *Loop, name string, ch <-chan T, size int, codecs ...Codec[T]) *Queue[T] {
	q := NewQueue[T](l, size)
	c := one(codecs)
	if l.logged() && c == nil {
		q.why = fmt.Errorf("FromChan %q: %w", name, ErrRecording)
		q.Close()
		return q
	}
	hand := NewQueue[T](l, 1) // what has come in, and waits for room in q
	room := make(chan struct{}, 1)
	var in *Inlet
	ended := func() {
		in.Close()
		hand.Close()
	}
	in = NewInlet(l, name, func(b []byte) {
		if len(b) == 0 {
			ended()
			return
		}
		if v, err := c.unpack(b); err == nil {
			hand.TryPut(v)
		}
	})
	send := func(v T) { l.post(&node{fn: func() { hand.TryPut(v) }}) }
	end := func() { l.post(&node{fn: ended}) }
	if l.rec != nil {
		send = func(v T) { in.Post(c.pack(v, nil)) }
		end = func() { in.Post(nil) }
	}
	root := Co{t: l.main, g: &l.rootGroup}
	Start(&root, name, func(co *Co) error {
		defer q.Close()
		for v := range hand.Each(co) {
			if err := q.Put(co, v); err != nil {
				return nil // the queue was closed, or Run ends
			}
			select {
			case room <- struct{}{}:
			default: // a replay has no feeder
			}
		}
		return nil
	})
	if l.rep == nil {
		l.Spawn(func() { feed(l, ch, room, send, end) })
	}
	return q
}

// feed takes from ch, one item at a time, until it or the loop is closed.
func feed[T any](l *Loop, ch <-chan T, room <-chan struct{}, send func(T), end func()) {
	for {
		select {
		case v, ok := <-ch:
			if !ok {
				end()
				return
			}
			send(v)
		case <-l.done:
			return
		}
		select {
		case <-room:
		case <-l.done:
			return
		}
	}
}

// ToChan gives a channel of q's items for goroutines outside. It is closed when q is closed and empty, and at the end of Run. A
// task of Run's own takes an item only when the one before was received, so q still bounds what is under way. A replay takes the
// items when the recording did, and sends none.
func ToChan[T any](co *Co, q *Queue[T]) <-chan T {
	l := co.t.l
	out := make(chan T)
	hand := make(chan T, 1) // of the two goroutines: at most one item, so that the loop never blocks
	var received Waiter
	in := NewInlet(l, "channel", func([]byte) { received.Wake() })
	if l.rep == nil {
		l.Spawn(func() { drain(l, hand, out, in) })
	} else {
		close(out)
	}
	root := Co{t: co.t, g: &l.rootGroup, id: co.id}
	Start(&root, "to channel", func(co *Co) error {
		defer in.Close()
		defer close(hand)
		for v := range q.Each(co) {
			if l.rep == nil {
				hand <- v
			}
			if received.Wait(co) != nil {
				break
			}
		}
		return nil
	})
	return out
}

// drain sends what the loop hands over, and says when it was received.
func drain[T any](l *Loop, hand <-chan T, out chan<- T, in *Inlet) {
	defer close(out)
	for v := range hand {
		select {
		case out <- v:
			in.Post(nil)
		case <-l.done:
			return
		}
	}
}
