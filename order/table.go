package order

import (
	"errors"
	"fmt"
	"iter"

	"baton/market"
)

// ErrFull: the table holds as many orders as it may; retire closed ones. ErrDuplicate: an order number was used before and is
// still in the table. ErrLive: an order that has not ended, or has fills outstanding, cannot be retired. ErrNoOrder: no such
// order.
var (
	ErrFull      = errors.New("order: table is full")
	ErrDuplicate = errors.New("order: number is in use")
	ErrLive      = errors.New("order: not ended yet")
	ErrNoOrder   = errors.New("order: no such order")
)

const slab = 256 // orders allocated at once

// Table holds a trader's orders by number. Its memory is bounded by its limit, and nothing is allocated once that many orders
// were in it at once.
type Table struct {
	limit       int
	n           int
	index       []*Order // open addressing by ID: numbers count up, so that a mask spreads them perfectly
	first, last *Order   // by age, which is also by number
	free        []*Order
}

// NewTable makes a table for up to limit orders, closed ones that are not retired yet included.
func NewTable(limit int) *Table {
	size := 16
	for size < 2*limit {
		size *= 2
	}
	return &Table{limit: limit, index: make([]*Order, size)}
}

// Intend enters the order that c asks for, in state Intended.
func (t *Table) Intend(c *market.Command, now market.Nanos) (*Order, error) {
	if t.n >= t.limit {
		return nil, fmt.Errorf("%w: %d orders", ErrFull, t.limit)
	}
	if t.Order(c.ID) != nil {
		return nil, fmt.Errorf("%w: %d", ErrDuplicate, c.ID)
	}
	o := t.take()
	*o = Order{Command: *c, State: Intended, most: c.Qty, Created: now, Changed: now}
	t.link(o)
	return o, nil
}

// Inherit enters an order of an earlier run as its journal left it: New or PartiallyFilled where the venue is proven to have taken
// it, as it ended where only fills are missing, else Unknown, however likely it is that it never left. Its cancel, if one was asked
// for, is unknown.
func (t *Table) Inherit(h *market.Inherited, now market.Nanos) (*Order, error) {
	o, err := t.Intend(&h.Command, now)
	if err != nil {
		return nil, err
	}
	o.Venue, o.Filled, o.Reported = h.Venue, h.Filled, max(h.Reported, h.Filled)
	switch {
	case h.Ended.Final():
		o.State = moves[New][statusNews[h.Ended]].to
	case h.Filled > 0 || h.Reported > 0:
		o.State = PartiallyFilled
	case h.Accepted:
		o.State = New
	default:
		o.State = Unknown
	}
	if h.Intended != 0 {
		o.Created = h.Intended
	}
	if h.Cancel && o.Live() {
		o.Cancel, o.asked = CancelUnknown, true
	}
	o.AlgoID, o.Algo, o.Asked = h.AlgoID, h.Algo, h.Asked
	if h.Amending && o.Live() {
		o.Amend, o.NewPx, o.NewQty = AmendUnknown, h.NewPx, h.NewQty
	}
	return o, nil
}

// Order is the order of that number, or nil.
func (t *Table) Order(id market.OrderID) *Order {
	mask := len(t.index) - 1
	for i := int(id) & mask; t.index[i] != nil; i = (i + 1) & mask {
		if t.index[i].ID == id {
			return t.index[i]
		}
	}
	return nil
}

// Len is how many orders are in the table, closed ones included.
func (t *Table) Len() int { return t.n }

// All goes through the orders, oldest first. The order in hand may be retired, others may not.
func (t *Table) All() iter.Seq[*Order] {
	return func(yield func(*Order) bool) {
		for o := t.first; o != nil; {
			next := o.next
			if !yield(o) {
				return
			}
			o = next
		}
	}
}

// Canceling notes that a cancel of the order is intended. Intended again after a refused or unknown one.
func (t *Table) Canceling(id market.OrderID, now market.Nanos) Step {
	s, o := t.step(id)
	if o == nil {
		return s
	}
	if !o.Live() {
		s.Facts |= Illegal
		return s
	}
	o.Cancel, o.Changed, o.asked = CancelIntended, now, true
	return s
}

// Sent notes that the bytes of a command left.
func (t *Table) Sent(id market.OrderID, op market.Op, now market.Nanos) Step {
	s, o := t.step(id)
	switch {
	case o == nil:
	case op == market.OpPlace:
		s.hear(newsSent, now)
	case op == market.OpAmend && o.Amend == AmendIntended:
		o.Amend, o.Changed = AmendSent, now
	case op == market.OpCancel && o.Cancel == CancelIntended:
		o.Cancel, o.Changed = CancelSent, now
	default:
		s.Facts |= Stale
	}
	return s
}

// Reply takes the answer to a command. An accepted cancel does not end the order: see [CancelAccepted].
func (t *Table) Reply(id market.OrderID, op market.Op, out market.Outcome, now market.Nanos) Step {
	s, o := t.step(id)
	if o == nil {
		return s
	}
	if out.Kind() == market.IsRefused {
		o.Code, o.Text = out.Code, out.Text
	}
	switch op {
	case market.OpCancel:
		s.cancelReply(out.Kind(), now)
	case market.OpAmend:
		s.amendReply(out, now)
	default:
		s.hear([...]news{newsUnknown, newsAccepted, newsRefused}[out.Kind()], now)
	}
	return s.done()
}

