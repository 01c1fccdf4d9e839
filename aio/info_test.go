package aio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// reported runs main with a reporter and gives what it was told, as "kind task" lines.
func reported(t *testing.T, cfg aio.Config, main func(co *aio.Co) error) ([]aio.Report, error) {
	t.Helper()
	var rs []aio.Report
	cfg.Report = func(r aio.Report) { rs = append(rs, r) }
	if cfg.Source == nil {
		cfg.Source = aio.Virtual(0)
	}
	_, err := aio.Run(t.Context(), cfg, func(co *aio.Co) (none, error) { return none{}, main(co) })
	return rs, err
}

func kinds(rs []aio.Report) string {
	var s []string
	for _, r := range rs {
		s = append(s, r.Kind+" of "+r.Task)
	}
	return strings.Join(s, ", ")
}

func TestTasksAndDump(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		m := aio.NewLock(l)
		must(t, m.Lock(co))
		aio.Start(co, "feed", func(co *aio.Co) error {
			aio.Start(co, "book", func(co *aio.Co) error { return m.Lock(co) })
			return co.Sleep(time.Hour)
		})
		aio.Start(co, "", wait)
		must(t, co.Sleep(time.Second))
		aio.Start(co, "late", wait)
		var got []string
		for i := range l.Tasks() {
			got = append(got, fmt.Sprintf("%d<%d %s %s %q %v", i.ID, i.Parent, i.Name, i.State, i.WaitsOn, time.Duration(i.Since)))
			if !strings.Contains(i.Site, "_test.go:") || i.Wakes == 0 {
				t.Error(i.Site, i.Wakes)
			}
		}
		want := []string{
			`1<0 main running "" 0s`,
			`2<1 feed parked "a time" 0s`,
			`3<1 Task-3 parked "a wake-up" 0s`,
			`4<2 book parked "a lock that task 1 \"main\" holds" 0s`,
			`5<1 late new "" 1s`,
		}
		if at, diff := firstDiff(want, got); at >= 0 {
			t.Error(diff)
		}
		dump := l.Dump()
		for _, line := range []string{
			"\n    task 2 \"feed\" awaits a time, since 1s; ",
			"\n      task 4 \"book\" awaits a lock that task 1 \"main\" holds, since 1s; 1 wakes",
			"\n    task 5 \"late\" awaits its first step",
		} {
			if !strings.Contains("\n"+dump, line) {
				t.Errorf("no %q in\n%s", line, dump)
			}
		}
		if i, ok := l.Current(); !ok || i.Name != "main" || co.Task().Name != "main" || co.Task().ID != 1 {
			t.Error(i, co.Task())
		}
		l.CallSoon(func() {
			if _, ok := l.Current(); ok {
				t.Error("a task runs in a callback")
			}
		})
		return co.Yield()
	}))
}

// A lock's waiters are shown with its new owner, and a ring of awaits is found.
func TestDeadlockShowsTheTreeAndTheRing(t *testing.T) {
	err := virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		a, b := aio.NewLock(l), aio.NewLock(l)
		return aio.Group(co, func(co *aio.Co) error {
			both := func(x, y *aio.Lock) func(co *aio.Co) error {
				return func(co *aio.Co) error {
					if err := x.Lock(co); err != nil {
						return err
					}
					defer x.Unlock()
					if err := co.Yield(); err != nil {
						return err
					}
					return y.Lock(co)
				}
			}
			aio.Start(co, "ab", both(a, b))
			aio.Start(co, "ba", both(b, a))
			return nil
		})
	})
	if !errors.Is(err, aio.ErrDeadlock) {
		t.Fatal(err)
	}
	for _, part := range []string{
		`task 1 "main" awaits the tasks of its group`, `    task 2 "ab" awaits a lock that task 3 "ba" holds`,
		`a ring: task 2 "ab" -> task 3 "ba" -> task 2 "ab"`, "info_test.go:",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in %v", part, err)
		}
	}
}

func TestTaskAwaitsItself(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var self *aio.Task[none]
		self = aio.Start(co, "self", func(co *aio.Co) error { _, err := self.Await(co); return err })
		if _, err := self.Await(co); !errors.Is(err, aio.ErrDeadlock) {
			t.Error(err)
		}
		return nil
	}))
}

