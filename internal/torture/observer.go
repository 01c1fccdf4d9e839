package torture

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"baton/decimal"
	"baton/exchange"
	"baton/journal"
	"baton/market"
	"baton/netio"
	"baton/order"
	"baton/risk"
	"baton/trade"
)

// trade3 names a trade of ours at the exchange.
type trade3 struct {
	instrument int
	id         int64
	side       market.Side
}

// flight is a placement that was written and not yet decided, as far as the exchange and the line can tell.
type flight struct {
	instrument int
	side       market.Side
	qty        market.Lots
	at         market.Nanos
	reduces    bool
	request    string
	expires    int64 // milliseconds of the exchange's clock; 0: never
}

// observer checks the promises.
type observer struct {
	w          *world
	violations []Violation
	checked    map[string]int

	intents map[market.OrderID]market.Command // as journaled
	frames  map[market.OrderID]int            // placements written
	flying  map[market.OrderID]flight
	states  []order.State                  // last seen, by number
	dead    map[market.OrderID]order.State // said to have no effect

	truth   map[trade3]exchange.Fill // every fill of ours at the exchange
	scratch []exchange.Fill
	open    []exchange.Order

	// What the records of the present journal come to, with the exchange's own figures.
	booked  map[trade3]bool
	pos     [len(symbols)]market.Lots
	wallet  int64 // units of 1e-8
	coins   int64 // the same, of what commissions may be paid in
	opened  bool
	suspect int64        // went to suspense
	why     string       // the last latch
	killed  bool         // the gate is closed
	quiet   market.Nanos // until then the exchange wants to hear nothing of this process

	algos    []exchange.Algo
	waiting  map[int64]bool            // conditional orders that wait, by the exchange's number
	changing map[market.OrderID]change // amendments under way
	touched  map[market.OrderID]bool   // orders that were amended

	books   [len(symbols)]bookLog
	guarded [len(symbols)]bool
	lastNow market.Nanos
}

// failuresMost is how many violations are kept.
const failuresMost = 20

func newObserver(w *world) *observer {
	return &observer{w: w, checked: map[string]int{}, intents: map[market.OrderID]market.Command{}, frames: map[market.OrderID]int{},
		flying: map[market.OrderID]flight{}, dead: map[market.OrderID]order.State{},
		waiting: map[int64]bool{}, changing: map[market.OrderID]change{}, touched: map[market.OrderID]bool{},
		truth: map[trade3]exchange.Fill{}, booked: map[trade3]bool{}}
}

// fail notes a broken promise, once for each text.
func (o *observer) fail(promise, format string, args ...any) {
	v := Violation{Promise: promise, Text: fmt.Sprintf(format, args...)}
	if o.w.l != nil {
		v.At = time.Duration(o.w.l.Now() - o.w.start)
	}
	if len(o.violations) >= failuresMost || slices.ContainsFunc(o.violations, func(x Violation) bool { return x.Text == v.Text && x.Promise == promise }) {
		return
	}
	o.violations = append(o.violations, v)
	o.w.say("BROKEN %s: %s", v.Promise, v.Text)
}

// trader is the process's trader, once it has started and as long as it lives.
func (o *observer) trader() *trade.Trader {
	if f := o.w.life; f != nil && f.started {
		return f.trader
	}
	return nil
}

// key is how the exchange knows an order.
func (o *observer) key(id market.OrderID) exchange.Key {
	if o.w.cfg.Mode == Direct {
		return exchange.Key{Account: o.w.me, Instrument: -1, Ref: int64(id)}
	}
	return exchange.Key{Account: o.w.me, Instrument: -1, ClientID: stem + strconv.FormatInt(int64(id), 36)}
}

