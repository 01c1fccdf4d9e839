package torture

import (
	"strconv"
	"strings"

	"baton/exchange"
	"baton/market"
	"baton/order"
	"baton/trade"
)

// guardedIn is the instrument in which, in a run with groups, every position is to have a protective stop.
const guardedIn = len(symbols) - 1

// guard does one thing of a strategy that protects what it has: it enters by a bracket, protects a position that is bare, moves the
// stop, lets it trail, closes. Refusals are part of the game.
func (s *trading) guard(ss *trade.Session) {
	g := ss.Protection()
	if !ss.Exact() {
		return
	}
	side := market.Buy
	if p := ss.Position(); p < 0 || p == 0 && s.rng.IntN(2) == 0 {
		side = market.Sell
	}
	top, away := ss.Top(), market.Ticks(5+s.rng.IntN(60))
	entry, stop := top.Ask, top.Bid-away
	if side == market.Sell {
		entry, stop = top.Bid, top.Ask+away
	}
	switch k := s.rng.IntN(10); {
	case g == nil && ss.Position() == 0:
		r := trade.Request{Side: side, Qty: 2 + market.Lots(s.rng.IntN(14)), Px: entry}
		_, _ = ss.Bracket(r, trade.Protection{Stop: stop, Take: s.take(top, side)})
	case g == nil:
		_, _ = ss.Protect(trade.Protection{Stop: stop, Take: s.take(top, side)})
	case k < 5:
		_ = g.Move(stop)
	case k < 7:
		_ = g.MoveTake(s.take(top, side))
	case k == 7:
		g.Close()
	}
}

// take is where a profit is taken, or nowhere.
func (s *trading) take(top market.Quote, side market.Side) market.Ticks {
	away := market.Ticks(5 + s.rng.IntN(60))
	switch {
	case s.rng.IntN(3) == 0:
		return 0
	case side == market.Buy:
		return top.Ask + away
	}
	return top.Bid - away
}

// amend amends an order of ours, to another price and another quantity.
func (s *trading) amend(ss *trade.Session, o *trade.Order) {
	if !ss.Exact() {
		return
	}
	px := ss.Top().Bid - market.Ticks(s.rng.IntN(24)-4)
	if o.Side() == market.Sell {
		px = ss.Top().Ask + market.Ticks(s.rng.IntN(24)-4)
	}
	_ = o.Amend(px, o.Filled()+1+market.Lots(s.rng.IntN(15))) // it may be too late for it
}

// The names of conditional orders without a wire, as package exchange/local gives them.
const localAlgo = "c-"

// algoKey is how the exchange knows a conditional order.
func (o *observer) algoKey(id market.OrderID) exchange.AlgoKey {
	name := stem
	if o.w.cfg.Mode == Direct {
		name = localAlgo
	}
	return exchange.AlgoKey{Account: o.w.me, Instrument: -1, ClientID: name + strconv.FormatInt(int64(id), 36)}
}

// waits says whether an order of ours is a conditional one, by its intent.
func (o *observer) waits(id market.OrderID) bool { return o.intents[id].Type.Conditional() }

// claimAlgo checks what is claimed of a conditional order.
func (o *observer) claimAlgo(rec *order.Order) {
	a, there := o.w.x.Algo(o.algoKey(rec.ID))
	if there && a.Status == exchange.AlgoRejected {
		o.w.reach("E45")
	}
	switch rec.State {
	case order.ProvenAbsent:
		if there {
			o.fail("P2", "conditional order %d is %s here; at the exchange: %s", rec.ID, rec.State, a.Status)
		}
	case order.New:
		if !there {
			o.fail("P2", "conditional order %d is %s here, and the exchange has none", rec.ID, rec.State)
		}
	}
}

// stops are the protective stops that wait at the exchange, in the guarded instrument.
func (o *observer) stops() (n int) {
	for i := range o.algos {
		if a := &o.algos[i]; a.Status == exchange.AlgoNew && isStop(a) {
			n++
		}
	}
	return n
}

