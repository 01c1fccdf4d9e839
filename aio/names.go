package aio

import (
	"runtime"
	"strings"
	"unsafe"
)

// What is no task has a name too, for people who look on: an inlet the one it was registered with, a timer or a [Waiter] the
// label that it was given, any other callback that of its function. Names are kept once, and a number stands for each, so
// that a label takes no room where it is given.

// nameMax is how many names a loop keeps; what comes later has none.
const nameMax = 1024

// Names that are not given.
const (
	nameNone uint32 = iota
	nameTimer
	nameDriver
)

// nameTable holds the names of one loop.
type nameTable struct {
	list   []string
	byText map[string]uint32
	byCode map[uintptr]uint32 // of functions, by where their code begins
}

// name is the number of a name.
func (n *nameTable) name(text string) uint32 {
	if n.byText == nil {
		n.byText, n.byCode = map[string]uint32{}, map[uintptr]uint32{}
		n.list = []string{nameNone: "", nameTimer: "a timer", nameDriver: "the market"}
	}
	if text == "" {
		return nameNone
	}
	i, ok := n.byText[text]
	if !ok && len(n.list) < nameMax {
		i = uint32(len(n.list))
		n.list = append(n.list, text)
		n.byText[text] = i
	}
	return i
}

// function is the number of the name of a function.
func (n *nameTable) function(fn func()) uint32 {
	pc := entryPC(unsafe.Pointer(&fn))
	i, ok := n.byCode[pc]
	if !ok {
		if f := runtime.FuncForPC(pc); f != nil {
			i = n.name(plainName(f.Name()))
		}
		if n.byCode != nil { // the code of a program is finite
			n.byCode[pc] = i
		}
	}
	return i
}

func (n *nameTable) text(i uint32) string {
	if int(i) < len(n.list) {
		return n.list[i]
	}
	return ""
}

// plainName is the package, the type and the function of a name of the runtime: trade.Watch.tick of baton/trade.(*Watch).tick-fm.
func plainName(s string) string {
	s = s[strings.LastIndexByte(s, '/')+1:]
	s = strings.TrimSuffix(s, "-fm")
	for { // closures: of what they stand in
		i := strings.LastIndexByte(s, '.')
		if i < 0 || strings.Trim(strings.TrimPrefix(s[i+1:], "func"), "0123456789") != "" {
			break
		}
		s = s[:i]
	}
	return strings.NewReplacer("(*", "", ")", "", "[...]", "").Replace(s)
}

// Label names the timer for people who look on ([Loop.Observe]); without, the name of its function stands for it. It gives the
// timer back.
func (t *Timer) Label(what string) *Timer {
	t.what = t.l.names.name(what)
	return t
}

// Label says what a [Waiter] stands for, "a fill" say: who looks at the task that waits reads that instead of "a wake-up".
func (w *Waiter) Label(l *Loop, what string) { w.what = l.names.name(what) }

// comes notes what a callback is that begins.
func (l *Loop) comes(fn func()) {
	i := nameNone
	switch {
	case fn == nil:
	case sameFunc(fn, l.eventFn) && l.events.len() > 0:
		if e := l.events.at(0); e.fn != nil {
			i = l.names.function(e.fn)
		} else {
			i = l.names.name(e.in.name)
		}
	default:
		i = l.names.function(fn)
	}
	l.source(i)
}

// fires notes that a timer's callback runs.
func (l *Loop) fires(t *Timer) {
	i := t.what
	if i == nameNone {
		i = l.names.function(t.fn)
	}
	l.source(i)
}

// source makes a name the one of what runs and is no task.
func (l *Loop) source(i uint32) {
	l.outside = i
	if l.cur == nil {
		l.step.Name = l.names.text(i)
	}
}

// sameFunc compares two function values.
func sameFunc(a, b func()) bool {
	return *(*unsafe.Pointer)(unsafe.Pointer(&a)) == *(*unsafe.Pointer)(unsafe.Pointer(&b))
}
