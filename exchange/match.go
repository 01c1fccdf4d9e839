package exchange

import (
	"baton/market"
)

// firstUpdate is the update id of an empty synthetic book.
const firstUpdate = 1

// match is the limit order book of a Matched instrument: orders wait in the order of their arrival at levels, and the best
// level is the book's.
type match struct {
	levels []level
	free   []int32
	at     [2]table          // of a price's level: bids, asks
	rows   [2][]market.Level // changed by the entry in hand
}

// level is one price's queue.
type level struct {
	total      market.Lots
	head, tail int32
}

// half is 0 for bids and 1 for asks.
func half(side market.Side) int {
	if side == market.Buy {
		return 0
	}
	return 1
}

// enter lets an order trade with what it meets, by price and then time, and rests what may rest.
func (x *Exchange) enter(now Nanos, s *instrument, i int32) {
	o := x.orders.at(i)
	limit := s.limitOf(o)
	for !o.Status.Final() {
		best, ok := s.book.BestOf(-o.Side)
		if !ok || worse(o.Side, best.Px, limit) {
			break
		}
		room := x.room(o)
		if room == 0 {
			break // reduce-only, and flat by now
		}
		at, _ := s.match.at[half(-o.Side)].get(int64(best.Px))
		x.meet(now, s, i, s.match.levels[at].head, room)
	}
	if !x.leave(now, i) {
		x.rest(s, i)
	}
	x.flush(now, s)
}

// meet lets a taker trade with the order that is first in the best level. Self-trade prevention ends one of them or both instead
// where they are of one account, and a maker that is reduce-only with nothing left to reduce expires.
func (x *Exchange) meet(now Nanos, s *instrument, taker, maker int32, room market.Lots) {
	o, m := x.orders.at(taker), x.orders.at(maker)
	if m.Account == o.Account && o.prevents() {
		x.prevent(now, s, taker, maker)
		return
	}
	qty := min(room, x.room(m))
	if qty == 0 {
		x.unrest(s, maker)
		x.expire(now, maker, ExpiredReduceOnly)
		return
	}
	s.lastTrade++
	s.last = market.Trade{ID: s.lastTrade, Last: s.lastTrade, Px: m.Px, Qty: qty, Taker: o.Side, Event: now, Transact: now}
	x.emitTrade(now, s.index, &s.last)
	if qty == m.Left() {
		x.unrest(s, maker)
	} else {
		s.resize(m, -qty)
	}
	x.fill(now, s, maker, Fill{Trade: s.lastTrade, Px: m.Px, Qty: qty, Maker: true})
	x.fill(now, s, taker, Fill{Trade: s.lastTrade, Px: m.Px, Qty: qty})
	x.balanced()
	x.printed(now, s, s.last.Px)
}

// prevents says whether self-trade prevention works for a taker: for GTC, IOC and GTD orders, and for market orders, which are
// GTC by name (Binance USD-M, selfTradePreventionMode).
func (o *order) prevents() bool { return o.SelfTrade != market.SelfTradeNone && o.TIF != market.FOK }

// prevent ends what the taker's mode names of two orders of one account that would have traded.
func (x *Exchange) prevent(now Nanos, s *instrument, taker, maker int32) {
	mode, why := x.orders.at(taker).SelfTrade, ExpiredSelfTrade
	if x.orders.at(taker).TIF == market.IOC {
		why = ExpiredIOCSelfTrade
	}
	if mode != market.ExpireTaker {
		x.unrest(s, maker)
		x.expire(now, maker, ExpiredSelfTrade)
	}
	if mode == market.ExpireTaker || mode == market.ExpireBoth {
		x.expire(now, taker, why)
	}
}

// rest puts an order at the end of its level's queue.
func (x *Exchange) rest(s *instrument, i int32) {
	o, m := x.orders.at(i), &s.match
	at, ok := m.at[half(o.Side)].get(int64(o.Px))
	if !ok {
		at = m.newLevel()
		m.at[half(o.Side)].set(int64(o.Px), at)
	}
	l := &m.levels[at]
	o.level, o.ahead, o.behind = at, l.tail, nowhere
	if l.tail == nowhere {
		l.head = i
	} else {
		x.orders.at(l.tail).behind = i
	}
	l.tail = i
	s.resize(o, o.Left())
}

func (m *match) newLevel() int32 {
	if n := len(m.free); n > 0 {
		at := m.free[n-1]
		m.free = m.free[:n-1]
		m.levels[at] = level{head: nowhere, tail: nowhere}
		return at
	}
	m.levels = append(m.levels, level{head: nowhere, tail: nowhere})
	return int32(len(m.levels) - 1)
}

// unrest takes an order out of its queue.
func (x *Exchange) unrest(s *instrument, i int32) {
	o, m := x.orders.at(i), &s.match
	l := &m.levels[o.level]
	if o.ahead == nowhere {
		l.head = o.behind
	} else {
		x.orders.at(o.ahead).behind = o.behind
	}
	if o.behind == nowhere {
		l.tail = o.ahead
	} else {
		x.orders.at(o.behind).ahead = o.ahead
	}
	s.resize(o, -o.Left())
	if l.head == nowhere {
		check(l.total == 0, "an empty level has a quantity")
		m.at[half(o.Side)].del(int64(o.Px))
		m.free = append(m.free, o.level)
	}
	o.level = nowhere
}

// resize changes the quantity of an order's level, in the book and among the rows of the next diff.
func (s *instrument) resize(o *order, by market.Lots) {
	l := &s.match.levels[o.level]
	l.total += by
	s.book.Set(o.Side, o.Px, l.total)
	rows := &s.match.rows[half(o.Side)]
	if n := len(*rows); n > 0 && (*rows)[n-1].Px == o.Px {
		(*rows)[n-1].Qty = l.total
		return
	}
	*rows = append(*rows, market.Level{Px: o.Px, Qty: l.total})
}

// flush reports what an entry did to the book as one diff, and the top of book where that changed.
func (x *Exchange) flush(now Nanos, s *instrument) {
	m := &s.match
	if len(m.rows[0])+len(m.rows[1]) == 0 {
		return
	}
	last := s.book.Last()
	d := market.Diff{First: last + 1, Last: last + 1, Prev: last, Bids: m.rows[0], Asks: m.rows[1], Event: now, Transact: now}
	_, err := s.book.Apply(&market.Diff{First: last + 1, Last: last + 1, Prev: last}) // its rows are in already: the number alone
	check(err == nil, "the synthetic book broke")
	x.emitDiff(now, s.index, &d)
	m.rows[0], m.rows[1] = m.rows[0][:0], m.rows[1][:0]
	bid, ask, ok := s.book.Best()
	if !ok {
		s.hasTop = false
		return
	}
	q := market.Quote{Update: last + 1, Bid: bid.Px, BidQty: bid.Qty, Ask: ask.Px, AskQty: ask.Qty, Event: now, Transact: now}
	same := s.hasTop && q.Bid == s.top.Bid && q.BidQty == s.top.BidQty && q.Ask == s.top.Ask && q.AskQty == s.top.AskQty
	s.top, s.hasTop = q, true
	if !same {
		x.emitQuote(now, s.index, &q)
	}
	x.firstMark(now, s)
}
