package face

import (
	"slices"
	"strconv"

	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

func (c *call) commission() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	fees := c.f.x.FeesOf(c.owner(), i)
	c.body = wire.AppendCommission(nil, &wire.Commission{Symbol: c.f.symbols[i].in.Symbol, Maker: fees.Maker, Taker: fees.Taker})
	return nil
}

// accountAlias stands where Binance has an account's alias: nothing depends on it.
const accountAlias = "SimSimSimSim"

func (c *call) balances() *wire.APIError {
	a, _ := c.f.x.Account(c.owner())
	rows := []wire.Balance{{
		AccountAlias: accountAlias, Asset: a.Asset, Balance: a.Wallet, CrossWalletBalance: a.Cross, CrossUnPnl: a.CrossPnL,
		AvailableBalance: a.Available, MaxWithdrawAmount: a.Available, MarginAvailable: true, UpdateMs: wire.Millis(c.now),
	}}
	if !a.Coins.IsZero() {
		rows = append(rows, wire.Balance{AccountAlias: accountAlias, Asset: exchange.FeeCoin, Balance: a.Coins, CrossWalletBalance: a.Coins,
			AvailableBalance: a.Coins, MaxWithdrawAmount: a.Coins, UpdateMs: wire.Millis(c.now)})
	}
	c.body = wire.AppendBalances(nil, rows)
	return nil
}

// ordersMargin is what open orders add to a position's initial margin.
func ordersMargin(p *exchange.Position) decimal.Decimal {
	d, err := p.Initial.Sub(p.Held)
	if err != nil || d.Sign() < 0 {
		return decimal.Zero
	}
	return d
}

// held says whether version 3 of the account calls lists a position: those that are not flat, and those with open orders.
func held(p *exchange.Position) bool {
	return p.Qty != 0 || p.Bids.Sign() != 0 || p.Asks.Sign() != 0
}

// isolatedMargin is a position's own wallet with its profit; zero with cross margin.
func isolatedMargin(p *exchange.Position) decimal.Decimal {
	if !p.Isolated {
		return decimal.Zero
	}
	d, _ := p.Wallet.Add(p.Unrealised)
	return d
}

// sums are the initial margin of all positions, and what open orders add to it.
func (c *call) sums(list []exchange.Position) (position, orders decimal.Decimal) {
	for n := range list {
		position, _ = position.Add(decimal.FromUnits(min(list[n].Held.Units(), list[n].Initial.Units())))
		orders, _ = orders.Add(ordersMargin(&list[n]))
	}
	return position, orders
}

func (c *call) accountState() *wire.APIError {
	a, _ := c.f.x.Account(c.owner())
	list := c.f.x.AppendPositions(nil, c.owner(), -1)
	position, orders := c.sums(list)
	out := wire.Account{}
	for n := range list {
		p := &list[n]
		if !held(p) {
			continue
		}
		in := c.f.symbols[p.Instrument].in
		out.Positions = append(out.Positions, wire.AccountPosition{
			Symbol: in.Symbol, PositionSide: p.Side.String(), PositionAmt: in.Quantity(p.Qty), UnrealizedProfit: p.Unrealised,
			IsolatedMargin: isolatedMargin(p), IsolatedWallet: p.Wallet,
			Notional: p.Notional(), InitialMargin: p.Initial, MaintMargin: p.Maintain, UpdateMs: wire.Millis(c.now),
		})
	}
	margin := a.Margin()
	out.TotalInitialMargin, out.TotalMaintMargin, out.TotalWalletBalance = a.Initial, a.Maintain, a.Wallet
	out.TotalUnrealizedProfit, out.TotalMarginBalance = a.Unrealised, margin
	out.TotalPositionInitialMargin, out.TotalOpenOrderInitialMargin = position, orders
	out.TotalCrossWalletBalance, out.TotalCrossUnPnl = a.Cross, a.CrossPnL
	out.AvailableBalance, out.MaxWithdrawAmount = a.Available, a.Available
	out.Assets = []wire.AccountAsset{{
		Asset: a.Asset, WalletBalance: a.Wallet, UnrealizedProfit: a.Unrealised, MarginBalance: margin, MaintMargin: a.Maintain,
		InitialMargin: a.Initial, PositionInitialMargin: position, OpenOrderInitialMargin: orders,
		CrossWalletBalance: a.Cross, CrossUnPnl: a.CrossPnL, AvailableBalance: a.Available, MaxWithdrawAmount: a.Available,
		UpdateMs: wire.Millis(c.now),
	}}
	if !a.Coins.IsZero() {
		out.Assets = append(out.Assets, wire.AccountAsset{Asset: exchange.FeeCoin, WalletBalance: a.Coins, MarginBalance: a.Coins,
			CrossWalletBalance: a.Coins, AvailableBalance: a.Coins, MaxWithdrawAmount: a.Coins, UpdateMs: wire.Millis(c.now)})
	}
	c.body = wire.AppendAccount(nil, &out)
	return nil
}

