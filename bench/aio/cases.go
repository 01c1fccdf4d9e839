package main

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"sync"
	"time"

	"baton/aio"
)

type none = struct{}

// a benchCase is one operation; run makes ops of them and answers the nanoseconds (or bytes) of one.
type benchCase struct {
	name       string
	ops        int // of a round
	slice      int // of a slice of it; 0: sliceOps
	run        func(ops int) (float64, error)
	limit      float64 // times iter.Pull, 0 = none
	limitNs    float64
	python     string // the key of asyncio's figure
	overPython bool   // held to the limit of each peer
	bytes      bool
	overFloor  bool // its ratio to spawnFloor is shown too
}

// cases has the floor first: every ratio divides by it.
var cases = []benchCase{
	{name: "iter.Pull round trip", ops: 100_000, run: pull},
	{name: "channel ping-pong", ops: 20_000, run: channel},
	{name: "sync.Cond hand-over", ops: 20_000, run: cond},
	{name: "yield, 1 task", ops: 200_000, run: yields(1), limitNs: 10, python: "yield1"},
	{name: "yield, 2 tasks", ops: 100_000, run: yields(2), limit: 1, python: "yield2"},
	{name: "yield, 100 tasks", ops: 100_000, run: yields(100), python: "yield100"},
	{name: "yield, 10k tasks", ops: 100_000, slice: 50_000, run: yields(10_000), python: "yield10k"},
	{name: "queue put -> get", ops: 50_000, run: queue, limit: 2.5, python: "queue", overPython: true},
	{name: "request/response, 2 queues", ops: 50_000, run: request, python: "request"},
	{name: "future set -> wake", ops: 50_000, run: future, limit: 1.5, python: "future", overPython: true},
	{name: spawnFloor, ops: 50_000, run: floor},
	{name: "spawn + join", ops: 50_000, run: spawn, limit: 3, python: "spawn", overPython: true, overFloor: true},
	{name: "spawn 100, join 100", ops: 50_000, run: spawnMany, python: "spawn100"},
	{name: "timer arm + stop", ops: 50_000, run: timer, python: "timer"},
	{name: "sleep, a timer fires", ops: 50_000, run: sleep},
	{name: "Post, other goroutine", ops: 20_000, slice: 20_000, run: post, python: "post"},
	{name: "parked coroutine", ops: 10_000, slice: 10_000, run: parked, python: "parked", bytes: true},
}

func per(began time.Time, ops int) float64 {
	return float64(time.Since(began).Nanoseconds()) / float64(ops)
}

// warm is how many operations a case that is held to a budget does before its time counts: the first on new stacks miss the caches, which
// in a short slice would be several percent.
const warm = 100

// rounds are the two of such a case: the loop body stands once, and costs nothing more in the second.
func rounds(ops int) [2]int { return [2]int{warm, ops} }

func pull(ops int) (float64, error) {
	next, stop := iter.Pull(func(yield func(none) bool) {
		for yield(none{}) {
		}
	})
	defer stop()
	next()
	var began time.Time
	for _, n := range rounds(ops) {
		began = time.Now()
		for range n {
			next()
		}
	}
	return per(began, ops), nil
}

// channel counts a round trip, there and back, as pull does.
func channel(ops int) (float64, error) {
	there, back := make(chan none), make(chan none)
	go func() {
		for range there {
			back <- none{}
		}
	}()
	defer close(there)
	began := time.Now()
	for range ops {
		there <- none{}
		<-back
	}
	return per(began, ops), nil
}

func cond(ops int) (float64, error) {
	var mu sync.Mutex
	c, turn := sync.NewCond(&mu), 0
	side := func(me int) {
		mu.Lock()
		defer mu.Unlock()
		for range ops {
			for turn != me {
				c.Wait()
			}
			turn = 1 - me
			c.Signal()
		}
	}
	var other sync.WaitGroup
	began := time.Now()
	other.Go(func() { side(1) })
	side(0)
	other.Wait()
	return per(began, ops), nil
}

// onLoop runs main, which answers its own time, on a virtual clock.
func onLoop(main func(co *aio.Co) (float64, error)) (float64, error) {
	return aio.Run(context.Background(), aio.Config{Source: aio.Virtual(0)}, main)
}

// yields counts each task's yield as one operation.
func yields(tasks int) func(int) (float64, error) {
	return func(ops int) (float64, error) {
		return onLoop(func(co *aio.Co) (float64, error) {
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
			turns := max(ops/tasks, 1)
			var began time.Time
			for _, n := range rounds(turns) {
				began = time.Now()
				for range n {
					co.Yield()
				}
			}
			ns := per(began, turns*tasks)
			stop = true
			return ns, nil
		})
	}
}

func queue(ops int) (float64, error) {
	return onLoop(func(co *aio.Co) (float64, error) {
		q := aio.NewQueue[int](co.Loop(), 1)
		aio.Start(co, "put", func(co *aio.Co) error {
			for i := range warm + ops {
				if err := q.Put(co, i); err != nil {
					return err
				}
			}
			return nil
		})
		var began time.Time
		for _, n := range rounds(ops) {
			began = time.Now()
			for range n {
				if _, err := q.Get(co); err != nil {
					return 0, err
				}
			}
		}
		return per(began, ops), nil
	})
}

