package wire

import (
	"cmp"
	"encoding/json"
	"fmt"

	"baton/decimal"
	"baton/market"
)

// Info is the answer of GET /fapi/v1/exchangeInfo. Instruments have no brackets and no fees: those are other calls
// ([DecodeBrackets], [DecodeCommission]).
type Info struct {
	ServerMs    int64
	Limits      []RateLimit
	Instruments []*market.Instrument
	Skipped     []string // symbols that are no instrument for Baton, and why
}

// infoSymbol is one symbol of exchangeInfo. Unknown contract types and statuses are no error: Binance adds some every year.
type infoSymbol struct {
	Symbol            string       `json:"symbol"`
	Pair              string       `json:"pair"`
	ContractType      string       `json:"contractType"`
	DeliveryDate      int64        `json:"deliveryDate"`
	OnboardDate       int64        `json:"onboardDate"`
	Status            string       `json:"status"`
	MaintMargin       string       `json:"maintMarginPercent"`
	RequiredMargin    string       `json:"requiredMarginPercent"`
	BaseAsset         string       `json:"baseAsset"`
	QuoteAsset        string       `json:"quoteAsset"`
	MarginAsset       string       `json:"marginAsset"`
	PricePrecision    int          `json:"pricePrecision"`
	QuantityPrecision int          `json:"quantityPrecision"`
	BasePrecision     int          `json:"baseAssetPrecision"`
	QuotePrecision    int          `json:"quotePrecision"`
	UnderlyingType    string       `json:"underlyingType"`
	UnderlyingSubType []string     `json:"underlyingSubType"`
	TriggerProtect    string       `json:"triggerProtect"`
	LiquidationFee    string       `json:"liquidationFee"`
	MarketTakeBound   string       `json:"marketTakeBound"`
	MaxMoveOrderLimit int          `json:"maxMoveOrderLimit"`
	Filters           []infoFilter `json:"filters"`
	OrderTypes        []string     `json:"orderTypes"`
	TimeInForce       []string     `json:"timeInForce"`
	PermissionSets    []string     `json:"permissionSets,omitempty"`
}

// infoFilter has the fields of all filters; which count is said by the type.
type infoFilter struct {
	FilterType        string `json:"filterType"`
	MinPrice          string `json:"minPrice,omitempty"`
	MaxPrice          string `json:"maxPrice,omitempty"`
	TickSize          string `json:"tickSize,omitempty"`
	MinQty            string `json:"minQty,omitempty"`
	MaxQty            string `json:"maxQty,omitempty"`
	StepSize          string `json:"stepSize,omitempty"`
	Limit             int    `json:"limit,omitempty"`
	Notional          string `json:"notional,omitempty"`
	MultiplierUp      string `json:"multiplierUp,omitempty"`
	MultiplierDown    string `json:"multiplierDown,omitempty"`
	MultiplierDecimal any    `json:"multiplierDecimal,omitempty"` // "4", or 4
	ControlSide       string `json:"positionControlSide,omitempty"`
}

// The filters that Baton reads (Binance USD-M, Filters).
const (
	filterPrice     = "PRICE_FILTER"
	filterLot       = "LOT_SIZE"
	filterMarketLot = "MARKET_LOT_SIZE"
	filterOrders    = "MAX_NUM_ORDERS"
	filterNotional  = "MIN_NOTIONAL"
	filterPercent   = "PERCENT_PRICE"
)

// usualAmends is maxMoveOrderLimit as every symbol of 2026 has it; older texts do not say. usualProtect is BTCUSDT's
// triggerProtect, for an instrument that names none.
const usualAmends = 10_000

var usualProtect = decimal.MustParse("0.05")

