package aio_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// A value wins over cancellation; the next await fails.
func TestValueWins(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		f := aio.NewFuture[int](l)
		q := aio.NewQueue[int](l, 1)
		var w aio.Waiter
		tasks := []*aio.Task[none]{
			aio.Start(co, "future", func(co *aio.Co) error {
				if v, err := f.Await(co); v != 7 || err != nil {
					t.Error("future:", v, err)
				}
				return co.Yield()
			}),
			aio.Start(co, "queue", func(co *aio.Co) error {
				if v, err := q.Get(co); v != 8 || err != nil {
					t.Error("queue:", v, err)
				}
				return co.Yield()
			}),
			aio.Start(co, "waiter", func(co *aio.Co) error {
				if err := w.Wait(co); err != nil {
					t.Error("waiter:", err)
				}
				return co.Yield()
			}),
		}
		must(t, co.Yield())
		f.Set(7)
		q.TryPut(8)
		w.Wake()
		cause := errors.New("why")
		for _, task := range tasks {
			if !task.Cancel(cause) || task.Cancel(cause) {
				t.Error("Cancel does not tell the truth")
			}
		}
		for _, task := range tasks {
			if _, err := task.Await(co); !errors.Is(err, aio.ErrCancelled) || !errors.Is(err, cause) {
				t.Error(err)
			}
		}
		return nil
	}))
}

// A wake-up that is there wins also over a cancellation before the await.
func TestPendingWakeWins(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		return aio.Timeout(co, time.Second, func(co *aio.Co, s *aio.Scope) error {
			var w aio.Waiter
			w.Wake()
			s.Cancel(nil)
			must(t, w.Wait(co))
			if err := w.Wait(co); !errors.Is(err, aio.ErrCancelled) {
				t.Error(err)
			}
			return nil
		})
	}))
}

// A wait that ended by cancellation leaves nothing behind in what it awaited.
func TestCancelledWaitLeavesTheList(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		first, second := aio.NewFuture[int](co.Loop()), aio.NewFuture[int](co.Loop())
		task := aio.Go(co, "x", func(co *aio.Co) (int, error) {
			err := aio.Timeout(co, 5, func(co *aio.Co, _ *aio.Scope) error {
				_, err := first.Await(co)
				return err
			})
			if !errors.Is(err, aio.ErrTimeout) {
				t.Error(err)
			}
			return second.Await(co)
		})
		must(t, co.Sleep(10))
		must(t, first.Set(1))
		must(t, co.Sleep(10))
		if task.Done() {
			t.Error("the second await was ended by the first future")
		}
		must(t, second.Set(2))
		v, err := task.Await(co)
		if v != 2 {
			t.Error(v)
		}
		return err
	}))
}

// What is opened in a cancelled scope is cancelled, and a task started there never runs.
func TestScopesInheritCancellation(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		err := aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "fails", func(*aio.Co) error { return errBoom })
			wait(co)
			aio.Start(co, "late", func(*aio.Co) error { t.Error("it ran"); return nil })
			return aio.Timeout(co, 5, func(co *aio.Co, _ *aio.Scope) error {
				if err := co.Sleep(1); !errors.Is(err, errBoom) {
					t.Error(err)
				}
				return nil
			})
		})
		if !errors.Is(err, errBoom) {
			t.Error(err)
		}
		return nil
	}))
}

// Taking an item lets the first waiting Put in at once.
func TestGetMakesRoom(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 1)
		must(t, q.Put(co, 1))
		task := aio.Start(co, "put", func(co *aio.Co) error { return q.Put(co, 2) })
		must(t, co.Yield())
		v, _ := q.TryGet()
		if v != 1 || q.Len() != 1 || q.TryPut(3) {
			t.Error(v, q.Len())
		}
		must(t, co.Yield())
		if !task.Done() {
			t.Error("the Put still waits")
		}
		return nil
	}))
}

