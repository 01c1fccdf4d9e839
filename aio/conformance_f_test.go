package aio_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"baton/aio"
)

// groupOf runs a Group as a task, and gives it time to reach its first awaits.
func groupOf(t *testing.T, co *aio.Co, body func(co *aio.Co) error) *aio.Task[none] {
	t.Helper()
	task := aio.Start(co, "group", func(co *aio.Co) error { return aio.Group(co, body) })
	must(t, co.Sleep(time.Millisecond))
	return task
}

var rowsGroupFirst = []row{
	{"A111", "Group waits for all its tasks; their results can be read afterwards", onLoop(func(t *testing.T, co *aio.Co) error {
		var a, b *aio.Task[int]
		must(t, aio.Group(co, func(co *aio.Co) error {
			a, b = sleeper(co, "", sec, 42), sleeper(co, "", 2*sec, 11)
			return nil
		}))
		want(t, "time", co.Now(), int64(2*sec))
		for task, w := range map[*aio.Task[int]]int{a: 42, b: 11} {
			v, err := task.Result()
			want(t, "value", v, w)
			must(t, err)
		}
		return nil
	})},
	{"A112", "tasks may be added to a Group while others run", onLoop(func(t *testing.T, co *aio.Co) error {
		var a, b *aio.Task[int]
		err := aio.Group(co, func(co *aio.Co) error {
			a = sleeper(co, "", sec, 1)
			if _, err := a.Await(co); err != nil {
				return err
			}
			b = sleeper(co, "", sec, 2)
			return nil
		})
		want(t, "both ended", a.Done() && b.Done(), true)
		want(t, "time", co.Now(), int64(2*sec))
		return err
	})},
	{"A113", "cancelling one task of a Group does not make it fail, and not cancel the others", onLoop(func(t *testing.T, co *aio.Co) error {
		var cut, other *aio.Task[int]
		err := aio.Group(co, func(co *aio.Co) error {
			cut, other = sleeper(co, "", time.Hour, 1), sleeper(co, "", sec, 2)
			must(t, co.Yield())
			want(t, "Cancel", cut.Cancel(nil), true)
			return co.Yield()
		})
		want(t, "cancelled", cut.Cancelled(), true)
		v, _ := other.Result()
		want(t, "the other", v, 2)
		return err
	})},
	{"A114", "the first error cancels the other tasks; Group's error is that one, and no news of cancellations", onLoop(func(t *testing.T, co *aio.Co) error {
		var other *aio.Task[int]
		err := aio.Group(co, func(co *aio.Co) error {
			other = sleeper(co, "", time.Hour, 1)
			failer(co, sec)
			return nil
		})
		wantIs(t, err, errBoom)
		wantNot(t, err, aio.ErrCancelled)
		want(t, "time", co.Now(), int64(sec))
		want(t, "the other is cancelled", other.Cancelled(), true)
		return co.Yield() // the caller is not
	})},
	{"A115", "an error of a task cancels the body of its Group too, with that error as the cause", onLoop(func(t *testing.T, co *aio.Co) error {
		err := aio.Group(co, func(co *aio.Co) error {
			failer(co, sec)
			err := co.Sleep(time.Hour)
			wantIs(t, err, aio.ErrCancelled, errBoom)
			return err
		})
		want(t, "error", err, errBoom)
		want(t, "time", co.Now(), int64(sec))
		return co.Yield()
	})},
	{"A116", "cancelling who runs a Group cancels all its tasks, and Group returns ErrCancelled when they have ended", onLoop(func(t *testing.T, co *aio.Co) error {
		var a, b *aio.Task[int]
		group := groupOf(t, co, func(co *aio.Co) error {
			a, b = sleeper(co, "", time.Hour, 1), sleeper(co, "", time.Hour, 2)
			return nil
		})
		group.Cancel(errWhy)
		_, err := group.Await(co)
		wantIs(t, err, aio.ErrCancelled, errWhy)
		want(t, "cancelled", a.Cancelled() && b.Cancelled() && group.Cancelled(), true)
		return nil
	})},
	{"A117", "the same while the body awaits something itself", onLoop(func(t *testing.T, co *aio.Co) error {
		var a *aio.Task[int]
		bodyCut := false
		group := groupOf(t, co, func(co *aio.Co) error {
			a = sleeper(co, "", time.Hour, 1)
			err := co.Sleep(time.Hour)
			bodyCut = errors.Is(err, aio.ErrCancelled)
			return err
		})
		group.Cancel(nil)
		_, err := group.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "cancelled", bodyCut && a.Cancelled() && group.Cancelled(), true)
		return nil
	})},
	{"A118", "errors of tasks while they are being cancelled are returned, in place of the cancellation", onLoop(func(t *testing.T, co *aio.Co) error {
		group := groupOf(t, co, func(co *aio.Co) error {
			aio.Go(co, "", breaks(errBoom, time.Hour))
			aio.Go(co, "", breaks(errWhy, time.Hour))
			return co.Sleep(time.Hour)
		})
		group.Cancel(nil)
		_, err := group.Await(co)
		wantIs(t, err, errBoom, errWhy)
		wantNot(t, err, aio.ErrCancelled)
		want(t, "Cancelled", group.Cancelled(), false)
		return nil
	})},
	{"A119", "an error of the body cancels the tasks, and is Group's error", onLoop(func(t *testing.T, co *aio.Co) error {
		var a *aio.Task[int]
		err := aio.Group(co, func(co *aio.Co) error {
			a = sleeper(co, "", time.Hour, 1)
			must(t, co.Sleep(sec))
			return errBoom
		})
		want(t, "error", err, errBoom)
		want(t, "cancelled", a.Cancelled(), true)
		want(t, "time", co.Now(), int64(sec))
		err = aio.Group(co, func(co *aio.Co) error { // also one that only says that something was cancelled
			a = sleeper(co, "", time.Hour, 1)
			_, err := isCut(sec)(co)
			return err
		})
		wantIs(t, err, aio.ErrFutureCancelled)
		want(t, "cancelled", a.Cancelled(), true)
		want(t, "time", co.Now(), int64(2*sec))
		return nil
	})},
	{"A120", "if the body fails before its tasks have begun, they never run", onLoop(func(t *testing.T, co *aio.Co) error {
		ran := false
		var a *aio.Task[none]
		err := aio.Group(co, func(co *aio.Co) error {
			a = aio.Start(co, "", func(co *aio.Co) error { ran = true; return nil })
			return errBoom
		})
		want(t, "error", err, errBoom)
		want(t, "ran", ran, false)
		want(t, "cancelled", a.Cancelled(), true)
		return nil
	})},
	{"A121", "nested Groups nest their errors; a name wrapped around an inner one is kept", onLoop(func(t *testing.T, co *aio.Co) error {
		errInner := errors.New("inner task")
		err := aio.Group(co, func(co *aio.Co) error {
			aio.Go(co, "", breaks(errBoom, time.Hour)) // fails while it is cancelled
			err := aio.Group(co, func(co *aio.Co) error {
				aio.Go(co, "", breaks(errInner, 2*sec))
				aio.Go(co, "", breaks(errWhy, time.Hour))
				return nil
			})
			return fmt.Errorf("quotes: %w", err)
		})
		wantIs(t, err, errBoom, errInner, errWhy)
		says(t, err.Error(), "quotes: inner task")
		return nil
	})},
	{"A122", "an outer failure cancels the inner Group, and only the outer error remains", onLoop(func(t *testing.T, co *aio.Co) error {
		var deep *aio.Task[int]
		err := aio.Group(co, func(co *aio.Co) error {
			failer(co, sec)
			return aio.Group(co, func(co *aio.Co) error {
				deep = sleeper(co, "", time.Hour, 1)
				return co.Sleep(time.Hour)
			})
		})
		want(t, "error", err, errBoom)
		want(t, "cancelled", deep.Cancelled(), true)
		want(t, "time", co.Now(), int64(sec))
		return nil
	})},
}
