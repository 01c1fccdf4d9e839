package aio_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// none is the result of a main that has none.
type none = struct{}

// virtual runs main on a virtual clock starting at 0.
func virtual(t *testing.T, main func(co *aio.Co) error) error {
	t.Helper()
	return runOn(t, aio.Virtual(0), main)
}

func runOn(t *testing.T, src aio.Source, main func(co *aio.Co) error) error {
	t.Helper()
	_, err := aio.Run(t.Context(), aio.Config{Source: src, Seed: 1}, func(co *aio.Co) (none, error) {
		return none{}, main(co)
	})
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRunReturnsTheResult(t *testing.T) {
	v, err := aio.Run(t.Context(), aio.Config{Source: aio.Virtual(5)}, func(co *aio.Co) (int, error) {
		if co.Now() != 5 {
			t.Errorf("now = %d", co.Now())
		}
		return 42, nil
	})
	if v != 42 || err != nil {
		t.Fatal(v, err)
	}
}

func TestSleepMovesTheVirtualClock(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var got []string
		for _, name := range []string{"c", "a", "b"} {
			d := time.Duration(name[0]-'a'+1) * time.Hour
			aio.Start(co, name, func(co *aio.Co) error {
				err := co.Sleep(d)
				got = append(got, name)
				return err
			})
		}
		must(t, co.Sleep(4*time.Hour))
		if s := strings.Join(got, ""); s != "abc" {
			t.Errorf("order %s", s)
		}
		if co.Now() != int64(4*time.Hour) {
			t.Errorf("now = %d", co.Now())
		}
		return nil
	}))
}

func TestYieldIsFIFO(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		var got []byte
		err := aio.Group(co, func(co *aio.Co) error {
			for i := range byte(3) {
				aio.Start(co, "t", func(co *aio.Co) error {
					for range 3 {
						got = append(got, 'a'+i)
						must(t, co.Yield())
					}
					return nil
				})
			}
			return nil
		})
		if string(got) != "abcabcabc" {
			t.Errorf("order %s", got)
		}
		return err
	}))
}

func TestQueueHandsOver(t *testing.T) {
	for _, size := range []int{0, 1, 5} {
		must(t, virtual(t, func(co *aio.Co) error {
			q := aio.NewQueue[int](co.Loop(), size)
			var got []int
			err := aio.Group(co, func(co *aio.Co) error {
				aio.Start(co, "put", func(co *aio.Co) error {
					defer q.Close()
					for i := range 10 {
						if err := q.Put(co, i); err != nil {
							return err
						}
					}
					return nil
				})
				for v := range q.Each(co) {
					got = append(got, v)
				}
				_, err := q.Get(co)
				if !errors.Is(err, aio.ErrClosed) {
					t.Errorf("after close: %v", err)
				}
				return nil
			})
			if !slices.Equal(got, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
				t.Errorf("size %d: %v", size, got)
			}
			return err
		}))
	}
}

func TestTimeout(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		err := aio.Timeout(co, time.Second, func(co *aio.Co, s *aio.Scope) error {
			err := co.Sleep(time.Minute)
			if !errors.Is(err, aio.ErrCancelled) || !errors.Is(err, context.Canceled) || !errors.Is(err, aio.ErrTimeout) {
				t.Errorf("inside: %v", err)
			}
			if err2 := co.Yield(); err2 == nil {
				t.Error("cancellation is not level-triggered")
			}
			if err := co.Detach().Sleep(time.Second); err != nil {
				t.Errorf("detached: %v", err)
			}
			return err
		})
		if !errors.Is(err, aio.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, aio.ErrCancelled) {
			t.Errorf("outside: %v", err)
		}
		if co.Now() != int64(2*time.Second) {
			t.Errorf("now %d", co.Now())
		}
		return co.Yield()
	}))
}

func TestDeadlockNamesTheTasks(t *testing.T) {
	err := virtual(t, func(co *aio.Co) error {
		aio.Start(co, "hungry", func(co *aio.Co) error {
			_, err := aio.NewQueue[int](co.Loop(), 1).Get(co)
			return err
		})
		_, err := aio.NewFuture[int](co.Loop()).Await(co)
		return err
	})
	if !errors.Is(err, aio.ErrDeadlock) || !strings.Contains(err.Error(), `"hungry" awaits an item of a queue`) ||
		!strings.Contains(err.Error(), `"main" awaits a future`) {
		t.Fatal(err)
	}
}

func TestInletsFromOutside(t *testing.T) {
	for _, src := range []aio.Source{aio.Virtual(0), aio.Real(), aio.Paced(0, 10)} {
		must(t, runOn(t, src, func(co *aio.Co) error {
			l := co.Loop()
			q := aio.NewQueue[string](l, 100)
			in := aio.NewInlet(l, "in", func(p []byte) { q.TryPut(string(p)) })
			l.Spawn(func() {
				in.Deliver([]byte("a"), []byte("b"))
				in.Post([]byte("c"))
				in.Deliver([]byte("d"))
			})
			var got strings.Builder
			for range 4 {
				s, err := q.Get(co)
				if err != nil {
					return err
				}
				got.WriteString(s)
			}
			if got.String() != "abcd" {
				t.Errorf("got %q", got.String())
			}
			return nil
		}))
	}
}

func TestRunBlocking(t *testing.T) {
	for _, src := range []aio.Source{aio.Virtual(0), aio.Real()} {
		must(t, runOn(t, src, func(co *aio.Co) error {
			return aio.Group(co, func(co *aio.Co) error {
				for i := range 40 {
					aio.Start(co, "job", func(co *aio.Co) error {
						v, err := aio.RunBlocking(co, func(context.Context) (int, error) { return i * i, nil })
						if v != i*i {
							t.Errorf("%d: %d", i, v)
						}
						return err
					})
				}
				return nil
			})
		}))
	}
}

func TestRealSleep(t *testing.T) {
	must(t, runOn(t, nil, func(co *aio.Co) error {
		start := time.Now()
		for range 5 {
			if err := co.Sleep(2 * time.Millisecond); err != nil {
				return err
			}
		}
		if d := time.Since(start); d < 10*time.Millisecond || d > time.Second {
			t.Errorf("took %v", d)
		}
		return nil
	}))
}
