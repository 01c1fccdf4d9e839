package aio_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// steps is a trace that tasks write.
type steps []string

func (s *steps) add(format string, args ...any) { *s = append(*s, fmt.Sprintf(format, args...)) }

func (s *steps) want(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(*s, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func panics(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

func TestEvent(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var s steps
		e := aio.NewEvent(co.Loop())
		waiter := func(name string) *aio.Task[none] {
			return aio.Start(co, name, func(co *aio.Co) error {
				err := e.Wait(co)
				s.add("%s:%v", name, err)
				return nil
			})
		}
		waiter("a")
		b := waiter("b")
		waiter("c")
		must(t, co.Yield())
		b.Cancel(nil)
		e.Set()
		e.Clear() // those that waited go through all the same
		waiter("late")
		must(t, co.Yield())
		must(t, co.Yield())
		s.want(t, "b:aio: cancelled a:<nil> c:<nil>")
		e.Set()
		must(t, co.Yield())
		before := co.Loop().Stats().Passes
		if err := e.Wait(co); err != nil || co.Loop().Stats().Passes != before || !e.IsSet() {
			t.Error("a set event suspends", err)
		}
		return nil
	}))
}

func TestLockIsFIFO(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var s steps
		m := aio.NewLock(co.Loop())
		must(t, m.Lock(co))
		var tasks []*aio.Task[none]
		for _, name := range []string{"a", "b", "c"} {
			tasks = append(tasks, aio.Start(co, name, func(co *aio.Co) error {
				if err := m.Lock(co); err != nil {
					s.add("%s:%v", name, err)
					return err
				}
				defer m.Unlock()
				s.add("%s", name)
				return co.Sleep(1)
			}))
		}
		must(t, co.Yield())
		tasks[1].Cancel(errBoom)
		m.Unlock()
		if m.TryLock() || !m.Locked() {
			t.Error("somebody overtook")
		}
		must(t, co.Sleep(10))
		s.want(t, "b:aio: cancelled: boom a c")
		if m.Locked() || !m.TryLock() {
			t.Error("it is still held")
		}
		m.Unlock()
		if v, ok := panics(m.Unlock).(error); !ok || !errors.Is(v, aio.ErrInvalidState) {
			t.Error("Unlock of a free lock")
		}
		return nil
	}))
}

// A lock that was given to a task is its own, also if it is cancelled before it runs.
func TestLockGivenWinsOverCancel(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		must(t, m.Lock(co))
		task := aio.Start(co, "a", func(co *aio.Co) error {
			must(t, m.Lock(co))
			defer m.Unlock()
			return co.Yield()
		})
		must(t, co.Yield())
		m.Unlock()
		task.Cancel(nil)
		if _, err := task.Await(co); !errors.Is(err, aio.ErrCancelled) || m.Locked() {
			t.Error(err, m.Locked())
		}
		return nil
	}))
}

func TestSemaphore(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var s steps
		sem := aio.NewSemaphore(co.Loop(), 2)
		most, in := 0, 0
		must(t, aio.Group(co, func(co *aio.Co) error {
			for i := range 5 {
				aio.Start(co, "", func(co *aio.Co) error {
					must(t, sem.Acquire(co))
					in++
					most = max(most, in)
					s.add("%d", i)
					must(t, co.Sleep(1))
					in--
					sem.Release()
					if i == 0 { // it goes to the end of the line
						must(t, sem.Acquire(co))
						s.add("again")
						sem.Release()
					}
					return nil
				})
			}
			return nil
		}))
		s.want(t, "0 1 2 3 4 again")
		if most != 2 || sem.Free() != 2 || !sem.TryAcquire() || !sem.TryAcquire() || sem.TryAcquire() {
			t.Error(most, sem.Free())
		}
		b := aio.NewBoundedSemaphore(co.Loop(), 1)
		if panics(b.Release) == nil {
			t.Error("released too often")
		}
		return nil
	}))
}

func TestSemaphoreCancelledWaitSwallowsNoPermit(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		sem := aio.NewSemaphore(co.Loop(), 0)
		first := aio.Start(co, "first", sem.Acquire)
		second := aio.Start(co, "second", sem.Acquire)
		must(t, co.Yield())
		first.Cancel(nil)
		sem.Release()
		_, err1 := first.Await(co)
		_, err2 := second.Await(co)
		if !errors.Is(err1, aio.ErrCancelled) || err2 != nil || sem.Free() != 0 {
			t.Error(err1, err2, sem.Free())
		}
		return nil
	}))
}

func TestCond(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var s steps
		m := aio.NewLock(co.Loop())
		c := aio.NewCond(m)
		n := 0
		for i := 1; i <= 3; i++ {
			aio.Start(co, "", func(co *aio.Co) error {
				must(t, m.Lock(co))
				defer m.Unlock()
				err := c.WaitFor(co, func() bool { return n >= i })
				s.add("%d:%d", i, n)
				return err
			})
		}
		must(t, co.Yield())
		for n < 3 {
			must(t, m.Lock(co))
			n++
			if n == 1 {
				c.Notify(1)
			} else {
				c.NotifyAll()
			}
			m.Unlock()
			must(t, co.Sleep(1))
		}
		s.want(t, "1:1 2:2 3:3")
		if panics(func() { c.Wait(co) }) == nil || panics(func() { c.Notify(1) }) == nil {
			t.Error("used without the lock")
		}
		return nil
	}))
}

