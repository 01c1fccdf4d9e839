// Package aio is an asyncio for Go: one loop, one baton, coroutines of equal rank that hand control to each other.
// (Contract stub: signatures that the other rooms compile against; bodies follow.)
package aio

import (
	"context"
	"errors"
	"iter"
	"math"
	"time"
)

// Nanos is a time in nanoseconds since the Unix epoch, or a span. Never is later than every time.
type Nanos = int64

// Never is later than every time.
const Never Nanos = math.MaxInt64

// The conditions an await can end with.
var (
	ErrCancelled = errors.New("aio: cancelled") // errors.Is(err, context.Canceled) holds for what awaits return
	ErrTimeout   = errors.New("aio: timeout")   // errors.Is(err, context.DeadlineExceeded) holds
	ErrClosed    = errors.New("aio: closed")
	ErrDeadlock  = errors.New("aio: every task is parked and nothing can wake them")
)

// Class orders what is due at the same time: market data, then timers, then responses; within a class by arrival.
type Class uint8

// The classes.
const (
	ClassMarket Class = iota
	ClassTimer
	ClassResponse
)

// Source is the idle point of a loop: what moves the clock when nothing is ready. Real, Paced and Virtual are the built-in
// ones; a backtest brings a Driver.
type Source interface{ source() }

// Real is the wall clock with the baton: readers Deliver, others Post.
func Real() Source { panic("stub") }

// Virtual starts at start and jumps to the next timer when nothing is ready and nothing is in flight (see Loop.Hold). Deliver
// and Post work as with Real.
func Virtual(start Nanos) Source { panic("stub") }

// Paced is Virtual that advances at most speed times wall time.
func Paced(start Nanos, speed float64) Source { panic("stub") }

// Driver moves the market of a backtest on the waiter's own stack: no goroutine, no switch, no allocation an event.
type Driver interface {
	// Run delivers, in time order, market data due at or before until and anything else due before until, calling
	// Loop.Advance before each. It returns true right after the first delivery that made a task ready (Loop.Ready), false
	// when nothing is due.
	Run(until Nanos) bool
}

// Drive is a virtual clock moved by d (and by due timers), starting at start.
func Drive(start Nanos, d Driver) Source { panic("stub") }

// Config of a loop; the zero value is Real with every default.
type Config struct {
	Source Source // nil: Real()
	Seed   uint64 // splits into Co.Rand of every task
}

// Run makes a loop, runs main as its first task, cancels and awaits whatever is left, returns main's result. Cancellation of
// ctx cancels main. The calling goroutine blocks meanwhile.
func Run[T any](ctx context.Context, cfg Config, main func(*Co) (T, error)) (T, error) { panic("stub") }

// Loop is one single-threaded scheduler. Everything but Post, Hold and Release needs the baton: call it from a task, a
// callback or a handler of this loop.
type Loop struct{}

func (l *Loop) Now() Nanos                                  { panic("stub") } // cached a pass; virtual in backtests
func (l *Loop) Advance(t Nanos)                             { panic("stub") } // a Driver moves the clock
func (l *Loop) Ready() bool                                 { panic("stub") } // a task or callback is ready
func (l *Loop) CallSoon(fn func())                          { panic("stub") }
func (l *Loop) Post(fn func()) bool                         { panic("stub") } // from any goroutine; false when closed
func (l *Loop) Hold(n int)                                  { panic("stub") } // any goroutine: n messages are in flight; a virtual clock stands still
func (l *Loop) Release(n int)                               { panic("stub") } // they have been taken, dropped or discarded
func (l *Loop) Spawn(fn func())                             { panic("stub") } // a library goroutine (reader, writer, worker) that Run waits for at its end
func (l *Loop) AtClose(fn func())                           { panic("stub") } // before Run waits for its goroutines: close what they block on
func (l *Loop) CallLater(d time.Duration, fn func()) *Timer { panic("stub") }

// Timer is a reusable callback at a time; arming allocates nothing. Equal times fire by class, then in order of arming.
type Timer struct{}

func NewTimer(l *Loop, c Class, fn func()) *Timer { panic("stub") }
func (t *Timer) Arm(when Nanos)                   { panic("stub") } // replaces an earlier time
func (t *Timer) Stop() bool                       { panic("stub") }
func (t *Timer) When() Nanos                      { panic("stub") } // Never where it is not armed

// Inlet is what is registered for input from outside: its handler runs on the loop with the payload, borrowed for the call.
// Registration order is its identity. An open inlet is a reason not to call a loop deadlocked.
type Inlet struct{}

