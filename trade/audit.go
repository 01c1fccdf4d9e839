package trade

import (
	"time"

	"baton/aio"
	"baton/market"
	"baton/reconcile"
)

// auditor compares the venue's account with the books while strategies run. It never trades and never invents a fill: an order
// whose figures differ is asked about, a difference that lasts and that nothing explains goes to suspense, with an alarm and the
// no-increase mode, and another instance of this program closes the gate.
func (t *Trader) auditor(co *aio.Co) error {
	silent := false
	for {
		if err := t.untilAudit(co); err != nil {
			return err
		}
		heard := t.heard
		acc, err := t.venue.Account(co)
		switch {
		case err != nil && co.Err() != nil:
			return co.Yield() // err may be the query's own
		case err != nil:
			if !silent {
				t.note("the account is not compared: %v", err)
			}
			silent = true
			continue
		}
		silent = false
		t.stats.Audits++
		ds := reconcile.Compare(&acc, t.books, t.table)
		if len(ds) == 0 {
			t.matched = t.loop.Now()
		}
		for _, f := range t.audit.Look(ds, t.heard == heard) {
			t.stats.Findings++
			if err := t.found(co, &f); err != nil {
				return err
			}
		}
	}
}

// untilAudit waits for the next comparison: Config.Reconcile, or a quarter of it after a gap in the market data, since the line that
// broke may have carried more than those.
func (t *Trader) untilAudit(co *aio.Co) error {
	if err := t.gap.waitFor(co, t.cfg.Reconcile*3/4); err != nil {
		return err
	}
	return co.Sleep(t.cfg.Reconcile / 4)
}

// found does what a difference that lasts asks for.
func (t *Trader) found(co *aio.Co, f *reconcile.Finding) error {
	switch f.Kind {
	case reconcile.OrderForeign:
		t.foreign(f)
	case reconcile.Wallet, reconcile.Position:
		return t.unexplained(co, f)
	default:
		t.askAgain(f)
	}
	return nil
}

func (t *Trader) foreign(f *reconcile.Finding) {
	switch {
	case t.twin(f.Order, f.ClientID):
		t.halt(f.String())
	case f.Times == 1:
		t.noIncrease("%s: somebody else trades this account", f)
	}
}

// unsettledMost is how long an order's fate may be open before that is an alarm: longer than the proof that it is absent takes after a
// gap of the user stream.
const unsettledMost = market.Nanos(time.Minute)

// askAgain has the settler ask about an order, and makes an alarm of it where that did not help. An order of which it is known that its
// fate is open is asked about already, with its worst case reserved: only that it lasts is an alarm, however often the account is
// compared meanwhile.
func (t *Trader) askAgain(f *reconcile.Finding) {
	o := t.handles[f.Order]
	switch {
	case o == nil:
		if f.Times <= 2 {
			t.noIncrease("%s", f)
		}
	case o.open() && o.rec.Unsettled() && t.loop.Now()-o.rec.Changed < unsettledMost:
	case f.Times == 1:
		o.heir, o.again = true, 0
		t.settle.ring()
	case !o.told:
		o.told = true
		t.noIncrease("%s", f)
	}
}

// unexplained takes over a wallet or a position, unless a fill that is not here yet may explain it: of an order whose fate is open,
// or of a trade that the venue can name.
func (t *Trader) unexplained(co *aio.Co, f *reconcile.Finding) error {
	if f.Times == 1 {
		if _, ok := t.venue.(Historian); ok {
			return t.fetchTrades(co)
		}
	}
	if t.unsettledIn(f.Instrument) { // of a wallet: in any
		return nil // it is found again
	}
	now := t.loop.Now()
	change, err := f.Their.Sub(f.Ours)
	if err == nil && f.Kind == reconcile.Wallet {
		b := market.Balance{Asset: f.Asset, Wallet: change}
		if err = t.books.Adjust(now, f.Asset, change, whyDiffered); err == nil {
			t.journalAdjust(b, now)
		}
	} else if err == nil {
		q, _ := f.Their.Multiple(f.Instrument.Lot) // whole: it was made from lots
		p := market.Position{Instrument: f.Instrument, Side: f.Side, Qty: market.Lots(q), Entry: f.Entry}
		if err = t.books.Adopt(now, p, whyDiffered); err == nil {
			t.journalAdopt(p)
			t.takePositions()
		}
	}
	if err != nil {
		t.noIncrease("%s, and that was not booked: %v", f, err)
		return nil
	}
	t.noIncrease("%s: taken over without an explanation", f)
	return nil
}
