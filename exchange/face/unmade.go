package face

// Unmade is an error code of Binance's that this exchange never gives, and why.
type Unmade struct {
	Code int
	Why  string
}

// Why a code is never given.
const (
	whyAdmin     = "it speaks of a listing that an operator of the venue gets wrong: instruments here come from an exchangeInfo file"
	whyAddresses = "lists of allowed addresses are kept at Binance's own page"
	whyBus       = "it speaks of messages inside Binance"
	whyJoint     = "multi-assets mode is refused as a whole (-4084)"
	whyKnown     = "there is nobody to identify: no countries, no age of accounts, no services of the venue"
	whyLegacy    = "of products that are no USD-M perpetuals, or of endpoints that are not served"
	whyOther     = "what it says is said by another code here, which clients meet more often: "
	whyInstant   = "what comes in is carried out at once, so that nothing is ever between two states"
)

// unmade is the one table of them. All other codes of Binance USD-M, Error Codes, are given where they belong, each in a scenario.
var unmade = [...]Unmade{
	{-1002, whyOther + "-2015"}, {-1004, whyAddresses}, {-1005, whyAddresses}, {-1010, whyBus}, {-1011, whyAddresses}, {-1013, whyBus},
	{-1014, whyOther + "-4120, -1116"}, {-1101, "unknown parameters are ignored, as clients send some"}, {-1103, "unknown parameters are ignored, as clients send some"},
	{-1104, "unknown parameters are ignored, as clients send some"}, {-1108, "no endpoint that is served takes an asset that could be wrong, but for assetIndex (-1121)"},
	{-1109, "an account comes from its key, and a wrong key is -2015"}, {-1110, whyLegacy}, {-1112, whyOther + "-4131, -5041"}, {-1113, whyLegacy},
	{-1118, "an empty value is an absent one: go-binance sends such"}, {-1119, whyOther + "-1102"}, {-1126, whyLegacy}, {-1127, whyOther + "-4165"},
	{-1128, whyOther + "-1102"}, {-2010, whyOther + "each refusal has its own"}, {-2012, "cancelling all orders cannot fail in part here"}, {-2016, whyLegacy},
	{-2017, whyKnown}, {-2018, whyOther + "-4050, -4051"}, {-2020, whyOther + "-5021"}, {-2023, whyInstant}, {-2024, whyOther + "-2022"},
	{-2026, "both types of orders may be reduce-only"}, {-4000, whyOther + "-2011"}, {-4001, "a sign is no legal character of a price (-1100)"},
	{-4008, whyAdmin}, {-4009, whyAdmin}, {-4010, whyAdmin}, {-4011, whyAdmin}, {-4012, whyAdmin}, {-4017, whyAdmin}, {-4018, whyAdmin}, {-4019, whyAdmin},
	{-4020, whyLegacy}, {-4022, whyAdmin}, {-4025, whyAdmin}, {-4027, whyLegacy}, {-4029, whyAdmin}, {-4030, whyAdmin}, {-4033, "the insurance fund is always there"},
	{-4044, whyLegacy}, {-4052, "margin is never added by itself, and no endpoint switches that"}, {-4053, "margin is never added by itself, and no endpoint switches that"},
	{-4057, "a key that cannot be read is refused when the exchange starts"}, {-4058, whyAdmin}, {-4062, whyOther + "-1106, -1102"}, {-4083, "each order of a batch has an answer of its own"},
	{-4085, whyAdmin}, {-4086, whyAdmin}, {-4087, whyKnown}, {-4088, whyKnown}, {-4109, whyKnown}, {-4114, whyLegacy}, {-4115, whyLegacy}, {-4117, whyInstant},
	{-4118, whyOther + "-2022"}, {-4138, whyOther + "-1106, for reduceOnly beside closePosition"}, {-4139, whyLegacy}, {-4142, whyOther + "-2021"},
	{-4167, whyJoint}, {-4168, whyJoint}, {-4169, whyJoint}, {-4170, whyJoint}, {-4172, whyJoint}, {-4202, whyKnown}, {-4203, whyKnown}, {-4205, whyKnown},
	{-4206, whyKnown}, {-4208, whyKnown}, {-4209, whyKnown}, {-4210, whyTrigger}, {-4211, whyTrigger}, {-4402, whyKnown}, {-4403, whyKnown}, {-4425, whyKnown}, {-4531, whyLegacy},
	{-5025, "orders that rest are limit orders: conditional ones have an endpoint of their own, which amends none"}, {-5043, whyInstant},
}

// whyTrigger: SEMANTICS knows the codes; no page says which multiplier of which price bounds a trigger, and stops far away are ordinary. What
// bounds triggers here is PRICE_FILTER (-4006, -4007, -4014), and the limit leg's distance from its trigger (-4183, -4184).
const whyTrigger = "no page says by which multiplier a trigger is bounded; PRICE_FILTER bounds it here (-4006, -4007, -4014), and the limit leg by -4183, -4184"

// UnmadeErrors lists the codes that are never given, with the reason. POSITION_RISK_CONTROL is shown with its side NONE, and has no
// code in any source.
func UnmadeErrors() []Unmade { return unmade[:] }
