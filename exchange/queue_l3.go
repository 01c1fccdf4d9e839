package exchange

import (
	"baton/market"
)

// OrderEventKind says what happened to one order of a recorded market.
type OrderEventKind uint8

// The kinds of order events.
const (
	OrderAdded    OrderEventKind = iota + 1 // it rests now
	OrderReduced                            // its quantity is smaller now, its place is kept; to nothing: it is cancelled
	OrderExecuted                           // so much of it was traded
)

// maxRecorded bounds how many recorded orders an instrument remembers.
const maxRecorded = 1 << 20

// OrderEvent is one order's event of a recording that names every order (level 3). ID is the venue's.
type OrderEvent struct {
	Kind OrderEventKind
	ID   int64
	Side market.Side
	Px   market.Ticks
	Qty  market.Lots // OrderAdded: its quantity; OrderReduced: what is left; OrderExecuted: what was traded
}

// recordedOrder is an order of the recorded market. Its place is its number among all that have joined, ours counted.
type recordedOrder struct {
	side  market.Side
	px    market.Ticks
	qty   market.Lots
	place int64
}

// RecordedOrder tells an order's event of a recorded market. Where the queue model is [QueueFIFO], these decide: own orders know
// exactly who stands before them, and are filled when somebody behind them is. With other models, and for an event that names
// no known order, nothing happens.
func (x *Exchange) RecordedOrder(now Nanos, i int, e *OrderEvent) {
	s := x.ins[i]
	if s.kind != Recorded || x.cfg.Queue.Kind != QueueFIFO {
		return
	}
	r := &s.replay
	if e.Kind == OrderAdded {
		if e.Qty > 0 && len(r.orders) < maxRecorded {
			if r.orders == nil {
				r.orders = map[int64]recordedOrder{}
			}
			r.place++
			r.orders[e.ID] = recordedOrder{e.Side, e.Px, e.Qty, r.place}
		}
		return
	}
	o, ok := r.orders[e.ID]
	if !ok {
		return
	}
	gone := min(e.Qty, o.qty)
	if e.Kind == OrderReduced {
		gone = max(o.qty-e.Qty, 0)
	}
	if o.qty -= gone; o.qty <= 0 {
		delete(r.orders, e.ID)
	} else {
		r.orders[e.ID] = o
	}
	x.passBy(now, s, o, gone, e.Kind == OrderExecuted)
}

// passBy moves own orders of a level up by what a recorded order before them lost, and fills those that stand before one that was
// traded: they would have been traded in its stead, the first ones first.
func (x *Exchange) passBy(now Nanos, s *instrument, o recordedOrder, gone market.Lots, traded bool) {
	r, h := &s.replay, half(o.side)
	for k := range r.own[h] {
		switch own := &r.own[h][k]; {
		case own.px != o.px:
		case own.place > o.place:
			own.ahead = max(own.ahead-gone, 0)
		case traded && gone > 0:
			qty := min(gone, own.left)
			gone -= qty
			x.give(now, s, own, qty, false)
		}
	}
	r.sweep(h)
}

// stand gives an order that joins a level its place, and what stands before it there.
func (r *replay) stand(side market.Side, px market.Ticks) (place int64, ahead market.Lots) {
	r.place++
	for _, o := range r.orders { // order: a sum
		if o.side == side && o.px == px {
			ahead += o.qty
		}
	}
	return r.place, ahead
}
