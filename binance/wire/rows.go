package wire

import "baton/decimal"

// Places is a decimal that is written with a fixed number of places, as Binance writes prices, quantities and money.
type Places struct {
	D decimal.Decimal
	N int
}

// Money is an amount with eight places.
func Money(d decimal.Decimal) Places { return Places{d, decimal.Places} }

// MarshalText writes all its places.
func (p Places) MarshalText() ([]byte, error) { return p.D.AppendFixed(nil, p.N), nil }

// AppendRow appends one row of any of the types of this package that have no encoder of their own, and AppendList a list of
// them; nil is an empty list.
func AppendRow[T any](b []byte, row *T) []byte { return appendJSON(b, row) }

// AppendList appends a list of rows.
func AppendList[T any](b []byte, rows []T) []byte { return appendRows(b, rows) }

// PublicTrade is one row of trades and historicalTrades.
type PublicTrade struct {
	ID      int64  `json:"id"`
	Price   Places `json:"price"`
	Qty     Places `json:"qty"`
	Quote   Places `json:"quoteQty"`
	TimeMs  int64  `json:"time"`
	ByMaker bool   `json:"isBuyerMaker"`
	RPI     bool   `json:"isRPITrade"`
}

// AggRow is one row of aggTrades. NQ is the quantity without RPI orders, of which there are none here.
type AggRow struct {
	ID      int64  `json:"a"`
	Price   Places `json:"p"`
	Qty     Places `json:"q"`
	NQ      Places `json:"nq"`
	First   int64  `json:"f"`
	Last    int64  `json:"l"`
	TimeMs  int64  `json:"T"`
	ByMaker bool   `json:"m"`
}

// Kline is one candle, for klines and for the kline streams. Times are milliseconds; Close is the last one inside.
type Kline struct {
	Open, Close         int64
	O, H, L, C          Places
	Volume, Quote       Places
	BuyVolume, BuyQuote Places
	Count               int
	First, Last         int64 // trade ids; -1: none
	Interval, Symbol    string
	Final               bool
	Pair, ContractType  string // of continuousKline
	Event               int64  // E, of the streams
}

// AppendKline appends one row of klines: a list of twelve values.
func AppendKline(b []byte, k *Kline) []byte {
	b = appendInt(b, "[", k.Open)
	for _, p := range [...]Places{k.O, k.H, k.L, k.C} {
		b = appendPlaces(append(b, ','), p)
	}
	b = appendPlaces(append(b, ','), k.Volume)
	b = appendInt(b, ",", k.Close)
	b = appendPlaces(append(b, ','), k.Quote)
	b = appendInt(b, ",", int64(k.Count))
	b = appendPlaces(append(b, ','), k.BuyVolume)
	b = appendPlaces(append(b, ','), k.BuyQuote)
	return append(b, `,"0"]`...)
}

func appendPlaces(b []byte, p Places) []byte {
	return append(p.D.AppendFixed(append(b, '"'), p.N), '"')
}

// AppendKlineEvent appends a kline of <symbol>@kline_<interval>, or, where it has a contract type, of
// <pair>_<contractType>@continuousKline_<interval>, in the raw form.
func AppendKlineEvent(b []byte, k *Kline) []byte {
	if k.ContractType != "" {
		b = appendInt(b, `{"e":"continuous_kline","E":`, k.Event)
		b = appendString(b, `,"ps":`, k.Pair)
		b = appendString(b, `,"ct":`, k.ContractType)
	} else {
		b = appendInt(b, `{"e":"kline","E":`, k.Event)
		b = appendString(b, `,"s":`, k.Symbol)
	}
	b = appendInt(b, `,"k":{"t":`, k.Open)
	b = appendInt(b, `,"T":`, k.Close)
	if k.ContractType == "" {
		b = appendString(b, `,"s":`, k.Symbol)
	}
	b = appendString(b, `,"i":`, k.Interval)
	b = appendInt(b, `,"f":`, k.First)
	b = appendInt(b, `,"L":`, k.Last)
	b = appendPlaces(append(b, `,"o":`...), k.O)
	b = appendPlaces(append(b, `,"c":`...), k.C)
	b = appendPlaces(append(b, `,"h":`...), k.H)
	b = appendPlaces(append(b, `,"l":`...), k.L)
	b = appendPlaces(append(b, `,"v":`...), k.Volume)
	b = appendInt(b, `,"n":`, int64(k.Count))
	b = appendBool(b, `,"x":`, k.Final)
	b = appendPlaces(append(b, `,"q":`...), k.Quote)
	b = appendPlaces(append(b, `,"V":`...), k.BuyVolume)
	b = appendPlaces(append(b, `,"Q":`...), k.BuyQuote)
	return append(b, `,"B":"0"}}`...)
}

