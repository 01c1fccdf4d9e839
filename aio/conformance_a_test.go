package aio_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// rowsFirst are the behaviours of futures, tasks, waiting for several, bridges and groups.
var rowsFirst = slices.Concat(rowsFuture, rowsUnread, rowsCallback, rowsTask, rowsAround, rowsWait, rowsShield, rowsGather, rowsSubmit, rowsGroupFirst)

// errWhy is a cause, or an error besides errBoom.
var errWhy = errors.New("why")

// isSettled fails the test unless a future takes nothing any more.
func isSettled(t *testing.T, f *aio.Future[int]) {
	t.Helper()
	wantIs(t, f.Set(2), aio.ErrInvalidState)
	wantIs(t, f.Fail(errWhy), aio.ErrInvalidState)
	want(t, "a second Cancel", f.Cancel(nil), false)
}

// says fails the test unless s contains the words.
func says(t *testing.T, s string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(s, w) {
			t.Errorf("%q does not say %q", s, w)
		}
	}
}

var rowsFuture = []row{
	{"A001", "a new future is not done, not cancelled, and has no value", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		v, err := f.Result()
		want(t, "Done", f.Done(), false)
		want(t, "Cancelled", f.Cancelled(), false)
		want(t, "value", v, 0)
		wantIs(t, err, aio.ErrInvalidState)
		return nil
	})},
	{"A002", "Cancel ends a pending future for good: ErrCancelled, and nothing can be put in", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		want(t, "Cancel", f.Cancel(nil), true)
		want(t, "Done", f.Done(), true)
		want(t, "Cancelled", f.Cancelled(), true)
		isSettled(t, f)
		wantIs(t, f.Err(), aio.ErrCancelled)
		return nil
	})},
	{"A003", "Result is ErrInvalidState until Set, then the value, once and for all", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		wantIs(t, f.Err(), aio.ErrInvalidState)
		must(t, f.Set(1))
		isSettled(t, f)
		v, err := f.Result()
		want(t, "value", v, 1)
		want(t, "Cancelled", f.Cancelled(), false)
		return err
	})},
	{"A004", "after Fail the result is that very error, once and for all", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		must(t, f.Fail(errBoom))
		isSettled(t, f)
		want(t, "the error itself", f.Err(), errBoom)
		want(t, "Cancelled", f.Cancelled(), false)
		return nil
	})},
	{"A006", "a future that is done is awaited without suspending, as often as one likes", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		must(t, f.Set(7))
		ran := false
		co.Loop().CallSoon(func() { ran = true })
		for range 3 {
			v, err := f.Await(co)
			want(t, "value", v, 7)
			must(t, err)
		}
		want(t, "others ran meanwhile", ran, false)
		return nil
	})},
	{"A007", "String shows the state, the result or error, and how many wait", onLoop(func(t *testing.T, co *aio.Co) error {
		var fs [4]*aio.Future[int]
		for i := range fs {
			fs[i] = aio.NewFuture[int](co.Loop())
		}
		aio.Go(co, "", fs[0].Await)
		must(t, co.Yield())
		fs[1].Set(42)
		fs[2].Fail(errBoom)
		wantIs(t, fs[2].Err(), errBoom)
		fs[3].Cancel(errWhy)
		says(t, fs[0].String(), "pending", "1 waiting")
		says(t, fs[1].String(), "set", "42")
		says(t, fs[2].String(), "failed", errBoom.Error())
		says(t, fs[3].String(), "cancelled", errWhy.Error())
		return nil
	})},
	{"A008", "Chain hands on a value, an error or a cancellation, and leaves alone what is done", onLoop(func(t *testing.T, co *aio.Co) error {
		chain := func(settle func(*aio.Future[int]), first bool) *aio.Future[int] {
			f, to := aio.NewFuture[int](co.Loop()), aio.NewFuture[int](co.Loop())
			if first {
				settle(f)
			}
			f.Chain(to)
			settle(f)
			return to
		}
		for _, first := range []bool{false, true} {
			v, err := chain(func(f *aio.Future[int]) { f.Set(3) }, first).Result()
			want(t, "value", v, 3)
			must(t, err)
			want(t, "error", chain(func(f *aio.Future[int]) { f.Fail(errBoom) }, first).Err(), errBoom)
			cut := chain(func(f *aio.Future[int]) { f.Cancel(errWhy) }, first)
			want(t, "Cancelled", cut.Cancelled(), true)
			wantIs(t, cut.Err(), aio.ErrCancelled, errWhy)
		}
		f, to := aio.NewFuture[int](co.Loop()), aio.NewFuture[int](co.Loop())
		f.Chain(to)
		must(t, to.Set(1))
		must(t, f.Set(2))
		v, err := to.Result()
		want(t, "what was there before", v, 1)
		return err
	})},
	{"A009", "the cause given to Cancel shows in the error, of a future and of a task", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		f.Cancel(errWhy)
		_, err := f.Await(co)
		wantIs(t, err, aio.ErrCancelled, context.Canceled, errWhy)
		task := aio.Start(co, "", func(co *aio.Co) error { return co.Sleep(time.Hour) })
		must(t, co.Yield())
		task.Cancel(errBoom)
		_, err = task.Await(co)
		wantIs(t, err, aio.ErrCancelled, context.Canceled, errBoom)
		aio.Timeout(co, time.Second, func(co *aio.Co, s *aio.Scope) error {
			child, stop := context.WithCancel(co)
			defer stop()
			s.Cancel(errWhy)
			want(t, "context.Cause", context.Cause(co), errWhy)
			want(t, "context.Cause of a child", context.Cause(child), errWhy)
			return nil
		})
		want(t, "context.Cause outside", context.Cause(co), nil)
		return nil
	})},
	{"A011", "a future is made for a loop; there is no other way", onLoop(func(t *testing.T, co *aio.Co) error {
		var newFuture func(*aio.Loop) *aio.Future[int] = aio.NewFuture[int] // the loop is a parameter: nobody forgets it
		want(t, "Done", newFuture(co.Loop()).Done(), false)
		defer func() { want(t, "a future without a loop is refused", recover() != nil, true) }()
		newFuture(nil)
		return nil
	})},
	{"A012", "a future made in a coroutine belongs to that coroutine's loop", func(t *testing.T) {
		f, err := runRow(t, aio.Config{}, func(co *aio.Co) (*aio.Future[int], error) {
			f := aio.NewFuture[int](co.Loop())
			co.Loop().CallSoon(func() { f.Set(5) })
			v, err := f.Await(co)
			want(t, "value on its loop", v, 5)
			return f, err
		})
		must(t, err)
		_, err = runRow(t, aio.Config{}, f.Await)
		wantIs(t, err, aio.ErrWrongLoop)
	}},
	{"A024", "a timer that is late for a cancelled future does no harm", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		taken := true
		co.Loop().CallLater(time.Second, func() { taken = f.SetIfPending(1) })
		f.Cancel(nil)
		must(t, co.Sleep(2*time.Second))
		want(t, "taken", taken, false)
		want(t, "Cancelled", f.Cancelled(), true)
		return nil
	})},
}