func TestUnreadErrors(t *testing.T) {
	rs, err := reported(t, aio.Config{}, func(co *aio.Co) error {
		l := co.Loop()
		fail := func(*aio.Co) error { return errBoom }
		aio.Start(co, "unread", fail)
		aio.Start(co, "fine", func(*aio.Co) error { return nil })
		aio.Start(co, "cancelled", wait)
		read := []*aio.Task[none]{aio.Start(co, "awaited", fail), aio.Start(co, "asked", fail), aio.Start(co, "err", fail), aio.Start(co, "all", fail)}
		read[0].Await(co)
		must(t, co.Yield())
		read[1].Result()
		_ = read[2].Err()
		aio.GatherAll(co, read[3])
		aio.Group(co, func(co *aio.Co) error { aio.Start(co, "in a group", fail); return nil })
		for i := range 3 {
			f := aio.NewFuture[int](l)
			f.Fail(errBoom)
			if i == 0 {
				f.Await(co)
			}
			if i == 1 {
				f.Err()
			}
		}
		to := aio.NewFuture[int](l)
		f := aio.NewFuture[int](l)
		f.Chain(to)
		f.Fail(errBoom)
		to.Err()
		aio.NewFuture[int](l).Cancel(errBoom)
		return nil
	})
	must(t, err)
	if got := kinds(rs); got != `unread error of task 2 "unread", unread error of future[int]` {
		t.Error(got)
	}
	if !errors.Is(rs[0].Err, errBoom) || !strings.Contains(rs[0].Site, "info_test.go:") || !strings.Contains(rs[0].String(), "boom") {
		t.Error(rs[0])
	}
}

// Errors of tasks that are cancelled by the end are reported too; of very many the oldest come early, and none is lost.
func TestUnreadErrorsAtTheEnd(t *testing.T) {
	const n = 1000
	rs, err := reported(t, aio.Config{}, func(co *aio.Co) error {
		aio.Start(co, "bad cleanup", func(co *aio.Co) error { wait(co); return errBoom })
		for range n {
			aio.Start(co, "many", func(co *aio.Co) error { return errBoom })
		}
		return co.Yield()
	})
	must(t, err)
	if len(rs) != n+1 || rs[n].Task != `task 2 "bad cleanup"` {
		t.Error(len(rs), rs[len(rs)-1])
	}
}

// A busy machine may make any step slow: of the slow ones only those that have to be are looked at, and with a limit that no
// step reaches there must be none.
func TestDebugReports(t *testing.T) {
	const limit, busy = time.Millisecond, 2 * time.Millisecond
	slow := map[string]bool{`task 2 "slow"`: true, "callback baton/aio_test.debugReports.func1.1": true}
	rs := debugReports(t, limit, busy)
	rs = slices.DeleteFunc(rs, func(r aio.Report) bool { return r.Kind == aio.ReportSlow && !slow[r.Task] })
	const ends = `never ran of task 4 "never ran", still pending of task 3 "pending"`
	const want = `slow step of task 2 "slow", slow step of callback baton/aio_test.debugReports.func1.1, ` + ends
	if got := kinds(rs); got != want {
		t.Fatal(got)
	}
	if rs[0].Took < busy || !strings.Contains(rs[0].Site, "info_test.go:") {
		t.Error(rs[0])
	}
	if got := kinds(debugReports(t, time.Hour, busy)); got != ends {
		t.Error(got)
	}
}

// debugReports is what is told of a task and a callback that are busy for so long, a task that is left pending and one that never
// runs.
func debugReports(t *testing.T, limit, busy time.Duration) []aio.Report {
	rs, err := reported(t, aio.Config{Debug: true, SlowStep: limit}, func(co *aio.Co) error {
		l := co.Loop()
		block := func() {
			for start := time.Now(); time.Since(start) < busy; {
			}
		}
		aio.Start(co, "slow", func(co *aio.Co) error { block(); return nil })
		l.CallSoon(block)
		must(t, co.Yield())
		aio.Start(co, "pending", wait)
		must(t, co.Yield())
		aio.Start(co, "never ran", wait)
		return nil
	})
	must(t, err)
	return rs
}

