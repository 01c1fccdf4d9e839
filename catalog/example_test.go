package catalog_test

import (
	"fmt"

	"baton/catalog"
	"baton/decimal"
	"baton/market"
)

func Example() {
	btc := &market.Instrument{Symbol: "BTCUSDT", Tick: decimal.MustParse("0.1"), Lot: decimal.MustParse("0.001"), PricePlaces: 2}
	rec, err := catalog.Open("testdata/small.log", catalog.Options{Instruments: []*market.Instrument{btc}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for ev, err := range rec.All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		if ev.Kind == market.EventTrade {
			fmt.Println(ev.Trade.Taker, btc.Quantity(ev.Trade.Qty), "at", btc.Price(ev.Trade.Px))
		}
	}
	fmt.Println(rec.Report())
	// Output:
	// BUY 0.01 at 61800.2
	// 7 events (1 quotes, 2 trades, 2 diffs, 1 snapshots, 1 marks), 0 gaps, recorder's clock 1289.5 ms behind, event times re-based
}
