package core_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"baton/binance/core"
	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

const recordings = "../../../shared/data/tick"

// recorded goes through the files of one recording: receive time and frame of each line.
func recorded(t *testing.T, files []string, each func(frame []byte)) {
	t.Helper()
	for _, name := range files {
		f, err := os.Open(filepath.Join(recordings, name))
		if err != nil {
			t.Skipf("no ../shared/data/tick: %v", err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(z)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			if _, frame, ok := bytes.Cut(lines.Bytes(), []byte(" ")); ok {
				each(frame)
			}
		}
		if lines.Err() != nil {
			t.Fatal(lines.Err())
		}
	}
}

// replay is one recording on its way into a book.
type replay struct {
	t              *testing.T
	c              *wire.Codec
	sync           *core.Sync
	frames, became int
	buf            []byte
	diff           market.Diff
	quote          market.Quote
	trade          market.Trade
	mark           market.Mark
	snapshot       market.Snapshot
}

func (r *replay) frame(b []byte) {
	r.frames++
	f, err := wire.Peek(b)
	if err != nil {
		r.t.Fatalf("%v: %.200s", err, b)
	}
	var again any
	var was any
	switch f.Kind {
	case wire.KindDepth:
		err = r.c.DecodeDepth(b, &r.diff)
		var d market.Diff
		r.buf = r.c.AppendDepth(r.buf[:0], &r.diff)
		err = errors.Join(err, r.c.DecodeDepth(r.buf, &d))
		again, was = d, r.diff
		r.step(r.sync.Diff(&r.diff))
	case wire.KindBookTicker:
		err = r.c.DecodeBookTicker(b, &r.quote)
		var q market.Quote
		r.buf = r.c.AppendBookTicker(r.buf[:0], &r.quote)
		err = errors.Join(err, r.c.DecodeBookTicker(r.buf, &q))
		again, was = q, r.quote
	case wire.KindTrade:
		if err = r.c.DecodeTrade(b, &r.trade); errors.Is(err, wire.ErrOddTrade) {
			return
		}
		var x market.Trade
		r.buf = r.c.AppendTrade(r.buf[:0], &r.trade)
		err = errors.Join(err, r.c.DecodeTrade(r.buf, &x))
		again, was = x, r.trade
	case wire.KindMark:
		err = r.c.DecodeMarkPrice(b, &r.mark)
		var m market.Mark
		r.buf = r.c.AppendMarkPrice(r.buf[:0], &r.mark)
		err = errors.Join(err, r.c.DecodeMarkPrice(r.buf, &m))
		again, was = m, r.mark
	default:
		if err = r.c.DecodeSnapshot(b, &r.snapshot); err == nil {
			r.step(r.sync.Snapshot(&r.snapshot))
		}
		return
	}
	if err != nil || f.Kind != wire.KindDepth && !reflect.DeepEqual(again, was) || f.Kind == wire.KindDepth && !sameDiff(again.(market.Diff), was.(market.Diff)) {
		r.t.Fatalf("%v\n%.300s\n%.300s", err, b, r.buf)
	}
}

func sameDiff(a, b market.Diff) bool {
	same := len(a.Bids) == len(b.Bids) && len(a.Asks) == len(b.Asks)
	for i := 0; same && i < len(a.Bids); i++ {
		same = a.Bids[i] == b.Bids[i]
	}
	for i := 0; same && i < len(a.Asks); i++ {
		same = a.Asks[i] == b.Asks[i]
	}
	a.Bids, a.Asks, b.Bids, b.Asks = nil, nil, nil, nil
	return same && reflect.DeepEqual(a, b)
}

func (r *replay) step(s core.Step) {
	if s == core.Became {
		r.became++
	}
	if s == core.Broke {
		r.t.Errorf("frame %d broke the book: %s", r.frames, r.sync.Why())
	}
	if r.sync.Book().Exact() && r.sync.Book().Crossed() {
		r.t.Errorf("the book is crossed at frame %d", r.frames)
	}
}

// TestRecordings: every frame of every raw recording of USD-M, and of coin-margined futures by the same code, decodes, is encoded
// anew with the same value, and the diffs build one book without a gap. Spot recordings have another chain (U == u + 1) and are
// read by package catalog; the one of 2021 has another file format.
func TestRecordings(t *testing.T) {
	for _, c := range []struct {
		symbol, tick, lot string
		files             []string
		frames            int
	}{
		{"BTCUSDT", "0.10", "0.001", []string{"usdm_BTCUSDT_20240808.gz"}, 93_954},
		{"ETHUSDT", "0.01", "0.001", []string{"usdm_ETHUSDT_20240808.gz"}, 74_655},
		{"BTCUSDT", "0.10", "0.001", []string{"usdm_BTCUSDT_20240718_part1.gz", "usdm_BTCUSDT_20240719_part2.gz"}, 71_984},
		{"BTCUSD_PERP", "0.1", "1", []string{"coinm_BTCUSD_PERP_20240808_part1.gz", "coinm_BTCUSD_PERP_20240809_part2.gz"}, 98_386},
	} {
		if testing.Short() && c.frames != 93_954 {
			continue
		}
		t.Run(c.files[0], func(t *testing.T) {
			in := &market.Instrument{Symbol: c.symbol, Pair: c.symbol, Tick: decimal.MustParse(c.tick), Lot: decimal.MustParse(c.lot), PricePlaces: 2, QtyPlaces: 3}
			r := &replay{t: t, c: wire.NewCodec(in), sync: core.NewSync(market.NewBook(in))}
			r.sync.Reset()
			recorded(t, c.files, r.frame)
			if r.frames != c.frames || r.became != 1 || r.sync.Gaps != 0 || r.sync.Resyncs != 0 || !r.sync.Book().Exact() {
				t.Errorf("%d frames, want %d; exact %d times, %d gaps, %d diffs", r.frames, c.frames, r.became, r.sync.Gaps, r.sync.Diffs)
			}
		})
	}
}
