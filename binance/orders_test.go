package binance_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/binance"
	"baton/binance/core"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

func TestPlaceAndCancel(t *testing.T) {
	on(t, true, func(r *rig) {
		var seen []string
		r.order = func(id []byte, q *wire.Request) []byte {
			for _, p := range q.Params {
				switch string(p.Name) {
				case "apiKey", "signature", "timestamp":
				default:
					seen = append(seen, string(p.Name)+"="+string(p.Value))
				}
			}
			return accept(id, q)
		}
		r.must(r.place(1))
		r.must(r.cancel(1))
		r.must(r.c.Send(&market.Command{Op: market.OpPlace, ID: 37, Instrument: r.btc(), Side: market.Sell, Type: market.Market, Qty: 3, ReduceOnly: true}))
		if len(r.lines) != 0 {
			t.Error("an answer inside Send")
		}
		r.pass(time.Second)
		r.want("place 1 accepted 0; cancel 1 accepted 0; place 37 accepted 0")
		if got := strings.Join(r.orders, "; "); got != "order.place baton-t-1; order.cancel baton-t-1; order.place baton-t-11" {
			t.Error(got)
		}
		const want = "newClientOrderId=baton-t-1 price=100 quantity=0.01 recvWindow=1000 side=BUY symbol=BTCUSDT timeInForce=GTC type=LIMIT " +
			"origClientOrderId=baton-t-1 recvWindow=1000 symbol=BTCUSDT " +
			"newClientOrderId=baton-t-11 quantity=0.003 recvWindow=1000 reduceOnly=true side=SELL symbol=BTCUSDT type=MARKET"
		if got := strings.Join(seen, " "); got != want {
			t.Error(got)
		}
	})
}

// What an answer proves, by status and code (rule 7.1).
func TestOutcomes(t *testing.T) {
	raw := func(status int, body string) func([]byte, *wire.Request) []byte {
		return func(id []byte, _ *wire.Request) []byte {
			return fmt.Appendf(nil, `{"id":%s,"status":%d,%s}`, id, status, body)
		}
	}
	for _, c := range []struct {
		what   string
		op     market.Op
		answer func([]byte, *wire.Request) []byte
		want   string
	}{
		{"accepted", market.OpPlace, accept, "accepted 0"},
		{"filter", market.OpPlace, refuse(400, wire.CodePriceOffTick), "refused -4014"},
		{"post only", market.OpPlace, refuse(400, wire.CodeGTXReject), "refused -5022"},
		{"too many", market.OpPlace, refuse(429, wire.CodeTooManyOrders), "refused -1015"},
		{"throttled", market.OpPlace, refuse(503, wire.CodeBusy), "refused -1008"},
		{"unavailable", market.OpPlace, raw(503, `"error":{"code":0,"msg":"Service Unavailable."}`), "refused 0"},
		{"clock", market.OpPlace, refuse(400, wire.CodeBadTimestamp), "refused -1021"},
		{"503 unknown error", market.OpPlace, raw(503, `"error":{"code":-1000,"msg":"Unknown error, please check your request or try again later."}`), "unknown 0"},
		{"status unknown", market.OpPlace, refuse(408, wire.CodeTimeout), "unknown 0"},
		{"unexpected", market.OpPlace, refuse(503, wire.CodeUnexpectedResponse), "unknown 0"},
		{"disconnected", market.OpPlace, refuse(400, wire.CodeDisconnected), "unknown 0"},
		{"a refusal's code under a 5xx", market.OpPlace, refuse(500, wire.CodePriceOffTick), "unknown 0"},
		{"a code that is not on the list", market.OpPlace, raw(400, `"error":{"code":-9999,"msg":"new"}`), "unknown 0"},
		{"success with an error", market.OpPlace, raw(200, `"error":{"code":-2010,"msg":"x"}`), "unknown 0"},
		{"redirect", market.OpPlace, raw(302, `"result":{}`), "unknown 0"},
		{"duplicate id: an earlier copy arrived", market.OpPlace, refuse(400, wire.CodeDuplicateClientID), "unknown 0"},
		{"cancel of an order that is gone", market.OpCancel, refuse(400, wire.CodeUnknownOrder), "refused -2011"},
		{"cancel, status unknown", market.OpCancel, refuse(503, wire.CodeTimeout), "unknown 0"},
	} {
		t.Run(c.what, func(t *testing.T) {
			on(t, true, func(r *rig) {
				r.order = c.answer
				if c.op == market.OpPlace {
					r.must(r.place(1))
				} else {
					r.must(r.cancel(1))
				}
				r.pass(time.Second)
				r.want(c.op.String() + " 1 " + c.want)
			})
		})
	}
}

