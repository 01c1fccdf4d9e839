package aio_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"baton/aio"
)

// onReal is onLoop with the wall clock.
func onReal(body func(t *testing.T, co *aio.Co) error) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		_, err := runRow(t, aio.Config{Source: aio.Real()}, func(co *aio.Co) (none, error) { return none{}, body(t, co) })
		if err != nil {
			t.Error("Run:", err)
		}
	}
}

// rowsLoop: callbacks, timers and what comes from other goroutines.
var rowsLoop = []row{
	{"A204", "a loop that has ended takes nothing more, and runs nothing", func(t *testing.T) {
		var l *aio.Loop
		var in *aio.Inlet
		var kept *aio.Co
		_, err := runRow(t, aio.Config{}, func(co *aio.Co) (none, error) {
			l, kept = co.Loop(), co
			in = aio.NewInlet(l, "in", func([]byte) { t.Error("a payload was handled") })
			return none{}, nil
		})
		must(t, err)
		want(t, "Post", l.Post(func() { t.Error("a callback ran") }), false)
		want(t, "Inlet.Post", in.Post(nil), false)
		want(t, "Deliver", in.Deliver(nil), false)
		_, err = aio.Submit(t.Context(), l, func(*aio.Co) (int, error) { t.Error("a task ran"); return 0, nil })
		wantIs(t, err, aio.ErrClosed)
		wantIs(t, kept.Yield(), aio.ErrClosed)
		want(t, "state of main", kept.Task().State, aio.StateEnded)
	}},
	{"A205", "a callback whose handle was cancelled is not called", onLoop(func(t *testing.T, co *aio.Co) error {
		l := co.Loop()
		h := l.CallSoon(func() { t.Error("it was called") })
		late := l.CallLater(10, func() { t.Error("the timer was") })
		want(t, "cancelled", h.Cancel(), true)
		want(t, "cancelled twice", h.Cancel(), false)
		want(t, "timer", late.Stop(), true)
		return co.Sleep(100)
	})},
	{"A206", "CallSoon calls in order and gives a handle to take a call back", onLoop(func(t *testing.T, co *aio.Co) error {
		var got []int
		var handles [4]aio.Handle
		for i := range handles {
			handles[i] = co.Loop().CallSoon(func() { got = append(got, i) })
		}
		want(t, "taken back", handles[2].Cancel(), true)
		wantAll(t, "before the next pass", got)
		must(t, co.Yield())
		wantAll(t, "called", got, 0, 1, 3)
		want(t, "taken back too late", handles[3].Cancel(), false)
		return nil
	})},
	{"A207", "CallLater gives a timer that is armed for then, and not called before", onLoop(func(t *testing.T, co *aio.Co) error {
		at := aio.Nanos(-1)
		tm := co.Loop().CallLater(10, func() { at = co.Loop().Now() })
		want(t, "armed for", tm.When(), 10)
		must(t, co.Yield())
		want(t, "called after a pass", at, -1)
		must(t, co.Sleep(20))
		want(t, "called at", at, 10)
		want(t, "still to be stopped", tm.Stop(), false)
		return nil
	})},
	{"A208", "of two timers that are overdue when armed the one due earlier is called first", onLoop(func(t *testing.T, co *aio.Co) error {
		must(t, co.Sleep(100))
		var got []int
		co.Loop().CallLater(-1, func() { got = append(got, -1) })
		co.Loop().CallLater(-2, func() { got = append(got, -2) })
		must(t, co.Sleep(1))
		wantAll(t, "order", got, -2, -1)
		want(t, "now", co.Now(), 101)
		return nil
	})},
	{"A209", "CallAt goes by the loop's clock and is never early", func(t *testing.T) {
		body := func(t *testing.T, co *aio.Co) error {
			var done aio.Waiter
			for _, d := range []aio.Nanos{0, 1, 1000, 50_000, 1_100_000} {
				at := co.Now() + d
				co.Loop().CallAt(at, func() {
					if now := co.Loop().Now(); now < at {
						t.Errorf("called %d ns early", at-now)
					}
					done.Wake()
				})
				must(t, done.Wait(co))
			}
			return nil
		}
		onLoop(body)(t)
		onReal(body)(t)
	}},
	{"A210", "in debug a call from a goroutine that does not run the loop is caught", func(t *testing.T) {
		_, err := runRow(t, aio.Config{Debug: true}, func(co *aio.Co) (none, error) {
			l := co.Loop()
			calls := map[string]func(){
				"CallSoon": func() { l.CallSoon(func() { t.Error("it was called") }) },
				"CallAt":   func() { l.CallAt(0, func() { t.Error("it was called") }) },
				"Set":      func() { _ = aio.NewFuture[int](l).Set(1) },
			}
			for name, call := range calls {
				caught := make(chan any)
				go func() {
					defer func() { caught <- recover() }()
					call()
				}()
				if v := <-caught; v == nil || !strings.Contains(fmt.Sprint(v), "Loop.Post") {
					t.Errorf("%s: %v", name, v)
				}
			}
			return none{}, co.Sleep(1)
		})
		must(t, err)
	}},
	{"A211", "a first timer that was stopped does not cut the idle wait short", func(t *testing.T) {
		body := func(t *testing.T, co *aio.Co) error {
			l := co.Loop()
			first := l.CallLater(time.Millisecond, func() { t.Error("it was called") })
			want(t, "stopped", first.Stop(), true)
			before := l.Stats()
			must(t, co.Sleep(5*time.Millisecond))
			want(t, "passes", l.Stats().Passes-before.Passes, 1)
			if n := l.Stats().Wakes - before.Wakes; n > 1 {
				t.Errorf("the loop woke %d times", n)
			}
			return nil
		}
		onLoop(body)(t)
		onReal(body)(t)
	}},
	{"A212", "what a callback asks for with CallSoon is called in the next pass", onLoop(func(t *testing.T, co *aio.Co) error {
		l := co.Loop()
		var outer, inner uint64
		var got []string
		l.CallSoon(func() {
			outer = l.Stats().Passes
			l.CallSoon(func() { inner = l.Stats().Passes; got = append(got, "inner") })
		})
		l.CallSoon(func() { got = append(got, "same pass") })
		must(t, co.Yield())
		must(t, co.Yield())
		want(t, "passes between", inner-outer, 1)
		wantAll(t, "order", got, "same pass", "inner")
		return nil
	})},
	{"A213", "timers that were stopped do not pile up", onLoop(func(t *testing.T, co *aio.Co) error {
		l := co.Loop()
		for i := range 100 {
			l.CallLater(time.Duration(i+1)*time.Hour, func() {}) // those that stay
		}
		var gone []weak.Pointer[aio.Timer]
		for i := range 1000 {
			tm := l.CallLater(time.Duration(i)*time.Minute, func() { t.Error("it was called") })
			gone = append(gone, weak.Make(tm))
			tm.Stop()
		}
		runtime.GC()
		kept := 0
		for _, p := range gone {
			if p.Value() != nil {
				kept++
			}
		}
		if kept > 1 { // the last may still be in a register
			t.Errorf("%d of 1000 are still held", kept)
		}
		return co.Sleep(100 * time.Hour)
	})},
	{"A214", "a future of another loop is refused", func(t *testing.T) {
		_, err := runRow(t, aio.Config{}, func(co *aio.Co) (none, error) {
			f := aio.NewFuture[int](co.Loop())
			other := make(chan error)
			go func() {
				_, err := runRow(t, aio.Config{}, func(co *aio.Co) (int, error) { return f.Await(co) })
				other <- err
			}()
			wantIs(t, <-other, aio.ErrWrongLoop)
			return none{}, nil
		})
		must(t, err)
	}},
	{"A220", "what arrives as the loop stops is handled once, or counted as dropped", func(t *testing.T) {
		for _, how := range []string{"post", "deliver"} {
			var l *aio.Loop
			handled := 0
			_, err := runRow(t, aio.Config{Source: aio.Real()}, func(co *aio.Co) (none, error) {
				l = co.Loop()
				in := aio.NewInlet(l, "in", func([]byte) { handled++; l.Stop() })
				l.Spawn(func() {
					if how == "post" {
						in.Post(nil)
						in.Post(nil)
					} else {
						in.Deliver(nil, nil)
					}
				})
				return none{}, sleepOn(co)
			})
			wantIs(t, err, aio.ErrStopped)
			st := l.Stats()
			want(t, how+": handled", uint64(handled), st.Ran)
			if handled == 0 || st.Ran+st.Dropped > 2 {
				t.Errorf("%s: handled %d, %+v", how, handled, st)
			}
		}
	}},
	{"A222", "a loop inside a running one is refused, also in a callback; on a goroutine of its own it runs", onLoop(func(t *testing.T, co *aio.Co) error {
		inner := func() error {
			_, err := aio.Run(t.Context(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (none, error) { return none{}, co.Sleep(1) })
			return err
		}
		called := false
		co.Loop().CallSoon(func() { wantIs(t, inner(), aio.ErrNested); called = true })
		must(t, co.Yield())
		want(t, "called", called, true)
		done := make(chan error)
		go func() { done <- inner() }()
		return <-done
	})},
	{"A223", "a Post from another goroutine wakes an idle loop, after what was queued before", onReal(func(t *testing.T, co *aio.Co) error {
		l := co.Loop()
		var got []string
		var done aio.Waiter
		aio.NewInlet(l, "open", func([]byte) {})
		sent := make(chan struct{})
		l.CallSoon(func() { got = append(got, "queued before"); close(sent) })
		l.Spawn(func() {
			<-sent // the loop has nothing left to do
			for _, what := range []string{"first", "second", "third"} {
				l.Post(func() { got = append(got, what) })
			}
			l.Post(done.Wake)
		})
		must(t, done.Wait(co))
		wantAll(t, "order", got, "queued before", "first", "second", "third")
		return nil
	})},
	{"A224", "Posts from the loop itself run in order, after what CallSoon queued in the same step", onLoop(func(t *testing.T, co *aio.Co) error {
		l := co.Loop()
		var got []string
		note := func(what string) func() { return func() { got = append(got, what) } }
		l.Post(note("post 1"))
		l.CallSoon(note("soon 1"))
		l.Post(note("post 2"))
		l.CallSoon(note("soon 2"))
		must(t, co.Sleep(1))
		wantAll(t, "order", got, "soon 1", "soon 2", "post 1", "post 2")
		return nil
	})},
	{"A225", "blocking work runs beside the loop, and its result comes back", onReal(func(t *testing.T, co *aio.Co) error {
		l := co.Loop()
		var onLoopMeanwhile atomic.Bool
		release := make(chan struct{})
		l.CallSoon(func() { onLoopMeanwhile.Store(true); close(release) })
		v, err := aio.RunBlocking(co, func(ctx context.Context) (string, error) {
			<-release // the loop goes on meanwhile
			return "result", nil
		})
		want(t, "result", v, "result")
		want(t, "the loop went on", onLoopMeanwhile.Load(), true)
		return err
	})},
	{"A226", "a job that was cancelled is told, waited for, and heard of no more", func(t *testing.T) {
		var l *aio.Loop
		var ended atomic.Bool
		_, err := runRow(t, aio.Config{Source: aio.Real()}, func(co *aio.Co) (none, error) {
			l = co.Loop()
			started := make(chan struct{})
			job := aio.Go(co, "job", func(co *aio.Co) (int, error) {
				return aio.RunBlocking(co, func(ctx context.Context) (int, error) {
					close(started)
					<-ctx.Done()
					ended.Store(true)
					return 0, ctx.Err()
				})
			})
			must(t, co.Yield())
			<-started
			job.Cancel(nil)
			_, err := job.Await(co)
			wantIs(t, err, context.Canceled)
			want(t, "the job has ended", ended.Load(), true)
			return none{}, nil
		})
		must(t, err)
		want(t, "dropped", l.Stats().Dropped, 0)
	}},
	{"A227", "a task that waits for a socket is cancelled at once", func(t *testing.T) {
		addr := server(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }) // sends nothing
		onReal(func(t *testing.T, co *aio.Co) error {
			c, err := aio.Dial(co, "tcp", addr)
			if err != nil {
				return err
			}
			defer c.Close()
			reader := aio.Go(co, "reader", func(co *aio.Co) (int, error) { return c.Read(make([]byte, 16)) })
			must(t, co.Sleep(time.Millisecond))
			want(t, "waits", reader.Done(), false)
			reader.Cancel(nil)
			must(t, co.Yield())
			want(t, "ended after one pass", reader.Done(), true)
			wantIs(t, reader.Err(), aio.ErrCancelled)
			return nil
		})(t)
	}},
	{"A228", "tiny sleeps do not keep the loop turning", onReal(func(t *testing.T, co *aio.Co) error {
		l := co.Loop()
		for _, d := range []time.Duration{1, 10, 1000, 10_000, 100_000, time.Millisecond} {
			before, start := l.Stats(), time.Now()
			for range 20 {
				due := co.Now() + int64(d)
				must(t, co.Sleep(d))
				if co.Now() < due {
					t.Errorf("a sleep of %v was too short", d)
				}
			}
			after := l.Stats()
			if turns := after.Passes - before.Passes + after.Wakes - before.Wakes; turns > 20*3 {
				t.Errorf("20 sleeps of %v took %d turns of the loop", d, turns)
			}
			if took := time.Since(start); took > 20*d+5*time.Second {
				t.Errorf("20 sleeps of %v took %v", d, took)
			}
		}
		return nil
	})},
	{"A230", "timers are called in the order of their times, and at equal times in that of their arming", onLoop(func(t *testing.T, co *aio.Co) error {
		var got []string
		for n, at := range []aio.Nanos{30, 10, 20, 10, 30, 20, 10} {
			co.Loop().CallAt(at, func() { got = append(got, fmt.Sprintf("%d/%d", at, n)) })
		}
		must(t, co.Sleep(30))
		wantAll(t, "order", got, "10/1", "10/3", "10/6", "20/2", "20/5", "30/0", "30/4")
		return nil
	})},
}
