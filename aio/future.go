package aio

import "fmt"

// Future is a box for a value that somebody will put in once, on the loop. Any number of tasks may await it, before and after.
// From another goroutine use [Promise].
type Future[T any] struct {
	l     *Loop
	val   T
	end   doneList
	state futureState
}

type futureState uint8

const (
	futurePending futureState = iota
	futureSet
	futureFailed
	futureCut
)

// NewFuture makes a future that is not done.
func NewFuture[T any](l *Loop) *Future[T] {
	f := &Future[T]{l: l}
	if l.debug != nil {
		f.end.extra().site = newSite()
	}
	return f
}

// Set gives the future its value; [ErrDone] if it is done already.
func (f *Future[T]) Set(v T) error {
	if f.state != futurePending {
		return ErrDone
	}
	f.l.onLoop()
	f.val = v
	f.finish(futureSet)
	return nil
}

// SetIfPending is Set where being late is no error: it says whether the value was taken.
func (f *Future[T]) SetIfPending(v T) bool { return f.Set(v) == nil }

// Fail gives the future an error instead of a value; [ErrDone] if it is done already. An error that nobody reads is reported
// at the end.
func (f *Future[T]) Fail(err error) error {
	if f.state != futurePending {
		return ErrDone
	}
	f.l.onLoop()
	f.end.fail(err)
	if !f.end.expected() {
		f.l.unreadFuture(&f.end, f.what(), err)
	}
	f.finish(futureFailed)
	return nil
}

// Cancel ends the future with an error that is [ErrFutureCancelled], [ErrCancelled] and cause; false if it is done already.
// The tasks that await it are not cancelled: they get that error.
func (f *Future[T]) Cancel(cause error) bool {
	if f.state != futurePending {
		return false
	}
	f.l.onLoop()
	f.end.fail(&futureCancelled{cancelError{cause: cause}})
	f.finish(futureCut)
	return true
}

func (f *Future[T]) finish(s futureState) {
	f.state = s
	f.end.finish(f.l)
}

// Done says whether it was set, failed or cancelled.
func (f *Future[T]) Done() bool { return f.state != futurePending }

// Cancelled says whether it was cancelled.
func (f *Future[T]) Cancelled() bool { return f.state == futureCut }

// Result is the value and the error; before Done the error is [ErrInvalidState].
func (f *Future[T]) Result() (T, error) {
	if f.state == futurePending {
		return f.val, errNotDone
	}
	f.end.seen()
	return f.val, f.end.err()
}

// Err is the error of Result.
func (f *Future[T]) Err() error {
	_, err := f.Result()
	return err
}

// Await returns the result, once there is one. A future that is done answers also in a cancelled scope. A future of another
// loop is [ErrWrongLoop].
func (f *Future[T]) Await(co *Co) (T, error) {
	if f.state == futurePending || f.l != co.t.l {
		t, err := f.join(co)
		if err == nil && t.park(co.s) && f.state == futurePending {
			err = co.s.err
		}
		if err != nil {
			var zero T
			return zero, err
		}
	}
	if f.end.more == nil {
		return f.val, nil
	}
	f.end.seen()
	return f.val, f.end.more.err
}

// join puts co's task into the line; the caller parks it.
func (f *Future[T]) join(co *Co) (*task, error) {
	if f.l != co.t.l {
		return nil, ErrWrongLoop
	}
	t, err := co.enter()
	if err != nil {
		return nil, err
	}
	f.end.add(t)
	t.await = awaitFuture
	return t, nil
}

// OnDone has fn called on the loop after the future is done: in the next pass, in order of registration, never inside Set or
// OnDone. The Handle takes it back.
func (f *Future[T]) OnDone(fn func(*Future[T])) Handle {
	h := &hook{fn: func() { fn(f) }, soon: true}
	if f.state != futurePending {
		h.due, h.l, h.at = true, f.l, f.l.ready.push(handle{fn: h.fn})
	} else {
		f.end.watch(h)
	}
	return Handle{hook: h}
}

// Chain has to follow f: it gets f's value, error or cancellation, unless it is done before.
func (f *Future[T]) Chain(to *Future[T]) {
	follow := func() {
		switch f.state {
		case futureSet:
			_ = to.Set(f.val)
		case futureFailed:
			f.end.seen()
			_ = to.Fail(f.end.err())
		case futureCut:
			to.Cancel(f.end.err().(*futureCancelled).cause)
		}
	}
	if f.state != futurePending {
		follow()
		return
	}
	f.end.watch(&hook{fn: follow})
}

// String shows the state, the result or error, how many wait, and, in debug, where it was made.
func (f *Future[T]) String() string {
	s := f.what()
	switch f.state {
	case futurePending:
		s += fmt.Sprintf(" pending, %d waiting", f.end.len())
	case futureSet:
		s += fmt.Sprintf(" set to %v", f.val)
	default:
		s += fmt.Sprintf(" failed: %v", f.end.err())
	}
	if f.end.more != nil {
		if site := f.end.more.site.String(); site != "" {
			s += ", made at " + site
		}
	}
	return s
}

func (f *Future[T]) what() string { return fmt.Sprintf("future[%T]", f.val) }

func (f *Future[T]) ending() *doneList { return &f.end }
func (f *Future[T]) loop() *Loop       { return f.l }
func (f *Future[T]) failed() bool      { return f.end.err() != nil && !isEcho(f.end.err()) }

// waitIn parks co's task in w until it is woken from there; an error says that cancellation woke it.
func waitIn(w *waitList, co *Co, what awaitKind) error {
	t, err := co.enter()
	if err != nil {
		return err
	}
	w.add(t)
	t.await = what
	if t.park(co.s) {
		return co.s.err
	}
	return nil
}
