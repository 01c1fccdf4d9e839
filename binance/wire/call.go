package wire

// Call is one call of the API, under REST and, where it has one, under a ws-api method.
type Call uint8

// The calls that Baton makes, and those that its exchange serves.
const (
	CallNone Call = iota
	CallPing
	CallTime
	CallExchangeInfo
	CallDepth
	CallPremiumIndex
	CallBookTicker
	CallStartListenKey
	CallKeepListenKey
	CallCloseListenKey
	CallPlace
	CallCancel
	CallOrder
	CallOpenOrders
	CallCancelAll
	CallCountdown
	CallUserTrades
	CallAccount
	CallBalance
	CallPositions
	CallBrackets
	CallCommission
	CallSessionStatus
	// Market data.
	CallAggTrades
	CallAssetIndex
	CallConstituents
	CallContinuousKlines
	CallFundingInfo
	CallFundingRate
	CallHistoricalTrades
	CallIndexInfo
	CallIndexPriceKlines
	CallInsurance
	CallKlines
	CallMarkPriceKlines
	CallOpenInterest
	CallPremiumKlines
	CallRPIDepth
	CallADLRisk
	CallTicker24
	CallPrice
	CallPriceV2
	CallTrades
	CallSchedule
	CallBasis
	CallDeliveryPrice
	CallGlobalRatio
	CallInterestHistory
	CallTakerRatio
	CallTopAccountRatio
	CallTopPositionRatio
	// Accounts.
	CallAccountV1
	CallAccountV2
	CallAccountConfig
	CallTradingStatus
	CallBalanceV1
	CallBalanceV2
	CallFeeBurn
	CallSetFeeBurn
	CallIncome
	CallMultiAssets
	CallPositionMode
	CallOrderLimits
	CallSymbolConfig
	CallRestrictions
	// Trading.
	CallADLQuantile
	CallCancelAlgos
	CallCancelAlgo
	CallAlgo
	CallPlaceAlgo
	CallAllAlgos
	CallOpenAlgos
	CallAllOrders
	CallCancelBatch
	CallPlaceBatch
	CallAmendBatch
	CallForceOrders
	CallSetLeverage
	CallSetMarginType
	CallSetMultiAssets
	CallOpenOrder
	CallAmend
	CallTestOrder
	CallAmendments
	CallPositionMargin
	CallMarginHistory
	CallPositionsV1
	CallPositionsV2
	CallSetPositionMode
	CallContract
	CallSignContract
	// Sessions of the ws-api.
	CallLogon
	CallLogout
)

// Security is what a call must carry (Binance USD-M, General Info, Endpoint Security Type).
type Security uint8

// The security types: nothing, the key alone (USER_STREAM), key, timestamp and signature (TRADE, USER_DATA).
const (
	Open Security = iota
	KeyOnly
	Signed
)