// message reads a message as it is sent.
func (o *observer) message(t *netio.Transit) {
	if t.ToServer {
		o.secret(t.Data, t.Path)
		o.secret([]byte(t.Query), t.Path)
	}
	switch {
	case t.ToServer && t.Kind == netio.Frame && t.Path == pathAPI && bytes.Contains(t.Data, []byte(`rder.place"`)):
		o.placed(t.Data, word(t.Data, `"id":`))
	case t.ToServer && t.Kind == netio.Frame && t.Path == pathAPI && bytes.Contains(t.Data, []byte(`"order.modify"`)):
		o.modified(t.Data)
	case t.ToServer && t.Kind == netio.Ask && (t.Path == pathOrder || t.Path == pathAlgo):
		text := append(append([]byte(t.Query), '&'), t.Data...)
		switch has := func(name string) bool { return bytes.Contains(text, []byte(name)) }; {
		case has("origClientOrderId=") && has("quantity="):
			o.modified(text)
		case has("newClientOrderId="), has("algoType="):
			o.placed(text, "")
		}
	case !t.ToServer && t.Kind == netio.Frame && t.Path == pathAPI:
		o.answered(t.Data)
	case !t.ToServer && part(t) == partMarket:
		if !bytes.Contains(t.Data[:min(len(t.Data), headOf)], []byte(`"depthUpdate"`)) {
			return
		}
		for i, s := range symbols {
			if bytes.Contains(t.Data, []byte(`"s":"`+s.symbol+`"`)) {
				o.books[i].note(o.w.l.Now(), o.w.x.Book(i))
			}
		}
	}
	if !t.ToServer {
		o.codes(t)
	}
}

// asks is a request that the trader's process makes.
func (o *observer) asks(r *netio.Request) {
	o.check("P17")
	if o.w.l.Now() < o.quiet && !exempt(r) {
		o.fail("P17", "%s %s leaves %s before the exchange wants to hear of us again", r.Method, r.Path, time.Duration(o.quiet-o.w.l.Now()))
	}
}

// told is an answer that it gets.
func (o *observer) told(res *netio.Response) {
	if res.Status != 429 && res.Status != 418 && res.Status != 403 {
		return
	}
	if n, err := strconv.Atoi(res.Get("Retry-After")); err == nil {
		o.quiet = max(o.quiet, o.w.l.Now()+market.Nanos(n)*1e9)
	}
}

// word is the text behind a name, up to where it ends.
func word(b []byte, name string) string {
	i := bytes.Index(b, []byte(name))
	if i < 0 {
		return ""
	}
	b = bytes.TrimLeft(b[i+len(name):], `"`)
	if n := bytes.IndexAny(b, `",}&`); n >= 0 {
		b = b[:n]
	}
	return string(b)
}

// headOf is how much of a frame holds what it is.
const headOf = 80

// codes counts what refusals show of natural faults, and looks whether the exchange had to stop us.
func (o *observer) codes(t *netio.Transit) {
	at := bytes.Index(t.Data, []byte(`"code":-`))
	if at < 0 {
		return
	}
	switch word(t.Data[at:], `"code":`) {
	case "-2011":
		o.w.reach("E12")
	case "-5022":
		if !o.w.has("E15") {
			o.w.reach("E15")
		}
	case "-2022":
		if !o.w.has("E16") {
			o.w.reach("E16")
		}
	case "-4116":
		o.w.reach("E13")
	case "-1021":
		o.w.reach("E14")
	}
	o.check("P17")
	if bytes.Contains(t.Data, []byte(`"code":-1003`)) && !o.w.has("E1") && !o.w.has("E2") && !o.w.has("E29") {
		o.fail("P17", "the exchange had to refuse for too many requests: %s", t.Data)
	}
}

// placed is a placement that is written.
func (o *observer) placed(text []byte, request string) {
	name := cmp.Or(word(text, `"newClientOrderId":`), word(text, "newClientOrderId="), word(text, `"clientAlgoId":`), word(text, "clientAlgoId="))
	n, err := strconv.ParseInt(strings.TrimPrefix(name, stem), 36, 64)
	if err != nil || !strings.HasPrefix(name, stem) {
		o.fail("P1", "a placement without an id of ours: %s", text)
		return
	}
	reduces := bytes.Contains(text, []byte(`"reduceOnly":true`)) || bytes.Contains(text, []byte(`"reduceOnly":"true"`)) || bytes.Contains(text, []byte(`reduceOnly=true`))
	o.sent(market.OrderID(n), reduces, request)
	if f, ok := o.flying[market.OrderID(n)]; ok {
		f.expires = expires(text)
		o.flying[market.OrderID(n)] = f
	}
}

