package risk

import (
	"fmt"

	"baton/decimal"
	"baton/market"
)

// Reason says why an order was not sent.
type Reason uint8

// The reasons. Those up to BadReference are ours, the rest are the venue's filters, checked here first (Binance USD-M, Filters).
const (
	NotAllowed      Reason = iota + 1 // the instrument has no limits
	IsKilled                          // mode Killed
	OnlyReduce                        // mode NoIncrease
	OverPosition                      // worst case beyond MaxPosition
	OverQty                           // beyond MaxOrderQty
	OverOrders                        // beyond MaxOpenOrders or the venue's MAX_NUM_ORDERS
	OverNotional                      // beyond MaxNotional
	OutOfCollar                       // price reaches too far through the top of book
	NotReducing                       // reduce-only, and would not reduce
	OverExposure                      // beyond Totals.MaxExposure
	OverOpen                          // beyond Totals.MaxOpen
	OverRate                          // faster than Totals.Orders or Totals.Repeat
	OverLoss                          // beyond Totals.MaxDailyLoss or MaxDrawdown
	BadReference                      // no exact top of book, or no mark price, to measure against
	BadTick                           // PRICE_FILTER tickSize
	BadLot                            // LOT_SIZE stepSize
	BadPrice                          // PRICE_FILTER minPrice, maxPrice
	BadQty                            // LOT_SIZE, MARKET_LOT_SIZE
	BadNotional                       // MIN_NOTIONAL
	BadPercent                        // PERCENT_PRICE
	BadRequest                        // not an order that exists
	NotTrading                        // the instrument's status
	BadTrigger                        // trigger, distance or activation price of a conditional order
	OverConditional                   // beyond MaxConditional
	Unguarded                         // the venue's dead man's switch is not renewed
)

var reasonNames = [...]string{"", "not allowed", "killed", "no-increase", "position limit", "quantity limit", "open orders limit",
	"notional limit", "price collar", "not reducing", "account exposure", "account open orders", "rate", "loss", "no reference price", "tick", "lot", "price range", "quantity range",
	"minimum notional", "percent price", "bad request", "not trading", "trigger", "conditional orders limit", "unguarded"}

// String is the reason in a word or two.
func (r Reason) String() string { return reasonNames[r] }

// Error is an order that was not sent, and why. Nothing was reserved.
type Error struct {
	Reason     Reason
	Instrument *market.Instrument
	Order      market.OrderID // 0 where there is none yet
	text       string
}

// Error says what happened, why, and what to do.
func (e *Error) Error() string { return "order not sent: " + e.text }

func refuse(c *market.Command, r Reason, format string, args ...any) error {
	return &Error{r, c.Instrument, c.ID, fmt.Sprintf(format, args...)}
}

// Ticks is a price in ticks, or an *[Error] that names the two nearest prices.
func Ticks(in *market.Instrument, px decimal.Decimal) (market.Ticks, error) {
	t, err := in.Ticks(px)
	if err != nil {
		return 0, &Error{Reason: BadTick, Instrument: in, text: err.Error()}
	}
	return t, nil
}

// Lots is a quantity in lots, or an *[Error] that names the two nearest quantities.
func Lots(in *market.Instrument, qty decimal.Decimal) (market.Lots, error) {
	q, err := in.Lots(qty)
	if err != nil {
		return 0, &Error{Reason: BadLot, Instrument: in, text: err.Error()}
	}
	return q, nil
}

// check is everything but the room: mode, the venue's filters, the limits of one order, the collar.
func (d *Desk) check(a *account, c *market.Command, ref Reference) error {
	if d.mode == Killed {
		return refuse(c, IsKilled, "trading is killed (%s): find out why, then clear it", c.Instrument.Symbol)
	}
	if d.mode == NoIncrease && !c.Reduces() {
		return refuse(c, OnlyReduce, "no-increase mode (%s): only reduce-only orders are sent until it is cleared", c.Instrument.Symbol)
	}
	if d.until != 0 && ref.Now >= d.until && !c.Reduces() {
		return refuse(c, Unguarded, "the venue's dead man's switch could not be renewed in time (%s): what is placed now would stay if this "+
			"process died; wait until it is", c.Instrument.Symbol)
	}
	if err := Filters(c, ref); err != nil {
		return err
	}
	if c.Reduces() {
		if err := a.checkReduces(c); err != nil || !ref.known() {
			return err
		}
		return a.checkCollar(c, ref)
	}
	if c.Qty > a.limits.MaxOrderQty {
		return refuse(c, OverQty, "quantity %s is above the limit of %s an order (%s): use less", c.Instrument.Quantity(c.Qty),
			c.Instrument.Quantity(a.limits.MaxOrderQty), c.Instrument.Symbol)
	}
	return a.checkPrice(c, ref)
}

