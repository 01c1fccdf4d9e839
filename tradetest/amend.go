package tradetest

import (
	"baton/decimal"
	"baton/market"
	"baton/order"
	"baton/trade"
)

// amendRows are what a venue must make of amendments.
var amendRows = []row{
	{"amend", amend},
	{"an amendment that is refused changes nothing", amendRefused},
	{"a lost answer to an amendment is settled", lostAmend},
	{"a fill overtakes the answer to an amendment", amendOvertaken},
	{"an amendment to what is filled already ends the order", amendBelow},
	{"cancel during an amendment", amendCancelled},
}

// version looks that an order is of a price and quantity, here and at the venue, and holds that much room.
func (b *bench) version(o *trade.Order, px market.Ticks, qty market.Lots) error {
	open, err := b.open()
	if err != nil {
		return err
	}
	if len(open) != 1 || open[0].Px != px || open[0].Qty != qty || o.Px() != px || o.Qty() != qty {
		b.Errorf("order %d is %d at %d here, at the venue %+v; want %d at %d", o.ID(), o.Qty(), o.Px(), open, qty, px)
	}
	if long, _ := b.worst(); long != qty-o.Filled() {
		b.Errorf("it holds room for %d, want %d", long, qty-o.Filled())
	}
	return nil
}

func amend(b *bench) error {
	o, err := b.rest(market.Buy, b.bid-gap, 4)
	if err != nil {
		return err
	}
	for i, v := range []struct {
		px  market.Ticks
		qty market.Lots
	}{{b.bid - gap - 3, 6}, {b.bid - gap + 2, 3}} {
		if err := o.Amend(v.px, v.qty); err != nil {
			return err
		}
		if long, _ := b.worst(); long != max(v.qty, o.Qty()) {
			b.Errorf("while the amendment is open room for %d is held, want the worse of %d and %d", long, v.qty, o.Qty())
		}
		if out := o.Amended(b.co); out.Kind() != market.IsAccepted {
			b.Errorf("amendment %d is %s (%d %s)", i+1, out.Kind(), out.Code, out.Text)
		}
		if err := b.version(o, v.px, v.qty); err != nil {
			return err
		}
	}
	if err := o.Amend(o.Px(), o.Qty()); err == nil {
		b.Error("an amendment that changes nothing was sent")
	}
	return nil
}

func amendRefused(b *bench) error {
	o, err := b.rest(market.Buy, b.bid-gap, 4)
	if err != nil {
		return err
	}
	lot, err := b.Instrument().Notional(b.bid, 1, decimal.HalfEven)
	if err != nil {
		return err
	}
	n, _ := decimal.MustParse("40000000").Div(lot, decimal.Floor)
	if err := o.Amend(b.bid-gap, market.Lots(n.Units()/decimal.Scale)); err != nil {
		return err
	}
	if out := o.Amended(b.co); out.Kind() != market.IsRefused || out.Code >= 0 {
		b.Errorf("an amendment beyond all margin is %s with code %d, want refused with the venue's code", out.Kind(), out.Code)
	}
	return b.version(o, b.bid-gap, 4)
}

func lostAmend(b *bench) error {
	o, err := b.rest(market.Buy, b.bid-gap, 4)
	if err != nil {
		return err
	}
	b.Lose(market.OpAmend)
	if err := o.Amend(b.bid-gap-1, 7); err != nil {
		return err
	}
	if out := o.Amended(b.co); out.Kind() == market.IsRefused {
		b.Errorf("an amendment without an answer counts as refused (%d %s)", out.Code, out.Text)
	}
	if err := o.Settle(b.co); err != nil {
		return err
	}
	if b.t.Stats().Sent != 2 {
		b.Errorf("%d commands were sent, want an order and one amendment", b.t.Stats().Sent)
	}
	return b.version(o, b.bid-gap-1, 7)
}

func amendOvertaken(b *bench) error {
	o, err := b.rest(market.Buy, b.bid+1, 5)
	if err != nil {
		return err
	}
	b.Delay(market.OpAmend, answer/2)
	if err := o.Amend(b.bid+1, 8); err != nil {
		return err
	}
	if err := b.co.Sleep(answer / 8); err != nil { // it has arrived
		return err
	}
	b.Print(market.Sell, b.bid+1, 2)
	if err := b.until("2 are filled", func() bool { return o.Filled() == 2 }); err != nil {
		return err
	}
	if err := o.Settle(b.co); err != nil {
		return err
	}
	if err := b.co.Sleep(answer); err != nil {
		return err
	}
	if o.State() != order.PartiallyFilled || o.Left() != 6 || b.s.Position() != 2 {
		b.Errorf("order %s, %d left, position %d", o.State(), o.Left(), b.s.Position())
	}
	return b.version(o, b.bid+1, 8)
}

func amendBelow(b *bench) error {
	o, err := b.rest(market.Buy, b.bid+1, 5)
	if err != nil {
		return err
	}
	b.Print(market.Sell, b.bid+1, 2)
	if err := b.until("2 of 5 are filled", func() bool { return o.Filled() == 2 }); err != nil {
		return err
	}
	if err := o.Amend(b.bid+1, 2); err != nil {
		return err
	}
	if err := o.Wait(b.co); err != nil {
		return err
	}
	open, err := b.open()
	if o.State() != order.Canceled || o.Filled() != 2 || len(open) != 0 {
		b.Errorf("order %s, filled %d, open at the venue %+v", o.State(), o.Filled(), open)
	}
	return err
}

// amendCancelled cancels while the answer to an amendment is on its way.
func amendCancelled(b *bench) error {
	o, err := b.rest(market.Buy, b.bid-gap, 4)
	if err != nil {
		return err
	}
	b.Delay(market.OpAmend, answer/2)
	if err := o.Amend(b.bid-gap-1, 7); err != nil {
		return err
	}
	b.s.Cancel(o)
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if err := o.Amend(b.bid-gap, 4); err == nil {
		b.Error("an ended order was amended")
	}
	open, err := b.open()
	if o.State() != order.Canceled || o.Filled() != 0 || len(open) != 0 {
		b.Errorf("order %s, filled %d, open at the venue %+v", o.State(), o.Filled(), open)
	}
	if long, _ := b.worst(); long != 0 {
		b.Errorf("an ended order holds room for %d", long)
	}
	return err
}