func (s *Step) cancelReply(k market.OutcomeKind, now market.Nanos) {
	o := s.Order
	switch {
	case o.Cancel != CancelNone:
	case o.asked: // late: a query has settled it meanwhile
		s.Facts |= Stale
		return
	default:
		s.Facts |= Illegal
		return
	}
	o.Cancel = [...]CancelState{CancelUnknown, CancelAccepted, CancelRefused}[k]
	o.Changed = now
	s.Facts |= CancelEnded
}

// Update takes what the venue did. fresh says that u.Fill, if there is one, was booked by the ledger just now; a fill that had
// been booked before counts no second time.
func (t *Table) Update(u *market.Update, fresh bool, now market.Nanos) Step {
	s, o := t.step(u.Order)
	if o == nil {
		return s
	}
	if u.Venue != 0 {
		o.Venue = u.Venue
	}
	if u.Algo != market.AlgoNone && u.Algo < o.Algo && o.Algo == market.AlgoRejected && u.Fill == nil {
		s.Facts |= Stale // of a conditional order that was refused when its trigger came: what it was before is no proof of life
		return s.done()
	}
	s.conditional(u.Algo, u.AlgoID, u.Reason)
	s.version(u.Px, u.Qty, u.Revision, now)
	if u.Fill != nil && fresh {
		s.fill(u.Fill, now)
	}
	s.reported(u.Filled)
	switch {
	case u.Status != market.StatusNone:
		s.hear(statusNews[u.Status], now)
	case u.Fill != nil:
		s.hear(fillNews(o), now)
	}
	s.ended(u.Qty != 0)
	return s.done()
}

// Fill takes one fill that the ledger booked just now and that came without an update: one of a report's, or of a list of
// trades.
func (t *Table) Fill(f *market.Fill, now market.Nanos) Step {
	s, o := t.step(f.Order)
	if o == nil {
		return s
	}
	s.fill(f, now)
	s.hear(fillNews(o), now)
	return s.done()
}

// fillNews is what a fill without a status says: the order is filled once nothing is left.
func fillNews(o *Order) news {
	if o.Filled >= o.worst() && o.Qty > 0 && !o.State.Terminal() {
		return newsFilled
	}
	return newsFill
}

// Report takes the answer to a query, after its fills were booked ([Table.Fill] for each that was new). Found and ProvenAbsent
// settle an order; ReportUnknown changes nothing.
func (t *Table) Report(id market.OrderID, r *market.Report, now market.Nanos) Step {
	s, o := t.step(id)
	if o == nil {
		return s
	}
	switch r.Kind {
	case market.Found:
		if r.Venue != 0 {
			o.Venue = r.Venue
		}
		o.doubt = false
		s.conditional(r.Algo, r.AlgoID, r.Reason)
		s.version(r.Px, r.Qty, r.Revision, now)
		if r.Settled {
			s.settleVersion(r, now)
		}
		s.reported(r.Filled)
		s.hear(statusNews[r.Status], now)
		s.ended(r.Qty != 0)
		if o.Live() && (o.Cancel == CancelUnknown || o.Cancel == CancelRefused) {
			o.Cancel = CancelNone // it rests: the cancel had no effect, and may be asked for again
		}
	case market.ProvenAbsent:
		s.hear(newsAbsent, now)
	default:
		s.Facts |= Stale
	}
	return s.done()
}

// Retire takes an order that ended out of the table and reuses its memory: nobody may look at it afterwards.
func (t *Table) Retire(id market.OrderID) error {
	o := t.Order(id)
	switch {
	case o == nil:
		return fmt.Errorf("%w: %d", ErrNoOrder, id)
	case o.Outstanding() > 0 || o.Live():
		return fmt.Errorf("%w: %d is %s, %d lots outstanding", ErrLive, id, o.State, o.Outstanding())
	}
	t.unlink(o)
	t.free = append(t.free, o)
	return nil
}

func (t *Table) step(id market.OrderID) (Step, *Order) {
	o := t.Order(id)
	if o == nil {
		return Step{Facts: NoSuchOrder}, nil
	}
	return Step{Order: o, From: o.State, To: o.State}, o
}

// done keeps what the order must remember of the step.
func (s Step) done() Step {
	s.Order.Facts |= s.Facts &^ Stale
	return s
}

func (t *Table) take() *Order {
	if len(t.free) == 0 {
		block := make([]Order, min(slab, t.limit-t.n))
		if cap(t.free) < t.limit {
			t.free = append(make([]*Order, 0, t.limit), t.free...)
		}
		for i := range block {
			t.free = append(t.free, &block[i])
		}
	}
	o := t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	return o
}

func (t *Table) link(o *Order) {
	mask := len(t.index) - 1
	i := int(o.ID) & mask
	for t.index[i] != nil {
		i = (i + 1) & mask
	}
	t.index[i] = o
	o.prev, o.next = t.last, nil
	if t.last != nil {
		t.last.next = o
	} else {
		t.first = o
	}
	t.last = o
	t.n++
}

// unlink removes o and moves back those behind it that only stand there because its place was taken.
func (t *Table) unlink(o *Order) {
	mask := len(t.index) - 1
	i := int(o.ID) & mask
	for t.index[i] != o {
		i = (i + 1) & mask
	}
	t.index[i] = nil
	for j := (i + 1) & mask; t.index[j] != nil; j = (j + 1) & mask {
		if home := int(t.index[j].ID) & mask; (j-home)&mask >= (j-i)&mask {
			t.index[i], t.index[j] = t.index[j], nil
			i = j
		}
	}
	if o.prev != nil {
		o.prev.next = o.next
	} else {
		t.first = o.next
	}
	if o.next != nil {
		o.next.prev = o.prev
	} else {
		t.last = o.prev
	}
	o.prev, o.next = nil, nil
	t.n--
}
