package exchange

import (
	"slices"

	"baton/decimal"
	"baton/market"
)

func units(n int64) decimal.Decimal { return decimal.FromUnits(n) }

// Order finds an order, open or among the last closed ones. Of those that are closed too long (Binance USD-M, Query Order: 3 days
// without a fill, 90 days with one) only a Key with a Ref still finds one.
func (x *Exchange) Order(k Key) (Order, bool) {
	i := x.find(k)
	if i == nowhere || k.Ref == 0 && !x.orders.at(i).retained(x.second) {
		return Order{}, false
	}
	return x.orders.at(i).Order, true
}

// Forgotten is the highest Ref of an account's order that is not kept any more: of an order with a higher one, not to be found
// means that it never was taken.
func (x *Exchange) Forgotten(account int) int64 { return x.accounts[account].gone }

// AppendOpen appends an account's open orders in instrument i (in all for -1), oldest first.
func (x *Exchange) AppendOpen(to []Order, account, i int) []Order {
	a := x.account(account)
	if a == nil {
		return to
	}
	for k := a.first; k != nowhere; k = x.orders.at(k).next {
		if o := x.orders.at(k); i < 0 || o.Instrument == i {
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
	a := x.account(account)
	if a == nil {
		return to
	}
	for _, k := range a.closed.buf {
		if o := x.orders.at(k); (i < 0 || o.Instrument == i) && o.retained(x.second) {
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

// Book is instrument i's one book.
func (x *Exchange) Book(i int) *market.Book { return x.ins[i].book }

// Top is the freshest top of book; ok is false before there is one, and while a side is empty.
func (x *Exchange) Top(i int) (q market.Quote, ok bool) { return x.ins[i].top, x.ins[i].hasTop }

// Last is the last public trade; its Qty is zero before there is one.
func (x *Exchange) Last(i int) market.Trade { return x.ins[i].last }
