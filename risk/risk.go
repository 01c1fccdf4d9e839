// Package risk decides whether an order may be sent, and holds the room that it needs until it is proven to need none.
//
// A [Desk] belongs to one loop. [Desk.Reserve] checks an order against the venue's filters and our limits and reserves its
// worst case in the same breath: nothing can come between. The worst case of an instrument is the position if every order that
// is live, or whose fate is unknown, is filled on one side and none on the other. Fills move reserved quantity into the
// position ([Desk.Fill]); only a proven end releases the rest ([Desk.Release]).
//
//	d := risk.NewDesk()
//	err := d.Allow(btc, risk.Limits{MaxPosition: 100, MaxOrderQty: 50, MaxOpenOrders: 8, MaxNotional: m, CollarBps: 50})
//	err = d.Reserve(&cmd, risk.Reference{Bid: bid, Ask: ask, Mark: mark})
//	var e *risk.Error
//	if errors.As(err, &e) && e.Reason == risk.OverPosition { ... }
//	d.Fill(id, btc, market.Buy, 5)
//	d.Release(id)
//
// An amendment reserves the worse of both versions until its fate is proven ([Desk.Amend], [Desk.Resize]). A conditional order
// reserves its worst case like any other, except one that only protects: that reserves nothing.
//
// An order that makes the position smaller passes however far the position is beyond its limit; a reduce-only one passes the
// limits of a single order and the no-increase mode too. But what is open on its side may flip the position, and that flip is
// held to the limit: cancel first, then close. Cancels do not come here at all. It sends nothing, waits for nothing and reads no
// clock: the time comes with the reference. An instrument that was not allowed cannot be traded. [Desk.Bound] holds the account as a
// whole to [Totals]: exposure, open orders, rates, the day's loss and the drawdown.
package risk

import (
	"errors"
	"fmt"

	"baton/decimal"
	"baton/market"
)

// MaxReservations is how many orders of all instruments a desk can hold room for.
const MaxReservations = 1 << 16

// MaxConditional is how many conditional orders an account may have waiting, over all instruments (Binance USD-M, since 2025-12-29).
const MaxConditional = 200

// Limits bound one instrument. All have to be set: a zero is refused, so that a forgotten limit is never no limit.
type Limits struct {
	MaxPosition   market.Lots     // of the worst case, either way
	MaxOrderQty   market.Lots     // of one order
	MaxOpenOrders int             // live or unknown, this instrument
	MaxNotional   decimal.Decimal // of one order, price times quantity, in the quote asset
	CollarBps     int             // how far through the opposite side of the top of book a price may reach, in 1/100 %
}

// Validate reports every limit that is missing.
func (l Limits) Validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"MaxPosition", l.MaxPosition > 0}, {"MaxOrderQty", l.MaxOrderQty > 0}, {"MaxOpenOrders", l.MaxOpenOrders > 0},
		{"MaxNotional", l.MaxNotional.Sign() > 0}, {"CollarBps", l.CollarBps > 0 && l.CollarBps < 10_000},
	} {
		if !f.ok {
			errs = append(errs, fmt.Errorf("risk: limit %s is missing or out of range: set it", f.name))
		}
	}
	return errors.Join(append(errs, l.ceilings()...)...)
}

// Reference is what prices are measured against: the top of an exact book and the mark price. Zero: not known. Now is the time, for
// the rates of [Totals].
type Reference struct {
	Bid, Ask market.Ticks
	Mark     decimal.Decimal
	Now      market.Nanos
}

func (r Reference) known() bool { return r.Bid > 0 && r.Ask > 0 }

// opposite is the price that an order of side s trades against.
func (r Reference) opposite(s market.Side) market.Ticks {
	if s == market.Buy {
		return r.Ask
	}
	return r.Bid
}

// Mode is what may be sent at all.
type Mode uint8

// The modes. NoIncrease lets reduce-only orders pass that cannot increase the exposure. Killed lets no order pass.
const (
	Normal Mode = iota
	NoIncrease
	Killed
)

// String is the mode in words.
func (m Mode) String() string { return [...]string{"normal", "no-increase", "killed"}[m] }

// account is one instrument's room.
type account struct {
	in       *market.Instrument
	legs     [2]*account // of hedge mode: long and short, each with the instrument's limits; nil before there is one
	limits   Limits
	position market.Lots
	buys     market.Lots // open, reduce-only included: one that fills before we hear of it moves the position like any other
	sells    market.Lots
	closing  market.Lots // of them reduce-only, both sides
	orders   int
	price    decimal.Decimal // the last mark price told; zero: none
	repeat   [2]throttle     // of new buys and sells
}

