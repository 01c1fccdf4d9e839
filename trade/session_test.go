package trade_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/market"
	"baton/order"
	"baton/risk"
	"baton/trade"
)

func TestWatchConflatesCursorsDoNot(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		return b.run(func(co *aio.Co, s *trade.Session) error {
			w := s.Watch(trade.OnBook | trade.OnTrade)
			for i := range market.Lots(5) {
				b.v.diff(10 + i)
				b.v.market.Trade(&market.Trade{ID: int64(i), Px: 100_000, Qty: 1})
			}
			m, err := w.Next(co)
			if err != nil || m != trade.OnBook|trade.OnTrade || s.Top().BidQty != 14 {
				t.Error(m, err, s.Top())
			}
			var ids []int64
			for x := range w.Trades() {
				ids = append(ids, x.ID)
			}
			if !slices.Equal(ids, []int64{0, 1, 2, 3, 4}) || w.Lost != 0 {
				t.Error(ids, w.Lost)
			}
			for i := range 1030 {
				b.v.market.Trade(&market.Trade{ID: int64(i)})
			}
			n := 0
			for range w.Trades() {
				n++
			}
			if n != 1024 || w.Lost != 6 {
				t.Error(n, w.Lost)
			}
			return nil
		})
	})
}

// A stale book wakes every watch, shows nothing, and is counted when read.
func TestStaleBook(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		return b.run(func(co *aio.Co, s *trade.Session) error {
			w := s.Watch(trade.OnMark) // nothing of the book
			b.v.loop.CallLater(time.Millisecond, b.v.stale)
			if m, err := w.Next(co); err != nil || m != trade.OnStatus || s.Exact() {
				t.Error(m, err)
			}
			if b.t.Stats().StaleWakes != 1 {
				t.Error(b.t.Stats())
			}
			if s.Top() != (market.Quote{}) || s.Level(market.Buy, 100_000) != 0 || s.Book().Exact() {
				t.Error("a stale book was readable")
			}
			if top, st := s.Seen(); top.Bid != 100_000 || st != market.Stale {
				t.Error("what people see", top, st)
			}
			if n := b.t.Stats().StaleReads; n != 3 {
				t.Error(n, "stale reads")
			}
			if _, err := s.Place(buy(1)); err == nil {
				t.Error("placed on a stale book")
			}
			b.v.loop.CallLater(time.Millisecond, b.v.exact)
			if m, err := w.Next(co); err != nil || m != trade.OnStatus || !s.Exact() || s.Top().Bid != 100_000 {
				t.Error(m, err, s.Top())
			}
			return nil
		})
	})
}

func TestTopMergesByUpdateID(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		b.v.market.Quote(&market.Quote{Update: 9, Bid: 1, Ask: 2})
		if b.s.Top().Bid != 100_000 {
			t.Error("an older quote replaced a newer book")
		}
		b.v.market.Quote(&market.Quote{Update: 15, Bid: 100_001, Ask: 100_002})
		b.v.diff(7)
		if b.s.Top().Bid != 100_001 {
			t.Error("an older diff replaced a newer quote")
		}
		return nil
	})
}

func TestBars(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		print := func(at time.Duration, px market.Ticks) {
			b.v.loop.CallLater(at, func() { b.v.market.Trade(&market.Trade{Px: px, Qty: 2, Taker: market.Buy}) })
		}
		print(1100*time.Millisecond, 10)
		print(1200*time.Millisecond, 14)
		print(1300*time.Millisecond, 8)
		print(3500*time.Millisecond, 9)
		b.v.loop.CallLater(4500*time.Millisecond, func() { b.v.market.Status(market.Ended) })
		return b.run(func(co *aio.Co, s *trade.Session) error {
			w := s.Watch(0).Bars(time.Second)
			want := []market.Bar{
				{Start: t0 + 1e9, End: t0 + 2e9, Open: 10, High: 14, Low: 8, Close: 8, Qty: 6, TakerBuy: 6, Count: 3},
				{Start: t0 + 2e9, End: t0 + 3e9, Open: 8, High: 8, Low: 8, Close: 8},
				{Start: t0 + 3e9, End: t0 + 4e9, Open: 9, High: 9, Low: 9, Close: 9, Qty: 2, TakerBuy: 2, Count: 1},
			}
			for i, x := range want {
				if got, err := w.NextBar(co); err != nil || got != x {
					t.Errorf("bar %d: %+v %v, want %+v", i, got, err, x)
				}
			}
			if _, err := w.NextBar(co); !errors.Is(err, trade.ErrEnded) {
				t.Error(err)
			}
			return nil
		})
	})
}

