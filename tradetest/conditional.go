package tradetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"baton/aio"
	"baton/decimal"
	"baton/journal"
	"baton/market"
	"baton/order"
	"baton/risk"
	"baton/trade"
)

// conditionalRows are what a venue must make of orders that wait for a trigger.
var conditionalRows = []row{
	{"a stop rests, and is cancelled", stopRests},
	{"a stop is triggered and closes", stopFires},
	{"a stop that closes the position", closes},
	{"a stop and a target of one position", stopAndTarget},
	{"a stop with a limit rests in the book once triggered", stopLimit},
	{"a trailing stop follows", trailingStop},
	{"an entry at a trigger", stopEntry},
	{"a trigger that has come is refused", comeAlready},
	{"what a trigger makes is refused", childRejected},
	{"a stop expires with its position", closesNothing},
	{"a lost answer to a stop is settled", lostStopAnswer},
	{"a lost answer to a stop's cancel is settled", lostStopCancel},
	{"a cut line under a stop", cutStop},
	{"a protective stop stays", stopStays},
}

// hold buys q at the market.
func (b *bench) hold(q market.Lots) error {
	o, err := b.place(trade.Request{Side: market.Buy, Px: b.ask, Qty: q, TIF: market.IOC})
	if err != nil {
		return err
	}
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if b.s.Position() != q {
		return fmt.Errorf("the kit's own order was filled to a position of %d, want %d", b.s.Position(), q)
	}
	b.market(depth, depth)
	return b.until("the market is whole again", func() bool { return b.s.Book().Qty(market.Sell, b.ask) == depth })
}

// fall moves the market down, and has somebody trade there.
func (b *bench) fall(by market.Ticks) error {
	b.bid -= by
	b.ask -= by
	b.market(depth, depth)
	if err := b.until("the market has fallen", func() bool { return b.s.Top().Bid == b.bid }); err != nil {
		return err
	}
	b.Print(market.Sell, b.bid, 2) // worth more than the least
	return nil
}

// protect places a conditional order that only reduces, and waits until the venue has it.
func (b *bench) protect(r trade.Request) (*trade.Order, error) {
	o, err := b.place(r)
	if err != nil {
		return nil, err
	}
	if out := o.Outcome(b.co); out.Kind() != market.IsAccepted {
		return nil, fmt.Errorf("a stop that should rest is %s (%d %s)", out.Kind(), out.Code, out.Text)
	}
	return o, b.until("the venue names it", func() bool { return o.Algo() == market.AlgoNew })
}

func (b *bench) stop(q market.Lots) trade.Request {
	return trade.Request{Side: market.Sell, Type: market.StopMarket, Trigger: b.bid - gap, Qty: q, ReduceOnly: true}
}

func stopRests(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	o, err := b.protect(b.stop(5))
	if err != nil {
		return err
	}
	open, err := b.open()
	if err != nil {
		return err
	}
	if len(open) != 1 || open[0].Order != o.ID() || open[0].Trigger != b.bid-gap || open[0].Qty != 5 || !open[0].Type.Conditional() || !open[0].Reduces {
		b.Errorf("open at the venue: %+v, want our stop %d", open, o.ID())
	}
	rep, err := b.Venue().Query(b.co, b.Instrument(), o.ID())
	if err != nil {
		return err
	}
	if rep.Kind != market.Found || rep.Algo != market.AlgoNew || rep.Status != market.StatusNew || rep.AlgoID == 0 {
		b.Errorf("a query of a stop that waits says %+v", rep)
	}
	if !o.Waits() || b.s.Resting(market.Sell, 0) != 0 {
		b.Errorf("a stop that waits counts as resting in the book: %s", o.State())
	}
	b.s.Cancel(o)
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if o.State() != order.Canceled || b.s.Position() != 5 {
		b.Errorf("a cancelled stop is %s, position %d", o.State(), b.s.Position())
	}
	return nil
}

