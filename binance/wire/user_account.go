package wire

import (
	"baton/decimal"
	"baton/market"
)

// AccountUpdate is an ACCOUNT_UPDATE. Its slices are parts of the decoded text; Balances and Positions are reused.
type AccountUpdate struct {
	Event, Transact market.Nanos
	Reason          market.Reason
	ReasonText      []byte // m as written; where it is empty, [AppendAccountUpdate] writes Reason
	Symbol          []byte // S: of a FUNDING_FEE, since 2026-08; may be empty
	Balances        []BalanceChange
	Positions       []PositionChange
}

// BalanceChange is one asset of an [AccountUpdate].
type BalanceChange struct {
	Asset  []byte
	Wallet decimal.Decimal // wb
	Cross  decimal.Decimal // cw
	Change decimal.Decimal // bc: except profit and commission
}

// PositionChange is one position of an [AccountUpdate].
type PositionChange struct {
	Symbol     []byte
	Amount     decimal.Decimal // pa, signed
	Entry      decimal.Decimal // ep
	BreakEven  decimal.Decimal // bep
	Realised   decimal.Decimal // cr, before fees, accumulated
	Unrealised decimal.Decimal // up

	// What only the exchange's side tells.
	Side     market.PositionSide
	Isolated bool
	Margin   decimal.Decimal // iw: the wallet of an isolated position
}

// reasonNames are Binance's names of the reasons (ACCOUNT_UPDATE m).
var reasonNames = [...]string{
	market.ReasonOther: "ADJUSTMENT", market.ReasonOrder: "ORDER", market.ReasonFunding: "FUNDING_FEE",
	market.ReasonDeposit: "DEPOSIT", market.ReasonWithdraw: "WITHDRAW", market.ReasonTransfer: "ASSET_TRANSFER",
	market.ReasonInsurance: "INSURANCE_CLEAR",
}

func reasonOf(s []byte) market.Reason {
	for r, name := range reasonNames {
		if string(s) == name {
			return market.Reason(r)
		}
	}
	return market.ReasonOther
}

// DecodeAccountUpdate reads an ACCOUNT_UPDATE, wrapped or raw.
func DecodeAccountUpdate(b []byte, u *AccountUpdate) error {
	*u = AccountUpdate{Balances: u.Balances[:0], Positions: u.Positions[:0]}
	_, err := readEvent(nil, `"ACCOUNT_UPDATE"`, b, func(k uint64, i int) (int, uint32) {
		switch k {
		case 'E':
			u.Event, i = millis(b, i)
			return i, 2
		case 'T':
			u.Transact, i = millis(b, i)
			return i, 4
		case 'a':
			return accountFields(b, i, u), 8
		}
		return skip(b, i), 0
	}, "e", "E", "T", "a")
	return err
}

func accountFields(b []byte, i int, u *AccountUpdate) int {
	start, reason := i, false
	i = fields(b, i, func(k uint64, i int) int {
		switch k {
		case 'm':
			u.ReasonText, i = text(b, i)
			u.Reason, reason = reasonOf(u.ReasonText), true
			return i
		case 'S':
			u.Symbol, i = text(b, i)
			return i
		case 'B':
			u.Balances = u.Balances[:0]
			return array(b, i, func(i int) int { return balanceChange(b, i, u) })
		case 'P':
			u.Positions = u.Positions[:0]
			return array(b, i, func(i int) int { return positionChange(b, i, u) })
		}
		return skip(b, i)
	})
	if i >= 0 && !reason {
		return ^start
	}
	return i
}

func balanceChange(b []byte, i int, u *AccountUpdate) int {
	u.Balances = append(u.Balances, BalanceChange{})
	x := &u.Balances[len(u.Balances)-1]
	start, seen := i, 0
	i = fields(b, i, func(k uint64, i int) int {
		switch k {
		case 'a':
			x.Asset, i = text(b, i)
			seen |= 1
		case 'w' | 'b'<<8:
			x.Wallet, i = money(b, i)
			seen |= 2
		case 'c' | 'w'<<8:
			x.Cross, i = money(b, i)
		case 'b' | 'c'<<8:
			x.Change, i = money(b, i)
		default:
			i = skip(b, i)
		}
		return i
	})
	if i >= 0 && seen != 3 {
		return ^start
	}
	return i
}

