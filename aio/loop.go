package aio

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of the baton.
const (
	takeMax     = 256                    // entries from outside in one pass
	inboxMax    = 4096                   // above it Deliver slows its reader down
	readerMax   = 100 * time.Microsecond // a reader that leads gives the baton away after this
	staleMax    = time.Millisecond       // visible time is at most this old
	chainMax    = 2                      // tasks whose stacks host others at one time
	coroMax     = 1024                   // finished coroutines kept for the next tasks
	blockingMax = 16                     // goroutines of RunBlocking where Config.Blocking does not say
)

// Loop is one single-threaded scheduler. Everything but Post, Hold and Release needs the baton: call it from a task, a
// callback or a handler of this loop.
type Loop struct {
	// The baton and the inbox, one word, so that no wake-up can get lost between looking and putting down:
	// &idleMark: free, nothing waits; nil: held, inbox empty; &closedMark: for good; else: held, the newest entry of the inbox.
	word       atomic.Pointer[node]
	idleMark   node
	closedMark node
	_          [64]byte     // other goroutines write the word, the holder what follows
	claim      atomic.Int32 // 0: no offer; offerAny, offerRun: the baton waits to be taken up
	holds      atomic.Int64 // messages in flight
	dead       atomic.Bool  // closed: awaits fail
	wake       chan struct{}
	done       chan struct{}

	// All below is the holder's.
	ready   ring[handle]
	left    int    // handles of the current pass that have not run
	probing bool   // the step that runs is being timed
	probeAt uint64 // Stats.Handles at which the next is
	cur     *task
	handoff *task // a task on the chain whose turn it is: the chain unwinds to it
	unwind  bool  // the chain unwinds to the leader
	depth   int   // coroutines on the chain
	inline  int
	free    []*coro
	cores   []*task // of tasks that have ended, for the next
	zombies []*coro // ended by Goexit, parked in a deferred function

	virtual  bool
	now      Nanos
	driver   Driver
	until    Nanos // while the driver runs: how far it may go
	rearmed  bool  // a timer was armed for earlier than that
	pace     *pacer
	idle     idleReason
	timers   timerHeap
	timerSeq uint64
	base     time.Time // wall time 0
	baseUnix Nanos
	armed    Nanos // wall time for which the waker is set
	waker    waker
	portable bool

	events   ring[event] // taken, not yet handled
	eventFn  func()      // handles the first of them
	direct   [][]byte    // what the leader brought; directAt: the first not taken
	directAt int
	directIn *Inlet
	carry    *node // drained from the inbox, oldest first, not yet taken
	inlets   int   // open ones
	inletSeq uint64

	deadline  Nanos // wall time at which the leader has to give the baton away; 0: none, -1: set at the next clock read
	overrun   bool  // it is past
	alert     bool  // the next pass has to look at more than the inbox and the clock
	sinceRead int   // handles run since the clock was read
	readEvery int   // after so many it is read
	lastRead  Nanos // wall time
	stats     Stats

	ctx       context.Context
	seed      uint64
	rootGroup group
	main      *task
	all       []*task // of tasks that have not ended, and of cores
	live      int
	taskSeq   uint64
	ending    bool
	stuck     bool // tasks are left that nothing can end
	failure   *Panic
	panics    PanicPolicy
	goexit    bool
	err       error
	closers   []func()
	pool      pool
	blocking  int // goroutines of the pool at most
	wg        sync.WaitGroup

	stride   uint64 // steps between two that are timed
	observer func(Step)
	step     Step   // that the observer hears next
	outside  uint32 // while observed: the name of what runs and is no task
	names    nameTable
	jitter   uint32 // spreads them, so that no rhythm of the program hides from them
	probed   *task  // the one whose step is being timed; nil: a callback's
	probeFn  func() // that callback
	probed0  Nanos  // wall time at which it began
	inCalls  Nanos  // wall time in callbacks, sampled
	labels   map[string]context.Context
	reports  func(Report)
	unread   []*unread
	debug    *debugState // nil without Config.Debug

	rec           *logWriter         // nil where nothing is recorded
	rep           *replay            // nil where nothing is replayed
	ctxInlet      *Inlet             // by which the cancellation of Run's context comes in
	conns         map[*Conn]struct{} // open ones
	bornCancelled error              // in a replay: the context was cancelled before the start
}

