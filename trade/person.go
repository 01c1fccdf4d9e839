package trade

import (
	"errors"
	"fmt"
	"slices"

	"baton/market"
	"baton/risk"
)

// ErrLatched: the kernel itself stopped what increases a position, and only a new start by a person who has looked lifts that.
var ErrLatched = errors.New("trade: entries stay paused: the trader itself stopped them, see its notes; look, then start anew")

// Remark writes into the journal and the notes what a person did or said.
func (t *Trader) Remark(text string) { t.note("%s", text) }

// PauseEntries lets only what reduces a position pass until [Trader.ResumeEntries]. Orders that rest stay where they are.
func (t *Trader) PauseEntries() {
	if t.desk.Mode() == risk.Normal {
		t.desk.SetMode(risk.NoIncrease)
	}
}

// ResumeEntries takes PauseEntries back. It lifts neither a latch of the kernel, which is ErrLatched, nor a closed gate.
func (t *Trader) ResumeEntries() error {
	switch {
	case t.latched:
		return ErrLatched
	case t.Gate.Closed():
		return fmt.Errorf("%w; a new start opens it again", ErrStopped)
	case t.desk.Mode() == risk.NoIncrease:
		t.desk.SetMode(risk.Normal)
	}
	return nil
}

// CancelAll asks for the end of every order that has not ended, and says how many it asked for. Conditional orders that protect a
// position which is there stay: see [Trader.CancelProtective]. Groups give up what they have not filled.
func (t *Trader) CancelAll() (n int) {
	t.windGroups(nil)
	return t.cancelThose(func(o *Order) bool { return !t.guards(o) })
}

// CancelProtective asks for the end of every conditional order that protects a position, and says how many it asked for. Groups that
// protect one are released: they do not place it anew.
func (t *Trader) CancelProtective() (n int) {
	for _, g := range t.groups {
		if g.m.Protects() {
			g.Release()
		}
	}
	return t.cancelThose(t.guards)
}

func (t *Trader) cancelThose(which func(*Order) bool) (n int) {
	for _, s := range slices.Concat(t.sessions, t.absent) {
		for _, o := range slices.Clone(s.live) {
			if !o.rec.State.Terminal() && which(o) {
				t.cancel(o)
				n++
			}
		}
	}
	return n
}

// guards says whether an order is a conditional one that protects a position which is there. One whose position is gone is an orphan.
func (t *Trader) guards(o *Order) bool {
	return o.rec.Protects() && t.books.PositionOf(o.rec.Instrument, o.rec.PositionSide).Qty*market.Lots(o.rec.Side) < 0
}
