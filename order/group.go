package order

import (
	"fmt"
	"math"
	"slices"

	"baton/market"
)

// Group decides, for a group of orders, what to do next: it is asked by [Group.Next] whenever anything has happened (an order's news, a
// fill, a new position, its time), and answers with one thing to do, until there is nothing left. It looks at how things stand, never at
// how they came to be so: that is what makes it safe to restart from a [market.GroupState] and the venue's word about the orders.
//
// What it promises, whatever the order of the news: it never asks for more exposure than the group was asked for; what closes is
// reduce-only, or closes the position and nothing else; a stop that moves is placed anew before the old one is cancelled; there are
// never more than two stops at once, nor two take profits, nor two closes at the market; a position without its stop for longer than
// the group's bound is closed at the market; and when nothing more is refused or lost, it comes to its end.
//
// It belongs to whoever drives it, sends nothing, and keeps no time of its own.
type Group struct {
	market.GroupState
	table    *Table
	open     []market.OrderID // legs that had not ended when last looked at
	restored bool
	over     bool
	now      market.Nanos // of the last look
	wake     market.Nanos
	flat     market.Nanos                 // since when there is nothing to protect; 0: there is, or was never
	says     []Do                         // alarms to give first
	rested   [market.Roles]market.OrderID // the youngest order of a role that was seen to rest
	tries    [market.Roles]chance         // of placing
	bare     market.Nanos                 // since when there is a position and no stop rests; 0: not so
	closing  string                       // why the position is closed at the market; "": it is not
	failed   string                       // why the group cannot do what it was asked for
	owed     string                       // to be said once a close at the market that came after order owes was filled: there was something to close
	owes     market.OrderID
	crossed  bool // that both orders of OCO were filled was said
}

// chance is how placing the orders of a role goes.
type chance struct {
	misses int
	pause  market.Nanos
	again  market.Nanos // no try before
}

// The pauses between two tries to place an order that was refused, and after how many tries a group gives up what it may give up.
const (
	tryFirst = market.Nanos(100e6)
	tryMost  = market.Nanos(5e9)
	triesMax = 5
)

// flatGrace is how long the venue may take to let go by itself of what would have closed a position that is gone (Binance USD-M,
// closePosition), before its end is asked for.
const flatGrace = market.Nanos(500e6)

// wouldTrigger is the refusal of a conditional order whose price has come already (Binance USD-M, error -2021).
const wouldTrigger = -2021

// DoKind is a kind of [Do].
type DoKind uint8

// The kinds: place an order (Role, Ask), cancel one (Order), say something that needs a person (Text), go back to another stop (Stop),
// note the end (Text).
const (
	DoPlace DoKind = iota + 1
	DoCancel
	DoAlarm
	DoMove
	DoEnd
)

// Do is one thing to do for a group. An Ask without a quantity closes all of the position, whatever it is when the trigger comes
// (Binance USD-M, closePosition).
type Do struct {
	Kind  DoKind
	Role  market.Role
	Ask   market.Ask
	Order market.OrderID
	Stop  market.Ticks
	Text  string
}

// NewGroup begins a group whose orders will be in table.
func NewGroup(g *market.Group, table *Table) *Group {
	return &Group{GroupState: market.GroupState{Group: *g}, table: table}
}

// RestoreGroup goes on with a group of an earlier run. The table holds what is known of its orders; one that it does not hold has ended.
func RestoreGroup(s *market.GroupState, table *Table) *Group {
	g := &Group{GroupState: *s, table: table, restored: true}
	g.Legs = append([]market.Leg(nil), s.Legs...)
	for i := range g.Legs {
		if g.alive(g.Legs[i].Order) {
			g.open = append(g.open, g.Legs[i].Order)
		}
	}
	return g
}

