package torture

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"baton/decimal"
	"baton/exchange/server"
	"baton/market"
	"baton/netio"
	"baton/netio/ws"
)

// deed is how a fault is made that is neither a thing of single messages (see line.go) nor of the disk: what happens when it begins,
// again and again while it goes on, and when the last of its kind ends. Each part may be missing.
type deed struct {
	begin func(w *world, e *effect)
	again func(w *world, e *effect) // each 100 to 1000 ms, until the incident is over
	end   func(w *world)
}

// deeds by the fault's id.
var deeds = map[string]deed{
	"N1": {begin: func(w *world, e *effect) {
		w.reach(e.ID)
		w.listener.Close()
		w.breaker.Cut()
		w.breaker.Restore()
	}, end: (*world).listen},
	"N10": {begin: (*world).flap, end: func(w *world) { w.breaker.Restore() }},
	"W1":  {again: (*world).shred},
	"W2":  {again: (*world).flood},
	"W5":  {again: misspeaks(oversized)},
	"W6":  {again: (*world).babble},
	"W7":  {again: misspeaks(packed)},
	"W8":  {again: misspeaks(breach)},
	"E14": {begin: func(w *world, e *effect) { w.drift(e, time.Duration(1+e.rng.Int64N(int64(driftMost)))) }, end: undrift},
	"M10": {begin: func(w *world, e *effect) {
		w.reach(e.ID)
		w.setDrift(-time.Duration(1+e.rng.IntN(3600)) * time.Second)
	}, end: undrift},
	"E27": {again: (*world).hangUp},
	"E41": {begin: func(w *world, _ *effect) { w.burn(true) }, end: func(w *world) { w.burn(false) }},
	"E34": {begin: (*world).squeeze, end: (*world).relieve},
	"M9":  {begin: func(w *world, e *effect) { w.standStill(e) }},
	"M11": {begin: func(w *world, e *effect) {
		w.standStill(e)
		w.breaker.Cut()
		w.breaker.Restore()
	}},
	"M13": {begin: func(w *world, e *effect) { w.panics = 1 + e.kind%len(symbols) }, end: func(w *world) {
		if w.panicked != 0 {
			w.down = 300 * time.Millisecond
			w.die("restart") // a person has seen to the strategy
		}
	}},
}

// driftMost is how far the clocks of exchange and trader differ at most without a jump.
const driftMost = 8 * time.Second

func undrift(w *world) { w.setDrift(0) }

// setDrift sets how far the exchange's clock is ahead of ours.
func (w *world) setDrift(by time.Duration) {
	w.drifted = market.Nanos(by)
	w.srv.Drift(by)
}

// drift has the clocks differ, either way.
func (w *world) drift(e *effect, by time.Duration) {
	w.setDrift(by * time.Duration(1-2*(e.kind%2)))
}

// burn has commissions paid in coins, or no more.
func (w *world) burn(on bool) {
	if r := w.x.SetFeeBurn(w.me, on); r.Refused() {
		w.say("fee burn %t: %v", on, r) // it is so already
	}
}

// repeat does something again and again while an incident goes on.
func (w *world) repeat(e *effect, do func(*world, *effect)) {
	if !slices.Contains(w.active, e) {
		return
	}
	do(w, e)
	w.l.CallLater(time.Duration(100+e.rng.IntN(900))*time.Millisecond, func() { w.repeat(e, do) })
}

// stage sets one of the server's scenes, for as long as the incident goes on; a scene that is over at once is staged again and again.
func (w *world) stage(e *effect) {
	sc := server.Scenario{Name: e.name, Strength: 0.5 + e.rng.Float64()}
	if e.kind%4 != 0 {
		sc.Symbol = symbols[e.kind%len(symbols)].symbol
	}
	if strings.HasPrefix(e.name, "by-hand") {
		sc.Symbol = ""
		w.repeat(e, func(w *world, e *effect) { _ = w.srv.Stage(sc) }) // there may be nothing to cancel
		return
	}
	if err := w.srv.Stage(sc); err != nil {
		w.obs.fail("run", "%v", err)
	}
}