// DecodeInfo reads exchangeInfo. A symbol whose filters make no instrument is skipped and named in Skipped; a text that is no
// exchangeInfo is an error.
func DecodeInfo(b []byte) (*Info, error) {
	var doc struct {
		ServerTime int64             `json:"serverTime"`
		RateLimits json.RawMessage   `json:"rateLimits"`
		Symbols    []json.RawMessage `json:"symbols"`
	}
	if err := decodeJSON("exchangeInfo", b, &doc); err != nil {
		return nil, err
	}
	if doc.Symbols == nil {
		return nil, &ParseError{"exchangeInfo", len(b), `key "symbols" is missing`}
	}
	info := &Info{ServerMs: doc.ServerTime}
	if len(doc.RateLimits) > 0 {
		var i int
		if info.Limits, i = readLimits(doc.RateLimits, 0, nil); i < 0 {
			return nil, badKey("exchangeInfo rateLimits", doc.RateLimits, i, 0)
		}
	}
	for n, raw := range doc.Symbols {
		var s infoSymbol
		if err := json.Unmarshal(raw, &s); err != nil {
			info.Skipped = append(info.Skipped, fmt.Sprintf("symbol %d (%q): %v", n, s.Symbol, err))
			continue
		}
		in, err := s.instrument()
		if err != nil {
			info.Skipped = append(info.Skipped, fmt.Sprintf("%s: %v", s.Symbol, err))
			continue
		}
		info.Instruments = append(info.Instruments, in)
	}
	return info, nil
}

// instrument makes the instrument of a symbol.
func (s *infoSymbol) instrument() (*market.Instrument, error) {
	in := &market.Instrument{
		Symbol: s.Symbol, Pair: s.Pair, Base: s.BaseAsset, Quote: s.QuoteAsset, Margin: s.MarginAsset,
		PricePlaces: s.PricePrecision, QtyPlaces: s.QuantityPrecision, Status: s.Status,
	}
	var f reading
	in.LiquidationFee = f.optional("liquidationFee", s.LiquidationFee)
	in.TakeBound = f.optional("marketTakeBound", s.MarketTakeBound)
	in.TriggerProtect = f.optional("triggerProtect", s.TriggerProtect)
	in.MaxAmends = cmp.Or(s.MaxMoveOrderLimit, usualAmends)
	for i := range s.Filters { // steps first: the other filters count in them
		x := &s.Filters[i]
		switch x.FilterType {
		case filterPrice:
			in.Tick = f.decimal("tickSize", x.TickSize)
		case filterLot:
			in.Lot = f.decimal("stepSize", x.StepSize)
		}
	}
	if f.err == nil && (in.Symbol == "" || in.Tick.Sign() <= 0 || in.Lot.Sign() <= 0) {
		return nil, fmt.Errorf("no symbol, %s or %s", filterPrice, filterLot)
	}
	for i := range s.Filters {
		f.filter(&s.Filters[i], in)
	}
	return in, f.err
}

// reading keeps the first error of many readings.
type reading struct{ err error }

func (f *reading) fail(name string, err error) {
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("%s: %w", name, err)
	}
}

func (f *reading) decimal(name, s string) decimal.Decimal {
	d, err := decimal.ParseCap(s)
	f.fail(name, err)
	return d
}

func (f *reading) optional(name, s string) decimal.Decimal {
	if s == "" {
		return decimal.Zero
	}
	return f.decimal(name, s)
}

// steps is how many whole steps lie in s: limits of filters need not be multiples of their step.
func (f *reading) steps(name, s string, step decimal.Decimal, up bool) int64 {
	d := f.decimal(name, s)
	if f.err != nil {
		return 0
	}
	n, whole := d.Multiple(step)
	if !whole && up {
		n++
	}
	return n
}

func (f *reading) filter(x *infoFilter, in *market.Instrument) {
	if f.err != nil {
		return
	}
	switch x.FilterType {
	case filterPrice:
		in.MinPrice = market.Ticks(f.steps("minPrice", x.MinPrice, in.Tick, true))
		in.MaxPrice = market.Ticks(f.steps("maxPrice", x.MaxPrice, in.Tick, false))
	case filterLot:
		in.MinQty = market.Lots(f.steps("minQty", x.MinQty, in.Lot, true))
		in.MaxQty = market.Lots(f.steps("maxQty", x.MaxQty, in.Lot, false))
	case filterMarketLot:
		in.MinMarketQty = market.Lots(f.steps("minQty", x.MinQty, in.Lot, true))
		in.MaxMarketQty = market.Lots(f.steps("maxQty", x.MaxQty, in.Lot, false))
	case filterOrders:
		in.MaxOrders = x.Limit
	case filterNotional:
		in.MinNotional = f.optional("notional", x.Notional)
	case filterPercent:
		in.PriceUp = f.decimal("multiplierUp", x.MultiplierUp)
		in.PriceDown = f.decimal("multiplierDown", x.MultiplierDown)
	}
}

