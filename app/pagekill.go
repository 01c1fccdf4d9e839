package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"baton/aio"
	"baton/control"
	"baton/ui"
)

// killStep is the name under which the page's audit shows what a kill does at the exchange.
const killStep = control.Kill + " step"

// byPage is who ends a run that was killed from its page.
const byPage = "the page"

// venueKill is the kill switch as the page pulls it. It does what `baton kill` does: the gate closes, the latch is set, and with a
// client of its own it cancels until the exchange was seen twice to hold nothing, off the loop. Each step is shown and noted. Then
// the run ends.
type venueKill struct {
	l     *live
	steps *aio.Inlet // what is done off the loop comes back by it
	begun bool
}

func (l *live) newVenueKill(loop *aio.Loop) *venueKill {
	k := &venueKill{l: l}
	k.steps = aio.NewInlet(loop, "kill steps", k.heard)
	return k
}

// pull is the page's command.
func (k *venueKill) pull(from string) control.Ack {
	if k.begun {
		return control.Refused("the kill switch was pulled already: its steps are below")
	}
	k.begun = true
	k.l.closeGates()
	asked := k.l.trader.CancelAll()
	if !k.l.diary.replays() {
		k.l.shown.loop.Spawn(func() { k.sweep(from) })
	}
	return control.Done("the gate is closed, no order leaves; %d orders are being cancelled, and the exchange is asked what is left: each step follows", asked)
}

// sweep cancels at the exchange until nothing is left, off the loop.
func (k *venueKill) sweep(from string) {
	l := k.l
	s := &killing{
		Kill: Kill{Access: &l.Access, KeepStops: true, Timeout: KillTimeout, Settle: KillSettle, Step: k.tell},
		dir:  l.dir, out: &KillReport{},
	}
	err := l.dir.latch(Latch{Time: time.Now(), Reason: "killed from the page", By: from})
	s.step("latch", err, "%s is set: no trader of this account starts until it is cleared", l.dir.file(latchName))
	ctx, cancel := context.WithTimeout(context.Background(), KillTimeout)
	defer cancel()
	err = s.cancelAll(ctx)
	s.positions(ctx)
	if err != nil {
		s.step("not proven", fmt.Errorf("%w: %w", ErrNotClean, err), "")
	} else {
		s.step("end", nil, "nothing is left but protective stops; the run ends")
	}
}

// tell brings a step to the loop.
func (k *venueKill) tell(s KillStep) {
	if b, err := json.Marshal(s); err == nil {
		k.steps.Post(b)
	}
}

// heard is a step, on the loop. The last one ends the run.
func (k *venueKill) heard(b []byte) {
	var s KillStep
	if json.Unmarshal(b, &s) != nil {
		return
	}
	l := k.l
	text := s.Name + ": " + s.Text
	l.Say("KILL " + text)
	l.trader.Remark("kill: " + text)
	if l.shown != nil {
		l.shown.fold.Audit(ui.Audit{WallMs: time.Now().UnixMilli(), AtMs: l.shown.loop.Now() / 1e6, From: "the trader", Name: killStep, Result: s.Text, OK: s.OK})
		l.shown.publish(l.shown.want)
	}
	switch s.Name {
	case "not proven":
		l.unclean = ErrNotClean
		l.kill(byPage)
	case "end":
		l.kill(byPage)
	}
}

// end stops listening.
func (k *venueKill) end() { k.steps.Close() }
