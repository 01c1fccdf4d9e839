package catalog_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baton/catalog"
	"baton/market"
)

const recordings = "../../shared/data/"

// recorded is the path of recorded files, joined by commas; the test is passed over where they are absent.
func recorded(t testing.TB, names ...string) string {
	t.Helper()
	for i, n := range names {
		names[i] = filepath.FromSlash(recordings + n)
		if _, err := os.Stat(names[i]); err != nil {
			t.Skipf("the recorded market data is not here: %v", err)
		}
	}
	return strings.Join(names, ",")
}

// long passes a test over that reads whole recordings.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("reads whole recordings")
	}
}

// The figures are those of the recordings' own table.
func TestRecordedFilesHoldWhatTheirTableSays(t *testing.T) {
	long(t)
	for _, c := range []struct {
		files []string
		want  catalog.Report
	}{
		{[]string{"tick/usdm_BTCUSDT_20240808.gz"},
			catalog.Report{Lines: 93954, Events: 93954, Diffs: 6551, Quotes: 66089, Trades: 21313, Snapshots: 1, Latency: -1272548721}},
		{[]string{"tick/usdm_ETHUSDT_20240808.gz"},
			catalog.Report{Lines: 74655, Events: 74655, Diffs: 6586, Quotes: 53992, Trades: 14076, Snapshots: 1, Latency: -1272512496}},
		{[]string{"tick/usdm_BTCUSDT_20240718_part1.gz", "tick/usdm_BTCUSDT_20240719_part2.gz"},
			catalog.Report{Lines: 71984, Events: 71984, Diffs: 9022, Quotes: 52260, Trades: 10701, Snapshots: 1, Latency: -1524102821}},
	} {
		rec, err := catalog.Open(recorded(t, c.files...), catalog.Options{Instruments: options().Instruments, Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		var last market.Nanos
		lines, snapshotAt := 0, 0
		for ev, err := range rec.All() {
			if err != nil {
				t.Fatal(err)
			}
			lines++
			if ev.Received < last {
				t.Fatalf("event %d runs backwards", lines)
			}
			last = ev.Received
			if ev.Kind == market.EventSnapshot {
				snapshotAt = lines
				if len(ev.Snapshot.Bids) != 1000 || len(ev.Snapshot.Asks) != 1000 {
					t.Errorf("snapshot of %d+%d levels", len(ev.Snapshot.Bids), len(ev.Snapshot.Asks))
				}
			}
		}
		c.want.Rebased = -c.want.Latency
		if got := rec.Report(); got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.files[0], got, c.want)
		}
		if strings.Contains(c.files[0], "BTCUSDT_20240808") && snapshotAt != 55 {
			t.Errorf("the snapshot is event %d, want 55", snapshotAt)
		}
	}
}

func TestMergedRecordingsOfTwoSymbols(t *testing.T) {
	long(t)
	paths := []string{recorded(t, "tick/usdm_BTCUSDT_20240808.gz"), recorded(t, "tick/usdm_ETHUSDT_20240808.gz")}
	all, err := catalog.OpenAll(paths, options())
	if err != nil || len(all) != 2 {
		t.Fatalf("%v %v", all, err)
	}
	var last market.Nanos
	n := map[string]int{}
	for ev, err := range catalog.Merge(all...) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Received < last {
			t.Fatal("out of order")
		}
		last = ev.Received
		n[ev.Instrument.Symbol]++
	}
	if n["BTCUSDT"] != 93954 || n["ETHUSDT"] != 74655 {
		t.Errorf("%v", n)
	}
}

func TestACopyWithoutOneDepthLineHasOneGap(t *testing.T) {
	long(t)
	rec, err := catalog.Open(without(t, recorded(t, "tick/usdm_BTCUSDT_20240808.gz"), "depthUpdate", 3000), options())
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range rec.All() {
		if err != nil {
			t.Fatal(err)
		}
	}
	if r := rec.Report(); r.Gaps != 1 || r.Diffs != 6550 || r.Bad != 0 {
		t.Errorf("%+v", r)
	}
}

// Reading a whole file costs what opening it costs, and nothing a line.
func TestALineAllocatesNothing(t *testing.T) {
	rec, err := catalog.Open("testdata/small.log", options())
	if err != nil {
		t.Fatal(err)
	}
	more, err := catalog.Open(file(t, "long.log", strings.Repeat(small(t)[strings.Index(small(t), "\n")+1:], 300)), options())
	if err != nil {
		t.Fatal(err)
	}
	pass := func(r *catalog.Recording) func() {
		return func() {
			for _, err := range r.All() {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	a, b := testing.AllocsPerRun(3, pass(rec)), testing.AllocsPerRun(3, pass(more))
	if more.Report().Events != 1800 || b > a+2 {
		t.Errorf("%v allocations for 7 lines, %v for 1,800", a, b)
	}
}

func BenchmarkRecording(b *testing.B) {
	rec, err := catalog.Open(recorded(b, "tick/usdm_BTCUSDT_20240808.gz"), options())
	if err != nil {
		b.Fatal(err)
	}
	rec.Last() // the first look at every line is not counted
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, err := range rec.All() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "msgs/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/msg")
}

// BenchmarkUnpacked leaves the decompression out.
func BenchmarkUnpacked(b *testing.B) {
	rec, err := catalog.Open(without(b, recorded(b, "tick/usdm_BTCUSDT_20240808.gz"), "nothing", 1), options())
	if err != nil {
		b.Fatal(err)
	}
	rec.Last() // the first look at every line is not counted
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, err := range rec.All() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "msgs/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/msg")
}