func TestDebugSites(t *testing.T) {
	_, err := reported(t, aio.Config{Debug: true}, func(co *aio.Co) error {
		l := co.Loop()
		f := aio.NewFuture[int](l)
		task := aio.Start(co, "waits", func(co *aio.Co) error {
			_, err := f.Await(co)
			return err
		})
		must(t, co.Yield())
		for i := range l.Tasks() {
			if i.Name == "waits" && (!strings.Contains(i.AwaitSite, "info_test.go:") || i.AwaitSite == i.Site || i.Ran == 0) {
				t.Errorf("%+v", i)
			}
		}
		if s := f.String(); !strings.Contains(s, "pending, 1 waiting, made at ") || !strings.Contains(s, "info_test.go:") {
			t.Error(s)
		}
		if s := task.Stack(); !strings.Contains(s, "TestDebugSites") || !strings.Contains(s, "(*Future[...]).Await") {
			t.Error(s)
		}
		if s := task.String(); !strings.Contains(s, `"waits" awaits a future`) || !strings.Contains(s, "awaits at ") {
			t.Error(s)
		}
		f.Set(1)
		must(t, co.Yield())
		if s := task.String(); s != `task 2 "waits" done` || task.Stack() != "" || task.Name() != "waits" || task.ID() != 2 {
			t.Error(s)
		}
		return nil
	})
	must(t, err)
}

// In debug a goroutine that does not hold the baton is refused, and the loop's own are not.
func TestDebugForeignGoroutine(t *testing.T) {
	for _, src := range []aio.Source{aio.Real(), aio.Virtual(0)} {
		_, err := reported(t, aio.Config{Debug: true, Source: src}, func(co *aio.Co) error {
			l := co.Loop()
			refused := make(chan any)
			go func() { refused <- panics(func() { l.CallSoon(func() {}) }) }()
			if <-refused == nil {
				t.Error("it was not refused")
			}
			q := aio.NewQueue[int](l, 1)
			in := aio.NewInlet(l, "in", func([]byte) { l.CallSoon(func() { q.TryPut(1) }) })
			l.Spawn(func() { in.Deliver([]byte{1}) })
			_, err := q.Get(co)
			return err
		})
		must(t, err)
	}
}

func TestWrongLoop(t *testing.T) {
	var other struct {
		f *aio.Future[int]
		t *aio.Task[none]
		q *aio.Queue[int]
		m *aio.Lock
		e *aio.Event
		s *aio.Semaphore
		b *aio.Barrier
		l *aio.Loop
	}
	must(t, virtual(t, func(co *aio.Co) error {
		o, l := &other, co.Loop()
		o.l, o.f, o.q, o.m, o.e = l, aio.NewFuture[int](l), aio.NewQueue[int](l, 1), aio.NewLock(l), aio.NewEvent(l)
		o.s, o.b = aio.NewSemaphore(l, 1), aio.NewBarrier(l, 1)
		o.t = aio.Start(co, "other", wait)
		return nil
	}))
	must(t, virtual(t, func(co *aio.Co) error {
		o := &other
		_, f := o.f.Await(co)
		_, tk := o.t.Await(co)
		_, get := o.q.Get(co)
		_, b := o.b.Wait(co)
		_, _, w := aio.Wait(co, aio.All, o.f, o.t)
		sel := aio.Select(co, aio.OnRecv(o.q, nil))
		all := aio.GatherAll(co, o.t)[0].Err
		for i, err := range []error{f, tk, get, b, w, sel, all, o.q.Put(co, 1), o.q.Join(co), o.m.Lock(co), o.e.Wait(co), o.s.Acquire(co)} {
			if err != aio.ErrWrongLoop {
				t.Error(i, err)
			}
		}
		if o.l.Post(func() {}) {
			t.Error("a closed loop took a post")
		}
		return nil
	}))
}

// The Co of a task that has ended is no other task's.
func TestStaleCo(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var stale *aio.Co
		aio.Start(co, "ended", func(co *aio.Co) error { stale = co; return nil })
		must(t, co.Yield())
		aio.Start(co, "next", func(co *aio.Co) error {
			if co.Task().ID == 0 || stale.Task().ID != 0 {
				t.Error(co.Task(), stale.Task())
			}
			if v := panics(func() { stale.Yield() }); v == nil || !strings.Contains(fmt.Sprint(v), "has ended") {
				t.Error(v)
			}
			select {
			case <-stale.Done():
			default:
				t.Error("the context of an ended task lives")
			}
			return nil
		})
		must(t, co.Yield())
		return nil
	}))
}

