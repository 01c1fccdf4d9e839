package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"baton/aio"
	"baton/binance/wire"
	"baton/exchange/server"
	"baton/market"
	"baton/netio"
)

// queries are what an account asks for before and after a restart.
var queries = []struct{ path, query string }{
	{"/fapi/v1/allOrders", "BTCUSDT"}, {"/fapi/v1/userTrades", "BTCUSDT"}, {"/fapi/v1/income", ""}, {"/fapi/v1/openOrders", "BTCUSDT"},
	{"/fapi/v1/allAlgoOrders", "BTCUSDT"}, {"/fapi/v1/openAlgoOrders", ""},
}

// answers asks all of them.
func (r *rig) answers(co *aio.Co, t *testing.T) (out []string) {
	t.Helper()
	for _, q := range queries {
		resp, err := r.signed(co, "GET", q.path, &wire.Args{Symbol: q.query})
		if err != nil || resp.Status != 200 {
			t.Fatalf("%s: %v %+v", q.path, err, resp)
		}
		out = append(out, string(resp.Body))
	}
	return out
}

// TestRestart: after a restart queries answer as before, open orders have the numbers that they had, and no number is used twice.
func TestRestart(t *testing.T) {
	for _, clean := range []bool{true, false} {
		var kept, history []byte
		var before []string
		var order, trade, income int64
		run(t, synthetic(), func(co *aio.Co, r *rig) error {
			if err := trades(co, r); err != nil {
				return err
			}
			before = r.answers(co, t)
			order, trade, income = highest(before[0], "orderId"), highest(before[1], "id"), highest(before[2], "tranId")
			st := r.s.State()
			st.Clean = clean
			var err error
			if kept, err = json.Marshal(st); err != nil {
				return err
			}
			history, err = json.Marshal(r.s.History())
			return err
		})
		if order == 0 || trade == 0 || income == 0 || len(before[4]) < 10 || len(before[5]) < 10 {
			t.Fatal("too little happened", before)
		}
		cfg := synthetic()
		if err := json.Unmarshal(kept, &cfg.State); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(history, &cfg.History); err != nil {
			t.Fatal(err)
		}
		run(t, cfg, func(co *aio.Co, r *rig) error {
			for k, after := range r.answers(co, t) {
				if same(after) != same(before[k]) {
					t.Errorf("%s\nbefore %s\nafter  %s", queries[k].path, before[k], after)
				}
			}
			if err := co.Sleep(2e9); err != nil {
				return err
			}
			if err := trades(co, r); err != nil {
				return err
			}
			after := r.answers(co, t)
			for k, name := range []string{"orderId", "id", "tranId"} {
				if repeated(after[k], name) {
					t.Errorf("a %s is used twice: %s", name, after[k])
				}
			}
			if highest(after[0], "orderId") <= order || highest(after[1], "id") <= trade || highest(after[2], "tranId") <= income {
				t.Error("the numbers do not go on")
			}
			if gone := highest(after[0], "orderId") > order+900_000; gone == clean {
				t.Errorf("clean %v: numbers go on from %d to %d", clean, order, highest(after[0], "orderId"))
			}
			return r.s.Exchange().Check()
		})
	}
}

// trades does a bit of everything.
func trades(co *aio.Co, r *rig) error {
	id := func(n int) string { return fmt.Sprint("t", co.Now()/1e6, "-", n) }
	for n, o := range []*wire.Place{limit(market.Buy, "61000", "0.05", market.IOC, id(0)), limit(market.Buy, "59000", "0.01", market.GTC, id(1)),
		limit(market.Buy, "58900", "0.01", market.GTC, id(2)), limit(market.Sell, "59500", "0.02", market.IOC, id(3))} {
		if resp, err := r.place(co, o); err != nil || resp.Status != 200 {
			return fmt.Errorf("order %d: %w %s", n, err, resp.Body)
		}
	}
	if _, err := r.signed(co, "DELETE", "/fapi/v1/order", &wire.Args{Symbol: "BTCUSDT", ClientID: id(2)}); err != nil {
		return err
	}
	for _, px := range []string{"50000", "49000"} {
		q := fmt.Sprintf("algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&triggerPrice=%s&quantity=0.01&clientAlgoId=a%s%d&timestamp=%d", px, px, co.Now()/1e6, co.Now()/1e6)
		q += "&signature=" + string(r.signer.AppendSignature(nil, []byte(q)))
		if resp, err := r.get(co, "POST", "/fapi/v1/algoOrder", q); err != nil || resp.Status != 200 {
			return fmt.Errorf("%w %s", err, resp.Body)
		}
	}
	var args []server.AlgoState
	for _, a := range r.s.State().Accounts {
		args = append(args, a.Algos...)
	}
	if len(args) == 0 {
		return fmt.Errorf("no conditional order waits")
	}
	q := fmt.Sprintf("algoId=%d&timestamp=%d", args[len(args)-1].Algo.ID, co.Now()/1e6)
	q += "&signature=" + string(r.signer.AppendSignature(nil, []byte(q)))
	if resp, err := r.get(co, "DELETE", "/fapi/v1/algoOrder", q); err != nil || resp.Status != 200 {
		return fmt.Errorf("%w %s", err, resp.Body)
	}
	return nil
}

