package aio_test

import (
	"slices"
	"sort"
)

// model is the naive loop. Each task is a goroutine; one runs, the others wait for their channel. It knows nothing of chains,
// batons, rings, heaps or recycled tasks.
type model struct {
	clock   int64
	ready   []mready
	timers  []*mtimer
	seq     int
	planted bool // take the last of the ready first, when there are three

	main    *mtask
	root    *mgroup
	tasks   map[int]*mtask
	queues  []*mqueue
	futures []*mfuture
	flagged bool
	flags   []*mwait // who waits for the event
	holder  *mtask
	lockers []*mwait
	conds   []*mwait
	permits int
	semas   []*mwait
	parties []*mwait
	back    chan struct{} // a task gives control back
	ending  bool
}

// mready is a task that is ready, or a callback.
type mready struct {
	t  *mtask
	fn func()
}

type mtask struct {
	m      *model
	resume chan struct{}
	scope  *mscope
	g      *mgroup
	body   func(machine) string
	begun  bool
	over   bool
	result string
	queued bool
	wait   *mwait // what it waits in
	joins  []*mwait
	hooks  []*mhook
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

// mgroup is a group, or all of the run.
type mgroup struct {
	scope   *mscope
	root    bool
	running int
	waiting *mwait // the end of all tasks is awaited
	errs    []string
	stopped bool // something ended by cancellation
}

// mwait is one wait of one task.
type mwait struct {
	t      *mtask
	scope  *mscope // whose cancellation ends it
	woken  bool    // got what it waits for, or has to look
	cut    bool    // ended by cancellation
	served bool
	broken bool
	v      int
	drop   func(*mwait) // leaves the list it stands in

	root  *mwait   // of a select, of which this is one case
	which int      // of them
	subs  []*mwait // the cases of a select
	won   *mwait   // the one that was served
}

type mtimer struct {
	at   int64
	seq  int
	fire func()
}

// mhook is called when something is done.
type mhook struct{ fn func() }

func onModel(p []step, r *run) []string { return new(model).run(p, r) }

func onModelPlanted(p []step, r *run) []string { return (&model{planted: true}).run(p, r) }

// run plays p: passes of what is ready, then the next timer.
func (m *model) run(p []step, r *run) []string {
	m.tasks, m.back, m.permits = map[int]*mtask{}, make(chan struct{}), nPermits
	for i := range nQueues {
		m.queues = append(m.queues, &mqueue{size: i})
	}
	for range nFutures {
		m.futures = append(m.futures, &mfuture{})
	}
	m.root = &mgroup{scope: &mscope{}, root: true}
	m.main = m.born(m.root, func(x machine) string {
		err := r.steps(x, 0, p)
		r.note(x, 0, "main: %s", err)
		h := x.(*mhandle)
		(&mhandle{m: m, t: h.t, s: &mscope{t: h.t}}).sleep(settle)
		return ""
	})
	m.wake(m.main)
	for !m.finished() {
		m.pass()
		switch {
		case len(m.ready) > 0 || m.finished():
		case len(m.timers) > 0:
			m.advance()
		case m.ending: // stuck, though everything was cancelled
			return r.trace
		default: // a deadlock
			m.end()
		}
	}
	return r.trace
}

// pass runs what is ready now.
func (m *model) pass() {
	for n := len(m.ready); n > 0; n-- {
		at := 0
		if m.planted && n == 3 {
			at = 2
		}
		next := m.ready[at]
		m.ready = slices.Delete(m.ready, at, at+1)
		if next.fn != nil {
			next.fn()
			continue
		}
		m.turn(next.t)
		if m.main.over && !m.ending {
			m.end()
		}
	}
}

func (m *model) end() {
	m.ending = true
	m.root.scope.cancel()
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

func (m *model) born(g *mgroup, body func(machine) string) *mtask {
	t := &mtask{m: m, resume: make(chan struct{}), body: body, g: g}
	t.scope = g.scope.open(t)
	g.running++
	return t
}

func (m *model) wake(t *mtask) {
	if !t.queued && !t.over {
		t.queued = true
		m.ready = append(m.ready, mready{t: t})
	}
}

// turn lets t run until it waits or is over, also within the turn of another.
func (m *model) turn(t *mtask) {
	back, outer := make(chan struct{}), m.back
	m.back = back
	t.queued = false
	switch {
	case t.begun:
		t.resume <- struct{}{}
		<-back
	case t.scope.cancelled:
		t.end("cancelled")
	default:
		t.begun = true
		go func() {
			t.end(t.body(&mhandle{m: m, t: t, s: t.scope, g: t.g}))
			m.back <- struct{}{}
		}()
		<-back
	}
	m.back = outer
}

func (t *mtask) end(result string) {
	t.over, t.result = true, result
	t.scope.close()
	for _, w := range t.joins {
		w.done()
	}
	t.joins = nil
	callAll(&t.hooks)
	t.g.ended(result)
}

// callAll calls hooks, in order; they may be taken out meanwhile.
func callAll(hooks *[]*mhook) {
	all := *hooks
	*hooks = nil
	for _, h := range all {
		h.fn()
	}
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
	k := &mscope{t: t}
	k.under(s)
	k.cancelled = s.cancelled
	return k
}

// under makes s the youngest below p.
func (s *mscope) under(p *mscope) {
	s.parent = p
	p.kids = append(p.kids, s)
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

// serve gives a wait what it waits for; of a select, all other cases have lost then.
func (w *mwait) serve() {
	w.served = true
	if w.root == nil {
		w.done()
	} else if w.root.won == nil {
		w.root.won = w
		w.root.leave()
		w.root.done()
	}
}

// leave takes all cases of a select out of their lists.
func (w *mwait) leave() {
	for _, sub := range w.subs {
		sub.drop(sub)
	}
}

// mhandle is the model as a task sees it in one scope.
type mhandle struct {
	m *model
	t *mtask
	s *mscope
	g *mgroup
}

func (h *mhandle) now() int64 { return h.m.clock }

// park waits until w is woken; "cancelled" if that was why.
func (h *mhandle) park(w *mwait) string {
	w.scope = h.s
	return h.parkFor(w)
}

// parkFor is park that only the cancellation of w's scope ends, which may be nil.
func (h *mhandle) parkFor(w *mwait) string {
	w.t = h.t
	h.t.wait = w
	h.m.back <- struct{}{}
	<-h.t.resume
	h.t.wait = nil
	if w.cut {
		return "cancelled"
	}
	return ""
}

// stand puts a wait at the end of a list, which it leaves when it is cut.
func stand(list *[]*mwait, w *mwait) *mwait {
	*list = append(*list, w)
	w.drop = func(w *mwait) { *list = slices.DeleteFunc(*list, func(x *mwait) bool { return x == w }) }
	return w
}

// first1 takes the first of a list.
func first1(list *[]*mwait) *mwait {
	if len(*list) == 0 {
		return nil
	}
	w := (*list)[0]
	*list = (*list)[1:]
	return w
}
