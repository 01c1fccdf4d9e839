package order

import (
	"strings"

	"baton/market"
)

// Amending notes that a new price and quantity (in all, what is filled already counted) of an order are intended. Its number is
// [Order.Asked] from then on. Illegal, and nothing is changed, where the order is no limit order that the venue is proven to have,
// where its end was asked for, or while another amendment of it is open.
func (t *Table) Amending(id market.OrderID, px market.Ticks, qty market.Lots, now market.Nanos) Step {
	s, o := t.step(id)
	if o == nil {
		return s
	}
	if !o.Amendable() || qty <= 0 {
		s.Facts |= Illegal
		return s
	}
	o.Asked++
	o.Amend, o.NewPx, o.NewQty, o.Changed = AmendIntended, px, qty, now
	return s
}

// Amendable says whether an amendment of the order may be asked for at this moment.
func (o *Order) Amendable() bool {
	return o.State.AtVenue() && o.Type == market.Limit && !o.Amend.Open() && o.Cancel == CancelNone
}

// amendReply takes the answer to an amendment. One that is about an earlier amendment, or about one whose fate is proven, is old news.
func (s *Step) amendReply(out market.Outcome, now market.Nanos) {
	o := s.Order
	switch {
	case o.Asked == 0:
		s.Facts |= Illegal
	case !o.Amend.Open(), out.Revision != 0 && out.Revision != o.Asked:
		s.Facts |= Stale
	case out.Kind() == market.IsAccepted:
		s.amended(now)
	case out.Kind() == market.IsRefused:
		s.amendEnds(AmendRefused, now)
		o.doubt = o.Live() && (out.Code == codeUnknownOrder || out.Code == codeNoOrder)
	default:
		s.amendEnds(AmendUnknown, now)
	}
}

// The refusals of an amendment which say that the order is not there: it has ended, or never was (Binance USD-M, Error Codes).
const (
	codeUnknownOrder = -2011
	codeNoOrder      = -2013
)

// amended takes an amendment's price and quantity over: they are in force.
func (s *Step) amended(now market.Nanos) {
	o := s.Order
	o.Px, o.Qty, o.Revision, o.most = o.NewPx, o.NewQty, o.Asked, max(o.most, o.NewQty)
	s.amendEnds(AmendAccepted, now)
}

func (s *Step) amendEnds(a AmendState, now market.Nanos) {
	o := s.Order
	o.Amend, o.Changed = a, now
	s.Facts |= AmendEnded
}

// version takes what a message says of an order's price and quantity; qty 0: nothing. It proves an open amendment by its number, or by
// figures that only it has. Anything else may be from before.
func (s *Step) version(px market.Ticks, qty market.Lots, revision int32, now market.Nanos) {
	o := s.Order
	switch {
	case qty == 0:
	case o.Amend.Open() && o.Amend != AmendIntended &&
		(revision == o.Asked || px == o.NewPx && qty == o.NewQty && (px != o.Px || qty != o.Qty)):
		s.amended(now)
	case o.ClosePosition && o.Qty == 0:
		o.Qty, o.most = qty, qty // how much there is to close is known when the trigger comes
	case o.PriceMatch != market.PriceMatchNone && o.Px == 0:
		o.Px = px
	}
}

// settleVersion takes the last word about an order's price and quantity: an open amendment that it does not show had no effect. Other
// figures than ours are somebody else's amendment.
func (s *Step) settleVersion(r *market.Report, now market.Nanos) {
	o := s.Order
	if r.Qty == 0 || o.Amend == AmendIntended {
		return
	}
	if o.Amend.Open() {
		o.Code, o.Text = 0, "the venue has proven that the amendment had no effect"
		s.amendEnds(AmendRefused, now)
	}
	if o.Type == market.Limit && (r.Px != o.Px || r.Qty != o.Qty) && (r.Revision == 0 || r.Revision >= o.Revision) {
		o.Px, o.Qty, o.most = r.Px, r.Qty, max(o.most, r.Qty)
		s.Facts |= Changed
	}
}

// ended closes an amendment whose order has ended: where the end named the version, that one was the last.
func (s *Step) ended(named bool) {
	o := s.Order
	if s.Facts&Ended == 0 || !o.Amend.Open() || !named {
		return
	}
	o.Code, o.Text = 0, "the order ended before the amendment took effect"
	s.amendEnds(AmendRefused, o.Changed)
}

// conditional takes what a message says of a conditional order beyond its status, which never goes back.
func (s *Step) conditional(a market.AlgoStatus, id int64, reason string) {
	o := s.Order
	if a == market.AlgoNone || !o.Type.Conditional() {
		return
	}
	if a >= market.AlgoTriggering && a <= market.AlgoRejected && o.Algo < market.AlgoTriggering {
		s.Facts |= Triggered
	}
	o.Algo = max(o.Algo, a)
	if id != 0 {
		o.AlgoID = id
	}
	if a == market.AlgoRejected {
		o.Code, o.Text = 0, strings.Clone(reason) // the message is borrowed
	}
	if a == market.AlgoFinished && o.Live() {
		o.doubt = true // its order has ended; how, that order's own news tell, or a report
	}
}
