package tradetest

import (
	"fmt"
	"testing"
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

// Run runs every subtest, each on a rig of its own.
func Run(t *testing.T, newRig func(*testing.T) Rig) {
	for _, rows := range [][]row{plainRows, amendRows, conditionalRows} {
		for _, c := range rows {
			t.Run(c.name, func(t *testing.T) { onRig(t, newRig(t), c.test) })
		}
	}
	t.Run("cancel of an order that never was", func(t *testing.T) { cancelNothing(t, newRig(t)) })
	t.Run("a stop waits over a restart", func(t *testing.T) { stopOverRestart(t, newRig(t)) })
}

// row is one subtest.
type row struct {
	name string
	test func(*bench) error
}

// plainRows are what a venue must make of orders and cancels.
var plainRows = []row{
	{"accept", accept},
	{"refuse", refuse},
	{"post only does not take", postOnly},
	{"immediate or cancel expires", expire},
	{"immediate or cancel takes what is there", take},
	{"cancel", cancel},
	{"cancel of a filled order", cancelFilled},
	{"partial fill", partial},
	{"round trip", roundTrip},
	{"a fill overtakes the answer", overtake},
	{"a lost answer is settled", lostAnswer},
	{"a lost answer to a cancel is settled", lostCancel},
	{"a lost fill is asked for", lostFill},
	{"a query says what became of an order", query},
	{"a cut line never sends twice", cut},
	{"stale, then exact", stale},
	{"own quantity is in the level once", overlay},
}

// The book at the start of each subtest, in ticks from a round price.
const (
	depth = market.Lots(20) // of each side
	gap   = market.Ticks(10)
)

// bench is one trader on one rig.
type bench struct {
	*testing.T
	Rig
	t        *trade.Trader
	s        *trade.Session
	co       *aio.Co
	bid, ask market.Ticks
	leaves   int // conditional orders that the end leaves at the venue
}

// onRig connects a trader, runs test as its strategy, and ends with a reconciliation.
func onRig(t *testing.T, rig Rig, test func(*bench) error) {
	rig.Run(t, func(co *aio.Co) error {
		b := &bench{T: t, Rig: rig}
		err := b.life(co, rig.Feed(), &forgetful{}, nil, func(b *bench) error {
			if got := b.t.Ledger().Wallet(b.Instrument().Margin); got != wallet() {
				t.Errorf("the wallet begins with %s, want %s", got, Wallet)
			}
			if err := b.begin(); err != nil {
				return err
			}
			return test(b)
		})
		if err != nil {
			t.Error(err)
		}
		if b.t == nil {
			return nil
		}
		res, err := b.t.Stop(co)
		if res.Protecting != b.leaves {
			t.Errorf("the end leaves %d protective orders, want %d", res.Protecting, b.leaves)
		}
		if !res.Reconciled {
			t.Errorf("not reconciled at the end: %q\nnotes: %q", res.Differences, res.Notes)
		}
		return err
	})
}

// life runs one trader with a journal, from where an earlier one left it, until test returns.
func (b *bench) life(co *aio.Co, feed trade.Feed, j trade.Journal, before *trade.Recovered, test func(*bench) error) error {
	in := b.Instrument()
	if before == nil {
		b.bid = middle(in)
		b.ask = b.bid + gap
	}
	limits := risk.Limits{
		MaxPosition: 1 << 40, MaxOrderQty: 1 << 40, MaxOpenOrders: 100, MaxNotional: decimal.MustParse("50000000"), CollarBps: 500,
	}
	cfg := trade.Config{Limits: map[string]risk.Limits{in.Symbol: limits}, Answer: answer, Recovered: before}
	var err error
	if b.t, err = trade.New(co, cfg, feed, b.Venue(), j); err != nil {
		return err
	}
	if b.s, err = b.t.Open(in); err != nil {
		return err
	}
	if err := b.t.Start(co); err != nil {
		return err
	}
	return b.t.Run(co, trade.Strategy{Name: b.Name(), Run: func(co *aio.Co, _ *trade.Session) error {
		b.co = co
		return test(b)
	}}, b.s)
}

// middle is a round price in the instrument's range, at which the smallest quantities are worth trading.
func middle(in *market.Instrument) market.Ticks {
	px, err := in.Ticks(decimal.MustParse("50000"))
	if err != nil || px < in.MinPrice || px > in.MaxPrice {
		return (in.MinPrice + in.MaxPrice) / 2
	}
	return px
}

// begin makes the market and waits until the session sees it.
func (b *bench) begin() error {
	b.market(depth, depth)
	return b.until("the book is exact and shows the market", func() bool {
		return b.s.Exact() && b.s.Book().Qty(market.Buy, b.bid) == depth && b.s.Book().Qty(market.Sell, b.ask) == depth
	})
}

// market sets both sides' quantities.
func (b *bench) market(bid, ask market.Lots) {
	b.Book(market.Level{Px: b.bid, Qty: bid}, market.Level{Px: b.ask, Qty: ask})
}

// until waits for a condition.
func (b *bench) until(what string, cond func() bool) error {
	for pause, waited := time.Millisecond, time.Duration(0); !cond(); waited += pause {
		if waited > Patience {
			return fmt.Errorf("waited %s in vain until %s", Patience, what)
		}
		if err := b.co.Sleep(pause); err != nil {
			return err
		}
	}
	return nil
}

// place places an order that this kit needs to be sent.
func (b *bench) place(r trade.Request) (*trade.Order, error) {
	o, err := b.s.Place(r)
	if err != nil {
		return nil, fmt.Errorf("the kit's own order was not sent: %w", err)
	}
	return o, nil
}

// rest places an order and waits until it is accepted.
func (b *bench) rest(side market.Side, px market.Ticks, qty market.Lots) (*trade.Order, error) {
	o, err := b.place(trade.Request{Side: side, Px: px, Qty: qty})
	if err != nil {
		return nil, err
	}
	if out := o.Outcome(b.co); out.Kind() != market.IsAccepted {
		return nil, fmt.Errorf("an order that should rest is %s (%d %s)", out.Kind(), out.Code, out.Text)
	}
	return o, nil
}

// open are the open orders that the venue's account names.
func (b *bench) open() ([]market.OpenOrder, error) {
	acc, err := b.Venue().Account(b.co)
	return acc.Orders, err
}

// forgetful is a journal that is durable at once and forgets.
type forgetful struct{}

func (*forgetful) Append(*market.Record) bool { return true }
func (*forgetful) Sync(*aio.Co) error         { return nil }

// keeping is durable at once and keeps all.
type keeping struct{ records []market.Record }

func (k *keeping) Append(r *market.Record) bool {
	k.records = append(k.records, *r)
	return true
}

func (*keeping) Sync(*aio.Co) error { return nil }

func (k *keeping) all(yield func(*market.Record, error) bool) {
	for i := range k.records {
		if !yield(&k.records[i], nil) {
			return
		}
	}
}