// calls is the table of them: source spec endpoints, weights as of 2026-11.
var calls = [...]struct {
	method, path, ws string
	security         Security
	weight           int
}{
	CallPing:           {"GET", "/fapi/v1/ping", "", Open, 1},
	CallTime:           {"GET", "/fapi/v1/time", "", Open, 1},
	CallExchangeInfo:   {"GET", "/fapi/v1/exchangeInfo", "", Open, 1},
	CallDepth:          {"GET", "/fapi/v1/depth", "depth", Open, 20},
	CallPremiumIndex:   {"GET", "/fapi/v1/premiumIndex", "", Open, 1},
	CallBookTicker:     {"GET", "/fapi/v1/ticker/bookTicker", "ticker.book", Open, 2},
	CallStartListenKey: {"POST", "/fapi/v1/listenKey", "userDataStream.start", KeyOnly, 1},
	CallKeepListenKey:  {"PUT", "/fapi/v1/listenKey", "userDataStream.ping", KeyOnly, 1},
	CallCloseListenKey: {"DELETE", "/fapi/v1/listenKey", "userDataStream.stop", KeyOnly, 1},
	CallPlace:          {"POST", "/fapi/v1/order", "order.place", Signed, 0},
	CallCancel:         {"DELETE", "/fapi/v1/order", "order.cancel", Signed, 1},
	CallOrder:          {"GET", "/fapi/v1/order", "order.status", Signed, 1},
	CallOpenOrders:     {"GET", "/fapi/v1/openOrders", "", Signed, 1},
	CallCancelAll:      {"DELETE", "/fapi/v1/allOpenOrders", "", Signed, 1},
	CallCountdown:      {"POST", "/fapi/v1/countdownCancelAll", "", Signed, 10},
	CallUserTrades:     {"GET", "/fapi/v1/userTrades", "", Signed, 5},
	CallAccount:        {"GET", "/fapi/v3/account", "v2/account.status", Signed, 5},
	CallBalance:        {"GET", "/fapi/v3/balance", "v2/account.balance", Signed, 5},
	CallPositions:      {"GET", "/fapi/v3/positionRisk", "v2/account.position", Signed, 5},
	CallBrackets:       {"GET", "/fapi/v1/leverageBracket", "", Signed, 1},
	CallCommission:     {"GET", "/fapi/v1/commissionRate", "", Signed, 20},
	CallSessionStatus:  {"", "", "session.status", Open, 2},

	CallAggTrades:        {"GET", "/fapi/v1/aggTrades", "", Open, 20},
	CallAssetIndex:       {"GET", "/fapi/v1/assetIndex", "", Open, 1},
	CallConstituents:     {"GET", "/fapi/v1/constituents", "", Open, 2},
	CallContinuousKlines: {"GET", "/fapi/v1/continuousKlines", "", Open, 5},
	CallFundingInfo:      {"GET", "/fapi/v1/fundingInfo", "", Open, 0},
	CallFundingRate:      {"GET", "/fapi/v1/fundingRate", "", Open, 0},
	CallHistoricalTrades: {"GET", "/fapi/v1/historicalTrades", "", KeyOnly, 200},
	CallIndexInfo:        {"GET", "/fapi/v1/indexInfo", "", Open, 1},
	CallIndexPriceKlines: {"GET", "/fapi/v1/indexPriceKlines", "", Open, 5},
	CallInsurance:        {"GET", "/fapi/v1/insuranceBalance", "", Open, 1},
	CallKlines:           {"GET", "/fapi/v1/klines", "", Open, 5},
	CallMarkPriceKlines:  {"GET", "/fapi/v1/markPriceKlines", "", Open, 5},
	CallOpenInterest:     {"GET", "/fapi/v1/openInterest", "", Open, 1},
	CallPremiumKlines:    {"GET", "/fapi/v1/premiumIndexKlines", "", Open, 5},
	CallRPIDepth:         {"GET", "/fapi/v1/rpiDepth", "", Open, 20},
	CallADLRisk:          {"GET", "/fapi/v1/symbolAdlRisk", "", Open, 1},
	CallTicker24:         {"GET", "/fapi/v1/ticker/24hr", "", Open, 1},
	CallPrice:            {"GET", "/fapi/v1/ticker/price", "ticker.price", Open, 1},
	CallPriceV2:          {"GET", "/fapi/v2/ticker/price", "", Open, 1},
	CallTrades:           {"GET", "/fapi/v1/trades", "", Open, 5},
	CallSchedule:         {"GET", "/fapi/v1/tradingSchedule", "", Open, 5},
	CallBasis:            {"GET", "/futures/data/basis", "", Open, 0},
	CallDeliveryPrice:    {"GET", "/futures/data/delivery-price", "", Open, 0},
	CallGlobalRatio:      {"GET", "/futures/data/globalLongShortAccountRatio", "", Open, 0},
	CallInterestHistory:  {"GET", "/futures/data/openInterestHist", "", Open, 0},
	CallTakerRatio:       {"GET", "/futures/data/takerlongshortRatio", "", Open, 0},
	CallTopAccountRatio:  {"GET", "/futures/data/topLongShortAccountRatio", "", Open, 0},
	CallTopPositionRatio: {"GET", "/futures/data/topLongShortPositionRatio", "", Open, 0},

	CallAccountV1:     {"GET", "/fapi/v1/account", "", Signed, 5},
	CallAccountV2:     {"GET", "/fapi/v2/account", "account.status", Signed, 5},
	CallAccountConfig: {"GET", "/fapi/v1/accountConfig", "", Signed, 5},
	CallTradingStatus: {"GET", "/fapi/v1/apiTradingStatus", "", Signed, 1},
	CallBalanceV1:     {"GET", "/fapi/v1/balance", "", Signed, 5},
	CallBalanceV2:     {"GET", "/fapi/v2/balance", "account.balance", Signed, 5},
	CallFeeBurn:       {"GET", "/fapi/v1/feeBurn", "", Signed, 30},
	CallSetFeeBurn:    {"POST", "/fapi/v1/feeBurn", "", Signed, 1},
	CallIncome:        {"GET", "/fapi/v1/income", "", Signed, 30},
	CallMultiAssets:   {"GET", "/fapi/v1/multiAssetsMargin", "", Signed, 30},
	CallPositionMode:  {"GET", "/fapi/v1/positionSide/dual", "", Signed, 30},
	CallOrderLimits:   {"GET", "/fapi/v1/rateLimit/order", "", Signed, 1},
	CallSymbolConfig:  {"GET", "/fapi/v1/symbolConfig", "", Signed, 5},
	CallRestrictions:  {"GET", "/sapi/v1/account/apiRestrictions", "", Signed, 1},

	CallADLQuantile:     {"GET", "/fapi/v1/adlQuantile", "", Signed, 5},
	CallCancelAlgos:     {"DELETE", "/fapi/v1/algoOpenOrders", "", Signed, 1},
	CallCancelAlgo:      {"DELETE", "/fapi/v1/algoOrder", "algoOrder.cancel", Signed, 1},
	CallAlgo:            {"GET", "/fapi/v1/algoOrder", "", Signed, 1},
	CallPlaceAlgo:       {"POST", "/fapi/v1/algoOrder", "algoOrder.place", Signed, 0},
	CallAllAlgos:        {"GET", "/fapi/v1/allAlgoOrders", "", Signed, 5},
	CallOpenAlgos:       {"GET", "/fapi/v1/openAlgoOrders", "", Signed, 1},
	CallAllOrders:       {"GET", "/fapi/v1/allOrders", "", Signed, 5},
	CallCancelBatch:     {"DELETE", "/fapi/v1/batchOrders", "", Signed, 1},
	CallPlaceBatch:      {"POST", "/fapi/v1/batchOrders", "", Signed, 5},
	CallAmendBatch:      {"PUT", "/fapi/v1/batchOrders", "", Signed, 5},
	CallForceOrders:     {"GET", "/fapi/v1/forceOrders", "", Signed, 20},
	CallSetLeverage:     {"POST", "/fapi/v1/leverage", "", Signed, 1},
	CallSetMarginType:   {"POST", "/fapi/v1/marginType", "", Signed, 1},
	CallSetMultiAssets:  {"POST", "/fapi/v1/multiAssetsMargin", "", Signed, 1},
	CallOpenOrder:       {"GET", "/fapi/v1/openOrder", "", Signed, 1},
	CallAmend:           {"PUT", "/fapi/v1/order", "order.modify", Signed, 0},
	CallTestOrder:       {"POST", "/fapi/v1/order/test", "", Signed, 0},
	CallAmendments:      {"GET", "/fapi/v1/orderAmendment", "", Signed, 1},
	CallPositionMargin:  {"POST", "/fapi/v1/positionMargin", "", Signed, 1},
	CallMarginHistory:   {"GET", "/fapi/v1/positionMargin/history", "", Signed, 1},
	CallPositionsV1:     {"GET", "/fapi/v1/positionRisk", "", Signed, 5},
	CallPositionsV2:     {"GET", "/fapi/v2/positionRisk", "account.position", Signed, 5},
	CallSetPositionMode: {"POST", "/fapi/v1/positionSide/dual", "", Signed, 1},
	CallContract:        {"GET", "/fapi/v1/stock/contract", "", Signed, 1},
	CallSignContract:    {"POST", "/fapi/v1/stock/contract", "", Signed, 50},

	CallLogon:  {"", "", "session.logon", Signed, 2},
	CallLogout: {"", "", "session.logout", Open, 2},
}

