package flow_test

import (
	"fmt"
	"math/rand/v2"

	"baton/exchange"
	"baton/exchange/flow"
)

// A synthetic market is stepped by its owner, here for ten seconds of its time.
func ExampleSynthetic() {
	var events exchange.Events
	x := exchange.New(exchange.Config{Start: start}, &events)
	i, err := x.List(contract("BTCUSDT"), exchange.Matched)
	if err != nil {
		fmt.Println(err)
		return
	}
	crowd, err := flow.NewSynthetic(x, rand.NewPCG(7, 1), start, flow.Opening{Instrument: i, Price: dec("61800")})
	if err != nil {
		fmt.Println(err)
		return
	}
	trades := 0
	for crowd.Next() < start+10e9 {
		crowd.Step()
		for k := range events.List {
			if events.List[k].Kind == exchange.EventTrade {
				trades++
			}
		}
		events.Reset()
	}
	bids, asks := x.Book(i).Len()
	fmt.Println(trades > 50, bids > 100, asks > 100, x.Check())
	// Output: true true true <nil>
}
