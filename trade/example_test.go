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

// A bracket: an entry, and from its first fill on a stop and a take profit that wait at the venue. The venue here is a script that fills
// the entry after a second and has the price fall to the stop after another.
func ExampleSession_Bracket() {
	strategy := trade.Strategy{Name: "bracket", Run: func(co *aio.Co, s *trade.Session) error {
		bid := s.Top().Bid
		g, err := s.Bracket(trade.Request{Side: market.Buy, Px: bid, Qty: 2}, trade.Protection{Stop: bid - 500, Take: bid + 1000})
		if err != nil {
			return err // nothing was sent
		}
		w := s.Watch(trade.OnFill)
		if _, err := w.Next(co); err != nil {
			return err
		}
		if err := g.Move(bid - 300); err != nil { // the new stop rests before the old one is cancelled
			return err
		}
		if err := g.Wait(co); err != nil {
			return err
		}
		fmt.Println(g.How(), "at a position of", s.Position(), "after", g.Filled(market.RoleFirst), "were bought")
		return nil
	}}
	result, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (trade.Result, error) {
		venue := newScript(co.Loop())
		venue.strict, venue.price = true, 100_000
		t, err := trade.New(co, trade.Config{Limits: map[string]risk.Limits{"BTCUSDT": trade.DefaultLimits()}}, venue, venue, &memory{})
		if err != nil {
			return trade.Result{}, err
		}
		s, err := t.Open(venue.in)
		if err != nil {
			return trade.Result{}, err
		}
		venue.exact()
		co.Loop().CallLater(1e9, func() { venue.fill(2, 2) }) // the group took number 1
		co.Loop().CallLater(2e9, func() { venue.at(99_700) })
		if err := t.Start(co); err != nil {
			return trade.Result{}, err
		}
		if err := t.Run(co, strategy, s); err != nil {
			return trade.Result{}, err
		}
		return t.Stop(co)
	})
	fmt.Println("reconciled:", result.Reconciled, err)
	// Output:
	// stopped at a position of 0 after 2 were bought
	// reconciled: true <nil>
}
