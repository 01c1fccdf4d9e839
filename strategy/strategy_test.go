package strategy_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"baton/backtest"
	"baton/catalog"
	"baton/decimal"
	"baton/market"
	"baton/strategy"
	"baton/trade"
)

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

func btc() *market.Instrument {
	return &market.Instrument{
		Symbol: "BTCUSDT", Pair: "BTCUSDT", Base: "BTC", Quote: "USDT", Margin: "USDT", Status: "TRADING",
		Tick: d("0.10"), Lot: d("0.001"), PricePlaces: 2, QtyPlaces: 3, MinPrice: 5568, MaxPrice: 45_297_640,
		MinQty: 1, MaxQty: 1_000_000, MaxMarketQty: 120_000, MinNotional: d("50"), MaxOrders: 200,
		PriceUp: d("1.05"), PriceDown: d("0.95"), MakerFee: d("0.0002"), TakerFee: d("0.0005"),
		Brackets: []market.Bracket{{Cap: d("300000"), Leverage: 125, Maintenance: d("0.004")}},
	}
}

// recorded runs st on 345 s of BTCUSDT; the test is skipped where the recording is not there.
func recorded(t *testing.T, st trade.Strategy) *backtest.Result {
	const file = "../../shared/data/tick/usdm_BTCUSDT_20240808.gz"
	if _, err := os.Stat(file); err != nil {
		t.Skipf("no recording here: %v", err)
	}
	rec, err := catalog.Open(file, catalog.Options{Instruments: []*market.Instrument{btc()}})
	if err != nil {
		t.Fatal(err)
	}
	tape, err := backtest.Load(rec)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, backtest.Config{Strategy: st, Tape: tape, Seed: 7})
}

// madeUp is 20 s of a synthetic market.
func madeUp(st trade.Strategy, seed uint64) backtest.Config {
	return backtest.Config{
		Strategy: st, Seed: seed, Start: 1_700_000_000_000_000_000, For: 20 * time.Second,
		Openings: []backtest.Opening{{Instrument: btc(), Price: d("60000")}},
	}
}

func run(t *testing.T, cfg backtest.Config) *backtest.Result {
	t.Helper()
	r, err := backtest.Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Reconciled || r.Trades.StaleReads != 0 || r.Fills == 0 {
		t.Errorf("reconciled %v %q, %d stale reads, %d fills", r.Reconciled, r.Differences, r.Trades.StaleReads, r.Fills)
	}
	return r
}

func Example() {
	r, err := backtest.Run(context.Background(), madeUp(strategy.Maker(), 7))
	fmt.Println(err, r.Fills > 0, r.Reconciled)
	// Output: <nil> true true
}
