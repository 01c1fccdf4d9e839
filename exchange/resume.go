package exchange

import (
	"baton/market"
)

// Ids are the numbers that an exchange has used up. One that goes on where another stopped begins above them, so that no number
// names two things.
type Ids struct {
	Order  int64            `json:"order"`
	Algo   int64            `json:"algo"`
	Income int64            `json:"income"`
	Trades map[string]int64 `json:"trades"` // by symbol
	Books  map[string]int64 `json:"books"`  // update ids, likewise
}

// Ids are the numbers that are used up now.
func (x *Exchange) Ids() Ids {
	n := Ids{Order: x.orders.lastID, Algo: x.algos.lastID, Income: x.incomes, Trades: map[string]int64{}, Books: map[string]int64{}}
	for _, s := range x.ins {
		n.Trades[s.Symbol] = s.lastTrade
		if s.kind == Matched {
			n.Books[s.Symbol] = s.book.Last()
		}
	}
	return n
}

// GoOn lets numbers begin above those that another exchange has used up. It is called before anything is listed.
func (x *Exchange) GoOn(from Ids) {
	x.orders.lastID, x.algos.lastID, x.incomes = max(from.Order, 0), max(from.Algo, 0), max(from.Income, 0)
	x.from = from
}

// LastTrade is the highest trade id of instrument i so far.
func (x *Exchange) LastTrade(i int) int64 { return x.ins[i].lastTrade }

// Reenter lets an order of an exchange before this one rest or trade again, under its own number, with what it has filled. It goes to
// the end of its queue, and may trade at once where the market has moved. Refused where it cannot be: its number is used, its symbol
// does not take it, its filters, its margin.
func (x *Exchange) Reenter(now Nanos, o Order) Refusal {
	s, a := x.instrument(o.Instrument), x.account(o.Account)
	switch {
	case s == nil:
		return RefuseSymbol
	case a == nil || o.Account == 0:
		return RefuseAccount
	case o.Type != market.Limit || o.Left() <= 0 || o.Filled < 0 || !s.fits(max(o.Px, 1), o.Qty) || o.Px <= 0 || o.Side != market.Buy && o.Side != market.Sell:
		return RefuseType
	}
	if _, used := x.orders.ids.get(o.ID); used || o.ID <= 0 || o.ID > x.orders.lastID {
		return RefuseDuplicate
	}
	r := (&order{Order: o}).request(o.Px, o.Left())
	r.ClientID, r.Ref = o.ClientID, o.Ref
	if refusal := x.reenterable(now, s, a, &r); refusal.Refused() {
		return refusal
	}
	i := x.recall(o)
	if k, known := x.algos.ids[o.AlgoID]; known && x.algos.slab[k].Account == o.Account {
		x.orders.at(i).algo = k
	}
	x.attach(i)
	x.work(now, i)
	x.drain(now)
	return Refusal{}
}

// reenterable are the checks of an order that had been taken once: not those of its form.
func (x *Exchange) reenterable(now Nanos, s *instrument, a *account, r *Request) Refusal {
	if refusal := s.admits(r.ReduceOnly || closes(r.PositionSide, r.Side)); refusal.Refused() {
		return refusal
	}
	if refusal := a.sided(r); refusal.Refused() {
		return refusal
	}
	x.firstMark(now, s)
	if x.duplicate(a, r) {
		return RefuseDuplicate
	}
	px, refusal := s.meets(r)
	if refusal.Refused() {
		return refusal
	}
	return x.afford(s, r, px)
}

// recall puts an order on file as it was.
func (x *Exchange) recall(o Order) int32 {
	i := x.orders.slot()
	*x.orders.at(i) = order{Order: o, algo: nowhere, prev: nowhere, next: nowhere, ahead: nowhere, behind: nowhere, level: nowhere}
	x.name(i)
	return i
}

// Remember is what an account's history knows from an exchange before this one, oldest first.
type Remember struct {
	Orders    []Order // closed ones
	Algos     []Algo  // likewise, and those that have an order in matching
	Fills     []Fill
	Incomes   []Income
	Transfers []Transfer
}

// Recall puts a history back in place of what the account's own has so far, which is how it came to what it holds: queries find it as
// before, as far as the account's history goes. What names an instrument that is not
// listed, or a number that is used, is left out.
func (x *Exchange) Recall(account int, r *Remember) {
	a := x.account(account)
	if a == nil || account == 0 {
		return
	}
	a.incomes.buf, a.incomes.start, a.transfers = a.incomes.buf[:0], 0, nil
	for _, o := range r.Orders {
		if _, used := x.orders.ids.get(o.ID); used || o.ID <= 0 || o.ID > x.orders.lastID || x.instrument(o.Instrument) == nil || !o.Status.Final() {
			continue
		}
		o.Account = account
		x.retire(x.recall(o))
	}
	for _, g := range r.Algos {
		if _, used := x.algos.ids[g.ID]; used || g.ID <= 0 || g.ID > x.algos.lastID || x.instrument(g.Instrument) == nil || g.Status < AlgoTriggered {
			continue
		}
		g.Account = account
		if k := x.algos.put(algo{Algo: g}); g.Status.Final() {
			x.retireAlgo(k)
		}
	}
	for _, f := range r.Fills {
		if f.Account = account; x.instrument(f.Instrument) != nil {
			a.fills.add(&f)
		}
	}
	for _, in := range r.Incomes {
		if in.Instrument < 0 || x.instrument(in.Instrument) != nil {
			a.incomes.add(&in)
		}
	}
	for _, t := range r.Transfers {
		if x.instrument(t.Instrument) != nil {
			a.transfers.add(t)
		}
	}
}

// Memory is what an account's history knows now, for [Exchange.Recall].
func (x *Exchange) Memory(account int) Remember {
	var r Remember
	for _, o := range x.AppendOrders(nil, account, -1) {
		if o.Status.Final() {
			r.Orders = append(r.Orders, o)
		}
	}
	for _, g := range x.AppendAlgos(nil, account, -1) {
		if g.Status >= AlgoTriggered {
			r.Algos = append(r.Algos, g)
		}
	}
	r.Fills = x.AppendFills(nil, account, -1)
	r.Incomes = x.AppendIncome(nil, account, IncomeFilter{Instrument: -1})
	r.Transfers = x.AppendTransfers(nil, account, -1)
	return r
}

// ReenterAlgo lets a conditional order of an exchange before this one wait again, under its own number. A trailing one follows the
// price from now on. Refused where a new one would be, and where its number is used.
func (x *Exchange) ReenterAlgo(now Nanos, g Algo) Refusal {
	if _, used := x.algos.ids[g.ID]; used || g.ID <= 0 || g.ID > x.algos.lastID {
		return RefuseDuplicate
	}
	if refusal := x.examineAlgo(now, &g.AlgoRequest); refusal.Refused() {
		return refusal
	}
	g.Status, g.Activated = AlgoNew, false
	x.hang(now, x.algos.put(algo{Algo: g}))
	x.drain(now)
	return Refusal{}
}
