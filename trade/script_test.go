package trade_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

const t0 = market.Nanos(1_700_000_000_000_000_000)

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

func btc() *market.Instrument {
	return &market.Instrument{
		Symbol: "BTCUSDT", Base: "BTC", Quote: "USDT", Margin: "USDT", Tick: d("0.1"), Lot: d("0.001"), PricePlaces: 2, QtyPlaces: 3,
		MinPrice: 1, MaxPrice: 10_000_000, MinQty: 1, MaxQty: 1_000_000, MaxMarketQty: 100_000, MaxOrders: 200, Status: "TRADING",
	}
}

// script is a venue and a feed in the test's hands: orders rest until the test fills them.
type script struct {
	in     *market.Instrument
	loop   *aio.Loop
	market market.MarketSink
	orders market.OrderSink
	book   *market.Book
	acc    market.Account
	open   map[market.OrderID]*market.Command
	filled map[market.OrderID]market.Lots
	sent   []market.Command
	trades int64
	last   int64 // update id of the book

	delay   time.Duration
	mute    func(c *market.Command) bool // true: the answer is lost
	drop    func(c *market.Command) bool // true: the command is lost, and so is its answer
	refuse  func(c *market.Command) (market.Outcome, bool)
	fail    error // of Send
	report  func(id market.OrderID) (market.Report, error)
	queries int
	guards  []time.Duration

	// What a restart finds at the venue: see recover_test.go. whole: a query tells every trade, and how an order ended.
	whole  bool
	deals  map[market.OrderID][]market.Fill
	ended  map[market.OrderID]market.OrderStatus
	flight []market.Command // left, and have not arrived

	// What conditional and reduce-only orders need: see groupscript_test.go.
	strict bool
	price  market.Ticks

	inherit  func(id market.OrderID, from, until market.Nanos)
	gap      []market.Fill // trades that nobody told
	account0 func(co *aio.Co) error
}

func newScript(l *aio.Loop) *script {
	in := btc()
	v := &script{
		in: in, loop: l, book: market.NewBook(in), open: map[market.OrderID]*market.Command{}, filled: map[market.OrderID]market.Lots{},
		deals: map[market.OrderID][]market.Fill{}, ended: map[market.OrderID]market.OrderStatus{},
		delay: time.Millisecond, acc: market.Account{Time: t0, Balances: []market.Balance{{Asset: "USDT", Wallet: d("10000")}}},
	}
	return v
}

func (v *script) Open(_ *market.Instrument, to market.MarketSink) (*market.Book, error) {
	v.market = to
	return v.book, nil
}
func (v *script) Bind(to market.OrderSink) { v.orders = to }
func (v *script) Close()                   {}
func (v *script) Guard(_ *aio.Co, ttl time.Duration) error {
	v.guards = append(v.guards, ttl)
	return nil
}
func (v *script) Inherit(_ *market.Instrument, id market.OrderID, from, until market.Nanos) {
	if v.inherit != nil {
		v.inherit(id, from, until)
	}
}

func (v *script) Trades(*aio.Co, *market.Instrument, market.Nanos) ([]market.Fill, error) {
	return v.gap, nil
}

func (v *script) Account(co *aio.Co) (market.Account, error) {
	if v.account0 != nil {
		if err := v.account0(co); err != nil {
			return market.Account{}, err
		}
	}
	err := co.Sleep(v.delay)
	acc := v.acc
	if v.whole {
		for id, c := range v.open { // order: the comparison sorts
			acc.Orders = append(acc.Orders, market.OpenOrder{Instrument: c.Instrument, Order: id, Venue: int64(id), Side: c.Side, Px: c.Px,
				Qty: c.Qty, Filled: v.filled[id]})
		}
	}
	return acc, err
}

