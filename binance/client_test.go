package binance_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/wire"
	"baton/netio"
)

func TestDial(t *testing.T) {
	on(t, false, func(r *rig) {
		r.skew = 250 * 1e6
		r.dial()
		in := r.btc()
		if in.MakerFee != dec("0.0002") || in.TakerFee != dec("0.0005") || len(in.Brackets) != 1 || len(r.c.Instruments()) != 1 {
			t.Errorf("%+v", in)
		}
		if _, ok := r.c.Instrument("ETHUSDT"); ok {
			t.Error("an instrument that nobody trades")
		}
		if s := r.c.Stats(); s.Connects != 2 || s.Losses != 0 || s.Bad != 0 {
			t.Errorf("%+v", s)
		}
		if !r.keySeen {
			t.Error("the user stream was opened without its key")
		}
		r.c.Close()
		r.c.Close()
		r.pass(time.Minute)
		if r.conns["api"].Open() || r.conns["private"].Open() || r.opened["api"] != 1 || len(r.notes) != 0 {
			t.Error("close must close, once and for all", r.notes)
		}
	})
}

// Each step may fail. Its error says which, nothing stays open, and nothing secret is said.
func TestDialFails(t *testing.T) {
	bad := func(status int, body string) func(*netio.Request) *netio.Response {
		return func(q *netio.Request) *netio.Response {
			return &netio.Response{Status: status, Body: []byte(body + q.Query + key)}
		}
	}
	for what, set := range map[string]func(r *rig){
		"ask the time":            func(r *rig) { r.rest[wire.CallTime] = bad(500, "") },
		"read the instruments at": func(r *rig) { r.rest[wire.CallCommission] = bad(500, `{"code":-1000,"msg":"`+key+`"}`) },
		"leverageBracket":         func(r *rig) { r.rest[wire.CallBrackets] = func(*netio.Request) *netio.Response { return nil } },
		"-1000 ***": func(r *rig) {
			r.rest[wire.CallCommission] = func(*netio.Request) *netio.Response {
				return &netio.Response{Status: 500, Body: []byte(`{"code":-1000,"msg":"` + key + `"}`)}
			}
		},
		"does not trade DOGE":            func(r *rig) { r.cfg.Symbols = []string{"DOGE"} },
		"open the user stream at ws:":    func(r *rig) { r.rest[wire.CallStartListenKey] = bad(401, "") },
		"no such stream: /private":       func(r *rig) { r.refuse = true },
		"exchangeInfo: lost":             func(r *rig) { r.lost = func(q *netio.Transit) bool { return strings.Contains(q.Path, "exchangeInfo") } },
		"commissionRate: lost":           func(r *rig) { r.lost = func(q *netio.Transit) bool { return strings.Contains(q.Path, "commission") } },
		"open the connection for orders": func(r *rig) { r.cfg.API = "http://nowhere" },
		"use 1ms to 1m0s":                func(r *rig) { r.cfg.Window = 2 * time.Minute },
		"letters, digits":                func(r *rig) { r.cfg.Run = "a b" },
	} {
		t.Run(what, func(t *testing.T) {
			on(t, false, func(r *rig) {
				set(r)
				c, err := binance.Dial(r.co, r.net, r.cfg)
				if r.failed(err); c != nil || err == nil || !strings.Contains(err.Error(), what) {
					t.Errorf("%v, want %q", err, what)
				}
				r.pass(time.Minute)
				for root, conn := range r.conns {
					if conn.Open() {
						t.Error("left open:", root)
					}
				}
			})
		})
	}
}

// A group ends when its client is closed: no task of it is left.
func TestCloseEndsTasks(t *testing.T) {
	on(t, false, func(r *rig) {
		r.must(aio.Group(r.co, func(co *aio.Co) error {
			r.co = co
			r.dial()
			_, err := r.c.Open(r.btc(), r.ears)
			r.must(err)
			r.refuse = true // so that the streams are being dialled, with pauses
			r.pass(5 * time.Second)
			r.cut("api")
			r.pass(5 * time.Second)
			r.c.Close()
			return nil
		}))
		if past := r.loop.Now() - t0; past > 11e9 {
			t.Error("the group ended after", time.Duration(past))
		}
		if _, err := r.c.Open(r.btc(), r.ears); err == nil {
			t.Error("a closed client opens nothing")
		}
	})
}

// Close while a connection is being dialled, or in the same instant: it does not come to life afterwards.
func TestCloseWhileDialling(t *testing.T) {
	for past := time.Duration(0); past <= 4*time.Millisecond; past += 500 * time.Microsecond {
		on(t, true, func(r *rig) {
			_, err := r.c.Open(r.btc(), r.ears)
			r.must(err)
			r.pass(past)
			r.c.Close()
			r.pass(time.Minute)
			for root, conn := range r.conns {
				if conn.Open() {
					t.Error("left open:", root, "closed after", past)
				}
			}
			if _, err := r.c.Open(r.btc(), r.ears); err == nil {
				t.Error("a closed client opens nothing")
			}
			r.wantFeed("ended")
		})
	}
}

// A group that is cancelled ends the tasks, and leaves the connections to whoever winds up; no frame that comes then starts a
// task in a group that is over.
func TestCancelledGroup(t *testing.T) {
	on(t, false, func(r *rig) {
		stop := errors.New("stop")
		outer := r.co
		err := aio.Group(r.co, func(co *aio.Co) error {
			r.co = co
			r.dial()
			_, err := r.c.Open(r.btc(), r.ears)
			r.must(err)
			r.pass(time.Second)
			r.diff(false)
			r.pass(time.Second)
			return stop
		})
		r.co = outer
		if !errors.Is(err, stop) {
			t.Error(err)
		}
		r.order = accept
		r.diff(true)
		r.must(r.place(1))
		r.update("baton-t-1", 1, wire.ExecutionNew, "0", "0", 0)
		r.pass(time.Second)
		r.wantFeed("exact stale")
		r.want("update 1 NEW 0; place 1 accepted 0")
		r.user([]byte("{"))
		r.cut("private")
		r.cut("public")
		r.pass(time.Minute)
		r.c.Close()
		r.pass(time.Minute)
	})
}

