package binance_test

import (
	"strings"
	"testing"
	"time"

	"baton/binance"
	"baton/binance/api"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// TestCall: a typed call is signed, sent once, and its answer read; its errors prove what any command's prove.
func TestCall(t *testing.T) {
	on(t, true, func(r *rig) {
		var asked []*netio.Request
		answer := ok([]byte(`{"leverage":5,"maxNotionalValue":"1000000","symbol":"BTCUSDT"}`))
		r.other = func(q *netio.Request) *netio.Response {
			asked = append(asked, q)
			return answer
		}
		call := api.ChangeInitialLeverage{Symbol: "BTCUSDT", Leverage: 5}
		got, err := binance.Call(r.co, r.c, call)
		r.must(err)
		if got.Leverage != 5 || got.Symbol != "BTCUSDT" || len(asked) != 1 || asked[0].Method != "POST" || asked[0].Path != "/fapi/v1/leverage" {
			t.Errorf("%+v %+v", got, asked)
		}
		q := asked[0].Query
		if !strings.HasPrefix(q, "leverage=5&symbol=BTCUSDT&recvWindow=1000&timestamp=") || r.signer.VerifyQuery([]byte(q), nil) != nil || asked[0].Header[0][1] != key {
			t.Error(q)
		}
		for _, c := range []struct {
			answer *netio.Response
			want   market.OutcomeKind
		}{
			{fault(400, wire.CodeMargin), market.IsRefused},
			{fault(400, wire.CodeDuplicateClientID), market.IsUnknown},
			{&netio.Response{Status: 503, Body: []byte(wire.TextUnknownError)}, market.IsUnknown},
			{&netio.Response{Status: 503, Body: []byte(wire.TextServiceUnavailable)}, market.IsRefused},
			{&netio.Response{Status: 502, Body: []byte("<html>")}, market.IsUnknown},
			{ok([]byte("<html>")), market.IsUnknown},
		} {
			answer = c.answer
			_, err := binance.Call(r.co, r.c, call)
			if o := r.c.Outcome(r.failed(err)); o.Kind() != c.want {
				t.Errorf("%d %s: %v", c.answer.Status, c.answer.Body, o.Kind())
			}
		}
		n := len(asked)
		answer = nil
		_, err = binance.Call(r.co, r.c, call)
		if o := r.c.Outcome(r.failed(err)); o.Kind() != market.IsUnknown || len(asked) != n+1 {
			t.Error("nothing came:", o.Kind(), len(asked)-n)
		}
	})
}

// TestCallCountsOrders: what counts as an order is refused, not delayed, where the limit is reached.
func TestCallCountsOrders(t *testing.T) {
	on(t, true, func(r *rig) {
		r.other = func(*netio.Request) *netio.Response { return ok([]byte(`[{"orderId":1}]`)) }
		sent := 0
		var err error
		for err == nil && sent < 100 {
			_, err = binance.Call(r.co, r.c, api.PlaceMultipleOrders{BatchOrders: []api.NewOrder{{Symbol: "BTCUSDT"}}})
			sent++
		}
		if o := r.c.Outcome(r.failed(err)); binance.Sent(err) || o.Kind() != market.IsRefused || sent != 240/5+1 {
			t.Error(sent, err, o.Kind())
		}
		r.pass(time.Second)
	})
}
