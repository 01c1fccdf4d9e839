package torture

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"baton/exchange"
	"baton/market"
	"baton/order"
	"baton/risk"
	"baton/trade"
)

// step checks what must hold at every moment. What only orders and their answers can change is not looked at for a message of market
// data: a fill moves an order's quantity into the position, and the worst case stays what it was.
func (o *observer) step(market bool) {
	now := o.w.l.Now()
	if now < o.lastNow {
		o.fail("P8", "time goes back from %d to %d", o.lastNow, now)
	}
	o.lastNow = now
	if !market {
		o.exposure(now)
	}
	t := o.trader()
	if t == nil {
		return
	}
	if !market {
		o.ledger(t)
		o.orders(t)
		o.protection()
	}
	for _, s := range t.Sessions() {
		o.book(s, now)
	}
}

// undecided is how long a placement without a sign of it counts as under way. Nobody can have proof that it is not in that time.
const undecided = 3 * time.Second

// exposure recomputes the worst case from what the exchange holds and from what is on its way there.
func (o *observer) exposure(now market.Nanos) {
	var worst [len(symbols)][2]market.Lots
	var count [len(symbols)]int
	for i := range symbols {
		o.check("P5")
		p := o.w.x.Position(o.w.me, i).Qty
		worst[i] = [2]market.Lots{p, -p}
		o.open = o.w.x.AppendOpen(o.open[:0], o.w.me, i)
		count[i] = len(o.open)
		for k := range o.open {
			if x := &o.open[k]; !x.ReduceOnly {
				worst[i][index2(x.Side)] += x.Qty - x.Filled + o.more(x, now)
			}
		}
	}
	clock := (now + o.w.drifted) / 1e6
	for id, f := range o.flying { // order: sums, and what is over
		if _, there := o.w.x.Order(o.key(id)); there || now-f.at > market.Nanos(undecided) || f.expires != 0 && clock > f.expires {
			delete(o.flying, id)
		} else if count[f.instrument]++; !f.reduces {
			worst[f.instrument][index2(f.side)] += f.qty
		}
	}
	l := limits()
	for i := range symbols {
		most := l.MaxPosition
		if worst[i][0] > most || worst[i][1] > most {
			most += o.foreign(i)
		}
		if worst[i][0] > most || worst[i][1] > most {
			o.fail("P5", "%s: the worst case is %d lots long, %d short; the limit is %d", symbols[i].symbol, worst[i][0], worst[i][1], l.MaxPosition)
		}
		if count[i] > l.MaxOpenOrders {
			o.fail("P5", "%s: %d orders are open or on their way; the limit is %d", symbols[i].symbol, count[i], l.MaxOpenOrders)
		}
	}
}

// foreign is what somebody else has traded on the account in an instrument: by hand, or the exchange itself. It is beyond our limits.
func (o *observer) foreign(i int) (q market.Lots) {
	if o.w.cfg.Mode == Direct || !o.w.has("E47") && !o.w.has("E34") {
		return 0
	}
	o.scratch = o.w.x.AppendFills(o.scratch[:0], o.w.me, i)
	for k := range o.scratch {
		f := &o.scratch[k]
		if x, ok := o.w.x.Order(exchange.Key{Account: o.w.me, Instrument: i, ID: f.OrderID}); ok && !strings.HasPrefix(x.ClientID, stem) {
			q += f.Qty
		}
	}
	return q
}

// ledger compares positions and wallet with the sum of the exchange's own figures.
func (o *observer) ledger(t *trade.Trader) {
	for _, in := range o.w.known {
		i := o.w.index(in)
		o.check("P3")
		if p := t.Ledger().Position(in).Qty; p != o.pos[i] {
			o.fail("P3", "%s: the ledger has a position of %d; the fills in the journal come to %d", in.Symbol, p, o.pos[i])
		}
	}
	o.check("P4")
	if wallet := t.Ledger().Wallet(asset).Units(); wallet != o.wallet {
		o.fail("P4", "the ledger's wallet is %d; what was booked comes to %d (1e-8 %s)", wallet, o.wallet, asset)
	}
	if has := t.Ledger().Wallet(exchange.FeeCoin).Units(); has != o.coins {
		o.fail("P4", "the ledger has %d; what was booked comes to %d (1e-8 %s)", has, o.coins, exchange.FeeCoin)
	}
}

