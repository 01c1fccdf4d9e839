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
	seeds := uint64(40)
	if testing.Short() {
		seeds = 4
	}
	for seed := range seeds {
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

func rows(pairs ...int) []market.Level {
	var out []market.Level
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, market.Level{Px: market.Ticks(pairs[i]), Qty: market.Lots(pairs[i+1])})
	}
	return out
}

func loaded(bridged bool) *market.Book {
	b := market.NewBook(btc())
	b.Load(&market.Snapshot{Last: 100, Bids: rows(10, 1, 9, 2, 7, 3), Asks: rows(11, 4, 14, 5)}, bridged)
	return b
}

// The chain rules of a book: what bridges, what is skipped, what breaks.
func TestApplyChain(t *testing.T) {
	for name, c := range map[string]struct {
		bridged           bool
		first, last, prev int64
		applied, gap      bool
	}{
		"covers the snapshot":            {false, 90, 110, 80, true, false},
		"first equals it":                {false, 100, 110, 80, true, false},
		"last equals it":                 {false, 90, 100, 80, true, false},
		"prev equals it":                 {false, 105, 110, 100, true, false},
		"ends before it":                 {false, 80, 99, 70, false, false},
		"begins behind it":               {false, 102, 110, 101, false, true},
		"bridged, follows":               {true, 101, 110, 100, true, false},
		"bridged, first one may cover":   {true, 90, 110, 80, true, false},
		"bridged, begins behind it":      {true, 102, 110, 101, false, true},
		"prev below, first behind it":    {false, 101, 110, 99, false, true},
		"bridged, older than the book":   {true, 80, 90, 70, false, false},
		"prev equals it, ids overlap it": {false, 90, 110, 100, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := loaded(c.bridged)
			if b.Exact() != c.bridged {
				t.Fatal("exact before the first diff:", b.Exact())
			}
			applied, err := b.Apply(&market.Diff{First: c.first, Last: c.last, Prev: c.prev})
			if applied != c.applied || errors.Is(err, market.ErrGap) != c.gap {
				t.Fatalf("applied %v, error %v", applied, err)
			}
			if want := c.applied || c.bridged && !c.gap; b.Exact() != want {
				t.Fatal("exact afterwards:", b.Exact())
			}
			if c.applied && b.Last() != c.last {
				t.Fatal("last", b.Last())
			}
		})
	}
}

// Once bridged, only Prev counts: a diff whose ids overlap but that does not follow is a gap, and the book stays stale until
// it is loaded anew.
func TestGapNeedsNewSnapshot(t *testing.T) {
	b := loaded(false)
	must := func(first, last, prev int64, want bool) {
		t.Helper()
		applied, err := b.Apply(&market.Diff{First: first, Last: last, Prev: prev})
		if applied != want || (err != nil) == want {
			t.Fatalf("applied %v, error %v", applied, err)
		}
	}
	must(95, 105, 94, true)
	must(106, 107, 105, true)
	must(104, 110, 106, false)
	if b.Exact() {
		t.Fatal("exact after a gap")
	}
	must(108, 110, 107, false)
	b.Load(&market.Snapshot{Last: 110, Bids: rows(5, 1), Asks: rows(6, 1)}, false)
	must(105, 112, 104, true)
	if bid, ask, ok := b.Best(); !ok || bid.Px != 5 || ask.Px != 6 {
		t.Fatal(bid, ask, ok)
	}
	if b.Bid(10) != 0 || b.Ask(11) != 0 {
		t.Fatal("levels of the old snapshot live on")
	}
}

func TestImpossibleLevels(t *testing.T) {
	for _, bad := range [][]market.Level{rows(0, 1), rows(-5, 1), rows(8, -1), rows(10, 1, 1<<40, -3)} {
		b := loaded(true)
		if _, err := b.Apply(&market.Diff{Last: 101, Prev: 100, Bids: bad}); !errors.Is(err, market.ErrLevel) || b.Exact() {
			t.Fatalf("%v: error %v, exact %v", bad, err, b.Exact())
		}
		b = loaded(true)
		if _, err := b.Apply(&market.Diff{Last: 101, Prev: 100, Asks: bad}); !errors.Is(err, market.ErrLevel) || b.Exact() {
			t.Fatalf("%v: error %v, exact %v", bad, err, b.Exact())
		}
		b.Load(&market.Snapshot{Bids: bad}, true)
		if b.Exact() {
			t.Fatal("an impossible snapshot is exact")
		}
	}
}

