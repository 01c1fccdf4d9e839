package strategy

import (
	"time"

	"baton/aio"
	"baton/market"
	"baton/trade"
)

// Breakout waits for a bar that closes beyond the range of the bars before it, and goes with it under a bracket: the stop and the take
// profit wait at the venue from the first fill on, whatever becomes of this process. One position at a time.
func Breakout() trade.Strategy {
	return trade.Strategy{Name: "breakout", About: "goes with a bar that leaves the range, under a bracket", Run: breakOut, Params: []trade.Param{
		trade.DecParam("position_usdt", "1000", "5", "1000000", "what its position is about worth"),
		trade.IntParam("bar_s", 1, 1, 86400, "the length of a bar"),
		trade.IntParam("range_bars", 10, 2, 1000, "how many bars make the range"),
		trade.IntParam("reach_ticks", 20, 0, 10000, "how far beyond the top of the book the entry may pay"),
		trade.IntParam("stop_bps", 5, 1, 5000, "from the entry to the stop, in basis points"),
		trade.IntParam("take_bps", 10, 1, 5000, "from the entry to the take profit, in basis points"),
	}}
}

func breakOut(co *aio.Co, s *trade.Session) error {
	w := s.Watch(0).Bars(time.Duration(s.Int("bar_s")) * time.Second)
	var last []market.Bar
	for {
		bar, err := w.NextBar(co)
		if err != nil {
			return err
		}
		side, out := leaves(last, &bar)
		full := len(last) == s.Int("range_bars")
		if last = append(last, bar); full {
			last = last[1:]
		}
		if full && out && s.Exact() && s.Position() == 0 && s.Protection() == nil {
			follow(s, side)
		}
	}
}

// leaves says whether a bar closes beyond the range of others, and on which side.
func leaves(last []market.Bar, bar *market.Bar) (side market.Side, out bool) {
	high, low := bar.Close, bar.Close
	for i := range last {
		high, low = max(high, last[i].High), min(low, last[i].Low)
	}
	switch {
	case bar.Close == low && bar.Close < high:
		return market.Sell, true
	case bar.Close == high && bar.Close > low:
		return market.Buy, true
	}
	return 0, false
}

// follow enters at once or not at all. From here on the kernel looks after the position.
func follow(s *trade.Session, side market.Side) {
	px := s.Top().Ask + market.Ticks(s.Int("reach_ticks"))
	if side == market.Sell {
		px = s.Top().Bid - market.Ticks(s.Int("reach_ticks"))
	}
	away := func(bps string) market.Ticks { return max(px*market.Ticks(s.Int(bps))/10_000, 1) * market.Ticks(side) }
	entry := trade.Request{Side: side, Px: px, Qty: s.Worth(s.Dec("position_usdt")), TIF: market.IOC}
	_, _ = s.Bracket(entry, trade.Protection{Stop: px - away("stop_bps"), Take: px + away("take_bps")}) // a refusal is counted in Stats
}
