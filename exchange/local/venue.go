package local

import (
	"fmt"
	"time"

	"baton/aio"
	"baton/exchange"
	"baton/market"
)

// message is what travels to the exchange: a command, or a question.
type message struct {
	at   market.Nanos
	cmd  market.Command // Op 0: a question
	ask  *question
	lost bool // the line went down behind it: no answer comes back
}

// answer is what travels back on the commands' connection.
type answer struct {
	at      market.Nanos
	id      market.OrderID
	op      market.Op
	outcome market.Outcome
	ask     *question
}

// news is what travels back on the user stream.
type news struct {
	at     market.Nanos
	update market.Update
	fill   market.Fill
	change market.Change
	kind   exchange.EventKind
}

// question is a query, and where its answer is awaited.
type question struct {
	in      *market.Instrument
	id      market.OrderID
	ttl     time.Duration
	kind    questionKind
	report  market.Report
	account market.Account
	done    *aio.Future[struct{}]
}

type questionKind uint8

const (
	askOrder questionKind = iota + 1
	askAccount
	askGuard
)

// fail ends what is awaited; nil asks nothing.
func (q *question) fail(err error) {
	if q != nil && !q.done.Done() {
		_ = q.done.Fail(err) // not done: seen
	}
}

// Send puts a command on its way. An error is the proof that nothing left: the driver is closed, the line is down, or too much
// is under way.
func (d *Driver) Send(c *market.Command) error {
	if err := d.usable(); err != nil {
		return fmt.Errorf("%s order %d: %w", c.Op, c.ID, err)
	}
	m := d.orders.push()
	m.cmd, m.ask, m.lost = *c, nil, false
	d.depart(m)
	return nil
}

func (d *Driver) usable() error {
	switch {
	case d.closed:
		return ErrClosed
	case d.rig.cut:
		return ErrCut
	case d.orders.len() >= MaxInFlight/2:
		return fmt.Errorf("local exchange: %d commands are under way already", d.orders.len())
	}
	return nil
}

func (d *Driver) depart(m *message) {
	m.at = d.out.Arrive(d.loop.Now())
	d.arrive = d.orders.first().at
	d.arm()
}

// Query asks what became of an order, and suspends for a round trip. Commands and queries share the way out, so that an order
// which the exchange does not know when the query arrives cannot come any more: ProvenAbsent. Only an order closed so long
// ago that the exchange has forgotten it proves nothing.
func (d *Driver) Query(co *aio.Co, in *market.Instrument, id market.OrderID) (market.Report, error) {
	q := &question{kind: askOrder, in: in, id: id}
	err := d.put(co, q)
	return q.report, err
}

// Account asks for balances, positions and open orders.
func (d *Driver) Account(co *aio.Co) (market.Account, error) {
	q := &question{kind: askAccount}
	err := d.put(co, q)
	return q.account, err
}

// Guard arms the dead man's switch of every instrument: all orders are cancelled after ttl unless it is armed anew; 0 disarms.
func (d *Driver) Guard(co *aio.Co, ttl time.Duration) error {
	return d.put(co, &question{kind: askGuard, ttl: ttl})
}

// put sends a question and awaits its answer.
func (d *Driver) put(co *aio.Co, q *question) error {
	if err := d.usable(); err != nil {
		return err
	}
	q.done = aio.NewFuture[struct{}](d.loop)
	m := d.orders.push()
	*m = message{ask: q}
	d.depart(m)
	_, err := q.done.Await(co)
	return err
}

// handle lets the first message reach the exchange.
func (d *Driver) handle(now market.Nanos) {
	m := d.orders.first()
	lost := m.lost || d.rig.cut
	a := answer{id: m.cmd.ID, op: m.cmd.Op, ask: m.ask}
	if m.ask != nil {
		d.look(now, m.ask)
	} else {
		a.outcome = d.execute(now, &m.cmd)
	}
	d.orders.drop()
	d.arrive = aio.Never
	if d.orders.len() > 0 {
		d.arrive = d.orders.first().at
	}
	if !lost && !d.rig.loses(&a) {
		d.postAnswer(now, a)
	}
	d.collect()
}

