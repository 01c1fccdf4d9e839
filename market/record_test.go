package market_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"baton/market"
)

const recorded = "../../shared/data/tick/usdm_BTCUSDT_20240808.gz"

// recording is the depth of a recorded file: its snapshot and all its diffs, in file order.
type recording struct {
	snap  market.Snapshot
	diffs []market.Diff
	rows  int
}

type depthLine struct {
	First    int64       `json:"U"`
	Last     int64       `json:"u"`
	Prev     int64       `json:"pu"`
	B        [][2]string `json:"b"`
	A        [][2]string `json:"a"`
	Snapshot int64       `json:"lastUpdateId"`
	Bids     [][2]string `json:"bids"`
	Asks     [][2]string `json:"asks"`
}

func load(tb testing.TB) *recording {
	tb.Helper()
	f, err := os.Open(recorded)
	if err != nil {
		tb.Skipf("no recorded market data: %v", err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	var r recording
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		_, text, _ := bytes.Cut(lines.Bytes(), []byte(" "))
		switch {
		case bytes.Contains(text, []byte(`"lastUpdateId"`)):
			var d depthLine
			decode(tb, text, &d)
			r.snap = market.Snapshot{Last: d.Snapshot, Bids: levels(tb, d.Bids), Asks: levels(tb, d.Asks)}
		case bytes.Contains(text, []byte(`"depthUpdate"`)):
			var m struct{ Data depthLine }
			decode(tb, text, &m)
			d := m.Data
			r.diffs = append(r.diffs, market.Diff{First: d.First, Last: d.Last, Prev: d.Prev, Bids: levels(tb, d.B), Asks: levels(tb, d.A)})
			r.rows += len(d.A) + len(d.B)
		}
	}
	if lines.Err() != nil {
		tb.Fatal(lines.Err())
	}
	return &r
}

func decode(tb testing.TB, text []byte, v any) {
	tb.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		tb.Fatal(err)
	}
}

// levels turns prices of one and quantities of three decimal places into ticks and lots by dropping the point.
func levels(tb testing.TB, pairs [][2]string) []market.Level {
	out := make([]market.Level, 0, len(pairs))
	for _, p := range pairs {
		whole, frac, _ := strings.Cut(p[0], ".")
		px, err1 := strconv.ParseInt(whole+frac[:1], 10, 64)
		qty, err2 := strconv.ParseInt(strings.Replace(p[1], ".", "", 1), 10, 64)
		if err1 != nil || err2 != nil {
			tb.Fatal(p)
		}
		out = append(out, market.Level{Px: market.Ticks(px), Qty: market.Lots(qty)})
	}
	return out
}

// The recorded day: every diff that the snapshot admits is applied, the book equals two maps all the way, and ends as the
// data's own description says.
func TestBookOnRecording(t *testing.T) {
	if testing.Short() {
		t.Skip("parses a recorded day")
	}
	r := load(t)
	b, n := market.NewBook(btc()), newNaive()
	b.Load(&r.snap, false)
	n.apply(market.Buy, r.snap.Bids)
	n.apply(market.Sell, r.snap.Asks)
	count := 0
	for i := range r.diffs {
		d := &r.diffs[i]
		applied, err := b.Apply(d)
		if err != nil {
			t.Fatal(err)
		}
		if !applied {
			continue
		}
		n.apply(market.Buy, d.Bids)
		n.apply(market.Sell, d.Asks)
		if count++; count%16 == 0 {
			compareBest(t, b, n)
		}
		for _, l := range d.Bids {
			if b.Bid(l.Px) != n.bids[l.Px] {
				t.Fatalf("diff %d bid %d: %d, want %d", i, l.Px, b.Bid(l.Px), n.bids[l.Px])
			}
		}
		for _, l := range d.Asks {
			if b.Ask(l.Px) != n.asks[l.Px] {
				t.Fatalf("diff %d ask %d: %d, want %d", i, l.Px, b.Ask(l.Px), n.asks[l.Px])
			}
		}
		if b.Crossed() {
			t.Fatal("crossed after diff", i)
		}
	}
	compareAll(t, b, n)
	bid, ask, _ := b.Best()
	bids, asks := b.Len()
	if count != 6547 || bid.Px != 616597 || ask.Px != 616598 || bids != 5018 || asks != 4578 {
		t.Fatalf("%d diffs, best %v %v, %d bids, %d asks", count, bid, ask, bids, asks)
	}
	trusted := [2]int{}
	for i, s := range []market.Side{market.Buy, market.Sell} {
		for l := range b.Levels(s) {
			if b.Trusted(s, l.Px) {
				trusted[i]++
			}
		}
	}
	if trusted != [2]int{bids, asks} {
		t.Fatal("of a book that heard every diff, all levels are trusted, but", trusted)
	}
}

func BenchmarkBookRows(b *testing.B) {
	r := load(b)
	book := market.NewBook(btc())
	replay := func() {
		book.Load(&r.snap, false)
		for i := range r.diffs {
			if _, err := book.Apply(&r.diffs[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
	replay()
	b.ReportAllocs()
	for b.Loop() {
		replay()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.rows), "ns/row")
}

// BenchmarkBookTop reads the top many times a round: within b.Loop itself nothing is inlined, as it is where it is used.
func BenchmarkBookTop(b *testing.B) {
	book := market.NewBook(btc())
	book.Load(&market.Snapshot{Bids: rows(10, 1), Asks: rows(11, 2)}, true)
	const reads = 1000
	b.ReportAllocs()
	for b.Loop() {
		if tops(book, reads) == 0 {
			b.Fatal()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/reads, "ns/top")
}

func tops(book *market.Book, n int) (sum int64) {
	for range n {
		if bid, ask, ok := book.Best(); ok {
			sum += int64(bid.Px) + int64(ask.Px) + int64(bid.Qty) + int64(ask.Qty)
		}
	}
	return sum
}

func BenchmarkBookIterate20(b *testing.B) {
	r := load(b)
	book := market.NewBook(btc())
	book.Load(&r.snap, true)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range book.Bids() {
			if n++; n == 20 {
				break
			}
		}
	}
}

// Nothing is allocated by a diff near the top, nor by the top of book, nor by walking the levels.
func TestBookAllocates(t *testing.T) {
	b := market.NewBook(btc())
	b.Load(&market.Snapshot{Last: 1, Bids: rows(1000, 1, 900, 2), Asks: rows(1001, 4, 1400, 5)}, true)
	d := market.Diff{First: 2, Last: 2, Prev: 1, Bids: rows(1000, 0, 950, 3, 999, 2), Asks: rows(1001, 0, 1003, 1)}
	e := market.Diff{Bids: rows(1000, 5, 999, 0), Asks: rows(1001, 7, 1003, 0)}
	var sum market.Lots
	allocs := testing.AllocsPerRun(1000, func() {
		for _, x := range []*market.Diff{&d, &e} {
			x.First, x.Last, x.Prev = b.Last()+1, b.Last()+1, b.Last()
			if ok, err := b.Apply(x); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		bid, _, _ := b.Best()
		sum += bid.Qty
		for l := range b.Asks() {
			sum += l.Qty
		}
	})
	if allocs != 0 {
		t.Fatal(allocs, "allocations")
	}
}
