package aio_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// outcome runs main on its own goroutine and tells how Run ended: "returned", "panicked" or "goexit".
func outcome(t *testing.T, src aio.Source, main func(co *aio.Co) error) (how string, p *aio.Panic, err error) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		how = "goexit"
		defer func() {
			if v := recover(); v != nil {
				how = "panicked"
				p, _ = v.(*aio.Panic)
			}
		}()
		_, err = aio.Run(context.Background(), aio.Config{Source: src}, func(co *aio.Co) (none, error) {
			return none{}, main(co)
		})
		how = "returned"
	}()
	<-done
	return how, p, err
}

var errBoom = errors.New("boom")

func explode() { panic(errBoom) }

// wait parks the task for good.
func wait(co *aio.Co) error { return new(aio.Waiter).Wait(co) }

// where lists the places where user code runs, each as a main that runs f there.
func where(f func()) map[string]func(co *aio.Co) error {
	start := func(co *aio.Co) error {
		aio.Start(co, "bad", func(co *aio.Co) error {
			if err := co.Yield(); err != nil {
				return err
			}
			f()
			return nil
		})
		return nil
	}
	return map[string]func(co *aio.Co) error{
		"main":         func(co *aio.Co) error { f(); return nil },
		"hosted task":  func(co *aio.Co) error { start(co); return wait(co) },
		"callback":     func(co *aio.Co) error { co.Loop().CallSoon(f); return wait(co) },
		"timer":        func(co *aio.Co) error { co.Loop().CallLater(time.Microsecond, f); return wait(co) },
		"group body":   func(co *aio.Co) error { return aio.Group(co, func(co *aio.Co) error { f(); return wait(co) }) },
		"posted":       func(co *aio.Co) error { co.Loop().Post(f); return wait(co) },
		"inlet, outer": func(co *aio.Co) error { return deliverFrom(co, f) },
		"inlet, inner": func(co *aio.Co) error {
			aio.NewInlet(co.Loop(), "in", func([]byte) { f() }).Post([]byte{1})
			return wait(co)
		},
	}
}

func deliverFrom(co *aio.Co, f func()) error {
	l := co.Loop()
	in := aio.NewInlet(l, "in", func([]byte) { f() })
	l.Spawn(func() { in.Deliver([]byte{1}) })
	return wait(co)
}

func TestPanicsReachRunWithTheirStack(t *testing.T) {
	for _, src := range []aio.Source{aio.Virtual(0), aio.Real()} {
		for place, main := range where(explode) {
			how, p, _ := outcome(t, src, main)
			if how != "panicked" || p == nil {
				t.Errorf("%s: %s %v", place, how, p)
				continue
			}
			if !errors.Is(p, errBoom) || !strings.Contains(string(p.Stack), "explode") {
				t.Errorf("%s: %v", place, p)
			}
		}
	}
}

func TestGoexitIsContained(t *testing.T) {
	for _, src := range []aio.Source{aio.Virtual(0), aio.Real()} {
		for place, main := range where(runtime.Goexit) {
			cleaned, wentOn, mainReturned := false, false, false
			how, _, err := outcome(t, src, func(co *aio.Co) error {
				aio.Start(co, "bystander", func(co *aio.Co) error {
					defer func() { cleaned = true }()
					err := wait(co)
					wentOn = true
					return err
				})
				if err := co.Yield(); err != nil {
					return err
				}
				err := main(co)
				mainReturned = true
				return err
			})
			if place == "hosted task" && !mainReturned {
				t.Error("the host went with the task")
			}
			if how != "goexit" || !cleaned || !wentOn {
				t.Errorf("%s: %s %v, bystander cleaned up: %v, went on: %v", place, how, err, cleaned, wentOn)
			}
		}
	}
}

func TestDriverPanics(t *testing.T) {
	how, p, _ := outcome(t, aio.Drive(0, driverFunc(func(int64) bool { explode(); return false })), wait)
	if how != "panicked" || !errors.Is(p, errBoom) {
		t.Error(how, p)
	}
}

type driverFunc func(int64) bool

