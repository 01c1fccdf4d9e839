package exchange

import (
	"math"
	"slices"

	"baton/market"
)

// replay is what an instrument in a recorded market has beside the recorded book: the orders of accounts with their queue
// positions, and what they took.
//
// The rules: a trade through an order's price fills it; a trade at its price fills what exceeds the quantity ahead of it;
// the quantity ahead is the level's when the order joined, less what trades there, and never more than the level holds; a
// recorded book that crosses its price without a trade fills it at its price, and the fill says so (Crossed). What an
// order took is missing from that level until the recording next changes the level. Accounts' orders never meet each other.
type replay struct {
	own     [2][]resting // bids, asks: best price first, then by arrival
	bestBid market.Ticks // of own; 0 without any
	bestAsk market.Ticks // of own; the largest number without any
	taken   []taken
	feed    feed
	orders  map[int64]recordedOrder // where the recording names every order
	place   int64                   // the last one given
}

// resting is an own order beside the recorded book.
type resting struct {
	px     market.Ticks
	left   market.Lots
	ahead  market.Lots
	front  float64     // ahead, as a queue model other than the risk-averse one reckons it
	level  market.Lots // what its level was last seen to hold
	traded market.Lots // what traded there since
	place  int64       // among recorded orders, where the recording names them
	joined int64       // update id of the market it joined: what is older says nothing about its queue
	order  int32
}

// taken is what own orders took from a level.
type taken struct {
	side   market.Side // of the level
	px     market.Ticks
	qty    market.Lots
	shown  market.Lots // what the level showed
	update int64       // as of
}

func (r *replay) init() { r.caps() }

func (r *replay) caps() {
	r.bestBid, r.bestAsk = 0, math.MaxInt64
	if len(r.own[0]) > 0 {
		r.bestBid = r.own[0][0].px
	}
	if len(r.own[1]) > 0 {
		r.bestAsk = r.own[1][0].px
	}
}

// join puts an order behind the own ones of its price or a better one.
func (r *replay) join(side market.Side, o resting) {
	l := &r.own[half(side)]
	at := slices.IndexFunc(*l, func(p resting) bool { return worse(-side, p.px, o.px) })
	if at < 0 {
		at = len(*l)
	}
	*l = slices.Insert(*l, at, o)
	r.caps()
}

// drop takes a cancelled order away.
func (r *replay) drop(order int32, side market.Side) {
	l := &r.own[half(side)]
	if at := slices.IndexFunc(*l, func(p resting) bool { return p.order == order }); at >= 0 {
		*l = slices.Delete(*l, at, at+1)
		r.caps()
	}
}

// sweep takes the filled ones away.
func (r *replay) sweep(h int) {
	keep := r.own[h][:0]
	for _, o := range r.own[h] {
		if o.left > 0 {
			keep = append(keep, o)
		}
	}
	r.own[h] = keep
	r.caps()
}

// Quote is a recorded top of book. One that is older than what the exchange has seen moves nothing.
func (x *Exchange) Quote(now Nanos, i int, q *market.Quote) {
	s := x.ins[i]
	if x.cfg.Echo {
		x.emitQuote(now, i, q)
	}
	if q.Update < s.top.Update || s.kind != Recorded {
		return
	}
	r := &s.replay
	if len(r.taken) > 0 {
		r.refill(q)
	}
	s.top, s.hasTop = *q, true
	if s.mark.now.Mark.IsZero() {
		x.firstMark(now, s)
	}
	if q.Ask <= r.bestBid || q.Bid >= r.bestAsk {
		x.crossed(now, s)
	}
	if len(r.own[0]) > 0 {
		shorten(x.cfg.Queue, r.own[0], market.Buy, q.Bid, q.BidQty)
	}
	if len(r.own[1]) > 0 {
		shorten(x.cfg.Queue, r.own[1], market.Sell, q.Ask, q.AskQty)
	}
	x.drain(now)
}

// shorten bounds queue positions by a fresh best level: nobody is ahead of an order at a better price.
func shorten(m QueueModel, own []resting, side market.Side, px market.Ticks, qty market.Lots) {
	for k := range own {
		switch o := &own[k]; {
		case o.px == px:
			o.seen(m, qty)
		case worse(side, px, o.px):
			return
		default:
			o.ahead, o.front = 0, 0
		}
	}
}

// refill forgets what was taken from levels that a quote shows changed, or gone.
func (r *replay) refill(q *market.Quote) {
	r.taken = slices.DeleteFunc(r.taken, func(t taken) bool {
		px, qty := q.Bid, q.BidQty
		if t.side == market.Sell {
			px, qty = q.Ask, q.AskQty
		}
		return q.Update > t.update && (t.px == px && t.shown != qty || worse(t.side, t.px, px))
	})
}

// Trade is a recorded print.
func (x *Exchange) Trade(now Nanos, i int, t *market.Trade) {
	s := x.ins[i]
	if x.cfg.Echo {
		x.emitTrade(now, i, t)
	}
	if t.Px <= 0 || t.Qty <= 0 || s.kind != Recorded {
		return // an odd print: recorded ones of insurance funds and of broken feeds exist
	}
	s.last = *t
	if t.Px <= s.replay.bestBid {
		x.hit(now, s, market.Buy, t)
	}
	if t.Px >= s.replay.bestAsk {
		x.hit(now, s, market.Sell, t)
	}
	x.printed(now, s, t.Px)
	x.drain(now)
}