// accountV2 serves the older account call: every position of every symbol, flat ones too, with leverage and margin type.
func (c *call) accountV2() *wire.APIError {
	a, _ := c.f.x.Account(c.owner())
	list := c.f.x.AppendPositions(nil, c.owner(), -1)
	position, orders := c.sums(list)
	m, margin := wire.Money, a.Margin()
	out := wire.AccountV2{
		CanTrade: true, CanDeposit: true, CanWithdraw: true, TradeGroupID: -1, FeeBurn: a.FeeBurn,
		TotalInitialMargin: m(a.Initial), TotalMaintMargin: m(a.Maintain), TotalWalletBalance: m(a.Wallet), TotalUnrealizedProfit: m(a.Unrealised),
		TotalMarginBalance: m(margin), TotalPositionInitialMargin: m(position), TotalOpenOrderInitialMargin: m(orders),
		TotalCrossWalletBalance: m(a.Cross), TotalCrossUnPnl: m(a.CrossPnL), AvailableBalance: m(a.Available), MaxWithdrawAmount: m(a.Available),
		Assets: []wire.AccountAssetV2{{
			Asset: a.Asset, WalletBalance: m(a.Wallet), UnrealizedProfit: m(a.Unrealised), MarginBalance: m(margin), MaintMargin: m(a.Maintain),
			InitialMargin: m(a.Initial), PositionInitialMargin: m(position), OpenOrderInitialMargin: m(orders), CrossWalletBalance: m(a.Cross),
			CrossUnPnl: m(a.CrossPnL), AvailableBalance: m(a.Available), MaxWithdrawAmount: m(a.Available), MarginAvailable: true, UpdateMs: wire.Millis(c.now),
		}},
		Positions: []wire.AccountPositionV2{},
	}
	for n := range list {
		p := &list[n]
		s, in := &c.f.symbols[p.Instrument], c.f.symbols[p.Instrument].in
		leverage, most := c.f.x.LeverageOf(c.owner(), p.Instrument)
		row := wire.AccountPositionV2{
			Symbol: in.Symbol, InitialMargin: m(p.Initial), MaintMargin: m(p.Maintain), UnrealizedProfit: m(p.Unrealised),
			PositionInitialMargin: m(p.Held), OpenOrderInitialMargin: m(ordersMargin(p)), Leverage: strconv.Itoa(leverage), Isolated: p.Isolated,
			EntryPrice: wire.Money(p.Entry(in)), BreakEvenPrice: wire.Money(p.BreakEven(in)), MaxNotional: wire.Places{D: most},
			BidNotional: m(p.Bids), AskNotional: m(p.Asks), PositionSide: p.Side.String(), PositionAmt: s.qty(in.Quantity(p.Qty)),
			Notional: m(p.Notional()), IsolatedWallet: m(p.Wallet),
		}
		if held(p) {
			row.UpdateMs = wire.Millis(c.now)
		}
		out.Positions = append(out.Positions, row)
	}
	c.body = wire.AppendRow(nil, &out)
	return nil
}

