package torture

import (
	"slices"
	"time"

	"baton/aio"
	"baton/exchange/server"
	"baton/market"
)

// plan arms the beginnings of all incidents, and their ends.
func (w *world) plan(incidents []Incident) {
	for _, i := range incidents {
		e := &effect{Incident: i, rng: i.rng()}
		f := fault(i.ID)
		e.rate = f.rate[0] + e.rng.Float64()*(f.rate[1]-f.rate[0])
		e.kind = 1 + e.rng.IntN(1<<parts-2)
		w.l.CallAt(w.start+market.Nanos(i.From), func() { w.begin(e) })
		w.l.CallAt(w.start+market.Nanos(i.From+i.For), func() { w.end(e) })
	}
}

func (w *world) begin(e *effect) {
	w.say("incident: %s", e.Incident)
	w.active = append(w.active, e)
	f := fault(e.ID)
	switch {
	case w.cfg.Mode == Direct:
		w.beginDirect(e)
		return
	case f.chance != "":
		w.chance(f, e.rate)
		return
	case f.Where == OnDisk:
		w.beginDisk(e)
		return
	}
	switch e.ID {
	case "N1":
		w.reach(e.ID)
		w.listener.Close()
		w.breaker.Cut()
		w.breaker.Restore()
	case "N10":
		w.flap(e)
	case "W6":
		w.babble(e)
	case "E14":
		w.srv.Drift(time.Duration(1+e.rng.IntN(8)) * time.Second * time.Duration(1-2*(e.kind%2)))
	case "E43":
		w.reach(e.ID)
		w.srv.Maintain(true)
	}
}

func (w *world) end(e *effect) {
	w.active = slices.DeleteFunc(w.active, func(x *effect) bool { return x == e })
	f := fault(e.ID)
	if slices.ContainsFunc(w.active, func(x *effect) bool { return x.ID == e.ID }) && f.Where != OnDisk {
		return // another of its kind goes on
	}
	switch {
	case w.cfg.Mode == Direct:
		w.endDirect(e)
		return
	case f.chance != "":
		w.chance(f, 0)
		return
	case f.Where == OnDisk:
		w.endDisk(e)
		return
	}
	switch e.ID {
	case "N1":
		w.listen()
	case "N10":
		w.breaker.Restore()
	case "E14":
		w.srv.Drift(0)
	case "E43":
		w.srv.Maintain(false)
	}
}

// chance sets the probability of one of the server's faults.
func (w *world) chance(f *Fault, p float64) {
	w.count()
	if err := w.srv.SetChance(server.Chance{Name: f.chance, Probability: p, Wait: f.wait}); err != nil {
		w.obs.fail("run", "%v", err)
	}
}

// count attributes what the server's dice have done since the last look, where only one of its faults is active.
func (w *world) count() {
	if w.srv == nil {
		return
	}
	n := w.srv.Stats().Faults
	if n == w.faults {
		return
	}
	only := ""
	for _, e := range w.active {
		switch {
		case fault(e.ID).chance == "" || e.ID == only:
		case only != "":
			w.faults = n
			return
		default:
			only = e.ID
		}
	}
	if only != "" {
		w.reached[only] += n - w.faults
	}
	w.faults = n
}

// beginDisk begins an incident of the trader's machine.
func (w *world) beginDisk(e *effect) {
	d := w.disk
	switch e.ID {
	case "M1":
		w.down, w.keep = min(2*e.For, downMost), 1<<30
		w.die(e.ID)
	case "M2":
		w.down, w.keep = min(e.For, downMost), e.rng.IntN(400)
		d.dies, d.after = d.ops+1+e.rng.IntN(8), e.rng.IntN(2) == 0
	case "M3":
		d.short = true
	case "M4":
		d.full = true
	case "M5":
		d.readonly = true
	case "M6":
		d.badSync = true
	case "M7":
		if k := w.keeper(); k != nil {
			k.stall = time.Duration(1+e.rng.IntN(4)) * time.Second
		}
	}
}

// downMost is how long a process stays away.
const downMost = 14 * time.Second

// endDisk repairs the disk; a person starts the process again whose journal was broken by it.
func (w *world) endDisk(e *effect) {
	d := w.disk
	d.short, d.full, d.readonly, d.badSync = false, false, false, false
	k := w.keeper()
	if k == nil {
		return
	}
	k.stall = 0
	if k.j.Err() != nil || k.j.Low() != nil {
		w.down, w.keep = 300*time.Millisecond, e.rng.IntN(400)
		w.die("restart")
	}
}

// die ends the process now: it runs no more, and what it had not written is lost.
func (w *world) die(why string) {
	if w.life == nil || w.dying.Done() {
		return
	}
	if fault(why) != nil {
		w.reach(why)
	}
	w.say("the process dies (%s)", why)
	w.disk.dead = true
	if w.life.keeper != nil {
		w.life.keeper.dead = true
	}
	_ = w.dying.Set(struct{}{})
}

func (w *world) keeper() *keeper {
	if w.life == nil {
		return nil
	}
	return w.life.keeper
}

// reach counts that a fault has really happened.
func (w *world) reach(id string) { w.reached[id]++ }

// listen opens the exchange's port.
func (w *world) listen() {
	aio.Start(w.co, "listen", func(co *aio.Co) (err error) {
		w.listener, err = w.net.Listen(co, address, gate{w})
		return err
	})
}
