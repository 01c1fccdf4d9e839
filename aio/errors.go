package aio

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// cancelError is what an await in a cancelled scope returns.
type cancelError struct{ cause error } // cause may be nil

func (e *cancelError) Error() string {
	if e.cause == nil {
		return ErrCancelled.Error()
	}
	return ErrCancelled.Error() + ": " + e.cause.Error()
}

func (e *cancelError) Is(target error) bool {
	return target == ErrCancelled || target == context.Canceled
}

func (e *cancelError) Unwrap() error { return e.cause }

// timeoutError is what Timeout returns once its deadline has passed, and the cause of what awaits inside it return.
type timeoutError struct{}

var errTimeout error = timeoutError{}

func (timeoutError) Error() string { return ErrTimeout.Error() }

func (timeoutError) Is(target error) bool {
	return target == ErrTimeout || target == context.DeadlineExceeded
}

// Timeout makes it a net.Error in spirit: os.IsTimeout and the like recognise it.
func (timeoutError) Timeout() bool { return true }

// stateError is an ErrInvalidState that says which.
type stateError struct{ what string }

func (e *stateError) Error() string { return e.what }

func (e *stateError) Is(target error) bool { return target == ErrInvalidState }

var (
	errNotDone   error = &stateError{"aio: future is not done"}
	errScopeOver error = &stateError{"aio: the scope was cancelled or left, or has no deadline"}
)

// futureCancelled is the result of a future after Cancel.
type futureCancelled struct{ cancelError }

func (e *futureCancelled) Error() string {
	if e.cause == nil {
		return ErrFutureCancelled.Error()
	}
	return ErrFutureCancelled.Error() + ": " + e.cause.Error()
}

func (e *futureCancelled) Is(target error) bool {
	return target == ErrFutureCancelled || e.cancelError.Is(target)
}

// errSelf is a deadlock of one.
var errSelf = fmt.Errorf("aio: a task awaits itself: %w", ErrDeadlock)

// isEcho says whether err is no more than the news that something was cancelled. An error joined from several is not: one of
// them may matter.
func isEcho(err error) bool {
	for err != nil {
		switch err.(type) {
		case *cancelError, *futureCancelled:
			return true
		}
		err = errors.Unwrap(err)
	}
	return false
}

// Panic is what Run panics with after a panic in a task or callback.
type Panic struct {
	Value   any    // what was passed to panic
	Stack   []byte // of the coroutine or goroutine that panicked
	Awaiter []byte // where it went on in another: the stack of who called [RunBlocking] or resumed the [Generator]
}

// Error shows the value and the stacks.
func (p *Panic) Error() string {
	s := fmt.Sprintf("%v\n\nwhere it happened:\n%s", p.Value, p.Stack)
	if len(p.Awaiter) > 0 {
		s += fmt.Sprintf("\nwho awaited it:\n%s", p.Awaiter)
	}
	return s
}

// raise goes on with p on the stack of who awaited it; the innermost one is kept.
func (p *Panic) raise() {
	if p.Awaiter == nil {
		p.Awaiter = debug.Stack()
	}
	panic(p)
}

// Unwrap is the value, where that is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// errGoexit is the result of a task that called runtime.Goexit.
var errGoexit = errors.New("aio: the task called runtime.Goexit")
