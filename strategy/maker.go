package strategy

import (
	"baton/aio"
	"baton/market"
	"baton/trade"
)

// Maker quotes both sides of the market and lives on the spread. The more it holds, the further its bid steps back (the more it
// owes, its offer), while the other side stays at the top, so that the market takes the position off its hands again.
func Maker() trade.Strategy {
	return trade.Strategy{Name: "maker", About: "quotes both sides at the top of the book, leaning against its position", Run: makeMarket, Params: []trade.Param{
		trade.DecParam("quote_usdt", "200", "5", "100000", "what one quote is about worth"),
		trade.IntParam("depth", 5, 1, 1000, "quotes' worth of position at which a side stops quoting"),
		trade.IntParam("lean_ticks", 2, 0, 1000, "by how much the side that grows the position steps back, for each quote's worth of it"),
		trade.IntParam("slack_ticks", 1, 0, 1000, "how far a resting quote may be off before it is moved, at the price of its place in the queue"),
	}}
}

func makeMarket(co *aio.Co, s *trade.Session) error {
	w := s.Watch(trade.OnBook | trade.OnTop | trade.OnOrder)
	slack := market.Ticks(s.Int("slack_ticks"))
	bid, ask := s.Slot(market.Buy, slack), s.Slot(market.Sell, slack)
	depth, step, size := market.Lots(s.Int("depth")), market.Lots(s.Int("lean_ticks")), market.Lots(0)
	for {
		if _, err := w.Next(co); err != nil {
			return err
		}
		if !s.Exact() { // the book is being fetched anew: our quotes would be blind
			bid.Keep(0, 0)
			ask.Keep(0, 0)
			continue
		}
		if size == 0 {
			size = s.Worth(s.Dec("quote_usdt"))
		}
		// From here to the next await nothing else runs: top and position cannot change under our hands.
		top, held := s.Top(), s.Position()
		lean := market.Ticks(step * held / size)
		bid.Keep(min(top.Bid, top.Bid-lean), room(size, depth, held))
		ask.Keep(max(top.Ask, top.Ask-lean), room(size, depth, -held))
	}
}

// room is how much may still be quoted on the side that grows held.
func room(size, depth, held market.Lots) market.Lots {
	if held >= depth*size {
		return 0
	}
	return size
}
