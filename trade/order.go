package trade

import (
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/market"
	"baton/order"
)

// Request is what a strategy asks for. Type is Limit and TIF is GTC where they are left zero. A conditional type (Stop, StopMarket,
// TakeProfit, TakeProfitMarket, TrailingStopMarket) waits at the venue, outside of matching, for its trigger; from then on it is an
// ordinary order, and still this one.
type Request struct {
	Side       market.Side
	Px         market.Ticks // 0 for what is, or becomes, a market order
	Qty        market.Lots  // 0 with ClosePosition
	Type       market.OrderType
	TIF        market.TIF
	ReduceOnly bool

	Trigger       market.Ticks        // of a conditional order; 0 for a trailing stop
	Working       market.Working      // what the trigger is compared with; zero: the last price
	ClosePosition bool                // StopMarket, TakeProfitMarket: close all of the position, whatever it is then
	PriceProtect  bool                // fire only where mark and last price are near each other
	Callback      decimal.Decimal     // of a trailing stop: how far behind the price, in percent, 0.1 to 20
	Activate      market.Ticks        // of a trailing stop: from where it follows; 0: from now on
	PositionSide  market.PositionSide // of hedge mode
	GoodTill      market.Nanos        // of TIF GTD
	SelfTrade     market.SelfTrade
	PriceMatch    market.PriceMatch // the venue prices the order; Px is 0
}

// Order is one order as its strategy sees it. It may be kept as long as one likes; its state follows the news from the venue.
type Order struct {
	s       *Session
	rec     *order.Order // the table's, or own once it was retired
	own     order.Order
	waiting []*aio.Waiter
	asking  bool         // a query is under way
	overdue bool         // it should have ended by now
	told    bool         // a person heard that the account differs by it
	group   *Group       // nil: of none
	lonely  market.Nanos // since when it protects nothing; 0: not so
	heir    bool         // of an earlier run, and the venue has not yet told how it stands
	pause   market.Nanos // between the last two queries that proved nothing
	again   market.Nanos // no query before
}

// ID is the order's number.
func (o *Order) ID() market.OrderID { return o.rec.ID }

// Side is what it does.
func (o *Order) Side() market.Side { return o.rec.Side }

// Px is its limit price: that of the last amendment that is proven to have taken effect.
func (o *Order) Px() market.Ticks { return o.rec.Px }

// Qty is what was asked for, in all: by the last amendment that is proven to have taken effect. Of an order that closes a position it is
// 0 until its trigger has come.
func (o *Order) Qty() market.Lots { return o.rec.Qty }

// Command is the order as it was asked for, amendments counted: its type, trigger, what it is for.
func (o *Order) Command() market.Command { return o.rec.Command }

// Trigger is the price that a conditional order waits for; 0 of others.
func (o *Order) Trigger() market.Ticks { return o.rec.Trigger }

// Algo is where a conditional order is in its life, as far as is known.
func (o *Order) Algo() market.AlgoStatus { return o.rec.Algo }

// Waits says whether it is a conditional order whose trigger is not known to have come.
func (o *Order) Waits() bool { return o.rec.Waits() }

// Protects says whether it is a conditional order that can only make a position smaller.
func (o *Order) Protects() bool { return o.rec.Protects() }

// Filled is how much of it was filled so far.
func (o *Order) Filled() market.Lots { return o.rec.Filled }

// Left is what may still rest or fill.
func (o *Order) Left() market.Lots { return o.rec.Left() }

// State is where it stands, as far as is proven.
func (o *Order) State() order.State { return o.rec.State }

// Refusal is the last refusal's code (Binance's, or 0 for our own) and text.
func (o *Order) Refusal() (code int, text string) { return o.rec.Code, o.rec.Text }

// Done says that it has ended and that every fill of it was booked.
func (o *Order) Done() bool { return !o.rec.Live() && o.rec.Outstanding() == 0 }

// Outcome suspends until the venue has answered, or has been silent for too long, and says what is proven: Accepted (it rests,
// or has, or was filled), Refused, or Unknown. It may still be filled while it is Unknown: see [Order.Settle]. In a cancelled
// scope it says what is known.
func (o *Order) Outcome(co *aio.Co) market.Outcome {
	for !o.answered() {
		if o.wait(co) != nil {
			break
		}
	}
	switch o.rec.State {
	case order.Intended, order.Sent, order.Unknown:
		return market.Unknown()
	case order.Refused:
		return market.Refused(o.rec.Code, o.rec.Text)
	case order.ProvenAbsent:
		return market.Refused(0, "the venue has proven that it never got the order")
	}
	return market.Accepted()
}

