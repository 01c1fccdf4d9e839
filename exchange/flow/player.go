package flow

import (
	"fmt"

	"baton/exchange"
	"baton/market"
)

// Player plays a tape into an exchange. What happens there is in the exchange's events.
type Player struct {
	tape  *Tape
	x     *exchange.Exchange
	index []int // of the tape's instruments at the exchange
	next  int
}

// NewPlayer makes a player at the start of a sealed tape. Every instrument on the tape must be listed at x as a recorded one.
func NewPlayer(t *Tape, x *exchange.Exchange) (*Player, error) {
	index, err := Listed(t, x)
	if err != nil {
		return nil, err
	}
	return &Player{tape: t, x: x, index: index}, nil
}

// Listed gives the exchange's index of each instrument of a tape; an error names the first that is not listed as a recorded
// one.
func Listed(t *Tape, x *exchange.Exchange) ([]int, error) {
	index := make([]int, len(t.list))
	for k, in := range t.list {
		i, ok := x.Index(in.Symbol)
		if !ok || x.Kind(i) != exchange.Recorded {
			return nil, fmt.Errorf("play a recording of %s: the exchange does not list it as a recorded market", in.Symbol)
		}
		index[k] = i
	}
	return index, nil
}

// Next is when the next event is due; exchange.Never at the end.
func (p *Player) Next() market.Nanos {
	if p.next == len(p.tape.at) {
		return exchange.Never
	}
	return p.tape.at[p.next]
}

// Step plays the next event, at its own time.
func (p *Player) Step() { p.StepAt(p.Next()) }

// StepAt plays the next event at another time: a recording shifted to now.
func (p *Player) StepAt(now market.Nanos) {
	if p.next == len(p.tape.at) {
		return
	}
	k := p.next
	p.next++
	e := &p.tape.entries[k]
	i := p.index[e.instrument]
	switch e.kind {
	case market.EventQuote:
		p.x.Quote(now, i, &p.tape.quotes[e.index])
	case market.EventTrade, market.EventAgg:
		p.x.Trade(now, i, &p.tape.trades[e.index])
	case market.EventDiff:
		p.x.Diff(now, i, &p.tape.diffs[e.index])
	case market.EventSnapshot:
		p.x.Snapshot(now, i, &p.tape.snapshots[e.index])
	case market.EventMark:
		p.x.Mark(now, i, &p.tape.marks[e.index])
	case market.EventGap:
		p.x.Gap(now, i)
	}
}

// Played is how many events were played.
func (p *Player) Played() int { return p.next }
