package app_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/app"
	"baton/market"
	"baton/trade"
)

// The demo of a newcomer: a made-up market over sockets.
func TestSyntheticDemo(t *testing.T) {
	twenty := func(faults ...string) func(*app.Demo) {
		return func(d *app.Demo) { d.For, d.Faults = 20*time.Second, faults }
	}
	r := demo(t, app.NetSockets, nil, twenty())
	green(t, r.Report, want{}.wrong(r.Report))
	if r.Seconds < "20.000" || r.Seconds > "20.500" || r.DepthDiffs == 0 || r.Messages <= r.DepthDiffs {
		t.Errorf("%+v", r.Report)
	}
	red(t, want{}.wrong(demo(t, app.NetSockets, nil, twenty("drop-frame:depth:50")).Report), "gaps", "resyncs")
	red(t, want{}.wrong(demo(t, app.NetSockets, nil, twenty("lose-fill")).Report), "reconciled", "differences")
}

// A recording over sockets ends where its market ended, and every frame of it arrives.
func TestRecordedDemo(t *testing.T) {
	for _, s := range sources() {
		t.Run(s.name, func(t *testing.T) {
			r := demo(t, app.NetSockets, s.files(t), nil)
			green(t, r.Report, s.wrong(r.Report))
			if m := r.Markets[0]; m.LevelsCompared != s.total || m.LevelsTotal != s.total {
				t.Errorf("%d of %d levels compared, want all of %d", m.LevelsCompared, m.LevelsTotal, s.total)
			}
			if r.ShiftMs == 0 || r.Listen == "" || !slices.Equal(r.Symbols, []string{"BTCUSDT"}) {
				t.Errorf("%+v", r.Report)
			}
		})
	}
}

// A diff that is lost on the wire is noticed, the book is fetched anew, and meanwhile nobody trades on the old one.
func TestDroppedFrame(t *testing.T) {
	for _, s := range sources() {
		s.diffs, s.gaps, s.resyncs = s.diffs-1, 1, 1
		for _, network := range []string{app.NetSockets, app.NetMemory} {
			t.Run(s.name+" "+network, func(t *testing.T) {
				files := s.files(t)
				drop := func(d *app.Demo) { d.Faults = []string{"drop-frame:depth:" + strconv.Itoa(s.frame)} }
				r := demo(t, network, files, drop)
				green(t, r.Report, s.wrong(r.Report))
				m := r.Markets[0]
				if m.LevelsTotal != s.total || m.LevelsCompared >= s.total || m.LevelsCompared < 2000 || s.compared > 0 && m.LevelsCompared != s.compared {
					t.Errorf("%d of %d levels compared, want %d of %d", m.LevelsCompared, m.LevelsTotal, s.compared, s.total)
				}
				if r.StaleWakes == 0 {
					t.Error("no await returned because the book had become stale")
				}
				if !slices.ContainsFunc(r.said, func(l string) bool { return strings.Contains(l, "BTCUSDT: the book is stale") }) {
					t.Errorf("nobody was told: %q", r.said)
				}
				if s.name == "made" {
					red(t, s.wrong(demo(t, network, files, nil).Report), "depth_diffs", "gaps", "resyncs")
				}
			})
		}
	}
}

// The last diff of a recording can be lost without a gap, since nothing follows it: the books' comparison says so.
func TestLastFrameLost(t *testing.T) {
	s := sources()[0]
	r := demo(t, app.NetMemory, s.files(t), func(d *app.Demo) { d.Faults = []string{"drop-frame:depth:" + strconv.Itoa(s.diffs)} })
	s.diffs--
	s.bid, s.ask = "", ""
	red(t, s.wrong(r.Report), "reconciled", "differences")
	if !strings.HasPrefix(r.Differences[0], "book BTCUSDT: ours ends with update ") {
		t.Errorf("%q", r.Differences)
	}
}

// A connection that is cut is opened again, and the book fetched anew.
func TestCutConnection(t *testing.T) {
	s := sources()[0]
	r := demo(t, app.NetSockets, s.files(t), func(d *app.Demo) { d.Faults = []string{"cut:depth:200"} })
	s.diffs, s.gaps, s.resyncs = 0, r.Gaps, r.Resyncs
	green(t, r.Report, s.wrong(r.Report))
	if r.StaleWakes == 0 || r.Markets[0].LevelsCompared < 2000 {
		t.Errorf("%+v", r.Report)
	}
}