// A cancel that is refused says nothing of its order: a later query is still answered, and a fill still told.
func TestRefusedCancelKeepsItsOrder(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = accept
		r.must(r.place(1))
		r.pass(time.Second)
		r.order = refuse(400, wire.CodeUnknownOrder)
		r.must(r.cancel(1))
		r.pass(time.Second)
		r.want("place 1 accepted 0; cancel 1 refused -2011")
		rep, err := r.c.Query(r.co, r.btc(), 1)
		if r.must(err); rep.Kind != market.ReportUnknown {
			t.Error("an order that was accepted is never absent", rep)
		}
	})
}

// Answers to nothing, twice, unreadable or without an id, change nothing.
func TestOddAnswers(t *testing.T) {
	on(t, true, func(r *rig) {
		r.must(r.place(1))
		r.pass(time.Second)
		for _, text := range []string{
			`{"id":0,"status":200,"result":{}}`, `{"id":2,"status":200,"result":{}}`, `{"id":4097,"status":200,"result":{}}`,
			`{"id":null,"status":400,"error":{"code":-1102,"msg":"x"}}`, `{"id":"1","status":200,"result":{}}`, `{"id":-1,"status":200}`,
			`{"id":1,"sta`, `<html>`,
		} {
			r.conns["api"].Send([]byte(text))
		}
		r.pass(time.Second)
		r.want("")
		if s := r.c.Stats(); s.Bad != 2 || len(r.notes) != 8 {
			t.Errorf("%+v %q", s, r.notes)
		}
		for range 2 {
			r.conns["api"].Send([]byte(`{"id":1,"status":200,"result":{}}`))
		}
		r.pass(time.Second)
		r.want("place 1 accepted 0")
	})
}

