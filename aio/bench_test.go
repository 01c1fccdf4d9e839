package aio_test

import (
	"fmt"
	"iter"
	"testing"

	"baton/aio"
)

// bench runs main on a virtual loop.
func bench(b *testing.B, main func(co *aio.Co) error) {
	b.ReportAllocs()
	_, err := aio.Run(b.Context(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (none, error) {
		return none{}, main(co)
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkIterPull is the floor: one round trip into a raw coroutine and back.
func BenchmarkIterPull(b *testing.B) {
	b.ReportAllocs()
	next, stop := iter.Pull(func(yield func(struct{}) bool) {
		for yield(struct{}{}) {
		}
	})
	defer stop()
	for b.Loop() {
		next()
	}
}

func BenchmarkYield(b *testing.B) {
	for _, tasks := range []int{1, 2, 100} {
		b.Run(fmt.Sprint(tasks), func(b *testing.B) {
			bench(b, func(co *aio.Co) error {
				stop := false
				for range tasks - 1 {
					aio.Start(co, "yield", func(co *aio.Co) error {
						for !stop {
							if err := co.Yield(); err != nil {
								return err
							}
						}
						return nil
					})
				}
				co.Yield()
				for b.Loop() { // an operation is one yield of each task
					co.Yield()
				}
				b.ReportMetric(float64(b.Elapsed())/float64(b.N*tasks), "ns/yield")
				stop = true
				return nil
			})
		})
	}
}

func BenchmarkQueue(b *testing.B) {
	for _, size := range []int{0, 1, 64} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			bench(b, func(co *aio.Co) error {
				q := aio.NewQueue[int](co.Loop(), size)
				aio.Start(co, "put", func(co *aio.Co) error {
					for i := 0; ; i++ {
						if err := q.Put(co, i); err != nil {
							return err
						}
					}
				})
				for b.Loop() {
					if _, err := q.Get(co); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}

func BenchmarkFuture(b *testing.B) {
	bench(b, func(co *aio.Co) error {
		l := co.Loop()
		var f *aio.Future[int]
		set := func() { f.Set(1) } // made once: a closure for each future would be a second allocation, the caller's
		for b.Loop() {
			f = aio.NewFuture[int](l)
			l.CallSoon(set)
			if _, err := f.Await(co); err != nil {
				return err
			}
		}
		return nil
	})
}

func BenchmarkWaiter(b *testing.B) {
	bench(b, func(co *aio.Co) error {
		l := co.Loop()
		var w aio.Waiter
		wake := w.Wake
		for b.Loop() {
			l.CallSoon(wake)
			if err := w.Wait(co); err != nil {
				return err
			}
		}
		return nil
	})
}

func BenchmarkSpawnJoin(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			bench(b, func(co *aio.Co) error {
				child := func(*aio.Co) (none, error) { return none{}, nil }
				ts := make([]*aio.Task[none], n)
				k := 0
				for b.Loop() {
					ts[k] = aio.Go(co, "child", child)
					if k++; k == n {
						for _, t := range ts {
							t.Await(co)
						}
						k = 0
					}
				}
				return nil
			})
		})
	}
}

func BenchmarkTimerArmStop(b *testing.B) {
	for _, others := range []int{0, 1000} {
		b.Run(fmt.Sprint(others), func(b *testing.B) {
			bench(b, func(co *aio.Co) error {
				l := co.Loop()
				for i := range others {
					aio.NewTimer(l, aio.ClassTimer, func() {}).Arm(int64(i*7919%1000) + 1000)
				}
				t := aio.NewTimer(l, aio.ClassTimer, func() {})
				k := int64(0)
				for b.Loop() {
					k = (k*31 + 7) % 1000
					t.Arm(1000 + k)
					t.Stop()
				}
				return nil
			})
		})
	}
}

func BenchmarkSleep(b *testing.B) {
	bench(b, func(co *aio.Co) error {
		for b.Loop() {
			if err := co.Sleep(1000); err != nil {
				return err
			}
		}
		return nil
	})
}

// ticks is a market that wakes a task at each event.
type ticks struct {
	l   *aio.Loop
	now int64
	to  aio.Waiter
}

func (d *ticks) Run(until int64) bool {
	for d.now < until {
		d.now++
		d.l.Advance(d.now)
		d.to.Wake()
		if d.l.Ready() {
			return true
		}
	}
	return false
}

// BenchmarkDrive is a backtest's event: a market moved on the waiter's stack, and the waiter woken.
func BenchmarkDrive(b *testing.B) {
	b.ReportAllocs()
	d := &ticks{}
	_, err := aio.Run(b.Context(), aio.Config{Source: aio.Drive(0, d)}, func(co *aio.Co) (none, error) {
		d.l = co.Loop()
		for b.Loop() {
			if err := d.to.Wait(co); err != nil {
				return none{}, err
			}
		}
		return none{}, nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkDeliver is a frame on an idle real loop, to a handler, and to a task that the handler wakes.
func BenchmarkDeliver(b *testing.B) {
	for _, to := range []string{"handler", "task"} {
		b.Run(to, func(b *testing.B) {
			b.ReportAllocs()
			_, err := aio.Run(b.Context(), aio.Config{}, func(co *aio.Co) (none, error) {
				l := co.Loop()
				var w, end aio.Waiter
				n, seen := 0, 0
				in := aio.NewInlet(l, "in", func([]byte) {
					if n++; to == "task" {
						w.Wake()
					}
				})
				aio.Start(co, "task", func(co *aio.Co) error {
					for {
						if err := w.Wait(co); err != nil {
							return err
						}
						seen++
					}
				})
				l.Spawn(func() {
					frame := make([]byte, 128)
					for b.Loop() {
						in.Deliver(frame)
					}
					l.Post(end.Wake)
				})
				return none{}, end.Wait(co)
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
