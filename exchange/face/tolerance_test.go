package face_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"baton/binance/wire"
	"baton/exchange/face"
	"baton/market"

	"crypto"
)

// The tests here hold what third-party clients were seen to send (spec/binance/CLIENTS.md, what a server must accept).

// serve sends one request of account a, signed over query and body as they stand; %s in either is where the signature goes.
func (w *world) serve(method, path, query, body string) face.Response {
	stamp := fmt.Sprintf("timestamp=%d", w.now/1e6)
	query, body = strings.ReplaceAll(query, "STAMP", stamp), strings.ReplaceAll(body, "STAMP", stamp)
	signed := strings.TrimSuffix(query, "&signature=%s") + strings.TrimSuffix(body, "&signature=%s")
	sig := string(w.signers["a"].AppendSignature(nil, []byte(signed)))
	return w.f.Serve(w.now, &face.Request{Method: method, Path: path, Query: strings.Replace(query, "%s", sig, 1),
		Body: []byte(strings.Replace(body, "%s", sig, 1)), Header: [][2]string{{"X-MBX-APIKEY", "a"}}, Remote: "127.0.0.1:1"})
}

func TestParametersAnywhere(t *testing.T) {
	order := "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.02&price=59000"
	for name, r := range map[string][2]string{
		"all in the query":                   {order + "&STAMP&signature=%s", ""},
		"all in the body":                    {"", order + "&STAMP&signature=%s"},
		"timestamp and signature in query":   {"STAMP&signature=%s", order},
		"an empty value is an absent one":    {order + "&newOrderRespType=&STAMP&signature=%s", ""},
		"an id of 36 characters is kept":     {order + "&newClientOrderId=x-abcdefghijklmnopqrstuvwxyz0123456&STAMP&signature=%s", ""},
		"a duplicate name: the query's wins": {order + "&STAMP&signature=%s", "quantity=999"},
	} {
		if resp := newWorld(t).serve("POST", "/fapi/v1/order", r[0], r[1]); resp.Status != 200 {
			t.Errorf("%s: %d %s", name, resp.Status, resp.Body)
		}
	}
}

func TestBatchSpellings(t *testing.T) {
	rows := `[{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":"0.02","price":"59000"}]`
	for name, list := range map[string]string{"raw JSON": rows, "percent-encoded": url.QueryEscape(rows), "numbers": strings.ReplaceAll(rows, `"0.02"`, "0.02")} {
		w := newWorld(t)
		resp := w.serve("POST", "/fapi/v1/batchOrders", "", "batchOrders="+list+"&STAMP&signature=%s")
		if resp.Status != 200 || !strings.Contains(string(resp.Body), `"status":"NEW"`) {
			t.Errorf("%s: %d %s", name, resp.Status, resp.Body)
		}
		for _, q := range []string{"orderIdList=[1]", `orderidlist=["1"]`, "orderIdList=%5B1%5D"} {
			w := newWorld(t)
			w.serve("POST", "/fapi/v1/batchOrders", "", "batchOrders="+list+"&STAMP&signature=%s")
			if resp := w.serve("DELETE", "/fapi/v1/batchOrders", "symbol=BTCUSDT&"+q+"&STAMP&signature=%s", ""); !strings.Contains(string(resp.Body), "CANCELED") {
				t.Errorf("%s, %s: %s", name, q, resp.Body)
			}
		}
	}
}

func TestStreamPaths(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/public/stream?streams=", "/public/stream", "/public/ws/0", "/market/ws/1", "/ws", "/stream", "/ws/btcusdt@bookTicker",
		"/private/ws?listenKey=none", "/private/stream?listenKey=none&events=ORDER_TRADE_UPDATE", "/ws-fapi/v1", "/ws-fapi/v1?returnRateLimits=false"} {
		w.out = nil
		if w.open(path, path); w.sessions[path] == nil {
			t.Errorf("%s is refused: %q", path, w.out)
		}
	}
	w.out = nil
	s := w.sessions["/public/stream"]
	s.Message(w.now, []byte(`{"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":"0123456789abcdef0123456789abcdef"}`))
	if len(w.out) != 1 || !strings.HasSuffix(w.out[0], `{"result":null,"id":"0123456789abcdef0123456789abcdef"}`) {
		t.Errorf("the id is not echoed: %q", w.out)
	}
}

