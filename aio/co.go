package aio

import (
	"context"
	"fmt"
	"time"
)

// Co is the identity of a running coroutine with its cancel scope; it is a context.Context. It belongs to the task that it
// was given to: an await with another task's Co panics.
//
// As a context it may be used from any goroutine once Done, Err or AfterFunc was called on the loop.
type Co struct {
	t  *task
	s  *Scope
	g  *group // innermost: where Go puts its tasks
	id uint64 // of the task: t may be used for a later one
}

var _ context.Context = (*Co)(nil)

// Loop is the loop it runs on.
func (c *Co) Loop() *Loop { return c.t.l }

// Now is Loop().Now().
func (c *Co) Now() Nanos { return c.t.l.now }

// Yield lets everything that is ready run once.
func (c *Co) Yield() error {
	t, err := c.enter()
	if err != nil {
		return err
	}
	if t.l.alone() {
		return nil
	}
	t.l.makeReady(t)
	t.await = awaitTurn
	t.park(c.s)
	return nil
}

// Sleep suspends for d of the loop's time. Zero or less is a Yield; what would end later than any time ends by cancellation alone.
func (c *Co) Sleep(d time.Duration) error { return c.SleepUntil(c.t.l.after(d)) }

// SleepUntil suspends until the loop's time is at; if that is past, it is a Yield.
func (c *Co) SleepUntil(at Nanos) error {
	if at <= c.t.l.now {
		return c.Yield()
	}
	t, err := c.enter()
	if err != nil {
		return err
	}
	if t.timer == nil { // kept for the next sleep
		t.timer = &Timer{l: t.l, class: ClassTimer, task: t}
	}
	t.timer.Arm(at)
	t.await = awaitSleep
	t.park(c.s)
	if t.timer.idx > 0 || at == Never { // woken by cancellation
		t.timer.Stop()
		return c.s.err
	}
	return nil
}

// Detach is the same task outside every cancel scope: for cleanup that has to await.
//
//	defer func() { conn.Close(co.Detach()) }()
func (c *Co) Detach() *Co { return &Co{t: c.t, s: &Scope{t: c.t}, g: c.g, id: c.id} }

// Rand is a random number from the task's own sequence, split from Config.Seed. It is for simulation, not for secrets.
func (c *Co) Rand() uint64 {
	t := c.t
	if !t.seeded {
		t.seeded = true
		t.rng.Seed(t.l.seed, t.id)
	}
	return t.rng.Uint64()
}

// enter opens every await: it refuses one from outside the running task, and fails in a cancelled scope.
func (c *Co) enter() (*task, error) {
	if !c.runs() || c.s.err != nil {
		return c.t, c.refuse()
	}
	return c.t, nil
}

// runs says whether c's task is the one that runs.
func (c *Co) runs() bool { return c.t.l.cur == c.t && c.t.id == c.id }

// refusedMax is how many awaits in a row may fail before a task counts as spinning.
const refusedMax = 1000

// refuse says why an await fails at once. A task that goes on awaiting in a cancelled scope all the same would keep the loop
// for good, so after refusedMax times it is stopped.
func (c *Co) refuse() error {
	t := c.t
	if !c.runs() {
		return c.misused()
	}
	if t.refused++; t.refused > refusedMax {
		panic(fmt.Sprintf("aio: %v awaits again and again in a cancelled scope; let it return the error, or use Detach for cleanup", t))
	}
	return c.s.err
}

// Deadline is the earliest deadline of the scopes around. With a virtual clock it says that there is none: its times mean
// nothing to other packages.
func (c *Co) Deadline() (time.Time, bool) {
	if c.t.l.virtual {
		return time.Time{}, false
	}
	when := Never
	for s := c.s; s != nil; s = s.parent {
		if s.timer != nil {
			when = min(when, s.timer.When())
		}
	}
	if when == Never {
		return time.Time{}, false
	}
	return time.Unix(0, when), true
}

// Done is closed when the scope is cancelled.
func (c *Co) Done() <-chan struct{} { return c.outside().done }

// outside is the scope for others; that of a task that has ended is cancelled.
func (c *Co) outside() *outside {
	if c.t.id != c.id && c.s == &c.t.scope {
		o := &outside{done: make(chan struct{})}
		o.cancel(&cancelError{})
		return o
	}
	return c.s.context()
}

// Err is nil, context.Canceled or context.DeadlineExceeded.
func (c *Co) Err() error {
	o := c.outside()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// Value asks the context that Run was given. The context.Cause of a cancelled scope is the cause it was cancelled with.
func (c *Co) Value(key any) any {
	if key == (coKey{}) {
		return c
	}
	if o := c.s.ext; o != nil && (c.t.id == c.id || c.s != &c.t.scope) {
		if v := o.value(key); v != nil {
			return v
		}
	}
	return c.t.l.ctx.Value(key)
}

// coKey is the key under which a Co gives itself.
type coKey struct{}

// From finds the Co that ctx is, or was made from: for code that got a context where it needs to await. It stays the Co of
// one task; an await with it from elsewhere panics as with any other.
func From(ctx context.Context) (*Co, bool) {
	co, ok := ctx.Value(coKey{}).(*Co)
	return co, ok
}

// Task describes the task whose Co this is; its ID is 0 once that has ended.
func (c *Co) Task() TaskInfo {
	if c.t.id != c.id || c.t.done {
		return TaskInfo{State: StateEnded}
	}
	return c.t.info()
}

// AfterFunc calls f when the scope is cancelled, on the loop, so f must not block; at once if it is already. stop says
// whether it kept f from being called. With it, context.WithCancel(co) and the like start no goroutine.
func (c *Co) AfterFunc(f func()) (stop func() bool) { return c.outside().add(f) }
