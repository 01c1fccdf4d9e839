package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/server"
	"baton/market"
)

// sees is what an observer finds while a scenario goes on, in a few words.
var sees = map[string]struct {
	during string // what is seen at once, or within two seconds
	after  string // what is seen once it is over
}{
	"filter-change":    {"tick 1 step 0.002 notional 100", "tick 0.1 step 0.001 notional 50"},
	"halt":             {"status BREAK, own 0, order -1122", "status TRADING, own 0, order ok"},
	"close-only":       {"status PRE_SETTLE, own 0, order -4140", "status TRADING, own 0, order ok"},
	"delisting":        {"status CLOSE, own 0, order -4141", "status TRADING, own 0, order ok"},
	"mark-stall":       {"marks 0", "marks 2"},
	"mark-apart":       {"mark 0.9 of the last", "mark 1.0 of the last"},
	"funding-jump":     {"rate 0.003", "rate 0.0001"},
	"funding-interval": {"every 1 h", "every 8 h"},
	"outage":           {"order -1001, cancel -1001, query ok", "order ok, cancel ok, query ok"},
	"cancel-only":      {"order -1000, cancel ok, query ok", "order ok, cancel ok, query ok"},
	"maintenance":      {"order -1000, cancel -1000, query -1000", "order ok, cancel ok, query ok"},
	"clock-drift":      {"order -1021, cancel -1021, query -1021", "order ok, cancel ok, query ok"},
	"rest-down":        {"time 502", "time 200"},
	"api-down":         {"api closed, public open, private open", "api open, public open, private open"},
	"market-down":      {"api open, public closed, private open", "api open, public open, private open"},
	"user-down":        {"api open, public open, private closed", "api open, public open, private open"},
}

// TestScenarios: each scenario shows while it goes on, and not afterwards.
func TestScenarios(t *testing.T) {
	for _, name := range server.Scenarios() {
		want, ok := sees[name.Name]
		if !ok {
			continue // seen in tests of their own
		}
		t.Run(name.Name, func(t *testing.T) {
			run(t, synthetic(), func(co *aio.Co, r *rig) error {
				if _, err := r.place(co, limit(market.Buy, "59000", "0.01", market.GTC, "rests")); err != nil {
					return err
				}
				if err := co.Sleep(2e9); err != nil {
					return err
				}
				if err := r.s.Stage(server.Scenario{Name: name.Name, At: time.Second, For: 20 * time.Second}); err != nil {
					return err
				}
				if err := co.Sleep(2e9); err != nil || len(r.s.Running()) != 1 {
					return fmt.Errorf("%v is running (%w)", r.s.Running(), err)
				}
				if got := r.observe(co, t, want.during); got != want.during {
					t.Errorf("during: %s, want %s", got, want.during)
				}
				if err := co.Sleep(40e9); err != nil {
					return err
				}
				if got := r.observe(co, t, want.after); got != want.after {
					t.Errorf("after: %s, want %s", got, want.after)
				}
				if r.s.Happened(name.Name) != 1 || len(r.s.Running()) != 0 {
					t.Error(r.s.Happened(name.Name), r.s.Running())
				}
				return r.s.Exchange().Check()
			})
		})
	}
}

// observe finds what a text speaks of.
func (r *rig) observe(co *aio.Co, t *testing.T, of string) string {
	t.Helper()
	x := r.s.Exchange()
	what, _, _ := strings.Cut(of, " ")
	switch what {
	case "tick":
		in := x.Rules(0)
		return fmt.Sprintf("tick %s step %s notional %s", in.Tick, in.Lot, in.MinNotional)
	case "status":
		own := len(x.AppendOpen(nil, mustAccount(t, r), -1))
		return fmt.Sprintf("status %s, own %d, order %s", x.Rules(0).Status, own, r.code(co, t, "POST"))
	case "marks":
		n := 0
		for range 2 {
			before := x.MarkNow(0).Event
			if err := co.Sleep(1e9); err != nil {
				t.Fatal(err)
			}
			if x.MarkNow(0).Event != before {
				n++
			}
		}
		return fmt.Sprint("marks ", n)
	case "mark":
		return fmt.Sprintf("mark %.1f of the last", x.MarkNow(0).Mark.Float64()/x.Instruments()[0].Price(x.Last(0).Px).Float64())
	case "rate":
		return "rate " + x.MarkNow(0).Rate.String()
	case "every":
		return fmt.Sprintf("every %d h", x.Funding(0).Hours)
	case "order":
		return fmt.Sprintf("order %s, cancel %s, query %s", r.code(co, t, "POST"), r.code(co, t, "DELETE"), r.code(co, t, "GET"))
	case "time":
		resp, err := r.get(co, "GET", "/fapi/v1/time", "")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint("time ", resp.Status)
	}
	var states []string
	for name, path := range map[string]string{"api": "/ws-fapi/v1", "public": "/public/ws/btcusdt@bookTicker", "private": "/private/ws"} {
		state := "open"
		if _, err := r.dial(co, path, &heard{}); err != nil {
			state = "closed"
		}
		states = append(states, name+" "+state)
	}
	order := map[string]int{"a": 0, "pu": 1, "pr": 2}
	out := make([]string, 3)
	for _, s := range states {
		k := s[:2]
		if k[0] == 'a' {
			k = "a"
		}
		out[order[k]] = s
	}
	return strings.Join(out, ", ")
}

