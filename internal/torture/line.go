package torture

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"baton/market"
	"baton/netio"
)

// The paths of Binance's face, as written in its documents.
const (
	pathAPI       = "/ws-fapi/v1"
	pathPrivate   = "/private"
	pathOrder     = "/fapi/v1/order"
	pathAlgo      = "/fapi/v1/algoOrder"
	pathListenKey = "/fapi/v1/listenKey"
	pathCountdown = "/fapi/v1/countdownCancelAll"
)

// effect is an incident that is going on.
type effect struct {
	Incident
	rng  *rand.Rand
	rate float64
	kind int    // of an incident that comes in several
	name string // which of the server's faults it is

	stalled map[string]bool         // N7: connections on which a message of ours was cut in two
	free    map[string]market.Nanos // N9: when the line will be free again
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
	w.note(t)
	w.obs.message(t)
	w.obs.step(part(t) == partMarket)
	for _, e := range w.active {
		if a := w.line(e, t); a != (netio.Action{}) {
			w.reach(e.ID)
			w.obs.gone(t, a)
			return a
		}
	}
	return netio.Action{}
}

// note remembers what some incidents need to know of a message.
func (w *world) note(t *netio.Transit) {
	if t.ToServer || t.Kind != netio.Frame {
		return
	}
	switch part(t) {
	case partUser:
		w.spoke[t.Path+t.Query] = w.l.Now()
	case partMarket:
		if w.has("W1") {
			w.last[t.Path+t.Query] = append(w.last[t.Path+t.Query][:0], t.Data...)
		}
	}
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
	case "N7":
		a = w.halved(e, t)
	case "N8":
		if !t.ToServer {
			a.Delay = time.Duration(w.start-w.l.Now()) + e.From + min(e.For, deafMost)
		}
	case "N9":
		a = w.narrow(e, t)
	case "E13":
		a = w.second(t)
	case "N6":
		a = w.trickle(e, t)
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

// second answers an order that the exchange has taken as if its first copy had: the answer to that is lost, and the second is refused.
func (w *world) second(t *netio.Transit) (a netio.Action) {
	if t.ToServer || part(t) != partAPI {
		return a
	}
	id := word(t.Data, `"id":`)
	s := w.twice[id]
	if s == nil {
		return a
	}
	if delete(w.twice, id); bytes.Contains(t.Data, []byte(`"status":200`)) {
		a.Verdict = netio.Drop
		w.l.CallSoon(func() {
			_ = s.c.Send(fmt.Appendf(nil, `{"id":%s,"status":400,"error":{"code":-4116,"msg":"ClientOrderId is duplicated."}}`, id)) // it may be gone
		})
	}
	return a
}

// trickle sends a frame of market data byte by byte.
func (w *world) trickle(e *effect, t *netio.Transit) (a netio.Action) {
	if part(t) != partMarket || t.ToServer || e.rng.Float64() >= e.rate {
		return a
	}
	for _, s := range w.seats(partMarket) {
		if s.line == t.Path+t.Query && s.c.Trickle(t.Data) == nil {
			a.Verdict = netio.Drop
		}
	}
	return a
}

// deafMost is how long we read nothing at most.
const deafMost = 4 * time.Second

// halved cuts a message of ours in two: nothing that follows on its connection arrives, which breaks when the incident is over.
func (w *world) halved(e *effect, t *netio.Transit) (a netio.Action) {
	if !t.ToServer || t.Kind != netio.Frame {
		return a
	}
	if e.stalled == nil {
		e.stalled = map[string]bool{}
	}
	if !e.stalled[t.Path] && e.rng.Float64() < e.rate {
		e.stalled[t.Path] = true
		w.l.CallAt(w.start+market.Nanos(e.From+e.For), func() {
			for _, s := range w.seats(part(&netio.Transit{Path: t.Path})) {
				s.c.Tear(nil)
			}
		})
	}
	if e.stalled[t.Path] {
		a.Verdict = netio.Drop
	}
	return a
}

// narrow delays what comes to us by what came before.
func (w *world) narrow(e *effect, t *netio.Transit) (a netio.Action) {
	if t.ToServer {
		return a
	}
	if e.free == nil {
		e.free = map[string]market.Nanos{}
	}
	at := max(e.free[t.Path], w.l.Now()) + market.Nanos(len(t.Data))*1e9/market.Nanos(2000+1000*e.kind)
	e.free[t.Path] = at
	a.Delay = time.Duration(at - w.l.Now())
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
	if refusal != nil {
		return nil, refusal
	}
	s := &seat{w: w, c: c, h: h, part: part(&netio.Transit{Path: r.Path}), line: r.Path + r.Query, born: w.l.Now()}
	w.taken = append(w.taken, s)
	delete(w.last, s.line)
	return s, nil
}

// nonsense is what comes on a user stream that has gone mad.
var nonsense = [...]string{
	`{"e":"SOMETHING_NEW","E":1,"o":{}}`, `{"e":"ORDER_TRADE_UPDATE","E":`, `[]`, `{"e":"ACCOUNT_UPDATE","E":"soon","a":7}`, "\x00\x01",
	`{"e":"ORDER_TRADE_UPDATE","E":1767225600000,"T":1767225600000,"o":{"s":"BTCUSDT","c":"baton-t-1","x":"WHAT","X":"EVER"}}`,
}

// babble sends some of it.
func (w *world) babble(e *effect) {
	for _, s := range w.seats(partUser) {
		if s.c.Send([]byte(nonsense[e.rng.IntN(len(nonsense))])) == nil {
			w.reach(e.ID)
		}
	}
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
