package aio

// Future is a value that somebody will set once, on the loop. Any number of tasks may await it.
type Future[T any] struct {
	l       *Loop
	val     T
	err     error
	done    bool
	waiters waitList
	onDone  []func(*Future[T])
}

// NewFuture makes a future that is not done.
func NewFuture[T any](l *Loop) *Future[T] { return &Future[T]{l: l} }

// Set gives the future its value; [ErrDone] if it is done already.
func (f *Future[T]) Set(v T) error {
	if f.done {
		return ErrDone
	}
	f.val = v
	f.finish()
	return nil
}

// Fail gives the future an error instead of a value; [ErrDone] if it is done already.
func (f *Future[T]) Fail(err error) error {
	if f.done {
		return ErrDone
	}
	f.err = err
	f.finish()
	return nil
}

func (f *Future[T]) finish() {
	f.done = true
	f.waiters.wakeAll()
	for _, fn := range f.onDone {
		f.l.CallSoon(func() { fn(f) })
	}
	f.onDone = nil
}

// Done says whether it was set or failed.
func (f *Future[T]) Done() bool { return f.done }

// Result is the value and the error, both zero before Done.
func (f *Future[T]) Result() (T, error) { return f.val, f.err }

// Await returns the result, once there is one. A future that is done answers also in a cancelled scope.
func (f *Future[T]) Await(co *Co) (T, error) {
	if !f.done {
		if err := waitIn(&f.waiters, co, awaitFuture); err != nil && !f.done {
			var zero T
			return zero, err
		}
	}
	return f.val, f.err
}

// OnDone has fn called on the loop after the future is done: soon, never inside Set or OnDone.
func (f *Future[T]) OnDone(fn func(*Future[T])) {
	if f.done {
		f.l.CallSoon(func() { fn(f) })
		return
	}
	f.onDone = append(f.onDone, fn)
}

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
