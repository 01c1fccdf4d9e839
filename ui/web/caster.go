package web

import (
	"runtime"

	"baton/ui"
)

// caster is the one goroutine between the run's loop and the tabs. The loop leaves the newest view, or a line that cannot wait, and
// wakes it, at most once for however many there are: that is all that a loop pays for its tabs, one or twenty. The caster encodes
// each part of a view once and offers the same bytes to one tab after the other, with one system call each that never waits. What
// a socket does not take at once is left to that tab's own goroutine, and until it is gone the tab misses views.
func (s *Server) cast() {
	for {
		select {
		case <-s.done:
			return
		case <-s.wake:
		}
		s.urgent()
		s.views()
	}
}

// rouse wakes the caster. It never blocks.
func (s *Server) rouse() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake, and looks once more before it rests
	}
}

// urgent hands on the lines that wait.
func (s *Server) urgent() {
	for {
		select {
		case m := <-s.lines:
			b := m.frame()
			for _, t := range s.open() {
				if !t.offer(b) {
					t.send(b)
				}
				runtime.Gosched()
			}
		default:
			return
		}
	}
}

// views shows the newest view to the tabs that have not had it, and a whole one to those that wait for it.
func (s *Server) views() {
	latest, full := s.latest.Load(), s.full.Load()
	if full != nil && s.whole.Swap(full.view.Seq) != full.view.Seq {
		s.answered()
	}
	for _, t := range s.open() {
		t.show(latest, full)
		runtime.Gosched() // the loop may be waiting for this core
	}
}

// answered tells those that asked for a whole view that there is one.
func (s *Server) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = false
	close(s.fresh)
	s.fresh = make(chan struct{})
}

// open lists the tabs that can be written to. The slice is the caster's, until the next call.
func (s *Server) open() []*tab {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.shown)
	s.shown = s.shown[:0]
	for t := range s.tabs { // order: each tab is on its own
		if t.ready {
			s.shown = append(s.shown, t)
		}
	}
	return s.shown
}

// show offers a tab what it has not had. Where it is being written to, it misses this view, and whoever writes asks for the newest
// one afterwards: [tab.caughtUp].
func (t *tab) show(latest, full *frame) {
	t.behind.Store(true) // before the lock is tried: who holds it looks when it has let go
	if !t.write.TryLock() {
		t.s.dropped.Add(1)
		return
	}
	defer t.write.Unlock()
	t.behind.Store(false)
	f := latest
	if t.full.Load() {
		f = full
	}
	if f == nil || f.view.Seq <= t.sent {
		return // it has it, or its whole one is still to come
	}
	if t.busy() {
		t.s.dropped.Add(1)
		t.behind.Store(true)
		return
	}
	if f.view.Full {
		t.full.Store(false)
	}
	t.sent = f.view.Seq
	t.push(f.bytes(ui.Sections(t.sections.Load())))
}

// caughtUp follows every write that is not the caster's, when the lock has been given back.
func (t *tab) caughtUp() {
	if t.behind.Swap(false) {
		t.s.rouse()
	}
}

// offer gives a tab a message, unless something before it is still on its way: false.
func (t *tab) offer(b []byte) bool {
	if !t.write.TryLock() {
		return false
	}
	defer t.write.Unlock()
	if t.busy() {
		return false
	}
	t.push(b)
	return true
}

// busy says that something has to be written first. The caller holds the lock.
func (t *tab) busy() bool { return len(t.rest) > 0 || len(t.queue) > 0 }

// push writes what the system takes at once, and leaves the rest to the tab's goroutine. The caller holds the lock.
func (t *tab) push(b []byte) {
	n := 0
	if canPush {
		t.out, t.outErr = b, nil
		if err := t.raw.Write(t.onceFn); err != nil || t.outErr != nil {
			t.end()
			return
		}
		n, t.out = len(b)-len(t.out), nil
	}
	if n < len(b) {
		t.rest = b[n:]
		select {
		case t.stuck <- struct{}{}:
		default:
		}
	}
}

// writeOnce is what push has the connection do: it says true, wherever that went, so that nobody waits.
func (t *tab) writeOnce(fd uintptr) bool {
	n, err := pushOnce(fd, t.out)
	t.out, t.outErr = t.out[n:], err
	return true
}
