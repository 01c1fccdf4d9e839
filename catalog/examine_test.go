package catalog_test

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baton/catalog"
)

func examine(t *testing.T, path string) catalog.Finding {
	t.Helper()
	f, err := catalog.Examine(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func captureLine(at int, frame string) string {
	return fmt.Sprintf("17000000000000%05d %s\n", at, frame)
}

func diff(symbol string, first, last, prev int) string {
	return fmt.Sprintf(`{"stream":"x","data":{"e":"depthUpdate","E":1,"T":1,"s":"%s","U":%d,"u":%d,"pu":%d,"b":[],"a":[]}}`, symbol, first, last, prev)
}

func TestExamineCapture(t *testing.T) {
	text := captureLine(1, `{"lastUpdateId":5,"bids":[],"asks":[]}`) +
		captureLine(2, diff("BTCUSDT", 4, 8, 3)) +
		captureLine(3, diff("ÆUSDT", 1, 2, 0)) +
		captureLine(5, diff("BTCUSDT", 9, 12, 8)) +
		captureLine(4, `{"e":"trade","s":"BTCUSDT"}`) +
		captureLine(6, diff("BTCUSDT", 20, 21, 19)) +
		"no line\n" +
		captureLine(7, `{"x":1}`)
	f := examine(t, file(t, "a.log", text))
	if f.Kind != catalog.KindCapture || f.Rows != 8 || f.Gaps != 1 || f.Backwards != 1 || f.Bad != 2 || f.Sound() || f.Last-f.First != 6 {
		t.Errorf("%+v", f)
	}
	if g := f.FirstGaps[0]; g.Symbol != "BTCUSDT" || g.After != 12 || g.Before != 19 || g.Missing != -1 {
		t.Errorf("%+v", g)
	}
	if !strings.Contains(f.FirstBad, "line 7") || strings.Join(f.Symbols, " ") != "BTCUSDT ÆUSDT" || f.Streams["depthUpdate"] != 4 || f.Streams["snapshot"] != 1 {
		t.Errorf("%+v", f)
	}
}

// The spot venue's diffs have no pu: each begins where the last has ended.
func TestExamineSpotChain(t *testing.T) {
	spot := func(first, last int) string {
		return fmt.Sprintf(`{"e":"depthUpdate","s":"BTCUSDT","U":%d,"u":%d}`, first, last)
	}
	f := examine(t, file(t, "a.log", captureLine(1, spot(1, 5))+captureLine(2, spot(6, 9))+captureLine(3, spot(11, 12))))
	if f.Gaps != 1 || f.FirstGaps[0].After != 9 || f.FirstGaps[0].Before != 10 {
		t.Errorf("%+v", f)
	}
}

func TestExamineTables(t *testing.T) {
	bar := func(minute int) string { return fmt.Sprintf("%d,1,1,1,1,0\n", 1675209600000+60000*minute) }
	agg := func(id int) string { return fmt.Sprintf("%d,1.0,2,1,1,1675209600000,true\n", id) }
	for _, c := range []struct {
		name, text            string
		kind                  string
		rows, gaps, back, bad int
	}{
		{"whole", "open_time,open,high,low,close,volume\n" + bar(0) + bar(1) + bar(2), catalog.KindKlines, 3, 0, 0, 0},
		{"two bars missing", "open_time,open,high,low,close,volume\n" + bar(0) + bar(1) + bar(4), catalog.KindKlines, 3, 1, 0, 0},
		{"a bar twice", "open_time,open,high,low,close,volume\n" + bar(0) + bar(1) + bar(1), catalog.KindKlines, 3, 0, 0, 1},
		{"columns", "open_time,open,high,low,close,volume\n" + bar(0) + "1,2\n", catalog.KindKlines, 2, 0, 0, 1},
		{"trades", "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n" + agg(7) + agg(8) + agg(11) + agg(10),
			catalog.KindAggTrades, 4, 1, 1, 0},
		{"no header", agg(1) + agg(2), catalog.KindAggTrades, 2, 0, 0, 0},
		{"funding", "fundingTime,fundingRate\n1675209600001,0.0001\nx,1\n", catalog.KindFunding, 2, 0, 0, 1},
	} {
		f := examine(t, file(t, "a.csv", c.text))
		if f.Kind != c.kind || f.Rows != c.rows || f.Gaps != c.gaps || f.Backwards != c.back || f.Bad != c.bad {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
	if f := examine(t, file(t, "a.csv", "open_time,open,high,low,close,volume\n"+bar(0)+bar(1)+bar(4))); f.FirstGaps[0].Missing != 2 {
		t.Errorf("%+v", f)
	}
}

func TestExamineDamage(t *testing.T) {
	var b strings.Builder
	zw := gzip.NewWriter(&b)
	for i := range 99999 {
		fmt.Fprint(zw, captureLine(i, fmt.Sprintf(`{"e":"trade","s":"BTCUSDT","t":%d}`, i*7919)))
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	f := examine(t, file(t, "a.gz", b.String()[:b.Len()/2]))
	if f.Damage == "" || f.Rows == 0 || f.Sound() {
		t.Errorf("%+v", f)
	}
	for _, text := range []string{"", "hello\n", "{}\n"} {
		if f, err := catalog.Examine(file(t, "b", text), nil); err == nil {
			t.Errorf("%q is taken for %+v", text, f)
		}
	}
}

// Every recorded capture and table that Baton reads is sound.
func TestExamineRecorded(t *testing.T) {
	files, _ := filepath.Glob("../../shared/data/tick/usdm_*2024*.gz")
	more, _ := filepath.Glob("../../shared/data/klines/*1h*")
	files = append(files, more...)
	if _, err := os.Stat("../../shared/data"); err != nil {
		t.Skip("no ../../shared/data")
	}
	for _, name := range files {
		if f := examine(t, name); !f.Sound() {
			t.Errorf("%+v", f)
		}
	}
	if len(files) < 6 {
		t.Error(files)
	}
}
