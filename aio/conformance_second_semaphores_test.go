package aio_test

import (
	"testing"

	"baton/aio"
)

// rowsSemaphores: Semaphore.
var rowsSemaphores = []row{
	{"A196", "permits go to those that wait in their order", onLoop(func(t *testing.T, co *aio.Co) error {
		s := aio.NewSemaphore(co.Loop(), 2)
		must(t, s.Acquire(co))
		must(t, s.Acquire(co))
		var got []string
		named(co, &got, s.Acquire, "a", "b", "c")
		must(t, co.Yield())
		wantAll(t, "while there is none", got)
		s.Release()
		s.Release()
		want(t, "free, since they are given away", s.Free(), 0)
		must(t, co.Yield())
		wantAll(t, "after two", got, "a", "b")
		s.Release()
		must(t, co.Yield())
		wantAll(t, "after three", got, "a", "b", "c")
		s.Release()
		want(t, "free", s.Free(), 1)
		return nil
	})},
	{"A197", "waiters that are cancelled swallow no permit", onLoop(func(t *testing.T, co *aio.Co) error {
		s := aio.NewSemaphore(co.Loop(), 0)
		var got []string
		tasks := named(co, &got, s.Acquire, "a", "b", "c", "d")
		must(t, co.Yield())
		tasks[0].Cancel(nil)
		tasks[1].Cancel(nil)
		s.Release()
		s.Release()
		must(t, co.Yield())
		wantAll(t, "who has one", got, "c", "d")
		want(t, "cancelled", tasks[0].Cancelled() && tasks[1].Cancelled(), true)
		return nil
	})},
	{"A198", "a Release and a cancel of the first waiter wake the second", onLoop(func(t *testing.T, co *aio.Co) error {
		for _, cancelFirst := range []bool{true, false} {
			s := aio.NewSemaphore(co.Loop(), 0)
			hold := func(co *aio.Co) error {
				if err := s.Acquire(co); err != nil {
					return err
				}
				defer s.Release()
				return co.Yield()
			}
			first, second := aio.Start(co, "first", hold), aio.Start(co, "second", hold)
			must(t, co.Yield())
			if cancelFirst {
				first.Cancel(nil)
				s.Release()
			} else {
				s.Release()
				first.Cancel(nil)
			}
			_, err := second.Await(co)
			must(t, err)
			want(t, "first cancelled", first.Cancelled(), true)
			want(t, "free", s.Free(), 1)
		}
		return nil
	})},
	{"A199", "after an Acquire that was cancelled the semaphore works as before", onLoop(func(t *testing.T, co *aio.Co) error {
		s := aio.NewSemaphore(co.Loop(), 1)
		must(t, s.Acquire(co))
		wantIs(t, aio.Timeout(co, 10, func(co *aio.Co, _ *aio.Scope) error { return s.Acquire(co) }), aio.ErrTimeout)
		s.Release()
		want(t, "free", s.Free(), 1)
		must(t, aio.Timeout(co, 10, func(co *aio.Co, _ *aio.Scope) error { return s.Acquire(co) }))
		want(t, "to be had", s.TryAcquire(), false)
		return nil
	})},
	{"A200", "who gives a permit back and asks again goes to the end of the line", onLoop(func(t *testing.T, co *aio.Co) error {
		s := aio.NewSemaphore(co.Loop(), 1)
		var got []string
		must(t, aio.Group(co, func(co *aio.Co) error {
			for _, name := range []string{"a", "b", "c"} {
				aio.Start(co, name, func(co *aio.Co) error {
					for range 2 {
						must(t, s.Acquire(co))
						got = append(got, name)
						must(t, co.Sleep(1))
						s.Release()
					}
					return nil
				})
			}
			return nil
		}))
		wantAll(t, "order", got, "a", "b", "c", "a", "b", "c")
		return nil
	})},
	{"A201", "when the first waiter is cancelled the others keep their order", onLoop(func(t *testing.T, co *aio.Co) error {
		s := aio.NewSemaphore(co.Loop(), 0)
		var got []string
		tasks := named(co, &got, s.Acquire, "a", "b", "c", "d")
		must(t, co.Yield())
		tasks[0].Cancel(nil)
		s.Release()
		s.Release()
		s.Release()
		must(t, co.Yield())
		wantAll(t, "order", got, "b", "c", "d")
		return nil
	})},
	{"A202", "a bounded semaphore refuses a Release too many", onLoop(func(t *testing.T, co *aio.Co) error {
		s := aio.NewBoundedSemaphore(co.Loop(), 2)
		must(t, s.Acquire(co))
		s.Release()
		wantIs(t, panicOf(s.Release), aio.ErrInvalidState)
		want(t, "free", s.Free(), 2)
		return nil
	})},
}