// reservation is one order's room.
type reservation struct {
	acc    *account
	left   market.Lots
	side   market.Side
	reduce bool
	waits  bool // a conditional order
	exempt bool // a protective one: it counts among the conditional ones alone
}

// Desk holds the limits, positions and reservations of one trader.
type Desk struct {
	accounts map[*market.Instrument]*account // of one-way mode; those of hedge mode hang from them
	order    []*account                      // the same, as they were made
	totals   *totals                         // nil: the account as a whole is not bounded
	open     map[market.OrderID]reservation
	mode     Mode
	until    market.Nanos // what increases a position may be placed; 0: without such a limit

	conditional int // of open
	exempt      int // of them, those that only protect
}

// NewDesk makes a desk on which nothing may be traded yet.
func NewDesk() *Desk {
	return &Desk{accounts: make(map[*market.Instrument]*account), open: make(map[market.OrderID]reservation, 256)}
}

// Allow lets an instrument be traded within limits, or changes its limits; what is reserved stays.
func (d *Desk) Allow(in *market.Instrument, l Limits) error {
	if err := l.Validate(); err != nil {
		return fmt.Errorf("%s: %w", in.Symbol, err)
	}
	a := d.account(in)
	a.limits = l
	for _, leg := range a.legs {
		if leg != nil {
			leg.limits = l
		}
	}
	return nil
}

// leg is in's room on a side: the only one of one-way mode, or one of the two of hedge mode, which do not offset each other.
func (d *Desk) leg(in *market.Instrument, side market.PositionSide) *account {
	a := d.account(in)
	if side == market.Both {
		return a
	}
	l := a.legs[side-market.Long]
	if l == nil {
		l = &account{in: in, limits: a.limits, price: a.price}
		a.legs[side-market.Long] = l
		d.order = append(d.order, l)
		if d.totals != nil {
			l.bound(d.totals.Totals)
		}
	}
	return l
}

// account is in's room; made without limits, so that an instrument whose fills arrive unasked still has its position counted.
func (d *Desk) account(in *market.Instrument) *account {
	a := d.accounts[in]
	if a == nil {
		a = &account{in: in}
		d.accounts[in] = a
		d.order = append(d.order, a)
		if d.totals != nil {
			a.bound(d.totals.Totals)
		}
	}
	return a
}

// SetMode says what may be sent from now on.
func (d *Desk) SetMode(m Mode) { d.mode = m }

// GuardedUntil says until when the venue's dead man's switch protects what is placed now: behind it nothing that may increase a
// position passes, until it is said anew. 0: there is no such switch.
func (d *Desk) GuardedUntil(t market.Nanos) { d.until = t }

// Mode is what may be sent now.
func (d *Desk) Mode() Mode { return d.mode }

// SetPosition says what the position is: at the start, and after a reconciliation that adopted the venue's.
func (d *Desk) SetPosition(in *market.Instrument, q market.Lots) { d.SetPositionOf(in, market.Both, q) }

// SetPositionOf is SetPosition of one position of hedge mode.
func (d *Desk) SetPositionOf(in *market.Instrument, side market.PositionSide, q market.Lots) {
	d.leg(in, side).position = q
}

// Position is the position as fills made it.
func (d *Desk) Position(in *market.Instrument) market.Lots { return d.account(in).position }

// Worst is the worst case both ways: the highest and the lowest position that open and unknown orders can lead to.
func (d *Desk) Worst(in *market.Instrument) (long, short market.Lots) {
	a := d.account(in)
	return a.position + a.buys, a.position - a.sells
}

// Open is how many orders of an instrument hold room; those that only protect hold none.
func (d *Desk) Open(in *market.Instrument) int { return d.account(in).orders }

// Reserved is how much room an order still holds.
func (d *Desk) Reserved(id market.OrderID) market.Lots { return d.open[id].left }

// Reserve checks the order that c asks for and reserves its worst case, or returns an *[Error] and reserves nothing.
func (d *Desk) Reserve(c *market.Command, ref Reference) error {
	a := d.accounts[c.Instrument]
	if a == nil || a.limits.MaxPosition == 0 {
		return refuse(c, NotAllowed, "%s is not among the instruments that may be traded: allow it with limits", c.Instrument.Symbol)
	}
	if c.PositionSide != market.Both {
		a = d.leg(c.Instrument, c.PositionSide)
	}
	if err := d.check(a, c, ref); err != nil {
		return err
	}
	if err := d.checkRoom(a, c); err != nil {
		return err
	}
	if err := d.checkTotals(a, c, ref); err != nil {
		return err
	}
	d.noteTotals(a, c, ref.Now)
	d.Admit(c, c.Qty)
	return nil
}