// A strategy that trades on without asking whether the book is exact gets an empty one, is counted, and fails the run.
func TestStaleReads(t *testing.T) {
	careless := trade.Strategy{Name: "careless", Run: func(co *aio.Co, s *trade.Session) error {
		w := s.Watch(trade.OnTop | trade.OnStatus)
		bid := s.Slot(market.Buy, 1)
		for {
			if _, err := w.Next(co); err != nil {
				return err
			}
			bid.Keep(s.Top().Bid, 5)
		}
	}}
	s := sources()[0]
	files := s.files(t)
	s.diffs, s.gaps, s.resyncs = s.diffs-1, 1, 1
	r := demo(t, app.NetMemory, files, func(d *app.Demo) {
		d.Strategy, d.Faults = careless, []string{"drop-frame:depth:" + strconv.Itoa(s.frame)}
	})
	red(t, s.wrong(r.Report), "reconciled", "differences", "stale_reads")
	if len(r.Differences) != 1 || !strings.Contains(r.Differences[0], "a strategy read a stale book") {
		t.Errorf("%q", r.Differences)
	}
	blind := edited(t, files[0], func(line []byte) []byte {
		if strings.Contains(string(line), "lastUpdateId") {
			return nil // without a snapshot no book is ever exact
		}
		return line
	})
	hasty := trade.Strategy{Name: "hasty", Run: func(_ *aio.Co, s *trade.Session) error {
		if s.Top().Bid != 0 {
			t.Error("a stale book has a top")
		}
		return nil
	}}
	b := backtest(t, []string{blind}, func(b *app.Backtest) { b.Strategy = hasty })
	red(t, want{}.wrong(b.Report), "reconciled", "differences", "any fills", "stale_reads")
	if b.BestBid != "" || b.BestAsk != "" {
		t.Errorf("a top of %q and %q came from nowhere", b.BestBid, b.BestAsk)
	}
	if !slices.ContainsFunc(b.said, func(l string) bool { return strings.Contains(l, "no snapshot") }) {
		t.Errorf("nobody was told that there is no snapshot: %q", b.said)
	}
}

// A diff that the recorder lost is a hole of the recording: the exchange counts it and repeats a chain without a gap.
func TestHoleOfTheRecording(t *testing.T) {
	for _, s := range sources() {
		t.Run(s.name, func(t *testing.T) {
			files, n := s.files(t), 0
			hole := edited(t, files[0], func(line []byte) []byte {
				if strings.Contains(string(line[:min(len(line), 100)]), "depthUpdate") {
					if n++; n == s.frame {
						return nil
					}
				}
				return line
			})
			s.diffs, s.holes = s.diffs-1, 1
			r := demo(t, app.NetSockets, []string{hole}, nil)
			green(t, r.Report, s.wrong(r.Report))
			if !slices.ContainsFunc(r.said, func(l string) bool { return strings.Contains(l, ", 1 holes, ") }) {
				t.Errorf("nobody was told: %q", r.said)
			}
			b := backtest(t, []string{hole}, nil)
			green(t, b.Report, s.wrong(b.Report))
			if s.name == "made" {
				red(t, s.wrong(backtest(t, files, nil).Report), "depth_diffs", "recording_gaps")
			}
		})
	}
}

// A fill that misses the ledger is found, whichever it is: the ledger is compared with what the venue answers, and with the
// exchange's own state.
func TestLostFill(t *testing.T) {
	for _, s := range sources() {
		t.Run(s.name, func(t *testing.T) {
			files := s.files(t)
			r := demo(t, app.NetSockets, files, func(d *app.Demo) { d.Faults = []string{"lose-fill:" + strconv.Itoa(s.fill)} })
			b := backtest(t, files, func(b *app.Backtest) { b.LoseFill = s.fill })
			for _, r := range []outcome{r, b} {
				red(t, s.wrong(r.Report), "reconciled", "differences")
				for _, what := range []string{"wallet USDT: ours ", "position BTCUSDT: ours "} {
					if !slices.ContainsFunc(r.Differences, func(l string) bool { return strings.HasPrefix(l, what) }) {
						t.Errorf("no %q among %q", what, r.Differences)
					}
				}
			}
			if !slices.ContainsFunc(r.Differences, func(l string) bool { return strings.Contains(l, "the exchange itself") }) {
				t.Errorf("the exchange's own state was not compared: %q", r.Differences)
			}
		})
	}
}