// Far levels are bounded; named empty ones are forgotten first.
func TestFarLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("fills half a million levels")
	}
	b := loaded(true)
	d := market.Diff{First: 101, Last: 101, Prev: 100}
	next := func(from, n, step, qty int) error {
		d.Asks = d.Asks[:0]
		for i := range n {
			d.Asks = append(d.Asks, market.Level{Px: market.Ticks(from + i*step), Qty: market.Lots(qty)})
		}
		_, err := b.Apply(&d)
		d.First, d.Last, d.Prev = d.First+1, d.Last+1, d.Last
		return err
	}
	if err := next(1_000_000, 2*market.MaxFar, 7, 0); err != nil {
		t.Fatal(err)
	}
	if !b.Trusted(market.Sell, 1_000_007) {
		t.Fatal("a level named empty is not trusted")
	}
	if err := next(1_000_000, market.MaxFar, 5, 1); err != nil {
		t.Fatal("empty levels were not forgotten:", err)
	}
	if b.Trusted(market.Sell, 1_000_007+7*market.MaxFar) {
		t.Fatal("no empty level was forgotten")
	}
	if _, asks := b.Len(); asks != market.MaxFar+2 {
		t.Fatal(asks)
	}
	if err := next(1_000_002, market.MaxFar+1, 5, 1); !errors.Is(err, market.ErrFull) || b.Exact() {
		t.Fatal(err, b.Exact())
	}
}

func TestTrusted(t *testing.T) {
	b := loaded(true)
	check := func(s market.Side, px market.Ticks, want bool) {
		t.Helper()
		if b.Trusted(s, px) != want {
			t.Errorf("%s %d trusted: %v", s, px, !want)
		}
	}
	for px, want := range map[market.Ticks]bool{6: false, 7: true, 8: true, 10: true, 13: true} {
		check(market.Buy, px, want)
	}
	for px, want := range map[market.Ticks]bool{15: false, 14: true, 12: true, 11: true, 3: true} {
		check(market.Sell, px, want)
	}
	if _, err := b.Apply(&market.Diff{Last: 101, Prev: 100, Bids: rows(2, 9, 3, 0), Asks: rows(900_000, 1)}); err != nil {
		t.Fatal(err)
	}
	check(market.Buy, 2, true)
	check(market.Buy, 3, true)
	check(market.Buy, 4, false)
	check(market.Sell, 900_000, true)
	check(market.Sell, 900_001, false)
	b.Load(&market.Snapshot{Asks: rows(11, 4)}, true)
	check(market.Buy, 10, false)
	check(market.Sell, 900_000, false)
}

func TestSetAndSnapshot(t *testing.T) {
	b := market.NewBook(btc())
	if _, _, ok := b.Best(); ok {
		t.Fatal("an empty book has a top")
	}
	b.Set(market.Buy, 100, 5)
	b.Set(market.Sell, 103, 7)
	b.Set(market.Sell, 700_000, 2)
	b.Set(market.Buy, 100, 0)
	b.Set(market.Buy, 99, 1)
	var s market.Snapshot
	b.Snapshot(&s, 0)
	if !slices.Equal(s.Bids, rows(99, 1)) || !slices.Equal(s.Asks, rows(103, 7, 700_000, 2)) {
		t.Fatal(s)
	}
	if b.Snapshot(&s, 1); len(s.Asks) != 1 {
		t.Fatal(s)
	}
	b.Snapshot(&s, 0)
	c := market.NewBook(btc())
	c.Load(&s, true)
	if !b.Equal(c) || b.Digest() != c.Digest() {
		t.Fatal("a book loaded from another's snapshot differs")
	}
	c.Set(market.Sell, 700_000, 3)
	if b.Equal(c) || b.Digest() == c.Digest() {
		t.Fatal("a changed book is equal")
	}
	if b.Crossed() {
		t.Fatal("crossed")
	}
	if b.Set(market.Buy, 103, 1); !b.Crossed() {
		t.Fatal("not crossed")
	}
}
