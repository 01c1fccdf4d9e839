package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"baton/aio"
	"baton/market"
	"baton/trade"
)

// diary joins a run to its recording: the run writes one, or plays one, or, with a nil diary, does neither.
type diary struct {
	rec  *scribe
	play *player

	trader *trade.Trader
	wire   *gate // nil: the run has none
}

// config adds to a loop's configuration what it records to, or replays.
func (d *diary) config(cfg aio.Config) aio.Config {
	switch {
	case d == nil:
	case d.rec != nil:
		cfg.Record = d.rec
	case d.play != nil:
		cfg.Replay, cfg.Follow = d.play.log, d.play.follow
	}
	return cfg
}

// begin is called by the run's main task, first.
func (d *diary) begin(l *aio.Loop) {
	if d != nil && d.rec != nil {
		d.rec.begin(l)
	}
}

// replays says that the run plays a recording, so that nothing outside may be touched.
func (d *diary) replays() bool { return d != nil && d.play != nil }

// line hears every line of the ledger.
func (d *diary) line(b []byte) {
	switch {
	case d == nil:
	case d.rec != nil:
		d.rec.line(markOf(b))
	case d.play != nil:
		d.play.line(b)
	}
}

// journal notes how far the journal reaches that the run begins from.
func (d *diary) journal(folder string) error {
	if d == nil || d.rec == nil {
		return nil
	}
	at, err := journalAtOf(folder)
	if err != nil {
		return err
	}
	return d.rec.note(ingressJournal, at)
}

// note hears what people are told.
func (d *diary) note(text string) {
	if d.replays() {
		d.play.look("note", text)
	}
}

// trades says which trader it is: a replay shows its state, and closes its gates where they were closed.
func (d *diary) trades(t *trade.Trader, asset string, wire *gate) {
	if d == nil {
		return
	}
	d.trader, d.wire = t, wire
	if d.play == nil {
		return
	}
	d.play.trader, d.play.asset = t, asset
	if end := d.play.tape.end; end != nil {
		t.Gate.CloseAt(end.TraderShut)
		if wire != nil {
			wire.at = end.WireShut
		}
	}
}

// finish closes a recording, with the digest of the ledger where the run came to its end.
func (d *diary) finish(r *Report, digest string, err error) error {
	if d == nil || d.rec == nil {
		return nil
	}
	end := recordedEnd{Digest: digest, Reconciled: r != nil && r.Reconciled}
	if d.trader != nil {
		end.TraderShut = d.trader.Gate.First()
	}
	if d.wire != nil {
		end.WireShut = d.wire.first
	}
	if err != nil {
		end.Error = err.Error()
	}
	return d.rec.finish(end)
}

// player plays a recording and compares.
type player struct {
	tape *recordedTape
	log  io.Reader
	done func()

	breakOn string
	seqMax  uint64       // stop behind this entry; 0: never
	timeMax market.Nanos // stop at this time of the run's clock; 0: never

	trader *trade.Trader
	asset  string
	seq    uint64 // of the entry that came in last
	now    market.Nanos
	first  market.Nanos
	lines  int
	halt   bool

	stopped  *Moment
	diverged *Divergence
}

// newPlayer opens the log of a recording.
func newPlayer(t *recordedTape, until, breakOn string) (*player, error) {
	p := &player{tape: t, breakOn: breakOn}
	if err := p.bound(until); err != nil {
		return nil, err
	}
	p.log, p.done = t.log()
	return p, nil
}

// bound reads where to stop: an entry's number, a span after the begin, or a time in UTC.
func (p *player) bound(until string) error {
	if until == "" {
		return nil
	}
	if _, err := fmt.Sscanf(until, "%d", &p.seqMax); err == nil && fmt.Sprint(p.seqMax) == until && p.seqMax > 0 {
		return nil
	}
	p.seqMax = 0
	start := p.tape.head.Start
	if start == 0 {
		start = p.tape.head.Begun.UnixNano()
	}
	if d, err := time.ParseDuration(until); err == nil && d > 0 {
		p.timeMax = start + market.Nanos(d)
		return nil
	}
	at, err := time.Parse(time.RFC3339, until)
	if err != nil {
		return fmt.Errorf("--until %q: write the number of an entry, a span after the begin (90s) or a time (2026-11-24T22:00:00Z)", until)
	}
	p.timeMax = at.UnixNano()
	return nil
}

// follow hears each entry before it comes in; false ends the replay in front of it.
func (p *player) follow(e aio.Entry) bool {
	over := p.seqMax > 0 && e.Seq > p.seqMax || p.timeMax > 0 && e.Now > p.timeMax
	if over && p.stopped == nil {
		p.stopped = p.moment("--until")
	}
	if over || p.halt {
		return false
	}
	if p.first == 0 {
		p.first = e.Now
	}
	p.seq, p.now = e.Seq, e.Now
	return true
}

