package aio_test

import (
	"errors"
	"testing"
	"time"

	"baton/aio"
)

// named starts tasks that each do what, in this order, and note their name once it is done without an error.
func named(co *aio.Co, got *[]string, what func(*aio.Co) error, names ...string) []*aio.Task[none] {
	tasks := make([]*aio.Task[none], len(names))
	for i, name := range names {
		tasks[i] = aio.Start(co, name, func(co *aio.Co) error {
			if err := what(co); err != nil {
				return err
			}
			*got = append(*got, name)
			return nil
		})
	}
	return tasks
}

// panicOf returns what f panics with, as an error; nil where it does not.
func panicOf(f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			var ok bool
			if err, ok = v.(error); !ok {
				err = errors.New("panicked with something else than an error")
			}
		}
	}()
	f()
	return nil
}

// rowsLocks: Lock, Event, Cond and Barrier.
var rowsLocks = []row{
	{"A181", "a lock goes to those that wait in their order, one for each Unlock", onLoop(func(t *testing.T, co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		must(t, m.Lock(co))
		var got []string
		named(co, &got, m.Lock, "a", "b", "c")
		must(t, co.Sleep(1))
		wantAll(t, "while it is held", got)
		m.Unlock()
		must(t, co.Sleep(1))
		wantAll(t, "after one Unlock", got, "a")
		m.Unlock()
		must(t, co.Sleep(1))
		m.Unlock()
		must(t, co.Sleep(1))
		wantAll(t, "after three", got, "a", "b", "c")
		want(t, "c holds it", m.Locked(), true)
		return nil
	})},
	{"A182", "a waiter that is cancelled leaves the line", onLoop(func(t *testing.T, co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		must(t, m.Lock(co))
		waiter := aio.Start(co, "waiter", m.Lock)
		must(t, co.Yield())
		waiter.Cancel(nil)
		_, err := waiter.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "held", m.Locked(), true)
		m.Unlock()
		want(t, "held after Unlock", m.Locked(), false)
		return nil
	})},
	{"A183", "an Unlock while the first waiter is being cancelled goes to the second", onLoop(func(t *testing.T, co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		must(t, m.Lock(co))
		var got []string
		tasks := named(co, &got, m.Lock, "a", "b", "c")
		must(t, co.Yield())
		tasks[0].Cancel(nil)
		m.Unlock()
		must(t, co.Sleep(1))
		wantAll(t, "who has it", got, "b")
		m.Unlock()
		must(t, co.Sleep(1))
		wantAll(t, "who had it", got, "b", "c")
		return nil
	})},
	{"A184", "cancel and Unlock at one moment never give the lock to two", onLoop(func(t *testing.T, co *aio.Co) error {
		for _, cancelFirst := range []bool{true, false} {
			m := aio.NewLock(co.Loop())
			must(t, m.Lock(co))
			holders, most := 0, 0
			hold := func(co *aio.Co) error {
				if err := m.Lock(co); err != nil {
					return err
				}
				holders++
				most = max(most, holders)
				err := co.Yield()
				holders--
				m.Unlock()
				return err
			}
			tasks := []*aio.Task[none]{aio.Start(co, "a", hold), aio.Start(co, "b", hold), aio.Start(co, "c", hold)}
			must(t, co.Yield())
			if cancelFirst {
				tasks[0].Cancel(nil)
				m.Unlock()
			} else {
				m.Unlock()
				tasks[0].Cancel(nil)
			}
			aio.GatherAll(co, tasks...)
			want(t, "holders at one time", most, 1)
			want(t, "held at the end", m.Locked(), false)
		}
		return nil
	})},
	{"A185", "a waiter that is cancelled when the lock is its own already has it, and its next await fails", onLoop(func(t *testing.T, co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		must(t, m.Lock(co))
		waiter := aio.Start(co, "waiter", func(co *aio.Co) error {
			must(t, m.Lock(co))
			defer m.Unlock()
			return co.Yield()
		})
		behind := aio.Start(co, "behind", m.Lock)
		must(t, co.Yield())
		m.Unlock()
		waiter.Cancel(nil)
		_, err := waiter.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		_, err = behind.Await(co)
		return err
	})},
	{"A186", "Unlock of a lock that nobody holds is refused", onLoop(func(t *testing.T, co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		wantIs(t, panicOf(m.Unlock), aio.ErrInvalidState)
		want(t, "held", m.Locked(), false)
		return m.Lock(co)
	})},
	{"A187", "Set lets all waiters through in their order, and at once who comes later", onLoop(func(t *testing.T, co *aio.Co) error {
		e := aio.NewEvent(co.Loop())
		var got []string
		named(co, &got, e.Wait, "a", "b")
		must(t, co.Yield())
		wantAll(t, "before Set", got)
		named(co, &got, e.Wait, "late")
		e.Set()
		must(t, co.Yield())
		// the late one had its turn in the ready queue before Set woke the others
		wantAll(t, "after Set", got, "late", "a", "b")
		return nil
	})},
	{"A188", "waiting for an event that is set does not suspend", onLoop(func(t *testing.T, co *aio.Co) error {
		e := aio.NewEvent(co.Loop())
		e.Set()
		ran := false
		co.Loop().CallSoon(func() { ran = true })
		must(t, e.Wait(co))
		want(t, "others ran meanwhile", ran, false)
		return nil
	})},
	{"A189", "Set and Clear before the waiters had their turn still lets them through", onLoop(func(t *testing.T, co *aio.Co) error {
		e := aio.NewEvent(co.Loop())
		var got []string
		named(co, &got, e.Wait, "a", "b")
		must(t, co.Yield())
		e.Set()
		e.Clear()
		late := named(co, &got, e.Wait, "late")
		must(t, co.Sleep(1))
		wantAll(t, "let through", got, "a", "b")
		want(t, "late", late[0].Done(), false)
		late[0].Cancel(nil)
		return nil
	})},
	{"A190", "Wait gives the lock away and has it again when it returns", onLoop(func(t *testing.T, co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		v := aio.NewCond(m)
		waiter := aio.Start(co, "waiter", func(co *aio.Co) error {
			must(t, m.Lock(co))
			defer m.Unlock()
			err := v.Wait(co)
			want(t, "held after Wait", m.Locked() && co.Now() == 10, true)
			return err
		})
		must(t, co.Yield())
		want(t, "held in Wait", m.Locked(), false)
		must(t, m.Lock(co))
		v.Notify(1)
		must(t, co.Sleep(10))
		want(t, "back while another holds the lock", waiter.Done(), false)
		m.Unlock()
		_, err := waiter.Await(co)
		want(t, "held at the end", m.Locked(), false)
		return err
	})},
	{"A191", "a Wait that is cancelled returns with the lock", onLoop(func(t *testing.T, co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		v := aio.NewCond(m)
		waiter := aio.Start(co, "waiter", func(co *aio.Co) error {
			must(t, m.Lock(co))
			err := v.Wait(co)
			want(t, "held after Wait", m.Locked(), true)
			m.Unlock()
			return err
		})
		must(t, co.Yield())
		waiter.Cancel(nil)
		_, err := waiter.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "held at the end", m.Locked(), false)
		return nil
	})},
	{"A192", "so does one that has to wait for another holder", onLoop(func(t *testing.T, co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		v := aio.NewCond(m)
		waiter := aio.Start(co, "waiter", func(co *aio.Co) error {
			must(t, m.Lock(co))
			err := v.Wait(co)
			want(t, "back at", co.Now(), 10)
			m.Unlock() // panics if it is not held
			return err
		})
		must(t, co.Yield())
		must(t, m.Lock(co))
		waiter.Cancel(nil)
		must(t, co.Sleep(10))
		want(t, "back while another holds the lock", waiter.Done(), false)
		m.Unlock()
		_, err := waiter.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		return nil
	})},
	{"A193", "WaitFor asks again after each Notify until the answer is yes", onLoop(func(t *testing.T, co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		v := aio.NewCond(m)
		level, asked := 0, 0
		waiter := aio.Start(co, "waiter", func(co *aio.Co) error {
			must(t, m.Lock(co))
			defer m.Unlock()
			return v.WaitFor(co, func() bool { asked++; return level >= 2 })
		})
		for range 2 {
			must(t, co.Sleep(1))
			want(t, "done", waiter.Done(), false)
			must(t, m.Lock(co))
			level++
			v.Notify(1)
			m.Unlock()
		}
		_, err := waiter.Await(co)
		want(t, "asked", asked, 3)
		return err
	})},
	{"A194", "Notify wakes no more than it says, first come first served", onLoop(func(t *testing.T, co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		v := aio.NewCond(m)
		var got []string
		named(co, &got, func(co *aio.Co) error {
			must(t, m.Lock(co))
			defer m.Unlock()
			return v.Wait(co)
		}, "a", "b", "c", "d", "e")
		notify := func(n int) {
			must(t, co.Sleep(1))
			must(t, m.Lock(co))
			v.Notify(n)
			m.Unlock()
			must(t, co.Sleep(1))
		}
		notify(1)
		wantAll(t, "after 1", got, "a")
		notify(2)
		wantAll(t, "after 2 more", got, "a", "b", "c")
		notify(1000)
		wantAll(t, "after 1000 more", got, "a", "b", "c", "d", "e")
		return nil
	})},
	{"A195", "Wait and Notify without the lock are refused", onLoop(func(t *testing.T, co *aio.Co) error {
		m := aio.NewLock(co.Loop())
		v := aio.NewCond(m)
		wantIs(t, panicOf(func() { _ = v.Wait(co) }), aio.ErrInvalidState)
		wantIs(t, panicOf(func() { v.Notify(1) }), aio.ErrInvalidState)
		want(t, "held", m.Locked(), false)
		return nil
	})},
	{"A203", "a barrier lets its parties go on when the last has come, and can be used again", onLoop(func(t *testing.T, co *aio.Co) error {
		b := aio.NewBarrier(co.Loop(), 3)
		for range 2 {
			start := co.Now()
			var places [3]int
			must(t, aio.Group(co, func(co *aio.Co) error {
				for i := range 3 {
					aio.Start(co, "party", func(co *aio.Co) error {
						must(t, co.Sleep(time.Duration(10*(3-i))))
						place, err := b.Wait(co)
						places[i] = place
						want(t, "went on after", co.Now()-start, 30)
						return err
					})
				}
				return nil
			}))
			want(t, "places", places, [3]int{2, 1, 0})
			want(t, "waiting", b.Waiting(), 0)
		}
		return nil
	})},
}
