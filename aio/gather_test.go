package aio_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// after is a function that sleeps and then gives v and err.
func after(d time.Duration, v int, err error) func(co *aio.Co) (int, error) {
	return func(co *aio.Co) (int, error) {
		if e := co.Sleep(d); e != nil {
			return -v, e
		}
		return v, err
	}
}

func TestGather(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		vs, err := aio.Gather(co, after(3, 1, nil), after(1, 2, nil), after(2, 3, nil))
		if !slices.Equal(vs, []int{1, 2, 3}) || err != nil || co.Now() != 3 {
			t.Error(vs, err, co.Now())
		}
		vs, err = aio.Gather(co, after(30, 1, nil), after(10, 2, errBoom))
		if !errors.Is(err, errBoom) || co.Now() != 13 || vs[0] != -1 {
			t.Error(vs, err, co.Now())
		}
		if vs, err = aio.Gather[int](co); len(vs) != 0 || vs == nil || err != nil {
			t.Error(vs, err)
		}
		_, err = aio.Gather(co, func(co *aio.Co) (int, error) {
			f := aio.NewFuture[int](co.Loop())
			f.Cancel(nil)
			return f.Await(co)
		})
		if !errors.Is(err, aio.ErrCancelled) || !errors.Is(err, aio.ErrFutureCancelled) {
			t.Error("a cancelled child:", err)
		}
		return co.Yield()
	}))
}

func TestGatherAll(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		ok, bad, cut := aio.Go(co, "", after(2, 1, nil)), aio.Go(co, "", after(1, 2, errBoom)), aio.Go(co, "", after(9, 3, nil))
		cut.Cancel(nil)
		rs := aio.GatherAll(co, ok, bad, cut, ok)
		if rs[0] != rs[3] || rs[0].Value != 1 || rs[1].Err != errBoom || !errors.Is(rs[2].Err, aio.ErrCancelled) || !cut.Cancelled() {
			t.Error(rs)
		}
		return nil
	}))
}

func TestWaitModes(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		start := func() []aio.Joinable {
			a, b, c := aio.Go(co, "", after(1, 1, nil)), aio.Go(co, "", after(2, 2, errBoom)), aio.Go(co, "", after(3, 3, nil))
			return []aio.Joinable{a, b, c, a}
		}
		for _, row := range []struct {
			mode     aio.Mode
			done, at int
		}{{aio.FirstDone, 1, 1}, {aio.FirstError, 2, 2}, {aio.All, 3, 3}} {
			began := co.Now()
			xs := start()
			done, pending, err := aio.Wait(co, row.mode, xs...)
			if len(done) != row.done || len(pending) != 3-row.done || err != nil || co.Now()-began != int64(row.at) {
				t.Error(row, done, pending, err, co.Now()-began)
			}
			must(t, co.Sleep(10))
			done, pending, err = aio.Wait(co, aio.All, xs...)
			if len(done) != 3 || len(pending) != 0 || err != nil {
				t.Error("again:", done, pending, err)
			}
		}
		if _, _, err := aio.Wait(co, aio.All); !errors.Is(err, aio.ErrInvalidState) {
			t.Error(err)
		}
		if _, _, err := aio.Wait(co, 9, start()...); !errors.Is(err, aio.ErrInvalidState) {
			t.Error(err)
		}
		xs := start()
		err := aio.Timeout(co, 2, func(co *aio.Co, _ *aio.Scope) error {
			done, pending, err := aio.Wait(co, aio.All, xs...)
			if len(done)+len(pending) != 3 || len(done) == 0 {
				t.Error(done, pending)
			}
			return err
		})
		if !errors.Is(err, aio.ErrTimeout) {
			t.Error(err)
		}
		must(t, co.Sleep(10))
		if !xs[2].Done() {
			t.Error("Wait cancelled a task")
		}
		return nil
	}))
}

// What is done by the time the waiter goes on counts, and futures can be waited for with tasks.
func TestWaitReallyDone(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		f, g := aio.NewFuture[int](co.Loop()), aio.NewFuture[string](co.Loop())
		co.Loop().CallLater(1, func() { f.Set(1); g.Cancel(nil) })
		done, pending, err := aio.Wait(co, aio.FirstDone, f, g, aio.Go(co, "", after(5, 0, nil)))
		if len(done) != 2 || len(pending) != 1 || err != nil {
			t.Error(done, pending, err)
		}
		return nil
	}))
}

