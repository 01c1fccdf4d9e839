package ledger

import (
	"cmp"
	"slices"

	"baton/market"
)

// MaxTrades is how many trades an instrument's idempotency memory holds at least before it forgets the older half of twice
// as many. A trade older than what was forgotten is refused with [ErrForgotten], never booked on a guess.
const MaxTrades = 8192

// trade is what has to be remembered of a booked fill to know it again. Side is part of the key: an account that trades with
// itself gets both halves of one trade id.
type trade struct {
	id    int64
	px    market.Ticks
	qty   market.Lots
	order market.OrderID
	side  market.Side
}

// trades are the booked trades of one instrument, ascending. Ids nearly always come in order, so that an insertion is an
// append.
type trades struct {
	ids    []trade
	forgot bool
	floor  int64 // ids up to here were forgotten, where any were
}

func (t *trades) find(f *market.Fill) (at int, seen bool, err error) {
	if t.forgot && f.Trade <= t.floor {
		return 0, false, ErrForgotten
	}
	want := trade{f.Trade, f.Px, f.Qty, f.Order, f.Side}
	if n := len(t.ids); n == 0 || t.ids[n-1].id < f.Trade {
		return n, false, nil
	}
	at, seen = slices.BinarySearchFunc(t.ids, want, func(a, b trade) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.side, b.side))
	})
	if seen && t.ids[at] != want {
		return at, false, ErrConflict
	}
	return at, seen, nil
}

// insert remembers f at the place that find gave.
func (t *trades) insert(at int, f *market.Fill) {
	if len(t.ids) == 2*MaxTrades {
		t.forgot, t.floor = true, t.ids[MaxTrades-1].id
		keep := MaxTrades
		for t.ids[keep].id == t.floor { // both halves of a trade with ourselves are forgotten together
			keep++
		}
		t.ids = slices.Delete(t.ids, 0, keep)
		if at -= keep; at < 0 { // as old as what was just forgotten
			return
		}
	}
	t.ids = slices.Insert(t.ids, at, trade{f.Trade, f.Px, f.Qty, f.Order, f.Side})
}
