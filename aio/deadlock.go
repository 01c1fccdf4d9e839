package aio

import (
	"errors"
	"fmt"
	"strings"
)

// reportMax is the number of tasks that a report lists.
const reportMax = 50

// deadlock: tasks are left that nothing can wake. The first time they are cancelled, so that they clean up; tasks that
// then wait outside every scope for what cannot come are abandoned: their deferred functions run, their awaits fail.
func (l *Loop) deadlock() {
	report := l.report()
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
	if l.main.done && !isEcho(l.main.err) {
		return l.main.err
	}
	return nil
}

// report lists the tasks, oldest first, and what each awaits.
func (l *Loop) report() string {
	var b strings.Builder
	n := 0
	for t := l.oldest; t != nil; t = t.newer {
		if n++; n <= reportMax {
			fmt.Fprintf(&b, "\n  %v awaits %s", t, t.awaits())
		}
	}
	if n > reportMax {
		fmt.Fprintf(&b, "\n  and %d more", n-reportMax)
	}
	return b.String()
}
