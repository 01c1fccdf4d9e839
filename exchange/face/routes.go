package face

import (
	"baton/binance/wire"
	"baton/market"
)

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

func (c *call) ping() *wire.APIError {
	c.body = wire.AppendEmpty(nil)
	return nil
}

func (c *call) time() *wire.APIError {
	c.body = wire.AppendServerTime(nil, wire.Millis(c.now))
	return nil
}

func (c *call) info() *wire.APIError {
	list := make([]*market.Instrument, len(c.f.symbols))
	for i := range list {
		list[i] = c.f.x.Rules(i)
	}
	c.body = wire.AppendInfo(nil, &wire.Info{ServerMs: wire.Millis(c.now), Limits: wire.DefaultLimits(), Instruments: list})
	return nil
}