// orders compares what the table claims with the exchange, at each change of an order.
func (o *observer) orders(t *trade.Trader) {
	n := 0
	for rec := range t.Orders().All() {
		n++
		was := o.state(rec.ID)
		if *was == rec.State {
			continue
		}
		before := *was
		*was = rec.State
		o.check("P2")
		if before.Terminal() {
			o.fail("P2", "order %d went from %s, which is an end, to %s", rec.ID, before, rec.State)
		}
		o.claim(rec)
	}
	o.check("P16")
	if n > tableMost {
		o.fail("P16", "%d orders are in the table", n)
	}
}

// state is the last seen state of an order: numbers are given out one by one, so that a slice holds them.
func (o *observer) state(id market.OrderID) *order.State {
	for int64(len(o.states)) <= int64(id) {
		o.states = append(o.states, 0)
	}
	return &o.states[id]
}

// tableMost is what the table may hold: the open orders of three symbols, and those that ended last.
const tableMost = 3*10 + 64 + 1

// claim checks one order's state against the exchange's.
func (o *observer) claim(rec *order.Order) {
	if rec.Type.Conditional() {
		o.claimAlgo(rec)
		return
	}
	x, there := o.w.x.Order(o.key(rec.ID))
	if there && x.Status == market.StatusCanceled && x.Filled > 0 {
		o.w.reach("E37")
	}
	if there && x.Status == market.StatusExpiredInMatch {
		o.w.reach("E39")
	}
	bad := false
	switch rec.State {
	case order.Refused, order.ProvenAbsent:
		bad = there
		o.dead[rec.ID] = rec.State
	case order.Filled:
		bad = !there || x.Status != market.StatusFilled
	case order.Canceled:
		bad = !there || x.Status != market.StatusCanceled
	case order.Expired:
		bad = !there || x.Status != market.StatusExpired && x.Status != market.StatusExpiredInMatch
	case order.New, order.PartiallyFilled:
		bad = !there
	}
	if bad {
		o.fail("P2", "order %d is %s here; at the exchange: %s", rec.ID, rec.State, status(&x, there))
	}
	if there && rec.Filled > x.Filled {
		o.fail("P3", "order %d: %d lots are filled here, %d at the exchange", rec.ID, rec.Filled, x.Filled)
	}
}

func status(x *exchange.Order, there bool) string {
	if !there {
		return "none"
	}
	return fmt.Sprintf("%s, filled %d of %d", x.Status, x.Filled, x.Qty)
}

