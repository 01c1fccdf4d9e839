package exchange_test

import (
	"testing"

	"baton/exchange"
	"baton/market"
)

// An exchange that goes on where another stopped takes back what that one told, and nothing that cannot be.
func TestGoOn(t *testing.T) {
	first := open(t, exchange.Matched, 2)
	kept := first.place(limit(1, market.Buy, 617_000, 10))
	gone := first.place(limit(1, market.Buy, 616_000, 10))
	first.x.Cancel(first.now, exchange.Key{Account: 1, ID: gone.ID})
	first.meet(1, 2, market.Buy, 618_000, 20)
	stop := exchange.AlgoRequest{Account: 1, Side: market.Sell, Type: market.StopMarket, Trigger: 600_000, Qty: 5}
	waiting, refusal := first.x.PlaceAlgo(first.now, &stop)
	if refusal.Refused() {
		t.Fatal(refusal)
	}
	history := first.x.Memory(1)

	var ev exchange.Events
	x := exchange.New(exchange.Config{Start: first.now}, &ev)
	x.GoOn(first.x.Ids())
	if _, err := x.List(btc(), exchange.Matched); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := x.Deposit(first.now, x.AddAccount("somebody"), dec("1000000")); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Adopt(1, 0, market.Both, 20, dec("1236"), dec("0.5")); err != nil {
		t.Fatal(err)
	}
	x.Recall(1, &history)
	if r := x.Reenter(first.now, kept); r.Refused() {
		t.Fatal(r)
	}
	if r := x.ReenterAlgo(first.now, waiting); r.Refused() {
		t.Fatal(r)
	}
	if o, ok := x.Order(exchange.Key{Account: 1, ID: kept.ID}); !ok || o.Status != market.StatusNew || x.Book(0).Bid(617_000) != 10 {
		t.Error("the open order", o, ok)
	}
	if o, ok := x.Order(exchange.Key{Account: 1, ID: gone.ID}); !ok || o.Status != market.StatusCanceled {
		t.Error("the cancelled order", o, ok)
	}
	if fills := x.AppendFills(nil, 1, 0); len(fills) != len(history.Fills) || len(fills) == 0 {
		t.Error("fills", fills)
	}
	if got := x.Memory(1); len(got.Orders) != len(history.Orders) || len(got.Incomes) != len(history.Incomes) {
		t.Errorf("history %+v", got)
	}
	r := limit(1, market.Buy, 615_000, 10)
	if o, refusal := x.Place(first.now, &r); refusal.Refused() || o.ID <= kept.ID {
		t.Error("a new order", o, refusal)
	}
	for name, o := range map[string]exchange.Order{
		"used number": kept, "no number": with(kept, func(o *exchange.Order) { o.ID = 0 }), "number to come": with(kept, func(o *exchange.Order) { o.ID = 1 << 40 }),
		"no account": with(kept, func(o *exchange.Order) { o.ID, o.Account = 1, 9 }), "no instrument": with(kept, func(o *exchange.Order) { o.Instrument = 3 }),
		"filled": with(kept, func(o *exchange.Order) { o.Filled = o.Qty }), "no price": with(kept, func(o *exchange.Order) { o.Px = 0 }),
	} {
		if r := x.Reenter(first.now, o); !r.Refused() {
			t.Errorf("%s: it is taken", name)
		}
	}
	if r := x.ReenterAlgo(first.now, waiting); !r.Refused() {
		t.Error("a conditional order waits twice")
	}
	if err := x.Check(); err != nil {
		t.Error(err)
	}
}

func with(o exchange.Order, change func(*exchange.Order)) exchange.Order {
	change(&o)
	return o
}
