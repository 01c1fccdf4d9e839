package aio

import (
	"context"
	"errors"
	"io"
	"math"
	"time"
	"unsafe"
)

// Nanos is a time in nanoseconds since the Unix epoch, or a span.
type Nanos = int64

// Never is later than every time.
const Never Nanos = math.MaxInt64

// The conditions an await can end with.
var (
	// ErrCancelled: the task or a scope around the await was cancelled. What awaits return also is context.Canceled.
	ErrCancelled = errors.New("aio: cancelled")
	// ErrTimeout: the deadline of a [Timeout] passed. What Timeout returns also is context.DeadlineExceeded.
	ErrTimeout = errors.New("aio: timeout")
	// ErrClosed: the queue or the loop is closed.
	ErrClosed = errors.New("aio: closed")
	// ErrDeadlock: tasks are left, and neither a timer nor anything outside can wake them. The error that Run returns
	// names each task and what it awaits.
	ErrDeadlock = errors.New("aio: every task is parked and nothing can wake them")
	// ErrInvalidState: something is not in the state for what was asked. [ErrDone] is one of these, the result of a
	// future that is not done another.
	ErrInvalidState = errors.New("aio: wrong state")
	// ErrDone: a future was set, or failed, a second time. It is an [ErrInvalidState].
	ErrDone error = &stateError{"aio: future is already done"}
	// ErrFutureCancelled: what was awaited has been cancelled, by [Future.Cancel], and not the task that awaits. It also is
	// [ErrCancelled], so a task that returns it counts as cancelled.
	ErrFutureCancelled = errors.New("aio: future was cancelled")
	// ErrWrongLoop: a task awaited something that belongs to another loop.
	ErrWrongLoop = errors.New("aio: awaits what belongs to another loop; hand over by Submit, Promise or an Inlet")
	// ErrGroupClosed: a task was started in a [Group] that has returned.
	ErrGroupClosed = errors.New("aio: the group has returned")
	// ErrStopped: [Loop.Stop] ended the run.
	ErrStopped = errors.New("aio: loop was stopped")
	// ErrNested: Run was called by a task or callback of another loop, which it would block. Use Go, or a goroutine.
	ErrNested = errors.New("aio: Run inside a running loop")
	// ErrBroken: the [Barrier] was aborted.
	ErrBroken = errors.New("aio: barrier is broken")
)

// Config of a loop; the zero value is Real with every default.
type Config struct {
	Source Source // what moves the clock when nothing is ready; nil means Real()
	Seed   uint64 // of Co.Rand: each task draws its own sequence, split from it by the task's number

	// PortableTimer makes the real clock wake by a time.Timer, 0.5 to 1 ms late when idle, where Linux would use a
	// timerfd, 0.1 ms late. Code under testing/synctest needs it: no bubble's clock waits for a timerfd.
	PortableTimer bool

	// Report hears, on the loop or at the end of Run, of what else nobody would: see [Report]. nil tells nobody, or, with
	// Debug, standard error.
	Report func(Report)
	Panics PanicPolicy // what a panic in a task or callback does; zero stops Run

	// Debug makes the loop remember where each task and future was made and where each task awaits, time every step, report
	// those of more than SlowStep (0: 100 ms), tasks that were still pending or never began at the end, and refuse calls
	// from a goroutine that does not hold the baton. It costs some microseconds an await.
	Debug    bool
	SlowStep time.Duration

	// Record gets the ingress log of the run: what came in from outside, and when. Each Write is what comes before one pass, and
	// is made before that runs; an error of it ends the run. Replay feeds a run from such a log instead of from outside: the
	// same program, with the same Source, does the same again, or stops with a [*ReplayError]. The seed is the recorded one.
	Record io.Writer
	Replay io.Reader

	// Follow hears each entry of Replay before what it brings has come in; the payload is borrowed. Where it says false the replay
	// ends there: nothing more comes in, everything is cancelled, and Run returns [ErrStopped].
	Follow func(Entry) bool

	Blocking int // goroutines of RunBlocking at most; 0 means 16

	inline int // tests: hosts on the chain; 0 means chainMax, below 0 none, that is a flat loop
}

// Run makes a loop, runs main as its first task, cancels and awaits whatever is left, and returns main's result.
// Cancellation of ctx cancels main. The calling goroutine blocks meanwhile and must not be locked to its thread.
//
// Run returns [ErrDeadlock] where tasks are left that nothing can wake. A panic in a task or callback cancels everything, and
// then Run panics with a [*Panic] that holds the value and the stack of where it happened.
func Run[T any](ctx context.Context, cfg Config, main func(*Co) (T, error)) (T, error) {
	l, err := newLoop(ctx, cfg)
	if err != nil {
		var zero T
		return zero, err
	}
	t := newTask[T](&l.rootGroup, "main")
	l.main = l.adopt(&t.head, t, main, nil, entryPC(unsafe.Pointer(&main)))
	l.run()
	if l.err != nil {
		return t.val, l.err
	}
	return t.val, t.end.err()
}
