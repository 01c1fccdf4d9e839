package journal

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"baton/ledger"
	"baton/market"
)

// State is what a journal comes to: where a trader goes on after a crash.
type State struct {
	Records int            // of the whole journal, those before the snapshot that was read included
	Last    market.Nanos   // time of the last record
	Torn    int64          // bytes of a last write that a crash cut short; they were never acknowledged
	Next    market.OrderID // the first order id that was never used
	// Unresolved are the commands whose outcome is not proven, in order of the order ids: the venue must be asked about each
	// before anything is sent for it again.
	Unresolved []Pending
	// Working are the orders that were accepted and have not ended, in order.
	Working []market.Command
	// Orders are both, with all that is known of each, and those that ended with fills missing, in order: see [market.Inherited].
	Orders []market.Inherited
	Fills  []market.Fill       // each (instrument, trade id, side) once, in order; only those after the snapshot that was read
	Groups []market.GroupState // of orders, that have not come to their end, in order
	Latch  string              // why trading was stopped; "" where it was not, or the last latch record was empty and so cleared it

	Run      string       // the name under which its order numbers stand at the venue; "" where none was given
	Build    string       // that opened it last
	Books    ledger.State // what openings, fills, changes, adjustments and adoptions come to
	Problems []string     // what could not be booked; then Books is not to be trusted
}

// Pending is a command without a proven outcome. Sent says whether its bytes are known to have left; false proves nothing.
type Pending struct {
	Command market.Command
	Sent    bool
}

// live is an order that has not ended, or has fills missing.
type live struct {
	market.Inherited
	placed     bool // it is resolved whether it was taken
	cancelSent bool
}

// Bounds of the fold beside what the records name.
const (
	problemsMax = 16
	goneKept    = 1024 // orders that count as refused or absent, kept for when that proves wrong
)

type folding struct {
	state  State
	orders map[market.OrderID]*live
	gone   map[market.OrderID]*live
	oldest []market.OrderID // in gone
	groups map[market.OrderID]*market.GroupState
	legs   map[market.OrderID]*market.GroupState // by order: of the groups
	books  *ledger.Ledger
	fills  bool // keep them
}

func newFolding(fills bool) *folding {
	return &folding{state: State{Next: 1}, orders: map[market.OrderID]*live{}, gone: map[market.OrderID]*live{}, groups: map[market.OrderID]*market.GroupState{},
		legs: map[market.OrderID]*market.GroupState{}, books: ledger.New(nil), fills: fills}
}

// Fold reads a journal's records to the [State] they come to.
func Fold(records iter.Seq2[*market.Record, error]) (State, error) {
	f := newFolding(true)
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
		f.intent(&r.Command, r.Time)
	case market.RecordSent:
		f.sent(&r.Command)
	case market.RecordOutcome:
		f.outcome(&r.Command, &r.Outcome)
	case market.RecordUpdate:
		f.told(&r.Update)
	case market.RecordReport:
		f.report(r.Command.ID, &r.Report)
	case market.RecordFill:
		f.fill(&r.Fill)
	case market.RecordGroup:
		f.grouped(r.Group, r.Time)
	case market.RecordLatch:
		s.Latch = r.Text
	case market.RecordStart:
		s.Build = r.Text[:min(len(r.Text), maxName)]
		if s.Run == "" {
			s.Run = r.Run[:min(len(r.Run), maxName)]
		}
	default:
		f.book(r)
	}
}

// book is what a record does to the books alone.
func (f *folding) book(r *market.Record) {
	var err error
	switch r.Kind {
	case market.RecordChange:
		_, err = f.books.Change(&r.Change)
	case market.RecordOpen:
		err = f.books.Deposit(r.Time, r.Change.Asset, r.Change.Amount)
	case market.RecordAdjust:
		err = f.books.Adjust(r.Time, r.Change.Asset, r.Change.Amount, r.Text)
	case market.RecordAdopt:
		err = f.books.Adopt(r.Time, r.Position, r.Text)
	}
	f.problem(err)
}

func (f *folding) problem(err error) {
	if err != nil && len(f.state.Problems) < problemsMax {
		f.state.Problems = append(f.state.Problems, fmt.Sprintf("record %d: %v", f.state.Records, err))
	}
}

func (f *folding) intent(c *market.Command, at market.Nanos) {
	f.state.Next = max(f.state.Next, c.ID+1)
	o := f.orders[c.ID]
	switch {
	case c.Op == market.OpPlace:
		f.orders[c.ID] = &live{Inherited: market.Inherited{Command: *c, Intended: at}}
	case o == nil:
	case c.Op == market.OpAmend:
		o.Amending, o.Asked, o.NewPx, o.NewQty = true, c.Revision, c.Px, c.Qty
	default:
		o.Cancel, o.cancelSent = true, false
	}
}

func (f *folding) sent(c *market.Command) {
	if o := f.orders[c.ID]; o != nil {
		switch c.Op {
		case market.OpPlace:
			o.Sent = true
		case market.OpCancel:
			o.cancelSent = true
		}
	}
}

// outcome resolves a command. A refused place ends its order, unless the venue has shown that it has it; an accepted cancel does
// not end one: what ends an order is the venue's word about the order.
func (f *folding) outcome(c *market.Command, out *market.Outcome) {
	k := out.Kind()
	o := f.alive(c.ID, c.Op == market.OpPlace && k == market.IsAccepted)
	switch {
	case o == nil || k == market.IsUnknown:
	case c.Op == market.OpCancel:
		o.Cancel = false
	case c.Op == market.OpAmend:
		if o.Amending && (out.Revision == 0 || out.Revision == o.Asked) {
			o.amended(k == market.IsAccepted)
		}
	case k == market.IsRefused:
		f.absent(o)
	default:
		o.placed, o.Accepted = true, true
	}
}

