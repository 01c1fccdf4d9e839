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

func TestPlaceFillCancel(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			w := s.Watch(trade.OnFill)
			o, err := s.Place(buy(3))
			if err != nil {
				return err
			}
			if o.Outcome(co).Kind() != market.IsAccepted {
				t.Error(o.State())
			}
			if got := s.Level(market.Buy, 100_000); got != 8 {
				t.Errorf("level with own quantity is %d, want 8", got)
			}
			b.v.fill(o.ID(), 1)
			if m, err := w.Next(co); err != nil || m&trade.OnFill == 0 || s.Position() != 1 || o.Left() != 2 {
				t.Error(m, err, s.Position(), o.Left())
			}
			s.Cancel(o)
			if err := o.Wait(co); err != nil || o.State() != order.Canceled || !o.Done() || o.Filled() != 1 {
				t.Error(err, o.State())
			}
			return nil
		})
		if err != nil {
			return err
		}
		if long, short := b.t.Stats().Fills, len(b.s.Live()); long != 1 || short != 0 {
			t.Error(long, short)
		}
		if b.j.count(market.RecordIntent) != 2 || b.j.count(market.RecordFill) != 1 || b.j.count(market.RecordSent) != 2 {
			t.Errorf("journal: %v", b.j.records)
		}
		b.stop(t)
		return nil
	})
}

// Silence is Unknown, keeps its room, is settled by a query, and nothing is sent a second time.
func TestSilenceIsUnknown(t *testing.T) {
	for _, c := range []struct {
		name  string
		reach bool
		want  order.State
	}{{"the answer was lost", true, order.New}, {"the command was lost", false, order.ProvenAbsent}} {
		t.Run(c.name, func(t *testing.T) {
			on(t, trade.Config{Answer: time.Second}, nil, func(b *bench) error {
				lost := func(*market.Command) bool { return true }
				b.v.mute = lost
				if !c.reach {
					b.v.drop = lost
				}
				err := b.run(func(co *aio.Co, s *trade.Session) error {
					o, err := s.Place(buy(10))
					if err != nil {
						return err
					}
					if out := o.Outcome(co); out.Kind() != market.IsUnknown || s.Now() < t0+1e9 {
						t.Error(out, s.Now()-t0)
					}
					var e *risk.Error
					if _, err := s.Place(buy(1)); !errors.As(err, &e) || e.Reason != risk.OverPosition {
						t.Errorf("an unknown order must keep its room: %v", err)
					}
					b.v.mute, b.v.drop = nil, nil
					if err := o.Settle(co); err != nil || o.State() != c.want {
						t.Error(err, o.State())
					}
					return nil
				})
				if err != nil {
					return err
				}
				if len(b.v.sent) != 1 || b.t.Stats().Unknown != 1 {
					t.Errorf("sent %d commands, %d unknown", len(b.v.sent), b.t.Stats().Unknown)
				}
				b.stop(t)
				return nil
			})
		})
	}
}

// A query that fails, or proves nothing, is no absence.
func TestFailedQueryProvesNothing(t *testing.T) {
	on(t, trade.Config{Answer: time.Second}, nil, func(b *bench) error {
		b.v.mute = func(*market.Command) bool { return true }
		n := 0
		b.v.report = func(market.OrderID) (market.Report, error) {
			if n++; n < 3 {
				return market.Report{}, errLine
			}
			if n == 3 {
				return market.Report{}, nil
			}
			return market.Report{Kind: market.Found, Status: market.StatusNew}, nil
		}
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			o, err := s.Place(buy(1))
			if err != nil {
				return err
			}
			if err := o.Settle(co); err != nil || n != 4 || o.State() != order.New {
				t.Error(err, n, o.State())
			}
			return nil
		})
		b.v.report, b.v.mute = nil, nil
		b.stop(t)
		return err
	})
}

func TestFillOvertakesAnswer(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		b.v.delay = 10 * time.Millisecond
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			o, err := s.Place(buy(2))
			if err != nil {
				return err
			}
			c := b.v.sent[0]
			b.v.open[o.ID()] = &c
			f := b.v.fill(o.ID(), 1)
			if o.Outcome(co).Kind() != market.IsAccepted || s.Now() != t0+1e6 {
				t.Error("a fill proves acceptance", o.State())
			}
			b.v.orders.Update(&market.Update{Instrument: b.v.in, Order: o.ID(), Fill: &f}) // told again, by another stream
			if s.Position() != 1 || o.Filled() != 1 {
				t.Error("a fill counts once", s.Position(), o.Filled())
			}
			return nil
		})
		if b.t.Stats().Early != 1 || b.t.Stats().Fills != 1 {
			t.Errorf("%+v", b.t.Stats())
		}
		b.stop(t)
		return err
	})
}

