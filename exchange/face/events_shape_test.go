package face_test

import (
	"encoding/json"
	"strings"
	"testing"

	"baton/decimal"
	"baton/market"
)

// never are the user events that this exchange never sends, and why.
var never = map[string]string{
	"CONDITIONAL_ORDER_TRIGGER_REJECT": "retired on 2025-12-15: ALGO_UPDATE says why in o.rm",
	"GRID_UPDATE":                      "grids are made at Binance's own page alone",
	"STRATEGY_UPDATE":                  "strategies are made at Binance's own page alone",
}

// moneyTable explains where events of money differ from schemas.json. The first column names a case, not an event.
var moneyTable = []explained{
	{"funding, cross", "lacks .a.P*", "funding of cross margin: the balance alone (SEMANTICS, section 7)"},
	{"liquidation", "lacks .a.S", "of funding alone, since 2026-08-07"},
	{"<symbol>@forceOrder", "has .st", "on every forceOrder stream since 2026-06-30"},
	{"<symbol>@forceOrder", "has .ps", "on every forceOrder stream since 2026-06-30"},
}

// TestMoneyEvents lets an account get a margin call, pay funding and be liquidated, and compares what its stream, and the public
// ones, say of it with schemas.json, field for field.
func TestMoneyEvents(t *testing.T) {
	var doc struct {
		Streams    map[string]struct{ Payload any } `json:"streams"`
		UserEvents map[string]any                   `json:"userevents"`
	}
	if err := json.Unmarshal(load(t, "spec/binance/schemas.json"), &doc); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.open("mkt", "/market/stream?streams=btcusdt@forceOrder/!forceOrder@arr")
	w.user("a", "a")
	w.user("b", "b")
	for _, line := range []string{
		"call a POST /fapi/v1/leverage?symbol=BTCUSDT&leverage=100",
		"call a POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1",
		"call a POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1",
		"call b POST /fapi/v1/marginType?symbol=BTCUSDT&marginType=ISOLATED",
		"call b POST /fapi/v1/order?symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.01",
	} {
		if w.out = nil; w.command(signed(line)) != nil || !strings.HasPrefix(w.out[0], "200") {
			t.Fatal(line, w.out)
		}
	}
	mark := func(price string, next market.Nanos) {
		p := decimal.MustParse(price)
		w.x.Mark(w.now, 0, &market.Mark{Mark: p, Index: p, Rate: decimal.MustParse("0.0001"), Next: next, Event: w.now})
		w.publish()
	}
	w.out = nil
	mark("60000", w.now+2e9)
	w.wait(3e9) // funding
	mark("51180", w.now+3600e9)
	mark("50900", w.now+3600e9)
	w.wait(3e9) // force orders are told each second
	got := map[string]map[string]string{}
	for _, line := range w.out {
		name := moneyCase(line)
		if name == "" {
			continue
		}
		_, line, _ = strings.Cut(line, " ")
		_, text, _ := strings.Cut(line, " ")
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			t.Fatal(text)
		}
		if m, ok := v.(map[string]any); ok && m["data"] != nil {
			v = m["data"]
		}
		if got[name] == nil {
			got[name] = map[string]string{}
		}
		shape(got[name], "", v)
	}
	for name, of := range map[string]any{
		"margin call": doc.UserEvents["MARGIN_CALL"], "funding, cross": doc.UserEvents["ACCOUNT_UPDATE"], "funding, isolated": doc.UserEvents["ACCOUNT_UPDATE"],
		"liquidation": doc.UserEvents["ACCOUNT_UPDATE"], "<symbol>@forceOrder": doc.Streams["<symbol>@forceOrder"].Payload,
		"!forceOrder@arr": doc.Streams["!forceOrder@arr"].Payload,
	} {
		want := map[string]string{}
		schemaShape(want, "", of)
		if want[".e"] == "" {
			want[".e"] = "string"
		}
		compareEvent(t, name, got[name], want, moneyTable)
	}
}

// moneyCase says which event of money a line is; empty for others.
func moneyCase(line string) string {
	switch {
	case strings.Contains(line, "btcusdt@forceOrder"):
		return "<symbol>@forceOrder"
	case strings.Contains(line, "!forceOrder@arr"):
		return "!forceOrder@arr"
	case strings.Contains(line, `"MARGIN_CALL"`):
		return "margin call"
	case strings.Contains(line, `"FUNDING_FEE"`) && strings.HasPrefix(line, "a "):
		return "funding, cross"
	case strings.Contains(line, `"FUNDING_FEE"`):
		return "funding, isolated"
	case strings.Contains(line, `"INSURANCE_CLEAR"`):
		return "liquidation"
	}
	return ""
}

// TestUserEvents: every user event of schemas.json is compared somewhere, or listed as one that never comes.
func TestUserEvents(t *testing.T) {
	var doc struct {
		UserEvents map[string]any `json:"userevents"`
	}
	if err := json.Unmarshal(load(t, "spec/binance/schemas.json"), &doc); err != nil {
		t.Fatal(err)
	}
	compared := []string{"ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE", "TRADE_LITE", "ALGO_UPDATE", "ACCOUNT_CONFIG_UPDATE", "MARGIN_CALL", "listenKeyExpired"}
	for _, name := range compared {
		if doc.UserEvents[name] == nil {
			t.Errorf("there is no %s", name)
		}
		delete(doc.UserEvents, name)
	}
	for name := range doc.UserEvents {
		if never[name] == "" {
			t.Errorf("%s is neither compared nor listed", name)
		}
	}
	w := newWorld(t)
	w.user("a", "a")
	w.out = nil
	w.f.ExpireKeys(w.now)
	ours := map[string]map[string]string{}
	for _, line := range w.out {
		collect(ours, line)
	}
	compareEvent(t, "listenKeyExpired", ours["listenKeyExpired"], map[string]string{".e": "string", ".E": "number", ".listenKey": "string"}, nil)
}
