package face_test

import (
	"encoding/json"
	"testing"

	"baton/exchange/face"
)

// jsonOnly fails where a frame is no JSON: whatever a client sends, what it gets can be read.
type jsonOnly struct{ t *testing.T }

func (j jsonOnly) Frame(k face.Kind, frame []byte) {
	if !json.Valid(frame) {
		j.t.Errorf("%s frame: %q", k, frame)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("GET", "/fapi/v1/depth", "symbol=BTCUSDT&limit=5", "")
	f.Add("POST", "/fapi/v1/order", "timestamp=1780000000000&signature=00", "symbol=BTCUSDT&side=BUY")
	f.Add("GET", "/fapi/v1/userTrades", "symbol=%zz&fromId=99999999999999999999", "a=%")
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		w := newWorld(t)
		resp := w.f.Serve(w.now, &face.Request{Method: method, Path: path, Query: query, Body: []byte(body),
			Header: [][2]string{{"X-MBX-APIKEY", "a"}}, Remote: "127.0.0.1:1"})
		if resp.Status < 200 || resp.Status > 599 || !json.Valid(resp.Body) {
			t.Errorf("%d %q", resp.Status, resp.Body)
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add("/public/ws/btcusdt@depth5@100ms", "", `{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}`)
	f.Add("/public/stream", "streams=btcusdt@depth/%2f", `{"method":"SET_PROPERTY","params":["combined",true],"id":"x"}`)
	f.Add("/private/ws/abc", "listenKey=k&events=A/B", `{"id":{},"method":"LIST_SUBSCRIPTIONS"}`)
	f.Add("/ws-fapi/v1", "returnRateLimits=false", `{"id":"x","method":"order.place","params":{"apiKey":"a","price":1e9}}`)
	f.Add("/market/stream", "", `{"method":"UNSUBSCRIBE","params":[null,{}],"id":-1}`)
	f.Fuzz(func(t *testing.T, path, query, text string) {
		w := newWorld(t)
		s, _ := w.f.Open(w.now, &face.Request{Path: path, Query: query, Remote: "x"}, jsonOnly{t})
		if s == nil {
			return
		}
		s.Message(w.now, []byte(text))
		w.replayed(1)
		s.Close()
		s.Message(w.now, []byte(text))
	})
}
