package risk

import (
	"math"

	"baton/decimal"
	"baton/market"
)

// Filters checks an order against the instrument's own rules, as the venue will (Binance USD-M, Filters). A rule that the
// instrument does not state (zero) is not checked. PERCENT_PRICE is measured against ref.Mark where that is known.
func Filters(c *market.Command, ref Reference) error {
	for _, check := range [...]func(*market.Command, Reference) error{form, quantity, price, percent, notional} {
		if err := check(c, ref); err != nil {
			return err
		}
	}
	return nil
}

// form: is this an order at all.
func form(c *market.Command, _ Reference) error {
	in := c.Instrument
	if in.Status != "" && in.Status != "TRADING" {
		return refuse(c, NotTrading, "%s is %s: trade another instrument or wait", in.Symbol, in.Status)
	}
	if c.Side != market.Buy && c.Side != market.Sell {
		return refuse(c, BadRequest, "no side (%s): use BUY or SELL", in.Symbol)
	}
	switch {
	case c.Type.Conditional():
		return formConditional(c)
	case c.Type == market.Limit && c.TIF >= market.GTC && c.TIF <= market.GTD:
	case c.Type != market.Market:
		return refuse(c, BadRequest, "neither a limit order with a time in force, a market order nor a conditional one (%s)", in.Symbol)
	}
	return formDetails(c)
}

// formDetails checks what both kinds of orders may have beside their type (Binance USD-M, New Order).
func formDetails(c *market.Command) error {
	in := c.Instrument
	limit := limited(c)
	switch {
	case c.PriceMatch != market.PriceMatchNone && (!limit || c.Px != 0 || c.PriceMatch > market.Queue20):
		return refuse(c, BadRequest, "a price match stands instead of the price of a limit order (%s): leave the price out, or the match", in.Symbol)
	case (limit && c.TIF == market.GTD) != (c.GoodTill != 0):
		return refuse(c, BadRequest, "a date belongs to an order that is good till a date, and to no other (%s): use GTD with GoodTill", in.Symbol)
	case c.PositionSide > market.Short || c.SelfTrade > market.SelfTradeNone:
		return refuse(c, BadRequest, "no such position side or self-trade prevention (%s)", in.Symbol)
	case c.PositionSide != market.Both && c.ReduceOnly:
		return refuse(c, BadRequest, "reduce-only is not for hedge mode (%s): the position side says what an order closes", in.Symbol)
	}
	return nil
}

// formConditional: what a conditional order must and must not have (Binance USD-M, New Algo Order).
func formConditional(c *market.Command) error {
	in, trailing := c.Instrument, c.Type == market.TrailingStopMarket
	switch {
	case limited(c) && (c.TIF < market.GTC || c.TIF > market.GTD):
		return refuse(c, BadRequest, "a %s without a time in force (%s)", c.Type, in.Symbol)
	case trailing != (c.Trigger == 0), c.Trigger < 0, c.Trigger > whole(in.MaxPrice, in.Tick):
		return refuse(c, BadTrigger, "a %s with a trigger of %d ticks (%s): a trailing stop has none, the others one within the price range", c.Type, c.Trigger, in.Symbol)
	case trailing && (c.Callback.Less(leastCallback) || mostCallback.Less(c.Callback) || c.Activate < 0):
		return refuse(c, BadTrigger, "a trailing stop %s %% behind the price (%s): use %s to %s", c.Callback, in.Symbol, leastCallback, mostCallback)
	case !trailing && (c.Activate != 0 || !c.Callback.IsZero()):
		return refuse(c, BadTrigger, "a %s with a distance or an activation price (%s): they are a trailing stop's", c.Type, in.Symbol)
	case c.ClosePosition && (c.Type != market.StopMarket && c.Type != market.TakeProfitMarket || c.Qty != 0 || c.ReduceOnly):
		return refuse(c, BadRequest, "only a stop or take profit at market closes a position, without a quantity and without reduce-only (%s)", in.Symbol)
	case c.Working > market.MarkPrice:
		return refuse(c, BadTrigger, "no such working price (%s)", in.Symbol)
	}
	return formDetails(c)
}

// The bounds of a trailing stop's distance, in percent (Binance USD-M, callbackRate).
var (
	leastCallback = decimal.MustParse("0.1")
	mostCallback  = decimal.MustParse("20")
)