// A cancelled wait takes and puts nothing; the one behind it is served.
func TestCancelledWaitsAreSkipped(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 0)
		get := func(co *aio.Co) (int, error) { return q.Get(co) }
		a, b := aio.Go(co, "a", get), aio.Go(co, "b", get)
		must(t, co.Yield())
		a.Cancel(nil)
		if !q.TryPut(1) {
			t.Error("b was not served")
		}
		if v, err := b.Await(co); v != 1 || err != nil {
			t.Error("b:", v, err)
		}
		if _, err := a.Await(co); !errors.Is(err, aio.ErrCancelled) {
			t.Error("a:", err)
		}
		put := func(v int) func(*aio.Co) error { return func(co *aio.Co) error { return q.Put(co, v) } }
		c, d := aio.Start(co, "c", put(3)), aio.Start(co, "d", put(4))
		must(t, co.Yield())
		c.Cancel(nil)
		if v, ok := q.TryGet(); v != 4 || !ok {
			t.Error("got", v, ok)
		}
		_, errC := c.Await(co)
		_, errD := d.Await(co)
		if !errors.Is(errC, aio.ErrCancelled) || errD != nil {
			t.Error(errC, errD)
		}
		return nil
	}))
}

func TestQueueClose(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 1)
		must(t, q.Put(co, 1))
		putter := aio.Start(co, "put", func(co *aio.Co) error { return q.Put(co, 2) })
		must(t, co.Yield())
		q.Close()
		if _, err := putter.Await(co); !errors.Is(err, aio.ErrClosed) {
			t.Error("put:", err)
		}
		if v, err := q.Get(co); v != 1 || err != nil {
			t.Error("get:", v, err)
		}
		if _, err := q.Get(co); !errors.Is(err, aio.ErrClosed) {
			t.Error("get:", err)
		}
		if q.TryPut(3) || !errors.Is(q.Put(co, 3), aio.ErrClosed) {
			t.Error("put after close")
		}
		return nil
	}))
}

// A task cancelled before its first step never runs, and tells the cause.
func TestCancelBeforeTheStart(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		task := aio.Start(co, "x", func(*aio.Co) error { t.Error("it ran"); return nil })
		task.Cancel(errBoom)
		if _, err := task.Await(co); !errors.Is(err, errBoom) || !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		return nil
	}))
}

// The first error cancels the group; errors are joined; a cancelled task is none.
func TestGroupErrors(t *testing.T) {
	other := errors.New("other")
	must(t, virtual(t, func(co *aio.Co) error {
		cancelled := 0
		err := aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "fails", func(co *aio.Co) error { must(t, co.Sleep(5)); return errBoom })
			for range 3 {
				aio.Start(co, "waits", func(co *aio.Co) error {
					err := wait(co)
					if errors.Is(err, errBoom) {
						cancelled++
					}
					return err
				})
			}
			aio.Start(co, "cleans up", func(co *aio.Co) error {
				wait(co)
				must(t, co.Detach().Sleep(3))
				return other
			})
			return wait(co)
		})
		if !errors.Is(err, errBoom) || !errors.Is(err, other) || errors.Is(err, aio.ErrCancelled) || cancelled != 3 {
			t.Error(err, cancelled)
		}
		if co.Now() != 8 {
			t.Error("the group did not wait:", co.Now())
		}
		return co.Yield() // the scope around lives
	}))
}

// A group that is cancelled from outside says so.
func TestGroupCancelledFromOutside(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		err := aio.Timeout(co, 5, func(co *aio.Co, _ *aio.Scope) error {
			return aio.Group(co, func(co *aio.Co) error {
				aio.Start(co, "waits", wait)
				return nil
			})
		})
		if !errors.Is(err, aio.ErrTimeout) || co.Now() != 5 {
			t.Error(err, co.Now())
		}
		return nil
	}))
}

// Tasks outside any group are cancelled and awaited when main returns.
func TestRootTasksEndWithMain(t *testing.T) {
	ended := false
	must(t, virtual(t, func(co *aio.Co) error {
		aio.Start(co, "background", func(co *aio.Co) error {
			err := wait(co)
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			must(t, co.Detach().Sleep(time.Second))
			ended = co.Now() == int64(time.Second)
			return err
		})
		return co.Yield()
	}))
	if !ended {
		t.Error("it was not awaited")
	}
}

