package trade

import (
	"time"

	"baton/aio"
	"baton/market"
)

const barsKept = 64 // closed bars that a slow reader can still get

// bars builds one watch's bars. A bar is closed by the clock, after all trades stamped at or before its end.
type bars struct {
	w     *Watch
	span  market.Nanos
	timer *aio.Timer
	cur   market.Bar
	ring  [barsKept]market.Bar
	seq   uint64
	read  uint64
}

// Bars has the watch build bars of span d, which end at the multiples of d since the epoch. Read them with [Watch.NextBar].
// The first bar is the first one in which somebody traded; a later bar without a trade repeats the last close.
func (w *Watch) Bars(d time.Duration) *Watch {
	b := &bars{w: w, span: max(market.Nanos(d), 1)}
	b.timer = aio.NewTimer(w.s.t.loop, aio.ClassTimer, b.close).Label("a bar's end")
	w.bars = b
	w.s.bars = append(w.s.bars, b)
	w.mask |= OnBar
	w.s.want |= OnBar
	end := boundary(w.s.Now(), b.span)
	b.cur.Start, b.cur.End = end-b.span, end
	b.timer.Arm(end)
	return w
}

// NextBar suspends until the next bar has closed, and gives each once, in order. [ErrEnded] when the feed has ended.
func (w *Watch) NextBar(co *aio.Co) (market.Bar, error) {
	b := w.bars
	for b == nil || b.read == b.seq {
		if _, err := w.Next(co); err != nil {
			return market.Bar{}, err
		}
	}
	b.read = w.behind(b.read, b.seq, barsKept)
	bar := b.ring[b.read%barsKept]
	b.read++
	return bar, nil
}

// add takes one trade into the bar that is being built.
func (b *bars) add(t *market.Trade) {
	c := &b.cur
	if c.Count == 0 {
		c.Open, c.High, c.Low = t.Px, t.Px, t.Px
	}
	c.High, c.Low, c.Close = max(c.High, t.Px), min(c.Low, t.Px), t.Px
	c.Qty += t.Qty
	if t.Taker == market.Buy {
		c.TakerBuy += t.Qty
	}
	c.Count++
}

// close ends the bar at its boundary and begins the next. Where the loop was late by more than a bar, as after a machine that slept,
// those between are bars without a trade: the row of bars has no hole.
func (b *bars) close() {
	s := b.w.s
	if s.shut || s.status == market.Ended {
		return
	}
	last := b.cur.Close
	next := boundary(s.Now(), b.span)
	if last != 0 {
		b.push(b.cur)
		missed := max((next-b.cur.End)/b.span-1, 0)
		if missed > barsKept { // these the ring would lose at once
			b.seq += uint64(missed - barsKept)
		}
		for i := min(missed, barsKept); i > 0; i-- {
			b.push(flat(next-(i+1)*b.span, b.span, last))
		}
	}
	b.cur = flat(next-b.span, b.span, last)
	b.timer.Arm(next)
	if last != 0 {
		b.w.pending |= OnBar
		b.w.wake()
	}
}

// push keeps a bar that is over.
func (b *bars) push(bar market.Bar) {
	b.ring[b.seq%barsKept] = bar
	b.seq++
}

// flat is a bar in which nobody has traded yet.
func flat(start, span market.Nanos, px market.Ticks) market.Bar {
	return market.Bar{Start: start, End: start + span, Open: px, High: px, Low: px, Close: px}
}
