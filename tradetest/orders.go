package tradetest

import (
	"fmt"
	"testing"
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/market"
	"baton/order"
	"baton/trade"
)

func accept(b *bench) error {
	o, err := b.rest(market.Buy, b.bid-gap, 3)
	if err != nil {
		return err
	}
	open, err := b.open()
	if err != nil {
		return err
	}
	if len(open) != 1 || open[0].Order != o.ID() || open[0].Side != market.Buy || open[0].Px != b.bid-gap || open[0].Qty != 3 ||
		open[0].Filled != 0 || open[0].Instrument != b.Instrument() {
		b.Errorf("open at the venue: %+v, want our order %d", open, o.ID())
	}
	return nil
}

// refuse asks for more than the wallet can carry at any leverage that a rig may have.
func refuse(b *bench) error {
	lot, err := b.Instrument().Notional(b.bid, 1, decimal.HalfEven)
	if err != nil {
		return err
	}
	n, _ := decimal.MustParse("40000000").Div(lot, decimal.Floor)
	o, err := b.place(trade.Request{Side: market.Buy, Px: b.bid - gap, Qty: market.Lots(n.Units() / decimal.Scale)})
	if err != nil {
		return err
	}
	out := o.Outcome(b.co)
	if out.Kind() != market.IsRefused || out.Code >= 0 || !o.Done() {
		b.Errorf("an order beyond all margin is %s with code %d, want refused with the venue's code", out.Kind(), out.Code)
	}
	open, err := b.open()
	if len(open) != 0 {
		b.Errorf("a refused order is open: %+v", open)
	}
	return err
}

func postOnly(b *bench) error {
	o, err := b.place(trade.Request{Side: market.Buy, Px: b.ask, Qty: 2, TIF: market.GTX})
	if err != nil {
		return err
	}
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if st := o.State(); o.Filled() != 0 || st != order.Refused && st != order.Expired {
		b.Errorf("a post-only order that would take is %s, filled %d", st, o.Filled())
	}
	return nil
}

func expire(b *bench) error {
	o, err := b.place(trade.Request{Side: market.Buy, Px: b.ask - 1, Qty: 2, TIF: market.IOC})
	if err != nil {
		return err
	}
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if o.State() != order.Expired || o.Filled() != 0 {
		b.Errorf("an IOC order that meets nothing is %s, filled %d, want expired", o.State(), o.Filled())
	}
	return nil
}

func take(b *bench) error {
	o, err := b.place(trade.Request{Side: market.Buy, Px: b.ask, Qty: depth + 5, TIF: market.IOC})
	if err != nil {
		return err
	}
	w := b.s.Watch(trade.OnFill)
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if o.State() != order.Expired || o.Filled() != depth || b.s.Position() != depth {
		b.Errorf("an IOC order for %d where %d are offered is %s, filled %d, position %d", depth+5, depth, o.State(), o.Filled(), b.s.Position())
	}
	for f := range w.Fills() {
		b.checkFill(f, market.Buy, b.ask, false)
	}
	return nil
}

// checkFill looks at what a venue must say of a fill: side, price, and the commission at the instrument's rate.
func (b *bench) checkFill(f *market.Fill, side market.Side, px market.Ticks, maker bool) {
	in := b.Instrument()
	rate := in.TakerFee
	if maker {
		rate = in.MakerFee
	}
	value, _ := in.Notional(f.Px, f.Qty, decimal.HalfEven)
	fee, _ := value.Mul(rate, decimal.HalfEven)
	if f.Side != side || f.Px != px || f.Maker != maker || f.Asset != in.Margin || f.Commission != fee || f.Time == 0 {
		b.Errorf("fill %+v: want %s at %d, maker %v, commission %s %s, and a time", *f, side, px, maker, fee, in.Margin)
	}
}

func cancel(b *bench) error {
	o, err := b.rest(market.Sell, b.ask+gap, 4)
	if err != nil {
		return err
	}
	b.s.Cancel(o)
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if o.State() != order.Canceled || o.Filled() != 0 {
		b.Errorf("a cancelled order is %s, filled %d", o.State(), o.Filled())
	}
	open, err := b.open()
	if len(open) != 0 {
		b.Errorf("a cancelled order is open: %+v", open)
	}
	return err
}

// cancelFilled cancels in the moment in which the order is filled: whatever comes first, the fill counts.
func cancelFilled(b *bench) error {
	o, err := b.rest(market.Buy, b.bid+1, 3)
	if err != nil {
		return err
	}
	b.Print(market.Sell, b.bid+1, 3)
	b.s.Cancel(o)
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if st := o.State(); st != order.Filled && st != order.Canceled || o.Filled() != b.s.Position() || st == order.Filled && o.Filled() != 3 {
		b.Errorf("order %s, filled %d, position %d", st, o.Filled(), b.s.Position())
	}
	return nil
}

