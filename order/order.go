// Package order is the state machine of orders, with Unknown as a state of its own.
//
// A [Table] holds the orders of one trader and belongs to its loop. It is told what an earlier run left ([Table.Inherit]), what was asked for ([Table.Intend]), what left
// ([Table.Sent]), what was answered ([Table.Reply]), what the venue did ([Table.Update]) and what a query proved
// ([Table.Report]), in whatever order these arrive: a fill may overtake the answer. Each call returns a [Step], which says what
// changed and, by [Fact], what should not have happened. Nothing is dropped silently and nothing is guessed: an order whose
// fate is not proven stays live, and with it its risk.
//
//	t := order.NewTable(1000)
//	o, err := t.Intend(&cmd, now)
//	t.Sent(o.ID, market.OpPlace, now)
//	step := t.Reply(o.ID, market.OpPlace, market.Unknown(), now) // o.State is Unknown, o.Live() is true
//	step = t.Update(&update, fresh, now)                        // a fill proves that the venue has it
//	if step.Closed() && o.Outstanding() == 0 { t.Retire(o.ID) }
//
// It sends nothing, asks nothing, keeps no time of its own, and does not know a trade twice: whether a fill is new is the
// ledger's word, passed in as fresh.
package order

import (
	"baton/market"
)

// State is where an order stands, as far as is proven.
type State uint8

// The states. Intended: to be sent; nothing has left. Sent: its bytes left, or may have. Unknown: the send's outcome is not
// known; not terminal, and settled only by an update or a report. New and PartiallyFilled: the venue has it. Filled, Canceled,
// Expired: the venue ended it. Refused: proven to have had no effect. ProvenAbsent: a query proved that the venue neither has
// it nor can get it any more.
const (
	None State = iota
	Intended
	Sent
	Unknown
	New
	PartiallyFilled
	Filled
	Canceled
	Expired
	Refused
	ProvenAbsent
	states
)

// String is the state in words.
func (s State) String() string {
	return [...]string{"none", "intended", "sent", "unknown", "new", "partially filled", "filled", "canceled", "expired",
		"refused", "proven absent"}[s]
}

// Terminal says whether the order has ended, by proof.
func (s State) Terminal() bool { return s >= Filled }

// AtVenue says whether the venue is proven to have the order in its book.
func (s State) AtVenue() bool { return s == New || s == PartiallyFilled }

// CancelState is where the request to cancel an order stands.
type CancelState uint8

// The states of a cancel. CancelAccepted does not end the order: fills that the venue made before may still be on their way, so
// that only an update or a report, which say how much was filled, end it. CancelRefused does not end it either: it may be
// filled, gone, or never have been; ask.
const (
	CancelNone CancelState = iota
	CancelIntended
	CancelSent
	CancelUnknown
	CancelAccepted
	CancelRefused
)

// String is the cancel's state in words.
func (c CancelState) String() string {
	return [...]string{"none", "intended", "sent", "unknown", "accepted", "refused"}[c]
}

// Order is one order. It is owned by its table; others read it. After [Table.Retire] it is given to another order.
type Order struct {
	ID         market.OrderID
	Instrument *market.Instrument
	Side       market.Side
	Type       market.OrderType
	TIF        market.TIF
	Px         market.Ticks
	Qty        market.Lots
	ReduceOnly bool

	State    State
	Cancel   CancelState
	Venue    int64       // the venue's order id, once known
	Filled   market.Lots // the sum of the fills that were booked
	Reported market.Lots // the highest cumulative quantity the venue named; never falls
	Code     int         // of the last refusal, of the order or of its cancel
	Text     string
	Facts    Fact // all facts so far
	Created  market.Nanos
	asked    bool         // its end was asked for once, so that an answer to a cancel is never out of place
	Changed  market.Nanos // of the last step that changed anything

	next, prev *Order // in the table's list of orders, by age
}

// Live says whether the order may still be filled: everything that is not proven to have ended.
func (o *Order) Live() bool { return !o.State.Terminal() }

// Left is what may still rest or fill at the venue, as far as is known; zero once the order ended.
func (o *Order) Left() market.Lots {
	if !o.Live() {
		return 0
	}
	return max(o.Qty-max(o.Filled, o.Reported), 0)
}

// Missing is what the venue says was filled and no fill was booked for yet. It will come; until then it is risk.
func (o *Order) Missing() market.Lots { return max(o.Reported-o.Filled, 0) }

// Outstanding is how much more this order may still move the position by: what risk must keep reserved for it.
func (o *Order) Outstanding() market.Lots { return o.Left() + o.Missing() }

// Unsettled says whether only a query, or news from the venue, can tell how it stands with the order.
func (o *Order) Unsettled() bool {
	return o.State == Unknown || o.Live() && (o.Cancel == CancelUnknown || o.Cancel == CancelRefused) || o.Missing() > 0
}

// Fact is what a step proved, or what about it was not as it should be. Facts combine.
type Fact uint16

// The facts. Those from Illegal on want an alarm; the step says what was done all the same.
const (
	ProvedAccepted Fact = 1 << iota // first proof that the venue has, or had, the order
	FillApplied                     // Filled grew
	Ended                           // the order reached a terminal state
	CancelEnded                     // the cancel was answered
	Stale                           // old news: nothing changed
	MissingFills                    // the venue's cumulative quantity is above the fills booked
	Illegal                         // not possible from this state, whether it was kept or not
	LateFill                        // a fill after the end (canceled or expired): applied
	Revived                         // proof of life of an order that counted as refused or absent: it is live again, reserve its risk
	Overfill                        // filled beyond its quantity: applied
	Mismatch                        // a fill of another instrument or side than the order's: applied as it is
	NoSuchOrder                     // the table has no such order
)

// Alarming are the facts that a person should hear of.
const Alarming = Illegal | LateFill | Revived | Overfill | Mismatch | NoSuchOrder

var factNames = [...]string{"proved accepted", "fill applied", "ended", "cancel ended", "stale", "fills missing", "illegal",
	"late fill", "revived", "overfill", "mismatch", "no such order"}

// String lists the facts.
func (f Fact) String() string {
	s := ""
	for i, n := range factNames {
		if f>>i&1 == 0 {
			continue
		}
		if s != "" {
			s += ", "
		}
		s += n
	}
	return s
}

// Step is what one call to the table did.
type Step struct {
	Order    *Order // nil: NoSuchOrder
	From, To State
	Filled   market.Lots // booked by this step
	Facts    Fact
}

// Closed says whether this step ended the order.
func (s Step) Closed() bool { return s.Facts&Ended != 0 }

// Has says whether the step has any of the facts f.
func (s Step) Has(f Fact) bool { return s.Facts&f != 0 }
