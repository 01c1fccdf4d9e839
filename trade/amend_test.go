package trade_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/market"
	"baton/order"
	"baton/risk"
	"baton/trade"
)

// rest places a buy of q and waits for its answer.
func rest(co *aio.Co, s *trade.Session, q market.Lots) (*trade.Order, error) {
	o, err := s.Place(buy(q))
	if err == nil {
		o.Outcome(co)
	}
	return o, err
}

func TestAmend(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			o, err := rest(co, s, 3)
			if err != nil {
				return err
			}
			px := o.Px()
			if err := o.Amend(px-1, 5); err != nil {
				return err
			}
			if o.Qty() != 3 || o.Left() != 5 {
				t.Errorf("before the answer: %d of %d", o.Left(), o.Qty())
			}
			if err := o.Amend(px-2, 5); !errors.Is(err, trade.ErrAmend) {
				t.Error("a second amendment while one is open:", err)
			}
			if out := o.Amended(co); out.Kind() != market.IsAccepted || o.Qty() != 5 || o.Px() != px-1 {
				t.Error(out, o.Qty(), o.Px())
			}
			var e *risk.Error
			if err := o.Amend(px, 11); !errors.As(err, &e) || e.Reason != risk.OverPosition || o.Left() != 5 {
				t.Error("beyond the limit:", err, o.Left())
			}
			b.v.fill(o.ID(), 5)
			if !o.Done() || s.Position() != 5 {
				t.Error(o.State(), s.Position())
			}
			if err := o.Amend(px, 6); !errors.Is(err, trade.ErrAmend) {
				t.Error("an ended order:", err)
			}
			return nil
		})
		if b.j.count(market.RecordIntent) != 2 || b.t.Stats().Amended != 1 || b.t.Stats().Sent != 2 {
			t.Errorf("%d intents, %+v", b.j.count(market.RecordIntent), b.t.Stats())
		}
		b.stop(t)
		return err
	})
}

// Silence about an amendment is Unknown: the worse of both versions keeps its room until a report settles which one is in force. It is
// not sent again.
func TestAmendmentInSilence(t *testing.T) {
	for name, reach := range map[string]bool{"the answer was lost": true, "the command was lost": false} {
		t.Run(name, func(t *testing.T) {
			on(t, trade.Config{Answer: time.Second}, nil, func(b *bench) error {
				err := b.run(func(co *aio.Co, s *trade.Session) error {
					o, err := rest(co, s, 3)
					if err != nil {
						return err
					}
					lost := func(*market.Command) bool { return true }
					if b.v.mute = lost; !reach {
						b.v.drop = lost
					}
					if err := o.Amend(o.Px()-1, 9); err != nil {
						return err
					}
					if out := o.Amended(co); out.Kind() != market.IsUnknown || s.Now() < t0+1e9 || o.Left() != 9 {
						t.Error(out, s.Now()-t0, o.Left())
					}
					var e *risk.Error
					if _, err := s.Place(buy(2)); !errors.As(err, &e) || e.Reason != risk.OverPosition {
						t.Error("an unknown amendment must keep its room:", err)
					}
					b.v.mute, b.v.drop = nil, nil
					if err := o.Settle(co); err != nil {
						return err
					}
					want, kind := market.Lots(9), market.IsAccepted
					if !reach {
						want, kind = 3, market.IsRefused
					}
					if o.Qty() != want || o.Left() != want || o.Amended(co).Kind() != kind || o.State() != order.New {
						t.Error(o.Qty(), o.Left(), o.Amended(co), o.State())
					}
					if fits, err := s.Place(buy(2)); (err == nil) == reach {
						t.Error("the room behind it:", fits, err)
					}
					return nil
				})
				sent := 0
				for _, c := range b.v.sent {
					if c.Op == market.OpAmend {
						sent++
					}
				}
				if sent > 1 || reach && sent != 1 {
					t.Errorf("%d amendments were sent", sent)
				}
				b.stop(t)
				return err
			})
		})
	}
}

// An amendment leaves when its intent is durable, if it still may: not behind a cancel, not through a closed gate, not on a book that
// became stale.
func TestAmendmentIsDurableFirst(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(b *bench, o *trade.Order)
		leaves    bool
	}{
		"nothing happens":      {func(*bench, *trade.Order) {}, true},
		"it is cancelled":      {func(b *bench, o *trade.Order) { b.s.Cancel(o) }, false},
		"the gate is closed":   {func(b *bench, _ *trade.Order) { b.t.Gate.Close() }, false},
		"the book goes stale":  {func(b *bench, _ *trade.Order) { b.v.stale() }, false},
		"the order was filled": {func(b *bench, o *trade.Order) { b.v.fill(o.ID(), 3) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			on(t, trade.Config{}, &slow{}, func(b *bench) error {
				err := b.run(func(co *aio.Co, s *trade.Session) error {
					o, err := rest(co, s, 3)
					if err != nil {
						return err
					}
					if err := o.Amend(o.Px()-1, 5); err != nil {
						return err
					}
					c.meanwhile(b, o)
					out := o.Amended(co)
					if err := co.Sleep(50 * time.Millisecond); err != nil {
						return err
					}
					left := false
					for _, x := range b.v.sent {
						left = left || x.Op == market.OpAmend
					}
					if left != c.leaves || (out.Kind() == market.IsAccepted) != c.leaves {
						t.Errorf("it left: %v, and is %s (%s)", left, out.Kind(), out.Text)
					}
					if !c.leaves && o.Qty() != 3 {
						t.Error("it took effect all the same:", o.Qty())
					}
					return nil
				})
				return err
			})
		})
	}
}

// More than was ever asked for, by any version, is booked as it is, and a person hears of it.
func TestOverfill(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			o, err := rest(co, s, 3)
			if err != nil {
				return err
			}
			other, err := rest(co, s, 2)
			if err != nil {
				return err
			}
			f := market.Fill{Instrument: b.v.in, Order: o.ID(), Trade: 1, Side: market.Buy, Px: 100_000, Qty: 4, Commission: d("0.01"), Asset: "USDT", Time: s.Now()}
			b.v.orders.Update(&market.Update{Instrument: b.v.in, Order: o.ID(), Venue: 1, Status: market.StatusFilled, Filled: 4, Fill: &f})
			if err := other.Wait(co); err != nil || other.State() != order.Canceled {
				t.Error("what may increase the position stays open:", other.State())
			}
			if s.Position() != 4 || b.t.Mode() != risk.NoIncrease || !strings.Contains(strings.Join(b.t.Notes(), "\n"), "overfill") {
				t.Error(s.Position(), b.t.Mode(), b.t.Notes())
			}
			return nil
		})
		return err
	})
}
