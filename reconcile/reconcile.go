// Package reconcile compares the venue's truth with ours and says what differs and what to do about it. It never trades, never
// invents a fill and never drops one.
//
// It keeps no state but an Audit's: [Compare] reads an account that the venue's queries told, the ledger and the order table, all of the
// caller, and lists the [Difference]s. At the end of a run there must be none. At the start [Start] makes a [Plan] of them:
// what opens the books, what is adopted, what goes to suspense, which orders to ask about. While strategies run an [Audit] tells
// what lasts from what is only on its way.
//
//	for _, d := range reconcile.Compare(&account, books, orders) {
//		fmt.Println(d) // wallet USDT: ours 9999.98, venue 9999.97
//	}
//
// A comparison proves something only while nothing is on its way: with an order in flight, or between a fill at the venue and
// its arrival here, both sides may be right. The caller waits, or asks again, before it believes a difference.
package reconcile

import (
	"cmp"
	"fmt"
	"slices"

	"baton/decimal"
	"baton/ledger"
	"baton/market"
	"baton/order"
)

// Kind is what a [Difference] is about.
type Kind uint8

// The kinds of differences.
const (
	Wallet       Kind = iota + 1 // a wallet balance, exact to 8 decimals
	Position                     // a signed position
	OrderGone                    // live in our table, not open at the venue
	OrderForeign                 // open at the venue, not ours or not in our table
	OrderEnded                   // open at the venue, ended in our table
	OrderDiffers                 // open in both, with other figures
	OrderUnknown                 // its outcome is not settled: ask
)

// String is the kind in a word or two.
func (k Kind) String() string {
	return [...]string{"none", "wallet", "position", "order gone", "order foreign", "order ended", "order differs", "order unknown"}[k]
}

// Difference is one thing in which the venue and we do not agree. Which fields count is said at its kind.
type Difference struct {
	Kind        Kind
	Asset       string              // Wallet
	Instrument  *market.Instrument  // Position, orders
	Side        market.PositionSide // Position: Both in one-way mode
	Order       market.OrderID      // orders; 0: a foreign one
	ClientID    string              // OrderForeign
	Venue       int64               // orders: the venue's number, where known
	Ours, Their decimal.Decimal     // Wallet: balance. Position: quantity. OrderDiffers: filled quantity. Others: open quantity
	Entry       decimal.Decimal     // Position: the venue's entry price
}

// String is one line without an end.
func (d Difference) String() string {
	switch d.Kind {
	case Wallet:
		return fmt.Sprintf("wallet %s: ours %s, venue %s", d.Asset, d.Ours, d.Their)
	case Position:
		name := d.Instrument.Symbol
		if d.Side != market.Both {
			name += " " + d.Side.String()
		}
		return fmt.Sprintf("position %s: ours %s, venue %s", name, d.Ours, d.Their)
	case OrderForeign:
		return fmt.Sprintf("order %s %q (venue %d): open at the venue with %s, not ours", d.Instrument.Symbol, d.ClientID, d.Venue, d.Their)
	case OrderGone:
		return fmt.Sprintf("order %s %d: ours is open with %s, the venue does not have it open", d.Instrument.Symbol, d.Order, d.Ours)
	case OrderEnded:
		return fmt.Sprintf("order %s %d: ours has ended, the venue has it open with %s", d.Instrument.Symbol, d.Order, d.Their)
	case OrderUnknown:
		return fmt.Sprintf("order %s %d: not settled, %s may still fill", d.Instrument.Symbol, d.Order, d.Ours)
	}
	return fmt.Sprintf("order %s %d: filled ours %s, venue %s", d.Instrument.Symbol, d.Order, d.Ours, d.Their)
}

// Compare lists every difference between the venue's account and ours: wallets by asset, positions by symbol, then orders by
// our number and foreign ones by the venue's. An asset or position that one side does not name is zero there.
func Compare(venue *market.Account, books *ledger.Ledger, orders *order.Table) []Difference {
	return slices.Concat(wallets(venue, books), positions(venue, books), openOrders(venue, orders))
}

func wallets(venue *market.Account, books *ledger.Ledger) []Difference {
	names := slices.Collect(books.Assets())
	for _, b := range venue.Balances {
		names = append(names, b.Asset)
	}
	slices.Sort(names)
	var out []Difference
	for _, name := range slices.Compact(names) {
		var their decimal.Decimal
		for _, b := range venue.Balances {
			if b.Asset == name {
				their = b.Wallet
			}
		}
		if ours := books.Wallet(name); ours != their {
			out = append(out, Difference{Kind: Wallet, Asset: name, Ours: ours, Their: their})
		}
	}
	return out
}

func positions(venue *market.Account, books *ledger.Ledger) []Difference {
	var out []Difference
	differ := func(in *market.Instrument, side market.PositionSide, ours, their market.Lots, entry decimal.Decimal) {
		if ours != their {
			out = append(out, Difference{Kind: Position, Instrument: in, Side: side, Ours: in.Quantity(ours), Their: in.Quantity(their), Entry: entry})
		}
	}
	for _, p := range venue.Positions {
		differ(p.Instrument, p.Side, books.PositionOf(p.Instrument, p.Side).Qty, p.Qty, p.Entry)
	}
	for p := range books.Positions() {
		named := func(v market.Position) bool { return v.Instrument == p.Instrument && v.Side == p.Side }
		if !slices.ContainsFunc(venue.Positions, named) {
			differ(p.Instrument, p.Side, p.Qty, 0, decimal.Zero)
		}
	}
	slices.SortFunc(out, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Instrument.Symbol, b.Instrument.Symbol), cmp.Compare(a.Side, b.Side))
	})
	return out
}

func openOrders(venue *market.Account, orders *order.Table) []Difference {
	var out []Difference
	theirs := make(map[market.OrderID]bool, len(venue.Orders))
	for i := range venue.Orders {
		v := &venue.Orders[i]
		theirs[v.Order] = true
		if d, ok := compareOrder(v, orders.Order(v.Order)); ok {
			out = append(out, d)
		}
	}
	for o := range orders.All() {
		if theirs[o.ID] || !o.Live() && o.Missing() == 0 {
			continue
		}
		kind := OrderGone
		if !o.State.AtVenue() {
			kind = OrderUnknown
		}
		out = append(out, Difference{Kind: kind, Instrument: o.Instrument, Order: o.ID, Venue: o.Venue, Ours: o.Instrument.Quantity(o.Outstanding())})
	}
	slices.SortStableFunc(out, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Venue, b.Venue))
	})
	return out
}

// compareOrder compares an order that is open at the venue with ours of the same number, if there is one.
func compareOrder(v *market.OpenOrder, o *order.Order) (Difference, bool) {
	in := v.Instrument
	d := Difference{Instrument: in, Order: v.Order, ClientID: v.ClientID, Venue: v.Venue, Their: in.Quantity(v.Qty - v.Filled)}
	switch {
	case v.Order == 0 || o == nil:
		d.Kind = OrderForeign
	case !o.Live():
		d.Kind = OrderEnded
	case !o.State.AtVenue() || o.Amend.Open():
		d.Kind, d.Ours = OrderUnknown, in.Quantity(o.Outstanding())
	case o.Filled != v.Filled || o.Qty != v.Qty || o.Px != v.Px || o.Side != v.Side:
		d.Kind, d.Ours, d.Their = OrderDiffers, in.Quantity(o.Filled), in.Quantity(v.Filled)
	default:
		return d, false
	}
	return d, true
}
