package wire

import (
	"baton/decimal"
	"baton/market"
)

// object reads {"name":value,...} and hands every value to field, which gives the position behind it.
func object(b []byte, i int, field func(name []byte, i int) (next int)) int {
	if i = expect(b, i, '{'); i < 0 {
		return i
	}
	if j := space(b, i); j < len(b) && b[j] == '}' {
		return j + 1
	}
	return members(b, i, field)
}

// members is object from its first key on.
func members(b []byte, i int, field func(name []byte, i int) (next int)) int {
	for more := true; more; {
		var name []byte
		if name, i = keyName(b, i); i < 0 {
			return i
		}
		if i = field(name, space(b, i)); i < 0 {
			return i
		}
		if i, more = comma(b, i); i < 0 {
			return i
		}
	}
	return i
}

// fields is object for short names, which come packed ([key]).
func fields(b []byte, i int, field func(k uint64, i int) (next int)) int {
	if i = expect(b, i, '{'); i < 0 {
		return i
	}
	if j := space(b, i); j < len(b) && b[j] == '}' {
		return j + 1
	}
	var k uint64
	for k, i = key(b, i); i >= 0 && k != closed; k, i = follow(b, i) {
		if i = field(k, i); i < 0 {
			return i
		}
	}
	return i
}

// array reads [value,...] and hands every value to item, which gives the position behind it.
func array(b []byte, i int, item func(i int) (next int)) int {
	if i = expect(b, i, '['); i < 0 {
		return i
	}
	if j := space(b, i); j < len(b) && b[j] == ']' {
		return j + 1
	}
	for {
		if i = item(space(b, i)); i < 0 {
			return i
		}
		if i = space(b, i); i >= len(b) || b[i] != ',' && b[i] != ']' {
			return ^i
		}
		if i++; b[i-1] == ']' {
			return i
		}
	}
}

// whole text: after a document only white space may come.
func ended(message string, b []byte, i int) error {
	if i >= 0 {
		if i = space(b, i); i == len(b) {
			return nil
		}
		i = ^i
	}
	return badKey(message, b, i, 0)
}

// loose reads a decimal that may be quoted or a bare number.
func loose(b []byte, i int) (d decimal.Decimal, next int) {
	if i < len(b) && b[i] == '"' {
		return money(b, i)
	}
	if i >= len(b) {
		return d, ^i
	}
	if next = skipNumber(b, i); next < 0 {
		return d, next
	}
	d, err := decimal.ParseBytes(b[i:next])
	if err != nil {
		return d, ^i
	}
	return d, next
}

func side(b []byte, i int) (market.Side, int) {
	s, next := text(b, i)
	return SideOf(s), next
}

// SideOf reads "BUY" or "SELL"; 0 is anything else.
func SideOf(s []byte) market.Side {
	switch string(s) {
	case "BUY":
		return market.Buy
	case "SELL":
		return market.Sell
	}
	return 0
}

// TypeOf reads "LIMIT" or "MARKET"; 0 is anything else (conditional orders live at another endpoint).
func TypeOf(s []byte) market.OrderType {
	switch string(s) {
	case "LIMIT":
		return market.Limit
	case "MARKET":
		return market.Market
	}
	return 0
}

// TIFOf reads a time in force; 0 is one that Baton does not send.
func TIFOf(s []byte) market.TIF {
	switch string(s) {
	case "GTC":
		return market.GTC
	case "IOC":
		return market.IOC
	case "GTX":
		return market.GTX
	case "FOK":
		return market.FOK
	case "GTD":
		return market.GTD
	}
	return 0
}

// StatusOf reads an order status. EXPIRED_IN_MATCH, self-trade prevention's, is StatusExpired; an unknown one StatusNone.
func StatusOf(s []byte) market.OrderStatus {
	switch string(s) {
	case "NEW":
		return market.StatusNew
	case "PARTIALLY_FILLED":
		return market.StatusPartiallyFilled
	case "FILLED":
		return market.StatusFilled
	case "CANCELED":
		return market.StatusCanceled
	case "EXPIRED", "EXPIRED_IN_MATCH":
		return market.StatusExpired
	case "REJECTED":
		return market.StatusRejected
	}
	return market.StatusNone
}

func orderType(b []byte, i int) (market.OrderType, int) {
	s, next := text(b, i)
	return TypeOf(s), next
}

func tif(b []byte, i int) (market.TIF, int) {
	s, next := text(b, i)
	return TIFOf(s), next
}

func status(b []byte, i int) (market.OrderStatus, int) {
	s, next := text(b, i)
	return StatusOf(s), next
}

// copied is text as a string of its own.
func copied(b []byte, i int) (string, int) {
	s, next := text(b, i)
	return string(s), next
}