// positions serves positionRisk of version 3: what is held, and what has open orders.
func (c *call) positions() *wire.APIError {
	i, fault := c.anySymbol()
	if fault != nil {
		return fault
	}
	rows := []wire.PositionRisk{}
	for _, p := range c.f.x.AppendPositions(nil, c.owner(), i) {
		if !held(&p) {
			continue
		}
		in := c.f.symbols[p.Instrument].in
		rows = append(rows, wire.PositionRisk{
			Symbol: in.Symbol, PositionSide: p.Side.String(), PositionAmt: in.Quantity(p.Qty), EntryPrice: p.Entry(in), BreakEvenPrice: p.BreakEven(in),
			MarkPrice: c.f.x.MarkNow(p.Instrument).Mark, UnrealizedProfit: p.Unrealised, LiquidationPrice: c.liquidation(&p),
			IsolatedMargin: isolatedMargin(&p), Notional: p.Notional(), MarginAsset: in.Margin, IsolatedWallet: p.Wallet,
			InitialMargin: p.Initial, MaintMargin: p.Maintain, PositionInitialMargin: decimal.FromUnits(min(p.Held.Units(), p.Initial.Units())), OpenOrderInitialMargin: ordersMargin(&p),
			ADL: c.f.x.ADL(c.owner(), p.Instrument, p.Side), BidNotional: p.Bids, AskNotional: p.Asks, UpdateMs: wire.Millis(c.now),
		})
	}
	c.body = wire.AppendPositions(nil, rows)
	return nil
}

// liquidation is a position's liquidation price, rounded to what the instrument shows.
func (c *call) liquidation(p *exchange.Position) decimal.Decimal {
	return c.f.x.LiquidationPrice(c.owner(), p.Instrument, p.Side)
}

// positionsV2 serves the older positionRisk: every symbol, flat ones too.
func (c *call) positionsV2() *wire.APIError {
	i, fault := c.anySymbol()
	if fault != nil {
		return fault
	}
	rows, m := []wire.PositionRiskV2{}, wire.Money
	for _, p := range c.f.x.AppendPositions(nil, c.owner(), i) {
		s := &c.f.symbols[p.Instrument]
		leverage, most := c.f.x.LeverageOf(c.owner(), p.Instrument)
		kind := "cross"
		if p.Isolated {
			kind = "isolated"
		}
		row := wire.PositionRiskV2{
			Symbol: s.in.Symbol, PositionAmt: s.qty(s.in.Quantity(p.Qty)), EntryPrice: m(p.Entry(s.in)), BreakEvenPrice: m(p.BreakEven(s.in)),
			MarkPrice: m(c.f.x.MarkNow(p.Instrument).Mark), UnrealizedProfit: m(p.Unrealised), LiquidationPrice: m(c.liquidation(&p)),
			Leverage: strconv.Itoa(leverage), MaxNotional: fundText(most), MarginType: kind, IsolatedMargin: m(isolatedMargin(&p)),
			AutoAdd: "false", PositionSide: p.Side.String(), Notional: m(p.Notional()), IsolatedWallet: m(p.Wallet),
		}
		if held(&p) {
			row.UpdateMs = wire.Millis(c.now)
		}
		rows = append(rows, row)
	}
	c.body = wire.AppendList(nil, rows)
	return nil
}

func (c *call) accountConfig() *wire.APIError {
	a, _ := c.f.x.Account(c.owner())
	c.body = wire.AppendRow(nil, &wire.AccountConfig{CanTrade: true, CanDeposit: true, CanWithdraw: true, Dual: a.Hedge, TradeGroupID: -1})
	return nil
}

