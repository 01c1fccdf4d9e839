package face

import (
	"slices"
	"strconv"

	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// limitOf is the limit parameter: fallback where it is absent, -1130 where it is larger than most.
func (c *call) limitOf(fallback, most int) (int, *wire.APIError) {
	switch {
	case c.args.Limit == 0:
		return fallback, nil
	case c.args.Limit > most:
		return 0, wire.Fault(wire.CodeBadParam, "limit")
	}
	return c.args.Limit, nil
}

// span checks the times of a request.
func (c *call) span() *wire.APIError {
	if c.args.End != 0 && c.args.Start > c.args.End {
		return &wire.APIError{Code: codeStartAfterEnd, Msg: "Start time is greater than end time."}
	}
	return nil
}

// week checks the times of a request that may ask for seven days at once (Binance USD-M, Account Trade List, All Orders).
func (c *call) week() *wire.APIError {
	if fault := c.span(); fault != nil {
		return fault
	}
	if c.args.Start != 0 && c.args.End-c.args.Start > 7*day {
		return &wire.APIError{Code: codeInterval, Msg: "Maximum time interval is 7 days"}
	}
	return nil
}

// Codes that only market data gives (Binance USD-M, Error Codes).
const (
	codeStartAfterEnd = -1023
	codeBadInterval   = -1120
	codeBadContract   = -4104
	codeBadPair       = -4144
	codeInterval      = -4165
)

// price and qty write an amount of 1e-8 with the instrument's places.
func (s *symbol) price(d decimal.Decimal) wire.Places { return wire.Places{D: d, N: s.in.PricePlaces} }
func (s *symbol) qty(d decimal.Decimal) wire.Places   { return wire.Places{D: d, N: s.in.QtyPlaces} }

// trades serves Recent Trades List, and Old Trades Lookup where fromId may be named.
func (c *call) trades() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	fallback, most := 500, 1000
	if c.what == wire.CallHistoricalTrades {
		fallback, most = 100, 500
	}
	limit, fault := c.limitOf(fallback, most)
	if fault != nil {
		return fault
	}
	s := &c.f.symbols[i]
	list := last(s.history.trades, keepTrades)
	if c.what == wire.CallHistoricalTrades && c.args.FromID != 0 {
		from := slices.IndexFunc(list, func(t market.Trade) bool { return t.ID >= c.args.FromID })
		if from < 0 {
			from = len(list)
		}
		list = list[from:]
		list = list[:min(limit, len(list))]
	}
	rows := []wire.PublicTrade{}
	for _, t := range last(list, limit) {
		quote, _ := s.in.Notional(t.Px, t.Qty, decimal.HalfEven)
		rows = append(rows, wire.PublicTrade{ID: t.ID, Price: s.price(s.in.Price(t.Px)), Qty: s.qty(s.in.Quantity(t.Qty)),
			Quote: wire.Places{D: quote, N: 2}, TimeMs: wire.Millis(t.Transact), ByMaker: t.Taker == market.Sell})
	}
	c.body = wire.AppendList(nil, rows)
	return nil
}

// aggTrades serves Compressed/Aggregate Trades List. Every trade of a matched market is an aggregate of its own.
func (c *call) aggTrades() *wire.APIError {
	i, fault := c.symbol()
	if fault == nil {
		fault = c.span()
	}
	if fault != nil {
		return fault
	}
	limit, fault := c.limitOf(500, 1000)
	if fault != nil {
		return fault
	}
	s, a := &c.f.symbols[i], &c.args
	rows := []wire.AggRow{}
	for _, t := range last(s.history.aggs, keepTrades) {
		if t.ID < a.FromID || a.FromID == 0 && (t.Transact < a.Start || a.End != 0 && t.Transact > a.End) {
			continue
		}
		qty := s.qty(s.in.Quantity(t.Qty))
		rows = append(rows, wire.AggRow{ID: t.ID, Price: s.price(s.in.Price(t.Px)), Qty: qty, NQ: qty, First: t.first, Last: t.Last,
			TimeMs: wire.Millis(t.Transact), ByMaker: t.Taker == market.Sell})
	}
	if a.FromID == 0 && a.Start == 0 {
		rows = last(rows, limit)
	}
	c.body = wire.AppendList(nil, rows[:min(limit, len(rows))])
	return nil
}

