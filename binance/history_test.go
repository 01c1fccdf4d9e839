package binance_test

import (
	"fmt"
	"net/url"
	"strconv"
	"testing"
	"time"

	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// keepTrades has the server keep trades, and answer as Binance does: no more than seven days between two times, no time beside a
// number, pages of a thousand at most, oldest first.
func (r *rig) keepTrades(trades []wire.UserTrade) (asked *[]string) {
	asked = new([]string)
	r.rest[wire.CallUserTrades] = func(q *netio.Request) *netio.Response {
		v, err := url.ParseQuery(q.Query)
		r.must(err)
		number := func(name string) int64 {
			n, _ := strconv.ParseInt(v.Get(name), 10, 64)
			return n
		}
		*asked = append(*asked, fmt.Sprintf("from %d", number("fromId")))
		start, end, from := number("startTime"), number("endTime"), number("fromId")
		if end-start > 7*24*3600e3 || from != 0 && start+end != 0 {
			r.t.Errorf("the exchange refuses %s", q.Query)
			return fault(400, -4087)
		}
		var page []wire.UserTrade
		for _, t := range trades {
			at := wire.Millis(t.Time)
			if in := from != 0 && t.ID >= from || from == 0 && start <= at && at <= end; in && len(page) < int(number("limit")) {
				page = append(page, t)
			}
		}
		return ok(wire.AppendUserTrades(nil, page))
	}
	return asked
}

// TestTrades: all trades since a time, over weeks without any and over pages, each with the order that it is of.
func TestTrades(t *testing.T) {
	on(t, true, func(r *rig) {
		const n, begin = 2345, t0 - market.Nanos(30*24*time.Hour)
		var kept []wire.UserTrade
		for i := range int64(n) {
			kept = append(kept, wire.UserTrade{Symbol: "BTCUSDT", ID: 100 + i, OrderID: 7 + i%3, Side: market.Buy, Price: dec("100"), Qty: dec("0.002"), Quote: dec("1"),
				Commission: dec("0.01"), Asset: "USDT", Time: begin + i*int64(15*time.Minute)})
		}
		asked := r.keepTrades(kept)
		r.rest[wire.CallOrder] = func(q *netio.Request) *netio.Response {
			v, _ := url.ParseQuery(q.Query)
			name := map[string]string{"7": "baton-t-" + strconv.FormatInt(42, 36), "8": "web_abc"}[v.Get("orderId")]
			if name == "" {
				return fault(400, wire.CodeNoSuchOrder)
			}
			id, _ := strconv.ParseInt(v.Get("orderId"), 10, 64)
			return ok(wire.AppendOrder(nil, &wire.Order{Symbol: "BTCUSDT", ClientID: name, OrderID: id, Side: market.Buy, Type: market.Limit, TIF: market.GTC,
				Status: market.StatusFilled, Qty: dec("2"), Price: dec("100"), Filled: dec("2"), Time: t0, Updated: t0}))
		}
		fills, err := r.c.Trades(r.co, r.btc(), t0-market.Nanos(80*24*time.Hour))
		r.must(err)
		if len(fills) != n {
			t.Fatalf("%d trades of %d", len(fills), n)
		}
		for i, f := range fills {
			if want := []market.OrderID{42, 0, 0}[i%3]; f.Trade != int64(100+i) || f.Order != want || f.Qty != 2 || f.Instrument != r.btc() {
				t.Fatalf("%d: %+v, want order %d", i, f, want)
			}
		}
		if len(*asked) != 8+2 || r.asked[wire.CallOrder] != 3 { // seven weeks without, the eighth with a page, and two more
			t.Error(*asked, r.asked[wire.CallOrder])
		}
		*asked = nil
		fills, err = r.c.Trades(r.co, r.btc(), kept[n-1].Time-1e6)
		if r.must(err); len(fills) != 1 || fills[0].Trade != 100+n-1 {
			t.Error(len(fills), *asked)
		}
		fills, err = r.c.Trades(r.co, r.btc(), 0) // more than is kept is not asked for
		if r.must(err); len(fills) != n {
			t.Error(len(fills))
		}
		r.rest[wire.CallOrder] = func(*netio.Request) *netio.Response { return fault(500, wire.CodeUnknown) }
		if fills, err := r.c.Trades(r.co, r.btc(), begin); r.failed(err) != nil && fills != nil {
			t.Error("trades of which it is not known whose they are")
		}
	})
}