// Apply does what a record of the group says, and is called with each as it is written.
func (g *Group) Apply(r *market.GroupRecord, now market.Nanos) {
	g.GroupState.Apply(r, now)
	switch r.Op {
	case market.GroupLeg:
		g.open = append(g.open, r.Leg.Order)
		g.Compact(g.alive)
	case market.GroupMove:
		g.tries[market.RoleStop], g.tries[market.RoleTake] = chance{}, chance{}
	case market.GroupEnd:
		g.over = true
	}
}

// Fill counts what one of its orders has filled, and says whether the order is one of its.
func (g *Group) Fill(id market.OrderID, q market.Lots) bool {
	l := g.Leg(id)
	if l != nil {
		l.Filled += q
	}
	return l != nil
}

// Refused hears that an order was not placed, and never will be, and why.
func (g *Group) Refused(r market.Role, text string, now market.Nanos) {
	g.missed(r, 0, text, now)
	if g.Kind == market.GroupTWAP && r == market.RoleFirst {
		g.Count[r]++ // its slice is gone, and what it should have filled is in those that follow
		g.Last = now
	}
}

// missed is an order that did not come to be, with the code and the text of its refusal.
func (g *Group) missed(r market.Role, code int, text string, now market.Nanos) {
	c := &g.tries[r]
	c.misses++
	c.pause = min(max(2*c.pause, tryFirst), tryMost)
	c.again = now + c.pause
	switch {
	case (r == market.RoleStop || r == market.RoleTake) && code == wouldTrigger:
		g.closeNow(fmt.Sprintf("the price has passed the %s", r))
	case r == market.RoleFirst && g.Kind != market.GroupTWAP && g.Kind != market.GroupIceberg, r == market.RoleSecond && g.Kind == market.GroupOCO:
		g.failed = fmt.Sprintf("the %s order was refused: %s", r, text)
	case c.misses == triesMax:
		g.alarm("the %s order was refused %d times, the last time: %s", r, c.misses, text)
	}
}

// Over says that the group has come to its end.
func (g *Group) Over() bool { return g.over }

// Wake is when to ask [Group.Next] again at the latest; the largest time there is where only news can change anything.
func (g *Group) Wake() market.Nanos { return g.wake }

// Protects says whether it is a group that protects a position: a protection or a bracket.
func (g *Group) Protects() bool { return g.Kind <= market.GroupBracket }

// Protected says whether its stop rests at the venue, for all of the position, or there is nothing to protect.
func (g *Group) Protected(position market.Lots) bool {
	need := g.need(position)
	return need == 0 || !g.Guarded() || g.cover(need) != nil
}

// Quiet says whether it could be left alone: it is over, or all that is open is what protects the position, at rest at the venue.
func (g *Group) Quiet(position market.Lots) bool {
	for _, id := range g.open {
		l, o := g.Leg(id), g.table.Order(id)
		if l.Role != market.RoleStop && l.Role != market.RoleTake || !o.State.AtVenue() || o.Cancel != CancelNone {
			return false
		}
	}
	need := g.need(position)
	return g.over || need > 0 && g.closing == "" && g.Wish != market.WishClose && g.Protected(position)
}

// Next is the one thing to do now, given the position; false: nothing, until there is news or Wake comes.
func (g *Group) Next(now market.Nanos, position market.Lots) (do Do, ok bool) {
	g.now, g.wake = now, math.MaxInt64
	if g.over {
		return Do{}, false
	}
	g.look(now, position)
	g.owing()
	if len(g.says) > 0 {
		do, g.says = g.says[0], g.says[1:]
		return do, true
	}
	switch g.Kind {
	case market.GroupOCO:
		return g.oneCancelsOther()
	case market.GroupOTO:
		return g.oneTriggersOther(now)
	case market.GroupTWAP:
		return g.slice(now)
	case market.GroupIceberg:
		return g.iceberg(now)
	}
	return g.protect(now, position)
}

