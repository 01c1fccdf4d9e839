package aio

import "unsafe"

// GoNow is [Go] that runs the task up to its first await before it returns, on the stack of the caller. A function that does
// not await is done then. While it runs, it is the current task; afterwards the caller is again.
func GoNow[T any](co *Co, name string, fn func(*Co) (T, error)) *Task[T] {
	t := newTask[T](co.g, name)
	co.t.l.adoptNow(&t.head, t, fn, co, entryPC(unsafe.Pointer(&fn)))
	return t
}

func (l *Loop) adoptNow(h *head, body runner, fn any, by *Co, pc uintptr) {
	t := l.newborn(h, body, fn, by, pc)
	t.eager = true
	caller := l.cur
	l.resume(t)
	l.cur = caller
}

// YieldTo lets x run next, before all that is ready, and then goes to the end of the line as [Co.Yield] does: the explicit
// hand-over. It is a Yield where x is not a task that is ready to run.
func (c *Co) YieldTo(x Joinable) error {
	t, err := c.enter()
	if err != nil {
		return err
	}
	l := t.l
	if x.loop() != l {
		return ErrWrongLoop
	}
	if to, ok := x.(interface{ core() *task }); ok {
		l.toFront(to.core())
	}
	l.makeReady(t)
	t.await = awaitTurn
	t.park(c.s)
	return nil
}

// toFront moves t to the head of the ready queue, if it is in there. Its old place stays, as a handle that does nothing, so that
// passes keep their length.
func (l *Loop) toFront(t *task) {
	if t == nil || !t.queued {
		return
	}
	for i := range l.ready.len() {
		if h := l.ready.at(i); h.t == t {
			*h = handle{}
			l.ready.pushFront(handle{t: t})
			if l.left > 0 {
				l.left++
			}
			return
		}
	}
}
