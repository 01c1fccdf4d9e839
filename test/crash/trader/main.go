// Command trader is baton with two strategies of the crash tests: `orders` places two hundred and ends, `quiet` places none. It is the
// same one call as cmd/baton: what the tests kill is the real thing.
package main

import (
	"os"

	"baton/aio"
	"baton/cli"
	"baton/market"
	"baton/trade"
)

// orderCount is how many orders `orders` places.
const orderCount = 200

func main() {
	os.Exit(cli.Main(
		trade.Strategy{Name: "orders", About: "places 200 orders, one after the other", Run: orders},
		trade.Strategy{Name: "rests", About: "leaves orders and a position, and waits", Run: rests},
		trade.Strategy{Name: "quiet", About: "places nothing and ends", Run: func(*aio.Co, *trade.Session) error { return nil }},
	))
}

// orders buys and sells at the market, crosses the spread with limits, and rests orders that it cancels.
func orders(co *aio.Co, s *trade.Session) error {
	w := s.Watch(trade.OnTop)
	for n := 0; n < orderCount; {
		if !s.Exact() {
			if _, err := w.Next(co); err != nil {
				return err
			}
			continue
		}
		o, err := s.Place(request(n, s.Top()))
		if err != nil { // the mark price is not known yet, or a limit of rate is reached
			if _, err := w.Next(co); err != nil {
				return err
			}
			continue
		}
		o.Outcome(co)
		if n%4 == 1 {
			s.Cancel(o)
		}
		if err := o.Settle(co); err != nil {
			return err
		}
		n++
	}
	return nil
}

// request is order n.
func request(n int, top market.Quote) trade.Request {
	lots := market.Lots(1 + n%3)
	switch n % 4 {
	case 0:
		return trade.Request{Side: market.Buy, Type: market.Market, Qty: lots}
	case 1:
		return trade.Request{Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: top.Bid - 200, Qty: lots}
	case 2:
		return trade.Request{Side: market.Sell, Type: market.Limit, TIF: market.IOC, Px: top.Bid - 10, Qty: lots}
	}
	return trade.Request{Side: market.Sell, Type: market.Market, Qty: lots}
}

// rests holds a small position and leaves five orders in the market.
func rests(co *aio.Co, s *trade.Session) error {
	w := s.Watch(trade.OnTop)
	for n := 0; ; {
		if s.Exact() && n < 6 {
			r := trade.Request{Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: s.Top().Bid - 200, Qty: 2}
			if n == 0 {
				r = trade.Request{Side: market.Buy, Type: market.Market, Qty: 2}
			}
			if o, err := s.Place(r); err == nil {
				o.Outcome(co)
				n++
				continue
			}
		}
		if _, err := w.Next(co); err != nil {
			return err
		}
	}
}
