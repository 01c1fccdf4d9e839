package aio_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// A random program is run three times: on the inline scheduler, on the flat one, and on a model that is as simple as one can write it:
// a list of goroutines of which one runs, a list of who is ready, a sorted list of timers, and rules in plain words. All three must
// write the same trace.

// The steps that a program is made of.
const (
	opYield = iota
	opSleep
	opPut
	opGet
	opTryPut
	opTryGet
	opSet    // a future
	opAwait  // a future
	opGo     // a child
	opJoin   // a child
	opCancel // a child
	opTimeout
	opEvent // wait for it
	opRaise // set and clear it
	opLock
	opClose // a queue
	opKinds
)

var opNames = [opKinds]string{
	"yield", "sleep", "put", "get", "try put", "try get", "set", "await", "go", "join", "cancel", "timeout", "event", "raise",
	"lock", "close",
}

// step is one of them. a picks what it works on, d is a time, body what it contains.
type step struct {
	op, a int
	d     int64
	body  []step
}

// What programs share.
const (
	nQueues  = 3 // of sizes 0, 1, 2
	nFutures = 4
	nTasks   = 12 // at most
)

// newProgram makes a program of at least 20 steps: four tasks, and main.
func newProgram(rng *rand.Rand) []step {
	var p []step
	for range 4 {
		p = append(p, step{op: opGo, body: newSteps(rng, 4+rng.IntN(6))})
	}
	return append(p, newSteps(rng, 5+rng.IntN(8))...)
}

func newSteps(rng *rand.Rand, budget int) (p []step) {
	for budget > 0 {
		s := newStep(rng, &budget, 3)
		if waits := s.op == opPut || s.op == opGet || s.op == opAwait || s.op == opEvent || s.op == opJoin; waits && rng.IntN(4) > 0 {
			s = step{op: opTimeout, d: int64(rng.IntN(6)), body: []step{s}} // else little would go on for long
		}
		p = append(p, s)
	}
	return p
}

func newStep(rng *rand.Rand, budget *int, depth int) step {
	*budget--
	s := step{op: rng.IntN(opKinds), a: rng.IntN(60), d: int64(rng.IntN(6))}
	switch s.op {
	case opClose:
		if rng.IntN(4) > 0 {
			s.op = opYield
		}
	case opGo, opTimeout, opLock:
		if depth == 0 {
			s.op = opSleep
			break
		}
		for range 1 + rng.IntN(5) {
			s.body = append(s.body, newStep(rng, budget, depth-1))
		}
	}
	return s
}

// machine is what a program needs; aio and the model are the two of them. Each await says "" or the kind of its error.
type machine interface {
	now() int64
	yield() string
	sleep(d int64) string
	put(q, v int) string
	get(q int) (int, string)
	tryPut(q, v int) bool
	tryGet(q int) (int, bool)
	set(f, v int) bool
	await(f int) (int, string)
	spawn(id int, body func(machine) string)
	join(id int) string
	cancel(id int) bool
	timeout(d int64, body func(machine) string) string
	event() string
	raise()
	lock() string
	unlock()
	close(q int)
}

// run is one run of a program.
type run struct {
	trace []string
	tasks int
	count *[opKinds + 2]int // how often each kind was reached; then cancels that arrived, timeouts that did
}

func (r *run) note(m machine, id int, format string, args ...any) {
	r.trace = append(r.trace, fmt.Sprintf("%d t%d ", m.now(), id)+fmt.Sprintf(format, args...))
}

// steps runs p in the task id until an await fails; three times of four it goes on nevertheless.
func (r *run) steps(m machine, id int, p []step) string {
	for _, s := range p {
		err := r.step(m, id, s)
		if err != "" {
			r.note(m, id, "%s: %s", opNames[s.op], err)
			if err == "cancelled" {
				r.count[opKinds]++
			}
			if err == "timeout" {
				r.count[opKinds+1]++
			}
			if (s.a+id)%4 == 0 {
				return err
			}
		}
	}
	return ""
}

