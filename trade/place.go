package trade

import (
	"fmt"
	"slices"

	"baton/aio"
	"baton/market"
	"baton/order"
)

// Place checks a request, reserves its worst case, writes the intent and sends it, in one breath: it has no co, so nothing
// can come in between. An error is the proof that nothing was sent: a *risk.Error, [ErrStopped], [ErrEnded], or a full table.
// What the venue makes of the order comes later: [Order.Outcome].
func (s *Session) Place(r Request) (*Order, error) {
	o, err := s.place(r)
	if err != nil {
		s.refusal(r.Side, err)
	}
	return o, err
}

func (s *Session) place(r Request) (*Order, error) {
	if s.shut {
		return nil, ErrStopped
	}
	return s.enter(r, nil, 0)
}

// enter is Place for whoever may: a strategy that has not ended, or a group, whose order is its leg of that role.
func (s *Session) enter(r Request, g *Group, role market.Role) (*Order, error) {
	t := s.t
	switch {
	case t.Gate.Closed():
		return nil, ErrStopped
	case t.failed != nil: // nor one that closes: a restart would not know of it, and would give its number to another
		return nil, fmt.Errorf("%w: the journal failed: %w", ErrStopped, t.failed)
	case s.status == market.Ended:
		return nil, ErrEnded
	}
	c := s.command(r)
	if err := t.desk.Reserve(&c, s.reference()); err != nil {
		return nil, err // it says that the order was not sent
	}
	rec, err := t.table.Intend(&c, t.loop.Now())
	if err != nil {
		t.desk.Release(c.ID)
		return nil, fmt.Errorf("order not sent: %w", err)
	}
	o := &Order{s: s, rec: rec, group: g}
	t.next++
	t.guarded = t.guarded || c.Protects()
	t.handles[c.ID] = o
	s.live = append(s.live, o)
	t.stats.Placed++
	if g != nil {
		g.write(&market.GroupRecord{Op: market.GroupLeg, Leg: market.Leg{Order: c.ID, Role: role, Trigger: max(c.Trigger, c.Activate), Qty: c.Qty}})
	}
	entry := t.entry(market.RecordIntent)
	entry.Command = c
	if t.journal.Append(entry) {
		t.send(&c)
		return o, nil
	}
	t.outbox = append(t.outbox, o)
	t.sync.ring()
	return o, nil
}

func (s *Session) command(r Request) market.Command {
	c := market.Command{
		Op: market.OpPlace, ID: s.t.next, Instrument: s.in, Side: r.Side, Type: r.Type, TIF: r.TIF, Px: r.Px, Qty: r.Qty,
		ReduceOnly: r.ReduceOnly, Trigger: r.Trigger, Working: r.Working, ClosePosition: r.ClosePosition, PriceProtect: r.PriceProtect,
		Callback: r.Callback, Activate: r.Activate, PositionSide: r.PositionSide, GoodTill: r.GoodTill, SelfTrade: r.SelfTrade,
		PriceMatch: r.PriceMatch,
	}
	if c.Type == 0 {
		c.Type = market.Limit
	}
	if c.TIF == 0 && (c.Type == market.Limit || c.Type == market.Stop || c.Type == market.TakeProfit) {
		c.TIF = market.GTC
	}
	return c
}

// Cancel asks for the end of an order. It does nothing where the order has ended or its cancel is under way. An order whose
// intent has not left yet is withdrawn. Cancels are journaled, and wait for no flush and no gate.
func (s *Session) Cancel(o *Order) { s.t.cancel(o) }

func (t *Trader) cancel(o *Order) {
	switch {
	case !o.rec.Live():
		return
	case o.rec.State == order.Intended:
		t.refuse(o.rec.ID, market.OpPlace, 0, "withdrawn before it was sent")
		return
	case o.rec.Cancel != order.CancelNone:
		return
	}
	t.table.Canceling(o.rec.ID, t.loop.Now())
	c := market.Command{Op: market.OpCancel, ID: o.rec.ID, Instrument: o.rec.Instrument, Side: o.rec.Side, Type: o.rec.Type}
	entry := t.entry(market.RecordIntent)
	entry.Command = c
	t.journal.Append(entry)
	t.send(&c)
}

// send is the one place from which commands leave. A new order, or an amendment, passes the gate or does not leave.
func (t *Trader) send(c *market.Command) {
	if c.Op != market.OpCancel && t.Gate.Closed() {
		t.refuseOf(c, ErrStopped.Error())
		return
	}
	if err := t.venue.Send(c); err != nil {
		t.refuseOf(c, err.Error())
		return
	}
	now := t.loop.Now()
	t.stats.Sent++
	t.table.Sent(c.ID, c.Op, now)
	entry := t.entry(market.RecordSent)
	entry.Command.ID, entry.Command.Op, entry.Command.Instrument = c.ID, c.Op, c.Instrument
	t.journal.Append(entry)
	t.expect(c.ID, c.Op)
}

// expect waits for the answer to a command, or for what has to follow it, no longer than Config.Answer from now.
func (t *Trader) expect(id market.OrderID, op market.Op) {
	t.asked = append(t.asked, asked{id, op, t.loop.Now() + market.Nanos(t.cfg.Answer)})
	if len(t.asked) == 1 {
		t.silence.Arm(t.asked[0].due)
	}
}

