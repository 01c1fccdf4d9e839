package trade_test

import (
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/market"
	"baton/order"
	"baton/risk"
	"baton/trade"
)

// An order that waits for the proof of its absence differs from the account all the time. That is known, reserved and asked about: it
// closes the desk only where it lasts, however often the account is compared.
func TestWaitingForAProofIsNoAlarm(t *testing.T) {
	for name, c := range map[string]struct {
		proof time.Duration
		mode  risk.Mode
	}{
		"the proof of a gap":   {14 * time.Second, risk.Normal},
		"it lasts for minutes": {3 * time.Minute, risk.NoIncrease},
	} {
		t.Run(name, func(t *testing.T) {
			on(t, trade.Config{Answer: 100 * time.Millisecond, Reconcile: 400 * time.Millisecond}, nil, func(b *bench) error {
				lost := func(*market.Command) bool { return true }
				b.v.mute, b.v.drop = lost, lost
				b.v.report = func(market.OrderID) (market.Report, error) {
					if b.co.Now() < t0+market.Nanos(c.proof) {
						return market.Report{}, nil
					}
					return market.Report{Kind: market.ProvenAbsent}, nil
				}
				return b.run(func(co *aio.Co, s *trade.Session) error {
					o, err := s.Place(buy(3))
					if err != nil {
						return err
					}
					if err := o.Wait(co); err != nil {
						return err
					}
					alarms := 0
					for _, n := range b.t.Notes() {
						if strings.Contains(n, "no-increase") {
							alarms++
						}
					}
					want := 0
					if c.mode == risk.NoIncrease {
						want = 1
					}
					if o.State() != order.ProvenAbsent || b.t.Mode() != c.mode || alarms != want || b.t.Stats().Audits < 20 {
						t.Errorf("%s, mode %s, %d comparisons, notes %q", o.State(), b.t.Mode(), b.t.Stats().Audits, b.t.Notes())
					}
					return nil
				})
			})
		})
	}
}