func (c *call) symbolConfig() *wire.APIError {
	list, fault := c.chosen()
	if fault != nil {
		return fault
	}
	rows := []wire.SymbolConfig{}
	for n := range list {
		leverage, most := c.f.x.LeverageOf(c.owner(), list[n].index)
		kind := crossed
		if c.f.x.Isolated(c.owner(), list[n].index) {
			kind = isolated
		}
		rows = append(rows, wire.SymbolConfig{Symbol: list[n].in.Symbol, MarginType: kind, Leverage: leverage, MaxNotional: wire.Places{D: most}})
	}
	c.body = wire.AppendList(nil, rows)
	return nil
}

// The margin types as marginType takes them.
const (
	crossed  = "CROSSED"
	isolated = "ISOLATED"
)

func (c *call) setLeverage() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	if c.p.Value("leverage") == nil {
		return wire.Fault(wire.CodeMandatoryParam, "leverage")
	}
	n, fault := c.p.Integer("leverage")
	if fault != nil {
		return fault
	}
	most, refusal := c.f.x.SetLeverage(c.now, c.owner(), i, int(min(n, 1<<20)))
	if refusal.Refused() {
		return refused(refusal)
	}
	c.body = wire.AppendRow(nil, &wire.LeverageSet{Leverage: int(n), MaxNotional: fundText(most), Symbol: c.f.symbols[i].in.Symbol})
	return nil
}

// done is the answer of a switch that was set.
func (c *call) done(r exchange.Refusal) *wire.APIError {
	if r.Refused() {
		return refused(r)
	}
	c.body = wire.AppendRow(nil, &wire.Done{Code: statusOK, Msg: "success"})
	return nil
}

func (c *call) setMarginType() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	switch string(c.p.Value("marginType")) {
	case isolated:
		return c.done(c.f.x.SetIsolated(c.now, c.owner(), i, true))
	case crossed, "CROSS":
		return c.done(c.f.x.SetIsolated(c.now, c.owner(), i, false))
	}
	return wire.Fault(wire.CodeMandatoryParam, "marginType")
}

// boolean reads a parameter that is "true" or "false", in any case.
func (c *call) boolean(name string) (bool, *wire.APIError) {
	switch string(c.p.Value(name)) {
	case "true", "TRUE", "True":
		return true, nil
	case "false", "FALSE", "False":
		return false, nil
	}
	return false, wire.Fault(wire.CodeMandatoryParam, name)
}

func (c *call) setPositionMode() *wire.APIError {
	on, fault := c.boolean("dualSidePosition")
	if fault != nil {
		return fault
	}
	return c.done(c.f.x.SetHedge(c.owner(), on))
}

func (c *call) positionMode() *wire.APIError {
	a, _ := c.f.x.Account(c.owner())
	c.body = wire.AppendRow(nil, &wire.PositionMode{Dual: a.Hedge})
	return nil
}

func (c *call) setMultiAssets() *wire.APIError {
	on, fault := c.boolean("multiAssetsMargin")
	if fault != nil {
		return fault
	}
	return c.done(c.f.x.SetMultiAssets(c.owner(), on))
}

func (c *call) multiAssets() *wire.APIError {
	c.body = wire.AppendRow(nil, &wire.MultiAssets{})
	return nil
}

func (c *call) setFeeBurn() *wire.APIError {
	on, fault := c.boolean("feeBurn")
	if fault != nil {
		return fault
	}
	return c.done(c.f.x.SetFeeBurn(c.owner(), on))
}

func (c *call) feeBurn() *wire.APIError {
	a, _ := c.f.x.Account(c.owner())
	c.body = wire.AppendRow(nil, &wire.FeeBurn{On: a.FeeBurn})
	return nil
}