// alive is an order that has not ended. proof takes one back that counted as refused or absent.
func (f *folding) alive(id market.OrderID, proof bool) *live {
	if o := f.orders[id]; o != nil || !proof {
		return o
	}
	o := f.gone[id]
	if o != nil {
		delete(f.gone, id)
		f.orders[id] = o
	}
	return o
}

// absent ends an order that counts as never having reached the venue.
func (f *folding) absent(o *live) {
	if o.Accepted {
		return
	}
	id := o.Command.ID
	delete(f.orders, id)
	f.gone[id] = o
	if f.oldest = append(f.oldest, id); len(f.oldest) > goneKept {
		delete(f.gone, f.oldest[0])
		f.oldest = f.oldest[1:]
	}
}

func (f *folding) report(id market.OrderID, r *market.Report) {
	switch r.Kind {
	case market.Found:
		if o := f.alive(id, r.Status != market.StatusRejected); o != nil {
			o.version(r.Px, r.Qty, r.Revision)
			if r.Settled && r.Qty != 0 {
				o.Amending, o.Command.Px, o.Command.Qty = false, r.Px, r.Qty
			}
			o.conditional(r.Algo, r.AlgoID, r.Qty)
		}
		f.update(id, r.Status, r.Filled, r.Venue)
	case market.ProvenAbsent:
		if o := f.orders[id]; o != nil {
			f.absent(o)
		}
	}
}

// amended ends the amendment in hand.
func (o *live) amended(taken bool) {
	if o.Amending = false; taken {
		o.Command.Px, o.Command.Qty, o.Command.Revision = o.NewPx, o.NewQty, o.Asked
	}
}

// version takes what a message says of an order's price and quantity, as package order does: its number, or figures that only the
// amendment in hand has, prove that it took effect.
func (o *live) version(px market.Ticks, qty market.Lots, revision int32) {
	c := &o.Command
	if o.Amending && qty != 0 && (revision == o.Asked || px == o.NewPx && qty == o.NewQty && (px != c.Px || qty != c.Qty)) {
		o.amended(true)
	}
}

// conditional takes where a conditional order is; qty is how much one closes, where that is known.
func (o *live) conditional(a market.AlgoStatus, id int64, qty market.Lots) {
	o.Algo = max(o.Algo, a)
	o.AlgoID = cmp.Or(id, o.AlgoID)
	if c := &o.Command; c.ClosePosition && c.Qty == 0 {
		c.Qty = qty
	}
}

// told takes an update.
func (f *folding) told(u *market.Update) {
	if o := f.alive(u.Order, u.Status != market.StatusRejected); o != nil {
		o.version(u.Px, u.Qty, u.Revision)
		o.conditional(u.Algo, u.AlgoID, u.Qty)
	}
	f.update(u.Order, u.Status, u.Filled, u.Venue)
}

// update takes what the venue said of an order: that it knows it proves that it accepted it, except where it says that it rejected
// it.
func (f *folding) update(id market.OrderID, s market.OrderStatus, filled market.Lots, venue int64) {
	o := f.alive(id, s != market.StatusRejected)
	if o == nil {
		return
	}
	o.placed, o.Accepted = true, true
	o.Reported = max(o.Reported, filled)
	if venue != 0 {
		o.Venue = venue
	}
	if s.Final() {
		o.Ended = s
	}
	f.close(o)
}

// close lets an order go that has ended and whose fills are all there.
func (f *folding) close(o *live) {
	qty := o.Command.Qty
	if o.Amending {
		qty = max(qty, o.NewQty)
	}
	if o.Ended.Final() && o.Filled >= o.Reported || qty > 0 && o.Filled >= qty {
		delete(f.orders, o.Command.ID)
	}
}

func (f *folding) fill(x *market.Fill) {
	applied, err := f.books.Fill(x)
	f.problem(err)
	if !applied {
		return
	}
	if f.fills {
		f.state.Fills = append(f.state.Fills, *x)
	}
	f.filledLeg(x)
	o := f.alive(x.Order, true)
	if o == nil {
		return
	}
	o.placed, o.Accepted = true, true
	o.Filled += x.Qty
	o.Reported = max(o.Reported, o.Filled)
	f.close(o)
}

// sorted are the orders that have not ended, in order.
func (f *folding) sorted() []*live {
	var out []*live
	for _, o := range f.orders { // order: sorted below
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b *live) int { return cmp.Compare(a.Command.ID, b.Command.ID) })
	return out
}

func (f *folding) result() State {
	s := f.state
	for _, o := range f.sorted() {
		c := o.Command
		if !o.placed {
			s.Unresolved = append(s.Unresolved, Pending{c, o.Sent})
		}
		if o.Cancel {
			cancel := market.Command{Op: market.OpCancel, ID: c.ID, Instrument: c.Instrument, Side: c.Side}
			s.Unresolved = append(s.Unresolved, Pending{cancel, o.cancelSent})
		}
		if o.Accepted && !o.Ended.Final() {
			s.Working = append(s.Working, c)
		}
		s.Orders = append(s.Orders, o.Inherited)
	}
	s.Groups = f.sortedGroups()
	s.Books = f.books.State()
	s.Problems = slices.Clone(s.Problems)
	return s
}
