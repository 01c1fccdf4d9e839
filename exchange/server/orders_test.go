package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange/face"
	"baton/exchange/server"
	"baton/market"
)

// user opens the user stream.
func (r *rig) user(co *aio.Co) (*heard, error) {
	resp, err := r.get(co, "POST", "/fapi/v1/listenKey", "")
	if err != nil {
		return nil, err
	}
	text, err := wire.DecodeListenKey(resp.Body)
	if err != nil {
		return nil, err
	}
	h := &heard{}
	_, err = r.dial(co, "/private/ws/"+text, h)
	return h, err
}

func kindsOf(frames []string) string {
	var kinds []string
	for _, f := range frames {
		switch p, _ := wire.Peek([]byte(f)); p.Kind {
		case wire.KindOrder:
			var u wire.OrderUpdate
			if err := wire.DecodeOrderUpdate([]byte(f), &u); err != nil {
				kinds = append(kinds, err.Error())
				continue
			}
			kinds = append(kinds, u.Execution.String())
		case wire.KindTradeLite:
			kinds = append(kinds, "lite")
		case wire.KindAccount:
			kinds = append(kinds, "account")
		default:
			kinds = append(kinds, f)
		}
	}
	return strings.Join(kinds, " ")
}

func limit(side market.Side, px, qty string, tif market.TIF, id string) *wire.Place {
	return &wire.Place{Symbol: "BTCUSDT", Side: side, Type: market.Limit, TIF: tif, ClientID: []byte(id),
		Price: decimal.MustParse(px), Qty: decimal.MustParse(qty)}
}

func TestOrdersTakeTheirTimeThereAndBack(t *testing.T) {
	run(t, synthetic(), func(co *aio.Co, r *rig) error {
		u, err := r.user(co)
		if err != nil {
			return err
		}
		before := co.Now()
		resp, err := r.place(co, limit(market.Buy, "59000", "0.01", market.GTC, "a1"))
		if err != nil {
			return err
		}
		if took := time.Duration(co.Now() - before); took < 6*time.Millisecond || took > 6500*time.Microsecond {
			t.Errorf("the answer took %s; want 3 ms and a jitter of at most 250 us each way", took)
		}
		if resp.Status != 200 || !strings.Contains(string(resp.Body), `"status":"NEW"`) || strings.Contains(string(resp.Body), "avgPrice") {
			t.Errorf("%d %s", resp.Status, resp.Body)
		}
		if _, err = r.signed(co, "DELETE", "/fapi/v1/order", &wire.Args{Symbol: "BTCUSDT", ClientID: "a1"}); err != nil {
			return err
		}
		if _, err = r.place(co, limit(market.Buy, "61000", "0.01", market.IOC, "a2")); err != nil {
			return err
		}
		if err := co.Sleep(1e9); err != nil {
			return err
		}
		if got := kindsOf(u.frames); !strings.HasPrefix(got, "NEW CANCELED NEW lite TRADE account") {
			t.Errorf("the user stream brought %q", got)
		}
		if resp, err = r.signed(co, "GET", "/fapi/v3/positionRisk", &wire.Args{}); err != nil {
			return err
		}
		rows, err := wire.DecodePositions(resp.Body)
		if err != nil || len(rows) != 1 || rows[0].PositionAmt != decimal.MustParse("0.01") {
			t.Errorf("positions %s (%v)", resp.Body, err)
		}
		return nil
	})
}

