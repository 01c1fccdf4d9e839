package tradetest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/local"
	"baton/journal"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

// Lives of a trader on one exchange, each ended by a crash at a random moment.
const (
	crashSeeds = 40
	crashLives = 4
	crashDown  = time.Minute // between two lives
)

// Whatever was under way when the process died, the next one on the same journal comes to what the exchange says, to the last
// decimal, with nothing in suspense; and the last one ends with nothing open.
func TestLivesBetweenCrashes(t *testing.T) {
	inherited := 0
	for seed := range uint64(crashSeeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			l := &lives{rig: newRig(t, exchange.Matched), T: t, rng: rand.New(rand.NewPCG(seed, 3))}
			for life := range crashLives {
				l.live(life)
				inherited += l.trader.Stats().Inherited
			}
		})
	}
	if inherited < crashSeeds {
		t.Errorf("only %d orders were taken over in all", inherited)
	}
}

// lives is one exchange, and the traders that lived on it one after the other.
type lives struct {
	*testing.T
	*rig
	rng     *rand.Rand
	records []market.Record
	trader  *trade.Trader
	play    func(co *aio.Co, s *trade.Session) error // what a life does; nil: strategy
	dead    bool                                     // nothing is written any more
}

// Append keeps a record; what a crash cannot take is all that a restart has.
func (l *lives) Append(r *market.Record) bool {
	if !l.dead {
		l.records = append(l.records, *r)
	}
	return true
}

func (l *lives) Sync(*aio.Co) error { return nil }

// live is one process. What was under way at the end of the last one is lost with its line.
func (l *lives) live(n int) {
	at := start + market.Nanos(n)*market.Nanos(crashDown)
	l.dead = false
	if n > 0 {
		l.events.Reset()
		lat := local.Latency{Min: 2 * time.Millisecond, Jitter: time.Millisecond}
		var err error
		if l.Driver, err = local.New(l.x, &l.events, local.Config{Account: l.other - 1, Out: lat, Back: lat}, rand.NewPCG(1, uint64(n))); err != nil {
			l.Fatal(err)
		}
	}
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Drive(at, l.Driver)}, func(co *aio.Co) (struct{}, error) {
		l.loop = co.Loop()
		l.Attach(l.loop)
		defer l.Close()
		return struct{}{}, l.process(co, n == crashLives-1)
	})
	if err != nil {
		l.Error(err)
	}
}

func (l *lives) process(co *aio.Co, last bool) error {
	wide := risk.Limits{MaxPosition: 1 << 40, MaxOrderQty: 1 << 40, MaxOpenOrders: 100, MaxNotional: decimal.MustParse("50000000"), CollarBps: 500}
	cfg := trade.Config{Limits: map[string]risk.Limits{l.in.Symbol: wide}, Answer: 50 * time.Millisecond, Reconcile: 20 * time.Millisecond}
	if len(l.records) > 0 {
		s, err := journal.Fold(func(yield func(*market.Record, error) bool) {
			for i := range l.records {
				if !yield(&l.records[i], nil) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		cfg.Recovered = &trade.Recovered{Next: s.Next, Last: s.Last, Orders: s.Orders, Groups: s.Groups, Books: s.Books, Latch: s.Latch, Problems: s.Problems}
	}
	var err error
	if l.trader, err = trade.New(co, cfg, l.Driver, l.Driver, l); err != nil {
		return err
	}
	s, err := l.trader.Open(l.in)
	if err != nil {
		return err
	}
	if err := l.trader.Start(co); err != nil {
		return err
	}
	l.compare("after the start")
	if l.play == nil {
		l.play = l.strategy
	}
	if err := l.trader.Run(co, trade.Strategy{Name: "life", Run: l.play}, s); err != nil || !last {
		return err
	}
	res, err := l.trader.Stop(co)
	if !res.Reconciled {
		l.Errorf("at the end: %q", res.Differences)
	}
	return err
}

// compare compares the books with the exchange itself.
func (l *lives) compare(when string) {
	s, _ := l.x.Account(l.other - 1)
	p := l.x.Position(l.other-1, 0)
	books := l.trader.Ledger()
	if books.Wallet("USDT") != s.Wallet || books.Position(l.in).Qty != p.Qty || !books.Suspended("USDT").IsZero() || l.trader.Mode() != risk.Normal {
		l.Errorf("%s: wallet %s, the exchange's %s; position %d, the exchange's %d; suspense %s, %q", when, books.Wallet("USDT"), s.Wallet,
			books.Position(l.in).Qty, p.Qty, books.Suspended("USDT"), l.trader.Notes())
	}
}

// strategy does random things on a line that loses answers and fills, and ends in the middle of it.
func (l *lives) strategy(co *aio.Co, s *trade.Session) error {
	bid, ask := market.Ticks(500_000), market.Ticks(500_010)
	for range 10 + l.rng.IntN(30) {
		l.Book(market.Level{Px: bid, Qty: 20}, market.Level{Px: ask, Qty: 20})
		if err := co.Sleep(time.Duration(l.rng.IntN(8)) * time.Millisecond); err != nil {
			return err
		}
		if l.rng.IntN(6) == 0 {
			l.LoseAck(1)
		}
		if l.rng.IntN(8) == 0 {
			l.Driver.LoseFill(1)
		}
		switch live := s.Live(); {
		case l.rng.IntN(3) == 0 && len(live) > 0:
			s.Cancel(live[l.rng.IntN(len(live))])
		case l.rng.IntN(3) == 0:
			l.Print(market.Sell, bid, market.Lots(1+l.rng.IntN(30)))
		case s.Exact():
			r := trade.Request{Side: market.Buy, Px: bid + market.Ticks(l.rng.IntN(12)), Qty: market.Lots(2 + l.rng.IntN(6)), TIF: market.TIF(1 + l.rng.IntN(3))}
			if l.rng.IntN(2) == 0 {
				r.Side, r.Px = market.Sell, ask-market.Ticks(l.rng.IntN(12))
			}
			if _, err := s.Place(r); err != nil {
				return err
			}
		}
	}
	return nil
}
