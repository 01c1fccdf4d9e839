package local_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/exchange"
	"baton/exchange/flow"
	"baton/exchange/local"
	"baton/market"
)

const (
	ms = market.Nanos(time.Millisecond)
	t0 = market.Nanos(1_723_161_255_000_000_000)
)

// log writes down what a session hears, with the time since t0.
type log struct {
	loop  *aio.Loop
	lines []string
	wake  aio.Waiter
	ended bool
}

func (l *log) add(format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf("%v %s", time.Duration(l.loop.Now()-t0), fmt.Sprintf(format, args...)))
	l.wake.Wake()
}

func (l *log) Quote(q *market.Quote)                { l.add("quote %d %d", q.Bid, q.Ask) }
func (l *log) Trade(p *market.Trade)                { l.add("trade %d at %d", p.Qty, p.Px) }
func (l *log) Depth(_ *market.Book, d *market.Diff) { l.add("diff %d", d.Last) }
func (l *log) Mark(*market.Mark)                    {}
func (l *log) Status(s market.Status)               { l.ended = s == market.Ended; l.add("%s", s) }
func (l *log) Account(c *market.Change)             { l.add("wallet %s", c.Wallet) }
func (l *log) Reply(id market.OrderID, op market.Op, o market.Outcome) {
	l.add("%s %d %s %d", op, id, o.Kind(), o.Code)
}

func (l *log) Update(u *market.Update) {
	if u.Fill != nil {
		l.add("order %d %s, filled %d of %d", u.Order, u.Status, u.Fill.Qty, u.Filled)
		return
	}
	l.add("order %d %s", u.Order, u.Status)
}

// script is a tape: a market of 618,000 (5) to 618,001 (4) at t0, then what the test adds.
func script(t testing.TB, in *market.Instrument, events ...*market.Event) *flow.Tape {
	t.Helper()
	tape := &flow.Tape{}
	first := &market.Event{Kind: market.EventSnapshot, Instrument: in, Received: t0}
	first.Snapshot = market.Snapshot{Last: 100, Bids: []market.Level{{Px: 618_000, Qty: 5}}, Asks: []market.Level{{Px: 618_001, Qty: 4}}}
	for _, ev := range append([]*market.Event{first}, events...) {
		if err := tape.Append(ev); err != nil {
			t.Fatal(err)
		}
	}
	tape.Seal()
	return tape
}

func print(in *market.Instrument, at market.Nanos, px market.Ticks, qty market.Lots) *market.Event {
	return &market.Event{Kind: market.EventTrade, Instrument: in, Received: t0 + at,
		Trade: market.Trade{ID: at, Px: px, Qty: qty, Taker: market.Sell}}
}

var even = local.Latency{Min: 3 * time.Millisecond}

// session runs body in front of a scripted market and returns what was heard.
func session(t *testing.T, tape *flow.Tape, in *market.Instrument, cfg local.Config, seed uint64, body func(co *aio.Co, d *local.Driver, l *log) error) ([]string, *exchange.Exchange) {
	t.Helper()
	d, x := venue(t, tape, in, cfg, seed)
	l := &log{}
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Drive(d.Start(), d)}, func(co *aio.Co) (int, error) {
		l.loop = co.Loop()
		d.Attach(co.Loop())
		d.Bind(l)
		if _, err := d.Open(in, l); err != nil {
			return 0, err
		}
		return 0, body(co, d, l)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Check(); err != nil {
		t.Fatal(err)
	}
	return l.lines, x
}

