package aio_test

import (
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"baton/aio"
)

// joined are tasks as Wait takes them.
func joined[T any](ts ...*aio.Task[T]) (xs []aio.Joinable) {
	for _, t := range ts {
		xs = append(xs, t)
	}
	return xs
}

// failer starts a task that sleeps for d and then fails with errBoom.
func failer(co *aio.Co, d time.Duration) *aio.Task[int] {
	return aio.Go(co, "", func(co *aio.Co) (int, error) {
		if err := co.Sleep(d); err != nil {
			return 0, err
		}
		return 0, errBoom
	})
}

// parted fails the test unless Wait gave no error and these.
func parted(t *testing.T, done, pending []aio.Joinable, wantDone, wantPending []aio.Joinable) {
	t.Helper()
	if !slices.Equal(done, wantDone) || !slices.Equal(pending, wantPending) {
		t.Errorf("done %v, pending %v; want %v, %v", done, pending, wantDone, wantPending)
	}
}

const sec = time.Second

var rowsWait = []row{
	{"A053", "Wait returns when all are done; asked again, it returns at once and no time passes", onLoop(func(t *testing.T, co *aio.Co) error {
		all := joined(sleeper(co, "", 3*sec, 1), sleeper(co, "", 5*sec, 2))
		for range 2 {
			done, pending, err := aio.Wait(co, aio.All, all...)
			must(t, err)
			parted(t, done, pending, all, nil)
			want(t, "time", co.Now(), int64(5*sec))
		}
		return nil
	})},
	{"A054", "Wait counts a task once that it is given twice", onLoop(func(t *testing.T, co *aio.Co) error {
		a, b := sleeper(co, "", sec, 1), sleeper(co, "", sec, 2)
		done, pending, err := aio.Wait(co, aio.All, a, b, a, b, b)
		parted(t, done, pending, joined(a, b), nil)
		return err
	})},
	{"A055", "Wait for nothing, or in a mode that does not exist, is an error", onLoop(func(t *testing.T, co *aio.Co) error {
		_, _, err := aio.Wait(co, aio.All)
		wantIs(t, err, aio.ErrInvalidState)
		_, _, err = aio.Wait(co, aio.FirstError+1, sleeper(co, "", 0, 1))
		wantIs(t, err, aio.ErrInvalidState)
		return nil
	})},
	{"A056", "FirstDone returns with the first that is done; the others go on", onLoop(func(t *testing.T, co *aio.Co) error {
		slow, fast := sleeper(co, "", 10*sec, 1), sleeper(co, "", sec, 2)
		done, pending, err := aio.Wait(co, aio.FirstDone, slow, fast)
		must(t, err)
		parted(t, done, pending, joined(fast), joined(slow))
		want(t, "time", co.Now(), int64(sec))
		v, err := slow.Await(co)
		want(t, "the other", v, 1)
		return err
	})},
	{"A057", "all that are done when the waiter goes on count as done, not only the first", onLoop(func(t *testing.T, co *aio.Co) error {
		a, b, c := aio.NewFuture[int](co.Loop()), aio.NewFuture[int](co.Loop()), aio.NewFuture[int](co.Loop())
		co.Loop().CallSoon(func() { a.Set(1) })
		co.Loop().CallSoon(func() { b.Set(2) }) // the waiter is ready already, behind this
		done, pending, err := aio.Wait(co, aio.FirstDone, a, b, c)
		parted(t, done, pending, []aio.Joinable{a, b}, []aio.Joinable{c})
		return err
	})},
	{"A058", "FirstError returns when one has failed at once, and leaves the others pending", onLoop(func(t *testing.T, co *aio.Co) error {
		slow, bad := sleeper(co, "", 10*sec, 1), failer(co, 0)
		done, pending, err := aio.Wait(co, aio.FirstError, slow, bad)
		must(t, err)
		parted(t, done, pending, joined(bad), joined(slow))
		want(t, "time", co.Now(), 0)
		wantIs(t, bad.Err(), errBoom)
		return nil
	})},
	{"A059", "FirstError waits through successes until one fails", onLoop(func(t *testing.T, co *aio.Co) error {
		slow, good, bad := sleeper(co, "", 10*sec, 1), sleeper(co, "", time.Millisecond, 2), failer(co, 10*time.Millisecond)
		done, pending, err := aio.Wait(co, aio.FirstError, slow, good, bad)
		must(t, err)
		parted(t, done, pending, joined(good, bad), joined(slow))
		want(t, "time", co.Now(), int64(10*time.Millisecond))
		wantIs(t, bad.Err(), errBoom)
		return nil
	})},
	{"A060", "a failed task is done like any other for All: Wait itself does not fail", onLoop(func(t *testing.T, co *aio.Co) error {
		good, bad := sleeper(co, "", 10*sec, 1), failer(co, 15*sec)
		done, pending, err := aio.Wait(co, aio.All, good, bad)
		must(t, err)
		parted(t, done, pending, joined(good, bad), nil)
		wantIs(t, bad.Err(), errBoom)
		return nil
	})},
	{"A061", "Wait under a Timeout says what is done and what is not, and cancels nothing", onLoop(func(t *testing.T, co *aio.Co) error {
		fast, slow := sleeper(co, "", 10*sec, 1), sleeper(co, "", 15*sec, 2)
		err := aio.Timeout(co, 11*sec, func(co *aio.Co, _ *aio.Scope) error {
			done, pending, err := aio.Wait(co, aio.All, fast, slow)
			parted(t, done, pending, joined(fast), joined(slow))
			return err
		})
		wantIs(t, err, aio.ErrTimeout)
		wantNot(t, err, aio.ErrCancelled)
		want(t, "time", co.Now(), int64(11*sec))
		v, err := slow.Await(co)
		want(t, "the other", v, 2)
		return err
	})},
	{"A062", "a task whose timer was armed before the timeout's, for the same instant, is done", onLoop(func(t *testing.T, co *aio.Co) error {
		equal, slow := sleeper(co, "", 10*sec, 1), sleeper(co, "", 15*sec, 2)
		must(t, co.Yield()) // they begin to sleep
		err := aio.Timeout(co, 10*sec, func(co *aio.Co, _ *aio.Scope) error {
			done, pending, err := aio.Wait(co, aio.All, equal, slow)
			parted(t, done, pending, joined(equal), joined(slow))
			return err
		})
		wantIs(t, err, aio.ErrTimeout)
		want(t, "time", co.Now(), int64(10*sec))
		return nil
	})},
	{"A063", "Wait takes what an iterator gives", onLoop(func(t *testing.T, co *aio.Co) error {
		var seq iter.Seq[aio.Joinable] = func(yield func(aio.Joinable) bool) {
			for i := range 3 {
				if !yield(sleeper(co, "", time.Duration(i)*sec, i)) {
					return
				}
			}
		}
		done, pending, err := aio.Wait(co, aio.All, slices.Collect(seq)...)
		want(t, "done", len(done), 3)
		want(t, "pending", len(pending), 0)
		return err
	})},
	{"A064", "AsCompleted gives results in the order in which they come, ties in the order of completion", onLoop(func(t *testing.T, co *aio.Co) error {
		var o trail
		ts := []*aio.Task[int]{sleeper(co, "", 3*sec, 1), sleeper(co, "", sec, 2), sleeper(co, "", 2*sec, 3), sleeper(co, "", sec, 4)}
		for i, r := range aio.AsCompleted(co, ts...) {
			must(t, r.Err)
			o.add(fmt.Sprint(i, r.Value, co.Now()/int64(sec)))
		}
		o.check(t, "1 2 1", "3 4 1", "2 3 2", "0 1 3")
		return nil
	})},
	{"A065", "AsCompleted under a Timeout gives what came in time, then the error", onLoop(func(t *testing.T, co *aio.Co) error {
		var o trail
		a, b := sleeper(co, "", sec, 1), sleeper(co, "", 3*sec, 2)
		err := aio.Timeout(co, 2*sec, func(co *aio.Co, _ *aio.Scope) (err error) {
			for i, r := range aio.AsCompleted(co, b, a) {
				o.add(fmt.Sprint(i, r.Value))
				err = r.Err
			}
			return err
		})
		wantIs(t, err, aio.ErrTimeout)
		o.check(t, "1 1", "-1 0")
		v, err := b.Await(co) // which was not cancelled
		want(t, "the late one", v, 2)
		return err
	})},
	{"A066", "a timeout that was not needed leaves no timer", leavesNoTimer(func(t *testing.T, co *aio.Co) error {
		a := sleeper(co, "", sec, 1)
		return aio.Timeout(co, time.Hour, func(co *aio.Co, _ *aio.Scope) (err error) {
			for _, r := range aio.AsCompleted(co, a) {
				want(t, "value", r.Value, 1)
				err = r.Err
			}
			return err
		})
	})},
	{"A067", "the n-th result of AsCompleted is the n-th that came, with its index in the arguments", onLoop(func(t *testing.T, co *aio.Co) error {
		ts := []*aio.Task[int]{sleeper(co, "", 5*sec, 10), sleeper(co, "", 10*sec, 11), sleeper(co, "", 0, 12)}
		next, stop := iter.Pull2(aio.AsCompleted(co, ts[0], ts[1]))
		stop() // giving up early is fine too
		_, _, ok := next()
		want(t, "after stop", ok, false)
		for n, i := range []int{2, 0, 1} {
			k := 0
			for at, r := range aio.AsCompleted(co, ts...) {
				if k == n {
					want(t, "index", at, i)
					want(t, "value", r.Value, 10+i)
					break
				}
				k++
			}
		}
		return nil
	})},
	{"A077", "cancelling a task that waits for others does not cancel those", onLoop(func(t *testing.T, co *aio.Co) error {
		a, b := sleeper(co, "", sec, 1), sleeper(co, "", 2*sec, 2)
		task := aio.Start(co, "", func(co *aio.Co) error {
			_, pending, err := aio.Wait(co, aio.All, a, b)
			want(t, "pending", len(pending), 2)
			return err
		})
		must(t, co.Yield())
		task.Cancel(nil)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		for _, r := range aio.GatherAll(co, a, b) {
			must(t, r.Err)
		}
		return nil
	})},
}

