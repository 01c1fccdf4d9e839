package aio_test

import "strings"

// Tasks, groups and scopes of the model.

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

func (h *mhandle) spawn(id int, now bool, body func(machine) string) {
	t := h.m.born(h.g, body)
	if h.m.tasks[id] = t; now {
		h.m.turn(t)
	} else {
		h.m.wake(t)
	}
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

// shield moves the task out of its group's reach, then joins it.
func (h *mhandle) shield(id int) string {
	x, all := h.m.tasks[id], h.m.root.scope
	if !x.over && !x.scope.cancelled && !all.cancelled && x.scope.parent != all {
		x.scope.close()
		x.scope.under(all)
	}
	return h.join(id)
}

func (h *mhandle) cancel(id int) bool {
	x := h.m.tasks[id]
	if x.over || x.scope.cancelled {
		return false
	}
	x.scope.cancel()
	return true
}

func (h *mhandle) group(body func(machine) string) string {
	g := &mgroup{scope: h.s.open(h.t)}
	err := body(&mhandle{m: h.m, t: h.t, s: g.scope, g: g})
	g.note(err)
	if err != "" {
		g.scope.cancel()
	}
	for g.running > 0 {
		g.waiting = &mwait{}
		h.parkFor(g.waiting)
	}
	g.scope.close()
	switch {
	case len(g.errs) > 0:
		return strings.Join(g.errs, "+")
	case g.stopped && h.s.cancelled:
		return "cancelled"
	}
	return err
}

// note takes the end of a task or of the body; the first error cancels the others.
func (g *mgroup) note(err string) {
	switch err {
	case "":
	case "cancelled":
		g.stopped = true
	default:
		g.errs = append(g.errs, err)
		g.scope.cancel()
	}
}

func (g *mgroup) ended(result string) {
	g.running--
	if g.root {
		return
	}
	g.note(result)
	if g.running == 0 && g.waiting != nil {
		g.waiting.done()
	}
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
	err := body(&mhandle{m: h.m, t: h.t, s: s, g: h.g})
	if s.timer != nil {
		h.m.disarm(s.timer)
	}
	s.close()
	if err == "cancelled" && s.cancelled && s.expired && !h.s.cancelled {
		return "timeout"
	}
	return err
}

// waitFor is timeout that does not begin what has no time.
func (h *mhandle) waitFor(d int64, body func(machine) string) string {
	switch {
	case d > 0:
		return h.timeout(d, body)
	case h.s.cancelled:
		return "cancelled"
	default:
		return "timeout"
	}
}
