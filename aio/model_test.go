package aio_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"baton/aio"
)

// A random program is run three times: on the inline scheduler, on the flat one, and on a model that is as simple as one can write it:
// a list of goroutines of which one runs, a list of who is ready, a sorted list of timers, and rules in plain words. All three must
// write the same trace.

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
	spoil(f int, drop bool) bool
	await(f int) (int, string)
	spawn(id int, now bool, body func(machine) string)
	join(id int) string
	shield(id int) string
	cancel(id int) bool
	group(body func(machine) string) string
	timeout(d int64, body func(machine) string) string
	waitFor(d int64, body func(machine) string) string
	pick(cases []step, v int) (i int, got, err string)
	several(mode aio.Mode, fs, ids []int) string
	event() string
	raise()
	flag(on bool)
	lock() string
	unlock()
	acquire() string
	release()
	condWait() string
	notify(n int)
	barrier() (int, string)
	reset()
	close(q int)
}

// run is one run of a program.
type run struct {
	trace []string
	tasks int
	known [nTasks + 1]bool // those whose start has returned
	count *counts          // how often each kind was reached, and what came of it
}

// other is the task that a picks for a step of the task id, 0 where it picks none.
func (r *run) other(a, id int) int {
	if x := a % (r.tasks + 1); x != id && r.known[x] {
		return x
	}
	return 0
}

func (r *run) note(m machine, id int, format string, args ...any) {
	r.trace = append(r.trace, fmt.Sprintf("%d t%d ", m.now(), id)+fmt.Sprintf(format, args...))
}

// steps runs p in the task id until it fails, or an await does; three times of four it goes on nevertheless.
func (r *run) steps(m machine, id int, p []step) string {
	for _, s := range p {
		err := r.step(m, id, s)
		if err != "" {
			r.note(m, id, "%s: %s", opNames[s.op], err)
			switch err {
			case "cancelled":
				r.count[sawCancel]++
			case "timeout":
				r.count[sawTimeout]++
			}
			if s.op == opFail || (s.a+id)%4 == 0 {
				return err
			}
		}
	}
	return ""
}

// step does one step; the error of an await ends the steps, now and then.
func (r *run) step(m machine, id int, s step) string {
	r.count[s.op]++
	switch s.op {
	case opYield:
		r.note(m, id, "yield")
		return m.yield()
	case opSleep:
		r.note(m, id, "sleep %d", s.d)
		return m.sleep(s.d)
	case opFail:
		return "fail"
	case opPut, opGet, opTryPut, opTryGet, opClose:
		return r.queueStep(m, id, s)
	case opSet, opSpoil, opAwait:
		return r.futureStep(m, id, s)
	case opGo, opGoNow, opJoin, opShield, opCancel:
		r.taskStep(m, id, s)
		return ""
	case opGroup, opTimeout, opWaitFor:
		return r.scopeStep(m, id, s)
	case opSelect:
		return r.selectStep(m, id, s)
	case opSeveral:
		return r.severalStep(m, id, s)
	default:
		return r.syncStep(m, id, s)
	}
}

func (r *run) queueStep(m machine, id int, s step) string {
	q := s.a % nQueues
	switch s.op {
	case opPut:
		r.note(m, id, "put")
		return m.put(q, id)
	case opGet:
		v, err := m.get(q)
		r.note(m, id, "got %d %s", v, err)
		return err
	case opTryPut:
		r.note(m, id, "try put %v", m.tryPut(q, 100+id))
	case opTryGet:
		v, ok := m.tryGet(q)
		r.note(m, id, "try get %d %v", v, ok)
	case opClose:
		r.note(m, id, "close")
		m.close(q)
	}
	return ""
}

func (r *run) futureStep(m machine, id int, s step) string {
	f := s.a % nFutures
	switch s.op {
	case opSet:
		r.note(m, id, "set %v", m.set(f, id))
	case opSpoil:
		r.note(m, id, "spoil %v", m.spoil(f, s.d%2 == 0))
	case opAwait:
		v, err := m.await(f)
		r.note(m, id, "future %d %s", v, err)
		return err
	}
	return ""
}

// taskStep starts a task, or does something to one. What becomes of another task is written down, and fails nobody.
func (r *run) taskStep(m machine, id int, s step) {
	x := r.other(s.a, id)
	switch {
	case s.op == opGo || s.op == opGoNow:
		if r.tasks < nTasks {
			r.tasks++
			child := r.tasks
			r.note(m, id, "%s %d", opNames[s.op], child)
			m.spawn(child, s.op == opGoNow, func(m machine) string { return r.steps(m, child, s.body) })
			r.known[child] = true
		}
	case x == 0:
	case s.op == opJoin:
		r.note(m, id, "joined %d: %s", x, m.join(x))
	case s.op == opShield:
		r.note(m, id, "shielded %d: %s", x, m.shield(x))
	case s.op == opCancel && s.a%2 == 0:
		r.note(m, id, "cancel %d %v", x, m.cancel(x))
	}
}

