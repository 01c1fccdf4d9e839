package exchange

import "baton/market"

// task is something that follows from an entry and is done at its end: never inside matching, which would have to expect that
// any fill changes the book under it.
type task struct {
	kind                taskKind
	algo                int32
	account, instrument int
}

type taskKind uint8

const (
	taskFire   taskKind = iota + 1 // a conditional order's trigger has come
	taskFinish                     // the order that a conditional one became has ended
	taskFlat                       // a position was closed, or turned
)

// drain does what follows from an entry, first come first served, until nothing follows any more. It ends: each fired order
// is gone from those that wait, and only waiting orders and fills make new tasks.
func (x *Exchange) drain(now Nanos) {
	if len(x.tasks) == 0 {
		return
	}
	for k := 0; k < len(x.tasks); k++ {
		switch t := x.tasks[k]; t.kind {
		case taskFire:
			x.fire(now, t.algo)
		case taskFinish:
			x.finish(now, t.algo)
		case taskFlat:
			x.flat(now, t.account, t.instrument)
		}
	}
	x.tasks = x.tasks[:0]
}

// flattened notes that a position was closed or turned: what waited to reduce it may have nothing to reduce any more.
func (x *Exchange) flattened(account, i int, before, after market.Lots) {
	if x.accounts[account].reducing > 0 && before != 0 && (after == 0 || (before > 0) != (after > 0)) {
		x.tasks = append(x.tasks, task{kind: taskFlat, account: account, instrument: i})
	}
}

// flat expires what waits to reduce a position of which nothing is left: resting reduce-only orders, and conditional ones that
// would close it.
func (x *Exchange) flat(now Nanos, account, i int) {
	for k := x.accounts[account].first; k != nowhere; {
		o := x.orders.at(k)
		next := o.next
		if o.Instrument == i && o.Closes() && x.room(o) == 0 {
			x.withdraw(now, k, market.StatusExpired, ExecExpired, ExpiredReduceOnly)
		}
		k = next
	}
	x.flatAlgos(now, account, i)
}
