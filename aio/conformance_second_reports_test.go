package aio_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// rowsReports: what Config.Report hears, and what stops Run.
var rowsReports = []row{
	{"A215", "a callback that panics stops Run with its panic, or is reported and passed over, as asked for", func(t *testing.T) {
		main := func(co *aio.Co) error {
			co.Loop().CallSoon(explode)
			return co.Sleep(10)
		}
		p, ok := panicOf(func() {
			_, _ = runRow(t, aio.Config{}, func(co *aio.Co) (none, error) { return none{}, main(co) })
		}).(*aio.Panic)
		want(t, "Run panicked", ok, true)
		wantIs(t, p, errBoom)
		reports, err := reportsOf(t, aio.Config{Panics: aio.PanicReport}, main)
		must(t, err)
		if len(reports) != 1 || reports[0].Kind != aio.ReportPanic {
			t.Fatal(reports)
		}
		wantIs(t, reports[0].Err, errBoom)
	}},
	{"A216", "the error of a task that nobody asks for is reported, one that was read is not", func(t *testing.T) {
		reports, err := reportsOf(t, aio.Config{}, func(co *aio.Co) error {
			aio.Start(co, "unread", fails(0, errBoom))
			_, err := aio.Start(co, "awaited", fails(0, errOther)).Await(co)
			wantIs(t, err, errOther)
			asked := aio.Start(co, "asked later", fails(0, errOther))
			must(t, co.Sleep(1))
			wantIs(t, asked.Err(), errOther)
			return nil
		})
		must(t, err)
		if len(reports) != 1 || reports[0].Kind != aio.ReportUnread || !strings.Contains(reports[0].Task, "unread") {
			t.Fatal(reports)
		}
		want(t, "error", reports[0].Err, errBoom)
	}},
	{"A217", "a reporter hears what happened, of which task, with its error and where it was made", func(t *testing.T) {
		reports, err := reportsOf(t, aio.Config{Debug: true}, func(co *aio.Co) error {
			aio.Start(co, "feed", fails(0, errBoom))
			return co.Sleep(1)
		})
		must(t, err)
		if len(reports) != 1 {
			t.Fatal(reports)
		}
		r := reports[0]
		want(t, "kind", r.Kind, aio.ReportUnread)
		want(t, "error", r.Err, errBoom)
		for _, part := range []string{`"feed"`, "conformance_second_reports_test.go:", "boom", aio.ReportUnread} {
			if !strings.Contains(r.String(), part) {
				t.Errorf("no %s in %q", part, r)
			}
		}
	}},
	{"A218", "a reporter that panics is reported itself, and the run goes on", func(t *testing.T) {
		text := stderrOf(t, func() {
			_, err := runRow(t, aio.Config{Report: func(aio.Report) { explode() }}, func(co *aio.Co) (none, error) {
				aio.Start(co, "feed", fails(0, errOther))
				return none{}, co.Sleep(1)
			})
			must(t, err)
		})
		if !strings.Contains(text, "Report panicked: boom") || !strings.Contains(text, "other") {
			t.Errorf("standard error: %q", text)
		}
	}},
	{"A219", "a signal that comes while a task runs is an event of the loop, not an error of that task", signalAsEvent},
	{"A221", "in debug a step that takes long by the wall clock is reported with its task or callback", func(t *testing.T) {
		spin := func() {
			for start := time.Now(); time.Since(start) < 20*time.Millisecond; {
			}
		}
		cfg := aio.Config{Debug: true, SlowStep: 10 * time.Millisecond}
		reports, err := reportsOf(t, cfg, func(co *aio.Co) error {
			must(t, co.Sleep(time.Hour)) // of virtual time: no step
			_, err := aio.Start(co, "dreamer", func(co *aio.Co) error { spin(); return nil }).Await(co)
			co.Loop().CallSoon(spin)
			return errors.Join(err, co.Yield())
		})
		must(t, err)
		found := map[string]int{}
		for _, r := range reports {
			for _, who := range []string{"dreamer", "callback"} {
				if r.Kind == aio.ReportSlow && strings.Contains(r.Task, who) && r.Took >= 20*time.Millisecond {
					found[who]++
				}
			}
			if r.Took >= time.Minute {
				t.Errorf("virtual time counts as a slow step: %v", r)
			}
		}
		if found["dreamer"] != 1 || found["callback"] != 1 {
			t.Errorf("%v in %v", found, reports)
		}
	}},
	{"A229", "the report of a callback names it", func(t *testing.T) {
		reports, err := reportsOf(t, aio.Config{Panics: aio.PanicReport}, func(co *aio.Co) error {
			co.Loop().CallSoon(explode)
			return co.Sleep(1)
		})
		must(t, err)
		if len(reports) != 1 || !strings.Contains(reports[0].Task, "explode") || !strings.Contains(reports[0].Site, "panic_test.go:") {
			t.Fatal(reports)
		}
		if p, ok := reports[0].Err.(*aio.Panic); !ok || !strings.Contains(string(p.Stack), "explode") {
			t.Errorf("no stack of where it happened in %v", reports[0].Err)
		}
	}},
}

// stderrOf gives what f writes to standard error.
func stderrOf(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	saved := os.Stderr
	os.Stderr = w
	text := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		text <- string(b)
	}()
	func() {
		defer func() {
			os.Stderr = saved
			w.Close()
		}()
		f()
	}()
	return <-text
}