// unsettled lists what is not as it should be once faults have stopped.
func (o *observer) unsettled() (out []Violation) {
	bad := func(promise, format string, args ...any) {
		out = append(out, Violation{Promise: promise, Text: fmt.Sprintf(format, args...)})
	}
	t := o.trader()
	if t == nil {
		bad("P20", "no process trades")
		return out
	}
	o.check("P20")
	for rec := range t.Orders().All() {
		if rec.Unsettled() && rec.Live() && !o.cannotKnow(rec) {
			x, there := o.w.x.Order(o.key(rec.ID))
			bad("P20", "order %d of %.3fs is %s, cancel %s, and not settled; at the exchange: %s", rec.ID,
				time.Duration(rec.Created-o.w.start).Seconds(), rec.State, rec.Cancel, status(&x, there))
		}
	}
	for _, s := range t.Sessions() {
		if !s.Exact() {
			bad("P20", "the book of %s is not exact", s.Instrument().Symbol)
		}
	}
	o.unprotected(t, bad)
	o.check("P9")
	o.learn()
	for i := range o.scratch { // as learned just now, oldest first
		f := &o.scratch[i]
		if !o.booked[trade3{f.Instrument, f.Trade, f.Side}] {
			bad("P9", "trade %d in %s (order %d, %d lots) is not booked", f.Trade, symbols[f.Instrument].symbol, f.OrderID, f.Qty)
			break
		}
	}
	for i := range symbols {
		if p := o.w.x.Position(o.w.me, i).Qty; p != o.pos[i] {
			bad("P3", "%s: the position is %d here, %d at the exchange", symbols[i].symbol, o.pos[i], p)
		}
	}
	a, _ := o.w.x.Account(o.w.me)
	if a.Wallet.Units() != o.wallet && !o.mayDiffer() {
		bad("P4", "the wallet is %d here, %d at the exchange (1e-8 %s)", o.wallet, a.Wallet.Units(), asset)
	}
	if a.Coins.Units() != o.coins {
		bad("P4", "%d are here, %d at the exchange (1e-8 %s)", o.coins, a.Coins.Units(), exchange.FeeCoin)
	}
	return out
}

// cannotKnow says that nobody can prove anything of an order: it is of an earlier process, never got to the exchange, and the venue's
// client cannot be told of such orders. It stays Unknown and keeps its room, which is right.
func (o *observer) cannotKnow(rec *order.Order) bool {
	_, there := o.w.x.Order(o.key(rec.ID))
	_, told := o.w.life.venue.(trade.Inheritor)
	return rec.State == order.Unknown && !there && !told && o.w.lives > 1
}

// finish checks what must hold at the end.
func (o *observer) finish() {
	o.learn()
	for _, id := range slices.Sorted(maps.Keys(o.dead)) {
		state := o.dead[id]
		if o.waits(id) {
			continue // see claimAlgo
		}
		o.check("P2")
		if x, there := o.w.x.Order(o.key(id)); there {
			o.fail("P2", "order %d was %s here; the exchange has it: %s", id, state, status(&x, there))
		}
	}
	o.accepted()
	for i := range symbols {
		o.check("P3")
		if p := o.w.x.Position(o.w.me, i).Qty; p != o.pos[i] && !(i == guardedIn && o.firedAfter()) {
			o.fail("P3", "%s: the position at the end is %d here, %d at the exchange", symbols[i].symbol, o.pos[i], p)
		}
	}
	if a, _ := o.w.x.Account(o.w.me); a.Wallet.Units() != o.wallet && !o.mayDiffer() {
		o.fail("P4", "the wallet at the end is %d here, %d at the exchange (1e-8 %s)", o.wallet, a.Wallet.Units(), asset)
	}
	if err := o.w.x.Check(); err != nil {
		o.fail("P4", "the exchange's own books: %v", err)
	}
	for _, d := range o.w.result.Differences {
		if !o.explained(d) {
			o.fail("P4", "at the end: %s", d)
		}
	}
	o.check("P4")
	if o.suspect != 0 && !o.fundedAway() {
		o.fail("P4", "%d (1e-8 %s) went to suspense", o.suspect, asset)
	}
	if t := o.w.life.trader; t != nil && t.Mode() != risk.Normal && !o.excused() {
		o.fail("P20", "the trader is in %s mode at the end, and no incident excuses it: %s", t.Mode(), o.why)
	}
	if o.open = o.w.x.AppendOpen(o.open[:0], o.w.me, -1); len(o.open) > 0 {
		o.fail("P10", "%d orders are open after the end", len(o.open))
	}
}

// mayDiffer says that the wallet need not be the exchange's: money moved while nobody listened, and the trader has not taken the
// difference to suspense, because an order whose fate is open may explain it, or because it was not found twice yet.
func (o *observer) mayDiffer() bool {
	return o.firedAfter() || o.fundedAway() && (o.someCannotBeKnown() || o.w.has("E34"))
}