// klines serves the five kinds of candles.
func (c *call) klines() *wire.APIError {
	s, fault := c.klineSymbol()
	if fault == nil {
		fault = c.span()
	}
	if fault != nil {
		return fault
	}
	name := string(c.p.Value("interval"))
	x, ok := findInterval(name)
	switch {
	case name == "":
		return wire.Fault(wire.CodeMandatoryParam, "interval")
	case !ok:
		return &wire.APIError{Code: codeBadInterval, Msg: "Invalid interval."}
	}
	limit, fault := c.limitOf(klinesDefault, klinesMax)
	if fault != nil {
		return fault
	}
	list, places := s.history.minutes, s.in.PricePlaces
	switch c.what {
	case wire.CallMarkPriceKlines:
		list, places = s.history.prices[markPrices], 8
	case wire.CallIndexPriceKlines:
		list, places = s.history.prices[indexPrices], 8
	case wire.CallPremiumKlines:
		list, places = premiumCandles(c.f.x.AppendPremium(nil, s.index)), 8
	}
	b := []byte{'['}
	for n, k := range klines(list, x, c.now, c.args.Start, c.args.End, limit) {
		if n > 0 {
			b = append(b, ',')
		}
		row := k.kline(s.in, x, places)
		b = wire.AppendKline(b, &row)
	}
	c.body = append(b, ']')
	return nil
}

// premiumCandles are the samples of the premium index, by minute.
func premiumCandles(bars []exchange.PremiumBar) []candle {
	list := make([]candle, len(bars))
	for i, b := range bars {
		list[i] = candle{start: b.Start, open: b.Open.Units(), high: b.High.Units(), low: b.Low.Units(), close: b.Close.Units(), count: b.Count}
	}
	return list
}

// klineSymbol is what the candles are of: a symbol, or for index and continuous ones a pair.
func (c *call) klineSymbol() (*symbol, *wire.APIError) {
	name := "symbol"
	if c.what == wire.CallContinuousKlines || c.what == wire.CallIndexPriceKlines {
		name = "pair"
	}
	v := string(c.p.Value(name))
	if v == "" {
		return nil, wire.Fault(wire.CodeMandatoryParam, name)
	}
	if c.what == wire.CallContinuousKlines {
		switch string(c.p.Value("contractType")) {
		case "PERPETUAL":
		case "":
			return nil, wire.Fault(wire.CodeMandatoryParam, "contractType")
		case "CURRENT_QUARTER", "NEXT_QUARTER", "TRADIFI_PERPETUAL":
			return &symbol{in: &market.Instrument{Symbol: v, Pair: v}}, nil // no such contract is listed: no candles
		default:
			return nil, &wire.APIError{Code: codeBadContract, Msg: "Invalid contract type"}
		}
	}
	for i := range c.f.symbols {
		if in := c.f.symbols[i].in; name == "symbol" && in.Symbol == v || name == "pair" && in.Pair == v {
			return &c.f.symbols[i], nil
		}
	}
	if name == "pair" {
		return nil, &wire.APIError{Code: codeBadPair, Msg: "Invalid pair"}
	}
	return nil, wire.Fault(wire.CodeBadSymbol)
}

func (c *call) ticker24() *wire.APIError {
	list, fault := c.chosen()
	if fault != nil {
		return fault
	}
	rows := []wire.Ticker24{}
	for i := range list {
		if t, ok := list[i].ticker24(c.now); ok || c.args.Symbol != "" {
			t.Symbol = list[i].in.Symbol
			rows = append(rows, t)
		}
	}
	c.rows(len(rows), func(b []byte, n int) []byte { return wire.AppendRow(b, &rows[n]) })
	return nil
}