// execute gives a command to the exchange.
func (d *Driver) execute(now market.Nanos, c *market.Command) market.Outcome {
	i, ok := d.x.Index(c.Instrument.Symbol)
	if !ok {
		return market.Refused(exchange.RefuseSymbol.Code, exchange.RefuseSymbol.Text)
	}
	var refusal exchange.Refusal
	ended := false // in place of being amended
	switch c.Op {
	case market.OpPlace:
		refusal = d.place(now, i, c)
	case market.OpCancel:
		refusal = d.cancel(now, i, c)
	case market.OpAmend:
		var o exchange.Order
		o, refusal = d.x.Amend(now, &exchange.Amend{Key: exchange.Key{Account: d.cfg.Account, Instrument: i, Ref: int64(c.ID)},
			Side: c.Side, Px: c.Px, Qty: c.Qty, ModifyID: int64(c.Revision)})
		if !refusal.Refused() && o.Status == market.StatusCanceled {
			refusal.Text, ended = "the exchange cancelled the order in place of amending it", true
		}
	}
	out := market.Accepted()
	if refusal.Refused() || ended {
		out = market.Refused(refusal.Code, refusal.Text)
	}
	out.Revision = c.Revision
	return out
}

func (d *Driver) place(now market.Nanos, i int, c *market.Command) (refusal exchange.Refusal) {
	if c.Type.Conditional() {
		return d.placeAlgo(now, i, c)
	}
	_, refusal = d.x.Place(now, &exchange.Request{Account: d.cfg.Account, Instrument: i, Ref: int64(c.ID), Side: c.Side,
		Type: c.Type, TIF: c.TIF, Px: c.Px, Qty: c.Qty, ReduceOnly: c.ReduceOnly, PositionSide: c.PositionSide,
		SelfTrade: c.SelfTrade, PriceMatch: c.PriceMatch, GoodTill: c.GoodTill})
	return refusal
}

// look answers a question from the exchange's state.
func (d *Driver) look(now market.Nanos, q *question) {
	switch q.kind {
	case askOrder:
		q.report = d.report(q.in, q.id)
	case askAccount:
		q.account = d.account(now)
	case askGuard:
		for i := range d.seats {
			d.x.Countdown(now, d.cfg.Account, i, market.Nanos(q.ttl))
		}
	}
}

func (d *Driver) report(in *market.Instrument, id market.OrderID) market.Report {
	i, ok := d.x.Index(in.Symbol)
	if !ok {
		return market.Report{Kind: market.ProvenAbsent}
	}
	o, ok := d.x.Order(exchange.Key{Account: d.cfg.Account, Instrument: i, Ref: int64(id)})
	if !ok {
		if r, ok := d.reportAlgo(i, id); ok {
			return r
		}
		if int64(id) <= d.x.Forgotten(d.cfg.Account) {
			return market.Report{}
		}
		return market.Report{Kind: market.ProvenAbsent}
	}
	return d.reportOrder(i, id, &o)
}

// reportOrder is the report of an order in matching, or that was there. Commands and queries share one way, so that no amendment that
// was sent before can still arrive.
func (d *Driver) reportOrder(i int, id market.OrderID, o *exchange.Order) market.Report {
	r := market.Report{Kind: market.Found, Status: o.Status, Venue: o.ID, Filled: o.Filled, Px: o.Px, Qty: o.Qty,
		Revision: int32(o.ModifyID), Settled: true}
	d.fills = d.x.AppendFills(d.fills[:0], d.cfg.Account, i)
	for k := range d.fills {
		if f := &d.fills[k]; f.OrderID == o.ID {
			r.Fills = append(r.Fills, d.fill(f, id))
		}
	}
	return r
}

func (d *Driver) fill(f *exchange.Fill, id market.OrderID) market.Fill {
	in := d.x.Instruments()[f.Instrument]
	asset := in.Margin
	if f.InCoin {
		asset = exchange.FeeCoin
	}
	return market.Fill{Instrument: in, Order: id, Trade: f.Trade, Side: f.Side, Px: f.Px, Qty: f.Qty,
		Commission: f.Commission, Asset: asset, Realised: f.Realised, Maker: f.Maker, For: f.PositionSide, Time: f.Time}
}

// sides are the positions that an instrument has: one of one-way mode, or the two of hedge mode.
func sides(hedge bool) []market.PositionSide {
	if hedge {
		return []market.PositionSide{market.Long, market.Short}
	}
	return []market.PositionSide{market.Both}
}