// accepted is a command whose answer says yes. Where that came too late to be waited for, the end that has to follow is waited
// for anew: it may be lost.
func (t *Trader) accepted(id market.OrderID, op market.Op) {
	a := asked{id: id, op: op}
	waited := func(x asked) bool { return x.id == id && x.op == op }
	if t.unanswered(a) && !slices.ContainsFunc(t.asked, waited) {
		t.expect(id, op)
	}
}

// refusal is an answer of our own, to a command that did not leave. It is delivered after what runs now, never inside it.
type refusal struct {
	id  market.OrderID
	op  market.Op
	out market.Outcome
}

func (t *Trader) refuse(id market.OrderID, op market.Op, code int, text string) {
	t.refuseWith(refusal{id, op, market.Refused(code, text)})
}

// refuseOf refuses a command that did not leave.
func (t *Trader) refuseOf(c *market.Command, text string) {
	r := refusal{c.ID, c.Op, market.Refused(0, text)}
	if c.Op == market.OpAmend {
		r.out.Revision = c.Revision
	}
	t.refuseWith(r)
}

func (t *Trader) refuseWith(r refusal) {
	t.refusals = append(t.refusals, r)
	if len(t.refusals) == 1 {
		t.loop.CallSoon(t.deliverRefusals)
	}
}

func (t *Trader) deliverRefusals() {
	for len(t.refusals) > 0 {
		r := t.refusals[0]
		t.refusals = t.refusals[1:]
		t.reply(r.id, r.op, r.out)
	}
	t.refusals = nil
}

// sender makes intents durable, all that wait at once, and sends them. What may have changed meanwhile is checked again.
func (t *Trader) sender(co *aio.Co) error {
	for {
		if len(t.outbox) == 0 {
			if err := t.sync.Wait(co); err != nil {
				return err
			}
			continue
		}
		batch := t.outbox
		t.outbox = nil
		err := t.journal.Sync(co)
		if err != nil {
			t.unsent(batch, err)
			if co.Err() != nil {
				return co.Yield() // err may be the journal's own
			}
			t.failed = err
			t.noIncrease("the journal failed, no new order is sent: %v", err)
			continue
		}
		t.lowJournal()
		for _, o := range batch {
			t.release(o)
		}
	}
}

// lowJournal stops what increases a position when the journal lives on its reserve: what is left of it is for closing.
func (t *Trader) lowJournal() {
	l, ok := t.journal.(LowJournal)
	if !ok || t.low {
		return
	}
	if err := l.Low(); err != nil {
		t.low = true
		t.noIncrease("the journal: %v", err)
	}
}

// release sends an order whose intent is durable now, if it still may be.
func (t *Trader) release(o *Order) {
	var c market.Command
	switch {
	case o.rec.State == order.Intended:
		c = o.rec.Command
	case o.rec.Live() && o.rec.Amend == order.AmendIntended:
		c = o.amendment()
		if o.rec.Cancel != order.CancelNone {
			t.refuseOf(&c, "withdrawn before it was sent: the order's end was asked for")
			return
		}
	default:
		return // withdrawn meanwhile
	}
	if err := t.desk.Recheck(&c, o.s.reference()); err != nil {
		t.refuseOf(&c, err.Error())
		return
	}
	t.send(&c)
}

// unsent ends orders and amendments that never left.
func (t *Trader) unsent(batch []*Order, why error) {
	for _, o := range batch {
		switch {
		case o.rec.State == order.Intended:
			t.refuse(o.rec.ID, market.OpPlace, 0, "never sent: "+why.Error())
		case o.rec.Amend == order.AmendIntended:
			c := o.amendment()
			t.refuseOf(&c, "never sent: "+why.Error())
		}
	}
}

// asked is a command that left and waits for its answer until due.
type asked struct {
	id  market.OrderID
	op  market.Op
	due market.Nanos
}

// unanswered says whether the command still waits: for its answer, or for the end of the order that must follow.
func (t *Trader) unanswered(a asked) bool {
	rec := t.table.Order(a.id)
	switch {
	case rec == nil || !rec.Live():
		return false
	case a.op == market.OpPlace:
		return rec.State == order.Sent || !rec.Type.Conditional() && (rec.TIF == market.IOC || rec.TIF == market.FOK) || rec.Type == market.Market
	case a.op == market.OpAmend:
		return rec.Amend == order.AmendSent
	}
	return rec.Cancel == order.CancelSent || rec.Cancel == order.CancelAccepted
}

// overdue turns silence into Unknown, which is an outcome and no refusal: the order keeps its reservation. Where the answer
// came, and then nothing of an end that must follow (of a cancel, of an order that does not rest), the venue is asked. One timer
// serves all commands, since each waits equally long.
func (t *Trader) overdue() {
	now, n := t.loop.Now(), 0
	for ; n < len(t.asked); n++ {
		a := t.asked[n]
		if !t.unanswered(a) {
			continue
		}
		if a.due > now {
			break
		}
		o := t.handles[a.id]
		if a.op == market.OpPlace && o.rec.State == order.Sent || a.op == market.OpCancel && o.rec.Cancel == order.CancelSent {
			t.reply(a.id, a.op, market.Unknown())
			continue
		}
		if a.op == market.OpAmend {
			out := market.Unknown()
			out.Revision = o.rec.Asked
			t.reply(a.id, a.op, out)
			continue
		}
		o.overdue = true
		t.settle.ring()
	}
	t.asked = t.asked[:copy(t.asked, t.asked[n:])]
	if len(t.asked) > 0 {
		t.silence.Arm(t.asked[0].due)
	}
}
