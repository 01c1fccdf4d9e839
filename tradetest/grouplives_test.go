package tradetest_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"baton/aio"
	"baton/exchange"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

// bareMost is how long a position may be without a stop at the exchange: the bound, and the ways there and back of what has to be heard
// and sent, some of it lost.
const bareMost = trade.BareDefault + 500*time.Millisecond

// Traders that live one after the other on one journal, with brackets that are entered, moved, stopped, closed, on a line that loses
// answers and fills, keep what they hold under a stop: in each life there is no position at the exchange without one for longer than the
// bound. There are never two brackets' worth of exposure, and the last life ends with nothing open.
func TestBracketsOverCrashes(t *testing.T) {
	ends, taken := map[string]int{}, 0
	for seed := range uint64(crashSeeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			l := &lives{rig: newRig(t, exchange.Matched), T: t, rng: rand.New(rand.NewPCG(seed, 4))}
			b := &brackets{lives: l, mid: 500_000, ends: ends}
			l.play = b.play
			for b.life = range crashLives {
				b.bare, b.g = 0, nil
				l.live(b.life)
				taken += b.taken
			}
			b.empty()
		})
	}
	if ends["stopped"] < 10 || ends["took profit"] < 10 || taken < crashSeeds {
		t.Errorf("brackets ended so: %v; %d were taken over", ends, taken)
	}
}

type brackets struct {
	*lives
	life  int
	mid   market.Ticks
	g     *trade.Group
	ends  map[string]int
	taken int
	bare  market.Nanos // since when the exchange has a position of ours and no stop of ours
}

const bracketQty = 4

// play is one life: it ends in the middle of things, but for the last one.
func (b *brackets) play(co *aio.Co, s *trade.Session) error {
	b.taken = len(s.Groups())
	b.g = s.Protection()
	for range 20 + b.rng.IntN(60) {
		b.walk(market.Ticks(b.rng.IntN(41) - 20))
		if err := b.pause(co, time.Duration(1+b.rng.IntN(60))*time.Millisecond); err != nil {
			return err
		}
		if b.rng.IntN(6) == 0 {
			b.LoseAck(1)
		}
		if b.rng.IntN(8) == 0 {
			b.Driver.LoseFill(1)
		}
		if err := b.deed(s); err != nil {
			return err
		}
	}
	if b.life < crashLives-1 {
		b.dead = true
		return nil
	}
	return b.wayOut(co, s)
}

// walk moves the market, the side first that is in the way, and has somebody trade there.
func (b *brackets) walk(by market.Ticks) {
	b.mid += by
	levels := [2]market.Level{{Px: b.mid, Qty: 20}, {Px: b.mid + 10, Qty: 20}}
	first := 0
	if by > 0 {
		first = 1
	}
	b.requote(first, levels[first])
	b.requote(1-first, levels[1-first])
	b.flush()
	if b.rng.IntN(2) == 0 {
		b.Print(market.Buy, b.mid+10, 2)
	} else {
		b.Print(market.Sell, b.mid, 2)
	}
}

// deed is what a strategy might do.
func (b *brackets) deed(s *trade.Session) error {
	if b.g != nil && b.g.Done() {
		b.ends[b.g.How()]++
		b.g = nil
	}
	switch x := b.rng.IntN(12); {
	case b.g == nil && s.Exact() && s.Position() == 0:
		side, px := market.Buy, b.mid+10
		if b.rng.IntN(2) == 0 {
			side, px = market.Sell, b.mid
		}
		px -= market.Ticks(side) * market.Ticks(b.rng.IntN(12)) // some rest
		away := 25 * market.Ticks(side)
		p := trade.Protection{Stop: px - away, Take: px + away}
		g, err := s.Bracket(trade.Request{Side: side, Px: px, Qty: bracketQty}, p)
		if e := (*risk.Error)(nil); errors.As(err, &e) && e.Reason == risk.BadReference {
			return nil // a side of the book is gone for a moment
		}
		if err != nil {
			return fmt.Errorf("a bracket was refused: %w, %q", err, b.trader.Notes())
		}
		b.g = g
	case b.g == nil:
	case x == 0:
		b.g.Cancel()
	case x == 1:
		b.g.Close()
	case x < 6:
		return b.g.Move(b.g.Plan().Stop + market.Ticks(b.g.Plan().Guards)*market.Ticks(b.rng.IntN(5)-1))
	}
	return nil
}

// pause sleeps, and looks at the exchange again and again.
func (b *brackets) pause(co *aio.Co, d time.Duration) error {
	for until := co.Now() + market.Nanos(d); co.Now() < until; {
		if err := b.look(co.Now()); err != nil {
			return err
		}
		if err := co.Sleep(min(10*time.Millisecond, time.Duration(until-co.Now()))); err != nil {
			return err
		}
	}
	return nil
}

// look compares the position at the exchange with the stops that wait there.
func (b *brackets) look(now market.Nanos) error {
	me := b.other - 1
	held, safe := b.x.Position(me, 0).Qty, false
	stops := 0
	for _, a := range b.x.AppendOpenAlgos(nil, me, 0) {
		if a.Type == market.StopMarket && held*market.Lots(a.Side) < 0 {
			safe = true
			stops++
		}
	}
	if held > bracketQty || held < -bracketQty {
		b.Errorf("a position of %d, each bracket is for %d", held, bracketQty)
	}
	if stops > 2 {
		b.Errorf("%d stops at once", stops)
	}
	if held == 0 || safe {
		b.bare = 0
		return nil
	}
	if b.bare == 0 {
		b.bare = now
	}
	if d := time.Duration(now - b.bare); d > bareMost {
		return fmt.Errorf("a position of %d without a stop for %s: %q", held, d, b.trader.Notes())
	}
	return nil
}

// wayOut closes what is open, and waits until it is.
func (b *brackets) wayOut(co *aio.Co, s *trade.Session) error {
	for _, g := range s.Groups() {
		g.Close()
	}
	for range 100 {
		if len(s.Groups()) == 0 {
			return nil
		}
		b.walk(0)
		if err := b.pause(co, 100*time.Millisecond); err != nil {
			return err
		}
	}
	b.Errorf("%d groups do not come to their end", len(s.Groups()))
	return nil
}

// empty looks at what is left at the exchange.
func (b *brackets) empty() {
	me := b.other - 1
	if p := b.x.Position(me, 0); p.Qty != 0 {
		b.Errorf("a position of %d is left", p.Qty)
	}
	if n := len(b.x.AppendOpenAlgos(nil, me, 0)) + len(b.x.AppendOpen(nil, me, 0)); n != 0 {
		b.Errorf("%d orders are left", n)
	}
}
