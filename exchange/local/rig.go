package local

import (
	"time"

	"baton/aio"
	"baton/exchange"
	"baton/market"
)

// rig is what tests and torture do to the line.
type rig struct {
	announce  bool // some sink may have to hear a status
	cut       bool
	loseAcks  int
	loseFills int
}

// LoseAck loses the next n answers to commands. The commands themselves work.
func (d *Driver) LoseAck(n int) { d.rig.loseAcks = n }

// DelayAck delays the next answer, and so everything behind it on that connection.
func (d *Driver) DelayAck(by time.Duration) {
	d.answered.Delay(d.loop.Now() + market.Nanos(d.cfg.Out.Min+d.cfg.Back.Min+by))
}

// LoseFill loses the next n fills on their way back. The exchange has booked them.
func (d *Driver) LoseFill(n int) { d.rig.loseFills = n }

func (r *rig) loses(a *answer) bool {
	if a.ask != nil || r.loseAcks == 0 {
		return false
	}
	r.loseAcks--
	return true
}

func (r *rig) losesFill() bool {
	if r.loseFills == 0 {
		return false
	}
	r.loseFills--
	return true
}

// Cut takes the line down. Market data stops, and each sink hears that its book is stale. Commands on their way still arrive,
// but their answers are lost: they are told as Unknown at the next delivery; queries end with ErrCut. Send refuses. What
// the exchange does to the account meanwhile waits for Restore, as a client would catch up by queries.
func (d *Driver) Cut() {
	if d.rig.cut {
		return
	}
	d.rig.cut, d.rig.announce = true, true
	now := d.loop.Now()
	for a := range d.answers.all {
		a.at, a.outcome = now, market.Unknown()
		a.ask.fail(ErrCut)
	}
	for m := range d.orders.all {
		if m.ask.fail(ErrCut); m.ask == nil && !m.lost {
			*d.answers.push() = answer{at: now, id: m.cmd.ID, op: m.cmd.Op}
		}
		m.lost = true
	}
	if d.answers.len() > 0 {
		d.reply = now
	}
	d.tell = aio.Never
	d.arm()
}

// Restore brings the line back: books are exact again, and what waited is delivered.
func (d *Driver) Restore() {
	if !d.rig.cut {
		return
	}
	d.rig.cut, d.rig.announce = false, true
	if d.news.len() > 0 {
		d.tell = d.news.first().at
	}
	d.arm()
}

// Print prints a trade of a recorded market now, as if the recording had it. In a matched market only orders make trades.
func (d *Driver) Print(in *market.Instrument, t market.Trade) {
	i, ok := d.x.Index(in.Symbol)
	if !ok || d.x.Kind(i) != exchange.Recorded {
		return
	}
	d.x.Trade(d.loop.Now(), i, &t)
	if sink := d.hearer(i); sink != nil {
		sink.Trade(&t)
	}
	d.collect()
	d.arm()
}