// A lost connection makes Unknown of what waits, in the order of sending. Nothing is ever sent again.
func TestConnectionLost(t *testing.T) {
	on(t, false, func(r *rig) {
		r.cfg.NoREST = true
		r.dial()
		for id := range market.OrderID(40) {
			r.must(r.place(40 - id))
		}
		r.must(r.cancel(7))
		r.pass(time.Second)
		r.order = accept
		r.conns["api"].Send([]byte(`{"id":3,"status":200,"result":{}}`)) // order 38
		r.pass(time.Second)
		r.cut("api")
		r.pass(10 * time.Millisecond)
		want := []string{"place 38 accepted 0", "place 40 unknown 0", "place 39 unknown 0"}
		for id := 37; id > 0; id-- {
			want = append(want, fmt.Sprintf("place %d unknown 0", id))
		}
		r.want(strings.Join(append(want, "cancel 7 unknown 0"), "; "))
		if err := r.place(41); !errors.Is(r.failed(err), binance.ErrNotConnected) {
			t.Error(err)
		}
		n := len(r.orders)
		r.pass(time.Minute)
		if len(r.orders) != n || r.opened["api"] != 2 {
			t.Error("sent again", r.orders[n:])
		}
		r.must(r.place(42))
		r.pass(time.Second)
		r.want("place 42 accepted 0")
		if s := r.c.Stats(); s.Losses != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// The frame itself may be what is lost.
func TestCommandLost(t *testing.T) {
	on(t, true, func(r *rig) {
		r.lost = func(q *netio.Transit) bool { return q.Kind == netio.Frame && q.ToServer }
		r.must(r.place(1))
		r.lost = nil
		r.want("")
		r.pass(time.Minute)
		r.want("place 1 unknown 0")
		if len(r.orders) != 0 {
			t.Error("it was sent again")
		}
	})
}

func TestSendRefuses(t *testing.T) {
	on(t, true, func(r *rig) {
		r.failed(r.c.Send(&market.Command{Op: market.OpPlace, ID: 1, Instrument: &market.Instrument{Symbol: "ETHUSDT"}}))
		r.failed(r.c.Send(&market.Command{ID: 1, Instrument: r.btc()}))
		r.c.Close()
		if err := r.place(1); !errors.Is(r.failed(err), binance.ErrNotConnected) {
			t.Error(err)
		}
		r.pass(time.Second)
		if len(r.orders) != 0 || len(r.lines) != 0 {
			t.Error(r.orders, r.lines)
		}
	})
}

// The budget refuses orders before the venue would, and lets cancels out. An answer of 429 stops orders for a while.
func TestBudget(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = accept
		n := market.OrderID(0)
		var err error
		for ; n < 1000 && err == nil; n++ {
			err = r.place(n + 1)
		}
		var limit *core.LimitError
		if !errors.As(r.failed(err), &limit) || n != 241 {
			t.Error(n, err)
		}
		r.must(r.cancel(1))
		r.pass(10 * time.Second)
		r.order = refuse(429, wire.CodeTooManyRequests)
		r.must(r.place(1000))
		r.pass(30 * time.Second)
		if r.place(1001) == nil {
			t.Error("an order after a 429")
		}
		r.must(r.cancel(1))
		r.pass(time.Minute)
		r.order = func(id []byte, _ *wire.Request) []byte { // what the venue counts is the truth; limits of other kinds are not ours
			return wire.AppendResponse(nil, id, []byte(`{}`), []wire.RateLimit{
				{Kind: wire.LimitOrders, Interval: 10e9, Limit: 300, Count: 299}, {Interval: 60e9, Limit: 10, Count: 5000}})
		}
		r.pass(time.Duration(10e9 - (r.loop.Now()-t0)%10e9))
		r.must(r.place(1002))
		r.pass(time.Second)
		if r.place(1003) == nil {
			t.Error("the venue has counted 299 orders")
		}
		r.pass(10 * time.Second)
		r.must(r.place(1004))
	})
}

// Commands that wait are bounded; one that was never answered gives up its place in time, as Unknown.
func TestTooManyPending(t *testing.T) {
	on(t, true, func(r *rig) {
		n := 0
		var err error
		for ; n < 10000 && err == nil; n++ {
			err = r.cancel(market.OrderID(n + 1))
		}
		if !errors.Is(r.failed(err), binance.ErrPending) || n != 4097 {
			t.Error(n, err)
		}
		r.pass(2 * time.Minute)
		r.want("")
		r.must(r.cancel(9999))
		r.want("")
		r.pass(time.Second)
		r.want("cancel 1 unknown 0")
	})
}

// A clock that has jumped is noticed by the first order it costs.
func TestClockJumps(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = refuse(400, wire.CodeBadTimestamp)
		r.skew = 7e9
		r.must(r.place(1))
		r.must(r.place(2))
		r.pass(time.Second)
		if r.asked[wire.CallTime] != 2 {
			t.Error("asked the time", r.asked[wire.CallTime], "times")
		}
		stamp := ""
		r.order = func(id []byte, q *wire.Request) []byte {
			stamp = string(q.Params.Value("timestamp"))
			return accept(id, q)
		}
		r.must(r.place(3))
		at := fmt.Sprint(wire.Millis(r.loop.Now() + r.skew))
		r.pass(time.Second)
		if stamp != at {
			t.Error(stamp, at)
		}
	})
}
