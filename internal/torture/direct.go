package torture

import (
	"math/rand/v2"
	"slices"
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/flow"
	"baton/exchange/local"
	"baton/market"
	"baton/trade"
)

// directWorld is the exchange in this process, and the driver of the present process on it.
type directWorld struct {
	w      *world
	events exchange.Events
	crowd  *flow.Synthetic
	driver *local.Driver
	ways   int
}

// Run moves the market: the driver changes with each process, the exchange and its crowd stay.
func (d *directWorld) Run(until aio.Nanos) bool { return d.driver.Run(until) }

// openDirect makes the exchange before there is a loop: the loop's clock is moved by it.
func (w *world) openDirect() aio.Source {
	d := &directWorld{w: w}
	w.direct = d
	w.x = exchange.New(exchange.Config{Start: w.start, KeepOrders: keepOrders}, &d.events)
	w.known = listing()
	var openings []flow.Opening
	for i, in := range w.known {
		if _, err := w.x.List(in, exchange.Matched); err != nil {
			panic(err) // the table above makes no sense
		}
		openings = append(openings, flow.Opening{Instrument: i, Price: decimal.MustParse(symbols[i].price), Rate: crowdRate, Depth: crowdDepth})
	}
	w.me = w.x.AddAccount(account)
	d.note(w.x.Deposit(w.start, w.me, decimal.MustParse(deposit)))
	var err error
	d.crowd, err = flow.NewSynthetic(w.x, rand.NewPCG(w.cfg.Seed, 2), w.start, openings...)
	d.note(err)
	d.renew()
	return aio.Drive(w.start, d)
}

func (d *directWorld) note(err error) {
	if err != nil {
		panic(err) // of a table that is built in
	}
}

// renew makes the line of a new process.
func (d *directWorld) renew() {
	if d.driver != nil {
		d.driver.Close()
	}
	d.ways++
	lat := local.Latency{Min: 2 * time.Millisecond, Jitter: 3 * time.Millisecond}
	var err error
	d.driver, err = local.New(d.w.x, &d.events, local.Config{Account: d.w.me, Out: lat, Back: lat}, rand.NewPCG(d.w.cfg.Seed, uint64(10+d.ways)))
	d.note(err)
	d.driver.Gather(d.crowd)
	if d.w.l != nil {
		d.driver.Attach(d.w.l)
	}
}

// attachDirect gives the first driver its loop.
func (w *world) attachDirect() { w.direct.driver.Attach(w.l) }

// connectDirect is the line of a new process.
func (w *world) connectDirect() (trade.Feed, trade.Venue, error) {
	w.direct.renew()
	l := &directLine{Driver: w.direct.driver, w: w}
	return l, l, nil
}

// directLine is a driver with the observer on it.
type directLine struct {
	*local.Driver
	w *world
}

// Send is seen by the observer first.
func (l *directLine) Send(c *market.Command) error {
	l.w.messages++
	if c.Op == market.OpPlace {
		l.w.obs.sent(c.ID, c.ReduceOnly, "")
	}
	if c.Op == market.OpAmend {
		l.w.obs.amended(c.ID, c.Qty, "")
	}
	return l.Driver.Send(c)
}

// Open and Bind put the observer between.
func (l *directLine) Open(in *market.Instrument, to market.MarketSink) (*market.Book, error) {
	return l.Driver.Open(in, &marketTap{to, l.w})
}

// Bind binds.
func (l *directLine) Bind(to market.OrderSink) { l.Driver.Bind(&orderTap{to, l.w}) }

// saw is after every delivery.
func (w *world) saw(market bool) {
	w.messages++
	w.obs.step(market)
}

type marketTap struct {
	to market.MarketSink
	w  *world
}

func (t *marketTap) Quote(q *market.Quote)                { t.to.Quote(q); t.w.messages++ }
func (t *marketTap) Trade(x *market.Trade)                { t.to.Trade(x); t.w.saw(true) }
func (t *marketTap) Depth(b *market.Book, d *market.Diff) { t.to.Depth(b, d); t.w.messages++ }
func (t *marketTap) Mark(m *market.Mark)                  { t.to.Mark(m); t.w.saw(true) }
func (t *marketTap) Status(s market.Status)               { t.to.Status(s); t.w.saw(false) }

type orderTap struct {
	to market.OrderSink
	w  *world
}

func (t *orderTap) Reply(id market.OrderID, op market.Op, out market.Outcome) {
	t.to.Reply(id, op, out)
	if op == market.OpAmend {
		if delete(t.w.obs.changing, id); out.Kind() != market.IsAccepted {
			t.w.reach("E38")
		}
	}
	t.w.saw(false)
}
func (t *orderTap) Update(u *market.Update)  { t.to.Update(u); t.w.saw(false) }
func (t *orderTap) Account(c *market.Change) { t.to.Account(c); t.w.saw(false) }

// beginDirect begins an incident without a wire.
func (w *world) beginDirect(e *effect) {
	if fault(e.ID).Where == OnDisk {
		w.beginDisk(e)
		return
	}
	d := w.direct.driver
	w.reach(e.ID)
	switch e.ID {
	case "N4":
		d.DelayAck(time.Duration(100+e.rng.IntN(4900)) * time.Millisecond)
	case "N10":
		w.flapDirect(e)
	case "N11":
		d.Cut()
	case "E8":
		d.LoseAck(1 + e.rng.IntN(4))
	case "E22":
		d.LoseFill(1 + e.rng.IntN(3))
	}
}

func (w *world) flapDirect(e *effect) {
	if !slices.Contains(w.active, e) {
		return
	}
	w.direct.driver.Cut()
	w.l.CallLater(100*time.Millisecond, func() { w.direct.driver.Restore() })
	w.l.CallLater(200*time.Millisecond, func() { w.flapDirect(e) })
}

func (w *world) endDirect(e *effect) {
	switch {
	case fault(e.ID).Where == OnDisk:
		w.endDisk(e)
	case e.ID == "N10" || e.ID == "N11":
		w.direct.driver.Restore()
	case e.ID == "E8":
		w.direct.driver.LoseAck(0)
	case e.ID == "E22":
		w.direct.driver.LoseFill(0)
	}
}
