package tradetest

import (
	"errors"
	"fmt"
	"time"

	"baton/market"
	"baton/order"
	"baton/risk"
	"baton/trade"
)

// overtake delays the answer beyond the fill: the fill proves that the order was accepted, and counts once.
func overtake(b *bench) error {
	b.Delay(market.OpPlace, answer/2)
	at := b.s.Now()
	o, err := b.place(trade.Request{Side: market.Buy, Px: b.ask, Qty: 2})
	if err != nil {
		return err
	}
	if out := o.Outcome(b.co); out.Kind() != market.IsAccepted {
		b.Errorf("outcome %s", out.Kind())
	}
	if took := time.Duration(b.s.Now() - at); took >= answer/2 {
		b.Errorf("the fill did not come before the answer: known after %s", took)
	}
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if err := b.co.Sleep(answer); err != nil {
		return err
	}
	if o.State() != order.Filled || b.s.Position() != 2 || b.t.Stats().Fills == 0 || b.t.Stats().Unknown != 0 {
		b.Errorf("order %s, position %d, %+v", o.State(), b.s.Position(), b.t.Stats())
	}
	return nil
}

// lostAnswer loses the answer to an order that rests. What the venue says otherwise, or a query, settles it.
func lostAnswer(b *bench) error {
	b.Lose(market.OpPlace)
	o, err := b.place(trade.Request{Side: market.Buy, Px: b.bid - gap, Qty: 3})
	if err != nil {
		return err
	}
	if out := o.Outcome(b.co); out.Kind() == market.IsRefused {
		b.Errorf("an order without an answer counts as refused (%d %s)", out.Code, out.Text)
	}
	return b.restsOnce(o)
}

// restsOnce waits until o is settled, and looks that it rests, once.
func (b *bench) restsOnce(o *trade.Order) error {
	if err := o.Settle(b.co); err != nil {
		return err
	}
	open, err := b.open()
	if o.State() != order.New || len(open) != 1 || b.t.Stats().Sent != 1 {
		b.Errorf("order %s, %d open at the venue, %d commands sent; want one of each", o.State(), len(open), b.t.Stats().Sent)
	}
	return err
}

func lostCancel(b *bench) error {
	o, err := b.rest(market.Buy, b.bid-gap, 3)
	if err != nil {
		return err
	}
	b.Lose(market.OpCancel)
	b.s.Cancel(o)
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if o.State() != order.Canceled {
		b.Errorf("order %s", o.State())
	}
	return nil
}

// lostFill loses one fill of two. The second shows by its cumulative quantity that one is missing; a query brings it.
func lostFill(b *bench) error {
	o, err := b.rest(market.Buy, b.bid+1, 5)
	if err != nil {
		return err
	}
	if !b.LoseFill() {
		b.Log("this rig cannot lose a fill")
		return nil
	}
	b.Print(market.Sell, b.bid+1, 2)
	if err := b.co.Sleep(answer / 4); err != nil {
		return err
	}
	if o.Filled() != 0 {
		b.Errorf("the rig did not lose the fill: %d are filled", o.Filled())
	}
	b.Print(market.Sell, b.bid+1, 3)
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if o.State() != order.Filled || o.Filled() != 5 || b.s.Position() != 5 || b.t.Stats().Queries == 0 {
		b.Errorf("order %s, filled %d, position %d, %d queries", o.State(), o.Filled(), b.s.Position(), b.t.Stats().Queries)
	}
	return nil
}

// query asks about an order that rests with a part filled, one that was filled, one that was cancelled, and one that never was.
func query(b *bench) error {
	part, err := b.rest(market.Buy, b.bid+1, 5)
	if err != nil {
		return err
	}
	b.Print(market.Sell, b.bid+1, 2)
	gone, err := b.rest(market.Buy, b.bid-gap, 4)
	if err != nil {
		return err
	}
	b.s.Cancel(gone)
	full, err := b.place(trade.Request{Side: market.Buy, Px: b.ask, Qty: 1, TIF: market.IOC})
	if err != nil {
		return err
	}
	if err := errors.Join(gone.Wait(b.co), full.Wait(b.co)); err != nil {
		return err
	}
	for _, c := range []struct {
		o      *trade.Order
		status market.OrderStatus
		fills  int
	}{{part, market.StatusPartiallyFilled, 1}, {gone, market.StatusCanceled, 0}, {full, market.StatusFilled, 1}} {
		r, err := b.Venue().Query(b.co, b.Instrument(), c.o.ID())
		if err != nil {
			return err
		}
		if r.Kind != market.Found || r.Status != c.status || r.Filled != c.o.Filled() || len(r.Fills) != c.fills {
			b.Errorf("order %d is %s here, filled %d; the query says %+v", c.o.ID(), c.o.State(), c.o.Filled(), r)
			continue
		}
		for _, f := range r.Fills {
			if f.Order != c.o.ID() || f.Trade == 0 {
				b.Errorf("fill %+v names no order or trade", f)
			}
			if fresh, err := b.t.Ledger().Fill(&f); fresh || err != nil {
				b.Errorf("the query's fill is not the one that was told: %v %v", fresh, err)
			}
		}
	}
	r, err := b.Venue().Query(b.co, b.Instrument(), 987_654)
	if err == nil && r.Kind == market.Found {
		b.Errorf("an order that never was is found: %+v", r)
	}
	return nil
}

