package aio_test

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"sync"
	"testing"
	"time"

	"baton/aio"
)

// interrupt sends this process the signal that ^C does. Somebody must have asked for it before.
func interrupt(t *testing.T) {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	must(t, err)
	must(t, self.Signal(os.Interrupt))
}

// signalAsEvent is row A219: signals come in by a queue.
func signalAsEvent(t *testing.T) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	defer signal.Stop(signals)
	reports, err := reportsOf(t, aio.Config{Source: aio.Real()}, func(co *aio.Co) error {
		q := aio.FromChan(co.Loop(), "signals", signals, 1)
		busy := aio.Start(co, "busy", func(co *aio.Co) error {
			interrupt(t) // while this task runs
			return co.Sleep(5 * time.Millisecond)
		})
		s, err := q.Get(co)
		must(t, err)
		want(t, "signal", s.String(), os.Interrupt.String())
		_, err = busy.Await(co)
		return err
	})
	must(t, err)
	if len(reports) > 0 {
		t.Error(reports)
	}
}

// rowsRun: Run from its beginning to its end.
var rowsRun = []row{
	{"A231", "Run returns the value of main", func(t *testing.T) {
		v, err := runRow(t, aio.Config{}, func(co *aio.Co) (int, error) { return 42, co.Sleep(1) })
		want(t, "value", v, 42)
		must(t, err)
	}},
	{"A232", "Run returns the error of main", func(t *testing.T) {
		_, err := runRow(t, aio.Config{}, func(co *aio.Co) (none, error) { return none{}, errBoom })
		want(t, "error", err, errBoom)
	}},
	{"A233", "when main ends the other tasks are cancelled and awaited", func(t *testing.T) {
		cleaned := 0
		v, err := runRow(t, aio.Config{}, func(co *aio.Co) (int, error) {
			for range 3 {
				aio.Start(co, "left", func(co *aio.Co) error {
					err := sleepOn(co)
					wantIs(t, err, aio.ErrCancelled)
					must(t, co.Detach().Sleep(10))
					cleaned++
					return err
				})
			}
			return 7, co.Sleep(1)
		})
		want(t, "value", v, 7)
		want(t, "cleaned up", cleaned, 3)
		must(t, err)
	}},
	{"A234", "an error that a task makes of its cancel at the end is reported", func(t *testing.T) {
		reports, err := reportsOf(t, aio.Config{}, func(co *aio.Co) error {
			aio.Start(co, "left", func(co *aio.Co) error { _ = sleepOn(co); return errBoom })
			return co.Sleep(1)
		})
		must(t, err)
		if len(reports) != 1 || reports[0].Kind != aio.ReportUnread || reports[0].Err != errBoom {
			t.Error(reports)
		}
	}},
	{"A235", "Run in a task is refused, and the task goes on", onLoop(func(t *testing.T, co *aio.Co) error {
		_, err := aio.Run(t.Context(), aio.Config{}, func(*aio.Co) (none, error) { t.Error("it ran"); return none{}, nil })
		wantIs(t, err, aio.ErrNested)
		return co.Sleep(1)
	})},
	{"A236", "an interrupt cancels main, which may clean up, and Run returns it", func(t *testing.T) {
		ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
		defer stop()
		ctx, cancel := context.WithTimeout(ctx, rowLimit)
		defer cancel()
		cleaned := false
		_, err := aio.Run(ctx, aio.Config{Source: aio.Real()}, func(co *aio.Co) (none, error) {
			co.Loop().CallLater(time.Millisecond, func() { interrupt(t) })
			err := sleepOn(co)
			must(t, co.Detach().Sleep(time.Millisecond))
			cleaned = true
			return none{}, err
		})
		want(t, "cleaned", cleaned, true)
		wantIs(t, err, aio.ErrCancelled, context.Cause(ctx))
		wantNot(t, err, context.DeadlineExceeded)
	}},
	{"A237", "closing and stopping twice is fine", func(t *testing.T) {
		closed := 0
		_, err := runRow(t, aio.Config{}, func(co *aio.Co) (none, error) {
			l := co.Loop()
			in := aio.NewInlet(l, "in", func([]byte) {})
			in.Close()
			in.Close()
			q := aio.NewQueue[int](l, 1)
			q.Close()
			q.Close()
			l.AtClose(func() { closed++ })
			l.Stop()
			l.Stop()
			return none{}, nil
		})
		wantIs(t, err, aio.ErrStopped)
		want(t, "closers called", closed, 1)
	}},
}