// HTTP is the call's method and path under REST; empty where it has none.
func (c Call) HTTP() (method, path string) { return calls[c].method, calls[c].path }

// Method is the call's ws-api method; empty where it has none.
func (c Call) Method() string { return calls[c].ws }

// Security is what the call must carry.
func (c Call) Security() Security { return calls[c].security }

// Weight is what the call costs of the IP's request weight. For depth and klines it depends on the limit, for calls that may
// leave the symbol out on whether they do.
func (c Call) Weight(a *Args) int {
	switch c {
	case CallDepth:
		return depthWeight(a.Limit)
	case CallOpenOrders:
		return pick(a.Symbol == "", 40, 1)
	case CallPremiumIndex:
		return pick(a.Symbol == "", 10, 1)
	case CallBookTicker:
		return pick(a.Symbol == "", 5, 2)
	case CallTicker24, CallOpenAlgos:
		return pick(a.Symbol == "", 40, 1)
	case CallPrice, CallPriceV2:
		return pick(a.Symbol == "", 2, 1)
	case CallForceOrders:
		return pick(a.Symbol == "", 50, 20)
	case CallAssetIndex, CallTradingStatus:
		return pick(a.Symbol == "", 10, 1)
	case CallKlines, CallContinuousKlines, CallIndexPriceKlines, CallMarkPriceKlines, CallPremiumKlines:
		return klineWeight(a.Limit)
	}
	return calls[c].weight
}

