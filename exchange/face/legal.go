package face

import (
	"errors"
	"strings"

	"baton/binance/wire"
	"baton/decimal"
)

// The legal ranges that -1100 names (Binance USD-M, as the live API words them).
const (
	legalNumber   = `^([0-9]{1,20})(\.[0-9]{1,20})?$`
	legalInteger  = `^[0-9]{1,20}$`
	legalClientID = `^[\.A-Z\:/a-z0-9_-]{1,36}$`
)

// codeEmpty is PARAM_EMPTY: a mandatory parameter came without a value.
const codeEmpty = -1105

// legal checks the characters of the parameters that have a legal range.
func legal(p wire.Params) *wire.APIError {
	for i := range p {
		name, v := string(p[i].Name), p[i].Value
		if len(v) == 0 {
			continue
		}
		switch name {
		case "quantity", "price":
			if fault := legalAmount(name, v); fault != nil {
				return fault
			}
		case "orderId", "timestamp", "recvWindow", "limit", "fromId", "startTime", "endTime", "countdownTime", "algoId", "leverage":
			if !isInteger(v) {
				return illegal(name, legalInteger)
			}
		case "newClientOrderId", "origClientOrderId", "clientAlgoId":
			if len(v) <= wire.MaxClientID && !wire.ValidClientID(v) {
				return illegal(name, legalClientID)
			}
		}
	}
	return nil
}

// legalAmount checks a price or quantity: its characters, and that it fits a decimal.
func legalAmount(name string, v []byte) *wire.APIError {
	if !isNumber(v) {
		return illegal(name, legalNumber)
	}
	switch _, err := decimal.ParseBytes(v); {
	case errors.Is(err, decimal.ErrPrecision):
		return wire.Fault(wire.CodeBadPrecision)
	case err != nil && name == "price":
		return wire.Fault(wire.CodePriceAboveMax)
	case err != nil:
		return wire.Fault(wire.CodeQtyAboveMax)
	}
	return nil
}

func illegal(name, legal string) *wire.APIError {
	return &wire.APIError{Code: wire.CodeIllegalChars,
		Msg: "Illegal characters found in parameter '" + name + "'; legal range is '" + legal + "'."}
}

func isInteger(v []byte) bool {
	for _, c := range v {
		if c-'0' >= 10 {
			return false
		}
	}
	return len(v) > 0 && len(v) <= 20
}

func isNumber(v []byte) bool {
	whole, part, point := strings.Cut(string(v), ".")
	return isInteger([]byte(whole)) && (!point || isInteger([]byte(part)))
}

// emptied turns "was not sent" into "was empty" where the parameter did come, without a value.
func emptied(p wire.Params, fault *wire.APIError) *wire.APIError {
	if fault == nil || fault.Code != wire.CodeMandatoryParam {
		return fault
	}
	for i := range p {
		if len(p[i].Value) == 0 && strings.Contains(fault.Msg, "'"+string(p[i].Name)+"'") {
			return &wire.APIError{Code: codeEmpty, Msg: "Parameter '" + string(p[i].Name) + "' was empty."}
		}
	}
	return fault
}

// surplus refuses what only orders of other types have.
func surplus(p wire.Params) *wire.APIError {
	for _, name := range [...]string{"stopPrice", "activationPrice", "callbackRate"} {
		if p.Value(name) != nil {
			return wire.Fault(wire.CodeParamNotRequired, name)
		}
	}
	if string(p.Value("closePosition")) == "true" {
		return wire.Fault(wire.CodeParamNotRequired, "closePosition")
	}
	return nil
}
