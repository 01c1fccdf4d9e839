package local_test

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"baton/aio"
	"baton/catalog"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/flow"
	"baton/exchange/local"
	"baton/market"
)

const recording = "../../../shared/data/tick/usdm_BTCUSDT_20240808.gz"

func btcusdt() *market.Instrument {
	return &market.Instrument{
		Symbol: "BTCUSDT", Base: "BTC", Quote: "USDT", Margin: "USDT",
		Tick: decimal.MustParse("0.1"), Lot: decimal.MustParse("0.001"), PricePlaces: 2, QtyPlaces: 3,
		MinPrice: 5568, MaxPrice: 45_297_640, MinQty: 1, MaxQty: 1_000_000, MaxMarketQty: 120_000, MaxOrders: 200,
		MinNotional: decimal.MustParse("50"), PriceUp: decimal.MustParse("1.05"), PriceDown: decimal.MustParse("0.95"),
		TakeBound: decimal.MustParse("0.05"), MakerFee: decimal.MustParse("0.0002"), TakerFee: decimal.MustParse("0.0005"),
		Brackets: []market.Bracket{{Cap: decimal.MustParse("80000000"), Leverage: 20, Maintenance: decimal.MustParse("0.01")}},
		Status:   "TRADING",
	}
}

// load puts the recording of 2024-08-08 on a tape, and skips where there is none.
func load(t testing.TB, in *market.Instrument) *flow.Tape {
	t.Helper()
	if _, err := os.Stat(recording); err != nil {
		t.Skip("no recordings here: ", err)
	}
	r, err := catalog.Open(recording, catalog.Options{Instruments: []*market.Instrument{in}})
	if err != nil {
		t.Fatal(err)
	}
	tape := &flow.Tape{}
	for ev, err := range r.All() {
		if err == nil {
			err = tape.Append(ev)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	tape.Seal()
	return tape
}

// counter is a sink that counts, and wakes a task at each change of the book.
type counter struct {
	quotes, trades, diffs, marks int
	rows                         int
	statuses                     []market.Status
	wake                         *aio.Waiter
	ended                        bool
}

func (c *counter) Quote(*market.Quote) { c.quotes++; c.rouse() }
func (c *counter) Trade(*market.Trade) { c.trades++ }
func (c *counter) Mark(*market.Mark)   { c.marks++ }
func (c *counter) Depth(_ *market.Book, d *market.Diff) {
	c.diffs++
	c.rows += len(d.Bids) + len(d.Asks)
	c.rouse()
}

func (c *counter) Status(s market.Status) {
	c.statuses = append(c.statuses, s)
	c.ended = s == market.Ended
	c.rouse()
}

func (c *counter) rouse() {
	if c.wake != nil {
		c.wake.Wake()
	}
}

// venue makes an exchange with the recording, and a driver of it.
func venue(t testing.TB, tape *flow.Tape, in *market.Instrument, cfg local.Config, seed uint64) (*local.Driver, *exchange.Exchange) {
	t.Helper()
	ev := &exchange.Events{}
	x := exchange.New(exchange.Config{Start: tape.At(0)}, ev)
	if _, err := x.List(in, exchange.Recorded); err != nil {
		t.Fatal(err)
	}
	cfg.Account = x.AddAccount("me")
	if err := x.Deposit(tape.At(0), cfg.Account, decimal.MustParse("100000")); err != nil {
		t.Fatal(err)
	}
	d, err := local.New(x, ev, cfg, rand.NewPCG(seed, 2))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Play(tape); err != nil {
		t.Fatal(err)
	}
	return d, x
}

// The whole recording arrives: every diff from the snapshot on, and at the end the book of the file.
func TestRecordingArrivesWhole(t *testing.T) {
	in := btcusdt()
	tape := load(t, in)
	d, x := venue(t, tape, in, local.Config{}, 1)
	c := &counter{wake: &aio.Waiter{}}
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Drive(d.Start(), d)}, func(co *aio.Co) (int, error) {
		d.Attach(co.Loop())
		if _, err := d.Open(in, c); err != nil {
			return 0, err
		}
		for !c.ended {
			if err := c.wake.Wait(co); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.diffs != 6547 || c.quotes != 66089 || c.trades != 21313 {
		t.Errorf("%d diffs, %d quotes, %d trades; want 6547, 66089, 21313", c.diffs, c.quotes, c.trades)
	}
	bid, ask, ok := x.Book(0).Best()
	if !ok || in.Price(bid.Px).Fixed(2) != "61659.70" || in.Price(ask.Px).Fixed(2) != "61659.80" {
		t.Errorf("best %v %v", in.Price(bid.Px), in.Price(ask.Px))
	}
	if bids, asks := x.Book(0).Len(); bids != 5018 || asks != 4578 {
		t.Errorf("%d bids and %d asks, want 5018 and 4578", bids, asks)
	}
	if len(c.statuses) != 2 || c.statuses[0] != market.Exact || c.statuses[1] != market.Ended {
		t.Errorf("statuses %v", c.statuses)
	}
	if x.Gaps(0) != 0 || c.marks < 340 {
		t.Errorf("%d gaps, %d marks", x.Gaps(0), c.marks)
	}
}

// quoter keeps one post-only order a side one tick away from the best, as a maker strategy does.
type quoter struct {
	d        *local.Driver
	in       *market.Instrument
	x        *exchange.Exchange
	id       market.OrderID
	live     [2]market.OrderID
	px       [2]market.Ticks
	commands int
}

func (q *quoter) Reply(id market.OrderID, op market.Op, o market.Outcome) {
	if op == market.OpPlace && o.Kind() == market.IsRefused {
		q.forget(id)
	}
}

func (q *quoter) Update(u *market.Update) {
	if u.Status.Final() {
		q.forget(u.Order)
	}
}

func (q *quoter) Account(*market.Change) {}

func (q *quoter) forget(id market.OrderID) {
	for k := range q.live {
		if q.live[k] == id {
			q.live[k], q.px[k] = 0, 0
		}
	}
}

func (q *quoter) keep(k int, side market.Side, px market.Ticks) {
	if q.px[k] == px {
		return
	}
	c := market.Command{Instrument: q.in, Side: side, Type: market.Limit, TIF: market.GTX, Px: px, Qty: 10}
	if q.live[k] != 0 {
		if q.px[k] < 0 {
			return // its cancel is under way
		}
		c.Op, c.ID = market.OpCancel, q.live[k]
		q.px[k] = -1
	} else {
		q.id++
		c.Op, c.ID = market.OpPlace, q.id
		q.live[k], q.px[k] = q.id, px
	}
	q.commands++
	if err := q.d.Send(&c); err != nil {
		panic(err)
	}
}

// Benchmark of everything this room and the exchange do a message: with nobody trading, and with a maker that is woken by each
// change of the book and cancels and places.
func BenchmarkRecorded(b *testing.B) {
	in := btcusdt()
	tape := load(b, in)
	for _, mode := range []string{"listening", "woken", "quoting"} {
		b.Run(mode, func(b *testing.B) {
			b.ReportAllocs()
			fills := 0
			for b.Loop() {
				fills = run(b, tape, in, mode)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tape.Len()), "ns/message")
			b.ReportMetric(float64(fills), "fills")
		})
	}
}

func run(b testing.TB, tape *flow.Tape, in *market.Instrument, mode string) (fills int) {
	lat := local.Latency{Min: 3 * time.Millisecond, Jitter: 250 * time.Microsecond}
	d, x := venue(b, tape, in, local.Config{Out: lat, Back: lat}, 1)
	c := &counter{wake: &aio.Waiter{}}
	q := &quoter{d: d, in: in, x: x}
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Drive(d.Start(), d)}, func(co *aio.Co) (int, error) {
		d.Attach(co.Loop())
		d.Bind(q)
		if mode == "listening" {
			c.wake = nil
		}
		book, err := d.Open(in, c)
		if err != nil {
			return 0, err
		}
		if mode == "listening" {
			return 0, co.SleepUntil(tape.At(tape.Len()-1) + 1)
		}
		for !c.ended {
			if err := c.wake.Wait(co); err != nil {
				return 0, err
			}
			if mode == "quoting" && !c.ended {
				bid, ask, _ := book.Best()
				q.keep(0, market.Buy, bid.Px-1)
				q.keep(1, market.Sell, ask.Px+1)
			}
		}
		return 0, nil
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := x.Check(); err != nil {
		b.Fatal(err)
	}
	return len(x.AppendFills(nil, 1, -1))
}

// The whole recording, with a maker that cancels and places all the time, allocates next to nothing: buffers grow, and that is
// all.
func TestNoAllocationsPerMessage(t *testing.T) {
	if testing.Short() {
		t.Skip("a recording read and played three times")
	}
	in := btcusdt()
	tape := load(t, in)
	if n := testing.AllocsPerRun(1, func() { run(t, tape, in, "quoting") }); n > 1000 {
		t.Fatalf("%v allocations for %d messages", n, tape.Len())
	}
}
