package exchange

import (
	"baton/market"
)

// nowhere is no index.
const nowhere int32 = -1

// order is an order and where it hangs. Links are indices into the slab, so that an order costs no allocation.
type order struct {
	Order
	prev, next int32 // of the account's open orders; the last closed ones are in a ring
	ahead      int32 // matched: neighbours in the level's queue
	behind     int32
	level      int32 // matched: where it rests, or nowhere
	algo       int32 // the conditional order it came from, or nowhere
	worth      int64 // notional of what is left, as counted in its position's bids or asks
	forced     bool  // the exchange placed it, to liquidate: no commission
}

type clientKey struct {
	account int
	id      string
}

// orders is every order that is open or kept: a slab in pieces that never move, its free slots, and the ways to find an order. Refs and
// what is kept are each account's own.
type orders struct {
	pieces  []*[pieceLen]order
	used    int32 // slots that were ever in use
	free    []int32
	lastID  int64
	ids     table
	clients map[clientKey]int32
}

// pieceLen is how many orders are made room for at once.
const pieceLen = 1 << 9

func (s *orders) init() { s.clients = map[clientKey]int32{} }

// at is the order in a slot. It stays where it is.
func (s *orders) at(i int32) *order { return &s.pieces[uint32(i)/pieceLen][uint32(i)%pieceLen] }

// slot finds room for an order.
func (s *orders) slot() int32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i
	}
	if s.used == int32(len(s.pieces))*pieceLen {
		s.pieces = append(s.pieces, new([pieceLen]order))
	}
	s.used++
	return s.used - 1
}

// add files a new order and gives it its number.
func (x *Exchange) add(now Nanos, r *Request) int32 {
	s := &x.orders
	i := s.slot()
	s.lastID++
	o := s.at(i)
	*o = order{algo: nowhere, prev: nowhere, next: nowhere, ahead: nowhere, behind: nowhere, level: nowhere}
	o.ID, o.Account, o.Instrument, o.ClientID, o.Ref, o.Side = s.lastID, r.Account, r.Instrument, r.ClientID, r.Ref, r.Side
	o.Type, o.TIF, o.Status, o.ReduceOnly, o.Px, o.Qty, o.Created, o.Updated = r.Type, r.TIF, market.StatusNew, r.ReduceOnly, r.Px, r.Qty, now, now
	o.PositionSide, o.SelfTrade, o.PriceMatch, o.GoodTill = r.PositionSide, r.SelfTrade, r.PriceMatch, r.GoodTill
	x.name(i)
	return i
}

// name lets an order be found.
func (x *Exchange) name(i int32) {
	o := x.orders.at(i)
	x.orders.ids.set(o.ID, i)
	if o.Ref != 0 {
		x.accounts[o.Account].refs.set(o.Ref, i)
	}
	if o.ClientID != "" {
		x.orders.clients[clientKey{o.Account, o.ClientID}] = i
	}
}

// find gives nowhere where no such order is kept.
func (x *Exchange) find(k Key) int32 {
	i, ok := nowhere, false
	switch {
	case k.ID != 0:
		i, ok = x.orders.ids.get(k.ID)
	case k.ClientID != "":
		i, ok = x.orders.clients[clientKey{k.Account, k.ClientID}]
	case k.Ref != 0:
		if a := x.account(k.Account); a != nil {
			i, ok = a.refs.get(k.Ref)
		}
	}
	if !ok {
		return nowhere
	}
	o := x.orders.at(i)
	if o.Account != k.Account || k.Instrument >= 0 && o.Instrument != k.Instrument {
		return nowhere
	}
	return i
}

// findOpen gives nowhere where no such order is open.
func (x *Exchange) findOpen(k Key) int32 {
	if i := x.find(k); i != nowhere && !x.orders.at(i).Status.Final() {
		return i
	}
	return nowhere
}

// duplicate says whether an open order of the account has one of the request's names.
func (x *Exchange) duplicate(a *account, r *Request) bool {
	if r.ClientID != "" {
		if i, ok := x.orders.clients[clientKey{r.Account, r.ClientID}]; ok && !x.orders.at(i).Status.Final() {
			return true
		}
	}
	if r.Ref != 0 {
		if i, ok := a.refs.get(r.Ref); ok && !x.orders.at(i).Status.Final() {
			return true
		}
	}
	return false
}

// retire remembers a closed order of its account, and forgets that account's oldest one that is one too many.
func (x *Exchange) retire(i int32) {
	if old, full := x.accounts[x.orders.at(i).Account].closed.push(i); full {
		x.forget(old)
	}
}

// closedRing holds the last closed ones of an account, as slots.
type closedRing struct {
	buf   []int32
	start int
	limit int
}

// push adds one, and gives the one that has to go for it.
func (r *closedRing) push(i int32) (old int32, full bool) {
	if len(r.buf) < r.limit {
		r.buf = append(r.buf, i)
		return nowhere, false
	}
	old = r.buf[r.start]
	r.buf[r.start] = i
	if r.start++; r.start == len(r.buf) {
		r.start = 0
	}
	return old, true
}

// forget drops the order's names, each unless a later order has it now.
func (x *Exchange) forget(i int32) {
	o := x.orders.at(i)
	a := x.accounts[o.Account]
	x.orders.ids.del(o.ID)
	if o.Ref != 0 {
		if at, ok := a.refs.get(o.Ref); ok && at == i {
			a.refs.del(o.Ref)
			a.gone = max(a.gone, o.Ref)
		}
	}
	if o.ClientID != "" {
		if k := (clientKey{o.Account, o.ClientID}); x.orders.clients[k] == i {
			delete(x.orders.clients, k)
		}
	}
	x.orders.free = append(x.orders.free, i)
}

// attach counts an order as open, at the end of its account's list.
func (x *Exchange) attach(i int32) {
	o := x.orders.at(i)
	a := x.accounts[o.Account]
	o.prev, o.next = a.last, nowhere
	if a.last == nowhere {
		a.first = i
	} else {
		x.orders.at(a.last).next = i
	}
	a.last = i
	x.holds(a, o.Instrument)
	a.positions[o.Instrument].open++
	if o.Closes() {
		a.reducing++
	}
	x.date(i)
	x.reserve(o)
}

// close ends an order: out of the account's list, its margin freed, kept for queries.
func (x *Exchange) close(i int32, status market.OrderStatus) {
	o := x.orders.at(i)
	o.Status = status
	a := x.accounts[o.Account]
	if o.prev == nowhere {
		a.first = o.next
	} else {
		x.orders.at(o.prev).next = o.next
	}
	if o.next == nowhere {
		a.last = o.prev
	} else {
		x.orders.at(o.next).prev = o.prev
	}
	a.positions[o.Instrument].open--
	if o.Closes() {
		a.reducing--
	}
	x.undate(i)
	x.release(o)
	if o.algo != nowhere {
		x.ended(o)
	}
	x.retire(i)
}

// fillRing holds an account's last fills.
type fillRing struct {
	buf   []Fill
	start int
	limit int
}

func (r *fillRing) add(f *Fill) {
	if len(r.buf) < r.limit {
		r.buf = append(r.buf, *f)
		return
	}
	r.buf[r.start] = *f
	r.start = (r.start + 1) % len(r.buf)
}

func (r *fillRing) at(i int) *Fill { return &r.buf[(r.start+i)%len(r.buf)] }
