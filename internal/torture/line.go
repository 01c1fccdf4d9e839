package torture

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"baton/netio"
)

// The paths of Binance's face, as written in its documents.
const (
	pathAPI       = "/ws-fapi/v1"
	pathPrivate   = "/private"
	pathOrder     = "/fapi/v1/order"
	pathListenKey = "/fapi/v1/listenKey"
	pathDepth     = "/fapi/v1/depth"
	pathCountdown = "/fapi/v1/countdownCancelAll"
)

// effect is an incident that is going on.
type effect struct {
	Incident
	rng  *rand.Rand
	rate float64
	kind int // of an incident that comes in several
}

// Which part of the line a message is on.
const (
	partMarket = iota
	partUser
	partAPI
	partREST
	parts
)

func part(t *netio.Transit) int {
	switch {
	case t.Kind != netio.Frame:
		return partREST
	case t.Path == pathAPI:
		return partAPI
	case strings.HasPrefix(t.Path, pathPrivate):
		return partUser
	}
	return partMarket
}

// judge sees every message as it is sent: the observer looks first, then the incidents that are going on have their way.
func (w *world) judge(t *netio.Transit) netio.Action {
	w.messages++
	w.hash(t)
	w.obs.message(t)
	w.obs.step()
	for _, e := range w.active {
		if a := w.line(e, t); a != (netio.Action{}) {
			w.reach(e.ID)
			w.obs.gone(t, a)
			return a
		}
	}
	return netio.Action{}
}

// line is what an incident does to a message.
func (w *world) line(e *effect, t *netio.Transit) (a netio.Action) {
	switch e.ID {
	case "N2":
		if e.rng.Float64() < e.rate {
			a.Verdict = netio.Cut
		}
	case "N4":
		if e.rng.Float64() < e.rate {
			a.Delay = time.Duration(100+e.rng.IntN(4900)) * time.Millisecond
		}
	case "N5":
		if (t.Kind == netio.Frame) == (e.kind%2 == 0) {
			a.Delay = time.Duration(200+e.rng.IntN(800)) * time.Millisecond
		}
	case "N11":
		if e.kind>>part(t)&1 == 1 {
			a.Verdict = netio.Cut
		}
	case "N20":
		if !t.ToServer {
			a.Verdict = netio.Drop
		}
	case "W10":
		s := symbols[e.kind%len(symbols)].symbol
		if t.Kind == netio.Frame && !t.ToServer && bytes.Contains(t.Data, []byte(`"depthUpdate"`)) && bytes.Contains(t.Data, []byte(`"`+s+`"`)) {
			a.Verdict = netio.Drop
		}
	}
	return a
}

// gate is the exchange's server as the network sees it: some incidents answer in its place.
type gate struct{ w *world }

// Serve passes a request on, or answers it.
func (g gate) Serve(r *netio.Request, answer func(*netio.Response)) {
	w := g.w
	for _, e := range w.active {
		switch {
		case e.ID == "E3" && e.rng.Float64() < 0.3:
			w.reach(e.ID)
			answer(page(403))
			return
		case e.ID == "E26" && r.Path == pathListenKey && e.rng.Float64() < 0.7:
			w.reach(e.ID)
			answer(&netio.Response{Status: 400, Body: []byte(`{"code":-1125,"msg":"This listenKey does not exist."}`)})
			return
		case e.ID == "E29" && r.Path == pathDepth && e.rng.Float64() < 0.7:
			w.reach(e.ID)
			answer(&netio.Response{Status: 503, Body: []byte(`{"code":-1001,"msg":"Internal error; unable to process your request. Please try again."}`)})
			return
		case e.ID == "N16" && e.rng.Float64() < 0.4:
			w.reach(e.ID)
			w.srv.Serve(r, func(*netio.Response) { answer(page(200)) })
			return
		}
	}
	w.srv.Serve(r, func(res *netio.Response) {
		if r.Path == pathCountdown && res.Status == 200 {
			w.obs.armed(r)
		}
		answer(res)
	})
}

func page(status int) *netio.Response {
	return &netio.Response{Status: status, Header: [][2]string{{"Content-Type", "text/html"}}, Body: []byte("<html><body>welcome</body></html>")}
}

// Accept passes a handshake on, unless that part of the line is down.
func (g gate) Accept(r *netio.Request, c *netio.Conn) (netio.Handler, *netio.Response) {
	w := g.w
	for _, e := range w.active {
		if e.ID == "N11" && e.kind>>part(&netio.Transit{Path: r.Path})&1 == 1 {
			return nil, page(502)
		}
	}
	h, refusal := w.srv.Accept(r, c)
	if refusal == nil && strings.HasPrefix(r.Path, pathPrivate) {
		w.users = append(slices.DeleteFunc(w.users, func(c *netio.Conn) bool { return !c.Open() }), c)
	}
	return h, refusal
}

// nonsense is what comes on a user stream that has gone mad.
var nonsense = [...]string{
	`{"e":"SOMETHING_NEW","E":1,"o":{}}`, `{"e":"ORDER_TRADE_UPDATE","E":`, `[]`, `{"e":"ACCOUNT_UPDATE","E":"soon","a":7}`, "\x00\x01",
	`{"e":"ORDER_TRADE_UPDATE","E":1767225600000,"T":1767225600000,"o":{"s":"BTCUSDT","c":"baton-t-1","x":"WHAT","X":"EVER"}}`,
}

// babble sends some of it, and goes on while the incident does.
func (w *world) babble(e *effect) {
	if !slices.Contains(w.active, e) {
		return
	}
	for _, c := range w.users {
		if c.Open() && c.Send([]byte(nonsense[e.rng.IntN(len(nonsense))])) == nil {
			w.reach(e.ID)
		}
	}
	w.l.CallLater(time.Duration(100+e.rng.IntN(900))*time.Millisecond, func() { w.babble(e) })
}

// flap breaks everything each 200 ms while the incident goes on.
func (w *world) flap(e *effect) {
	if !slices.Contains(w.active, e) {
		return
	}
	w.reach(e.ID)
	w.breaker.Cut()
	w.l.CallLater(100*time.Millisecond, w.breaker.Restore)
	w.l.CallLater(200*time.Millisecond, func() { w.flap(e) })
}
