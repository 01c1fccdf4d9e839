package face

import (
	"strconv"
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

// countOrder counts a placement, an amendment or a batch of them against both limits.
func (f *Face) countOrder(now market.Nanos, account int, c wire.Call) *wire.APIError {
	w := &f.accounts[account].orders
	short, long := w.tenSeconds.add(now, c.BurstOrders()), w.minute.add(now, c.Orders())
	switch {
	case short > OrdersPer10s:
		return wire.Fault(wire.CodeTooManyOrders, "300", "10 SECOND")
	case long > OrdersPerMinute:
		return wire.Fault(wire.CodeTooManyOrders, "1200", "1 MINUTE")
	}
	return nil
}

// The limits of the two pools beside the request weight, and when an address is banned: after so many requests beyond a limit
// within one interval, for two minutes at first, for twice as long each time, for three days at most (Binance USD-M, General
// Info, IP Limits; how many is not documented).
const (
	fundingPer5Minutes = 500
	dataPer5Minutes    = 1000
	patience           = 100
	firstBan           = 2 * minute
	longestBan         = 3 * day
)

// address is what is counted of one peer.
type address struct {
	weight, funding, data window
	excess                int          // requests beyond the limit, this minute
	ban                   market.Nanos // how long the last ban was
	until                 market.Nanos // banned until
}

// banned says whether the address may not ask at all.
func (a *address) banned(now market.Nanos) *wire.APIError {
	if now >= a.until {
		return nil
	}
	return &wire.APIError{Code: wire.CodeTooManyRequests, Msg: "Way too many requests; IP is banned until " +
		strconv.FormatInt(wire.Millis(a.until), 10) + ". Please use the websocket for live updates to avoid bans."}
}

// Ban bans an address from asking for a while, as the venue does whoever goes on beyond the limits: 418.
func (f *Face) Ban(now market.Nanos, remote string, span market.Nanos) {
	a := f.addressOf(remote)
	a.until = max(a.until, now+span)
}

// count counts a call and says whether it is one too many. Whoever goes on regardless is banned.
func (a *address) count(now market.Nanos, c wire.Call, args *wire.Args) *wire.APIError {
	w, n, most := &a.weight, c.Weight(args), WeightPerMinute
	switch c.Pool() {
	case wire.PoolFunding:
		w, n, most = &a.funding, 1, fundingPer5Minutes
	case wire.PoolData:
		w, n, most = &a.data, 1, dataPer5Minutes
	}
	before := w.start
	if w.add(now, n) <= most {
		if w.start != before {
			a.excess = 0
		}
		return nil
	}
	if a.excess++; a.excess > patience {
		a.ban = min(max(2*a.ban, firstBan), longestBan)
		a.until, a.excess = now+a.ban, 0
		return a.banned(now)
	}
	return wire.Fault(wire.CodeTooManyRequests, strconv.Itoa(most))
}

// addressOf is what is counted of a peer; its port does not matter.
func (f *Face) addressOf(remote string) *address {
	if i := strings.LastIndexByte(remote, ':'); i >= 0 {
		remote = remote[:i]
	}
	a := f.remotes[remote]
	if a == nil {
		if len(f.remotes) == maxAddresses {
			clear(f.remotes)
		}
		a = &address{weight: window{span: minute}, funding: window{span: 5 * minute}, data: window{span: 5 * minute}}
		f.remotes[remote] = a
	}
	return a
}
