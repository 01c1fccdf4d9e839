package market_test

import (
	"cmp"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"baton/decimal"
	"baton/market"
)

func btc() *market.Instrument {
	return &market.Instrument{
		Symbol: "BTCUSDT", Base: "BTC", Quote: "USDT", Margin: "USDT",
		Tick: decimal.MustParse("0.1"), Lot: decimal.MustParse("0.001"), PricePlaces: 2, QtyPlaces: 3,
	}
}

// naive is a book that is too simple to be wrong: two maps.
type naive struct {
	bids, asks map[market.Ticks]market.Lots
	named      [2]map[market.Ticks]bool
}

func newNaive() *naive {
	n := &naive{bids: map[market.Ticks]market.Lots{}, asks: map[market.Ticks]market.Lots{}}
	n.named = [2]map[market.Ticks]bool{{}, {}}
	return n
}

func (n *naive) side(s market.Side) (map[market.Ticks]market.Lots, map[market.Ticks]bool) {
	if s == market.Buy {
		return n.bids, n.named[0]
	}
	return n.asks, n.named[1]
}

func (n *naive) apply(s market.Side, rows []market.Level) {
	m, named := n.side(s)
	for _, l := range rows {
		named[l.Px] = true
		if l.Qty == 0 {
			delete(m, l.Px)
			continue
		}
		m[l.Px] = l.Qty
	}
}

func (n *naive) levels(s market.Side) []market.Level {
	m, _ := n.side(s)
	var out []market.Level
	for px, q := range m {
		out = append(out, market.Level{Px: px, Qty: q})
	}
	slices.SortFunc(out, func(a, b market.Level) int { return -int(s) * cmp.Compare(a.Px, b.Px) })
	return out
}

func (n *naive) best() (bid, ask market.Level) {
	if len(n.bids) > 0 {
		px := slices.Max(slices.Collect(maps.Keys(n.bids)))
		bid = market.Level{Px: px, Qty: n.bids[px]}
	}
	if len(n.asks) > 0 {
		px := slices.Min(slices.Collect(maps.Keys(n.asks)))
		ask = market.Level{Px: px, Qty: n.asks[px]}
	}
	return bid, ask
}

func compareBest(t *testing.T, b *market.Book, n *naive) {
	t.Helper()
	bid, ask := n.best()
	gotBid, okBid := b.BestOf(market.Buy)
	gotAsk, okAsk := b.BestOf(market.Sell)
	if gotBid != bid || gotAsk != ask || okBid != (bid.Qty != 0) || okAsk != (ask.Qty != 0) {
		t.Fatalf("best %v %v %v %v, want %v %v", gotBid, okBid, gotAsk, okAsk, bid, ask)
	}
	x, y, ok := b.Best()
	if ok != (okBid && okAsk) || ok && (x != bid || y != ask) {
		t.Fatalf("Best() = %v %v %v, want %v %v", x, y, ok, bid, ask)
	}
}

func compareAll(t *testing.T, b *market.Book, n *naive) {
	t.Helper()
	compareBest(t, b, n)
	for _, s := range []market.Side{market.Buy, market.Sell} {
		if got, want := slices.Collect(b.Levels(s)), n.levels(s); !slices.Equal(got, want) {
			t.Fatalf("%s: %d levels, want %d: %v\n%v", s, len(got), len(want), got, want)
		}
	}
	bids, asks := b.Len()
	if bids != len(n.bids) || asks != len(n.asks) {
		t.Fatalf("Len() = %d, %d, want %d, %d", bids, asks, len(n.bids), len(n.asks))
	}
}

// Random flows of every temper: tight, wide, jumping, emptying. After each diff the book equals two maps.
func TestBookAgainstNaive(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 1))
		mid := market.Ticks(1 + rng.Int64N(1_000_000))
		spread := []int64{3, 300, 30_000, 300_000}[seed%4]
		b, n := market.NewBook(btc()), newNaive()
		b.Load(&market.Snapshot{}, true)
		d := market.Diff{}
		for i := range 400 {
			if rng.IntN(50) == 0 {
				mid = market.Ticks(1 + rng.Int64N(1_000_000))
			}
			d.First, d.Last, d.Prev = d.Last+1, d.Last+1, d.Last
			d.Bids, d.Asks = randomRows(rng, d.Bids[:0], mid, spread), randomRows(rng, d.Asks[:0], mid, spread)
			if rng.IntN(20) == 0 { // wipe a side from its top, the hardest way down
				for _, l := range n.levels(market.Buy) {
					d.Bids = append(d.Bids, market.Level{Px: l.Px})
				}
			}
			if ok, err := b.Apply(&d); !ok || err != nil {
				t.Fatalf("seed %d diff %d: %v %v", seed, i, ok, err)
			}
			n.apply(market.Buy, d.Bids)
			n.apply(market.Sell, d.Asks)
			compareBest(t, b, n)
			if i%10 == 0 {
				compareAll(t, b, n)
			}
		}
		compareAll(t, b, n)
		for _, s := range []market.Side{market.Buy, market.Sell} {
			m, named := n.side(s)
			for range 2000 {
				px := mid + market.Ticks(rng.Int64N(4*spread)-2*spread)
				if b.Qty(s, px) != m[px] || b.Trusted(s, px) != named[px] {
					t.Fatalf("seed %d %s %d: %d %v, want %d %v", seed, s, px, b.Qty(s, px), b.Trusted(s, px), m[px], named[px])
				}
			}
		}
	}
}

func randomRows(rng *rand.Rand, rows []market.Level, mid market.Ticks, spread int64) []market.Level {
	for range rng.IntN(20) {
		px := max(1, mid+market.Ticks(rng.Int64N(2*spread)-spread))
		rows = append(rows, market.Level{Px: px, Qty: market.Lots(rng.IntN(3) * rng.IntN(1000))})
	}
	return rows
}

var _ = errors.Is
