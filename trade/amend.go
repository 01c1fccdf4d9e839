package trade

import (
	"errors"
	"fmt"

	"baton/aio"
	"baton/market"
	"baton/order"
)

// ErrAmend: an order cannot be amended now: it is no limit order, the venue is not proven to have it, its end was asked for, or another
// amendment of it is open.
var ErrAmend = errors.New("trade: amendment not sent")

// Amend asks the venue for a new price and quantity (in all, what is filled already counted) of a limit order that rests. It keeps its
// number and loses its place in the queue. Like [Session.Place] it checks, reserves the worse of both versions, writes the intent and
// sends, in one breath; an error is the proof that nothing was sent: ErrAmend, a *risk.Error, [ErrStopped], [ErrEnded]. What comes of it
// tells [Order.Amended].
func (o *Order) Amend(px market.Ticks, qty market.Lots) error {
	err := o.amend(px, qty)
	if err != nil {
		o.s.refusal(o.rec.Side, err)
	}
	return err
}

func (o *Order) amend(px market.Ticks, qty market.Lots) error {
	s, t := o.s, o.s.t
	switch {
	case t.Gate.Closed() || s.shut:
		return ErrStopped
	case t.failed != nil:
		return fmt.Errorf("%w: the journal failed: %w", ErrStopped, t.failed)
	case s.status == market.Ended:
		return ErrEnded
	case !o.rec.Amendable():
		return fmt.Errorf("%w: order %d is %s, its amendment %s, its cancel %s: amend a limit order that rests, one amendment at a time",
			ErrAmend, o.rec.ID, o.rec.State, o.rec.Amend, o.rec.Cancel)
	case px == o.rec.Px && qty == o.rec.Qty:
		return fmt.Errorf("%w: order %d has that price and quantity already", ErrAmend, o.rec.ID)
	}
	c := o.rec.Command
	c.Op, c.Px, c.Qty, c.PriceMatch, c.Revision = market.OpAmend, px, qty, market.PriceMatchNone, o.rec.Asked+1
	left := max(qty-max(o.rec.Filled, o.rec.Reported), 0) + o.rec.Missing()
	if err := t.desk.Amend(&c, left, s.reference()); err != nil {
		return err
	}
	t.table.Amending(o.rec.ID, px, qty, t.loop.Now())
	t.stats.Amended++
	entry := t.entry(market.RecordIntent)
	entry.Command = c
	if t.journal.Append(entry) {
		t.send(&c)
		return nil
	}
	t.outbox = append(t.outbox, o)
	t.sync.ring()
	return nil
}

// amendment is the command of the amendment in hand.
func (o *Order) amendment() market.Command {
	c := o.rec.Command
	c.Op, c.Px, c.Qty, c.PriceMatch, c.Revision = market.OpAmend, o.rec.NewPx, o.rec.NewQty, market.PriceMatchNone, o.rec.Asked
	return c
}

// Amended suspends until the last amendment is answered, or the venue has been silent for too long, and says what is proven: Accepted
// (its price and quantity are in force, or were when the order ended), Refused (the order is as it was, or ended as it was), or Unknown:
// the worse of both stays reserved, and the kernel asks until it is settled, see [Order.Settle].
func (o *Order) Amended(co *aio.Co) market.Outcome {
	for o.rec.Amend == order.AmendIntended || o.rec.Amend == order.AmendSent {
		if o.Done() || o.wait(co) != nil {
			break
		}
	}
	switch o.rec.Amend {
	case order.AmendAccepted:
		return market.Accepted()
	case order.AmendRefused:
		return market.Refused(o.rec.Code, o.rec.Text)
	}
	return market.Unknown()
}