// Ticker24 is one row of ticker/24hr: a rolling day.
type Ticker24 struct {
	Symbol  string `json:"symbol"`
	Change  Places `json:"priceChange"`
	Percent Places `json:"priceChangePercent"`
	Average Places `json:"weightedAvgPrice"`
	Last    Places `json:"lastPrice"`
	LastQty Places `json:"lastQty"`
	Open    Places `json:"openPrice"`
	High    Places `json:"highPrice"`
	Low     Places `json:"lowPrice"`
	Volume  Places `json:"volume"`
	Quote   Places `json:"quoteVolume"`
	OpenMs  int64  `json:"openTime"`
	CloseMs int64  `json:"closeTime"`
	FirstID int64  `json:"firstId"`
	LastID  int64  `json:"lastId"`
	Count   int    `json:"count"`
	Pair    string `json:"-"`
	EventMs int64  `json:"-"`
}

// TickerEvent is a 24hrTicker, MiniEvent a 24hrMiniTicker (Binance USD-M, <symbol>@ticker and <symbol>@miniTicker).
type TickerEvent struct {
	Type    string `json:"e"`
	EventMs int64  `json:"E"`
	Symbol  string `json:"s"`
	Change  Places `json:"p"`
	Percent Places `json:"P"`
	Average Places `json:"w"`
	Last    Places `json:"c"`
	LastQty Places `json:"Q"`
	Open    Places `json:"o"`
	High    Places `json:"h"`
	Low     Places `json:"l"`
	Volume  Places `json:"v"`
	Quote   Places `json:"q"`
	OpenMs  int64  `json:"O"`
	CloseMs int64  `json:"C"`
	FirstID int64  `json:"F"`
	LastID  int64  `json:"L"`
	Count   int    `json:"n"`
	Pair    string `json:"ps"`
	Market  int    `json:"st"`
}

// Event is the row as a 24hrTicker.
func (t *Ticker24) Event() TickerEvent {
	return TickerEvent{"24hrTicker", t.EventMs, t.Symbol, t.Change, t.Percent, t.Average, t.Last, t.LastQty, t.Open, t.High, t.Low,
		t.Volume, t.Quote, t.OpenMs, t.CloseMs, t.FirstID, t.LastID, t.Count, t.Pair, 1}
}

// MiniEvent is a 24hrMiniTicker.
type MiniEvent struct {
	Type    string `json:"e"`
	EventMs int64  `json:"E"`
	Symbol  string `json:"s"`
	Last    Places `json:"c"`
	Open    Places `json:"o"`
	High    Places `json:"h"`
	Low     Places `json:"l"`
	Volume  Places `json:"v"`
	Quote   Places `json:"q"`
	Pair    string `json:"ps"`
	Market  int    `json:"st"`
}

// Mini is the row as a 24hrMiniTicker.
func (t *Ticker24) Mini() MiniEvent {
	return MiniEvent{"24hrMiniTicker", t.EventMs, t.Symbol, t.Last, t.Open, t.High, t.Low, t.Volume, t.Quote, t.Pair, 1}
}

// PriceRow is one row of ticker/price.
type PriceRow struct {
	Symbol string `json:"symbol"`
	Price  Places `json:"price"`
	TimeMs int64  `json:"time"`
}

// BookRow is one row of ticker/bookTicker and of ticker.book.
type BookRow struct {
	Symbol string `json:"symbol"`
	Bid    Places `json:"bidPrice"`
	BidQty Places `json:"bidQty"`
	Ask    Places `json:"askPrice"`
	AskQty Places `json:"askQty"`
	TimeMs int64  `json:"time"`
	Last   int64  `json:"lastUpdateId"`
}

// Interest is the answer of openInterest.
type Interest struct {
	Symbol string `json:"symbol"`
	Open   Places `json:"openInterest"`
	TimeMs int64  `json:"time"`
}

// InterestPoint is one row of openInterestHist.
type InterestPoint struct {
	Symbol string `json:"symbol"`
	Sum    Places `json:"sumOpenInterest"`
	Value  Places `json:"sumOpenInterestValue"`
	Supply Places `json:"CMCCirculatingSupply"`
	TimeMs int64  `json:"timestamp"`
}

// FundingRow is one row of fundingRate, FundingTerms one of fundingInfo.
type FundingRow struct {
	Symbol string `json:"symbol"`
	Rate   Places `json:"fundingRate"`
	TimeMs int64  `json:"fundingTime"`
	Mark   Places `json:"markPrice"`
	Type   string `json:"rateType"`
}

// FundingTerms are a symbol's cap, floor and interval of funding.
type FundingTerms struct {
	Symbol     string `json:"symbol"`
	Cap        Places `json:"adjustedFundingRateCap"`
	Floor      Places `json:"adjustedFundingRateFloor"`
	Hours      int    `json:"fundingIntervalHours"`
	Disclaimer bool   `json:"disclaimer"`
	UpdateMs   int64  `json:"updateTime"`
}

// Ratio is one row of the three long/short ratios.
type Ratio struct {
	Symbol string `json:"symbol"`
	Ratio  Places `json:"longShortRatio"`
	Long   Places `json:"longAccount"`
	Short  Places `json:"shortAccount"`
	TimeMs int64  `json:"timestamp"`
}

