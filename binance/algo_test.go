package binance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// stop is a protective stop, and amendment a new version of order 1.
func (r *rig) stop(id market.OrderID) error {
	return r.c.Send(&market.Command{Op: market.OpPlace, ID: id, Instrument: r.btc(), Side: market.Sell, Type: market.StopMarket, Trigger: 990,
		Working: market.MarkPrice, ClosePosition: true})
}

func (r *rig) amendment(revision int32) error {
	return r.c.Send(&market.Command{Op: market.OpAmend, ID: 1, Instrument: r.btc(), Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: 999, Qty: 12, Revision: revision})
}

func (r *rig) drop(id market.OrderID) error {
	return r.c.Send(&market.Command{Op: market.OpCancel, ID: id, Instrument: r.btc(), Side: market.Sell, Type: market.StopMarket})
}

// own are a request's parameters, without those that every request has.
func own(p wire.Params) string {
	var s []string
	for _, x := range p {
		switch string(x.Name) {
		case "apiKey", "signature", "timestamp", "recvWindow":
		default:
			s = append(s, string(x.Name)+"="+string(x.Value))
		}
	}
	return strings.Join(s, " ")
}

// What leaves for a conditional order and an amendment; the test's exchange checks every signature.
func TestAlgoAndAmend(t *testing.T) {
	on(t, true, func(r *rig) {
		var seen []string
		r.order = func(id []byte, q *wire.Request) []byte {
			seen = append(seen, string(q.Method)+" "+own(q.Params))
			return accept(id, q)
		}
		r.must(r.place(1))
		r.must(r.amendment(3))
		r.must(r.stop(9))
		r.must(r.drop(9))
		r.pass(time.Second)
		r.user([]byte(`{"e":"ALGO_UPDATE","T":1,"E":2,"o":{"caid":"baton-t-9","aid":7,"s":"BTCUSDT","q":"0","X":"TRIGGERED","ai":"77","tp":"99.0","p":"0"}}`))
		r.pass(time.Second)
		r.must(r.drop(9)) // it is an ordinary order by now
		r.pass(time.Second)
		r.want("place 1 accepted 0; amend 1 accepted 0; place 9 accepted 0; cancel 9 accepted 0; update 9 NEW 0; cancel 9 accepted 0")
		want := []string{
			"order.modify modifyId=3 origClientOrderId=baton-t-1 price=99.9 quantity=0.012 side=BUY symbol=BTCUSDT",
			"algoOrder.place algoType=CONDITIONAL symbol=BTCUSDT side=SELL type=STOP_MARKET clientAlgoId=baton-t-9 triggerPrice=99 closePosition=true workingType=MARK_PRICE",
			"algoOrder.cancel clientAlgoId=baton-t-9",
			"order.cancel orderId=77 symbol=BTCUSDT",
		}
		if got := strings.Join(seen[1:], "\n"); got != strings.Join(want, "\n") {
			t.Error(got)
		}
	})
}

// The same by REST, where the connection for orders is down.
func TestAlgoAndAmendByREST(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = accept
		r.must(r.place(1))
		r.pass(time.Second)
		var seen []string
		for call, answer := range map[wire.Call]string{
			wire.CallAmend: `{"orderId":5}`, wire.CallPlaceAlgo: `{"algoId":7}`, wire.CallCancelAlgo: `{"algoId":7,"clientAlgoId":"baton-t-9","code":"200","msg":"success"}`,
		} {
			r.rest[call] = func(q *netio.Request) *netio.Response {
				seen = append(seen, q.Method+" "+q.Path)
				return ok([]byte(answer))
			}
		}
		r.refuse = true
		r.cut("api")
		r.pass(10 * time.Millisecond)
		r.lines = nil
		r.must(r.amendment(1))
		r.must(r.stop(9))
		r.must(r.drop(9))
		r.pass(time.Second)
		r.want("amend 1 accepted 0; place 9 accepted 0; cancel 9 accepted 0")
		if got := strings.Join(seen, "; "); got != "PUT /fapi/v1/order; POST /fapi/v1/algoOrder; DELETE /fapi/v1/algoOrder" {
			t.Error(got)
		}
	})
}

