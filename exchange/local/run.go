package local

import (
	"baton/aio"
	"baton/exchange"
	"baton/market"
)

// Run is the whole backtest: it delivers, in the order of time, market data due at or before until and anything else due
// before it, and returns true right after what made a task ready. It runs on the stack of whoever waits.
func (d *Driver) Run(until aio.Nanos) bool {
	l := d.loop
	if l == nil || d.closed {
		return false
	}
	for {
		if d.rig.announce {
			d.announce()
			if l.Ready() {
				return true
			}
		}
		if d.move(until) || d.settle(until) {
			return true
		}
		acted := d.step(until)
		if l.Ready() && l.Now() >= d.free {
			d.busy(l.Now())
			return true
		}
		if !acted {
			return l.Ready()
		}
	}
}

// busy says that the strategy computes from now on.
func (d *Driver) busy(now market.Nanos) { d.free = now + market.Nanos(d.cfg.Busy) }

// due is when the first thing other than a market event is due.
func (d *Driver) due() market.Nanos { return min(d.arrive, d.reply, d.tell, d.x.Next()) }

// move plays market events up to until or the next other thing. true: a task is ready, and the strategy is free to run it.
func (d *Driver) move(until market.Nanos) bool {
	l, limit := d.loop, min(until, d.due())
	if l.Ready() {
		limit = min(limit, d.free)
	}
	for d.nextMarket() <= limit {
		now := d.nextMarket()
		l.Advance(now)
		if d.crowd != nil {
			d.crowd.Step()
		} else {
			d.play(now)
		}
		if len(d.ev.List) > 0 {
			d.collect()
		}
		if d.rig.announce {
			d.announce()
		}
		limit = min(until, d.due())
		if l.Ready() {
			if now >= d.free {
				d.busy(now)
				return true
			}
			limit = min(limit, d.free)
		}
	}
	return false
}

// nextMarket is when the next market event is due; aio.Never at the end.
func (d *Driver) nextMarket() market.Nanos {
	if d.k < len(d.at) {
		return d.at[d.k]
	}
	if d.crowd != nil && !d.ended {
		if at := d.crowd.Next(); d.cfg.End == 0 || at < d.cfg.End {
			return at
		}
	}
	return aio.Never
}

// play gives the tape's next entry to the exchange and then to the sink.
func (d *Driver) play(now market.Nanos) {
	k := d.k
	d.k++
	kind, t := d.tape.Kind(k)
	i := d.index[t]
	sink := d.hearer(i)
	switch kind {
	case market.EventQuote:
		q := d.tape.Quote(k)
		d.x.Quote(now, i, q)
		if sink != nil {
			sink.Quote(q)
		}
	case market.EventTrade, market.EventAgg:
		p := d.tape.Trade(k)
		d.x.Trade(now, i, p)
		if sink != nil {
			sink.Trade(p)
		}
	case market.EventDiff:
		d.deepen(i, sink, d.x.Diff(now, i, d.tape.Diff(k)))
	case market.EventSnapshot:
		d.deepen(i, sink, d.x.Snapshot(now, i, d.tape.Snapshot(k)))
	case market.EventMark:
		m := d.tape.Mark(k)
		d.x.Mark(now, i, m)
		if sink != nil {
			sink.Mark(m)
		}
	case market.EventGap:
		d.x.Gap(now, i)
	}
}

// hearer is the sink that hears an instrument's market data now: nil where nobody opened it, or the line is down.
func (d *Driver) hearer(i int) market.MarketSink {
	if s := &d.seats[i]; s.status == market.Exact {
		return s.sink
	}
	return nil
}

// deepen tells of a changed book. No diff may mean that the book became exact, or stale.
func (d *Driver) deepen(i int, sink market.MarketSink, diff *market.Diff) {
	switch {
	case diff == nil:
		d.rig.announce = true
	case sink != nil:
		sink.Depth(d.x.Book(i), diff)
	}
}

// settle ends the market once its last event was played, and lets a strategy run whose computing is over before anything
// else is due.
func (d *Driver) settle(until market.Nanos) bool {
	l := d.loop
	if l.Ready() && d.free < d.due() {
		l.Advance(min(d.free, until))
		d.busy(l.Now())
		return true
	}
	if d.ended || d.nextMarket() != aio.Never || d.tape == nil && d.crowd == nil {
		return false
	}
	if d.crowd != nil {
		if d.cfg.End > until {
			return false
		}
		l.Advance(d.cfg.End)
	}
	d.ended = true
	for i := range d.seats {
		if s := &d.seats[i]; s.sink != nil {
			s.status = market.Ended
			s.sink.Status(market.Ended)
		}
	}
	return l.Ready()
}