// TestLegacy: un-routed paths deliver public data alone, as in life, or with Config.Legacy all of it.
func TestLegacy(t *testing.T) {
	for _, all := range []bool{false, true} {
		w := newWorld(t)
		w.f = face.New(face.Config{Exchange: w.x, Keys: []face.Key{{APIKey: "a", Secret: "secret of a", Account: 1}}, Seed: 7, Legacy: all})
		w.open("s", "/ws/btcusdt@aggTrade/btcusdt@bookTicker")
		key := w.f.Serve(w.now, &face.Request{Method: "POST", Path: "/fapi/v1/listenKey", Header: [][2]string{{wire.HeaderKey, "a"}}})
		text, err := wire.DecodeListenKey(key.Body)
		if err != nil {
			t.Fatal(err)
		}
		w.open("u", "/ws/"+text)
		w.out = nil
		w.x.Quote(w.now, 0, &market.Quote{Update: 200, Bid: 600_000, BidQty: 1, Ask: 600_001, AskQty: 2})
		w.x.Trade(w.now, 0, &market.Trade{ID: 1001, Last: 1001, Px: 600_000, Qty: 5, Taker: market.Buy})
		w.publish()
		w.serve("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.02&price=59000&STAMP&signature=%s", "")
		w.publish()
		said := strings.Join(w.out, "\n")
		if !strings.Contains(said, "bookTicker") || strings.Contains(said, `"aggTrade"`) != all || strings.Contains(said, "ORDER_TRADE_UPDATE") != all {
			t.Errorf("legacy all=%v delivered:\n%s", all, said)
		}
	}
}

