package aio_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"baton/aio"
)

// gives is a function that sleeps for d and returns v.
func gives(v int, d time.Duration) func(co *aio.Co) (int, error) {
	return func(co *aio.Co) (int, error) { return v, co.Sleep(d) }
}

// breaks is a function that sleeps for d and then fails with err, also when it is cancelled meanwhile.
func breaks(err error, d time.Duration) func(co *aio.Co) (int, error) {
	return func(co *aio.Co) (int, error) { co.Sleep(d); return 0, err }
}

// isCut is a function that ends cancelled, because what it awaits is, at d.
func isCut(d time.Duration) func(co *aio.Co) (int, error) {
	return func(co *aio.Co) (int, error) {
		f := aio.NewFuture[int](co.Loop())
		co.Loop().CallLater(d, func() { f.Cancel(nil) })
		return f.Await(co)
	}
}

var rowsGather = []row{
	{"A089", "a Gather whose tasks are all done keeps its result: Cancel comes too late", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		task := aio.Go(co, "", func(co *aio.Co) ([]int, error) { return aio.Gather(co, f.Await, f.Await) })
		must(t, co.Yield())
		must(t, co.Yield())
		must(t, f.Set(1))
		co.Loop().CallSoon(func() { // both have ended, and Gather has not returned
			want(t, "Done", task.Done(), false)
			task.Cancel(nil)
		})
		vs, err := task.Await(co)
		want(t, "results", slices.Equal(vs, []int{1, 1}), true)
		want(t, "Cancel", task.Cancel(nil), false)
		return err
	})},
	{"A090", "cancelling a caller of GatherAll ends the caller: that is no result of a child", onLoop(func(t *testing.T, co *aio.Co) error {
		a := sleeper(co, "", sec, 1)
		task := aio.Start(co, "", func(co *aio.Co) error {
			wantIs(t, aio.GatherAll(co, a)[0].Err, aio.ErrCancelled)
			return co.Yield()
		})
		must(t, co.Yield())
		task.Cancel(errWhy)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled, errWhy)
		want(t, "Cancelled", task.Cancelled(), true)
		v, err := a.Await(co)
		want(t, "the child's result", v, 1)
		return err
	})},
	{"A096", "Gather returns the results in the order of its arguments, whatever the order of completion", onLoop(func(t *testing.T, co *aio.Co) error {
		vs, err := aio.Gather(co, gives(1, 3*sec), gives(2, sec), gives(3, 2*sec))
		want(t, "in order", slices.Equal(vs, []int{1, 2, 3}), true)
		want(t, "time", co.Now(), int64(3*sec))
		return err
	})},
	{"A097", "the first error ends Gather and cancels the rest; GatherAll lets them go on, and reports nothing as unread", func(t *testing.T) {
		told := unreadOf(t, aio.Config{}, func(co *aio.Co) error {
			_, err := aio.Gather(co, gives(1, time.Hour), breaks(errBoom, sec), gives(3, time.Hour))
			want(t, "error", err, errBoom)
			want(t, "time", co.Now(), int64(sec))
			rs := aio.GatherAll(co, failer(co, sec), sleeper(co, "", 2*sec, 5), failer(co, 3*sec))
			want(t, "the one between", rs[1], aio.Result[int]{Value: 5})
			want(t, "time", co.Now(), int64(4*sec))
			return nil
		})
		want(t, "reports", len(told), 0)
	}},
	{"A098", "GatherAll returns every value and error in the order of its arguments", onLoop(func(t *testing.T, co *aio.Co) error {
		rs := aio.GatherAll(co, sleeper(co, "", 2*sec, 1), failer(co, 3*sec), sleeper(co, "", sec, 3), failer(co, 0))
		for i, w := range []aio.Result[int]{{Value: 1}, {Err: errBoom}, {Value: 3}, {Err: errBoom}} {
			want(t, "result", rs[i], w)
		}
		return nil
	})},
	{"A099", "a child that ended cancelled makes Gather fail so; the caller is not cancelled", onLoop(func(t *testing.T, co *aio.Co) error {
		_, err := aio.Gather(co, gives(1, 2*sec), isCut(sec))
		wantIs(t, err, aio.ErrCancelled)
		return co.Yield()
	})},
	{"A100", "to GatherAll a cancelled child is an entry like any other", onLoop(func(t *testing.T, co *aio.Co) error {
		cut := sleeper(co, "", time.Hour, 1)
		co.Loop().CallLater(sec, func() { cut.Cancel(errWhy) })
		rs := aio.GatherAll(co, sleeper(co, "", 2*sec, 1), cut, failer(co, sec))
		want(t, "value", rs[0], aio.Result[int]{Value: 1})
		wantIs(t, rs[1].Err, aio.ErrCancelled, errWhy)
		want(t, "error", rs[2].Err, errBoom)
		return co.Yield()
	})},
	{"A101", "Gather of nothing is an empty slice at once", onLoop(func(t *testing.T, co *aio.Co) error {
		ran := false
		co.Loop().CallSoon(func() { ran = true })
		vs, err := aio.Gather[int](co)
		want(t, "values", vs != nil && len(vs) == 0, true)
		want(t, "results", len(aio.GatherAll[int](co)), 0)
		want(t, "others ran meanwhile", ran, false)
		return err
	})},
	{"A102", "tasks of two loops cannot be gathered", func(t *testing.T) {
		foreign, err := runRow(t, aio.Config{}, func(co *aio.Co) (*aio.Task[int], error) { return sleeper(co, "", 0, 1), nil })
		must(t, err)
		onLoop(func(t *testing.T, co *aio.Co) error {
			rs := aio.GatherAll(co, sleeper(co, "", 0, 1), foreign)
			must(t, rs[0].Err)
			wantIs(t, rs[1].Err, aio.ErrWrongLoop)
			_, _, err := aio.Wait(co, aio.All, sleeper(co, "", 0, 1), foreign)
			wantIs(t, err, aio.ErrWrongLoop)
			for _, r := range aio.AsCompleted(co, foreign) {
				wantIs(t, r.Err, aio.ErrWrongLoop)
			}
			return nil
		})(t)
	}},
	{"A103", "the same task twice gives its result twice, and runs once", onLoop(func(t *testing.T, co *aio.Co) error {
		runs := 0
		task := aio.Go(co, "", func(co *aio.Co) (int, error) { runs++; return 7, co.Yield() })
		rs := aio.GatherAll(co, task, task)
		want(t, "first", rs[0], aio.Result[int]{Value: 7})
		want(t, "second", rs[1], rs[0])
		want(t, "runs", runs, 1)
		return nil
	})},
	{"A104", "cancelling a task that gathers cancels all it gathers", onLoop(func(t *testing.T, co *aio.Co) error {
		cut := 0
		child := func(co *aio.Co) (int, error) {
			err := co.Sleep(time.Hour)
			if errors.Is(err, aio.ErrCancelled) {
				cut++
			}
			return 0, err
		}
		task := aio.Go(co, "", func(co *aio.Co) ([]int, error) { return aio.Gather(co, child, child, child) })
		must(t, co.Sleep(sec))
		task.Cancel(errWhy)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled, errWhy)
		want(t, "cancelled children", cut, 3)
		want(t, "Cancelled", task.Cancelled(), true)
		return nil
	})},
	{"A105", "the errors of further children are in Gather's error too, and so not unread", func(t *testing.T) {
		told := unreadOf(t, aio.Config{}, func(co *aio.Co) error {
			_, err := aio.Gather(co, breaks(errBoom, sec), breaks(errWhy, time.Hour))
			wantIs(t, err, errBoom, errWhy)
			return nil
		})
		want(t, "reports", len(told), 0)
	}},
}

