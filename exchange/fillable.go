package exchange

import (
	"baton/market"
)

// used is how much of an account's position a walk through the book has closed.
type used struct {
	account int
	side    market.PositionSide
	qty     market.Lots
}

// fillable says whether a fill-or-kill order would be filled whole at once.
func (x *Exchange) fillable(s *instrument, r *Request) bool {
	want := r.Qty
	if (r.ReduceOnly || closes(r.PositionSide, r.Side)) && -x.held(r.Account, s.index, r.PositionSide)*market.Lots(r.Side) < want {
		return false
	}
	if s.kind == Recorded {
		return want <= s.shown(r)
	}
	x.used = x.used[:0]
	for l := range s.book.Levels(-r.Side) {
		if worse(r.Side, l.Px, r.Px) {
			break
		}
		at, _ := s.match.at[half(-r.Side)].get(int64(l.Px))
		for k := s.match.levels[at].head; k != nowhere; k = x.orders.at(k).behind {
			if want -= x.use(x.orders.at(k)); want <= 0 {
				return true
			}
		}
	}
	return false
}

// use is what a resting order would trade in a walk: one that can only reduce no more than its account then still has to reduce.
func (x *Exchange) use(o *order) market.Lots {
	at := -1
	for k := range x.used {
		if u := &x.used[k]; u.account == o.Account && u.side == o.PositionSide {
			at = k
		}
	}
	if at < 0 {
		at = len(x.used)
		x.used = append(x.used, used{account: o.Account, side: o.PositionSide})
	}
	qty := o.Left()
	if o.Closes() {
		held := -x.held(o.Account, o.Instrument, o.PositionSide) * market.Lots(o.Side)
		qty = max(min(qty, held-x.used[at].qty), 0)
	}
	x.used[at].qty += qty
	return qty
}

// shown is what a recorded book shows within an order's limit, less what own orders took: the quote where it is fresher than
// the book.
func (s *instrument) shown(r *Request) (total market.Lots) {
	best, ok := s.opposite(r.Side)
	if !ok || worse(r.Side, best.Px, r.Px) {
		return 0
	}
	total = max(s.replay.available(-r.Side, best), 0)
	for l := range s.book.Levels(-r.Side) {
		if total >= r.Qty || worse(r.Side, l.Px, r.Px) {
			break
		}
		if worse(r.Side, l.Px, best.Px) && s.fits(l.Px, l.Qty) {
			total += max(s.replay.available(-r.Side, l), 0)
		}
	}
	return total
}
