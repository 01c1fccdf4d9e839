//go:build unix

package app

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baton/market"
)

// tripped runs a sentry before a gate while somebody else spins and sends orders through it without a pause. trigger pulls it; what
// comes back is how long the gate took to close, and how many orders were written after it had.
func tripped(tb testing.TB, dir string, trigger func(d stateDir) error) (took time.Duration, late int64) {
	d, err := openStateDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	var g gate
	var work sync.WaitGroup
	var closedAt, atClose atomic.Int64
	c := &counter{}
	s, err := newSentry(d, func(fn func()) { work.Go(fn) }, func() {
		g.close()
		closedAt.Store(time.Now().UnixNano())
		atClose.Store(c.writes.Load())
	}, func(string) {}, func() {})
	if err != nil {
		tb.Fatal(err)
	}
	v := g.before(c, c)
	var halt atomic.Bool
	work.Go(func() {
		for !halt.Load() {
			_ = v.Send(&market.Command{Op: market.OpPlace}) // refused once the gate is closed
		}
	})
	for c.writes.Load() < 100 {
		runtime.Gosched()
	}
	at := time.Now().UnixNano()
	if err := trigger(d); err != nil {
		tb.Fatal(err)
	}
	for !g.shut() || closedAt.Load() == 0 {
		runtime.Gosched()
	}
	halt.Store(true)
	s.end()
	work.Wait()
	return time.Duration(closedAt.Load() - at), c.writes.Load() - atClose.Load()
}

// triggers are the ways to stop a trader from outside.
var triggers = map[string]func(stateDir) error{
	"latch":  func(d stateDir) error { return d.latch(Latch{Time: time.Now(), Reason: "a test"}) },
	"socket": func(d stateDir) error { _, err := d.say("kill", time.Minute); return err },
	"signal": func(stateDir) error { return signalRun(&runFile{PID: os.Getpid()}) },
}

// shortDir is a folder whose name fits a socket's address.
func shortDir(tb testing.TB) string {
	dir, err := os.MkdirTemp("", "b")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// By each way alone the gate closes while somebody spins, nothing is written after it, and the latch is left behind.
func TestEachTriggerClosesTheGate(t *testing.T) {
	for name, pull := range triggers {
		t.Run(name, func(t *testing.T) {
			dir := shortDir(t)
			if _, late := tripped(t, dir, pull); late != 0 {
				t.Errorf("%d orders were written after the gate had closed", late)
			}
			if !stateDir(dir).latched() {
				t.Error("no latch was left behind")
			}
			if _, err := os.Stat(filepath.Join(dir, socketName)); err == nil {
				t.Error("the socket was left behind")
			}
		})
	}
}

// BenchmarkTriggerToClose is how long each way takes from the trigger to the closed gate, while a goroutine spins and sends without
// a pause: `go test ./app -run none -bench TriggerToClose -benchtime 1000x`.
func BenchmarkTriggerToClose(b *testing.B) {
	for _, name := range []string{"latch", "signal", "socket"} {
		b.Run(name, func(b *testing.B) {
			var all []time.Duration
			root, late := shortDir(b), int64(0)
			for b.Loop() {
				dir, err := os.MkdirTemp(root, "")
				if err != nil {
					b.Fatal(err)
				}
				took, n := tripped(b, dir, triggers[name])
				all, late = append(all, took), late+n
			}
			slices.Sort(all)
			b.ReportMetric(float64(all[len(all)/2])/1e6, "p50-ms")
			b.ReportMetric(float64(all[len(all)*999/1000])/1e6, "p99.9-ms")
			b.ReportMetric(float64(late), "late-orders")
		})
	}
}
