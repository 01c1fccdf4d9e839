package wire_test

import (
	"reflect"
	"strings"
	"testing"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

const roq = "mixed_roq_binance_futures.jsonl"

func TestRecordedOrderUpdates(t *testing.T) {
	var u wire.OrderUpdate
	if err := wire.DecodeOrderUpdate(raw(t, roq, "json_order_trade_update/filled_taker"), &u); err != nil {
		t.Fatal(err)
	}
	d := decimal.MustParse
	want := wire.OrderUpdate{
		Event: 1634814520998e6, Transact: 1634814520988e6, Symbol: []byte("XRPUSDT"), ClientID: []byte("mwAC6QMAAQAAH6jkfg8X"), OrderID: 17804214275,
		Side: market.Buy, Type: market.Limit, TIF: market.GTC, Qty: d("10"), Price: d("1.1559"), AvgPrice: d("1.1559"),
		Execution: wire.ExecutionTrade, Status: market.StatusFilled, LastQty: d("10"), LastPrice: d("1.1559"), Filled: d("10"),
		Commission: d("0.0046236"), Asset: []byte("USDT"), TradeTime: 1634814520988e6, Trade: 673771916, Realised: d("0.0095"),
	}
	if !reflect.DeepEqual(u, want) {
		t.Errorf("%+v\nwant %+v", u, want)
	}
	for name, status := range map[string]market.OrderStatus{"new": market.StatusNew, "canceled": market.StatusCanceled, "filled_maker": market.StatusFilled} {
		if err := wire.DecodeOrderUpdate(raw(t, roq, "json_order_trade_update/"+name), &u); err != nil || u.Status != status {
			t.Errorf("%s: %v %v", name, u.Status, err)
		}
		if name == "filled_maker" != u.Maker {
			t.Errorf("%s: maker %v", name, u.Maker)
		}
	}
	if err := wire.DecodeOrderUpdate(raw(t, roq, "json_order_trade_update_papi/papi_simple_new"), &u); err != nil {
		t.Error(err)
	}
}

func TestOrderUpdateBothWays(t *testing.T) {
	want := orderUpdate()
	text := wire.AppendOrderUpdate(nil, want)
	var got wire.OrderUpdate
	for _, form := range [][]byte{text, wire.AppendWrapped(nil, "key", text)} {
		if err := wire.DecodeOrderUpdate(form, &got); err != nil || !reflect.DeepEqual(&got, want) {
			t.Errorf("%s\n%+v %v\nwant %+v", form, got, err, want)
		}
	}
	for _, bad := range []string{"", `{"e":"ORDER_TRADE_UPDATE"}`, strings.Replace(string(text), `"X":"PARTIALLY_FILLED",`, "", 1), strings.Replace(string(text), "ORDER_TRADE", "ORDER", 1), string(text) + "}"} {
		if wire.DecodeOrderUpdate([]byte(bad), &got) == nil {
			t.Errorf("%q passes", bad)
		}
	}
	for from, to := range map[string]market.OrderStatus{"EXPIRED_IN_MATCH": market.StatusExpired, "NEW_ADL": market.StatusNone} {
		odd := strings.Replace(string(text), "PARTIALLY_FILLED", from, 1)
		if err := wire.DecodeOrderUpdate([]byte(odd), &got); err != nil || got.Status != to {
			t.Errorf("%s is %v, %v", from, got.Status, err)
		}
	}
	// er and ap stand beside AP and E: keys are compared byte for byte.
	odd := strings.Replace(string(text), `"ap":"61800.1"`, `"AP":"1","ap":"61800.1","AP":"2"`, 1)
	if err := wire.DecodeOrderUpdate([]byte(odd), &got); err != nil || got.AvgPrice.String() != "61800.1" {
		t.Errorf("%+v %v", got.AvgPrice, err)
	}
}

func TestTradeLiteBothWays(t *testing.T) {
	d := decimal.MustParse
	want := wire.TradeLite{
		Event: 2e6, Transact: 1e6, Symbol: []byte("BTCUSDT"), ClientID: []byte("btn-1"), OrderID: 7, Side: market.Sell,
		Qty: d("0.005"), Price: d("61800"), LastQty: d("0.002"), LastPrice: d("61800.1"), Trade: 9, Maker: true,
	}
	text := wire.AppendTradeLite(nil, &want)
	var got wire.TradeLite
	if err := wire.DecodeTradeLite(text, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s\n%+v %v", text, got, err)
	}
	official := `{"e":"TRADE_LITE","E":1721895408092,"T":1721895408214,"s":"BTCUSDT","q":"0.001","p":"0","m":false,"c":"z8hcUoOsqEdKMeKPSABslD","S":"BUY","L":"64089.20","l":"0.040","t":109100866,"i":8886774}`
	if err := wire.DecodeTradeLite([]byte(official), &got); err != nil || got.Trade != 109100866 || got.LastPrice.String() != "64089.2" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestAccountUpdates(t *testing.T) {
	var u wire.AccountUpdate
	if err := wire.DecodeAccountUpdate(raw(t, roq, "json_account_update/order"), &u); err != nil {
		t.Fatal(err)
	}
	if u.Reason != market.ReasonOrder || len(u.Balances) != 1 || u.Balances[0].Wallet.String() != "21.1216846" || len(u.Positions) != 1 ||
		u.Positions[0].Amount.String() != "-5" || u.Positions[0].Entry.String() != "1.1554" {
		t.Errorf("%+v", u)
	}
	if err := wire.DecodeAccountUpdate(raw(t, roq, "json_account_update/withdraw"), &u); err != nil || u.Reason != market.ReasonWithdraw || u.Balances[0].Change.String() != "-21.14364261" {
		t.Errorf("%+v %v", u, err)
	}
	if err := wire.DecodeAccountUpdate(raw(t, roq, "json_account_update/papi_order"), &u); err != nil || u.Positions[0].BreakEven.String() != "51078.7137" {
		t.Errorf("%+v %v", u, err)
	}
	d := decimal.MustParse
	want := wire.AccountUpdate{
		Event: 2e6, Transact: 1e6, Reason: market.ReasonFunding, ReasonText: []byte("FUNDING_FEE"), Symbol: []byte("BTCUSDT"),
		Balances:  []wire.BalanceChange{{Asset: []byte("USDT"), Wallet: d("99.5"), Cross: d("99.5"), Change: d("-0.5")}},
		Positions: []wire.PositionChange{{Symbol: []byte("BTCUSDT"), Amount: d("-0.01"), Entry: d("61800.12345678"), Realised: d("3"), Unrealised: d("-1.5"), BreakEven: d("61801")}},
	}
	text := wire.AppendAccountUpdate(nil, &want)
	if err := wire.DecodeAccountUpdate(text, &u); err != nil || !reflect.DeepEqual(u, want) {
		t.Errorf("%s\n%+v %v\nwant %+v", text, u, err, want)
	}
	at, key, err := wire.DecodeListenKeyExpired(wire.AppendListenKeyExpired(nil, 5e6, "abc"))
	if at != 5e6 || string(key) != "abc" || err != nil {
		t.Error(at, key, err)
	}
	if _, _, err = wire.DecodeListenKeyExpired([]byte(`{"stream":"k","data":{"e":"listenKeyExpired","E":1,"listenKey":"k"}}`)); err != nil {
		t.Error(err)
	}
}

func TestUserEventsAllocateNothing(t *testing.T) {
	order := wire.AppendOrderUpdate(nil, orderUpdate())
	lite := wire.AppendTradeLite(nil, &wire.TradeLite{Symbol: []byte("BTCUSDT"), ClientID: []byte("x"), Side: market.Buy})
	account := wire.AppendAccountUpdate(nil, &wire.AccountUpdate{Balances: make([]wire.BalanceChange, 2), Positions: make([]wire.PositionChange, 2)})
	var (
		u wire.OrderUpdate
		l wire.TradeLite
		a wire.AccountUpdate
	)
	if n := testing.AllocsPerRun(100, func() {
		must(wire.DecodeOrderUpdate(order, &u))
		must(wire.DecodeTradeLite(lite, &l))
		must(wire.DecodeAccountUpdate(account, &a))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzUserEvents(f *testing.F) {
	f.Add(wire.AppendOrderUpdate(nil, orderUpdate()))
	f.Add(wire.AppendTradeLite(nil, &wire.TradeLite{Symbol: []byte("A"), ClientID: []byte("x"), Side: market.Buy}))
	f.Add(wire.AppendAccountUpdate(nil, &wire.AccountUpdate{Balances: make([]wire.BalanceChange, 2), Positions: make([]wire.PositionChange, 2)}))
	f.Add(wire.AppendListenKeyExpired(nil, 5e6, "abc"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var o, o2 wire.OrderUpdate
		if wire.DecodeOrderUpdate(text, &o) == nil && o.Side != 0 {
			o.TIF = max(o.TIF, market.GTC) // a type or time in force that Baton does not know is lost
			if err := wire.DecodeOrderUpdate(wire.AppendOrderUpdate(nil, &o), &o2); err != nil || o2.ClientID == nil || o.Status != o2.Status || o.Trade != o2.Trade || o.Realised != o2.Realised || o.Commission != o2.Commission {
				t.Errorf("%q: %+v, then %+v, %v", text, o, o2, err)
			}
		}
		var l, l2 wire.TradeLite
		if wire.DecodeTradeLite(text, &l) == nil {
			if err := wire.DecodeTradeLite(wire.AppendTradeLite(nil, &l), &l2); err != nil || !reflect.DeepEqual(l, l2) {
				t.Errorf("%q: %+v, then %+v, %v", text, l, l2, err)
			}
		}
		var a, a2 wire.AccountUpdate
		if wire.DecodeAccountUpdate(text, &a) == nil {
			if err := wire.DecodeAccountUpdate(wire.AppendAccountUpdate(nil, &a), &a2); err != nil || len(a.Balances) != len(a2.Balances) || len(a.Positions) != len(a2.Positions) {
				t.Errorf("%q: %+v, then %+v, %v", text, a, a2, err)
			}
		}
		_, _, _ = wire.DecodeListenKeyExpired(text)
	})
}