func NewInlet(l *Loop, name string, handle func(payload []byte)) *Inlet { panic("stub") }
func (in *Inlet) Deliver(payloads ...[]byte) bool                       { panic("stub") } // a library reader at the top of its stack: may lead, that is run the loop before it returns; payloads are copied if that must wait
func (in *Inlet) Post(payload []byte) bool                              { panic("stub") } // any goroutine, never leads; takes ownership of payload
func (in *Inlet) Close()                                                { panic("stub") } // on the loop

// Co is the identity of a running coroutine with its cancel scope; it is a context.Context.
type Co struct{ context.Context }

func (c *Co) Loop() *Loop                 { panic("stub") }
func (c *Co) Now() Nanos                  { panic("stub") }
func (c *Co) Yield() error                { panic("stub") }
func (c *Co) Sleep(d time.Duration) error { panic("stub") }
func (c *Co) SleepUntil(t Nanos) error    { panic("stub") }
func (c *Co) Detach() *Co                 { panic("stub") } // same task, outside every cancel scope: for cleanup
func (c *Co) Rand() uint64                { panic("stub") } // seeded a task

// Waiter lets other rooms build their own awaitables: at most one task waits, Wake is remembered until Wait takes it.
// The zero value is ready. Neither allocates.
type Waiter struct{}

func (w *Waiter) Wait(co *Co) error { panic("stub") } // nil after a Wake; a pending Wake wins over cancellation
func (w *Waiter) Wake()             { panic("stub") } // on the loop

// Task is a future driven by a coroutine.
type Task[T any] struct{}

func (t *Task[T]) Await(co *Co) (T, error) { panic("stub") }
func (t *Task[T]) Cancel(cause error) bool { panic("stub") }
func (t *Task[T]) Done() bool              { panic("stub") }
func (t *Task[T]) Result() (T, error)      { panic("stub") }

// Go starts a child of co's innermost group; it first runs on the next pass.
func Go[T any](co *Co, name string, fn func(*Co) (T, error)) *Task[T] { panic("stub") }

// Start is Go for a function that returns only an error.
func Start(co *Co, name string, fn func(*Co) error) *Task[struct{}] { panic("stub") }

// Group returns when body and all tasks started in it have ended; the first error cancels the rest; errors are joined.
func Group(co *Co, body func(*Co) error) error { panic("stub") }

// Scope is a cancel scope with a movable deadline.
type Scope struct{}

func (s *Scope) Reset(t Nanos)      { panic("stub") }
func (s *Scope) Expired() bool      { panic("stub") }
func (s *Scope) Cancel(cause error) { panic("stub") }

// Timeout runs body in a cancel scope that ends after d, with ErrTimeout.
func Timeout(co *Co, d time.Duration, body func(*Co, *Scope) error) error { panic("stub") }

// Future is set once, on the loop.
type Future[T any] struct{}

func NewFuture[T any](l *Loop) *Future[T]       { panic("stub") }
func (f *Future[T]) Set(v T) error              { panic("stub") }
func (f *Future[T]) Fail(err error) error       { panic("stub") }
func (f *Future[T]) Done() bool                 { panic("stub") }
func (f *Future[T]) Result() (T, error)         { panic("stub") }
func (f *Future[T]) Await(co *Co) (T, error)    { panic("stub") }
func (f *Future[T]) OnDone(fn func(*Future[T])) { panic("stub") }

// Queue is FIFO; size 0 is a hand-over without buffer.
type Queue[T any] struct{}

func NewQueue[T any](l *Loop, size int) *Queue[T] { panic("stub") }
func (q *Queue[T]) Put(co *Co, v T) error         { panic("stub") }
func (q *Queue[T]) Get(co *Co) (T, error)         { panic("stub") } // ErrClosed after Close and the last item
func (q *Queue[T]) TryPut(v T) bool               { panic("stub") }
func (q *Queue[T]) TryGet() (T, bool)             { panic("stub") }
func (q *Queue[T]) Len() int                      { panic("stub") }
func (q *Queue[T]) Close()                        { panic("stub") }
func (q *Queue[T]) Each(co *Co) iter.Seq[T]       { panic("stub") }

// RunBlocking runs fn on a goroutine of a bounded pool and suspends co until it is done.
func RunBlocking[T any](co *Co, fn func(context.Context) (T, error)) (T, error) { panic("stub") }
