package exchange

import (
	"math"
	"math/bits"

	"baton/decimal"
	"baton/market"
)

// stops is an instrument's waiting conditional orders. A print below up and above down moves none of those that watch the last
// price: two comparisons for each print are all that they cost.
type stops struct {
	waiting  []int32 // by age
	up, down market.Ticks
}

func (s *stops) init() { s.up, s.down = math.MaxInt64, math.MinInt64 }

// working is the price that triggers are compared with, in money; 0 before there is one. Before the first trade the mark price
// stands for the last one.
func (x *Exchange) working(s *instrument, w market.Working) int64 {
	if w == market.ContractPrice && s.last.Px > 0 {
		return int64(s.last.Px) * s.Tick.Units()
	}
	return s.mark.now.Mark.Units()
}

// reached says whether a price has come to a trigger (Binance USD-M, New Algo Order: stops fire when the price runs away,
// take profits when it comes).
func (s *instrument) reached(r *AlgoRequest, px int64) bool {
	at := int64(r.Trigger) * s.Tick.Units()
	if above := r.Side == market.Buy; above == (r.Type == market.Stop || r.Type == market.StopMarket) {
		return px >= at
	}
	return px <= at
}

// printed looks at the orders that watch the last price, after a print.
func (x *Exchange) printed(now Nanos, s *instrument, px market.Ticks) {
	if px < s.stops.up && px > s.stops.down || px > s.maxTicks {
		return
	}
	x.trip(now, s, market.ContractPrice, int64(px)*s.Tick.Units())
}

// stopsAt looks at the orders that watch the mark price, after a new one.
func (x *Exchange) stopsAt(now Nanos, s *instrument) {
	if len(s.stops.waiting) > 0 {
		x.trip(now, s, market.MarkPrice, s.mark.now.Mark.Units())
	}
}

// trip moves trailing stops and takes from those that wait what a price has triggered; it fires at the end of the entry.
func (x *Exchange) trip(now Nanos, s *instrument, w market.Working, px int64) {
	for at := 0; at < len(s.stops.waiting); {
		k := s.stops.waiting[at]
		if a := &x.algos.slab[k]; a.Working != w || !x.comes(now, k, px) || a.PriceProtect && !s.calm() {
			at++
			continue
		}
		x.unhang(k)
		x.algos.slab[k].Triggered = now
		x.emitAlgo(now, k, AlgoTriggering)
		x.tasks = append(x.tasks, task{kind: taskFire, algo: k})
	}
	x.guard(s)
}

// comes says whether a price triggers an order. A trailing stop is activated by it first, and follows it.
func (x *Exchange) comes(now Nanos, k int32, px int64) bool {
	a := &x.algos.slab[k]
	s := x.ins[a.Instrument]
	if a.Type != market.TrailingStopMarket {
		return s.reached(&a.AlgoRequest, px)
	}
	if at := int64(a.Activate) * s.Tick.Units(); !a.Activated {
		if a.Side == market.Sell && px < at || a.Side == market.Buy && px > at {
			return false
		}
		a.Activated, a.extreme = true, px
		x.emitAlgo(now, k, AlgoNew)
		return false
	}
	if a.Side == market.Sell {
		a.extreme = max(a.extreme, px)
		return px <= a.stop()
	}
	a.extreme = min(a.extreme, px)
	return px >= a.stop()
}

// stop is where an activated trailing stop fires now: its distance back from the best price, rounded away from the market's
// favour (Binance USD-M: price <= high*(1-callback), price >= low*(1+callback)).
func (a *algo) stop() int64 {
	const whole = 100 * decimal.Scale
	back := a.Callback.Units()
	if a.Side == market.Sell {
		return scaled(a.extreme, whole-back, whole, 0)
	}
	return scaled(a.extreme, whole+back, whole, whole-1)
}

// scaled is (n*up + add)/down, rounded down, of positive numbers.
func scaled(n, up, down, add int64) int64 {
	hi, lo := bits.Mul64(uint64(n), uint64(up))
	lo, carry := bits.Add64(lo, uint64(add), 0)
	q, _ := bits.Div64(hi+carry, lo, uint64(down))
	return int64(q)
}

// defaultProtect is BTCUSDT's triggerProtect, for an instrument that names none.
var defaultProtect = decimal.MustParse("0.05")

// calm says whether mark and last price are near enough to each other for a protected order to fire (Binance USD-M,
// triggerProtect). Where they are not, it goes on waiting.
func (s *instrument) calm() bool {
	mark := s.mark.now.Mark.Units()
	if mark == 0 || s.last.Px <= 0 || s.last.Px > s.maxTicks {
		return true
	}
	protect := s.TriggerProtect
	if protect.IsZero() {
		protect = defaultProtect
	}
	apart := int64(size(mark - int64(s.last.Px)*s.Tick.Units()))
	return apart <= scaled(mark, protect.Units(), decimal.Scale, 0)
}

// guard finds between which prints nothing happens.
func (x *Exchange) guard(s *instrument) {
	s.stops.init()
	for _, k := range s.stops.waiting {
		a := &x.algos.slab[k]
		if a.Working != market.ContractPrice {
			continue
		}
		up, down := a.moves(s.Tick.Units())
		s.stops.up, s.stops.down = min(s.stops.up, up), max(s.stops.down, down)
	}
}

// moves gives the lowest price above and the highest below the last one at which something happens to an order.
func (a *algo) moves(tick int64) (up, down market.Ticks) {
	up, down = math.MaxInt64, math.MinInt64
	switch rises := a.Side == market.Buy; {
	case a.Type != market.TrailingStopMarket:
		if rises == (a.Type == market.Stop || a.Type == market.StopMarket) {
			return a.Trigger, down
		}
		return up, a.Trigger
	case !a.Activated && rises:
		return up, a.Activate
	case !a.Activated:
		return a.Activate, down
	case rises: // follows the low, fires above it
		return market.Ticks((a.stop() + tick - 1) / tick), market.Ticks((a.extreme - 1) / tick)
	}
	return market.Ticks(a.extreme/tick) + 1, market.Ticks(a.stop() / tick)
}

// fire turns a triggered order into one of matching, with every check of a new order: what refuses it is told as its reason.
func (x *Exchange) fire(now Nanos, k int32) {
	a := &x.algos.slab[k]
	r := Request{Account: a.Account, Instrument: a.Instrument, ClientID: a.ClientID, Side: a.Side, Type: market.Market, TIF: a.TIF, Px: a.Px,
		Qty: a.Qty, ReduceOnly: a.ReduceOnly, PositionSide: a.PositionSide, SelfTrade: a.SelfTrade, PriceMatch: a.PriceMatch, GoodTill: a.GoodTill}
	if a.limited() {
		r.Type = market.Limit
	}
	if a.ClosePosition {
		held := -x.held(a.Account, a.Instrument, a.PositionSide) * market.Lots(a.Side)
		if held <= 0 {
			x.end(now, k, AlgoExpired)
			return
		}
		r.Qty, r.ReduceOnly, r.closing = held, !x.accounts[a.Account].hedge, true
	}
	if refusal := x.examine(now, &r); refusal.Refused() {
		x.algos.slab[k].Reason = refusal.Text
		x.end(now, k, AlgoRejected)
		return
	}
	x.file(now, &r, k)
}
