package wire

// Call is one call of the API, under REST and, where it has one, under a ws-api method.
type Call uint8

// The calls that Baton makes and serves.
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
)

// Security is what a call must carry (Binance USD-M, General Info, Endpoint Security Type).
type Security uint8

// The security types: nothing, the key alone (USER_STREAM), key, timestamp and signature (TRADE, USER_DATA).
const (
	Open Security = iota
	KeyOnly
	Signed
)

// calls is the table of them: source spec endpoints, weights as of 2026-11. alias is a second ws-api name.
var calls = [...]struct {
	method, path, ws, alias string
	security                Security
	weight                  int
}{
	CallPing:           {"GET", "/fapi/v1/ping", "", "", Open, 1},
	CallTime:           {"GET", "/fapi/v1/time", "", "", Open, 1},
	CallExchangeInfo:   {"GET", "/fapi/v1/exchangeInfo", "", "", Open, 1},
	CallDepth:          {"GET", "/fapi/v1/depth", "depth", "", Open, 20},
	CallPremiumIndex:   {"GET", "/fapi/v1/premiumIndex", "", "", Open, 1},
	CallBookTicker:     {"GET", "/fapi/v1/ticker/bookTicker", "ticker.book", "", Open, 2},
	CallStartListenKey: {"POST", "/fapi/v1/listenKey", "userDataStream.start", "", KeyOnly, 1},
	CallKeepListenKey:  {"PUT", "/fapi/v1/listenKey", "userDataStream.ping", "", KeyOnly, 1},
	CallCloseListenKey: {"DELETE", "/fapi/v1/listenKey", "userDataStream.stop", "", KeyOnly, 1},
	CallPlace:          {"POST", "/fapi/v1/order", "order.place", "", Signed, 0},
	CallCancel:         {"DELETE", "/fapi/v1/order", "order.cancel", "", Signed, 1},
	CallOrder:          {"GET", "/fapi/v1/order", "order.status", "", Signed, 1},
	CallOpenOrders:     {"GET", "/fapi/v1/openOrders", "", "", Signed, 1},
	CallCancelAll:      {"DELETE", "/fapi/v1/allOpenOrders", "", "", Signed, 1},
	CallCountdown:      {"POST", "/fapi/v1/countdownCancelAll", "", "", Signed, 10},
	CallUserTrades:     {"GET", "/fapi/v1/userTrades", "", "", Signed, 5},
	CallAccount:        {"GET", "/fapi/v3/account", "v2/account.status", "account.status", Signed, 5},
	CallBalance:        {"GET", "/fapi/v3/balance", "v2/account.balance", "account.balance", Signed, 5},
	CallPositions:      {"GET", "/fapi/v3/positionRisk", "v2/account.position", "account.position", Signed, 5},
	CallBrackets:       {"GET", "/fapi/v1/leverageBracket", "", "", Signed, 1},
	CallCommission:     {"GET", "/fapi/v1/commissionRate", "", "", Signed, 20},
	CallSessionStatus:  {"", "", "session.status", "", Open, 2},
}

// HTTP is the call's method and path under REST; empty where it has none.
func (c Call) HTTP() (method, path string) { return calls[c].method, calls[c].path }

// Method is the call's ws-api method; empty where it has none.
func (c Call) Method() string { return calls[c].ws }

// Security is what the call must carry.
func (c Call) Security() Security { return calls[c].security }

// Weight is what the call costs of the IP's request weight. For depth it depends on the limit, for openOrders, premiumIndex
// and bookTicker on whether a symbol is named.
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

// Orders is how many orders the call counts against the account's order limits: one for a placement, none for a cancel.
func (c Call) Orders() int { return pick(c == CallPlace, 1, 0) }

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
		if len(method) > 0 && (calls[n].ws == string(method) || calls[n].alias == string(method)) {
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
