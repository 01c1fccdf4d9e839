package strategy

import (
	"time"

	"baton/aio"
	"baton/market"
	"baton/trade"
)

// Trend follows the direction of the market: long while the fast moving average of its bars is above the slow one,
// short while it is below. It takes liquidity with orders that are filled at once or not at all.
func Trend() trade.Strategy {
	return trade.Strategy{Name: "trend", About: "long above, short below: two moving averages of bars", Run: followTrend, Params: []trade.Param{
		trade.DecParam("position_usdt", "1000", "5", "1000000", "what its position is about worth"),
		trade.IntParam("bar_s", 1, 1, 86400, "the length of a bar"),
		trade.IntParam("fast_bars", 5, 1, 10000, "of the fast average"),
		trade.IntParam("slow_bars", 20, 2, 10000, "of the slow one"),
		trade.IntParam("reach_ticks", 20, 0, 10000, "how far beyond the top of the book an order may pay"),
	}}
}

func followTrend(co *aio.Co, s *trade.Session) error {
	w := s.Watch(0).Bars(time.Duration(s.Int("bar_s")) * time.Second)
	nfast, nslow := s.Int("fast_bars"), s.Int("slow_bars")
	var fast, slow float64
	for n := 1; ; n++ {
		bar, err := w.NextBar(co)
		if err != nil {
			return err
		}
		if n == 1 {
			fast, slow = float64(bar.Close), float64(bar.Close)
		}
		fast += (float64(bar.Close) - fast) / float64(nfast)
		slow += (float64(bar.Close) - slow) / float64(nslow)
		if n < nfast || fast == slow || !s.Exact() {
			continue
		}
		target := s.Worth(s.Dec("position_usdt"))
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
	need, reach := target-s.Position(), market.Ticks(s.Int("reach_ticks"))
	if 2*max(need, -need) < max(target, -target) {
		return nil // close enough
	}
	r := trade.Request{Side: market.Buy, Px: s.Top().Ask + reach, Qty: need, TIF: market.IOC}
	if need < 0 {
		r = trade.Request{Side: market.Sell, Px: s.Top().Bid - reach, Qty: -need, TIF: market.IOC}
	}
	o, err := s.Place(r)
	if err != nil {
		return nil // refused here (a limit, a filter; `baton notes` says which): nothing was sent, and the next bar is another chance
	}
	if o.Outcome(co).Kind() == market.IsUnknown { // nobody answered: it may have been filled
		return o.Settle(co)
	}
	return nil
}
