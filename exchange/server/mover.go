package server

import (
	"fmt"
	"math/rand/v2"

	"baton/aio"
	"baton/exchange/face"
	"baton/exchange/flow"
	"baton/market"
)

// mover is what moves the market: a recording or a crowd.
type mover interface {
	Next() market.Nanos // when the next event is due; aio.Never: none is, or it has not started
	step()              // plays it
	ready()             // asks whether a recording may start
	started() bool
	shift() market.Nanos
	done() *aio.Future[struct{}]
}

func (s *Server) mover(cfg *Config, rng *rand.PCG) (mover, error) {
	if cfg.Tape != nil {
		return newReplay(s, cfg)
	}
	var openings []flow.Opening
	for _, o := range cfg.Openings {
		if o.Price.IsZero() {
			continue
		}
		i, _ := s.x.Index(o.Symbol)
		if cfg.State != nil && !cfg.State.Prices[o.Symbol].IsZero() {
			o.Price = cfg.State.Prices[o.Symbol]
		}
		openings = append(openings, flow.Opening{Instrument: i, Price: o.Price, Rate: o.Rate, Depth: o.Depth})
	}
	if len(openings) == 0 {
		return &idle{never: aio.NewFuture[struct{}](s.l)}, nil
	}
	c, err := flow.NewPlanned(s.x, rng, s.l.Now(), cfg.Plan, openings...)
	if err != nil {
		return nil, err
	}
	return &crowd{c, aio.NewFuture[struct{}](s.l)}, nil
}

// crowd is a synthetic market: it moves from the first moment, and for ever.
type crowd struct {
	*flow.Synthetic
	never *aio.Future[struct{}]
}

func (c *crowd) step()                       { c.Step() }
func (c *crowd) ready()                      {}
func (c *crowd) started() bool               { return true }
func (c *crowd) shift() market.Nanos         { return 0 }
func (c *crowd) done() *aio.Future[struct{}] { return c.never }

// idle is a market that nobody moves but the clients.
type idle struct{ never *aio.Future[struct{}] }

func (*idle) Next() market.Nanos            { return aio.Never }
func (*idle) step()                         {}
func (*idle) ready()                        {}
func (*idle) started() bool                 { return true }
func (*idle) shift() market.Nanos           { return 0 }
func (m *idle) done() *aio.Future[struct{}] { return m.never }

// replay plays a recording, its receive times and its E and T each shifted by one constant.
type replay struct {
	s       *Server
	f       *face.Face
	tape    *flow.Tape
	index   []int // of the tape's instruments at the exchange
	k       int   // next entry
	begun   bool
	wait    *aio.Timer // for the end of the grace
	patient bool       // the grace has been measured from the first subscription of a book
	grace   market.Nanos
	delta   market.Nanos // from receive time to the loop's
	dated   market.Nanos // the shift of E and T
	over    *aio.Future[struct{}]

	// The event being played, with its times shifted.
	quote market.Quote
	trade market.Trade
	diff  market.Diff
	snap  market.Snapshot
	mark  market.Mark
}

// newReplay loads the recorded snapshots, which stand at the front of a sealed tape, and waits.
func newReplay(s *Server, cfg *Config) (*replay, error) {
	index, err := flow.Listed(cfg.Tape, s.x)
	if err != nil {
		return nil, err
	}
	if cfg.Tape.Len() == 0 {
		return nil, fmt.Errorf("the recording is empty")
	}
	p := &replay{s: s, f: s.f, tape: cfg.Tape, index: index, grace: market.Nanos(cfg.Grace), over: aio.NewFuture[struct{}](s.l)}
	now := s.l.Now()
	for ; p.k < p.tape.Len(); p.k++ {
		kind, i := p.tape.Kind(p.k)
		if kind != market.EventSnapshot {
			break
		}
		s.x.Snapshot(now, index[i], p.tape.Snapshot(p.k))
	}
	for k := p.k; k < p.tape.Len(); k++ {
		if kind, i := p.tape.Kind(k); kind == market.EventAgg {
			s.f.Aggregated(index[i])
		}
	}
	p.wait = aio.NewTimer(s.l, aio.ClassMarket, p.tired).Label("the exchange's patience")
	p.wait.Arm(now + p.grace)
	return p, nil
}