func TestAsCompleted(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var s steps
		done := aio.Go(co, "", after(0, 9, nil))
		must(t, co.Sleep(1))
		ts := []*aio.Task[int]{aio.Go(co, "", after(3, 1, nil)), aio.Go(co, "", after(1, 2, errBoom)), done, aio.Go(co, "", after(2, 3, nil))}
		for i, r := range aio.AsCompleted(co, ts...) {
			s.add("%d:%d:%v", i, r.Value, r.Err)
			if i == 1 {
				must(t, co.Sleep(5)) // the others end meanwhile
			}
		}
		s.want(t, "2:9:<nil> 1:2:boom 3:3:<nil> 0:1:<nil>")
		s = nil
		ts = []*aio.Task[int]{aio.Go(co, "", after(3, 1, nil)), aio.Go(co, "", after(30, 2, nil))}
		err := aio.Timeout(co, 10, func(co *aio.Co, _ *aio.Scope) error {
			for i, r := range aio.AsCompleted(co, ts...) {
				s.add("%d:%v", i, errors.Is(r.Err, aio.ErrTimeout))
			}
			return co.Yield()
		})
		s.want(t, "0:false -1:true")
		if !errors.Is(err, aio.ErrTimeout) || ts[1].Done() {
			t.Error(err)
		}
		return nil
	}))
}

func TestShield(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var inner *aio.Task[int]
		err := aio.Timeout(co, 5, func(co *aio.Co, _ *aio.Scope) error {
			return aio.Group(co, func(co *aio.Co) error {
				inner = aio.Go(co, "inner", after(20, 7, nil))
				_, err := aio.Shield(co, inner)
				if !errors.Is(err, aio.ErrTimeout) || co.Now() != 5 {
					t.Error(err, co.Now())
				}
				return err
			})
		})
		v, e := inner.Result()
		if !errors.Is(err, aio.ErrTimeout) || v != 7 || e != nil || co.Now() != 20 {
			t.Error(err, v, e, co.Now())
		}
		if v, err := aio.Shield(co, inner); v != 7 || err != nil {
			t.Error(v, err)
		}
		inner = aio.Go(co, "cut", after(20, 7, nil))
		inner.Cancel(errBoom)
		if _, err := aio.Shield(co, inner); !errors.Is(err, errBoom) || !errors.Is(err, aio.ErrCancelled) {
			t.Error(err)
		}
		return co.Yield()
	}))
}

// The end of Run reaches also what is shielded.
func TestShieldEndsWithRun(t *testing.T) {
	ended := false
	must(t, virtual(t, func(co *aio.Co) error {
		inner := aio.Start(co, "inner", func(co *aio.Co) error {
			err := wait(co)
			ended = errors.Is(err, aio.ErrCancelled)
			return err
		})
		aio.Start(co, "outer", func(co *aio.Co) error { _, err := aio.Shield(co, inner); return err })
		return co.Yield()
	}))
	if !ended {
		t.Error("it was not cancelled")
	}
}

func TestWaitFor(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		if v, err := aio.WaitFor(co, 5, after(3, 7, nil)); v != 7 || err != nil {
			t.Error(v, err)
		}
		if _, err := aio.WaitFor(co, 5, after(9, 7, nil)); !errors.Is(err, aio.ErrTimeout) || co.Now() != 8 {
			t.Error(err, co.Now())
		}
		if _, err := aio.WaitFor(co, 0, func(*aio.Co) (int, error) { t.Error("it began"); return 0, nil }); !errors.Is(err, aio.ErrTimeout) {
			t.Error(err)
		}
		v, err := aio.WaitFor(co, 1, func(co *aio.Co) (int, error) {
			wait(co)
			must(t, co.Detach().Sleep(5))
			return 8, nil
		})
		if v != 8 || err != nil || co.Now() != 14 {
			t.Error("an answer in spite of the timeout:", v, err, co.Now())
		}
		if _, err = aio.WaitFor(co, 1, func(co *aio.Co) (int, error) { wait(co); return 0, errBoom }); err != errBoom {
			t.Error(err)
		}
		if err := aio.Deadline(co, 20, func(co *aio.Co, _ *aio.Scope) error { return wait(co) }); !errors.Is(err, aio.ErrTimeout) || co.Now() != 20 {
			t.Error(err, co.Now())
		}
		must(t, aio.Deadline(co, aio.Never, func(co *aio.Co, s *aio.Scope) error { return co.Sleep(1000) }))
		return nil
	}))
}