// shielded starts a task that awaits inner under Shield.
func shielded(co *aio.Co, inner *aio.Task[int]) *aio.Task[int] {
	return aio.Go(co, "outer", func(co *aio.Co) (int, error) { return aio.Shield(co, inner) })
}

var rowsShield = []row{
	{"A078", "Shield passes the value through", onLoop(func(t *testing.T, co *aio.Co) error {
		v, err := shielded(co, sleeper(co, "", sec, 42)).Await(co)
		want(t, "value", v, 42)
		return err
	})},
	{"A079", "Shield passes the very error through", onLoop(func(t *testing.T, co *aio.Co) error {
		_, err := shielded(co, failer(co, sec)).Await(co)
		want(t, "error", err, errBoom)
		return nil
	})},
	{"A080", "cancelling what is shielded ends who awaits it as cancelled", onLoop(func(t *testing.T, co *aio.Co) error {
		inner := sleeper(co, "", sec, 1)
		outer := shielded(co, inner)
		must(t, co.Yield())
		inner.Cancel(errWhy)
		_, err := outer.Await(co)
		wantIs(t, err, aio.ErrCancelled, errWhy)
		want(t, "Cancelled", outer.Cancelled(), true)
		return nil
	})},
	{"A081", "cancelling who awaits leaves the shielded task running, with nobody registered on it", func(t *testing.T) {
		told := unreadOf(t, aio.Config{}, func(co *aio.Co) error {
			inner := failer(co, sec)
			outer := shielded(co, inner)
			must(t, co.Yield())
			outer.Cancel(nil)
			_, err := outer.Await(co)
			wantIs(t, err, aio.ErrCancelled)
			want(t, "inner has ended", inner.Done(), false)
			return co.Sleep(2 * sec)
		})
		if len(told) != 1 || told[0].Err != errBoom { // it ran on, and nobody was left to hear of its failure
			t.Errorf("reported: %v", told)
		}
	}},
	{"A082", "Shield of a task that has ended returns without suspending", onLoop(func(t *testing.T, co *aio.Co) error {
		inner := sleeper(co, "", 0, 42)
		_, err := inner.Await(co)
		must(t, err)
		ran := false
		co.Loop().CallSoon(func() { ran = true })
		v, err := aio.Shield(co, inner)
		want(t, "value", v, 42)
		want(t, "others ran meanwhile", ran, false)
		return err
	})},
	{"A083", "a cancelled awaiter goes away at once, and the shielded task finishes its work, though their Group is cancelled", onLoop(func(t *testing.T, co *aio.Co) error {
		var inner *aio.Task[int]
		outer := aio.Start(co, "", func(co *aio.Co) error {
			return aio.Group(co, func(co *aio.Co) error {
				inner = sleeper(co, "", 10*sec, 7)
				_, err := aio.Shield(co, inner)
				wantIs(t, err, aio.ErrCancelled)
				want(t, "time when the awaiter heard", co.Now(), int64(sec))
				return err
			})
		})
		must(t, co.Sleep(sec))
		outer.Cancel(nil)
		_, err := outer.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "time", co.Now(), int64(10*sec)) // a Group leaves nobody behind
		v, err := inner.Result()
		want(t, "value", v, 7)
		return err
	})},
	{"A084", "a shielded Gather survives the cancellation of who awaits it", onLoop(func(t *testing.T, co *aio.Co) error {
		value := func(v int) func(co *aio.Co) (int, error) {
			return func(co *aio.Co) (int, error) { return v, co.Sleep(sec) }
		}
		inner := aio.Go(co, "", func(co *aio.Co) (int, error) {
			vs, err := aio.Gather(co, value(1), value(2))
			return vs[0] + vs[1], err
		})
		outer := shielded(co, inner)
		must(t, co.Yield())
		outer.Cancel(nil)
		_, err := outer.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		v, err := inner.Await(co)
		want(t, "sum", v, 3)
		return err
	})},
	{"A085", "cancelling a Gather of shields ends the shields, not the tasks behind them", onLoop(func(t *testing.T, co *aio.Co) error {
		a, b := sleeper(co, "", sec, 1), sleeper(co, "", sec, 2)
		shield := func(inner *aio.Task[int]) func(co *aio.Co) (int, error) {
			return func(co *aio.Co) (int, error) { return aio.Shield(co, inner) }
		}
		outer := aio.Start(co, "", func(co *aio.Co) error {
			_, err := aio.Gather(co, shield(a), shield(b))
			return err
		})
		must(t, co.Yield())
		must(t, co.Yield())
		outer.Cancel(nil)
		_, err := outer.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "time", co.Now(), 0)
		rs := aio.GatherAll(co, a, b)
		want(t, "first", rs[0], aio.Result[int]{Value: 1})
		want(t, "second", rs[1], aio.Result[int]{Value: 2})
		return nil
	})},
}
