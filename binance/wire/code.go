package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// Binance's error codes that Baton gives or acts on (Binance USD-M, Error Codes).
const (
	CodeUnknown            = -1000
	CodeDisconnected       = -1001
	CodeUnauthorized       = -1002
	CodeTooManyRequests    = -1003
	CodeUnexpectedResponse = -1006
	CodeTimeout            = -1007
	CodeBusy               = -1008
	CodeTooManyOrders      = -1015
	CodeBadTimestamp       = -1021
	CodeBadSignature       = -1022
	CodeNotFound           = -1099
	CodeIllegalChars       = -1100
	CodeTooManyParams      = -1101
	CodeMandatoryParam     = -1102
	CodeUnknownParam       = -1103
	CodeParamNotRequired   = -1106
	CodeBadPrecision       = -1111
	CodeTIFNotRequired     = -1114
	CodeBadTIF             = -1115
	CodeBadOrderType       = -1116
	CodeBadSide            = -1117
	CodeBadSymbol          = -1121
	CodeBadSymbolStatus    = -1122
	CodeBadListenKey       = -1125
	CodeBadParam           = -1130
	CodeBadRespType        = -1136
	CodeOrderRejected      = -2010
	CodeUnknownOrder       = -2011
	CodeNoSuchOrder        = -2013
	CodeBadKeyFormat       = -2014
	CodeRejectedKey        = -2015
	CodeMargin             = -2019
	CodeReduceOnly         = -2022
	CodeMaxOrders          = -2025
	CodeMaxPosition        = -2027
	CodePriceAboveMax      = -4002
	CodeQtyNotPositive     = -4003
	CodeQtyBelowMin        = -4004
	CodeQtyAboveMax        = -4005
	CodePriceBelowMin      = -4013
	CodePriceOffTick       = -4014
	CodeBadClientIDLength  = -4015
	CodePriceAboveCap      = -4016
	CodeBadDepthLimit      = -4021
	CodeQtyOffStep         = -4023
	CodePriceBelowFloor    = -4024
	CodePositionSide       = -4061
	CodeDuplicateClientID  = -4116
	CodeUseAlgoOrder       = -4120
	CodeMarketReject       = -4131
	CodeMinNotional        = -4164
	CodeFOKReject          = -5021
	CodeGTXReject          = -5022
)

