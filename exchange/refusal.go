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
	RefuseSymbol           = Refusal{-1121, "Invalid symbol."}
	RefuseSymbolStatus     = Refusal{-1122, "Invalid symbol status."}
	RefuseAccount          = Refusal{-1109, "Invalid account."}
	RefusePrecision        = Refusal{-1111, "Precision is over the maximum defined for this asset."}
	RefuseTIF              = Refusal{-1115, "Invalid timeInForce."}
	RefuseType             = Refusal{-1116, "Invalid orderType."}
	RefuseSide             = Refusal{-1117, "Invalid side."}
	RefuseNotRequired      = Refusal{-1106, "Parameter 'reduceonly' sent when not required."}
	RefuseUnknown          = Refusal{-2011, "Unknown order sent."}
	RefuseNoOrder          = Refusal{-2013, "Order does not exist."}
	RefuseTriggered        = Refusal{-2021, "Order would immediately trigger."}
	RefuseMargin           = Refusal{-2019, "Margin is insufficient."}
	RefuseReduceOnly       = Refusal{-2022, "ReduceOnly Order is rejected."}
	RefuseMaxOrders        = Refusal{-2025, "Reach max open order limit."}
	RefuseLeverage         = Refusal{-2027, "Exceeded the maximum allowable position at current leverage."}
	RefuseMaxPrice         = Refusal{-4002, "Price greater than max price."}
	RefuseQtyZero          = Refusal{-4003, "Quantity less than or equal to zero."}
	RefuseMinQty           = Refusal{-4004, "Quantity less than min quantity."}
	RefuseMaxQty           = Refusal{-4005, "Quantity greater than max quantity."}
	RefuseTriggerZero      = Refusal{-4006, "Stop price less than zero."}
	RefuseTriggerMax       = Refusal{-4007, "Stop price greater than max price."}
	RefuseMinPrice         = Refusal{-4013, "Price less than min price."}
	RefuseTick             = Refusal{-4014, "Price not increased by tick size."}
	RefuseClientID         = Refusal{-4015, "Client order id is not valid."}
	RefuseAboveCap         = Refusal{-4016, "Price is higher than mark price multiplier cap."}
	RefuseStep             = Refusal{-4023, "Qty not increased by step size."}
	RefuseBelowFloor       = Refusal{-4024, "Price is lower than mark price multiplier floor."}
	RefuseWorking          = Refusal{-4031, "Invalid parameter working type"}
	RefuseCancelBatch      = Refusal{-4032, "Exceed maximum cancel order size."}
	RefuseMaxAlgos         = Refusal{-4045, "Reach max stop order limit."}
	RefuseBatch            = Refusal{-4082, "Invalid number of batch place orders."}
	RefuseDuplicate        = Refusal{-4116, "clientOrderId is duplicated"}
	RefuseConditional      = Refusal{-4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."}
	RefuseSecondClose      = Refusal{-4130, "An open stop or take profit order with GTE and closePosition in the direction is existing."}
	RefuseMarketBound      = Refusal{-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit"}
	RefuseActivation       = Refusal{-4135, "Invalid activation price"}
	RefuseOpening          = Refusal{-4140, "Invalid symbol status for opening position"}
	RefuseClosed           = Refusal{-4141, "Symbol is closed"}
	RefuseCallback         = Refusal{-1130, "Data sent for parameter 'callbackRate' is not valid."}
	RefuseCloseQty         = Refusal{-4137, "Quantity must be zero with closePosition equals true"}
	RefuseAboveTrigger     = Refusal{-4183, "Price is higher than stop price multiplier cap."}
	RefuseBelowTrigger     = Refusal{-4184, "Price is lower than stop price multiplier floor."}
	RefuseNoPosition       = Refusal{-4509, "TIF GTE can only be used with open positions. Please ensure that positions are available."}
	RefuseFillOrKill       = Refusal{-5021, "Due to the order could not be filled immediately, the FOK order has been rejected."}
	RefuseLeverageMargin   = Refusal{-2028, "Leverage is smaller than permitted: insufficient margin balance."}
	RefuseCommission       = Refusal{-4026, "Commission invalid."}
	RefuseBadLeverage      = Refusal{-4028, "Leverage is not valid"}
	RefuseSameMargin       = Refusal{-4046, "No need to change margin type."}
	RefuseMarginOrders     = Refusal{-4047, "Margin type cannot be changed if there exists open orders."}
	RefuseMarginPosition   = Refusal{-4048, "Margin type cannot be changed if there exists position."}
	RefuseNotIsolated      = Refusal{-4049, "Add margin only support for isolated position."}
	RefuseCrossShort       = Refusal{-4050, "Cross balance insufficient."}
	RefuseIsolatedShort    = Refusal{-4051, "Isolated balance insufficient."}
	RefuseFlat             = Refusal{-4054, "Cannot add position margin: position is 0."}
	RefuseAmount           = Refusal{-4055, "Amount must be positive."}
	RefuseSameMode         = Refusal{-4059, "No need to change position side."}
	RefusePositionSide     = Refusal{-4060, "Invalid position side."}
	RefuseSideMode         = Refusal{-4061, "Order's position side does not match user's setting."}
	RefuseModeOrders       = Refusal{-4067, "Position side cannot be changed if there exists open orders."}
	RefuseModePosition     = Refusal{-4068, "Position side cannot be changed if there exists position."}
	RefuseMultiAssets      = Refusal{-4084, "Method is not allowed currently. Upcoming soon."}
	RefuseLeverageIsolated = Refusal{-4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions"}
	RefuseSameAssets       = Refusal{-4171, "Adjusted asset mode is currently set and does not need to be adjusted repeatedly."}
	RefusePostOnly         = Refusal{-5022, "Due to the order could not be executed as maker, the Post Only order will be rejected."}
	RefuseAmendStatus      = Refusal{-5024, "Symbol is not in trading status. Order amendment is not permitted."}
	RefuseAmendType        = Refusal{-5025, "Only limit order is supported."}
	RefuseMaxAmends        = Refusal{-5026, "Exceed maximum modify order limit."}
	RefuseSameOrder        = Refusal{-5027, "No need to modify the order."}
	RefusePriceMatch       = Refusal{-5037, "Invalid price match"}
	RefuseMatchType        = Refusal{-5038, "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT"}
	RefuseSelfTrade        = Refusal{-5039, "Invalid self trade prevention mode"}
	RefuseGoodTill         = Refusal{-5040, "The goodTillDate timestamp must be greater than the current time plus 600 seconds and smaller than 253402300799000 (UTC 9999-12-31 23:59:59)"}
	RefuseNoDepth          = Refusal{-5041, "No depth matches this BBO order"}
	RefuseAmendReduce      = Refusal{-5047, "The original order is not a reduce-only order"}
)

// The refusals whose text names the limit: of a new order, and of an amendment.
const (
	codeMinNotional   = -4164
	codeAmendNotional = -5029
)

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
