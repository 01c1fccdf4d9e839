package trade

import (
	"fmt"
	"slices"
	"time"

	"baton/aio"
	"baton/ledger"
	"baton/market"
	"baton/reconcile"
)

// Recovered is where an earlier run stood when its journal ended (package journal folds it to a State of the same fields). A trader
// that begins with it gives out no number twice, sends nothing again, and knows every fill that was booked.
type Recovered struct {
	Next     market.OrderID      // the first number that was never used
	Last     market.Nanos        // time of the journal's last record
	Orders   []market.Inherited  // that had not ended, or had fills missing
	Groups   []market.GroupState // of orders, that had not come to their end
	Books    ledger.State
	Latch    string   // why trading was stopped; "" where it was not
	Problems []string // what of it could not be booked
}

// Start reconciles with the venue before anything is traded. Orders of an earlier run are taken over: each is asked about until
// the venue has told how it stands, or Config.End is over; fills that nobody heard of are booked, once; what is left open stays
// Unknown with its worst case reserved, and is asked about further on. Nothing is sent again. Then the account is compared: on
// empty books its balances open them, and a position is adopted. What cannot be explained (a balance other than the journal's, a
// position, an order that is not ours) is noted and goes to suspense, and until a person has looked only what reduces a position
// is sent.
func (t *Trader) Start(co *aio.Co) error {
	t.matched = t.loop.Now()
	if r := t.cfg.Recovered; r != nil {
		t.matched = r.Last
		heirs, err := t.inherit(r)
		if err == nil {
			t.inheritGroups(r)
			err = t.askHeirs(co, heirs)
		}
		if err != nil {
			return fmt.Errorf("take over the orders of the earlier run: %w", err)
		}
		if n := len(heirs); n > 0 {
			t.note("taken over: %d orders of an earlier run; %d fills that nobody had heard of were booked", n, t.stats.Recovered)
		}
	}
	plan, err := t.planStart(co)
	if err != nil {
		return fmt.Errorf("reconcile at the start: %w", err)
	}
	if err := t.carryOut(&plan); err != nil {
		return fmt.Errorf("reconcile at the start: %w", err)
	}
	t.takePositions()
	t.checkGroups()
	if !plan.NoIncrease {
		return nil
	}
	for _, d := range plan.Differences {
		switch {
		case d.Kind == reconcile.OrderForeign && t.twin(d.Order, d.ClientID):
			t.halt(d.String())
		case d.Kind != reconcile.Wallet || len(plan.Suspense) > 0:
			t.noIncrease("at the start: %s", d)
		}
	}
	return nil
}

// inherit enters the orders of an earlier run, with their room reserved.
func (t *Trader) inherit(r *Recovered) (heirs []*Order, err error) {
	now := t.loop.Now()
	teller, _ := t.venue.(Inheritor)
	for i := range r.Orders {
		h := &r.Orders[i]
		rec, err := t.table.Inherit(h, now)
		if err != nil {
			return nil, err
		}
		o := &Order{s: t.sessionOf(rec.Instrument), rec: rec, heir: true}
		t.handles[rec.ID] = o
		o.s.live = append(o.s.live, o)
		t.desk.Admit(&rec.Command, rec.Outstanding())
		t.guarded = t.guarded || rec.Protects()
		t.stats.Inherited++
		heirs = append(heirs, o)
		if teller != nil {
			teller.Inherit(rec.Instrument, rec.ID, h.Intended, now)
		}
	}
	return heirs, nil
}

// sessionOf is the session of an instrument, or one in which nothing can be traded: for orders of an earlier run in instruments
// that this one does not open.
func (t *Trader) sessionOf(in *market.Instrument) *Session {
	for _, s := range slices.Concat(t.sessions, t.absent) {
		if s.in == in {
			return s
		}
	}
	s := &Session{t: t, in: in, shut: true}
	t.absent = append(t.absent, s)
	return s
}

// askHeirs asks the venue about each order of an earlier run until it is known how all of them stand, no longer than Config.End.
func (t *Trader) askHeirs(co *aio.Co, heirs []*Order) error {
	end := co.Now() + market.Nanos(t.cfg.End)
	for {
		open := 0
		for _, o := range heirs {
			if o.due(co.Now()) {
				if err := t.ask(co, o); err != nil {
					return err
				}
			}
			if o.open() {
				open++
			}
		}
		if open == 0 {
			return nil
		}
		if co.Now() >= end {
			t.noIncrease("at the start: %d orders of the earlier run are not settled within %s", open, t.cfg.End)
			return nil
		}
		if err := co.Sleep(quietMost); err != nil {
			return err
		}
	}
}