func (d *Driver) account(now market.Nanos) market.Account {
	s, _ := d.x.Account(d.cfg.Account)
	a := market.Account{Time: now, Balances: []market.Balance{{Asset: s.Asset, Wallet: s.Wallet}}}
	for i, in := range d.x.Instruments() {
		for _, side := range sides(s.Hedge) {
			if p := d.x.PositionOf(d.cfg.Account, i, side); p.Qty != 0 {
				a.Positions = append(a.Positions, market.Position{Instrument: in, Side: side, Qty: p.Qty, Entry: p.Entry(in)})
			}
		}
	}
	d.open = d.x.AppendOpen(d.open[:0], d.cfg.Account, -1)
	for k := range d.open {
		o := &d.open[k]
		a.Orders = append(a.Orders, market.OpenOrder{Instrument: d.x.Instruments()[o.Instrument], Order: orderOf(o),
			Venue: o.ID, ClientID: o.ClientID, Side: o.Side, Type: o.Type, Px: o.Px, Qty: o.Qty, Filled: o.Filled, Reduces: o.Closes()})
	}
	d.waiting = d.x.AppendOpenAlgos(d.waiting[:0], d.cfg.Account, -1)
	for k := range d.waiting {
		a.Orders = append(a.Orders, d.openAlgo(&d.waiting[k]))
	}
	return a
}

func (d *Driver) postAnswer(now market.Nanos, a answer) {
	a.at = d.answered.Arrive(now)
	*d.answers.push() = a
	d.reply = d.answers.first().at
}

func (d *Driver) postUpdate(now market.Nanos, u *exchange.Update) {
	if u.Exec == exchange.ExecTrade && d.rig.losesFill() {
		return
	}
	o, n := &u.Order, d.news.push()
	n.kind = exchange.EventUpdate
	n.update = market.Update{Instrument: d.x.Instruments()[o.Instrument], Order: orderOf(o), Venue: o.ID,
		Status: o.Status, Filled: o.Filled, Px: o.Px, Qty: o.Qty, Revision: int32(o.ModifyID), Time: now}
	if o.AlgoID != 0 {
		n.update.Algo, n.update.AlgoID = market.AlgoTriggered, o.AlgoID
	}
	if n.update.Order == 0 {
		n.update.ClientID = o.ClientID
	}
	if u.Exec == exchange.ExecTrade {
		n.fill = d.fill(&u.Fill, n.update.Order)
		n.update.Fill = &n.fill
	}
	d.postNews(now, n)
}

func (d *Driver) postChange(now market.Nanos, c *exchange.Change) {
	n := d.news.push()
	n.kind = exchange.EventChange
	n.change = market.Change{Reason: c.Reason, Asset: c.Asset, Amount: c.Amount, Wallet: c.Wallet, Time: now}
	if c.Instrument >= 0 {
		n.change.Instrument = d.x.Instruments()[c.Instrument]
	}
	d.postNews(now, n)
}

func (d *Driver) postNews(now market.Nanos, n *news) {
	n.at = d.streamed.Arrive(now)
	if !d.rig.cut {
		d.tell = d.news.first().at
	}
}

// deliverAnswer hands over the first answer.
func (d *Driver) deliverAnswer() {
	a := *d.answers.first()
	d.answers.drop()
	d.reply = aio.Never
	if d.answers.len() > 0 {
		d.reply = d.answers.first().at
	}
	switch {
	case a.ask != nil:
		if !a.ask.done.Done() {
			_ = a.ask.done.Set(struct{}{}) // not done: seen
		}
	case d.to != nil:
		d.to.Reply(a.id, a.op, a.outcome)
	}
}

// deliverNews hands over the first news. The sink may send while it listens: nothing is taken from the ring before it is done.
func (d *Driver) deliverNews() {
	n := d.news.first()
	if d.to != nil {
		if n.kind == exchange.EventUpdate {
			if n.update.Fill != nil {
				n.update.Fill = &n.fill // the ring may have grown since it was posted
			}
			d.to.Update(&n.update)
		} else {
			d.to.Account(&n.change)
		}
	}
	d.news.drop()
	d.tell = aio.Never
	if d.news.len() > 0 && !d.rig.cut {
		d.tell = d.news.first().at
	}
}
