package binance_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/binance"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// TestAbsentAfterGap: an order that was sent before the user stream was interrupted is proven absent by two answers, ten seconds
// behind the barrier: "no such order", and a list of all orders that does not name it.
func TestAbsentAfterGap(t *testing.T) {
	for what, spoil := range map[string]func(r *rig){
		"the user stream was interrupted": func(r *rig) { r.cut("private") },
		"a frame of it was not read":      func(r *rig) { r.user([]byte("{")) },
		"its key has expired":             func(r *rig) { r.user(wire.AppendListenKeyExpired(nil, t0, listenKey)) },
	} {
		t.Run(what, func(t *testing.T) {
			on(t, true, func(r *rig) {
				r.must(r.place(1))
				r.pass(10 * time.Millisecond)
				spoil(r)
				r.pass(12 * time.Second)
				if rep := r.query(1); rep.Kind != market.ReportUnknown {
					t.Error("before the barrier of a gap:", rep)
				}
				if r.asked[wire.CallAllOrders] != 0 {
					t.Error("the list was asked too early to prove anything")
				}
				r.pass(time.Second)
				r.rest[wire.CallAllOrders] = func(*netio.Request) *netio.Response { return fault(503, wire.CodeBusy) }
				if _, err := r.c.Query(r.co, r.btc(), 1); r.failed(err) == nil {
					t.Error("a list that cannot be read proves nothing")
				}
				r.rest[wire.CallAllOrders] = func(*netio.Request) *netio.Response {
					return ok(wire.AppendOrders(nil, []wire.Order{{Symbol: "BTCUSDT", ClientID: "baton-t-1", OrderID: 77, Side: market.Buy, Type: market.Limit,
						TIF: market.GTC, Status: market.StatusNew, Qty: dec("0.010"), Price: dec("100")}}))
				}
				if rep := r.query(1); rep.Kind != market.ReportUnknown {
					t.Error("the list names it:", rep)
				}
				r.rest[wire.CallAllOrders] = nil
				if rep := r.query(1); rep.Kind != market.ProvenAbsent {
					t.Error("both say no:", rep)
				}
			})
		})
	}
}

// TestOldOrdersAreNotJudged: the list forgets; what is too old for it stays Unknown.
func TestOldOrdersAreNotJudged(t *testing.T) {
	on(t, true, func(r *rig) {
		r.must(r.place(1))
		r.pass(10 * time.Millisecond)
		r.rest[wire.CallOrder] = func(*netio.Request) *netio.Response { return fault(500, wire.CodeNoSuchOrder) }
		r.cut("private")
		r.pass(49 * time.Hour)
		r.rest[wire.CallOrder] = nil
		if rep := r.query(1); rep.Kind != market.ReportUnknown {
			t.Error(rep)
		}
	})
}

// orderAnswer is what the exchange answers to an accepted command by REST.
func orderAnswer(*netio.Request) *netio.Response {
	return ok([]byte(`{"orderId":77,"symbol":"BTCUSDT","status":"NEW","clientOrderId":"baton-t-1"}`))
}

