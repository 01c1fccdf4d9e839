package market

import (
	"slices"

	"baton/decimal"
)

// GroupKind is what the orders of a group are to each other.
type GroupKind uint8

// The kinds. A protection closes a position that is there, at a stop, at a profit, or at both. A bracket is an entry, and a
// protection around what it fills. Of OCO's two orders the first that is filled ends the other. OTO's second order follows what its
// first has filled. TWAP works a quantity in slices over time, an iceberg shows a part of it at a time.
const (
	GroupProtect GroupKind = iota + 1
	GroupBracket
	GroupOCO
	GroupOTO
	GroupTWAP
	GroupIceberg
)

// String is the kind in words.
func (k GroupKind) String() string {
	return [...]string{"none", "protection", "bracket", "OCO", "OTO", "TWAP", "iceberg"}[k]
}

// Role is what an order does in its group.
type Role uint8

// The roles: the entry of a bracket, the first order of OCO and OTO, a slice; the second order of OCO and OTO; the stop; the take
// profit; what closes at the market when a position cannot be protected.
const (
	RoleFirst Role = iota + 1
	RoleSecond
	RoleStop
	RoleTake
	RoleClose
	Roles // one more than the last
)

// String is the role in words.
func (r Role) String() string {
	return [...]string{"none", "first", "second", "stop", "take profit", "close"}[r]
}

// Ask is an order as a group asks for it. Trigger is the price that a conditional one waits for.
type Ask struct {
	Side       Side
	Type       OrderType
	TIF        TIF
	Px         Ticks
	Trigger    Ticks
	Qty        Lots
	ReduceOnly bool
}

// Group is what a group of orders was asked to do.
type Group struct {
	ID         OrderID // out of the same numbers as those of orders
	Kind       GroupKind
	Instrument *Instrument
	First      Ask             // of each kind but a protection; for TWAP and iceberg with the whole quantity
	Second     Ask             // of OCO and OTO
	Guards     Side            // of a protection and a bracket: the side of the position, Buy for a long one
	Stop       Ticks           // where the loss is cut; of a trailing stop, from where it follows, 0: from the price now
	Take       Ticks           // where the profit is taken; 0: nowhere
	Callback   decimal.Decimal // of a trailing stop, its distance in percent; zero: the stop stands
	Working    Working         // the price that both triggers are compared with
	Slices     int             // of TWAP
	Every      Nanos           // of TWAP: between the beginnings of two slices
	Show       Lots            // of an iceberg: the most that rests at a time
	Bare       Nanos           // how long a position may be without its stop, before it is closed at the market
	Begun      Nanos
}

// Guarded says whether the group has a stop, standing or trailing.
func (g *Group) Guarded() bool { return g.Stop != 0 || !g.Callback.IsZero() }

// Leg is an order of a group.
type Leg struct {
	Order   OrderID
	Role    Role
	Trigger Ticks // of a stop or a take profit: where the group wanted it
	Qty     Lots  // 0: all of the position, whatever it is then
	Filled  Lots
}

// Wish is what a person or a strategy wants of a group beside its plan.
type Wish uint8

// The wishes. WishWind: nothing more that could increase a position; a protection stays as long as there is one. WishClose: the same,
// and the position is closed at the market. WishRelease: all orders are cancelled, the protection too.
const (
	WishNone Wish = iota
	WishWind
	WishClose
	WishRelease
)

// String is the wish in words.
func (w Wish) String() string {
	return [...]string{"none", "nothing more to increase the position", "close the position", "release the position"}[w]
}

// GroupOp is what a journal record says of a group.
type GroupOp uint8

// The operations: the group begins (Group); an order becomes a leg of it, written before the order's intent (Leg); its stop and its
// take profit move (Group.Stop, Group.Take); a wish (Wish); it has come to its end (Text).
const (
	GroupBegin GroupOp = iota + 1
	GroupLeg
	GroupMove
	GroupWish
	GroupEnd
)

// GroupRecord is a journal record's word on a group. Group.ID counts in each, the rest as [GroupOp] says.
type GroupRecord struct {
	Op    GroupOp
	Group Group
	Leg   Leg
	Wish  Wish
	Text  string
}

// GroupState is how far a group has come, as far as its journal tells: what it was asked for, moved to where it is now, and its legs.
type GroupState struct {
	Group
	Legs  []Leg       // the last ones, oldest first
	Past  [Roles]Lots // filled by the legs before those
	Count [Roles]int  // legs that ever were
	Last  Nanos       // when the last leg began
	Wish  Wish
}

// LegsKept is how many legs a [GroupState] names before the oldest that have ended become sums.
const LegsKept = 64

// Apply does to the state what a record says. GroupEnd is for whoever keeps the states.
func (s *GroupState) Apply(r *GroupRecord, at Nanos) {
	switch r.Op {
	case GroupBegin:
		*s = GroupState{Group: r.Group}
	case GroupLeg:
		s.Legs = append(s.Legs, r.Leg)
		s.Count[r.Leg.Role]++
		s.Last = at
	case GroupMove:
		s.Stop, s.Take = r.Group.Stop, r.Group.Take
	case GroupWish:
		s.Wish = max(s.Wish, r.Wish)
	}
}

// Leg is the leg of that order, or nil.
func (s *GroupState) Leg(id OrderID) *Leg {
	for i := range s.Legs {
		if s.Legs[i].Order == id {
			return &s.Legs[i]
		}
	}
	return nil
}

// Filled is what all legs of a role have filled.
func (s *GroupState) Filled(r Role) Lots {
	sum := s.Past[r]
	for i := range s.Legs {
		if s.Legs[i].Role == r {
			sum += s.Legs[i].Filled
		}
	}
	return sum
}

// Compact makes sums of the oldest legs that have ended, where there are more than [LegsKept].
func (s *GroupState) Compact(live func(OrderID) bool) {
	for i := 0; len(s.Legs) > LegsKept && i < len(s.Legs); {
		l := s.Legs[i]
		if live(l.Order) {
			i++
			continue
		}
		s.Past[l.Role] += l.Filled
		s.Legs = slices.Delete(s.Legs, i, i+1)
	}
}
