package aio

import (
	"bytes"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// debugState is what only Config.Debug pays for.
type debugState struct {
	slow   Nanos
	leader uint64   // goroutine that runs the loop, when no coroutine does
	coros  sync.Map // goroutine ids of the coroutines; other goroutines look in it too
	mu     sync.Mutex
}

// slowDefault is the step that is too long where Config.SlowStep does not say.
const slowDefault = 100 * time.Millisecond

func newDebug(cfg Config) *debugState {
	slow := cfg.SlowStep
	if slow == 0 {
		slow = slowDefault
	}
	return &debugState{slow: Nanos(slow)}
}

// enter registers the goroutine of a coroutine.
func (d *debugState) enter() uint64 {
	id := goroutineID()
	d.coros.Store(id, true)
	return id
}

// lead says that the calling goroutine runs the loop from now on.
func (d *debugState) lead() {
	d.mu.Lock()
	d.leader = goroutineID()
	d.mu.Unlock()
}

// onLoop refuses, in debug, a caller that does not hold the baton.
func (l *Loop) onLoop() {
	if l.debug != nil {
		l.debug.check(l)
	}
}

func (d *debugState) check(l *Loop) {
	id := goroutineID()
	d.mu.Lock()
	leads := d.leader == id || d.leader == 0
	d.mu.Unlock()
	if leads || l.dead.Load() {
		return
	}
	if _, ok := d.coros.Load(id); !ok {
		panic("aio: called from a goroutine that does not hold the baton; use Loop.Post, Submit, Promise or an Inlet")
	}
}

// goroutineID reads the number of the calling goroutine from its stack dump: debug only.
func goroutineID() uint64 {
	var buf [64]byte
	s := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	n, _, _ := bytes.Cut(s, []byte(" "))
	id, _ := strconv.ParseUint(string(n), 10, 64)
	return id
}

// callSite is the few callers of something, resolved only when asked for.
type callSite [8]uintptr

// here is the call site of whoever called into this package.
func here() (s callSite) {
	runtime.Callers(2, s[:])
	return s
}

func newSite() *callSite {
	s := here()
	return &s
}

// String is the file:line of the innermost caller outside this package.
func (s *callSite) String() string {
	if s == nil {
		return ""
	}
	n := 0
	for n < len(s) && s[n] != 0 {
		n++
	}
	if n == 0 {
		return ""
	}
	frames := runtime.CallersFrames(s[:n])
	for {
		f, more := frames.Next()
		if f.Function != "" && !strings.HasPrefix(f.Function, packagePrefix()) {
			return fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		if !more {
			return ""
		}
	}
}

// packagePrefix is how the names of this package's functions begin.
func packagePrefix() string { return reflect.TypeFor[Loop]().PkgPath() + "." }

// taskDebug is what is known of a task in debug.
type taskDebug struct {
	made    callSite
	awaits  callSite
	waiting bool
}

func (d *debugState) made() *taskDebug { return &taskDebug{made: here()} }

func (d *taskDebug) parked() {
	d.awaits, d.waiting = here(), true
}

// site is where t was made: the call of Go in debug, else where its function stands.
func (t *task) site() string {
	if t.debug != nil {
		if s := t.debug.made.String(); s != "" {
			return s
		}
	}
	return pcSite(t.pc)
}

func pcSite(pc uintptr) string {
	f := runtime.FuncForPC(pc)
	if f == nil {
		return ""
	}
	f, pc = wrapped(f, pc)
	file, line := f.FileLine(pc)
	return fmt.Sprintf("%s:%d", file, line)
}

// funcSite names a callback and says where it stands.
func funcSite(fn func()) (name, site string) {
	pc := entryPC(unsafe.Pointer(&fn))
	if f := runtime.FuncForPC(pc); f != nil {
		name = f.Name()
	}
	return name, pcSite(pc)
}

// stackMax bounds the dump of all goroutines that Task.Stack looks through.
const stackMax = 16 << 20

// Stack is the stack of a task that has begun and not ended, "" of any other. It needs [Config.Debug], and stops the world
// for as long as dumping every goroutine takes.
func (t *Task[T]) Stack() string {
	c := t.core()
	if c == nil || c.coro == nil || c.coro.id == 0 {
		return ""
	}
	buf := make([]byte, 1<<16)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) || len(buf) >= stackMax {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	head := fmt.Sprintf("goroutine %d ", c.coro.id)
	for s := range strings.SplitSeq(string(buf), "\n\n") {
		if strings.HasPrefix(s, head) {
			return s
		}
	}
	return ""
}

// insideLoop says whether the caller runs on the stack of a loop.
func insideLoop() bool {
	step, call := packagePrefix()+"(*coro).step", packagePrefix()+"(*Loop).call"
	var pcs [64]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		frames := runtime.CallersFrames(pcs[:n])
		for n > 0 {
			f, more := frames.Next()
			if f.Function == step || f.Function == call {
				return true
			}
			if !more {
				break
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}