func isStop(a *exchange.Algo) bool {
	return (a.ReduceOnly || a.ClosePosition) && (a.Type == market.StopMarket || a.Type == market.Stop || a.Type == market.TrailingStopMarket)
}

// protection checks that no stop is taken from the exchange while there is a position that has no other: whatever goes wrong, the new one
// rests before the old one is cancelled.
func (o *observer) protection() {
	if !o.w.groups {
		return
	}
	pos := o.w.x.Position(o.w.me, guardedIn).Qty
	o.algos = o.w.x.AppendAlgos(o.algos[:0], o.w.me, guardedIn)
	n := o.stops()
	o.check("P12")
	for i := range o.algos {
		a := &o.algos[i]
		was := o.waiting[a.ID]
		o.waiting[a.ID] = a.Status == exchange.AlgoNew
		if was && a.Status == exchange.AlgoCanceled && isStop(a) && pos != 0 && n == 0 && market.Lots(a.Side)*pos < 0 && !o.released() && a.Created > o.since() {
			o.fail("P12", "the stop %s was cancelled, and the position of %d in %s has no other", a.ClientID, pos, symbols[guardedIn].symbol)
		}
	}
}

// since is when the present position of the guarded instrument began: a stop of an earlier one may go.
func (o *observer) since() (at market.Nanos) {
	o.scratch = o.w.x.AppendFills(o.scratch[:0], o.w.me, guardedIn)
	held := market.Lots(0)
	for i := range o.scratch {
		f := &o.scratch[i]
		was := held
		if held += f.Qty * market.Lots(f.Side); was == 0 || was > 0 != (held > 0) {
			at = f.Time
		}
	}
	return at
}

// released says that the trader has a reason to leave the position without its stop: it closes it at the market, or somebody does.
func (o *observer) released() bool { return o.w.has("E47") || o.w.has("E34") }

// unprotected lists what is amiss in the guarded instrument once all is calm.
func (o *observer) unprotected(t *trade.Trader, bad func(promise, format string, args ...any)) {
	if !o.w.groups {
		return
	}
	o.check("P12")
	o.algos = o.w.x.AppendAlgos(o.algos[:0], o.w.me, guardedIn)
	pos, n := o.w.x.Position(o.w.me, guardedIn).Qty, o.stops()
	var g *trade.Group
	for _, s := range t.Sessions() {
		if o.w.index(s.Instrument()) == guardedIn {
			g = s.Protection()
		}
	}
	switch {
	case g != nil && pos != 0 && n == 0:
		bad("P12", "the position of %d in %s has no stop at the exchange", pos, symbols[guardedIn].symbol)
	case n > 1:
		bad("P12", "%d stops wait at the exchange for one position in %s", n, symbols[guardedIn].symbol)
	}
}

// amended is an amendment that leaves: until it is answered the order may be as large as it says.
func (o *observer) amended(id market.OrderID, qty market.Lots, request string) {
	o.w.amends++
	o.changing[id] = change{qty, o.w.l.Now(), request}
	o.touched[id] = true
}

// change is an amendment under way.
type change struct {
	qty     market.Lots
	at      market.Nanos
	request string
}

// more is how much larger amendments that are under way may make an order.
func (o *observer) more(x *exchange.Order, now market.Nanos) market.Lots {
	if len(o.changing) == 0 {
		return 0
	}
	id := market.OrderID(x.Ref)
	if o.w.cfg.Mode == Wire {
		n, err := strconv.ParseInt(strings.TrimPrefix(x.ClientID, stem), 36, 64)
		if err != nil {
			return 0
		}
		id = market.OrderID(n)
	}
	c, ok := o.changing[id]
	if ok && now-c.at > market.Nanos(undecided) {
		delete(o.changing, id)
		return 0
	}
	return max(0, c.qty-x.Qty)
}
