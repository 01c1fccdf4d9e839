package trade

import (
	"fmt"
	"slices"
	"strings"

	"baton/market"
	"baton/order"
)

// orderEar is the trader as its venue sees it.
type orderEar Trader

// Reply takes the answer to a command.
func (e *orderEar) Reply(id market.OrderID, op market.Op, out market.Outcome) {
	(*Trader)(e).reply(id, op, out)
}

// Update takes what the venue did to an order.
func (e *orderEar) Update(u *market.Update) { (*Trader)(e).update(u) }

// Account takes a change of a balance.
func (e *orderEar) Account(c *market.Change) { (*Trader)(e).change(c) }

func (t *Trader) reply(id market.OrderID, op market.Op, out market.Outcome) {
	t.heard++
	r := t.entry(market.RecordOutcome)
	r.Command.ID, r.Command.Op, r.Outcome = id, op, out
	t.journal.Append(r)
	if out.Kind() == market.IsUnknown {
		t.stats.Unknown++
	}
	step := t.table.Reply(id, op, out, t.loop.Now())
	if step.Order == nil && id > 0 && id < t.next {
		return // ended and retired: a late answer changes nothing
	}
	if out.Kind() == market.IsAccepted {
		t.accepted(id, op)
	}
	t.follow(&step, id)
}

func (t *Trader) update(u *market.Update) {
	t.heard++
	fresh := false
	if u.Fill != nil {
		fresh = t.book(u.Fill)
	} else {
		r := t.entry(market.RecordUpdate)
		r.Update = *u
		t.journal.Append(r)
	}
	if !t.ours(u.Order) {
		t.stats.Foreign++
		if t.twin(u.Order, u.ClientID) {
			t.halt(fmt.Sprintf("%s: order %d %q (venue %d) is %s", u.Instrument.Symbol, u.Order, u.ClientID, u.Venue, u.Status))
			return
		}
		t.noIncrease("%s: an order that is not ours (%q, venue %d) is %s, filled %d lots: somebody else trades this account",
			u.Instrument.Symbol, u.ClientID, u.Venue, u.Status, u.Filled)
		return
	}
	step := t.table.Update(u, fresh, t.loop.Now())
	if step.Order == nil {
		if fresh {
			t.noIncrease("%s: trade %d came after its order %d had ended, and was booked", u.Instrument.Symbol, u.Fill.Trade, u.Order)
		}
		return
	}
	t.follow(&step, u.Order)
}

// ours says whether this trader, or an earlier one on the same journal, has given out that number.
func (t *Trader) ours(id market.OrderID) bool {
	return id > 0 && id < t.next && (id >= t.cfg.First || t.cfg.Recovered != nil || t.table.Order(id) != nil)
}

// twin says whether an order which is not ours was sent by another instance of this program: it has a number under our own name that
// we never gave out, or a client order id that only we give.
func (t *Trader) twin(id market.OrderID, client string) bool {
	return id >= t.next || t.cfg.Prefix != "" && strings.HasPrefix(client, t.cfg.Prefix)
}

// halt closes the gate: two traders on one account would each answer for what the other does.
func (t *Trader) halt(what string) {
	if !t.Gate.Closed() {
		t.noIncrease("halted: another instance of this program trades this account: %s: stop one of them, then start anew", what)
	}
	t.Gate.Close()
}

// report takes what a query proved.
func (t *Trader) report(o *Order, r *market.Report) {
	id, now := o.rec.ID, t.loop.Now()
	if r.Kind != market.ReportUnknown {
		o.heir = false
		entry := t.entry(market.RecordReport)
		entry.Command.ID, entry.Command.Op, entry.Report = id, market.OpPlace, *r
		entry.Report.Fills = nil // each that is new has a record of its own
		t.journal.Append(entry)
	}
	for i := range r.Fills {
		f := r.Fills[i]
		f.Recovered = true
		if f := &f; t.book(f) {
			if step := t.table.Fill(f, now); step.Order != nil {
				t.follow(&step, id)
			}
		}
	}
	if step := t.table.Report(id, r, now); step.Order != nil {
		t.follow(&step, id)
	}
}

// book takes a fill into the ledger, the risk desk and the session, once. fresh is false for a trade that was booked before.
func (t *Trader) book(f *market.Fill) (fresh bool) {
	if t.counted+1 == t.cfg.LoseFill {
		t.counted++
		t.counts(f)
		return true
	}
	fresh, err := t.books.Fill(f)
	if err != nil {
		t.noIncrease("a fill was not booked: %v", err)
		return false
	}
	if fresh {
		t.counted++
		t.counts(f)
	}
	return fresh
}

