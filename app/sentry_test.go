//go:build unix

package app

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baton/market"
)

// tripped runs a sentry before a gate while somebody else spins and sends orders through it without a pause. trigger pulls it; what
// comes back is how many orders were written after the gate had closed.
func tripped(tb testing.TB, dir string, trigger func(d stateDir) error) (late int64) {
	d, err := openStateDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	var g gate
	var work sync.WaitGroup
	var closed atomic.Bool
	var atClose atomic.Int64
	c := &counter{}
	s, err := newSentry(d, func(fn func()) { work.Go(fn) }, func() {
		g.close()
		atClose.Store(c.writes.Load())
		closed.Store(true)
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
	if err := trigger(d); err != nil {
		tb.Fatal(err)
	}
	for !closed.Load() {
		runtime.Gosched()
	}
	halt.Store(true)
	s.end()
	work.Wait()
	return c.writes.Load() - atClose.Load()
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
			if late := tripped(t, dir, pull); late != 0 {
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