// An order that does not rest, or is cancelled, and of whose end nothing is heard: the kernel asks.
func TestMissingEnd(t *testing.T) {
	on(t, trade.Config{Answer: time.Second}, nil, func(b *bench) error {
		b.v.report = func(id market.OrderID) (market.Report, error) {
			delete(b.v.open, id)
			return market.Report{Kind: market.Found, Status: market.StatusExpired}, nil
		}
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			r := buy(1)
			r.TIF = market.IOC
			o, err := s.Place(r)
			if err != nil {
				return err
			}
			if err := o.Wait(co); err != nil || o.State() != order.Expired || s.Now() > t0+2e9 {
				t.Error(err, o.State(), s.Now()-t0)
			}
			return nil
		})
		if b.v.queries != 1 || b.t.Stats().Unknown != 0 {
			t.Error(b.v.queries, b.t.Stats())
		}
		b.stop(t)
		return err
	})
}

// What cannot leave is refused later, never inside Place.
// An answer that comes too late to be waited for, and then nothing of the end that must follow it: the venue is asked all the
// same.
func TestMissingEndAfterLateAnswer(t *testing.T) {
	on(t, trade.Config{Answer: time.Second}, nil, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			o, err := s.Place(buy(1))
			if err != nil {
				return err
			}
			o.Outcome(co)
			asked := 0
			b.v.drop = func(*market.Command) bool { return true }
			b.v.report = func(market.OrderID) (market.Report, error) {
				if asked++; asked == 1 { // an answer that is older than the cancel's
					b.v.loop.CallLater(time.Second, func() { b.v.orders.Reply(o.ID(), market.OpCancel, market.Accepted()) })
					return market.Report{}, errLine
				}
				if s.Now() < t0+2e9 {
					return market.Report{}, errLine
				}
				return market.Report{Kind: market.Found, Status: market.StatusCanceled}, nil
			}
			s.Cancel(o)
			return aio.Timeout(co, time.Minute, func(co *aio.Co, _ *aio.Scope) error { return o.Wait(co) })
		})
		if err != nil {
			return err
		}
		b.stop(t)
		return nil
	})
}

func TestSendFails(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		b.v.fail = errLine
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			o, err := s.Place(buy(10))
			if err != nil || o.State() != order.Intended {
				t.Error(err, o.State())
			}
			out := o.Outcome(co)
			if _, text := o.Refusal(); out.Kind() != market.IsRefused || text != errLine.Error() || !o.Done() {
				t.Error(out, text)
			}
			b.v.fail = nil
			_, err = s.Place(buy(10)) // the room was given back
			return err
		})
		b.stop(t)
		return err
	})
}

func TestGate(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			o, err := s.Place(buy(1))
			if err != nil {
				return err
			}
			o.Outcome(co)
			b.t.Gate.Close()
			if _, err := s.Place(sell(1)); !errors.Is(err, trade.ErrStopped) {
				t.Error(err)
			}
			s.Cancel(o)
			return o.Wait(co)
		})
		if len(b.v.sent) != 2 {
			t.Error("a cancel must pass the gate, an order must not", b.v.sent)
		}
		b.stop(t)
		return err
	})
}

// Two quotes placed without an await share one flush; a cancel waits for none; the gate is looked at again afterwards.
func TestDurableJournal(t *testing.T) {
	j := &slow{}
	on(t, trade.Config{}, j, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			if err := co.Yield(); err != nil {
				return err
			}
			x, _ := s.Place(buy(1))
			y, _ := s.Place(sell(1))
			if len(b.v.sent) != 0 {
				t.Error("sent before the intent was durable")
			}
			at := s.Now()
			if x.Outcome(co).Kind() != market.IsAccepted || y.Outcome(co).Kind() != market.IsAccepted || j.syncs != 1 {
				t.Error(x.State(), y.State(), j.syncs)
			}
			if got := s.Now() - at; got != 1_150_000 {
				t.Errorf("answered after %d ns", got)
			}
			z, _ := s.Place(buy(1))
			s.Cancel(x)
			if n := len(b.v.sent); n != 3 {
				t.Error("a cancel waits for no flush", n)
			}
			b.t.Gate.Close()
			if z.Outcome(co).Kind() != market.IsRefused || len(b.v.sent) != 3 {
				t.Error("sent through a closed gate", z.State())
			}
			return nil
		})
		b.stop(t)
		return err
	})
}