// Amend checks a new price and quantity of an order that holds room, of which left is what it may still fill by now, and reserves the
// worse of both versions. Once its fate is proven, [Desk.Resize] gives back what is too much. On an *[Error] nothing changes.
func (d *Desk) Amend(c *market.Command, left market.Lots, ref Reference) error {
	a := d.leg(c.Instrument, c.PositionSide)
	if err := d.check(a, c, ref); err != nil {
		return err
	}
	r, ok := d.open[c.ID]
	if !ok {
		return refuse(c, BadRequest, "order %d holds no room, so it has none to change", c.ID)
	}
	more := left - r.left
	if more <= 0 {
		return nil
	}
	if c.Reduces() {
		if free := max(a.position, -a.position) - a.closing; more > free {
			return refuse(c, NotReducing, "reduce-only %s of %s more is more than the %s that no other order reduces yet (%s): use less",
				c.Side, c.Instrument.Quantity(more), c.Instrument.Quantity(max(free, 0)), c.Instrument.Symbol)
		}
	}
	if err := a.checkWorst(c, more); err != nil {
		return err
	}
	if err := d.checkAmend(a, c, more, ref); err != nil {
		return err
	}
	d.Resize(c.ID, left)
	return nil
}

// Resize makes an order's room what it may still fill: after an amendment, or after the venue has said how much a conditional order
// closes. An order that holds none is left alone, and so is a protective one.
func (d *Desk) Resize(id market.OrderID, left market.Lots) {
	r, ok := d.open[id]
	if !ok || r.exempt || left == r.left {
		return
	}
	r.acc.hold(r, left-r.left)
	r.left = left
	d.open[id] = r
}

// Recheck checks again, right before the bytes leave, what may have changed since Reserve: mode, collar and filters. The
// reservation is not touched.
func (d *Desk) Recheck(c *market.Command, ref Reference) error {
	return d.check(d.leg(c.Instrument, c.PositionSide), c, ref)
}

// Admit reserves room for what is left of an order without asking: for orders that live at the venue whether we like it or not (found
// at the start, or revived). Admitting an order again replaces its reservation. A protective order reserves nothing: the venue lets it
// do no more than close what there is, so that a stop and a target of the same position are no flip of it.
func (d *Desk) Admit(c *market.Command, left market.Lots) {
	d.Release(c.ID)
	a := d.leg(c.Instrument, c.PositionSide)
	r := reservation{acc: a, left: left, side: c.Side, reduce: c.Reduces(), waits: c.Type.Conditional(), exempt: c.Protects()}
	if r.exempt {
		r.left = 0
	}
	d.open[c.ID] = r
	d.count(r, 1)
	a.hold(r, r.left)
}

// count counts an order in or out.
func (d *Desk) count(r reservation, n int) {
	if r.waits {
		d.conditional += n
	}
	if r.exempt {
		d.exempt += n
		return
	}
	r.acc.orders += n
}

// Fill moves filled quantity from an order's reservation into the position. A fill of an order without one (a late fill, an
// order placed by hand), or of more than is left, moves the position all the same.
func (d *Desk) Fill(id market.OrderID, in *market.Instrument, side market.Side, q market.Lots) {
	d.FillOf(id, in, market.Both, side, q)
}

// FillOf is Fill of one position of hedge mode.
func (d *Desk) FillOf(id market.OrderID, in *market.Instrument, of market.PositionSide, side market.Side, q market.Lots) {
	a := d.leg(in, of)
	a.position += market.Lots(side) * q
	r, ok := d.open[id]
	if !ok {
		return
	}
	used := min(r.left, q)
	r.acc.hold(r, -used)
	r.left -= used
	d.open[id] = r
}

// Release gives back what an order still holds. Only on proof that no more of it can be filled; a second time changes nothing.
func (d *Desk) Release(id market.OrderID) {
	r, ok := d.open[id]
	if !ok {
		return
	}
	r.acc.hold(r, -r.left)
	d.count(r, -1)
	delete(d.open, id)
}

// hold adds q lots of r to the side that they count on.
func (a *account) hold(r reservation, q market.Lots) {
	if r.reduce {
		a.closing += q
	}
	if r.side == market.Buy {
		a.buys += q
	} else {
		a.sells += q
	}
}
