package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"baton/app"
	"baton/decimal"
	"baton/market"
	"baton/strategy"
)

// processor sets what a digest must not depend on, until the test's end.
func processor(t *testing.T, procs, gc int) {
	t.Helper()
	p, g := runtime.GOMAXPROCS(procs), debug.SetGCPercent(gc)
	t.Cleanup(func() { runtime.GOMAXPROCS(p); debug.SetGCPercent(g) })
}

// processors are the settings of a test of digests: GOMAXPROCS and GOGC.
var processors = [][2]int{{2, 10}, {4, 10}, {2, -1}, {4, -1}}

// pair is both recordings of one evening, merged by the time of receipt.
func pair() source {
	btc, eth := madeBTC(), madeETH()
	return source{
		name:  "made pair",
		files: func(t *testing.T) []string { return []string{btc.write(t), eth.write(t)} },
		want:  want{diffs: btc.diffs + eth.diffs, bid: btc.price(btc.bid), ask: btc.price(btc.bid + 1)},
	}
}

func recordedPair() source {
	return source{
		name: "BTCUSDT and ETHUSDT",
		files: func(t *testing.T) []string {
			return shared(t, "usdm_BTCUSDT_20240808.gz", "usdm_ETHUSDT_20240808.gz")
		},
		want: want{diffs: 13128, bid: "61659.70", ask: "61659.80"},
	}
}

// The same files and seed give the same lines, whatever the machine does meanwhile.
func TestDigest(t *testing.T) {
	for _, s := range append(sources(), pair(), recordedPair()) {
		for m, mode := range modes {
			t.Run(s.name+" "+mode.name, func(t *testing.T) {
				files, settings := s.files(t), processors
				first, r := runLines(t, m, files, nil)
				green(t, r.Report, s.wrong(r.Report))
				if len(files) > 1 {
					settings = [][2]int{{2, 10}, {4, -1}}
					if len(r.Markets) != 2 || r.Markets[0].Symbol != "BTCUSDT" || r.Markets[1].BestBid == "" || !strings.Contains(strings.Join(first, ""), "sym=ETHUSDT") {
						t.Errorf("%+v", r.Report)
					}
				}
				for _, p := range settings {
					t.Run(fmt.Sprintf("%d processors, GOGC %d", p[0], p[1]), func(t *testing.T) {
						processor(t, p[0], p[1])
						again, r := runLines(t, m, files, nil)
						if i := first.differ(again); i >= 0 {
							t.Errorf("line %d was %q and is %q", i, first.at(i), again.at(i))
						}
						green(t, r.Report, s.wrong(r.Report))
					})
				}
			})
		}
	}
}

// A demo's digest depends neither on how fast it is paced nor on being watched.
func TestWatchingChangesNothing(t *testing.T) {
	slow(t)
	files := sources()[0].files(t)
	first := demo(t, app.NetMemory, files, nil)
	for _, speed := range []float64{50, 500} {
		shown := 0
		r := demo(t, app.NetMemory, files, func(d *app.Demo) { d.Speed, d.Watch = speed, func(app.Status) { shown++ } })
		if *r.Digest != *first.Digest || r.Orders != first.Orders || r.Messages != first.Messages {
			t.Errorf("at speed %g and watched: %+v, was %+v", speed, r.Report, first.Report)
		}
		if speed == 50 && shown == 0 {
			t.Error("nobody watched")
		}
	}
}

// A synthetic market has a digest too, and another seed is another market from its first fill on.
func TestDigestOfASyntheticMarket(t *testing.T) {
	digest := func(seed uint64) string {
		return *demo(t, app.NetMemory, nil, func(d *app.Demo) { d.For, d.Seed = 10e9, seed }).Digest
	}
	if a, b, c := digest(7), digest(7), digest(8); a != b || a == c {
		t.Errorf("seeds 7, 7 and 8 give %s, %s, %s", a, b, c)
	}
}

// What changes the run changes the digest, and the lines tell where: each planted change differs first where it must.
func TestDigestTellsWhatChanged(t *testing.T) {
	for _, s := range sources() {
		for m, mode := range modes {
			t.Run(s.name+" "+mode.name, func(t *testing.T) {
				files := s.files(t)
				tops := map[string]market.Quote{}
				base, r := runLines(t, m, files, nil)
				noted, _ := runLines(t, m, files, func(in *app.Input) { in.Strategy = priced(strategy.Maker(), tops) })
				if i := base.differ(noted); i >= 0 {
					t.Fatalf("looking on changed line %d from %q to %q", i, base.at(i), noted.at(i))
				}
				first := base.fill(t, 1, "side=BUY ") // priced from the bid
				t.Run("seed", func(t *testing.T) { anotherSeed(t, m, files, base, r) })
				t.Run("bid", func(t *testing.T) {
					top, ok := tops[field(base.at(first), "order")]
					if !ok {
						t.Fatalf("no price of the order of %q was noted", base.at(first))
					}
					moved := map[string]market.Quote{}
					copied := []string{bidMoved(t, files[0], top)}
					other, o := runLines(t, m, copied, func(in *app.Input) { in.Strategy = priced(strategy.Maker(), moved) })
					if now := moved[field(base.at(first), "order")]; now.Update != top.Update || now.Bid != top.Bid-1 {
						t.Errorf("the order is priced from %+v, was %+v: want its bid a tick lower", now, top)
					}
					if i := base.differ(other); i != first || *o.Digest == *r.Digest {
						t.Errorf("line %d differs first, want that of the first bid that was filled, %d: %q, was %q", i, first, other.at(i), base.at(i))
					}
					t.Logf("with the bid of update %d a tick lower, %q became %q", top.Update, base.at(first), other.at(first))
				})
				t.Run("fill", func(t *testing.T) {
					lost := base.fill(t, s.fill, "")
					other, o := runLines(t, m, files, func(in *app.Input) { in.LoseFill = s.fill })
					if i := base.differ(other); i != lost || *o.Digest == *r.Digest {
						t.Errorf("line %d differs first, want that of fill %d, %d: %q, was %q", i, s.fill, lost, other.at(i), base.at(i))
					}
					for _, l := range other {
						if field(l, "trade") == field(base.at(lost), "trade") {
							t.Errorf("the lost fill is in the lines: %q", l)
						}
					}
				})
			})
		}
	}
}