func partial(b *bench) error {
	w := b.s.Watch(trade.OnFill)
	o, err := b.rest(market.Buy, b.bid+1, 5)
	if err != nil {
		return err
	}
	b.Print(market.Sell, b.bid+1, 2)
	if err := b.until("2 of 5 are filled", func() bool { return o.Filled() == 2 }); err != nil {
		return err
	}
	if o.State() != order.PartiallyFilled || o.Left() != 3 || b.s.Position() != 2 {
		b.Errorf("order %s, %d left, position %d", o.State(), o.Left(), b.s.Position())
	}
	open, err := b.open()
	if len(open) != 1 || open[0].Filled != 2 {
		b.Errorf("open at the venue: %+v", open)
	}
	b.Print(market.Sell, b.bid+1, 3)
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if o.State() != order.Filled || b.s.Position() != 5 {
		b.Errorf("order %s, position %d", o.State(), b.s.Position())
	}
	for f := range w.Fills() {
		b.checkFill(f, market.Buy, b.bid+1, true)
	}
	return err
}

// roundTrip buys and sells again: profit and commissions are the venue's, and the ledger's own computation agrees.
func roundTrip(b *bench) error {
	for _, r := range []trade.Request{
		{Side: market.Buy, Px: b.ask, Qty: 7, TIF: market.IOC}, {Side: market.Sell, Px: b.bid, Qty: 9, TIF: market.IOC},
		{Side: market.Buy, Px: b.ask, Qty: 2, TIF: market.IOC},
	} {
		o, err := b.place(r)
		if err != nil {
			return err
		}
		if err := o.Wait(b.co); err != nil {
			return err
		}
		if o.State() != order.Filled {
			b.Errorf("%+v is %s, filled %d", r, o.State(), o.Filled())
		}
	}
	in, books := b.Instrument(), b.t.Ledger()
	if st := books.Stats(); b.s.Position() != 0 || st.Disputed != 0 {
		b.Errorf("position %d, %d of %d realised profits disputed", b.s.Position(), st.Disputed, st.Fills)
	}
	lost, _ := in.Notional(gap, -9, decimal.HalfEven)
	if got := books.Realised(in.Margin); got != lost {
		b.Errorf("realised %s, want %s", got, lost)
	}
	acc, err := b.Venue().Account(b.co)
	if err != nil {
		return err
	}
	for _, x := range acc.Balances {
		if x.Wallet != books.Wallet(x.Asset) {
			b.Errorf("wallet of %s: venue %s, ledger %s", x.Asset, x.Wallet, books.Wallet(x.Asset))
		}
	}
	return nil
}

// cancelNothing asks the venue itself to cancel what it never had.
func cancelNothing(t *testing.T, rig Rig) {
	rig.Run(t, func(co *aio.Co) error {
		ear := &recorder{}
		rig.Venue().Bind(ear)
		if _, err := rig.Feed().Open(rig.Instrument(), nobody{}); err != nil {
			return err
		}
		if _, err := rig.Venue().Account(co); err != nil { // connected, then
			return err
		}
		if err := rig.Venue().Send(&market.Command{Op: market.OpCancel, ID: 987_654, Instrument: rig.Instrument()}); err != nil {
			return err
		}
		if len(ear.replies) != 0 {
			t.Error("the answer came inside Send")
		}
		for waited := time.Duration(0); len(ear.replies) == 0; waited += time.Millisecond {
			if waited > Patience {
				return fmt.Errorf("no answer")
			}
			if err := co.Sleep(time.Millisecond); err != nil {
				return err
			}
		}
		if out := ear.replies[0]; out.Kind() != market.IsRefused || out.Code != -2011 {
			t.Errorf("cancel of nothing: %s %d, want refused with -2011", out.Kind(), out.Code)
		}
		rep, err := rig.Venue().Query(co, rig.Instrument(), 987_654)
		if err == nil && rep.Kind == market.Found {
			t.Errorf("query of nothing found %+v", rep)
		}
		return nil
	})
}

// recorder keeps the answers.
type recorder struct{ replies []market.Outcome }

func (r *recorder) Reply(_ market.OrderID, _ market.Op, out market.Outcome) {
	r.replies = append(r.replies, out)
}
func (*recorder) Update(*market.Update)  {}
func (*recorder) Account(*market.Change) {}

// nobody listens to a market.
type nobody struct{}

func (nobody) Quote(*market.Quote)              {}
func (nobody) Trade(*market.Trade)              {}
func (nobody) Depth(*market.Book, *market.Diff) {}
func (nobody) Mark(*market.Mark)                {}
func (nobody) Status(market.Status)             {}
