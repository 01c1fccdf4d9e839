package wire

import (
	"baton/decimal"
	"baton/market"
)

// AccountConfig is the answer of accountConfig.
type AccountConfig struct {
	FeeTier      int   `json:"feeTier"`
	CanTrade     bool  `json:"canTrade"`
	CanDeposit   bool  `json:"canDeposit"`
	CanWithdraw  bool  `json:"canWithdraw"`
	Dual         bool  `json:"dualSidePosition"`
	UpdateMs     int64 `json:"updateTime"`
	MultiAssets  bool  `json:"multiAssetsMargin"`
	TradeGroupID int64 `json:"tradeGroupId"`
}

// SymbolConfig is one row of symbolConfig.
type SymbolConfig struct {
	Symbol      string `json:"symbol"`
	MarginType  string `json:"marginType"`
	AutoAdd     bool   `json:"isAutoAddMargin"`
	Leverage    int    `json:"leverage"`
	MaxNotional Places `json:"maxNotionalValue"`
}

// AccountV2 is the answer of GET /fapi/v2/account and of account.status: every position of every symbol, with its leverage.
type AccountV2 struct {
	FeeTier                     int                 `json:"feeTier"`
	FeeBurn                     bool                `json:"feeBurn"`
	CanTrade                    bool                `json:"canTrade"`
	CanDeposit                  bool                `json:"canDeposit"`
	CanWithdraw                 bool                `json:"canWithdraw"`
	UpdateMs                    int64               `json:"updateTime"`
	MultiAssets                 bool                `json:"multiAssetsMargin"`
	TradeGroupID                int64               `json:"tradeGroupId"`
	TotalInitialMargin          Places              `json:"totalInitialMargin"`
	TotalMaintMargin            Places              `json:"totalMaintMargin"`
	TotalWalletBalance          Places              `json:"totalWalletBalance"`
	TotalUnrealizedProfit       Places              `json:"totalUnrealizedProfit"`
	TotalMarginBalance          Places              `json:"totalMarginBalance"`
	TotalPositionInitialMargin  Places              `json:"totalPositionInitialMargin"`
	TotalOpenOrderInitialMargin Places              `json:"totalOpenOrderInitialMargin"`
	TotalCrossWalletBalance     Places              `json:"totalCrossWalletBalance"`
	TotalCrossUnPnl             Places              `json:"totalCrossUnPnl"`
	AvailableBalance            Places              `json:"availableBalance"`
	MaxWithdrawAmount           Places              `json:"maxWithdrawAmount"`
	Assets                      []AccountAssetV2    `json:"assets"`
	Positions                   []AccountPositionV2 `json:"positions"`
}

// AccountAssetV2 is one asset of an [AccountV2].
type AccountAssetV2 struct {
	Asset                  string `json:"asset"`
	WalletBalance          Places `json:"walletBalance"`
	UnrealizedProfit       Places `json:"unrealizedProfit"`
	MarginBalance          Places `json:"marginBalance"`
	MaintMargin            Places `json:"maintMargin"`
	InitialMargin          Places `json:"initialMargin"`
	PositionInitialMargin  Places `json:"positionInitialMargin"`
	OpenOrderInitialMargin Places `json:"openOrderInitialMargin"`
	CrossWalletBalance     Places `json:"crossWalletBalance"`
	CrossUnPnl             Places `json:"crossUnPnl"`
	AvailableBalance       Places `json:"availableBalance"`
	MaxWithdrawAmount      Places `json:"maxWithdrawAmount"`
	MarginAvailable        bool   `json:"marginAvailable"`
	UpdateMs               int64  `json:"updateTime"`
}

// AccountPositionV2 is one position of an [AccountV2].
type AccountPositionV2 struct {
	Symbol                 string `json:"symbol"`
	InitialMargin          Places `json:"initialMargin"`
	MaintMargin            Places `json:"maintMargin"`
	UnrealizedProfit       Places `json:"unrealizedProfit"`
	PositionInitialMargin  Places `json:"positionInitialMargin"`
	OpenOrderInitialMargin Places `json:"openOrderInitialMargin"`
	Leverage               string `json:"leverage"`
	Isolated               bool   `json:"isolated"`
	EntryPrice             Places `json:"entryPrice"`
	BreakEvenPrice         Places `json:"breakEvenPrice"`
	MaxNotional            Places `json:"maxNotional"`
	BidNotional            Places `json:"bidNotional"`
	AskNotional            Places `json:"askNotional"`
	PositionSide           string `json:"positionSide"`
	PositionAmt            Places `json:"positionAmt"`
	Notional               Places `json:"notional"`
	IsolatedWallet         Places `json:"isolatedWallet"`
	UpdateMs               int64  `json:"updateTime"`
}

