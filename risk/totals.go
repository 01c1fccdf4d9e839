package risk

import (
	"errors"
	"fmt"

	"baton/decimal"
	"baton/market"
)

// Rate is at most N of something in any span of In.
type Rate struct {
	N  int
	In market.Nanos
}

// rateMax bounds what a rate has to remember.
const rateMax = 10_000

func (r Rate) valid() bool { return r.N > 0 && r.N <= rateMax && r.In > 0 }

// Totals bound the whole account. As with [Limits], all have to be set; see [Desk.Bound]. Money is in the quote asset. Reduce-only
// orders pass all of them: what makes a position smaller must never wait for a limit.
type Totals struct {
	MaxExposure   decimal.Decimal // of all instruments: the worst case either way, times the last price known
	MaxOpen       decimal.Decimal // of all open or unknown orders, times the last price known
	MaxOpenOrders int             // of all instruments
	MaxDailyLoss  decimal.Decimal // equity when the day (UTC) began minus equity now
	MaxDrawdown   decimal.Decimal // highest equity since the start minus equity now
	Orders        Rate            // new orders
	Repeat        Rate            // new orders of one instrument and side: an order that is repeated by mistake
}

// Validate reports every limit that is missing.
func (t Totals) Validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"MaxExposure", t.MaxExposure.Sign() > 0}, {"MaxOpen", t.MaxOpen.Sign() > 0}, {"MaxOpenOrders", t.MaxOpenOrders > 0},
		{"MaxDailyLoss", t.MaxDailyLoss.Sign() > 0}, {"MaxDrawdown", t.MaxDrawdown.Sign() > 0}, {"Orders", t.Orders.valid()},
		{"Repeat", t.Repeat.valid()},
	} {
		if !f.ok {
			errs = append(errs, fmt.Errorf("risk: limit %s of the account is missing or out of range: set it", f.name))
		}
	}
	return errors.Join(append(errs, t.ceilings()...)...)
}

// throttle remembers the times of the last N.
type throttle struct {
	rate Rate
	at   []market.Nanos // a ring
	n    int            // how many have been
}

func newThrottle(r Rate) throttle { return throttle{rate: r, at: make([]market.Nanos, r.N)} }

// wait is how long it takes until one more may be, 0 where it may be now.
func (t *throttle) wait(now market.Nanos) market.Nanos {
	if t.n < t.rate.N {
		return 0
	}
	return max(0, t.at[t.n%t.rate.N]+t.rate.In-now)
}

func (t *throttle) note(now market.Nanos) {
	t.at[t.n%t.rate.N] = now
	t.n++
}

// totals is the account's side of a desk.
type totals struct {
	Totals
	orders throttle
	day    market.Nanos    // when the present one began
	open   decimal.Decimal // equity then
	high   decimal.Decimal // highest since the start
	valued bool
}

const dayNanos = market.Nanos(86_400_000_000_000)

// Bound holds the account to totals from now on. A desk that was never bound has none: a backtest of one strategy may want that, an
// account with money may not.
func (d *Desk) Bound(t Totals) error {
	if err := t.Validate(); err != nil {
		return err
	}
	b := &totals{Totals: t, orders: newThrottle(t.Orders)}
	if d.totals != nil { // other limits, the same history
		b.day, b.open, b.high, b.valued = d.totals.day, d.totals.open, d.totals.high, d.totals.valued
	}
	d.totals = b
	for _, a := range d.order {
		a.bound(t)
	}
	return nil
}

func (a *account) bound(t Totals) {
	a.repeat = [2]throttle{newThrottle(t.Repeat), newThrottle(t.Repeat)}
}

// Price says what one unit of an instrument is worth: its mark price. Exposure is measured by it.
func (d *Desk) Price(in *market.Instrument, px decimal.Decimal) {
	a := d.account(in)
	a.price = px
	for _, leg := range a.legs {
		if leg != nil {
			leg.price = px
		}
	}
}

// Worth says what the account is worth at a time. A loss beyond the limits closes the desk to everything but reduce-only orders
// ([NoIncrease]) and is returned, once; only [Desk.SetMode] opens it again, and a loss that is still there closes it anew.
func (d *Desk) Worth(equity decimal.Decimal, now market.Nanos) error {
	t := d.totals
	if t == nil {
		return nil
	}
	if day := now - now%dayNanos; !t.valued || day > t.day {
		t.day, t.open = day, equity
	}
	if !t.valued || t.high.Less(equity) {
		t.high, t.valued = equity, true
	}
	var why error
	if lost, err := t.open.Sub(equity); err != nil || t.MaxDailyLoss.Less(lost) {
		why = &Error{Reason: OverLoss, text: fmt.Sprintf("the account has lost %s of %s today, the limit is %s: only reduce-only orders are sent until a person clears it",
			lost, t.open, t.MaxDailyLoss)}
	} else if down, err := t.high.Sub(equity); err != nil || t.MaxDrawdown.Less(down) {
		why = &Error{Reason: OverLoss, text: fmt.Sprintf("the account is %s below its highest, %s, the limit is %s: only reduce-only orders are sent until a person clears it",
			down, t.high, t.MaxDrawdown)}
	}
	if why == nil || d.mode != Normal {
		return nil
	}
	d.mode = NoIncrease
	return why
}