func TestJournalFails(t *testing.T) {
	j := &slow{fail: errors.New("disk full")}
	on(t, trade.Config{}, j, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			x, err := s.Place(buy(1))
			if err != nil {
				return err
			}
			if x.Outcome(co).Kind() != market.IsRefused || len(b.v.sent) != 0 {
				t.Error(x.State(), b.v.sent)
			}
			if _, err := s.Place(buy(1)); !errors.Is(err, trade.ErrStopped) {
				t.Error(err)
			}
			return nil
		})
		b.stop(t)
		return err
	})
}

func TestForeignOrder(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		b.v.orders.Update(&market.Update{Instrument: b.v.in, ClientID: "web_1", Venue: 7, Status: market.StatusNew})
		var e *risk.Error
		if _, err := b.s.Place(buy(1)); !errors.As(err, &e) || e.Reason != risk.OnlyReduce {
			t.Error("no-increase expected", err)
		}
		res := b.stop(t)
		if len(res.Notes) != 1 || !strings.Contains(res.Notes[0], `"web_1"`) || b.j.count(market.RecordLatch) != 1 {
			t.Error(res.Notes)
		}
		return nil
	})
}

// What stopped an earlier run holds until a person clears it.
func TestLatch(t *testing.T) {
	on(t, trade.Config{Latch: "somebody else trades this account"}, nil, func(b *bench) error {
		var e *risk.Error
		if _, err := b.s.Place(buy(1)); !errors.As(err, &e) || e.Reason != risk.OnlyReduce {
			t.Error("no-increase expected", err)
		}
		b.stop(t)
		return nil
	})
}

// Ended orders leave the table; their handles stay readable.
func TestRetire(t *testing.T) {
	on(t, trade.Config{Orders: 80}, nil, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			var first *trade.Order
			for range 300 {
				o, err := s.Place(buy(1))
				if err != nil {
					return err
				}
				if first == nil {
					first = o
				}
				o.Outcome(co)
				s.Cancel(o)
				if err := o.Wait(co); err != nil {
					return err
				}
			}
			if first.ID() != 1 || first.State() != order.Canceled || !first.Done() {
				t.Error(first.ID(), first.State())
			}
			return nil
		})
		if n := b.t.Orders().Len(); n != 64 {
			t.Errorf("%d orders kept", n)
		}
		b.stop(t)
		return err
	})
}

func TestSlotKeepsOneOrder(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			w := s.Watch(trade.OnOrder)
			slot := s.Slot(market.Buy, 2)
			for px := market.Ticks(99_990); px > 99_960; {
				slot.Keep(px, 2)
				if len(s.Live()) > 1 {
					t.Fatal("two orders in one slot")
				}
				if o := slot.Order(); o != nil && o.Px() == px && o.State() == order.New {
					slot.Keep(px-2, 2)
					if o.Left() != 2 || len(b.v.sent)%2 == 0 {
						t.Error("within its slack it stays")
					}
					px -= 10
					continue
				}
				if _, err := w.Next(co); err != nil {
					return err
				}
			}
			return nil
		})
		if len(b.v.sent) != 5 { // place, cancel, place, cancel, place
			t.Error(b.v.sent)
		}
		b.stop(t)
		return err
	})
}

// A post-only order that the venue expires at once does not start a storm.
func TestSlotPauses(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		b.v.refuse = func(*market.Command) (market.Outcome, bool) { return market.Refused(-5022, "would take"), true }
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			w := s.Watch(trade.OnOrder).Every(time.Millisecond)
			slot := s.Slot(market.Buy, 2)
			for s.Now() < t0+1e9 {
				slot.Keep(100_000, 1)
				if _, err := w.Next(co); err != nil {
					return err
				}
			}
			return nil
		})
		if n := len(b.v.sent); n < 9 || n > 11 {
			t.Errorf("%d orders in a second", n)
		}
		b.stop(t)
		return err
	})
}

// A time-out around the whole run ends the kernel's own tasks, also while they wait for the next query.
func TestATimeoutAroundARunEndsIt(t *testing.T) {
	on(t, trade.Config{Answer: 10 * time.Millisecond, Reconcile: time.Second}, nil, func(b *bench) error {
		b.v.mute = func(*market.Command) bool { return true }
		b.v.report = func(market.OrderID) (market.Report, error) { return market.Report{}, errLine }
		err := aio.Timeout(b.co, 3*time.Second+time.Millisecond, func(co *aio.Co, _ *aio.Scope) error {
			b.co = co
			return b.run(func(co *aio.Co, s *trade.Session) error {
				if _, err := s.Place(buy(1)); err != nil {
					return err
				}
				return co.Sleep(time.Hour)
			})
		})
		if !errors.Is(err, aio.ErrTimeout) {
			t.Error(err)
		}
		return nil
	})
}
