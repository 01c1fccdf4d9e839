package exchange

import (
	"slices"

	"baton/decimal"
	"baton/market"
)

func units(n int64) decimal.Decimal { return decimal.FromUnits(n) }

// Order finds an order, open or among the last closed ones.
func (x *Exchange) Order(k Key) (Order, bool) {
	i := x.orders.find(k)
	if i == nowhere {
		return Order{}, false
	}
	return x.orders.slab[i].Order, true
}

// Forgotten is the highest Ref of an account's order that is not kept any more: of an order with a higher one, not to be found
// means that it never was taken.
func (x *Exchange) Forgotten(account int) int64 { return x.orders.gone[account] }

// AppendOpen appends an account's open orders in instrument i (in all for -1), oldest first.
func (x *Exchange) AppendOpen(to []Order, account, i int) []Order {
	a := x.account(account)
	if a == nil {
		return to
	}
	for k := a.first; k != nowhere; k = x.orders.slab[k].next {
		if o := &x.orders.slab[k]; i < 0 || o.Instrument == i {
			to = append(to, o.Order)
		}
	}
	return to
}

// AppendOrders appends an account's orders in instrument i (in all for -1), open or closed, as far as they are kept, oldest
// first.
func (x *Exchange) AppendOrders(to []Order, account, i int) []Order {
	from := len(to)
	to = x.AppendOpen(to, account, i)
	for _, k := range x.orders.closed {
		if o := &x.orders.slab[k]; o.Account == account && (i < 0 || o.Instrument == i) {
			to = append(to, o.Order)
		}
	}
	slices.SortFunc(to[from:], func(a, b Order) int { return int(a.ID - b.ID) })
	return to
}

// AppendFills appends an account's fills in instrument i (in all for -1), as far as they are kept, oldest first.
func (x *Exchange) AppendFills(to []Fill, account, i int) []Fill {
	a := x.account(account)
	if a == nil {
		return to
	}
	for k := range a.fills.buf {
		if f := a.fills.at(k); i < 0 || f.Instrument == i {
			to = append(to, *f)
		}
	}
	return to
}

// Account is an account's state now; ok is false for an unknown one.
func (x *Exchange) Account(account int) (s Account, ok bool) {
	a := x.account(account)
	if a == nil {
		return s, false
	}
	m := x.margin(a)
	return Account{Name: a.name, Asset: a.asset, Wallet: units(m.wallet), Unrealised: units(m.unrealised),
		Initial: units(m.initial), Maintain: units(m.maintain), Available: units(max(m.free(), 0))}, true
}

// Position is an account's position in instrument i.
func (x *Exchange) Position(account, i int) Position {
	s, p := x.ins[i], &x.accounts[account].positions[i]
	held := s.worth(p.qty)
	r := Position{Instrument: i, Qty: p.qty, Cost: units(p.cost), Bids: units(p.bids), Asks: units(p.asks),
		Initial: units(x.initial(exposure(held, p.bids, p.asks)))}
	if p.qty != 0 {
		r.Unrealised, r.Maintain = units(near(held, -p.cost)), units(s.maintain(p.qty))
	}
	return r
}

// Leverage is the leverage of every account and instrument.
func (x *Exchange) Leverage() int { return x.cfg.Leverage }

// Book is instrument i's one book.
func (x *Exchange) Book(i int) *market.Book { return x.ins[i].book }

// Top is the freshest top of book; ok is false before there is one, and while a side is empty.
func (x *Exchange) Top(i int) (q market.Quote, ok bool) { return x.ins[i].top, x.ins[i].hasTop }

// Last is the last public trade; its Qty is zero before there is one.
func (x *Exchange) Last(i int) market.Trade { return x.ins[i].last }
