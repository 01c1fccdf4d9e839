package order_test

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"baton/market"
	"baton/order"
)

// world is a group between a trader's table and a venue of its own, which holds to the venue's rules and to nothing of package order.
// What happens next, rapid draws: news and answers come in any order, are lost, or are late; the trader dies and begins again.
type world struct {
	failer
	rapid *rapid.T
	calm  bool // no faults any more
	now   market.Nanos

	// The trader.
	spec     market.Group
	g        *order.Group
	table    *order.Table
	pos      market.Lots
	trades   map[int64]bool
	next     market.OrderID
	journal  []market.GroupRecord
	stamps   []market.Nanos
	cmds     map[market.OrderID]market.Command
	fills    []market.Fill
	ended    string
	alarms   []string
	over     bool
	bare     market.Nanos // since when the position is without its stop, by this test's own reckoning
	closed   bool         // a close at the market was asked for
	declined market.Nanos // when the trader last declined to place an order

	// The venue.
	price    market.Ticks
	held     market.Lots
	orders   map[market.OrderID]*venueOrder
	ids      []market.OrderID // in order of arrival
	trade    int64
	toVenue  []market.Command
	toTrader []letter
	refusing bool
}

type venueOrder struct {
	c      market.Command
	k      market.Ask
	status market.OrderStatus
	filled market.Lots
	fills  []market.Fill
	live   bool
}

// letter is on its way to the trader: an answer, or an update.
type letter struct {
	id  market.OrderID
	op  market.Op
	out market.Outcome
	u   *market.Update
}

// failer is what fails a test.
type failer interface {
	Fatalf(format string, args ...any)
}

const start = market.Nanos(1e18)

func newWorld(t failer, spec market.Group, held market.Lots) *world {
	w := &world{failer: t, calm: true, now: start, spec: spec, table: order.NewTable(4096), trades: map[int64]bool{}, next: 1, cmds: map[market.OrderID]market.Command{},
		price: 1000, held: held, pos: held, orders: map[market.OrderID]*venueOrder{}}
	w.spec.ID, w.spec.Begun, w.spec.Instrument = 1_000_000, start, &market.Instrument{Symbol: "BTCUSDT", MinQty: 1, MaxMarketQty: 7}
	w.g = order.NewGroup(&w.spec, w.table)
	w.write(market.GroupRecord{Op: market.GroupBegin, Group: w.spec})
	return w
}

func (w *world) write(r market.GroupRecord) {
	w.journal, w.stamps = append(w.journal, r), append(w.stamps, w.now)
}

func (w *world) chance(of int, what string) bool {
	return !w.calm && rapid.IntRange(0, of-1).Draw(w.rapid, what) == 0
}

// drive does what the group asks for, as package trade does.
func (w *world) drive() {
	for n := 0; ; n++ {
		if n > 100 {
			w.Fatalf("the group asks for 100 things at once")
		}
		do, ok := w.g.Next(w.now, w.pos)
		if !ok {
			break
		}
		w.do(&do)
	}
	w.reckon()
}

func (w *world) do(do *order.Do) {
	switch do.Kind {
	case order.DoPlace:
		w.checkPlace(do)
		if w.chance(12, "refused here") {
			w.declined = w.now
			w.g.Refused(do.Role, "a limit", w.now)
			return
		}
		id := w.next
		w.next++
		a := do.Ask
		r := market.GroupRecord{Op: market.GroupLeg, Group: market.Group{ID: w.spec.ID}, Leg: market.Leg{Order: id, Role: do.Role, Trigger: a.Trigger, Qty: a.Qty}}
		w.write(r)
		w.g.Apply(&r, w.now)
		c := market.Command{Op: market.OpPlace, ID: id, Instrument: w.spec.Instrument, Side: a.Side, Type: a.Type, TIF: a.TIF, Px: a.Px, Qty: a.Qty, ReduceOnly: a.ReduceOnly}
		w.cmds[id] = c
		w.orders[id] = &venueOrder{c: c, k: a}
		if _, err := w.table.Intend(&c, w.now); err != nil {
			w.Fatalf("%v", err)
		}
		w.table.Sent(id, c.Op, w.now)
		w.toVenue = append(w.toVenue, c)
	case order.DoCancel:
		w.checkCancel(do)
		w.table.Canceling(do.Order, w.now)
		w.table.Sent(do.Order, market.OpCancel, w.now)
		w.toVenue = append(w.toVenue, market.Command{Op: market.OpCancel, ID: do.Order, Instrument: w.spec.Instrument})
	case order.DoMove:
		w.move(do.Stop, w.g.Take)
	case order.DoAlarm:
		w.alarms = append(w.alarms, do.Text)
	case order.DoEnd:
		r := market.GroupRecord{Op: market.GroupEnd, Group: market.Group{ID: w.spec.ID}, Text: do.Text}
		w.write(r)
		w.g.Apply(&r, w.now)
		w.ended, w.over = do.Text, true
	}
}