func (r *run) scopeStep(m machine, id int, s step) string {
	body := func(m machine) string { return r.steps(m, id, s.body) }
	var err string
	switch s.op {
	case opGroup:
		err = m.group(body)
		switch {
		case err == "cancelled":
			r.count[sawGroupCancelled]++
		case strings.Contains(err, "+"):
			r.count[sawGroupErrors]++
		case err != "":
			r.count[sawGroupError]++
		}
	case opTimeout:
		err = m.timeout(s.d, body)
	case opWaitFor:
		err = m.waitFor(s.d, body)
	}
	r.note(m, id, "%s over %s", opNames[s.op], err)
	return err
}

// selectStep waits for several things at once; tasks that there are none of are left out.
func (r *run) selectStep(m machine, id int, s step) string {
	var cases []step
	for _, c := range s.body {
		if c.op == opJoin {
			if c.a = r.other(c.a, id); c.a == 0 {
				continue
			}
		}
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		return ""
	}
	r.note(m, id, "select of %d", len(cases))
	i, got, err := m.pick(cases, 200+id)
	if err == "" {
		r.count[sawSelect+slices.Index(selectable[:], cases[i].op)]++
		r.note(m, id, "selected %d %s: %s", i, opNames[cases[i].op], got)
	}
	return err
}

// severalStep waits for two futures and up to two tasks.
func (r *run) severalStep(m machine, id int, s step) string {
	mode := aio.Mode(s.d % 3)
	var ids []int
	for _, x := range []int{r.other(s.a, id), r.other(s.a+1, id)} {
		if x > 0 && !slices.Contains(ids, x) {
			ids = append(ids, x)
		}
	}
	r.note(m, id, "wait for several, mode %d", mode)
	return m.several(mode, []int{s.a % nFutures, (s.a + 1) % nFutures}, ids)
}

func (r *run) syncStep(m machine, id int, s step) string {
	switch s.op {
	case opEvent:
		r.note(m, id, "event")
		return m.event()
	case opRaise:
		r.note(m, id, "raise")
		m.raise()
	case opFlag:
		r.note(m, id, "flag %v", s.a%2 == 0)
		m.flag(s.a%2 == 0)
	case opBarrier:
		place, err := m.barrier()
		r.note(m, id, "barrier %d %s", place, err)
		switch err {
		case "":
			r.count[sawBarrier]++
		case "broken":
			r.count[sawBroken]++
		}
		return err
	case opReset:
		r.note(m, id, "reset")
		m.reset()
	case opAcquire:
		if err := m.acquire(); err != "" {
			return err
		}
		err := r.steps(m, id, s.body)
		m.release()
		r.note(m, id, "released")
		return err
	default:
		return r.lockStep(m, id, s)
	}
	return ""
}

// lockStep does something with the lock held: the steps of its body, a wait for a notice, or a notice.
func (r *run) lockStep(m machine, id int, s step) string {
	if err := m.lock(); err != "" {
		return err
	}
	err := ""
	switch s.op {
	case opCond:
		if err = m.condWait(); err == "" {
			r.count[sawNotice]++
			err = r.steps(m, id, s.body)
		}
	case opNotify:
		m.notify(s.a % 4)
	case opLock:
		err = r.steps(m, id, s.body)
	}
	m.unlock()
	r.note(m, id, "unlocked")
	return err
}

// settle is the time that main sleeps at the end of a program, so that most tasks reach theirs.
const settle = 40

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
			var count counts
			lines, steps := 0, 0
			for seed := range uint64(programs) {
				n, size := comparePrograms(t, seed, s.hosts, &count)
				lines, steps = lines+n, steps+size
			}
			t.Logf("%d programs of %d steps on average, %d lines of trace%s", programs, steps/programs, lines, reached(t, programs, &count))
		})
	}
}

// comparePrograms plays the program of a seed on the model and on a scheduler, and gives the length of the trace and of the program.
func comparePrograms(t *testing.T, seed uint64, hosts int, count *counts) (lines, size int) {
	t.Helper()
	p := newProgram(rand.New(rand.NewPCG(seed, 77)))
	if size = sizeOf(p); size < leastSteps {
		t.Fatalf("seed %d: a program of %d steps", seed, size)
	}
	want := onModel(p, &run{count: new(counts)})
	got := onAio(t, p, aio.WithInline(aio.Config{}, hosts), &run{count: count})
	if at, diff := firstDiff(want, got); at >= 0 {
		t.Fatalf("seed %d, line %d:\n%s\nbefore it:\n%s", seed, at,
			strings.NewReplacer("flat:  ", "model:", "inline:", "aio:  ").Replace(diff), strings.Join(want[max(0, at-12):at], "\n"))
	}
	return len(want), size
}

// reached tells how often each kind of step was, and fails where one is below 1,000 in 100,000 programs.
func reached(t *testing.T, programs int, count *counts) string {
	t.Helper()
	var s strings.Builder
	for i, n := range count {
		fmt.Fprintf(&s, ", %s %d", opNames[i], n)
		if n < programs/100 {
			t.Errorf("%s was reached %d times in %d programs", opNames[i], n, programs)
		}
	}
	return s.String()
}

// A model that takes the ready in another order is found out.
func TestModelFindsAPlantedOrder(t *testing.T) {
	var count counts
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
