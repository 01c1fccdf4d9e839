package binance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// TestMissedTradesOfStrangers: a liquidation while the user stream was down is told when it is back, once, with the venue's figures.
func TestMissedTradesOfStrangers(t *testing.T) {
	on(t, true, func(r *rig) {
		r.open()
		r.pass(time.Minute)
		r.rest[wire.CallUserTrades] = func(q *netio.Request) *netio.Response {
			if !strings.Contains(q.Query, "startTime=") {
				t.Error(q.Query)
			}
			return ok(wire.AppendUserTrades(nil, []wire.UserTrade{{Symbol: "BTCUSDT", ID: 9, OrderID: 500, Side: market.Sell, Price: dec("100.1"), Qty: dec("0.002"),
				Commission: dec("0.1"), Asset: "USDT", Realised: dec("-5"), Time: t0}}))
		}
		r.rest[wire.CallOrder] = func(*netio.Request) *netio.Response {
			return ok(wire.AppendOrder(nil, &wire.Order{Symbol: "BTCUSDT", ClientID: "autoclose-1", OrderID: 500, Side: market.Sell, Type: market.Limit, TIF: market.IOC,
				Status: market.StatusFilled, Qty: dec("0.002"), Price: dec("100.1"), Filled: dec("0.002")}))
		}
		r.cut("private")
		r.pass(5 * time.Second)
		r.want("update autoclose-1 FILLED 2 trade 9 of 2")
		if f := r.fills[0]; f.Realised != dec("-5") || f.Commission != dec("0.1") || f.Side != market.Sell || f.Px != 1001 || f.Order != 0 {
			t.Errorf("%+v", f)
		}
		r.cut("private") // the next interruption finds nothing new
		r.pass(5 * time.Second)
		r.want("")
	})
}

// TestConditionalOrders: the order that a conditional one became is known as ours, whatever the exchange calls it.
func TestConditionalOrders(t *testing.T) {
	on(t, false, func(r *rig) {
		var heard []string
		r.cfg.Algo = func(a *wire.AlgoEvent) { heard = append(heard, a.Algo.Status+" "+a.Algo.ClientID) }
		r.dial()
		r.user([]byte(`{"e":"ALGO_UPDATE","T":1,"E":2,"o":{"caid":"baton-t-9","aid":7,"at":"CONDITIONAL","o":"STOP_MARKET","s":"BTCUSDT","S":"SELL","ps":"BOTH","f":"GTC","q":"0.010","X":"NEW","ai":"","tp":"99.0","p":"0","rm":""}}`))
		r.user([]byte(`{"e":"ALGO_UPDATE","T":1,"E":2,"o":{"caid":"baton-t-9","aid":7,"at":"CONDITIONAL","o":"STOP_MARKET","s":"BTCUSDT","S":"SELL","q":"0.010","X":"TRIGGERED","ai":"77","tp":"99.0","p":"0"}}`))
		r.update("venue-made-this", market.StatusNew, wire.ExecutionNew, "0", "0", 0)
		r.user([]byte(`{"e":"ALGO_UPDATE","T":1,"E":2,"o":{"caid":"baton-t-10","aid":8,"s":"BTCUSDT","q":"0.010","X":"REJECTED","ai":"","rm":"Margin is insufficient."}}`))
		r.pass(time.Second)
		r.want("update 9 NEW 0; update 9 NEW 0; update 9 NEW 0; update 36 REJECTED 0")
		if strings.Join(heard, ", ") != "NEW baton-t-9, TRIGGERED baton-t-9, REJECTED baton-t-10" {
			t.Error(heard)
		}
		if len(r.notes) != 0 {
			t.Error(r.notes)
		}
	})
}