// step does the first thing that is due and no market event: the exchange's own timers, a command's arrival, an answer, news.
// Without a market to come, the exchange's timers go on only as long as something else is due.
func (d *Driver) step(until market.Nanos) (acted bool) {
	at, next := min(d.arrive, d.reply, d.tell), d.x.Next()
	switch {
	case next <= at && next <= until && (min(at, until) != aio.Never || d.nextMarket() != aio.Never):
		d.loop.Advance(next)
		d.x.Timer(next)
		d.collect()
	case at >= until:
		return false
	case d.arrive == at:
		d.loop.Advance(at)
		d.handle(at)
	case d.reply == at:
		d.loop.Advance(at)
		d.deliverAnswer()
	default:
		d.loop.Advance(at)
		d.deliverNews()
	}
	return true
}

// collect takes what the exchange said: market data goes to the sinks at once, what concerns the account onto the way back.
func (d *Driver) collect() {
	for k := range d.ev.List {
		e := &d.ev.List[k]
		i := int(e.Instrument)
		switch e.Kind {
		case exchange.EventUpdate:
			if int(e.Account) == d.cfg.Account {
				d.postUpdate(e.Time, d.ev.Update(e))
			}
			continue
		case exchange.EventChange:
			if int(e.Account) == d.cfg.Account {
				d.postChange(e.Time, d.ev.Change(e))
			}
			continue
		case exchange.EventAlgo:
			if int(e.Account) == d.cfg.Account {
				d.postAlgo(e.Time, d.ev.Algo(e))
			}
			continue
		}
		if sink := d.hearer(i); sink != nil {
			d.show(sink, e, i)
		}
	}
	d.ev.Reset()
}

func (d *Driver) show(sink market.MarketSink, e *exchange.Event, i int) {
	switch e.Kind {
	case exchange.EventQuote:
		sink.Quote(d.ev.Quote(e))
	case exchange.EventTrade:
		sink.Trade(d.ev.Trade(e))
	case exchange.EventDiff:
		sink.Depth(d.x.Book(i), d.ev.Diff(e))
	case exchange.EventMark:
		sink.Mark(d.ev.Mark(e))
	}
}

// announce tells each sink whether its book is to be trusted, where that changed.
func (d *Driver) announce() {
	d.rig.announce = false
	for i := range d.seats {
		s := &d.seats[i]
		want := market.Stale
		if d.x.Book(i).Exact() && !d.rig.cut {
			want = market.Exact
		}
		if s.sink != nil && s.status != want && s.status != market.Ended {
			s.status = want
			s.sink.Status(want)
		}
	}
}

// Feed gives a market event to the exchange and its sink now: the live market of paper trading.
func (d *Driver) Feed(ev *market.Event) {
	i, ok := d.x.Index(ev.Instrument.Symbol)
	if !ok || d.closed {
		return
	}
	now, sink := d.loop.Now(), d.hearer(i)
	switch ev.Kind {
	case market.EventQuote:
		d.x.Quote(now, i, &ev.Quote)
		if sink != nil {
			sink.Quote(&ev.Quote)
		}
	case market.EventTrade, market.EventAgg:
		d.x.Trade(now, i, &ev.Trade)
		if sink != nil {
			sink.Trade(&ev.Trade)
		}
	case market.EventDiff:
		d.deepen(i, sink, d.x.Diff(now, i, &ev.Diff))
	case market.EventSnapshot:
		d.deepen(i, sink, d.x.Snapshot(now, i, &ev.Snapshot))
	case market.EventMark:
		d.x.Mark(now, i, &ev.Mark)
		if sink != nil {
			sink.Mark(&ev.Mark)
		}
	case market.EventGap:
		d.x.Gap(now, i)
	}
	d.collect()
	if d.rig.announce {
		d.announce()
	}
	d.arm()
}

// pump delivers what is due by the loop's timer.
func (d *Driver) pump() {
	if d.rig.announce {
		d.announce()
	}
	for now := d.loop.Now(); !d.closed && d.due() <= now; {
		if !d.step(now + 1) {
			break
		}
	}
	d.arm()
}

// arm sets the loop's timer to what is due next, where there is one.
func (d *Driver) arm() {
	if d.timer == nil || d.closed {
		return
	}
	if d.rig.announce {
		d.timer.Arm(d.loop.Now())
		return
	}
	d.timer.Arm(d.due())
}
