package face

import "baton/binance/wire"

// handlers is what carries out each call that passed the common checks. Method, path, ws-api name, weight and security of a call
// stand beside it in [wire.Call]'s table; together they are the routes.
var handlers = [256]func(*call) *wire.APIError{
	wire.CallPing:           (*call).ping,
	wire.CallTime:           (*call).time,
	wire.CallLogon:          (*call).ping,
	wire.CallExchangeInfo:   (*call).info,
	wire.CallDepth:          (*call).depth,
	wire.CallPremiumIndex:   (*call).premium,
	wire.CallBookTicker:     (*call).bookTicker,
	wire.CallStartListenKey: (*call).listenKey,
	wire.CallKeepListenKey:  (*call).listenKey,
	wire.CallCloseListenKey: (*call).listenKey,
	wire.CallPlace:          (*call).place,
	wire.CallTestOrder:      (*call).place,
	wire.CallCancel:         (*call).cancel,
	wire.CallOrder:          (*call).query,
	wire.CallOpenOrder:      (*call).query,
	wire.CallOpenOrders:     (*call).openOrders,
	wire.CallCancelAll:      (*call).cancelAll,
	wire.CallCountdown:      (*call).countdown,
	wire.CallUserTrades:     (*call).userTrades,
	wire.CallAllOrders:      (*call).allOrders,
	wire.CallForceOrders:    (*call).allOrders,
	wire.CallAmend:          (*call).amend,
	wire.CallAmendments:     (*call).amendments,
	wire.CallPlaceBatch:     (*call).placeBatch,
	wire.CallAmendBatch:     (*call).amendBatch,
	wire.CallCancelBatch:    (*call).cancelBatch,
	wire.CallPlaceAlgo:      (*call).placeAlgo,
	wire.CallCancelAlgo:     (*call).cancelAlgo,
	wire.CallCancelAlgos:    (*call).cancelAlgos,
	wire.CallAlgo:           (*call).queryAlgo,
	wire.CallAllAlgos:       (*call).algos,
	wire.CallOpenAlgos:      (*call).algos,

	wire.CallAccount:         (*call).accountState,
	wire.CallAccountV1:       (*call).accountV2,
	wire.CallAccountV2:       (*call).accountV2,
	wire.CallBalance:         (*call).balances,
	wire.CallBalanceV1:       (*call).balances,
	wire.CallBalanceV2:       (*call).balances,
	wire.CallPositions:       (*call).positions,
	wire.CallPositionsV1:     (*call).positionsV2,
	wire.CallPositionsV2:     (*call).positionsV2,
	wire.CallBrackets:        (*call).brackets,
	wire.CallCommission:      (*call).commission,
	wire.CallAccountConfig:   (*call).accountConfig,
	wire.CallSymbolConfig:    (*call).symbolConfig,
	wire.CallTradingStatus:   (*call).tradingStatus,
	wire.CallFeeBurn:         (*call).feeBurn,
	wire.CallSetFeeBurn:      (*call).setFeeBurn,
	wire.CallIncome:          (*call).income,
	wire.CallMultiAssets:     (*call).multiAssets,
	wire.CallSetMultiAssets:  (*call).setMultiAssets,
	wire.CallPositionMode:    (*call).positionMode,
	wire.CallSetPositionMode: (*call).setPositionMode,
	wire.CallOrderLimits:     (*call).orderLimits,
	wire.CallRestrictions:    (*call).restrictions,
	wire.CallADLQuantile:     (*call).adlQuantile,
	wire.CallSetLeverage:     (*call).setLeverage,
	wire.CallSetMarginType:   (*call).setMarginType,
	wire.CallPositionMargin:  (*call).positionMargin,
	wire.CallMarginHistory:   (*call).marginHistory,
	wire.CallContract:        (*call).contract,
	wire.CallSignContract:    (*call).signContract,

	wire.CallAggTrades:        (*call).aggTrades,
	wire.CallAssetIndex:       (*call).assetIndex,
	wire.CallConstituents:     (*call).constituents,
	wire.CallContinuousKlines: (*call).klines,
	wire.CallFundingInfo:      (*call).fundingInfo,
	wire.CallFundingRate:      (*call).fundingRate,
	wire.CallHistoricalTrades: (*call).trades,
	wire.CallIndexInfo:        (*call).indexInfo,
	wire.CallIndexPriceKlines: (*call).klines,
	wire.CallInsurance:        (*call).insurance,
	wire.CallKlines:           (*call).klines,
	wire.CallMarkPriceKlines:  (*call).klines,
	wire.CallOpenInterest:     (*call).openInterest,
	wire.CallPremiumKlines:    (*call).klines,
	wire.CallRPIDepth:         (*call).rpiDepth,
	wire.CallADLRisk:          (*call).adlRisk,
	wire.CallTicker24:         (*call).ticker24,
	wire.CallPrice:            (*call).prices,
	wire.CallPriceV2:          (*call).prices,
	wire.CallTrades:           (*call).trades,
	wire.CallSchedule:         (*call).schedule,
	wire.CallBasis:            (*call).basis,
	wire.CallDeliveryPrice:    (*call).deliveryPrice,
	wire.CallGlobalRatio:      (*call).ratio,
	wire.CallInterestHistory:  (*call).interestHistory,
	wire.CallTakerRatio:       (*call).takerRatio,
	wire.CallTopAccountRatio:  (*call).ratio,
	wire.CallTopPositionRatio: (*call).ratio,
}