// anotherSeed draws other latencies. A backtest's first line is the deposit, booked when the account's answer has arrived: it
// differs in its time alone. A demo's lines have the venue's times: it differs first in a fill that came otherwise.
func anotherSeed(t *testing.T, m int, files []string, base lines, r outcome) {
	other, o := runLines(t, m, files, func(in *app.Input) { in.Seed = 8 })
	i := base.differ(other)
	if *o.Digest == *r.Digest || i < 0 {
		t.Fatal("the same digest")
	}
	was, is := base.at(i), other.at(i)
	t.Logf("line %d was %q, is %q", i, was, is)
	switch modes[m].name {
	case "backtest":
		at := func(l string) string { return "t=" + field(l, "t") + " " }
		if i != 0 || !strings.HasPrefix(was, "deposit ") || strings.Replace(was, at(was), "", 1) != strings.Replace(is, at(is), "", 1) {
			t.Errorf("line %d differs first, want the deposit's time", i)
		}
	case "demo":
		if !strings.HasPrefix(was, "fill ") || !strings.HasPrefix(is, "fill ") {
			t.Errorf("line %d differs first, want a fill", i)
		}
	}
}

// bidMoved is a copy of a recording in which that best bid is a tick lower: it is moved in the quote that said it, or, where the
// top was that of the book, taken out of the line that named it last, which leaves the level below.
func bidMoved(t *testing.T, path string, top market.Quote) string {
	t.Helper()
	in := app.Instruments()[0]
	was, is := in.Price(top.Bid).Fixed(in.PricePlaces), in.Price(top.Bid-1).Fixed(in.PricePlaces)
	origin, n := bidNamed(t, path, top.Update, was), -1
	return edited(t, path, func(line []byte) []byte {
		n++
		switch {
		case n != origin:
			return line
		case bytes.Contains(line, []byte(`"bookTicker"`)):
			return bytes.Replace(line, []byte(`"b":"`+was), []byte(`"b":"`+is), 1)
		case bytes.Contains(line, []byte(`"depthUpdate"`)):
			return regexp.MustCompile(`\["`+was+`","[^"]*"\]`).ReplaceAll(line, []byte(`["`+was+`","0.000"]`))
		}
		return regexp.MustCompile(`\["`+was+`","[^"]*"\],`).ReplaceAll(line, nil)
	})
}

// bidNamed is the line, from 0, from which a bid was known at an update: its quote, or the newest snapshot or diff that names it.
func bidNamed(t *testing.T, path string, update int64, price string) int {
	t.Helper()
	at, newest, n := -1, int64(0), -1
	later, whole := false, false // a later diff and the snapshot were met: nothing older follows
	edited(t, path, func(line []byte) []byte {
		if n++; later && whole {
			return nil
		}
		var f struct {
			Last int64 `json:"lastUpdateId"`
			Bids [][2]string
			Data struct {
				Update int64           `json:"u"`
				First  int64           `json:"U"`
				Bid    json.RawMessage `json:"b"`
			}
		}
		_, frame, _ := bytes.Cut(line, []byte(" "))
		if err := json.Unmarshal(frame, &f); err != nil {
			t.Fatal(err)
		}
		id, named := f.Last+f.Data.Update, bytes.Contains(f.Data.Bid, []byte(`"`+price+`"`)) && f.Data.First > 0
		if f.Last > 0 {
			whole = true
			named = slices.ContainsFunc(f.Bids, func(row [2]string) bool { return row[0] == price })
		}
		if string(f.Data.Bid) == `"`+price+`"` && id == update {
			named = true
		}
		later = later || f.Data.First > 0 && id > update
		if named && id <= update && id > newest {
			at, newest = n, id
		}
		return nil
	})
	if at < 0 {
		t.Fatalf("no line names the bid %s of update %d", price, update)
	}
	return at
}

// The digest is of money: it does not change with what is no part of the ledger, and does with what is.
func TestDigestOfAnotherDeposit(t *testing.T) {
	files := sources()[0].files(t)
	base, _ := runLines(t, 1, files, nil)
	other, _ := runLines(t, 1, files, func(in *app.Input) { in.Deposit = decimal.MustParse("20000") })
	if base.differ(other) != 0 || !strings.Contains(other.at(0), "amount=20000 ") {
		t.Errorf("%q, was %q", other.at(0), base.at(0))
	}
}
