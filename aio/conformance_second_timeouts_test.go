package aio_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"baton/aio"
)

// rowsTimeouts: Timeout, Deadline and WaitFor.
var rowsTimeouts = []row{
	{"A137", "a Timeout that runs out is ErrTimeout, and its scope says that it expired", onLoop(func(t *testing.T, co *aio.Co) error {
		var scope *aio.Scope
		err := aio.Timeout(co, 10, func(co *aio.Co, s *aio.Scope) error {
			scope = s
			return co.Sleep(time.Hour)
		})
		wantIs(t, err, aio.ErrTimeout, context.DeadlineExceeded)
		wantNot(t, err, aio.ErrCancelled)
		want(t, "expired", scope.Expired(), true)
		want(t, "now", co.Now(), 10)
		return nil
	})},
	{"A138", "Deadline ends at a time of the loop's clock", onLoop(func(t *testing.T, co *aio.Co) error {
		must(t, co.Sleep(100))
		var scope *aio.Scope
		err := aio.Deadline(co, 110, func(co *aio.Co, s *aio.Scope) error {
			scope = s
			return co.Sleep(time.Hour)
		})
		wantIs(t, err, aio.ErrTimeout)
		want(t, "expired", scope.Expired(), true)
		want(t, "now", co.Now(), 110)
		return nil
	})},
	{"A139", "of two scopes that end at the same time the inner sees a cancel, and the outer is the timeout", onLoop(func(t *testing.T, co *aio.Co) error {
		var inner, outer *aio.Scope
		err := aio.Deadline(co, 10, func(co *aio.Co, s *aio.Scope) error {
			outer = s
			err := aio.Deadline(co, 10, func(co *aio.Co, s *aio.Scope) error { inner = s; return co.Sleep(time.Hour) })
			wantIs(t, err, aio.ErrCancelled)
			return err
		})
		wantIs(t, err, aio.ErrTimeout)
		wantNot(t, err, aio.ErrCancelled)
		want(t, "outer expired", outer.Expired(), true)
		want(t, "inner expired, though the outer had ended it", inner.Expired(), false)
		want(t, "now", co.Now(), 10)
		return co.Yield()
	})},
	{"A140", "a block that ends in time leaves no error and no timer", onLoop(func(t *testing.T, co *aio.Co) error {
		var scope *aio.Scope
		must(t, aio.Timeout(co, 10, func(co *aio.Co, s *aio.Scope) error {
			scope = s
			return co.Sleep(1)
		}))
		passes := co.Loop().Stats().Passes
		must(t, co.Sleep(100))
		want(t, "passes until 101", co.Loop().Stats().Passes-passes, 1)
		want(t, "expired", scope.Expired(), false)
		return nil
	})},
	{"A141", "a scope without a deadline does nothing", onLoop(func(t *testing.T, co *aio.Co) error {
		return aio.Deadline(co, aio.Never, func(co *aio.Co, s *aio.Scope) error {
			err := co.Sleep(1000 * time.Hour)
			want(t, "expired", s.Expired(), false)
			return err
		})
	})},
	{"A142", "a deadline that is now or past ends the first await", onLoop(func(t *testing.T, co *aio.Co) error {
		must(t, co.Sleep(100))
		for _, at := range []aio.Nanos{100, 50, -1} {
			reached := false
			err := aio.Deadline(co, at, func(co *aio.Co, s *aio.Scope) error {
				reached = true
				err := co.Sleep(10)
				want(t, "expired", s.Expired(), true)
				return err
			})
			wantIs(t, err, aio.ErrTimeout)
			want(t, "the body ran", reached, true)
		}
		want(t, "now", co.Now(), 100)
		return nil
	})},
	{"A143", "so does a Yield, which needs no time", onLoop(func(t *testing.T, co *aio.Co) error {
		err := aio.Timeout(co, 0, func(co *aio.Co, _ *aio.Scope) error { return co.Yield() })
		wantIs(t, err, aio.ErrTimeout)
		return co.Yield()
	})},
	{"A144", "another error of the block passes as it is", onLoop(func(t *testing.T, co *aio.Co) error {
		err := aio.Timeout(co, 10, func(co *aio.Co, s *aio.Scope) error {
			must(t, co.Sleep(1))
			want(t, "expired", s.Expired(), false)
			return errBoom
		})
		want(t, "error", err, errBoom)
		return nil
	})},
	{"A145", "an error made while cleaning up after the end of time comes back, joined with the timeout", onLoop(func(t *testing.T, co *aio.Co) error {
		var scope *aio.Scope
		err := aio.Timeout(co, 10, func(co *aio.Co, s *aio.Scope) error {
			scope = s
			wantIs(t, co.Sleep(time.Hour), aio.ErrTimeout)
			return errBoom
		})
		wantIs(t, err, errBoom)
		wantIs(t, err, aio.ErrTimeout)
		want(t, "expired", scope.Expired(), true)
		return co.Yield()
	})},
	{"A146", "a cancel from outside is not turned into a timeout", onLoop(func(t *testing.T, co *aio.Co) error {
		task := aio.Start(co, "cancelled", func(co *aio.Co) error {
			return aio.Timeout(co, time.Hour, func(co *aio.Co, s *aio.Scope) error {
				err := co.Sleep(2 * time.Hour)
				want(t, "expired", s.Expired(), false)
				return err
			})
		})
		must(t, co.Sleep(1))
		task.Cancel(nil)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		wantNot(t, err, aio.ErrTimeout)
		return nil
	})},
	{"A147", "the task around a timeout is not cancelled by it", onLoop(func(t *testing.T, co *aio.Co) error {
		task := aio.Start(co, "outer", func(co *aio.Co) error {
			err := aio.Timeout(co, 1, func(co *aio.Co, _ *aio.Scope) error { return co.Sleep(time.Hour) })
			wantIs(t, err, aio.ErrTimeout)
			want(t, "state", co.Err(), nil)
			return co.Sleep(1)
		})
		_, err := task.Await(co)
		want(t, "cancelled", task.Cancelled(), false)
		return err
	})},
	{"A148", "after a long step in which both run out, the inner one ends its block, and the outer the next await", onLoop(func(t *testing.T, co *aio.Co) error {
		var inner, outer *aio.Scope
		after := false
		err := aio.Timeout(co, 100, func(co *aio.Co, s *aio.Scope) error {
			outer = s
			err := aio.Timeout(co, 10, func(co *aio.Co, s *aio.Scope) error {
				inner = s
				co.Loop().Advance(200) // the step takes so long
				return co.Sleep(1000)
			})
			wantIs(t, err, aio.ErrTimeout, aio.ErrCancelled) // the scope around is over as well
			after = true
			return co.Sleep(10_000)
		})
		wantIs(t, err, aio.ErrTimeout)
		want(t, "inner expired, outer expired, between them", [3]bool{inner.Expired(), outer.Expired(), after}, [3]bool{true, true, true})
		want(t, "now", co.Now(), 200)
		return nil
	})},
	{"A149", "a deadline can be put off, brought forward and taken away while the block waits", onLoop(func(t *testing.T, co *aio.Co) error {
		block := func(to aio.Nanos) error {
			start := co.Now()
			return aio.Timeout(co, 10, func(co *aio.Co, s *aio.Scope) error {
				at := to
				if to != aio.Never {
					at += start
				}
				co.Loop().CallLater(2, func() { must(t, s.Reset(at)) })
				return co.Sleep(100)
			})
		}
		wantIs(t, block(50), aio.ErrTimeout)
		want(t, "put off to", co.Now(), 50)
		wantIs(t, block(5), aio.ErrTimeout)
		want(t, "brought forward to", co.Now(), 55)
		must(t, block(aio.Never))
		want(t, "taken away", co.Now(), 155)
		return nil
	})},
	{"A150", "cleanup after a timeout can have one of its own", onLoop(func(t *testing.T, co *aio.Co) error {
		err := aio.Timeout(co, 10, func(co *aio.Co, _ *aio.Scope) error {
			err := co.Sleep(time.Hour)
			wantIs(t, aio.Timeout(co, 5, func(co *aio.Co, _ *aio.Scope) error { return co.Sleep(1) }), aio.ErrCancelled)
			clean := co.Detach()
			must(t, aio.Timeout(clean, 5, func(co *aio.Co, _ *aio.Scope) error { return co.Sleep(1) }))
			wantIs(t, aio.Timeout(clean, 5, func(co *aio.Co, _ *aio.Scope) error { return co.Sleep(time.Hour) }), aio.ErrTimeout)
			return err
		})
		wantIs(t, err, aio.ErrTimeout)
		want(t, "now", co.Now(), 16)
		return nil
	})},
	{"A151", "so can cleanup after a cancel from outside", onLoop(func(t *testing.T, co *aio.Co) error {
		task := aio.Start(co, "cancelled", func(co *aio.Co) error {
			err := sleepOn(co)
			slow := aio.Timeout(co.Detach(), 5, func(co *aio.Co, s *aio.Scope) error {
				err := co.Sleep(time.Hour)
				want(t, "expired", s.Expired(), true)
				return err
			})
			wantIs(t, slow, aio.ErrTimeout)
			wantNot(t, slow, aio.ErrCancelled)
			return err
		})
		must(t, co.Sleep(1))
		task.Cancel(nil)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "now", co.Now(), 6)
		return nil
	})},
	{"A152", "the cancel inside carries the very timeout that comes out as its cause", onLoop(func(t *testing.T, co *aio.Co) error {
		var inside error
		outside := aio.Timeout(co, 10, func(co *aio.Co, _ *aio.Scope) error {
			inside = co.Sleep(time.Hour)
			return inside
		})
		wantIs(t, inside, aio.ErrCancelled, context.Canceled, outside)
		wantIs(t, outside, aio.ErrTimeout)
		return nil
	})},
	{"A153", "a deadline that has passed cannot be moved", onLoop(func(t *testing.T, co *aio.Co) error {
		err := aio.Timeout(co, 10, func(co *aio.Co, s *aio.Scope) error {
			err := co.Sleep(time.Hour)
			wantIs(t, s.Reset(co.Now()+100), aio.ErrInvalidState)
			wantIs(t, co.Yield(), aio.ErrTimeout)
			return err
		})
		wantIs(t, err, aio.ErrTimeout)
		return nil
	})},
	{"A154", "nor that of a block that has ended", onLoop(func(t *testing.T, co *aio.Co) error {
		var scope *aio.Scope
		must(t, aio.Timeout(co, 10, func(co *aio.Co, s *aio.Scope) error { scope = s; return nil }))
		wantIs(t, scope.Reset(20), aio.ErrInvalidState)
		must(t, co.Sleep(100))
		want(t, "expired", scope.Expired(), false)
		return nil
	})},
	{"A155", "a cancelled WaitFor returns once the function has cleaned up", onLoop(func(t *testing.T, co *aio.Co) error {
		cleaned := false
		task := aio.Go(co, "waiter", func(co *aio.Co) (int, error) { return aio.WaitFor(co, time.Hour, slowToEnd(t, 50, &cleaned)) })
		must(t, co.Sleep(10))
		task.Cancel(nil)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		wantNot(t, err, aio.ErrTimeout)
		want(t, "cleaned", cleaned, true)
		want(t, "now", co.Now(), 60)
		return nil
	})},
	{"A156", "so does one that is out of time", onLoop(func(t *testing.T, co *aio.Co) error {
		cleaned := false
		_, err := aio.WaitFor(co, 10, slowToEnd(t, 50, &cleaned))
		wantIs(t, err, aio.ErrTimeout)
		want(t, "cleaned", cleaned, true)
		want(t, "now", co.Now(), 60)
		return co.Yield()
	})},
	{"A157", "a future that is done gives its value also with no time left", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		must(t, f.Set(7))
		for _, d := range []time.Duration{0, -1} {
			v := 0
			must(t, aio.Timeout(co, d, func(co *aio.Co, _ *aio.Scope) (err error) {
				v, err = f.Await(co)
				return err
			}))
			want(t, "value", v, 7)
		}
		return nil
	})},
	{"A158", "with no time left the function of WaitFor never starts", onLoop(func(t *testing.T, co *aio.Co) error {
		for _, d := range []time.Duration{0, -1} {
			_, err := aio.WaitFor(co, d, func(*aio.Co) (int, error) { t.Error("it ran"); return 0, nil })
			wantIs(t, err, aio.ErrTimeout)
		}
		return nil
	})},
	{"A159", "a value that is set before the end of time wins", onLoop(func(t *testing.T, co *aio.Co) error {
		f := aio.NewFuture[string](co.Loop())
		co.Loop().CallAt(10, func() { must(t, f.Set("ok")) }) // due together with the timeout, armed first
		v, err := aio.WaitFor(co, 10, f.Await)
		want(t, "value", v, "ok")
		return err
	})},
	{"A160", "a function that answers in spite of the cancel has its answer returned", onLoop(func(t *testing.T, co *aio.Co) error {
		v, err := aio.WaitFor(co, 10, func(co *aio.Co) (string, error) {
			wantIs(t, co.Sleep(time.Hour), aio.ErrTimeout)
			return "partial", nil
		})
		want(t, "value", v, "partial")
		must(t, err)
		return co.Yield()
	})},
	{"A161", "an error of the function while it is cancelled is returned instead of the timeout", onLoop(func(t *testing.T, co *aio.Co) error {
		_, err := aio.WaitFor(co, 10, func(co *aio.Co) (int, error) {
			wantIs(t, co.Sleep(time.Hour), aio.ErrTimeout)
			return 0, errBoom
		})
		wantIs(t, err, errBoom)
		wantNot(t, err, aio.ErrTimeout)
		return nil
	})},
	{"A162", "a task that will not end does not keep its waiter from being cancelled", onLoop(func(t *testing.T, co *aio.Co) error {
		stubborn := aio.Go(co, "stubborn", func(co *aio.Co) (int, error) {
			_ = sleepOn(co)
			return 42, co.Detach().Sleep(300)
		})
		waiter := aio.Go(co, "waiter", func(co *aio.Co) (int, error) {
			return aio.WaitFor(co, 1000, func(co *aio.Co) (int, error) {
				stubborn.Cancel(nil)
				return stubborn.Await(co)
			})
		})
		must(t, co.Sleep(100))
		waiter.Cancel(nil)
		_, err := waiter.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "the waiter left at", co.Now(), 100)
		v, err := stubborn.Await(co)
		want(t, "value", v, 42)
		return err
	})},
	{"A163", "cancelling a WaitFor cancels what it waits for", onLoop(func(t *testing.T, co *aio.Co) error {
		var child *aio.Task[none]
		waiter := aio.Go(co, "waiter", func(co *aio.Co) (none, error) {
			return aio.WaitFor(co, time.Hour, func(co *aio.Co) (none, error) {
				return none{}, aio.Group(co, func(co *aio.Co) error {
					child = aio.Start(co, "child", sleepOn)
					return nil
				})
			})
		})
		must(t, co.Sleep(1))
		waiter.Cancel(errOther)
		_, err := waiter.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "child cancelled", child.Cancelled(), true)
		wantIs(t, child.Err(), errOther)
		return nil
	})},
}

// slowToEnd is a function that needs a while to clean up once it is cancelled.
func slowToEnd(t *testing.T, while time.Duration, cleaned *bool) func(*aio.Co) (int, error) {
	return func(co *aio.Co) (int, error) {
		err := sleepOn(co)
		if !errors.Is(err, aio.ErrCancelled) {
			t.Error(err)
		}
		must(t, co.Detach().Sleep(while))
		*cleaned = true
		return 0, err
	}
}
