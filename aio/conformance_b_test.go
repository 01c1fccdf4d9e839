package aio_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"baton/aio"
)

// unreadOf are the reports of errors that nobody has read.
func unreadOf(t *testing.T, cfg aio.Config, body func(co *aio.Co) error) []aio.Report {
	t.Helper()
	told, err := reportsOf(t, cfg, body)
	must(t, err)
	return slices.DeleteFunc(told, func(r aio.Report) bool { return r.Kind != aio.ReportUnread })
}

// silent makes a row: body leaves no unread error behind.
func silent(body func(t *testing.T, co *aio.Co, f *aio.Future[int]) error) func(t *testing.T) {
	return func(t *testing.T) {
		told := unreadOf(t, aio.Config{Debug: true}, func(co *aio.Co) error {
			return body(t, co, aio.NewFuture[int](co.Loop()))
		})
		want(t, "reports", len(told), 0)
	}
}

// isHere says whether a file:line is one of a conformance test.
func isHere(site string) bool { return strings.Contains(site, "conformance_") }

var rowsUnread = []row{
	{"A013", "a failed future whose error nobody read is reported at the end, with where it was made", func(t *testing.T) {
		told := unreadOf(t, aio.Config{Debug: true}, func(co *aio.Co) error {
			return aio.NewFuture[int](co.Loop()).Fail(errBoom)
		})
		if len(told) != 1 || told[0].Err != errBoom || !isHere(told[0].Site) {
			t.Errorf("reported: %v", told)
		}
	}},
	{"A014", "an error read by Err is not reported", silent(func(t *testing.T, co *aio.Co, f *aio.Future[int]) error {
		must(t, f.Fail(errBoom))
		wantIs(t, f.Err(), errBoom)
		return nil
	})},
	{"A015", "an error read by Result or Await is not reported", silent(func(t *testing.T, co *aio.Co, f *aio.Future[int]) error {
		must(t, f.Fail(errBoom))
		_, err := f.Result()
		wantIs(t, err, errBoom)
		g := aio.NewFuture[int](co.Loop())
		must(t, g.Fail(errBoom))
		_, err = g.Await(co)
		wantIs(t, err, errBoom)
		h := aio.NewFuture[int](co.Loop()) // and where somebody awaits it already
		co.Loop().CallSoon(func() { h.Fail(errBoom) })
		_, err = h.Await(co)
		wantIs(t, err, errBoom)
		to := aio.NewFuture[int](co.Loop()) // and what Chain handed on was read there
		source := aio.NewFuture[int](co.Loop())
		must(t, source.Fail(errBoom))
		source.Chain(to)
		wantIs(t, to.Err(), errBoom)
		return nil
	})},
	{"A016", "a value that nobody read is not reported", silent(func(t *testing.T, co *aio.Co, f *aio.Future[int]) error {
		return f.Set(1)
	})},
	{"A017", "Cancel of a failed future changes nothing: the unread error is reported all the same", func(t *testing.T) {
		told := unreadOf(t, aio.Config{}, func(co *aio.Co) error {
			f := aio.NewFuture[int](co.Loop())
			must(t, f.Fail(errBoom))
			want(t, "Cancel", f.Cancel(nil), false)
			return nil
		})
		if len(told) != 1 || told[0].Err != errBoom {
			t.Errorf("reported: %v", told)
		}
	}},
	{"A018", "a pending future that everybody dropped is no error; who still awaits it is in the deadlock report", func(t *testing.T) {
		told, err := reportsOf(t, aio.Config{Debug: true}, func(co *aio.Co) error {
			aio.NewFuture[int](co.Loop())
			return nil
		})
		must(t, err)
		want(t, "reports", len(told), 0)
		_, err = reportsOf(t, aio.Config{}, func(co *aio.Co) error {
			f := aio.NewFuture[int](co.Loop())
			_, err := aio.Go(co, "forlorn", f.Await).Await(co)
			return err
		})
		wantIs(t, err, aio.ErrDeadlock)
		says(t, err.Error(), "forlorn", "a future")
	}},
	{"A020", "cancelling the awaiter of blocking work cancels the work's context", onLoop(func(t *testing.T, co *aio.Co) error {
		task := aio.Go(co, "", func(co *aio.Co) (int, error) {
			return aio.RunBlocking(co, func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, ctx.Err()
			})
		})
		must(t, co.Yield())
		want(t, "Cancel", task.Cancel(nil), true)
		_, err := task.Await(co)
		wantIs(t, err, context.Canceled)
		return nil
	})},
	{"A021", "blocking work that had finished before the cancel keeps its result; the next await fails", onLoop(func(t *testing.T, co *aio.Co) error {
		finished := make(chan struct{})
		task := aio.Go(co, "", func(co *aio.Co) (int, error) {
			v, err := aio.RunBlocking(co, func(context.Context) (int, error) {
				defer close(finished)
				return 9, nil
			})
			must(t, err)
			wantIs(t, co.Yield(), aio.ErrCancelled)
			return v, nil
		})
		must(t, co.Yield())
		<-finished // the loop stands still, so the result cannot have been delivered
		want(t, "Cancel", task.Cancel(nil), true)
		v, err := task.Await(co)
		want(t, "value", v, 9)
		return err
	})},
	{"A022", "in debug a future remembers where it was made", func(t *testing.T) {
		for _, debug := range []bool{false, true} {
			s, err := runRow(t, aio.Config{Debug: debug}, func(co *aio.Co) (string, error) {
				return aio.NewFuture[int](co.Loop()).String(), nil
			})
			must(t, err)
			want(t, "a site in "+s, isHere(s), debug)
		}
	}},
	{"A023", "the report names the future, the error and, in debug, the place", func(t *testing.T) {
		for _, debug := range []bool{false, true} {
			told := unreadOf(t, aio.Config{Debug: debug}, func(co *aio.Co) error {
				return aio.NewFuture[string](co.Loop()).Fail(errBoom)
			})
			if len(told) != 1 {
				t.Fatalf("reported: %v", told)
			}
			s := told[0].String()
			want(t, "a site in "+s, isHere(s), debug)
			says(t, s, "future[string]", errBoom.Error())
		}
	}},
}