// counts is what follows from a fill outside the ledger.
func (t *Trader) counts(f *market.Fill) {
	t.stats.Fills++
	if f.Recovered {
		t.stats.Recovered++
	}
	t.heard++
	t.desk.FillOf(f.Order, f.Instrument, f.For, f.Side, f.Qty)
	for _, g := range t.groups {
		if g.m.Fill(f.Order, f.Qty) {
			break
		}
	}
	t.poke()
	r := t.entry(market.RecordFill)
	r.Fill = *f
	t.journal.Append(r)
	for _, s := range t.sessions {
		if s.in == f.Instrument {
			s.pos = t.books.Net(s.in)
			s.fills[s.fseq%fillsKept] = *f
			s.fseq++
		}
	}
}

// change takes what the venue pushed about a balance. What an order caused is booked with its fill.
func (t *Trader) change(c *market.Change) {
	t.heard++
	r := t.entry(market.RecordChange)
	r.Change = *c
	t.journal.Append(r)
	explained, err := t.books.Change(c)
	switch {
	case err != nil:
		t.noIncrease("a change of the account was not booked: %v", err)
	case !explained:
		t.noIncrease("%s %s came without a reason and went to suspense", c.Amount, c.Asset)
	}
}

// follow does what a step of an order's machine asks for: room is given back on proof, people hear of what should not be, and
// whoever waits wakes up.
func (t *Trader) follow(step *order.Step, id market.OrderID) {
	if step.Has(order.Alarming) {
		t.alarm(step, id)
	}
	rec := step.Order
	if rec == nil {
		return
	}
	o := t.handles[id]
	if step.Has(order.ProvedAccepted) && step.From == order.Sent && (step.Filled > 0 || step.To != order.New) {
		t.stats.Early++
	}
	if step.Has(order.Revived) {
		t.revive(o)
	}
	if step.Has(order.AmendEnded | order.Changed) {
		t.desk.Resize(id, rec.Outstanding())
	}
	m := OnOrder
	if step.Has(order.FillApplied) {
		m |= OnFill
	}
	switch {
	case rec.Outstanding() == 0 && !rec.Live():
		t.end(o)
	case rec.Unsettled():
		t.settle.ring()
	default:
		o.pause, o.again = 0, 0
	}
	o.news()
	o.s.raise(m)
	t.poke()
}

// alarm tells a person what should not have been.
func (t *Trader) alarm(step *order.Step, id market.OrderID) {
	if rec := step.Order; rec != nil && step.Has(order.TriggerRejected) {
		o := t.handles[id]
		if seen := o.group != nil && !o.group.Done(); seen || rec.Protects() && !t.guards(o) {
			t.note("order %d (%s %s %s): its trigger came and the venue refused what it became (%s)", id, rec.Instrument.Symbol, rec.Type, rec.Side, rec.Text)
			return // its group closes what is left, or nothing is
		}
		t.noIncrease("order %d (%s %s %s): its trigger came and the venue refused what it became (%s): what it was to protect is unprotected",
			id, rec.Instrument.Symbol, rec.Type, rec.Side, rec.Text)
		return
	}
	t.noIncrease("order %d: %s", id, step.Facts&order.Alarming)
	if step.Has(order.Overfill) {
		t.windSymbol(step.Order.Instrument)
	}
}

// windSymbol takes back what may increase a position in an instrument: its venue fills more than it was asked for.
func (t *Trader) windSymbol(in *market.Instrument) {
	for _, s := range slices.Concat(t.sessions, t.absent) {
		for _, o := range slices.Clone(s.live) {
			if s.in == in && !o.rec.Reduces() {
				t.cancel(o)
			}
		}
	}
}

// revive takes an order back that counted as ended: it lives at the venue, so it needs its room.
func (t *Trader) revive(o *Order) {
	t.desk.Admit(&o.rec.Command, o.rec.Outstanding())
	if !slices.Contains(o.s.live, o) {
		o.s.live = append(o.s.live, o)
	}
	t.ended = slices.DeleteFunc(t.ended, func(id market.OrderID) bool { return id == o.rec.ID })
}

// end gives back an ended order's room, and retires the oldest ended order when enough newer ones are there.
func (t *Trader) end(o *Order) {
	t.desk.Release(o.rec.ID)
	i := slices.Index(o.s.live, o)
	if i < 0 {
		return // it had ended before; this was late news
	}
	o.s.live = slices.Delete(o.s.live, i, i+1)
	t.ended = append(t.ended, o.rec.ID)
	if len(t.ended) <= closedKept {
		return
	}
	id := t.ended[0]
	t.ended = slices.Delete(t.ended, 0, 1)
	old := t.handles[id]
	old.own = *old.rec
	old.rec = &old.own
	delete(t.handles, id)
	if err := t.table.Retire(id); err != nil {
		t.noIncrease("order %d was not retired: %v", id, err)
	}
}
