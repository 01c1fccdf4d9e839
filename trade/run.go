package trade

import (
	"errors"
	"fmt"
	"runtime/debug"

	"baton/aio"
	"baton/market"
)

// Strategy is one way to trade. Run gets a session of its own for each instrument; it returns when it has had enough, or what
// an await returned.
type Strategy struct {
	Name   string  // as typed: "maker"
	About  string  // one line for people
	Params []Param // what people may choose; see [Strategy.With]
	Run    func(co *aio.Co, s *Session) error
}

// PanicError is a strategy that panicked.
type PanicError struct {
	Strategy string
	Value    any
	Stack    []byte
}

// Error is the panic with where it happened.
func (e *PanicError) Error() string {
	return fmt.Sprintf("strategy %s panicked: %v\n%s", e.Strategy, e.Value, e.Stack)
}

// Run runs the strategy in each session, and returns when all have ended. A strategy that fails or panics ends alone: nothing
// is placed in its session any more, its orders are cancelled, and the others go on; the errors are joined in the end. The end
// of the feed is no error; a cancellation of co is, and then [Trader.Stop] is still due.
//
// A panic in a task that a strategy starts by itself ends the whole loop: recover there what may be recovered.
func (t *Trader) Run(co *aio.Co, st Strategy, sessions ...*Session) error {
	if t.running {
		return ErrRunning
	}
	if err := st.checkParams(); err != nil {
		return err
	}
	if len(st.Params) > 0 {
		r := t.entry(market.RecordNote)
		r.Text = st.Name + " runs with " + st.ParamText()
		t.journal.Append(r)
	}
	t.running, t.driving = true, true
	t.poke()
	defer func() { t.running = false }()
	return aio.Group(co, func(co *aio.Co) error {
		var staff []*aio.Task[struct{}]
		err := aio.Group(co, func(inner *aio.Co) error {
			for _, s := range sessions {
				s.params = st.Params
				aio.Start(inner, st.Name+" "+s.in.Symbol, func(co *aio.Co) error { return t.strategy(co, st, s) })
			}
			staff = t.staff(co) // after the strategies: the first tasks to wait wake up fastest
			return nil
		})
		for _, task := range staff {
			task.Cancel(nil)
		}
		for _, s := range sessions {
			if s.ended != nil {
				err = errors.Join(err, fmt.Errorf("%s on %s: %w", st.Name, s.in.Symbol, s.ended))
			}
		}
		return err
	})
}

// staff starts the kernel's own tasks.
func (t *Trader) staff(co *aio.Co) []*aio.Task[struct{}] {
	staff := []*aio.Task[struct{}]{aio.Start(co, "sender", t.sender), aio.Start(co, "settler", t.settler)}
	if t.cfg.Totals != nil {
		staff = append(staff, aio.Start(co, "valuer", t.valuer))
	}
	if t.cfg.Reconcile > 0 {
		staff = append(staff, aio.Start(co, "auditor", t.auditor))
	}
	if t.cfg.Guard > 0 {
		staff = append(staff, aio.Start(co, "guard", t.guard))
	}
	return staff
}

// strategy runs one strategy to its end. Only a cancellation is returned: an error of the strategy must not end the others.
func (t *Trader) strategy(co *aio.Co, st Strategy, s *Session) error {
	err := contain(co, st, s)
	s.close()
	t.windGroups(s)
	switch {
	case err == nil, errors.Is(err, ErrEnded):
		return nil
	case errors.Is(err, aio.ErrCancelled):
		return err
	}
	s.ended = err
	t.note("no-increase in %s: %s ended: %v", s.in.Symbol, st.Name, err)
	for _, o := range s.live {
		if !o.rec.Reduces() {
			t.cancel(o)
		}
	}
	return nil
}

// contain turns a panic of the strategy into an error.
func contain(co *aio.Co, st Strategy, s *Session) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		e := &PanicError{Strategy: st.Name, Value: v, Stack: debug.Stack()}
		if p, ok := v.(*aio.Panic); ok {
			e.Value, e.Stack = p.Value, p.Stack
		}
		err = e
	}()
	return aio.Group(co, func(co *aio.Co) error { return st.Run(co, s) })
}

// guardedFor has the desk let out what increases a position for half of the dead man's time behind a renewal: an order that leaves
// then is at the venue before its switch can fire, and does not outlive this process. Before the first renewal, the same holds from now.
func (t *Trader) guardedFor(renewed market.Nanos) {
	if renewed == 0 {
		renewed = t.loop.Now()
	}
	t.guardedAt = renewed
	t.desk.GuardedUntil(renewed + market.Nanos(t.cfg.Guard/2))
}

// guard renews the dead man's switch at the venue.
func (t *Trader) guard(co *aio.Co) error {
	for {
		t.guardedFor(t.guardedAt)
		asked := co.Now()
		switch err := t.venue.Guard(co, t.cfg.Guard); {
		case err == nil:
			t.guardedFor(asked)
		case co.Err() != nil:
			return co.Yield() // err may be the venue's own, which is no reason to end
		default:
			t.note("the dead man's switch was not renewed: %v", err)
		}
		if err := co.Sleep(t.cfg.Guard / 4); err != nil {
			return err
		}
	}
}
