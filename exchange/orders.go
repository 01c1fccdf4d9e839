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

type refKey struct {
	account int
	ref     int64
}

type clientKey struct {
	account int
	id      string
}

// orders is every order that is open or kept: a slab, its free slots, and the ways to find an order.
type orders struct {
	slab    []order
	free    []int32
	closed  []int32 // ring of the last closed ones
	oldest  int     // in the ring, once it is full
	lastID  int64
	ids     map[int64]int32
	refs    map[refKey]int32
	clients map[clientKey]int32
	gone    map[int]int64 // by account: the highest Ref that is not kept any more
}

func (s *orders) init(keep int) {
	s.ids, s.refs, s.clients = map[int64]int32{}, map[refKey]int32{}, map[clientKey]int32{}
	s.gone = map[int]int64{}
	s.closed = make([]int32, 0, keep)
}

// add files a new order and gives it its number.
func (s *orders) add(now Nanos, r *Request) int32 {
	var i int32
	if n := len(s.free); n > 0 {
		i, s.free = s.free[n-1], s.free[:n-1]
	} else {
		i = int32(len(s.slab))
		s.slab = append(s.slab, order{})
	}
	s.lastID++
	s.slab[i] = order{
		Order: Order{ID: s.lastID, Account: r.Account, Instrument: r.Instrument, ClientID: r.ClientID, Ref: r.Ref, Side: r.Side,
			Type: r.Type, TIF: r.TIF, Status: market.StatusNew, ReduceOnly: r.ReduceOnly, Px: r.Px, Qty: r.Qty, Created: now, Updated: now,
			PositionSide: r.PositionSide, SelfTrade: r.SelfTrade, PriceMatch: r.PriceMatch, GoodTill: r.GoodTill},
		algo: nowhere, prev: nowhere, next: nowhere, ahead: nowhere, behind: nowhere, level: nowhere,
	}
	s.ids[s.lastID] = i
	if r.Ref != 0 {
		s.refs[refKey{r.Account, r.Ref}] = i
	}
	if r.ClientID != "" {
		s.clients[clientKey{r.Account, r.ClientID}] = i
	}
	return i
}

// find gives nowhere where no such order is kept.
func (s *orders) find(k Key) int32 {
	i, ok := nowhere, false
	switch {
	case k.ID != 0:
		i, ok = s.ids[k.ID]
	case k.ClientID != "":
		i, ok = s.clients[clientKey{k.Account, k.ClientID}]
	case k.Ref != 0:
		i, ok = s.refs[refKey{k.Account, k.Ref}]
	}
	if !ok {
		return nowhere
	}
	o := &s.slab[i]
	if o.Account != k.Account || k.Instrument >= 0 && o.Instrument != k.Instrument {
		return nowhere
	}
	return i
}

// findOpen gives nowhere where no such order is open.
func (s *orders) findOpen(k Key) int32 {
	if i := s.find(k); i != nowhere && !s.slab[i].Status.Final() {
		return i
	}
	return nowhere
}

// duplicate says whether an open order of the account has one of the request's names.
func (s *orders) duplicate(r *Request) bool {
	if r.ClientID != "" {
		if i, ok := s.clients[clientKey{r.Account, r.ClientID}]; ok && !s.slab[i].Status.Final() {
			return true
		}
	}
	if r.Ref != 0 {
		if i, ok := s.refs[refKey{r.Account, r.Ref}]; ok && !s.slab[i].Status.Final() {
			return true
		}
	}
	return false
}

// retire remembers a closed order and forgets the oldest one that is one too many.
func (s *orders) retire(i int32) {
	if len(s.closed) < cap(s.closed) {
		s.closed = append(s.closed, i)
		return
	}
	old := s.closed[s.oldest]
	s.closed[s.oldest] = i
	s.oldest = (s.oldest + 1) % len(s.closed)
	s.forget(old)
}

// forget drops the order's names, each unless a later order has it now.
func (s *orders) forget(i int32) {
	o := &s.slab[i]
	delete(s.ids, o.ID)
	if k := (refKey{o.Account, o.Ref}); o.Ref != 0 && s.refs[k] == i {
		delete(s.refs, k)
		s.gone[o.Account] = max(s.gone[o.Account], o.Ref)
	}
	if k := (clientKey{o.Account, o.ClientID}); o.ClientID != "" && s.clients[k] == i {
		delete(s.clients, k)
	}
	s.free = append(s.free, i)
}

// attach counts an order as open, at the end of its account's list.
func (x *Exchange) attach(i int32) {
	o := &x.orders.slab[i]
	a := x.accounts[o.Account]
	o.prev, o.next = a.last, nowhere
	if a.last == nowhere {
		a.first = i
	} else {
		x.orders.slab[a.last].next = i
	}
	a.last = i
	a.positions[o.Instrument].open++
	if o.Closes() {
		a.reducing++
	}
	x.date(i)
	x.reserve(o)
}

// close ends an order: out of the account's list, its margin freed, kept for queries.
func (x *Exchange) close(i int32, status market.OrderStatus) {
	o := &x.orders.slab[i]
	o.Status = status
	a := x.accounts[o.Account]
	if o.prev == nowhere {
		a.first = o.next
	} else {
		x.orders.slab[o.prev].next = o.next
	}
	if o.next == nowhere {
		a.last = o.prev
	} else {
		x.orders.slab[o.next].prev = o.prev
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
	x.orders.retire(i)
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
