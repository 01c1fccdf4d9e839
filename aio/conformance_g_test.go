package aio_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// rowsAround are about what is around a task: its sleep, what it waits for, who is current, reports and contexts.
var rowsAround = []row{
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
