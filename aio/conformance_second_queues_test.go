package aio_test

import (
	"slices"
	"testing"
	"time"

	"baton/aio"
)

// getter starts a task that takes one item.
func getter[T any](co *aio.Co, q *aio.Queue[T]) *aio.Task[T] {
	return aio.Go(co, "getter", func(co *aio.Co) (T, error) { return q.Get(co) })
}

// putter starts a task that puts one item.
func putter[T any](co *aio.Co, q *aio.Queue[T], v T) *aio.Task[none] {
	return aio.Start(co, "putter", func(co *aio.Co) error { return q.Put(co, v) })
}

// drain takes what is in q without waiting.
func drain[T any](q *aio.Queue[T]) (got []T) {
	for v, ok := q.TryGet(); ok; v, ok = q.TryGet() {
		got = append(got, v)
	}
	return got
}

// wantAll fails the test unless got is want.
func wantAll[T comparable](t *testing.T, what string, got []T, want ...T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// rowsQueues: Queue in its three orders, and what cancellation does to who waits there.
var rowsQueues = []row{
	{"A164", "items come out in the order in which they were put", onLoop(func(t *testing.T, co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 4)
		for _, v := range []int{1, 3, 2} {
			must(t, q.Put(co, v))
		}
		wantAll(t, "items", drain(q), 1, 3, 2)
		return nil
	})},
	{"A165", "Put waits while the queue is full, and goes on after a Get", onLoop(func(t *testing.T, co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 2)
		must(t, q.Put(co, 1))
		must(t, q.Put(co, 2))
		third := putter(co, q, 3)
		must(t, co.Sleep(10))
		want(t, "the third is in", third.Done(), false)
		want(t, "held", q.Len(), 2)
		v, err := q.Get(co)
		must(t, err)
		want(t, "taken", v, 1)
		must(t, co.Yield())
		want(t, "the third is in", third.Done(), true)
		wantAll(t, "left", drain(q), 2, 3)
		return nil
	})},
	{"A166", "Get waits until a timer puts something", onLoop(func(t *testing.T, co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 1)
		co.Loop().CallLater(10, func() { want(t, "put", q.TryPut(1), true) })
		v, err := q.Get(co)
		want(t, "got", v, 1)
		want(t, "at", co.Now(), 10)
		return err
	})},
	{"A167", "TryGet of an empty queue says that there is nothing", onLoop(func(t *testing.T, co *aio.Co) error {
		v, ok := aio.NewQueue[int](co.Loop(), 1).TryGet()
		want(t, "value", v, 0)
		want(t, "ok", ok, false)
		return nil
	})},
	{"A168", "a getter that is cancelled eats no item: the next getter has it", onLoop(func(t *testing.T, co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 1)
		first, second := getter(co, q), getter(co, q)
		must(t, co.Yield())
		first.Cancel(nil)
		want(t, "put", q.TryPut(7), true)
		v, err := second.Await(co)
		want(t, "second", v, 7)
		must(t, err)
		_, err = first.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		return nil
	})},
	{"A169", "putters that wait are let in one after another, in their order", onLoop(func(t *testing.T, co *aio.Co) error {
		for _, size := range []int{0, 1} {
			q := aio.NewQueue[int](co.Loop(), size)
			for v := range 4 {
				putter(co, q, v)
			}
			must(t, co.Yield())
			var got []int
			for range 4 {
				v, err := q.Get(co)
				must(t, err)
				got = append(got, v)
			}
			wantAll(t, "items", got, 0, 1, 2, 3)
		}
		return nil
	})},
	{"A170", "a getter that ran out of time leaves nothing behind", onLoop(func(t *testing.T, co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 1)
		for range 10 {
			_, err := aio.WaitFor(co, 10, q.Get)
			wantIs(t, err, aio.ErrTimeout)
		}
		want(t, "put", q.TryPut(1), true)
		want(t, "held, since nobody waits", q.Len(), 1)
		want(t, "put into a full queue", q.TryPut(2), false)
		return nil
	})},
	{"A171", "an item given to a reader that is cancelled at that moment is the reader's", onLoop(func(t *testing.T, co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 1)
		next := error(nil)
		reader := aio.Go(co, "reader", func(co *aio.Co) (int, error) {
			v, err := q.Get(co)
			next = co.Yield()
			return v, err
		})
		must(t, co.Yield())
		want(t, "first put", q.TryPut(1), true)
		want(t, "second put", q.TryPut(2), true)
		reader.Cancel(nil)
		v, err := reader.Await(co)
		want(t, "reader got", v, 1)
		must(t, err)
		wantIs(t, next, aio.ErrCancelled)
		wantAll(t, "left", drain(q), 2)
		return nil
	})},
	{"A172", "of several such readers each has its item, first come first served", onLoop(func(t *testing.T, co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 1)
		readers := []*aio.Task[int]{getter(co, q), getter(co, q), getter(co, q)}
		must(t, co.Yield())
		for v := 1; v <= 4; v++ {
			want(t, "put", q.TryPut(v), true)
		}
		for i := range readers {
			readers[len(readers)-1-i].Cancel(nil)
		}
		var got []int
		for _, r := range readers {
			v, err := r.Await(co)
			must(t, err)
			got = append(got, v)
		}
		wantAll(t, "readers got", got, 1, 2, 3)
		wantAll(t, "left", drain(q), 4)
		return nil
	})},
	{"A173", "a Put that was cancelled put nothing", onLoop(func(t *testing.T, co *aio.Co) error {
		for _, size := range []int{0, 1} {
			q := aio.NewQueue[int](co.Loop(), size)
			for q.TryPut(1) {
			}
			cut := putter(co, q, 2)
			must(t, co.Yield())
			cut.Cancel(nil)
			_, err := cut.Await(co)
			wantIs(t, err, aio.ErrCancelled)
			want(t, "items", len(drain(q)), size)
		}
		return nil
	})},
	{"A174", "a later putter that is cancelled does not keep the earlier one out", onLoop(func(t *testing.T, co *aio.Co) error {
		q := aio.NewQueue[string](co.Loop(), 1)
		must(t, q.Put(co, "held"))
		early, late := putter(co, q, "early"), putter(co, q, "late")
		must(t, co.Yield())
		v, _ := q.TryGet()
		late.Cancel(nil)
		want(t, "taken", v, "held")
		_, err := early.Await(co)
		must(t, err)
		_, err = late.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		wantAll(t, "left", drain(q), "early")
		return nil
	})},
	{"A175", "TryPut into a full queue, or one without buffer and taker, says that it did not", onLoop(func(t *testing.T, co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 1)
		want(t, "first", q.TryPut(1), true)
		want(t, "second", q.TryPut(2), false)
		want(t, "without buffer", aio.NewQueue[int](co.Loop(), 0).TryPut(1), false)
		wantAll(t, "held", drain(q), 1)
		return nil
	})},
	{"A177", "a LIFO queue gives the last item first", onLoop(func(t *testing.T, co *aio.Co) error {
		q := aio.NewLIFOQueue[int](co.Loop(), 4)
		for _, v := range []int{1, 3, 2} {
			must(t, q.Put(co, v))
		}
		wantAll(t, "items", drain(q), 2, 3, 1)
		return nil
	})},
	{"A178", "a priority queue gives the least item first, of equal ones the one put first", onLoop(func(t *testing.T, co *aio.Co) error {
		type job struct{ rank, n int }
		q := aio.NewPriorityQueue(co.Loop(), 100, func(a, b job) bool { return a.rank < b.rank })
		for n := range 30 {
			must(t, q.Put(co, job{rank: 2 - n%3, n: n}))
		}
		got := drain(q)
		sorted := slices.Clone(got)
		slices.SortFunc(sorted, func(a, b job) int { return 100*(a.rank-b.rank) + a.n - b.n })
		wantAll(t, "items", got, sorted...)
		want(t, "number", len(got), 30)
		return nil
	})},
	{"A179", "TaskDone more often than Put is refused", onLoop(func(t *testing.T, co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 1)
		must(t, q.Put(co, 1))
		q.TaskDone()
		wantIs(t, panicOf(q.TaskDone), aio.ErrInvalidState)
		return nil
	})},
	{"A180", "Join of a queue whose work is done returns at once, any number of times", onLoop(func(t *testing.T, co *aio.Co) error {
		q := aio.NewQueue[int](co.Loop(), 10)
		must(t, q.Join(co))
		for range 2 {
			for v := range 3 {
				must(t, q.Put(co, v))
			}
			worker := aio.Start(co, "worker", func(co *aio.Co) error {
				for range 3 {
					if _, err := q.Get(co); err != nil {
						return err
					}
					must(t, co.Sleep(time.Second))
					q.TaskDone()
				}
				return nil
			})
			start := co.Now()
			must(t, q.Join(co))
			want(t, "Join took", co.Now()-start, int64(3*time.Second))
			passes := co.Loop().Stats().Passes
			must(t, q.Join(co))
			must(t, q.Join(co))
			want(t, "passes in further Joins", co.Loop().Stats().Passes-passes, 0)
			_, err := worker.Await(co)
			must(t, err)
		}
		return nil
	})},
}