// positionMargin serves Modify Isolated Position Margin: type 1 adds, 2 takes out.
func (c *call) positionMargin() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	for _, name := range [...]string{"amount", "type"} {
		if c.p.Value(name) == nil {
			return wire.Fault(wire.CodeMandatoryParam, name)
		}
	}
	amount, fault := c.p.Decimal("amount")
	if fault != nil {
		return fault
	}
	side, ok := wire.ParsePositionSide(c.p.Value("positionSide"))
	kind := string(c.p.Value("type"))
	if !ok || kind != "1" && kind != "2" {
		return wire.Fault(wire.CodeMandatoryParam, "type")
	}
	move := amount
	if kind == "2" {
		move = amount.Neg()
	}
	if amount.Sign() <= 0 {
		move = decimal.Zero // refused as such
	}
	if r := c.f.x.MoveMargin(c.now, c.owner(), i, side, move); r.Refused() {
		return refused(r)
	}
	n, _ := strconv.Atoi(kind)
	c.body = wire.AppendRow(nil, &wire.MarginSet{Amount: amount.Float64(), Code: statusOK, Msg: "Successfully modify position margin.", Type: n})
	return nil
}

func (c *call) marginHistory() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	limit, fault := c.limitOf(500, 500)
	if fault != nil {
		return fault
	}
	in, want := c.f.symbols[i].in, string(c.p.Value("type"))
	rows := []wire.MarginChange{}
	for _, t := range c.f.x.AppendTransfers(nil, c.owner(), i) {
		kind := 1
		if t.Amount.Sign() < 0 {
			kind = 2
		}
		if want != "" && want != strconv.Itoa(kind) || !c.between(wire.Millis(t.Time)) {
			continue
		}
		rows = append(rows, wire.MarginChange{Symbol: in.Symbol, Type: kind, DeltaType: "USER_ADJUST", Amount: wire.Money(t.Amount.Abs()), Asset: in.Margin,
			TimeMs: wire.Millis(t.Time), PositionSide: t.Side.String()})
	}
	c.body = wire.AppendList(nil, last(rows, limit))
	return nil
}

// income serves Get Income History. Kinds that never happen here give an empty list; names that are none are refused.
func (c *call) income() *wire.APIError {
	i, fault := c.anySymbol()
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
	page, fault := c.p.Integer("page")
	if fault != nil {
		return fault
	}
	filter := exchange.IncomeFilter{Instrument: i, From: c.args.Start}
	if c.args.End != 0 {
		filter.To = c.args.End + 1e6 - 1 // the whole millisecond
	}
	rows := []wire.IncomeRow{}
	if kind := string(c.p.Value("incomeType")); kind != "" {
		var known bool
		if filter.Kind, known = exchange.ParseIncome(kind); !known {
			if !slices.Contains(incomeKinds[:], kind) {
				return wire.Fault(wire.CodeBadParam, "incomeType")
			}
			c.body = []byte("[]")
			return nil
		}
	}
	list := c.f.x.AppendIncome(nil, c.owner(), filter)
	if c.args.Start == 0 && page == 0 {
		list = last(list, limit)
	} else if from := int(max(page-1, 0)) * limit; from < len(list) {
		list = list[from:]
	} else {
		list = nil
	}
	for _, x := range list[:min(limit, len(list))] {
		row := wire.IncomeRow{Type: x.Kind.String(), Income: wire.Money(x.Amount), Asset: x.Asset, TimeMs: wire.Millis(x.Time), Info: x.Kind.String(), TranID: x.ID}
		if x.Instrument >= 0 {
			row.Symbol = c.f.symbols[x.Instrument].in.Symbol
		}
		if x.Trade != 0 {
			row.TradeID = strconv.FormatInt(x.Trade, 10)
			row.Info = row.TradeID
		}
		rows = append(rows, row)
	}
	c.body = wire.AppendList(nil, rows)
	return nil
}