// AppendInfo appends exchangeInfo in the shape of 2026.
func AppendInfo(b []byte, info *Info) []byte {
	b = append(b, `{"timezone":"UTC","serverTime":`...)
	b = appendInt(b, "", info.ServerMs)
	b = AppendLimits(append(b, `,"futuresType":"U_MARGINED","rateLimits":`...), info.Limits, false)
	b = append(b, `,"exchangeFilters":[],"assets":[{"asset":"USDT","marginAvailable":true,"autoAssetExchange":"-10000"}],"symbols":[`...)
	for n, in := range info.Instruments {
		if n > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, infoOf(in))
	}
	return append(b, `]}`...)
}

// infoOf is the symbol of an instrument.
func infoOf(in *market.Instrument) *infoSymbol {
	px := func(t market.Ticks) string { return in.Price(t).String() }
	qty := func(q market.Lots) string { return in.Quantity(q).String() }
	return &infoSymbol{
		Symbol: in.Symbol, Pair: in.Pair, ContractType: "PERPETUAL", Status: in.Status,
		DeliveryDate: 4133404800000, OnboardDate: 1569398400000, // as BTCUSDT has them
		MaintMargin: "2.5000", RequiredMargin: "5.0000",
		BaseAsset: in.Base, QuoteAsset: in.Quote, MarginAsset: in.Margin,
		PricePrecision: in.PricePlaces, QuantityPrecision: in.QtyPlaces, BasePrecision: 8, QuotePrecision: 8,
		UnderlyingType: "COIN", UnderlyingSubType: []string{"PoW"}, TriggerProtect: cmp.Or(in.TriggerProtect, usualProtect).Fixed(4),
		LiquidationFee: in.LiquidationFee.String(), MarketTakeBound: in.TakeBound.String(), MaxMoveOrderLimit: cmp.Or(in.MaxAmends, usualAmends),
		Filters: []infoFilter{
			{FilterType: filterPrice, MinPrice: px(in.MinPrice), MaxPrice: px(in.MaxPrice), TickSize: in.Tick.String()},
			{FilterType: filterLot, MinQty: qty(in.MinQty), MaxQty: qty(in.MaxQty), StepSize: in.Lot.String()},
			{FilterType: filterMarketLot, MinQty: qty(cmp.Or(in.MinMarketQty, in.MinQty)), MaxQty: qty(in.MaxMarketQty), StepSize: in.Lot.String()},
			{FilterType: filterOrders, Limit: in.MaxOrders},
			{FilterType: filterNotional, Notional: in.MinNotional.String()},
			{FilterType: filterPercent, MultiplierUp: in.PriceUp.String(), MultiplierDown: in.PriceDown.String(), MultiplierDecimal: "4"},
			{FilterType: "POSITION_RISK_CONTROL", ControlSide: "NONE"},
		},
		OrderTypes:  []string{"LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"},
		TimeInForce: []string{"GTC", "IOC", "FOK", "GTX", "GTD"}, PermissionSets: []string{"GRID", "COPY"},
	}
}

// SymbolBrackets are the margin tiers of one symbol.
type SymbolBrackets struct {
	Symbol   string
	Brackets []market.Bracket
}

// bracketsDoc is one symbol of leverageBracket.
type bracketsDoc struct {
	Symbol   string       `json:"symbol"`
	Brackets []bracketDoc `json:"brackets"`
}

