package binance_test

import (
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
		r.want("update 9 NEW 0")
		if strings.Join(heard, ", ") != "NEW baton-t-9, TRIGGERED baton-t-9, REJECTED baton-t-10" {
			t.Error(heard)
		}
		if n := len(r.notes); n != 1 || !strings.Contains(r.notes[0], "Margin is insufficient") {
			t.Error(r.notes)
		}
	})
}