// TestRESTWhileDown: while the connection for orders is down commands go by REST, once each, and their answers mean the same.
func TestRESTWhileDown(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(*netio.Request) *netio.Response
		want   string
	}{
		{"accepted", orderAnswer, "place 1 accepted 0"},
		{"refused", func(*netio.Request) *netio.Response { return fault(400, wire.CodeMargin) }, "place 1 refused -2019"},
		{"503 unknown", func(*netio.Request) *netio.Response {
			return &netio.Response{Status: 503, Body: []byte("Unknown error, please check your request or try again later.")}
		}, "place 1 unknown 0"},
		{"503 unavailable", func(*netio.Request) *netio.Response {
			return &netio.Response{Status: 503, Body: []byte("Service Unavailable.")}
		}, "place 1 refused 0"},
		{"a portal's page", func(*netio.Request) *netio.Response { return ok([]byte("<html>log in</html>")) }, "place 1 unknown 0"},
		{"an empty success", func(*netio.Request) *netio.Response { return ok([]byte("{}")) }, "place 1 unknown 0"},
		{"nothing", func(*netio.Request) *netio.Response { return nil }, "place 1 unknown 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			on(t, true, func(r *rig) {
				r.refusing = "api"
				r.cut("api")
				r.pass(10 * time.Millisecond)
				var queries []string
				r.rest[wire.CallPlace] = func(q *netio.Request) *netio.Response {
					queries = append(queries, q.Query)
					return c.answer(q)
				}
				r.must(r.place(1))
				r.pass(time.Minute)
				r.want(c.want)
				if len(queries) != 1 || len(r.orders) != 0 {
					t.Errorf("sent %d times by REST and %d by the other way", len(queries), len(r.orders))
				}
				r.refusing = ""
				r.pass(time.Minute) // the connection is back, and nothing is sent again
				if len(queries) != 1 || len(r.orders) != 0 || r.opened["api"] != 2 {
					t.Error(queries, r.orders, r.opened)
				}
			})
		})
	}
}

// TestCancelByREST goes the same way.
func TestCancelByREST(t *testing.T) {
	on(t, true, func(r *rig) {
		r.refusing = "api"
		r.cut("api")
		r.pass(10 * time.Millisecond)
		r.rest[wire.CallCancel] = orderAnswer
		r.must(r.cancel(1))
		r.pass(time.Second)
		r.want("cancel 1 accepted 0")
	})
}

// TestClockRefusesOrders: a position is not opened by a clock that nobody knows; what closes one goes out.
func TestClockRefusesOrders(t *testing.T) {
	on(t, true, func(r *rig) {
		r.rest[wire.CallTime] = func(*netio.Request) *netio.Response { return nil }
		r.pass(2 * time.Hour)
		r.must(r.place(1))
		r.pass(time.Hour)
		err := r.place(2)
		if !errors.Is(r.failed(err), binance.ErrClock) || binance.Sent(err) {
			t.Error(err)
		}
		r.must(r.cancel(1))
		r.must(r.c.Send(&market.Command{Op: market.OpPlace, ID: 3, Instrument: r.btc(), Side: market.Sell, Type: market.Market, Qty: 10, ReduceOnly: true}))
		r.rest[wire.CallTime] = nil
		r.pass(time.Minute)
		r.must(r.place(4))
	})
}

func TestSent(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{binance.ErrNotConnected, false}, {binance.ErrPending, false}, {binance.ErrClock, false}, {fmt.Errorf("x: %w", netio.ErrFull), false},
		{&netio.Lost{Sent: false, Err: errors.New("dial")}, false}, {fmt.Errorf("x: %w", &netio.Lost{Sent: true, Err: errors.New("reset")}), true},
		{&binance.Error{Status: 503}, true}, {errors.New("something else"), true},
	} {
		if got := binance.Sent(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

// TestInherit: an order of an earlier process that the exchange never had is proven absent behind the barrier of a gap, with the list
// read from the time at which it can have left; one that was not inherited never is.
func TestInherit(t *testing.T) {
	on(t, true, func(r *rig) {
		from := r.co.Now()
		r.pass(5 * time.Second)
		r.c.Inherit(r.btc(), 9, from, r.co.Now())
		if rep := r.query(9); rep.Kind != market.ReportUnknown {
			t.Error("before the barrier:", rep)
		}
		r.pass(13 * time.Second)
		start := ""
		r.rest[wire.CallAllOrders] = func(q *netio.Request) *netio.Response { start = q.Query; return ok([]byte("[]")) }
		if rep := r.query(9); rep.Kind != market.ProvenAbsent {
			t.Error(rep)
		}
		if want := fmt.Sprintf("startTime=%d", from/1e6-60_000); !strings.Contains(start, want) {
			t.Errorf("the list is asked with %s, want %s", start, want)
		}
		if rep := r.query(10); rep.Kind != market.ReportUnknown {
			t.Error("nobody told of it:", rep)
		}
	})
}