// standStill has the whole machine lose seconds: when it goes on, everything is late at once.
func (w *world) standStill(e *effect) {
	w.reach(e.ID)
	lost := time.Duration(1000+e.rng.IntN(19000)) * time.Millisecond
	w.l.Advance(w.l.Now() + market.Nanos(lost))
	w.woke = w.l.Now()
	w.say("%s were lost", lost)
}

// seats are the open connections at the exchange's end, of a part of the line; -1: of all.
func (w *world) seats(of int) (open []*seat) {
	w.taken = slices.DeleteFunc(w.taken, func(s *seat) bool { return !s.c.Open() })
	for _, s := range w.taken {
		if of < 0 || s.part == of {
			open = append(open, s)
		}
	}
	return open
}

// one is one of them, nil where there is none.
func (w *world) one(e *effect, of int) *seat {
	if open := w.seats(of); len(open) > 0 {
		return open[e.rng.IntN(len(open))]
	}
	return nil
}

// shred sends a message of market data once more, in fragments, with pings between them.
func (w *world) shred(e *effect) {
	s := w.one(e, partMarket)
	if s == nil || len(w.last[s.line]) == 0 {
		return
	}
	last := w.last[s.line]
	n := 2 + e.rng.IntN(199)
	var frames []ws.Frame
	for i := range n {
		f := ws.Frame{Op: ws.Continuation, Unfinished: i < n-1, Payload: last[len(last)*i/n : len(last)*(i+1)/n]}
		if i == 0 {
			f.Op = ws.Text
		}
		if frames = append(frames, f); f.Unfinished && e.rng.IntN(4) == 0 {
			frames = append(frames, ws.Frame{Op: ws.Ping, Payload: []byte("between")})
		}
	}
	w.misspeak(e, s, frames)
}

// flood sends hundreds of pings.
func (w *world) flood(e *effect) {
	if s := w.one(e, -1); s != nil {
		w.misspeak(e, s, slices.Repeat([]ws.Frame{{Op: ws.Ping, Payload: []byte("ping")}}, 300))
	}
}

// misspeaks makes the deed that says something wrong on a connection.
func misspeaks(wrong func(*effect) ws.Frame) func(*world, *effect) {
	return func(w *world, e *effect) {
		if s := w.one(e, -1); s != nil {
			w.misspeak(e, s, []ws.Frame{wrong(e)})
		}
	}
}

func (w *world) misspeak(e *effect, s *seat, frames []ws.Frame) {
	if s.c.Misspeak(frames...) == nil {
		w.reach(e.ID)
	}
}

// oversized says that 17 MB will follow.
func oversized(*effect) ws.Frame {
	return ws.Frame{Op: ws.Text, Width: 8, Claim: ws.MaxMessage + 1<<20, Payload: []byte("{")}
}

// packed says that it is compressed: as deflate has it, or not.
func packed(e *effect) ws.Frame {
	payload := []byte("{}")
	if e.rng.IntN(2) == 0 {
		payload = slices.Repeat([]byte{0xec, 0xc1, 0x01, 0x01}, 100)
	}
	return ws.Frame{Op: ws.Text, RSV: 4, Payload: payload}
}

// breach is a frame that must not be.
func breach(e *effect) ws.Frame {
	switch e.rng.IntN(6) {
	case 0:
		return ws.Frame{Op: ws.Text, RSV: 2, Payload: []byte("{}")}
	case 1:
		return ws.Frame{Op: 3 + ws.Opcode(e.rng.IntN(5)), Payload: []byte("x")}
	case 2:
		return ws.Frame{Op: ws.Text, Masked: true, Key: [4]byte{1, 2, 3, 4}, Payload: []byte("{}")}
	case 3:
		return ws.Frame{Op: ws.Continuation, Payload: []byte("}")}
	case 4:
		return ws.Frame{Op: ws.Text, Payload: []byte{0xff, 0xfe}}
	}
	return ws.Frame{Op: ws.Ping, Unfinished: true, Payload: []byte("x")}
}

