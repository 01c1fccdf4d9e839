package aio_test

import (
	"fmt"
	"slices"

	"baton/aio"
)

// Queues, futures and what waits for several things at once, of the model.

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
	err     string
	waiters []*mwait
	hooks   []*mhook
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
		w.v = v
		w.serve()
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
		w.serve()
		if !ok {
			return w.v, true
		}
		x.items = append(x.items, w.v)
	}
	return v, ok
}

// close sends everybody away; who selects has to look again, and may be served elsewhere before it does.
func (h *mhandle) close(q int) {
	x := h.m.queues[q]
	x.closed = true
	for _, w := range append(slices.Clone(x.getters), x.putters...) {
		if w.root != nil {
			w = w.root
		}
		w.done()
	}
	x.getters, x.putters = nil, nil
}

func (h *mhandle) set(f, v int) bool { return h.settle(f, v, "") }

func (h *mhandle) spoil(f int, drop bool) bool {
	if drop {
		return h.settle(f, 0, "dropped")
	}
	return h.settle(f, 0, "failed")
}

func (h *mhandle) settle(f, v int, err string) bool {
	x := h.m.futures[f]
	if x.done {
		return false
	}
	x.done, x.v, x.err = true, v, err
	for _, w := range x.waiters {
		w.done()
	}
	x.waiters = nil
	callAll(&x.hooks)
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
	return x.v, x.err
}

func (h *mhandle) pick(cases []step, v int) (i int, got, err string) {
	if h.s.cancelled {
		return -1, "", "cancelled"
	}
	for {
		if i, got, err, ok := h.poll(cases, v); ok {
			return i, got, err
		}
		root := &mwait{t: h.t}
		for i, c := range cases {
			if sub := h.line(&mwait{t: h.t, root: root, which: i, v: v}, c); sub != nil {
				root.subs = append(root.subs, sub)
			}
		}
		root.drop = (*mwait).leave
		err := h.park(root)
		root.leave()
		if root.won != nil {
			i = root.won.which
			return i, h.got(cases[i], root.won), ""
		}
		if err != "" {
			return -1, "", err
		} // else a queue was closed
	}
}

// poll takes the first case that can be had at once; the default, a yield, only if no other can.
func (h *mhandle) poll(cases []step, v int) (i int, got, err string, ok bool) {
	fallback := -1
	for i, c := range cases {
		switch c.op {
		case opGet:
			q := c.a % nQueues
			if v, ok := h.tryGet(q); ok || h.m.queues[q].closed {
				return i, fmt.Sprint(v, ok), "", true
			}
		case opPut:
			q := c.a % nQueues
			if h.tryPut(q, v) {
				return i, "", "", true
			}
			if h.m.queues[q].closed {
				return -1, "", "closed", true
			}
		case opAwait:
			if f := h.m.futures[c.a%nFutures]; f.done {
				return i, fmt.Sprint(f.v, f.err), "", true
			}
		case opJoin:
			if t := h.m.tasks[c.a]; t.over {
				return i, t.result, "", true
			}
		case opSleep:
			if c.d <= 0 {
				return i, "", "", true
			}
		case opYield:
			fallback = i
		}
	}
	return fallback, "", "", fallback >= 0
}

// line puts one case of a select where it is served.
func (h *mhandle) line(w *mwait, c step) *mwait {
	switch c.op {
	case opGet:
		return stand(&h.m.queues[c.a%nQueues].getters, w)
	case opPut:
		return stand(&h.m.queues[c.a%nQueues].putters, w)
	case opAwait:
		return whenDone(&h.m.futures[c.a%nFutures].hooks, w, w.serveUncut)
	case opJoin:
		return whenDone(&h.m.tasks[c.a].hooks, w, w.serveUncut)
	case opSleep:
		stopped := false
		x := h.m.arm(h.m.clock+c.d, func() {
			h.m.ready = append(h.m.ready, mready{fn: func() {
				if !stopped {
					w.serveUncut()
				}
			}})
		})
		w.drop = func(*mwait) {
			stopped = true
			h.m.disarm(x)
		}
		return w
	}
	return nil
}

// serveUncut serves a case of a select that was not cancelled.
func (w *mwait) serveUncut() {
	if !w.root.cut {
		w.serve()
	}
}

// whenDone has fn called when something is done, until w is dropped.
func whenDone(hooks *[]*mhook, w *mwait, fn func()) *mwait {
	k := &mhook{fn}
	*hooks = append(*hooks, k)
	w.drop = func(*mwait) { *hooks = slices.DeleteFunc(*hooks, func(x *mhook) bool { return x == k }) }
	return w
}

// got is what the case that won brought.
func (h *mhandle) got(c step, w *mwait) string {
	switch c.op {
	case opGet:
		return fmt.Sprint(w.v, true)
	case opAwait:
		f := h.m.futures[c.a%nFutures]
		return fmt.Sprint(f.v, f.err)
	case opJoin:
		return h.m.tasks[c.a].result
	}
	return ""
}

func (h *mhandle) several(mode aio.Mode, fs, ids []int) string {
	enough := func() bool { return h.enough(mode, fs, ids) }
	if enough() {
		return ""
	}
	if h.s.cancelled {
		return "cancelled"
	}
	w := &mwait{t: h.t}
	look := func() {
		if !w.served && enough() {
			w.served = true
			w.done()
		}
	}
	var subs []*mwait
	for _, f := range fs {
		if x := h.m.futures[f]; !x.done {
			subs = append(subs, whenDone(&x.hooks, &mwait{}, look))
		}
	}
	for _, id := range ids {
		if x := h.m.tasks[id]; !x.over {
			subs = append(subs, whenDone(&x.hooks, &mwait{}, look))
		}
	}
	err := h.park(w)
	for _, sub := range subs {
		sub.drop(sub)
	}
	if w.served { // also if it was cancelled in the same instant
		return ""
	}
	return err
}

// enough: all are done, or one is, or has failed with more than a cancellation.
func (h *mhandle) enough(mode aio.Mode, fs, ids []int) bool {
	left, done, failed := 0, false, false
	count := func(over bool, err string) {
		if !over {
			left++
			return
		}
		done = true
		failed = failed || err != "" && err != "cancelled"
	}
	for _, f := range fs {
		x := h.m.futures[f]
		err := x.err
		if err == "dropped" {
			err = "cancelled"
		}
		count(x.done, err)
	}
	for _, id := range ids {
		count(h.m.tasks[id].over, h.m.tasks[id].result)
	}
	return left == 0 || mode == aio.FirstDone && done || mode == aio.FirstError && failed
}
