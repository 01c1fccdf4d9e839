package aio

import (
	"context"
	"errors"
	"math"
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
	// ErrDone: a future was set, or failed, a second time.
	ErrDone = errors.New("aio: future is already done")
)

// Config of a loop; the zero value is Real with every default.
type Config struct {
	Source Source // what moves the clock when nothing is ready; nil means Real()
	Seed   uint64 // of Co.Rand: each task draws its own sequence, split from it by the task's number

	// PortableTimer makes the real clock wake by a time.Timer, 0.5 to 1 ms late when idle, where Linux would use a
	// timerfd, 0.1 ms late. Code under testing/synctest needs it: no bubble's clock waits for a timerfd.
	PortableTimer bool

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
	t := newTask(l, &l.rootGroup, "main", main)
	l.main = &t.task
	l.run()
	if l.err != nil {
		return t.val, l.err
	}
	return t.val, t.err
}