// TakerRow is one row of takerlongshortRatio.
type TakerRow struct {
	Ratio  Places `json:"buySellRatio"`
	Buy    Places `json:"buyVol"`
	Sell   Places `json:"sellVol"`
	TimeMs int64  `json:"timestamp"`
}

// BasisRow is one row of basis.
type BasisRow struct {
	Index    Places `json:"indexPrice"`
	Contract string `json:"contractType"`
	Rate     Places `json:"basisRate"`
	Futures  Places `json:"futuresPrice"`
	Annual   string `json:"annualizedBasisRate"`
	Basis    Places `json:"basis"`
	Pair     string `json:"pair"`
	TimeMs   int64  `json:"timestamp"`
}

// AssetIndex is one row of assetIndex: the price of a margin asset in USD.
type AssetIndex struct {
	Symbol     string `json:"symbol"`
	TimeMs     int64  `json:"time"`
	Index      Places `json:"index"`
	BidBuffer  Places `json:"bidBuffer"`
	AskBuffer  Places `json:"askBuffer"`
	BidRate    Places `json:"bidRate"`
	AskRate    Places `json:"askRate"`
	AutoBid    Places `json:"autoExchangeBidBuffer"`
	AutoAsk    Places `json:"autoExchangeAskBuffer"`
	AutoBidRte Places `json:"autoExchangeBidRate"`
	AutoAskRte Places `json:"autoExchangeAskRate"`
}

// AssetIndexEvent is one element of an assetIndexUpdate.
type AssetIndexEvent struct {
	Type    string `json:"e"`
	EventMs int64  `json:"E"`
	Symbol  string `json:"s"`
	Index   Places `json:"i"`
	B       Places `json:"b"`
	A       Places `json:"a"`
	BidRate Places `json:"B"`
	AskRate Places `json:"A"`
	Q       Places `json:"q"`
	G       Places `json:"g"`
	AutoBid Places `json:"Q"`
	AutoAsk Places `json:"G"`
}

// Event is the row as an assetIndexUpdate.
func (a *AssetIndex) Event() AssetIndexEvent {
	return AssetIndexEvent{"assetIndexUpdate", a.TimeMs, a.Symbol, a.Index, a.BidBuffer, a.AskBuffer, a.BidRate, a.AskRate,
		a.AutoBid, a.AutoAsk, a.AutoBidRte, a.AutoAskRte}
}

// Constituents is the answer of constituents, Constituent one price source of an index.
type Constituents struct {
	Symbol string        `json:"symbol"`
	TimeMs int64         `json:"time"`
	List   []Constituent `json:"constituents"`
}

// Constituent is one price source of an index.
type Constituent struct {
	Exchange string `json:"exchange"`
	Symbol   string `json:"symbol"`
	Price    Places `json:"price"`
	Weight   Places `json:"weight"`
}

// Insurance is one row of insuranceBalance.
type Insurance struct {
	Symbols []string         `json:"symbols"`
	Assets  []InsuranceAsset `json:"assets"`
}

// InsuranceAsset is what an insurance fund holds of one asset.
type InsuranceAsset struct {
	Asset    string `json:"asset"`
	Balance  Places `json:"marginBalance"`
	UpdateMs int64  `json:"updateTime"`
}

// ADLRisk is one row of symbolAdlRisk.
type ADLRisk struct {
	Symbol   string `json:"symbol"`
	Risk     string `json:"adlRisk"`
	UpdateMs int64  `json:"updateTime"`
}

// Schedule is the answer of tradingSchedule: the sessions of the markets that have hours.
type Schedule struct {
	UpdateMs int64               `json:"updateTime"`
	Markets  map[string]Sessions `json:"marketSchedules"`
}

// Sessions are a market's sessions.
type Sessions struct {
	List []SessionRow `json:"sessions"`
}

// SessionRow is one session.
type SessionRow struct {
	StartMs int64  `json:"startTime"`
	EndMs   int64  `json:"endTime"`
	Type    string `json:"type"`
}

// TradingSession is a tradingSession event.
type TradingSession struct {
	Type    string `json:"e"`
	EventMs int64  `json:"E"`
	StartMs int64  `json:"t"`
	EndMs   int64  `json:"T"`
	Session string `json:"S"`
}

// ContractInfo is a contractInfo event.
type ContractInfo struct {
	Type       string            `json:"e"`
	EventMs    int64             `json:"E"`
	Symbol     string            `json:"s"`
	Pair       string            `json:"ps"`
	Contract   string            `json:"ct"`
	DeliveryMs int64             `json:"dt"`
	OnboardMs  int64             `json:"ot"`
	Status     string            `json:"cs"`
	Brackets   []ContractBracket `json:"bks"`
	Market     int               `json:"st"`
}

// ContractBracket is one margin tier of a [ContractInfo].
type ContractBracket struct {
	N     int     `json:"bs"`
	Floor int64   `json:"bnf"`
	Cap   int64   `json:"bnc"`
	Rate  float64 `json:"mmr"`
	Cum   float64 `json:"cf"`
	Min   int     `json:"mi"`
	Max   int     `json:"ma"`
}
