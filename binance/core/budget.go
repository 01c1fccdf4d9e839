package core

import (
	"fmt"

	"baton/market"
)

// Window is one limit: Max units in each span (Binance USD-M, exchangeInfo rateLimits). Spans are aligned to the epoch.
type Window struct {
	Span market.Nanos
	Max  int
	used int
	from market.Nanos
}

// The production limits, until exchangeInfo says others.
const (
	weightPerMinute = 2400
	ordersPerTenSec = 300
	ordersPerMinute = 1200
)

// spare is the share of each limit that is left for cancels, for closes and for what others with the same address use (promise P17 of the
// specification of trust: never above 80 % but for those).
const spare = 20 // percent

// Budget decides what may be sent within the venue's limits. Answers correct it: what the venue says was used is the truth.
type Budget struct {
	weight  Window
	orders  [2]Window
	blocked market.Nanos // nothing before this: 429 or 418
}

// NewBudget has production's limits.
func NewBudget() *Budget {
	return &Budget{
		weight: Window{Span: 60e9, Max: weightPerMinute},
		orders: [2]Window{{Span: 10e9, Max: ordersPerTenSec}, {Span: 60e9, Max: ordersPerMinute}},
	}
}

// LimitError says that sending now would break a limit, and until when.
type LimitError struct {
	What  string
	Until market.Nanos
	now   market.Nanos
}

// Error says what to wait for.
func (e *LimitError) Error() string {
	return fmt.Sprintf("not sent: %s; free again in %d ms", e.What, (e.Until-e.now+999_999)/1e6)
}

func (w *Window) at(now market.Nanos) *Window {
	if start := now - now%w.Span; start != w.from {
		w.from, w.used = start, 0
	}
	return w
}

func (w *Window) takes(n int) bool { return w.used+n <= w.Max-w.Max*spare/100 }

// SetLimits replaces the limits by exchangeInfo's; a zero keeps what is.
func (b *Budget) SetLimits(weight, tenSec, minute int) {
	for _, x := range []struct {
		w *Window
		n int
	}{{&b.weight, weight}, {&b.orders[0], tenSec}, {&b.orders[1], minute}} {
		if x.n > 0 {
			x.w.Max = x.n
		}
	}
}

// Weight is how much request weight a minute queries may use.
func (b *Budget) Weight() int { return b.weight.Max - b.weight.Max*spare/100 }

// Order reserves a new order. A cancel needs no reservation: it is always let out (see [Budget.Count]).
func (b *Budget) Order(now market.Nanos) error { return b.order(now, spare) }

// Close reserves an order that only reduces a position: it may use what is spared from others.
func (b *Budget) Close(now market.Nanos) error { return b.order(now, 0) }

func (b *Budget) order(now market.Nanos, spare int) error {
	if now < b.blocked {
		return &LimitError{What: "the venue asked us to stop (429, 418 or 403)", Until: b.blocked, now: now}
	}
	for i := range b.orders {
		if w := b.orders[i].at(now); w.used+1 > w.Max-w.Max*spare/100 {
			return &LimitError{What: fmt.Sprintf("%d orders in %d s are sent, of %d", w.used, w.Span/1e9, w.Max), Until: w.from + w.Span, now: now}
		}
	}
	for i := range b.orders {
		b.orders[i].used++
	}
	return nil
}

// Request reserves a query of that weight.
func (b *Budget) Request(now market.Nanos, weight int) error {
	if now < b.blocked {
		return &LimitError{What: "the venue asked us to stop (429, 418 or 403)", Until: b.blocked, now: now}
	}
	w := b.weight.at(now)
	if !w.takes(weight) {
		return &LimitError{What: fmt.Sprintf("%d of %d request weight a minute is used", w.used, w.Max), Until: w.from + w.Span, now: now}
	}
	w.used += weight
	return nil
}

// Count notes what is sent without asking: cancels.
func (b *Budget) Count(now market.Nanos, weight int) { b.weight.at(now).used += weight }

// Used learns what the venue counted: request weight of the minute, orders of ten seconds and of the minute; negative: not said.
func (b *Budget) Used(now market.Nanos, weight, tenSec, minute int) {
	for _, x := range []struct {
		w *Window
		n int
	}{{&b.weight, weight}, {&b.orders[0], tenSec}, {&b.orders[1], minute}} {
		if x.n >= 0 {
			w := x.w.at(now)
			w.used = max(w.used, x.n)
		}
	}
}

// Blocks without a Retry-After: a 429 asks for a minute, a 418 (banned) and a 403 (the firewall) for two, the shortest ban there is.
const (
	pause429 market.Nanos = 60e9
	pause418 market.Nanos = 120e9
)

// Stop notes an answer of status 429, 418 or 403; retryAfter is its header in seconds, 0 where there was none.
func (b *Budget) Stop(now market.Nanos, status, retryAfter int) {
	pause := pause418
	if status == 429 {
		pause = pause429
	}
	if retryAfter > 0 {
		pause = market.Nanos(retryAfter) * 1e9
	}
	b.blocked = max(b.blocked, now+pause)
}
