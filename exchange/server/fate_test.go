package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/binance/wire"
	"baton/exchange/server"
	"baton/market"
)

// answered is what each fault answers to an order that opens: the HTTP status, a part of the answer, and whether the order lives
// (0: it does not, 1: it does, 2: as often as not).
var answered = map[string]struct {
	status int
	text   string
	lives  int
	rest   bool // of REST alone
}{
	"429": {429, "-1003", 0, false}, "403": {403, "<html>", 0, true}, "html": {200, "<html>", 2, true}, "504": {504, "<html>", 2, true},
	"503-unavailable": {503, wire.TextServiceUnavailable, 0, false}, "503-internal": {503, "-1001", 0, false}, "busy": {503, "-1008", 0, false},
	"503-unknown": {503, wire.TextUnknownError, 1, false}, "503-unexpected": {503, "-1006", 2, false}, "408": {408, "-1007", 2, false},
	"500-unknown": {500, "-1000", 2, false}, "quant-rule": {400, "-4400", 0, false}, "large-position": {400, "-4401", 0, false},
	"cooling-off": {400, "-4192", 0, false}, "margin-short": {400, "-2019", 0, false}, "bracket": {400, "-2027", 0, false},
	"post-only": {400, "-5022", 0, false}, "side-mismatch": {400, "-4061", 0, false}, "418": {418, "banned until", 0, false},
}

func TestAnswersByChance(t *testing.T) {
	for name, want := range answered {
		t.Run(name, func(t *testing.T) {
			cfg := synthetic()
			cfg.Chances = []server.Chance{{Name: name, Probability: 1}}
			run(t, cfg, func(co *aio.Co, r *rig) error {
				const n = 12
				for k := range n {
					resp, err := r.place(co, limit(market.Buy, "59000", "0.01", market.GTX, fmt.Sprint("r", k)))
					if err != nil {
						return err
					}
					if resp.Status != want.status || !strings.Contains(string(resp.Body), want.text) {
						t.Errorf("%d %s", resp.Status, resp.Body)
					}
				}
				lives(t, r, n, want.lives)
				if r.s.Happened(name) == 0 {
					t.Error("it was not counted")
				}
				if want.rest {
					return nil
				}
				return byAPI(co, t, r, want.status, want.text)
			})
		})
	}
}

// lives checks how many of n orders the exchange has.
func lives(t *testing.T, r *rig, n, want int) {
	t.Helper()
	got := len(r.s.Exchange().AppendOpen(nil, mustAccount(t, r), -1))
	if ok := [...]bool{got == 0, got == n, got > 0 && got < n}[want]; !ok {
		t.Errorf("%d of %d orders live", got, n)
	}
}

// byAPI sends the same order by the WebSocket API.
func byAPI(co *aio.Co, t *testing.T, r *rig, status int, text string) error {
	h := &heard{}
	c, err := r.dial(co, "/ws-fapi/v1", h)
	if err != nil {
		return err
	}
	if err := c.Send(r.signer.AppendPlace(nil, 17, limit(market.Buy, "59000", "0.01", market.GTX, "w"), wire.Stamp{Time: co.Now()})); err != nil {
		return err
	}
	if err := h.next(co, 1); err != nil {
		return err
	}
	if err := co.Sleep(1e9); err != nil {
		return err
	}
	if len(h.frames) != 1 || !strings.HasPrefix(h.frames[0], fmt.Sprintf(`{"id":17,"status":%d,`, status)) || !strings.Contains(h.frames[0], text) {
		t.Errorf("the WebSocket API answered %q", h.frames)
	}
	return nil
}

// TestReducingPasses: what the venue's throttle and its rules let pass.
func TestReducingPasses(t *testing.T) {
	for _, name := range []string{"busy", "quant-rule", "large-position", "cooling-off", "margin-short", "bracket", "post-only"} {
		cfg := synthetic()
		cfg.Chances = []server.Chance{{Name: name, Probability: 1}}
		run(t, cfg, func(co *aio.Co, r *rig) error {
			o := limit(market.Buy, "59000", "0.01", market.GTC, "x")
			o.ReduceOnly = true
			resp, err := r.place(co, o)
			if err != nil {
				return err
			}
			if !strings.Contains(string(resp.Body), "-2022") { // the exchange itself: there is nothing to reduce
				t.Errorf("%s: %d %s", name, resp.Status, resp.Body)
			}
			return nil
		})
	}
}

