package catalog_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"baton/catalog"
	"baton/decimal"
	"baton/market"
)

func btc() *market.Instrument {
	return &market.Instrument{Symbol: "BTCUSDT", Tick: decimal.MustParse("0.1"), Lot: decimal.MustParse("0.001"), PricePlaces: 2}
}

func eth() *market.Instrument {
	return &market.Instrument{Symbol: "ETHUSDT", Tick: decimal.MustParse("0.01"), Lot: decimal.MustParse("0.001"), PricePlaces: 2}
}

func options() catalog.Options {
	return catalog.Options{Instruments: []*market.Instrument{btc(), eth()}}
}

// file writes text to a file of its own and gives its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func small(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/small.log")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// read opens and reads a capture to its end; kinds are the kinds of its events in order.
func read(t *testing.T, path string, opt catalog.Options) (kinds []market.EventKind, report catalog.Report, err error) {
	t.Helper()
	rec, err := catalog.Open(path, opt)
	if err != nil {
		return nil, report, err
	}
	for ev, err := range rec.All() {
		if err != nil {
			return kinds, rec.Report(), err
		}
		kinds = append(kinds, ev.Kind)
	}
	return kinds, rec.Report(), nil
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

func zstdded(text string) string {
	w, _ := zstd.NewWriter(nil)
	return string(w.EncodeAll([]byte(text), nil))
}

func TestEveryFieldOfEveryKind(t *testing.T) {
	rec, err := catalog.Open("testdata/small.log", options())
	if err != nil {
		t.Fatal(err)
	}
	if rec.First() != 1723161255030314667 || rec.Instrument().Symbol != "BTCUSDT" {
		t.Fatalf("first %d of %s", rec.First(), rec.Instrument().Symbol)
	}
	const ms = 1_000_000
	const shift = 1723161256350*ms - 1723161255060514667 // the last diff has the least latency
	at := func(millis int64) market.Nanos { return millis*ms - shift }
	want := []string{
		fmt.Sprintf("diff 90 100 89 [{618001 1500} {618000 0}] [{618002 250}] %d %d", at(1723161256300), at(1723161256299)),
		fmt.Sprintf("quote {101 618001 618002 1500 250 %d %d}", at(1723161256311), at(1723161256310)),
		fmt.Sprintf("snapshot 102 [{618001 1500}] [{618002 250} {618003 2000}] %d %d", at(1723161256301), at(1723161256298)),
		fmt.Sprintf("trade {7 7 618002 10 BUY %d %d}", at(1723161256320), at(1723161256319)),
		fmt.Sprintf("agg {5 8 618001 20 SELL %d %d}", at(1723161256320), at(1723161256319)),
		fmt.Sprintf("mark 61799.12345678 61810.5 0.0001 %d %d", at(1723190400000), at(1723161256330)),
		fmt.Sprintf("diff 101 110 100 [] [{618002 0}] %d %d", at(1723161256350), at(1723161256349)),
	}
	var got []string
	for ev, err := range rec.All() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, describe(ev))
	}
	if len(got) != len(want) {
		t.Fatalf("%d events, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("event %d:\n got %s\nwant %s", i, got[i], want[i])
		}
	}
	snap, ok := rec.Snapshot(rec.Instrument())
	if !ok || snap.Last != 102 || len(snap.Asks) != 2 || snap.Event != at(1723161256301) || rec.Last() != 1723161255060514667 {
		t.Errorf("snapshot %v %+v, last %d", ok, snap, rec.Last())
	}
	if _, ok := rec.Snapshot(eth()); ok {
		t.Error("a snapshot of another instrument")
	}
	r := rec.Report()
	if r.Rebased != shift || r.Latency != -shift {
		t.Errorf("rebased by %d, latency %d, want %d", r.Rebased, r.Latency, shift)
	}
	if r.Lines != 7 || r.Events != 7 || r.Diffs != 2 || r.Quotes != 1 || r.Trades != 1 || r.Aggs != 1 || r.Marks != 1 || r.Snapshots != 1 || r.Gaps != 0 || r.Bad != 0 {
		t.Errorf("report %+v", r)
	}
}

