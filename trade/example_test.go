package trade_test

import (
	"context"
	"fmt"

	"baton/aio"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

// A strategy that buys once at the best bid and waits for its fill. The venue here is a script that fills it after a second.
func ExampleTrader() {
	once := trade.Strategy{Name: "once", Run: func(co *aio.Co, s *trade.Session) error {
		w := s.Watch(trade.OnFill)
		o, err := s.Place(trade.Request{Side: market.Buy, Px: s.Top().Bid, Qty: 2})
		if err != nil {
			return err
		}
		for s.Position() == 0 {
			if _, err := w.Next(co); err != nil {
				return err
			}
		}
		fmt.Println("order", o.ID(), "is", o.State(), "and the position", s.Position())
		return nil
	}}
	result, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (trade.Result, error) {
		venue := newScript(co.Loop())
		t, err := trade.New(co, trade.Config{Limits: map[string]risk.Limits{"BTCUSDT": trade.DefaultLimits()}}, venue, venue, &memory{})
		if err != nil {
			return trade.Result{}, err
		}
		s, err := t.Open(venue.in)
		if err != nil {
			return trade.Result{}, err
		}
		venue.exact()
		co.Loop().CallLater(1e9, func() { venue.fill(1, 2) })
		if err := t.Start(co); err != nil {
			return trade.Result{}, err
		}
		if err := t.Run(co, once, s); err != nil {
			return trade.Result{}, err
		}
		return t.Stop(co)
	})
	fmt.Println("reconciled:", result.Reconciled, err)
	// Output:
	// order 1 is filled and the position 2
	// reconciled: true <nil>
}
