package aio

import (
	"fmt"
	"math/rand/v2"
	"unsafe"
)

// head is the untyped half of a Task, and what remains of it when it has ended.
type head struct {
	co   Co
	err  error
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

	await   awaitKind
	onChain bool // its stack is in use: it runs, or hosts what runs
	queued  bool // in the ready queue
	started bool
	done    bool
	cut     bool // woken by cancellation
	eager   bool // started by GoNow, and not parked yet
	seeded  bool // rng is this task's
	refused int  // awaits that failed at once since it was parked

	older, newer *task // all tasks that have not ended
	id           uint64
	parent       uint64  // who started it; 0: nobody
	pc           uintptr // where its function begins
	wakes        uint64
	since        Nanos // when it was parked
	ran          Nanos // wall time, sampled
	debug        *taskDebug
	rng          rand.PCG
}

// runner is the typed half of a task.
type runner interface{ call() error }

// Task is a future driven by a coroutine.
type Task[T any] struct {
	head
	fn    func(*Co) (T, error)
	plain func(*Co) error // instead of fn: Start
	val   T
}

func (t *Task[T]) call() (err error) {
	if t.plain != nil {
		return t.plain(&t.co)
	}
	t.val, err = t.fn(&t.co)
	return err
}

// Go starts a child of co's innermost group; it first runs on the next pass. Outside every [Group] it belongs to Run, which
// cancels and awaits it when main returns, and its error is only what Await and Result tell; one that nobody reads is reported
// at the end. A task without a name is called Task-N, N counting all tasks of the loop.
//
// In a cancelled scope the task is born cancelled and never runs. In a Group that has returned, Go panics with
// [ErrGroupClosed].
func Go[T any](co *Co, name string, fn func(*Co) (T, error)) *Task[T] {
	t := newTask(co.g, name, fn)
	co.t.l.adopt(&t.head, t, co, entryPC(unsafe.Pointer(&fn)))
	return t
}

// Start is Go for a function that returns only an error.
func Start(co *Co, name string, fn func(*Co) error) *Task[struct{}] {
	t := newTask[struct{}](co.g, name, nil)
	t.plain = fn
	co.t.l.adopt(&t.head, t, co, entryPC(unsafe.Pointer(&fn)))
	return t
}

func newTask[T any](g *group, name string, fn func(*Co) (T, error)) *Task[T] {
	if g.over {
		panic(fmt.Errorf("aio: Go %q: %w", name, ErrGroupClosed))
	}
	t := &Task[T]{fn: fn}
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
func (l *Loop) adopt(h *head, body runner, by *Co, pc uintptr) *task {
	t := l.newborn(h, body, by, pc)
	l.makeReady(t)
	return t
}

func (l *Loop) newborn(h *head, body runner, by *Co, pc uintptr) *task {
	l.onLoop()
	t := l.newCore()
	g := h.co.g
	l.taskSeq++
	t.h, t.body, t.group, t.id, t.pc = h, body, g, l.taskSeq, pc
	if by != nil {
		t.parent = by.id
	}
	t.scope.enter(&g.scope, t)
	t.inner = &t.scope
	h.co = Co{t: t, s: &t.scope, g: g, id: t.id}
	g.running++
	l.live++
	t.older = l.newest
	if l.newest != nil {
		l.newest.newer = t
	} else {
		l.oldest = t
	}
	l.newest = t
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
	return &task{l: l}
}

// recycle keeps t for a later task, unless others may look at its scope.
func (l *Loop) recycle(t *task) {
	if t.scope.ext != nil || t.scope.first != nil || t == l.main || len(l.cores) == coreMax {
		return
	}
	t.h, t.body, t.group, t.inner, t.parked, t.joining, t.debug = nil, nil, nil, nil, nil, nil, nil
	t.scope.err, t.scope.expired = nil, false
	t.await, t.onChain, t.queued, t.started, t.done, t.cut, t.eager, t.seeded = 0, false, false, false, false, false, false, false
	t.refused, t.id, t.parent, t.wakes, t.ran = 0, 0, 0, 0, 0
	l.cores = append(l.cores, t)
}

// finish ends t and tells who waits for it.
func (l *Loop) finish(t *task) {
	h := t.h
	t.coro.eager = t.eager
	h.done, t.done, t.onChain, t.coro = true, true, false, nil
	t.scope.leave()
	l.live--
	if t.older != nil {
		t.older.newer = t.newer
	} else {
		l.oldest = t.newer
	}
	if t.newer != nil {
		t.newer.older = t.older
	} else {
		l.newest = t.older
	}
	t.older, t.newer = nil, nil
	if l.probed == t {
		l.endProbe()
	}
	if h.err != nil && t.group.root && t != l.main {
		l.unreadTask(t)
	}
	h.end.finish(l)
	t.group.ended(l, h.err)
	if t == l.main {
		l.end(nil)
	}
	l.recycle(t)
}

// Await returns the result, once the task has ended; it does not cancel it when it is cancelled itself. A task that has
// ended answers also in a cancelled scope. A task of another loop is [ErrWrongLoop]; a task that awaits itself gets an
// error that is [ErrDeadlock].
func (t *Task[T]) Await(co *Co) (T, error) {
	if err := t.join(co); err != nil {
		var zero T
		return zero, err
	}
	if t.end.more != nil {
		t.end.seen()
	}
	return t.val, t.err
}

// join waits for the end.
func (h *head) join(co *Co) error {
	if h.co.t.l != co.t.l {
		return ErrWrongLoop
	}
	if h.done {
		return nil
	}
	if co.id == h.co.id {
		return errSelf
	}
	t := co.t
	if t.id == co.id {
		t.joining = h
	}
	if err := waitIn(&h.end.waitList, co, awaitTask); err != nil && !h.done {
		return err
	}
	t.joining = nil
	return nil
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
func (t *Task[T]) Cancelled() bool { return t.done && isEcho(t.err) }

// Result is the value and the error; before Done the error is [ErrInvalidState].
func (t *Task[T]) Result() (T, error) {
	if !t.done {
		return t.val, errNotDone
	}
	t.end.seen()
	return t.val, t.err
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
	if t.err != nil {
		state = "failed: " + t.err.Error()
	}
	return fmt.Sprintf("task %d %q %s", t.co.id, t.Name(), state)
}

func (t *Task[T]) ending() *doneList { return &t.end }
func (t *Task[T]) loop() *Loop       { return t.co.t.l }
func (t *Task[T]) failed() bool      { return t.done && t.err != nil && !isEcho(t.err) }
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
