package aio

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"unsafe"
)

// head is the untyped half of a Task, and what remains of it when it has ended.
type head struct {
	co   Co
	end  doneList
	name string
	done bool
}

// task is what the scheduler needs of a Task that has not ended. It is used again for later ones, so nothing but its head and
// its coroutine may keep it; a Co knows by the id whether it still is the same.
type task struct {
	l     *Loop
	h     *head
	body  runner
	fn    any // what body calls
	scope Scope
	inner *Scope // the innermost that the task has entered
	group *group
	coro  *coro // while it has started and not ended

	parked  *Scope    // the scope whose cancellation wakes it; nil while it runs or is ready
	in      *waitList // the list it waits in, left at once on cancellation
	prev    *task     // in that list
	next    *task
	joining *head  // what it awaits, for awaitTask, or who holds the lock, for awaitLock
	timer   *Timer // of Sleep, made by the first

	taskFlags
	refused int // awaits that failed at once since it was parked

	place  int     // in Loop.all
	id     uint64  // 0: of no task
	parent uint64  // who started it; 0: nobody
	pc     uintptr // where its function begins
	wakes  uint64
	by     uint64 // while the loop is observed: the task that made it ready, or outsideBit and the name of what did
	since  Nanos  // when it was parked
	ran    Nanos  // wall time, sampled
	debug  *taskDebug
	rng    rand.PCG
}

// taskFlags is what begins at zero for each task.
type taskFlags struct {
	await   awaitKind
	onChain bool // its stack is in use: it runs, or hosts what runs
	queued  bool // in the ready queue
	started bool
	done    bool
	cut     bool   // woken by cancellation
	eager   bool   // started by GoNow, and not parked yet
	seeded  bool   // rng is this task's
	skipped bool   // cancelled before its first step
	what    uint32 // the label of the Waiter that it awaits
}

// runner is the typed half of a task.
type runner interface{ call(fn any) error }

// Task is a future driven by a coroutine.
type Task[T any] struct {
	val T // before head: a value of no size would take room at the end
	head
}

func (t *Task[T]) call(fn any) (err error) {
	switch fn := fn.(type) {
	case func(*Co) (T, error):
		t.val, err = fn(&t.co)
	case func(*Co) error:
		err = fn(&t.co)
	}
	return err
}

// Go starts a child of co's innermost group; it first runs on the next pass. Outside every [Group] it belongs to Run, which
// cancels and awaits it when main returns, and its error is only what Await and Result tell; one that nobody reads is reported
// at the end. A task without a name is called Task-N, N counting all tasks of the loop.
//
// In a cancelled scope the task is born cancelled and never runs. In a Group that has returned, Go panics with
// [ErrGroupClosed].
func Go[T any](co *Co, name string, fn func(*Co) (T, error)) *Task[T] {
	t := newTask[T](co.g, name)
	co.t.l.adopt(&t.head, t, fn, co, entryPC(unsafe.Pointer(&fn)))
	return t
}

// Start is Go for a function that returns only an error.
func Start(co *Co, name string, fn func(*Co) error) *Task[struct{}] {
	t := newTask[struct{}](co.g, name)
	co.t.l.adopt(&t.head, t, fn, co, entryPC(unsafe.Pointer(&fn)))
	return t
}

func newTask[T any](g *group, name string) *Task[T] {
	if g.over {
		panic(fmt.Errorf("aio: Go %q: %w", name, ErrGroupClosed))
	}
	t := &Task[T]{}
	t.name = name
	t.co.g = g
	return t
}

// entryPC is where the code of a function begins; f points at the function value. It says where a task was made, at the cost
// of two loads.
func entryPC(f unsafe.Pointer) uintptr {
	if closure := *(**uintptr)(f); closure != nil {
		return *closure
	}
	return 0
}

// adopt makes h one of l's tasks, ready to start. by is who started it, nil for main.
func (l *Loop) adopt(h *head, body runner, fn any, by *Co, pc uintptr) *task {
	t := l.newborn(h, body, fn, by, pc)
	l.makeReady(t)
	return t
}

func (l *Loop) newborn(h *head, body runner, fn any, by *Co, pc uintptr) *task {
	l.onLoop()
	t := l.newCore()
	g := h.co.g
	l.taskSeq++
	t.h, t.body, t.fn, t.group, t.id, t.pc = h, body, fn, g, l.taskSeq, pc
	if by != nil {
		t.parent = by.id
	}
	t.scope.enter(&g.scope, t)
	h.co = Co{t: t, s: &t.scope, g: g, id: t.id}
	g.running++
	l.live++
	t.since = l.now
	if l.debug != nil {
		t.debug = l.debug.made()
	}
	return t
}

