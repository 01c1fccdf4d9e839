package exchange

import (
	"baton/market"
)

// Cancel cancels an order and returns it, or refuses: -2011 where no such order is open.
func (x *Exchange) Cancel(now Nanos, k Key) (Order, Refusal) {
	i := x.findOpen(k)
	if i == nowhere {
		return Order{}, RefuseUnknown
	}
	o := x.cancel(now, i)
	x.drain(now)
	return o, Refusal{}
}

// cancel ends an open order and returns it as it was left.
func (x *Exchange) cancel(now Nanos, i int32) Order {
	x.withdraw(now, i, market.StatusCanceled, ExecCanceled, ExpiredNone)
	return x.orders.at(i).Order
}

// withdraw takes a resting order off the market and ends it.
func (x *Exchange) withdraw(now Nanos, i int32, status market.OrderStatus, exec Exec, why int) {
	s := x.lift(i)
	x.orders.at(i).Expiry = why
	x.close(i, status)
	x.emitUpdate(now, x.orders.at(i), exec, why, nil)
	x.flush(now, s)
}

// lift takes a resting order off its book, which is left to be flushed.
func (x *Exchange) lift(i int32) *instrument {
	o := x.orders.at(i)
	s := x.ins[o.Instrument]
	if s.kind == Matched {
		x.unrest(s, i)
	} else {
		s.replay.drop(i, o.Side)
	}
	return s
}

// CancelAll cancels all open orders of an account in instrument i (in all for -1), oldest first, and says how many there were. Conditional
// orders are not among them, see [Exchange.CancelAllAlgos].
func (x *Exchange) CancelAll(now Nanos, account, i int) int {
	a, n := x.account(account), 0
	if a == nil {
		return 0
	}
	for k := a.first; k != nowhere; {
		o := x.orders.at(k)
		next := o.next
		if i < 0 || o.Instrument == i {
			x.cancel(now, k)
			n++
		}
		k = next
	}
	x.drain(now)
	return n
}
