package wire

import (
	"encoding/json"

	"baton/decimal"
)

// Account is the answer of GET /fapi/v3/account and of v2/account.status: totals in USDT, assets, and the positions of symbols
// that have one or an open order. Times are milliseconds.
type Account struct {
	TotalInitialMargin          decimal.Decimal   `json:"totalInitialMargin"`
	TotalMaintMargin            decimal.Decimal   `json:"totalMaintMargin"`
	TotalWalletBalance          decimal.Decimal   `json:"totalWalletBalance"`
	TotalUnrealizedProfit       decimal.Decimal   `json:"totalUnrealizedProfit"`
	TotalMarginBalance          decimal.Decimal   `json:"totalMarginBalance"`
	TotalPositionInitialMargin  decimal.Decimal   `json:"totalPositionInitialMargin"`
	TotalOpenOrderInitialMargin decimal.Decimal   `json:"totalOpenOrderInitialMargin"`
	TotalCrossWalletBalance     decimal.Decimal   `json:"totalCrossWalletBalance"`
	TotalCrossUnPnl             decimal.Decimal   `json:"totalCrossUnPnl"`
	AvailableBalance            decimal.Decimal   `json:"availableBalance"`
	MaxWithdrawAmount           decimal.Decimal   `json:"maxWithdrawAmount"`
	Assets                      []AccountAsset    `json:"assets"`
	Positions                   []AccountPosition `json:"positions"`
}

// AccountAsset is one asset of an [Account].
type AccountAsset struct {
	Asset                  string          `json:"asset"`
	WalletBalance          decimal.Decimal `json:"walletBalance"`
	UnrealizedProfit       decimal.Decimal `json:"unrealizedProfit"`
	MarginBalance          decimal.Decimal `json:"marginBalance"`
	MaintMargin            decimal.Decimal `json:"maintMargin"`
	InitialMargin          decimal.Decimal `json:"initialMargin"`
	PositionInitialMargin  decimal.Decimal `json:"positionInitialMargin"`
	OpenOrderInitialMargin decimal.Decimal `json:"openOrderInitialMargin"`
	CrossWalletBalance     decimal.Decimal `json:"crossWalletBalance"`
	CrossUnPnl             decimal.Decimal `json:"crossUnPnl"`
	AvailableBalance       decimal.Decimal `json:"availableBalance"`
	MaxWithdrawAmount      decimal.Decimal `json:"maxWithdrawAmount"`
	UpdateMs               int64           `json:"updateTime"`
}

// AccountPosition is one position of an [Account].
type AccountPosition struct {
	Symbol           string          `json:"symbol"`
	PositionSide     string          `json:"positionSide"`
	PositionAmt      decimal.Decimal `json:"positionAmt"`
	UnrealizedProfit decimal.Decimal `json:"unrealizedProfit"`
	IsolatedMargin   decimal.Decimal `json:"isolatedMargin"`
	Notional         decimal.Decimal `json:"notional"`
	IsolatedWallet   decimal.Decimal `json:"isolatedWallet"`
	InitialMargin    decimal.Decimal `json:"initialMargin"`
	MaintMargin      decimal.Decimal `json:"maintMargin"`
	UpdateMs         int64           `json:"updateTime"`
}

// Balance is one row of GET /fapi/v3/balance and of v2/account.balance.
type Balance struct {
	AccountAlias       string          `json:"accountAlias"`
	Asset              string          `json:"asset"`
	Balance            decimal.Decimal `json:"balance"` // the wallet
	CrossWalletBalance decimal.Decimal `json:"crossWalletBalance"`
	CrossUnPnl         decimal.Decimal `json:"crossUnPnl"`
	AvailableBalance   decimal.Decimal `json:"availableBalance"`
	MaxWithdrawAmount  decimal.Decimal `json:"maxWithdrawAmount"`
	MarginAvailable    bool            `json:"marginAvailable"`
	UpdateMs           int64           `json:"updateTime"`
}

