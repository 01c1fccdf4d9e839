package wire

import (
	"strings"

	"baton/decimal"
)

// Names of streams (Binance USD-M, WebSocket Market Streams). A symbol is written in lower case.
const (
	StreamAllMiniTickers  = "!miniTicker@arr"
	StreamAllTickers      = "!ticker@arr"
	StreamAllMarks        = "!markPrice@arr@1s"
	StreamAllBookTickers  = "!bookTicker"
	StreamAllLiquidations = "!forceOrder@arr"
	StreamContractInfo    = "!contractInfo"
)

// StreamOf is the name of one symbol's stream of a kind: StreamOf("BTCUSDT", "kline_1m") is "btcusdt@kline_1m".
func StreamOf(symbol, kind string) string {
	return strings.ToLower(symbol) + "@" + strings.TrimPrefix(kind, "@")
}

// KlineEvent is one push of a candle that is being formed (kline_<interval>); Closed says that it is the last of it. Times are
// milliseconds since the Unix epoch, prices and quantities exact decimals.
type KlineEvent struct {
	Event  int64  `json:"E"`
	Symbol string `json:"s"`
	Bar    struct {
		Open        int64           `json:"t"`
		Close       int64           `json:"T"`
		Interval    string          `json:"i"`
		FirstTrade  int64           `json:"f"`
		LastTrade   int64           `json:"L"`
		OpenPrice   decimal.Decimal `json:"o"`
		ClosePrice  decimal.Decimal `json:"c"`
		High        decimal.Decimal `json:"h"`
		Low         decimal.Decimal `json:"l"`
		Volume      float64         `json:"v"` // in the base asset
		Trades      int64           `json:"n"`
		Closed      bool            `json:"x"`
		QuoteVolume float64         `json:"q"`
		TakerVolume float64         `json:"V"`
		TakerQuote  float64         `json:"Q"`
	} `json:"k"`
}

// Ticker is a symbol's last 24 hours (ticker; of miniTicker the fields from Last to QuoteVolume are set). Times are
// milliseconds; volumes are statistics.
type Ticker struct {
	Event         int64           `json:"E"`
	Symbol        string          `json:"s"`
	Last          decimal.Decimal `json:"c"`
	Open          decimal.Decimal `json:"o"`
	High          decimal.Decimal `json:"h"`
	Low           decimal.Decimal `json:"l"`
	Volume        float64         `json:"v"`
	QuoteVolume   float64         `json:"q"`
	Change        decimal.Decimal `json:"p"`
	ChangePercent float64         `json:"P"`
	Average       float64         `json:"w"`
	LastQty       decimal.Decimal `json:"Q"`
	From          int64           `json:"O"`
	To            int64           `json:"C"`
	FirstTrade    int64           `json:"F"`
	LastTrade     int64           `json:"L"`
	Trades        int64           `json:"n"`
	Margin        int             `json:"st"` // 1: margined in USD, 2: in coin. Streams of all markets carry both since 2026-06-30
}

// MarkOf is the mark price of one symbol in a stream of all (!markPrice@arr). Times are milliseconds. The rate is empty, and
// zero here, for a delivery contract.
type MarkOf struct {
	Event  int64           `json:"E"`
	Symbol string          `json:"s"`
	Mark   decimal.Decimal `json:"p"`
	Index  decimal.Decimal `json:"i"`
	Settle decimal.Decimal `json:"P"`
	Rate   decimal.Decimal `json:"r"`
	Next   int64           `json:"T"`
	Margin int             `json:"st"`
}

// QuoteOf is the best bid and ask of one symbol in a stream of all (!bookTicker). Times are milliseconds.
type QuoteOf struct {
	Event    int64           `json:"E"`
	Transact int64           `json:"T"`
	Update   int64           `json:"u"`
	Symbol   string          `json:"s"`
	Bid      decimal.Decimal `json:"b"`
	BidQty   decimal.Decimal `json:"B"`
	Ask      decimal.Decimal `json:"a"`
	AskQty   decimal.Decimal `json:"A"`
	Margin   int             `json:"st"`
}

