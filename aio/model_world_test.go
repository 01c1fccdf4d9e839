package aio_test

import (
	"slices"
	"sort"
)

// model is the naive loop. Each task is a goroutine; one runs, the others wait for their channel. It knows nothing of chains,
// batons, rings, heaps or recycled tasks.
type model struct {
	clock   int64
	ready   []*mtask
	timers  []*mtimer
	seq     int
	planted bool // take the last of the ready first, when there are three

	main    *mtask
	tasks   map[int]*mtask
	queues  []*mqueue
	futures []*mfuture
	flag    []*mwait // who waits for the event
	holder  *mtask
	lockers []*mwait
	back    chan struct{} // a task gives control back
	ending  bool
}

type mtask struct {
	m      *model
	resume chan struct{}
	scope  *mscope
	body   func(machine) string
	begun  bool
	over   bool
	result string
	queued bool
	wait   *mwait // what it waits in
	joins  []*mwait
}

// mscope is a cancel scope.
type mscope struct {
	t         *mtask
	parent    *mscope
	kids      []*mscope
	cancelled bool
	expired   bool
	timer     *mtimer
}

// mwait is one wait of one task.
type mwait struct {
	t      *mtask
	scope  *mscope // whose cancellation ends it
	woken  bool    // got what it waits for, or has to look
	cut    bool    // ended by cancellation
	served bool
	v      int
	drop   func(*mwait) // leaves the list it stands in
}

type mtimer struct {
	at   int64
	seq  int
	fire func()
}

type mqueue struct {
	size    int
	items   []int
	getters []*mwait
	putters []*mwait
	closed  bool
}

type mfuture struct {
	done    bool
	v       int
	waiters []*mwait
}

func onModel(p []step, r *run) []string { return new(model).run(p, r) }

func onModelPlanted(p []step, r *run) []string { return (&model{planted: true}).run(p, r) }

// run plays p: passes of what is ready, then the next timer.
func (m *model) run(p []step, r *run) []string {
	m.tasks, m.back = map[int]*mtask{}, make(chan struct{})
	for i := range nQueues {
		m.queues = append(m.queues, &mqueue{size: i})
	}
	for range nFutures {
		m.futures = append(m.futures, &mfuture{})
	}
	root := &mscope{}
	m.main = m.start(root, func(x machine) string {
		err := r.steps(x, 0, p)
		r.note(x, 0, "main: %s", err)
		h := x.(*mhandle)
		(&mhandle{m: m, t: h.t, s: &mscope{t: h.t}}).sleep(settle)
		return ""
	})
	for !m.finished() {
		for n := len(m.ready); n > 0; n-- {
			at := 0
			if m.planted && n == 3 {
				at = 2
			}
			t := m.ready[at]
			m.ready = slices.Delete(m.ready, at, at+1)
			m.turn(t)
			if m.main.over && !m.ending {
				m.ending = true
				root.cancel()
			}
		}
		switch {
		case len(m.ready) > 0 || m.finished():
		case len(m.timers) > 0:
			m.advance()
		default: // a deadlock
			m.ending = true
			root.cancel()
		}
	}
	return r.trace
}

// finished: main is over, and all others are.
func (m *model) finished() bool {
	if !m.main.over {
		return false
	}
	for _, t := range m.tasks {
		if !t.over {
			return false
		}
	}
	return true
}

func (m *model) start(parent *mscope, body func(machine) string) *mtask {
	t := &mtask{m: m, resume: make(chan struct{}), body: body}
	t.scope = parent.open(t)
	m.wake(t)
	return t
}

func (m *model) wake(t *mtask) {
	if !t.queued && !t.over {
		t.queued = true
		m.ready = append(m.ready, t)
	}
}

// turn lets t run until it waits or is over.
func (m *model) turn(t *mtask) {
	t.queued = false
	switch {
	case t.begun:
		t.resume <- struct{}{}
	case t.scope.cancelled:
		t.end("cancelled")
		return
	default:
		t.begun = true
		go func() {
			t.end(t.body(&mhandle{m: m, t: t, s: t.scope}))
			m.back <- struct{}{}
		}()
	}
	<-m.back
}

