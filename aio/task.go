package aio

import (
	"fmt"
	"math/rand/v2"
)

// task is what the scheduler sees of a Task.
type task struct {
	l     *Loop
	scope Scope
	co    Co
	group *group
	body  runner
	coro  *coro // while it has started and not ended
	err   error

	parked  *Scope    // the scope whose cancellation wakes it; nil while it runs or is ready
	in      *waitList // the list it waits in, left at once on cancellation
	prev    *task     // in that list
	next    *task
	await   awaitKind
	joining *task  // what it awaits, for awaitTask
	timer   *Timer // of Sleep, made by the first
	joiners waitList

	onChain bool // its stack is in use: it runs, or hosts what runs
	queued  bool // in the ready queue
	started bool
	done    bool
	cut     bool // woken by cancellation
	refused int  // awaits that failed at once since it was parked

	older, newer *task // all tasks that have not ended
	id           uint64
	name         string
	rng          *rand.PCG
}

// runner is the typed half of a task.
type runner interface{ call() error }

// Task is a future driven by a coroutine.
type Task[T any] struct {
	task
	fn  func(*Co) (T, error)
	val T
}

func (t *Task[T]) call() (err error) {
	t.val, err = t.fn(&t.co)
	return err
}

// Go starts a child of co's innermost group; it first runs on the next pass. Outside every [Group] it belongs to Run, which
// cancels and awaits it when main returns, and its error is only what Await and Result tell.
func Go[T any](co *Co, name string, fn func(*Co) (T, error)) *Task[T] {
	return newTask(co.t.l, co.g, name, fn)
}

// Start is Go for a function that returns only an error.
func Start(co *Co, name string, fn func(*Co) error) *Task[struct{}] {
	return Go(co, name, func(co *Co) (struct{}, error) { return struct{}{}, fn(co) })
}

func newTask[T any](l *Loop, g *group, name string, fn func(*Co) (T, error)) *Task[T] {
	if g.over {
		panic("aio: Go in a Group that has returned")
	}
	t := &Task[T]{fn: fn}
	t.body = t
	l.adopt(&t.task, g, name)
	return t
}

// adopt makes t one of l's tasks, ready to start.
func (l *Loop) adopt(t *task, g *group, name string) {
	l.taskSeq++
	t.l, t.group, t.name, t.id = l, g, name, l.taskSeq
	t.scope.enter(&g.scope, t)
	t.co = Co{t: t, s: &t.scope, g: g}
	g.running++
	l.live++
	t.older = l.newest
	if l.newest != nil {
		l.newest.newer = t
	} else {
		l.oldest = t
	}
	l.newest = t
	l.makeReady(t)
}

// finish ends t and tells who waits for it.
func (l *Loop) finish(t *task) {
	t.done, t.onChain, t.coro = true, false, nil
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
	t.joiners.wakeAll()
	t.group.ended(t)
	if t == l.main {
		l.end(nil)
	}
}

// Await returns the result, once the task has ended; it does not cancel it when it is cancelled itself. A task that has
// ended answers also in a cancelled scope.
func (t *Task[T]) Await(co *Co) (T, error) {
	if !t.done {
		if co.t == &t.task {
			panic("aio: a task awaits itself")
		}
		co.t.joining = &t.task
		err := waitIn(&t.joiners, co, awaitTask)
		co.t.joining = nil
		if err != nil && !t.done {
			var zero T
			return zero, err
		}
	}
	return t.val, t.err
}

// Cancel makes every await in the task fail from now on, with an error that is [ErrCancelled] and cause; a task that has not
// started never will. false: it has ended or is cancelled already.
func (t *Task[T]) Cancel(cause error) bool {
	if t.done || t.scope.err != nil {
		return false
	}
	t.scope.cancel(&cancelError{cause: cause})
	return true
}

// Done says whether it has ended.
func (t *Task[T]) Done() bool { return t.done }

// Result is the value and the error, both zero before Done.
func (t *Task[T]) Result() (T, error) { return t.val, t.err }

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
)

var awaitText = [...]string{
	awaitTurn: "its turn", awaitSleep: "a time", awaitWake: "a wake-up", awaitFuture: "a future",
	awaitTask: "a task", awaitGet: "an item of a queue", awaitPut: "room in a queue",
	awaitGroup: "the tasks of its group", awaitBlocking: "a blocking call",
}

// String names the task.
func (t *task) String() string { return fmt.Sprintf("task %d %q", t.id, t.name) }

// awaits describes what t waits for.
func (t *task) awaits() string {
	switch {
	case !t.started:
		return "its first step"
	case t.await == awaitTask && t.joining != nil:
		return t.joining.String()
	default:
		return awaitText[t.await]
	}
}

// misused reports an await by somebody else than the running task. Deferred functions of an abandoned task get an error.
func (t *task) misused() error {
	if t.l.dead.Load() {
		return ErrClosed
	}
	panic("aio: await with the Co of " + t.String() + ", which is not the one that runs")
}