// firedAfter says that a protective stop, which stays at the exchange with its position, has fired when the trader had ended already.
func (o *observer) firedAfter() bool { return strings.Contains(o.why, "ledger: finished") }

// explained says that a difference at the end is as it should be.
func (o *observer) explained(d string) bool {
	switch {
	case strings.HasPrefix(d, "suspense "):
		return o.suspect != 0 && o.fundedAway()
	case strings.Contains(d, "was not compared: no answer within"):
		return len(o.w.cfg.Incidents) > 0 // reconnecting has used up the weight of the minute: said, not hidden; we compare ourselves
	}
	return o.someCannotBeKnown() && (strings.Contains(d, "not settled") || strings.HasPrefix(d, "wallet ") && o.fundedAway()) || strings.HasPrefix(d, "wallet ") && o.mayDiffer()
}

// someCannotBeKnown says that there is such an order: while it may explain a difference, the trader takes nothing to suspense.
func (o *observer) someCannotBeKnown() bool {
	for rec := range o.w.life.trader.Orders().All() {
		if rec.Unsettled() && o.cannotKnow(rec) {
			return true
		}
	}
	return false
}

// accepted checks each order that the exchange took against its intent, and that none was taken twice.
func (o *observer) accepted() {
	seen := map[string]bool{}
	orders := o.w.x.AppendOrders(nil, o.w.me, -1)
	for k := range orders {
		x := &orders[k]
		id := fmt.Sprint(x.ClientID, " ", x.Ref)
		o.check("P1")
		if seen[id] {
			o.fail("P1", "the exchange took two orders for one intent: %s", id)
		}
		seen[id] = true
	}
	for _, id := range slices.Sorted(maps.Keys(o.intents)) {
		c := o.intents[id]
		x, there := o.w.x.Order(o.key(id))
		if o.waits(id) {
			continue // it has no price, and becomes another order
		}
		if o.touched[id] {
			c.Px, c.Qty = x.Px, x.Qty
		}
		if there && (x.Side != c.Side || x.Px != c.Px || x.Qty != c.Qty || x.ReduceOnly != c.ReduceOnly || x.Instrument != o.w.index(c.Instrument)) {
			o.fail("P6", "order %d at the exchange is not what was intended: %+v, intended %+v", id, x, c)
		}
	}
}

// fundedAway says that funding was paid, or money was withdrawn, while nobody may have listened: then the balance cannot be explained, and suspense is right.
func (o *observer) fundedAway() bool {
	return (o.w.start == market.Nanos(epochs[0].UnixNano()) || o.w.has("E34")) && len(o.w.cfg.Incidents) > 0
}

// excused says that an incident is a good reason for no-increase: a disk that failed, or unexplained funding.
func (o *observer) excused() bool {
	for _, i := range o.w.cfg.Incidents {
		if i.ID == "M3" || i.ID == "M4" || i.ID == "M5" || i.ID == "M6" {
			return true
		}
	}
	if o.w.lives > 1 && o.w.life != nil {
		if _, told := o.w.life.venue.(trade.Inheritor); !told {
			return true // a start gives up on orders that nobody can prove anything of
		}
	}
	if o.w.happened("E47") > 0 || o.w.has("E34") {
		return true // somebody else trades, or the exchange does: a person has to look
	}
	if o.firedAfter() {
		return true
	}
	if strings.Contains(o.why, "group ") {
		return len(o.w.cfg.Incidents) > 0 // a stop could not be placed, or a position not closed: that is for a person
	}
	if strings.Contains(o.why, "not settled") {
		return true // an order whose fate could not be proven for so long was reported, and stopped what increases
	}
	return o.suspect != 0 && o.fundedAway()
}

// index2 is 0 for a buy, 1 for a sell.
func index2(s market.Side) int {
	if s == market.Buy {
		return 0
	}
	return 1
}