func (t *mtask) end(result string) {
	t.over, t.result = true, result
	t.scope.close()
	for _, w := range t.joins {
		w.done()
	}
	t.joins = nil
}

// advance jumps to the next timer and fires all of that time, in order of arming.
func (m *model) advance() {
	sort.SliceStable(m.timers, func(i, j int) bool {
		a, b := m.timers[i], m.timers[j]
		return a.at < b.at || a.at == b.at && a.seq < b.seq
	})
	m.clock = max(m.clock, m.timers[0].at)
	for len(m.timers) > 0 && m.timers[0].at <= m.clock {
		x := m.timers[0]
		m.timers = m.timers[1:]
		x.fire()
	}
}

func (m *model) arm(at int64, fire func()) *mtimer {
	m.seq++
	x := &mtimer{at, m.seq, fire}
	m.timers = append(m.timers, x)
	return x
}

func (m *model) disarm(x *mtimer) {
	m.timers = slices.DeleteFunc(m.timers, func(y *mtimer) bool { return x == y })
}

func (s *mscope) open(t *mtask) *mscope {
	k := &mscope{t: t, parent: s, cancelled: s.cancelled}
	s.kids = append(s.kids, k)
	return k
}

func (s *mscope) close() {
	p := s.parent
	p.kids = slices.DeleteFunc(p.kids, func(k *mscope) bool { return k == s })
}

// cancel reaches everything below, and ends the waits there.
func (s *mscope) cancel() {
	if s.cancelled {
		return
	}
	s.cancelled = true
	if s.timer != nil {
		s.t.m.disarm(s.timer)
	}
	if s.t != nil && s.t.wait != nil && s.t.wait.scope == s && !s.t.wait.woken {
		w := s.t.wait
		w.cut, w.woken = true, true
		if w.drop != nil {
			w.drop(w)
		}
		s.t.m.wake(w.t)
	}
	for _, k := range s.kids {
		k.cancel()
	}
}

// done wakes the task of a wait, unless it was woken before.
func (w *mwait) done() {
	if !w.woken {
		w.woken = true
		w.t.m.wake(w.t)
	}
}

// mhandle is the model as a task sees it in one scope.
type mhandle struct {
	m *model
	t *mtask
	s *mscope
}

func (h *mhandle) now() int64 { return h.m.clock }

// park waits until w is woken; "cancelled" if that was why.
func (h *mhandle) park(w *mwait) string {
	w.t, w.scope = h.t, h.s
	h.t.wait = w
	h.m.back <- struct{}{}
	<-h.t.resume
	h.t.wait = nil
	if w.cut {
		return "cancelled"
	}
	return ""
}

func (h *mhandle) yield() string {
	if h.s.cancelled {
		return "cancelled"
	}
	h.m.wake(h.t)
	return h.park(&mwait{woken: true})
}

func (h *mhandle) sleep(d int64) string {
	if d <= 0 {
		return h.yield()
	}
	if h.s.cancelled {
		return "cancelled"
	}
	w := &mwait{t: h.t}
	due := false
	x := h.m.arm(h.m.clock+d, func() {
		due = true
		w.done()
	})
	err := h.park(w)
	h.m.disarm(x)
	if due { // its time came, also if it was cancelled in the same instant
		return ""
	}
	return err
}

// stand puts a wait at the end of a list, which it leaves when it is cut.
func stand(list *[]*mwait, w *mwait) *mwait {
	*list = append(*list, w)
	w.drop = func(w *mwait) { *list = slices.DeleteFunc(*list, func(x *mwait) bool { return x == w }) }
	return w
}

// first takes the first of a list.
func first1(list *[]*mwait) *mwait {
	if len(*list) == 0 {
		return nil
	}
	w := (*list)[0]
	*list = (*list)[1:]
	return w
}

func (h *mhandle) put(q, v int) string {
	x := h.m.queues[q]
	switch {
	case h.s.cancelled:
		return "cancelled"
	case x.closed:
		return "closed"
	case h.tryPut(q, v):
		return ""
	}
	w := stand(&x.putters, &mwait{t: h.t, v: v})
	err := h.park(w)
	if err == "" && !w.served {
		err = "closed"
		if h.s.cancelled {
			err = "cancelled"
		}
	}
	return err
}