// The refusals that only conditional orders and amendments get prove that nothing was done.
func TestAlgoRefusals(t *testing.T) {
	for _, code := range []int{-4120, -4045, -4130, -2021, -4509, -4137} {
		on(t, true, func(r *rig) {
			r.order = func(id []byte, _ *wire.Request) []byte {
				return fmt.Appendf(nil, `{"id":%s,"status":400,"error":{"code":%d,"msg":"no"}}`, id, code)
			}
			r.must(r.stop(9))
			r.pass(time.Second)
			r.want(fmt.Sprintf("place 9 refused %d", code))
		})
	}
	for _, code := range []int{-5027, -5026, -5043, -5024, -2013, -5047} {
		on(t, true, func(r *rig) {
			r.order = func(id []byte, _ *wire.Request) []byte {
				return fmt.Appendf(nil, `{"id":%s,"status":400,"error":{"code":%d,"msg":"no"}}`, id, code)
			}
			r.must(r.amendment(1))
			r.pass(time.Second)
			r.want(fmt.Sprintf("amend 1 refused %d", code))
		})
	}
}

// waits answers for a conditional order that the exchange has.
func waits(status, order string) func(*netio.Request) *netio.Response {
	return func(*netio.Request) *netio.Response {
		return ok(fmt.Appendf(nil, `{"algoId":7,"clientAlgoId":"baton-t-9","symbol":"BTCUSDT","algoStatus":%q,"actualOrderId":%q,"orderType":"STOP_MARKET","side":"SELL","quantity":"0.010","price":"0","triggerPrice":"99.0"}`, status, order))
	}
}

// A conditional order is asked for where it is: "no such order" of the ordinary ones says nothing about it.
func TestQueryAlgo(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = accept
		r.must(r.stop(9))
		r.pass(time.Minute)
		r.rest[wire.CallAlgo] = waits("NEW", "")
		if rep := r.query(9); rep.Kind != market.Found || rep.Algo != market.AlgoNew || rep.Status != market.StatusNew || rep.AlgoID != 7 || rep.Qty != 10 || !rep.Settled {
			t.Errorf("%+v", rep)
		}
		if n := r.asked[wire.CallOrder]; n != 0 {
			t.Error("an ordinary order of that id was asked for", n)
		}
		r.rest[wire.CallAlgo] = waits("TRIGGERED", "77")
		if _, err := r.c.Query(r.co, r.btc(), 9); err == nil {
			t.Error("what it became is not known to the exchange, and that was taken for an answer")
		}
		r.rest[wire.CallOrder] = func(*netio.Request) *netio.Response {
			return ok(wire.AppendOrder(nil, &wire.Order{Symbol: "BTCUSDT", ClientID: "venue-made-this", OrderID: 77, Side: market.Sell, Type: market.Market,
				Status: market.StatusNew, Qty: dec("0.010")}))
		}
		if rep := r.query(9); rep.Kind != market.Found || rep.Algo != market.AlgoTriggered || rep.Venue != 77 || rep.Status != market.StatusNew {
			t.Errorf("%+v", rep)
		}
		r.rest[wire.CallAlgo] = waits("CANCELED", "")
		if rep := r.query(9); rep.Status != market.StatusCanceled || rep.Algo != market.AlgoCanceled {
			t.Errorf("%+v", rep)
		}
	})
}