// look finds the legs that have ended since it last looked, and takes a lesson from how.
func (g *Group) look(now market.Nanos, position market.Lots) {
	for i := range g.Legs { // that it had ended may have proved wrong
		if id := g.Legs[i].Order; g.alive(id) && !slices.Contains(g.open, id) {
			g.open = append(g.open, id)
		}
	}
	n := 0
	for _, id := range g.open {
		if g.alive(id) {
			g.open[n] = id
			n++
			if r := g.Leg(id).Role; g.table.Order(id).State.AtVenue() && id > g.rested[r] {
				g.rested[r], g.tries[r] = id, chance{}
			}
			continue
		}
		g.ended(g.Leg(id), g.table.Order(id), now, position)
	}
	g.open = g.open[:n]
}

// ended takes a lesson from the end of one leg. o is nil where the table has forgotten it.
func (g *Group) ended(l *market.Leg, o *Order, now market.Nanos, position market.Lots) {
	switch {
	case o == nil || l.Filled > 0:
	case o.State == Refused && o.Facts&ProvedAccepted != 0 && l.Role == market.RoleStop && g.need(position) > 0:
		g.closeNow("the venue did not carry out the stop when its price came: " + o.Text)
		g.owed, g.owes = "the position is closed at the market: "+g.closing, g.Legs[len(g.Legs)-1].Order
	case o.State == Refused || o.State == ProvenAbsent:
		g.missed(l.Role, o.Code, o.Text, now)
	case !o.asked && (l.Role >= market.RoleStop || g.Kind == market.GroupIceberg): // the venue, or somebody else, ended it
		g.missed(l.Role, 0, o.State.String(), now)
	}
	if l.Role == market.RoleClose && g.tries[l.Role].again <= now {
		g.tries[l.Role].again = now + tryFirst // what is left of the position may be on its way here
	}
}

// owing says what was to be said of a stop that was not carried out, when it is known that there was something to close.
func (g *Group) owing() {
	for i := range g.Legs {
		if l := &g.Legs[i]; g.owed != "" && l.Role == market.RoleClose && l.Order > g.owes && l.Filled > 0 {
			g.alarm("%s", g.owed)
			g.owed = ""
		}
	}
}

func (g *Group) closeNow(why string) {
	if g.closing == "" {
		g.closing = why
	}
}

func (g *Group) alarm(format string, args ...any) {
	g.says = append(g.says, Do{Kind: DoAlarm, Text: fmt.Sprintf(format, args...)})
}

func (g *Group) alive(id market.OrderID) bool {
	o := g.table.Order(id)
	return o != nil && (o.Live() || o.Outstanding() > 0)
}

// until has Next called again at a time.
func (g *Group) until(at market.Nanos) { g.wake = min(g.wake, at) }

// live is a leg of that role that has not ended, or nil.
func (g *Group) live(r market.Role) *Order {
	for _, id := range g.open {
		if g.Leg(id).Role == r {
			return g.table.Order(id)
		}
	}
	return nil
}

// cancel asks for the end of the live orders of some roles, one at a time; false where there is none to ask for.
func (g *Group) cancel(roles ...market.Role) (Do, bool) {
	for _, id := range g.open {
		l, o := g.Leg(id), g.table.Order(id)
		for _, r := range roles {
			if l.Role == r && cancellable(o) && !g.patient(l) {
				return Do{Kind: DoCancel, Role: r, Order: id}, true
			}
		}
	}
	return Do{}, false
}

// patient says whether the end of a leg is left to the venue at this moment.
func (g *Group) patient(l *market.Leg) bool {
	if l.Qty != 0 || g.flat == 0 || g.now >= g.flat+flatGrace {
		return false
	}
	g.until(g.flat + flatGrace)
	return true
}

func cancellable(o *Order) bool { return o.Live() && o.Cancel == CancelNone }

// finish cancels what is open, and ends the group when nothing is.
func (g *Group) finish(text string) (Do, bool) {
	if do, ok := g.cancel(market.RoleFirst, market.RoleSecond, market.RoleStop, market.RoleTake); ok || len(g.open) > 0 {
		return do, ok
	}
	return Do{Kind: DoEnd, Text: text}, true
}

func place(r market.Role, a market.Ask) (Do, bool) { return Do{Kind: DoPlace, Role: r, Ask: a}, true }
