package aio_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"baton/aio"
)

func TestPromise(t *testing.T) {
	for _, src := range []aio.Source{aio.Real(), aio.Virtual(0)} {
		must(t, runOn(t, src, func(co *aio.Co) error {
			l := co.Loop()
			f, settle := aio.Promise[int](l, "answer")
			l.Spawn(func() { settle(42, nil); settle(43, nil) })
			if v, err := f.Await(co); v != 42 || err != nil {
				t.Error(v, err)
			}
			f, fail := aio.Promise[int](l, "failure")
			l.Spawn(func() { fail(0, errBoom) })
			if _, err := f.Await(co); err != errBoom {
				t.Error(err)
			}
			f, late := aio.Promise[int](l, "too late")
			f.Cancel(nil)
			late(1, nil)
			return nil
		}))
	}
}

func TestSubmit(t *testing.T) {
	must(t, runOn(t, nil, func(co *aio.Co) error {
		l := co.Loop()
		end := aio.NewEvent(l)
		aio.NewInlet(l, "open", func([]byte) {})
		var wg sync.WaitGroup
		wg.Go(func() {
			v, err := aio.Submit(context.Background(), l, func(co *aio.Co) (int, error) { return 7, co.Sleep(1) })
			if v != 7 || err != nil {
				t.Error(v, err)
			}
			if _, err := aio.Submit(context.Background(), l, func(co *aio.Co) (int, error) { return 0, errBoom }); err != errBoom {
				t.Error(err)
			}
			ctx, cancel := context.WithCancelCause(context.Background())
			_, err = aio.Submit(ctx, l, func(co *aio.Co) (int, error) {
				cancel(errBoom)
				return 0, wait(co)
			})
			if !errors.Is(err, aio.ErrCancelled) || !errors.Is(err, errBoom) {
				t.Error("given up:", err)
			}
			aio.Submit(context.Background(), l, func(co *aio.Co) (int, error) { end.Set(); return 0, nil })
		})
		err := end.Wait(co)
		l.AtClose(func() {
			wg.Wait()
			if _, err := aio.Submit(context.Background(), l, func(*aio.Co) (int, error) { return 0, nil }); err != aio.ErrClosed {
				t.Error("after the end:", err)
			}
		})
		return err
	}))
}

func TestChannels(t *testing.T) {
	for _, size := range []int{0, 3} {
		must(t, runOn(t, nil, func(co *aio.Co) error {
			l := co.Loop()
			ch := make(chan int)
			l.Spawn(func() {
				defer close(ch)
				for i := range 100 {
					ch <- i
				}
			})
			in := aio.FromChan(l, "numbers", ch, size)
			out := aio.ToChan(co, in)
			f, settle := aio.Promise[[]int](l, "all")
			l.Spawn(func() {
				var got []int
				for v := range out {
					got = append(got, v)
				}
				settle(got, nil)
			})
			got, err := f.Await(co)
			if len(got) != 100 || !slices.IsSorted(got) {
				t.Error(got)
			}
			return err
		}))
	}
}

// The feeder takes from the channel no more than there is room for, and ends with Run.
func TestFromChanIsBounded(t *testing.T) {
	ch := make(chan int, 100)
	for i := range 100 {
		ch <- i
	}
	must(t, runOn(t, nil, func(co *aio.Co) error {
		q := aio.FromChan(co.Loop(), "numbers", ch, 2)
		for q.Len() < 2 {
			must(t, co.Sleep(1000))
		}
		must(t, co.Sleep(1e6))
		if n := 100 - len(ch); n > 5 {
			t.Error(n, "were taken")
		}
		if v, err := q.Get(co); v != 0 || err != nil {
			t.Error(v, err)
		}
		return nil
	}))
}