// PositionRiskV2 is one row of GET /fapi/v2/positionRisk and of account.position.
type PositionRiskV2 struct {
	Symbol           string `json:"symbol"`
	PositionAmt      Places `json:"positionAmt"`
	EntryPrice       Places `json:"entryPrice"`
	BreakEvenPrice   Places `json:"breakEvenPrice"`
	MarkPrice        Places `json:"markPrice"`
	UnrealizedProfit Places `json:"unRealizedProfit"`
	LiquidationPrice Places `json:"liquidationPrice"`
	Leverage         string `json:"leverage"`
	MaxNotional      string `json:"maxNotionalValue"`
	MarginType       string `json:"marginType"`
	IsolatedMargin   Places `json:"isolatedMargin"`
	AutoAdd          string `json:"isAutoAddMargin"`
	PositionSide     string `json:"positionSide"`
	Notional         Places `json:"notional"`
	IsolatedWallet   Places `json:"isolatedWallet"`
	UpdateMs         int64  `json:"updateTime"`
}

// IncomeRow is one row of income.
type IncomeRow struct {
	Symbol  string `json:"symbol"`
	Type    string `json:"incomeType"`
	Income  Places `json:"income"`
	Asset   string `json:"asset"`
	TimeMs  int64  `json:"time"`
	Info    string `json:"info"`
	TranID  int64  `json:"tranId"`
	TradeID string `json:"tradeId"`
}

// Income is one row of income, as it is read. Income is signed; the id is unique for one kind of income of an account.
type Income struct {
	Symbol string          `json:"symbol"`
	Type   string          `json:"incomeType"`
	Income decimal.Decimal `json:"income"`
	Asset  string          `json:"asset"`
	TimeMs int64           `json:"time"`
	TranID int64           `json:"tranId"`
}

// FeeBurn, MultiAssets and PositionMode are the answers of the three switches of an account.
type FeeBurn struct {
	On bool `json:"feeBurn"`
}

// MultiAssets says whether the account is in multi-assets mode.
type MultiAssets struct {
	On bool `json:"multiAssetsMargin"`
}

// PositionMode says whether the account is in hedge mode.
type PositionMode struct {
	Dual bool `json:"dualSidePosition"`
}

// LeverageSet is the answer of POST /fapi/v1/leverage.
type LeverageSet struct {
	Leverage    int    `json:"leverage"`
	MaxNotional string `json:"maxNotionalValue"`
	Symbol      string `json:"symbol"`
}

// Done is an answer that says only that something was done; Code is 200.
type Done struct {
	Code int    `json:"code"`
	Msg  string `json:"msg"`
}

// MarginSet is the answer of POST /fapi/v1/positionMargin.
type MarginSet struct {
	Amount float64 `json:"amount"`
	Code   int     `json:"code"`
	Msg    string  `json:"msg"`
	Type   int     `json:"type"`
}

// MarginChange is one row of positionMargin/history.
type MarginChange struct {
	Symbol       string `json:"symbol"`
	Type         int    `json:"type"`
	DeltaType    string `json:"deltaType"`
	Amount       Places `json:"amount"`
	Asset        string `json:"asset"`
	TimeMs       int64  `json:"time"`
	PositionSide string `json:"positionSide"`
}

// ADLQuantile is one row of adlQuantile; its keys depend on the account's mode.
type ADLQuantile struct {
	Symbol string         `json:"symbol"`
	Ranks  map[string]int `json:"adlQuantile"`
}

// TradingStatus is the answer of apiTradingStatus, Indicator one rule of it.
type TradingStatus struct {
	Indicators map[string][]Indicator `json:"indicators"`
	UpdateMs   int64                  `json:"updateTime"`
}

// Indicator is one quantitative rule and how far an account is from it.
type Indicator struct {
	Locked    bool    `json:"isLocked"`
	RecoverMs int64   `json:"plannedRecoverTime"`
	Name      string  `json:"indicator"`
	Value     float64 `json:"value"`
	Trigger   float64 `json:"triggerValue"`
}