// outside calls f on another goroutine, which the loop waits for.
func outside(co *aio.Co, f func(ctx context.Context, l *aio.Loop) (int, error)) (int, error) {
	l := co.Loop()
	return aio.RunBlocking(co, func(ctx context.Context) (int, error) { return f(ctx, l) })
}

var rowsSubmit = []row{
	{"A019", "a promise kept on another goroutine is awaited on the loop like any future", onLoop(func(t *testing.T, co *aio.Co) error {
		f, settle := aio.Promise[int](co.Loop(), "promise")
		go settle(5, nil)
		v, err := f.Await(co)
		want(t, "value", v, 5)
		must(t, err)
		f, settle = aio.Promise[int](co.Loop(), "broken promise")
		go settle(0, errBoom)
		_, err = f.Await(co)
		want(t, "error", err, errBoom)
		return nil
	})},
	{"A106", "a goroutine outside may submit a coroutine and wait for its result", onLoop(func(t *testing.T, co *aio.Co) error {
		home := co.Loop()
		v, err := outside(co, func(ctx context.Context, l *aio.Loop) (int, error) {
			return aio.Submit(ctx, l, func(co *aio.Co) (int, error) {
				want(t, "on the loop", co.Loop() == home, true)
				return 42, co.Yield()
			})
		})
		want(t, "value", v, 42)
		return err
	})},
	{"A107", "it gets the coroutine's error", onLoop(func(t *testing.T, co *aio.Co) error {
		_, err := outside(co, func(ctx context.Context, l *aio.Loop) (int, error) {
			return aio.Submit(ctx, l, breaks(errBoom, 0))
		})
		want(t, "error", err, errBoom)
		return nil
	})},
	{"A108", "when the goroutine outside gives up, the coroutine is cancelled", onLoop(func(t *testing.T, co *aio.Co) error {
		cut := false
		_, err := outside(co, func(ctx context.Context, l *aio.Loop) (int, error) {
			ctx, cancel := context.WithCancelCause(ctx)
			return aio.Submit(ctx, l, func(co *aio.Co) (int, error) {
				cancel(errWhy) // it has begun
				err := wait(co)
				cut = errors.Is(err, aio.ErrCancelled)
				return 0, err
			})
		})
		wantIs(t, err, aio.ErrCancelled, errWhy)
		want(t, "the coroutine heard of it", cut, true)
		return nil
	})},
	{"A109", "a coroutine that ends cancelled by itself gives ErrCancelled to the goroutine outside", onLoop(func(t *testing.T, co *aio.Co) error {
		_, err := outside(co, func(ctx context.Context, l *aio.Loop) (int, error) {
			return aio.Submit(ctx, l, func(co *aio.Co) (int, error) {
				return 0, aio.Timeout(co, time.Hour, func(co *aio.Co, s *aio.Scope) error {
					s.Cancel(nil)
					return co.Yield()
				})
			})
		})
		wantIs(t, err, aio.ErrCancelled)
		return co.Yield()
	})},
	{"A110", "Sleep(0) lets everything that is queued run once, and then goes on", onLoop(func(t *testing.T, co *aio.Co) error {
		var o trail
		l := co.Loop()
		l.CallSoon(func() { o.add("a"); l.CallSoon(func() { o.add("later") }) })
		aio.Start(co, "", func(co *aio.Co) error { o.add("b"); err := co.Yield(); o.add("later too"); return err })
		l.CallSoon(func() { o.add("c") })
		must(t, co.Sleep(0))
		o.check(t, "a", "b", "c")
		want(t, "time", co.Now(), 0)
		must(t, co.Sleep(-sec))
		o.check(t, "later", "later too")
		return nil
	})},
}
