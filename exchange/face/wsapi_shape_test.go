package face_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"sort"
	"strings"
	"testing"
)

// apiAsked are the parameters with which each method of the WebSocket API is asked for its shape.
var apiAsked = map[string]string{
	"account.balance": "", "v2/account.balance": "", "account.position": "", "v2/account.position": "", "account.status": "", "v2/account.status": "",
	"algoOrder.cancel": "clientAlgoId=stop", "depth": "symbol=BTCUSDT&limit=5", "order.cancel": "symbol=BTCUSDT&origClientOrderId=rests",
	"algoOrder.place": "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&triggerPrice=55000&quantity=0.01",
	"order.modify":    "symbol=BTCUSDT&side=BUY&quantity=0.02&price=58980&origClientOrderId=rests&modifyId=7",
	"order.place":     "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.02&price=59000",
	"order.status":    "symbol=BTCUSDT&origClientOrderId=rests", "ticker.book": "symbol=BTCUSDT", "ticker.price": "symbol=BTCUSDT",
	"userDataStream.start": "", "userDataStream.ping": "", "userDataStream.stop": "", "session.status": "",
}

// apiTable explains where our answers on the WebSocket API differ from schemas.json.
var apiTable = []explained{
	{"*", "lacks .result.activatePrice", "of trailing orders alone, which live at the algo service"},
	{"*", "lacks .result.priceRate", "of trailing orders alone"},
	{"depth", "has .result.bids[][]", "the schema has bids and asks beside the result, where no client looks for them"},
	{"depth", "has .result.asks[][]", "as bids"},
	{"depth", "lacks .bids[][]", "as bids"},
	{"depth", "lacks .asks[][]", "as bids"},
	{"order.modify", "has .result.pair", "as by REST, since 2026-08-25"},
	{"account.status", "has .result.feeBurn", "as by REST: one answer serves both"},
	{"account.status", "has .result.positions[]*", "as by REST: the recorded replies have them"},
	{"v2/account.status", "lacks .result.assets[].marginAvailable", "as by REST (GET /fapi/v3/account): one answer serves both"},
	{"session.status", "has .rateLimits[]*", "the schema says only that they are there"},
	{"session.status", "lacks .rateLimits", "the schema says only that they are there"},
	{"order.status", "has .rateLimits[]*", "every answer has them (General Info); the schema's sample is shortened"},
}

// request writes a signed request of the WebSocket API for account a.
func (w *world) request(method, query string) string {
	p, _ := url.ParseQuery(query)
	p.Set("apiKey", "a")
	p.Set("timestamp", fmt.Sprint(w.now/1e6))
	var names, text []string
	for n := range p {
		names = append(names, n)
	}
	sort.Strings(names)
	params := map[string]string{}
	for _, n := range names {
		text = append(text, n+"="+p.Get(n))
		params[n] = p.Get(n)
	}
	m := hmac.New(sha256.New, []byte("secret of a"))
	m.Write([]byte(strings.Join(text, "&")))
	params["signature"] = hex.EncodeToString(m.Sum(nil))
	b, _ := json.Marshal(map[string]any{"id": "x", "method": method, "params": params})
	return string(b)
}

// TestAPISchemas asks every method of the WebSocket API that schemas.json describes and compares the answer with it, place by place.
func TestAPISchemas(t *testing.T) {
	var doc struct {
		API map[string]struct {
			Response any `json:"response"`
		} `json:"wsapi"`
	}
	if err := json.Unmarshal(load(t, "spec/binance/schemas.json"), &doc); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for name, m := range doc.API {
		query, ok := apiAsked[name]
		if !ok {
			if name != "session.logon" && name != "session.logout" { // Ed25519 keys alone, see testdata/keys.txt
				t.Errorf("%s is not asked", name)
			}
			continue
		}
		want := m.Response
		if text, isText := want.(string); isText && strings.HasPrefix(text, "same result") {
			want = doc.API["session.logon"].Response
		}
		w := busy(t)
		w.open("api", "/ws-fapi/v1")
		w.out = nil
		w.sessions["api"].Message(w.now, []byte(w.request(name, query)))
		if len(w.out) != 1 {
			t.Errorf("%s: %v", name, w.out)
			continue
		}
		_, text, _ := strings.Cut(strings.TrimPrefix(w.out[0], "api "), " ")
		var got struct{ Status int }
		var whole any
		if json.Unmarshal([]byte(text), &got) != nil || json.Unmarshal([]byte(text), &whole) != nil || got.Status != 200 {
			t.Errorf("%s: %s", name, text)
			continue
		}
		ours, theirs := map[string]string{}, map[string]string{}
		shape(ours, "", whole)
		schemaShape(theirs, "", want)
		compared++
		for _, d := range unexplained(name, differences(ours, theirs), apiTable) {
			t.Errorf("%s: %s", name, d)
		}
	}
	if compared < 19 {
		t.Errorf("only %d methods were compared", compared)
	}
}
