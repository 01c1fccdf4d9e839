package server

import (
	"fmt"
	"strconv"

	"baton/exchange"
	"baton/market"
)

// handPrefix is what client ids of orders begin with that somebody sent by hand.
const handPrefix = "web_"

// byHand is what a scenario does as if the owner of one of the accounts sat at the venue's own page.
func byHand(what string) func(*Server, int, *running) error {
	return func(s *Server, _ int, _ *running) error {
		if len(s.names) == 0 {
			return fmt.Errorf("nobody has an account")
		}
		return s.ByHand(s.names[s.luck.IntN(len(s.names))], what)
	}
}

// ByHand does something on an account past its clients, as its owner might at the venue's own page: "order" sends the smallest market
// order there is, "cancel" cancels an open order, "mode" switches between one-way and hedge mode. The error says why nothing
// happened.
func (s *Server) ByHand(account, what string) error {
	a, known := s.accounts[account]
	if !known {
		return fmt.Errorf("no account is called %q", account)
	}
	s.catchUp()
	defer s.settle()
	now := s.l.Now()
	switch what {
	case "order":
		return s.handOrder(now, a)
	case "cancel":
		open := s.x.AppendOpen(nil, a, -1)
		if len(open) == 0 {
			return fmt.Errorf("account %q has no open order to cancel", account)
		}
		o := &open[s.luck.IntN(len(open))]
		_, r := s.x.Cancel(now, exchange.Key{Account: a, Instrument: -1, ID: o.ID})
		return refusal(r)
	case "mode":
		st, _ := s.x.Account(a)
		return refusal(s.x.SetHedge(a, !st.Hedge))
	}
	return fmt.Errorf(`by hand one can do "order", "cancel" or "mode", not %q`, what)
}

func refusal(r exchange.Refusal) error {
	if r.Refused() {
		return r
	}
	return nil
}

// handOrder sends a market order of the smallest size that the rules allow.
func (s *Server) handOrder(now market.Nanos, a int) error {
	i := s.luck.IntN(len(s.x.Instruments()))
	in, rules, mark := s.x.Instruments()[i], s.x.Rules(i), s.x.MarkNow(i).Mark
	step := market.Lots(rules.Lot.Units() / in.Lot.Units())
	lots := max(in.MinQty, in.MinMarketQty, step)
	if mark.Sign() > 0 {
		lots = max(lots, market.Lots(rules.MinNotional.Float64()/(mark.Float64()*in.Lot.Float64()))+1)
	}
	lots = (lots + step - 1) / step * step
	s.hands++
	r := exchange.Request{Account: a, Instrument: i, ClientID: handPrefix + strconv.Itoa(s.hands), Side: market.Buy, Type: market.Market, Qty: lots}
	if s.luck.Uint64()&1 == 0 {
		r.Side = market.Sell
	}
	if st, _ := s.x.Account(a); st.Hedge {
		if r.PositionSide = market.Long; r.Side == market.Sell {
			r.PositionSide = market.Short
		}
	}
	_, refused := s.x.Place(now, &r)
	return refusal(refused)
}
