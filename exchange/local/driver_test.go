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

func (l *log) Quote(q *market.Quote)                  { l.add("quote %d %d", q.Bid, q.Ask) }
func (l *log) Trade(p *market.Trade)                  { l.add("trade %d at %d", p.Qty, p.Px) }
func (l *log) Depth(_ *market.Book, d *market.Diff)   { l.add("diff %d", d.Last) }
func (l *log) Mark(*market.Mark)                      {}
func (l *log) Status(s market.Status)                 { l.ended = s == market.Ended; l.add("%s", s) }
func (l *log) Account(c *market.Change)               { l.add("wallet %s", c.Wallet) }
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
func session(t *testing.T, tape *flow.Tape, in *market.Instrument, cfg local.Config, body func(co *aio.Co, d *local.Driver, l *log) error) ([]string, *exchange.Exchange) {
	t.Helper()
	d, x := venue(t, tape, in, cfg)
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
	got, _ := session(t, tape, in, local.Config{Out: even, Back: even}, func(co *aio.Co, d *local.Driver, l *log) error {
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

// Answers and the user stream are each in order whatever the jitter, and a fill may overtake its order's answer.
func TestConnectionsAreFIFO(t *testing.T) {
	in := btcusdt()
	overtaken := 0
	for seed := range uint64(20) {
		d, x := venue(t, script(t, in), in, local.Config{})
		jumpy := local.Latency{Min: time.Millisecond, Jitter: 50 * time.Millisecond}
		d, err := local.New(x, &exchange.Events{}, local.Config{Account: 1, Out: jumpy, Back: jumpy}, rand.NewPCG(seed, 1))
		if err != nil {
			t.Fatal(err)
		}
		_ = d
		got, _ := sessionSeeded(t, in, jumpy, seed)
		var answers, updates []string
		for _, line := range got {
			_, what, _ := strings.Cut(line, " ")
			switch {
			case strings.HasPrefix(what, "place"):
				answers = append(answers, what)
			case strings.HasPrefix(what, "order") && strings.HasSuffix(what, "NEW"):
				updates = append(updates, what)
				if len(updates) > len(answers) {
					overtaken++
				}
			}
		}
		for k := range 5 {
			if len(answers) != 5 || len(updates) != 5 || answers[k] != fmt.Sprintf("place %d accepted 0", k+1) || updates[k] != fmt.Sprintf("order %d NEW", k+1) {
				t.Fatalf("seed %d: %q, %q", seed, answers, updates)
			}
		}
	}
	if overtaken == 0 || overtaken == 100 {
		t.Fatal("the two connections are ordered against each other:", overtaken)
	}
}

func sessionSeeded(t *testing.T, in *market.Instrument, lat local.Latency, seed uint64) ([]string, *exchange.Exchange) {
	t.Helper()
	return session(t, script(t, in), in, local.Config{Out: lat, Back: lat, Account: int(seed)}, func(co *aio.Co, d *local.Driver, _ *log) error {
		for id := range market.OrderID(5) {
			if err := d.Send(bid(in, id+1, 617_000)); err != nil {
				return err
			}
		}
		return co.Sleep(time.Second)
	})
}
