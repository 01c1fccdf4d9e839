package face_test

import (
	"bufio"
	"encoding/json"
	"strings"
	"testing"

	"baton/decimal"
	"baton/market"
)

// apiRecordings are the recorded answers of the WebSocket API, and the method and parameters that ask ours for the same.
var apiRecordings = map[string][2]string{
	"json_wsapi_account_balance/fapi":      {"v2/account.balance", ""},
	"json_wsapi_account_position/fapi":     {"account.position", "symbol=BTCUSDT"},
	"json_wsapi_account_status/fapi":       {"account.status", ""},
	"json_wsapi_listen_key/ping":           {"userDataStream.ping", ""},
	"json_wsapi_listen_key/dapi":           {"userDataStream.start", ""},
	"json_wsapi_order_cancel/fapi_failure": {"order.cancel", "symbol=BTCUSDT&origClientOrderId=none"},
	"json_wsapi_order_cancel/fapi_success": {"order.cancel", "symbol=BTCUSDT&origClientOrderId=rests"},
	"json_wsapi_order_modify/fapi_failure": {"order.modify", "symbol=BTCUSDT&side=BUY&quantity=0.02&price=58980&origClientOrderId=none"},
	"json_wsapi_order_modify/fapi_success": {"order.modify", "symbol=BTCUSDT&side=BUY&quantity=0.02&price=58980&origClientOrderId=rests"},
	"json_wsapi_order_place/fapi_failure":  {"order.place", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.02&price=1"},
	"json_wsapi_order_place/fapi_success":  {"order.place", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.02&price=59000"},
	"json_wsapi_error/simple":              {"", ""},
}

// frameRecordings are the recorded events, and ours that tell of the same: a stream, or a user event by its name.
var frameRecordings = map[string]string{
	"json_account_config_update/simple_1": "ACCOUNT_CONFIG_UPDATE", "json_account_config_update/simple_2": "ACCOUNT_CONFIG_UPDATE",
	"json_account_update/order": "ACCOUNT_UPDATE", "json_margin_call/online_example": "MARGIN_CALL",
	"json_order_trade_update/new": "new", "json_order_trade_update/canceled": "canceled",
	"json_order_trade_update/filled_maker": "filled", "json_order_trade_update/filled_taker": "filled",
	"json_book_ticker/simple": "btcusdt@bookTicker", "json_agg_trade/coin_m": "btcusdt@aggTrade", "json_mark_price_update/coin_m": "btcusdt@markPrice@1s",
	"json_asset_index_update/coin_m": "usdtusd@assetIndex", "usdm/depthUpdate": "btcusdt@depth@100ms", "usdm/bookTicker": "btcusdt@bookTicker", "usdm/trade": "btcusdt@trade",
	"usdm/kline": "btcusdt@kline_1m", "usdm/aggTrade": "btcusdt@aggTrade",
}

// aside says of recordings that are compared with nothing of ours why; a name that ends in '*' stands for all that begin so.
var aside = map[string]string{
	"coinm/*": "coin-margined futures", "json_balance/coinm": "coin-margined futures", "json_account_status_ack/coin_m": "coin-margined futures",
	"json_depth_ack/coin_m": "coin-margined futures", "json_depth_update/coin_m": "coin-margined futures", "json_exchange_info_ack/coin_m": "coin-margined futures",
	"json_mini_ticker/coin_m": "coin-margined futures", "json_trade/coin_m": "coin-margined futures", "json_trades_ack/dapi": "coin-margined futures",
	"json_book_ticker/coin_m": "coin-margined futures", "json_order_cancel_ack/cm": "coin-margined futures",
	"json_wsapi_account_balance/dapi": "coin-margined futures", "json_wsapi_account_position/dapi": "coin-margined futures",
	"json_wsapi_account_status/dapi": "coin-margined futures", "json_wsapi_order_*": "coin-margined futures where they say dapi",
	"json_account_update/papi_order": "portfolio margin", "json_account_update_papi/*": "portfolio margin", "json_order_trade_update_papi/*": "portfolio margin",
	"json_position_papi/*": "portfolio margin", "json_liability_change/*": "margin trading", "json_balance_update/*": "spot",
	"json_outbound_account_position/*": "spot", "json_grid_update/*": "grids are made at Binance's own page alone",
	"json_strategy_update/*": "strategies are made at Binance's own page alone", "json_account_update/withdraw": "an ACCOUNT_UPDATE without positions, as our deposits tell it",
	"json_session_logon/*": "Ed25519 keys alone: see TestPublicKeys", "json_filters/simple": "a part of exchangeInfo, which is compared whole",
	"json_book_ticker/stream_wrapped": "json_book_ticker/simple in its wrapping", "usdm/depthSnapshot": "GET /fapi/v1/depth, which is compared",
	"GET /futures/data/takerBuySellVol": "a path that Binance has dropped; takerlongshortRatio is its successor",
	"GET /futures/data/basis":           "quarterly contracts: here are none, and the answer is empty",
	"GET /fapi/v1/indexInfo":            "composite indices: none are listed, and the answer is empty",
}

// recordedFrames explains where our events and API answers differ from recorded ones.
var recordedFrames = []explained{
	{"*", "has .st", "since 2026-06-30"}, {"*", "has .ps", "since 2026-06-30"}, {"*", "has .nq", "since 2025-12-31"}, {"*", "has .ap", "since 2026-03-16"},
	{"*", "has .a.P[].bep", "since 2023"},
	{"json_wsapi_account_position/fapi", "lacks .result[].adlQuantile", "neither the schema of this version nor of a later one has it; adlQuantile tells it by symbol"},
	{"json_wsapi_account_position/fapi", "lacks .result[].isolated", "the schema has marginType alone"},
	{"json_account_update/order", "lacks .a.P[].ma", "a recording of 2021; no schema has it"},
	{"*", "has .o.pm", "since 2023: priceMatch"}, {"*", "has .o.V", "since 2023: self-trade prevention"}, {"*", "has .o.gtd", "since 2023: goodTillDate"},
	{"*", "has .o.er", "since 2025: why it expired"},
	{"*", "has .o.N", "of fills alone in the recording"}, {"*", "has .o.n", "of fills alone in the recording"},
	{"*", "lacks .o.N", "of fills alone"}, {"*", "lacks .o.n", "of fills alone"},
	{"*", "lacks .ai.j", "of the multi-assets mode alone, which is refused here"}, {"*", "lacks .ac.*", "the other half of the event"}, {"*", "has .ac.*", "the other half of the event"},
	{"*", "has .result.pair", "since 2026-08-25"},
	{"*", "lacks .result.avgPrice", "acks have none since 2026-07-15"}, {"*", "lacks .result.cumQuote", "acks have none since 2026-07-15"},
	{"*", "has .result.feeBurn", "the schema has it"}, {"*", "has .result.tradeGroupId", "the schema has it"},
}

// recording is one row of a file.
type recording struct{ Kind, Name, Raw string }

func recorded(t *testing.T, file string) (list []recording) {
	rows := bufio.NewScanner(strings.NewReader(string(load(t, "data/wire/"+file+".jsonl"))))
	rows.Buffer(nil, 1<<22)
	for rows.Scan() {
		var r recording
		if err := json.Unmarshal(rows.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// TestEveryRecording: each recorded reply and event is compared with ours, or listed with a reason why not. (The fourth file,
// official_connector_usdsfutures, holds the examples of the documentation, of which schemas.json was made.)
func TestEveryRecording(t *testing.T) {
	for _, file := range []string{"mixed_roq_binance_futures", "rest_gocryptotrader_fapi", "ws_one_of_each"} {
		for _, r := range recorded(t, file) {
			_, api := apiRecordings[r.Name]
			if api || recordings[r.Name] != "" || frameRecordings[r.Name] != "" || reasonOf(r.Name) != "" {
				continue
			}
			if r.Name == "GET /fapi/v1/fundingRate" {
				continue // TestRecordedFunding
			}
			t.Errorf("%s is neither compared nor put aside", r.Name)
		}
	}
}

func reasonOf(name string) string {
	for pattern, why := range aside {
		if begin, open := strings.CutSuffix(pattern, "*"); pattern == name || open && strings.HasPrefix(name, begin) {
			return why
		}
	}
	return ""
}

// report tells every difference and why it is meant, and fails for those that nobody explains.
func report(t *testing.T, name string, ours, theirs map[string]string, table []explained) {
	t.Helper()
	for _, d := range differences(ours, theirs) {
		why := ""
		for _, e := range table {
			if len(unexplained(name, []string{d}, []explained{e})) == 0 {
				why = e.why
			}
		}
		if why == "" {
			t.Errorf("%s: %s: nobody knows why", name, d)
		} else {
			t.Logf("%s: %s: %s", name, d, why)
		}
	}
}

// TestRecordedAPI compares the answers of the WebSocket API with recorded ones.
func TestRecordedAPI(t *testing.T) {
	for _, r := range recorded(t, "mixed_roq_binance_futures") {
		ask, ok := apiRecordings[r.Name]
		if !ok {
			continue
		}
		w := busy(t)
		w.open("api", "/ws-fapi/v1")
		w.out = nil
		text := w.request(ask[0], ask[1])
		if ask[0] == "" {
			text = "{"
		}
		w.sessions["api"].Message(w.now, []byte(text))
		_, answer, _ := strings.Cut(strings.TrimPrefix(w.out[0], "api "), " ")
		ours, theirs := map[string]string{}, map[string]string{}
		var a, b any
		if json.Unmarshal([]byte(answer), &a) != nil || json.Unmarshal([]byte(r.Raw), &b) != nil {
			t.Fatal(answer)
		}
		shape(ours, "", a)
		shape(theirs, "", b)
		report(t, r.Name, ours, theirs, recordedFrames)
	}
}

// TestRecordedFrames compares our events with recorded ones.
func TestRecordedFrames(t *testing.T) {
	got := frames(t)
	for _, file := range []string{"mixed_roq_binance_futures", "ws_one_of_each"} {
		for _, r := range recorded(t, file) {
			name := frameRecordings[r.Name]
			if name == "" {
				continue
			}
			var b any
			if json.Unmarshal([]byte(r.Raw), &b) != nil {
				t.Fatal(r.Raw)
			}
			if m, ok := b.(map[string]any); ok && m["data"] != nil {
				b = m["data"]
			}
			theirs := map[string]string{}
			shape(theirs, "", b)
			if got[name] == nil {
				t.Errorf("%s: ours never spoke", name)
				continue
			}
			report(t, r.Name, got[name], theirs, recordedFrames)
		}
	}
}

// frames lets everything happen and gives the shapes of what was said, by stream, or for the user's events by name: those of orders
// by what happened to the order.
func frames(t *testing.T) map[string]map[string]string {
	w := newWorld(t)
	w.open("pub", "/public/stream?streams=btcusdt@bookTicker/btcusdt@depth@100ms/btcusdt@trade")
	w.open("mkt", "/market/stream?streams=btcusdt@aggTrade/btcusdt@markPrice@1s/btcusdt@kline_1m/usdtusd@assetIndex")
	w.user("user", "a")
	w.play(t)
	all := w.out
	for _, line := range []string{
		"call a POST /fapi/v1/leverage?symbol=BTCUSDT&leverage=100",
		"call a POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.02&price=59000&newClientOrderId=c",
		"call a DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=c",
		"call a POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1.08",
	} {
		w.out = nil
		if err := w.command(signed(line)); err != nil || !strings.HasPrefix(w.out[0], "200") {
			t.Fatal(line, w.out)
		}
		all = append(all, w.out...)
	}
	w.out = nil
	for _, price := range []string{"51170", "51185", "51200"} {
		p := decimal.MustParse(price)
		w.x.Mark(w.now, 0, &market.Mark{Mark: p, Index: p, Rate: decimal.MustParse("0.0001"), Next: w.now + 3600e9, Event: w.now})
		w.publish()
	}
	all = append(all, w.out...)
	got := map[string]map[string]string{}
	for _, line := range all {
		collect(got, line)
		for mark, name := range map[string]string{`"x":"NEW"`: "new", `"x":"CANCELED"`: "canceled", `"x":"TRADE"`: "filled"} {
			if strings.Contains(line, mark) {
				one := map[string]map[string]string{}
				collect(one, line)
				got[name] = one["ORDER_TRADE_UPDATE"]
			}
		}
	}
	return got
}

// TestRecordedFunding compares a settlement as fundingRate tells it, after one has happened.
func TestRecordedFunding(t *testing.T) {
	w := newWorld(t)
	p := decimal.MustParse("60000")
	w.x.Mark(w.now, 0, &market.Mark{Mark: p, Index: p, Rate: decimal.MustParse("0.0001"), Next: w.now + 1e9, Event: w.now})
	w.wait(2e9)
	_, body := w.answer(t, "call a GET /fapi/v1/fundingRate?symbol=BTCUSDT")
	var ours any
	if err := json.Unmarshal(body, &ours); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, r := range recorded(t, "rest_gocryptotrader_fapi") {
		var theirs any
		if r.Name != "GET /fapi/v1/fundingRate" || json.Unmarshal([]byte(r.Raw), &theirs) != nil {
			continue
		}
		a, b := map[string]string{}, map[string]string{}
		shape(a, "", ours)
		if shape(b, "", theirs); len(b) > 0 {
			compared++
			report(t, r.Name, a, b, recordedTable)
		}
	}
	if compared == 0 {
		t.Error("no settlement was recorded")
	}
}