func TestTimeoutIsLeftInTime(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		must(t, aio.Timeout(co, 5, func(co *aio.Co, s *aio.Scope) error {
			s.Reset(100)
			return co.Sleep(50)
		}))
		must(t, co.Sleep(100))
		err := aio.Timeout(co, 5, func(co *aio.Co, s *aio.Scope) error {
			s.Cancel(errBoom)
			err := co.Yield()
			if s.Expired() {
				t.Error("expired")
			}
			return err
		})
		if !errors.Is(err, errBoom) || !errors.Is(err, aio.ErrCancelled) || errors.Is(err, aio.ErrTimeout) {
			t.Error(err)
		}
		err = aio.Timeout(co, 0, func(co *aio.Co, s *aio.Scope) error { return co.Yield() })
		if !errors.Is(err, aio.ErrTimeout) {
			t.Error(err)
		}
		return nil
	}))
}

// Only real deadlines are shown to other packages.
func TestDeadline(t *testing.T) {
	for _, src := range []aio.Source{aio.Real(), aio.Virtual(0)} {
		must(t, runOn(t, src, func(co *aio.Co) error {
			if _, ok := co.Deadline(); ok {
				t.Error("a deadline outside any scope")
			}
			return aio.Timeout(co, time.Hour, func(co *aio.Co, s *aio.Scope) error {
				return aio.Timeout(co, time.Minute, func(co *aio.Co, _ *aio.Scope) error {
					at, ok := co.Deadline()
					if real := src == aio.Real(); ok != real || real && at.UnixNano() != co.Now()+int64(time.Minute) {
						t.Error("deadline", at, ok)
					}
					return nil
				})
			})
		}))
	}
}

// A task that spins under cancellation is stopped, with its name.
func TestSpinningTaskIsStopped(t *testing.T) {
	how, p, _ := outcome(t, aio.Virtual(0), func(co *aio.Co) error {
		aio.Start(co, "spinner", func(co *aio.Co) error {
			for {
				wait(co)
			}
		})
		return co.Yield()
	})
	if how != "panicked" || !strings.Contains(p.Error(), `"spinner"`) {
		t.Error(how, p)
	}
}

// Cancelling Run's context cancels main, also when it comes from outside or was there before.
func TestContextCancelsMain(t *testing.T) {
	for _, src := range []aio.Source{aio.Real(), aio.Virtual(0)} {
		for _, before := range []bool{true, false} {
			ctx, cancel := context.WithCancelCause(t.Context())
			if before {
				cancel(errBoom)
			}
			_, err := aio.Run(ctx, aio.Config{Source: src}, func(co *aio.Co) (none, error) {
				if before {
					t.Error("main ran")
				}
				aio.NewInlet(co.Loop(), "open", func([]byte) {}) // else nothing could wake it
				co.Loop().Spawn(func() { cancel(errBoom) })
				return none{}, wait(co)
			})
			if !errors.Is(err, errBoom) || !errors.Is(err, aio.ErrCancelled) {
				t.Error(err)
			}
			cancel(nil)
		}
	}
}

