package flow_test

import (
	"math/rand/v2"
	"testing"

	"baton/exchange"
	"baton/exchange/flow"
	"baton/market"
)

// run plays a planned market and says how far its last trade fell below the opening price and ended, and how many liquidation
// orders it saw.
func run(t *testing.T, plan flow.Plan, seconds market.Nanos) (low, end market.Ticks, forced int, x *exchange.Exchange, s *flow.Synthetic) {
	t.Helper()
	ev := &exchange.Events{}
	x = exchange.New(exchange.Config{Start: start, KeepOrders: 100, KeepFills: 100}, ev)
	in := contract("BTCUSDT")
	in.LiquidationFee = dec("0.0125")
	in.Brackets[0].Leverage, in.Brackets[0].Maintenance = 100, dec("0.004")
	if _, err := x.List(in, exchange.Matched); err != nil {
		t.Fatal(err)
	}
	s, err := flow.NewPlanned(x, rand.NewPCG(5, 1), start, plan, flow.Opening{Price: dec("61800")})
	if err != nil {
		t.Fatal(err)
	}
	low = 1 << 40
	for s.Next() < start+seconds*1e9 {
		ev.Reset()
		if x.Next() < s.Next() {
			x.Timer(x.Next())
		} else {
			s.Step()
		}
		for k := range ev.List {
			switch e := &ev.List[k]; e.Kind {
			case exchange.EventTrade:
				end = ev.Trade(e).Px
				low = min(low, end)
			case exchange.EventForce:
				forced++
			}
		}
	}
	if err := x.Check(); err != nil {
		t.Fatal(err)
	}
	return low, end, forced, x, s
}

// In a cascade leveraged longs are liquidated one after the other, those with the highest leverage first, and the price stays down.
func TestCascade(t *testing.T) {
	low, end, forced, x, s := run(t, flow.Plan{Cascade: 5e9}, 120)
	t.Logf("lowest %d, last %d, %d liquidations of %d", low, end, forced, len(s.Victims()))
	if len(s.Victims()) < 20 || forced < 15 {
		t.Errorf("%d liquidations of %d victims", forced, len(s.Victims()))
	}
	if end > 617_000 {
		t.Errorf("the price came back to %d", end)
	}
	if wallet, fund := x.Insurance(); fund == 0 || wallet.Sign() <= 0 {
		t.Error("insurance fund", wallet, fund)
	}
}

// A flash crash falls by percents within seconds and comes back: the fair price did not move, and nobody is ruined.
func TestFlashCrash(t *testing.T) {
	low, end, forced, _, _ := run(t, flow.Plan{Crash: 10e9}, 60)
	t.Logf("lowest %d, last %d, %d liquidations", low, end, forced)
	if low > 606_000 || end < 616_000 {
		t.Errorf("lowest %d, last %d", low, end)
	}
	if forced > 0 {
		t.Errorf("%d liquidations", forced)
	}
}

// Plans that cannot be are refused.
func TestPlansRefused(t *testing.T) {
	x := exchange.New(exchange.Config{Start: start}, &exchange.Events{})
	if _, err := x.List(contract("BTCUSDT"), exchange.Matched); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []flow.Plan{{Momentum: -1}, {Momentum: flow.MaxMomentum + 1}, {Cascade: -1}, {Crash: -1}} {
		if _, err := flow.NewPlanned(x, rand.NewPCG(1, 1), start, bad, flow.Opening{Price: dec("61800")}); err == nil {
			t.Errorf("%+v", bad)
		}
	}
}

func BenchmarkPlanned(b *testing.B) {
	ev := &exchange.Events{}
	x := exchange.New(exchange.Config{Start: start, KeepOrders: 100, KeepFills: 100}, ev)
	if _, err := x.List(contract("BTCUSDT"), exchange.Matched); err != nil {
		b.Fatal(err)
	}
	s, err := flow.NewPlanned(x, rand.NewPCG(1, 1), start, flow.Plan{Bursts: true, Momentum: 6}, flow.Opening{Price: dec("61800")})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Step()
		ev.Reset()
	}
}
