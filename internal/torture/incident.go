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
		if len(f.names) > 0 {
			e.name = f.names[e.rng.IntN(len(f.names))]
		}
		if f.scene { // one kind a run: two that change the same thing would not put it back
			e.name = f.names[w.cfg.Seed%uint64(len(f.names))]
		}
		w.l.CallAt(w.start+market.Nanos(i.From), func() { w.begin(e) })
		w.l.CallAt(w.start+market.Nanos(i.From+i.For), func() { w.end(e) })
	}
}

func (w *world) begin(e *effect) {
	w.say("incident: %s", e.Incident)
	w.active = append(w.active, e)
	f := fault(e.ID)
	d := deeds[e.ID]
	switch {
	case f.Where == OnDisk:
		w.beginDisk(e)
	case w.cfg.Mode == Direct && e.ID != "M13":
		w.beginDirect(e)
	case f.scene:
		w.stage(e)
	case len(f.names) > 0:
		w.chance(e, e.rate)
	}
	if d.begin != nil && (w.cfg.Mode == Wire || e.ID == "M13") {
		d.begin(w, e)
	}
	if d.again != nil && w.cfg.Mode == Wire {
		w.repeat(e, d.again)
	}
}

func (w *world) end(e *effect) {
	w.active = slices.DeleteFunc(w.active, func(x *effect) bool { return x == e })
	f := fault(e.ID)
	if f.Where != OnDisk && slices.ContainsFunc(w.active, func(x *effect) bool { return x.ID == e.ID && x.name == e.name }) {
		return // another of its kind goes on
	}
	switch {
	case f.Where == OnDisk:
		w.endDisk(e)
	case w.cfg.Mode == Direct && e.ID != "M13":
		w.endDirect(e)
	case f.scene:
		w.srv.EndScenario(e.name)
	case len(f.names) > 0:
		w.chance(e, 0)
	}
	if d := deeds[e.ID]; d.end != nil && (w.cfg.Mode == Wire || e.ID == "M13") {
		d.end(w)
	}
}

// chance sets the probability of one of the server's faults.
func (w *world) chance(e *effect, p float64) {
	if err := w.srv.SetChance(server.Chance{Name: e.name, Probability: p, Wait: fault(e.ID).wait}); err != nil {
		w.obs.fail("run", "%v", err)
	}
}

// happened is how often a fault has really happened so far.
func (w *world) happened(id string) int {
	n := w.reached[id] + w.disk.did[id]
	if w.srv != nil {
		for _, name := range fault(id).names {
			n += w.srv.Happened(name)
		}
	}
	return n
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