// A Co is a context that the standard library can build on.
func TestCoIsAContext(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "v")
	_, err := aio.Run(ctx, aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (none, error) {
		err := aio.Timeout(co, time.Second, func(co *aio.Co, _ *aio.Scope) error {
			child, cancel := context.WithCancel(co)
			defer cancel()
			if child.Value(key{}) != "v" || child.Err() != nil || co.Err() != nil {
				t.Error("child", child.Value(key{}), child.Err())
			}
			called := 0
			co.AfterFunc(func() { called++ })
			stop := co.AfterFunc(func() { called += 100 })
			if !stop() || stop() {
				t.Error("stop does not tell the truth")
			}
			err := wait(co)
			<-child.Done()
			<-co.Done()
			if child.Err() != context.DeadlineExceeded || co.Err() != context.DeadlineExceeded || called != 1 {
				t.Error(child.Err(), co.Err(), called)
			}
			return err
		})
		if co.Err() != nil {
			t.Error("outside:", co.Err())
		}
		return none{}, err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// A cancelled RunBlocking tells its function, and waits for it.
func TestRunBlockingIsTold(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		task := aio.Start(co, "call", func(co *aio.Co) error {
			v, err := aio.RunBlocking(co, func(ctx context.Context) (string, error) {
				<-ctx.Done()
				return "told", ctx.Err()
			})
			if v != "told" || !errors.Is(err, context.Canceled) {
				t.Error(v, err)
			}
			return err
		})
		must(t, co.Yield())
		task.Cancel(nil)
		_, err := task.Await(co)
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		return nil
	}))
}

func TestFuture(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		f := aio.NewFuture[int](co.Loop())
		var got []string
		f.OnDone(func(*aio.Future[int]) { got = append(got, "callback") })
		for _, name := range []string{"a", "b"} {
			aio.Start(co, name, func(co *aio.Co) error {
				_, err := f.Await(co)
				got = append(got, name)
				return err
			})
		}
		must(t, co.Yield())
		must(t, f.Set(1))
		if f.Set(2) != aio.ErrDone || f.Fail(errBoom) != aio.ErrDone || !f.Done() {
			t.Error("set twice")
		}
		must(t, co.Yield())
		if s := strings.Join(got, " "); s != "a b callback" {
			t.Error(s)
		}
		g := aio.NewFuture[int](co.Loop())
		must(t, g.Fail(errBoom))
		if _, err := g.Await(co); err != errBoom {
			t.Error(err)
		}
		return nil
	}))
}

// An await with another task's Co, or outside any task, is a mistake that is caught.
func TestWrongCoIsCaught(t *testing.T) {
	for name, main := range map[string]func(co *aio.Co) error{
		"other task": func(co *aio.Co) error {
			aio.Start(co, "x", func(*aio.Co) error { return co.Yield() })
			return wait(co)
		},
		"callback": func(co *aio.Co) error {
			co.Loop().CallSoon(func() { co.Yield() })
			return wait(co)
		},
	} {
		how, p, _ := outcome(t, aio.Virtual(0), main)
		if how != "panicked" || !strings.Contains(p.Error(), "not the one that runs") {
			t.Error(name, how, p)
		}
	}
}

// Random numbers depend on the seed and the task, on nothing else.
func TestRand(t *testing.T) {
	draw := func(seed uint64) (v [3]uint64) {
		_, err := aio.Run(t.Context(), aio.Config{Source: aio.Virtual(0), Seed: seed}, func(co *aio.Co) (none, error) {
			v[0], v[1] = co.Rand(), co.Rand()
			aio.Start(co, "x", func(co *aio.Co) error { v[2] = co.Rand(); return nil })
			return none{}, co.Yield()
		})
		must(t, err)
		return v
	}
	a, b, c := draw(1), draw(1), draw(2)
	if a != b || a == c || a[0] == a[1] || a[0] == a[2] {
		t.Error(a, b, c)
	}
}

// A hand-over, an item of a queue and a wake-up allocate nothing in the steady state.
func TestSteadyStateDoesNotAllocate(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		q := aio.NewQueue[int](l, 0)
		buffered := aio.NewQueue[int](l, 8)
		var w aio.Waiter
		wake := w.Wake
		aio.Start(co, "echo", func(co *aio.Co) error {
			for v := range q.Each(co) {
				if err := buffered.Put(co, v); err != nil {
					return err
				}
				l.CallSoon(wake)
			}
			return nil
		})
		if n := testing.AllocsPerRun(1000, func() {
			q.Put(co, 1)
			w.Wait(co)
			buffered.Get(co)
			co.Yield()
		}); n > 0 {
			t.Errorf("%v allocations", n)
		}
		return nil
	}))
}
