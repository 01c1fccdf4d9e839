package aio_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// runner is somebody whose method is a task.
type runner struct {
	bell aio.Waiter
	runs int
}

//go:noinline
func (r *runner) keep(co *aio.Co) error { return r.bell.Wait(co) }

func (r *runner) short(*aio.Co) error {
	r.runs++
	return nil
}

func (r *runner) ring() { r.bell.Wake() }

// A task that is a method stands where the method does, and a Waiter is called what it was labelled.
func TestMethodSiteAndLabel(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("methods are found on amd64 only")
	}
	_, err := aio.Run(t.Context(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (int, error) {
		r := &runner{}
		r.bell.Label(co.Loop(), "a ring")
		aio.Start(co, "keep", r.keep)
		aio.Start(co, "short", r.short)
		aio.Start(co, "sleeper", func(co *aio.Co) error { return co.Sleep(time.Second) })
		seen := map[string]aio.TaskInfo{}
		for i := range co.Loop().Tasks() { // before "short" has run
			seen[i.Name] = i
		}
		for _, name := range []string{"keep", "short"} {
			if !strings.Contains(seen[name].Site, "names_test.go:") {
				t.Errorf("%s stands at %q", name, seen[name].Site)
			}
		}
		if err := co.Sleep(time.Millisecond); err != nil {
			return 0, err
		}
		for i := range co.Loop().Tasks() {
			seen[i.Name] = i
		}
		if got := seen["keep"].WaitsOn; got != "a ring" {
			t.Errorf("it awaits %q", got)
		}
		if got := seen["sleeper"].Until; got != 1e9 {
			t.Errorf("it sleeps until %d", got)
		}
		r.ring()
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is no task is named in the steps, and in those of the tasks that it wakes.
func TestObserveNames(t *testing.T) {
	woke := map[string]string{} // by the name of the task
	callbacks := map[string]bool{}
	_, err := aio.Run(t.Context(), aio.Config{}, func(co *aio.Co) (int, error) {
		l := co.Loop()
		l.Observe(func(s aio.Step) {
			switch {
			case s.Task == 0:
				callbacks[s.Name] = true
			case s.From != "":
				woke[s.Name] = s.From
			}
		})
		rs := map[string]*runner{}
		for _, name := range []string{"by inlet", "by timer", "by function", "by post", "by label"} {
			rs[name] = &runner{}
			aio.Start(co, name, rs[name].keep)
		}
		in := aio.NewInlet(l, "frames", func([]byte) { rs["by inlet"].ring() })
		defer in.Close()
		if err := co.Sleep(time.Millisecond); err != nil {
			return 0, err
		}
		in.Post(nil)
		aio.NewTimer(l, aio.ClassTimer, rs["by timer"].ring).Arm(l.Now())
		aio.NewTimer(l, aio.ClassTimer, func() { rs["by label"].ring() }).Label("the hour").Arm(l.Now())
		l.CallSoon(func() { rs["by function"].ring() })
		l.Post(rs["by post"].ring)
		aio.Start(co, "by itself", func(co *aio.Co) error { return co.Sleep(time.Millisecond) })
		return 0, co.Sleep(20 * time.Millisecond)
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"by inlet": "frames", "by timer": "aio_test.runner.ring", "by label": "the hour", "by function": "aio_test.TestObserveNames",
		"by post": "aio_test.runner.ring", "by itself": "a timer",
	} {
		if woke[name] != want {
			t.Errorf("%s: woken by %q, want %q", name, woke[name], want)
		}
	}
	if !callbacks["frames"] || !callbacks["the hour"] {
		t.Errorf("callbacks %v", callbacks)
	}
}
