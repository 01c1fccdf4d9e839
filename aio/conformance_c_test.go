package aio_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// sleeper starts a task that sleeps for d and then returns v.
func sleeper(co *aio.Co, name string, d time.Duration, v int) *aio.Task[int] {
	return aio.Go(co, name, func(co *aio.Co) (int, error) { return v, co.Sleep(d) })
}

// leavesNoTimer makes a row: after body no timer is armed. With one the virtual clock would jump to it, and not be deadlocked at
// once, when main then waits for nothing.
func leavesNoTimer(body func(t *testing.T, co *aio.Co) error) func(t *testing.T) {
	return func(t *testing.T) {
		_, err := runRow(t, aio.Config{}, func(co *aio.Co) (none, error) {
			if err := body(t, co); err != nil {
				t.Error(err)
			}
			before := co.Now()
			wantIs(t, wait(co), aio.ErrDeadlock)
			want(t, "time of the deadlock", co.Now(), before)
			return none{}, nil
		})
		wantIs(t, err, aio.ErrDeadlock)
	}
}

var rowsTask = []row{
	{"A033", "a task runs plain nested calls, any of which may suspend; its result is the function's", onLoop(func(t *testing.T, co *aio.Co) error {
		var sum func(co *aio.Co, n int) (int, error)
		sum = func(co *aio.Co, n int) (int, error) {
			if err := co.Sleep(time.Second); err != nil || n == 0 {
				return 0, err
			}
			rest, err := sum(co, n-1)
			return n + rest, err
		}
		v, err := aio.Go(co, "", func(co *aio.Co) (int, error) { return sum(co, 4) }).Await(co)
		want(t, "sum", v, 10)
		want(t, "time", co.Now(), int64(5*time.Second))
		return err
	})},
	{"A034", "awaiting a future or task of another loop is an error at once, not a hang", func(t *testing.T) {
		var f *aio.Future[int]
		task, err := runRow(t, aio.Config{}, func(co *aio.Co) (*aio.Task[int], error) {
			f = aio.NewFuture[int](co.Loop())
			return sleeper(co, "", time.Hour, 0), nil
		})
		must(t, err)
		onLoop(func(t *testing.T, co *aio.Co) error {
			_, err := f.Await(co)
			wantIs(t, err, aio.ErrWrongLoop)
			_, err = task.Await(co)
			wantIs(t, err, aio.ErrWrongLoop)
			return nil
		})(t)
	}},
	{"A035", "a task that awaits itself gets an error at once", onLoop(func(t *testing.T, co *aio.Co) error {
		var self *aio.Task[int]
		self = aio.Go(co, "", func(co *aio.Co) (int, error) { return self.Await(co) })
		_, err := self.Await(co)
		wantIs(t, err, aio.ErrDeadlock)
		return nil
	})},
	{"A036", "in debug Stack shows the frames of a suspended task", func(t *testing.T) {
		_, err := runRow(t, aio.Config{Debug: true}, func(co *aio.Co) (none, error) {
			task := aio.Start(co, "", sleepsDeep)
			want(t, "before it began", task.Stack(), "")
			must(t, co.Yield())
			says(t, task.Stack(), "sleepsDeep")
			_, err := task.Await(co)
			want(t, "after its end", task.Stack(), "")
			return none{}, err
		})
		must(t, err)
	}},
	{"A037", "Task.String shows the name, the state, what it awaits and where it was made", onLoop(func(t *testing.T, co *aio.Co) error {
		task := aio.Start(co, "pricer", func(co *aio.Co) error { co.Sleep(time.Second); return errBoom })
		says(t, task.String(), "pricer", "first step", "conformance_")
		must(t, co.Yield())
		says(t, task.String(), "pricer", "awaits a time", "conformance_")
		_, err := task.Await(co)
		wantIs(t, err, errBoom)
		says(t, task.String(), "pricer", "failed", errBoom.Error())
		return nil
	})},
	{"A038", "tasks without a name are Task-N, N counting the tasks of the loop, so a second run has the same names", func(t *testing.T) {
		for range 2 {
			onLoop(func(t *testing.T, co *aio.Co) error {
				names := sleeper(co, "", 0, 0).Name() + " " + sleeper(co, "own", 0, 0).Name() + " " + sleeper(co, "", 0, 0).Name()
				want(t, "names", names, "Task-2 own Task-4") // main is the first
				return nil
			})(t)
		}
	}},
	{"A039", "Cancel ends a sleeping task now, once, and takes its timer away", leavesNoTimer(func(t *testing.T, co *aio.Co) error {
		task := sleeper(co, "", 10*time.Second, 0)
		must(t, co.Yield())
		want(t, "Cancel", task.Cancel(nil), true)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "Done", task.Done(), true)
		want(t, "a second Cancel", task.Cancel(nil), false)
		want(t, "time", co.Now(), 0)
		return nil
	})},
	{"A040", "Cancel between two yields ends the task at the second", onLoop(func(t *testing.T, co *aio.Co) error {
		var o trail
		task := aio.Start(co, "", func(co *aio.Co) error {
			for i := 0; ; i++ {
				if err := co.Yield(); err != nil {
					return err
				}
				o.add(fmt.Sprint(i))
			}
		})
		must(t, co.Yield()) // it runs up to its first yield
		must(t, co.Yield())
		task.Cancel(nil)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "Cancelled", task.Cancelled(), true)
		if len(o.ran) > 2 {
			t.Errorf("it went on: %q", o.ran)
		}
		return nil
	})},
	{"A041", "cancelling what a task awaits is not its own cancellation; if it returns that error it counts as cancelled", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		task := aio.Go(co, "", func(co *aio.Co) (int, error) {
			_, err := f.Await(co)
			wantIs(t, err, aio.ErrFutureCancelled, aio.ErrCancelled)
			must(t, co.Yield()) // the task itself is not
			return 0, err
		})
		must(t, co.Yield())
		f.Cancel(nil)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrFutureCancelled)
		want(t, "Cancelled", task.Cancelled(), true)
		return nil
	})},
	{"A042", "cancelling a task and what it awaits ends the await once, and the task once", onLoop(func(t *testing.T, co *aio.Co) error {
		for _, taskFirst := range []bool{false, true} {
			f, ended := aio.NewFuture[int](co.Loop()), 0
			task := aio.Go(co, "", func(co *aio.Co) (int, error) {
				v, err := f.Await(co)
				ended++
				return v, err
			})
			must(t, co.Yield())
			if taskFirst {
				want(t, "task", task.Cancel(nil), true)
			}
			want(t, "future", f.Cancel(nil), true)
			if !taskFirst {
				want(t, "task", task.Cancel(nil), true)
			}
			_, err := task.Await(co)
			wantIs(t, err, aio.ErrCancelled)
			want(t, "Cancelled", task.Cancelled(), true)
			want(t, "times", ended, 1)
		}
		return nil
	})},
	{"A043", "a task may handle its cancellation and return a value; then it was not cancelled", onLoop(func(t *testing.T, co *aio.Co) error {
		task := aio.Go(co, "", func(co *aio.Co) (int, error) {
			wantIs(t, co.Sleep(time.Hour), aio.ErrCancelled)
			return 42, nil
		})
		must(t, co.Yield())
		task.Cancel(nil)
		v, err := task.Await(co)
		want(t, "value", v, 42)
		want(t, "Cancelled", task.Cancelled(), false)
		return err
	})},
	{"A044", "a task that ignores its cancellation fails at every later await; Detach awaits nevertheless", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		task := aio.Go(co, "", func(co *aio.Co) (int, error) {
			for range 3 {
				wantIs(t, co.Sleep(time.Hour), aio.ErrCancelled)
			}
			err := aio.Timeout(co, time.Hour, func(co *aio.Co, _ *aio.Scope) error { return co.Sleep(time.Second) })
			wantIs(t, err, aio.ErrCancelled) // a scope in a cancelled one is cancelled too
			must(t, co.Detach().Sleep(time.Second))
			return f.Await(co.Detach())
		})
		must(t, co.Yield())
		task.Cancel(nil)
		co.Loop().CallLater(2*time.Second, func() { f.Set(8) })
		v, err := task.Await(co)
		want(t, "value", v, 8)
		want(t, "time", co.Now(), int64(2*time.Second))
		return err
	})},
	{"A045", "a task that cancels itself runs on to its next await, which fails", onLoop(func(t *testing.T, co *aio.Co) error {
		var o trail
		var self *aio.Task[none]
		self = aio.Start(co, "", func(co *aio.Co) error {
			want(t, "Cancel", self.Cancel(nil), true)
			o.add("after Cancel")
			err := co.Yield()
			o.add("after the await")
			return err
		})
		_, err := self.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		o.check(t, "after Cancel", "after the await")
		return nil
	})},
	{"A046", "a cancel right before the return loses: the value is there and counts", onLoop(func(t *testing.T, co *aio.Co) error {
		var self *aio.Task[int]
		self = aio.Go(co, "", func(co *aio.Co) (int, error) {
			self.Cancel(nil)
			return 7, nil
		})
		v, err := self.Await(co)
		want(t, "value", v, 7)
		want(t, "Cancelled", self.Cancelled(), false)
		return err
	})},
	{"A047", "cancelling a task cancels the children of its groups, not a shared task that it awaits", onLoop(func(t *testing.T, co *aio.Co) error {
		shared := sleeper(co, "shared", time.Second, 1)
		var child *aio.Task[int]
		task := aio.Start(co, "", func(co *aio.Co) error {
			return aio.Group(co, func(co *aio.Co) error {
				child = sleeper(co, "child", time.Hour, 2)
				_, err := shared.Await(co)
				return err
			})
		})
		must(t, co.Yield())
		must(t, co.Yield())
		task.Cancel(nil)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "child is cancelled", child.Cancelled(), true)
		want(t, "shared has ended", shared.Done(), false)
		v, err := shared.Await(co)
		want(t, "shared", v, 1)
		return err
	})},
	{"A048", "a task cancelled before its first step never runs, and who awaits it sees the cause", onLoop(func(t *testing.T, co *aio.Co) error {
		ran := false
		task := aio.Start(co, "", func(co *aio.Co) error { ran = true; return nil })
		task.Cancel(errWhy)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled, errWhy)
		want(t, "ran", ran, false)
		return nil
	})},
	{"A049", "a second Cancel does nothing: the first cause stays", onLoop(func(t *testing.T, co *aio.Co) error {
		task := sleeper(co, "", time.Hour, 0)
		must(t, co.Yield())
		want(t, "first", task.Cancel(errBoom), true)
		want(t, "second", task.Cancel(errWhy), false)
		_, err := task.Await(co)
		wantIs(t, err, errBoom)
		wantNot(t, err, errWhy)
		return nil
	})},
	{"A050", "cancelling a scope ends what is inside it; the task goes on after it", onLoop(func(t *testing.T, co *aio.Co) error {
		err := aio.Timeout(co, time.Hour, func(co *aio.Co, s *aio.Scope) error {
			s.Cancel(errWhy)
			wantIs(t, co.Yield(), aio.ErrCancelled, errWhy)
			return co.Yield()
		})
		wantIs(t, err, aio.ErrCancelled, errWhy)
		wantNot(t, err, aio.ErrTimeout)
		return co.Sleep(time.Second)
	})},
	{"A051", "a timeout cancels its block only; the code after it awaits again", onLoop(func(t *testing.T, co *aio.Co) error {
		task := aio.Start(co, "", func(co *aio.Co) error {
			for range 2 {
				wantIs(t, aio.Timeout(co, time.Second, func(co *aio.Co, _ *aio.Scope) error { return co.Sleep(time.Hour) }), aio.ErrTimeout)
				want(t, "cancelled", co.Task().Cancelled, false)
				must(t, co.Sleep(time.Second))
			}
			return nil
		})
		_, err := task.Await(co)
		want(t, "time", co.Now(), int64(4*time.Second))
		return err
	})},
	{"A052", "Stop cancels everything and makes Run return ErrStopped; tasks can be looked at until they have ended", func(t *testing.T) {
		var seen strings.Builder
		main := func(co *aio.Co) (int, error) {
			co.Loop().CallSoon(func() {
				co.Loop().Stop()
				for i := range co.Loop().Tasks() {
					seen.WriteString(fmt.Sprint(i.Name, i.Cancelled))
				}
			})
			err := co.Sleep(time.Hour)
			want(t, "time", co.Now(), 0)
			wantIs(t, err, aio.ErrCancelled, aio.ErrStopped)
			return 3, nil
		}
		v, err := runRow(t, aio.Config{}, main)
		wantIs(t, err, aio.ErrStopped)
		want(t, "value", v, 3)
		want(t, "tasks", seen.String(), "maintrue")
	}},
}

// sleepsDeep sleeps for a second, in a function with a name.
func sleepsDeep(co *aio.Co) error { return co.Sleep(time.Second) }