func (c *call) prices() *wire.APIError {
	list, fault := c.chosen()
	if fault != nil {
		return fault
	}
	c.rows(len(list), func(b []byte, n int) []byte {
		t := c.f.x.Last(list[n].index)
		return wire.AppendRow(b, &wire.PriceRow{Symbol: list[n].in.Symbol, Price: list[n].price(list[n].in.Price(t.Px)), TimeMs: wire.Millis(t.Transact)})
	})
	return nil
}

// openLots is the open interest of an instrument: what its longs hold.
func (f *Face) openLots(i int) (q market.Lots) {
	for a := range f.x.Accounts() {
		for _, p := range f.x.AppendPositions(nil, a, i) {
			q += max(p.Qty, 0)
		}
	}
	return q
}

func (c *call) openInterest() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	s := &c.f.symbols[i]
	c.body = wire.AppendRow(nil, &wire.Interest{Symbol: s.in.Symbol, Open: s.qty(s.in.Quantity(c.f.openLots(i))), TimeMs: wire.Millis(c.now)})
	return nil
}

func (c *call) fundingInfo() *wire.APIError {
	rows := []wire.FundingTerms{}
	for i := range c.f.symbols {
		t := c.f.x.Funding(i)
		rows = append(rows, wire.FundingTerms{Symbol: c.f.symbols[i].in.Symbol, Cap: wire.Money(t.Cap), Floor: wire.Money(t.Floor), Hours: t.Hours})
	}
	c.body = wire.AppendList(nil, rows)
	return nil
}

