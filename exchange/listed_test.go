package exchange_test

import (
	"os"
	"os/exec"
	"testing"

	"baton/binance/wire"
	"baton/exchange"
	"baton/market"
)

// Every symbol of the recorded exchangeInfo files can be listed, and takes an order that its filters allow; names that are not
// ASCII, too.
func TestRecordedSymbols(t *testing.T) {
	for _, name := range []string{"usdm_exchangeInfo_20231216.json.zst", "usdm_exchangeInfo_20260331_testnet_reserialised.json.zst"} {
		info, err := wire.DecodeInfo(unpack(t, name))
		if err != nil {
			t.Fatal(err)
		}
		var ev exchange.Events
		x := exchange.New(exchange.Config{Start: start}, &ev)
		foreign := 0
		for _, in := range info.Instruments {
			in.Status, in.Brackets = "TRADING", btc().Brackets
			i, err := x.List(in, exchange.Matched)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if found, ok := x.Index(in.Symbol); !ok || found != i {
				t.Errorf("%s: %s is not found", name, in.Symbol)
			}
			if in.Symbol[0] >= 0x80 {
				foreign++
			}
		}
		t.Logf("%s: %d listed, %d not ASCII, skipped %q", name, len(x.Instruments()), foreign, info.Skipped)
		who := x.AddAccount("somebody")
		if err := x.Deposit(start, who, dec("30000000000")); err != nil {
			t.Fatal(err)
		}
		for i, in := range x.Instruments() {
			r := smallest(in)
			r.Account, r.Instrument = who, i
			if _, refusal := x.Place(start+1, &r); refusal.Refused() {
				t.Errorf("%s: %d @ %d: %v", in.Symbol, r.Qty, r.Px, refusal)
			}
		}
		if err := x.Check(); err != nil {
			t.Error(err)
		}
	}
}

// smallest is a bid at a price of a whole unit, or the lowest, with the least quantity that is worth enough.
func smallest(in *market.Instrument) exchange.Request {
	px, _ := in.Ticks(dec("1"))
	px = min(max(px, in.MinPrice, 1), in.MaxPrice)
	need, _ := in.MinNotional.Div(in.Price(px), 0)
	lots, _ := need.Multiple(in.Lot)
	return exchange.Request{Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: px, Qty: max(in.MinQty, market.Lots(lots)+1)}
}

func unpack(t *testing.T, name string) []byte {
	t.Helper()
	path := "../../shared/data/reference/" + name
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no reference data: %v", err)
	}
	zstd, err := exec.LookPath("zstd")
	if err != nil {
		t.Skip("no zstd program to unpack the reference data with")
	}
	b, err := exec.Command(zstd, "-dcq", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return b
}