// Restrictions is the answer of GET /sapi/v1/account/apiRestrictions: what a key may do.
type Restrictions struct {
	IPRestrict       bool  `json:"ipRestrict"`
	CreateMs         int64 `json:"createTime"`
	Reading          bool  `json:"enableReading"`
	Withdrawals      bool  `json:"enableWithdrawals"`
	InternalTransfer bool  `json:"enableInternalTransfer"`
	Margin           bool  `json:"enableMargin"`
	Futures          bool  `json:"enableFutures"`
	Universal        bool  `json:"permitsUniversalTransfer"`
	Options          bool  `json:"enableVanillaOptions"`
	FixAPI           bool  `json:"enableFixApiTrade"`
	FixReadOnly      bool  `json:"enableFixReadOnly"`
	SpotAndMargin    bool  `json:"enableSpotAndMarginTrading"`
	PortfolioMargin  bool  `json:"enablePortfolioMarginTrading"`
}

// AlgoRow is a conditional order as REST and ws-api answers tell it. What only a query's answer has stands at the end, and is
// left out of an acknowledgement by nil.
type AlgoRow struct {
	ID            int64   `json:"algoId"`
	ClientID      string  `json:"clientAlgoId"`
	AlgoType      string  `json:"algoType"`
	Type          string  `json:"orderType"`
	Symbol        string  `json:"symbol"`
	Side          string  `json:"side"`
	PositionSide  string  `json:"positionSide"`
	TIF           string  `json:"timeInForce"`
	Qty           string  `json:"quantity"`
	Status        string  `json:"algoStatus"`
	ActualOrder   *string `json:"actualOrderId,omitempty"`
	ActualPrice   *string `json:"actualPrice,omitempty"`
	ActualType    *string `json:"actualType,omitempty"`
	ActualQty     *string `json:"actualQty,omitempty"`
	Trigger       string  `json:"triggerPrice"`
	Price         string  `json:"price"`
	Iceberg       *string `json:"icebergQuantity"`
	TPTrigger     *string `json:"tpTriggerPrice,omitempty"`
	TPPrice       *string `json:"tpPrice,omitempty"`
	SLTrigger     *string `json:"slTriggerPrice,omitempty"`
	SLPrice       *string `json:"slPrice,omitempty"`
	TPOrderType   *string `json:"tpOrderType,omitempty"`
	SelfTrade     string  `json:"selfTradePreventionMode"`
	Working       string  `json:"workingType"`
	PriceMatch    string  `json:"priceMatch"`
	ClosePosition bool    `json:"closePosition"`
	PriceProtect  bool    `json:"priceProtect"`
	ReduceOnly    bool    `json:"reduceOnly"`
	Activate      *string `json:"activatePrice,omitempty"`
	Callback      *string `json:"callbackRate,omitempty"`
	CreateMs      int64   `json:"createTime"`
	UpdateMs      int64   `json:"updateTime"`
	TriggerMs     int64   `json:"triggerTime"`
	GoodTillMs    int64   `json:"goodTillDate"`
}

// AlgoDone is the answer of a cancelled conditional order. Its code is a string, as at Binance.
type AlgoDone struct {
	ID       int64  `json:"algoId"`
	ClientID string `json:"clientAlgoId"`
	Code     string `json:"code"`
	Msg      string `json:"msg"`
}

// AmendRow is one row of orderAmendment.
type AmendRow struct {
	ID       int64     `json:"amendmentId"`
	Symbol   string    `json:"symbol"`
	Pair     string    `json:"pair"`
	OrderID  int64     `json:"orderId"`
	ClientID string    `json:"clientOrderId"`
	TimeMs   int64     `json:"time"`
	Change   AmendPart `json:"amendment"`
}

// AmendPart is what one amendment changed.
type AmendPart struct {
	Price    BeforeAfter `json:"price"`
	Qty      BeforeAfter `json:"origQty"`
	Count    int         `json:"count"`
	ModifyID int64       `json:"modifyId,omitempty"`
}

// BeforeAfter is a value on both sides of a change.
type BeforeAfter struct {
	Before Places `json:"before"`
	After  Places `json:"after"`
}

// AlgoUpdate is an ALGO_UPDATE event.
type AlgoUpdate struct {
	Type       string         `json:"e"`
	TransactMs int64          `json:"T"`
	EventMs    int64          `json:"E"`
	Order      AlgoUpdateBody `json:"o"`
}