func (r *run) step(m machine, id int, s step) string {
	r.count[s.op]++
	switch s.op {
	case opYield:
		r.note(m, id, "yield")
		return m.yield()
	case opSleep:
		r.note(m, id, "sleep %d", s.d)
		return m.sleep(s.d)
	case opPut:
		r.note(m, id, "put")
		return m.put(s.a%nQueues, id)
	case opGet:
		v, err := m.get(s.a % nQueues)
		r.note(m, id, "got %d %s", v, err)
		return err
	case opTryPut:
		r.note(m, id, "try put %v", m.tryPut(s.a%nQueues, 100+id))
	case opTryGet:
		v, ok := m.tryGet(s.a % nQueues)
		r.note(m, id, "try get %d %v", v, ok)
	case opSet:
		r.note(m, id, "set %v", m.set(s.a%nFutures, id))
	case opAwait:
		v, err := m.await(s.a % nFutures)
		r.note(m, id, "future %d %s", v, err)
		return err
	case opGo:
		if r.tasks < nTasks {
			r.tasks++
			child := r.tasks
			r.note(m, id, "go %d", child)
			m.spawn(child, func(m machine) string { return r.steps(m, child, s.body) })
		}
	case opJoin:
		if x := s.a % (r.tasks + 1); x > 0 && x != id {
			err := m.join(x)
			r.note(m, id, "joined %d: %s", x, err)
		}
	case opCancel:
		if x := s.a % (r.tasks + 1); x > 0 && s.a%2 == 0 {
			r.note(m, id, "cancel %d %v", x, m.cancel(x))
		}
	case opTimeout:
		err := m.timeout(s.d, func(m machine) string { return r.steps(m, id, s.body) })
		r.note(m, id, "timeout over %s", err)
		return err
	case opEvent:
		r.note(m, id, "event")
		return m.event()
	case opRaise:
		r.note(m, id, "raise")
		m.raise()
	case opLock:
		if err := m.lock(); err != "" {
			return err
		}
		err := r.steps(m, id, s.body)
		m.unlock()
		r.note(m, id, "unlocked")
		return err
	case opClose:
		r.note(m, id, "close")
		m.close(s.a % nQueues)
	}
	return ""
}

// settle is the time that main sleeps at the end of a program, so that most tasks reach theirs.
const settle = 40

// onAio runs p on the package.
func onAio(t *testing.T, p []step, cfg aio.Config, r *run) []string {
	cfg.Source = aio.Virtual(0)
	_, err := aio.Run(context.Background(), cfg, func(co *aio.Co) (none, error) {
		l := co.Loop()
		w := &aioWorld{tasks: map[int]*aio.Task[string]{}, ev: aio.NewEvent(l), m: aio.NewLock(l)}
		for i := range nQueues {
			w.qs = append(w.qs, aio.NewQueue[int](l, i))
		}
		for range nFutures {
			w.fs = append(w.fs, aio.NewFuture[int](l))
		}
		m := &aioMachine{w, co}
		err := r.steps(m, 0, p)
		r.note(m, 0, "main: %s", err)
		co.Detach().Sleep(settle)
		return none{}, nil
	})
	if err != nil && !errors.Is(err, aio.ErrDeadlock) {
		t.Error(err)
	}
	return r.trace
}

type aioWorld struct {
	qs    []*aio.Queue[int]
	fs    []*aio.Future[int]
	tasks map[int]*aio.Task[string]
	ev    *aio.Event
	m     *aio.Lock
}

type aioMachine struct {
	*aioWorld
	co *aio.Co
}

func said(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, aio.ErrCancelled):
		return "cancelled"
	case errors.Is(err, aio.ErrTimeout):
		return "timeout"
	case errors.Is(err, aio.ErrClosed):
		return "closed"
	default:
		return err.Error()
	}
}

func (m *aioMachine) now() int64           { return m.co.Now() }
func (m *aioMachine) yield() string        { return said(m.co.Yield()) }
func (m *aioMachine) sleep(d int64) string { return said(m.co.Sleep(time.Duration(d))) }
func (m *aioMachine) put(q, v int) string  { return said(m.qs[q].Put(m.co, v)) }
func (m *aioMachine) tryPut(q, v int) bool { return m.qs[q].TryPut(v) }
func (m *aioMachine) set(f, v int) bool    { return m.fs[f].Set(v) == nil }
func (m *aioMachine) event() string        { return said(m.ev.Wait(m.co)) }
func (m *aioMachine) raise()               { m.ev.Set(); m.ev.Clear() }
func (m *aioMachine) lock() string         { return said(m.m.Lock(m.co)) }
func (m *aioMachine) unlock()              { m.m.Unlock() }
func (m *aioMachine) close(q int)          { m.qs[q].Close() }
func (m *aioMachine) cancel(id int) bool   { return m.tasks[id].Cancel(nil) }