func (c *call) fundingRate() *wire.APIError {
	list, fault := c.chosen()
	if fault == nil {
		fault = c.span()
	}
	if fault != nil {
		return fault
	}
	limit, fault := c.limitOf(100, 1000)
	if fault != nil {
		return fault
	}
	rows := []wire.FundingRow{}
	for i := range list {
		for _, s := range c.f.x.AppendSettlements(nil, list[i].index) {
			if c.between(wire.Millis(s.Time)) {
				rows = append(rows, wire.FundingRow{Symbol: list[i].in.Symbol, Rate: wire.Money(s.Rate), TimeMs: wire.Millis(s.Time), Mark: wire.Money(s.Mark), Type: "Regular"})
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b wire.FundingRow) int { return int(a.TimeMs - b.TimeMs) })
	if c.args.Start == 0 {
		rows = last(rows, limit)
	}
	c.body = wire.AppendList(nil, rows[:min(limit, len(rows))])
	return nil
}

// rpiDepth is the book with retail price improvement orders, of which there are none here: the book itself.
func (c *call) rpiDepth() *wire.APIError {
	if c.args.Limit != 0 && c.args.Limit != 1000 {
		return wire.Fault(wire.CodeBadDepthLimit, string(c.p.Value("limit")))
	}
	c.args.Limit = 1000
	return c.depth()
}

// assets are the margin assets of the listed instruments, in order of listing.
func (f *Face) assets() []string {
	var list []string
	for i := range f.symbols {
		if a := f.symbols[i].in.Margin; !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

// assetRows are the index prices of the margin assets: one USD each, for they are dollar tokens, with Binance's usual buffers.
func (f *Face) assetRows(now market.Nanos) []wire.AssetIndex {
	rows := []wire.AssetIndex{}
	d := func(s string) wire.Places { return wire.Money(decimal.MustParse(s)) }
	for _, a := range f.assets() {
		rows = append(rows, wire.AssetIndex{Symbol: a + "USD", TimeMs: wire.Millis(now), Index: d("1"), BidBuffer: d("0.05"), AskBuffer: d("0.05"),
			BidRate: d("0.95"), AskRate: d("1.05"), AutoBid: d("0.025"), AutoAsk: d("0.025"), AutoBidRte: d("0.975"), AutoAskRte: d("1.025")})
	}
	return rows
}

func (c *call) assetIndex() *wire.APIError {
	rows := c.f.assetRows(c.now)
	if c.args.Symbol != "" {
		rows = slices.DeleteFunc(rows, func(r wire.AssetIndex) bool { return r.Symbol != c.args.Symbol })
		if len(rows) == 0 {
			return wire.Fault(wire.CodeBadSymbol)
		}
	}
	c.rows(len(rows), func(b []byte, n int) []byte { return wire.AppendRow(b, &rows[n]) })
	return nil
}

// constituents: an index here has one source, the exchange itself.
func (c *call) constituents() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	s := &c.f.symbols[i]
	c.body = wire.AppendRow(nil, &wire.Constituents{Symbol: s.in.Symbol, TimeMs: wire.Millis(c.now), List: []wire.Constituent{
		{Exchange: "baton", Symbol: s.in.Symbol, Price: wire.Money(c.f.x.MarkNow(i).Index), Weight: wire.Money(decimal.One)}}})
	return nil
}

// indexInfo: no composite index is listed.
func (c *call) indexInfo() *wire.APIError {
	if c.args.Symbol != "" {
		return wire.Fault(wire.CodeBadSymbol)
	}
	c.body = []byte("[]")
	return nil
}

func (c *call) adlRisk() *wire.APIError {
	list, fault := c.chosen()
	if fault != nil {
		return fault
	}
	c.rows(len(list), func(b []byte, n int) []byte {
		return wire.AppendRow(b, &wire.ADLRisk{Symbol: list[n].in.Symbol, Risk: "low", UpdateMs: wire.Millis(c.now - c.now%(30*minute))})
	})
	return nil
}

// sessions of the markets that have hours. No such contract is listed: every session is a day that is closed.
func (c *call) schedule() *wire.APIError {
	today := wire.Millis(c.now - c.now%day)
	markets := map[string]wire.Sessions{}
	for _, name := range [...]string{"EQUITY", "COMMODITY", "KR_EQUITY", "HK_EQUITY", "CN_EQUITY", "FX"} {
		markets[name] = wire.Sessions{List: []wire.SessionRow{{StartMs: today, EndMs: today + wire.Millis(day), Type: "NO_TRADING"}}}
	}
	c.body = wire.AppendRow(nil, &wire.Schedule{UpdateMs: wire.Millis(c.now), Markets: markets})
	return nil
}

// periods are what the statistics of /futures/data may be asked for.
var periods = [...]string{"5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d"}

// statistic checks what all of /futures/data ask for, and gives the symbol and the time of the current period.
func (c *call) statistic(name string) (*symbol, market.Nanos, *wire.APIError) {
	v, period := string(c.p.Value(name)), string(c.p.Value("period"))
	if v == "" {
		return nil, 0, wire.Fault(wire.CodeMandatoryParam, name)
	}
	if period == "" {
		return nil, 0, wire.Fault(wire.CodeMandatoryParam, "period")
	}
	if !slices.Contains(periods[:], period) {
		return nil, 0, wire.Fault(wire.CodeBadParam, "period")
	}
	if _, fault := c.limitOf(30, 500); fault != nil {
		return nil, 0, fault
	}
	x, _ := findInterval(period)
	for i := range c.f.symbols {
		if in := c.f.symbols[i].in; name == "symbol" && in.Symbol == v || name == "pair" && in.Pair == v {
			return &c.f.symbols[i], x.start(c.now), nil
		}
	}
	return nil, 0, wire.Fault(wire.CodeBadSymbol)
}

func (c *call) interestHistory() *wire.APIError {
	s, at, fault := c.statistic("symbol")
	if fault != nil {
		return fault
	}
	open := s.in.Quantity(c.f.openLots(s.index))
	value, _ := open.Mul(c.f.x.MarkNow(s.index).Mark, decimal.HalfEven)
	c.body = wire.AppendList(nil, []wire.InterestPoint{{Symbol: s.in.Symbol, Sum: wire.Money(open), Value: wire.Money(value), Supply: wire.Money(decimal.Zero), TimeMs: wire.Millis(at)}})
	return nil
}

// holders counts the accounts that are long and short in an instrument, the rest of the market left out.
func (f *Face) holders(i int) (long, short int64) {
	for a := 1; a < f.x.Accounts(); a++ {
		switch p := f.x.Position(a, i); {
		case p.Qty > 0:
			long++
		case p.Qty < 0:
			short++
		}
	}
	return long, short
}

// ratio serves the long/short ratios: of all accounts, for there are no top traders to tell apart.
func (c *call) ratio() *wire.APIError {
	s, at, fault := c.statistic("symbol")
	if fault != nil {
		return fault
	}
	long, short := c.f.holders(s.index)
	if long+short == 0 {
		c.body = []byte("[]")
		return nil
	}
	part := func(n, of int64) wire.Places {
		d, _ := decimal.FromUnits(n*decimal.Scale).Div(decimal.FromUnits(max(of, 1)*decimal.Scale), decimal.HalfEven)
		return wire.Places{D: d, N: 4}
	}
	c.body = wire.AppendList(nil, []wire.Ratio{{Symbol: s.in.Symbol, Ratio: part(long, short), Long: part(long, long+short), Short: part(short, long+short), TimeMs: wire.Millis(at)}})
	return nil
}

func (c *call) takerRatio() *wire.APIError {
	s, at, fault := c.statistic("symbol")
	if fault != nil {
		return fault
	}
	x, _ := findInterval(string(c.p.Value("period")))
	k := fold(s.history.minutes, at, x.end(at))
	sell := k.volume - k.buyVolume
	r, _ := decimal.FromUnits(k.buyVolume).Div(decimal.FromUnits(max(sell, 1)), decimal.HalfEven)
	c.body = wire.AppendList(nil, []wire.TakerRow{{Ratio: wire.Places{D: r, N: 4}, Buy: wire.Places{D: decimal.FromUnits(k.buyVolume), N: 4},
		Sell: wire.Places{D: decimal.FromUnits(sell), N: 4}, TimeMs: wire.Millis(at)}})
	return nil
}

func (c *call) basis() *wire.APIError {
	s, at, fault := c.statistic("pair")
	if fault != nil {
		return fault
	}
	contract := string(c.p.Value("contractType"))
	switch contract {
	case "PERPETUAL":
	case "":
		return wire.Fault(wire.CodeMandatoryParam, "contractType")
	default:
		c.body = []byte("[]")
		return nil
	}
	m := c.f.x.MarkNow(s.index)
	price := s.in.Price(c.f.x.Last(s.index).Px)
	basis, _ := price.Sub(m.Index)
	rate := decimal.Zero
	if m.Index.Sign() > 0 {
		rate, _ = basis.Div(m.Index, decimal.HalfEven)
	}
	c.body = wire.AppendList(nil, []wire.BasisRow{{Index: wire.Money(m.Index), Contract: contract, Rate: wire.Places{D: rate, N: 4},
		Futures: s.price(price), Basis: wire.Money(basis), Pair: s.in.Pair, TimeMs: wire.Millis(at)}})
	return nil
}

// deliveryPrice: only perpetual contracts are listed, and they are never delivered.
func (c *call) deliveryPrice() *wire.APIError {
	if c.p.Value("pair") == nil {
		return wire.Fault(wire.CodeMandatoryParam, "pair")
	}
	c.body = []byte("[]")
	return nil
}

// orderLimits serves Query User Rate Limit.
func (c *call) orderLimits() *wire.APIError {
	c.body = wire.AppendLimits(nil, []wire.RateLimit{
		{Kind: wire.LimitOrders, Interval: 10 * second, Limit: OrdersPer10s}, {Kind: wire.LimitOrders, Interval: minute, Limit: OrdersPerMinute},
	}, false)
	return nil
}

// fundText is a whole amount, for fields that are written without a point.
func fundText(d decimal.Decimal) string {
	return strconv.FormatInt(d.Units()/decimal.Scale, 10)
}
