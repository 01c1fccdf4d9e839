package aio

import "time"

// waker calls Loop.kick at a wall time, from a goroutine of its own.
type waker interface {
	set(in time.Duration) // replaces an earlier time
	close()
}

// alarm has the loop kicked at a wall time.
func (l *Loop) alarm(at Nanos) {
	if l.waker == nil {
		if !l.portable {
			l.waker = newSystemWaker(l)
		}
		if l.waker == nil {
			l.waker = newPortableWaker(l)
		}
	}
	l.waker.set(max(time.Duration(at-l.wall()), 1))
}

// portableWaker is one time.Timer. Where nothing else goes on, Go's timers are half a millisecond late and more.
type portableWaker struct {
	timer *time.Timer
	quit  chan struct{}
}

func newPortableWaker(l *Loop) waker {
	w := &portableWaker{timer: time.NewTimer(time.Hour), quit: make(chan struct{})}
	l.Spawn(func() {
		for {
			select {
			case <-w.quit:
				return
			case <-w.timer.C:
				l.kick()
			}
		}
	})
	return w
}

func (w *portableWaker) set(in time.Duration) { w.timer.Reset(in) }

func (w *portableWaker) close() {
	w.timer.Stop()
	close(w.quit)
}