func (m *aioMachine) get(q int) (int, string) {
	v, err := m.qs[q].Get(m.co)
	return v, said(err)
}
func (m *aioMachine) tryGet(q int) (int, bool) { return m.qs[q].TryGet() }
func (m *aioMachine) await(f int) (int, string) {
	v, err := m.fs[f].Await(m.co)
	return v, said(err)
}
func (m *aioMachine) join(id int) string {
	v, err := m.tasks[id].Await(m.co)
	return v + said(err)
}

func (m *aioMachine) spawn(id int, body func(machine) string) {
	m.tasks[id] = aio.Go(m.co, "", func(co *aio.Co) (string, error) { return body(&aioMachine{m.aioWorld, co}), nil })
}

func (m *aioMachine) timeout(d int64, body func(machine) string) string {
	v := ""
	err := aio.Timeout(m.co, time.Duration(d), func(co *aio.Co, _ *aio.Scope) error {
		switch v = body(&aioMachine{m.aioWorld, co}); v {
		case "cancelled":
			return aioEcho(co)
		case "timeout":
			return errInner
		}
		return nil
	})
	if err != nil && err != errInner {
		return said(err)
	}
	return v
}

// errInner is a timeout of a scope further in, which is an error like any other here.
var errInner = errors.New("an inner timeout")

// aioEcho is the error of an await in a scope that is cancelled.
func aioEcho(co *aio.Co) error { return co.Sleep(1) }

// TestModel is the comparison, one subtest a scheduler. AIO_PROGRAMS sets the number of programs. internal/mutants plants a
// changed order in the one, the other and both, and has it found here.
func TestModel(t *testing.T) {
	programs := 3000
	if testing.Short() {
		programs = 300
	}
	if n, err := strconv.Atoi(os.Getenv("AIO_PROGRAMS")); err == nil {
		programs = n
	}
	for _, s := range []struct {
		name  string
		hosts int
	}{{"flat", aio.Flat}, {"inline", 2}} {
		t.Run(s.name, func(t *testing.T) {
			var count [opKinds + 2]int
			lines := 0
			for seed := range uint64(programs) {
				lines += comparePrograms(t, seed, s.hosts, &count)
			}
			t.Logf("%d programs, %d lines of trace%s", programs, lines, reached(t, programs, &count))
		})
	}
}

// comparePrograms plays the program of a seed on the model and on a scheduler, and gives the length of the trace.
func comparePrograms(t *testing.T, seed uint64, hosts int, count *[opKinds + 2]int) int {
	t.Helper()
	p := newProgram(rand.New(rand.NewPCG(seed, 77)))
	want := onModel(p, &run{count: new([opKinds + 2]int)})
	got := onAio(t, p, aio.WithInline(aio.Config{}, hosts), &run{count: count})
	if at, diff := firstDiff(want, got); at >= 0 {
		t.Fatalf("seed %d, line %d:\n%s\nbefore it:\n%s", seed, at,
			strings.NewReplacer("flat:  ", "model:", "inline:", "aio:  ").Replace(diff), strings.Join(want[max(0, at-12):at], "\n"))
	}
	return len(want)
}

// reached tells how often each kind of step was, and fails where one is below 1,000 in 100,000 programs.
func reached(t *testing.T, programs int, count *[opKinds + 2]int) string {
	t.Helper()
	var s strings.Builder
	for i, n := range count {
		name := append(opNames[:], "cancels that arrived", "timeouts that did")[i]
		fmt.Fprintf(&s, ", %s %d", name, n)
		if n < programs/100 {
			t.Errorf("%s was reached %d times in %d programs", name, n, programs)
		}
	}
	return s.String()
}

// A model that takes the ready in another order is found out.
func TestModelFindsAPlantedOrder(t *testing.T) {
	var count [opKinds + 2]int
	found := 0
	for seed := range uint64(200) {
		p := newProgram(rand.New(rand.NewPCG(seed, 77)))
		if at, _ := firstDiff(onModelPlanted(p, &run{count: &count}), onAio(t, p, aio.Config{}, &run{count: &count})); at >= 0 {
			found++
		}
	}
	if found < 20 {
		t.Errorf("found in %d of 200 programs", found)
	}
}