// A span that divides no hour ends at its multiples since the epoch, over every hour; a trade at the very end of a bar is in it, since
// market data comes before timers of the same instant, and one that comes after it is in the next.
func TestBarsOfAnyInterval(t *testing.T) {
	for _, span := range []time.Duration{7 * time.Second, 59 * time.Minute, 1500 * time.Millisecond, 7 * 24 * time.Hour} {
		on(t, trade.Config{}, nil, func(b *bench) error {
			first := t0 - t0%market.Nanos(span) + market.Nanos(span)
			print := func(at market.Nanos, px market.Ticks) {
				aio.NewTimer(b.v.loop, aio.ClassMarket, func() { b.v.market.Trade(&market.Trade{Px: px, Qty: 1, Taker: market.Buy}) }).Arm(at)
			}
			print(first, 10)   // the last instant of the first bar
			print(first+1, 11) // the first of the second
			for i := market.Nanos(1); i < 9; i++ {
				print(first+i*market.Nanos(span), market.Ticks(20+i))
			}
			return b.run(func(co *aio.Co, s *trade.Session) error {
				w := s.Watch(0).Bars(span)
				for i := range market.Nanos(9) {
					bar, err := w.NextBar(co)
					want := market.Ticks(20 + i)
					if i == 0 {
						want = 10
					}
					if err != nil || bar.End != first+i*market.Nanos(span) || bar.End-bar.Start != market.Nanos(span) || bar.Close != want || s.Now() != bar.End {
						t.Errorf("span %s, bar %d: %+v at %d: %v", span, i, bar, s.Now(), err)
					}
					if n := map[market.Nanos]int{0: 1, 1: 2}[i]; n != 0 && bar.Count != n {
						t.Errorf("span %s, bar %d has %d trades, want %d", span, i, bar.Count, n)
					}
				}
				return nil
			})
		})
	}
}

// A loop that came back late has no hole in its bars; of more than the ring holds the reader hears that they are lost.
func TestBarsAfterAGap(t *testing.T) {
	_, err := aio.Run(t.Context(), aio.Config{Source: aio.Real()}, func(co *aio.Co) (struct{}, error) {
		b := &bench{co: co, v: newScript(co.Loop()), j: &memory{}}
		var err error
		if b.t, err = trade.New(co, trade.Config{Limits: map[string]risk.Limits{"BTCUSDT": limits()}}, b.v, b.v, b.j); err != nil {
			return struct{}{}, err
		}
		if b.s, err = b.t.Open(b.v.in); err != nil {
			return struct{}{}, err
		}
		b.v.exact()
		if err := b.t.Start(co); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, b.run(func(co *aio.Co, s *trade.Session) error { return late(t, co, s, b) })
	})
	if err != nil {
		t.Fatal(err)
	}
}

// late reads bars of a millisecond on a loop that is kept busy for many of them.
func late(t *testing.T, co *aio.Co, s *trade.Session, b *bench) error {
	w := s.Watch(0).Bars(time.Millisecond)
	b.v.market.Trade(&market.Trade{Px: 10, Qty: 1, Taker: market.Buy})
	var last market.Bar
	for n, lost := 0, 0; n < 200; n++ {
		if n%40 == 20 {
			for till := time.Now().Add(150 * time.Millisecond); time.Now().Before(till); {
			}
		}
		bar, err := w.NextBar(co)
		if err != nil {
			return err
		}
		if gap := (bar.Start - last.End) / 1e6; last.End != 0 && gap != market.Nanos(w.Lost-lost) || bar.Close != 10 {
			t.Errorf("bar %d: %+v after %+v, %d lost", n, bar, last, w.Lost-lost)
		}
		last, lost = bar, w.Lost
	}
	if w.Lost == 0 {
		t.Error("150 bars fit a ring of 64")
	}
	return nil
}

func TestTimer(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		return b.run(func(co *aio.Co, s *trade.Session) error {
			w := s.Watch(0).Every(100 * time.Millisecond)
			for i := range int64(5) {
				if m, err := w.Next(co); err != nil || m != trade.OnTimer || s.Now() != t0+(i+1)*1e8 {
					t.Error(m, err, s.Now()-t0)
				}
			}
			return nil
		})
	})
}

// A strategy that panics ends alone: its orders are cancelled, its session places nothing more, the run reports it.
func TestPanicIsContained(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		var o *trade.Order
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			o, _ = s.Place(buy(1))
			o.Outcome(co)
			var nothing *market.Book
			_ = nothing.Last()
			return nil
		})
		var p *trade.PanicError
		if !errors.As(err, &p) || p.Strategy != "test" || !strings.Contains(string(p.Stack), "TestPanicIsContained") {
			t.Error(err)
		}
		if _, err := b.s.Place(buy(1)); !errors.Is(err, trade.ErrStopped) {
			t.Error(err)
		}
		if len(b.v.sent) != 2 || b.v.sent[1].Op != market.OpCancel {
			t.Error("its order was not cancelled at once", b.v.sent)
		}
		b.stop(t)
		if o.State() != order.Canceled {
			t.Error(o.State())
		}
		return nil
	})
}

