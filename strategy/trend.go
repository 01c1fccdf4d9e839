package strategy

import (
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/market"
	"baton/trade"
)

// The trend follower's taste.
const (
	trendWorth = "1000" // of its position, about, in the quote asset
	trendFast  = 5      // bars of the fast average
	trendSlow  = 20     // bars of the slow one
	trendReach = 20     // ticks beyond the top of the book that an order may pay
)

// Trend follows the direction of the market: long while the fast moving average of one-second bars is above the slow one,
// short while it is below. It takes liquidity with orders that are filled at once or not at all.
func Trend() trade.Strategy {
	return trade.Strategy{Name: "trend", About: "long above, short below: two moving averages of 1 s bars", Run: followTrend}
}

func followTrend(co *aio.Co, s *trade.Session) error {
	w := s.Watch(0).Bars(time.Second)
	worth := decimal.MustParse(trendWorth)
	var fast, slow float64
	for n := 1; ; n++ {
		bar, err := w.NextBar(co)
		if err != nil {
			return err
		}
		if n == 1 {
			fast, slow = float64(bar.Close), float64(bar.Close)
		}
		fast += (float64(bar.Close) - fast) / trendFast
		slow += (float64(bar.Close) - slow) / trendSlow
		if n < trendFast || fast == slow || !s.Exact() {
			continue
		}
		target := s.Worth(worth)
		if fast < slow {
			target = -target
		}
		if err := reach(co, s, target); err != nil {
			return err
		}
	}
}

// reach brings the position to target with one order, and waits until its fate is proven.
func reach(co *aio.Co, s *trade.Session, target market.Lots) error {
	if len(s.Live()) > 0 {
		return nil // the last order is still on its way
	}
	need := target - s.Position()
	if 2*max(need, -need) < max(target, -target) {
		return nil // close enough
	}
	r := trade.Request{Side: market.Buy, Px: s.Top().Ask + trendReach, Qty: need, TIF: market.IOC}
	if need < 0 {
		r = trade.Request{Side: market.Sell, Px: s.Top().Bid - trendReach, Qty: -need, TIF: market.IOC}
	}
	o, err := s.Place(r)
	if err != nil {
		return nil // refused here (a limit, a filter): nothing was sent, and the next bar is another chance
	}
	if o.Outcome(co).Kind() == market.IsUnknown { // nobody answered: it may have been filled
		return o.Settle(co)
	}
	return nil
}
