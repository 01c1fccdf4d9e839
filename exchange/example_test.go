package exchange_test

import (
	"fmt"

	"baton/exchange"
	"baton/market"
)

func Example() {
	var out exchange.Events
	now := market.Nanos(1_723_161_255_000_000_000)
	x := exchange.New(exchange.Config{Start: now}, &out)
	in := btc()
	i, err := x.List(in, exchange.Matched)
	if err != nil {
		fmt.Println(err)
		return
	}
	alice, bob := x.AddAccount("alice"), x.AddAccount("bob")
	for _, a := range []int{alice, bob} {
		if err := x.Deposit(now, a, dec("10000")); err != nil {
			fmt.Println(err)
			return
		}
	}
	x.Place(now, &exchange.Request{Account: alice, Instrument: i, Side: market.Sell, Type: market.Limit, TIF: market.GTX, Px: 618_000, Qty: 10})
	o, _ := x.Place(now, &exchange.Request{Account: bob, Instrument: i, Side: market.Buy, Type: market.Market, Qty: 4})
	_, refusal := x.Place(now, &exchange.Request{Account: bob, Instrument: i, Side: market.Buy, Type: market.Limit, TIF: market.GTX, Px: 618_000, Qty: 4})
	fmt.Println(o.Status, in.Quantity(o.Filled), "at", o.Average(in))
	fmt.Println(refusal.Error())
	for k := range out.List {
		if e := &out.List[k]; e.Kind == exchange.EventUpdate && int(e.Account) == bob {
			u := out.Update(e)
			fmt.Println(u.Exec, u.Order.Status, "fee", u.Fill.Commission)
		}
	}
	out.Reset()
	fmt.Println(x.Check())
	// Output:
	// FILLED 0.004 at 61800
	// -5022 Due to the order could not be executed as maker, the Post Only order will be rejected.
	// NEW NEW fee 0
	// TRADE FILLED fee 0.1236
	// <nil>
}