// An order of an earlier process may be of either kind: both id spaces are asked, and both lists, before it counts as absent.
func TestInheritedOfEitherKind(t *testing.T) {
	on(t, true, func(r *rig) {
		at := r.loop.Now()
		r.c.Inherit(r.btc(), 9, at, at)
		r.pass(time.Minute)
		r.rest[wire.CallAlgo] = waits("NEW", "")
		if rep := r.query(9); rep.Kind != market.Found || rep.Algo != market.AlgoNew {
			t.Errorf("%+v", rep)
		}
	})
	on(t, true, func(r *rig) {
		at := r.loop.Now()
		r.c.Inherit(r.btc(), 9, at, at)
		r.pass(time.Minute)
		r.rest[wire.CallAllAlgos] = func(*netio.Request) *netio.Response {
			return ok([]byte(`[{"algoId":7,"clientAlgoId":"baton-t-9","symbol":"BTCUSDT","algoStatus":"NEW"}]`))
		}
		if rep := r.query(9); rep.Kind != market.ReportUnknown {
			t.Errorf("the list of conditional orders names it, and it is %+v", rep)
		}
		delete(r.rest, wire.CallAllAlgos)
		if rep := r.query(9); rep.Kind != market.ProvenAbsent {
			t.Errorf("nothing names it, and it is %+v", rep)
		}
		if r.asked[wire.CallAlgo] != 2 || r.asked[wire.CallAllAlgos] != 2 {
			t.Error(r.asked[wire.CallAlgo], r.asked[wire.CallAllAlgos])
		}
	})
}

// An amendment that was not answered may still arrive until its window is over; until then no report is the last word.
func TestAmendmentSettles(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = accept
		r.must(r.place(1))
		r.pass(time.Second)
		r.rest[wire.CallOrder] = func(*netio.Request) *netio.Response {
			return ok(wire.AppendOrder(nil, &wire.Order{Symbol: "BTCUSDT", ClientID: "baton-t-1", OrderID: 5, Side: market.Buy, Type: market.Limit, TIF: market.GTC,
				Status: market.StatusNew, Price: dec("100"), Qty: dec("0.010"), ModifyID: 2}))
		}
		if rep := r.query(1); !rep.Settled || rep.Px != 1000 || rep.Qty != 10 || rep.Revision != 2 {
			t.Errorf("never amended: %+v", rep)
		}
		r.order = func([]byte, *wire.Request) []byte { return nil }
		r.must(r.amendment(3))
		if rep := r.query(1); rep.Settled {
			t.Error("an amendment is on its way")
		}
		r.pass(2400 * time.Millisecond)
		if rep := r.query(1); rep.Settled {
			t.Error("its window is not over")
		}
		r.pass(200 * time.Millisecond)
		if rep := r.query(1); !rep.Settled {
			t.Error("its window is over")
		}
	})
}

// Both kinds of open orders are in the account.
func TestAccountHasAlgos(t *testing.T) {
	on(t, true, func(r *rig) {
		r.rest[wire.CallOpenAlgos] = func(*netio.Request) *netio.Response {
			return ok([]byte(`[{"algoId":7,"clientAlgoId":"baton-t-9","symbol":"BTCUSDT","algoStatus":"NEW","orderType":"STOP_MARKET","side":"SELL","quantity":"0","price":"0","triggerPrice":"99.0","closePosition":true}]`))
		}
		a, err := r.c.Account(r.co)
		r.must(err)
		want := market.OpenOrder{Instrument: r.btc(), Order: 9, AlgoID: 7, ClientID: "baton-t-9", Side: market.Sell, Type: market.StopMarket, Trigger: 990, Reduces: true}
		if len(a.Orders) != 1 || a.Orders[0] != want {
			t.Errorf("%+v", a.Orders)
		}
		r.rest[wire.CallOpenAlgos] = func(*netio.Request) *netio.Response { return fault(500, wire.CodeUnknown) }
		_, err = r.c.Account(r.co)
		r.failed(err)
	})
}

// What is asked for over and over and needs more request weight than there is, a person hears of, once; a start that asks a few times
// in quick succession is none.
func TestTooMuchIsAskedFor(t *testing.T) {
	for pause, told := range map[time.Duration]int{time.Second: 1, 10 * time.Second: 0} {
		on(t, true, func(r *rig) {
			r.open()
			for range 3 {
				_, err := r.c.Account(r.co)
				r.must(err)
			}
			r.notes = nil
			for range 20 {
				_, err := r.c.Account(r.co)
				r.must(err)
				r.pass(pause)
			}
			n := 0
			for _, note := range r.notes {
				if strings.Contains(note, "comparing the account and renewing") {
					n++
				}
			}
			if n != told {
				t.Errorf("every %s: told %d times, want %d: %q", pause, n, told, r.notes)
			}
		})
	}
}