// TestQueriesByChance: what queries hear.
func TestQueriesByChance(t *testing.T) {
	cfg := synthetic()
	run(t, cfg, func(co *aio.Co, r *rig) error {
		set := func(name string, p float64, wait time.Duration) {
			t.Helper()
			if err := r.s.SetChance(server.Chance{Name: name, Probability: p, Wait: wait}); err != nil {
				t.Fatal(err)
			}
		}
		ask := func(path, query string) string {
			t.Helper()
			resp, err := r.get(co, "GET", path, query)
			if err != nil {
				t.Fatal(err)
			}
			return string(resp.Body)
		}
		set("stale-snapshot", 1, 0)
		ask("/fapi/v1/depth", "symbol=BTCUSDT&limit=5")
		before := ask("/fapi/v1/depth", "symbol=BTCUSDT&limit=5")
		if err := co.Sleep(5e9); err != nil {
			return err
		}
		if again := ask("/fapi/v1/depth", "symbol=BTCUSDT&limit=5"); again != before {
			t.Error("a snapshot that is not the one before", again, before)
		}
		set("stale-snapshot", 0, 0)
		if again := ask("/fapi/v1/depth", "symbol=BTCUSDT&limit=5"); again == before {
			t.Error("the old snapshot without the fault")
		}
		set("snapshot-429", 1, 0)
		if got := ask("/fapi/v1/depth", "symbol=BTCUSDT&limit=5"); !strings.Contains(got, "-1003") {
			t.Error(got)
		}
		if _, err := r.place(co, limit(market.Buy, "61000", "0.01", market.IOC, "a")); err != nil {
			return err
		}
		set("trades-lag", 1, 2*time.Second)
		for k, want := range []int{0, 1} {
			resp, err := r.signed(co, "GET", "/fapi/v1/userTrades", &wire.Args{Symbol: "BTCUSDT"})
			if err != nil {
				return err
			}
			if n := min(strings.Count(string(resp.Body), `"orderId"`), 1); n != want {
				t.Errorf("after %d waits: %s", k, resp.Body)
			}
			if err := co.Sleep(3e9); err != nil {
				return err
			}
		}
		if _, err := r.user(co); err != nil {
			return err
		}
		set("key-refused", 1, 0)
		resp, err := r.get(co, "PUT", "/fapi/v1/listenKey", "")
		if err == nil && !strings.Contains(string(resp.Body), "-1125") {
			t.Error(string(resp.Body))
		}
		return err
	})
}

// TestWrongFrames: what the venue itself says wrong.
func TestWrongFrames(t *testing.T) {
	hear := func(name, path string, n int) []string {
		cfg := synthetic()
		cfg.Chances = []server.Chance{{Name: name, Probability: 1, Wait: 2 * time.Second}}
		var frames []string
		run(t, cfg, func(co *aio.Co, r *rig) error {
			h := &heard{}
			if _, err := r.dial(co, path, h); err != nil {
				return err
			}
			for len(h.frames) < n && co.Now() < start+20e9 {
				if err := co.Sleep(1e9); err != nil {
					return err
				}
				if h.closed { // what is no UTF-8 ends a connection
					h.closed = false
					if _, err := r.dial(co, path, h); err != nil {
						return err
					}
				}
			}
			frames = h.frames
			return nil
		})
		if len(frames) < n {
			t.Fatalf("%s: %d frames", name, len(frames))
		}
		return frames
	}
	codec := wire.NewCodec(instruments()[0])
	var q market.Quote
	if err := codec.DecodeBookTicker([]byte(hear("crossed-book", "/public/ws/btcusdt@bookTicker", 1)[0]), &q); err != nil || q.Bid != q.Ask {
		t.Errorf("%v %+v", err, q)
	}
	locked := 0
	for _, f := range hear("crossed-book", "/public/ws/btcusdt@depth@100ms", 10) {
		var d market.Diff
		if err := codec.DecodeDepth([]byte(f), &d); err != nil {
			t.Error(err, f)
		}
		if len(d.Asks) > 0 && d.Bids[0].Px == d.Asks[0].Px {
			locked++
		}
	}
	if locked == 0 {
		t.Error("no locked book")
	}
	for name, want := range map[string]string{"zero-price": `"b":"0.00"`, "negative-quantity": `"B":"-`} {
		if f := hear(name, "/public/ws/btcusdt@bookTicker", 1)[0]; !strings.Contains(f, want) {
			t.Errorf("%s: %s", name, f)
		}
	}
	for name, want := range map[string]string{"zero-price": `"p":"0.00"`, "negative-quantity": `"q":"-`} {
		if f := hear(name, "/market/ws/btcusdt@aggTrade", 1)[0]; !strings.Contains(f, want) {
			t.Errorf("%s: %s", name, f)
		}
	}
	kinds := map[string]bool{}
	for _, f := range hear("garbage", "/public/ws/btcusdt@bookTicker", 12) {
		var q market.Quote
		err := codec.DecodeBookTicker([]byte(f), &q)
		kinds[fmt.Sprint(err != nil, len(f) < 60, strings.Contains(f, "SOMETHING_NEW"), strings.Contains(f, `"zz"`))] = true
	}
	if len(kinds) < 3 {
		t.Error("too few kinds of garbage:", kinds)
	}
}

