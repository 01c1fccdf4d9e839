package trade_test

import (
	"errors"
	"testing"

	"baton/aio"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

// A person's pause lets only what reduces a position pass, until the resume; cancel-all reaches every open order.
func TestPauseEntries(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			first, err := s.Place(buy(1))
			if err != nil {
				return err
			}
			first.Outcome(co)
			b.t.PauseEntries()
			if _, err := s.Place(buy(1)); err == nil {
				t.Error("an order that increases was placed while entries were paused")
			}
			if err := b.t.ResumeEntries(); err != nil {
				t.Error(err)
			}
			second, err := s.Place(buy(1))
			if err != nil {
				return err
			}
			second.Outcome(co)
			if n := b.t.CancelAll(); n != 2 {
				t.Errorf("%d orders were cancelled, want 2", n)
			}
			if err := errors.Join(first.Wait(co), second.Wait(co)); err != nil {
				return err
			}
			b.t.Remark("a person was here")
			return nil
		})
		b.stop(t)
		if n := b.j.count(market.RecordNote); n != 2 {
			t.Errorf("%d notes in the journal, want the refusal and the person's", n)
		}
		return err
	})
}

// What the kernel itself latched no person's resume lifts, and neither does it open a closed gate.
func TestResumeLiftsNoLatch(t *testing.T) {
	on(t, trade.Config{Latch: "yesterday"}, nil, func(b *bench) error {
		b.t.PauseEntries()
		if err := b.t.ResumeEntries(); !errors.Is(err, trade.ErrLatched) || b.t.Mode() == risk.Normal {
			t.Errorf("resume: %v, mode %v", err, b.t.Mode())
		}
		_, err := b.t.Stop(b.co)
		return err
	})
	on(t, trade.Config{}, nil, func(b *bench) error {
		b.t.Gate.Close()
		if err := b.t.ResumeEntries(); !errors.Is(err, trade.ErrStopped) {
			t.Errorf("resume behind a closed gate: %v", err)
		}
		b.stop(t)
		return nil
	})
}
