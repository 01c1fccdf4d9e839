package trade

import (
	"time"

	"baton/market"
	"baton/order"
)

// slotPause is how long a slot waits after the venue refused its order, so that a market that runs away does not cost the rate
// limit.
const slotPause = 100 * time.Millisecond

// Slot keeps at most one order of a side near where the strategy wants it: cancel, wait until it is gone, place anew. Never are
// two of its orders at the venue.
type Slot struct {
	s     *Session
	side  market.Side
	slack market.Ticks
	o     *Order
	until market.Nanos // no new order before
}

// Slot makes an empty slot. An order that is no more than slack away from the wanted price is left alone, with its place in the
// queue.
func (s *Session) Slot(side market.Side, slack market.Ticks) *Slot {
	return &Slot{s: s, side: side, slack: slack}
}

// Order is the slot's current order, or nil.
func (k *Slot) Order() *Order { return k.o }

// Keep says where the order should be and how large; zero for none. It never suspends: call it whenever the market, or an
// order (OnOrder), changed. Orders are post only (GTX): they make the market or do not trade.
func (k *Slot) Keep(px market.Ticks, qty market.Lots) {
	if k.o != nil && !k.o.Done() {
		if d := k.o.Px() - px; d > k.slack || d < -k.slack || qty < k.o.Left() {
			k.s.Cancel(k.o)
		}
		return
	}
	now := k.s.Now()
	if k.o != nil {
		if st := k.o.State(); st == order.Refused || st == order.Expired {
			k.until = now + market.Nanos(slotPause)
		}
		k.o = nil
	}
	if qty <= 0 || now < k.until || k.s.Ended() {
		return
	}
	k.o, _ = k.s.Place(Request{Side: k.side, Px: px, Qty: qty, TIF: market.GTX}) // a refusal is counted in Stats
}
