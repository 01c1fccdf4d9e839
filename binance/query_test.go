package binance_test

import (
	"errors"
	"testing"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

func (r *rig) query(id market.OrderID) market.Report {
	r.t.Helper()
	rep, err := r.c.Query(r.co, r.btc(), id)
	r.must(err)
	return rep
}

func TestQueryFound(t *testing.T) {
	on(t, true, func(r *rig) {
		r.venueOrder("baton-t-1", market.StatusCanceled, "0.009", "0.004", "0.005")
		rep := r.query(1)
		if rep.Kind != market.Found || rep.Status != market.StatusCanceled || rep.Venue != 77 || rep.Filled != 9 || len(rep.Fills) != 2 {
			t.Fatalf("%+v", rep)
		}
		want := market.Fill{Instrument: r.btc(), Order: 1, Trade: 6, Side: market.Buy, Px: 1000, Qty: 5, Commission: dec("0.01"), Asset: "USDT",
			Realised: dec("0.5"), Maker: true, Time: t0}
		if rep.Fills[1] != want {
			t.Errorf("%+v", rep.Fills[1])
		}
	})
}

// Absence is proven by "no such order" behind the barrier only, counted from when the query was sent.
func TestQueryAbsent(t *testing.T) {
	on(t, true, func(r *rig) {
		r.must(r.place(1))
		if rep := r.query(1); rep.Kind != market.ReportUnknown {
			t.Error("too early", rep)
		}
		r.pass(2400 * time.Millisecond)
		if rep := r.query(1); rep.Kind != market.ReportUnknown {
			t.Error("asked before the barrier", rep)
		}
		r.pass(200 * time.Millisecond)
		if rep := r.query(1); rep.Kind != market.ProvenAbsent {
			t.Error("behind the barrier", rep)
		}
		if rep := r.query(2); rep.Kind != market.ReportUnknown {
			t.Error("an order that was not sent from here", rep)
		}
	})
}

// What else stands against a proof.
func TestQueryNeverAbsent(t *testing.T) {
	noSuch := func(status int) func(*netio.Request) *netio.Response {
		return func(*netio.Request) *netio.Response { return fault(status, wire.CodeNoSuchOrder) }
	}
	for what, spoil := range map[string]func(r *rig){
		"the exchange has shown it": func(r *rig) { r.update("baton-t-1", market.StatusNew, wire.ExecutionNew, "0", "0", 0) },
		"a fill was announced": func(r *rig) {
			r.user(wire.AppendTradeLite(nil, &wire.TradeLite{Event: t0, Transact: t0, Symbol: []byte("BTCUSDT"), ClientID: []byte("baton-t-1"), OrderID: 77,
				Side: market.Buy, Qty: dec("0.010"), Price: dec("100"), LastPrice: dec("100"), LastQty: dec("0.004"), Trade: 5}))
		},
		"it was accepted":         func(r *rig) { r.conns["api"].Send([]byte(`{"id":1,"status":200,"result":{}}`)) },
		"its cancel was accepted": func(r *rig) { r.must(r.cancel(1)); r.conns["api"].Send([]byte(`{"id":2,"status":200,"result":{}}`)) },
		"a query has found it": func(r *rig) {
			r.venueOrder("baton-t-1", market.StatusNew, "0")
			r.query(1)
		},
	} {
		t.Run(what, func(t *testing.T) {
			on(t, true, func(r *rig) {
				r.must(r.place(1))
				r.pass(10 * time.Millisecond)
				spoil(r)
				r.rest[wire.CallOrder] = noSuch(500) // so that no other query can settle it meanwhile
				r.pass(time.Minute)
				r.rest[wire.CallOrder] = noSuch(400)
				if rep := r.query(1); rep.Kind != market.ReportUnknown {
					t.Error(rep)
				}
			})
		})
	}
	t.Run("by a server's error", func(t *testing.T) {
		on(t, true, func(r *rig) {
			r.must(r.place(1))
			r.pass(time.Minute)
			r.rest[wire.CallOrder] = noSuch(500)
			rep, err := r.c.Query(r.co, r.btc(), 1)
			var said *binance.Error
			if !errors.As(r.failed(err), &said) || said.Status != 500 || rep.Kind != market.ReportUnknown {
				t.Error(rep, err)
			}
		})
	})
}

// A query that was sent before the barrier and answered behind it proves nothing.
func TestSlowQuery(t *testing.T) {
	on(t, true, func(r *rig) {
		r.must(r.place(1))
		r.pass(2 * time.Second)
		r.late = 3 * time.Second
		if rep := r.query(1); rep.Kind != market.ReportUnknown {
			t.Error(rep)
		}
		r.late = 0
		if rep := r.query(1); rep.Kind != market.ProvenAbsent {
			t.Error(rep)
		}
	})
}

// A query that fails is an error, and the report proves nothing.
func TestQueryFails(t *testing.T) {
	answers := map[string]func(r *rig){
		"lost":      func(r *rig) { r.lost = func(q *netio.Transit) bool { return q.Kind == netio.Ask } },
		"no answer": func(r *rig) { r.rest[wire.CallOrder] = func(*netio.Request) *netio.Response { return nil } },
		"html": func(r *rig) {
			r.rest[wire.CallOrder] = func(*netio.Request) *netio.Response { return ok([]byte("<html>")) }
		},
		"503": func(r *rig) {
			r.rest[wire.CallOrder] = func(*netio.Request) *netio.Response { return fault(503, wire.CodeUnknown) }
		},
		"other": func(r *rig) {
			r.venueOrder("baton-t-1", market.StatusNew, "0")
			good := r.rest[wire.CallOrder]
			r.rest[wire.CallOrder] = func(q *netio.Request) *netio.Response {
				q.Query = "origClientOrderId=baton-t-1"
				return good(q)
			}
		},
		"no status":   func(r *rig) { r.venueOrder("baton-t-2", market.StatusNone, "0") },
		"off the lot": func(r *rig) { r.venueOrder("baton-t-2", market.StatusNew, "0.0005") },
		"no trades": func(r *rig) {
			r.venueOrder("baton-t-2", market.StatusFilled, "0.010")
			r.rest[wire.CallUserTrades] = func(*netio.Request) *netio.Response { return fault(500, wire.CodeUnknown) }
		},
	}
	for what, set := range answers {
		t.Run(what, func(t *testing.T) {
			on(t, true, func(r *rig) {
				r.must(r.place(2))
				r.pass(time.Minute)
				set(r)
				rep, err := r.c.Query(r.co, r.btc(), 2)
				if r.failed(err); rep.Kind != market.ReportUnknown || rep.Fills != nil {
					t.Error(rep, err)
				}
			})
		})
	}
}

func TestAccount(t *testing.T) {
	on(t, true, func(r *rig) {
		r.rest[wire.CallOpenOrders] = func(*netio.Request) *netio.Response {
			o := wire.Order{Symbol: "BTCUSDT", ClientID: "baton-t-a", OrderID: 5, Side: market.Sell, Type: market.Limit, TIF: market.GTC, Status: market.StatusNew,
				Price: dec("100.1"), Qty: dec("0.010"), Filled: dec("0.002"), Time: t0, Updated: t0}
			foreign := o
			foreign.ClientID, foreign.OrderID = "web_1", 6
			return ok(wire.AppendOrders(nil, []wire.Order{o, foreign}))
		}
		a, err := r.c.Account(r.co)
		r.must(err)
		if len(a.Balances) != 1 || a.Balances[0] != (market.Balance{Asset: "USDT", Wallet: dec("1000")}) || len(a.Positions) != 1 ||
			a.Positions[0] != (market.Position{Instrument: r.btc(), Qty: -2, Entry: dec("100.5")}) || len(a.Orders) != 2 || a.Time == 0 {
			t.Errorf("%+v", a)
		}
		want := market.OpenOrder{Instrument: r.btc(), Order: 10, Venue: 5, ClientID: "baton-t-a", Side: market.Sell, Type: market.Limit, Px: 1001, Qty: 10, Filled: 2}
		if a.Orders[0] != want || a.Orders[1].Order != 0 || a.Orders[1].ClientID != "web_1" {
			t.Errorf("%+v", a.Orders)
		}
	})
}

// An account whose risk cannot be counted, or that could not be read whole, is an error and nothing else.
func TestAccountFails(t *testing.T) {
	position := func(symbol, side string) func(*netio.Request) *netio.Response {
		return func(*netio.Request) *netio.Response {
			return ok(wire.AppendPositions(nil, []wire.PositionRisk{{Symbol: symbol, PositionSide: side, PositionAmt: dec("1")}}))
		}
	}
	broken := func(*netio.Request) *netio.Response { return fault(500, wire.CodeUnknown) }
	for _, c := range []struct {
		call   wire.Call
		answer func(*netio.Request) *netio.Response
	}{
		{wire.CallPositions, position("BTCUSDT", "SIDEWAYS")}, {wire.CallPositions, position("ETHUSDT", "BOTH")},
		{wire.CallAccount, broken}, {wire.CallPositions, broken}, {wire.CallOpenOrders, broken},
	} {
		on(t, true, func(r *rig) {
			r.rest[c.call] = c.answer
			a, err := r.c.Account(r.co)
			if r.failed(err); a.Balances != nil || a.Positions != nil || a.Time != 0 {
				t.Error(a)
			}
		})
	}
}

func TestGuard(t *testing.T) {
	on(t, true, func(r *rig) {
		r.must(r.c.Guard(r.co, time.Second))
		if r.asked[wire.CallCountdown] != 0 {
			t.Error("nothing is open")
		}
		r.open()
		var armed []string
		r.rest[wire.CallCountdown] = func(q *netio.Request) *netio.Response {
			p, _ := wire.ParseQuery([]byte(q.Query), nil, nil)
			armed = append(armed, string(p.Value("symbol"))+" "+string(p.Value("countdownTime")))
			return ok(wire.AppendEmpty(nil))
		}
		for _, ttl := range []time.Duration{120 * time.Second, time.Microsecond, 0} {
			r.must(r.c.Guard(r.co, ttl))
		}
		if len(armed) != 3 || armed[0] != "BTCUSDT 120000" || armed[1] != "BTCUSDT 1" || armed[2] != "BTCUSDT 0" {
			t.Error(armed)
		}
		r.rest[wire.CallCountdown] = func(*netio.Request) *netio.Response { return fault(500, wire.CodeUnknown) }
		r.failed(r.c.Guard(r.co, time.Second))
	})
}

// After a 429 no request leaves before its time; a call can be given up while it waits.
func TestRequestsWaitForTheirTurn(t *testing.T) {
	on(t, true, func(r *rig) {
		r.rest[wire.CallOrder] = func(*netio.Request) *netio.Response {
			return &netio.Response{Status: 429, Header: [][2]string{{"Retry-After", "7"}}}
		}
		_, err := r.c.Query(r.co, r.btc(), 1)
		r.failed(err)
		at := r.loop.Now()
		err = aio.Timeout(r.co, time.Second, func(co *aio.Co, _ *aio.Scope) error { return r.c.Guard(co, 0) })
		r.must(err) // nothing is open
		err = aio.Timeout(r.co, time.Second, func(co *aio.Co, _ *aio.Scope) error { _, err := r.c.Account(co); return err })
		if !errors.Is(err, aio.ErrTimeout) || r.asked[wire.CallAccount] != 0 {
			t.Error(err)
		}
		_, err = r.c.Account(r.co)
		if r.must(err); r.loop.Now()-at < 6.9e9 {
			t.Error("asked again too early")
		}
	})
}
