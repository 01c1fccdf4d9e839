package aio_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// onAio runs p on the package.
func onAio(t *testing.T, p []step, cfg aio.Config, r *run) []string {
	cfg.Source = aio.Virtual(0)
	_, err := aio.Run(context.Background(), cfg, func(co *aio.Co) (none, error) {
		m := &aioMachine{newAioWorld(co.Loop()), co}
		err := r.steps(m, 0, p)
		r.note(m, 0, "main: %s", err)
		_ = co.Detach().Sleep(settle)
		return none{}, nil
	})
	if err != nil && !errors.Is(err, aio.ErrDeadlock) {
		t.Error(err)
	}
	return r.trace
}

type aioWorld struct {
	qs    []*aio.Queue[int]
	fs    []*aio.Future[int]
	tasks map[int]*aio.Task[none]
	ev    *aio.Event
	m     *aio.Lock
	cond  *aio.Cond
	sem   *aio.Semaphore
	bar   *aio.Barrier
}

func newAioWorld(l *aio.Loop) *aioWorld {
	w := &aioWorld{
		tasks: map[int]*aio.Task[none]{}, ev: aio.NewEvent(l), m: aio.NewLock(l), sem: aio.NewSemaphore(l, nPermits),
		bar: aio.NewBarrier(l, nParties),
	}
	w.cond = aio.NewCond(w.m)
	for i := range nQueues {
		w.qs = append(w.qs, aio.NewQueue[int](l, i))
	}
	for range nFutures {
		w.fs = append(w.fs, aio.NewFuture[int](l))
	}
	return w
}

type aioMachine struct {
	*aioWorld
	co *aio.Co
}

// textError is an error of the program's own, or one that has been heard of before.
type textError string

func (e textError) Error() string { return string(e) }

// said is the kind of an error.
func said(err error) string {
	if text, ok := err.(textError); ok {
		return string(text)
	}
	switch {
	case err == nil:
		return ""
	case errors.Is(err, aio.ErrFutureCancelled):
		return "dropped"
	case errors.Is(err, aio.ErrCancelled):
		return "cancelled"
	case errors.Is(err, aio.ErrTimeout):
		return "timeout"
	case errors.Is(err, aio.ErrClosed):
		return "closed"
	case errors.Is(err, aio.ErrBroken):
		return "broken"
	}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var texts []string
		for _, e := range several.Unwrap() {
			texts = append(texts, said(e))
		}
		return strings.Join(texts, "+")
	}
	return err.Error()
}

// fault is an error that said says so of; that of a cancellation is the real one, which only a cancelled scope has.
func (m *aioMachine) fault(kind string) error {
	switch kind {
	case "":
		return nil
	case "cancelled":
		return m.co.Sleep(1)
	default:
		return textError(kind)
	}
}

func (m *aioMachine) with(co *aio.Co) *aioMachine { return &aioMachine{m.aioWorld, co} }

func (m *aioMachine) now() int64           { return m.co.Now() }
func (m *aioMachine) yield() string        { return said(m.co.Yield()) }
func (m *aioMachine) sleep(d int64) string { return said(m.co.Sleep(time.Duration(d))) }
func (m *aioMachine) put(q, v int) string  { return said(m.qs[q].Put(m.co, v)) }
func (m *aioMachine) tryPut(q, v int) bool { return m.qs[q].TryPut(v) }
func (m *aioMachine) set(f, v int) bool    { return m.fs[f].Set(v) == nil }
func (m *aioMachine) event() string        { return said(m.ev.Wait(m.co)) }
func (m *aioMachine) raise()               { m.ev.Set(); m.ev.Clear() }
func (m *aioMachine) lock() string         { return said(m.m.Lock(m.co)) }
func (m *aioMachine) unlock()              { m.m.Unlock() }
func (m *aioMachine) acquire() string      { return said(m.sem.Acquire(m.co)) }
func (m *aioMachine) release()             { m.sem.Release() }
func (m *aioMachine) condWait() string     { return said(m.cond.Wait(m.co)) }
func (m *aioMachine) notify(n int)         { m.cond.Notify(n) }
func (m *aioMachine) reset()               { m.bar.Reset() }
func (m *aioMachine) close(q int)          { m.qs[q].Close() }
func (m *aioMachine) cancel(id int) bool   { return m.tasks[id].Cancel(nil) }