// leftOver is what is left free of the account's money where it is squeezed, in USDT; the mark prices are then far from the last ones.
const (
	leftOver = 40
	farMarks = 3
)

// squeeze takes the account's free money away and moves the mark prices against whoever is long.
func (w *world) squeeze(e *effect) {
	a, _ := w.x.Account(w.me)
	take, err := a.Available.Sub(decimal.FromUnits(leftOver * decimal.Scale))
	if err != nil || take.Sign() <= 0 || w.srv.Deposit(account, take.Neg()) != nil {
		return
	}
	w.withdrawn, _ = w.withdrawn.Add(take)
	w.say("%s %s are withdrawn", take, asset)
	if err := w.srv.Stage(server.Scenario{Name: "mark-apart", Strength: farMarks}); err != nil {
		w.obs.fail("run", "%v", err)
	}
}

// relieve puts all back.
func (w *world) relieve() {
	w.srv.EndScenario("mark-apart")
	if w.withdrawn.Sign() > 0 && w.srv.Deposit(account, w.withdrawn) == nil {
		w.say("%s %s are deposited", w.withdrawn, asset)
		w.withdrawn = decimal.Zero
	}
}

// idleAfter is the silence after which a user stream is closed: two minutes at the exchange, less here, where a run is one.
const idleAfter = market.Nanos(1500 * time.Millisecond)

// hangUp closes the user streams on which nothing was said.
func (w *world) hangUp(e *effect) {
	for _, s := range w.seats(partUser) {
		if w.l.Now()-max(w.spoke[s.line], s.born) >= idleAfter {
			w.reach(e.ID)
			s.c.Close(ws.GoingAway, "idle")
		}
	}
}

// seat is a connection at the exchange's end: what the server does with it passes here first.
type seat struct {
	w    *world
	c    *netio.Conn
	h    netio.Handler // the server's
	part int
	line string // path and query
	born market.Nanos
}

// Message is what the client sends.
func (s *seat) Message(c *netio.Conn, data []byte) {
	w := s.w
	if s.part == partAPI && strings.Contains(string(data[:min(len(data), headOf)]), "rder.place") {
		for _, e := range w.active {
			switch {
			case e.ID == "E13" && e.rng.Float64() < e.rate:
				w.twice[word(data, `"id":`)] = s
			case e.ID == "E46" && e.rng.Float64() < e.rate && strings.Contains(string(data), "algoOrder.place"):
				w.reach(e.ID)
				_ = c.Send(fmt.Appendf(nil, `{"id":%s,"status":400,"error":{"code":-4045,"msg":"Reach max stop order limit."}}`, word(data, `"id":`)))
				return
			case e.ID == "E16" && e.rng.Float64() < e.rate && strings.Contains(string(data), `"reduceOnly"`):
				w.reach(e.ID)
				_ = c.Send(fmt.Appendf(nil, `{"id":%s,"status":400,"error":{"code":-2022,"msg":"ReduceOnly Order is rejected."}}`, word(data, `"id":`)))
				return
			}
		}
	}
	s.h.Message(c, data)
}

// Closed is its end.
func (s *seat) Closed(c *netio.Conn, err error) {
	if s.w.life9() > 0 && s.w.l.Now()-s.born >= s.w.life9() && err == nil {
		s.w.reach("W9")
	}
	s.h.Closed(c, err)
}

// lifeShort is how long connections live where W9 is on.
const lifeShort = market.Nanos(15 * time.Second)

// life9 is how long connections live; 0: as long as at Binance, which is longer than a run.
func (w *world) life9() market.Nanos {
	if w.has("W9") {
		return lifeShort
	}
	return 0
}

// has says whether an incident of that kind is planned.
func (w *world) has(id string) bool {
	return slices.ContainsFunc(w.cfg.Incidents, func(i Incident) bool { return i.ID == id })
}

// coins are what the account has to pay commissions with, in a run where those are paid so.
var coins, coinPrice = decimal.MustParse("5"), decimal.MustParse("600")
