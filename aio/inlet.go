package aio

import (
	"fmt"
	"sync/atomic"
)

// Inlet is what is registered for input from outside: its handler runs on the loop with the payload, borrowed for the call.
// Registration order is its identity, also in the ingress log. An open inlet is a reason not to call a loop deadlocked. Payloads of one goroutine are
// handled in its order.
type Inlet struct {
	l      *Loop
	id     uint64
	kind   EntryKind
	name   string
	handle func([]byte)
	open   atomic.Bool
}

// NewInlet registers handle under name; on the loop.
func NewInlet(l *Loop, name string, handle func(payload []byte)) *Inlet {
	l.onLoop()
	l.inlets++
	return l.newInlet(name, handle)
}

func (l *Loop) newInlet(name string, handle func([]byte)) *Inlet {
	l.inletSeq++
	in := &Inlet{l: l, id: l.inletSeq, kind: EntryInput, name: name, handle: handle}
	in.open.Store(true)
	if l.rep != nil {
		l.rep.inlets[in.id] = in
	}
	return in
}

// String names the inlet.
func (in *Inlet) String() string { return fmt.Sprintf("inlet %d %q", in.id, in.name) }

// Deliver is for a library reader at the top of its stack, after its read has returned and with no lock held: it may lead,
// that is run the loop, and tasks on it, before it returns. Payloads are copied if they must wait. false: the inlet or the
// loop is closed, and nothing was taken. Where the loop is behind, Deliver waits a while.
func (in *Inlet) Deliver(payloads ...[]byte) bool {
	l := in.l
	if !in.open.Load() || l.rep != nil {
		return false
	}
	if len(payloads) == 0 {
		return true
	}
	if l.word.CompareAndSwap(&l.idleMark, nil) {
		l.direct = append(l.direct[:0], payloads...)
		l.directAt, l.directIn = 0, in
		l.lead(false)
		return true
	}
	if l.word.Load() == &l.closedMark {
		return false
	}
	newest, oldest := in.nodes(payloads)
	return l.deliver(newest, oldest, len(payloads))
}

// nodes copies payloads into a chain of nodes, newest first.
func (in *Inlet) nodes(payloads [][]byte) (newest, oldest *node) {
	size := 0
	for _, p := range payloads {
		size += len(p)
	}
	buf := make([]byte, 0, size)
	ns := make([]node, len(payloads))
	for i, p := range payloads {
		from := len(buf)
		buf = append(buf, p...)
		ns[i].in, ns[i].payload = in, buf[from:len(buf):len(buf)]
		if i > 0 {
			ns[i].next = &ns[i-1]
		}
	}
	return &ns[len(ns)-1], &ns[0]
}

// Post is for any goroutine and never leads; it takes ownership of payload. It never waits, so a caller that can flood must
// bound itself. false: the inlet or the loop is closed.
func (in *Inlet) Post(payload []byte) bool {
	if !in.open.Load() || in.l.rep != nil {
		return false
	}
	return in.l.post(&node{in: in, payload: payload})
}

// Close drops what has not been handled, and refuses what comes; on the loop.
func (in *Inlet) Close() {
	if in.open.Swap(false) {
		in.l.inlets--
	}
}

// Post calls fn on the loop; any goroutine may. It never leads and never waits. false: the loop is closed; true does not say
// that fn will run: the end of the loop drops what waits. While nothing is registered from which a post could come (an open
// [Inlet], a [Loop.Hold]), a loop with nothing else to do is deadlocked.
//
// While the run is recorded or replayed Post refuses fn, and gives false: a function cannot be written down.
func (l *Loop) Post(fn func()) bool {
	if l.logged() {
		return false
	}
	return l.post(&node{fn: fn})
}