func TestScopeReset(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var left *aio.Scope
		must(t, aio.Timeout(co, 5, func(co *aio.Co, s *aio.Scope) error {
			left = s
			must(t, s.Reset(aio.Never))
			return co.Sleep(50)
		}))
		if err := left.Reset(100); !errors.Is(err, aio.ErrInvalidState) {
			t.Error("reset after the end:", err)
		}
		aio.Timeout(co, 5, func(co *aio.Co, s *aio.Scope) error {
			wait(co)
			if err := s.Reset(1000); !errors.Is(err, aio.ErrInvalidState) || !s.Expired() {
				t.Error("reset after expiry:", err)
			}
			return nil
		})
		return nil
	}))
}

func TestSelect(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		q, r, full := aio.NewQueue[int](l, 0), aio.NewQueue[int](l, 1), aio.NewQueue[int](l, 0)
		f := aio.NewFuture[string](l)
		var s steps
		round := func(extra ...aio.Case) error {
			cases := append([]aio.Case{
				aio.OnRecv(q, func(v int, ok bool) error { s.add("q:%d:%v", v, ok); return nil }),
				aio.OnRecv(r, func(v int, ok bool) error { s.add("r:%d:%v", v, ok); return nil }),
				aio.OnSend(full, 5, func() error { s.add("sent"); return errBoom }),
				aio.OnFuture(f, func(v string, err error) error { s.add("f:%s:%v", v, err); return err }),
			}, extra...)
			return aio.Select(co, cases...)
		}
		must(t, round(aio.OnDefault(func() error { s.add("default"); return nil })))
		must(t, round(aio.OnAfter(3, func() error { s.add("after:%d", l.Now()); return nil })))
		r.TryPut(1)
		putter := aio.Start(co, "put", func(co *aio.Co) error { return q.Put(co, 2) })
		must(t, co.Yield())
		must(t, round()) // both can be had: the first listed wins, the other keeps its item
		must(t, round())
		l.CallLater(1, func() { r.TryPut(3); q.TryPut(9) }) // r decides: q does not take the 9
		must(t, round())
		if q.TryPut(9) {
			t.Error("the loser took an item")
		}
		aio.Start(co, "get", func(co *aio.Co) error {
			if v, err := full.Get(co); v != 5 || err != nil {
				t.Error(v, err)
			}
			return nil
		})
		if err := round(); err != errBoom {
			t.Error(err)
		}
		l.CallLater(1, func() { f.Set("x") })
		must(t, round())
		if _, err := putter.Await(co); err != nil {
			t.Error(err)
		}
		s.want(t, "default after:3 q:2:true r:1:true r:3:true sent f:x:<nil>")
		return nil
	}))
}

func TestSelectEnds(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		q, r := aio.NewQueue[int](l, 0), aio.NewQueue[int](l, 0)
		got := ""
		recv := aio.OnRecv(q, func(v int, ok bool) error { got = fmt.Sprint(v, ok); return nil })
		err := aio.Timeout(co, 5, func(co *aio.Co, _ *aio.Scope) error { return aio.Select(co, recv, aio.OnSend(r, 1, nil)) })
		if !errors.Is(err, aio.ErrTimeout) || got != "" {
			t.Error(err, got)
		}
		if q.TryPut(1) || r.Len() > 0 {
			t.Error("it left itself behind")
		}
		if _, ok := r.TryGet(); ok {
			t.Error("it left its item behind")
		}
		l.CallLater(1, q.Close)
		must(t, aio.Select(co, recv, aio.OnSend(r, 1, nil)))
		if got != "0 false" {
			t.Error(got)
		}
		l.CallLater(1, r.Close)
		if err := aio.Select(co, aio.OnSend(r, 1, nil)); !errors.Is(err, aio.ErrClosed) {
			t.Error(err)
		}
		if err := aio.Select(co); !errors.Is(err, aio.ErrInvalidState) {
			t.Error(err)
		}
		return nil
	}))
}

// Two Selects can meet, and only one case of each is served.
func TestSelectMeetsSelect(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		a, b := aio.NewQueue[int](l, 0), aio.NewQueue[int](l, 0)
		var s steps
		one := func(name string, v int) func(co *aio.Co) error {
			return func(co *aio.Co) error {
				return aio.Select(co,
					aio.OnRecv(a, func(v int, _ bool) error { s.add("%s got a%d", name, v); return nil }),
					aio.OnSend(b, v, func() error { s.add("%s put b", name); return nil }))
			}
		}
		two := func(co *aio.Co) error {
			return aio.Select(co,
				aio.OnSend(a, 7, func() error { s.add("two put a"); return nil }),
				aio.OnRecv(b, func(v int, _ bool) error { s.add("two got b%d", v); return nil }))
		}
		aio.Start(co, "one", one("one", 1))
		aio.Start(co, "other", one("other", 2))
		must(t, co.Yield())
		must(t, two(co))
		must(t, co.Yield())
		must(t, two(co))
		must(t, co.Yield())
		s.want(t, "two put a one got a7 two put a other got a7")
		if a.TryPut(1) || b.TryPut(1) {
			t.Error("something is left")
		}
		return nil
	}))
}