func describe(ev *market.Event) string {
	switch ev.Kind {
	case market.EventQuote:
		return fmt.Sprintf("quote %v", ev.Quote)
	case market.EventTrade:
		return fmt.Sprintf("trade %v", ev.Trade)
	case market.EventAgg:
		return fmt.Sprintf("agg %v", ev.Trade)
	case market.EventDiff:
		d := ev.Diff
		return fmt.Sprintf("diff %d %d %d %v %v %d %d", d.First, d.Last, d.Prev, d.Bids, d.Asks, d.Event, d.Transact)
	case market.EventSnapshot:
		s := ev.Snapshot
		return fmt.Sprintf("snapshot %d %v %v %d %d", s.Last, s.Bids, s.Asks, s.Event, s.Transact)
	case market.EventMark:
		m := ev.Mark
		return fmt.Sprintf("mark %s %s %s %d %d", m.Mark, m.Index, m.Rate, m.Next, m.Event)
	}
	return fmt.Sprintf("kind %d", ev.Kind)
}

func TestPlainGzipAndZstdAreTheSame(t *testing.T) {
	text := small(t)
	plain, first, err := read(t, file(t, "a.log", text), options())
	if err != nil {
		t.Fatal(err)
	}
	for name, packed := range map[string]string{"a.gz": gzipped(text), "a.zst": zstdded(text)} {
		kinds, report, err := read(t, file(t, name, packed), options())
		if err != nil || fmt.Sprint(kinds) != fmt.Sprint(plain) || report != first {
			t.Errorf("%s: %v %v %+v", name, err, kinds, report)
		}
	}
}

func TestReceiveTimesInEveryUnit(t *testing.T) {
	const frame = ` {"e":"bookTicker","u":101,"s":"BTCUSDT","b":"61800.10","B":"1.500","a":"61800.20","A":"0.250","T":1723161250000,"E":1723161250000}`
	for text, want := range map[string]market.Nanos{
		"1723161255030314667":  1723161255030314667,
		"1723161255030314":     1723161255030314000,
		"1723161255030":        1723161255030000000,
		"1723161255.0303:":     1723161255030300000,
		"1723161255":           1723161255000000000,
		"1723161255.0303 \t ":  1723161255030300000,
		"9223372036854775807":  9223372036854775807,
		"9223372036854775808":  -1,
		"99999999999999999999": -1,
		"9999999999999999":     -1,
		"12":                   -1,
		"":                     -1,
		"x":                    -1,
	} {
		rec, err := catalog.Open(file(t, "a.log", text+frame+"\n"), options())
		if want < 0 {
			if !errors.Is(err, catalog.ErrFormat) {
				t.Errorf("%q: %v, want a refusal", text, err)
			}
			continue
		}
		if err != nil || rec.First() != want {
			t.Errorf("%q: %v %v, want %d", text, rec, err, want)
		}
	}
}

func TestBadLinesAreSkippedCountedAndShown(t *testing.T) {
	text := small(t)
	lines := strings.SplitAfter(text, "\n")
	bad := strings.Join(lines[:2], "") + "garbage in the middle\n" + lines[2] + "1723161255040514667 {\"e\":\"trade\",\n" + strings.Join(lines[3:], "")
	path := file(t, "bad.log", bad)

	kinds, report, err := read(t, path, options())
	if err != nil || len(kinds) != 7 || report.Bad != 2 || report.Lines != 9 {
		t.Fatalf("%v, %d events, %+v", err, len(kinds), report)
	}
	at := len(lines[0]) + len(lines[1])
	if want := fmt.Sprintf(`bad.log: line 3 (byte %d): no receive time at the beginning, but "garbage in the middle"`, at); !strings.HasSuffix(report.FirstBad, want) {
		t.Errorf("first bad %q, want %q", report.FirstBad, want)
	}

	opt := options()
	opt.Strict = true
	kinds, _, err = read(t, path, opt)
	e, ok := errors.AsType[*catalog.LineError](err)
	if !ok || e.Line != 3 || e.Offset != int64(at) || e.File != path || len(kinds) != 2 {
		t.Errorf("strict: %v after %d events", err, len(kinds))
	}
}