// numbers are the values of a field in a list of rows.
func numbers(body, name string) (list []int64) {
	for _, part := range strings.Split(body, `"`+name+`":`)[1:] {
		var n int64
		_, _ = fmt.Sscanf(strings.Trim(part, `"`), "%d", &n)
		list = append(list, n)
	}
	return list
}

func highest(body, name string) (n int64) {
	for _, v := range numbers(body, name) {
		n = max(n, v)
	}
	return n
}

func repeated(body, name string) bool {
	seen := map[int64]bool{}
	for _, v := range numbers(body, name) {
		if seen[v] {
			return true
		}
		seen[v] = true
	}
	return false
}

// same leaves out what a restart changes: when an order was last touched.
func same(body string) string {
	var rows []map[string]any
	if json.Unmarshal([]byte(body), &rows) != nil {
		return body
	}
	for _, r := range rows {
		delete(r, "updateTime")
	}
	b, _ := json.Marshal(rows)
	return string(b)
}

// TestHistoryIsEachAccountsOwn: whatever the crowd and others do, an account finds its own last orders.
func TestHistoryIsEachAccountsOwn(t *testing.T) {
	cfg := synthetic()
	cfg.Exchange.KeepOrders = 5
	cfg.Keys = []server.Key{{APIKey: "k2", Secret: "s2", Account: "busy", Deposit: key.Deposit}}
	run(t, cfg, func(co *aio.Co, r *rig) error {
		for k := range 3 {
			if _, err := r.place(co, limit(market.Buy, "59000", "0.01", market.IOC, fmt.Sprint("mine", k))); err != nil {
				return err
			}
		}
		other := wire.NewSigner("k2", []byte("s2"))
		for k := range 20 {
			q := string(other.AppendSignedPlace(nil, limit(market.Buy, "59000", "0.01", market.IOC, fmt.Sprint("o", k)), wire.Stamp{Time: co.Now()}))
			if resp, err := r.n.Doer("http://"+r.addr).Do(co, &netio.Request{Method: "POST", Path: "/fapi/v1/order", Query: q, Header: [][2]string{{wire.HeaderKey, "k2"}}}); err != nil || resp.Status != 200 {
				return fmt.Errorf("%w %s", err, resp.Body)
			}
		}
		if err := co.Sleep(60e9); err != nil {
			return err
		}
		resp, err := r.signed(co, "GET", "/fapi/v1/allOrders", &wire.Args{Symbol: "BTCUSDT"})
		if err == nil && strings.Count(string(resp.Body), "mine") != 3 {
			t.Errorf("%s", resp.Body)
		}
		a, _ := r.s.Account("busy")
		if n := len(r.s.Exchange().AppendOrders(nil, a, -1)); n != 5 {
			t.Errorf("the other account has %d orders", n)
		}
		return err
	})
}

// TestConnectionsAreBounded: one too many is refused, and there is room again when one ends.
func TestConnectionsAreBounded(t *testing.T) {
	run(t, synthetic(), func(co *aio.Co, r *rig) error {
		var first *netio.Conn
		for n := range 4097 {
			c, err := r.dial(co, "/private/ws", &heard{on: func([]byte) {}})
			if n == 0 {
				first = c
			}
			if (err != nil) != (n == 4096) {
				t.Fatalf("connection %d: %v", n, err)
			}
		}
		first.Close(1000, "")
		if err := co.Sleep(1e9); err != nil {
			return err
		}
		_, err := r.dial(co, "/private/ws", &heard{on: func([]byte) {}})
		return err
	})
}