func (o *Order) answered() bool { return o.rec.State != order.Intended && o.rec.State != order.Sent }

// Settle suspends until it is proven how it stands with the order: that it rests, or how it ended and with which fills. The
// kernel asks the venue until that is so; nothing is sent twice.
func (o *Order) Settle(co *aio.Co) error {
	for !o.answered() || o.rec.Unsettled() {
		if !o.s.t.running && o.rec.Unsettled() { // nobody else asks
			if err := o.s.t.askUntilSettled(co, o); err != nil {
				return err
			}
			continue
		}
		if err := o.wait(co); err != nil {
			return err
		}
	}
	return nil
}

// Wait suspends until the order is [Order.Done].
func (o *Order) Wait(co *aio.Co) error {
	for !o.Done() {
		if err := o.wait(co); err != nil {
			return err
		}
	}
	return nil
}

// wait suspends until there is news about the order.
func (o *Order) wait(co *aio.Co) error {
	w := new(aio.Waiter)
	w.Label(co.Loop(), "news of its order")
	o.waiting = append(o.waiting, w)
	err := w.Wait(co)
	for i, x := range o.waiting {
		if x == w {
			o.waiting = append(o.waiting[:i], o.waiting[i+1:]...)
			break
		}
	}
	return err
}

// news wakes whoever waits for the order.
func (o *Order) news() {
	for _, w := range o.waiting {
		w.Wake()
	}
	o.waiting = o.waiting[:0]
}

// How long the kernel waits between two queries for one order.
const (
	askFirst = 100 * time.Millisecond
	askMost  = 5 * time.Second
)

// askUntilSettled queries until o is settled.
func (t *Trader) askUntilSettled(co *aio.Co, o *Order) error {
	for pause := askFirst; ; pause = min(2*pause, askMost) {
		if err := t.ask(co, o); err != nil {
			return err
		}
		if !o.rec.Unsettled() {
			return nil
		}
		if err := co.Sleep(pause); err != nil {
			return err
		}
	}
}

// ask queries the venue for o once and takes what it proves. Only a cancellation is an error: a query that failed proves
// nothing, least of all that the order is absent.
func (t *Trader) ask(co *aio.Co, o *Order) error {
	o.asking = true
	t.stats.Queries++
	asked, revision, amend := o.rec.Asked, o.rec.Revision, o.rec.Amend
	rep, err := t.venue.Query(co, o.rec.Instrument, o.rec.ID)
	o.asking = false
	switch {
	case err == nil:
		if asked != o.rec.Asked || revision != o.rec.Revision || amend != o.rec.Amend {
			rep.Qty = 0 // an amendment moved on while the question was under way: which figures the answer has is not known
		}
		t.report(o, &rep)
	case co.Err() != nil:
		return co.Yield() // err may be the query's own, which is no reason to end
	}
	if o.open() {
		o.pause = min(max(2*o.pause, market.Nanos(askFirst)), market.Nanos(askMost))
		o.again = t.loop.Now() + o.pause
	}
	return nil
}

// settler asks about every order whose fate is open, until it is cancelled: at once, then with pauses that grow, for each order
// by itself, while nothing is proven. So one that cannot be settled costs little, and does not hold up the others.
func (t *Trader) settler(co *aio.Co) error {
	for {
		next, err := t.askDue(co, t.unsettled())
		switch {
		case err != nil:
		case next == aio.Never:
			err = t.settle.Wait(co)
		default:
			err = t.settle.waitFor(co, time.Duration(next-co.Now()))
		}
		if err != nil {
			return err
		}
	}
}

// askDue asks about those orders whose turn it is, and says when the next turn is.
func (t *Trader) askDue(co *aio.Co, open []*Order) (next market.Nanos, err error) {
	next = aio.Never
	for _, o := range open {
		if o.due(co.Now()) {
			if err := t.ask(co, o); err != nil {
				return 0, err
			}
		}
	}
	for _, o := range t.unsettled() {
		next = min(next, max(o.again, co.Now()+1)) // one that came meanwhile: at once
	}
	return next, nil
}

// due says whether it is time to ask about the order.
func (o *Order) due(now market.Nanos) bool { return o.open() && !o.asking && now >= o.again }

// open says whether only the venue's word can tell how it stands with the order.
func (o *Order) open() bool { return o.rec.Unsettled() || o.heir || o.overdue && o.rec.Live() }

// unsettled are the orders that only a query can settle, and that nobody asks about yet.
func (t *Trader) unsettled() []*Order {
	var out []*Order
	for rec := range t.table.All() {
		if o := t.handles[rec.ID]; o.open() && !o.asking {
			out = append(out, o)
		}
	}
	return out
}
