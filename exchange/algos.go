package exchange

import (
	"slices"

	"baton/decimal"
	"baton/market"
)

// algo is a conditional order and what its trigger is made of. Prices of triggers are in money, 1e-8: mark prices lie between
// ticks.
type algo struct {
	Algo
	extreme int64 // of an activated trailing stop: the best price since then
}

type algoClient struct {
	account int
	id      string
}

// algos is every conditional order that waits, is in matching, or is kept.
type algos struct {
	slab    []algo
	free    []int32
	lastID  int64
	ids     map[int64]int32
	clients map[algoClient]int32
}

func (s *algos) init() { s.ids, s.clients = map[int64]int32{}, map[algoClient]int32{} }

// add files a conditional order and gives it its number.
func (s *algos) add(now Nanos, r *AlgoRequest) int32 {
	s.lastID++
	return s.put(algo{Algo: Algo{AlgoRequest: *r, ID: s.lastID, Status: AlgoNew, Created: now, Updated: now}})
}

// put files one that has its number.
func (s *algos) put(a algo) int32 {
	var k int32
	if n := len(s.free); n > 0 {
		k, s.free = s.free[n-1], s.free[:n-1]
	} else {
		k = int32(len(s.slab))
		s.slab = append(s.slab, algo{})
	}
	s.slab[k] = a
	s.ids[a.ID] = k
	if a.ClientID != "" {
		s.clients[algoClient{a.Account, a.ClientID}] = k
	}
	return k
}

// find gives nowhere where no such conditional order is kept.
func (s *algos) find(k AlgoKey) int32 {
	i, ok := s.ids[k.ID]
	if k.ID == 0 {
		i, ok = s.clients[algoClient{k.Account, k.ClientID}]
	}
	if !ok || s.slab[i].Account != k.Account || k.Instrument >= 0 && s.slab[i].Instrument != k.Instrument {
		return nowhere
	}
	return i
}

// retireAlgo remembers a closed one of its account, and forgets that account's oldest one that is one too many.
func (x *Exchange) retireAlgo(k int32) {
	s := &x.algos
	old, full := x.accounts[s.slab[k].Account].past.push(k)
	if !full {
		return
	}
	a := &s.slab[old]
	delete(s.ids, a.ID)
	if name := (algoClient{a.Account, a.ClientID}); a.ClientID != "" && s.clients[name] == old {
		delete(s.clients, name)
	}
	s.free = append(s.free, old)
}

// PlaceAlgo takes a conditional order (Binance USD-M, New Algo Order). It waits outside of matching, needs no margin, and fires
// when its trigger comes; what became of it is told by EventAlgo. It is refused where its form or a filter forbids it, and with
// -2021 where its trigger has come already.
func (x *Exchange) PlaceAlgo(now Nanos, r *AlgoRequest) (Algo, Refusal) {
	q := *r
	if refusal := x.examineAlgo(now, &q); refusal.Refused() {
		x.drain(now)
		return Algo{}, refusal
	}
	k := x.algos.add(now, &q)
	x.hang(now, k)
	a := x.algos.slab[k].Algo
	x.drain(now)
	return a, Refusal{}
}

// hang lets a new conditional order wait. A trailing stop without an activation price follows the price from the start, and
// says so by a second event (Binance USD-M, ALGO_UPDATE "ia").
func (x *Exchange) hang(now Nanos, k int32) {
	a := &x.algos.slab[k]
	s, owner := x.ins[a.Instrument], x.accounts[a.Account]
	owner.waiting++
	if a.ClosePosition {
		owner.reducing++
	}
	x.emitAlgo(now, k, AlgoNew)
	if a.Type == market.TrailingStopMarket && a.Activate == 0 {
		a.Activated, a.extreme = true, x.working(s, a.Working)
		x.emitAlgo(now, k, AlgoNew)
	}
	s.stops.waiting = append(s.stops.waiting, k)
	x.guard(s)
}

// unhang takes one from those that wait.
func (x *Exchange) unhang(k int32) {
	a := &x.algos.slab[k]
	s, owner := x.ins[a.Instrument], x.accounts[a.Account]
	at := slices.Index(s.stops.waiting, k)
	check(at >= 0, "a conditional order waits nowhere")
	s.stops.waiting = slices.Delete(s.stops.waiting, at, at+1)
	owner.waiting--
	if a.ClosePosition {
		owner.reducing--
	}
	x.guard(s)
}

// end gives a conditional order its final status.
func (x *Exchange) end(now Nanos, k int32, status AlgoStatus) {
	x.emitAlgo(now, k, status)
	x.retireAlgo(k)
}