func TestAnUnknownSymbolIsRefusedWithAdvice(t *testing.T) {
	text := strings.ReplaceAll(small(t), "BTCUSDT", "XRPUSDT")
	_, err := catalog.Open(file(t, "xrp.log", text), options())
	const want = "xrp.log is a recording of XRPUSDT, which is not among the instruments: pass an exchangeInfo with --symbols FILE"
	if !errors.Is(err, catalog.ErrSymbol) || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	late := small(t) + text
	kinds, _, err := read(t, file(t, "late.log", late), options())
	if !errors.Is(err, catalog.ErrSymbol) || len(kinds) != 7 || !strings.Contains(err.Error(), "late.log: line 8") {
		t.Errorf("a later one: %v after %d events", err, len(kinds))
	}
}

func TestATruncatedFileDeliversWhatWasWhole(t *testing.T) {
	var text strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&text, `%d {"e":"bookTicker","u":%d,"s":"BTCUSDT","b":"61800.10","B":"1.%03d","a":"61800.20","A":"0.250","T":1723161250000,"E":1723161250000}`+"\n",
			1723161255030314667+i*1_000_003, i, i%997)
	}
	for _, packed := range []struct{ name, bytes string }{{"gzip", gzipped(text.String())}, {"zstd", zstdded(text.String())}} {
		path := file(t, "cut", packed.bytes[:len(packed.bytes)*3/4])
		kinds, report, err := read(t, path, options())
		if packed.name == "zstd" && err != nil && len(kinds) == 0 {
			// A small zstd file is a single block: nothing of it is whole.
			if !errors.Is(err, catalog.ErrTruncated) {
				t.Errorf("zstd: %v", err)
			}
			continue
		}
		want := fmt.Sprintf(": the file ends early (truncated %s) after line %s", packed.name, thousands(report.Lines))
		if !errors.Is(err, catalog.ErrTruncated) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", packed.name, err, want)
		}
		if len(kinds) < 1000 || len(kinds) != report.Lines || report.Bad != 0 {
			t.Errorf("%s: %d events of %+v", packed.name, len(kinds), report)
		}
	}
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

func TestDamagedGzipIsSaid(t *testing.T) {
	b := []byte(gzipped(small(t)))
	b[len(b)-8] ^= 1 // the checksum
	kinds, _, err := read(t, file(t, "bad.gz", string(b)), options())
	if err == nil || !strings.Contains(err.Error(), "the gzip data is damaged after line 7") || len(kinds) != 7 {
		t.Errorf("%v after %d events", err, len(kinds))
	}
}

func TestFilesThatAreNoRecording(t *testing.T) {
	for _, c := range []struct {
		name, text string
		is         error
		says       string
	}{
		{"empty", "", catalog.ErrEmpty, "the file is empty"},
		{"empty.gz", gzipped(""), catalog.ErrEmpty, "it has no line"},
		{"novel.txt", "Call me Ishmael.\nSome years ago\n", catalog.ErrFormat, "line 1 (byte 0): no receive time at the beginning"},
		{"array.json", "[1,2]", catalog.ErrFormat, "no receive time"},
		{"numbers", "1723161255030314667 42\n", catalog.ErrFormat, "no JSON object after the receive time"},
		{"noise", "\x00\xff\x17\x99\n\n\n", catalog.ErrFormat, "no receive time"},
		{"snapshots", `1723161255030514667 {"lastUpdateId":102,"E":1,"T":1,"bids":[],"asks":[]}` + "\n", catalog.ErrFormat, "names its symbol"},
	} {
		_, _, err := read(t, file(t, c.name, c.text), options())
		if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	_, err := catalog.Open("testdata/none.gz", options())
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "testdata/none.gz: no such file") {
		t.Errorf("no file: %v", err)
	}
	if _, err := catalog.Open("", options()); err == nil || !strings.Contains(err.Error(), "no file named") {
		t.Errorf("no name: %v", err)
	}
	if _, err := catalog.Open("testdata", options()); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a folder: %v", err)
	}
}

