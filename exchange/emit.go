package exchange

import (
	"baton/decimal"
	"baton/market"
)

func (x *Exchange) emit(now Nanos, kind EventKind, i, account, at int) {
	x.out.List = append(x.out.List, Event{kind, int32(i), int32(account), int32(at), now})
}

// emitUpdate reports an order as it is now. fill is nil where none happened.
func (x *Exchange) emitUpdate(now Nanos, o *order, exec Exec, expiry int, fill *Fill) {
	o.Updated = now
	if x.accounts[o.Account].quiet {
		return
	}
	x.emit(now, EventUpdate, o.Instrument, o.Account, len(x.out.updates))
	u := Update{Order: o.Order, Exec: exec, Expiry: expiry}
	if fill != nil {
		u.Fill = *fill
	}
	x.out.updates = append(x.out.updates, u)
}

// emitChange reports an account's wallet, and its one-way position in instrument i unless that is -1.
func (x *Exchange) emitChange(now Nanos, account, i int, reason market.Reason, amount int64) {
	x.emitChangeOf(now, account, i, market.Both, reason, "", amount)
}

// emitText is emitChange with a reason in the venue's own word.
func (x *Exchange) emitText(now Nanos, account, i int, reason market.Reason, text string, amount int64) {
	x.emitChangeOf(now, account, i, market.Both, reason, text, amount)
}

// emitChangeOf reports an account's wallet, and its position on a side of instrument i unless that is -1.
func (x *Exchange) emitChangeOf(now Nanos, account, i int, side market.PositionSide, reason market.Reason, text string, amount int64) {
	a := x.accounts[account]
	if a.quiet {
		return
	}
	c := Change{Reason: reason, Text: text, Account: account, Instrument: i, Asset: a.asset,
		Amount: decimal.FromUnits(amount), Wallet: decimal.FromUnits(a.wallet + a.isolated), Cross: decimal.FromUnits(a.wallet), Time: now}
	if i >= 0 {
		if a.hedge && side == market.Both {
			side = market.Long
		}
		c.Position = x.PositionOf(account, i, side)
	}
	x.emit(now, EventChange, i, account, len(x.out.changes))
	x.out.changes = append(x.out.changes, c)
}

func (x *Exchange) emitConfig(now Nanos, account, i, leverage int) {
	x.emit(now, EventConfig, i, account, len(x.out.configs))
	x.out.configs = append(x.out.configs, leverage)
}

func (x *Exchange) emitForce(now Nanos, o *Order) {
	if o.Filled > 0 {
		x.emit(now, EventForce, o.Instrument, 0, len(x.out.forced))
		x.out.forced = append(x.out.forced, *o)
	}
}

func (x *Exchange) emitQuote(now Nanos, i int, q *market.Quote) {
	x.emit(now, EventQuote, i, 0, len(x.out.quotes))
	x.out.quotes = append(x.out.quotes, *q)
}

func (x *Exchange) emitTrade(now Nanos, i int, t *market.Trade) {
	x.emit(now, EventTrade, i, 0, len(x.out.trades))
	x.out.trades = append(x.out.trades, *t)
}

// emitDiff copies the rows: they belong to the list from then on.
func (x *Exchange) emitDiff(now Nanos, i int, d *market.Diff) {
	e := *d
	e.Bids, e.Asks = x.out.keep(d.Bids), x.out.keep(d.Asks)
	x.emit(now, EventDiff, i, 0, len(x.out.diffs))
	x.out.diffs = append(x.out.diffs, e)
}

func (x *Exchange) emitMark(now Nanos, i int, m *market.Mark) {
	x.emit(now, EventMark, i, 0, len(x.out.marks))
	x.out.marks = append(x.out.marks, *m)
}

// keep copies rows into the arena. Slices that were given out before stay whole when the arena moves.
func (ev *Events) keep(rows []market.Level) []market.Level {
	from := len(ev.rows)
	ev.rows = append(ev.rows, rows...)
	return ev.rows[from:len(ev.rows):len(ev.rows)]
}