func (w *world) move(stop, take market.Ticks) {
	r := market.GroupRecord{Op: market.GroupMove, Group: market.Group{ID: w.spec.ID, Stop: stop, Take: take}}
	w.write(r)
	w.g.Apply(&r, w.now)
}

func (w *world) wish(x market.Wish) {
	r := market.GroupRecord{Op: market.GroupWish, Group: market.Group{ID: w.spec.ID}, Wish: x}
	w.write(r)
	w.g.Apply(&r, w.now)
}

// arrive has the venue take the first command under way.
func (w *world) arrive() {
	c := w.toVenue[0]
	w.toVenue = w.toVenue[1:]
	if w.chance(15, "lost on the way") {
		w.toTrader = append(w.toTrader, letter{id: c.ID, op: c.Op, out: market.Unknown()})
		return
	}
	out := w.take(&c)
	if w.chance(10, "answer lost") {
		out = market.Unknown()
	}
	w.toTrader = append(w.toTrader, letter{id: c.ID, op: c.Op, out: out})
}

func (w *world) take(c *market.Command) market.Outcome {
	o := w.orders[c.ID]
	if c.Op == market.OpCancel {
		if !o.live {
			return market.Refused(-2011, "Unknown order sent.")
		}
		w.finish(o, market.StatusCanceled)
		return market.Accepted()
	}
	all := o.k.Type.Conditional() && o.k.Qty == 0
	switch {
	case w.refusing || w.chance(12, "refused there"):
		return market.Refused(-1008, "overloaded")
	case o.k.Type.Conditional() && w.reached(o):
		return market.Refused(-2021, "Order would immediately trigger.")
	case all && w.held*market.Lots(c.Side) >= 0:
		return market.Refused(-4509, "no position")
	case all && slices.ContainsFunc(w.ids, func(id market.OrderID) bool {
		x := w.orders[id]
		return x.live && x.k.Type == o.k.Type && x.k.Qty == 0
	}):
		return market.Refused(-4130, "one is there")
	case c.ReduceOnly && !o.k.Type.Conditional() && w.held*market.Lots(c.Side) >= 0:
		return market.Refused(-2022, "ReduceOnly Order is rejected.")
	}
	w.ids = append(w.ids, c.ID)
	o.live, o.status = true, market.StatusNew
	w.tell(o, nil)
	if c.Type == market.Market {
		w.match(o, o.c.Qty)
		if o.live {
			w.finish(o, market.StatusExpired)
		}
	}
	return market.Accepted()
}

func (w *world) reached(o *venueOrder) bool {
	above := o.k.Side == market.Buy
	if o.k.Type == market.TakeProfitMarket {
		above = !above
	}
	if above {
		return w.price >= o.k.Trigger
	}
	return w.price <= o.k.Trigger
}

// match fills up to q lots of an order; one that closes is cut to the position.
func (w *world) match(o *venueOrder, q market.Lots) {
	if o.k.ReduceOnly || o.k.Type.Conditional() && o.k.Qty == 0 {
		q = min(q, max(-w.held*market.Lots(o.k.Side), 0))
	}
	if q <= 0 {
		return
	}
	w.trade++
	f := market.Fill{Instrument: w.spec.Instrument, Order: o.c.ID, Trade: w.trade, Side: o.k.Side, Px: w.price, Qty: q, Time: w.now}
	o.filled += q
	w.held += market.Lots(o.k.Side) * q
	o.fills = append(o.fills, f)
	o.status = market.StatusPartiallyFilled
	if o.filled == o.c.Qty || o.c.Qty == 0 && w.held == 0 {
		o.status, o.live = market.StatusFilled, false
	}
	w.tell(o, &f)
	if w.held == 0 { // the venue lets go of what would have closed it
		for _, id := range w.ids {
			if x := w.orders[id]; x.live && x.k.Type.Conditional() && x.k.Qty == 0 && x != o {
				w.finish(x, market.StatusExpired)
			}
		}
	}
}

func (w *world) finish(o *venueOrder, s market.OrderStatus) {
	o.live, o.status = false, s
	w.tell(o, nil)
}

func (w *world) tell(o *venueOrder, f *market.Fill) {
	w.toTrader = append(w.toTrader, letter{u: &market.Update{Instrument: w.spec.Instrument, Order: o.c.ID, Venue: int64(o.c.ID), Status: o.status, Filled: o.filled, Fill: f}})
}