func bid(in *market.Instrument, id market.OrderID, px market.Ticks) *market.Command {
	return &market.Command{Op: market.OpPlace, ID: id, Instrument: in, Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: px, Qty: 10}
}

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("heard\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// At equal times: market data, then timers, then commands at the exchange, then what travels back. The print of 6 ms comes
// before the order is there; the one at 9 ms before its answer is taken, and fills it.
func TestTies(t *testing.T) {
	in := btcusdt()
	tape := script(t, in, print(in, 6*ms, 617_000, 1), print(in, 9*ms, 618_000, 6), print(in, 30*ms, 619_000, 1))
	got, _ := session(t, tape, in, local.Config{Out: even, Back: even}, 1, func(co *aio.Co, d *local.Driver, l *log) error {
		if err := co.SleepUntil(t0 + 3*ms); err != nil {
			return err
		}
		if err := d.Send(bid(in, 1, 618_000)); err != nil {
			return err
		}
		for _, at := range []market.Nanos{6 * ms, 9 * ms, 20 * ms} {
			if err := co.SleepUntil(t0 + at); err != nil {
				return err
			}
			l.add("timer")
		}
		return nil
	})
	equal(t, got, "0s exact", "6ms trade 1 at 617000", "6ms timer", "9ms trade 6 at 618000", "9ms timer", "9ms place 1 accepted 0",
		"9ms order 1 NEW", "12ms order 1 PARTIALLY_FILLED, filled 1 of 1", "12ms wallet 99999.98764", "20ms timer")
}

// Answers and the user stream are each in order whatever the jitter, and what an order did may overtake the answer to it.
func TestConnectionsAreFIFO(t *testing.T) {
	in := btcusdt()
	jumpy := local.Latency{Min: time.Millisecond, Jitter: 50 * time.Millisecond}
	run := func(seed uint64) []string {
		got, _ := session(t, script(t, in), in, local.Config{Out: jumpy, Back: jumpy}, seed, func(co *aio.Co, d *local.Driver, _ *log) error {
			for id := range market.OrderID(5) {
				if err := d.Send(bid(in, id+1, 617_000)); err != nil {
					return err
				}
			}
			return co.Sleep(time.Second)
		})
		return got
	}
	if first := run(7); !slices.Equal(first, run(7)) || slices.Equal(first, run(8)) {
		t.Fatal("the seed does not decide when messages arrive")
	}
	overtaken := 0
	for seed := range uint64(20) {
		got := run(seed)
		answers, updates := 0, 0
		for _, line := range got {
			_, what, _ := strings.Cut(line, " ")
			switch {
			case what == fmt.Sprintf("place %d accepted 0", answers+1):
				answers++
			case what == fmt.Sprintf("order %d NEW", updates+1):
				if updates++; updates > answers {
					overtaken++
				}
			}
		}
		if answers != 5 || updates != 5 {
			t.Fatalf("seed %d: out of order: %q", seed, got)
		}
	}
	if overtaken == 0 || overtaken == 100 {
		t.Fatal("the two connections are ordered against each other:", overtaken)
	}
}

// A query takes a round trip and tells what is true where it arrives.
func TestQueries(t *testing.T) {
	in := btcusdt()
	tape := script(t, in, print(in, 10*ms, 618_000, 7), print(in, 900*ms, 619_000, 1))
	_, _ = session(t, tape, in, local.Config{Out: even, Back: even}, 1, func(co *aio.Co, d *local.Driver, _ *log) error {
		if err := d.Send(bid(in, 1, 618_000)); err != nil {
			return err
		}
		if err := co.SleepUntil(t0 + 20*ms); err != nil {
			return err
		}
		r, err := d.Query(co, in, 1)
		if err != nil || r.Kind != market.Found || r.Status != market.StatusPartiallyFilled || r.Filled != 2 || len(r.Fills) != 1 || r.Fills[0].Qty != 2 {
			t.Errorf("%+v %v", r, err)
		}
		if co.Now() != t0+26*ms {
			t.Error("a round trip took", co.Now()-t0)
		}
		if r, err := d.Query(co, in, 2); err != nil || r.Kind != market.ProvenAbsent {
			t.Errorf("%+v %v", r, err)
		}
		a, err := d.Account(co)
		if err != nil || len(a.Orders) != 1 || a.Orders[0].Order != 1 || a.Orders[0].Filled != 2 || len(a.Positions) != 1 ||
			a.Positions[0].Qty != 2 || a.Positions[0].Entry != in.Price(618_000) || a.Balances[0].Asset != "USDT" {
			t.Errorf("%+v %v", a, err)
		}
		if err := d.Guard(co, 50*time.Millisecond); err != nil {
			return err
		}
		if err := co.Sleep(40 * time.Millisecond); err != nil {
			return err
		}
		if r, _ := d.Query(co, in, 1); r.Status != market.StatusPartiallyFilled {
			t.Errorf("too early: %+v", r)
		}
		if err := co.Sleep(40 * time.Millisecond); err != nil {
			return err
		}
		if r, _ := d.Query(co, in, 1); r.Status != market.StatusCanceled {
			t.Errorf("not cancelled: %+v", r)
		}
		return nil
	})
}

// What the rig does to answers and fills: the exchange knows better than the session.
func TestRigLosesAndDelays(t *testing.T) {
	in := btcusdt()
	tape := script(t, in, print(in, 900*ms, 619_000, 1))
	got, x := session(t, tape, in, local.Config{Out: even, Back: even}, 1, func(co *aio.Co, d *local.Driver, _ *log) error {
		d.LoseAck(1)
		d.LoseFill(1)
		if err := errors.Join(d.Send(bid(in, 1, 618_000)), d.Send(bid(in, 2, 617_000))); err != nil {
			return err
		}
		if err := co.SleepUntil(t0 + 10*ms); err != nil {
			return err
		}
		d.Print(in, market.Trade{Px: 618_000, Qty: 7, Taker: market.Sell})
		d.DelayAck(10 * time.Millisecond)
		if err := d.Send(&market.Command{Op: market.OpCancel, ID: 2, Instrument: in}); err != nil {
			return err
		}
		return co.Sleep(100 * time.Millisecond)
	})
	equal(t, got, "0s exact", "6ms place 2 accepted 0", "6ms order 1 NEW", "6ms order 2 NEW", "10ms trade 7 at 618000",
		"13ms wallet 99999.97528", "16ms order 2 CANCELED", "26ms cancel 2 accepted 0")
	if f := x.AppendFills(nil, 1, 0); len(f) != 1 || f[0].Qty != 2 {
		t.Fatal(f)
	}
}

// A cut line: sinks hear Stale, commands under way become Unknown and yet work, nothing leaves, and Restore brings the rest.
func TestRigCutsTheLine(t *testing.T) {
	in := btcusdt()
	tape := script(t, in, print(in, 2*ms, 618_005, 1), print(in, 20*ms, 618_000, 99), print(in, 60*ms, 618_005, 2))
	var sent, asked error
	got, _ := session(t, tape, in, local.Config{Out: even, Back: even}, 1, func(co *aio.Co, d *local.Driver, l *log) error {
		if err := d.Send(bid(in, 1, 618_000)); err != nil {
			return err
		}
		query := aio.Start(co, "query", func(co *aio.Co) error {
			_, asked = d.Query(co, in, 1)
			return nil
		})
		if err := co.SleepUntil(t0 + 2*ms); err != nil {
			return err
		}
		d.Cut()
		sent = d.Send(bid(in, 2, 617_000))
		if err := co.SleepUntil(t0 + 50*ms); err != nil {
			return err
		}
		d.Restore()
		if _, err := query.Await(co); err != nil {
			return err
		}
		return co.SleepUntil(t0 + 70*ms)
	})
	if !errors.Is(sent, local.ErrCut) || !errors.Is(asked, local.ErrCut) {
		t.Error(sent, asked)
	}
	equal(t, got, "0s exact", "2ms trade 1 at 618005", "2ms stale", "2ms place 1 unknown 0", "50ms exact", "50ms order 1 NEW",
		"50ms order 1 FILLED, filled 10 of 10", "50ms wallet 99999.8764", "60ms trade 2 at 618005", "60ms ended")
}

// An answer that was on its way back when the line went down is Unknown, too; the order works.
func TestRigCutsAnAnswerOff(t *testing.T) {
	in := btcusdt()
	got, x := session(t, script(t, in, print(in, 60*ms, 618_005, 2)), in, local.Config{Out: even, Back: even}, 1, func(co *aio.Co, d *local.Driver, _ *log) error {
		if err := d.Send(bid(in, 1, 617_000)); err != nil {
			return err
		}
		if err := co.SleepUntil(t0 + 5*ms); err != nil {
			return err
		}
		d.Cut()
		return co.SleepUntil(t0 + 20*ms)
	})
	equal(t, got, "0s exact", "5ms stale", "5ms place 1 unknown 0")
	if o, ok := x.Order(exchange.Key{Account: 1, Ref: 1}); !ok || o.Status != market.StatusNew {
		t.Fatal(o, ok)
	}
}

// What arrives while the strategy computes wakes it when it is done, not with the next market event.
func TestBusyEnds(t *testing.T) {
	in := btcusdt()
	tape := script(t, in, print(in, 50*ms, 617_000, 1))
	var woken []market.Nanos
	session(t, tape, in, local.Config{Out: even, Back: even, Busy: 10 * time.Millisecond}, 1, func(co *aio.Co, d *local.Driver, l *log) error {
		if err := d.Send(bid(in, 1, 617_000)); err != nil {
			return err
		}
		for !l.ended {
			if err := l.wake.Wait(co); err != nil {
				return err
			}
			woken = append(woken, (co.Now()-t0)/ms)
		}
		return nil
	})
	if !slices.Equal(woken, []market.Nanos{0, 10, 50, 50}) { // the answer came at 6 ms, the end at 50
		t.Fatal(woken)
	}
}

// While the strategy computes, the market moves on and wakes it once, afterwards.
func TestBusy(t *testing.T) {
	in := btcusdt()
	var events []*market.Event
	for k := range market.Nanos(100) {
		events = append(events, print(in, (k+1)*ms, 618_000, 1))
	}
	wakes := func(busy time.Duration) (n int) {
		session(t, script(t, in, events...), in, local.Config{Out: even, Back: even, Busy: busy}, 1, func(co *aio.Co, _ *local.Driver, l *log) error {
			for !l.ended {
				if err := l.wake.Wait(co); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		return n
	}
	if all, some := wakes(0), wakes(10*time.Millisecond); all != 102 || some < 9 || some > 12 {
		t.Fatal(all, some)
	}
}

// A synthetic market holds own orders, and ends when it was told to.
func TestSyntheticMarket(t *testing.T) {
	in := btcusdt()
	ev := &exchange.Events{}
	x := exchange.New(exchange.Config{Start: t0}, ev)
	if _, err := x.List(in, exchange.Matched); err != nil {
		t.Fatal(err)
	}
	me := x.AddAccount("me")
	if err := x.Deposit(t0, me, in.Price(1_000_000)); err != nil {
		t.Fatal(err)
	}
	crowd, err := flow.NewSynthetic(x, rand.NewPCG(1, 1), t0, flow.Opening{Price: in.Price(618_000)})
	if err != nil {
		t.Fatal(err)
	}
	d, err := local.New(x, ev, local.Config{Account: me, Out: even, Back: even, End: t0 + 20_000*ms}, rand.NewPCG(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	d.Gather(crowd)
	l := &log{}
	_, err = aio.Run(context.Background(), aio.Config{Source: aio.Drive(d.Start(), d)}, func(co *aio.Co) (int, error) {
		l.loop = co.Loop()
		d.Attach(l.loop)
		d.Bind(l)
		book, err := d.Open(in, l)
		if err != nil {
			return 0, err
		}
		if err := co.Sleep(time.Second); err != nil {
			return 0, err
		}
		bid, _, _ := book.Best()
		before := book.Bid(bid.Px - 2)
		if err := d.Send(&market.Command{Op: market.OpPlace, ID: 1, Instrument: in, Side: market.Buy, Type: market.Limit, TIF: market.GTX, Px: bid.Px - 2, Qty: 1}); err != nil {
			return 0, err
		}
		for book.Bid(bid.Px-2) == before {
			if err := l.wake.Wait(co); err != nil {
				return 0, err
			}
		}
		if !book.HoldsOwn {
			t.Error("own orders are not in the book")
		}
		for !l.ended {
			if err := l.wake.Wait(co); err != nil {
				return 0, err
			}
		}
		if co.Now() != t0+20_000*ms {
			t.Error("ended at", co.Now()-t0)
		}
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.lines) < 1000 {
		t.Fatal("heard only", len(l.lines))
	}
}

// On a loop that it does not move, timers deliver: the driver of paper trading.
func TestTimed(t *testing.T) {
	in := btcusdt()
	ev := &exchange.Events{}
	x := exchange.New(exchange.Config{Start: t0}, ev)
	if _, err := x.List(in, exchange.Recorded); err != nil {
		t.Fatal(err)
	}
	me := x.AddAccount("me")
	if err := x.Deposit(t0, me, in.Price(1_000_000)); err != nil {
		t.Fatal(err)
	}
	d, err := local.New(x, ev, local.Config{Account: me, Out: even, Back: even, Timed: true}, rand.NewPCG(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	l := &log{}
	_, err = aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (int, error) {
		l.loop = co.Loop()
		d.Attach(l.loop)
		d.Bind(l)
		if _, err := d.Open(in, l); err != nil {
			return 0, err
		}
		for ev := range script(t, in).All() {
			d.Feed(ev)
		}
		if err := d.Send(bid(in, 1, 618_000)); err != nil {
			return 0, err
		}
		if err := co.Sleep(4 * time.Millisecond); err != nil {
			return 0, err
		}
		d.Feed(print(in, 0, 618_000, 6))
		if r, err := d.Query(co, in, 1); err != nil || r.Filled != 1 {
			t.Error(r, err)
		}
		d.Close()
		if err := d.Send(bid(in, 2, 618_000)); !errors.Is(err, local.ErrClosed) {
			t.Error(err)
		}
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, l.lines, "0s exact", "4ms trade 6 at 618000", "6ms place 1 accepted 0", "6ms order 1 NEW",
		"7ms order 1 PARTIALLY_FILLED, filled 1 of 1", "7ms wallet 99999.98764")
}

func TestRefusedConfigs(t *testing.T) {
	in := btcusdt()
	d, x := venue(t, script(t, in), in, local.Config{}, 1)
	for _, cfg := range []local.Config{{}, {Account: 7}, {Account: 1, Busy: -1}, {Account: 1, Out: local.Latency{Min: -1}}, {Account: 1, Back: local.Latency{Jitter: -1}}} {
		if _, err := local.New(x, &exchange.Events{}, cfg, nil); err == nil {
			t.Error("made with", cfg)
		}
	}
	eth := btcusdt()
	eth.Symbol = "ETHUSDT"
	if _, err := d.Open(eth, &log{}); err == nil {
		t.Error("opened what is not listed")
	}
	if err := d.Play(script(t, eth)); err == nil {
		t.Error("plays what is not listed")
	}
}