// checkTotals holds the account, with this order in it, to its totals.
func (d *Desk) checkTotals(a *account, c *market.Command, ref Reference) error {
	t := d.totals
	if t == nil || c.Reduces() {
		return nil
	}
	if open := len(d.open) - d.exempt; open >= t.MaxOpenOrders {
		return refuse(c, OverOrders, "%d orders are open or unknown in the account, the limit is %d: cancel or settle some", open, t.MaxOpenOrders)
	}
	if wait := t.orders.wait(ref.Now); wait > 0 {
		return refuse(c, OverRate, "%d new orders in %s is the limit: the next may leave in %s", t.Orders.N, span(t.Orders.In), span(wait))
	}
	if wait := a.repeated(c.Side).wait(ref.Now); wait > 0 {
		return refuse(c, OverRate, "%d orders to %s %s in %s is the limit, as a guard against one that repeats itself: the next may leave in %s",
			t.Repeat.N, c.Side, c.Instrument.Symbol, span(t.Repeat.In), span(wait))
	}
	return d.checkSums(a, c, c.Qty, ref)
}

// checkAmend holds the account, with so much more of an order in it, to its totals.
func (d *Desk) checkAmend(a *account, c *market.Command, more market.Lots, ref Reference) error {
	if d.totals == nil || c.Reduces() {
		return nil
	}
	return d.checkSums(a, c, more, ref)
}

func (d *Desk) checkSums(a *account, c *market.Command, more market.Lots, ref Reference) error {
	t := d.totals
	exposure, open, err := d.sums(a, c, more, ref)
	switch {
	case err != nil:
		return err
	case t.MaxExposure.Less(exposure):
		return refuse(c, OverExposure, "%s %s %s could make the account's exposure %s, the limit is %s: use less, cancel or close",
			c.Side, c.Instrument.Quantity(c.Qty), c.Instrument.Symbol, exposure, t.MaxExposure)
	case t.MaxOpen.Less(open):
		return refuse(c, OverOpen, "with %s %s %s open orders would be worth %s, the limit is %s: use less or cancel",
			c.Side, c.Instrument.Quantity(c.Qty), c.Instrument.Symbol, open, t.MaxOpen)
	}
	return nil
}

// sums are the exposure and the open orders of the account with so much more of c in it. An instrument that has either and no price fails closed.
func (d *Desk) sums(mine *account, c *market.Command, more market.Lots, ref Reference) (exposure, open decimal.Decimal, err error) {
	if !ref.Mark.IsZero() {
		mine.price = ref.Mark
	}
	for _, a := range d.order {
		buys, sells := a.buys, a.sells
		if a == mine && c.Side == market.Buy {
			buys += more
		} else if a == mine {
			sells += more
		}
		worst := max(a.position+buys, sells-a.position)
		if worst <= 0 && buys+sells == 0 {
			continue
		}
		if a.price.IsZero() {
			return exposure, open, refuse(c, BadReference, "the exposure in %s cannot be measured, its mark price is not known: wait for it", a.in.Symbol)
		}
		if exposure, err = addWorth(exposure, a, max(worst, 0)); err == nil {
			open, err = addWorth(open, a, buys+sells)
		}
		if err != nil {
			return exposure, open, refuse(c, OverExposure, "the exposure in %s is too large to be counted: %v", a.in.Symbol, err)
		}
	}
	return exposure, open, nil
}

func addWorth(sum decimal.Decimal, a *account, q market.Lots) (decimal.Decimal, error) {
	worth, err := a.price.Mul(a.in.Quantity(q), decimal.Up)
	if err != nil {
		return sum, err
	}
	return sum.Add(worth)
}

func (a *account) repeated(s market.Side) *throttle {
	if s == market.Buy {
		return &a.repeat[0]
	}
	return &a.repeat[1]
}

// noteTotals counts an order that was reserved.
func (d *Desk) noteTotals(a *account, c *market.Command, now market.Nanos) {
	if d.totals != nil && !c.Reduces() {
		d.totals.orders.note(now)
		a.repeated(c.Side).note(now)
	}
}

// span is a time for people.
func span(d market.Nanos) string { return fmt.Sprintf("%.3g s", float64(d)/1e9) }