// checkReduces: a reduce-only order must oppose the position; one that waits for a trigger may oppose a position that open orders are
// yet to make, since the venue does not look before the trigger comes (Binance USD-M, 2025-11-06). To close a position there must be one.
func (a *account) checkReduces(c *market.Command) error {
	against := a.position
	if c.Protects() && !c.ClosePosition {
		if c.Side == market.Sell {
			against += a.buys
		} else {
			against -= a.sells
		}
	}
	if market.Lots(c.Side)*against >= 0 {
		return refuse(c, NotReducing, "reduce-only %s would not reduce the position of %s (%s): drop reduce-only or turn the side",
			c.Side, c.Instrument.Quantity(a.position), c.Instrument.Symbol)
	}
	return nil
}

// checkPrice holds the order to the collar and the notional limit. Without a top of book nothing passes: a limit that cannot be
// measured is not kept.
func (a *account) checkPrice(c *market.Command, ref Reference) error {
	in, px := c.Instrument, c.Px
	if !ref.known() {
		return refuse(c, BadReference, "no exact book to check the price against (%s): wait until it is exact", in.Symbol)
	}
	if err := a.checkCollar(c, ref); err != nil {
		return err
	}
	switch {
	case c.Type.Conditional(): // where it trades once its trigger has come
		px = max(c.Px, c.Trigger)
		if px == 0 {
			px = max(ref.opposite(c.Side), c.Activate)
		}
	case !priced(c):
		px = ref.opposite(c.Side)
	}
	n, err := in.Notional(px, c.Qty, decimal.Up)
	if err != nil || a.limits.MaxNotional.Less(n) {
		return refuse(c, OverNotional, "%s at %s is above the limit of %s an order (%s): use less", in.Quantity(c.Qty), show(in, px),
			a.limits.MaxNotional, in.Symbol)
	}
	return nil
}

// checkCollar: how far the price goes through the opposite side of the top of book, or through the trigger.
func (a *account) checkCollar(c *market.Command, ref Reference) error {
	if !priced(c) {
		return nil
	}
	in, opposite, what := c.Instrument, ref.opposite(c.Side), "the best on the other side"
	if c.Type.Conditional() {
		opposite, what = c.Trigger, "its trigger"
	}
	if reach := int64(c.Side) * int64(c.Px-opposite); reach > int64(opposite)*int64(a.limits.CollarBps)/10_000 {
		return refuse(c, OutOfCollar, "price %s is more than %d basis points through %s, %s (%s): move it nearer",
			show(in, c.Px), a.limits.CollarBps, show(in, opposite), what, in.Symbol)
	}
	return nil
}

// checkRoom holds the worst case, with this order in it, to the limits.
func (d *Desk) checkRoom(a *account, c *market.Command) error {
	in := c.Instrument
	if c.Type.Conditional() && d.conditional >= MaxConditional {
		return refuse(c, OverConditional, "%d conditional orders wait or are unknown in the account, the venue takes %d: cancel some", d.conditional, MaxConditional)
	}
	if c.Protects() {
		return nil // it adds nothing to the worst case, whatever else is open
	}
	if most := a.mostOrders(); a.orders >= most || len(d.open) >= MaxReservations {
		return refuse(c, OverOrders, "%d orders are open or unknown, the limit is %d (%s): cancel or settle some", a.orders, most, in.Symbol)
	}
	if c.Reduces() {
		if free := max(a.position, -a.position) - a.closing; c.Qty > free {
			return refuse(c, NotReducing, "reduce-only %s of %s is more than the %s that no other order reduces yet (%s): use less",
				c.Side, in.Quantity(c.Qty), in.Quantity(max(free, 0)), in.Symbol)
		}
	}
	return a.checkWorst(c, c.Qty)
}

// checkWorst holds the worst case with so much more of an order in it to the limit.
func (a *account) checkWorst(c *market.Command, more market.Lots) error {
	in := c.Instrument
	worst := a.position + a.buys + more
	if c.Side == market.Sell {
		worst = a.sells + more - a.position
	}
	if worst > a.limits.MaxPosition {
		return refuse(c, OverPosition, "%s %s could make the position %s, the limit is %s (%s): use less, cancel or settle other orders, or close",
			c.Side, in.Quantity(c.Qty), in.Quantity(worst*market.Lots(c.Side)), in.Quantity(a.limits.MaxPosition), in.Symbol)
	}
	return nil
}

func (a *account) mostOrders() int {
	if a.in.MaxOrders > 0 {
		return min(a.limits.MaxOpenOrders, a.in.MaxOrders)
	}
	return a.limits.MaxOpenOrders
}
