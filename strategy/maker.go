package strategy

import (
	"baton/aio"
	"baton/decimal"
	"baton/market"
	"baton/trade"
)

// The maker's taste.
const (
	makerWorth = "200" // of one quote, about, in the quote asset
	makerDepth = 5     // quotes' worth of position at which a side stops quoting
	makerLean  = 2     // ticks by which the side that grows the position steps back, for each quote's worth of it
	makerSlack = 1     // ticks that a resting quote may be off before it is moved, at the price of its place in the queue
)

// Maker quotes both sides of the market and lives on the spread. The more it holds, the further its bid steps back (the more it
// owes, its offer), while the other side stays at the top, so that the market takes the position off its hands again.
func Maker() trade.Strategy {
	return trade.Strategy{Name: "maker", About: "quotes both sides at the top of the book, leaning against its position", Run: makeMarket}
}

func makeMarket(co *aio.Co, s *trade.Session) error {
	w := s.Watch(trade.OnBook | trade.OnTop | trade.OnOrder)
	bid, ask := s.Slot(market.Buy, makerSlack), s.Slot(market.Sell, makerSlack)
	worth, size := decimal.MustParse(makerWorth), market.Lots(0)
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
			size = s.Worth(worth)
		}
		// From here to the next await nothing else runs: top and position cannot change under our hands.
		top, held := s.Top(), s.Position()
		lean := market.Ticks(makerLean * held / size)
		bid.Keep(min(top.Bid, top.Bid-lean), room(size, held))
		ask.Keep(max(top.Ask, top.Ask-lean), room(size, -held))
	}
}

// room is how much may still be quoted on the side that grows held.
func room(size, held market.Lots) market.Lots {
	if held >= makerDepth*size {
		return 0
	}
	return size
}