func stopFires(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	o, err := b.protect(b.stop(5))
	if err != nil {
		return err
	}
	w := b.s.Watch(trade.OnFill)
	if err := b.fall(gap + 2); err != nil {
		return err
	}
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if o.State() != order.Filled || o.Filled() != 5 || b.s.Position() != 0 || o.Algo() < market.AlgoTriggered {
		b.Errorf("the stop is %s (%s), filled %d, position %d", o.State(), o.Algo(), o.Filled(), b.s.Position())
	}
	for f := range w.Fills() {
		if f.Order != o.ID() || f.Side != market.Sell {
			b.Errorf("fill %+v is not the stop's", *f)
		}
	}
	rep, err := b.Venue().Query(b.co, b.Instrument(), o.ID())
	if err != nil {
		return err
	}
	if rep.Kind != market.Found || rep.Status != market.StatusFilled || rep.Filled != 5 || len(rep.Fills) == 0 || rep.Fills[0].Order != o.ID() {
		b.Errorf("a query of a stop that was filled says %+v", rep)
	}
	return nil
}

func closes(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	o, err := b.protect(trade.Request{Side: market.Sell, Type: market.StopMarket, Trigger: b.bid - gap, ClosePosition: true})
	if err != nil {
		return err
	}
	if err := b.fall(gap + 2); err != nil {
		return err
	}
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if o.State() != order.Filled || o.Filled() != 5 || o.Qty() != 5 || b.s.Position() != 0 {
		b.Errorf("the stop is %s, filled %d of %d, position %d", o.State(), o.Filled(), o.Qty(), b.s.Position())
	}
	return nil
}

// stopAndTarget protects a position from both sides: neither takes room, and none is refused because of the other.
func stopAndTarget(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	stop, err := b.protect(b.stop(5))
	if err != nil {
		return err
	}
	target, err := b.protect(trade.Request{Side: market.Sell, Type: market.TakeProfitMarket, Trigger: b.ask + 50*gap, Qty: 5, ReduceOnly: true})
	if err != nil {
		return err
	}
	if err := b.fall(gap + 2); err != nil {
		return err
	}
	if err := stop.Wait(b.co); err != nil {
		return err
	}
	b.s.Cancel(target)
	if err := target.Wait(b.co); err != nil {
		return err
	}
	if stop.State() != order.Filled || target.State() != order.Canceled || b.s.Position() != 0 {
		b.Errorf("stop %s, target %s, position %d", stop.State(), target.State(), b.s.Position())
	}
	return nil
}

// stopLimit is triggered, rests as a limit order away from the market, and is cancelled as what it became.
func stopLimit(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	px := b.bid + gap
	o, err := b.protect(trade.Request{Side: market.Sell, Type: market.Stop, Trigger: b.bid - gap, Px: px, Qty: 5, ReduceOnly: true})
	if err != nil {
		return err
	}
	if err := b.fall(gap + 2); err != nil {
		return err
	}
	if err := b.until("the stop rests as a limit order", func() bool { return o.Algo() == market.AlgoTriggered && b.s.Resting(market.Sell, px) == 5 }); err != nil {
		return err
	}
	open, err := b.open()
	if err != nil {
		return err
	}
	if len(open) != 1 || open[0].Order != o.ID() || open[0].Px != px || open[0].Type != market.Limit {
		b.Errorf("open at the venue: %+v, want what stop %d became", open, o.ID())
	}
	b.s.Cancel(o)
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if o.State() != order.Canceled || b.s.Position() != 5 {
		b.Errorf("the stop is %s, position %d", o.State(), b.s.Position())
	}
	return nil
}

func trailingStop(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	one := decimal.MustParse("0.5")
	o, err := b.protect(trade.Request{Side: market.Sell, Type: market.TrailingStopMarket, Callback: one, Qty: 5, ReduceOnly: true})
	if err != nil {
		return err
	}
	if err := b.fall(b.bid / 1000); err != nil {
		return err
	}
	if err := b.co.Sleep(answer); err != nil {
		return err
	}
	if !o.Waits() {
		b.Errorf("a trailing stop 0.5 %% behind fired after 0.1 %%: %s", o.Algo())
	}
	if err := b.fall(b.bid / 150); err != nil {
		return err
	}
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if o.State() != order.Filled || b.s.Position() != 0 {
		b.Errorf("the trailing stop is %s, position %d", o.State(), b.s.Position())
	}
	return nil
}