// modified is an amendment that is written.
func (o *observer) modified(text []byte) {
	n, err := strconv.ParseInt(strings.TrimPrefix(cmp.Or(word(text, `"origClientOrderId":`), word(text, "origClientOrderId=")), stem), 36, 64)
	q, err2 := decimal.ParseBytes([]byte(cmp.Or(word(text, `"quantity":`), word(text, "quantity="))))
	c, known := o.intents[market.OrderID(n)]
	if err != nil || err2 != nil || !known {
		o.fail("P1", "an amendment of no order of ours: %s", text)
		return
	}
	lots, _ := q.Multiple(c.Instrument.Lot)
	o.amended(market.OrderID(n), market.Lots(lots), word(text, `"id":`))
}

// expires is the time in milliseconds, by the exchange's clock, from which on it refuses a request (Binance USD-M, Timing Security).
func expires(text []byte) int64 {
	stamp, _ := strconv.ParseInt(cmp.Or(word(text, `"timestamp":`), word(text, "timestamp=")), 10, 64)
	window, _ := strconv.ParseInt(cmp.Or(word(text, `"recvWindow":`), word(text, "recvWindow=")), 10, 64)
	return stamp + window
}

// sent is a placement that leaves.
func (o *observer) sent(id market.OrderID, reduces bool, request string) {
	o.check("P1")
	o.frames[id]++
	if o.frames[id] > 1 {
		o.fail("P1", "order %d is placed for the %d. time", id, o.frames[id])
	}
	c, known := o.intents[id]
	k := o.w.keeper()
	o.check("P13")
	switch {
	case k == nil:
		o.fail("P13", "order %d is placed by nobody who lives", id)
		return
	case !known:
		o.fail("P13", "order %d is placed without an intent", id)
		return
	case k.intents[id] == 0 || k.intents[id] > k.durable:
		o.fail("P13", "order %d is placed before its intent is durable (record %d of %d durable)", id, k.intents[id], k.durable)
	}
	if c.ReduceOnly != reduces {
		o.fail("P6", "order %d: its intent says reduce-only %t, the placement %t", id, c.ReduceOnly, reduces)
	}
	i := o.w.index(c.Instrument)
	if request != "" && !c.Type.Conditional() {
		o.flying[id] = flight{instrument: i, side: c.Side, qty: c.Qty, at: o.w.l.Now(), reduces: reduces, request: request}
	}
	o.allowed(id, &c, i)
}

// allowed says whether a new order may leave now.
func (o *observer) allowed(id market.OrderID, c *market.Command, i int) {
	t := o.trader()
	o.check("P10")
	if o.w.stopped || t == nil || o.killed {
		o.fail("P10", "order %d is placed although trading is stopped", id)
		return
	}
	if t.Mode() != risk.Normal && !c.Reduces() {
		o.fail("P6", "order %d is placed in %s mode and does not reduce", id, t.Mode())
	}
	o.check("P15")
	for _, s := range t.Sessions() {
		o.book(s, o.w.l.Now())
		switch {
		case o.w.index(s.Instrument()) != i || c.Reduces():
		case !s.Exact():
			o.fail("P15", "order %d is placed while the book of %s is not exact", id, symbols[i].symbol)
		case o.w.cfg.Mode == Wire && o.stale(&o.books[i], o.w.l.Now()):
			o.fail("P15", "order %d is placed on a book of %s that is more than %s old", id, symbols[i].symbol, old)
		}
	}
}

