package exchange

import (
	"fmt"

	"baton/decimal"
	"baton/market"
)

// Refusal is why a request had no effect: Binance's error code and text. A zero Code means that it was not refused.
type Refusal struct {
	Code int
	Text string
}

// Refused says whether it is a refusal at all.
func (r Refusal) Refused() bool { return r.Code != 0 }

// Error is the code and the text.
func (r Refusal) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Text) }

// The refusals (Binance USD-M, Error Codes; the filters' from Filters). Two carry a number in their text: see notionalTooSmall.
var (
	RefuseSymbol       = Refusal{-1121, "Invalid symbol."}
	RefuseSymbolStatus = Refusal{-1122, "Invalid symbol status."}
	RefuseAccount      = Refusal{-1109, "Invalid account."}
	RefusePrecision    = Refusal{-1111, "Precision is over the maximum defined for this asset."}
	RefuseTIF          = Refusal{-1115, "Invalid timeInForce."}
	RefuseType         = Refusal{-1116, "Invalid orderType."}
	RefuseSide         = Refusal{-1117, "Invalid side."}
	RefuseUnknown      = Refusal{-2011, "Unknown order sent."}
	RefuseNoOrder      = Refusal{-2013, "Order does not exist."}
	RefuseMargin       = Refusal{-2019, "Margin is insufficient."}
	RefuseReduceOnly   = Refusal{-2022, "ReduceOnly Order is rejected."}
	RefuseMaxOrders    = Refusal{-2025, "Reach max open order limit."}
	RefuseLeverage     = Refusal{-2027, "Exceeded the maximum allowable position at current leverage."}
	RefuseMaxPrice     = Refusal{-4002, "Price greater than max price."}
	RefuseQtyZero      = Refusal{-4003, "Quantity less than or equal to zero."}
	RefuseMinQty       = Refusal{-4004, "Quantity less than min quantity."}
	RefuseMaxQty       = Refusal{-4005, "Quantity greater than max quantity."}
	RefuseMinPrice     = Refusal{-4013, "Price less than min price."}
	RefuseTick         = Refusal{-4014, "Price not increased by tick size."}
	RefuseClientID     = Refusal{-4015, "Client order id is not valid."}
	RefuseAboveCap     = Refusal{-4016, "Price is higher than mark price multiplier cap."}
	RefuseStep         = Refusal{-4023, "Qty not increased by step size."}
	RefuseBelowFloor   = Refusal{-4024, "Price is lower than mark price multiplier floor."}
	RefuseDuplicate    = Refusal{-4116, "clientOrderId is duplicated"}
	RefuseMarketBound  = Refusal{-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit"}
	RefusePostOnly     = Refusal{-5022, "Due to the order could not be executed as maker, the Post Only order will be rejected."}
)

// codeMinNotional is the refusal whose text names the limit.
const codeMinNotional = -4164

func notionalTooSmall(in *market.Instrument) Refusal {
	return Refusal{codeMinNotional, "Order's notional must be no smaller than " + in.MinNotional.String() + " (unless you choose reduce only)"}
}

// ParsePrice turns a price as a client wrote it into ticks, or refuses it: more decimals than pricePrecision, or not on the tick.
// The limits of PRICE_FILTER are [Exchange.Place]'s to check.
func ParsePrice(in *market.Instrument, p decimal.Decimal) (market.Ticks, Refusal) {
	n, refusal := parseSteps(p, in.Tick, in.PricePlaces, RefuseTick)
	return market.Ticks(n), refusal
}

// ParseQuantity turns a quantity as a client wrote it into lots, or refuses it: more decimals than quantityPrecision, or not a
// whole number of steps.
func ParseQuantity(in *market.Instrument, q decimal.Decimal) (market.Lots, Refusal) {
	n, refusal := parseSteps(q, in.Lot, in.QtyPlaces, RefuseStep)
	return market.Lots(n), refusal
}

func parseSteps(d, step decimal.Decimal, places int, off Refusal) (int64, Refusal) {
	cut, err := decimal.Parse(d.Fixed(places))
	if err != nil || cut != d {
		return 0, RefusePrecision
	}
	n, whole := d.Multiple(step)
	if !whole {
		return 0, off
	}
	return n, Refusal{}
}
