package app

import (
	"baton/decimal"
	"baton/market"
)

// Instruments is the small table that a demo and a backtest start from when no exchangeInfo is given: BTCUSDT and ETHUSDT by
// hand, with the filters that production had in November 2026 and the entry tier of fees (maker 0.02 %, taker 0.05 %).
func Instruments() []*market.Instrument {
	d := decimal.MustParse
	btc := &market.Instrument{
		Symbol: "BTCUSDT", Pair: "BTCUSDT", Base: "BTC", Quote: "USDT", Margin: "USDT", Status: "TRADING",
		Tick: d("0.10"), Lot: d("0.001"), PricePlaces: 2, QtyPlaces: 3,
		MinPrice: 5_568, MaxPrice: 45_297_640, MinQty: 1, MaxQty: 1_000_000, MaxMarketQty: 120_000,
		MinNotional: d("50"), MaxOrders: 200,
		Brackets: []market.Bracket{
			{Floor: d("0"), Cap: d("300000"), Leverage: 125, Maintenance: d("0.004"), Cum: d("0")},
			{Floor: d("300000"), Cap: d("800000"), Leverage: 100, Maintenance: d("0.005"), Cum: d("300")},
			{Floor: d("800000"), Cap: d("3000000"), Leverage: 75, Maintenance: d("0.0065"), Cum: d("1500")},
			{Floor: d("3000000"), Cap: d("12000000"), Leverage: 50, Maintenance: d("0.01"), Cum: d("12000")},
			{Floor: d("12000000"), Cap: d("70000000"), Leverage: 25, Maintenance: d("0.02"), Cum: d("132000")},
		},
	}
	eth := &market.Instrument{
		Symbol: "ETHUSDT", Pair: "ETHUSDT", Base: "ETH", Quote: "USDT", Margin: "USDT", Status: "TRADING",
		Tick: d("0.01"), Lot: d("0.001"), PricePlaces: 2, QtyPlaces: 3,
		MinPrice: 3_986, MaxPrice: 30_617_700, MinQty: 1, MaxQty: 10_000_000, MaxMarketQty: 2_000_000,
		MinNotional: d("20"), MaxOrders: 200,
		Brackets: []market.Bracket{
			{Floor: d("0"), Cap: d("300000"), Leverage: 125, Maintenance: d("0.004"), Cum: d("0")},
			{Floor: d("300000"), Cap: d("800000"), Leverage: 100, Maintenance: d("0.005"), Cum: d("300")},
			{Floor: d("800000"), Cap: d("3000000"), Leverage: 75, Maintenance: d("0.0065"), Cum: d("1500")},
			{Floor: d("3000000"), Cap: d("12000000"), Leverage: 50, Maintenance: d("0.01"), Cum: d("12000")},
			{Floor: d("12000000"), Cap: d("50000000"), Leverage: 25, Maintenance: d("0.02"), Cum: d("132000")},
		},
	}
	for _, in := range []*market.Instrument{btc, eth} {
		in.PriceUp, in.PriceDown, in.TakeBound = d("1.05"), d("0.95"), d("0.05")
		in.LiquidationFee = d("0.0125")
		in.MakerFee, in.TakerFee = d("0.0002"), d("0.0005")
	}
	return []*market.Instrument{btc, eth}
}