func TestABrokenChainIsAGapBeforeTheDiff(t *testing.T) {
	text := strings.Replace(small(t), `"pu":100`, `"pu":101`, 1)
	rec, err := catalog.Open(file(t, "gap.log", text), options())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second pass begins anew
		var kinds []market.EventKind
		for ev, err := range rec.All() {
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, ev.Kind)
			if ev.Kind == market.EventGap && (ev.Instrument.Symbol != "BTCUSDT" || ev.Received != 1723161255060514667) {
				t.Errorf("gap %+v", ev)
			}
		}
		n := len(kinds)
		if n != 8 || kinds[n-2] != market.EventGap || kinds[n-1] != market.EventDiff {
			t.Errorf("kinds %v", kinds)
		}
		if r := rec.Report(); r.Gaps != 1 || r.Events != 7 || r.Diffs != 2 {
			t.Errorf("report %+v", r)
		}
	}
}

func TestReceiveTimesThatRunBackwards(t *testing.T) {
	text := strings.Replace(small(t), "1723161255060514667 ", "1723161255040000000 ", 1)
	path := file(t, "back.log", text)
	rec, err := catalog.Open(path, options())
	if err != nil {
		t.Fatal(err)
	}
	var last market.Nanos
	for ev, err := range rec.All() {
		if err != nil || ev.Received < last {
			t.Fatalf("%v: %d after %d", err, ev.Received, last)
		}
		last = ev.Received
	}
	if r := rec.Report(); r.Backwards != 1 || r.Events != 7 || last != 1723161255050514667 {
		t.Errorf("report %+v, last %d", r, last)
	}
	opt := options()
	opt.Strict = true
	_, _, err = read(t, path, opt)
	if e, ok := errors.AsType[*catalog.LineError](err); !ok || e.Line != 7 || !strings.Contains(err.Error(), "runs backwards by 0.010515 s") {
		t.Errorf("strict: %v", err)
	}
}

func TestOtherStreamsAreCountedAndPassedOver(t *testing.T) {
	text := small(t) + `1723161255070514667 {"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1723161256350,"s":"BTCUSDT","k":{"t":1}}}` + "\n"
	opt := options()
	opt.Strict = true
	kinds, report, err := read(t, file(t, "kline.log", text), opt)
	if err != nil || len(kinds) != 7 || report.Other != 1 || report.Bad != 0 {
		t.Errorf("%v %v %+v", err, kinds, report)
	}
}

func TestPartsAreOneChain(t *testing.T) {
	lines := strings.SplitAfter(small(t), "\n")
	one, two := file(t, "part1.log", strings.Join(lines[:4], "")), file(t, "part2.gz", gzipped(strings.Join(lines[4:], "")))
	kinds, report, err := read(t, one+","+two, options())
	if err != nil || len(kinds) != 7 || report.Gaps != 0 || report.Lines != 7 {
		t.Errorf("%v %v %+v", err, kinds, report)
	}
	other := file(t, "eth.log", strings.ReplaceAll(small(t), "BTCUSDT", "ETHUSDT"))
	if _, err := catalog.Open(one+","+other, options()); err == nil || !strings.Contains(err.Error(), "merge them") {
		t.Errorf("two symbols as one: %v", err)
	}
	all, err := catalog.OpenAll([]string{one, two, other}, options())
	if err != nil || len(all) != 2 || len(all[0].Paths()) != 2 || all[1].Instrument().Symbol != "ETHUSDT" {
		t.Errorf("OpenAll: %v %v", all, err)
	}
}

