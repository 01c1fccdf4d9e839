package exchange

// The sizes of batches (Binance USD-M, Place Multiple Orders, Modify Multiple Orders, Cancel Multiple Orders).
const (
	MaxBatch       = 5
	MaxCancelBatch = 10
)

// Result is what became of one request of a batch: the order, or why it was refused.
type Result struct {
	Order   Order
	Refusal Refusal
}

// PlaceBatch places up to MaxBatch orders in their order, each for itself: a refused one does not keep the next from being
// taken. It appends their results; -4082 refuses a batch of another size whole. What the orders trigger follows after the
// last.
func (x *Exchange) PlaceBatch(now Nanos, batch []Request, to []Result) ([]Result, Refusal) {
	if len(batch) == 0 || len(batch) > MaxBatch {
		return to, RefuseBatch
	}
	for k := range batch {
		o, refusal := x.place(now, &batch[k])
		to = append(to, Result{o, refusal})
	}
	x.drain(now)
	return to, Refusal{}
}

// AmendBatch amends up to MaxBatch orders as [Exchange.PlaceBatch] places them.
func (x *Exchange) AmendBatch(now Nanos, batch []Amend, to []Result) ([]Result, Refusal) {
	if len(batch) == 0 || len(batch) > MaxBatch {
		return to, RefuseBatch
	}
	for k := range batch {
		o, refusal := x.amend(now, &batch[k])
		to = append(to, Result{o, refusal})
	}
	x.drain(now)
	return to, Refusal{}
}

// CancelBatch cancels up to MaxCancelBatch orders, each for itself, and appends the results; -4032 refuses a batch of another
// size whole.
func (x *Exchange) CancelBatch(now Nanos, batch []Key, to []Result) ([]Result, Refusal) {
	if len(batch) == 0 || len(batch) > MaxCancelBatch {
		return to, RefuseCancelBatch
	}
	for _, k := range batch {
		r := Result{Refusal: RefuseUnknown}
		if i := x.findOpen(k); i != nowhere {
			r = Result{Order: x.cancel(now, i)}
		}
		to = append(to, r)
	}
	x.drain(now)
	return to, Refusal{}
}