// hit fills own orders of a side by a print, best price first. Its quantity goes first to the recorded orders ahead of each
// own one; own orders at one price share what is left by their arrival.
func (x *Exchange) hit(now Nanos, s *instrument, side market.Side, t *market.Trade) {
	r, h, left := &s.replay, half(side), t.Qty
	for k := range r.own[h] {
		o := &r.own[h][k]
		if o.px != t.Px {
			if worse(side, t.Px, o.px) {
				break
			}
			x.give(now, s, o, o.left, false)
			continue
		}
		if t.Taker == side || x.cfg.Queue.Kind == QueueFIFO {
			continue // they met on the other side of the book; or the orders' own events say who was filled
		}
		qty := max(min(left-o.ahead, o.left), 0)
		o.passed(left)
		left -= qty
		if qty > 0 {
			x.give(now, s, o, qty, false)
		}
	}
	r.sweep(h)
}

// crossed fills own orders that the recorded top of book crosses, unless all that crosses them was taken by own orders.
func (x *Exchange) crossed(now Nanos, s *instrument) {
	for _, side := range [2]market.Side{market.Buy, market.Sell} {
		best, ok := s.opposite(side)
		if !ok || s.replay.available(-side, best) == 0 {
			continue
		}
		own := s.replay.own[half(side)]
		for k := range own {
			if worse(side, best.Px, own[k].px) {
				break
			}
			x.give(now, s, &own[k], own[k].left, true)
		}
		s.replay.sweep(half(side))
	}
}

// give fills a resting order; the rest of the market is on the other side.
func (x *Exchange) give(now Nanos, s *instrument, r *resting, qty market.Lots, crossed bool) {
	o := x.orders.at(r.order)
	room := min(qty, x.room(o))
	if room > 0 {
		x.trade(now, s, r.order, Fill{Px: r.px, Qty: room, Maker: true, Crossed: crossed})
	}
	r.left -= room
	if room < qty { // reduce-only
		x.expire(now, r.order, ExpiredReduceOnly)
		r.left = 0
	}
}

// trade executes an own order against account 0.
func (x *Exchange) trade(now Nanos, s *instrument, i int32, f Fill) {
	s.lastTrade++
	f.Trade = s.lastTrade
	x.settle(s, 0, market.Both, -x.orders.at(i).Side, f.Px, f.Qty, 0)
	x.fill(now, s, i, f)
	x.balanced()
}

// beside lets an order take from the recorded book what it meets, and rests what may rest beside it.
func (x *Exchange) beside(now Nanos, s *instrument, i int32) {
	o := x.orders.at(i)
	best, ok := s.opposite(o.Side)
	limit := s.limitOf(o)
	if ok && !worse(o.Side, best.Px, limit) && x.take(now, s, i, best) {
		for l := range s.book.Levels(-o.Side) {
			if !worse(o.Side, l.Px, best.Px) {
				continue // the quote is fresher than the book there
			}
			if worse(o.Side, l.Px, limit) || !x.take(now, s, i, l) {
				break
			}
		}
	}
	if x.leave(now, i) {
		return
	}
	ahead, place := s.queue(o.Side, o.Px), int64(0)
	if x.cfg.Queue.Kind == QueueFIFO {
		place, ahead = s.replay.stand(o.Side, o.Px)
	}
	s.replay.join(o.Side, resting{px: o.Px, left: o.Left(), ahead: ahead, front: float64(ahead), level: ahead, joined: s.top.Update, order: i, place: place})
}

// take takes what it can from one level and says whether the order wants more.
func (x *Exchange) take(now Nanos, s *instrument, i int32, l market.Level) (more bool) {
	o := x.orders.at(i)
	qty := min(x.room(o), s.replay.available(-o.Side, l))
	if !s.fits(l.Px, max(qty, 0)) {
		return false // a recorded price that is none
	}
	if qty > 0 {
		s.replay.note(-o.Side, l, qty, s.top.Update)
		x.trade(now, s, i, Fill{Px: l.Px, Qty: qty})
	}
	return x.room(o) > 0
}

// available is what a level shows less what own orders took from it.
func (r *replay) available(side market.Side, l market.Level) market.Lots {
	for k := range r.taken {
		if t := &r.taken[k]; t.side == side && t.px == l.Px {
			return max(l.Qty-t.qty, 0)
		}
	}
	return l.Qty
}

func (r *replay) note(side market.Side, l market.Level, qty market.Lots, update int64) {
	for k := range r.taken {
		if t := &r.taken[k]; t.side == side && t.px == l.Px {
			t.qty, t.shown, t.update = t.qty+qty, l.Qty, update
			return
		}
	}
	r.taken = append(r.taken, taken{side, l.Px, qty, l.Qty, update})
}

// queue is what is ahead of an order that joins a level now: the quote's quantity where the level is the best one.
func (s *instrument) queue(side market.Side, px market.Ticks) market.Lots {
	best, qty := s.top.Bid, s.top.BidQty
	if side == market.Sell {
		best, qty = s.top.Ask, s.top.AskQty
	}
	switch {
	case px == best:
		return qty
	case worse(side, best, px):
		return s.book.Qty(side, px)
	}
	return 0
}