func pick(c bool, yes, no int) int {
	if c {
		return yes
	}
	return no
}

// DepthLimits are the limits that depth takes; 0 stands for the default, 500.
var DepthLimits = [...]int{0, 5, 10, 20, 50, 100, 500, 1000}

func depthWeight(limit int) int {
	switch limit {
	case 5, 10, 20, 50:
		return 2
	case 100:
		return 5
	case 500, 0:
		return 10
	}
	return 20
}

// klineWeight is of every kind of klines; 0 stands for the default limit, 500.
func klineWeight(limit int) int {
	switch {
	case limit == 0:
		return 5
	case limit < 100:
		return 1
	case limit < 500:
		return 2
	case limit <= 1000:
		return 5
	}
	return 10
}

// Orders is how many orders the call counts against the account's limit of a minute: one for a placement or an amendment, and
// one for a batch of them; none for a cancel.
func (c Call) Orders() int {
	switch c {
	case CallPlace, CallAmend, CallPlaceAlgo, CallPlaceBatch, CallAmendBatch:
		return 1
	}
	return 0
}

// BurstOrders is the same for the limit of ten seconds, where a batch counts five.
func (c Call) BurstOrders() int {
	if c == CallPlaceBatch || c == CallAmendBatch {
		return 5
	}
	return c.Orders()
}

// Pool is the limit by address that a call counts against.
type Pool uint8

// The pools: the request weight, and two of their own of 5 minutes each, for funding and for statistics.
const (
	PoolWeight Pool = iota
	PoolFunding
	PoolData
)

// Pool is the call's.
func (c Call) Pool() Pool {
	switch {
	case c == CallFundingInfo || c == CallFundingRate:
		return PoolFunding
	case c >= CallBasis && c <= CallTopPositionRatio:
		return PoolData
	}
	return PoolWeight
}

// FindHTTP is the call at a REST method and path, CallNone where there is none. known says that the path exists, if only
// under another method.
func FindHTTP(method, path string) (c Call, known bool) {
	for n := range calls {
		if calls[n].path == path && path != "" {
			if known = true; calls[n].method == method {
				return Call(n), true
			}
		}
	}
	return CallNone, known
}

// FindMethod is the call of a ws-api method, CallNone where there is none.
func FindMethod(method []byte) Call {
	for n := range calls {
		if len(method) > 0 && calls[n].ws == string(method) {
			return Call(n)
		}
	}
	return CallNone
}

// Paths of the WebSocket roots (Binance USD-M, 2026-04: routed streams) and of the ws-api.
const (
	RootPublic  = "/public"
	RootMarket  = "/market"
	RootPrivate = "/private"
	PathRaw     = "/ws"     // raw events
	PathStream  = "/stream" // combined form
	PathAPI     = "/ws-fapi/v1"
)

// Query parameters of a WebSocket handshake.
const (
	QueryStreams          = "streams"
	QueryListenKey        = "listenKey"
	QueryReturnRateLimits = "returnRateLimits"
)

// Headers of requests and answers.
const (
	HeaderKey        = "X-MBX-APIKEY"
	HeaderWeight     = "X-MBX-USED-WEIGHT-1M"
	HeaderOrders10s  = "X-MBX-ORDER-COUNT-10S"
	HeaderOrders1m   = "X-MBX-ORDER-COUNT-1M"
	HeaderRetryAfter = "Retry-After" // seconds
)

// MaxStreams is how many streams one connection takes (Binance USD-M, since 2025-07-02). MaxClientMessages is how many
// messages a second a client may send on a stream connection.
const (
	MaxStreams        = 1024
	MaxClientMessages = 10
)
