package aio_test

import (
	"context"
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
	{"A068", "Sleep moves a virtual clock by exactly its duration", onLoop(func(t *testing.T, co *aio.Co) error {
		for _, d := range []time.Duration{1, 10 * time.Second, time.Millisecond, 365 * 24 * time.Hour} {
			before := co.Now()
			must(t, co.Sleep(d))
			want(t, "slept", time.Duration(co.Now()-before), d)
		}
		return nil
	})},
	{"A069", "a cancelled sleep leaves no timer, whoever cancelled it", leavesNoTimer(func(t *testing.T, co *aio.Co) error {
		task := sleeper(co, "", time.Hour, 0)
		err := aio.Timeout(co, time.Second, func(co *aio.Co, _ *aio.Scope) error { return co.Sleep(time.Hour) })
		wantIs(t, err, aio.ErrTimeout)
		task.Cancel(nil)
		_, err = task.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		return nil
	})},
	{"A070", "a timer may cancel a sleeper; who awaits it hears at that instant", onLoop(func(t *testing.T, co *aio.Co) error {
		task := sleeper(co, "", 10*time.Second, 0)
		co.Loop().CallLater(time.Second, func() { task.Cancel(errWhy) })
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled, errWhy)
		want(t, "time", co.Now(), int64(time.Second))
		return nil
	})},
	{"A071", "a cancelled task leaves the shared future it awaited pending, and its list of waiters", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		first, second := aio.Go(co, "", f.Await), aio.Go(co, "", f.Await)
		must(t, co.Yield())
		first.Cancel(nil)
		_, err := first.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "Done", f.Done(), false)
		says(t, f.String(), "1 waiting")
		must(t, f.Set(4))
		v, err := second.Await(co)
		want(t, "value", v, 4)
		return err
	})},
	{"A072", "nobody can put a result into a task: it has no Set and no Fail", onLoop(func(t *testing.T, co *aio.Co) error {
		var task any = sleeper(co, "", 0, 1)
		if _, ok := task.(interface{ Set(int) error }); ok {
			t.Error("a task has Set")
		}
		if _, ok := task.(interface{ Fail(error) error }); ok {
			t.Error("a task has Fail")
		}
		return nil
	})},
	{"A073", "a panic while a cancellation is handled comes out of Run, with the coroutine's stack", func(t *testing.T) {
		p := loopPanic(t, func() {
			runRow(t, aio.Config{}, func(co *aio.Co) (none, error) {
				task := aio.Start(co, "", func(co *aio.Co) error {
					defer explode()
					return co.Sleep(time.Hour)
				})
				must(t, co.Yield())
				task.Cancel(nil)
				return none{}, co.Sleep(time.Hour)
			})
		})
		wantIs(t, p, errBoom)
		says(t, string(p.Stack), "explode")
	}},
	{"A074", "Loop.Current is the task that runs, as Co.Task is; in a callback there is none", onLoop(func(t *testing.T, co *aio.Co) error {
		l := co.Loop()
		i, ok := l.Current()
		want(t, "in main", ok && i.ID == co.Task().ID && i.Name == "main", true)
		task := aio.Start(co, "child", func(co *aio.Co) error {
			i, ok := l.Current()
			want(t, "in a task", ok && i.ID == co.Task().ID && i.Name == "child", true)
			return nil
		})
		l.CallSoon(func() {
			_, ok := l.Current()
			want(t, "in a callback", ok, false)
		})
		_, err := task.Await(co)
		return err
	})},
	{"A075", "after each await the current task is the right one again", onLoop(func(t *testing.T, co *aio.Co) error {
		return aio.Group(co, func(co *aio.Co) error {
			for n := range 5 {
				var self *aio.Task[none]
				self = aio.Start(co, "", func(co *aio.Co) error {
					for k := range 10 {
						i, ok := co.Loop().Current()
						want(t, "current", ok && i.ID == self.ID(), true)
						if err := co.Sleep(time.Duration(n * k % 3)); err != nil {
							return err
						}
					}
					return nil
				})
			}
			return nil
		})
	})},
	{"A076", "a cancellation passes through nested calls, and each may clean up", onLoop(func(t *testing.T, co *aio.Co) error {
		var o trail
		inner := func(co *aio.Co) error {
			defer o.add("inner")
			return co.Sleep(time.Hour)
		}
		outer := func(co *aio.Co) error {
			defer o.add("outer")
			if err := inner(co); err != nil {
				return fmt.Errorf("outer: %w", err)
			}
			return nil
		}
		task := aio.Start(co, "", outer)
		must(t, co.Yield())
		task.Cancel(nil)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "Cancelled, though the error is wrapped", task.Cancelled(), true)
		o.check(t, "inner", "outer")
		return nil
	})},
	{"A086", "the loop keeps pending tasks alive; in debug those that the end of main cancelled are reported", func(t *testing.T) {
		told, err := reportsOf(t, aio.Config{Debug: true}, func(co *aio.Co) error {
			aio.Start(co, "left over", wait)
			return co.Yield()
		})
		must(t, err)
		if len(told) != 1 || told[0].Kind != aio.ReportPending || !strings.Contains(told[0].Task, "left over") {
			t.Errorf("reported: %v", told)
		}
	}},
	{"A087", "a task that failed is reported even if Cancel was called on it afterwards", func(t *testing.T) {
		told := unreadOf(t, aio.Config{}, func(co *aio.Co) error {
			task := aio.Start(co, "bad", func(co *aio.Co) error { return errBoom })
			must(t, co.Yield())
			want(t, "Cancel", task.Cancel(nil), false)
			return nil
		})
		if len(told) != 1 || told[0].Err != errBoom || !strings.Contains(told[0].Task, "bad") {
			t.Errorf("reported: %v", told)
		}
	}},
	{"A088", "in debug a task knows the call that started it", func(t *testing.T) {
		_, err := reportsOf(t, aio.Config{Debug: true}, func(co *aio.Co) error {
			task := aio.Start(co, "x", wait) // wait stands in another file
			must(t, co.Yield())
			for i := range co.Loop().Tasks() {
				if i.ID == task.ID() && !isHere(i.Site) {
					t.Errorf("made at %q", i.Site)
				}
			}
			return nil
		})
		must(t, err)
	}},
	{"A091", "CallSoon cannot fail; a callback that panics is reported once", func(t *testing.T) {
		told, err := reportsOf(t, aio.Config{Panics: aio.PanicReport}, func(co *aio.Co) error {
			co.Loop().CallSoon(explode)
			return co.Sleep(time.Second)
		})
		must(t, err)
		if len(told) != 1 || told[0].Kind != aio.ReportPanic {
			t.Fatalf("reported: %v", told)
		}
		wantIs(t, told[0].Err, errBoom)
	}},
	{"A092", "what a child adds to its context does not reach its parent", onLoop(func(t *testing.T, co *aio.Co) error {
		type key struct{}
		task := aio.Go(co, "", func(co *aio.Co) (context.Context, error) {
			return context.WithValue(co, key{}, "child's"), nil
		})
		ctx, err := task.Await(co)
		want(t, "in the child", ctx.Value(key{}), any("child's"))
		want(t, "in the parent", co.Value(key{}), nil)
		return err
	})},
	{"A093", "a callback sees the context that it was registered with", onLoop(func(t *testing.T, co *aio.Co) error {
		type key struct{}
		var o trail
		f := aio.NewFuture[int](co.Loop())
		for _, v := range []string{"first", "second"} {
			ctx := context.WithValue(co, key{}, v)
			f.OnDone(func(*aio.Future[int]) { o.add(ctx.Value(key{}).(string)) })
		}
		must(t, f.Set(1))
		must(t, co.Yield())
		o.check(t, "first", "second")
		return nil
	})},
	{"A094", "a hundred interleaved tasks each keep their own context values and find their own Co in them", onLoop(func(t *testing.T, co *aio.Co) error {
		type key struct{}
		step := func(ctx context.Context, n int) error { // code that got a context, and needs to await
			co, ok := aio.From(ctx)
			if !ok || ctx.Value(key{}) != n || co.Task().Name != fmt.Sprint(n) {
				return fmt.Errorf("task %d sees %v", n, ctx.Value(key{}))
			}
			return co.Sleep(time.Duration(n%7) * time.Millisecond)
		}
		return aio.Group(co, func(co *aio.Co) error {
			for n := range 100 {
				aio.Start(co, fmt.Sprint(n), func(co *aio.Co) error {
					ctx := context.WithValue(co, key{}, n)
					for range 10 {
						if err := step(ctx, n); err != nil {
							return err
						}
					}
					return nil
				})
			}
			return nil
		})
	})},
	{"A095", "only its own function ends a task: until it returns there is no result, whatever it awaits is", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		task := aio.Go(co, "", func(co *aio.Co) (int, error) {
			v, err := f.Await(co)
			must(t, co.Yield())
			return v + 1, err
		})
		must(t, co.Yield())
		must(t, f.Set(1))
		must(t, co.Yield())
		want(t, "Done", task.Done(), false)
		wantIs(t, task.Err(), aio.ErrInvalidState)
		v, err := task.Await(co)
		want(t, "value", v, 2)
		return err
	})},
}

// sleepsDeep sleeps for a second, in a function with a name.
func sleepsDeep(co *aio.Co) error { return co.Sleep(time.Second) }

// loopPanic is the *aio.Panic that f panics with.
func loopPanic(t *testing.T, f func()) (p *aio.Panic) {
	t.Helper()
	defer func() {
		if p, _ = recover().(*aio.Panic); p == nil {
			t.Fatal("no *aio.Panic")
		}
	}()
	f()
	return nil
}