// handle is one entry of the ready queue: a task to resume or a function to call; neither: it was cancelled.
type handle struct {
	t  *task
	fn func()
}

// Stats counts what a loop did. It is for tests and reports; nothing depends on it.
type Stats struct {
	Passes   uint64 // of the ready queue
	Handles  uint64 // run: callbacks, and tasks resumed
	Switches uint64 // between coroutines
	Leads    uint64 // times that a reader ran the loop
	Wakes    uint64 // times that Run's goroutine was woken to run it
	Gives    uint64 // times that a reader gave it away after its budget
	Ran      uint64 // entries from outside that were handled
	Dropped  uint64 // entries accepted but dropped: closed inlet, or the end
}

func newLoop(ctx context.Context, cfg Config) (*Loop, error) {
	if insideLoop() {
		return nil, ErrNested
	}
	src := cfg.Source
	if src == nil {
		src = Real()
	}
	spec := src.source()
	if err := spec.validate(); err != nil {
		return nil, err
	}
	l := &Loop{
		wake: make(chan struct{}, 1), done: make(chan struct{}),
		inline: cfg.inline, portable: cfg.PortableTimer,
		virtual: spec.virtual, now: spec.start, driver: spec.driver, until: -Never,
		armed: Never, readEvery: 1, ctx: ctx, seed: cfg.Seed, base: time.Now(),
		panics: cfg.Panics, reports: cfg.Report,
	}
	if l.inline == 0 {
		l.inline = chainMax
	}
	l.baseUnix = l.base.UnixNano()
	if l.virtual {
		l.readEvery = math.MaxInt
	} else {
		l.now = l.baseUnix
	}
	if spec.paced {
		l.pace = &pacer{speed: spec.speed, virt0: spec.start, reached: spec.start}
	}
	l.eventFn = l.handleEvent
	l.labels = map[string]context.Context{}
	l.stride = 1
	if cfg.Debug {
		l.debug = newDebug(cfg)
	} else {
		l.stride = probeStride
	}
	l.rootGroup.root = true
	l.ctxInlet = &Inlet{l: l, kind: EntryContext, name: "context", handle: l.cancelMain}
	l.ctxInlet.open.Store(true)
	if l.blocking = cfg.Blocking; l.blocking <= 0 {
		l.blocking = blockingMax
	}
	if err := l.openLog(cfg); err != nil {
		return nil, err
	}
	return l, nil
}

// wall is the time since Run began.
func (l *Loop) wall() Nanos { return Nanos(time.Since(l.base)) }

// Now is the time of the current pass: a real one is at most a millisecond, or one long step, old; a virtual one stands still
// while anything runs. Sleeps and timeouts count from it.
func (l *Loop) Now() Nanos { return l.now }

// Advance moves the clock to t; a Driver calls it before each delivery. It never moves it back.
func (l *Loop) Advance(t Nanos) { l.now = max(l.now, t) }

// Ready says whether a task or callback is ready. To a Driver it also says so when a timer was armed for a time before the
// one it may run to: it must return then.
func (l *Loop) Ready() bool { return l.ready.head != l.ready.tail || l.rearmed }

// CallSoon calls fn on the loop after what is ready now.
func (l *Loop) CallSoon(fn func()) Handle {
	l.onLoop()
	return Handle{l: l, at: l.ready.push(handle{fn: fn})}
}

// CallLater calls fn on the loop in d; what is overdue already runs in the order of its time.
func (l *Loop) CallLater(d time.Duration, fn func()) *Timer { return l.CallAt(l.after(d), fn) }

// CallAt calls fn on the loop at a time, never before it.
func (l *Loop) CallAt(at Nanos, fn func()) *Timer {
	l.onLoop()
	t := NewTimer(l, ClassTimer, fn)
	t.Arm(at)
	return t
}

// after is the time in d, Never where that would be later.
func (l *Loop) after(d time.Duration) Nanos {
	if at := l.now + Nanos(d); d < 0 || at >= l.now {
		return at
	}
	return Never
}

// Stop ends the run: everything is cancelled and awaited, and Run returns [ErrStopped], joined with an error of main.
func (l *Loop) Stop() {
	l.onLoop()
	if !l.ending {
		l.err = ErrStopped
		l.end(ErrStopped)
	}
}

// Hold says that n messages are in flight: a virtual clock stands still, and no loop is deadlocked, until they are released.
// Any goroutine may call it.
func (l *Loop) Hold(n int) { l.holds.Add(int64(n)) }