// A cancelled Wait returns with the lock, also where it has to wait for it.
func TestCondCancelledHoldsTheLock(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		c := aio.NewCond(m)
		held := false
		task := aio.Start(co, "waits", func(co *aio.Co) error {
			must(t, m.Lock(co))
			defer m.Unlock()
			err := c.Wait(co)
			held = m.Locked() && co.Now() == 5
			return err
		})
		must(t, co.Yield())
		must(t, m.Lock(co))
		task.Cancel(nil)
		must(t, co.Sleep(5))
		m.Unlock()
		if _, err := task.Await(co); !errors.Is(err, aio.ErrCancelled) || !held || m.Locked() {
			t.Error(err, held, m.Locked())
		}
		return nil
	}))
}

func TestBarrier(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var s steps
		b := aio.NewBarrier(co.Loop(), 3)
		meet := func(name string) *aio.Task[none] {
			return aio.Start(co, name, func(co *aio.Co) error {
				i, err := b.Wait(co)
				s.add("%s:%d:%v", name, i, err)
				return err
			})
		}
		meet("a")
		gone := meet("gone")
		must(t, co.Yield())
		if b.Waiting() != 2 {
			t.Error(b.Waiting())
		}
		gone.Cancel(nil)
		meet("b")
		meet("c")
		must(t, co.Sleep(1))
		s.want(t, "gone:0:aio: cancelled c:2:<nil> a:0:<nil> b:1:<nil>")
		s = nil
		d := meet("d")
		must(t, co.Yield())
		b.Abort()
		if _, err := d.Await(co); !errors.Is(err, aio.ErrBroken) || !b.Broken() {
			t.Error(err)
		}
		if _, err := b.Wait(co); !errors.Is(err, aio.ErrBroken) {
			t.Error(err)
		}
		b.Reset()
		must(t, aio.Group(co, func(co *aio.Co) error {
			for range 3 {
				aio.Start(co, "", func(co *aio.Co) error { _, err := b.Wait(co); return err })
			}
			return nil
		}))
		return nil
	}))
}

func TestPriorityAndLIFO(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var s steps
		l := co.Loop()
		q := aio.NewPriorityQueue(l, 10, func(a, b string) bool { return a[0] < b[0] })
		for _, v := range []string{"b1", "c1", "a1", "b2", "a2", "c2", "a3"} {
			must(t, q.Put(co, v))
		}
		for q.Len() > 0 {
			v, _ := q.TryGet()
			s.add("%s", v)
		}
		s.want(t, "a1 a2 a3 b1 b2 c1 c2")
		s = nil
		st := aio.NewLIFOQueue[int](l, 2)
		must(t, st.Put(co, 1))
		must(t, st.Put(co, 2))
		aio.Start(co, "put", func(co *aio.Co) error { return st.Put(co, 3) })
		must(t, co.Yield())
		for range 3 {
			v, err := st.Get(co)
			must(t, err)
			s.add("%d", v)
		}
		s.want(t, "2 3 1")
		return nil
	}))
}

func TestQueueJoin(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 0)
		must(t, q.Join(co))
		aio.Start(co, "work", func(co *aio.Co) error {
			for range q.Each(co) {
				must(t, co.Sleep(5))
				q.TaskDone()
			}
			return nil
		})
		for i := range 4 {
			must(t, q.Put(co, i))
		}
		must(t, q.Join(co))
		if co.Now() != 20 {
			t.Error("joined at", co.Now())
		}
		if v, ok := panics(q.TaskDone).(error); !ok || !errors.Is(v, aio.ErrInvalidState) {
			t.Error("TaskDone too often:", v)
		}
		q.Close()
		q.Close()
		if !q.Closed() || q.Size() != 0 {
			t.Error(q.Closed(), q.Size())
		}
		return nil
	}))
}

func TestHandles(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var s steps
		l := co.Loop()
		for range 100 { // the numbers of entries stay right while the ring grows and turns
			for range 50 {
				l.CallSoon(func() {})
			}
			h := l.CallSoon(func() { s.add("cancelled one") })
			keep := l.CallSoon(func() {})
			if !h.Cancel() || h.Cancel() {
				t.Error("Cancel does not tell the truth")
			}
			must(t, co.Yield())
			if keep.Cancel() {
				t.Error("cancelled after it ran")
			}
		}
		f := aio.NewFuture[int](l)
		var hs []aio.Handle
		for i := range 4 {
			hs = append(hs, f.OnDone(func(f *aio.Future[int]) {
				s.add("%d", i)
				if i == 1 && !hs[2].Cancel() {
					t.Error("a due callback cannot be cancelled")
				}
			}))
		}
		if !hs[0].Cancel() || hs[0].Cancel() {
			t.Error("Cancel does not tell the truth")
		}
		must(t, f.Set(1))
		must(t, co.Yield())
		s.want(t, "1 3")
		if hs[3].Cancel() || (aio.Handle{}).Cancel() {
			t.Error("cancelled after it ran")
		}
		s = nil
		l.CallLater(-1, func() { s.add("-1") })
		l.CallLater(-2, func() { s.add("-2") })
		l.CallAt(5, func() { s.add("at %d", l.Now()) })
		must(t, co.Sleep(time.Second))
		s.want(t, "-2 -1 at 5")
		return nil
	}))
}
