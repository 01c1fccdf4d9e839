package aio

import (
	"fmt"
	"iter"
	"strings"
	"time"
)

// What a task does at the moment.
const (
	StateNew     = "new"     // it has not begun
	StateReady   = "ready"   // it waits for its turn only
	StateRunning = "running" // it is the one that runs
	StateParked  = "parked"  // it awaits something
	StateEnded   = "ended"
)

// TaskInfo describes a task that has not ended.
type TaskInfo struct {
	ID        uint64
	Parent    uint64 // the task that started it; 0: Run, or [Submit]
	Name      string
	State     string        // one of the constants
	WaitsOn   string        // what it awaits, in words; "" where it does not
	Until     Nanos         // of a task that sleeps: till when; else 0
	Since     Nanos         // when it last began to wait, on the loop's clock
	Wakes     uint64        // how often it was made ready
	Ran       time.Duration // wall time in its steps: sampled, in debug exact
	Cancelled bool          // its own scope is
	Site      string        // file:line of its function; in debug, of the call that started it
	AwaitSite string        // in debug: file:line of what it awaits in
}

func (t *task) info() TaskInfo {
	i := TaskInfo{
		ID: t.id, Parent: t.parent, Name: t.h.title(t.id), State: t.state(), Since: t.since,
		Wakes: t.wakes, Ran: time.Duration(t.ran), Cancelled: t.scope.err != nil, Site: t.site(),
	}
	if i.State == StateParked {
		i.WaitsOn = t.awaits()
		if t.await == awaitSleep && t.timer != nil {
			i.Until = t.timer.When()
		}
		if t.debug != nil && t.debug.waiting {
			i.AwaitSite = t.debug.awaits.String()
		}
	}
	return i
}

func (t *task) state() string {
	switch {
	case t.done:
		return StateEnded
	case t.l.cur == t:
		return StateRunning
	case !t.started:
		return StateNew
	case t.queued:
		return StateReady
	default:
		return StateParked
	}
}

// describe is one line of the tree.
func (t *task) describe() string {
	s := t.String()
	switch {
	case !t.started:
		s += " awaits its first step"
	case t.state() == StateParked:
		s += fmt.Sprintf(" awaits %s, since %v", t.awaits(), time.Duration(t.l.now-t.since))
	default:
		s += " is " + t.state()
	}
	s += fmt.Sprintf("; %d wakes", t.wakes)
	if t.ran > 0 {
		s += fmt.Sprintf(", ran %v", time.Duration(t.ran).Round(time.Microsecond))
	}
	if t.scope.err != nil {
		s += ", cancelled"
	}
	if site := t.site(); site != "" {
		s += "; made at " + site
	}
	if t.debug != nil && t.debug.waiting && t.state() == StateParked {
		s += "; awaits at " + t.debug.awaits.String()
	}
	return s
}

// Tasks lists the tasks that have not ended, in the order in which they were started.
func (l *Loop) Tasks() iter.Seq[TaskInfo] {
	return func(yield func(TaskInfo) bool) {
		for _, t := range l.tasks() {
			if !t.done && !yield(t.info()) {
				return
			}
		}
	}
}

// Current is the task that runs; false in a callback.
func (l *Loop) Current() (TaskInfo, bool) {
	if l.cur == nil {
		return TaskInfo{State: StateEnded}, false
	}
	return l.cur.info(), true
}

// reportMax is the number of tasks that a dump lists.
const reportMax = 200

// Dump is the tree of all tasks: each below the one that started it, with what it awaits and since when.
func (l *Loop) Dump() string { return strings.TrimPrefix(l.tree(), "\n") }

func (l *Loop) tree() string {
	children := map[uint64][]*task{}
	alive := map[uint64]bool{}
	n := 0
	for _, t := range l.tasks() {
		if n++; n <= reportMax {
			alive[t.id] = true
			p := t.parent
			if !alive[p] { // it has ended, so its children stand at the top
				p = 0
			}
			children[p] = append(children[p], t)
		}
	}
	var b strings.Builder
	writeTree(&b, children, 0, 1)
	if n > reportMax {
		fmt.Fprintf(&b, "\n  and %d more", n-reportMax)
	}
	return b.String()
}

func writeTree(b *strings.Builder, children map[uint64][]*task, of uint64, depth int) {
	for _, t := range children[of] {
		fmt.Fprintf(b, "\n%s%s", strings.Repeat("  ", depth), t.describe())
		writeTree(b, children, t.id, depth+1)
	}
}

// cycle finds the first ring of tasks that await each other.
func (l *Loop) cycle() string {
	seen := map[*task]int{}
	for i, t := range l.tasks() {
		x := t
		for x != nil && seen[x] == 0 {
			seen[x] = i + 1
			x = x.waitsFor()
		}
		if x != nil && seen[x] == i+1 {
			return "\n  a ring: " + ringOf(x)
		}
	}
	return ""
}

func ringOf(t *task) string {
	var s strings.Builder
	s.WriteString(t.String())
	for x := t.waitsFor(); x != t; x = x.waitsFor() {
		s.WriteString(" -> " + x.String())
	}
	return s.String() + " -> " + t.String()
}

// waitsFor is the task without which t cannot go on, if there is just one.
func (t *task) waitsFor() *task {
	if t.joining == nil || t.joining.done || t.await != awaitTask && t.await != awaitLock {
		return nil
	}
	return t.joining.co.t
}