func (v *script) Send(c *market.Command) error {
	if v.fail != nil {
		return v.fail
	}
	v.sent = append(v.sent, *c)
	x := *c
	if v.drop != nil && v.drop(c) {
		return nil
	}
	mute := v.mute != nil && v.mute(c)
	v.flight = append(v.flight, x)
	v.loop.CallLater(v.delay, func() {
		v.flight = v.flight[1:]
		out := v.take(&x)
		out.Revision = x.Revision
		if !mute {
			v.orders.Reply(x.ID, x.Op, out)
		}
	})
	return nil
}

// take does a command and says what to answer.
func (v *script) take(c *market.Command) market.Outcome {
	if v.refuse != nil {
		if out, ok := v.refuse(c); ok {
			if c.Op == market.OpPlace {
				v.ended[c.ID] = market.StatusRejected
			}
			return out
		}
	}
	if c.Op == market.OpPlace && v.strict {
		return v.takeStrictly(c)
	}
	if c.Op == market.OpPlace {
		v.open[c.ID] = c
		return market.Accepted()
	}
	if v.open[c.ID] == nil {
		return market.Refused(-2011, "Unknown order sent.")
	}
	if c.Op == market.OpAmend {
		x := *v.open[c.ID]
		x.Px, x.Qty, x.Revision = c.Px, c.Qty, c.Revision
		v.open[c.ID] = &x
		return market.Accepted()
	}
	delete(v.open, c.ID)
	v.ended[c.ID] = market.StatusCanceled
	v.loop.CallLater(v.delay, func() {
		v.orders.Update(&market.Update{Instrument: v.in, Order: c.ID, Status: market.StatusCanceled, Filled: v.filled[c.ID]})
	})
	return market.Accepted()
}

// fill fills q lots of an open order, and tells.
func (v *script) fill(id market.OrderID, q market.Lots) market.Fill {
	c := v.open[id]
	v.trades++
	v.filled[id] += q
	f := market.Fill{
		Instrument: v.in, Order: id, Trade: v.trades, Side: c.Side, Px: c.Px, Qty: q, Commission: d("0.01"), Asset: "USDT", Time: v.loop.Now(),
	}
	u := market.Update{Instrument: v.in, Order: id, Venue: int64(id), Status: market.StatusPartiallyFilled, Filled: v.filled[id], Fill: &f}
	if c.ClosePosition {
		u.Qty, u.Algo = c.Qty, market.AlgoTriggered
	}
	if v.filled[id] == c.Qty {
		u.Status = market.StatusFilled
		v.ended[id] = u.Status
		delete(v.open, id)
	}
	v.deals[id] = append(v.deals[id], f)
	v.account(&f)
	if v.orders != nil {
		v.orders.Update(&u)
	}
	return f
}

func (v *script) account(f *market.Fill) {
	b := &v.acc.Balances[0]
	b.Wallet, _ = b.Wallet.Sub(f.Commission)
	if len(v.acc.Positions) == 0 {
		v.acc.Positions = []market.Position{{Instrument: v.in}}
	}
	v.acc.Positions[0].Qty += market.Lots(f.Side) * f.Qty
}

func (v *script) Query(co *aio.Co, _ *market.Instrument, id market.OrderID) (market.Report, error) {
	v.queries++
	if err := co.Sleep(v.delay); err != nil {
		return market.Report{}, err
	}
	if v.report != nil {
		return v.report(id)
	}
	c := v.open[id]
	if v.whole {
		return v.tell(id), nil
	}
	switch {
	case c == nil && v.filled[id] > 0:
		return market.Report{Kind: market.Found, Status: market.StatusFilled, Filled: v.filled[id]}, nil
	case c == nil:
		return market.Report{Kind: market.ProvenAbsent}, nil
	}
	return market.Report{Kind: market.Found, Status: market.StatusNew, Filled: v.filled[id], Px: c.Px, Qty: c.Qty, Revision: c.Revision,
		Settled: len(v.flight) == 0}, nil
}