func positionChange(b []byte, i int, u *AccountUpdate) int {
	u.Positions = append(u.Positions, PositionChange{})
	x := &u.Positions[len(u.Positions)-1]
	start, seen := i, 0
	i = fields(b, i, func(k uint64, i int) int {
		switch k {
		case 's':
			x.Symbol, i = text(b, i)
			seen |= 1
		case 'p' | 'a'<<8:
			x.Amount, i = money(b, i)
			seen |= 2
		case 'e' | 'p'<<8:
			x.Entry, i = money(b, i)
		case 'b' | 'e'<<8 | 'p'<<16:
			x.BreakEven, i = loose(b, i)
		case 'c' | 'r'<<8:
			x.Realised, i = money(b, i)
		case 'u' | 'p'<<8:
			x.Unrealised, i = money(b, i)
		default:
			i = skip(b, i)
		}
		return i
	})
	if i >= 0 && seen != 3 {
		return ^start
	}
	return i
}

// AppendAccountUpdate appends an ACCOUNT_UPDATE in the raw form, positions in cross margin, one-way.
func AppendAccountUpdate(b []byte, u *AccountUpdate) []byte {
	b = appendMillis(b, `{"e":"ACCOUNT_UPDATE","T":`, u.Transact)
	b = appendMillis(b, `,"E":`, u.Event)
	b = append(b, `,"a":{"B":[`...)
	for n := range u.Balances {
		x := &u.Balances[n]
		if n > 0 {
			b = append(b, ',')
		}
		b = appendString(b, `{"a":`, x.Asset)
		b = appendMoney(b, `,"wb":`, x.Wallet)
		b = appendMoney(b, `,"cw":`, x.Cross)
		b = append(appendDecimal(b, `,"bc":`, x.Change), '}')
	}
	b = append(b, `],"P":[`...)
	for n := range u.Positions {
		x := &u.Positions[n]
		if n > 0 {
			b = append(b, ',')
		}
		b = appendString(b, `{"s":`, x.Symbol)
		b = appendDecimal(b, `,"pa":`, x.Amount)
		b = appendDecimal(b, `,"ep":`, x.Entry)
		b = appendDecimal(b, `,"cr":`, x.Realised)
		b = appendMoney(b, `,"up":`, x.Unrealised)
		b = appendString(b, `,"mt":`, marginType(x.Isolated))
		b = appendDecimal(b, `,"iw":`, x.Margin)
		b = appendString(b, `,"ps":`, x.Side.String())
		b = append(appendDecimal(b, `,"bep":`, x.BreakEven), '}')
	}
	if len(u.ReasonText) > 0 {
		b = appendString(b, `],"m":`, u.ReasonText)
	} else {
		b = appendString(b, `],"m":`, reasonNames[u.Reason])
	}
	if len(u.Symbol) > 0 {
		b = appendString(b, `,"S":`, u.Symbol)
	}
	return append(b, `}}`...)
}

// DecodeListenKeyExpired reads a listenKeyExpired; key is a part of the text.
func DecodeListenKeyExpired(b []byte) (at market.Nanos, key []byte, err error) {
	const message = "listenKeyExpired"
	i, wrapped := open(b)
	for again := i >= 0; again; {
		seen := uint32(0)
		i = members(b, i, func(name []byte, i int) int {
			switch string(name) {
			case "e":
				seen |= 1
				return event(b, i, `"`+message+`"`)
			case "E":
				seen |= 2
				at, i = millis(b, i)
				return i
			case "listenKey":
				key, i = text(b, i)
				return i
			}
			return skip(b, i)
		})
		if i < 0 {
			break
		}
		if seen != 3 {
			return 0, nil, missing(message, b[:i], seen, "e", "E")
		}
		i, again = closeFrame(b, i, wrapped)
	}
	if i < 0 {
		return 0, nil, badKey(message, b, i, 0)
	}
	return at, key, nil
}

// AppendListenKeyExpired appends a listenKeyExpired in the raw form.
func AppendListenKeyExpired(b []byte, at market.Nanos, key string) []byte {
	b = appendMillis(b, `{"e":"listenKeyExpired","E":`, at)
	return append(appendString(b, `,"listenKey":`, key), '}')
}

// marginType is how user events spell it; MARGIN_CALL and REST differ.
func marginType(isolated bool) string {
	if isolated {
		return "isolated"
	}
	return "cross"
}
