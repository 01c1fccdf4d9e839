package reconcile_test

import (
	"fmt"
	"strings"
	"testing"

	"baton/decimal"
	"baton/ledger"
	"baton/market"
	"baton/order"
	"baton/reconcile"
)

var dec = decimal.MustParse

func instrument(symbol string) *market.Instrument {
	return &market.Instrument{Symbol: symbol, Margin: "USDT", Tick: dec("0.1"), Lot: dec("0.001"), PricePlaces: 2, QtyPlaces: 3}
}

// world is both truths, equal: a wallet, a long of 5 lots in BTC, order 1 resting with 4 of 10 lots filled.
type world struct {
	btc, eth *market.Instrument
	venue    market.Account
	books    *ledger.Ledger
	orders   *order.Table
}

func equal(t *testing.T) *world {
	t.Helper()
	w := &world{btc: instrument("BTCUSDT"), eth: instrument("ETHUSDT"), books: ledger.New(nil), orders: order.NewTable(10)}
	check(t, w.books.Deposit(1, "USDT", dec("1000")))
	w.fill(t, 3, 1, 1, 0)
	w.place(t, 1, 10)
	w.fill(t, 1, 2, 4, 1)
	w.venue = market.Account{
		Balances:  []market.Balance{{Asset: "BNB"}, {Asset: "USDT", Wallet: dec("999.9")}},
		Positions: []market.Position{{Instrument: w.btc, Qty: 5, Entry: dec("60000")}},
		Orders:    []market.OpenOrder{{Instrument: w.btc, Order: 1, Venue: 71, ClientID: "b1", Side: market.Buy, Px: 600_000, Qty: 10, Filled: 4}},
	}
	return w
}

func (w *world) place(t *testing.T, id market.OrderID, qty market.Lots) {
	t.Helper()
	_, err := w.orders.Intend(&market.Command{ID: id, Instrument: w.btc, Side: market.Buy, Px: 600_000, Qty: qty}, 1)
	check(t, err)
	w.orders.Sent(id, market.OpPlace, 1)
}

func (w *world) fill(t *testing.T, id market.OrderID, trade int64, qty, filled market.Lots) {
	t.Helper()
	f := market.Fill{Instrument: w.btc, Order: id, Trade: trade, Side: market.Buy, Px: 600_000, Qty: qty, Commission: dec("0.05"), Asset: "USDT"}
	ok, err := w.books.Fill(&f)
	check(t, err)
	w.orders.Update(&market.Update{Order: id, Status: market.StatusPartiallyFilled, Filled: filled, Fill: &f}, ok, 1)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Each way in which the two can differ gives the line that says so, and nothing else.
func TestCompare(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*testing.T, *world)
		want   string
	}{
		"equal":                   {func(*testing.T, *world) {}, ""},
		"the last decimal":        {func(_ *testing.T, w *world) { w.venue.Balances[1].Wallet = dec("999.90000001") }, "wallet USDT: ours 999.9, venue 999.90000001"},
		"an asset we do not know": {func(_ *testing.T, w *world) { w.venue.Balances[0].Wallet = dec("2") }, "wallet BNB: ours 0, venue 2"},
		"an asset it does not name": {func(_ *testing.T, w *world) {
			w.venue.Balances = nil
		}, "wallet USDT: ours 999.9, venue 0"},
		"a fill lost":          {func(_ *testing.T, w *world) { w.venue.Positions[0].Qty = 6 }, "position BTCUSDT: ours 0.005, venue 0.006"},
		"position of the past": {func(_ *testing.T, w *world) { w.venue.Positions = nil }, "position BTCUSDT: ours 0.005, venue 0"},
		"foreign position": {func(_ *testing.T, w *world) {
			w.venue.Positions = append([]market.Position{{Instrument: w.eth, Qty: -2}}, w.venue.Positions...)
		}, "position ETHUSDT: ours 0, venue -0.002"},
		"foreign order": {func(_ *testing.T, w *world) {
			w.venue.Orders = append(w.venue.Orders, market.OpenOrder{Instrument: w.eth, Venue: 9, ClientID: "web_x", Qty: 3})
		}, `order ETHUSDT "web_x" (venue 9): open at the venue with 0.003, not ours`},
		"order gone":     {func(_ *testing.T, w *world) { w.venue.Orders = nil }, "order BTCUSDT 1: ours is open with 0.006, the venue does not have it open"},
		"filled differs": {func(_ *testing.T, w *world) { w.venue.Orders[0].Filled = 5 }, "order BTCUSDT 1: filled ours 0.004, venue 0.005"},
		"order ended": {func(_ *testing.T, w *world) {
			w.orders.Update(&market.Update{Order: 1, Status: market.StatusCanceled, Filled: 4}, false, 1)
		}, "order BTCUSDT 1: ours has ended, the venue has it open with 0.006"},
		"order unknown": {func(t *testing.T, w *world) { w.place(t, 2, 7) }, "order BTCUSDT 2: not settled, 0.007 may still fill"},
		"unknown, and open there": {func(t *testing.T, w *world) {
			w.place(t, 2, 7)
			w.venue.Orders = append(w.venue.Orders, market.OpenOrder{Instrument: w.btc, Order: 2, Qty: 7})
		}, "order BTCUSDT 2: not settled, 0.007 may still fill"},
		"ended, a fill missing": {func(_ *testing.T, w *world) {
			w.orders.Update(&market.Update{Order: 1, Status: market.StatusCanceled, Filled: 6}, false, 1)
			w.venue.Orders = nil
		}, "order BTCUSDT 1: not settled, 0.002 may still fill"},
		"ours ended, gone there": {func(_ *testing.T, w *world) {
			w.orders.Update(&market.Update{Order: 1, Status: market.StatusCanceled, Filled: 4}, false, 1)
			w.venue.Orders = nil
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := equal(t)
			c.change(t, w)
			var lines []string
			for _, d := range reconcile.Compare(&w.venue, w.books, w.orders) {
				lines = append(lines, d.String())
			}
			if got := strings.Join(lines, "\n"); got != c.want {
				t.Fatalf("%q, want %q", got, c.want)
			}
			if reconcile.Equal(&w.venue, w.books, w.orders) != (c.want == "") {
				t.Fatal("Equal disagrees with Compare")
			}
		})
	}
}

