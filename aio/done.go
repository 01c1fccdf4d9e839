package aio

// Joinable is what can be waited for together with others: a [Future] or a [Task].
type Joinable interface {
	Done() bool
	ending() *doneList
	loop() *Loop
	failed() bool // with more than the news of a cancellation
}

// Awaitable is a [Joinable] with a result of type T.
type Awaitable[T any] interface {
	Joinable
	Await(*Co) (T, error)
	Result() (T, error)
}

// Handle is something that will be called, and can be kept from it. The zero Handle is nothing.
type Handle struct {
	l    *Loop
	at   uint  // number in the ready queue
	hook *hook // or a callback of something that is not done
}

// Cancel keeps the function from being called; false: it has been, or was cancelled before.
func (h Handle) Cancel() bool {
	if h.hook != nil {
		if h.hook.fn == nil {
			return false
		}
		if !h.hook.due {
			h.hook.fn = nil
			return true
		}
		h.l, h.at = h.hook.l, h.hook.at
	}
	if h.l == nil {
		return false
	}
	e := h.l.ready.entry(h.at)
	if e == nil || e.fn == nil {
		return false
	}
	*e = handle{}
	return true
}

// hook is called when something is done.
type hook struct {
	fn   func() // nil: cancelled
	soon bool   // a user's callback: in the next pass, never at once
	due  bool   // it is in the ready queue, as number at
	l    *Loop
	at   uint
}

// doneList holds who waits for the end of a future or task.
type doneList struct {
	waitList
	more *more
}

// more is what few futures have.
type more struct {
	err    error
	hooks  []*hook
	unread *unread
	site   *callSite // where it was made, in debug
}

// err is what it ended with.
func (d *doneList) err() error {
	if d.more == nil {
		return nil
	}
	return d.more.err
}

// fail sets that.
func (d *doneList) fail(err error) {
	if err != nil || d.more != nil {
		d.extra().err = err
	}
}

func (d *doneList) extra() *more {
	if d.more == nil {
		d.more = new(more)
	}
	return d.more
}

// watch adds a hook.
func (d *doneList) watch(h *hook) *hook {
	m := d.extra()
	m.hooks = append(m.hooks, h)
	return h
}

// unwatch removes h.
func (d *doneList) unwatch(h *hook) {
	h.fn = nil
	for i, x := range d.more.hooks {
		if x == h {
			d.more.hooks = append(d.more.hooks[:i], d.more.hooks[i+1:]...)
			return
		}
	}
}

// finish wakes who waits, then calls the hooks, each in order of arrival.
func (d *doneList) finish(l *Loop) {
	d.wakeAll()
	if d.more == nil || d.more.hooks == nil {
		return
	}
	hooks := d.more.hooks
	d.more.hooks = nil
	for _, h := range hooks {
		switch {
		case h.fn == nil:
		case h.soon:
			h.due, h.l, h.at = true, l, l.ready.push(handle{fn: h.fn})
		default:
			h.fn()
		}
	}
}

// seen notes that somebody has read the error.
func (d *doneList) seen() {
	if d.more != nil && d.more.unread != nil {
		d.more.unread.read = true
		d.more.unread = nil
	}
}

// expected says whether somebody will hear of the end.
func (d *doneList) expected() bool {
	return d.first != nil || d.more != nil && len(d.more.hooks) > 0
}
