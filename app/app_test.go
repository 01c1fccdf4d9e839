package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"baton/aio"
	"baton/app"
	"baton/cli"
	"baton/market"
	"baton/strategy"
	"baton/trade"
)

// childEnv makes a process of this test binary the shipped baton instead: cmd/baton is the same one call.
const childEnv = "BATON_APP_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(cli.Main(strategy.All()...))
	}
	os.Exit(m.Run())
}

// Where the recordings of a real market are, if they are.
const recorded = "../../shared/data/tick/"

// source is a market to replay, and what is true of it.
type source struct {
	name  string
	files func(t *testing.T) []string // skips where they are absent
	want
	frame    int // of which depth frame a fault drops
	compared int // levels inside the client's trusted range after that; 0: not known beforehand
	total    int // levels at the end
	fill     int // a fill in its middle, from 1
}

// sources are a small recording that is made here, and the recorded day of BTCUSDT: its figures were counted by other programs.
func sources() []source {
	made := madeBTC()
	return []source{
		{
			name: "made", files: func(t *testing.T) []string { return []string{made.write(t)} },
			want:  want{diffs: made.diffs, bid: made.price(made.bid), ask: made.price(made.bid + 1)},
			frame: 200, total: made.levels(), fill: 5,
		},
		{
			name: "BTCUSDT", files: func(t *testing.T) []string { return shared(t, "usdm_BTCUSDT_20240808.gz") },
			want:  want{diffs: 6547, bid: "61659.70", ask: "61659.80"},
			frame: 3000, compared: 7563, total: 9596, fill: 50,
		},
	}
}

// shared are recordings of the shared data, which is not part of the repository.
func shared(t *testing.T, names ...string) (files []string) {
	t.Helper()
	slow(t)
	for _, n := range names {
		path := filepath.Join(recorded, n)
		if _, err := os.Stat(path); err != nil {
			t.Skipf("no recording of a real market here: %v", err)
		}
		files = append(files, path)
	}
	return files
}

// slow skips what takes more than a quarter of a second.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("slow")
	}
}

// want is what a run must have come to. Beside it, every run must have fills, be reconciled and never read a stale book.
type want struct {
	diffs, gaps, resyncs, holes, bad int
	bid, ask                         string // of the first symbol; empty: any
}

// wrong lists what is not as it should be.
func (w want) wrong(r *app.Report) (out []string) {
	for _, c := range []struct {
		what      string
		got, want any
		free      bool
	}{
		{"reconciled", r.Reconciled, true, false},
		{"differences", len(r.Differences), 0, false},
		{"any fills", r.Fills > 0, true, false},
		{"depth_diffs", r.DepthDiffs, w.diffs, w.diffs == 0},
		{"gaps", r.Gaps, w.gaps, false},
		{"resyncs", r.Resyncs, w.resyncs, false},
		{"recording_gaps", r.RecordingGaps, w.holes, false},
		{"bad_lines", r.BadLines, w.bad, false},
		{"stale_reads", r.StaleReads, 0, false},
		{"best_bid", r.BestBid, w.bid, w.bid == ""},
		{"best_ask", r.BestAsk, w.ask, w.ask == ""},
	} {
		if !c.free && c.got != c.want {
			out = append(out, fmt.Sprintf("%s: %v, want %v", c.what, c.got, c.want))
		}
	}
	return out
}

// green wants nothing wrong.
func green(t *testing.T, r *app.Report, wrong []string) {
	t.Helper()
	for _, w := range wrong {
		t.Error(w)
	}
	if len(wrong) > 0 {
		t.Logf("%+v", r)
	}
}

// red wants exactly these to be wrong, by their first words: a check that no planted fault turns red proves nothing.
func red(t *testing.T, wrong []string, words ...string) {
	t.Helper()
	var got []string
	for _, w := range wrong {
		first, _, _ := strings.Cut(w, ":")
		got = append(got, first)
	}
	if !slices.Equal(got, words) {
		t.Errorf("with a planted fault the check finds %q, want it to find %q", wrong, words)
	}
}

// outcome is a run that came to its end.
type outcome struct {
	*app.Report
	said []string // lines for people
}

