package aio

import (
	"context"
	"math/rand/v2"
	"time"
)

// Co is the identity of a running coroutine with its cancel scope; it is a context.Context. It belongs to the task that it
// was given to: an await with another task's Co panics.
//
// As a context it may be used from any goroutine once Done, Err or AfterFunc was called on the loop.
type Co struct {
	t *task
	s *Scope
	g *group // innermost: where Go puts its tasks
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
	t.l.makeReady(t)
	t.await = awaitTurn
	t.park(c.s)
	return nil
}

// Sleep suspends for d of the loop's time. Zero or less is a Yield.
func (c *Co) Sleep(d time.Duration) error { return c.SleepUntil(c.t.l.now + Nanos(d)) }

// SleepUntil suspends until the loop's time is at; if that is past, it is a Yield.
func (c *Co) SleepUntil(at Nanos) error {
	if at <= c.t.l.now {
		return c.Yield()
	}
	t, err := c.enter()
	if err != nil {
		return err
	}
	t.timer.Arm(at)
	t.await = awaitSleep
	t.park(c.s)
	if t.timer.idx > 0 { // woken by cancellation
		t.timer.Stop()
		return c.s.err
	}
	return nil
}

// Detach is the same task outside every cancel scope: for cleanup that has to await.
//
//	defer func() { conn.Close(co.Detach()) }()
func (c *Co) Detach() *Co { return &Co{t: c.t, s: &Scope{t: c.t}, g: c.g} }

// Rand is a random number from the task's own sequence, split from Config.Seed. It is for simulation, not for secrets.
func (c *Co) Rand() uint64 {
	t := c.t
	if t.rng == nil {
		t.rng = rand.NewPCG(t.l.seed, t.id)
	}
	return t.rng.Uint64()
}

// enter opens every await: it refuses one from outside the running task, and fails in a cancelled scope.
func (c *Co) enter() (*task, error) {
	t := c.t
	if t.l.cur != t {
		return t, t.misused()
	}
	if c.s.err != nil {
		return t, c.s.err
	}
	return t, nil
}

// Deadline is the earliest deadline of the scopes around, as wall time of the loop's clock.
func (c *Co) Deadline() (time.Time, bool) {
	when := Never
	for s := c.s; s != nil; s = s.parent {
		if s.timer != nil {
			when = min(when, s.timer.When())
		}
	}
	return time.Unix(0, when), when != Never
}

// Done is closed when the scope is cancelled.
func (c *Co) Done() <-chan struct{} { return c.s.context().done }

// Err is nil, context.Canceled or context.DeadlineExceeded.
func (c *Co) Err() error {
	o := c.s.context()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// Value asks the context that Run was given.
func (c *Co) Value(key any) any { return c.t.l.ctx.Value(key) }

// AfterFunc calls f when the scope is cancelled, on the loop, so f must not block; at once if it is already. stop says
// whether it kept f from being called. With it, context.WithCancel(co) and the like start no goroutine.
func (c *Co) AfterFunc(f func()) (stop func() bool) { return c.s.context().add(f) }
