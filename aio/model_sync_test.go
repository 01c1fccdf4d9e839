package aio_test

// What keeps tasks apart, or together, in the model.

func (h *mhandle) event() string {
	switch {
	case h.m.flagged:
		return ""
	case h.s.cancelled:
		return "cancelled"
	}
	return h.park(stand(&h.m.flags, &mwait{t: h.t}))
}

func (h *mhandle) raise() {
	h.flag(true)
	h.flag(false)
}

func (h *mhandle) flag(on bool) {
	h.m.flagged = on
	for on && len(h.m.flags) > 0 {
		first1(&h.m.flags).done()
	}
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

// condWait gives the lock away and takes it again, whatever happens meanwhile.
func (h *mhandle) condWait() string {
	if h.s.cancelled {
		return "cancelled"
	}
	h.unlock()
	err := h.park(stand(&h.m.conds, &mwait{t: h.t}))
	if h.m.holder == nil {
		h.m.holder = h.t
	} else {
		h.parkFor(stand(&h.m.lockers, &mwait{t: h.t}))
	}
	return err
}

func (h *mhandle) notify(n int) {
	for ; n > 0 && len(h.m.conds) > 0; n-- {
		first1(&h.m.conds).done()
	}
}

func (h *mhandle) acquire() string {
	switch {
	case h.s.cancelled:
		return "cancelled"
	case h.m.permits > 0:
		h.m.permits--
		return ""
	}
	return h.park(stand(&h.m.semas, &mwait{t: h.t}))
}

func (h *mhandle) release() {
	if w := first1(&h.m.semas); w != nil {
		w.done()
	} else {
		h.m.permits++
	}
}

func (h *mhandle) barrier() (int, string) {
	switch {
	case h.s.cancelled:
		return 0, "cancelled"
	case len(h.m.parties) == nParties-1:
		h.meet(false)
		return nParties - 1, ""
	}
	w := stand(&h.m.parties, &mwait{t: h.t})
	err := h.park(w)
	switch {
	case w.served:
		return w.v, ""
	case w.broken:
		return 0, "broken"
	}
	return 0, err
}

func (h *mhandle) reset() { h.meet(true) }

// meet ends the wait of all at the barrier.
func (h *mhandle) meet(broken bool) {
	for i, w := range h.m.parties {
		w.v, w.served, w.broken = i, !broken, broken
		w.done()
	}
	h.m.parties = nil
}