// code is the error of a call about an order, or "ok".
func (r *rig) code(co *aio.Co, t *testing.T, method string) string {
	t.Helper()
	args := &wire.Args{Symbol: "BTCUSDT", ClientID: "rests"}
	query := string(r.signer.AppendSigned(nil, args, wire.Stamp{Time: co.Now()}))
	if method == "POST" {
		r.placed++
		query = string(r.signer.AppendSignedPlace(nil, limit(market.Buy, "59000", "0.01", market.GTC, fmt.Sprint("o", r.placed)), wire.Stamp{Time: co.Now()}))
	}
	if method == "DELETE" && r.placed > 1 {
		query = string(r.signer.AppendSigned(nil, &wire.Args{Symbol: "BTCUSDT", ClientID: fmt.Sprint("o", r.placed)}, wire.Stamp{Time: co.Now()}))
	}
	resp, err := r.get(co, method, "/fapi/v1/order", query)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Status == 200 {
		return "ok"
	}
	if e, ok := wire.DecodeError(resp.Body); ok {
		return fmt.Sprint(e.Code)
	}
	return string(resp.Body)
}

// TestMarketScenarios: a crash and a cascade, in a market that had no plan.
func TestMarketScenarios(t *testing.T) {
	for name, fall := range map[string]float64{"flash-crash": 0.015, "liquidation-cascade": 0.005} {
		run(t, synthetic(), func(co *aio.Co, r *rig) error {
			if err := co.Sleep(5e9); err != nil {
				return err
			}
			x := r.s.Exchange()
			before := x.Last(0).Px
			if err := r.s.Stage(server.Scenario{Name: name, At: time.Second, Strength: 1.2}); err != nil {
				return err
			}
			low := before
			for range 100 {
				if err := co.Sleep(1e9); err != nil {
					return err
				}
				low = min(low, x.Last(0).Px)
			}
			if got := 1 - float64(low)/float64(before); got < fall {
				t.Errorf("%s: the price fell by %.4f only", name, got)
			}
			if len(r.s.Running()) != 0 {
				t.Error(r.s.Running())
			}
			return x.Check()
		})
	}
	tp, _ := tape(t, false)
	run(t, server.Config{Tape: tp}, func(_ *aio.Co, r *rig) error {
		if err := r.s.Stage(server.Scenario{Name: "flash-crash"}); err == nil || len(r.s.Running()) != 0 {
			t.Error("a recorded market crashes", err)
		}
		return nil
	})
}

// TestScenariosRefused: what cannot be staged, and that one of the same name is replaced.
func TestScenariosRefused(t *testing.T) {
	run(t, synthetic(), func(co *aio.Co, r *rig) error {
		for _, bad := range []server.Scenario{{Name: "nonsense"}, {Name: "halt", At: -1}, {Name: "halt", Symbol: "NONE"}, {Name: "halt", Strength: 99},
			{Name: "halt", Strength: -1}, {Name: "halt", For: 1e18}} {
			if err := r.s.Stage(bad); err == nil {
				t.Errorf("%+v", bad)
			}
		}
		for range 3 {
			if err := r.s.Stage(server.Scenario{Name: "halt", Symbol: "BTCUSDT"}); err != nil {
				t.Error(err)
			}
		}
		if got := r.s.Running(); len(got) != 1 || got[0].String() != "halt of BTCUSDT at 0s for 0s, strength 1" {
			t.Error(got)
		}
		if !r.s.EndScenario("halt") || r.s.EndScenario("halt") || r.s.Exchange().Rules(0).Status != "TRADING" {
			t.Error("it did not end once")
		}
		return nil
	})
}