// PositionRisk is one row of GET /fapi/v3/positionRisk and of v2/account.position.
type PositionRisk struct {
	Symbol                 string          `json:"symbol"`
	PositionSide           string          `json:"positionSide"`
	PositionAmt            decimal.Decimal `json:"positionAmt"` // signed
	EntryPrice             decimal.Decimal `json:"entryPrice"`
	BreakEvenPrice         decimal.Decimal `json:"breakEvenPrice"`
	MarkPrice              decimal.Decimal `json:"markPrice"`
	UnrealizedProfit       decimal.Decimal `json:"unRealizedProfit"`
	LiquidationPrice       decimal.Decimal `json:"liquidationPrice"`
	IsolatedMargin         decimal.Decimal `json:"isolatedMargin"`
	Notional               decimal.Decimal `json:"notional"`
	MarginAsset            string          `json:"marginAsset"`
	IsolatedWallet         decimal.Decimal `json:"isolatedWallet"`
	InitialMargin          decimal.Decimal `json:"initialMargin"`
	MaintMargin            decimal.Decimal `json:"maintMargin"`
	PositionInitialMargin  decimal.Decimal `json:"positionInitialMargin"`
	OpenOrderInitialMargin decimal.Decimal `json:"openOrderInitialMargin"`
	ADL                    int             `json:"adl"`
	BidNotional            decimal.Decimal `json:"bidNotional"`
	AskNotional            decimal.Decimal `json:"askNotional"`
	UpdateMs               int64           `json:"updateTime"`
}

// DecodeAccount reads an account.
func DecodeAccount(b []byte) (a Account, err error) {
	err = decodeJSON("account", b, &a)
	return a, err
}

// DecodeBalances reads the balances.
func DecodeBalances(b []byte) (rows []Balance, err error) {
	err = decodeJSON("balance", b, &rows)
	return rows, err
}

// DecodePositions reads the positions.
func DecodePositions(b []byte) (rows []PositionRisk, err error) {
	err = decodeJSON("positionRisk", b, &rows)
	return rows, err
}

// AppendAccount appends an account.
func AppendAccount(b []byte, a *Account) []byte {
	x := *a
	if x.Assets == nil {
		x.Assets = []AccountAsset{}
	}
	if x.Positions == nil {
		x.Positions = []AccountPosition{}
	}
	return appendJSON(b, &x)
}

// AppendBalances appends the balances.
func AppendBalances(b []byte, rows []Balance) []byte { return appendRows(b, rows) }

// AppendPositions appends the positions.
func AppendPositions(b []byte, rows []PositionRisk) []byte { return appendRows(b, rows) }

func appendRows[T any](b []byte, rows []T) []byte {
	if rows == nil {
		return append(b, "[]"...)
	}
	return appendJSON(b, rows)
}

// decodeJSON reads a message that is on no hot path.
func decodeJSON(message string, b []byte, into any) error {
	err := json.Unmarshal(b, into)
	if err == nil {
		return nil
	}
	off := 0
	switch e := err.(type) {
	case *json.SyntaxError:
		off = int(e.Offset)
	case *json.UnmarshalTypeError:
		off = int(e.Offset)
	}
	return &ParseError{message, off, err.Error()}
}

func appendJSON(b []byte, v any) []byte {
	x, err := json.Marshal(v)
	if err != nil {
		panic("wire: a message of plain fields cannot be encoded: " + err.Error())
	}
	return append(b, x...)
}

// DecodeServerTime reads the answer of GET /fapi/v1/time, in milliseconds.
func DecodeServerTime(b []byte) (ms int64, err error) {
	var seen uint32
	i := object(b, 0, func(name []byte, i int) int {
		if string(name) != "serverTime" {
			return skip(b, i)
		}
		seen = 1
		ms, i = whole(b, i)
		return i
	})
	if err = ended("time", b, i); err != nil {
		return 0, err
	}
	return ms, missingUnless(seen == 1, "time", b, seen, "serverTime")
}

// AppendServerTime appends the answer of GET /fapi/v1/time.
func AppendServerTime(b []byte, ms int64) []byte {
	return append(appendInt(b, `{"serverTime":`, ms), '}')
}

// AppendEmpty appends the answer of GET /fapi/v1/ping and of closing a listenKey.
func AppendEmpty(b []byte) []byte { return append(b, `{}`...) }

// DecodeListenKey reads {"listenKey":".."}.
func DecodeListenKey(b []byte) (key string, err error) {
	i := object(b, 0, func(name []byte, i int) int {
		if string(name) != "listenKey" {
			return skip(b, i)
		}
		key, i = copied(b, i)
		return i
	})
	if err = ended("listenKey", b, i); err != nil {
		return "", err
	}
	return key, missingUnless(key != "", "listenKey", b, 0, "listenKey")
}

// AppendListenKey appends {"listenKey":".."}.
func AppendListenKey(b []byte, key string) []byte {
	return append(appendString(b, `{"listenKey":`, key), '}')
}
