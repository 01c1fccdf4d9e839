package trade_test

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"baton/aio"
	"baton/journal"
	"baton/market"
	"baton/order"
	"baton/risk"
	"baton/tape"
	"baton/trade"
)

// A trader on a real journal whose disk fails: no order leaves whose intent is not durable, cancels always do, and with a reserve
// what closes is still sent. What has left is in the journal of the next start.
func TestADiskThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		faults  tape.Faults
		reserve int64
		is      error
		closes  bool // after opening was stopped
	}{
		"full":                {tape.Faults{Room: 3000}, 0, syscall.ENOSPC, false},
		"full with a reserve": {tape.Faults{Room: 7000}, 4000, syscall.ENOSPC, true},
		"read-only":           {tape.Faults{ReadOnly: 12}, 0, syscall.EROFS, false},
		"fsync error":         {tape.Faults{FailSync: 12}, 0, tape.ErrInjected, false},
		"short write":         {tape.Faults{ShortWrite: 12}, 0, tape.ErrInjected, false},
	} {
		t.Run(name, func(t *testing.T) {
			disk := tape.NewFaulty(tape.Mem(), c.faults)
			_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (struct{}, error) {
				return struct{}{}, failing(t, co, disk, c.reserve, c.is, c.closes)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func failing(t *testing.T, co *aio.Co, disk *tape.Faulty, reserve int64, is error, closes bool) error {
	v := newScript(co.Loop())
	lookup := func(string) *market.Instrument { return v.in }
	j, err := journal.OpenAs(disk, lookup, journal.Config{Reserve: reserve})
	if err != nil {
		return err
	}
	tr, err := trade.New(co, trade.Config{Limits: map[string]risk.Limits{"BTCUSDT": limits()}}, v, v, j)
	if err != nil {
		return err
	}
	s, err := tr.Open(v.in)
	if err != nil {
		return err
	}
	v.exact()
	if err := tr.Start(co); err != nil {
		return err
	}
	err = tr.Run(co, trade.Strategy{Name: "disk", Run: func(co *aio.Co, s *trade.Session) error {
		rests, err := s.Place(buy(1))
		if err != nil {
			return err
		}
		rests.Outcome(co)
		for tr.Mode() == risk.Normal { // trades until the disk fails
			o, err := s.Place(buy(1))
			if err != nil {
				return err
			}
			if o.Outcome(co).Kind() == market.IsAccepted {
				v.fill(o.ID(), 1)
				shut, err := s.Place(sell(1))
				if err != nil {
					return err
				}
				if shut.Outcome(co).Kind() == market.IsAccepted && s.Position() > 0 {
					v.fill(shut.ID(), 1)
				}
			}
		}
		sent := len(v.sent)
		if o, err := s.Place(buy(1)); err == nil && o.Outcome(co).Kind() == market.IsAccepted {
			t.Error("an order that opens left after the disk failed")
		}
		if s.Position() == 0 && closes {
			t.Error("nothing is left to close")
		}
		shut := trade.Request{Side: market.Sell, Px: 100_020, Qty: 1, ReduceOnly: true}
		if o, err := s.Place(shut); (err == nil && o.Outcome(co).Kind() == market.IsAccepted) != closes {
			t.Errorf("an order that closes: %v, sent %d", err, len(v.sent)-sent)
		}
		s.Cancel(rests)
		if rests.Wait(co); rests.State() != order.Canceled {
			t.Errorf("the cancel did not leave: %s", rests.State())
		}
		return nil
	}}, s)
	if err != nil {
		return err
	}
	if why := errors.Join(j.Err(), j.Low()); !errors.Is(why, is) {
		t.Errorf("the journal says %v", why)
	}
	state, err := journal.Fold(journal.All(disk.Crash(0), lookup))
	if err != nil {
		return err
	}
	for _, c := range v.sent {
		if c.Op == market.OpPlace && c.ID >= state.Next {
			t.Errorf("order %d left, and the journal does not know of it", c.ID)
		}
	}
	return nil
}
