package wire_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

func anOrder() wire.Order {
	d := decimal.MustParse
	return wire.Order{
		Symbol: "BTCUSDT", ClientID: "btn-7k2-1zz", OrderID: 851545009715, Side: market.Sell, Type: market.Limit, TIF: market.GTX, Status: market.StatusPartiallyFilled,
		Price: d("61800.1"), Qty: d("0.005"), Filled: d("0.002"), AvgPrice: d("61800.1"), CumQuote: d("123.6002"), ReduceOnly: true, Time: 1e6, Updated: 2e6,
	}
}

func TestOrdersBothWays(t *testing.T) {
	want := []wire.Order{anOrder(), {Symbol: "X", ClientID: "y", Side: market.Buy, Type: market.Market, TIF: market.GTC, Status: market.StatusNew}}
	got, err := wire.DecodeOrders(wire.AppendOrders(nil, want), nil)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
	// An answer to a placement has neither average price nor quote quantity (2026-07), nor the time of the placement.
	ack := wire.AppendAck(nil, &want[0])
	for _, gone := range []string{"avgPrice", "cumQuote", "cumBase", `"time"`} {
		if strings.Contains(string(ack), gone) {
			t.Errorf("%s in %s", gone, ack)
		}
	}
	var o wire.Order
	short := want[0]
	short.AvgPrice, short.CumQuote, short.Time = decimal.Zero, decimal.Zero, 0
	if err := wire.DecodeOrder(ack, &o); err != nil || o != short {
		t.Errorf("%+v %v", o, err)
	}
	open, err := wire.DecodeOrders(raw(t, roq, "json_open_orders/json_open_orders_simple_1"), nil)
	if err != nil || len(open) != 1 || open[0].OrderID != 17759938812 || open[0].Price.String() != "1.0765" || open[0].Time != 1634546562277e6 {
		t.Errorf("%+v %v", open, err)
	}
	for _, bad := range []string{"", "{}", `{"orderId":1}`, `{"orderId":"1"`} {
		if wire.DecodeOrder([]byte(bad), &o) == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestUserTrades(t *testing.T) {
	d := decimal.MustParse
	want := []wire.UserTrade{{
		Symbol: "BTCUSDT", ID: 5266583935, OrderID: 7, Side: market.Sell, Price: d("61800.1"), Qty: d("0.002"), Quote: d("123.6002"),
		Realised: d("-0.42"), Commission: d("0.02472004"), Asset: "USDT", Maker: true, Time: 3e6,
	}}
	got, err := wire.DecodeUserTrades(wire.AppendUserTrades(nil, want), nil)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
	got, err = wire.DecodeUserTrades(raw(t, roq, "json_trades_ack/fapi"), nil)
	if err != nil || len(got) != 1 || got[0].ID != 698759 || got[0].Realised.String() != "-0.91539999" {
		t.Errorf("%+v %v", got, err)
	}
	if got, err = wire.DecodeUserTrades([]byte(" [ ] "), nil); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
}

func TestAccounts(t *testing.T) {
	d := decimal.MustParse
	a := wire.Account{
		TotalWalletBalance: d("99.5"), AvailableBalance: d("90"),
		Assets:    []wire.AccountAsset{{Asset: "USDT", WalletBalance: d("99.5"), UpdateMs: 7}},
		Positions: []wire.AccountPosition{{Symbol: "BTCUSDT", PositionSide: "BOTH", PositionAmt: d("-0.01"), Notional: d("-618")}},
	}
	if got, err := wire.DecodeAccount(wire.AppendAccount(nil, &a)); err != nil || !reflect.DeepEqual(got, a) {
		t.Errorf("%+v %v", got, err)
	}
	if got := string(wire.AppendAccount(nil, &wire.Account{})); !strings.Contains(got, `"assets":[],"positions":[]`) {
		t.Error(got)
	}
	b := []wire.Balance{{AccountAlias: "x", Asset: "USDT", Balance: d("99.5"), MarginAvailable: true}}
	if got, err := wire.DecodeBalances(wire.AppendBalances(nil, b)); err != nil || !reflect.DeepEqual(got, b) {
		t.Errorf("%+v %v", got, err)
	}
	p := []wire.PositionRisk{{Symbol: "BTCUSDT", PositionSide: "BOTH", PositionAmt: d("-0.01"), EntryPrice: d("61800.12345678"), MarginAsset: "USDT", ADL: 2}}
	if got, err := wire.DecodePositions(wire.AppendPositions(nil, p)); err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("%+v %v", got, err)
	}
	if string(wire.AppendPositions(nil, nil)) != "[]" {
		t.Error("no positions are not an empty list")
	}
	balances, err := wire.DecodeBalances(raw(t, roq, "json_account_balance_ack/usd_m"))
	if err != nil || len(balances) < 4 || balances[3].Asset != "USDT" {
		t.Errorf("%+v %v", balances, err)
	}
	var r wire.Response
	must(wire.DecodeResponse(raw(t, roq, "json_wsapi_account_status/fapi"), &r))
	if a, err = wire.DecodeAccount(r.Result); err != nil || a.TotalWalletBalance.String() != "747.92226447" {
		t.Errorf("%+v %v", a.TotalWalletBalance, err)
	}
	must(wire.DecodeResponse(raw(t, roq, "json_wsapi_account_position/fapi"), &r))
	if rows, err := wire.DecodePositions(r.Result); err != nil || len(rows) == 0 || rows[0].Symbol != "SNTUSDT" {
		t.Errorf("%v", err)
	}
	if _, err = wire.DecodeAccount([]byte(`{"assets":7}`)); err == nil || !strings.Contains(err.Error(), "byte") {
		t.Error(err)
	}
}

func TestSmallAnswers(t *testing.T) {
	if ms, err := wire.DecodeServerTime(wire.AppendServerTime(nil, 1620099477465)); ms != 1620099477465 || err != nil {
		t.Error(ms, err)
	}
	if _, err := wire.DecodeServerTime(wire.AppendEmpty(nil)); err == nil {
		t.Error("a reply without a time passes")
	}
	if key, err := wire.DecodeListenKey(wire.AppendListenKey(nil, "abc")); key != "abc" || err != nil {
		t.Error(key, err)
	}
	if key, err := wire.DecodeListenKey(raw(t, roq, "json_listen_key_ack/simple")); len(key) != 64 || err != nil {
		t.Error(key, err)
	}
	if e, ok := wire.DecodeError(wire.AppendError(nil, wire.Fault(wire.CodeMandatoryParam, "symbol"))); !ok || e.Msg != "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed." {
		t.Error(e, ok)
	}
	for _, text := range []string{"", "{}", "<html>", `{"msg":"x"}`, `[{"code":-1}]`, `{"code":-1} x`} {
		if e, ok := wire.DecodeError([]byte(text)); ok {
			t.Errorf("%q is the error %v", text, e)
		}
	}
	if e, ok := wire.DecodeError([]byte(`{"code":-1000,"msg":"say \"x\"\u0021"}`)); !ok || e.Msg != `say "x"!` {
		t.Error(e, ok)
	}
	if e, ok := wire.DecodeError(wire.AppendCancelAll(nil)); !ok || e.Code != 200 {
		t.Error(e, ok)
	}
	if got := string(wire.AppendCountdown(nil, "XRPUSDT", 30_000e6)); got != string(raw(t, roq, "json_countdown_cancel_all_ack/simple")) {
		t.Error(got)
	}
	for _, x := range []struct{ code, http int }{{-1003, 429}, {-1007, 408}, {-1008, 503}, {-2015, 401}, {-4164, 400}, {-9999, 400}} {
		if got := wire.Fault(x.code).HTTP(); got != x.http {
			t.Errorf("%d is sent with %d, want %d", x.code, got, x.http)
		}
	}
}

// TestErrorTexts compares the texts with the table of the specification.
func TestErrorTexts(t *testing.T) {
	b, err := os.ReadFile("../../../shared/spec/binance/errors.tsv")
	if err != nil {
		t.Skipf("no specification: %v", err)
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		f := strings.Split(line, "\t")
		var code int
		if len(f) < 4 || json.Unmarshal([]byte(f[0]), &code) != nil {
			continue
		}
		got := wire.Fault(code)
		if strings.HasPrefix(got.Msg, "error ") {
			continue // not one that Baton uses
		}
		if !strings.Contains(f[2], got.Msg) {
			t.Errorf("%d: %q, the table has %q", code, got.Msg, f[2])
		}
		var http int
		if json.Unmarshal([]byte(f[3]), &http) == nil && got.HTTP() != http {
			t.Errorf("%d: sent with %d, the table has %s", code, got.HTTP(), f[3])
		}
	}
}

func TestInfoBothWays(t *testing.T) {
	want := wire.Info{ServerMs: 5, Limits: wire.DefaultLimits(), Instruments: []*market.Instrument{btc()}}
	got, err := wire.DecodeInfo(wire.AppendInfo(nil, &want))
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%+v %v", got, err)
	}
	if _, err = wire.DecodeInfo([]byte(`{"x":1}`)); err == nil {
		t.Error("no symbols pass")
	}
	broken := strings.Replace(string(wire.AppendInfo(nil, &want)), `"tickSize":"0.1"`, `"tickSize":"0"`, 1)
	if got, err = wire.DecodeInfo([]byte(broken)); err != nil || len(got.Instruments) != 0 || len(got.Skipped) != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

// TestLimitsBetweenSteps: limits of filters need not be whole steps. The lowest that is allowed is then the next above, the
// highest the next below.
func TestLimitsBetweenSteps(t *testing.T) {
	text := string(wire.AppendInfo(nil, &wire.Info{Instruments: []*market.Instrument{btc()}}))
	text = strings.Replace(text, `"minPrice":"556.8","maxPrice":"4529764"`, `"minPrice":"556.72","maxPrice":"4529764.05"`, 1)
	info, err := wire.DecodeInfo([]byte(text))
	if err != nil || info.Instruments[0].MinPrice != 5568 || info.Instruments[0].MaxPrice != 45297640 {
		t.Errorf("%s: %+v %v", text, info.Instruments, err)
	}
}

func TestBracketsAndCommission(t *testing.T) {
	d := decimal.MustParse
	want := []wire.SymbolBrackets{{Symbol: "BTCUSDT", Brackets: []market.Bracket{
		{Floor: d("0"), Cap: d("300000"), Leverage: 125, Maintenance: d("0.004"), Cum: d("0")},
		{Floor: d("300000"), Cap: decimal.Max, Leverage: 100, Maintenance: d("0.005"), Cum: d("300.5")},
	}}}
	text := wire.AppendBrackets(nil, want)
	if got, err := wire.DecodeBrackets(text); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %+v %v", text, got, err)
	}
	huge := strings.Replace(string(text[1:len(text)-1]), decimal.Max.String(), "9223372036854775807", 1) // one symbol is no list
	if got, err := wire.DecodeBrackets([]byte(huge)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %+v %v", huge, got, err)
	}
	c := wire.Commission{Symbol: "BTCUSDT", Maker: d("0.0002"), Taker: d("0.0005")}
	if got, err := wire.DecodeCommission(wire.AppendCommission(nil, &c)); err != nil || got != c {
		t.Errorf("%+v %v", got, err)
	}
	p := wire.PremiumIndex{Symbol: "BTCUSDT", Mark: d("61800.12345678"), Rate: d("-0.0001"), NextMs: 5}
	if got, err := wire.DecodePremiumIndex(wire.AppendPremiumIndex(nil, &p)); err != nil || got != p {
		t.Errorf("%+v %v", got, err)
	}
}