// coreMax is the number of scheduler halves of ended tasks that are kept for the next.
const coreMax = 1024

func (l *Loop) newCore() *task {
	if n := len(l.cores); n > 0 {
		t := l.cores[n-1]
		l.cores = l.cores[:n-1]
		return t
	}
	t := &task{l: l, place: len(l.all)}
	t.inner = &t.scope // and again when it has left all others
	l.all = append(l.all, t)
	return t
}

// tasks lists those that have not ended, oldest first. That takes a sort, so that starting and ending a task takes no list.
func (l *Loop) tasks() []*task {
	var ts []*task
	for _, t := range l.all {
		if t.id != 0 && !t.done {
			ts = append(ts, t)
		}
	}
	slices.SortFunc(ts, func(a, b *task) int { return cmp.Compare(a.id, b.id) })
	return ts
}

// recycle keeps t for a later task, unless others may look at its scope. It keeps nothing of the one that has ended alive.
func (l *Loop) recycle(t *task) {
	if t.scope.ext != nil || t.scope.first != nil || t == l.main || len(l.cores) == coreMax || t.inner != &t.scope {
		last := l.all[len(l.all)-1]
		l.all[t.place], last.place = last, t.place
		l.all[len(l.all)-1] = nil
		l.all = l.all[:len(l.all)-1]
		return
	}
	t.h, t.body, t.fn, t.group = nil, nil, nil, nil
	if t.scope.err != nil {
		t.scope.err, t.parked, t.joining = nil, nil, nil
	}
	if t.debug != nil {
		t.debug = nil
	}
	t.taskFlags = taskFlags{}
	t.refused, t.id, t.parent, t.wakes, t.by, t.ran = 0, 0, 0, 0, 0, 0
	l.cores = append(l.cores, t)
}

// finish ends t and tells who waits for it.
func (l *Loop) finish(t *task) {
	h := t.h
	t.coro.eager = t.eager
	if t.queued {
		l.forget(t)
	}
	h.done, t.done, t.onChain, t.coro = true, true, false, nil
	t.scope.leave()
	l.live--
	if l.probed == t {
		l.endProbe()
	}
	err := h.end.err()
	if err != nil && t.group.root && t != l.main {
		l.unreadTask(t)
	}
	h.end.finish(l)
	t.group.ended(l, err)
	if t == l.main {
		l.end(nil)
	}
	l.recycle(t)
}

// Await returns the result, once the task has ended; it does not cancel it when it is cancelled itself. A task that has
// ended answers also in a cancelled scope. A task of another loop is [ErrWrongLoop]; a task that awaits itself gets an
// error that is [ErrDeadlock].
func (t *Task[T]) Await(co *Co) (v T, err error) {
	ended, err := t.join(co)
	if ended {
		v = t.val
	}
	return v, err
}

// join is Await but for the value, which there is if it has ended. It parks, and leaves Await so small that the compiler makes it
// part of its callers: each return above a switch of stacks is one that the processor predicts wrongly.
func (h *head) join(co *Co) (ended bool, err error) {
	t := co.t
	switch {
	case h.co.t.l != t.l:
		return false, ErrWrongLoop
	case h.done:
	case !co.runs() || co.s.err != nil:
		return false, co.refuse()
	case t.id == h.co.id:
		return false, errSelf
	default:
		h.end.add(t)
		t.await, t.joining = awaitTask, h
		cut := t.park(co.s)
		t.joining = nil
		if cut && !h.done {
			return false, co.s.err
		}
	}
	if h.end.more == nil {
		return true, nil
	}
	h.end.seen()
	return true, h.end.more.err
}

// forget takes the wake-up of a task that ends without having parked again out of the ready queue: a callback that it hosts
// has cancelled it and then ended its goroutine by Goexit.
func (l *Loop) forget(t *task) {
	for i := range l.ready.len() {
		if h := l.ready.at(i); h.t == t {
			*h = handle{}
		}
	}
}

// Cancel makes every await in the task fail from now on, with an error that is [ErrCancelled] and cause; a task that has not
// started never will. false: it has ended or is cancelled already.
func (t *Task[T]) Cancel(cause error) bool { return t.head.cancel(cause) }

