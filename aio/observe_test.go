package aio_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"baton/aio"
)

// An observer hears each step in its order, with the task that handed over, and nothing before or after.
func TestObserve(t *testing.T) {
	var steps []aio.Step
	_, err := aio.Run(t.Context(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (int, error) {
		q := aio.NewQueue[int](co.Loop(), 0)
		return 0, aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "get", func(co *aio.Co) error {
				for range q.Each(co) {
				}
				return nil
			})
			aio.Start(co, "put", func(co *aio.Co) error {
				defer q.Close()
				if err := co.Sleep(time.Second); err != nil {
					return err
				}
				co.Loop().Observe(func(s aio.Step) { steps = append(steps, s) })
				for i := range 3 {
					if err := q.Put(co, i); err != nil {
						return err
					}
				}
				if err := co.Sleep(time.Second); err != nil {
					return err
				}
				co.Loop().Observe(nil)
				return co.Sleep(time.Second)
			})
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	ids := map[string]uint64{}
	for _, s := range steps {
		names = append(names, s.Name)
		ids[s.Name] = s.Task
		if s.Took < 0 || s.Began <= 0 || s.Task != 0 && s.Now != 1e9 {
			t.Errorf("step %+v", s)
		}
	}
	if !slices.Contains(names, "get") || !slices.Contains(names, "put") {
		t.Fatalf("observed %q", names)
	}
	handed := 0
	for _, s := range steps {
		if s.Name == "get" && s.By == ids["put"] {
			handed++
		}
	}
	if handed == 0 {
		t.Errorf("put handed over to get, and the steps do not say so: %+v", steps)
	}
}

// A run that is observed does what it does without.
func TestObserveChangesNothing(t *testing.T) {
	run := func(observe bool) (order []uint64) {
		_, err := aio.Run(t.Context(), aio.Config{Source: aio.Virtual(0), Seed: 7}, func(co *aio.Co) (int, error) {
			if observe {
				co.Loop().Observe(func(aio.Step) {})
			}
			return 0, aio.Group(co, func(co *aio.Co) error {
				for range 20 {
					aio.Start(co, "", func(co *aio.Co) error {
						for range 20 {
							order = append(order, co.Task().ID)
							if co.Rand()%2 == 0 {
								if err := co.Yield(); err != nil {
									return err
								}
							} else if err := co.Sleep(time.Duration(co.Rand() % 5)); err != nil {
								return err
							}
						}
						return nil
					})
				}
				return nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		return order
	}
	if plain, seen := run(false), run(true); !slices.Equal(plain, seen) {
		t.Errorf("the order differs: %v, observed %v", plain, seen)
	}
}

// A paced clock that is made quick ends what would else take hours; other clocks and other speeds are refused.
func TestSetSpeed(t *testing.T) {
	_, err := aio.Run(t.Context(), aio.Config{Source: aio.Paced(0, 1e-3)}, func(co *aio.Co) (int, error) {
		for _, bad := range []float64{0, -1} {
			if co.Loop().SetSpeed(bad) == nil {
				t.Errorf("speed %g was taken", bad)
			}
		}
		aio.Start(co, "quick", func(co *aio.Co) error { return co.Loop().SetSpeed(1e9) })
		return 0, co.Sleep(time.Hour)
	})
	if err != nil {
		t.Error(err)
	}
	_, err = aio.Run(context.Background(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (int, error) {
		return 0, co.Loop().SetSpeed(2)
	})
	if !errors.Is(err, aio.ErrInvalidState) {
		t.Errorf("a clock that is not paced: %v", err)
	}
}

// BenchmarkObserved is a hand-over and back while the loop is observed; compare it with one that is not.
func BenchmarkObserved(b *testing.B) {
	for _, observed := range []bool{false, true} {
		b.Run(map[bool]string{false: "off", true: "on"}[observed], func(b *testing.B) {
			_, err := aio.Run(b.Context(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (int, error) {
				if observed {
					var last aio.Step
					co.Loop().Observe(func(s aio.Step) { last = s })
					defer func() { _ = last }()
				}
				q := aio.NewQueue[int](co.Loop(), 0)
				other := aio.Start(co, "other", func(co *aio.Co) error {
					for range q.Each(co) {
					}
					return nil
				})
				for b.Loop() {
					if err := q.Put(co, 1); err != nil {
						return 0, err
					}
				}
				q.Close()
				_, err := other.Await(co)
				return 0, err
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