// at moves the price and triggers what waits for it.
func (w *world) at(px market.Ticks) {
	w.price = px
	for _, id := range slices.Clone(w.ids) {
		o := w.orders[id]
		if !o.live || !o.k.Type.Conditional() || !w.reached(o) {
			continue
		}
		if w.chance(6, "rejected at its trigger") {
			answered := !slices.ContainsFunc(w.toTrader, func(l letter) bool { return l.u == nil && l.id == id })
			if x := w.table.Order(id); x != nil && x.State.AtVenue() && answered {
				w.finish(o, market.StatusRejected)
			} else { // before the trader knows that it was taken, it could not be told from a refusal
				w.finish(o, market.StatusExpired)
			}
			continue
		}
		q := o.k.Qty
		if q == 0 {
			q = math.MaxInt32
		}
		w.match(o, q)
		if o.live {
			w.finish(o, market.StatusExpired)
		}
	}
}

// hear has the trader hear one letter.
func (w *world) hear(i int) {
	for k, l := range w.toTrader[:i] { // answers among themselves, and updates, keep their order
		if (l.u == nil) == (w.toTrader[i].u == nil) {
			i = k
			break
		}
	}
	l := w.toTrader[i]
	w.toTrader = slices.Delete(w.toTrader, i, i+1)
	if l.u == nil {
		w.table.Reply(l.id, l.op, l.out, w.now)
		w.drive()
		return
	}
	w.table.Update(l.u, w.book(l.u.Fill), w.now)
	w.drive()
}

func (w *world) book(f *market.Fill) (fresh bool) {
	if f == nil || w.trades[f.Trade] {
		return false
	}
	w.trades[f.Trade] = true
	w.fills = append(w.fills, *f)
	w.pos += market.Lots(f.Side) * f.Qty
	w.g.Fill(f.Order, f.Qty)
	return true
}

// ask queries the venue for an order.
func (w *world) ask(id market.OrderID) {
	if slices.ContainsFunc(w.toVenue, func(c market.Command) bool { return c.ID == id }) {
		return
	}
	o, r := w.orders[id], market.Report{Kind: market.ProvenAbsent}
	if o.status != market.StatusNone {
		r = market.Report{Kind: market.Found, Status: o.status, Venue: int64(id), Filled: o.filled, Fills: o.fills}
	}
	for i := range r.Fills {
		if f := r.Fills[i]; w.book(&f) {
			w.table.Fill(&f, w.now)
		}
	}
	w.table.Report(id, &r, w.now)
	w.drive()
}

// crash forgets everything but the journal: what is on its way back is lost, what has left arrives or does not. The position is the
// venue's, and so is the word on each order that the journal names.
func (w *world) crash() {
	for len(w.toVenue) > 0 {
		w.arrive()
	}
	w.toTrader = nil
	var s market.GroupState
	for i := range w.journal {
		s.Apply(&w.journal[i], w.stamps[i])
	}
	w.table = order.NewTable(4096)
	for i := range w.fills {
		if l := s.Leg(w.fills[i].Order); l != nil {
			l.Filled += w.fills[i].Qty
		}
	}
	for id := market.OrderID(1); id < w.next; id++ {
		h := market.Inherited{Command: w.cmds[id], Intended: w.now}
		for i := range w.fills {
			if w.fills[i].Order == id {
				h.Filled += w.fills[i].Qty
			}
		}
		if h.Filled > 0 && h.Filled == h.Command.Qty {
			continue
		}
		if _, err := w.table.Inherit(&h, w.now); err != nil {
			w.Fatalf("%v", err)
		}
	}
	if w.over {
		return
	}
	w.g = order.RestoreGroup(&s, w.table)
	w.bare = 0
	for id := market.OrderID(1); id < w.next; id++ {
		if w.table.Order(id) == nil {
			continue
		}
		o, r := w.orders[id], market.Report{Kind: market.ProvenAbsent}
		if o.status != market.StatusNone {
			r = market.Report{Kind: market.Found, Status: o.status, Venue: int64(id), Filled: o.filled, Fills: o.fills}
		}
		for i := range r.Fills {
			if f := r.Fills[i]; w.book(&f) {
				w.table.Fill(&f, w.now)
			}
		}
		w.table.Report(id, &r, w.now)
	}
	w.drive()
}

func (w *world) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "price %d, held %d, known %d, %s ended %q, alarms %q\n", w.price, w.held, w.pos, w.spec.Kind, w.ended, w.alarms)
	for id := market.OrderID(1); id < w.next; id++ {
		o, v := w.table.Order(id), w.orders[id]
		fmt.Fprintf(&s, "%d %+v: %s, live %v, filled %d", id, v.k, v.status, v.live, v.filled)
		if o != nil {
			fmt.Fprintf(&s, "; here %s, cancel %s, filled %d", o.State, o.Cancel, o.Filled)
		}
		s.WriteByte('\n')
	}
	return s.String()
}