// Release says that n messages have been taken, dropped or discarded. Any goroutine may call it.
func (l *Loop) Release(n int) {
	switch left := l.holds.Add(-int64(n)); {
	case left < 0:
		panic("aio: Release without Hold")
	case left == 0 && l.word.Load() == &l.idleMark:
		l.post(&node{tick: true})
	}
}

// Spawn starts a library goroutine (reader, writer, worker) that Run waits for at its end. Besides the loop, goroutines that
// were spawned themselves may call it.
func (l *Loop) Spawn(fn func()) { l.wg.Go(fn) }

// AtClose has fn called when all tasks have ended, before Run waits for its goroutines: close what they block on. Later
// ones are called first.
func (l *Loop) AtClose(fn func()) { l.closers = append(l.closers, fn) }

// Stats is what happened so far; after Run, in all.
func (l *Loop) Stats() Stats { return l.stats }

// makeReady queues t, once.
func (l *Loop) makeReady(t *task) {
	if t.queued || t.done {
		return
	}
	t.queued, t.parked = true, nil
	t.wakes++
	if l.observer != nil {
		l.madeReady(t)
	}
	l.ready.push(handle{t: t})
}

// run drives the loop to its end, on the goroutine that called Run.
func (l *Loop) run() {
	l.drive()
	if l.failure != nil {
		panic(l.failure)
	}
	if l.goexit {
		runtime.Goexit()
	}
}

// drive leads and serves until the loop is closed, then leaves nothing behind; also if a callback ends this goroutine by
// Goexit, since deferred functions run all the same.
func (l *Loop) drive() {
	defer l.shutdown()
	defer l.watch()()
	l.persist()
}

func (l *Loop) persist() {
	returned := false
	defer func() {
		if !returned {
			l.persist()
		}
	}()
	l.lead(true)
	l.serve()
	returned = true
}

// watch hears of the cancellation of Run's context.
func (l *Loop) watch() (stop func()) {
	switch {
	case l.bornCancelled != nil:
		l.main.scope.Cancel(l.bornCancelled)
	case l.rep == nil && l.ctx.Err() != nil:
		l.cancelMain(fmt.Append(nil, context.Cause(l.ctx)))
	}
	told := make(chan struct{})
	off := context.AfterFunc(l.ctx, func() {
		defer close(told)
		if l.rep != nil {
			l.rep.aborted.Store(true)
			return
		}
		l.post(&node{in: l.ctxInlet, payload: fmt.Append(nil, context.Cause(l.ctx))})
	})
	return func() {
		if !off() {
			<-told
		}
	}
}

// cancelMain: Run's context was cancelled.
func (l *Loop) cancelMain(cause []byte) {
	if l.logged() {
		l.main.scope.Cancel(&RecordedError{Text: string(cause)})
	} else {
		l.main.scope.Cancel(context.Cause(l.ctx))
	}
}

// serve takes up the baton each time it is offered, until the loop is closed.
func (l *Loop) serve() {
	for {
		select {
		case <-l.done:
			return
		case <-l.wake:
			if c := l.claim.Load(); c != 0 && l.claim.CompareAndSwap(c, 0) {
				l.lead(true)
			}
		}
	}
}

// end begins the end: everything is cancelled, and Run returns when the last task has.
func (l *Loop) end(cause error) {
	l.ending, l.alert = true, true
	l.rootGroup.scope.Cancel(cause)
}

// finished: nothing is left to run.
func (l *Loop) finished() bool { return l.ending && (l.live == 0 || l.stuck) }

// fail keeps the first panic and ends the loop.
func (l *Loop) fail(v any) *Panic {
	p := asPanic(v)
	if l.panics == PanicReport {
		return p
	}
	if l.failure == nil {
		l.failure = p
	}
	l.end(p)
	return p
}

// shutdown leaves nothing behind: closers, waker, workers, coroutines, goroutines.
func (l *Loop) shutdown() {
	for i := len(l.closers) - 1; i >= 0; i-- {
		l.closers[i]()
	}
	if l.waker != nil {
		l.waker.close()
	}
	l.pool.close()
	for _, c := range l.free {
		c.stop()
	}
	for _, c := range l.zombies {
		c.kill()
	}
	for _, t := range l.tasks() {
		if t.coro != nil {
			t.coro.kill()
		}
	}
	l.wg.Wait()
	l.tellUnread()
}