func stopEntry(b *bench) error {
	o, err := b.protect(trade.Request{Side: market.Sell, Type: market.StopMarket, Trigger: b.bid - gap, Qty: 3})
	if err != nil {
		return err
	}
	if _, short := b.worst(); short != 3 {
		b.Errorf("an entry that waits holds room for %d, want 3", short)
	}
	if err := b.fall(gap + 2); err != nil {
		return err
	}
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if o.State() != order.Filled || b.s.Position() != -3 {
		b.Errorf("the entry is %s, position %d", o.State(), b.s.Position())
	}
	return nil
}

// comeAlready asks for a stop at a price that has come: -2021, a proven refusal.
func comeAlready(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	r := b.stop(5)
	r.Trigger = b.ask + 100*gap
	o, err := b.place(r)
	if err != nil {
		return err
	}
	if out := o.Outcome(b.co); out.Kind() != market.IsRefused || out.Code != -2021 || !o.Done() {
		b.Errorf("a stop whose trigger has come is %s (%d), want refused with -2021", out.Kind(), out.Code)
	}
	return nil
}

// childRejected has a reduce-only stop fire when there is nothing to reduce: the order has ended, and a person hears of it. Nothing is
// unprotected by that.
func childRejected(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	o, err := b.protect(b.stop(5))
	if err != nil {
		return err
	}
	shut, err := b.place(trade.Request{Side: market.Sell, Px: b.bid, Qty: 5, TIF: market.IOC})
	if err != nil {
		return err
	}
	if err := shut.Wait(b.co); err != nil {
		return err
	}
	if err := b.fall(gap + 2); err != nil {
		return err
	}
	if err := o.Wait(b.co); err != nil {
		return err
	}
	if _, why := o.Refusal(); o.State() != order.Refused || o.Algo() != market.AlgoRejected || why == "" || b.s.Position() != 0 {
		b.Errorf("the stop is %s (%s, %q), position %d", o.State(), o.Algo(), why, b.s.Position())
	}
	if !strings.Contains(strings.Join(b.t.Notes(), "\n"), "its trigger came and the venue refused") {
		b.Errorf("nobody hears of it: notes %q", b.t.Notes())
	}
	return nil
}

func closesNothing(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	o, err := b.protect(trade.Request{Side: market.Sell, Type: market.StopMarket, Trigger: b.bid - gap, ClosePosition: true})
	if err != nil {
		return err
	}
	shut, err := b.place(trade.Request{Side: market.Sell, Px: b.bid, Qty: 5, TIF: market.IOC})
	if err != nil {
		return err
	}
	if err := errors.Join(shut.Wait(b.co), o.Wait(b.co)); err != nil {
		return err
	}
	if o.State() != order.Expired || b.s.Position() != 0 {
		b.Errorf("the stop is %s, position %d", o.State(), b.s.Position())
	}
	return nil
}

func lostStopAnswer(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	b.Lose(market.OpPlace)
	o, err := b.place(b.stop(5))
	if err != nil {
		return err
	}
	if out := o.Outcome(b.co); out.Kind() == market.IsRefused {
		b.Errorf("a stop without an answer counts as refused (%d %s)", out.Code, out.Text)
	}
	if err := o.Settle(b.co); err != nil {
		return err
	}
	open, err := b.open()
	if o.State() != order.New || o.Algo() != market.AlgoNew || len(open) != 1 || b.t.Stats().Sent != 2 {
		b.Errorf("the stop is %s (%s), %d open at the venue, %d commands sent", o.State(), o.Algo(), len(open), b.t.Stats().Sent)
	}
	b.leaves = 1
	return err
}

func lostStopCancel(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	o, err := b.protect(b.stop(5))
	if err != nil {
		return err
	}
	b.Lose(market.OpCancel)
	b.s.Cancel(o)
	if err := o.Wait(b.co); err != nil {
		return err
	}
	open, err := b.open()
	if o.State() != order.Canceled || len(open) != 0 {
		b.Errorf("the stop is %s, open at the venue %+v", o.State(), open)
	}
	return err
}

