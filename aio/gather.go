package aio

import (
	"fmt"
	"iter"
	"time"
)

// Result is what came of one of several.
type Result[T any] struct {
	Value T
	Err   error
}

// Gather runs the functions as tasks of a [Group] and returns their values in the order of fns. The first error cancels the
// rest; errors are joined. A task that ended cancelled makes Gather fail too.
func Gather[T any](co *Co, fns ...func(*Co) (T, error)) ([]T, error) {
	tasks := make([]*Task[T], len(fns))
	err := Group(co, func(co *Co) error {
		for i, fn := range fns {
			tasks[i] = Go(co, "", fn)
		}
		return nil
	})
	values := make([]T, len(fns))
	for i, t := range tasks {
		if t == nil { // the group refused a Co that is not the running task's
			break
		}
		v, failed := t.Result()
		values[i] = v
		if err == nil {
			err = failed
		}
	}
	return values, err
}

// GatherAll awaits all tasks and returns every result in the order of ts; no error ends it early, and none is reported as
// unread. Where co is cancelled meanwhile, tasks that have not ended have that as their Err, and go on. A task of another loop
// has [ErrWrongLoop].
func GatherAll[T any](co *Co, ts ...*Task[T]) []Result[T] {
	results := make([]Result[T], len(ts))
	for i, t := range ts {
		v, err := t.Await(co)
		results[i] = Result[T]{v, err}
	}
	return results
}

// Mode says when [Wait] has waited enough.
type Mode uint8

// The modes of Wait.
const (
	All        Mode = iota // when all are done
	FirstDone              // when one is
	FirstError             // when one has failed, or all are done
)

// Wait waits for tasks and futures, each counted once, and returns them in their order, parted by whether they are done when the
// caller goes on. It cancels nothing, and a failure of one is none of Wait: read the results. The error is that of a cancelled
// scope; done and pending are right also then, so that a [Timeout] around Wait is its timeout. Nothing to wait for, and an
// unknown mode, are [ErrInvalidState].
//
// Where they are in an iterator, Wait(co, m, slices.Collect(seq)...).
func Wait(co *Co, m Mode, xs ...Joinable) (done, pending []Joinable, err error) {
	if len(xs) == 0 || m > FirstError {
		return nil, nil, fmt.Errorf("aio: Wait for %d tasks and futures in mode %d: %w", len(xs), m, ErrInvalidState)
	}
	xs, err = distinct(co, xs)
	if err != nil {
		return nil, nil, err
	}
	if !enough(m, xs) {
		err = waitUntil(co, xs, func() bool { return enough(m, xs) })
	}
	for _, x := range xs {
		if x.Done() {
			done = append(done, x)
		} else {
			pending = append(pending, x)
		}
	}
	return done, pending, err
}

// distinct drops repetitions, and refuses what belongs to another loop.
func distinct(co *Co, xs []Joinable) ([]Joinable, error) {
	seen := make(map[Joinable]bool, len(xs))
	var out []Joinable
	for _, x := range xs {
		if x.loop() != co.t.l {
			return nil, ErrWrongLoop
		}
		if !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out, nil
}

func enough(m Mode, xs []Joinable) bool {
	left := 0
	for _, x := range xs {
		switch {
		case !x.Done():
			left++
		case m == FirstDone, m == FirstError && x.failed():
			return true
		}
	}
	return left == 0
}

// waitUntil parks co's task until ok, which is asked each time one of xs is done.
func waitUntil(co *Co, xs []Joinable, ok func() bool) error {
	t, err := co.enter()
	if err != nil {
		return err
	}
	woken := false
	hooks := make([]*hook, len(xs))
	for i, x := range xs {
		if !x.Done() {
			hooks[i] = x.ending().watch(&hook{fn: func() {
				if !woken && ok() {
					woken = true
					co.t.l.makeReady(t)
				}
			}})
		}
	}
	t.await = awaitSeveral
	t.park(co.s)
	for i, x := range xs {
		if hooks[i] != nil && !x.Done() {
			x.ending().unwatch(hooks[i])
		}
	}
	if !woken {
		return co.s.err
	}
	return nil
}

// AsCompleted ranges over the results as they come, with the index that each task has in ts; those that are done already come
// first, in their order. When the scope is cancelled it gives -1 and that error, and ends. It cancels no task.
func AsCompleted[T any](co *Co, ts ...*Task[T]) iter.Seq2[int, Result[T]] {
	return func(yield func(int, Result[T]) bool) {
		var order []int // in which they ended
		hooks := make([]*hook, len(ts))
		var waiting *task
		for i, t := range ts {
			switch {
			case t.loop() != co.t.l:
				yield(-1, Result[T]{Err: ErrWrongLoop})
				return
			case t.done:
				order = append(order, i)
			}
		}
		for i, t := range ts {
			if !t.done {
				hooks[i] = t.end.watch(&hook{fn: func() {
					order = append(order, i)
					if waiting != nil {
						co.t.l.makeReady(waiting)
						waiting = nil
					}
				}})
			}
		}
		defer func() {
			for i, t := range ts {
				if hooks[i] != nil && !t.done {
					t.end.unwatch(hooks[i])
				}
			}
		}()
		for n := range ts {
			if n == len(order) {
				t, err := co.enter()
				if err == nil {
					waiting = t
					t.await = awaitSeveral
					if t.park(co.s) {
						err = co.s.err
					}
					waiting = nil
				}
				if n == len(order) {
					yield(-1, Result[T]{Err: err})
					return
				}
			}
			v, err := ts[order[n]].Result()
			if !yield(order[n], Result[T]{v, err}) {
				return
			}
		}
	}
}

// Shield awaits t and takes it out of reach of what cancels co: a cancelled awaiter goes away, and t goes on. Only t's own
// Cancel and the end of Run reach it from then on; the [Group] that it was started in still waits for it.
func Shield[T any](co *Co, t *Task[T]) (T, error) {
	if l := co.t.l; t.co.t.l == l && !t.done {
		c := t.co.t
		if c.scope.err == nil && l.rootGroup.scope.err == nil && c.scope.parent != &l.rootGroup.scope {
			c.scope.leave()
			c.scope.enter(&l.rootGroup.scope, c)
		}
	}
	return t.Await(co)
}

// WaitFor runs fn under a [Timeout] and returns its result. With d of 0 or less fn never starts; for what may be done already
// use [Timeout] and Await. When it is cancelled, or out of time, it returns when fn has: an answer in spite of that wins, and so
// does fn's own error.
func WaitFor[T any](co *Co, d time.Duration, fn func(*Co) (T, error)) (T, error) {
	var v T
	var own error
	if d <= 0 {
		if _, err := co.enter(); err != nil {
			return v, err
		}
		return v, errTimeout
	}
	err := Timeout(co, d, func(co *Co, _ *Scope) error {
		v, own = fn(co)
		return own
	})
	if own != nil && !isEcho(own) { // without the ErrTimeout that Timeout joins to it
		err = own
	}
	return v, err
}

// Deadline is [Timeout] with an absolute end, on the loop's clock.
func Deadline(co *Co, at Nanos, body func(*Co, *Scope) error) error {
	if at == Never {
		return Timeout(co, time.Duration(Never), body)
	}
	return Timeout(co, time.Duration(at-co.t.l.now), body)
}
