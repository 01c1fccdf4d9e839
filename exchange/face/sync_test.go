package face_test

import (
	"fmt"
	"strings"
	"testing"

	"baton/binance/wire"
	"baton/exchange/face"
)

func (w *world) fetch(symbol string) {
	w.f.Serve(w.now, &face.Request{Method: "GET", Path: "/fapi/v1/depth", Query: "symbol=" + symbol, Remote: "127.0.0.1:1"})
}

func TestSynced(t *testing.T) {
	w := newWorld(t)
	step := func(what string, want bool) {
		t.Helper()
		if w.f.Synced() != want {
			t.Errorf("%s: synced is %v", what, !want)
		}
	}
	w.fetch("BTCUSDT")
	step("nobody has subscribed", false)
	w.open("quotes", "/public/ws/btcusdt@bookTicker")
	step("nobody reads a book", false)
	w.open("one", "/public/stream?streams=btcusdt@depth/ethusdt@depth@100ms")
	w.fetch("BTCUSDT")
	step("one of two books is fetched", false)
	w.fetch("ETHUSDT")
	step("both are", true)
	w.open("two", "/public/ws/btcusdt@depth")
	w.open("three", "/public/ws/btcusdt@depth")
	w.fetch("BTCUSDT")
	step("one of two connections has fetched", false)
	w.sessions["one"].Close()
	step("a third, that had fetched, has gone", false)
	w.sessions["three"].Close()
	step("the one that had not has gone", true)
}

func TestOneConnectionHoldsSoManyStreams(t *testing.T) {
	w := newWorld(t)
	names := make([]string, wire.MaxStreams+1)
	for i := range names {
		names[i] = fmt.Sprintf("s%d@trade", i)
	}
	w.open("path", "/public/ws/"+strings.Join(names, "/"))
	w.sessions["path"].Message(w.now, []byte(`{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}`))
	w.open("asked", "/public/ws")
	w.sessions["asked"].Message(w.now, []byte(`{"method":"SUBSCRIBE","params":["`+strings.Join(names[:wire.MaxStreams], `","`)+`"],"id":2}`))
	w.sessions["asked"].Message(w.now, []byte(`{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":3}`))
	want := []string{
		`path control {"error":{"code":4,"msg":"Too many subscriptions"},"id":1}`,
		`asked control {"result":null,"id":2}`,
		`asked control {"error":{"code":4,"msg":"Too many subscriptions"},"id":3}`,
	}
	if strings.Join(w.out, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(w.out, "\n"))
	}
}

// TestPublishedSignature is the signature that Binance published (REST, POST /fapi/v1/order), which the face must take.
func TestPublishedSignature(t *testing.T) {
	const (
		secret  = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
		payload = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"
		signed  = "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"
	)
	query, body := payload[:len("symbol=BTCUSDT&side=BUY")], payload[len("symbol=BTCUSDT&side=BUY"):]
	tests := []struct {
		name, query, body string
		ok                bool
	}{
		{"all in the query", payload + "&signature=" + signed, "", true},
		{"upper case", payload + "&signature=" + strings.ToUpper(signed), "", true},
		{"all in the body", "", payload + "&signature=" + signed, true},
		{"the signature in the query", payload + "&signature=" + signed, "", true},
		{"split, nothing between the parts", query + "&signature=" + signed, body, true},
		{"another price", strings.Replace(payload, "9000", "9001", 1) + "&signature=" + signed, "", false},
		{"no hex", payload + "&signature=" + signed[:62] + "zz", "", false},
		{"too short", payload + "&signature=" + signed[:62], "", false},
	}
	for _, c := range tests {
		w := newWorld(t)
		f := face.New(face.Config{Exchange: w.x, Keys: []face.Key{{APIKey: "k", Secret: secret, Account: 1}}})
		resp := f.Serve(1591702614000*1e6, &face.Request{Method: "POST", Path: "/fapi/v1/order", Query: c.query, Body: []byte(c.body),
			Header: [][2]string{{"x-mbx-apikey", "k"}}, Remote: "127.0.0.1:1"})
		if refused := strings.Contains(string(resp.Body), "-1022"); refused == c.ok {
			t.Errorf("%s: %d %s", c.name, resp.Status, resp.Body)
		}
	}
}