func TestRunInsideRun(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		run := func() error {
			_, err := aio.Run(context.Background(), aio.Config{}, func(*aio.Co) (int, error) { t.Error("it ran"); return 0, nil })
			return err
		}
		if err := run(); err != aio.ErrNested {
			t.Error(err)
		}
		co.Loop().CallSoon(func() {
			if err := run(); err != aio.ErrNested {
				t.Error(err)
			}
		})
		v, err := aio.RunBlocking(co, func(ctx context.Context) (int, error) {
			return aio.Run(ctx, aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (int, error) { return 5, co.Sleep(1) })
		})
		if v != 5 || err != nil {
			t.Error(v, err)
		}
		return co.Yield()
	}))
}

func TestStop(t *testing.T) {
	err := virtual(t, func(co *aio.Co) error {
		co.Loop().CallLater(5, co.Loop().Stop)
		err := wait(co)
		if !errors.Is(err, aio.ErrStopped) || !errors.Is(err, aio.ErrCancelled) {
			t.Error(err)
		}
		return err
	})
	if !errors.Is(err, aio.ErrStopped) {
		t.Error(err)
	}
}

func TestGroupClosed(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var left *aio.Co
		must(t, aio.Group(co, func(co *aio.Co) error { left = co; return nil }))
		if v, ok := panics(func() { aio.Start(left, "late", wait) }).(error); !ok || !errors.Is(v, aio.ErrGroupClosed) {
			t.Error(v)
		}
		return nil
	}))
}

// With PanicReport a panic is the error of its task, or a report, and the rest goes on.
func TestPanicReport(t *testing.T) {
	rs, err := reported(t, aio.Config{Panics: aio.PanicReport}, func(co *aio.Co) error {
		task := aio.Start(co, "bad", func(*aio.Co) error { explode(); return nil })
		_, err := task.Await(co)
		p, ok := errors.AsType[*aio.Panic](err)
		if !ok || !errors.Is(err, errBoom) || !strings.Contains(string(p.Stack), "explode") {
			t.Error(err)
		}
		aio.Start(co, "unread", func(*aio.Co) error { explode(); return nil })
		co.Loop().CallSoon(explode)
		return co.Sleep(1)
	})
	must(t, err)
	if got := kinds(rs); got != `panic of callback baton/aio_test.explode, unread error of task 3 "unread"` {
		t.Error(got)
	}
}

// A reporter that panics stops nothing.
func TestReporterPanics(t *testing.T) {
	cfg := aio.Config{Source: aio.Virtual(0), Report: func(aio.Report) { panic("reporter") }}
	v, err := aio.Run(t.Context(), cfg, func(co *aio.Co) (int, error) {
		aio.Start(co, "unread", func(*aio.Co) error { return errBoom })
		return 3, co.Yield()
	})
	if v != 3 || err != nil {
		t.Error(v, err)
	}
}

// Profiles know the goroutines of tasks by name.
func TestProfileLabels(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		for _, name := range []string{"alpha", "beta", "alpha"} {
			aio.Start(co, name, func(*aio.Co) error { return nil })
			must(t, co.Yield())
		}
		aio.Start(co, "gamma", wait)
		must(t, co.Yield())
		var b bytes.Buffer
		must(t, pprof.Lookup("goroutine").WriteTo(&b, 1))
		for _, label := range []string{`{"task":"gamma"}`, `{"task":"main"}`} {
			if !strings.Contains(b.String(), label) {
				t.Errorf("no %s in the profile\n%s", label, &b)
			}
		}
		return nil
	}))
}

// The run time is sampled well enough to tell who uses it. A machine that stops the process now and then can deceive a sample, so the
// test may try again.
func TestRunTimeIsSampled(t *testing.T) {
	var ran map[string]time.Duration
	for range 10 {
		if ran = sampled(t); ran["busy"] > 50*time.Millisecond && ran["idle"] < ran["busy"]/2 {
			return
		}
	}
	t.Error(ran)
}

// sampled gives the run time of a task that is busy for 5000 steps of 20 us, and of one that is not.
func sampled(t *testing.T) map[string]time.Duration {
	ran := map[string]time.Duration{}
	must(t, virtual(t, func(co *aio.Co) error {
		start := func(name string, d time.Duration) {
			aio.Start(co, name, func(co *aio.Co) error {
				for {
					for start := time.Now(); time.Since(start) < d; {
					}
					if err := co.Yield(); err != nil {
						return err
					}
				}
			})
		}
		start("busy", 20*time.Microsecond)
		start("idle", 0)
		for range 5000 {
			must(t, co.Yield())
		}
		for i := range co.Loop().Tasks() {
			ran[i.Name] = i.Ran
		}
		return nil
	}))
	return ran
}