// trail collects what ran.
type trail struct{ ran []string }

// add notes one.
func (o *trail) add(s string) { o.ran = append(o.ran, s) }

// check fails the test unless exactly these ran, in this order, and starts anew.
func (o *trail) check(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(o.ran, want) {
		t.Errorf("ran %q, want %q", o.ran, want)
	}
	o.ran = nil
}

// hooked gives a future with callbacks named a, b and c.
func hooked(co *aio.Co, o *trail) (*aio.Future[int], []aio.Handle) {
	f := aio.NewFuture[int](co.Loop())
	var hs []aio.Handle
	for _, name := range []string{"a", "b", "c"} {
		hs = append(hs, f.OnDone(func(*aio.Future[int]) { o.add(name) }))
	}
	return f, hs
}

var rowsCallback = []row{
	{"A027", "callbacks run in order of registration, in the next pass, not inside Set", onLoop(func(t *testing.T, co *aio.Co) error {
		var o trail
		f, _ := hooked(co, &o)
		co.Loop().CallSoon(func() { o.add("before") })
		must(t, f.Set(1))
		o.check(t)
		must(t, co.Yield())
		o.check(t, "before", "a", "b", "c")
		f.OnDone(func(f *aio.Future[int]) { o.add("late") })
		o.check(t) // also one that is done calls in the next pass
		must(t, co.Yield())
		o.check(t, "late")
		return nil
	})},
	{"A028", "callbacks run in the same way after Fail", onLoop(func(t *testing.T, co *aio.Co) error {
		var o trail
		f, _ := hooked(co, &o)
		f.OnDone(func(f *aio.Future[int]) { o.add(f.Err().Error()) })
		must(t, f.Fail(errBoom))
		o.check(t)
		must(t, co.Yield())
		o.check(t, "a", "b", "c", errBoom.Error())
		return nil
	})},
	{"A029", "a callback that was taken back does not run; the others keep their order", onLoop(func(t *testing.T, co *aio.Co) error {
		var o trail
		f, hs := hooked(co, &o)
		want(t, "first", hs[0].Cancel(), true)
		want(t, "again", hs[0].Cancel(), false)
		must(t, f.Set(1))
		must(t, co.Yield())
		o.check(t, "b", "c")
		return nil
	})},
	{"A030", "Handle.Cancel says whether it kept the callback from running", onLoop(func(t *testing.T, co *aio.Co) error {
		var o trail
		f, hs := hooked(co, &o)
		want(t, "pending", hs[0].Cancel(), true)
		must(t, f.Set(1))
		want(t, "due and not yet run", hs[1].Cancel(), true)
		must(t, co.Yield())
		o.check(t, "c")
		want(t, "has run", hs[2].Cancel(), false)
		want(t, "was taken back", hs[1].Cancel(), false)
		return nil
	})},
	{"A031", "a callback may take back another, or add one, while they are run", onLoop(func(t *testing.T, co *aio.Co) error {
		var o trail
		var hs []aio.Handle
		f := aio.NewFuture[int](co.Loop())
		f.OnDone(func(f *aio.Future[int]) {
			o.add("first")
			want(t, "Cancel", hs[1].Cancel(), true)
			f.OnDone(func(*aio.Future[int]) { o.add("added") })
		})
		for _, name := range []string{"a", "b", "c"} {
			hs = append(hs, f.OnDone(func(*aio.Future[int]) { o.add(name) }))
		}
		must(t, f.Set(1))
		must(t, co.Yield())
		must(t, co.Yield())
		o.check(t, "first", "a", "c", "added")
		return nil
	})},
}