func (h *head) cancel(cause error) bool {
	if h.done {
		return false
	}
	t := h.co.t
	t.l.onLoop()
	if t.scope.err != nil {
		return false
	}
	t.scope.cancel(&cancelError{cause: cause})
	return true
}

// Done says whether it has ended.
func (t *Task[T]) Done() bool { return t.done }

// Cancelled says whether it has ended with no more than the news of a cancellation.
func (t *Task[T]) Cancelled() bool { return t.done && isEcho(t.end.err()) }

// Result is the value and the error; before Done the error is [ErrInvalidState].
func (t *Task[T]) Result() (T, error) {
	if !t.done {
		return t.val, errNotDone
	}
	t.end.seen()
	return t.val, t.end.err()
}

// Err is the error of Result.
func (t *Task[T]) Err() error {
	_, err := t.Result()
	return err
}

// Name is the name it was given, or Task-N.
func (t *Task[T]) Name() string { return t.head.title(t.co.id) }

// ID counts up from 1 in each loop, in the order in which tasks were started.
func (t *Task[T]) ID() uint64 { return t.co.id }

// String shows the name, the state, what it awaits and where it was made.
func (t *Task[T]) String() string {
	if !t.done {
		return t.co.t.describe()
	}
	state := "done"
	if t.end.err() != nil {
		state = "failed: " + t.end.err().Error()
	}
	return fmt.Sprintf("task %d %q %s", t.co.id, t.Name(), state)
}

func (t *Task[T]) ending() *doneList { return &t.end }
func (t *Task[T]) loop() *Loop       { return t.co.t.l }
func (t *Task[T]) failed() bool      { return t.done && t.end.err() != nil && !isEcho(t.end.err()) }
func (t *Task[T]) core() *task {
	if t.done {
		return nil
	}
	return t.co.t
}

func (h *head) title(id uint64) string {
	if h.name == "" {
		return fmt.Sprintf("Task-%d", id)
	}
	return h.name
}

// awaitKind says what a parked task waits for.
type awaitKind uint8

const (
	awaitTurn awaitKind = iota
	awaitSleep
	awaitWake
	awaitFuture
	awaitTask
	awaitGet
	awaitPut
	awaitGroup
	awaitBlocking
	awaitJoin
	awaitEvent
	awaitLock
	awaitSemaphore
	awaitCond
	awaitBarrier
	awaitSelect
	awaitSeveral
	awaitRead
	awaitWrite
)

var awaitText = [...]string{
	awaitTurn: "its turn", awaitSleep: "a time", awaitWake: "a wake-up", awaitFuture: "a future",
	awaitTask: "a task", awaitGet: "an item of a queue", awaitPut: "room in a queue",
	awaitGroup: "the tasks of its group", awaitBlocking: "a blocking call", awaitJoin: "the work on a queue",
	awaitEvent: "an event", awaitLock: "a lock", awaitSemaphore: "a semaphore", awaitCond: "a condition",
	awaitBarrier: "a barrier", awaitSelect: "one of several cases", awaitSeveral: "several tasks or futures",
	awaitRead: "bytes of a connection", awaitWrite: "room to write to a connection",
}

// String names the task.
func (t *task) String() string { return fmt.Sprintf("task %d %q", t.id, t.h.title(t.id)) }

// awaits describes what t waits for.
func (t *task) awaits() string {
	switch {
	case !t.started:
		return "its first step"
	case t.await == awaitTask && t.joining != nil:
		return fmt.Sprintf("task %d %q", t.joining.co.id, t.joining.title(t.joining.co.id))
	case t.await == awaitLock && t.joining != nil:
		return fmt.Sprintf("a lock that task %d %q holds", t.joining.co.id, t.joining.title(t.joining.co.id))
	case t.await == awaitWake && t.what != nameNone:
		return t.l.names.text(t.what)
	default:
		return awaitText[t.await]
	}
}

// misused reports an await by somebody else than the running task. Deferred functions of an abandoned task get an error.
func (c *Co) misused() error {
	switch {
	case c.t.l.dead.Load():
		return ErrClosed
	case c.t.id != c.id:
		panic(fmt.Sprintf("aio: await with the Co of task %d, which has ended", c.id))
	default:
		panic("aio: await with the Co of " + c.t.String() + ", which is not the one that runs")
	}
}