// line compares a line of the ledger with the mark that the recording has of it.
func (p *player) line(b []byte) {
	n, marks := p.lines, p.tape.marks
	p.lines++
	text := string(bytes.TrimSpace(b))
	switch {
	case n < len(marks) && marks[n] != markOf(b):
		p.differ(fmt.Sprintf("line %d of the ledger is another one; this run writes: %s", n+1, text))
	case n >= len(marks) && p.tape.end != nil && n < marksMax:
		p.differ(fmt.Sprintf("the recorded ledger had %d lines; this run writes one more: %s", n, text))
	default:
		p.look("ledger", text)
	}
}

// differ notes the first difference, and ends the replay.
func (p *player) differ(what string) {
	if p.diverged == nil && p.stopped == nil {
		p.diverged = &Divergence{Seq: p.seq, What: what}
	}
	p.halt = true
}

// look stops where something happens that was asked for.
func (p *player) look(kind, text string) {
	if p.breakOn != "" && p.stopped == nil && strings.Contains(kind+" "+text, p.breakOn) {
		p.stopped = p.moment(kind + " " + text)
		p.halt = true
	}
}

// Moment is how things stand where a replay stops.
type Moment struct {
	Seq       uint64     `json:"seq"` // of the entry that came in last
	Time      time.Time  `json:"time"`
	Why       string     `json:"why"` // the event that it stops on, or --until
	Wallet    string     `json:"wallet"`
	Equity    *string    `json:"equity"`
	Positions []Position `json:"positions"`
	Orders    []string   `json:"orders"` // that are open
}

// moment takes it.
func (p *player) moment(why string) *Moment {
	m := &Moment{Seq: p.seq, Time: time.Unix(0, p.now).UTC(), Why: why, Positions: []Position{}, Orders: []string{}}
	if p.trader == nil {
		return m
	}
	m.Wallet = p.trader.Ledger().Wallet(p.asset).String()
	if e, err := p.trader.Equity(p.asset); err == nil {
		text := e.String()
		m.Equity = &text
	}
	for x := range p.trader.Ledger().Positions() {
		if x.Qty != 0 {
			m.Positions = append(m.Positions, Position{x.Instrument.Symbol, x.Instrument.Quantity(x.Qty), x.Entry()})
		}
	}
	for o := range p.trader.Orders().All() {
		if o.Live() {
			in := o.Instrument
			m.Orders = append(m.Orders, fmt.Sprintf("#%d %s %s %s at %s, filled %s, %s", o.ID, in.Symbol, o.Side, in.Quantity(o.Qty), in.Price(o.Px),
				in.Quantity(o.Filled), o.State))
		}
	}
	return m
}

// Divergence is where a replay is not what was recorded.
type Divergence struct {
	Seq  uint64 `json:"seq"` // of the first entry of the ingress log that does not fit, or behind which something else happened
	What string `json:"what"`
}

// ErrDiverged: a replay did something else than the recorded run.
var ErrDiverged = errors.New("the replay differs from the recorded run")

// judge makes of how a replayed run ended what there is to tell.
func (p *player) judge(out *Replayed, digest string, err error) error {
	out.Entries, out.Lines, out.Seconds, out.Stopped, out.Diverged = p.seq, p.lines, seconds(p.now-p.first), p.stopped, p.diverged
	if digest != "" {
		out.Digest = &digest
	}
	if e := p.tape.end; e != nil {
		out.Whole = true
		if e.Digest != "" {
			out.Recorded = &e.Digest
		}
	}
	re, differs := errors.AsType[*aio.ReplayError](err)
	switch {
	case p.stopped != nil:
		return nil
	case p.diverged != nil:
	case differs && !out.Whole && p.tape.damage == nil && re.Seq == p.seq+1: // all of it was played: the run was killed, or its machine
		return nil
	case differs:
		out.Diverged = &Divergence{re.Seq, re.What}
	case out.Recorded != nil && digest != *out.Recorded:
		out.Diverged = &Divergence{p.seq, fmt.Sprintf("the digest of the ledger is %s, recorded was %s", digest, *out.Recorded)}
	case out.Recorded == nil && out.Whole: // it had failed, as it does again
	case digest == "":
		return err
	}
	if out.Diverged != nil {
		return fmt.Errorf("%w at entry %d of the ingress log: %s", ErrDiverged, out.Diverged.Seq, out.Diverged.What)
	}
	out.Same = true
	return nil
}
