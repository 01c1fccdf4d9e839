package wire_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"baton/decimal"
	"baton/market"
)

// shared is where recorded data lies beside the repo.
const shared = "../../../shared/data"

func btc() *market.Instrument {
	return &market.Instrument{
		Symbol: "BTCUSDT", Pair: "BTCUSDT", Base: "BTC", Quote: "USDT", Margin: "USDT",
		Tick: decimal.MustParse("0.10"), Lot: decimal.MustParse("0.001"), PricePlaces: 2, QtyPlaces: 3, Status: "TRADING",
		MinPrice: 5568, MaxPrice: 45297640, MinQty: 1, MaxQty: 1000000, MinMarketQty: 1, MaxMarketQty: 120000, MaxAmends: 10_000, TriggerProtect: decimal.MustParse("0.05"), MaxOrders: 200,
		MinNotional: decimal.MustParse("50"), PriceUp: decimal.MustParse("1.05"), PriceDown: decimal.MustParse("0.95"),
		TakeBound: decimal.MustParse("0.05"), LiquidationFee: decimal.MustParse("0.0125"),
	}
}

func instrument(symbol, tick, lot string, px, qty int) *market.Instrument {
	return &market.Instrument{Symbol: symbol, Pair: symbol, Tick: decimal.MustParse(tick), Lot: decimal.MustParse(lot), PricePlaces: px, QtyPlaces: qty}
}

// lines goes through a recorded gzip file: receive time and text of each line.
func lines(t testing.TB, name string, each func(text []byte)) {
	t.Helper()
	f, err := os.Open(filepath.Join(shared, "tick", name))
	if err != nil {
		t.Skipf("no recorded data: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(z)
	in.Buffer(make([]byte, 1<<20), 1<<22)
	for in.Scan() {
		_, text, ok := bytes.Cut(in.Bytes(), []byte(" "))
		if !ok {
			t.Fatalf("no receive time: %.80q", in.Bytes())
		}
		each(text)
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
}

// sample is one line of data/wire.
type sample struct{ Kind, Name, Origin, Raw string }

func samples(t testing.TB, file string) []sample {
	t.Helper()
	f, err := os.Open(filepath.Join(shared, "wire", file))
	if err != nil {
		t.Skipf("no recorded messages: %v", err)
	}
	defer f.Close()
	var out []sample
	for in := json.NewDecoder(f); in.More(); {
		var s sample
		if err := in.Decode(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func raw(t testing.TB, file, name string) []byte {
	t.Helper()
	for _, s := range samples(t, file) {
		if s.Name == name {
			return []byte(s.Raw)
		}
	}
	t.Fatalf("%s has no %s", file, name)
	return nil
}
