package torture

import (
	"baton/decimal"
	"baton/exchange/server"
	"baton/market"
	"baton/risk"
)

// The account of every run, and what must never be seen where it does not belong.
const (
	account = "me"
	apiKey  = "torture-key"
	canary  = "canary-0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	deposit = "20000"
	asset   = "USDT"
	runName = "t"
	stem    = "baton-" + runName + "-" // of our client order ids
)

// symbols are what is traded, with where their markets open.
var symbols = [...]struct{ symbol, price, tick, lot, least string }{
	{"BTCUSDT", "50000", "0.10", "0.001", "50"},
	{"ETHUSDT", "3000", "0.01", "0.01", "20"},
	{"SOLUSDT", "150", "0.01", "0.1", "5"},
}

// listing is the instruments, with one bracket each.
func listing() (out []*market.Instrument) {
	d := decimal.MustParse
	for _, s := range symbols {
		out = append(out, &market.Instrument{
			Symbol: s.symbol, Pair: s.symbol, Base: s.symbol[:3], Quote: asset, Margin: asset, Status: "TRADING",
			Tick: d(s.tick), Lot: d(s.lot), PricePlaces: 2, QtyPlaces: 3, MinPrice: 1000, MaxPrice: 45_297_640,
			MinQty: 1, MaxQty: 1_000_000, MaxMarketQty: 120_000, MinNotional: d(s.least), MaxOrders: 200,
			PriceUp: d("1.05"), PriceDown: d("0.95"), MakerFee: d("0.0002"), TakerFee: d("0.0005"),
			Brackets: []market.Bracket{{Cap: d("90000000"), Leverage: 125, Maintenance: d("0.004")}},
		})
	}
	return out
}

// The crowd of a market: thin and slow, so that a seed is some thousand events and a minute of one core sees hundreds of seeds. There
// are still more levels than are compared.
const (
	crowdRate  = 16
	crowdDepth = 80
)

func openings() (out []server.Opening) {
	for _, s := range symbols {
		out = append(out, server.Opening{Symbol: s.symbol, Price: decimal.MustParse(s.price), Rate: crowdRate, Depth: crowdDepth})
	}
	return out
}

// limits of the trader in each instrument; small, so that they are reached.
func limits() risk.Limits {
	return risk.Limits{MaxPosition: 60, MaxOrderQty: 20, MaxOpenOrders: 10, MaxNotional: decimal.MustParse("5000"), CollarBps: 100}
}