// rowsBlocking: RunBlocking.
var rowsBlocking = []row{
	{"A238", "an error of blocking work comes back, and so does a panic, with the stacks of where it happened and of who awaits", onLoop(func(t *testing.T, co *aio.Co) error {
		_, err := aio.RunBlocking(co, func(context.Context) (int, error) { return 0, errBoom })
		want(t, "error", err, errBoom)
		p, _ := panicOf(func() {
			_, _ = aio.RunBlocking(co, func(context.Context) (int, error) { explode(); return 0, nil })
		}).(*aio.Panic)
		if p == nil {
			t.Fatal("no *Panic")
		}
		wantIs(t, p, errBoom)
		if !strings.Contains(string(p.Stack), "explode") {
			t.Errorf("stack: %s", p.Stack)
		}
		if s := string(p.Awaiter); strings.Contains(s, "explode") || !strings.Contains(s, "RunBlocking") || !strings.Contains(s, "panicOf") {
			t.Errorf("who awaits: %s", s)
		}
		return co.Yield()
	})},
	{"A239", "ten jobs run at the same time, and no more than the configuration allows", func(t *testing.T) {
		for _, limit := range []int{10, 4} {
			var mu sync.Mutex
			running, high := 0, 0
			full := make(chan struct{})
			job := func(context.Context) (none, error) {
				mu.Lock()
				running++
				if high = max(high, running); high == limit && running == high {
					select {
					case <-full:
					default:
						close(full)
					}
				}
				mu.Unlock()
				<-full // none ends before so many run
				mu.Lock()
				running--
				mu.Unlock()
				return none{}, nil
			}
			_, err := runRow(t, aio.Config{Source: aio.Real(), Blocking: limit}, func(co *aio.Co) (none, error) {
				return none{}, aio.Group(co, func(co *aio.Co) error {
					for range 10 {
						aio.Start(co, "job", func(co *aio.Co) error { _, err := aio.RunBlocking(co, job); return err })
					}
					return nil
				})
			})
			must(t, err)
			want(t, "at one time", high, limit)
		}
	}},
	{"A240", "values of the context are seen in blocking work", func(t *testing.T) {
		type key struct{}
		ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), key{}, "parrot"), rowLimit)
		defer cancel()
		v, err := aio.Run(ctx, aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (any, error) {
			return aio.RunBlocking(co, func(ctx context.Context) (any, error) { return ctx.Value(key{}), nil })
		})
		must(t, err)
		want(t, "value", v, any("parrot"))
	}},
}

// rowsEager: GoNow.
var rowsEager = []row{
	{"A241", "a function that awaits nothing is done when GoNow returns; after Go it has not begun", onLoop(func(t *testing.T, co *aio.Co) error {
		answer := func(*aio.Co) (int, error) { return 42, nil }
		now, later := aio.GoNow(co, "now", answer), aio.Go(co, "later", answer)
		want(t, "eager is done", now.Done(), true)
		want(t, "lazy is done", later.Done(), false)
		v, err := now.Result()
		want(t, "value", v, 42)
		must(t, err)
		v, err = later.Await(co)
		want(t, "value", v, 42)
		return err
	})},
	{"A242", "one that awaits is a task like any other after its first step", onLoop(func(t *testing.T, co *aio.Co) error {
		var got []string
		task := aio.GoNow(co, "eager", func(co *aio.Co) (int, error) {
			got = append(got, "first step")
			must(t, co.Sleep(10))
			got = append(got, "second step")
			return 42, nil
		})
		got = append(got, "caller")
		want(t, "done", task.Done(), false)
		v, err := task.Await(co)
		wantAll(t, "order", got, "first step", "caller", "second step")
		want(t, "value", v, 42)
		want(t, "now", co.Now(), 10)
		return err
	})},
	{"A243", "cancelling a task that is done already does nothing", onLoop(func(t *testing.T, co *aio.Co) error {
		task := aio.GoNow(co, "eager", func(*aio.Co) (int, error) { return 42, nil })
		want(t, "Cancel", task.Cancel(errBoom), false)
		want(t, "cancelled", task.Cancelled(), false)
		v, err := task.Await(co)
		want(t, "value", v, 42)
		return err
	})},
	{"A244", "during the eager step the child is the current task, after it the caller is again", onLoop(func(t *testing.T, co *aio.Co) error {
		current := func() string {
			i, _ := co.Loop().Current()
			return i.Name
		}
		for _, awaits := range []bool{false, true} {
			task := aio.GoNow(co, "child", func(co *aio.Co) (string, error) {
				name := current()
				if awaits {
					must(t, co.Yield())
					want(t, "later", current(), "child")
				}
				return name, nil
			})
			want(t, "after the step", current(), "main")
			name, err := task.Await(co)
			must(t, err)
			want(t, "in the step", name, "child")
			want(t, "after the await", current(), "main")
		}
		return co.Yield()
	})},
}