func request(ops int) (float64, error) {
	return onLoop(func(co *aio.Co) (float64, error) {
		ask, answer := aio.NewQueue[int](co.Loop(), 1), aio.NewQueue[int](co.Loop(), 1)
		aio.Start(co, "server", func(co *aio.Co) error {
			for range ops {
				v, err := ask.Get(co)
				if err != nil {
					return err
				}
				if err := answer.Put(co, v); err != nil {
					return err
				}
			}
			return nil
		})
		began := time.Now()
		for i := range ops {
			if err := ask.Put(co, i); err != nil {
				return 0, err
			}
			if _, err := answer.Get(co); err != nil {
				return 0, err
			}
		}
		return per(began, ops), nil
	})
}

// future makes a future, lets a callback set it and awaits it. The callback is one function, made once: a closure for each future
// would be a second allocation, which is the caller's.
func future(ops int) (float64, error) {
	return onLoop(func(co *aio.Co) (float64, error) {
		l := co.Loop()
		var f *aio.Future[int]
		set := func() { f.Set(1) }
		var began time.Time
		for _, n := range rounds(ops) {
			began = time.Now()
			for range n {
				f = aio.NewFuture[int](l)
				l.CallSoon(set)
				if _, err := f.Await(co); err != nil {
					return 0, err
				}
			}
		}
		return per(began, ops), nil
	})
}

func spawn(ops int) (float64, error) {
	return onLoop(func(co *aio.Co) (float64, error) {
		child := func(*aio.Co) (none, error) { return none{}, nil }
		var began time.Time
		for _, n := range rounds(ops) {
			began = time.Now()
			for range n {
				if _, err := aio.Go(co, "child", child).Await(co); err != nil {
					return 0, err
				}
			}
		}
		return per(began, ops), nil
	})
}

// spawnFloor is what spawn + join cannot do without: a record of the task that its owner keeps, made anew each time, a
// round trip into a coroutine that is at hand, and the call of a function that the record holds. There is no queue, no scope, no
// list of tasks, no error and no panic.
const spawnFloor = "allocate, run on a pooled iter.Pull"

// record has the size and the pointers of an aio.Task of no value.
type record struct {
	self, scope, group, first, last, more *record
	fn                                    func(*record) error
	id                                    uint64
	done                                  bool
}

// kept holds the latest, so that each is on the heap, as a Task is.
var kept *record

func floor(ops int) (float64, error) {
	next, stop := iter.Pull(func(yield func(none) bool) {
		for yield(none{}) {
			_ = kept.fn(kept)
			kept.done = true
		}
	})
	defer stop()
	next()
	child := func(*record) error { return nil }
	var began time.Time
	for _, n := range rounds(ops) {
		began = time.Now()
		for range n {
			r := &record{fn: child}
			r.self, kept = r, r
			if next(); !r.done {
				return 0, errNotRun
			}
		}
	}
	return per(began, ops), nil
}

var errNotRun = errors.New("the coroutine did not run its function")

// spawnMany is a spawn and a join, of batch at a time.
func spawnMany(ops int) (float64, error) {
	const batch = 100
	return onLoop(func(co *aio.Co) (float64, error) {
		child := func(*aio.Co) (none, error) { return none{}, nil }
		ts := make([]*aio.Task[none], batch)
		rounds := max(ops/batch, 1)
		began := time.Now()
		for range rounds {
			for i := range ts {
				ts[i] = aio.Go(co, "child", child)
			}
			for _, t := range ts {
				if _, err := t.Await(co); err != nil {
					return 0, err
				}
			}
		}
		return per(began, rounds*batch), nil
	})
}

// sleep arms a timer, lets virtual time jump to it and wakes the task.
func sleep(ops int) (float64, error) {
	return onLoop(func(co *aio.Co) (float64, error) {
		began := time.Now()
		for range ops {
			if err := co.Sleep(1000); err != nil {
				return 0, err
			}
		}
		return per(began, ops), nil
	})
}

func timer(ops int) (float64, error) {
	return onLoop(func(co *aio.Co) (float64, error) {
		t := aio.NewTimer(co.Loop(), aio.ClassTimer, func() {})
		began := time.Now()
		for i := range ops {
			t.Arm(1000 + int64(i))
			t.Stop()
		}
		return per(began, ops), nil
	})
}

// post is a burst from another goroutine, until the loop has run the last one.
func post(ops int) (float64, error) {
	return aio.Run(context.Background(), aio.Config{}, func(co *aio.Co) (float64, error) {
		l, n := co.Loop(), 0
		var end aio.Waiter
		seen := func() {
			if n++; n == ops {
				end.Wake()
			}
		}
		l.Hold(1) // posts are to come: a parked task is no deadlock
		defer l.Release(1)
		began := time.Now()
		l.Spawn(func() {
			for range ops {
				for !l.Post(seen) {
					runtime.Gosched()
				}
			}
		})
		err := end.Wait(co)
		return per(began, ops), err
	})
}

func inUse() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse)
}

// parked is the heap and stack of a task that waits for an event.
func parked(ops int) (float64, error) {
	return onLoop(func(co *aio.Co) (float64, error) {
		gate := aio.NewEvent(co.Loop())
		before := inUse()
		for range ops {
			aio.Start(co, "parked", gate.Wait)
		}
		co.Yield()
		bytes := (inUse() - before) / float64(ops)
		gate.Set()
		return bytes, nil
	})
}