// On empty books the venue's wallet is the opening balance and explains itself; a position does not.
func TestStartFresh(t *testing.T) {
	w := equal(t)
	books, orders := ledger.New(nil), order.NewTable(1)
	w.venue.Orders = nil
	w.venue.Positions = nil
	p, err := reconcile.Start(&w.venue, books, orders)
	check(t, err)
	if p.NoIncrease || len(p.Opening) != 1 || len(p.Suspense) != 0 {
		t.Fatalf("%+v", p)
	}
	check(t, p.Book(books, 5))
	if books.Transferred("USDT") != dec("999.9") || !reconcile.Equal(&w.venue, books, orders) {
		t.Fatal(books.Transferred("USDT"))
	}
}

// What cannot be explained goes to suspense and is adopted, and nothing new may be risked; afterwards both agree.
func TestStartUnexplained(t *testing.T) {
	w := equal(t)
	w.venue.Balances[1].Wallet = dec("900")
	w.venue.Positions = []market.Position{{Instrument: w.eth, Qty: -3, Entry: dec("3000.5")}}
	w.venue.Orders = append(w.venue.Orders, market.OpenOrder{Instrument: w.eth, Venue: 9, ClientID: "web_x", Qty: 3})
	w.place(t, 2, 7)
	p, err := reconcile.Start(&w.venue, w.books, w.orders)
	check(t, err)
	if !p.NoIncrease || len(p.Opening) != 0 || len(p.Foreign) != 1 || len(p.Query) != 1 || p.Query[0] != 2 {
		t.Fatalf("%+v", p)
	}
	check(t, p.Book(w.books, 5))
	check(t, w.books.Check())
	if w.books.Suspended("USDT") != dec("-99.9") || w.books.Position(w.eth).Cost != dec("-9.0015") {
		t.Fatal(w.books.Suspended("USDT"), w.books.Position(w.eth).Cost)
	}
	w.venue.Orders = w.venue.Orders[:1]
	w.orders.Report(2, &market.Report{Kind: market.ProvenAbsent}, 6)
	if left := reconcile.Compare(&w.venue, w.books, w.orders); len(left) != 0 {
		t.Fatal(left)
	}
}

// Each kind of unexplained difference by itself is enough for no-increase.
func TestNoIncrease(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *world){
		"wallet":   func(_ *testing.T, w *world) { w.venue.Balances[1].Wallet = dec("1000") },
		"position": func(_ *testing.T, w *world) { w.venue.Positions[0].Qty++ },
		"foreign": func(_ *testing.T, w *world) {
			w.venue.Orders[0].Order = 0
			w.orders.Update(&market.Update{Order: 1, Status: market.StatusCanceled}, false, 1)
		},
		"unknown": func(t *testing.T, w *world) { w.place(t, 2, 7) },
	} {
		w := equal(t)
		if p, err := reconcile.Start(&w.venue, w.books, w.orders); err != nil || p.NoIncrease {
			t.Fatal(p, err)
		}
		change(t, w)
		p, err := reconcile.Start(&w.venue, w.books, w.orders)
		if err != nil || !p.NoIncrease || len(p.Differences) != 1 {
			t.Fatalf("%s: %+v, %v", name, p, err)
		}
	}
}

func Example() {
	books, orders := ledger.New(nil), order.NewTable(1)
	_ = books.Deposit(1, "USDT", dec("9999.98"))
	venue := market.Account{Balances: []market.Balance{{Asset: "USDT", Wallet: dec("9999.97")}}}
	for _, d := range reconcile.Compare(&venue, books, orders) {
		fmt.Println(d)
	}
	// Output: wallet USDT: ours 9999.98, venue 9999.97
}
