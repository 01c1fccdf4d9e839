package trade

import (
	"fmt"
	"time"

	"baton/aio"
	"baton/market"
	"baton/order"
)

// sweepAfter is how long an order that protects nothing may wait, before its end is asked for: a venue lets go of some by itself.
const sweepAfter = 2 * time.Second

// inheritGroups goes on with the groups of an earlier run, once their orders are known. They do nothing before [Trader.Run].
func (t *Trader) inheritGroups(r *Recovered) {
	for i := range r.Groups {
		st := &r.Groups[i]
		t.next = max(t.next, st.ID+1)
		s := t.sessionOf(st.Instrument)
		g := t.adopt(s, order.RestoreGroup(st, t.table))
		for k := range st.Legs {
			if o := t.handles[st.Legs[k].Order]; o != nil {
				o.group = g
			}
		}
		if s.book == nil {
			t.note("group %d (%s of %s) of the earlier run: the instrument is not open in this one: what rests at the venue stays, and nothing can be added",
				st.ID, st.Kind, st.Instrument.Symbol)
		}
	}
}

// checkGroups says what of the groups of an earlier run needs a look, after the account was compared.
func (t *Trader) checkGroups() {
	for _, g := range t.groups {
		if !g.Protected() {
			t.note("group %d (%s of %s): the position of %d lots is without its stop: it is placed anew, or the position is closed within %s",
				g.ID(), g.m.Kind, g.s.in.Symbol, g.position(), time.Duration(g.m.Bare))
		}
	}
}

// wind gives up what the groups of a session have not filled, when its strategy has ended; nil: of all.
func (t *Trader) windGroups(s *Session) {
	for _, g := range t.groups {
		if s == nil || g.s == s {
			g.Cancel()
		}
	}
}

// windMost is how long Stop waits for groups to come to rest: what is not protected then is closed at the market by its own bound.
const windMost = 10 * time.Second

// restGroups brings every group to its end, or to where only what protects a position is open, before the gate closes. With
// Config.Bare none is left.
func (t *Trader) restGroups(co *aio.Co) error {
	if len(t.groups) == 0 || t.Gate.Closed() || t.failed != nil {
		t.driving = false
		return nil
	}
	for _, g := range t.groups {
		if g.Cancel(); t.cfg.Bare {
			g.Release()
		}
	}
	t.driving = true
	t.poke()
	err := aio.Timeout(co, min(t.cfg.End, windMost), func(co *aio.Co, _ *aio.Scope) error {
		return aio.Group(co, func(co *aio.Co) error {
			staff := []*aio.Task[struct{}]{aio.Start(co, "sender", t.sender), aio.Start(co, "settler", t.settler)}
			err := t.untilQuiet(co)
			for _, task := range staff {
				task.Cancel(nil)
			}
			return err
		})
	})
	t.driving = false
	for _, g := range t.groups {
		g.timer.Stop()
		if !g.m.Quiet(g.position()) {
			t.note("group %d (%s of %s) did not come to rest: look at its orders and at the position of %d lots", g.ID(), g.m.Kind, g.s.in.Symbol, g.position())
		}
	}
	return beside(err)
}

func (t *Trader) untilQuiet(co *aio.Co) error {
	for pause := quietFirst; ; pause = min(2*pause, quietMost) {
		busy := t.poked
		for _, g := range t.groups {
			busy = busy || !g.m.Quiet(g.position())
		}
		if !busy {
			return nil
		}
		if err := co.Sleep(pause); err != nil {
			return err
		}
	}
}

// sweep asks for the end of orphans: orders of a group that is gone, and conditional orders that could only reduce a position which is
// not there, and which nothing open could make. It says when it has to look again.
func (t *Trader) sweep() (again market.Nanos) {
	now := t.loop.Now()
	again = aio.Never
	for _, s := range append(t.sessions[:len(t.sessions):len(t.sessions)], t.absent...) {
		for _, o := range append([]*Order(nil), s.live...) {
			switch {
			case o.rec.Cancel != order.CancelNone || !t.orphan(o):
				o.lonely = 0
			case o.lonely == 0:
				o.lonely = now
				again = min(again, now+market.Nanos(sweepAfter))
			case now < o.lonely+market.Nanos(sweepAfter):
				again = min(again, o.lonely+market.Nanos(sweepAfter))
			default:
				t.note("order %d (%s %s %s) is an orphan, and is cancelled: %s", o.rec.ID, s.in.Symbol, o.rec.Type, o.rec.Side, orphanOf(o))
				t.cancel(o)
			}
		}
	}
	return again
}

func orphanOf(o *Order) string {
	if o.group != nil {
		return fmt.Sprintf("its group %d has ended", o.group.ID())
	}
	return "it protects a position that is not there"
}

func (t *Trader) orphan(o *Order) bool {
	if o.group != nil {
		return o.group.Done()
	}
	if !o.rec.Protects() || !o.rec.Waits() || t.books.Position(o.rec.Instrument).Qty != 0 {
		return false
	}
	for _, x := range o.s.live {
		if !x.rec.Reduces() {
			return false
		}
	}
	return true
}