func TestGoNow(t *testing.T) {
	for _, hosts := range []int{aio.Flat, 1, 2} {
		var s steps
		cfg := aio.WithInline(aio.Config{Source: aio.Virtual(0)}, hosts)
		_, err := aio.Run(t.Context(), cfg, func(co *aio.Co) (none, error) {
			l := co.Loop()
			at := func(what string) {
				cur, _ := l.Current()
				s.add("%s@%s", what, cur.Name)
			}
			l.CallSoon(func() { s.add("soon") })
			done := aio.GoNow(co, "quick", func(co *aio.Co) (int, error) { at("run"); return 1, nil })
			if !done.Done() || done.Cancel(nil) {
				t.Error("it is not done")
			}
			at("back")
			slow := aio.GoNow(co, "slow", func(co *aio.Co) (int, error) {
				nested := aio.GoNow(co, "nested", func(co *aio.Co) (int, error) { at("run"); return 0, co.Yield() })
				at("between")
				must(t, co.Yield())
				at("again")
				return nested.Await(co)
			})
			at("back")
			if _, err := slow.Await(co); err != nil {
				return none{}, err
			}
			bad := aio.GoNow(co, "bad", func(co *aio.Co) (int, error) { return 0, errBoom })
			return none{}, bad.Err()
		})
		if err != errBoom {
			t.Error(err)
		}
		s.want(t, "run@quick back@main run@nested between@slow back@main soon again@slow")
	}
}

func TestYieldTo(t *testing.T) {
	for _, hosts := range []int{aio.Flat, 1, 2} {
		var s steps
		cfg := aio.WithInline(aio.Config{Source: aio.Virtual(0)}, hosts)
		_, err := aio.Run(t.Context(), cfg, func(co *aio.Co) (none, error) {
			var ts []*aio.Task[none]
			for _, name := range []string{"a", "b", "c"} {
				ts = append(ts, aio.Start(co, name, func(co *aio.Co) error {
					for range 2 {
						s.add("%s", name)
						must(t, co.Yield())
					}
					return wait(co)
				}))
			}
			must(t, co.YieldTo(ts[2]))
			s.add("main")
			must(t, co.YieldTo(ts[1]))
			s.add("main")
			must(t, co.Yield())
			must(t, co.YieldTo(ts[0])) // it is parked: a plain yield
			return none{}, nil
		})
		must(t, err)
		s.want(t, "c a b main b c a main")
	}
}

func TestFromFindsTheCo(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		ctx, cancel := context.WithCancel(co)
		defer cancel()
		if got, ok := aio.From(ctx); !ok || got != co {
			t.Error(got, ok)
		}
		if _, ok := aio.From(t.Context()); ok {
			t.Error("found in a foreign context")
		}
		return nil
	}))
}

func TestFutureStates(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		f := aio.NewFuture[int](l)
		if _, err := f.Result(); !errors.Is(err, aio.ErrInvalidState) || f.Done() || f.Cancelled() {
			t.Error(err)
		}
		to := aio.NewFuture[int](l)
		f.Chain(to)
		if !f.Cancel(errBoom) || f.Cancel(nil) || !f.Cancelled() || f.SetIfPending(1) {
			t.Error("cancel")
		}
		for _, f := range []*aio.Future[int]{f, to} {
			_, err := f.Await(co)
			if !errors.Is(err, aio.ErrFutureCancelled) || !errors.Is(err, aio.ErrCancelled) || !errors.Is(err, errBoom) {
				t.Error(err)
			}
		}
		if err := co.Yield(); err != nil {
			t.Error("the task was cancelled:", err)
		}
		set, copied := aio.NewFuture[int](l), aio.NewFuture[int](l)
		set.Set(3)
		set.Chain(copied)
		if v, err := copied.Result(); v != 3 || err != nil || !strings.Contains(copied.String(), "set to 3") {
			t.Error(v, err, copied)
		}
		return nil
	}))
}