// answered is an answer of the exchange: what it answers is decided.
func (o *observer) answered(text []byte) {
	if len(o.flying) == 0 && len(o.changing) == 0 {
		return
	}
	id := word(text, `"id":`)
	for n, c := range o.changing {
		if c.request == id {
			if delete(o.changing, n); bytes.Contains(text, []byte(`"error"`)) {
				o.w.reach("E38")
			}
			return
		}
	}
	for n, f := range o.flying {
		if f.request == id {
			delete(o.flying, n)
			return
		}
	}
}

// gone is what an incident does to a message that has just been read.
func (o *observer) gone(t *netio.Transit, a netio.Action) {
	if a.Verdict == netio.Deliver || t.Path != pathAPI {
		return
	}
	id := word(t.Data, `"id":`)
	for _, c := range o.changing {
		if c.request == id {
			o.w.reach("E38")
		}
	}
	if !t.ToServer {
		return
	}
	for n, f := range o.flying {
		if f.request == id {
			delete(o.flying, n)
		}
	}
}

// died is the end of a process.
func (o *observer) died() {
	clear(o.changing)
	clear(o.flying) // nothing knows any more what the exchange may still do; the next process has to find out
	clear(o.states)
}

// armed is a dead man's switch that the exchange has set.
func (o *observer) armed(r *netio.Request) {
	for i, s := range symbols {
		if strings.Contains(r.Query, s.symbol) || bytes.Contains(r.Body, []byte(s.symbol)) {
			o.guarded[i] = true
		}
	}
}

// away is what must hold when a process comes back after so long.
func (o *observer) away(down time.Duration) {
	guarded := o.w.guard > 0 && down > o.w.guard+time.Second
	for i := range symbols {
		was := o.guarded[i]
		o.guarded[i] = false
		if !guarded || !was {
			continue
		}
		o.check("P11")
		if o.open = o.w.x.AppendOpen(o.open[:0], o.w.me, i); len(o.open) > 0 && o.open[0].Created < o.w.l.Now()-market.Nanos(down) {
			o.fail("P11", "%d orders in %s are open %s after their trader has died", len(o.open), symbols[i].symbol, down)
		}
	}
}

// record is a record that is appended.
func (o *observer) record(r *market.Record) {
	switch r.Kind {
	case market.RecordIntent:
		if r.Command.Op != market.OpPlace {
			return
		}
		o.check("P1")
		if _, again := o.intents[r.Command.ID]; again {
			o.fail("P1", "order number %d is given out twice", r.Command.ID)
		}
		if o.frames[r.Command.ID] > 0 {
			o.fail("P1", "order number %d was sent in an earlier life", r.Command.ID)
		}
		o.intents[r.Command.ID] = r.Command
	case market.RecordLatch:
		o.why = r.Text
	default:
		o.fold(r)
	}
}

// fold takes what changes the books.
func (o *observer) fold(r *market.Record) {
	switch r.Kind {
	case market.RecordFill:
		o.fill(&r.Fill)
	case market.RecordOpen:
		o.opened = true
		o.pays(r)
	case market.RecordChange:
		if r.Change.Reason == market.ReasonFunding {
			o.w.reach("E33")
		}
		if r.Change.Reason != market.ReasonOrder {
			o.pays(r)
		}
	case market.RecordAdjust:
		o.pays(r)
		o.suspect += r.Change.Amount.Units()
	case market.RecordAdopt:
		o.pos[o.w.index(r.Position.Instrument)] = r.Position.Qty
		o.fail("P3", "a position of %d in %s was adopted: nobody else trades here", r.Position.Qty, r.Position.Instrument.Symbol)
	}
}

// pays books what a record says of a balance.
func (o *observer) pays(r *market.Record) {
	if r.Change.Asset == exchange.FeeCoin {
		o.coins += r.Change.Amount.Units()
	} else {
		o.wallet += r.Change.Amount.Units()
	}
}

