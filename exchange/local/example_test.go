package local_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"baton/aio"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/flow"
	"baton/exchange/local"
	"baton/market"
)

// An order travels to the exchange, is accepted there, and a printed trade fills it.
func ExampleDriver() {
	var tape flow.Tape
	in := btcusdt()
	open := &market.Event{Kind: market.EventSnapshot, Instrument: in, Received: t0}
	open.Snapshot = market.Snapshot{Last: 1, Bids: []market.Level{{Px: 618_000, Qty: 5}}, Asks: []market.Level{{Px: 618_001, Qty: 4}}}
	for _, ev := range []*market.Event{open, print(in, 10*ms, 617_999, 1), print(in, 20*ms, 618_005, 1)} {
		if err := tape.Append(ev); err != nil {
			fmt.Println(err)
			return
		}
	}
	tape.Seal()
	var events exchange.Events
	x := exchange.New(exchange.Config{Start: t0}, &events)
	if _, err := x.List(in, exchange.Recorded); err != nil {
		fmt.Println(err)
		return
	}
	me := x.AddAccount("me")
	if err := x.Deposit(t0, me, decimal.MustParse("10000")); err != nil {
		fmt.Println(err)
		return
	}
	d, err := local.New(x, &events, local.Config{Account: me, Out: even, Back: even}, rand.NewPCG(7, 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := d.Play(&tape); err != nil {
		fmt.Println(err)
		return
	}
	heard := &log{}
	_, err = aio.Run(context.Background(), aio.Config{Source: aio.Drive(d.Start(), d)}, func(co *aio.Co) (int, error) {
		heard.loop = co.Loop()
		d.Attach(co.Loop())
		d.Bind(heard)
		if _, err := d.Open(in, heard); err != nil {
			return 0, err
		}
		if err := d.Send(bid(in, 1, 618_000)); err != nil {
			return 0, err
		}
		for !heard.ended {
			if err := heard.wake.Wait(co); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	for _, line := range heard.lines {
		fmt.Println(line)
	}
	fmt.Println(err)
	// Output:
	// 0s exact
	// 6ms place 1 accepted 0
	// 6ms order 1 NEW
	// 10ms trade 1 at 617999
	// 13ms order 1 FILLED, filled 10 of 10
	// 13ms wallet 9999.8764
	// 20ms trade 1 at 618005
	// 20ms ended
	// <nil>
}
