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
//	step = t.Amending(o.ID, 101, 3, now)                        // asked for; the worse of both versions counts until it is settled
//	if step.Closed() && o.Outstanding() == 0 { t.Retire(o.ID) }
//
// A [Group] decides about several orders that belong together: which to place, cancel or move next, given how they and the position
// stand.
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

// AmendState is where the last request to amend an order stands.
type AmendState uint8

// The states of an amendment. From AmendIntended to AmendUnknown it is open: the order may have the old price and quantity or the new
// ones, and the worse of both counts. AmendUnknown is settled by an update that names the version, or by a report.
const (
	AmendNone AmendState = iota
	AmendIntended
	AmendSent
	AmendUnknown
	AmendAccepted
	AmendRefused
)

// String is the amendment's state in words.
func (a AmendState) String() string {
	return [...]string{"none", "intended", "sent", "unknown", "accepted", "refused"}[a]
}

// Open says whether it may still take effect, as far as is proven.
func (a AmendState) Open() bool { return a >= AmendIntended && a <= AmendUnknown }

// Order is one order. It is owned by its table; others read it. After [Table.Retire] it is given to another order. A conditional
// order and the ordinary one that it becomes are one.
type Order struct {
	market.Command // as asked for; Px, Qty and Revision are those of the last amendment that is proven to have taken effect

	State    State
	Cancel   CancelState
	Amend    AmendState
	Algo     market.AlgoStatus // of a conditional order, as far as is known
	Asked    int32             // number of the last amendment that was asked for
	NewPx    market.Ticks      // what it asked for
	NewQty   market.Lots
	Venue    int64       // the venue's order id, once known; of a conditional order, once it is triggered
	AlgoID   int64       // the venue's number of a conditional order, once known
	Filled   market.Lots // the sum of the fills that were booked
	Reported market.Lots // the highest cumulative quantity the venue named; never falls
	Code     int         // of the last refusal, of the order or of its cancel
	Text     string
	Facts    Fact // all facts so far
	Created  market.Nanos
	asked    bool         // its end was asked for once, so that an answer to a cancel is never out of place
	doubt    bool         // the venue has said something that only a report can explain
	most     market.Lots  // the highest quantity that it ever had
	Changed  market.Nanos // of the last step that changed anything

	next, prev *Order // in the table's list of orders, by age
}

// Live says whether the order may still be filled: everything that is not proven to have ended.
func (o *Order) Live() bool { return !o.State.Terminal() }

// InBook says whether the venue is proven to have it in matching: a conditional order only once it is triggered.
func (o *Order) InBook() bool {
	return o.State.AtVenue() && (!o.Type.Conditional() || o.Algo >= market.AlgoTriggered)
}

// Waits says whether it is a conditional order whose trigger is not known to have come.
func (o *Order) Waits() bool {
	return o.Type.Conditional() && o.Live() && o.Algo < market.AlgoTriggering && o.Filled == 0
}

// over says whether so much is more than it can ever have been asked to fill.
func (o *Order) over(filled market.Lots) bool {
	return filled > max(o.most, o.worst()) && (!o.ClosePosition || o.Qty > 0)
}

// worst is the quantity that it may have: of an open amendment, the higher of both.
func (o *Order) worst() market.Lots {
	if o.Amend.Open() {
		return max(o.Qty, o.NewQty)
	}
	return o.Qty
}

// Left is what may still rest or fill at the venue, as far as is known; zero once the order ended.
func (o *Order) Left() market.Lots {
	if !o.Live() {
		return 0
	}
	return max(o.worst()-max(o.Filled, o.Reported), 0)
}

// Missing is what the venue says was filled and no fill was booked for yet. It will come; until then it is risk.
func (o *Order) Missing() market.Lots { return max(o.Reported-o.Filled, 0) }

// Outstanding is how much more this order may still move the position by: what risk must keep reserved for it.
func (o *Order) Outstanding() market.Lots { return o.Left() + o.Missing() }

// Unsettled says whether only a query, or news from the venue, can tell how it stands with the order.
func (o *Order) Unsettled() bool {
	return o.State == Unknown || o.Missing() > 0 ||
		o.Live() && (o.Cancel == CancelUnknown || o.Cancel == CancelRefused || o.Amend == AmendUnknown || o.doubt)
}

// Fact is what a step proved, or what about it was not as it should be. Facts combine.
type Fact uint32

// The facts. Those from Illegal on want an alarm; the step says what was done all the same.
const (
	ProvedAccepted  Fact = 1 << iota // first proof that the venue has, or had, the order
	FillApplied                      // Filled grew
	Ended                            // the order reached a terminal state
	CancelEnded                      // the cancel was answered
	Stale                            // old news: nothing changed
	MissingFills                     // the venue's cumulative quantity is above the fills booked
	Illegal                          // not possible from this state, whether it was kept or not
	LateFill                         // a fill after the end (canceled or expired): applied
	Revived                          // proof of life of an order that counted as refused or absent: it is live again, reserve its risk
	Overfill                         // filled beyond its quantity: applied
	Mismatch                         // a fill of another instrument or side than the order's: applied as it is
	NoSuchOrder                      // the table has no such order
	TriggerRejected                  // the trigger of a conditional order came, and the venue refused what it became
	Changed                          // somebody else amended the order: taken over as it is
	AmendEnded                       // the amendment was answered, or its fate proven
	Triggered                        // the trigger of a conditional order came
)

// Alarming are the facts that a person should hear of.
const Alarming = Illegal | LateFill | Revived | Overfill | Mismatch | NoSuchOrder | TriggerRejected | Changed

var factNames = [...]string{"proved accepted", "fill applied", "ended", "cancel ended", "stale", "fills missing", "illegal",
	"late fill", "revived", "overfill", "mismatch", "no such order", "trigger rejected", "changed by somebody else", "amendment ended", "triggered"}

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