// What a config plants is not forgotten because a fault is planted too.
func TestLoseFillOfTheConfig(t *testing.T) {
	r := demo(t, app.NetMemory, nil, func(d *app.Demo) {
		d.For, d.LoseFill, d.Faults = 10*time.Second, 1, []string{"delay-ack:1"}
	})
	red(t, want{}.wrong(r.Report), "reconciled", "differences")
}

// One wrong level is found wherever it is.
func TestCompareBooks(t *testing.T) {
	in := app.Instruments()[0]
	load := func(bids ...market.Level) *market.Book {
		b := market.NewBook(in)
		b.Load(&market.Snapshot{Last: 10, Bids: bids, Asks: []market.Level{{Px: 6001, Qty: 5}}}, false)
		return b
	}
	theirs := load(market.Level{Px: 6000, Qty: 7}, market.Level{Px: 5999, Qty: 8}, market.Level{Px: 5990, Qty: 9})
	for name, c := range map[string]struct {
		mine     *market.Book
		compared int
		wrong    string
	}{
		"equal":       {load(market.Level{Px: 6000, Qty: 7}, market.Level{Px: 5999, Qty: 8}, market.Level{Px: 5990, Qty: 9}), 4, ""},
		"less known":  {load(market.Level{Px: 6000, Qty: 7}, market.Level{Px: 5999, Qty: 8}), 3, ""},
		"wrong qty":   {load(market.Level{Px: 6000, Qty: 7}, market.Level{Px: 5999, Qty: 1}), 3, "book BTCUSDT: BUY 599.9: we have 0.001, the exchange 0.008"},
		"missing":     {load(market.Level{Px: 6000, Qty: 7}, market.Level{Px: 5990, Qty: 9}), 4, "book BTCUSDT: BUY 599.9: we have 0, the exchange 0.008"},
		"invented":    {load(market.Level{Px: 6000, Qty: 7}, market.Level{Px: 5995, Qty: 2}), 3, "book BTCUSDT: BUY 599.5: we have 0.002, the exchange 0"},
		"invented up": {load(market.Level{Px: 6000, Qty: 7}, market.Level{Px: 5999, Qty: 8}, market.Level{Px: 1000, Qty: 1}), 4, "book BTCUSDT: BUY 100: we have 0.001, the exchange 0"},
	} {
		compared, wrong := app.CompareBooks(c.mine, theirs)
		if compared != c.compared || c.wrong == "" && len(wrong) > 0 || c.wrong != "" && !slices.Contains(wrong, c.wrong) {
			t.Errorf("%s: %d compared, %q; want %d, %q", name, compared, wrong, c.compared, c.wrong)
		}
	}
}

// Many wrong levels are counted, not listed.
func TestCompareBooksIsBrief(t *testing.T) {
	in := app.Instruments()[0]
	full, empty := market.NewBook(in), market.NewBook(in)
	s := &market.Snapshot{Last: 10}
	for k := range market.Ticks(100) {
		s.Bids, s.Asks = append(s.Bids, market.Level{Px: 6000 - k, Qty: 7}), append(s.Asks, market.Level{Px: 6001 + k, Qty: 7})
	}
	full.Load(s, true)
	empty.Load(&market.Snapshot{Last: 10}, true)
	if _, wrong := app.CompareBooks(full, empty); len(wrong) != 6 || !strings.Contains(wrong[5], "and 195 more levels differ") {
		t.Errorf("%q", wrong)
	}
}

// A cancelled demo ends in order, and so does one whose time is over.
func TestStopsInOrder(t *testing.T) {
	files := sources()[0].files(t)
	r := demo(t, app.NetMemory, files, func(d *app.Demo) { d.For = 5 * time.Second })
	if w := (want{}).wrong(r.Report); len(w) > 0 || r.Seconds < "5.000" || r.Seconds > "6.000" {
		t.Errorf("%q, %+v", w, r.Report)
	}
	var last app.Status
	r = demo(t, app.NetMemory, files, func(d *app.Demo) { d.Speed, d.Watch = 100, func(s app.Status) { last = s } })
	if last.Symbol != "BTCUSDT" || last.Elapsed <= 0 || last.Done <= 0 || last.Done > 1 || last.BestBid == "" || last.Equity.IsZero() {
		t.Errorf("the last status is %+v", last)
	}
}