// Stop works after a cancellation: what is open is cancelled, what is unknown is settled.
func TestStopCancelledRun(t *testing.T) {
	on(t, trade.Config{Answer: time.Second, Guard: time.Minute}, nil, func(b *bench) error {
		task := aio.Start(b.co, "run", func(co *aio.Co) error {
			err := b.t.Run(co, trade.Strategy{Name: "test", Run: func(co *aio.Co, s *trade.Session) error {
				o, err := s.Place(buy(1))
				if err != nil {
					return err
				}
				o.Outcome(co)
				b.v.mute = func(*market.Command) bool { return true }
				if _, err := s.Place(sell(1)); err != nil {
					return err
				}
				_, err = s.Watch(0).Next(co)
				return err
			}}, b.s)
			if !errors.Is(err, aio.ErrCancelled) {
				t.Error(err)
			}
			b.v.mute = nil
			res, err := b.t.Stop(co)
			if !res.Reconciled || len(b.v.open) != 0 {
				t.Errorf("%+v, open at the venue: %v", res, b.v.open)
			}
			return err
		})
		if err := b.co.Sleep(10 * time.Millisecond); err != nil {
			return err
		}
		task.Cancel(errors.New("ctrl-c"))
		_, err := task.Await(b.co)
		if len(b.v.guards) != 2 || b.v.guards[1] != 0 {
			t.Error("dead man's switch", b.v.guards)
		}
		return err
	})
}

// A fill that never reaches the ledger must be found.
func TestReconcileFindsALostFill(t *testing.T) {
	on(t, trade.Config{LoseFill: 2}, nil, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			o, err := s.Place(buy(3))
			if err != nil {
				return err
			}
			o.Outcome(co)
			for range 3 {
				b.v.fill(o.ID(), 1)
			}
			if !o.Done() || s.Position() != 2 {
				t.Error(o.State(), s.Position())
			}
			return nil
		})
		if err != nil {
			return err
		}
		res, err := b.t.Stop(b.co)
		if res.Reconciled || len(res.Differences) != 2 || !strings.Contains(res.Differences[1], "position BTCUSDT: ours 0.002, venue 0.003") {
			t.Errorf("%+v", res)
		}
		return err
	})
}

// What the venue never answers is listed, and Stop comes to an end.
func TestStopIsBounded(t *testing.T) {
	on(t, trade.Config{Answer: time.Second, End: 20 * time.Second}, nil, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			b.v.drop = func(*market.Command) bool { return true }
			b.v.report = func(market.OrderID) (market.Report, error) { return market.Report{}, errLine }
			_, err := s.Place(buy(1))
			return err
		})
		if err != nil {
			return err
		}
		b.v.acc.Balances[0].Wallet = d("10001")
		res, err := b.t.Stop(b.co)
		if res.Reconciled || b.s.Now() > t0+25e9 || !strings.Contains(res.Differences[0], "not settled within 20s") ||
			!strings.Contains(res.Differences[1], "wallet USDT: ours 10000, venue 10001") {
			t.Errorf("%+v after %d", res, b.s.Now()-t0)
		}
		return err
	})
}

func TestSuspenseIsADifference(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		b.v.acc.Balances[0].Wallet = d("10001")
		b.v.orders.Account(&market.Change{Reason: market.ReasonOther, Asset: "USDT", Amount: d("1"), Wallet: d("10001"), Time: t0})
		res, err := b.t.Stop(b.co)
		if res.Reconciled || len(res.Differences) != 1 || !strings.Contains(res.Differences[0], "suspense USDT: 1") {
			t.Errorf("%+v", res)
		}
		return err
	})
}

func TestSinkAllocatesNothing(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		return b.run(func(co *aio.Co, s *trade.Session) error {
			s.Watch(trade.OnTop | trade.OnBook | trade.OnTrade | trade.OnMark).Bars(time.Second)
			q := market.Quote{Update: 100, Bid: 100_000, Ask: 100_020}
			diff := market.Diff{Last: 100}
			print, mark := market.Trade{Px: 5, Qty: 1}, market.Mark{Mark: d("10000")}
			if n := testing.AllocsPerRun(100, func() {
				q.Update += 2
				q.BidQty++
				diff.Last = q.Update + 1
				b.v.market.Quote(&q)
				b.v.market.Trade(&print)
				b.v.market.Depth(b.v.book, &diff)
				b.v.market.Mark(&mark)
			}); n != 0 {
				t.Errorf("%v allocations an event", n)
			}
			return nil
		})
	})
}