func (h *mhandle) get(q int) (int, string) {
	x := h.m.queues[q]
	if h.s.cancelled {
		return 0, "cancelled"
	}
	if v, ok := h.tryGet(q); ok {
		return v, ""
	}
	if x.closed {
		return 0, "closed"
	}
	w := stand(&x.getters, &mwait{t: h.t})
	err := h.park(w)
	if w.served {
		return w.v, ""
	}
	if err == "" {
		err = "closed"
		if h.s.cancelled {
			err = "cancelled"
		}
	}
	return 0, err
}

func (h *mhandle) tryPut(q, v int) bool {
	x := h.m.queues[q]
	if x.closed {
		return false
	}
	if w := first1(&x.getters); w != nil {
		w.v, w.served = v, true
		w.done()
		return true
	}
	if len(x.items) < x.size {
		x.items = append(x.items, v)
		return true
	}
	return false
}

func (h *mhandle) tryGet(q int) (v int, ok bool) {
	x := h.m.queues[q]
	if len(x.items) > 0 {
		v, ok = x.items[0], true
		x.items = x.items[1:]
	}
	if w := first1(&x.putters); w != nil {
		w.served = true
		w.done()
		if !ok {
			return w.v, true
		}
		x.items = append(x.items, w.v)
	}
	return v, ok
}

func (h *mhandle) close(q int) {
	x := h.m.queues[q]
	x.closed = true
	for _, w := range append(slices.Clone(x.getters), x.putters...) {
		w.done()
	}
	x.getters, x.putters = nil, nil
}

func (h *mhandle) set(f, v int) bool {
	x := h.m.futures[f]
	if x.done {
		return false
	}
	x.done, x.v = true, v
	for _, w := range x.waiters {
		w.done()
	}
	x.waiters = nil
	return true
}

func (h *mhandle) await(f int) (int, string) {
	x := h.m.futures[f]
	if !x.done {
		if h.s.cancelled {
			return 0, "cancelled"
		}
		if err := h.park(stand(&x.waiters, &mwait{t: h.t})); err != "" && !x.done {
			return 0, err
		}
	}
	return x.v, ""
}

func (h *mhandle) spawn(id int, body func(machine) string) {
	root := h.t.scope.parent
	h.m.tasks[id] = h.m.start(root, body)
}

func (h *mhandle) join(id int) string {
	x := h.m.tasks[id]
	if !x.over {
		if h.s.cancelled {
			return "cancelled"
		}
		if err := h.park(stand(&x.joins, &mwait{t: h.t})); err != "" && !x.over {
			return err
		}
	}
	return x.result
}

func (h *mhandle) cancel(id int) bool {
	x := h.m.tasks[id]
	if x.over || x.scope.cancelled {
		return false
	}
	x.scope.cancel()
	return true
}

func (h *mhandle) timeout(d int64, body func(machine) string) string {
	s := h.s.open(h.t)
	switch {
	case s.cancelled:
	case d <= 0:
		s.cancelled, s.expired = true, true
	default:
		s.timer = h.m.arm(h.m.clock+d, func() {
			s.timer = nil
			if !s.cancelled {
				s.expired = true
				s.cancel()
			}
		})
	}
	err := body(&mhandle{m: h.m, t: h.t, s: s})
	if s.timer != nil {
		h.m.disarm(s.timer)
	}
	s.close()
	if err == "cancelled" && s.cancelled && s.expired && !h.s.cancelled {
		return "timeout"
	}
	return err
}

func (h *mhandle) event() string {
	if h.s.cancelled {
		return "cancelled"
	}
	return h.park(stand(&h.m.flag, &mwait{t: h.t}))
}

func (h *mhandle) raise() {
	for _, w := range h.m.flag {
		w.done()
	}
	h.m.flag = nil
}

func (h *mhandle) lock() string {
	switch {
	case h.s.cancelled:
		return "cancelled"
	case h.m.holder == nil:
		h.m.holder = h.t
		return ""
	}
	return h.park(stand(&h.m.lockers, &mwait{t: h.t}))
}

func (h *mhandle) unlock() {
	h.m.holder = nil
	if w := first1(&h.m.lockers); w != nil {
		h.m.holder = w.t
		w.done()
	}
}
