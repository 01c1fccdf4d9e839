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

// audited runs a strategy that does something to the venue's account and then waits, with a comparison every second.
func audited(t *testing.T, prefix string, wait time.Duration, do func(b *bench, co *aio.Co, s *trade.Session) error, check func(b *bench)) {
	t.Helper()
	on(t, trade.Config{Reconcile: time.Second, Prefix: prefix}, nil, func(b *bench) error {
		b.v.whole = true
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			if err := do(b, co, s); err != nil {
				return err
			}
			return co.Sleep(wait)
		})
		check(b)
		return err
	})
}

func notes(b *bench) string { return strings.Join(b.t.Notes(), "\n") }

// Nothing is found while all agrees, with an order that rests and one that is filled.
func TestAuditFindsNothingWhereAllAgrees(t *testing.T) {
	audited(t, "", 20*time.Second, func(b *bench, co *aio.Co, s *trade.Session) error {
		for range 2 {
			o, err := s.Place(buy(2))
			if err != nil {
				return err
			}
			o.Outcome(co)
		}
		b.v.fill(1, 2)
		return nil
	}, func(b *bench) {
		if st := b.t.Stats(); st.Audits < 19 || st.Findings != 0 || b.t.Mode() != risk.Normal {
			t.Errorf("%d audits, %d findings, %s %q", st.Audits, st.Findings, b.t.Mode(), b.t.Notes())
		}
	})
}

// A wallet that differs goes to suspense, a position is taken over: with an alarm, in the journal, once.
func TestAuditTakesOverWhatLasts(t *testing.T) {
	audited(t, "", 20*time.Second, func(b *bench, _ *aio.Co, _ *trade.Session) error {
		b.v.acc.Balances[0].Wallet = d("10001")
		b.v.acc.Positions = []market.Position{{Instrument: b.v.in, Qty: -2, Entry: d("10000")}}
		return nil
	}, func(b *bench) {
		if b.t.Ledger().Suspended("USDT") != d("1") || b.s.Position() != -2 || b.t.Mode() != risk.NoIncrease {
			t.Errorf("suspense %s, position %d, %s", b.t.Ledger().Suspended("USDT"), b.s.Position(), b.t.Mode())
		}
		if b.j.count(market.RecordAdjust) != 1 || b.j.count(market.RecordAdopt) != 1 || len(b.v.sent) > 0 {
			t.Errorf("%d adjusted, %d adopted, sent %v", b.j.count(market.RecordAdjust), b.j.count(market.RecordAdopt), b.v.sent)
		}
	})
}

// A fill whose message was lost is found by asking about the order, and booked as the venue says it; nothing goes to suspense.
func TestAuditFindsALostFill(t *testing.T) {
	audited(t, "", 10*time.Second, func(b *bench, co *aio.Co, s *trade.Session) error {
		o, err := s.Place(buy(4))
		if err != nil {
			return err
		}
		o.Outcome(co)
		to := b.v.orders
		b.v.orders = nil
		b.v.fill(o.ID(), 3)
		b.v.orders = to
		return nil
	}, func(b *bench) {
		o := b.t.Orders().Order(1)
		if o.State != order.PartiallyFilled || b.s.Position() != 3 || !b.t.Ledger().Suspended("USDT").IsZero() || b.t.Mode() != risk.Normal {
			t.Errorf("%s, position %d, suspense %s, %q", o.State, b.s.Position(), b.t.Ledger().Suspended("USDT"), b.t.Notes())
		}
		if b.t.Ledger().Wallet("USDT") != b.v.acc.Balances[0].Wallet {
			t.Errorf("wallet %s, venue %s", b.t.Ledger().Wallet("USDT"), b.v.acc.Balances[0].Wallet)
		}
	})
}

// While the fate of an order is open nothing is taken over: what it may have filled would count twice.
func TestAuditWaitsForOpenOrders(t *testing.T) {
	audited(t, "", 30*time.Second, func(b *bench, co *aio.Co, s *trade.Session) error {
		b.v.drop = func(*market.Command) bool { return true }
		b.v.whole = false
		b.v.report = func(market.OrderID) (market.Report, error) { return market.Report{}, errLine }
		if _, err := s.Place(buy(2)); err != nil {
			return err
		}
		b.v.acc.Positions = []market.Position{{Instrument: b.v.in, Qty: 2, Entry: d("10000")}}
		return nil
	}, func(b *bench) {
		if b.s.Position() != 0 || b.j.count(market.RecordAdopt) != 0 {
			t.Errorf("position %d, %d adopted", b.s.Position(), b.j.count(market.RecordAdopt))
		}
	})
}

