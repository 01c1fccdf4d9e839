package aio

import (
	"fmt"
	"os"
	"time"
)

// PanicPolicy says what a panic in a task or callback does.
type PanicPolicy uint8

const (
	// PanicStop cancels everything; then Run panics with the [*Panic].
	PanicStop PanicPolicy = iota
	// PanicReport makes the [*Panic] the error of the task, reports that of a callback, and goes on.
	PanicReport
)

// What a Report is about.
const (
	ReportUnread   = "unread error"  // a task or future failed, and nobody has asked
	ReportSlow     = "slow step"     // Config.Debug: a task or callback ran longer than Config.SlowStep without an await
	ReportPending  = "still pending" // Config.Debug: a task outside any Group was cancelled by the end of main
	ReportNeverRan = "never ran"     // Config.Debug: a task was cancelled before its first step, and nobody has asked for it
	ReportPanic    = "panic"         // PanicReport: a callback panicked
	ReportDropped  = "reports lost"  // so many that only their number is kept
)

// Report tells of what would else pass unnoticed.
type Report struct {
	Kind string        // one of the constants
	Task string        // the task, future or callback
	Site string        // where it was made, as file:line
	Err  error         // where there is one
	Took time.Duration // of a slow step, in wall time
}

// String is one line.
func (r Report) String() string {
	s := "aio: " + r.Kind + ": " + r.Task
	if r.Took > 0 {
		s += fmt.Sprintf(" ran for %v", r.Took)
	}
	if r.Site != "" {
		s += ", made at " + r.Site
	}
	if r.Err != nil {
		s += ": " + r.Err.Error()
	}
	return s
}

// tell gives r to the reporter. One that panics is reported itself, to standard error.
func (l *Loop) tell(r Report) {
	if l.reports == nil {
		if l.debug != nil {
			fmt.Fprintln(os.Stderr, r)
		}
		return
	}
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(os.Stderr, "aio: Config.Report panicked: %v; it was told: %v\n", v, r)
		}
	}()
	l.reports(r)
}

// unread is an error that nobody has seen yet. It does not keep its future or task alive.
type unread struct {
	r    Report
	read bool
}

// unreadMax is how many errors wait for a reader; of more the oldest is reported before the end.
const unreadMax = 256

func (l *Loop) unreadFuture(d *doneList, what string, err error) {
	if err == nil || isEcho(err) {
		return
	}
	m := d.extra()
	m.unread = l.keepUnread(Report{Kind: ReportUnread, Task: what, Site: m.site.String(), Err: err})
}

// unreadTask keeps the error of a task of Run's own.
func (l *Loop) unreadTask(t *task) {
	h := t.h
	if h.end.expected() || l.failure != nil || h.end.err() == errGoexit {
		return
	}
	r := Report{Kind: ReportUnread, Task: t.String(), Site: t.site(), Err: h.end.err()}
	if isEcho(h.end.err()) {
		if l.debug == nil {
			return
		}
		if r.Kind = ReportPending; t.skipped {
			r.Kind = ReportNeverRan
		}
		if !t.skipped && !l.ending {
			return // somebody cancelled it and went on
		}
	}
	h.end.extra().unread = l.keepUnread(r)
}

func (l *Loop) keepUnread(r Report) *unread {
	if len(l.unread) >= unreadMax {
		kept := l.unread[:0]
		for _, u := range l.unread {
			if !u.read {
				kept = append(kept, u)
			}
		}
		clear(l.unread[len(kept):])
		if l.unread = kept; len(kept) >= unreadMax {
			l.tell(kept[0].r)
			l.unread = append(kept[:0], kept[1:]...)
		}
	}
	u := &unread{r: r}
	l.unread = append(l.unread, u)
	return u
}

// tellUnread reports what nobody has read, at the end.
func (l *Loop) tellUnread() {
	for _, u := range l.unread {
		if !u.read {
			l.tell(u.r)
		}
	}
	l.unread = nil
}

// callbackFailed ends the loop, or reports the panic of a callback.
func (l *Loop) callbackFailed(v any, fn func()) {
	p := l.fail(v)
	if l.panics == PanicReport {
		name, site := funcSite(fn)
		l.tell(Report{Kind: ReportPanic, Task: "callback " + name, Site: site, Err: p})
	}
}