func (f driverFunc) Run(until int64) bool { return f(until) }

func TestPanicOfABlockingCallGoesOnInTheTask(t *testing.T) {
	how, p, _ := outcome(t, nil, func(co *aio.Co) error {
		_, err := aio.RunBlocking(co, func(context.Context) (int, error) { explode(); return 0, nil })
		return err
	})
	if how != "panicked" || !errors.Is(p, errBoom) || !strings.Contains(string(p.Stack), "explode") {
		t.Error(how, p)
	}
	_, err := aio.Run(t.Context(), aio.Config{}, func(co *aio.Co) (int, error) {
		return aio.RunBlocking(co, func(context.Context) (int, error) { runtime.Goexit(); return 0, nil })
	})
	if err == nil {
		t.Error("Goexit in a blocking call is no error")
	}
}

// A panic in a group's body goes on after the group's tasks have ended.
func TestPanicLeavesNoTaskOfTheGroup(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		ended := false
		func() {
			defer func() {
				if p, ok := recover().(*aio.Panic); !ok || !errors.Is(p, errBoom) || !ended {
					t.Errorf("recovered %v, child ended: %v", p, ended)
				}
			}()
			aio.Group(co, func(co *aio.Co) error {
				aio.Start(co, "child", func(co *aio.Co) error {
					defer func() { ended = true }()
					return wait(co)
				})
				co.Yield()
				explode()
				return nil
			})
		}()
		return co.Yield()
	}))
}

// After Run nothing is left: no coroutine, worker, waker or context hook.
func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, src := range []aio.Source{aio.Virtual(0), aio.Real(), aio.Paced(0, 1000)} {
		ctx, cancel := context.WithCancel(context.Background())
		_, err := aio.Run(ctx, aio.Config{Source: src}, func(co *aio.Co) (none, error) {
			for range 50 {
				aio.Start(co, "sleeper", func(co *aio.Co) error { return co.Sleep(time.Hour) })
				aio.Start(co, "short", func(co *aio.Co) error { return co.Sleep(time.Microsecond) })
				aio.Start(co, "late", func(co *aio.Co) error {
					defer co.Detach().Sleep(time.Microsecond)
					return wait(co)
				})
			}
			if _, err := aio.RunBlocking(co, func(context.Context) (int, error) { return 1, nil }); err != nil {
				return none{}, err
			}
			cancel()
			return none{}, co.Sleep(time.Minute)
		})
		if err != nil && !errors.Is(err, aio.ErrCancelled) {
			t.Error(err)
		}
		cancel()
	}
	outcome(t, aio.Virtual(0), func(co *aio.Co) error { co.Loop().CallSoon(explode); return wait(co) })
	outcome(t, aio.Virtual(0), func(co *aio.Co) error { runtime.Goexit(); return nil })
	outcome(t, aio.Virtual(0), func(co *aio.Co) error { return wait(co.Detach()) })
	if n := leftOver(before); n > 0 {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines are left\n%s", n, stacks[:runtime.Stack(stacks, true)])
	}
}

// leftOver counts the goroutines above before, once those that have ended had the time to vanish.
func leftOver(before int) int {
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		if runtime.NumGoroutine() <= before {
			return 0
		}
		runtime.Gosched()
	}
	return runtime.NumGoroutine() - before
}

// Tasks that wait outside every scope for what cannot come are abandoned, with their deferred functions run.
func TestAbandonedTasks(t *testing.T) {
	cleaned, after := false, error(nil)
	err := virtual(t, func(co *aio.Co) error {
		aio.Start(co, "stubborn", func(co *aio.Co) error {
			defer func() {
				cleaned = true
				after = co.Detach().Sleep(1)
			}()
			return wait(co.Detach())
		})
		return co.Yield()
	})
	if !errors.Is(err, aio.ErrDeadlock) || !strings.Contains(err.Error(), "stubborn") {
		t.Error(err)
	}
	if !cleaned || !errors.Is(after, aio.ErrClosed) {
		t.Error(cleaned, after)
	}
}
