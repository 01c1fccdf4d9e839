package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"baton/binance/api"
	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// A literal is one text of Binance's that was recorded, or stands in Binance's own connector as an example.
type literal struct{ Kind, Name, Raw string }

func literals(t *testing.T, file string) (all []literal) {
	t.Helper()
	f, err := os.Open(shared + "data/wire/" + file + ".jsonl")
	if err != nil {
		t.Skip("no ../shared/data/wire: the recorded texts are not here")
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var l literal
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// notOurs are the texts that no type of ours reads, by what their name contains, with the reason. Each stands for at least one text
// that really is read by nothing.
var notOurs = []struct{ name, reason string }{
	{"/api_convert_test.go/", "the Convert product: not futures trading"},
	{"/api_portfolio_margin_endpoints_test.go/", "Portfolio Margin: another kind of account, which is not supported"},
	{"json_balance_update", "a spot event"}, {"json_outbound_account_position", "a spot event"}, {"json_liability_change", "an event of cross margin"},
	{"json_account_config_update", "a change of leverage or mode by the account's owner; Peek reads it as an event that is not used"},
	{"json_grid_update", "an event of Binance's own grid bot, which trades no order of ours"},
	{"json_strategy_update", "an event of Binance's own bots"},
	{"json_margin_call", "a warning whose figures are those of the account query; Peek reads it as an event that is not used"},
	{"json_asset_index_update", "an index of multi-assets margin; Peek reads it as an event that is not used"},
	{"MarketAPI AssetIndex Success", "an index of multi-assets margin; Peek reads it as an event that is not used"},
	{"MarketAPI CompositeIndexSymbolInformationStreams", "the make-up of an index; Peek reads it as an event that is not used"},
	{"MarketAPI TradingSessionStream", "the hours of stock exchanges; Peek reads it as an event that is not used"},
	{"json_position_papi", "Portfolio Margin"},
	{"CandlestickData Success#1", "an example that is an empty object where the call answers a list of lists"},
	{"PremiumIndexKlineData Success#1", "an example that is an empty object where the call answers a list of lists"},
	{"PartialBookDepthStreams", "an example whose rows have a price and no quantity"},
	{"takerBuySellVol", "statistics of coin-margined contracts"},
	{"json_filters", "a part of exchangeInfo, without what it is a part of"},
}

// TestLiterals: every text of ../shared/data/wire decodes with the type that the connector has for it, or stands in notOurs.
func TestLiterals(t *testing.T) {
	used := map[string]bool{}
	for _, file := range []string{"mixed_roq_binance_futures", "official_connector_usdsfutures", "rest_gocryptotrader_fapi", "ws_one_of_each"} {
		t.Run(file, func(t *testing.T) {
			read := 0
			for _, l := range literals(t, file) {
				err := decodeLiteral(l)
				reason := ""
				for _, x := range notOurs {
					if strings.Contains(l.Name, x.name) {
						reason = x.reason
						used[x.name] = used[x.name] || err != nil
					}
				}
				switch {
				case err == nil:
					read++
				case reason == "":
					t.Errorf("%s: %v: %.300s", l.Name, err, l.Raw)
				}
			}
			t.Logf("%d texts read", read)
		})
	}
	for _, x := range notOurs {
		if !used[x.name] {
			t.Errorf("%q is listed as not ours (%s), and nothing of that name is refused", x.name, x.reason)
		}
	}
}

// decodeLiteral reads one text by the type that its name or its event says.
func decodeLiteral(l literal) error {
	text := []byte(l.Raw)
	if said, ok := wire.DecodeError(text); ok && said.Code < 0 {
		return nil
	}
	switch {
	case l.Kind == "wsapi":
		return decodeReply(l.Name, text)
	case l.Kind == "rest" || rowOf(l.Name) != nil:
		row := rowOf(l.Name)
		if row == nil {
			return fmt.Errorf("no call of that name")
		}
		return row.Decode(text)
	}
	return decodeEvent(l.Name, text)
}

// decodeReply reads an answer of the WebSocket API, and what it holds.
func decodeReply(name string, text []byte) error {
	var r wire.Response
	if err := wire.DecodeResponse(text, &r); err != nil {
		return err
	}
	if r.Status != 200 {
		if r.Code == 0 {
			return fmt.Errorf("a refusal without a code")
		}
		return nil
	}
	if row := rowOf(name); row != nil {
		return row.Decode(r.Result)
	}
	if name == "json_session_logon/success" || name == "json_wsapi_account_status/dapi" {
		return nil // the first has nothing in it that is of use
	}
	return fmt.Errorf("no call of that name")
}

// names are the calls that answer texts whose name does not say so.
var names = map[string]string{
	"json_account_balance_ack": "FuturesAccountBalanceV3", "json_balance": "FuturesAccountBalanceV3", "json_account_status_ack": "AccountInformationV2",
	"json_asset_index_ack": "AssetIndex", "json_countdown_cancel_all_ack": "AutoCancelAllOpenOrders", "json_depth_ack": "OrderBook",
	"json_exchange_info_ack": "ExchangeInformation", "json_listen_key_ack": "StartUserDataStream", "json_open_orders": "CurrentAllOpenOrders",
	"json_order_cancel_ack": "CancelOrder", "json_order_place_ack": "NewOrder", "json_trades_ack": "AccountTradeList",
	"json_wsapi_account_balance": "FuturesAccountBalanceV3", "json_wsapi_account_position": "PositionInformationV3",
	"json_wsapi_account_status": "AccountInformationV3", "json_wsapi_listen_key": "StartUserDataStream", "json_wsapi_order_cancel": "CancelOrder",
	"json_wsapi_order_modify": "ModifyOrder", "json_wsapi_order_place": "NewOrder",
	// The WebSocket API's names of calls that REST has under others.
	"AccountInformation": "AccountInformationV3", "FuturesAccountBalance": "FuturesAccountBalanceV3", "PositionInformation": "PositionInformationV3",
}

// method is the name of the call in the name of an example: "unit/.../Test AccountAPIService NewOrder Execute Success#1".
var method = regexp.MustCompile(`APIService (\w+)`)

// rowOf finds the call that a text answers.
func rowOf(name string) *api.Row {
	call, path := name, name
	if m := method.FindStringSubmatch(name); m != nil {
		call = m[1]
	} else if first, _, ok := strings.Cut(name, "/"); ok && !strings.Contains(first, " ") {
		call = first
	}
	if other := names[call]; other != "" && !strings.Contains(name, "/restapi/") {
		call = other
	}
	rows := api.Rows()
	for i := range rows {
		if r := &rows[i]; strings.EqualFold(r.Name, call) || r.Endpoint.Method+" "+r.Endpoint.Path == path {
			return r
		}
	}
	return nil
}

// decodeEvent reads a frame of a stream by its event, with the type that the client reads it with.
func decodeEvent(name string, text []byte) error {
	f, err := wire.Peek(text)
	if err != nil && text[0] != '[' { // a list has no event of its own
		return err
	}
	symbol := string(f.Symbol)
	c := wire.NewCodec(&market.Instrument{Symbol: symbol, Pair: symbol, Tick: decimal.MustParse("0.00000001"), Lot: decimal.MustParse("0.00000001"), PricePlaces: 8, QtyPlaces: 8})
	switch f.Kind {
	case wire.KindDepth:
		return c.DecodeDepth(text, new(market.Diff))
	case wire.KindBookTicker:
		return c.DecodeBookTicker(text, new(market.Quote))
	case wire.KindAggTrade:
		_, err := c.DecodeAggTrade(text, new(market.Trade))
		return err
	case wire.KindTrade:
		return c.DecodeTrade(text, new(market.Trade))
	case wire.KindMark:
		return c.DecodeMarkPrice(text, new(market.Mark))
	case wire.KindOrder:
		return wire.DecodeOrderUpdate(text, new(wire.OrderUpdate))
	case wire.KindAccount:
		return wire.DecodeAccountUpdate(text, new(wire.AccountUpdate))
	case wire.KindTradeLite:
		return wire.DecodeTradeLite(text, new(wire.TradeLite))
	case wire.KindAlgo:
		return wire.DecodeAlgoEvent(text, new(wire.AlgoEvent))
	case wire.KindListenKeyEnded:
		_, _, err := wire.DecodeListenKeyExpired(text)
		return err
	}
	return decodeTopic(name, text)
}

// decodeTopic reads what subscribers get.
func decodeTopic(name string, text []byte) error {
	var wrapped struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(text, &wrapped) == nil && wrapped.Data != nil {
		text = wrapped.Data
	}
	if strings.HasSuffix(name, "/depthSnapshot") {
		return wire.NewCodec(&market.Instrument{Symbol: "X", Pair: "X", Tick: decimal.MustParse("0.00000001"), Lot: decimal.MustParse("0.00000001"), PricePlaces: 8, QtyPlaces: 8}).
			DecodeSnapshot(text, new(market.Snapshot))
	}
	var kind struct {
		Event string `json:"e"`
		Time  int64  `json:"E"`
	}
	if text[0] == '[' {
		var rows []json.RawMessage
		if err := json.Unmarshal(text, &rows); err != nil || len(rows) == 0 {
			return fmt.Errorf("a list that cannot be read: %w", err)
		}
		return decodeTopic(name, rows[0])
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return err
	}
	switch kind.Event {
	case "kline", "continuous_kline":
		return wire.Unmarshal(text, new(wire.KlineEvent))
	case "24hrTicker", "24hrMiniTicker":
		return wire.Unmarshal(text, new(wire.Ticker))
	case "markPriceUpdate":
		return wire.Unmarshal(text, new(wire.MarkOf))
	case "forceOrder":
		return wire.Unmarshal(text, new(wire.Liquidation))
	case "contractInfo":
		return wire.Unmarshal(text, new(wire.Contract))
	}
	return fmt.Errorf("no type for the event %q", kind.Event)
}
