package face

import (
	"strings"

	"baton/binance/wire"
	"baton/exchange"
	"baton/market"
)

// keyOf is the listenKey of an exchange's account, nil where nobody has started its stream.
func (f *Face) keyOf(account int) *listenKey {
	if i, ok := f.places[account]; ok {
		return f.accounts[i].key
	}
	return nil
}

// update sends an event of an order's life to its account's stream; a fill is announced by TRADE_LITE first.
func (f *Face) update(now market.Nanos, u *exchange.Update) {
	k := f.keyOf(u.Order.Account)
	if k == nil || len(k.readers) == 0 {
		return
	}
	in := f.symbols[u.Order.Instrument].in
	if u.Exec == exchange.ExecTrade {
		f.buf = wire.AppendTradeLite(f.buf[:0], tradeLite(now, in, u))
		f.sendUser(k, "TRADE_LITE")
	}
	f.buf = wire.AppendOrderUpdate(f.buf[:0], orderUpdate(now, in, u))
	f.sendUser(k, "ORDER_TRADE_UPDATE")
}

func tradeLite(now market.Nanos, in *market.Instrument, u *exchange.Update) *wire.TradeLite {
	o, fill := &u.Order, &u.Fill
	return &wire.TradeLite{
		Event: now, Transact: fill.Time, Symbol: []byte(in.Symbol), ClientID: []byte(o.ClientID), OrderID: o.ID,
		Side: o.Side, Qty: in.Quantity(o.Qty), Price: in.Price(o.Px),
		LastQty: in.Quantity(fill.Qty), LastPrice: in.Price(fill.Px), Trade: fill.Trade, Maker: fill.Maker,
	}
}

var executions = [...]wire.Execution{
	exchange.ExecNew: wire.ExecutionNew, exchange.ExecTrade: wire.ExecutionTrade,
	exchange.ExecCanceled: wire.ExecutionCanceled, exchange.ExecExpired: wire.ExecutionExpired,
	exchange.ExecAmendment: wire.ExecutionAmendment, exchange.ExecCalculated: wire.ExecutionCalculated,
}

func orderUpdate(now market.Nanos, in *market.Instrument, u *exchange.Update) *wire.OrderUpdate {
	o, fill := &u.Order, &u.Fill
	w := &wire.OrderUpdate{
		Event: now, Transact: o.Updated, TradeTime: o.Updated, Symbol: []byte(in.Symbol), ClientID: []byte(o.ClientID),
		OrderID: o.ID, Side: o.Side, Type: o.Type, TIF: o.TIF, Qty: in.Quantity(o.Qty), Price: in.Price(o.Px),
		AvgPrice: o.Average(in), Execution: executions[u.Exec], Status: o.Status, Filled: in.Quantity(o.Filled),
		ReduceOnly: o.ReduceOnly, Expiry: u.Expiry,
		PositionSide: o.PositionSide, SelfTrade: o.SelfTrade, PriceMatch: o.PriceMatch, GoodTill: o.GoodTill,
	}
	switch u.Exec {
	case exchange.ExecAmendment:
		w.ModifyID = o.ModifyID
	case exchange.ExecTrade, exchange.ExecCalculated:
		w.Transact, w.TradeTime = fill.Time, fill.Time
		w.LastQty, w.LastPrice, w.Trade, w.Maker = in.Quantity(fill.Qty), in.Price(fill.Px), fill.Trade, fill.Maker
		w.Commission, w.Asset, w.Realised = fill.Commission, []byte(commissionAsset(in, fill)), fill.Realised
	}
	return w
}

// change sends a balance or position change to its account's stream.
func (f *Face) change(now market.Nanos, c *exchange.Change) {
	k := f.keyOf(c.Account)
	if k == nil || len(k.readers) == 0 {
		return
	}
	w := wire.AccountUpdate{Event: now, Transact: c.Time, Reason: c.Reason, ReasonText: []byte(c.Text)}
	b := wire.BalanceChange{Asset: []byte(c.Asset), Wallet: c.Wallet, Cross: c.Cross}
	if c.Reason != market.ReasonOrder {
		b.Change = c.Amount
	}
	w.Balances = []wire.BalanceChange{b}
	if c.Instrument >= 0 {
		in, p := f.symbols[c.Instrument].in, &c.Position
		if c.Reason == market.ReasonFunding {
			w.Symbol = []byte(in.Symbol)
		}
		if c.Reason != market.ReasonFunding || p.Isolated { // funding of cross margin: the balance alone
			w.Positions = []wire.PositionChange{{
				Symbol: []byte(in.Symbol), Amount: in.Quantity(p.Qty), Entry: p.Entry(in), BreakEven: p.BreakEven(in),
				Unrealised: p.Unrealised, Side: p.Side, Isolated: p.Isolated, Margin: p.Wallet,
			}}
		}
	}
	f.buf = wire.AppendAccountUpdate(f.buf[:0], &w)
	f.sendUser(k, "ACCOUNT_UPDATE")
}

// config tells an account that its leverage in an instrument changed.
func (f *Face) config(now market.Nanos, account, i, leverage int) {
	if k := f.keyOf(account); k != nil && len(k.readers) > 0 {
		f.buf = wire.AppendRow(f.buf[:0], &wire.ConfigUpdate{Type: "ACCOUNT_CONFIG_UPDATE", EventMs: wire.Millis(now), TransactMs: wire.Millis(now),
			Leverage: &wire.LeverageChange{Symbol: f.symbols[i].in.Symbol, Leverage: leverage}})
		f.sendUser(k, "ACCOUNT_CONFIG_UPDATE")
	}
}

// marginCall tells an account that its cross margin is nearly used up, and by which positions.
func (f *Face) marginCall(now market.Nanos, account int) {
	k := f.keyOf(account)
	if k == nil || len(k.readers) == 0 {
		return
	}
	a, _ := f.x.Account(account)
	e := wire.MarginCall{Type: "MARGIN_CALL", EventMs: wire.Millis(now), Wallet: wire.Money(a.Cross), Positions: []wire.MarginCallRow{}}
	for _, p := range f.x.AppendPositions(nil, account, -1) {
		if p.Qty == 0 || p.Isolated {
			continue
		}
		s := &f.symbols[p.Instrument]
		e.Positions = append(e.Positions, wire.MarginCallRow{Symbol: s.in.Symbol, PositionSide: p.Side.String(), Amount: s.qty(s.in.Quantity(p.Qty)),
			MarginType: "CROSSED", Isolated: wire.Money(p.Wallet), Mark: wire.Money(f.x.MarkNow(p.Instrument).Mark), Unrealised: wire.Money(p.Unrealised), Maintain: wire.Money(p.Maintain)})
	}
	f.buf = wire.AppendRow(f.buf[:0], &e)
	f.sendUser(k, e.Type)
}

// sendUser gives f.buf to the readers of a listenKey that want the event.
func (f *Face) sendUser(k *listenKey, event string) {
	for _, s := range k.readers {
		if s.wants(event) {
			f.send(User, k.text, []*Session{s})
		}
	}
}

// wants says whether the connection's ?events= names an event, or names none.
func (s *Session) wants(event string) bool {
	return s.events == "" || strings.Contains(s.events, "/"+event+"/")
}

// expire ends a listenKey: its readers are told, and hear nothing more.
func (f *Face) expire(now market.Nanos, k *listenKey) {
	f.buf = wire.AppendListenKeyExpired(f.buf[:0], now, k.text)
	f.send(User, k.text, k.readers)
	f.dropKey(k)
}