// Liquidation is a liquidation order (forceOrder): the largest of its symbol in a second, not every one. Times are milliseconds.
type Liquidation struct {
	Event int64 `json:"E"`
	Order struct {
		Symbol  string          `json:"s"`
		Side    string          `json:"S"`
		Type    string          `json:"o"`
		TIF     string          `json:"f"`
		Qty     decimal.Decimal `json:"q"`
		Price   decimal.Decimal `json:"p"`
		Average decimal.Decimal `json:"ap"`
		Status  string          `json:"X"`
		LastQty decimal.Decimal `json:"l"`
		Filled  decimal.Decimal `json:"z"`
		Time    int64           `json:"T"`
	} `json:"o"`
	Margin int `json:"st"`
}

// Levels are the best rows of a book (depth5, depth10, depth20), each a price and a quantity. Times are milliseconds.
type Levels struct {
	Event    int64               `json:"E"`
	Transact int64               `json:"T"`
	Symbol   string              `json:"s"`
	First    int64               `json:"U"`
	Last     int64               `json:"u"`
	Prev     int64               `json:"pu"`
	Bids     [][]decimal.Decimal `json:"b"`
	Asks     [][]decimal.Decimal `json:"a"`
}

// Contract tells of a symbol that is listed, delisted, settled or has new margin tiers (!contractInfo). Times are milliseconds.
type Contract struct {
	Event    int64  `json:"E"`
	Symbol   string `json:"s"`
	Pair     string `json:"ps"`
	Type     string `json:"ct"`
	Delivery int64  `json:"dt"`
	Onboard  int64  `json:"ot"`
	Status   string `json:"cs"`
	Brackets []struct {
		Bracket     int             `json:"bs"`
		Floor       decimal.Decimal `json:"bnf"`
		Cap         decimal.Decimal `json:"bnc"`
		Maintenance decimal.Decimal `json:"mmr"`
		Cum         decimal.Decimal `json:"cf"`
		MinLeverage int             `json:"mi"`
		MaxLeverage int             `json:"ma"`
	} `json:"bks"`
}

// TradeOf is one aggregated trade (aggTrade) with exact decimals, of any symbol. Times are milliseconds; MakerBuys says that
// the seller was the aggressor.
type TradeOf struct {
	Event     int64           `json:"E"`
	Symbol    string          `json:"s"`
	ID        int64           `json:"a"`
	Price     decimal.Decimal `json:"p"`
	Qty       decimal.Decimal `json:"q"`
	First     int64           `json:"f"`
	Last      int64           `json:"l"`
	Time      int64           `json:"T"`
	MakerBuys bool            `json:"m"`
}

// DecodeTradeOf reads an aggTrade of any symbol, wrapped or raw.
func DecodeTradeOf(b []byte, t *TradeOf) error {
	*t = TradeOf{}
	if _, err := readEvent(nil, `"aggTrade"`, b, func(k uint64, i int) (int, uint32) { return t.field(b, i, k), 0 }); err != nil {
		return err
	}
	if t.Symbol == "" || t.Price.IsZero() && t.Qty.IsZero() {
		return &ParseError{"aggTrade", len(b), "symbol, price or quantity is missing"}
	}
	return nil
}

func (t *TradeOf) field(b []byte, i int, k uint64) int {
	switch k {
	case 'E':
		t.Event, i = whole(b, i)
	case 's':
		t.Symbol, i = copied(b, i)
	case 'a':
		t.ID, i = whole(b, i)
	case 'p':
		t.Price, i = money(b, i)
	case 'q':
		t.Qty, i = money(b, i)
	case 'f':
		t.First, i = whole(b, i)
	case 'l':
		t.Last, i = whole(b, i)
	case 'T':
		t.Time, i = whole(b, i)
	case 'm':
		t.MakerBuys, i = boolean(b, i)
	default:
		return skip(b, i)
	}
	return i
}
