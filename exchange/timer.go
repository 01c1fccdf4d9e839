package exchange

// countdown cancels an account's orders in an instrument when its time comes (Binance USD-M, countdownCancelAll).
type countdown struct {
	at                  Nanos
	account, instrument int
}

// Countdown cancels all open orders of an account in an instrument after ttl, unless it is called again before; 0 disarms it.
func (x *Exchange) Countdown(now Nanos, account, i int, ttl Nanos) {
	for k := range x.guards {
		if g := &x.guards[k]; g.account == account && g.instrument == i {
			g.at = deadline(now, ttl)
			x.schedule()
			return
		}
	}
	if x.account(account) != nil && x.instrument(i) != nil {
		x.guards = append(x.guards, countdown{deadline(now, ttl), account, i})
		x.schedule()
	}
}

func deadline(now, ttl Nanos) Nanos {
	if ttl <= 0 {
		return Never
	}
	return now + ttl
}

// Next is when [Exchange.Timer] wants to be called.
func (x *Exchange) Next() Nanos { return x.next }

// Timer does what is due at now: dates of orders, countdowns, mark prices each second, funding after the mark price of its second.
func (x *Exchange) Timer(now Nanos) {
	x.due(now)
	for k := range x.guards {
		if g := &x.guards[k]; g.at <= now {
			g.at = Never
			x.CancelAll(now, g.account, g.instrument)
		}
	}
	if x.second <= now {
		x.second = nextMultiple(now, markEvery)
		for i, s := range x.ins {
			if !s.mark.recorded && !s.mark.held && s.phase != ended && x.sample(now, s) {
				x.emitMark(now, i, &s.mark.now)
				x.marked(now, s)
			}
		}
		x.unwind(now)
	}
	for _, s := range x.ins {
		if s.mark.now.Next <= now {
			x.fund(now, s)
			x.watch(now, s)
		}
	}
	x.drain(now)
	x.schedule()
}

// schedule finds the next time at which something is due by itself.
func (x *Exchange) schedule() {
	x.next = x.second
	for _, s := range x.ins {
		x.next = min(x.next, s.mark.now.Next)
	}
	for k := range x.guards {
		x.next = min(x.next, x.guards[k].at)
	}
	for _, i := range x.dated {
		x.next = min(x.next, x.orders.at(i).GoodTill)
	}
}
