package catalog_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"baton/catalog"
	"baton/decimal"
	"baton/market"
)

const (
	layoutA = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n" +
		"1675209600000,5.233,5.238,5.229,5.233,35462.8,1675209659999,185580.3531,403,21211.2,111005.4733,0\n" +
		"1675209660000,5.233,5.234,5.225,5.226,23957.7,1675209719999,125292.2403,383,7924.1,41440.8525,0\n"
	layoutB = "open_time,open,high,low,close,volume\n" +
		"1675209600000,5.233,5.238,5.229,5.233,35462.8\n1675209660000,5.233,5.234,5.225,5.226,23957.7\n1675209720000,5.226,5.226,5.226,5.226,0\n"
)

func fil() *market.Instrument {
	return &market.Instrument{Symbol: "FILUSDT", Tick: decimal.MustParse("0.001"), Lot: decimal.MustParse("0.1"), PricePlaces: 3}
}

func bars(path string, in *market.Instrument) (all []market.Bar, err error) {
	for b, err := range catalog.Bars(path, in) {
		if err != nil {
			return all, err
		}
		all = append(all, b)
	}
	return all, nil
}

func TestBarsOfBothLayouts(t *testing.T) {
	const minute = 60_000_000_000
	first := market.Bar{Start: 1675209600000000000, End: 1675209600000000000 + minute, Open: 5233, High: 5238, Low: 5229, Close: 5233,
		Qty: 354628, TakerBuy: 212112, Count: 403}
	got, err := bars(file(t, "a.csv", layoutA), fil())
	if err != nil || len(got) != 2 || got[0] != first || got[1].Start != first.End || got[1].End != first.End+minute {
		t.Errorf("A: %v %+v", err, got)
	}
	first.TakerBuy, first.Count = 0, 0
	for name, text := range map[string]string{"b.csv": layoutB, "b.csv.zst": zstdded(layoutB), "b.csv.gz": gzipped(layoutB)} {
		got, err = bars(file(t, name, text), fil())
		if err != nil || len(got) != 3 || got[0] != first || got[1].End != got[2].Start || got[2].End != got[2].Start+minute || got[2].Qty != 0 {
			t.Errorf("%s: %v %+v", name, err, got)
		}
	}
}

func TestBadTables(t *testing.T) {
	row := strings.Split(layoutB, "\n")
	for _, c := range []struct{ text, says string }{
		{"", "the file is empty"},
		{"fundingTime,fundingRate\n", "the header is not open_time,open,high,low,close,volume"},
		{row[0] + "\n1675209600000,5.233,5.238\n", "line 2 (byte 37): 3 columns where the header has 6"},
		{row[0] + "\nx,5.233,5.238,5.229,5.233,35462.8\n", `open_time is no time in milliseconds: "x"`},
		{row[0] + "\n1675209600000,5.2331,5.238,5.229,5.233,35462.8\n", "price 5.2331 is not a multiple of the tick 0.001 (FILUSDT)"},
		{row[0] + "\n1675209600000,5.233,5.238,5.229,5.233,0.05\n", "quantity 0.05 is not a multiple of the step 0.1"},
		{row[0] + "\n1675209600000,5.233,5.228,5.229,5.233,1\n", "contradict each other"},
		{row[0] + "\n" + row[1] + "\n" + row[1] + "\n", "the open times do not rise"},
		{row[0] + "\n" + row[1] + "\n", "a single bar without close_time"},
		{row[0] + "\n1675209600000,,5.228,5.229,5.233,1\n", "open: decimal: not a number"},
		{strings.Repeat(",", 40), "more than 32 columns"},
	} {
		if _, err := bars(file(t, "bad.csv", c.text), fil()); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want %s", c.text, err, c.says)
		}
	}
	got, err := bars(file(t, "late.csv", layoutB+"rubbish\n"), fil())
	if e, ok := errors.AsType[*catalog.LineError](err); !ok || e.Line != 5 || len(got) != 3 {
		t.Errorf("a bad row at the end: %v after %d bars", err, len(got))
	}
}

func TestFunding(t *testing.T) {
	var got []catalog.Rate
	for r, err := range catalog.Funding(file(t, "f.csv", "fundingTime,fundingRate\n1672531200000,0.0001\n1672560000008,-0.00012359\n")) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	want := catalog.Rate{Time: 1672560000008000000, Rate: decimal.MustParse("-0.00012359")}
	if len(got) != 2 || got[1] != want {
		t.Errorf("%+v", got)
	}
	for text, says := range map[string]string{
		"Symbol,Date,Funding Rate\nBTC-USDT,2020-01-01 03:00:00.000,-0.0001\n": "no columns fundingTime and fundingRate",
		"fundingTime,fundingRate\n1672531200000,cheap\n":                       "line 2",
	} {
		for _, err := range catalog.Funding(file(t, "f.csv", text)) {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%v, want %s", err, says)
			}
		}
	}
}

func TestRecordedTables(t *testing.T) {
	for _, c := range []struct {
		name, tick, lot string
		bars            int
		span            market.Nanos
	}{
		{"klines/usdm_FILUSDT-1m-2023-02.csv.zst", "0.001", "0.1", 28 * 24 * 60, 60e9},
		{"klines/usdm_BTCUSDT-1h-202301_202405.csv.zst", "0.1", "0.001", 0, 3600e9},
	} {
		path := filepath.Clean(recorded(t, c.name))
		in := &market.Instrument{Symbol: "X", Tick: decimal.MustParse(c.tick), Lot: decimal.MustParse(c.lot)}
		n, last := 0, market.Bar{}
		for b, err := range catalog.Bars(path, in) {
			if err != nil {
				t.Fatal(err)
			}
			if b.End-b.Start != c.span || n > 0 && b.Start != last.End {
				t.Fatalf("%s: %+v after %+v", c.name, b, last)
			}
			last = b
			n++
		}
		if n < 1000 || c.bars > 0 && n != c.bars {
			t.Errorf("%s: %d bars, want %d", c.name, n, c.bars)
		}
	}
	n := 0
	for r, err := range catalog.Funding(recorded(t, "funding/usdm_BTCUSDT-fundingRate-202301_202405.csv.zst")) {
		if err != nil || r.Time%(8*3600e9) > 30e6 {
			t.Fatalf("%v %+v", err, r)
		}
		n++
	}
	if n < 1000 {
		t.Errorf("%d rates", n)
	}
}

func BenchmarkBars(b *testing.B) {
	path := recorded(b, "klines/usdm_FILUSDT-1m-2023-02.csv.zst")
	in := fil()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, err := range catalog.Bars(path, in) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "bars/s")
}