// TestMissedIncome: funding and transfers of an interruption are told when it is over, once, whichever way they come first.
func TestMissedIncome(t *testing.T) {
	on(t, false, func(r *rig) {
		r.cfg.DepthQuiet, r.cfg.MarkQuiet = -1, -1
		r.dial()
		r.open()
		r.pass(time.Minute)
		at := r.loop.Now()
		funding := wire.AccountUpdate{Event: at, Transact: at, Reason: market.ReasonFunding, Symbol: []byte("BTCUSDT"),
			Balances: []wire.BalanceChange{{Asset: []byte("USDT"), Wallet: dec("999.75"), Cross: dec("999.75"), Change: dec("-0.25")}}}
		r.user(wire.AppendAccountUpdate(nil, &funding))
		r.user(wire.AppendAccountUpdate(nil, &funding)) // twice, as a venue may
		r.pass(time.Second)
		r.want("change 2 -0.25 USDT BTCUSDT")
		row := func(kind, symbol, income string, at market.Nanos, id int64) string {
			return fmt.Sprintf(`{"symbol":%q,"incomeType":%q,"income":%q,"asset":"USDT","info":"","time":%d,"tranId":%d,"tradeId":""}`, symbol, kind, income, wire.Millis(at), id)
		}
		r.rest[wire.CallIncome] = func(q *netio.Request) *netio.Response {
			if !strings.Contains(q.Query, "startTime=") {
				t.Error(q.Query)
			}
			return ok([]byte("[" + strings.Join([]string{
				row("FUNDING_FEE", "BTCUSDT", "-0.25", at, 1), // told already
				row("FUNDING_FEE", "BTCUSDT", "-0.30", at+2e9, 2), row("TRANSFER", "", "50", at+3e9, 3), row("COMMISSION", "BTCUSDT", "-1", at+4e9, 4),
				row("INSURANCE_CLEAR", "BTCUSDT", "-7", at+5e9, 5), row("TRANSFER", "", "9", t0-1e9, 6), // before we were there
			}, ",") + "]"))
		}
		r.cut("private")
		r.pass(10 * time.Second)
		r.want("change 2 -0.3 USDT BTCUSDT; change 5 50 USDT -; change 6 -7 USDT BTCUSDT")
		funding.Balances[0].Change, funding.Transact = dec("-0.30"), at+2e9
		r.user(wire.AppendAccountUpdate(nil, &funding)) // late
		r.cut("private")                                // and the list again
		r.pass(10 * time.Second)
		r.want("")
		if n := len(r.notes); n != 2 {
			t.Error(r.notes)
		}
	})
}

// TestSilentlyLostFill: one frame of the user stream is lost, and no sign of it: the fill is told by the next look at the trades.
func TestSilentlyLostFill(t *testing.T) {
	on(t, false, func(r *rig) {
		r.cfg.DepthQuiet, r.cfg.MarkQuiet = -1, -1
		r.dial()
		r.open()
		r.order = accept
		r.must(r.place(1))
		r.pass(time.Second)
		r.lines = nil
		r.venueOrder("baton-t-1", market.StatusPartiallyFilled, "0.004", "0.004") // trade 5 is nowhere else
		r.rest[wire.CallOrder] = func(*netio.Request) *netio.Response {
			return ok(wire.AppendOrder(nil, &wire.Order{Symbol: "BTCUSDT", ClientID: "baton-t-1", OrderID: 77, Side: market.Buy, Type: market.Limit,
				TIF: market.GTC, Status: market.StatusPartiallyFilled, Price: dec("100"), Qty: dec("0.010"), Filled: dec("0.004"), Time: t0, Updated: t0}))
		}
		trades := r.rest[wire.CallUserTrades]
		var looks []string
		r.rest[wire.CallUserTrades] = func(q *netio.Request) *netio.Response {
			if !strings.Contains(q.Query, "orderId=") {
				looks = append(looks, q.Query)
				list, err := wire.DecodeUserTrades(trades(q).Body, nil)
				r.must(err)
				list[0].Time, list[1].Time = t0-1e9, t0+2e9 // the first is of before we were there
				return ok(wire.AppendUserTrades(nil, list))
			}
			return trades(q)
		}
		r.pass(9 * time.Second)
		r.want("update 1 PARTIALLY_FILLED 4 trade 5 of 4; update 1 PARTIALLY_FILLED 4")
		r.pass(time.Minute)
		r.want("")
		if s := r.c.Stats(); s.Losses != 0 || len(r.notes) != 1 || !strings.Contains(r.notes[0], "did not tell of trade 5") {
			t.Error(s, r.notes)
		}
		if last := looks[len(looks)-1]; !strings.Contains(last, "fromId=6") {
			t.Errorf("what is known is asked for again: %s", last)
		}
	})
}