func TestWebSocketAPI(t *testing.T) {
	run(t, synthetic(), func(co *aio.Co, r *rig) error {
		h := &heard{}
		c, err := r.dial(co, "/ws-fapi/v1", h)
		if err != nil {
			return err
		}
		stamp := wire.Stamp{Time: co.Now()}
		frames := [][]byte{
			r.signer.AppendPlace(nil, 17, limit(market.Buy, "59000", "0.01", market.GTX, "b1"), stamp),
			r.signer.AppendStatus(nil, 18, &wire.Ref{Symbol: "BTCUSDT", ClientID: []byte("b1")}, stamp),
			r.signer.AppendCancel(nil, 19, &wire.Ref{Symbol: "BTCUSDT", ClientID: []byte("b1")}, stamp),
			r.signer.AppendCancel(nil, 20, &wire.Ref{Symbol: "BTCUSDT", ClientID: []byte("b1")}, stamp),
			[]byte(`{"id":"x-1","method":"session.status"}`),
		}
		for _, f := range frames {
			if err := c.Send(f); err != nil {
				return err
			}
		}
		if err := h.next(co, len(frames)); err != nil {
			return err
		}
		want := []string{
			`{"id":17,"status":200,"result":{"orderId":`,
			`{"id":18,"status":200,"result":{"orderId":`,
			`{"id":19,"status":200,"result":{"orderId":`,
			`{"id":20,"status":400,"error":{"code":-2011,"msg":"Unknown order sent."}`,
			`{"id":"x-1","status":200,"result":{"apiKey":null,`,
		}
		for i := range want {
			if !strings.HasPrefix(h.frames[i], want[i]) {
				t.Errorf("answer %d: %s", i, h.frames[i])
			}
		}
		if !strings.Contains(h.frames[0], `"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":300,"count":1`) {
			t.Errorf("no order count in %s", h.frames[0])
		}
		return nil
	})
}