func (x *Exchange) emitAlgo(now Nanos, k int32, status AlgoStatus) {
	a := &x.algos.slab[k]
	a.Status, a.Updated = status, now
	x.emit(now, EventAlgo, a.Instrument, a.Account, len(x.out.algos))
	x.out.algos = append(x.out.algos, a.Algo)
}

// CancelAlgo cancels a waiting conditional order and returns it; -2011 where none of that name waits.
func (x *Exchange) CancelAlgo(now Nanos, key AlgoKey) (Algo, Refusal) {
	k := x.algos.find(key)
	if k == nowhere || x.algos.slab[k].Status != AlgoNew {
		return Algo{}, RefuseUnknown
	}
	x.unhang(k)
	x.end(now, k, AlgoCanceled)
	return x.algos.slab[k].Algo, Refusal{}
}

// CancelAllAlgos cancels an account's waiting conditional orders in instrument i (in all for -1), oldest first, and says how
// many there were.
func (x *Exchange) CancelAllAlgos(now Nanos, account, i int) int {
	n := 0
	for _, s := range x.ins {
		if i >= 0 && s.index != i {
			continue
		}
		for at := 0; at < len(s.stops.waiting); {
			k := s.stops.waiting[at]
			if x.algos.slab[k].Account != account {
				at++
				continue
			}
			x.unhang(k)
			x.end(now, k, AlgoCanceled)
			n++
		}
	}
	return n
}

// flatAlgos expires the conditional orders that would have closed a position which is gone.
func (x *Exchange) flatAlgos(now Nanos, account, i int) {
	waiting := &x.ins[i].stops.waiting
	for at := 0; at < len(*waiting); {
		k := (*waiting)[at]
		a := &x.algos.slab[k]
		if a.Account != account || !a.ClosePosition || x.held(account, i, a.PositionSide)*market.Lots(a.Side) < 0 {
			at++
			continue
		}
		x.unhang(k)
		x.end(now, k, AlgoExpired)
	}
}

// Algo finds a conditional order, waiting, in matching, or among the last closed ones.
func (x *Exchange) Algo(key AlgoKey) (Algo, bool) {
	k := x.algos.find(key)
	if k == nowhere {
		return Algo{}, false
	}
	return x.algos.slab[k].Algo, true
}

// AppendOpenAlgos appends an account's waiting conditional orders in instrument i (in all for -1), oldest first.
func (x *Exchange) AppendOpenAlgos(to []Algo, account, i int) []Algo {
	from := len(to)
	for _, s := range x.ins {
		for _, k := range s.stops.waiting {
			if a := &x.algos.slab[k]; a.Account == account && (i < 0 || s.index == i) {
				to = append(to, a.Algo)
			}
		}
	}
	slices.SortFunc(to[from:], byAlgoID)
	return to
}

// AppendAlgos appends an account's conditional orders in instrument i (in all for -1) in every status, as far as they are
// kept, oldest first.
func (x *Exchange) AppendAlgos(to []Algo, account, i int) []Algo {
	from := len(to)
	for k := range x.algos.slab {
		a := &x.algos.slab[k]
		if x.algos.ids[a.ID] == int32(k) && a.ID != 0 && a.Account == account && (i < 0 || a.Instrument == i) {
			to = append(to, a.Algo)
		}
	}
	slices.SortFunc(to[from:], byAlgoID)
	return to
}

func byAlgoID(a, b Algo) int { return int(a.ID - b.ID) }

// became says that a conditional order has an order in matching.
func (x *Exchange) became(now Nanos, k, i int32) {
	o, a := x.orders.at(i), &x.algos.slab[k]
	o.AlgoID, o.algo = a.ID, k
	a.OrderID = o.ID
	x.emitAlgo(now, k, AlgoTriggered)
}

// ended notes the end of the order that a conditional one became.
func (x *Exchange) ended(o *order) {
	a := &x.algos.slab[o.algo]
	a.Filled, a.Average = o.Filled, o.Average(x.list[o.Instrument])
	x.tasks = append(x.tasks, task{kind: taskFinish, algo: o.algo})
}

func (x *Exchange) finish(now Nanos, k int32) { x.end(now, k, AlgoFinished) }

// The bounds of a trailing stop's distance, in percent (Binance USD-M, callbackRate: at most 20 since 2026-10-23).
var (
	minCallback = decimal.MustParse("0.1")
	maxCallback = decimal.MustParse("20")
)
