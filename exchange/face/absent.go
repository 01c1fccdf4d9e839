package face

import "baton/binance/wire"

// Absent is something of Binance's that this exchange answers with an error, and why: an endpoint, or one value of a parameter.
type Absent struct {
	Method, Path string
	Param        string // "name=value" of what is refused; empty: the whole endpoint
	Code         int
	Text         string // of the error; empty: that it is not supported, and why
	Why          string
}

// The codes of absent endpoints (Binance USD-M, Error Codes): no such operation here, and not any more.
const (
	codeUnsupported = -1020
	codeShut        = -1016
)

// absent is the one table of them.
var absent = [...]Absent{
	{Method: "POST", Path: "/fapi/v1/convert/acceptQuote", Code: codeUnsupported, Why: whyConvert},
	{Method: "GET", Path: "/fapi/v1/convert/exchangeInfo", Code: codeUnsupported, Why: whyConvert},
	{Method: "POST", Path: "/fapi/v1/convert/getQuote", Code: codeUnsupported, Why: whyConvert},
	{Method: "GET", Path: "/fapi/v1/convert/orderStatus", Code: codeUnsupported, Why: whyConvert},
	{Method: "GET", Path: "/fapi/v1/pmAccountInfo", Code: codeUnsupported, Why: "portfolio margin joins accounts of several venues; here is one"},
	{Method: "GET", Path: "/fapi/v1/income/asyn", Code: codeUnsupported, Why: whyDownload},
	{Method: "GET", Path: "/fapi/v1/income/asyn/id", Code: codeUnsupported, Why: whyDownload},
	{Method: "GET", Path: "/fapi/v1/order/asyn", Code: codeUnsupported, Why: whyDownload},
	{Method: "GET", Path: "/fapi/v1/order/asyn/id", Code: codeUnsupported, Why: whyDownload},
	{Method: "GET", Path: "/fapi/v1/trade/asyn", Code: codeUnsupported, Why: whyDownload},
	{Method: "GET", Path: "/fapi/v1/trade/asyn/id", Code: codeUnsupported, Why: whyDownload},
	{Method: "GET", Path: "/fapi/v1/apiReferral/customization", Code: codeUnsupported, Why: whyReferral},
	{Method: "POST", Path: "/fapi/v1/apiReferral/customization", Code: codeUnsupported, Why: whyReferral},
	{Method: "GET", Path: "/fapi/v1/apiReferral/ifNewUser", Code: codeUnsupported, Why: whyReferral},
	{Method: "GET", Path: "/fapi/v1/apiReferral/overview", Code: codeUnsupported, Why: whyReferral},
	{Method: "GET", Path: "/fapi/v1/apiReferral/rebateVol", Code: codeUnsupported, Why: whyReferral},
	{Method: "GET", Path: "/fapi/v1/apiReferral/tradeVol", Code: codeUnsupported, Why: whyReferral},
	{Method: "GET", Path: "/fapi/v1/apiReferral/traderNum", Code: codeUnsupported, Why: whyReferral},
	{Method: "GET", Path: "/fapi/v1/apiReferral/traderSummary", Code: codeUnsupported, Why: whyReferral},
	{Method: "GET", Path: "/fapi/v1/apiReferral/userCustomization", Code: codeUnsupported, Why: whyReferral},
	{Method: "POST", Path: "/fapi/v1/apiReferral/userCustomization", Code: codeUnsupported, Why: whyReferral},
	{Method: "POST", Path: "/fapi/v1/multiAssetsMargin", Param: "multiAssetsMargin=true", Code: codeUpcoming, Text: textUpcoming, Why: "the exchange has one margin asset"},
	{Method: "POST", Path: "/fapi/v1/order", Param: "timeInForce=RPI", Code: wire.CodeBadTIF, Text: textTIF, Why: whyRPI},
	{Method: "POST", Path: "/fapi/v1/order/test", Param: "timeInForce=RPI", Code: wire.CodeBadTIF, Text: textTIF, Why: whyRPI},
	{Method: "POST", Path: "/fapi/v1/batchOrders", Param: "timeInForce=RPI", Code: wire.CodeBadTIF, Text: textTIF, Why: whyRPI},
	{Method: "POST", Path: "/fapi/v1/algoOrder", Param: "timeInForce=RPI", Code: wire.CodeBadTIF, Text: textTIF, Why: whyRPI},
	{Method: "GET", Path: "/fapi/v1/lvtKlines", Code: codeShut, Text: "This service is no longer available.", Why: "removed at Binance in 2025-06"},
}

// What is answered in place of the general text.
const (
	codeUpcoming = -4084
	textUpcoming = "Method is not allowed currently. Upcoming soon."
	textTIF      = "Invalid timeInForce."
)

// Why something is absent.
const (
	whyRPI      = "RPI orders meet orders of Binance's own page alone, and here is nobody at a page"
	whyConvert  = "converting assets needs other markets; here is one margin asset"
	whyDownload = "downloads are links into Binance's file store; the same rows come from income, allOrders and userTrades"
	whyReferral = "broker referral programmes exist at Binance alone"
)

// AbsentRoutes lists what is answered with an error, with the reason.
func AbsentRoutes() []Absent { return absent[:] }

// text is what the error says.
func (a *Absent) text() string {
	if a.Text != "" {
		return a.Text
	}
	return "This operation is not supported: " + a.Why + "."
}

// offline is the error of a path that has no call.
func offline(method, path string) *wire.APIError {
	for i := range absent {
		if absent[i].Param == "" && absent[i].Method == method && absent[i].Path == path {
			return &wire.APIError{Code: absent[i].Code, Msg: absent[i].text()}
		}
	}
	return wire.Fault(wire.CodeNotFound)
}