// incomeKinds are Binance's kinds that never happen here.
var incomeKinds = [...]string{"WELCOME_BONUS", "REFERRAL_KICKBACK", "COMMISSION_REBATE", "API_REBATE", "CONTEST_REWARD", "CROSS_COLLATERAL_TRANSFER",
	"OPTIONS_PREMIUM_FEE", "OPTIONS_SETTLE_PROFIT", "INTERNAL_TRANSFER", "AUTO_EXCHANGE", "DELIVERED_SETTELMENT", "COIN_SWAP_DEPOSIT",
	"COIN_SWAP_WITHDRAW", "POSITION_LIMIT_INCREASE_FEE", "STRATEGY_UMFUTURES_TRANSFER", "FEE_RETURN", "BFUSD_REWARD", "SPECIAL_FUNDING_FEE"}

func (c *call) adlQuantile() *wire.APIError {
	i, fault := c.anySymbol()
	if fault != nil {
		return fault
	}
	rows := []wire.ADLQuantile{}
	list := c.f.x.AppendPositions(nil, c.owner(), i)
	for n := 0; n < len(list); n++ {
		p := &list[n]
		ranks := map[string]int{}
		if p.Side == market.Both {
			ranks["LONG"], ranks["SHORT"], ranks["BOTH"] = 0, 0, c.f.x.ADL(c.owner(), p.Instrument, p.Side)
		} else {
			n++
			ranks["LONG"] = c.f.x.ADL(c.owner(), p.Instrument, market.Long)
			ranks["SHORT"] = c.f.x.ADL(c.owner(), p.Instrument, market.Short)
			ranks["HEDGE"] = 0
		}
		if held(p) || n < len(list) && held(&list[n]) || i >= 0 {
			rows = append(rows, wire.ADLQuantile{Symbol: c.f.symbols[p.Instrument].in.Symbol, Ranks: ranks})
		}
	}
	if i >= 0 && len(rows) == 1 {
		c.body = wire.AppendRow(nil, &rows[0])
		return nil
	}
	c.body = wire.AppendList(nil, rows)
	return nil
}

// tradingStatus: the quantitative rules are not enforced here, so nothing is ever locked and the list is empty.
func (c *call) tradingStatus() *wire.APIError {
	c.body = wire.AppendRow(nil, &wire.TradingStatus{Indicators: map[string][]wire.Indicator{}, UpdateMs: wire.Millis(c.now)})
	return nil
}

// restrictions says what a key may do: read and trade futures, and not withdraw.
func (c *call) restrictions() *wire.APIError {
	c.body = wire.AppendRow(nil, &wire.Restrictions{IPRestrict: true, CreateMs: wire.Millis(c.now), Reading: true, Futures: true})
	return nil
}

// contract and signContract are the agreement that stock contracts need. None are listed; the signature is remembered.
func (c *call) contract() *wire.APIError {
	if !c.f.accounts[c.account].signed {
		c.body = wire.AppendRow(nil, &wire.Done{Code: statusOK, Msg: "not signed"})
		return nil
	}
	return c.done(exchange.Refusal{})
}

func (c *call) signContract() *wire.APIError {
	c.f.accounts[c.account].signed = true
	return c.done(exchange.Refusal{})
}

// insurance serves Query Insurance Fund Balance Snapshot: one fund for all symbols.
func (c *call) insurance() *wire.APIError {
	list, fault := c.chosen()
	if fault != nil {
		return fault
	}
	balance, _ := c.f.x.Insurance()
	row := wire.Insurance{Symbols: []string{}, Assets: []wire.InsuranceAsset{}}
	for n := range list {
		row.Symbols = append(row.Symbols, list[n].in.Symbol)
	}
	if len(list) > 0 {
		row.Assets = append(row.Assets, wire.InsuranceAsset{Asset: list[0].in.Margin, Balance: wire.Money(balance), UpdateMs: wire.Millis(c.now)})
	}
	c.rows(1, func(b []byte, _ int) []byte { return wire.AppendRow(b, &row) })
	return nil
}
