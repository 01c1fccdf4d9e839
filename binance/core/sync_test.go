package core_test

import (
	"fmt"
	"strings"
	"testing"

	"baton/binance/core"
	"baton/decimal"
	"baton/market"
)

func instrument() *market.Instrument {
	return &market.Instrument{Symbol: "BTCUSDT", Tick: decimal.MustParse("0.1"), Lot: decimal.MustParse("0.001"), PricePlaces: 2, QtyPlaces: 3}
}

// script drives a Sync by words: `d FIRST LAST PREV` is a diff (one bid at price LAST), `s LAST` a snapshot, `reset`. It returns
// the steps in words.
func script(t *testing.T, s *core.Sync, text string) string {
	t.Helper()
	var steps []string
	for line := range strings.SplitSeq(text, ",") {
		var first, last, prev int64
		var step core.Step
		switch line = strings.TrimSpace(line); {
		case line == "reset":
			step = s.Reset()
		case strings.HasPrefix(line, "s"):
			fmt.Sscanf(line, "s %d", &last)
			step = s.Snapshot(&market.Snapshot{Last: last, Bids: []market.Level{{Px: 1, Qty: 1}}, Asks: []market.Level{{Px: 1000, Qty: 1}}})
		default:
			fmt.Sscanf(line, "d %d %d %d", &first, &last, &prev)
			rows := []market.Level{{Px: market.Ticks(last), Qty: 1}}
			step = s.Diff(&market.Diff{First: first, Last: last, Prev: prev, Bids: rows})
			rows[0].Px = 999 // the diff was borrowed: nothing of it may have been kept
		}
		steps = append(steps, [...]string{"-", "applied", "became", "fetch", "broke"}[step])
	}
	return strings.Join(steps, " ")
}

func TestSync(t *testing.T) {
	for _, c := range []struct {
		name, script, steps    string
		gaps, resyncs, applied int
	}{
		{"snapshot inside the first diff", "reset, d 8 12 7, d 13 15 12, s 10", "fetch - - became", 0, 0, 2},
		{"its last update is the snapshot's", "reset, d 8 10 7, s 10, d 11 12 10", "fetch - became applied", 0, 0, 2},
		{"its first update is the snapshot's", "reset, d 10 12 9, s 10", "fetch - became", 0, 0, 1},
		{"it follows the snapshot exactly", "reset, s 10, d 11 12 10", "fetch - became", 0, 0, 1},
		{"older diffs are dropped", "reset, d 1 3 0, d 4 9 3, d 10 12 9, s 10", "fetch - - - became", 0, 0, 1},
		{"snapshot older than the first diff", "reset, d 20 22 19, s 10, s 21", "fetch - fetch became", 0, 0, 1},
		{"hole among the held", "reset, d 8 12 7, d 20 22 19, s 10, s 21", "fetch - - fetch became", 0, 0, 2},
		{"a missing diff", "reset, s 10, d 11 12 10, d 14 15 13, d 16 17 15, s 15, d 18 19 17", "fetch - became broke - became applied", 1, 1, 4},
		{"a lost connection is no gap", "reset, s 10, d 11 12 10, reset, s 20, d 21 22 20", "fetch - became broke - became", 0, 1, 2},
		{"old news", "reset, s 10, d 11 12 10, d 11 12 10", "fetch - became -", 0, 0, 1},
		{"no snapshot asked yet", "d 8 12 7, s 10", "fetch became", 0, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := core.NewSync(market.NewBook(instrument()))
			if got := script(t, s, c.script); got != c.steps {
				t.Errorf("steps %q, want %q", got, c.steps)
			}
			if s.Gaps != c.gaps || s.Resyncs != c.resyncs || s.Diffs != c.applied {
				t.Errorf("gaps %d resyncs %d diffs %d, want %d %d %d", s.Gaps, s.Resyncs, s.Diffs, c.gaps, c.resyncs, c.applied)
			}
			if s.Book().Bid(999) != 0 {
				t.Error("a borrowed row was kept")
			}
			if !s.Book().Exact() {
				t.Errorf("the book is not exact: %s", s.Why())
			}
		})
	}
}

func TestSyncHoldsABoundedNumber(t *testing.T) {
	s := core.NewSync(market.NewBook(instrument()))
	s.Reset()
	for i := range int64(core.MaxBuffered + 100) {
		s.Diff(&market.Diff{First: i*2 + 1, Last: i*2 + 2, Prev: i * 2, Bids: []market.Level{{Px: 5, Qty: 1}}})
	}
	if step := s.Snapshot(&market.Snapshot{Last: 10}); step != core.Fetch {
		t.Errorf("a snapshot from before what was dropped gives %v, want Fetch", step)
	}
	if step := s.Snapshot(&market.Snapshot{Last: core.MaxBuffered * 2}); step != core.Became {
		t.Errorf("the next gives %v, want Became: %s", step, s.Why())
	}
}

// A diff that is in order and leaves a bid at an ask is not believed, nor a snapshot that does: the book is fetched anew.
func TestSyncCrossed(t *testing.T) {
	s := core.NewSync(market.NewBook(instrument()))
	script(t, s, "reset, s 10, d 11 12 10")
	locked := market.Diff{First: 13, Last: 14, Prev: 12, Bids: []market.Level{{Px: 1000, Qty: 1}}}
	if step := s.Diff(&locked); step != core.Broke || s.Book().Exact() || !strings.Contains(s.Why(), "a bid stands at an ask") {
		t.Error(step, s.Book().Exact(), s.Why())
	}
	bad := market.Snapshot{Last: 14, Bids: []market.Level{{Px: 1000, Qty: 1}}, Asks: []market.Level{{Px: 1000, Qty: 1}}}
	s.Diff(&market.Diff{First: 15, Last: 15, Prev: 14})
	if step := s.Snapshot(&bad); step != core.Fetch || s.Book().Exact() {
		t.Error(step, s.Book().Exact())
	}
	if got := script(t, s, "s 15, d 16 17 15"); got != "- became" || s.Gaps != 1 || s.Resyncs != 1 {
		t.Error(got, s.Gaps, s.Resyncs)
	}
}