// input is what demos and backtests of these tests have in common.
func input(in *app.Input, said *[]string, seed uint64, files []string) {
	in.Strategy, in.Seed, in.Data = strategy.Maker(), seed, files
	in.Say = func(s string) { *said = append(*said, s) }
}

// demo runs a demo at full speed.
func demo(t *testing.T, network string, files []string, change func(*app.Demo)) outcome {
	t.Helper()
	var out outcome
	cfg := app.DefaultDemo()
	input(&cfg.Input, &out.said, 7, files)
	cfg.Net, cfg.Speed = network, app.MaxSpeed
	if change != nil {
		change(&cfg)
	}
	var err error
	if out.Report, err = app.RunDemo(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if (out.Digest != nil) != (network == app.NetMemory) {
		t.Errorf("net %s, digest %v", network, out.Digest)
	}
	return out
}

// backtest runs a backtest.
func backtest(t *testing.T, files []string, change func(*app.Backtest)) outcome {
	t.Helper()
	var out outcome
	cfg := app.DefaultBacktest()
	input(&cfg.Input, &out.said, 7, files)
	if change != nil {
		change(&cfg)
	}
	var err error
	if out.Report, err = app.RunBacktest(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	return out
}

// modes are the two ways to a digest, with what they have in common to be changed.
var modes = []struct {
	name string
	run  func(t *testing.T, files []string, change func(*app.Input)) outcome
}{
	{"demo", func(t *testing.T, files []string, change func(*app.Input)) outcome {
		return demo(t, app.NetMemory, files, func(d *app.Demo) { change(&d.Input) })
	}},
	{"backtest", func(t *testing.T, files []string, change func(*app.Input)) outcome {
		return backtest(t, files, func(b *app.Backtest) { change(&b.Input) })
	}},
}

// lines are the canonical lines of one run, whose digest is that of their file.
type lines []string

// runLines runs a mode with its lines in a file.
func runLines(t *testing.T, m int, files []string, change func(*app.Input)) (lines, outcome) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events")
	out := modes[m].run(t, files, func(in *app.Input) {
		in.Events = path
		if change != nil {
			change(in)
		}
	})
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != *out.Digest {
		t.Errorf("sha256 of the events' file is %x, the digest %s", sum, *out.Digest)
	}
	return strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n"), out
}

// differ is the index of the first line that differs; -1: none does.
func (l lines) differ(o lines) int {
	for i := range max(len(l), len(o)) {
		if l.at(i) != o.at(i) {
			return i
		}
	}
	return -1
}

// at is a line without its end, "" beyond the last.
func (l lines) at(i int) string {
	if i >= len(l) {
		return ""
	}
	return strings.TrimSuffix(l[i], "\n")
}

// fill is the index of the line of the nth fill, from 1, of those that contain what is asked.
func (l lines) fill(t *testing.T, n int, what string) int {
	t.Helper()
	for i := range l {
		if strings.HasPrefix(l[i], "fill ") && strings.Contains(l[i], what) {
			if n--; n == 0 {
				return i
			}
		}
	}
	t.Fatalf("%d fills are missing", n)
	return 0
}

// field is one value of a line: `order=7`.
func field(line, key string) string {
	for f := range strings.FieldsSeq(line) {
		if k, v, ok := strings.Cut(f, "="); ok && k == key {
			return v
		}
	}
	return ""
}

// priced notes, for each order of the strategy, the top of the book that it was priced from. Nothing else changes by it.
func priced(st trade.Strategy, into map[string]market.Quote) trade.Strategy {
	run := func(co *aio.Co, s *trade.Session) error {
		return aio.Group(co, func(g *aio.Co) error {
			inner := aio.Start(g, st.Name, func(co *aio.Co) error { return st.Run(co, s) })
			aio.Start(g, "priced", func(co *aio.Co) error { // is woken right after it, with nothing in between
				w := s.Watch(trade.OnTop | trade.OnBook | trade.OnOrder)
				for {
					if _, err := w.Next(co); err != nil || inner.Done() {
						return err
					}
					for _, o := range s.Live() {
						key := fmt.Sprint(o.ID())
						if _, known := into[key]; !known && s.Exact() {
							into[key] = s.Top()
						}
					}
				}
			})
			return nil
		})
	}
	return trade.Strategy{Name: st.Name, Params: st.Params, Run: run}
}