func (p *replay) started() bool               { return p.begun }
func (p *replay) shift() market.Nanos         { return p.dated }
func (p *replay) done() *aio.Future[struct{}] { return p.over }

// Next is when the next event is due.
func (p *replay) Next() market.Nanos {
	if !p.begun || p.k == p.tape.Len() {
		return aio.Never
	}
	return p.tape.At(p.k) + p.delta
}

// ready starts the recording once everybody who reads a book has it, and measures the grace from the first subscription.
func (p *replay) ready() {
	switch {
	case p.begun:
	case p.f.Synced():
		p.begin()
	case p.f.Watched() && !p.patient:
		p.patient = true
		p.wait.Arm(p.s.l.Now() + p.grace)
	}
}

// tired is the end of the grace.
func (p *replay) tired() {
	if !p.begun {
		p.begin()
		p.s.schedule()
	}
}

// begin fixes both shifts: the first event is due now, and its E is now.
func (p *replay) begin() {
	p.begun = true
	p.wait.Stop()
	now := p.s.l.Now()
	if p.k == p.tape.Len() {
		p.end()
		return
	}
	p.delta = now - p.tape.At(p.k)
	if e := p.firstTime(); e != 0 {
		p.dated = now - e
	}
}

// firstTime is E of the first event that has one.
func (p *replay) firstTime() market.Nanos {
	for k := p.k; k < p.tape.Len(); k++ {
		var e market.Nanos
		switch kind, _ := p.tape.Kind(k); kind {
		case market.EventQuote:
			e = p.tape.Quote(k).Event
		case market.EventTrade, market.EventAgg:
			e = p.tape.Trade(k).Event
		case market.EventDiff:
			e = p.tape.Diff(k).Event
		case market.EventMark:
			e = p.tape.Mark(k).Event
		}
		if e != 0 {
			return e
		}
	}
	return 0
}

// step plays the next entry of the tape. What the exchange repeats of it goes to the streams.
func (p *replay) step() {
	now, k := p.Next(), p.k
	p.k++
	kind, t := p.tape.Kind(k)
	x, i := p.s.x, p.index[t]
	switch kind {
	case market.EventQuote:
		p.quote = *p.tape.Quote(k)
		p.date(&p.quote.Event, &p.quote.Transact)
		x.Quote(now, i, &p.quote)
	case market.EventTrade, market.EventAgg:
		p.trade = *p.tape.Trade(k)
		p.date(&p.trade.Event, &p.trade.Transact)
		x.Trade(now, i, &p.trade)
	case market.EventDiff:
		p.diff = *p.tape.Diff(k)
		p.date(&p.diff.Event, &p.diff.Transact)
		if x.Diff(now, i, &p.diff) == nil {
			p.s.stats.Skipped++
		}
	case market.EventSnapshot:
		p.snap = *p.tape.Snapshot(k)
		p.date(&p.snap.Event, &p.snap.Transact)
		x.Snapshot(now, i, &p.snap)
	case market.EventMark:
		p.mark = *p.tape.Mark(k)
		p.date(&p.mark.Event, &p.mark.Next)
		x.Mark(now, i, &p.mark)
	case market.EventGap:
		x.Gap(now, i)
	}
	if p.k == p.tape.Len() {
		p.end()
	}
}

// date shifts E and T; a time that the recording lacks stays away.
func (p *replay) date(times ...*market.Nanos) {
	for _, t := range times {
		if *t != 0 {
			*t += p.dated
		}
	}
}

func (p *replay) end() { _ = p.over.Set(struct{}{}) }
