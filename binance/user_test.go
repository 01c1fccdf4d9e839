package binance_test

import (
	"testing"
	"time"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
	"baton/netio"
)

func TestUserStream(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = accept
		r.must(r.place(1))
		r.pass(time.Second)
		r.update("baton-t-1", market.StatusNew, wire.ExecutionNew, "0", "0", 0)
		r.user(wire.AppendTradeLite(nil, &wire.TradeLite{Event: t0, Transact: t0, Symbol: []byte("BTCUSDT"), ClientID: []byte("baton-t-1"), OrderID: 77,
			Side: market.Buy, Qty: dec("0.010"), Price: dec("100"), LastPrice: dec("100"), LastQty: dec("0.004"), Trade: 5}))
		r.update("baton-t-1", market.StatusPartiallyFilled, wire.ExecutionTrade, "0.004", "0.004", 5)
		r.update("baton-t-1", market.StatusFilled, wire.ExecutionTrade, "0.006", "0.010", 6)
		r.update("web_abc", market.StatusNew, wire.ExecutionNew, "0", "0", 0)
		r.update("autoclose-1", market.StatusFilled, wire.ExecutionCalculated, "0.002", "0.002", 9) // a liquidation is a fill
		r.update("baton-other-1", market.StatusCanceled, wire.ExecutionCanceled, "0", "0", 0)
		r.pass(time.Second)
		r.want("place 1 accepted 0; update 1 NEW 0; update 1 NEW 0; update 1 PARTIALLY_FILLED 4 trade 5 of 4; update 1 FILLED 10 trade 6 of 6; " +
			"update web_abc NEW 0; update autoclose-1 FILLED 2 trade 9 of 2; update baton-other-1 CANCELED 0")
		f := r.fills[0]
		f.Time = 0
		want := market.Fill{Instrument: r.btc(), Order: 1, Trade: 5, Side: market.Buy, Px: 1000, Qty: 4, Commission: dec("0.01"), Asset: "USDT", Realised: dec("0.5"), Maker: true}
		if f != want || r.c.Stats().Bad != 0 {
			t.Errorf("%+v", f)
		}
	})
}

func TestAccountUpdates(t *testing.T) {
	on(t, true, func(r *rig) {
		usdt := func(bc string) []wire.BalanceChange {
			return []wire.BalanceChange{{Asset: []byte("USDT"), Wallet: dec("999"), Cross: dec("999"), Change: dec(bc)}}
		}
		here := []wire.PositionChange{{Symbol: []byte("BTCUSDT"), Amount: dec("0.002"), Entry: dec("100")}}
		for _, u := range []wire.AccountUpdate{
			{Reason: market.ReasonFunding, Symbol: []byte("BTCUSDT"), Balances: usdt("-0.25")},
			{Reason: market.ReasonFunding, Balances: usdt("-0.5"), Positions: here},
			{Reason: market.ReasonDeposit, Balances: usdt("100")},
			{Reason: market.ReasonOrder, Balances: usdt("0"), Positions: here},
			{ReasonText: []byte("INSURANCE_CLEAR"), Balances: usdt("-3")},
		} {
			u.Event, u.Transact = t0, t0
			r.user(wire.AppendAccountUpdate(nil, &u))
		}
		r.pass(time.Second)
		r.want("change 2 -0.25 USDT BTCUSDT; change 2 -0.5 USDT BTCUSDT; change 3 100 USDT -; change 1 0 USDT BTCUSDT; change 6 -3 USDT -")
	})
}

// Orders of instruments that are not ours are noted, and no reason to doubt the stream.
func TestStrangeInstrument(t *testing.T) {
	on(t, true, func(r *rig) {
		r.user(wire.AppendOrderUpdate(nil, &wire.OrderUpdate{Event: t0, Transact: t0, Symbol: []byte("ETHUSDT"), ClientID: []byte("web"), OrderID: 3,
			Side: market.Buy, Status: market.StatusNew, Execution: wire.ExecutionNew}))
		r.pass(time.Second)
		r.want("")
		if len(r.notes) != 1 || r.c.Stats().Bad != 0 {
			t.Error(r.notes)
		}
	})
}

// venueOrder makes the exchange know an order, with these trades of it.
func (r *rig) venueOrder(clientID string, st market.OrderStatus, filled string, trades ...string) {
	r.rest[wire.CallOrder] = func(q *netio.Request) *netio.Response {
		p, _ := wire.ParseQuery([]byte(q.Query), nil, nil)
		if string(p.Value("origClientOrderId")) != clientID {
			return fault(400, wire.CodeNoSuchOrder)
		}
		return ok(wire.AppendOrder(nil, &wire.Order{Symbol: "BTCUSDT", ClientID: clientID, OrderID: 77, Side: market.Buy, Type: market.Limit,
			TIF: market.GTC, Status: st, Price: dec("100"), Qty: dec("0.010"), Filled: dec(filled), Time: t0, Updated: t0}))
	}
	r.rest[wire.CallUserTrades] = func(*netio.Request) *netio.Response {
		list := []wire.UserTrade{{Symbol: "BTCUSDT", ID: 1, OrderID: 76, Side: market.Buy, Price: dec("100"), Qty: dec("9"), Quote: dec("900"), Asset: "USDT", Time: t0}}
		for i, qty := range trades {
			q := decimal.MustParse(qty)
			list = append(list, wire.UserTrade{Symbol: "BTCUSDT", ID: int64(5 + i), OrderID: 77, Side: market.Buy, Price: dec("100"), Qty: q,
				Quote: dec("1"), Commission: dec("0.01"), Realised: dec("0.5"), Asset: "USDT", Maker: true, Time: t0})
		}
		return ok(wire.AppendUserTrades(nil, list))
	}
}

