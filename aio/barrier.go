package aio

// Barrier lets n tasks meet: each waits until the last has come, and then they all go on. It can be used again.
type Barrier struct {
	l       *Loop
	n       int
	broken  bool
	parties []*arrival // those that wait, in order
}

// arrival is one task at a barrier.
type arrival struct {
	t      *task
	place  int
	passed bool
	broken bool
}

// NewBarrier makes a barrier for n tasks.
func NewBarrier(l *Loop, n int) *Barrier { return &Barrier{l: l, n: max(n, 1)} }

// Wait waits for the others. place is 0 for the first that came and n-1 for the last, so that one of them can do what has to
// be done once. A task that is cancelled leaves, and one more has to come. [ErrBroken] after Abort.
func (b *Barrier) Wait(co *Co) (place int, err error) {
	if b.l != co.t.l {
		return 0, ErrWrongLoop
	}
	t, err := co.enter()
	if err != nil {
		return 0, err
	}
	if b.broken {
		return 0, ErrBroken
	}
	b.tidy()
	if len(b.parties) == b.n-1 {
		b.release(false)
		return b.n - 1, nil
	}
	a := &arrival{t: t}
	b.parties = append(b.parties, a)
	t.await = awaitBarrier
	t.park(co.s)
	switch {
	case a.passed:
		return a.place, nil
	case a.broken:
		return 0, ErrBroken
	default:
		b.remove(a)
		return 0, co.s.err
	}
}

// release ends the wait of everybody.
func (b *Barrier) release(broken bool) {
	b.tidy()
	for i, a := range b.parties {
		a.place, a.passed, a.broken = i, !broken, broken
		b.l.makeReady(a.t)
	}
	b.parties = nil
}

// tidy removes those that were cancelled and have not run since.
func (b *Barrier) tidy() {
	kept := b.parties[:0]
	for _, a := range b.parties {
		if !a.t.cut {
			kept = append(kept, a)
		}
	}
	clear(b.parties[len(kept):])
	b.parties = kept
}

func (b *Barrier) remove(a *arrival) {
	for i, x := range b.parties {
		if x == a {
			b.parties = append(b.parties[:i], b.parties[i+1:]...)
			return
		}
	}
}

// Abort breaks the barrier: who waits, and who comes until Reset, gets [ErrBroken].
func (b *Barrier) Abort() {
	b.l.onLoop()
	b.broken = true
	b.release(true)
}

// Reset mends the barrier; who still waits gets [ErrBroken].
func (b *Barrier) Reset() {
	b.Abort()
	b.broken = false
}

// Waiting is the number of tasks that wait.
func (b *Barrier) Waiting() int {
	b.tidy()
	return len(b.parties)
}

// Broken says whether it was aborted.
func (b *Barrier) Broken() bool { return b.broken }