// A connection that is lost is made again, ever more slowly while it does not last.
func TestReconnect(t *testing.T) {
	on(t, true, func(r *rig) {
		for range 5 { // it breaks as soon as it is made
			n := r.opened["api"]
			r.cut("api")
			for r.opened["api"] == n {
				r.pass(10 * time.Millisecond)
			}
			r.pass(10 * time.Millisecond)
		}
		if past := time.Duration(r.loop.Now() - t0); past < 4*time.Second {
			t.Error("five times within", past)
		}
		r.pass(time.Minute) // a good one
		at := r.loop.Now()
		r.cut("api")
		for r.opened["api"] == 6 {
			r.pass(10 * time.Millisecond)
		}
		if past := time.Duration(r.loop.Now() - at); past > 300*time.Millisecond {
			t.Error("after a good connection", past)
		}
		if s := r.c.Stats(); s.Losses != 6 || s.Connects < 7 {
			t.Errorf("%+v", s)
		}
	})
}

// A connection that breaks while its own dialling has just returned is not missed.
func TestLostAtOnce(t *testing.T) {
	on(t, true, func(r *rig) {
		r.refuse = true
		r.cut("private")
		r.pass(10 * time.Second)
		r.refuse = false
		first := true
		r.lost = func(q *netio.Transit) bool { // the first thing it says breaks it
			if q.Kind == netio.Frame && first {
				first = false
				return true
			}
			return false
		}
		n := r.opened["private"]
		for r.opened["private"] == n {
			r.pass(time.Millisecond)
		}
		r.user([]byte("{}"))
		r.pass(time.Minute)
		if r.opened["private"] != n+2 || !r.conns["private"].Open() {
			t.Error("opened", r.opened["private"]-n, "times")
		}
	})
}

// The listen key is kept alive, and replaced where it has gone.
func TestListenKeyUpkeep(t *testing.T) {
	on(t, true, func(r *rig) {
		r.pass(61 * time.Minute)
		if r.asked[wire.CallKeepListenKey] != 2 || r.asked[wire.CallTime] != 3 {
			t.Error(r.asked)
		}
		fail := true
		r.rest[wire.CallKeepListenKey] = func(*netio.Request) *netio.Response {
			if fail {
				fail = false
				return fault(500, wire.CodeDisconnected)
			}
			return fault(400, wire.CodeBadListenKey)
		}
		r.pass(32 * time.Minute)
		if r.opened["private"] != 2 || r.asked[wire.CallStartListenKey] != 2 || r.asked[wire.CallKeepListenKey] != 4 {
			t.Error("a key that is gone must be replaced", r.opened, r.asked)
		}
	})
}

// Whatever goes wrong, and whatever a server echoes, no secret is said.
func TestSecretsStayIn(t *testing.T) {
	on(t, true, func(r *rig) {
		echo := func(q *netio.Request) *netio.Response {
			body := fmt.Sprintf(`{"code":-1000,"msg":"you sent %s with %s on %s and %s"}`, q.Query, key, listenKey, password)
			return &netio.Response{Status: 500, Body: []byte(body)}
		}
		calls := func() {
			_, err := r.c.Query(r.co, r.btc(), 1)
			r.failed(err)
			_, err = r.c.Account(r.co)
			r.failed(err)
			_, _ = r.c.Open(r.btc(), r.ears)
			r.failed(r.c.Guard(r.co, time.Second))
		}
		for _, call := range []wire.Call{wire.CallOrder, wire.CallAccount, wire.CallCountdown, wire.CallStartListenKey, wire.CallKeepListenKey, wire.CallDepth} {
			r.rest[call] = echo
		}
		calls()
		r.order = func(id []byte, q *wire.Request) []byte {
			return wire.AppendFailure(nil, id, 400, &wire.APIError{Code: -1102, Msg: string(q.Params.Value("signature"))}, nil)
		}
		r.must(r.place(1))
		r.pass(time.Second)
		r.conns["private"].Close(1008, listenKey)
		r.cut("api")
		r.refuse = true
		r.pass(40 * time.Minute)
		r.lost = func(q *netio.Transit) bool { return q.Kind == netio.Ask }
		calls()
		r.lost = nil
		for call := range r.rest {
			r.rest[call] = func(*netio.Request) *netio.Response { return nil } // no answer in time
		}
		calls()
		if len(r.notes) < 10 || len(r.errs) != 9 {
			t.Error("too little was said to prove anything", r.notes, r.errs)
		}
	})
}

// A key that is short and no run of letters is hidden because it is known.
func TestShortKeyStaysIn(t *testing.T) {
	on(t, false, func(r *rig) {
		r.cfg.Key = "my-short-key"
		r.rest[wire.CallTime] = func(*netio.Request) *netio.Response {
			return &netio.Response{Status: 400, Body: []byte(`{"code":-2015,"msg":"my-short-key is not welcome, nor is ` + strings.Repeat("ab", 40) + `, and so on"}`)}
		}
		_, err := binance.Dial(r.co, r.net, r.cfg)
		const want = "GET /fapi/v1/time: status 400: -2015 *** is not welcome, nor is ***, and so on"
		if !strings.HasSuffix(r.failed(err).Error(), want) {
			t.Error(err)
		}
	})
}
