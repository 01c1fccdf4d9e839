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
	limit := c.Type == market.Limit && (c.TIF == market.GTC || c.TIF == market.IOC || c.TIF == market.GTX)
	if !limit && c.Type != market.Market {
		return refuse(c, BadRequest, "neither a limit order with a time in force nor a market order (%s)", in.Symbol)
	}
	return nil
}

// quantity: LOT_SIZE, and MARKET_LOT_SIZE for market orders.
func quantity(c *market.Command, _ Reference) error {
	in, most := c.Instrument, c.Instrument.MaxQty
	if c.Type == market.Market && in.MaxMarketQty > 0 {
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
	if c.Type == market.Market {
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

// percent: PERCENT_PRICE, a buy at most mark*multiplierUp, a sell at least mark*multiplierDown.
func percent(c *market.Command, ref Reference) error {
	in := c.Instrument
	if c.Type == market.Market || ref.Mark.Sign() <= 0 {
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
		return refuse(c, BadPercent, "mark price %s times %s (%s): %v", ref.Mark, factor, in.Symbol, err)
	}
	if px := in.Price(c.Px); c.Side == market.Buy && bound.Less(px) || c.Side == market.Sell && px.Less(bound) {
		return refuse(c, BadPercent, "price %s is beyond %s, the mark price %s times %s (%s): move it nearer", show(in, c.Px), bound,
			ref.Mark, factor, in.Symbol)
	}
	return nil
}

// notional: MIN_NOTIONAL; reduce-only orders are exempt. A market order is measured at the mark price.
func notional(c *market.Command, ref Reference) error {
	in := c.Instrument
	if c.ReduceOnly || in.MinNotional.Sign() <= 0 {
		return nil
	}
	at := in.Price(c.Px)
	if c.Type == market.Market {
		if at = ref.Mark; at.Sign() <= 0 {
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