// TestPublicKeys: RSA and Ed25519 keys sign REST; Ed25519 keys log on to the WebSocket API, HMAC keys do not.
func TestPublicKeys(t *testing.T) {
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaPrivate, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	for name, public := range map[string]any{"ed": edPublic, "rsa": &rsaPrivate.PublicKey} {
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.f.AddKey(face.Key{APIKey: name, Public: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), Account: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.f.AddKey(face.Key{APIKey: "bad", Public: "no key", Account: 1}); err == nil {
		t.Error("a text that is no key is taken")
	}
	sign := map[string]func([]byte) []byte{
		"ed": func(b []byte) []byte { return ed25519.Sign(edPrivate, b) },
		"rsa": func(b []byte) []byte {
			sum := sha256.Sum256(b)
			s, err := rsa.SignPKCS1v15(rand.Reader, rsaPrivate, crypto.SHA256, sum[:])
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	}
	for name, f := range sign {
		for _, spoil := range []string{"", "x"} {
			q := fmt.Sprintf("timestamp=%d", w.now/1e6)
			sig := url.QueryEscape(base64.StdEncoding.EncodeToString(f([]byte(q + spoil))))
			resp := w.f.Serve(w.now, &face.Request{Method: "GET", Path: "/fapi/v3/balance", Query: q + "&signature=" + sig, Header: [][2]string{{wire.HeaderKey, name}}})
			if (resp.Status == 200) != (spoil == "") {
				t.Errorf("%s%s: %d %s", name, spoil, resp.Status, resp.Body)
			}
		}
	}
	w.open("api", "/ws-fapi/v1")
	logon := func(key, sig string) string {
		w.out = nil
		w.sessions["api"].Message(w.now, fmt.Appendf(nil, `{"id":1,"method":"session.logon","params":{"apiKey":"%s","timestamp":%d,"signature":"%s"}}`, key, w.now/1e6, sig))
		return strings.Join(w.out, "")
	}
	text := func(key string) []byte { return fmt.Appendf(nil, "apiKey=%s&timestamp=%d", key, w.now/1e6) }
	if said := logon("a", string(w.signers["a"].AppendSignature(nil, text("a")))); !strings.Contains(said, "-4056") {
		t.Error("an HMAC key logs on:", said)
	}
	if said := logon("ed", base64.StdEncoding.EncodeToString(sign["ed"](text("ed")))); !strings.Contains(said, `"apiKey":"ed","authorizedSince":1`) {
		t.Error("an Ed25519 key does not log on:", said)
	}
	w.out = nil
	w.sessions["api"].Message(w.now, fmt.Appendf(nil, `{"id":2,"method":"v2/account.balance","params":{"timestamp":%d}}`, w.now/1e6))
	if !strings.Contains(strings.Join(w.out, ""), `"status":200`) {
		t.Error("a session that is logged on needs no signature:", w.out)
	}
	w.sessions["api"].Message(w.now, []byte(`{"id":3,"method":"session.logout"}`))
	w.out = nil
	w.sessions["api"].Message(w.now, fmt.Appendf(nil, `{"id":4,"method":"v2/account.balance","params":{"timestamp":%d}}`, w.now/1e6))
	if !strings.Contains(strings.Join(w.out, ""), "-2014") {
		t.Error("after logout nothing is signed any more:", w.out)
	}
}

// TestTimes: -1021 as a request comes in, -5028 where an order was in time then and is not when it gets to matching.
func TestTimes(t *testing.T) {
	w := newWorld(t)
	ask := func(came market.Nanos, sent market.Nanos) string {
		q := fmt.Sprintf("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.02&price=59000&timestamp=%d", sent/1e6)
		q += "&signature=" + string(w.signers["a"].AppendSignature(nil, []byte(q)))
		r := w.f.Serve(w.now, &face.Request{Method: "POST", Path: "/fapi/v1/order", Query: q, Header: [][2]string{{wire.HeaderKey, "a"}}, Came: came})
		return string(r.Body)
	}
	const s = market.Nanos(1e9)
	for want, got := range map[string]string{
		"NEW":   ask(w.now-s, w.now-4*s),
		"-5028": ask(w.now-3*s, w.now-6*s),
		"-1021": ask(w.now, w.now-6*s),
		"ahead": ask(w.now, w.now+s),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s", want, got)
		}
	}
}

// dropped is an outbox whose connection can be ended.
type dropped struct{ code uint16 }

func (*dropped) Frame(face.Kind, []byte)      {}
func (d *dropped) Drop(code uint16, _ string) { d.code = code }

// TestConnectionRules: an eleventh message within a second ends the connection, and so do 24 hours.
func TestConnectionRules(t *testing.T) {
	w := newWorld(t)
	d := &dropped{}
	s, refusal := w.f.Open(w.now, &face.Request{Path: "/public/ws"}, d)
	if refusal != nil {
		t.Fatal(refusal)
	}
	for n := range 11 {
		if d.code != 0 {
			t.Errorf("it ended after %d messages", n)
		}
		s.Message(w.now, []byte(`{"method":"LIST_SUBSCRIPTIONS","id":1}`))
	}
	if d.code != 1008 {
		t.Errorf("the eleventh message is answered: %d", d.code)
	}
	old := &dropped{}
	if _, refusal = w.f.Open(w.now, &face.Request{Path: "/public/ws"}, old); refusal != nil {
		t.Fatal(refusal)
	}
	const day = 24 * 3600 * market.Nanos(1e9)
	if next := w.f.Next(); next != w.now+day {
		t.Errorf("the connection ends at %d, not a day from now", next)
	}
	if w.f.Timer(w.now + day); old.code != 1001 {
		t.Errorf("after a day the connection lives: %d", old.code)
	}
}
