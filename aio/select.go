package aio

import (
	"fmt"
	"time"
)

// Case is one thing that [Select] waits for.
type Case interface {
	loop() *Loop            // nil: any
	poll() bool             // takes it, if it can be had at once
	wait(*selection, *task) // joins the line
	leave() bool            // leaves it; true: this case was served
	run() error
}

// selection is shared by what a Select waits at: whoever serves it first decides, and nobody else may.
type selection struct{ decided bool }

// Select suspends until one case can be had, takes it and runs its function, whose error it returns. Of several that can be had
// at once the first listed is taken; the others give and take nothing. With [OnDefault] it does not suspend.
func Select(co *Co, cases ...Case) error {
	t, err := co.enter()
	if err != nil {
		return err
	}
	if len(cases) == 0 {
		return fmt.Errorf("aio: Select of no case: %w", ErrInvalidState)
	}
	for _, c := range cases {
		if l := c.loop(); l != nil && l != t.l {
			return ErrWrongLoop
		}
	}
	for {
		if c := first(cases); c != nil {
			return c.run()
		}
		sel := &selection{}
		for _, c := range cases {
			c.wait(sel, t)
		}
		t.await = awaitSelect
		cut := t.park(co.s)
		var won Case
		for _, c := range cases {
			if c.leave() {
				won = c
			}
		}
		switch {
		case won != nil:
			return won.run()
		case cut:
			return co.s.err
		} // else a queue was closed: look again
	}
}

// first polls the cases in order, the default last.
func first(cases []Case) Case {
	var fallback Case
	for _, c := range cases {
		if d, ok := c.(*defaultCase); ok {
			fallback = d
		} else if c.poll() {
			return c
		}
	}
	return fallback
}

// OnFuture is the case that a future or task is done; fn gets its result.
func OnFuture[T any](f Awaitable[T], fn func(T, error) error) Case {
	return &futureCase[T]{f: f, fn: fn}
}

type futureCase[T any] struct {
	f    Awaitable[T]
	fn   func(T, error) error
	hook *hook
	won  bool
}

func (c *futureCase[T]) loop() *Loop { return c.f.loop() }
func (c *futureCase[T]) poll() bool  { return c.f.Done() }
func (c *futureCase[T]) run() error  { return c.fn(c.f.Result()) }

func (c *futureCase[T]) wait(sel *selection, t *task) {
	c.hook = c.f.ending().watch(&hook{fn: func() { c.won = sel.decide(t) }})
}

func (c *futureCase[T]) leave() bool {
	if !c.f.Done() {
		c.f.ending().unwatch(c.hook)
	}
	return c.won
}

// decide takes the selection for the caller, unless it is taken or the task was cancelled.
func (sel *selection) decide(t *task) bool {
	if sel.decided || t.cut {
		return false
	}
	sel.decided = true
	t.l.makeReady(t)
	return true
}

// OnRecv is the case that q has an item; fn gets it, or false once q is closed and empty.
func OnRecv[T any](q *Queue[T], fn func(T, bool) error) Case { return &recvCase[T]{q: q, fn: fn} }

type recvCase[T any] struct {
	q  *Queue[T]
	fn func(T, bool) error
	p  *party[T]
	v  T
	ok bool
}

func (c *recvCase[T]) loop() *Loop { return c.q.l }
func (c *recvCase[T]) run() error  { return c.fn(c.v, c.ok) }

func (c *recvCase[T]) poll() bool {
	c.v, c.ok = c.q.TryGet()
	return c.ok || c.q.closed
}

func (c *recvCase[T]) wait(sel *selection, t *task) {
	var zero T
	c.p = c.q.wait(&c.q.getters, t, zero)
	c.p.sel = sel
}

func (c *recvCase[T]) leave() bool {
	c.v, c.ok = c.q.release(&c.q.getters, c.p)
	return c.ok
}

// OnSend is the case that q takes v. When q is closed it is taken too, and Select returns [ErrClosed] without calling fn.
func OnSend[T any](q *Queue[T], v T, fn func() error) Case { return &sendCase[T]{q: q, v: v, fn: fn} }

type sendCase[T any] struct {
	q    *Queue[T]
	v    T
	fn   func() error
	p    *party[T]
	sent bool
}

func (c *sendCase[T]) loop() *Loop { return c.q.l }

func (c *sendCase[T]) poll() bool {
	c.sent = c.q.TryPut(c.v)
	return c.sent || c.q.closed
}

func (c *sendCase[T]) wait(sel *selection, t *task) {
	c.p = c.q.wait(&c.q.putters, t, c.v)
	c.p.sel = sel
}

func (c *sendCase[T]) leave() bool {
	_, c.sent = c.q.release(&c.q.putters, c.p)
	return c.sent
}

func (c *sendCase[T]) run() error {
	if !c.sent {
		return ErrClosed
	}
	return c.fn()
}

// OnAfter is the case that d of the loop's time has passed with nothing else.
func OnAfter(d time.Duration, fn func() error) Case { return &afterCase{d: d, fn: fn} }

type afterCase struct {
	d     time.Duration
	fn    func() error
	timer *Timer
	at    Nanos
	won   bool
}

func (c *afterCase) loop() *Loop { return nil }
func (c *afterCase) poll() bool  { return c.d <= 0 }
func (c *afterCase) run() error  { return c.fn() }

func (c *afterCase) wait(sel *selection, t *task) {
	if c.timer == nil { // else it waits on: a second round does not begin anew
		c.at = t.l.after(c.d)
	}
	c.timer = NewTimer(t.l, ClassTimer, func() { c.won = sel.decide(t) })
	c.timer.Arm(c.at)
}

func (c *afterCase) leave() bool {
	c.timer.Stop()
	return c.won
}

// OnDefault is the case that no other can be had at once.
func OnDefault(fn func() error) Case { return &defaultCase{fn: fn} }

type defaultCase struct{ fn func() error }

func (c *defaultCase) loop() *Loop            { return nil }
func (c *defaultCase) poll() bool             { return true }
func (c *defaultCase) wait(*selection, *task) {}
func (c *defaultCase) leave() bool            { return false }
func (c *defaultCase) run() error             { return c.fn() }
