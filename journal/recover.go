package journal

import (
	"cmp"
	"iter"
	"slices"

	"baton/market"
)

// State is what a journal comes to: where a trader goes on after a crash.
type State struct {
	Records int
	Last    market.Nanos   // time of the last record
	Torn    int64          // bytes of a last write that a crash cut short; they were never acknowledged
	Next    market.OrderID // the first order id that was never used
	// Unresolved are the commands whose outcome is not proven, in order of the order ids: the venue must be asked about each
	// before anything is sent for it again.
	Unresolved []Pending
	// Working are the orders that were accepted and have not ended, in order.
	Working []market.Command
	Fills   []market.Fill // each (instrument, trade id) once, in order
	Latch   string        // why trading was stopped; "" where it was not, or the last latch record was empty and so cleared it
}

// Pending is a command without a proven outcome. Sent says whether its bytes are known to have left; false proves nothing.
type Pending struct {
	Command market.Command
	Sent    bool
}

// tradeID tells fills apart (rule: applied once by instrument and trade id).
type tradeID struct {
	of    *market.Instrument
	trade int64
}

// live is an order that has not ended.
type live struct {
	place, cancel            Pending // the zero Op: there was no such intent
	accepted, placed, ending bool    // placed, ending: the command is resolved
	filled                   market.Lots
}

type folding struct {
	state  State
	orders map[market.OrderID]*live
	seen   map[tradeID]bool
}

// Fold reads a journal's records to the [State] they come to.
func Fold(records iter.Seq2[*market.Record, error]) (State, error) {
	f := folding{state: State{Next: 1}, orders: map[market.OrderID]*live{}, seen: map[tradeID]bool{}}
	for r, err := range records {
		if err != nil {
			return State{}, err
		}
		f.record(r)
	}
	return f.result(), nil
}

func (f *folding) record(r *market.Record) {
	s := &f.state
	s.Records++
	s.Last = r.Time
	switch r.Kind {
	case market.RecordIntent:
		f.intent(&r.Command)
	case market.RecordSent:
		f.sent(&r.Command)
	case market.RecordOutcome:
		f.outcome(&r.Command, r.Outcome.Kind())
	case market.RecordUpdate:
		f.update(r.Update.Order, r.Update.Status)
	case market.RecordFill:
		f.fill(&r.Fill)
	case market.RecordLatch:
		s.Latch = r.Text
	}
}

func (f *folding) intent(c *market.Command) {
	f.state.Next = max(f.state.Next, c.ID+1)
	o := f.orders[c.ID]
	if o == nil {
		o = &live{}
		f.orders[c.ID] = o
	}
	if c.Op == market.OpPlace {
		o.place = Pending{Command: *c}
	} else {
		o.cancel, o.ending = Pending{Command: *c}, false
	}
}

func (f *folding) sent(c *market.Command) {
	if o := f.orders[c.ID]; o != nil {
		if c.Op == market.OpPlace {
			o.place.Sent = true
		} else {
			o.cancel.Sent = true
		}
	}
}

// outcome resolves a command. A refused place ends its order; an accepted cancel does not: what ends an order is the venue's word
// about the order.
func (f *folding) outcome(c *market.Command, k market.OutcomeKind) {
	o := f.orders[c.ID]
	switch {
	case o == nil || k == market.IsUnknown:
	case c.Op == market.OpCancel:
		o.ending = true
	case k == market.IsRefused:
		delete(f.orders, c.ID)
	default:
		o.placed, o.accepted = true, true
	}
}

// update takes what the venue said of an order: that it knows it proves that it accepted it.
func (f *folding) update(id market.OrderID, s market.OrderStatus) {
	if o := f.orders[id]; o != nil {
		o.placed, o.accepted = true, true
		if s.Final() {
			delete(f.orders, id)
		}
	}
}

func (f *folding) fill(x *market.Fill) {
	key := tradeID{x.Instrument, x.Trade}
	if f.seen[key] {
		return
	}
	f.seen[key] = true
	f.state.Fills = append(f.state.Fills, *x)
	o := f.orders[x.Order]
	if o == nil {
		return
	}
	o.placed, o.accepted = true, true
	if o.filled += x.Qty; o.place.Command.Qty > 0 && o.filled >= o.place.Command.Qty {
		delete(f.orders, x.Order)
	}
}

func (f *folding) result() State {
	s := f.state
	for _, o := range f.orders {
		if o.place.Command.Op != 0 && !o.placed {
			s.Unresolved = append(s.Unresolved, o.place)
		}
		if o.cancel.Command.Op != 0 && !o.ending {
			s.Unresolved = append(s.Unresolved, o.cancel)
		}
		if o.accepted {
			s.Working = append(s.Working, o.place.Command)
		}
	}
	slices.SortFunc(s.Unresolved, func(a, b Pending) int {
		return cmp.Or(cmp.Compare(a.Command.ID, b.Command.ID), cmp.Compare(a.Command.Op, b.Command.Op))
	})
	slices.SortFunc(s.Working, func(a, b market.Command) int { return cmp.Compare(a.ID, b.ID) })
	return s
}