// limited says whether an order is, or becomes, a limit order.
func limited(c *market.Command) bool {
	return c.Type == market.Limit || c.Type == market.Stop || c.Type == market.TakeProfit
}

// priced says whether an order has a price of its own.
func priced(c *market.Command) bool { return limited(c) && c.PriceMatch == market.PriceMatchNone }

// quantity: LOT_SIZE, and MARKET_LOT_SIZE for market orders.
func quantity(c *market.Command, _ Reference) error {
	if c.ClosePosition {
		return nil // it has none
	}
	in, most := c.Instrument, c.Instrument.MaxQty
	if !limited(c) && in.MaxMarketQty > 0 {
		most = in.MaxMarketQty
	}
	low := max(in.MinQty, 1)
	if c.Qty < low {
		return refuse(c, BadQty, "quantity %s is below the least, %s (%s): use more", in.Quantity(c.Qty), in.Quantity(low), in.Symbol)
	}
	if most = whole(most, in.Lot); c.Qty > most {
		return refuse(c, BadQty, "quantity of %d lots is above the most, %s (%s): use less", c.Qty, in.Quantity(most), in.Symbol)
	}
	return nil
}

// price: PRICE_FILTER.
func price(c *market.Command, _ Reference) error {
	in := c.Instrument
	if !priced(c) {
		return nil
	}
	if low := max(in.MinPrice, 1); c.Px < low {
		return refuse(c, BadPrice, "price %s is below the lowest, %s (%s): use a higher one", show(in, c.Px), show(in, low), in.Symbol)
	}
	if most := whole(in.MaxPrice, in.Tick); c.Px > most {
		return refuse(c, BadPrice, "price of %d ticks is above the highest, %s (%s): use a lower one", c.Px, show(in, most), in.Symbol)
	}
	return nil
}

// percent: PERCENT_PRICE, a buy at most mark*multiplierUp, a sell at least mark*multiplierDown. A conditional order is measured by its
// trigger instead of the mark price.
func percent(c *market.Command, ref Reference) error {
	in := c.Instrument
	what := "mark price"
	if c.Type.Conditional() {
		what, ref.Mark = "trigger", in.Price(c.Trigger)
	}
	if !priced(c) || ref.Mark.Sign() <= 0 {
		return nil
	}
	factor, round := in.PriceUp, decimal.Floor
	if c.Side == market.Sell {
		factor, round = in.PriceDown, decimal.Ceil
	}
	if factor.Sign() <= 0 {
		return nil
	}
	bound, err := ref.Mark.Mul(factor, round)
	if err != nil {
		return refuse(c, BadPercent, "%s %s times %s (%s): %v", what, ref.Mark, factor, in.Symbol, err)
	}
	if px := in.Price(c.Px); c.Side == market.Buy && bound.Less(px) || c.Side == market.Sell && px.Less(bound) {
		return refuse(c, BadPercent, "price %s is beyond %s, the %s %s times %s (%s): move it nearer", show(in, c.Px), bound,
			what, ref.Mark, factor, in.Symbol)
	}
	return nil
}

// notional: MIN_NOTIONAL; orders that only reduce are exempt. An order without a price is measured at its trigger, or at the mark
// price.
func notional(c *market.Command, ref Reference) error {
	in := c.Instrument
	if c.Reduces() || in.MinNotional.Sign() <= 0 {
		return nil
	}
	at := in.Price(c.Px)
	if !priced(c) {
		if at = in.Price(c.Trigger); at.IsZero() {
			at = ref.Mark
		}
		if at.Sign() <= 0 {
			return nil
		}
	}
	n, err := at.Mul(in.Quantity(c.Qty), decimal.Down)
	if err != nil {
		return refuse(c, BadNotional, "price times quantity (%s): %v", in.Symbol, err)
	}
	if n.Less(in.MinNotional) {
		return refuse(c, BadNotional, "price times quantity is %s, the least is %s (%s): use more", n, in.MinNotional, in.Symbol)
	}
	return nil
}

// whole is the highest number of steps: the rule's, or where it states none what a decimal can hold.
func whole[T ~int64](most T, step decimal.Decimal) T {
	if most > 0 {
		return most
	}
	return T(math.MaxInt64 / max(step.Units(), 1))
}

func show(in *market.Instrument, px market.Ticks) string { return in.Price(px).Fixed(in.PricePlaces) }