// An order of nobody here is an alarm; one that only another instance of this program can have sent closes the gate.
func TestAuditTellsStrangersFromTwins(t *testing.T) {
	for _, c := range []struct {
		name   string
		order  market.OpenOrder
		halted bool
	}{
		{"by hand", market.OpenOrder{Venue: 9, ClientID: "web_1"}, false},
		{"of another run", market.OpenOrder{Venue: 9, ClientID: "baton-x-1"}, true},
		{"of our name and a number we never gave", market.OpenOrder{Order: 7, Venue: 9, ClientID: "baton-me-7"}, true},
	} {
		audited(t, "baton-", 10*time.Second, func(b *bench, _ *aio.Co, _ *trade.Session) error {
			c.order.Instrument, c.order.Side, c.order.Qty = b.v.in, market.Buy, 1
			b.v.acc.Orders = []market.OpenOrder{c.order}
			return nil
		}, func(b *bench) {
			if b.t.Gate.Closed() != c.halted || b.t.Mode() != risk.NoIncrease || strings.Contains(notes(b), "another instance") != c.halted {
				t.Errorf("%s: gate closed %v, %s, %q", c.name, b.t.Gate.Closed(), b.t.Mode(), b.t.Notes())
			}
			if len(b.v.sent) > 0 {
				t.Errorf("%s: it sent %v", c.name, b.v.sent)
			}
		})
	}
	on(t, trade.Config{Prefix: "baton-"}, nil, func(b *bench) error { // told by the stream
		b.v.orders.Update(&market.Update{Instrument: b.v.in, ClientID: "baton-x-1", Venue: 9, Status: market.StatusNew})
		if _, err := b.s.Place(buy(1)); !errors.Is(err, trade.ErrStopped) {
			t.Errorf("after an order of another instance: %v", err)
		}
		return nil
	})
}

// After a gap the comparison comes early.
func TestAuditAfterAGap(t *testing.T) {
	on(t, trade.Config{Reconcile: time.Minute}, nil, func(b *bench) error {
		return b.run(func(co *aio.Co, s *trade.Session) error {
			b.v.whole = true
			b.v.stale()
			b.v.exact()
			if err := co.Sleep(16 * time.Second); err != nil {
				return err
			}
			if n := b.t.Stats().Audits; n != 1 {
				t.Errorf("%d comparisons 16 s after a gap, want 1", n)
			}
			return nil
		})
	})
}

// An account that cannot be asked is no empty account: nothing is taken over, and it is said once.
func TestAuditOfAVenueThatDoesNotAnswer(t *testing.T) {
	audited(t, "", 20*time.Second, func(b *bench, _ *aio.Co, _ *trade.Session) error {
		b.v.account0 = func(*aio.Co) error { return errLine }
		return nil
	}, func(b *bench) {
		if b.t.Stats().Audits != 0 || b.t.Mode() != risk.Normal || len(b.t.Notes()) != 1 {
			t.Errorf("%d audits, %s, %q", b.t.Stats().Audits, b.t.Mode(), b.t.Notes())
		}
	})
}

// poor is a journal on a full disk.
type poor struct {
	slow
	low error
}

func (j *poor) Low() error { return j.low }

// With the journal on its reserve, what closes is still sent and what opens is not; with the journal broken, nothing is.
func TestAJournalOnItsReserve(t *testing.T) {
	j := &poor{}
	on(t, trade.Config{}, j, func(b *bench) error {
		return b.run(func(co *aio.Co, s *trade.Session) error {
			first, err := s.Place(buy(2))
			if err != nil {
				return err
			}
			first.Outcome(co)
			b.v.fill(first.ID(), 2)
			j.low = errors.New("full")
			second, err := s.Place(buy(1))
			if err != nil {
				return err
			}
			if second.Outcome(co); second.State() != order.Refused || b.t.Mode() != risk.NoIncrease {
				t.Errorf("on the reserve an opening order is %s, %s", second.State(), b.t.Mode())
			}
			shut := sell(1)
			shut.ReduceOnly = true
			third, err := s.Place(shut)
			if err != nil {
				return err
			}
			if third.Outcome(co); third.State() != order.New {
				t.Errorf("on the reserve a closing order is %s", third.State())
			}
			j.fail = errors.New("broken")
			if fourth, err := s.Place(shut); err != nil {
				t.Error(err)
			} else if fourth.Outcome(co); fourth.State() != order.Refused {
				t.Errorf("with a broken journal: %s", fourth.State())
			}
			if _, err := s.Place(shut); !errors.Is(err, trade.ErrStopped) {
				t.Errorf("after the journal broke: %v", err)
			}
			return nil
		})
	})
}
