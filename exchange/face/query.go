package face

import (
	"encoding/json"

	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// do carries out a call that has passed all common checks.
func (c *call) do() *wire.APIError {
	switch c.what {
	case wire.CallPing:
		c.body = wire.AppendEmpty(nil)
	case wire.CallTime:
		c.body = wire.AppendServerTime(nil, wire.Millis(c.now))
	case wire.CallExchangeInfo:
		c.body = wire.AppendInfo(nil, &wire.Info{ServerMs: wire.Millis(c.now), Limits: wire.DefaultLimits(), Instruments: c.f.x.Instruments()})
	case wire.CallDepth:
		return c.depth()
	case wire.CallPremiumIndex:
		return c.premium()
	case wire.CallBookTicker:
		return c.bookTicker()
	case wire.CallStartListenKey, wire.CallKeepListenKey, wire.CallCloseListenKey:
		return c.listenKey()
	case wire.CallPlace:
		return c.place()
	case wire.CallCancel:
		return c.cancel()
	case wire.CallOrder:
		return c.query()
	case wire.CallOpenOrders:
		return c.openOrders()
	case wire.CallCancelAll:
		return c.cancelAll()
	case wire.CallCountdown:
		return c.countdown()
	case wire.CallUserTrades:
		return c.userTrades()
	default:
		return c.accountCall()
	}
	return nil
}

func (c *call) accountCall() *wire.APIError {
	switch c.what {
	case wire.CallAccount:
		return c.accountState()
	case wire.CallBalance:
		return c.balances()
	case wire.CallPositions:
		return c.positions()
	case wire.CallBrackets:
		return c.brackets()
	case wire.CallCommission:
		return c.commission()
	}
	return wire.Fault(wire.CodeNotFound)
}

// symbol is the instrument that a call names.
func (c *call) symbol() (int, *wire.APIError) {
	if c.args.Symbol == "" {
		return -1, wire.Fault(wire.CodeMandatoryParam, "symbol")
	}
	return c.anySymbol()
}

// anySymbol is the same where the symbol may be left out: -1 then.
func (c *call) anySymbol() (int, *wire.APIError) {
	if c.args.Symbol == "" {
		return -1, nil
	}
	if i, ok := c.f.x.Index(c.args.Symbol); ok {
		return i, nil
	}
	return -1, wire.Fault(wire.CodeBadSymbol)
}

// chosen are the instruments that a call is about: the one it names, else all.
func (c *call) chosen() ([]symbol, *wire.APIError) {
	i, fault := c.anySymbol()
	if fault != nil || i < 0 {
		return c.f.symbols, fault
	}
	return c.f.symbols[i : i+1], nil
}

// depthDefault is the number of levels that depth gives (Binance USD-M, Order Book).
const depthDefault = 500

func (c *call) depth() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	if !validDepth(c.args.Limit) {
		return wire.Fault(wire.CodeBadDepthLimit, string(c.p.Value("limit")))
	}
	limit := c.args.Limit
	if limit == 0 {
		limit = depthDefault
	}
	var s market.Snapshot
	c.f.x.Book(i).Snapshot(&s, limit)
	s.Event, s.Transact = c.now, c.now
	c.body = c.f.symbols[i].codec.AppendSnapshot(nil, &s)
	c.f.fetched(i)
	return nil
}

func validDepth(limit int) bool {
	for _, l := range wire.DepthLimits {
		if l == limit {
			return true
		}
	}
	return false
}

// interest is the interest rate of premiumIndex (Binance USD-M, funding rate: 0.01 % for eight hours).
var interest = decimal.MustParse("0.0001")

