package aio

import (
	"errors"
	"runtime/debug"
	"time"
)

// group holds tasks that end together.
type group struct {
	scope    Scope
	co       Co
	root     bool // of Run: errors stay in the tasks
	over     bool
	running  int
	waiting  *task // the task in Group, once it waits for the end
	errs     []error
	stopped  bool // some task or the body ended with no more than the news of a cancellation
	panicked *Panic
}

// ended hears of each task's end.
func (g *group) ended(l *Loop, err error) {
	g.running--
	if g.root {
		return
	}
	g.note(err)
	if g.running == 0 && g.waiting != nil {
		l.makeReady(g.waiting)
	}
}

// note keeps an error; the first cancels the group.
func (g *group) note(err error) {
	switch {
	case err == nil:
	case isEcho(err):
		g.stopped = true
	default:
		g.errs = append(g.errs, err)
		g.scope.Cancel(err)
	}
}

// Group runs body, and returns when it and all tasks started in it have ended; the first error cancels the rest; errors are
// joined. A cancelled task is no error. What body gets is the Co of the group: tasks started with it belong to the group.
func Group(co *Co, body func(*Co) error) error {
	t := co.t
	if !co.runs() {
		return co.misused()
	}
	g := &group{}
	g.scope.enter(co.s, t)
	g.co = Co{t: t, s: &g.scope, g: g, id: t.id}
	outer := t.inner
	t.inner = &g.scope
	err := g.run(body)
	g.note(err)
	if err != nil {
		g.scope.Cancel(err)
	}
	g.waiting = t
	for g.running > 0 { // not to be interrupted: cancellation reaches the tasks by the tree
		t.await = awaitGroup
		t.park(nil)
	}
	g.over = true
	g.scope.leave()
	t.inner = outer
	switch {
	case g.panicked != nil:
		panic(g.panicked)
	case len(g.errs) == 1:
		return g.errs[0]
	case len(g.errs) > 1:
		return errors.Join(g.errs...)
	case g.stopped && co.s.err != nil:
		return co.s.err
	default:
		return err
	}
}

// run calls body; a panic cancels the group, and goes on when its tasks have ended.
func (g *group) run(body func(*Co) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			g.panicked = asPanic(v)
			g.scope.Cancel(g.panicked)
		}
	}()
	return body(&g.co)
}

func asPanic(v any) *Panic {
	if p, ok := v.(*Panic); ok {
		return p // it has passed a recover before
	}
	return &Panic{Value: v, Stack: debug.Stack()}
}

// deadline is the scope of one Timeout, with all it needs.
type deadline struct {
	scope Scope
	timer Timer
	co    Co
	outer *Scope // what the task was in before
}

// Timeout runs body in a cancel scope that ends after d of the loop's time: awaits inside then fail, and Timeout returns an
// error that is [ErrTimeout], unless body got its result nevertheless. An error of body's own after that, made while it cleaned
// up, comes first, joined with ErrTimeout. Where the task or a scope around was cancelled too, that is what Timeout tells, and
// an error of body's own is returned as it is.
func Timeout(co *Co, d time.Duration, body func(*Co, *Scope) error) error {
	t := co.t
	if !co.runs() {
		return co.misused()
	}
	dl := &deadline{timer: Timer{l: t.l, class: ClassTimer}}
	dl.timer.scope = &dl.scope
	dl.scope.timer = &dl.timer
	dl.scope.enter(co.s, t)
	dl.co = Co{t: t, s: &dl.scope, g: co.g, id: t.id}
	dl.outer = t.inner
	t.inner = &dl.scope
	defer dl.close()
	if d > 0 {
		dl.timer.Arm(t.l.after(d))
	} else {
		dl.scope.expire()
	}
	err := body(&dl.co, &dl.scope)
	echo := isEcho(err)
	switch {
	case err == nil:
		return nil
	case echo && co.s.err != nil:
		return co.s.err
	case !dl.scope.expired || co.s.err != nil:
		return err
	case echo:
		return errTimeout
	case errors.Is(err, ErrTimeout): // it says so itself
		return err
	default:
		return errors.Join(err, errTimeout)
	}
}

func (d *deadline) close() {
	d.timer.Stop()
	d.scope.leave()
	d.co.t.inner = d.outer
}