// unpack runs the zstd program: no package that this room may import can.
func unpack(t *testing.T, name string) []byte {
	t.Helper()
	path := filepath.Join(shared, "reference", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no reference data: %v", err)
	}
	zstd, err := exec.LookPath("zstd")
	if err != nil {
		t.Skip("no zstd program to unpack the reference data with")
	}
	b, err := exec.Command(zstd, "-dcq", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRecordedInfos(t *testing.T) {
	for name, atLeast := range map[string]int{"usdm_exchangeInfo_20231216.json.zst": 290, "usdm_exchangeInfo_20260331_testnet_reserialised.json.zst": 700} {
		info, err := wire.DecodeInfo(unpack(t, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Logf("%s: %d instruments, skipped %q", name, len(info.Instruments), info.Skipped)
		if len(info.Instruments) < atLeast {
			t.Errorf("%s: %d instruments, skipped %q", name, len(info.Instruments), info.Skipped)
		}
		found := false
		for _, in := range info.Instruments {
			if in.Symbol == "BTCUSDT" {
				found = true
				if in.Tick.String() != "0.1" || in.PricePlaces != 2 || in.MaxOrders == 0 || in.MinNotional.Sign() <= 0 || in.PriceUp.Sign() <= 0 || in.MaxMarketQty == 0 {
					t.Errorf("%+v", in)
				}
			}
		}
		again, err := wire.DecodeInfo(wire.AppendInfo(nil, info))
		if err != nil || !found || len(again.Instruments) != len(info.Instruments) || !reflect.DeepEqual(again.Instruments, info.Instruments) {
			t.Errorf("%s: %v, BTCUSDT %v, %d of %d again", name, err, found, len(again.Instruments), len(info.Instruments))
		}
	}
}

func TestRecordedRest(t *testing.T) {
	for _, s := range samples(t, "rest_gocryptotrader_fapi.jsonl") {
		var err error
		switch s.Name {
		case "GET /fapi/v1/time":
			_, err = wire.DecodeServerTime([]byte(s.Raw))
		case "GET /fapi/v1/exchangeInfo":
			_, err = wire.DecodeInfo([]byte(s.Raw))
		case "GET /fapi/v1/depth":
			var sn market.Snapshot
			if err = wire.NewCodec(instrument("X", "0.00000001", "0.00000001", 8, 8)).DecodeSnapshot([]byte(s.Raw), &sn); err == nil && len(sn.Bids)+len(sn.Asks) == 0 {
				t.Errorf("%s: an empty book", s.Name)
			}
		}
		if err != nil {
			t.Errorf("%s: %v: %.120s", s.Name, err, s.Raw)
		}
	}
}

func FuzzRest(f *testing.F) {
	o := anOrder()
	f.Add(wire.AppendOrders(nil, []wire.Order{o}))
	f.Add(wire.AppendAck(nil, &o))
	f.Add(wire.AppendInfo(nil, &wire.Info{Limits: wire.DefaultLimits(), Instruments: []*market.Instrument{btc()}}))
	f.Add(wire.AppendUserTrades(nil, []wire.UserTrade{{Symbol: "X", Side: market.Buy}}))
	f.Add(wire.AppendBrackets(nil, []wire.SymbolBrackets{{Symbol: "X", Brackets: make([]market.Bracket, 1)}}))
	f.Add(wire.AppendListenKey(nil, "abc"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if orders, err := wire.DecodeOrders(text, nil); err == nil {
			for i := range orders {
				orders[i].TIF = max(orders[i].TIF, market.GTC)
			}
			known := true // what Baton does not know is lost on the way out
			for _, o := range orders {
				known = known && o.Side != 0 && o.Type != 0 && o.Status != 0
			}
			again, err := wire.DecodeOrders(wire.AppendOrders(nil, orders), nil)
			if known && (err != nil || !reflect.DeepEqual(orders, again)) {
				t.Errorf("%q: %+v, then %+v, %v", text, orders, again, err)
			}
		}
		if info, err := wire.DecodeInfo(text); err == nil {
			_ = wire.AppendInfo(nil, info)
		}
		_, _ = wire.DecodeUserTrades(text, nil)
		_, _ = wire.DecodeBrackets(text)
		_, _ = wire.DecodeAccount(text)
		_, _ = wire.DecodeListenKey(text)
		_, _ = wire.DecodeServerTime(text)
		_, _ = wire.DecodeError(text)
	})
}