func (c *call) premium() *wire.APIError {
	list, fault := c.chosen()
	if fault != nil {
		return fault
	}
	c.rows(len(list), func(b []byte, n int) []byte {
		m := c.f.x.MarkNow(list[n].index)
		return wire.AppendPremiumIndex(b, &wire.PremiumIndex{
			Symbol: list[n].in.Symbol, Mark: m.Mark, Index: m.Index, Settle: m.Index, Rate: m.Rate, Interest: interest,
			NextMs: wire.Millis(m.Next), CurrentMs: wire.Millis(c.now),
		})
	})
	return nil
}

// rows writes one row as it is where a symbol was named, else a list of them.
func (c *call) rows(n int, row func(b []byte, n int) []byte) {
	if c.args.Symbol != "" && n == 1 {
		c.body = row(nil, 0)
		return
	}
	b := []byte{'['}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = row(b, i)
	}
	c.body = append(b, ']')
}

// ticker is a row of GET /fapi/v1/ticker/bookTicker.
type ticker struct {
	Symbol string `json:"symbol"`
	Bid    string `json:"bidPrice"`
	BidQty string `json:"bidQty"`
	Ask    string `json:"askPrice"`
	AskQty string `json:"askQty"`
	Time   int64  `json:"time"`
	Last   int64  `json:"lastUpdateId"`
}

func (c *call) bookTicker() *wire.APIError {
	list, fault := c.chosen()
	if fault != nil {
		return fault
	}
	c.rows(len(list), func(b []byte, n int) []byte {
		in := list[n].in
		q, _ := c.f.x.Top(list[n].index)
		row, _ := json.Marshal(&ticker{
			Symbol: in.Symbol, Bid: in.Price(q.Bid).Fixed(in.PricePlaces), BidQty: in.Quantity(q.BidQty).Fixed(in.QtyPlaces),
			Ask: in.Price(q.Ask).Fixed(in.PricePlaces), AskQty: in.Quantity(q.AskQty).Fixed(in.QtyPlaces),
			Time: wire.Millis(q.Transact), Last: q.Update,
		})
		return append(b, row...)
	})
	return nil
}

func (c *call) brackets() *wire.APIError {
	list, fault := c.chosen()
	if fault != nil {
		return fault
	}
	out := make([]wire.SymbolBrackets, len(list))
	for i := range list {
		out[i] = wire.SymbolBrackets{Symbol: list[i].in.Symbol, Brackets: list[i].in.Brackets}
	}
	c.body = wire.AppendBrackets(nil, out)
	return nil
}

func (c *call) commission() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	in := c.f.symbols[i].in
	c.body = wire.AppendCommission(nil, &wire.Commission{Symbol: in.Symbol, Maker: in.MakerFee, Taker: in.TakerFee})
	return nil
}

// accountAlias stands where Binance has an account's alias: nothing depends on it.
const accountAlias = "SimSimSimSim"

func (c *call) balances() *wire.APIError {
	a, _ := c.f.x.Account(c.owner())
	c.body = wire.AppendBalances(nil, []wire.Balance{{
		AccountAlias: accountAlias, Asset: a.Asset, Balance: a.Wallet, CrossWalletBalance: a.Wallet, CrossUnPnl: a.Unrealised,
		AvailableBalance: a.Available, MaxWithdrawAmount: a.Available, MarginAvailable: true, UpdateMs: wire.Millis(c.now),
	}})
	return nil
}

// margins is an account's initial margin in its two parts.
type margins struct{ position, orders decimal.Decimal }

// marginsOf splits a position's initial margin: what the position alone needs at the mark price, and what orders add to it.
func (c *call) marginsOf(p *exchange.Position) (m margins, notional decimal.Decimal) {
	notional = c.notional(p)
	leverage, err := decimal.FromInt(int64(c.f.x.Leverage()))
	if err == nil {
		m.position, err = notional.Abs().Div(leverage, decimal.HalfEven)
	}
	if err != nil || p.Initial.Less(m.position) {
		m.position = p.Initial
	}
	m.orders, _ = p.Initial.Sub(m.position)
	return m, notional
}