// Route is one REST endpoint or ws-api method of the face.
type Route struct {
	Method, Path string // REST; empty where there is none
	Name         string // of the ws-api; empty where there is none
	Security     wire.Security
	Weight       int // with no parameter given
}

// Routes lists what the face serves, in the order of [wire.Call].
func Routes() []Route {
	var list []Route
	for n := range handlers {
		if c := wire.Call(n); handlers[n] != nil || c == wire.CallSessionStatus || c == wire.CallLogon || c == wire.CallLogout {
			method, path := c.HTTP()
			list = append(list, Route{method, path, c.Method(), c.Security(), c.Weight(&wire.Args{})})
		}
	}
	return list
}

// Absent is an endpoint of Binance's that this exchange answers with an error, and why.
type Absent struct {
	Method, Path string
	Code         int
	Why          string
}

// The codes of absent endpoints (Binance USD-M, Error Codes): no such operation here, and not any more.
const (
	codeUnsupported = -1020
	codeShut        = -1016
)

// absent is the one table of them.
var absent = [...]Absent{
	{"POST", "/fapi/v1/convert/acceptQuote", codeUnsupported, whyConvert},
	{"GET", "/fapi/v1/convert/exchangeInfo", codeUnsupported, whyConvert},
	{"POST", "/fapi/v1/convert/getQuote", codeUnsupported, whyConvert},
	{"GET", "/fapi/v1/convert/orderStatus", codeUnsupported, whyConvert},
	{"GET", "/fapi/v1/pmAccountInfo", codeUnsupported, "portfolio margin joins accounts of several venues; here is one"},
	{"GET", "/fapi/v1/income/asyn", codeUnsupported, whyDownload},
	{"GET", "/fapi/v1/income/asyn/id", codeUnsupported, whyDownload},
	{"GET", "/fapi/v1/order/asyn", codeUnsupported, whyDownload},
	{"GET", "/fapi/v1/order/asyn/id", codeUnsupported, whyDownload},
	{"GET", "/fapi/v1/trade/asyn", codeUnsupported, whyDownload},
	{"GET", "/fapi/v1/trade/asyn/id", codeUnsupported, whyDownload},
	{"GET", "/fapi/v1/apiReferral/customization", codeUnsupported, whyReferral},
	{"POST", "/fapi/v1/apiReferral/customization", codeUnsupported, whyReferral},
	{"GET", "/fapi/v1/apiReferral/ifNewUser", codeUnsupported, whyReferral},
	{"GET", "/fapi/v1/apiReferral/overview", codeUnsupported, whyReferral},
	{"GET", "/fapi/v1/apiReferral/rebateVol", codeUnsupported, whyReferral},
	{"GET", "/fapi/v1/apiReferral/tradeVol", codeUnsupported, whyReferral},
	{"GET", "/fapi/v1/apiReferral/traderNum", codeUnsupported, whyReferral},
	{"GET", "/fapi/v1/apiReferral/traderSummary", codeUnsupported, whyReferral},
	{"GET", "/fapi/v1/apiReferral/userCustomization", codeUnsupported, whyReferral},
	{"POST", "/fapi/v1/apiReferral/userCustomization", codeUnsupported, whyReferral},
	{"GET", "/fapi/v1/lvtKlines", codeShut, "removed at Binance in 2025-06"},
}

// Why an endpoint is absent.
const (
	whyConvert  = "converting assets needs other markets; here is one margin asset"
	whyDownload = "downloads are links into Binance's file store; the same rows come from income, allOrders and userTrades"
	whyReferral = "broker referral programmes exist at Binance alone"
)

// AbsentRoutes lists the endpoints that are answered with an error, with the reason.
func AbsentRoutes() []Absent { return absent[:] }

// offline is the error of a path that has no call.
func offline(method, path string) *wire.APIError {
	for i := range absent {
		if absent[i].Method == method && absent[i].Path == path {
			return &wire.APIError{Code: absent[i].Code, Msg: "This operation is not supported: " + absent[i].Why + "."}
		}
	}
	return wire.Fault(wire.CodeNotFound)
}

func (c *call) ping() *wire.APIError {
	c.body = wire.AppendEmpty(nil)
	return nil
}

func (c *call) time() *wire.APIError {
	c.body = wire.AppendServerTime(nil, wire.Millis(c.now))
	return nil
}

func (c *call) info() *wire.APIError {
	c.body = wire.AppendInfo(nil, &wire.Info{ServerMs: wire.Millis(c.now), Limits: wire.DefaultLimits(), Instruments: c.f.x.Instruments()})
	return nil
}