// bracketDoc is one tier; its numbers are bare on the wire, and json.Number keeps them exact.
type bracketDoc struct {
	Bracket          int         `json:"bracket"`
	InitialLeverage  int         `json:"initialLeverage"`
	NotionalCap      json.Number `json:"notionalCap"`
	NotionalFloor    json.Number `json:"notionalFloor"`
	MaintMarginRatio json.Number `json:"maintMarginRatio"`
	Cum              json.Number `json:"cum"`
}

// DecodeBrackets reads leverageBracket, for one symbol (an object) or all (a list).
func DecodeBrackets(b []byte) ([]SymbolBrackets, error) {
	const name = "leverageBracket"
	var docs []bracketsDoc
	if i := space(b, 0); i < len(b) && b[i] == '{' {
		docs = make([]bracketsDoc, 1)
		if err := decodeJSON(name, b, &docs[0]); err != nil {
			return nil, err
		}
	} else if err := decodeJSON(name, b, &docs); err != nil {
		return nil, err
	}
	out := make([]SymbolBrackets, 0, len(docs))
	for _, d := range docs {
		s := SymbolBrackets{Symbol: d.Symbol}
		for _, x := range d.Brackets {
			var f reading
			s.Brackets = append(s.Brackets, market.Bracket{
				Floor: f.decimal("notionalFloor", x.NotionalFloor.String()), Cap: f.decimal("notionalCap", x.NotionalCap.String()),
				Leverage: x.InitialLeverage, Maintenance: f.decimal("maintMarginRatio", x.MaintMarginRatio.String()),
				Cum: f.decimal("cum", x.Cum.String()),
			})
			if f.err != nil {
				return nil, &ParseError{name, 0, d.Symbol + ": " + f.err.Error()}
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// AppendBrackets appends leverageBracket for a list of symbols.
func AppendBrackets(b []byte, symbols []SymbolBrackets) []byte {
	docs := make([]bracketsDoc, len(symbols))
	for n, s := range symbols {
		docs[n] = bracketsDoc{s.Symbol, make([]bracketDoc, len(s.Brackets))}
		for k, x := range s.Brackets {
			docs[n].Brackets[k] = bracketDoc{
				Bracket: k + 1, InitialLeverage: x.Leverage,
				NotionalCap: json.Number(x.Cap.String()), NotionalFloor: json.Number(x.Floor.String()),
				MaintMarginRatio: json.Number(x.Maintenance.String()), Cum: json.Number(x.Cum.String()),
			}
		}
	}
	return appendJSON(b, docs)
}

// Commission is the answer of commissionRate: rates, 0.0002 is 2 basis points.
type Commission struct {
	Symbol string          `json:"symbol"`
	Maker  decimal.Decimal `json:"makerCommissionRate"`
	Taker  decimal.Decimal `json:"takerCommissionRate"`
	RPI    decimal.Decimal `json:"rpiCommissionRate"`
}

// DecodeCommission reads commissionRate.
func DecodeCommission(b []byte) (c Commission, err error) {
	err = decodeJSON("commissionRate", b, &c)
	return c, err
}

// AppendCommission appends commissionRate.
func AppendCommission(b []byte, c *Commission) []byte { return appendJSON(b, c) }

// PremiumIndex is one row of premiumIndex. Times are milliseconds.
type PremiumIndex struct {
	Symbol    string          `json:"symbol"`
	Mark      decimal.Decimal `json:"markPrice"`
	Index     decimal.Decimal `json:"indexPrice"`
	Settle    decimal.Decimal `json:"estimatedSettlePrice"`
	Rate      decimal.Decimal `json:"lastFundingRate"`
	Interest  decimal.Decimal `json:"interestRate"`
	NextMs    int64           `json:"nextFundingTime"`
	CurrentMs int64           `json:"time"`
}

// AppendPremiumIndex appends one row of premiumIndex.
func AppendPremiumIndex(b []byte, p *PremiumIndex) []byte { return appendJSON(b, p) }

// DecodePremiumIndex reads one row of premiumIndex.
func DecodePremiumIndex(b []byte) (p PremiumIndex, err error) {
	err = decodeJSON("premiumIndex", b, &p)
	return p, err
}