// cutStop cuts the line right behind a stop: it rests once or is proven absent, and no query of one id space alone decides that.
func cutStop(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	w := b.s.Watch(trade.OnOrder)
	o, err := b.place(b.stop(5))
	if err != nil {
		return err
	}
	b.Cut()
	for o.State() != order.Unknown {
		if _, err := w.Next(b.co); err != nil {
			return err
		}
	}
	b.Restore()
	if err := o.Settle(b.co); err != nil {
		return err
	}
	open, err := b.open()
	resting := o.State() == order.New && len(open) == 1
	if absent := o.State() == order.ProvenAbsent && len(open) == 0; !resting && !absent || b.t.Stats().Sent != 2 {
		b.Errorf("the stop is %s, %d open at the venue, %d commands sent", o.State(), len(open), b.t.Stats().Sent)
	}
	b.leaves = len(open)
	return err
}

// stopStays leaves a protective stop and an entry: at the end the entry is cancelled, the stop stays, and all is reconciled.
func stopStays(b *bench) error {
	if err := b.hold(5); err != nil {
		return err
	}
	if _, err := b.protect(b.stop(5)); err != nil {
		return err
	}
	if _, err := b.rest(market.Buy, b.bid-gap, 2); err != nil {
		return err
	}
	b.leaves = 1
	return nil
}

// stopOverRestart ends a trader as a crash does while its stop waits. The next one on the same journal takes it over where it is, and
// books what it does.
func stopOverRestart(t *testing.T, rig Rig) {
	rig.Run(t, func(co *aio.Co) error {
		tape, feed := &keeping{}, &handover{Feed: rig.Feed(), loop: co.Loop()}
		b := &bench{T: t, Rig: rig}
		if err := b.life(co, feed, tape, nil, func(b *bench) error {
			if err := b.begin(); err != nil {
				return err
			}
			if err := b.hold(5); err != nil {
				return err
			}
			_, err := b.protect(b.stop(5))
			return err
		}); err != nil {
			return err
		}
		state, err := journal.Fold(tape.all)
		if err != nil {
			return err
		}
		if n := len(state.Orders); n != 1 || state.Orders[0].Algo != market.AlgoNew || state.Orders[0].Command.Trigger == 0 {
			t.Errorf("the journal comes to %+v", state.Orders)
		}
		before := &trade.Recovered{Next: state.Next, Last: state.Last, Orders: state.Orders, Books: state.Books}
		return b.life(co, feed, tape, before, func(b *bench) error {
			live := b.s.Live()
			if len(live) != 1 || live[0].State() != order.New || !live[0].Waits() || !live[0].Protects() || b.t.Mode() != risk.Normal {
				t.Fatalf("taken over: %d orders, mode %s, notes %q", len(live), b.t.Mode(), b.t.Notes())
			}
			o := live[0]
			if err := b.until("the book is exact", b.s.Exact); err != nil {
				return err
			}
			if err := b.fall(gap + 2); err != nil {
				return err
			}
			if err := o.Wait(b.co); err != nil {
				return err
			}
			if o.State() != order.Filled || b.s.Position() != 0 {
				t.Errorf("the stop is %s, position %d", o.State(), b.s.Position())
			}
			return nil
		})
	})
}

// handover is a feed that one trader leaves to the next.
type handover struct {
	trade.Feed
	loop   *aio.Loop
	to     market.MarketSink
	book   *market.Book
	status market.Status
}

func (h *handover) Open(in *market.Instrument, to market.MarketSink) (book *market.Book, err error) {
	h.to = to
	if h.book != nil {
		h.loop.CallSoon(func() { to.Status(h.status) })
		return h.book, nil
	}
	h.book, err = h.Feed.Open(in, h)
	return h.book, err
}

func (h *handover) Quote(q *market.Quote)                   { h.to.Quote(q) }
func (h *handover) Trade(t *market.Trade)                   { h.to.Trade(t) }
func (h *handover) Depth(book *market.Book, d *market.Diff) { h.to.Depth(book, d) }
func (h *handover) Mark(m *market.Mark)                     { h.to.Mark(m) }

func (h *handover) Status(s market.Status) {
	h.status = s
	h.to.Status(s)
}
