package order

import "baton/market"

// news is what was heard about an order, whoever said it.
type news uint8

const (
	newsSent news = iota
	newsUnknown
	newsAccepted
	newsRefused
	newsNew
	newsPartial
	newsFilled
	newsCanceled
	newsExpired
	newsRejected
	newsAbsent
	newsFill // a fill that came without a status, and leaves some of the order open
	newsKinds
)

// move is what a piece of news does to a state: the state that follows and the facts it proves.
type move struct {
	to    State
	facts Fact
}

func to(s State, f Fact) move { return move{s, f} }

// moves is the whole machine: a row for each state, a column for each piece of news. The zero move means that nothing follows:
// old news, marked Stale.
//
// From the first three states everything is possible, because answers, updates and reports come by different ways. Once the
// venue has proven to have the order, a refusal or an absence contradicts it and changes nothing. A terminal state is left only
// by Refused and ProvenAbsent, on proof that they were wrong: an order that lives at the venue must be treated as live, whatever
// was believed.
var moves = [states][newsKinds]move{
	Intended: early(Intended),
	Sent:     early(Sent),
	Unknown:  early(Unknown),
	New: {
		newsRefused: to(New, Illegal), newsRejected: to(Refused, Ended|Illegal), newsAbsent: to(New, Illegal),
		newsPartial: to(PartiallyFilled, 0), newsFill: to(PartiallyFilled, 0), newsFilled: to(Filled, Ended),
		newsCanceled: to(Canceled, Ended), newsExpired: to(Expired, Ended),
	},
	PartiallyFilled: {
		newsRefused: to(PartiallyFilled, Illegal), newsRejected: to(PartiallyFilled, Illegal), newsAbsent: to(PartiallyFilled, Illegal),
		newsPartial: to(PartiallyFilled, 0), newsFill: to(PartiallyFilled, 0), newsFilled: to(Filled, Ended),
		newsCanceled: to(Canceled, Ended), newsExpired: to(Expired, Ended),
	},
	Filled: {
		newsRefused: to(Filled, Illegal), newsRejected: to(Filled, Illegal), newsAbsent: to(Filled, Illegal),
		newsCanceled: to(Filled, Illegal), newsExpired: to(Filled, Illegal), newsFill: to(Filled, 0),
	},
	Canceled: {
		newsRefused: to(Canceled, Illegal), newsRejected: to(Canceled, Illegal), newsExpired: to(Canceled, Illegal),
		newsFilled: to(Canceled, Illegal), newsFill: to(Canceled, 0),
	},
	Expired: {
		newsRefused: to(Expired, Illegal), newsRejected: to(Expired, Illegal), newsCanceled: to(Expired, Illegal),
		newsFilled: to(Expired, Illegal), newsFill: to(Expired, 0),
	},
	Refused:      gone(Refused),
	ProvenAbsent: gone(ProvenAbsent),
}

// early is the row of a state in which nothing is proven yet.
func early(s State) [newsKinds]move {
	row := [newsKinds]move{
		newsAccepted: to(New, ProvedAccepted), newsNew: to(New, ProvedAccepted),
		newsPartial: to(PartiallyFilled, ProvedAccepted), newsFill: to(PartiallyFilled, ProvedAccepted),
		newsFilled:   to(Filled, ProvedAccepted|Ended),
		newsCanceled: to(Canceled, ProvedAccepted|Ended), newsExpired: to(Expired, ProvedAccepted|Ended),
		newsRefused: to(Refused, Ended), newsRejected: to(Refused, Ended), newsAbsent: to(ProvenAbsent, Ended),
	}
	if s == Intended {
		row[newsSent] = to(Sent, 0)
	}
	if s != Unknown {
		row[newsUnknown] = to(Unknown, 0)
	}
	return row
}

// gone is the row of an order that counts as never having reached the venue.
func gone(s State) [newsKinds]move {
	const back = ProvedAccepted | Revived
	row := [newsKinds]move{
		newsAccepted: to(New, back), newsNew: to(New, back), newsPartial: to(PartiallyFilled, back), newsFill: to(PartiallyFilled, back),
		newsFilled: to(Filled, back|Ended), newsCanceled: to(Canceled, back|Ended), newsExpired: to(Expired, back|Ended),
	}
	if s == ProvenAbsent {
		row[newsRejected] = to(Refused, Ended|Illegal)
	}
	return row
}

var statusNews = [...]news{
	market.StatusNone: newsFill, market.StatusNew: newsNew, market.StatusPartiallyFilled: newsPartial, market.StatusFilled: newsFilled,
	market.StatusCanceled: newsCanceled, market.StatusExpired: newsExpired, market.StatusRejected: newsRejected,
	market.StatusExpiredInMatch: newsExpired,
}

// hear moves o by one piece of news and adds to the step.
func (s *Step) hear(n news, now market.Nanos) {
	o := s.Order
	m := moves[o.State][n]
	if n == newsRejected && o.Algo == market.AlgoRejected && o.State != Refused {
		m = to(Refused, Ended|TriggerRejected) // it waited, and came to nothing
	}
	if m == (move{}) {
		s.Facts |= Stale
		return
	}
	s.Facts |= m.facts
	if m.to != o.State {
		o.State, o.Changed = m.to, now
		s.To = m.to
	}
}

// fill books a fresh fill into o. It comes before the status of the same message, so that a Filled is never Missing.
func (s *Step) fill(f *market.Fill, now market.Nanos) {
	o := s.Order
	if f.Side != o.Side || f.Instrument != o.Instrument {
		s.Facts |= Mismatch
	}
	if o.State == Canceled || o.State == Expired {
		if o.Filled+f.Qty > o.Reported { // below that it was announced, and is only late in coming
			s.Facts |= LateFill
		}
	}
	o.Filled += f.Qty
	o.Changed = now
	s.Filled = f.Qty
	s.Facts |= FillApplied
	if o.over(o.Filled) {
		s.Facts |= Overfill
	}
}

// reported takes the venue's cumulative quantity, which never falls.
func (s *Step) reported(filled market.Lots) {
	o := s.Order
	o.Reported = max(o.Reported, filled)
	if o.Reported > o.Filled {
		s.Facts |= MissingFills
	}
	if o.over(o.Reported) {
		s.Facts |= Overfill
	}
}