// notional is a position's value at the mark price, with its sign.
func (c *call) notional(p *exchange.Position) decimal.Decimal {
	in := c.f.symbols[p.Instrument].in
	n, err := c.f.x.MarkNow(p.Instrument).Mark.Mul(in.Quantity(p.Qty), decimal.HalfEven)
	if err != nil {
		return decimal.Zero // the exchange bounds positions so that it fits
	}
	return n
}

// held says whether version 3 of the account calls lists a position: those that are not flat, and those with open orders.
func held(p *exchange.Position) bool {
	return p.Qty != 0 || p.Bids.Sign() != 0 || p.Asks.Sign() != 0
}

func (c *call) accountState() *wire.APIError {
	a, _ := c.f.x.Account(c.owner())
	var sum margins
	out := wire.Account{}
	for i := range c.f.symbols {
		p := c.f.x.Position(c.owner(), i)
		if !held(&p) {
			continue
		}
		m, notional := c.marginsOf(&p)
		sum.position, _ = sum.position.Add(m.position)
		sum.orders, _ = sum.orders.Add(m.orders)
		in := c.f.symbols[i].in
		out.Positions = append(out.Positions, wire.AccountPosition{
			Symbol: in.Symbol, PositionSide: "BOTH", PositionAmt: in.Quantity(p.Qty), UnrealizedProfit: p.Unrealised,
			Notional: notional, InitialMargin: p.Initial, MaintMargin: p.Maintain, UpdateMs: wire.Millis(c.now),
		})
	}
	margin := a.Margin()
	out.TotalInitialMargin, out.TotalMaintMargin, out.TotalWalletBalance = a.Initial, a.Maintain, a.Wallet
	out.TotalUnrealizedProfit, out.TotalMarginBalance = a.Unrealised, margin
	out.TotalPositionInitialMargin, out.TotalOpenOrderInitialMargin = sum.position, sum.orders
	out.TotalCrossWalletBalance, out.TotalCrossUnPnl = a.Wallet, a.Unrealised
	out.AvailableBalance, out.MaxWithdrawAmount = a.Available, a.Available
	out.Assets = []wire.AccountAsset{{
		Asset: a.Asset, WalletBalance: a.Wallet, UnrealizedProfit: a.Unrealised, MarginBalance: margin, MaintMargin: a.Maintain,
		InitialMargin: a.Initial, PositionInitialMargin: sum.position, OpenOrderInitialMargin: sum.orders,
		CrossWalletBalance: a.Wallet, CrossUnPnl: a.Unrealised, AvailableBalance: a.Available, MaxWithdrawAmount: a.Available,
		UpdateMs: wire.Millis(c.now),
	}}
	c.body = wire.AppendAccount(nil, &out)
	return nil
}

// positions serves positionRisk. There is no liquidation price: the exchange liquidates nobody.
func (c *call) positions() *wire.APIError {
	list, fault := c.chosen()
	if fault != nil {
		return fault
	}
	rows := []wire.PositionRisk{}
	for i := range list {
		p := c.f.x.Position(c.owner(), list[i].index)
		if !held(&p) {
			continue
		}
		in := list[i].in
		m, notional := c.marginsOf(&p)
		entry := p.Entry(in)
		rows = append(rows, wire.PositionRisk{
			Symbol: in.Symbol, PositionSide: "BOTH", PositionAmt: in.Quantity(p.Qty), EntryPrice: entry, BreakEvenPrice: entry,
			MarkPrice: c.f.x.MarkNow(p.Instrument).Mark, UnrealizedProfit: p.Unrealised, Notional: notional, MarginAsset: in.Margin,
			InitialMargin: p.Initial, MaintMargin: p.Maintain, PositionInitialMargin: m.position, OpenOrderInitialMargin: m.orders,
			BidNotional: p.Bids, AskNotional: p.Asks, UpdateMs: wire.Millis(c.now),
		})
	}
	c.body = wire.AppendPositions(nil, rows)
	return nil
}