// cut cuts the line right behind an order: nobody knows whether it arrived. It keeps its room, is asked about once the line is
// back, and is never sent again.
func cut(b *bench) error {
	w := b.s.Watch(trade.OnOrder)
	o, err := b.place(trade.Request{Side: market.Buy, Px: b.bid - gap, Qty: 3})
	if err != nil {
		return err
	}
	b.Cut()
	for o.State() != order.Unknown {
		if _, err := w.Next(b.co); err != nil {
			return err
		}
	}
	var e *risk.Error
	if _, err := b.s.Place(trade.Request{Side: market.Buy, Px: b.bid - gap, Qty: 3}); !errors.As(err, &e) || e.Reason != risk.BadReference {
		b.Errorf("an order on a stale book: %v", err)
	}
	if long, _ := b.worst(); long != 3 {
		b.Errorf("an unknown order holds room for %d, want 3", long)
	}
	b.Restore()
	if err := o.Settle(b.co); err != nil {
		return err
	}
	open, err := b.open()
	resting := o.State() == order.New && len(open) == 1
	if absent := o.State() == order.ProvenAbsent && len(open) == 0; !resting && !absent || b.t.Stats().Sent != 1 {
		b.Errorf("order %s, %d open at the venue, %d commands sent", o.State(), len(open), b.t.Stats().Sent)
	}
	return err
}

// worst is what may still come of live orders.
func (b *bench) worst() (long, short market.Lots) {
	for o := range b.t.Orders().All() {
		if o.Side == market.Buy {
			long += o.Outstanding()
		} else {
			short += o.Outstanding()
		}
	}
	return long, short
}

// stale cuts the line under a strategy that watches nothing of the book: it wakes all the same, reads nothing stale, and sees
// the venue's book of now when the line is back.
func stale(b *bench) error {
	w := b.s.Watch(trade.OnFill)
	b.Cut()
	for b.s.Exact() {
		if _, err := w.Next(b.co); err != nil {
			return err
		}
	}
	if b.t.Stats().StaleWakes == 0 {
		b.Error("no await returned because of staleness")
	}
	if b.s.Top() != (market.Quote{}) {
		b.Error("a stale top was readable")
	}
	b.market(depth+7, depth+9)
	b.Restore()
	if err := b.proven(); err != nil {
		return err
	}
	b.market(depth+7, depth+9)
	return b.until("the book shows the market of now", func() bool {
		return b.s.Exact() && b.s.Level(market.Buy, b.bid) == depth+7 && b.s.Level(market.Sell, b.ask) == depth+9
	})
}

// nudge is how often the market moves for a book that is to be proven.
const nudge = 250 * time.Millisecond

// proven moves the market until the book is exact: a snapshot counts for nothing before the first change after it fits.
func (b *bench) proven() error {
	for waited := time.Duration(0); !b.s.Exact(); waited += nudge {
		if waited > Patience {
			return fmt.Errorf("the book is not exact %s after the line was restored", Patience)
		}
		b.market(depth+1+market.Lots(waited/nudge%2), depth)
		if err := b.co.Sleep(nudge); err != nil {
			return err
		}
	}
	return nil
}

// overlay rests at the best bid: whether the venue's book holds our orders or not, a strategy reads others' and ours.
func overlay(b *bench) error {
	o, err := b.rest(market.Buy, b.bid, 4)
	if err != nil {
		return err
	}
	if err := b.until("the level is others' 20 and our 4", func() bool { return b.s.Level(market.Buy, b.bid) == depth+4 }); err != nil {
		return err
	}
	b.s.Cancel(o)
	if err := o.Wait(b.co); err != nil {
		return err
	}
	return b.until("the level is others' 20", func() bool { return b.s.Level(market.Buy, b.bid) == depth })
}
