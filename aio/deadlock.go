package aio

import (
	"errors"
	"fmt"
)

// deadlock: tasks are left that nothing can wake. The first time they are cancelled, so that they clean up; tasks that
// then wait outside every scope for what cannot come are abandoned: their deferred functions run, their awaits fail.
func (l *Loop) deadlock() {
	l.recordMark(EntryDeadlock)
	report := l.tree() + l.cycle()
	if !l.ending {
		l.err = fmt.Errorf("%w:%s", ErrDeadlock, report)
		l.end(ErrDeadlock)
		return
	}
	l.stuck = true
	l.err = errors.Join(l.err, l.mainErr(), fmt.Errorf("aio: after cancellation, %w:%s", ErrDeadlock, report))
}

// mainErr is main's error if it has ended with one.
func (l *Loop) mainErr() error {
	if l.main.done && !isEcho(l.main.h.end.err()) {
		return l.main.h.end.err()
	}
	return nil
}