// TestVenueByChance: scenarios begin by chance, one at a time, and end.
func TestVenueByChance(t *testing.T) {
	cfg := synthetic()
	cfg.Chances = []server.Chance{{Name: "filter-change", Probability: 0.5, Wait: 2 * time.Second}, {Name: "halt", Probability: 0.2, Wait: time.Second}}
	run(t, cfg, func(co *aio.Co, r *rig) error {
		if err := co.Sleep(60e9); err != nil {
			return err
		}
		if n, m := r.s.Happened("filter-change"), r.s.Happened("halt"); n < 8 || n > 30 || m < 3 || m > 30 || r.s.Stats().Faults != n+m {
			t.Error(n, m, r.s.Stats().Faults)
		}
		for _, name := range []string{"filter-change", "halt"} {
			if err := r.s.SetChance(server.Chance{Name: name}); err != nil {
				return err
			}
		}
		if err := co.Sleep(5e9); err != nil {
			return err
		}
		if in := r.s.Exchange().Rules(0); in.Status != "TRADING" || in.Tick != decimal.MustParse("0.1") {
			t.Errorf("%+v", in)
		}
		return nil
	})
}

// TestByHand: what an owner does at the venue's own page; the account's stream tells of it.
func TestByHand(t *testing.T) {
	run(t, synthetic(), func(co *aio.Co, r *rig) error {
		u, err := r.user(co)
		if err != nil {
			return err
		}
		if _, err := r.place(co, limit(market.Buy, "59000", "0.01", market.GTC, "c")); err != nil {
			return err
		}
		for _, what := range []string{"cancel", "mode"} {
			if err := r.s.ByHand("me", what); err != nil {
				t.Error(err)
			}
		}
		if a, _ := r.s.Exchange().Account(mustAccount(t, r)); !a.Hedge {
			t.Error("the mode did not change")
		}
		for _, what := range []string{"order", "order", "order"} {
			if err := r.s.ByHand("me", what); err != nil {
				t.Error(err)
			}
		}
		for _, bad := range [][2]string{{"me", "mode"}, {"me", "cancel"}, {"me", "dance"}, {"you", "order"}} {
			if err := r.s.ByHand(bad[0], bad[1]); err == nil {
				t.Error(bad)
			}
		}
		if err := co.Sleep(1e9); err != nil {
			return err
		}
		if got := strings.Join(u.frames, "\n"); !strings.Contains(got, `"c":"web_1"`) || strings.Count(got, "TRADE_LITE") < 3 {
			t.Error(got)
		}
		return nil
	})
}

// TestIdleClose: a user stream without traffic is closed, one with traffic is not.
func TestIdleClose(t *testing.T) {
	run(t, synthetic(), func(co *aio.Co, r *rig) error {
		u, err := r.user(co)
		if err != nil {
			return err
		}
		for k, want := range []bool{false, true} {
			if err := co.Sleep(90 * time.Second); err != nil {
				return err
			}
			if err := r.s.Stage(server.Scenario{Name: "idle-close"}); err != nil {
				return err
			}
			if err := co.Sleep(time.Second); err != nil || u.closed != want {
				t.Errorf("after %d looks the stream is closed: %v (%v)", k+1, u.closed, err)
			}
		}
		return nil
	})
}

// TestRulesByCommand: filters and status by command stay, and a scenario that ends gives them back.
func TestRulesByCommand(t *testing.T) {
	run(t, synthetic(), func(co *aio.Co, r *rig) error {
		h := &heard{}
		if _, err := r.dial(co, "/market/ws/!contractInfo", h); err != nil {
			return err
		}
		if err := r.s.SetFilters("BTCUSDT", exchange.Filters{Tick: decimal.MustParse("0.5")}); err != nil {
			return err
		}
		if err := r.s.Stage(server.Scenario{Name: "filter-change", For: time.Second}); err != nil {
			return err
		}
		if err := co.Sleep(3e9); err != nil {
			return err
		}
		resp, err := r.get(co, "GET", "/fapi/v1/exchangeInfo", "")
		if err != nil || !strings.Contains(string(resp.Body), `"tickSize":"0.5"`) {
			t.Errorf("%v %.3000s", err, resp.Body)
		}
		if got := r.code(co, t, "POST"); got != "ok" {
			t.Error(got)
		}
		if resp, err := r.place(co, limit(market.Buy, "59000.1", "0.01", market.GTC, "x")); err != nil || !strings.Contains(string(resp.Body), "-4014") {
			t.Errorf("%v %s", err, resp.Body)
		}
		if err := r.s.SetStatus("BTCUSDT", "TRADING_HALT"); err != nil {
			return err
		}
		for _, err := range []error{r.s.SetStatus("BTCUSDT", "ODD"), r.s.SetStatus("NONE", "TRADING"), r.s.SetFilters("NONE", exchange.Filters{}),
			r.s.SetFilters("BTCUSDT", exchange.Filters{Tick: decimal.MustParse("0.03")})} {
			if err == nil {
				t.Error("it was taken")
			}
		}
		if err := co.Sleep(1e9); err != nil {
			return err
		}
		if len(h.frames) != 4 || !strings.Contains(h.frames[3], `"cs":"TRADING_HALT"`) {
			t.Error(h.frames)
		}
		return nil
	})
}