// TestOverfill: the user stream says that more was filled than was ordered.
func TestOverfill(t *testing.T) {
	cfg := synthetic()
	cfg.Chances = []server.Chance{{Name: "overfill", Probability: 1}}
	run(t, cfg, func(co *aio.Co, r *rig) error {
		u, err := r.user(co)
		if err != nil {
			return err
		}
		if _, err := r.place(co, limit(market.Buy, "61000", "0.01", market.IOC, "a")); err != nil {
			return err
		}
		if err := co.Sleep(1e9); err != nil {
			return err
		}
		for _, f := range u.frames {
			var e wire.OrderUpdate
			if wire.DecodeOrderUpdate([]byte(f), &e) == nil && e.Execution == wire.ExecutionTrade && e.Filled.Cmp(e.Qty) > 0 {
				return nil
			}
		}
		t.Errorf("no overfill in %v", u.frames)
		return nil
	})
}

// TestConnectionsByChance: silent streams, lost acks of subscriptions, answers that nobody asked for or that overtake each other.
func TestConnectionsByChance(t *testing.T) {
	run(t, synthetic(), func(co *aio.Co, r *rig) error {
		if err := r.s.SetChance(server.Chance{Name: "subscribe-lost", Probability: 1}); err != nil {
			return err
		}
		h := &heard{}
		c, err := r.dial(co, "/public/ws", h)
		if err != nil {
			return err
		}
		if err := c.Send([]byte(`{"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":1}`)); err != nil {
			return err
		}
		if err := co.Sleep(2e9); err != nil {
			return err
		}
		if len(h.frames) == 0 || strings.Contains(strings.Join(h.frames, ""), `"result"`) {
			t.Errorf("%d frames, the ack among them", len(h.frames))
		}
		if err := r.s.SetChance(server.Chance{Name: "stream-silent", Probability: 1}); err != nil {
			return err
		}
		n := len(h.frames)
		if err := co.Sleep(2e9); err != nil {
			return err
		}
		if len(h.frames) != n || r.s.Happened("stream-silent") == 0 {
			t.Error("the stream is not silent")
		}
		return nil
	})
	for name, want := range map[string]string{"ack-unknown": "nobody-asked-this 1 2", "ack-reorder": "2 1", "ack-twice": "1 1 2 2"} {
		cfg := synthetic()
		cfg.Chances = []server.Chance{{Name: name, Probability: 1}}
		run(t, cfg, func(co *aio.Co, r *rig) error {
			h := &heard{}
			c, err := r.dial(co, "/ws-fapi/v1", h)
			if err != nil {
				return err
			}
			for id := range int64(2) {
				if err := c.Send(r.signer.AppendPlace(nil, id+1, limit(market.Buy, "59000", "0.01", market.GTX, fmt.Sprint("w", id)), wire.Stamp{Time: co.Now()})); err != nil {
					return err
				}
			}
			if err := co.Sleep(2e9); err != nil {
				return err
			}
			var ids []string
			for _, f := range h.frames {
				id, _, _ := strings.Cut(strings.TrimPrefix(f, `{"id":`), ",")
				ids = append(ids, strings.Trim(id, `"`))
			}
			if got := strings.Join(ids, " "); got != want && got != "nobody-asked-this 1 nobody-asked-this 2" {
				t.Errorf("%s: answers %q, want %q", name, got, want)
			}
			return nil
		})
	}
}

// TestSlowStream: market data comes late, whole and in order.
func TestSlowStream(t *testing.T) {
	hear := func(p float64) (frames []string) {
		cfg := synthetic()
		if p > 0 {
			cfg.Chances = []server.Chance{{Name: "slow-stream", Probability: p, Wait: 2 * time.Second}}
		}
		run(t, cfg, func(co *aio.Co, r *rig) error {
			h := &heard{}
			if _, err := r.dial(co, "/public/ws/btcusdt@bookTicker", h); err != nil {
				return err
			}
			if err := co.Sleep(1900e6); err != nil {
				return err
			}
			if p == 1 && len(h.frames) > 0 {
				t.Error("nothing was late")
			}
			err := co.Sleep(10e9)
			frames = h.frames
			return err
		})
		return frames
	}
	plain, late := hear(0), hear(1)
	if len(late) < 20 || len(late) >= len(plain) || strings.Join(late, "") != strings.Join(plain[:len(late)], "") {
		t.Errorf("%d late frames of %d", len(late), len(plain))
	}
	if some := hear(0.05); len(some) < 20 || strings.Join(some, "") != strings.Join(plain[:len(some)], "") {
		t.Errorf("%d frames of %d, some late", len(some), len(plain))
	}
}