func TestMergeIsByReceiveTimeThenByFile(t *testing.T) {
	quote := func(at int64, symbol string, update int) string {
		return fmt.Sprintf(`%d {"e":"bookTicker","u":%d,"s":"%s","b":"61800.10","B":"1.500","a":"61800.20","A":"0.250","T":1723161250000,"E":1723161250000}`+"\n",
			1723161255000000000+at, update, symbol)
	}
	a := file(t, "a.log", quote(1, "BTCUSDT", 1)+quote(5, "BTCUSDT", 2)+quote(5, "BTCUSDT", 3)+quote(9, "BTCUSDT", 4))
	b := file(t, "b.log", quote(0, "ETHUSDT", 5)+quote(5, "ETHUSDT", 6)+quote(7, "ETHUSDT", 7)+"x\n"+quote(9, "ETHUSDT", 8))
	merged := func(opt catalog.Options, paths ...string) (ids []int64, err error) {
		all, err := catalog.OpenAll(paths, opt)
		if err != nil {
			t.Fatal(err)
		}
		for ev, err := range catalog.Merge(all...) {
			if err != nil {
				return ids, err
			}
			ids = append(ids, ev.Quote.Update)
		}
		return ids, nil
	}
	if ids, err := merged(options(), a, b); err != nil || fmt.Sprint(ids) != "[5 1 2 3 6 7 4 8]" {
		t.Errorf("%v %v", ids, err)
	}
	if ids, err := merged(options(), b, a); err != nil || fmt.Sprint(ids) != "[5 1 6 2 3 7 8 4]" {
		t.Errorf("the other way: %v %v", ids, err)
	}
	opt := options()
	opt.Strict = true
	if ids, err := merged(opt, a, b); err == nil || fmt.Sprint(ids) != "[5 1 2 3 6 7]" {
		t.Errorf("strict: %v %v", ids, err)
	}
	for range catalog.Merge() {
		t.Error("an event of nothing")
	}
}

func TestLongLines(t *testing.T) {
	pad := func(n int) string {
		return `1723161255030414667 {"e":"bookTicker","u":101,"s":"BTCUSDT","x":"` + strings.Repeat("x", n) +
			`","b":"61800.10","B":"1.500","a":"61800.20","A":"0.250","T":1723161250000,"E":1723161250000}` + "\n"
	}
	path := file(t, "long.log", pad(1)+pad(600<<10)+pad(17<<20)+pad(2))
	kinds, report, err := read(t, path, options())
	if err != nil || len(kinds) != 3 || report.Bad != 1 || report.Lines != 4 || !strings.Contains(report.FirstBad, "line 3 (byte 614,7") ||
		!strings.HasSuffix(report.FirstBad, "longer than 16,777,216 bytes") {
		t.Errorf("%v, %d events, %+v", err, len(kinds), report)
	}
	opt := options()
	opt.Strict = true
	if kinds, _, err := read(t, path, opt); err == nil || len(kinds) != 2 {
		t.Errorf("strict: %v after %d events", err, len(kinds))
	}
}

func TestASnapshotOfARecordingOfSeveralIsNobodys(t *testing.T) {
	text := small(t) + strings.ReplaceAll(small(t), "BTCUSDT", "ETHUSDT")
	rec, err := catalog.Open(file(t, "two.log", text), options())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ev, err := range rec.All() {
		if err != nil || ev.Kind == market.EventSnapshot {
			t.Fatalf("%v %+v", err, ev)
		}
		n++
	}
	if _, ok := rec.Snapshot(rec.Instrument()); ok || n != 12 || rec.Report().Bad != 2 || !strings.Contains(rec.Report().FirstBad, "a snapshot that names no symbol") {
		t.Errorf("%d events, %+v", n, rec.Report())
	}
}
