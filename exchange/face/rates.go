package face

import (
	"strings"

	"baton/binance/wire"
	"baton/market"
)

// The limits of production in 2026 (Binance USD-M, exchangeInfo: rateLimits).
const (
	WeightPerMinute = 2400 // by address
	OrdersPer10s    = 300  // by account
	OrdersPerMinute = 1200 // by account
	maxAddresses    = 4096 // addresses whose weight is remembered; beyond them all counts begin anew
)

const (
	second = market.Nanos(1e9)
	minute = 60 * second
)

// window counts what happened in the current interval; intervals begin at multiples of span, as Binance's do.
type window struct {
	span  market.Nanos
	start market.Nanos
	count int
}

// add counts n at time now and returns the count of the interval, n included.
func (w *window) add(now market.Nanos, n int) int {
	if start := now - now%w.span; start != w.start {
		w.start, w.count = start, 0
	}
	w.count += n
	return w.count
}

// left is how long the current interval still lasts, in whole seconds, rounded up: the value of Retry-After.
func (w *window) left(now market.Nanos) int64 {
	return (w.start + w.span - now + second - 1) / second
}

// orderWindows are one account's two order counters.
type orderWindows struct{ tenSeconds, minute window }

func newOrderWindows() orderWindows {
	return orderWindows{window{span: 10 * second}, window{span: minute}}
}

// over is the counter whose limit is passed, of both the one that takes longer.
func (w *orderWindows) over() *window {
	if w.minute.count > OrdersPerMinute {
		return &w.minute
	}
	return &w.tenSeconds
}

// countOrder counts one placement against both limits.
func (f *Face) countOrder(now market.Nanos, account int) *wire.APIError {
	w := &f.accounts[account].orders
	short, long := w.tenSeconds.add(now, 1), w.minute.add(now, 1)
	switch {
	case short > OrdersPer10s:
		return wire.Fault(wire.CodeTooManyOrders, "300", "10 SECOND")
	case long > OrdersPerMinute:
		return wire.Fault(wire.CodeTooManyOrders, "1200", "1 MINUTE")
	}
	return nil
}

// weightOf is the counter of one address; its port does not matter.
func (f *Face) weightOf(remote string) *window {
	if i := strings.LastIndexByte(remote, ':'); i >= 0 {
		remote = remote[:i]
	}
	w := f.weights[remote]
	if w == nil {
		if len(f.weights) == maxAddresses {
			clear(f.weights)
		}
		w = &window{span: minute}
		f.weights[remote] = w
	}
	return w
}