// Fills that were missed while the user stream was down are told when it is up again, and then the end of the order.
func TestRecoverMissedFills(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = accept
		r.must(r.place(1))
		r.must(r.place(2))
		r.pass(time.Second)
		r.update("baton-t-1", market.StatusPartiallyFilled, wire.ExecutionTrade, "0.004", "0.004", 5)
		r.update("baton-t-2", market.StatusCanceled, wire.ExecutionCanceled, "0", "0", 0)
		r.pass(time.Second)
		r.lines = nil
		r.cut("private")
		fail := 2
		r.venueOrder("baton-t-1", market.StatusFilled, "0.010", "0.004", "0.005", "0.001")
		good := r.rest[wire.CallOrder]
		r.rest[wire.CallOrder] = func(q *netio.Request) *netio.Response {
			if fail--; fail >= 0 {
				return fault(503, wire.CodeTimeout)
			}
			return good(q)
		}
		for r.asked[wire.CallOrder] == 0 {
			r.pass(time.Millisecond)
		}
		r.must(r.place(3)) // of this one nothing was missed
		r.pass(50 * time.Millisecond)
		r.want("place 3 accepted 0")
		r.pass(time.Minute)
		r.want("update 1 PARTIALLY_FILLED 4 trade 5 of 4; update 1 PARTIALLY_FILLED 9 trade 6 of 5; update 1 PARTIALLY_FILLED 10 trade 7 of 1; update 1 FILLED 10")
		if r.asked[wire.CallOrder] != 3 { // order 2 had ended
			t.Error("asked", r.asked[wire.CallOrder], "times")
		}
	})
}

// Trades may be shown later than the order that they filled: what is told is never taken for all there is.
func TestRecoverLateTrades(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = accept
		r.must(r.place(1))
		r.pass(time.Second)
		r.lines = nil
		r.venueOrder("baton-t-1", market.StatusFilled, "0.010", "0.004")
		r.cut("private")
		r.pass(time.Second)
		r.venueOrder("baton-t-1", market.StatusFilled, "0.010", "0.004", "0.006")
		r.lines = nil
		r.pass(time.Minute)
		r.want("update 1 PARTIALLY_FILLED 4 trade 5 of 4; update 1 PARTIALLY_FILLED 10 trade 6 of 6; update 1 FILLED 10")
	})
}

// A frame of the user stream that cannot be read may have been a fill.
func TestUnreadableUserFrame(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = accept
		r.must(r.place(1))
		r.pass(time.Second)
		r.lines = nil
		r.venueOrder("baton-t-1", market.StatusPartiallyFilled, "0.004", "0.004")
		r.user([]byte(`{"e":"ORDER_TRADE_UPDATE","E":1,"T":1,"o":{"s":"BTCUSDT"}}`))
		r.pass(time.Minute)
		r.want("update 1 PARTIALLY_FILLED 4 trade 5 of 4; update 1 PARTIALLY_FILLED 4")
		if r.c.Stats().Bad != 1 || r.asked[wire.CallOrder] != 1 {
			t.Error(r.c.Stats(), r.asked)
		}
	})
}

// An expired key leaves its connection open and silent. It counts as lost at once, and another is opened.
func TestListenKeyExpires(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = accept
		r.must(r.place(1))
		r.pass(time.Second)
		r.lines = nil
		r.venueOrder("baton-t-1", market.StatusNew, "0")
		old := r.conns["private"]
		r.user(wire.AppendListenKeyExpired(nil, t0, listenKey))
		r.pass(2 * time.Millisecond)
		if s := r.c.Stats(); s.Losses != 1 {
			t.Errorf("%+v", s)
		}
		r.pass(time.Second)
		r.want("update 1 NEW 0")
		if r.opened["private"] != 2 || old.Open() || r.asked[wire.CallStartListenKey] != 2 {
			t.Error(r.opened, r.asked)
		}
		r.update("baton-t-1", market.StatusCanceled, wire.ExecutionCanceled, "0", "0", 0)
		r.pass(time.Second)
		r.want("update 1 CANCELED 0")
		if s := r.c.Stats(); s.Losses != 1 {
			t.Errorf("the end of the old connection is not another loss: %+v", s)
		}
	})
}
