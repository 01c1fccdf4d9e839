package aio_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// program is a random program of tasks, queues, futures, sleeps, timeouts and cancels, which writes down what happens when.
type program struct {
	rng    *rand.Rand
	trace  []string
	queues []*aio.Queue[int]
	tasks  []*aio.Task[int]
	future *aio.Future[int]
	waits  []*aio.Waiter
	busy   []bool // who waits on a Waiter
}

func (p *program) note(co *aio.Co, id int, format string, args ...any) {
	p.trace = append(p.trace, fmt.Sprintf("%d t%d ", co.Now(), id)+fmt.Sprintf(format, args...))
}

// steps runs n random steps in the task id; depth bounds nesting.
func (p *program) steps(co *aio.Co, id, n, depth int) error {
	for range n {
		if err := p.step(co, id, depth); err != nil {
			p.note(co, id, "err %v", kind(err))
			if p.rng.IntN(8) == 0 {
				return err
			}
		}
	}
	return nil
}

func (p *program) step(co *aio.Co, id, depth int) error {
	l := co.Loop()
	q := p.queues[p.rng.IntN(len(p.queues))]
	k := p.rng.IntN(len(p.waits))
	switch op := p.rng.IntN(15); op {
	case 0, 1:
		p.note(co, id, "yield")
		return co.Yield()
	case 2:
		p.note(co, id, "sleep")
		return co.Sleep(time.Duration(p.rng.IntN(5)))
	case 3:
		p.note(co, id, "put")
		return aio.Timeout(co, time.Duration(1+p.rng.IntN(5)), func(co *aio.Co, _ *aio.Scope) error { return q.Put(co, id) })
	case 4:
		p.note(co, id, "get")
		return aio.Timeout(co, time.Duration(1+p.rng.IntN(5)), func(co *aio.Co, _ *aio.Scope) error {
			v, err := q.Get(co)
			p.note(co, id, "got %d %v", v, kind(err))
			return err
		})
	case 5:
		p.note(co, id, "tryput %v", q.TryPut(id))
	case 6:
		l.CallSoon(func() { p.note(co, id, "soon") })
	case 7:
		l.CallLater(time.Duration(p.rng.IntN(4)), func() { p.note(co, id, "later") })
	case 8, 9:
		if depth > 0 && len(p.tasks) < 40 {
			child := len(p.tasks) + 1
			p.note(co, id, "go %d", child)
			n := p.rng.IntN(12)
			p.tasks = append(p.tasks, aio.Go(co, "child", func(co *aio.Co) (int, error) {
				return child, p.steps(co, child, n, depth-1)
			}))
		}
	case 10:
		if len(p.tasks) > 0 && p.rng.IntN(3) == 0 {
			p.note(co, id, "cancel %v", p.tasks[p.rng.IntN(len(p.tasks))].Cancel(nil))
		}
	case 11:
		if depth > 0 {
			n := p.rng.IntN(5)
			p.note(co, id, "group")
			err := aio.Group(co, func(co *aio.Co) error { return p.steps(co, id, n, depth-1) })
			p.note(co, id, "group over %v", kind(err))
			return err
		}
	case 12:
		return aio.Timeout(co, time.Duration(1+p.rng.IntN(6)), func(co *aio.Co, _ *aio.Scope) error {
			v, err := p.future.Await(co)
			p.note(co, id, "future %d %v", v, kind(err))
			return err
		})
	case 13:
		if p.rng.IntN(4) == 0 {
			p.note(co, id, "set %v", p.future.Set(id))
			p.future = aio.NewFuture[int](l)
		}
		p.waits[k].Wake()
	case 14:
		if !p.busy[k] {
			p.busy[k] = true
			err := aio.Timeout(co, 7, func(co *aio.Co, _ *aio.Scope) error { return p.waits[k].Wait(co) })
			p.busy[k] = false
			p.note(co, id, "woken %v", kind(err))
			return err
		}
	}
	return nil
}

func kind(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, aio.ErrCancelled):
		return "cancelled"
	case errors.Is(err, aio.ErrTimeout):
		return "timeout"
	default:
		return err.Error()
	}
}

// runProgram gives the trace of the program with this seed on a scheduler with so many hosts.
func runProgram(t *testing.T, seed uint64, hosts int) []string {
	p := &program{rng: rand.New(rand.NewPCG(seed, 1))}
	cfg := aio.WithInline(aio.Config{Source: aio.Virtual(0)}, hosts)
	var loop *aio.Loop
	_, err := aio.Run(t.Context(), cfg, func(co *aio.Co) (none, error) {
		loop = co.Loop()
		for size := range 3 {
			p.queues = append(p.queues, aio.NewQueue[int](loop, size))
			p.waits = append(p.waits, new(aio.Waiter))
			p.busy = append(p.busy, false)
		}
		p.future = aio.NewFuture[int](loop)
		err := p.steps(co, 0, 40, 3)
		return none{}, errors.Join(err, co.Detach().Sleep(20))
	})
	p.trace = append(p.trace, "end "+kind(err), fmt.Sprintf("passes %d handles %d", loop.Stats().Passes, loop.Stats().Handles))
	return p.trace
}

// The inline scheduler runs what a flat loop runs, in the same order, whatever number of tasks may host others.
func TestInlineOrderIsTheFlatOrder(t *testing.T) {
	seeds := uint64(1000)
	if testing.Short() {
		seeds = 100
	}
	seen := map[uint64]bool{}
	lines := 0
	for seed := range seeds {
		flat := runProgram(t, seed, aio.Flat)
		lines += len(flat)
		h := fnv.New64()
		h.Write([]byte(strings.Join(flat, "\n")))
		seen[h.Sum64()] = true
		for _, hosts := range []int{1, 2, 1000} {
			if at, diff := firstDiff(flat, runProgram(t, seed, hosts)); at >= 0 {
				t.Fatalf("seed %d, %d hosts, line %d:\n%s", seed, hosts, at, diff)
			}
		}
	}
	if len(seen) < int(seeds)*9/10 || lines < int(seeds)*40 {
		t.Fatalf("the programs are too dull: %d traces of %d lines", len(seen), lines)
	}
}

func firstDiff(a, b []string) (int, string) {
	for i := range max(len(a), len(b)) {
		x, y := "nothing", "nothing"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return i, "flat:   " + x + "\ninline: " + y
		}
	}
	return -1, ""
}