// planStart asks for the account and compares it: after a crash a few times while it differs, since what happened meanwhile may
// still be on its way, and with the trades of the gap where the venue names them.
func (t *Trader) planStart(co *aio.Co) (plan reconcile.Plan, err error) {
	for n := range accountTries {
		if n > 0 {
			if err := co.Sleep(quietMost << n); err != nil {
				return plan, err
			}
			if err := t.fetchTrades(co); err != nil {
				return plan, err
			}
			if err := t.askDiffering(co, plan.Differences); err != nil {
				return plan, err
			}
		}
		acc, err := t.venue.Account(co)
		if err != nil {
			return plan, fmt.Errorf("ask the account: %w", err)
		}
		if plan, err = reconcile.Start(&acc, t.books, t.table); err != nil || !plan.NoIncrease || t.cfg.Recovered == nil {
			return plan, err
		}
	}
	return plan, nil
}

// askDiffering asks about our orders that stand otherwise at the venue: one may have ended after it was taken over, and its last event
// been lost.
func (t *Trader) askDiffering(co *aio.Co, ds []reconcile.Difference) error {
	for i := range ds {
		if o := t.handles[ds[i].Order]; o != nil && o.rec.Live() && !o.open() {
			if err := t.ask(co, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// carryOut books a plan and journals it. What may yet turn out to be a fill of an order that is not settled is left alone: booked
// now and filled later, it would count twice; the order's reservation covers it.
func (t *Trader) carryOut(plan *reconcile.Plan) error {
	plan.Positions = slices.DeleteFunc(plan.Positions, func(p market.Position) bool { return t.unsettledIn(p.Instrument) })
	if t.unsettledIn(nil) {
		plan.Suspense = nil
	}
	now := t.loop.Now()
	if err := plan.Book(t.books, now); err != nil {
		return err
	}
	for _, b := range plan.Opening {
		r := t.entry(market.RecordOpen)
		r.Change = market.Change{Reason: market.ReasonTransfer, Asset: b.Asset, Amount: b.Wallet, Wallet: b.Wallet, Time: now}
		t.journal.Append(r)
	}
	for _, b := range plan.Suspense {
		t.journalAdjust(b, now)
	}
	for _, p := range plan.Positions {
		t.journalAdopt(p)
	}
	return nil
}

const whyDiffered = "differed from the venue's"

func (t *Trader) journalAdjust(b market.Balance, now market.Nanos) {
	r := t.entry(market.RecordAdjust)
	r.Text = whyDiffered
	r.Change = market.Change{Asset: b.Asset, Amount: b.Wallet, Wallet: t.books.Wallet(b.Asset), Time: now}
	t.journal.Append(r)
}

func (t *Trader) journalAdopt(p market.Position) {
	r := t.entry(market.RecordAdopt)
	r.Text, r.Position = whyDiffered, p
	t.journal.Append(r)
}

// unsettledIn says whether an order's fate is open: in an instrument, or for nil in any.
func (t *Trader) unsettledIn(in *market.Instrument) bool {
	for rec := range t.table.All() {
		if (in == nil || rec.Instrument == in) && t.handles[rec.ID].open() {
			return true
		}
	}
	return false
}

// takePositions has the desk and the sessions know the positions of the books.
func (t *Trader) takePositions() {
	for p := range t.books.Positions() {
		t.desk.SetPositionOf(p.Instrument, p.Side, p.Qty)
	}
	for _, s := range t.sessions {
		s.pos = t.books.Net(s.in)
	}
}

// fetchMargin is how far before the last match trades are asked for: clocks differ.
const fetchMargin = market.Nanos(time.Minute)

// fetchTrades books the trades that the venue names and we have not heard of, in every open instrument. A trade of nobody's order
// here is somebody else's, with his figures.
func (t *Trader) fetchTrades(co *aio.Co) error {
	h, ok := t.venue.(Historian)
	if !ok {
		return nil
	}
	for _, s := range slices.Concat(t.sessions, t.absent) {
		fills, err := h.Trades(co, s.in, t.matched-fetchMargin)
		if err != nil {
			if co.Err() != nil {
				return co.Yield() // err may be the query's own
			}
			t.note("%s: the trades of a gap are not known yet: %v", s.in.Symbol, err)
			continue
		}
		for i := range fills {
			t.fetched(&fills[i])
		}
	}
	return nil
}

func (t *Trader) fetched(f *market.Fill) {
	f.Recovered = true
	if !t.book(f) {
		return
	}
	if step := t.table.Fill(f, t.loop.Now()); step.Order != nil {
		t.follow(&step, f.Order)
	} else if !t.ours(f.Order) {
		t.noIncrease("%s: trade %d of %d lots is not ours: somebody else trades this account", f.Instrument.Symbol, f.Trade, f.Qty)
	}
}

// Inherited says whether the order is of an earlier run.
func (o *Order) Inherited() bool { return o.rec.ID < o.s.t.cfg.First }
