package trade_test

import (
	"errors"
	"testing"

	"baton/aio"
	"baton/market"
	"baton/order"
	"baton/trade"
)

// Cancel-all leaves what protects a position; that is taken back by its own word, or once there is nothing to protect.
func TestCancelAllLeavesProtection(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		return b.run(func(co *aio.Co, s *trade.Session) error {
			entry, err := rest(co, s, 2)
			if err != nil {
				return err
			}
			b.v.fill(entry.ID(), 1)
			stop, err := s.Place(trade.Request{Side: market.Sell, Type: market.StopMarket, Trigger: 99_000, Qty: 1, ReduceOnly: true})
			if err != nil {
				return err
			}
			if c := stop.Command(); c.Type != market.StopMarket || c.Trigger != 99_000 || stop.Trigger() != 99_000 || !stop.Protects() {
				t.Errorf("%+v", c)
			}
			stop.Outcome(co)
			if n := b.t.CancelAll(); n != 1 {
				t.Errorf("%d orders were cancelled, want the entry alone", n)
			}
			if err := entry.Wait(co); err != nil {
				return err
			}
			if stop.State() != order.New {
				t.Errorf("the stop is %s", stop.State())
			}
			if n := b.t.CancelProtective(); n != 1 {
				t.Errorf("%d protective orders were cancelled, want 1", n)
			}
			if err := stop.Wait(co); err != nil || stop.State() != order.Canceled {
				return errors.Join(err, errors.New("the stop is "+stop.State().String()))
			}
			return nil
		})
	})
}
