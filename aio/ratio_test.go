package aio_test

import (
	"iter"
	"os"
	"slices"
	"testing"
	"time"

	"baton/aio"
)

// TestRatios measures the budgets of the hot paths against a raw iter.Pull round trip, interleaved in one process. Times on a shared
// machine prove little, so it only runs when AIO_RATIOS is set, and reports.
func TestRatios(t *testing.T) {
	if os.Getenv("AIO_RATIOS") == "" {
		t.Skip("set AIO_RATIOS=1 to measure")
	}
	next, stop := iter.Pull(func(yield func(struct{}) bool) {
		for yield(struct{}{}) {
		}
	})
	defer stop()
	const ops, rounds = 1000, 601
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		child := func(*aio.Co) (none, error) { return none{}, nil }
		var f *aio.Future[int]
		set := func() { f.Set(1) }
		q := aio.NewQueue[int](l, 1)
		aio.Start(co, "put", func(co *aio.Co) error {
			for i := 0; ; i++ {
				if err := q.Put(co, i); err != nil {
					return err
				}
			}
		})
		pause := aio.NewEvent(l)
		aio.Start(co, "yield", func(co *aio.Co) error {
			for {
				if err := pause.Wait(co); err != nil {
					return err
				}
				if err := co.Yield(); err != nil {
					return err
				}
			}
		})
		group := make([]*aio.Task[none], 0, 100)
		cases := []struct {
			name string
			op   func()
			per  int
		}{
			{"iter.Pull round trip", func() { next() }, 1},
			{"future set -> wake", func() {
				f = aio.NewFuture[int](l)
				l.CallSoon(set)
				f.Await(co)
			}, 1},
			{"spawn + join, one", func() { aio.Go(co, "child", child).Await(co) }, 1},
			{"spawn + join, of 100", func() {
				if group = append(group, aio.Go(co, "child", child)); len(group) == 100 {
					for _, t := range group {
						t.Await(co)
					}
					group = group[:0]
				}
			}, 1},
			{"queue of 1, an item", func() { q.Get(co) }, 1},
			{"yield, alone", func() { co.Yield() }, 1},
			{"yield, of two", func() { co.Yield() }, 2},
		}
		took := make([][]float64, len(cases))
		for range rounds {
			for i, c := range cases {
				if c.name == "yield, of two" {
					pause.Set()
					co.Yield()
				}
				began := time.Now()
				for range ops {
					c.op()
				}
				took[i] = append(took[i], float64(time.Since(began).Nanoseconds())/float64(ops*c.per))
				pause.Clear()
				co.Yield()
				co.Yield()
			}
		}
		for i, c := range cases {
			ratio := make([]float64, rounds)
			for r := range ratio {
				ratio[r] = took[i][r] / took[0][r]
			}
			slices.Sort(ratio)
			t.Logf("%-22s %6.1f ns least, %5.2f x iter.Pull (median of %d rounds), %5.2f (least by least)",
				c.name, slices.Min(took[i]), ratio[rounds/2], rounds, slices.Min(took[i])/slices.Min(took[0]))
		}
		return nil
	}))
}