// fault parses what a test relies on.
func fault(t *testing.T, text string) server.Fault {
	t.Helper()
	f, err := server.ParseFault(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFaults(t *testing.T) {
	listen := func(co *aio.Co, r *rig, path string) (*heard, error) {
		h := &heard{}
		_, err := r.dial(co, path, h)
		return h, err
	}
	quotes := func(t *testing.T, faults ...server.Fault) (frames []string, closed bool, st server.Stats) {
		cfg := synthetic()
		cfg.Faults = faults
		run(t, cfg, func(co *aio.Co, r *rig) error {
			h, err := listen(co, r, "/public/ws/btcusdt@bookTicker")
			if err != nil {
				return err
			}
			err = co.Sleep(2e9)
			frames, closed, st = h.frames, h.closed, r.s.Stats()
			return err
		})
		return frames, closed, st
	}
	plain, _, _ := quotes(t)
	if len(plain) < 20 {
		t.Fatalf("only %d quotes", len(plain))
	}
	t.Run("drop-frame", func(t *testing.T) {
		got, _, st := quotes(t, fault(t, "drop-frame:bookTicker:10"))
		want := append(append([]string{}, plain[:9]...), plain[10:]...)
		if fmt.Sprint(got) != fmt.Sprint(want) || st.Dropped != 1 {
			t.Errorf("%d frames of %d; %d dropped", len(got), len(plain), st.Dropped)
		}
	})
	t.Run("cut", func(t *testing.T) {
		got, closed, _ := quotes(t, fault(t, "cut:bookTicker:10"))
		if len(got) != 9 || !closed {
			t.Errorf("%d frames, closed %v", len(got), closed)
		}
	})
	t.Run("lose-ack", func(t *testing.T) {
		cfg := synthetic()
		cfg.Faults = []server.Fault{fault(t, "lose-ack:2")}
		run(t, cfg, func(co *aio.Co, r *rig) error {
			for i := range 3 {
				_, err := r.place(co, limit(market.Buy, "59000", "0.01", market.GTC, fmt.Sprint("c", i)))
				if lost := err != nil; lost != (i == 1) {
					t.Errorf("order %d: %v", i, err)
				}
			}
			orders := r.s.Exchange().AppendOpen(nil, mustAccount(t, r), -1)
			if len(orders) != 3 || r.s.Stats().Placements != 3 {
				t.Errorf("%d orders rest, %d placements", len(orders), r.s.Stats().Placements)
			}
			return nil
		})
	})
	t.Run("delay-ack", func(t *testing.T) {
		cfg := synthetic()
		cfg.Faults = []server.Fault{fault(t, "delay-ack:200")}
		run(t, cfg, func(co *aio.Co, r *rig) error {
			u, err := r.user(co)
			if err != nil {
				return err
			}
			before := co.Now()
			if _, err := r.place(co, limit(market.Buy, "59000", "0.01", market.GTC, "d")); err != nil {
				return err
			}
			if took := time.Duration(co.Now() - before); took < 206*time.Millisecond || len(u.frames) != 1 {
				t.Errorf("the answer took %s, with %d user events before it", took, len(u.frames))
			}
			return nil
		})
	})
}

func mustAccount(t *testing.T, r *rig) int {
	t.Helper()
	a, ok := r.s.Account("me")
	if !ok {
		t.Fatal("there is no account")
	}
	return a
}

// TestSameSeedSameFrames: what a client sees is a function of the seed.
func TestSameSeedSameFrames(t *testing.T) {
	see := func(seed uint64) string {
		cfg := synthetic()
		cfg.Seed = seed
		var all strings.Builder
		run(t, cfg, func(co *aio.Co, r *rig) error {
			u, err := r.user(co)
			if err != nil {
				return err
			}
			h := &heard{}
			if _, err := r.dial(co, "/public/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker/btcusdt@depth5@500ms", h); err != nil {
				return err
			}
			for i := range 20 {
				if _, err := r.place(co, limit(market.Buy, "60100", "0.01", market.IOC, fmt.Sprint("e", i))); err != nil {
					return err
				}
				if err := co.Sleep(100e6); err != nil {
					return err
				}
			}
			all.WriteString(strings.Join(h.frames, "\n"))
			all.WriteString(strings.Join(u.frames, "\n"))
			return nil
		})
		return all.String()
	}
	a, b, c := see(7), see(7), see(8)
	if a != b {
		t.Error("the same seed gave other frames")
	}
	if a == c {
		t.Error("another seed gave the same frames")
	}
}

func TestSyntheticDepthIsAChain(t *testing.T) {
	for _, speed := range []string{"@0ms", "@100ms", "", "@500ms"} {
		run(t, synthetic(), func(co *aio.Co, r *rig) error {
			k := newChain(instruments()[0])
			if _, err := r.dial(co, "/public/ws/btcusdt@depth"+speed, &heard{on: k.depth}); err != nil {
				return err
			}
			if err := co.Sleep(700e6); err != nil {
				return err
			}
			if err := k.sync(co, r); err != nil {
				return err
			}
			if err := co.Sleep(5e9); err != nil {
				return err
			}
			if k.gaps != 0 || k.n < 8 || k.err != nil {
				t.Errorf("speed %q: %d diffs, %d gaps, error %v", speed, k.n, k.gaps, k.err)
			}
			if speed == "@0ms" && !k.book.Equal(r.s.Book("BTCUSDT")) {
				t.Error("the client's book is not the exchange's")
			}
			return nil
		})
	}
}

func TestAListenKeyExpires(t *testing.T) {
	run(t, synthetic(), func(co *aio.Co, r *rig) error {
		u, err := r.user(co)
		if err != nil {
			return err
		}
		if err := co.Sleep(59 * time.Minute); err != nil || len(u.frames) != 0 {
			return fmt.Errorf("%w %v", err, u.frames)
		}
		if err := co.Sleep(2 * time.Minute); err != nil {
			return err
		}
		if len(u.frames) != 1 || !strings.Contains(u.frames[0], `"e":"listenKeyExpired"`) || u.closed {
			t.Errorf("after 61 minutes: %v", u.frames)
		}
		if r.s.Stats().Frames[face.User] != 1 {
			t.Errorf("stats %+v", r.s.Stats())
		}
		resp, err := r.get(co, "PUT", "/fapi/v1/listenKey", "")
		if err == nil && !strings.Contains(string(resp.Body), "-1125") {
			t.Errorf("keeping an expired listenKey alive: %s", resp.Body)
		}
		return err
	})
}