// codes are the texts, with %s for what an error names, and the HTTP statuses.
var codes = [...]struct {
	code, http int
	text       string
}{
	{CodeUnknown, 400, "An unknown error occured while processing the request."},
	{CodeDisconnected, 500, "Internal error; unable to process your request. Please try again."},
	{CodeUnauthorized, 401, "You are not authorized to execute this request."},
	{CodeTooManyRequests, 429, "Too many requests; current limit is %s requests per minute. Please use the websocket for live updates to avoid polling the API."},
	{CodeUnexpectedResponse, 503, "An unexpected response was received from the message bus. Execution status unknown."},
	{CodeTimeout, 408, "Timeout waiting for response from backend server. Send status unknown; execution status unknown."},
	{CodeBusy, 503, "Request throttled by system-level protection. Reduce-only/close-position orders are exempt. Please try again."},
	{CodeTooManyOrders, 429, "Too many new orders; current limit is %s orders per %s."},
	{CodeBadTimestamp, 400, "Timestamp for this request is outside of the recvWindow."},
	{CodeBadSignature, 400, "Signature for this request is not valid."},
	{CodeNotFound, 404, "Not found, unauthenticated, or unauthorized."},
	{CodeIllegalChars, 400, "Illegal characters found in a parameter."},
	{CodeTooManyParams, 400, "Too many parameters sent for this endpoint."},
	{CodeMandatoryParam, 400, "Mandatory parameter '%s' was not sent, was empty/null, or malformed."},
	{CodeUnknownParam, 400, "An unknown parameter was sent."},
	{CodeParamNotRequired, 400, "Parameter '%s' sent when not required."},
	{CodeBadPrecision, 400, "Precision is over the maximum defined for this asset."},
	{CodeTIFNotRequired, 400, "TimeInForce parameter sent when not required."},
	{CodeBadTIF, 400, "Invalid timeInForce."},
	{CodeBadOrderType, 400, "Invalid orderType."},
	{CodeBadSide, 400, "Invalid side."},
	{CodeBadSymbol, 400, "Invalid symbol."},
	{CodeBadSymbolStatus, 400, "Invalid symbol status."},
	{CodeBadListenKey, 400, "This listenKey does not exist. Please use `POST /fapi/v1/listenKey` to recreate `listenKey`"},
	{CodeBadParam, 400, "Data sent for parameter '%s' is not valid."},
	{CodeBadRespType, 400, "Invalid newOrderRespType."},
	{CodeOrderRejected, 400, "NEW_ORDER_REJECTED"},
	{CodeUnknownOrder, 400, "Unknown order sent."},
	{CodeNoSuchOrder, 400, "Order does not exist."},
	{CodeBadKeyFormat, 401, "API-key format invalid."},
	{CodeRejectedKey, 401, "Invalid API-key, IP, or permissions for action."},
	{CodeMargin, 400, "Margin is insufficient."},
	{CodeReduceOnly, 400, "ReduceOnly Order is rejected."},
	{CodeMaxOrders, 400, "Reach max open order limit."},
	{CodeMaxPosition, 400, "Exceeded the maximum allowable position at current leverage."},
	{CodePriceAboveMax, 400, "Price greater than max price."},
	{CodeQtyNotPositive, 400, "Quantity less than or equal to zero."},
	{CodeQtyBelowMin, 400, "Quantity less than min quantity."},
	{CodeQtyAboveMax, 400, "Quantity greater than max quantity."},
	{CodePriceBelowMin, 400, "Price less than min price."},
	{CodePriceOffTick, 400, "Price not increased by tick size."},
	{CodeBadClientIDLength, 400, "Client order id is not valid."},
	{CodePriceAboveCap, 400, "Limit price can't be higher than %s."},
	{CodeBadDepthLimit, 400, "'%s' is not valid depth limit."},
	{CodeQtyOffStep, 400, "Qty not increased by step size."},
	{CodePriceBelowFloor, 400, "Limit price can't be lower than %s."},
	{CodePositionSide, 400, "Order's position side does not match user's setting."},
	{CodeDuplicateClientID, 400, "clientOrderId is duplicated"},
	{CodeUseAlgoOrder, 400, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."},
	{CodeMarketReject, 400, "The counterparty's best price does not meet the PERCENT_PRICE filter limit"},
	{CodeMinNotional, 400, "Order's notional must be no smaller than %s (unless you choose reduce only)"},
	{CodeFOKReject, 400, "Due to the order could not be filled immediately, the FOK order has been rejected."},
	{CodeGTXReject, 400, "Due to the order could not be executed as maker, the Post Only order will be rejected."},
}

// Texts of answers that mean something apart from their code (Binance USD-M, General Info, HTTP 503).
const (
	TextServiceUnavailable = "Service Unavailable."
	TextUnknownError       = "Unknown error, please check your request or try again later."
)

// APIError is the body of a refused call: {"code":-1121,"msg":"Invalid symbol."}.
type APIError struct {
	Code int
	Msg  string
}

// Error is "binance -1121: Invalid symbol."
func (e *APIError) Error() string { return fmt.Sprintf("binance %d: %s", e.Code, e.Msg) }

// HTTP is the status that Binance sends with the code; 400 is the norm.
func (e *APIError) HTTP() int {
	for i := range codes {
		if codes[i].code == e.Code {
			return codes[i].http
		}
	}
	return 400
}

// Fault makes the error of a code with Binance's text; args fill what the text leaves open, in order.
func Fault(code int, args ...string) *APIError {
	for i := range codes {
		if codes[i].code == code {
			s := codes[i].text
			for _, a := range args {
				s = strings.Replace(s, "%s", a, 1)
			}
			return &APIError{code, s}
		}
	}
	return &APIError{code, "error " + strconv.Itoa(code)}
}

// AppendError appends the body of a refused call.
func AppendError(b []byte, e *APIError) []byte {
	b = appendInt(b, `{"code":`, int64(e.Code))
	return append(appendString(b, `,"msg":`, e.Msg), '}')
}

// DecodeError reads {"code":..,"msg":..}; ok is false where the text is anything else. A cancel-all's success has the same
// shape with code 200.
func DecodeError(b []byte) (e APIError, ok bool) {
	i, code, msg := readError(b, space(b, 0))
	if ended("error", b, i) != nil || code == 0 {
		return APIError{}, false
	}
	return APIError{code, string(msg)}, true
}

// readError reads an error object; code stays 0 where it has none.
func readError(b []byte, i int) (next, code int, msg []byte) {
	next = object(b, i, func(name []byte, i int) int {
		switch string(name) {
		case "code":
			var v int64
			v, i = integer(b, i)
			code = int(v)
		case "msg":
			msg, i = escapedText(b, i)
		default:
			i = skip(b, i)
		}
		return i
	})
	return next, code, msg
}

// escapedText reads a string, undoing its escapes.
func escapedText(b []byte, i int) ([]byte, int) {
	if s, next := text(b, i); next >= 0 {
		return s, next
	}
	next := str(b, i)
	if next < 0 {
		return nil, next
	}
	return unquote(b[i:next]), next
}