// fill compares a fill that is booked with the exchange's own record of it.
func (o *observer) fill(f *market.Fill) {
	i := o.w.index(f.Instrument)
	k := trade3{i, f.Trade, f.Side}
	o.check("P3")
	if o.booked[k] {
		o.fail("P3", "trade %d in %s is booked twice", f.Trade, symbols[i].symbol)
		return
	}
	x, ok := o.truth[k]
	if !ok {
		o.learn()
		if x, ok = o.truth[k]; !ok {
			o.fail("P3", "trade %d in %s is booked, and the exchange has none of that number", f.Trade, symbols[i].symbol)
			return
		}
	}
	if f.Px != x.Px || f.Qty != x.Qty || f.Commission != x.Commission || f.Realised != x.Realised {
		o.fail("P3", "trade %d in %s is booked as %d at %d, fee %s, profit %s; the exchange has %d at %d, %s, %s", f.Trade, symbols[i].symbol,
			f.Qty, f.Px, f.Commission, f.Realised, x.Qty, x.Px, x.Commission, x.Realised)
	}
	o.booked[k] = true
	o.pos[i] += x.Qty * market.Lots(x.Side)
	o.wallet += x.Realised.Units()
	of := asset
	if x.InCoin {
		of = exchange.FeeCoin
		o.coins -= x.Commission.Units()
		o.w.reach("E41")
	} else {
		o.wallet -= x.Commission.Units()
	}
	if f.Asset != of && !x.Commission.IsZero() {
		o.fail("P4", "trade %d in %s is booked with a commission in %s; the exchange took %s", f.Trade, symbols[i].symbol, f.Asset, of)
	}
}

// learn reads every fill of ours from the exchange.
func (o *observer) learn() {
	o.scratch = o.w.x.AppendFills(o.scratch[:0], o.w.me, -1)
	for _, f := range o.scratch {
		k := trade3{f.Instrument, f.Trade, f.Side}
		if _, known := o.truth[k]; !known && o.w.has("E34") {
			if x, ok := o.w.x.Order(exchange.Key{Account: o.w.me, Instrument: f.Instrument, ID: f.OrderID}); ok && strings.HasPrefix(x.ClientID, "autoclose") {
				o.w.reach("E34")
			}
		}
		o.truth[k] = f
	}
}

// recovered reads the journal that a process begins with.
func (o *observer) recovered(st journal.State, d *disk, lookup journal.Lookup) {
	o.check("P13")
	for _, id := range slices.Sorted(maps.Keys(o.frames)) {
		if id >= st.Next {
			o.fail("P13", "order %d was sent, and the journal would give its number out again: it goes on with %d", id, st.Next)
		}
	}
	o.booked, o.wallet, o.coins, o.opened, o.suspect, o.pos = map[trade3]bool{}, 0, 0, false, 0, [len(symbols)]market.Lots{}
	for id := range o.intents {
		if id >= st.Next {
			delete(o.intents, id) // its intent was lost; nothing had left
			delete(o.dead, id)
		}
	}
	for r, err := range journal.All(d, lookup) {
		if err != nil {
			o.fail("P13", "the journal cannot be read: %v", err)
			return
		}
		o.fold(r)
	}
}

// synced is a flush that the journal says is durable.
func (o *observer) synced(k *keeper) {
	o.check("P13")
	if k.d.dirty > 0 {
		o.fail("P13", "the journal says that all is durable: %d bytes are not synced", k.d.dirty)
	}
}

// secret looks for the secret where it does not belong.
func (o *observer) secret(b []byte, where string) {
	o.checked["P18"]++
	if bytes.Contains(b, []byte(canary)) {
		o.fail("P18", "the secret is in %s", where)
	}
}

func (o *observer) check(promise string) { o.checked[promise]++ }

// cursor checks what a strategy reads through its watch.
func (o *observer) cursor(s *trade.Session, w *trade.Watch) {
	i := o.w.index(s.Instrument())
	last := &o.books[i].trade
	for t := range w.Trades() {
		o.check("P8")
		if t.ID <= *last && o.books[i].life == o.w.lives {
			o.fail("P8", "trade %d in %s comes behind %d", t.ID, symbols[i].symbol, *last)
		}
		*last, o.books[i].life = t.ID, o.w.lives
	}
}
