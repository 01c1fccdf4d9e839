package trade

import (
	"errors"
	"fmt"
	"time"

	"baton/aio"
	"baton/market"
	"baton/order"
	"baton/reconcile"
)

// Result is how a run ended.
type Result struct {
	// Reconciled says that ledger, positions and open orders equal what the venue answered at the end, that nothing is left
	// open or unknown but what Protecting counts, and that nothing went to suspense. It is computed, never assumed.
	Reconciled  bool
	Differences []string // why not, one line each
	Protecting  int      // conditional orders that were left at the venue, because they protect a position
	Digest      string   // SHA-256 of the ledger's lines
	Notes       []string // what a person should know, oldest first
}

// Stop ends the run in order: the groups come to their end, or to where only what protects a position is left; the gate closes for new orders, every open one is cancelled, except the conditional ones that protect a
// position (unless Config.Bare says so), every unknown one is settled by queries, and when all is quiet the venue's account is compared with ours. It works in a cancelled scope too. Settling takes no
// longer than Config.End; what is not settled then is listed as a difference, and the account is compared all the same, within
// another 15 seconds. Call it once, after Run.
func (t *Trader) Stop(co *aio.Co) (Result, error) {
	co = co.Detach()
	rest := t.restGroups(co)
	t.Gate.Close()
	var acc market.Account
	t.unsent(t.outbox, ErrStopped)
	t.outbox = nil
	end := ending{settled: aio.Timeout(co, t.cfg.End, func(co *aio.Co, _ *aio.Scope) error { return t.quiesce(co) })}
	if beside(end.settled) == nil {
		end.compared = aio.Timeout(co, compareMost, func(co *aio.Co, _ *aio.Scope) error { return t.compareUntilEqual(co, &acc) })
	}
	for _, s := range t.sessions {
		s.close()
	}
	t.silence.Stop()
	t.sweeper.Stop()
	res := Result{Protecting: t.protecting(), Differences: t.differences(&acc, end)}
	res.Reconciled = len(res.Differences) == 0
	for _, d := range res.Differences {
		t.note("at the end: %s", d)
	}
	res.Digest = t.books.Finish()
	res.Notes = t.Notes()
	if t.unsaid > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("and %d more notes", t.unsaid))
	}
	var err error
	for _, e := range []error{rest, end.settled, end.compared} {
		err = errors.Join(err, beside(e)) // the consequences of a timeout are in the differences
	}
	if t.cfg.Guard > 0 {
		err = errors.Join(err, beside(t.disarm(co)))
	}
	return res, err
}

// beside is what an error says beside that the time was up: the two are joined where something failed while it was cut short.
func beside(err error) error {
	if !errors.Is(err, aio.ErrTimeout) {
		return err
	}
	switch e := err.(type) { // the tree itself is looked at: As and Is would find a part of it
	case interface{ Unwrap() []error }:
		var rest []error
		for _, part := range e.Unwrap() {
			rest = append(rest, beside(part))
		}
		return errors.Join(rest...)
	case interface{ Unwrap() error }:
		return beside(e.Unwrap())
	}
	return nil
}

// ending is how the two parts of Stop ended.
type ending struct{ settled, compared error }

// compareMost is how long Stop asks for the account at most.
const compareMost = 15 * time.Second

func (t *Trader) disarm(co *aio.Co) error {
	return aio.Timeout(co, t.cfg.Answer, func(co *aio.Co, _ *aio.Scope) error { return t.venue.Guard(co, 0) })
}

// How often Stop looks whether all is quiet.
const (
	quietFirst = time.Millisecond
	quietMost  = 100 * time.Millisecond
)

// quiesce cancels and settles until no order is live.
func (t *Trader) quiesce(co *aio.Co) error {
	for pause := quietFirst; ; pause = min(2*pause, quietMost) {
		open, err := t.wind(co)
		if err != nil || open == 0 {
			return err
		}
		if err := co.Sleep(pause); err != nil {
			return err
		}
	}
}

// wind does what each order needs to come to its end, and counts those that have not.
func (t *Trader) wind(co *aio.Co) (open int, err error) {
	var todo []*Order
	for rec := range t.table.All() {
		if rec.Live() || rec.Outstanding() > 0 {
			todo = append(todo, t.handles[rec.ID])
		}
	}
	for _, o := range todo {
		switch {
		case o.due(co.Now()):
			if err := t.ask(co, o); err != nil {
				return 0, err
			}
		case o.open(): // asked a moment ago
		case t.stays(o):
			continue
		case o.rec.Live() && o.rec.Cancel == order.CancelNone:
			t.cancel(o)
		}
		if !o.Done() {
			open++
		}
	}
	return open, nil
}

// stays says whether Stop leaves an order at the venue: a conditional one that is proven to wait there for a position which is there.
func (t *Trader) stays(o *Order) bool {
	return !t.cfg.Bare && o.rec.Cancel == order.CancelNone && o.rec.State == order.New && o.rec.Waits() && t.guards(o)
}

// protecting counts the orders that Stop left.
func (t *Trader) protecting() (n int) {
	for rec := range t.table.All() {
		if o := t.handles[rec.ID]; o != nil && t.stays(o) {
			n++
		}
	}
	return n
}

// accountTries is how often the account is asked while it differs: a payment may be on its way.
const accountTries = 3

// compareUntilEqual asks the account and compares it, a few times while they differ.
func (t *Trader) compareUntilEqual(co *aio.Co, acc *market.Account) error {
	for n := range accountTries {
		if n > 0 {
			if err := co.Sleep(quietMost << n); err != nil {
				return err
			}
		}
		a, err := t.venue.Account(co)
		if err != nil {
			return fmt.Errorf("ask the account at the end: %w", err)
		}
		if *acc = a; reconcile.Equal(acc, t.books, t.table) {
			break
		}
	}
	return nil
}

// differences lists everything that stands between this run and a clean end.
func (t *Trader) differences(acc *market.Account, end ending) []string {
	var out []string
	if errors.Is(end.settled, aio.ErrTimeout) {
		out = append(out, fmt.Sprintf("not settled within %s", t.cfg.End))
	}
	failed := beside(end.settled)
	if failed != nil {
		out = append(out, failed.Error())
	}
	quiet := failed == nil
	switch {
	case quiet && end.compared == nil, acc.Time != 0:
		for _, d := range reconcile.Compare(acc, t.books, t.table) {
			out = append(out, d.String())
		}
	case errors.Is(end.compared, aio.ErrTimeout):
		out = append(out, fmt.Sprintf("the venue's account was not compared: no answer within %s", compareMost))
	case end.compared != nil:
		out = append(out, end.compared.Error())
	}
	for rec := range t.table.All() {
		if rec.Unsettled() {
			out = append(out, fmt.Sprintf("order %d is %s, cancel %s, and not settled", rec.ID, rec.State, rec.Cancel))
		}
	}
	for asset := range t.books.Assets() {
		if v := t.books.Suspended(asset); !v.IsZero() {
			out = append(out, fmt.Sprintf("suspense %s: %s cannot be explained", asset, v))
		}
	}
	if err := t.books.Check(); err != nil {
		out = append(out, err.Error())
	}
	return out
}