// AlgoUpdateBody is the conditional order of an [AlgoUpdate].
type AlgoUpdateBody struct {
	ClientID      string `json:"caid"`
	ID            int64  `json:"aid"`
	AlgoType      string `json:"at"`
	Type          string `json:"o"`
	Symbol        string `json:"s"`
	Side          string `json:"S"`
	PositionSide  string `json:"ps"`
	TIF           string `json:"f"`
	Qty           string `json:"q"`
	Status        string `json:"X"`
	ActualID      string `json:"ai"`
	ActualPrice   string `json:"ap"`
	ActualQty     string `json:"aq"`
	ActualType    string `json:"act"`
	Trigger       string `json:"tp"`
	Price         string `json:"p"`
	SelfTrade     string `json:"V"`
	Working       string `json:"wt"`
	PriceMatch    string `json:"pm"`
	ClosePosition bool   `json:"cp"`
	PriceProtect  bool   `json:"pP"`
	ReduceOnly    bool   `json:"R"`
	TriggerMs     int64  `json:"tt"`
	GoodTillMs    int64  `json:"gtd"`
	Reason        string `json:"rm"`
	Activated     *bool  `json:"ia,omitempty"`
}

// ConfigUpdate is an ACCOUNT_CONFIG_UPDATE: of a symbol's leverage, or of the account's multi-assets mode.
type ConfigUpdate struct {
	Type       string          `json:"e"`
	EventMs    int64           `json:"E"`
	TransactMs int64           `json:"T"`
	Leverage   *LeverageChange `json:"ac,omitempty"`
	Mode       *ModeChange     `json:"ai,omitempty"`
}

// LeverageChange is a symbol's new leverage.
type LeverageChange struct {
	Symbol   string `json:"s"`
	Leverage int    `json:"l"`
}

// ModeChange is the account's new multi-assets mode.
type ModeChange struct {
	On bool `json:"j"`
}

// MarginCall is a MARGIN_CALL event.
type MarginCall struct {
	Type      string          `json:"e"`
	EventMs   int64           `json:"E"`
	Wallet    Places          `json:"cw"`
	Positions []MarginCallRow `json:"p"`
}

// MarginCallRow is one position of a [MarginCall].
type MarginCallRow struct {
	Symbol       string `json:"s"`
	PositionSide string `json:"ps"`
	Amount       Places `json:"pa"`
	MarginType   string `json:"mt"`
	Isolated     Places `json:"iw"`
	Mark         Places `json:"mp"`
	Unrealised   Places `json:"up"`
	Maintain     Places `json:"mm"`
}

// ForceOrder is a forceOrder event, a liquidation.
type ForceOrder struct {
	Type    string         `json:"e"`
	EventMs int64          `json:"E"`
	Order   ForceOrderBody `json:"o"`
	Pair    string         `json:"ps"`
	Market  int            `json:"st"`
}

// ForceOrderBody is the liquidation's order.
type ForceOrderBody struct {
	Symbol  string `json:"s"`
	Side    string `json:"S"`
	Type    string `json:"o"`
	TIF     string `json:"f"`
	Qty     Places `json:"q"`
	Price   Places `json:"p"`
	Average Places `json:"ap"`
	Status  string `json:"X"`
	Last    Places `json:"l"`
	Filled  Places `json:"z"`
	TimeMs  int64  `json:"T"`
}

// ParsePositionSide reads a positionSide; ok is false for what is none. An absent one is BOTH.
func ParsePositionSide(s []byte) (p market.PositionSide, ok bool) {
	for p = market.Both; p <= market.Short; p++ {
		if string(s) == p.String() {
			return p, true
		}
	}
	return market.Both, len(s) == 0
}

// ParseSelfTrade reads a selfTradePreventionMode. An absent one is the venue's default.
func ParseSelfTrade(s []byte) (m market.SelfTrade, ok bool) {
	for m = market.ExpireMaker; m <= market.SelfTradeNone; m++ {
		if string(s) == m.String() {
			return m, true
		}
	}
	return market.SelfTradeDefault, len(s) == 0
}

// ParsePriceMatch reads a priceMatch. An absent one is none.
func ParsePriceMatch(s []byte) (m market.PriceMatch, ok bool) {
	for m = market.PriceMatchNone; m <= market.Queue20; m++ {
		if string(s) == m.String() {
			return m, true
		}
	}
	return market.PriceMatchNone, len(s) == 0
}

// ParseWorking reads a workingType. An absent one is the contract's price.
func ParseWorking(s []byte) (w market.Working, ok bool) {
	for w = market.ContractPrice; w <= market.MarkPrice; w++ {
		if string(s) == w.String() {
			return w, true
		}
	}
	return market.ContractPrice, len(s) == 0
}

// ParseConditional reads one of the five conditional order types; 0 is anything else.
func ParseConditional(s []byte) market.OrderType {
	for t := market.Stop; t <= market.TrailingStopMarket; t++ {
		if string(s) == t.String() {
			return t
		}
	}
	return 0
}
