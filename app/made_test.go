package app_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// madeStart is when the made-up recordings begin, in nanoseconds since the epoch.
const madeStart = 1_700_000_000_000_000_000

// capture is a recording that was made up, and what is true of it because its maker kept the book in a way of its own: two maps.
type capture struct {
	symbol   string
	scale    int64 // ticks in one of the quote asset: 10 or 100
	rng      *rand.Rand
	at       int64 // of receipt
	id, last int64 // update ids: the newest of all, and of the last diff
	trade    int64
	bid      int64              // the best bid, in ticks; the best ask is the tick above
	book     [2]map[int64]int64 // bids and asks: quantity by price
	far      [2]int64           // the worst price of each
	lines    [][]byte

	diffs int // that the snapshot does not hold
}

// makeCapture makes some 20 seconds of a market with two thousand levels at first and ten thousand at the end.
func makeCapture(symbol string, scale, bid int64, seed uint64) *capture {
	c := &capture{
		symbol: symbol, scale: scale, bid: bid, rng: rand.New(rand.NewPCG(seed, 1)), at: madeStart + int64(seed), id: 5_000_000, last: 4_999_990,
		book: [2]map[int64]int64{{}, {}}, far: [2]int64{bid - 999, bid + 1000},
	}
	for k := range int64(1000) {
		c.book[0][bid-k], c.book[1][bid+1+k] = c.qty(), c.qty()
	}
	c.frame("depth@0ms", c.diff(c.id, nil, nil)) // older than the snapshot
	c.quote()
	bridge := c.diff(c.id+5, nil, nil) // reaches beyond the snapshot, and stands before its line
	c.frame("depth@0ms", bridge)
	c.line(fmt.Sprintf(`{"lastUpdateId":%d,"E":%d,"T":%d,"bids":[%s],"asks":[%s]}`, c.last-2, c.ms(), c.ms(), c.rows(0, c.prices(0)), c.rows(1, c.prices(1))))
	for range 400 {
		c.step()
	}
	c.diffs = 401
	return c
}

// step moves the market: sometimes trades at the top, then the top moves by up to three ticks, and diff and quote say so.
func (c *capture) step() {
	for range c.rng.IntN(3) {
		side := c.rng.Int64N(2)
		c.trade++
		c.frame("trade", fmt.Sprintf(`{"e":"trade","E":%d,"T":%d,"s":"%s","t":%d,"p":"%s","q":"%s","X":"MARKET","m":%t}`,
			c.ms(), c.ms(), c.symbol, c.trade, c.price(c.bid+side), lots(c.qty()), side == 0))
	}
	c.bid += c.rng.Int64N(7) - 3
	named := [2][]int64{}
	for k := range int64(12) { // all around the top, on both sides of it
		named[0], named[1] = append(named[0], c.bid+6-k), append(named[1], c.bid-5+k)
	}
	for range 10 { // and far away, where no level was known
		c.far[0]--
		c.far[1]++
		named[0], named[1] = append(named[0], c.far[0]), append(named[1], c.far[1])
	}
	for side := range named {
		for _, px := range named[side] {
			c.book[side][px] = c.qty()
			if side == 0 && px > c.bid || side == 1 && px <= c.bid {
				delete(c.book[side], px)
			}
		}
	}
	c.frame("depth@0ms", c.diff(c.id+10, named[0], named[1]))
	c.quote()
}

func (c *capture) diff(id int64, bids, asks []int64) string {
	first, prev := c.last+1, c.last
	c.id, c.last = id, id
	return fmt.Sprintf(`{"e":"depthUpdate","E":%d,"T":%d,"s":"%s","U":%d,"u":%d,"pu":%d,"b":[%s],"a":[%s]}`,
		c.ms(), c.ms(), c.symbol, first, id, prev, c.rows(0, bids), c.rows(1, asks))
}

func (c *capture) quote() {
	c.id++
	c.frame("bookTicker", fmt.Sprintf(`{"e":"bookTicker","u":%d,"s":"%s","b":"%s","B":"%s","a":"%s","A":"%s","T":%d,"E":%d}`,
		c.id, c.symbol, c.price(c.bid), lots(c.book[0][c.bid]), c.price(c.bid+1), lots(c.book[1][c.bid+1]), c.ms(), c.ms()))
}

func (c *capture) frame(stream, data string) {
	c.line(fmt.Sprintf(`{"stream":"%s@%s","data":%s}`, strings.ToLower(c.symbol), stream, data))
}

func (c *capture) line(frame string) {
	c.at += 1_000_000 + c.rng.Int64N(25_000_000)
	c.lines = append(c.lines, fmt.Appendf(nil, "%d %s\n", c.at, frame))
}

// ms is E and T of an event that is received with the next line: three milliseconds ago.
func (c *capture) ms() int64 { return c.at/1_000_000 - 3 }

// qty is below 3.000, and now and then enough to clear a queue.
func (c *capture) qty() int64 { return 1 + c.rng.Int64N(3000) }

// prices are the levels of a side, best first.
func (c *capture) prices(side int) []int64 {
	px := slices.Sorted(maps.Keys(c.book[side]))
	if side == 0 {
		slices.Reverse(px)
	}
	return px
}

func (c *capture) rows(side int, prices []int64) string {
	var b strings.Builder
	for i, px := range prices {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `["%s","%s"]`, c.price(px), lots(c.book[side][px]))
	}
	return b.String()
}

// price writes ticks with two places.
func (c *capture) price(px int64) string {
	return fmt.Sprintf("%d.%02d", px/c.scale, px%c.scale*100/c.scale)
}

// lots writes thousandths.
func lots(q int64) string { return fmt.Sprintf("%d.%03d", q/1000, q%1000) }

func (c *capture) levels() int { return len(c.book[0]) + len(c.book[1]) }

// madeBTC and madeETH overlap in time, so that they can be merged.
func madeBTC() *capture { return makeCapture("BTCUSDT", 10, 618_000, 1) }
func madeETH() *capture { return makeCapture("ETHUSDT", 100, 268_000, 2) }

// write puts a recording into a file of this test.
func (c *capture) write(t *testing.T) string { return writeLines(t, c.symbol, c.lines) }

func writeLines(t *testing.T, name string, lines [][]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, bytes.Join(lines, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// edited writes a copy of a recording in which change has had its way with every line; it gives nil for a line that is to go.
// The copy is compressed where the original is.
func edited(t *testing.T, path string, change func(line []byte) []byte) string {
	t.Helper()
	src, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	copied := filepath.Join(t.TempDir(), filepath.Base(path))
	dst, err := os.Create(copied)
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	var in io.Reader = src
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(src); err != nil {
			t.Fatal(err)
		}
	}
	r, w := bufio.NewReaderSize(in, 1<<20), bufio.NewWriter(dst)
	for {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(change(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return copied
}