// tell is all that the venue knows of an order.
func (v *script) tell(id market.OrderID) market.Report {
	r := market.Report{Kind: market.Found, Status: v.ended[id], Venue: int64(id), Filled: v.filled[id], Fills: v.deals[id]}
	switch {
	case r.Status != market.StatusNone:
	case v.open[id] == nil:
		return market.Report{Kind: market.ProvenAbsent}
	case r.Filled > 0:
		r.Status = market.StatusPartiallyFilled
	default:
		r.Status = market.StatusNew
	}
	return r
}

// exact loads a book of 1000 at 1002 and says that it is exact.
func (v *script) exact() {
	v.last += 10
	v.book.Load(&market.Snapshot{Last: v.last, Bids: []market.Level{{Px: 100_000, Qty: 5}}, Asks: []market.Level{{Px: 100_020, Qty: 5}}}, true)
	v.market.Status(market.Exact)
}

func (v *script) stale() {
	v.book.Invalidate()
	v.market.Status(market.Stale)
}

// diff sets the best bid's quantity.
func (v *script) diff(q market.Lots) {
	dd := market.Diff{First: v.last + 1, Last: v.last + 1, Prev: v.last, Bids: []market.Level{{Px: 100_000, Qty: q}}}
	v.last++
	if _, err := v.book.Apply(&dd); err != nil {
		panic(err)
	}
	v.market.Depth(v.book, &dd)
}

// memory is a journal that is durable at once; slow one that needs a Sync of 150 us.
type memory struct{ records []market.Record }

func (j *memory) Append(r *market.Record) bool { j.records = append(j.records, *r); return true }
func (j *memory) Sync(*aio.Co) error           { return nil }

func (j *memory) count(k market.RecordKind) (n int) {
	for _, r := range j.records {
		if r.Kind == k {
			n++
		}
	}
	return n
}

type slow struct {
	memory
	syncs int
	fail  error
}

func (j *slow) Append(r *market.Record) bool { j.memory.Append(r); return false }
func (j *slow) Sync(co *aio.Co) error {
	j.syncs++
	if err := co.Sleep(150 * time.Microsecond); err != nil {
		return err
	}
	return j.fail
}

// bench is one trader on one script.
type bench struct {
	co *aio.Co
	v  *script
	j  *memory
	t  *trade.Trader
	s  *trade.Session
}

func limits() risk.Limits {
	l := trade.DefaultLimits()
	l.MaxPosition = 10
	return l
}

// on runs body on a virtual loop with a trader whose book is exact.
func on(t *testing.T, cfg trade.Config, journal trade.Journal, body func(b *bench) error) {
	t.Helper()
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (struct{}, error) {
		b := &bench{co: co, v: newScript(co.Loop()), j: &memory{}}
		if journal == nil {
			journal = b.j
		}
		cfg.Limits = map[string]risk.Limits{"BTCUSDT": limits()}
		var err error
		if b.t, err = trade.New(co, cfg, b.v, b.v, journal); err != nil {
			return struct{}{}, err
		}
		if b.s, err = b.t.Open(b.v.in); err != nil {
			return struct{}{}, err
		}
		b.v.exact()
		if err := b.t.Start(co); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, body(b)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// run runs f as the strategy.
func (b *bench) run(f func(co *aio.Co, s *trade.Session) error) error {
	return b.t.Run(b.co, trade.Strategy{Name: "test", Run: f}, b.s)
}

// stop ends the run and expects a clean end.
func (b *bench) stop(t *testing.T) trade.Result {
	t.Helper()
	res, err := b.t.Stop(b.co)
	if err != nil {
		t.Error(err)
	}
	if !res.Reconciled {
		t.Errorf("not reconciled: %q", res.Differences)
	}
	return res
}

func buy(q market.Lots) trade.Request  { return trade.Request{Side: market.Buy, Px: 100_000, Qty: q} }
func sell(q market.Lots) trade.Request { return trade.Request{Side: market.Sell, Px: 100_020, Qty: q} }

var errLine = errors.New("the line is cut")
