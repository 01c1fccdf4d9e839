package exchange_test

import (
	"fmt"
	"strings"

	"baton/exchange"
	"baton/market"
)

// trace writes the events since the last command, one a line, and forgets them.
func (s *scene) trace() (out []string) {
	for i := range s.ev.List {
		if line := s.moneyEvent(&s.ev.List[i]); line != "" {
			out = append(out, line)
			continue
		}
		switch e := &s.ev.List[i]; e.Kind {
		case exchange.EventUpdate:
			out = append(out, s.update(s.ev.Update(e)))
		case exchange.EventChange:
			c := s.ev.Change(e)
			out = append(out, fmt.Sprintf("%s holds %s, wallet %s", s.who(c.Account), s.side(c.Position.Side)+s.in.Quantity(c.Position.Qty).String(), c.Wallet))
		case exchange.EventQuote:
			q := s.ev.Quote(e)
			out = append(out, fmt.Sprintf("top %s @ %s | %s @ %s", s.in.Quantity(q.BidQty), s.px(q.Bid), s.in.Quantity(q.AskQty), s.px(q.Ask)))
		case exchange.EventTrade:
			t := s.ev.Trade(e)
			out = append(out, fmt.Sprintf("trade %d: %s @ %s by a %s", t.ID, s.in.Quantity(t.Qty), s.px(t.Px), strings.ToLower(t.Taker.String())+"er"))
		case exchange.EventDiff:
			d := s.ev.Diff(e)
			out = append(out, fmt.Sprintf("book %d:%s%s", d.Last, s.rows("bid", d.Bids), s.rows("ask", d.Asks)))
		case exchange.EventAlgo:
			out = append(out, s.algo(s.ev.Algo(e)))
		}
	}
	s.ev.Reset()
	out, s.told = append(out, s.told...), nil
	return out
}

func (s *scene) who(account int) string {
	if account < 1 || account > len(s.names) {
		return fmt.Sprintf("account %d", account)
	}
	return s.names[account-1]
}

func (s *scene) px(t market.Ticks) string { return s.in.Price(t).Fixed(1) }

func (s *scene) side(p market.PositionSide) string {
	if p == market.Both {
		return ""
	}
	return p.String() + " "
}

func (s *scene) rows(side string, rows []market.Level) (out string) {
	for _, l := range rows {
		out += fmt.Sprintf(" %s %s x %s", side, s.px(l.Px), s.in.Quantity(l.Qty))
	}
	return out
}

// update is an event of an order's life.
func (s *scene) update(u *exchange.Update) string {
	o := &u.Order
	head := fmt.Sprintf("%s #%d %s", s.who(o.Account), o.ID, u.Exec)
	switch u.Exec {
	case exchange.ExecNew, exchange.ExecAmendment, exchange.ExecCalculated:
		return head + ": " + s.terms(o)
	case exchange.ExecTrade:
		role := "taker"
		if u.Fill.Maker {
			role = "maker"
		}
		if u.Fill.Crossed {
			role += ", crossed"
		}
		return fmt.Sprintf("%s: %s @ %s as %s, %s %s of %s", head, s.in.Quantity(u.Fill.Qty), s.px(u.Fill.Px), role, o.Status,
			s.in.Quantity(o.Filled), s.in.Quantity(o.Qty))
	}
	if u.Expiry != 0 {
		head += fmt.Sprintf(", er %d", u.Expiry)
	}
	return fmt.Sprintf("%s: %s %s of %s", head, o.Status, s.in.Quantity(o.Filled), s.in.Quantity(o.Qty))
}

// terms is what an order wants.
func (s *scene) terms(o *exchange.Order) string {
	t := fmt.Sprintf("%s %s%s", o.Side, s.side(o.PositionSide), s.in.Quantity(o.Qty))
	if o.Type == market.Limit {
		t += fmt.Sprintf(" @ %s %s", s.px(o.Px), o.TIF)
	} else {
		t += " " + o.Type.String()
	}
	if o.ReduceOnly {
		t += " reduce-only"
	}
	if o.ClientID != "" {
		t += " (" + o.ClientID + ")"
	}
	if o.ModifyID != 0 {
		t += fmt.Sprintf(" modifyId %d", o.ModifyID)
	}
	return t
}

// algo is an event of a conditional order's life.
func (s *scene) algo(a *exchange.Algo) string {
	head := fmt.Sprintf("%s ~%d %s", s.who(a.Account), a.ID, a.Status)
	switch a.Status {
	case exchange.AlgoNew:
		head += fmt.Sprintf(": %s %s", a.Type, a.Side)
		if a.Type == market.TrailingStopMarket {
			head += fmt.Sprintf(", activated %t", a.Activated)
		}
	case exchange.AlgoTriggered:
		head += fmt.Sprintf(": order #%d", a.OrderID)
	case exchange.AlgoFinished:
		head += fmt.Sprintf(": filled %s at %s", s.in.Quantity(a.Filled), a.Average)
	case exchange.AlgoRejected:
		head += ": " + a.Reason
	}
	return head
}