func (m *aioMachine) flag(on bool) {
	if on {
		m.ev.Set()
	} else {
		m.ev.Clear()
	}
}

func (m *aioMachine) barrier() (int, string) {
	place, err := m.bar.Wait(m.co)
	return place, said(err)
}

func (m *aioMachine) get(q int) (int, string) {
	v, err := m.qs[q].Get(m.co)
	return v, said(err)
}

func (m *aioMachine) tryGet(q int) (int, bool) { return m.qs[q].TryGet() }

func (m *aioMachine) spoil(f int, drop bool) bool {
	if drop {
		return m.fs[f].Cancel(nil)
	}
	return m.fs[f].Fail(textError("failed")) == nil
}

func (m *aioMachine) await(f int) (int, string) {
	v, err := m.fs[f].Await(m.co)
	return v, said(err)
}

func (m *aioMachine) join(id int) string {
	_, err := m.tasks[id].Await(m.co)
	return said(err)
}

func (m *aioMachine) shield(id int) string {
	_, err := aio.Shield(m.co, m.tasks[id])
	return said(err)
}

func (m *aioMachine) spawn(id int, now bool, body func(machine) string) {
	start := aio.Go[none]
	if now {
		start = aio.GoNow[none]
	}
	task := start(m.co, "", func(co *aio.Co) (none, error) {
		in := m.with(co)
		return none{}, in.fault(body(in))
	})
	m.tasks[id] = task
}

func (m *aioMachine) group(body func(machine) string) string {
	return said(aio.Group(m.co, func(co *aio.Co) error {
		in := m.with(co)
		return in.fault(body(in))
	}))
}

// timeout tells its own timeout from one further in, which is an error like any other here.
func (m *aioMachine) timeout(d int64, body func(machine) string) string {
	v := ""
	err := aio.Timeout(m.co, time.Duration(d), func(co *aio.Co, _ *aio.Scope) error {
		in := m.with(co)
		v = body(in)
		return in.fault(v)
	})
	if v != "" && v != "cancelled" {
		return v
	}
	return said(err)
}

func (m *aioMachine) waitFor(d int64, body func(machine) string) string {
	v, err := aio.WaitFor(m.co, time.Duration(d), func(co *aio.Co) (int, error) {
		in := m.with(co)
		return 7, in.fault(body(in))
	})
	if err == nil && v != 7 {
		return "lost its value"
	}
	return said(err)
}

// pick is a Select. i is -1 where no case's function was called.
func (m *aioMachine) pick(cases []step, v int) (i int, got, err string) {
	i = -1
	won := func(k int, text string) error {
		i, got = k, text
		return nil
	}
	var cs []aio.Case
	for k, c := range cases {
		switch c.op {
		case opGet:
			cs = append(cs, aio.OnRecv(m.qs[c.a%nQueues], func(v int, ok bool) error { return won(k, fmt.Sprint(v, ok)) }))
		case opPut:
			cs = append(cs, aio.OnSend(m.qs[c.a%nQueues], v, func() error { return won(k, "") }))
		case opAwait:
			cs = append(cs, aio.OnFuture(m.fs[c.a%nFutures], func(v int, err error) error { return won(k, fmt.Sprint(v, said(err))) }))
		case opJoin:
			cs = append(cs, aio.OnFuture(m.tasks[c.a], func(_ none, err error) error { return won(k, said(err)) }))
		case opSleep:
			cs = append(cs, aio.OnAfter(time.Duration(c.d), func() error { return won(k, "") }))
		case opYield:
			cs = append(cs, aio.OnDefault(func() error { return won(k, "") }))
		}
	}
	err = said(aio.Select(m.co, cs...))
	return i, got, err
}

func (m *aioMachine) several(mode aio.Mode, fs, ids []int) string {
	var xs []aio.Joinable
	for _, f := range fs {
		xs = append(xs, m.fs[f])
	}
	for _, id := range ids {
		xs = append(xs, m.tasks[id])
	}
	done, pending, err := aio.Wait(m.co, mode, xs...)
	if len(done)+len(pending) != len(xs) {
		return "lost some"
	}
	return said(err)
}
