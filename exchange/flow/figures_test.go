package flow_test

import (
	"math/rand/v2"
	"os"
	"testing"

	"baton/catalog"
	"baton/exchange"
	"baton/exchange/flow"
	"baton/market"
)

// metered runs a planned market for some seconds and measures it.
func metered(t testing.TB, seed uint64, plan flow.Plan, seconds market.Nanos) (flow.Figures, *exchange.Exchange, *flow.Synthetic) {
	t.Helper()
	ev := &exchange.Events{}
	x := exchange.New(exchange.Config{Start: start, KeepOrders: 100, KeepFills: 100}, ev)
	in := contract("BTCUSDT")
	in.LiquidationFee = dec("0.0125")
	in.Brackets[0].Leverage, in.Brackets[0].Maintenance = 100, dec("0.004")
	if _, err := x.List(in, exchange.Matched); err != nil {
		t.Fatal(err)
	}
	s, err := flow.NewPlanned(x, rand.NewPCG(seed, 1), start, plan, flow.Opening{Price: dec("61800")})
	if err != nil {
		t.Fatal(err)
	}
	ev.Reset()
	m := flow.Meter{Gather: true}
	for s.Next() < start+seconds*1e9 {
		if x.Next() < s.Next() {
			x.Timer(x.Next())
		} else {
			s.Step()
		}
		for k := range ev.List {
			switch e := &ev.List[k]; e.Kind {
			case exchange.EventQuote:
				m.Quote(e.Time, ev.Quote(e))
			case exchange.EventTrade:
				m.Trade(e.Time)
			case exchange.EventDiff:
				m.Diff(e.Time, ev.Diff(e))
			}
		}
		ev.Reset()
	}
	if err := x.Check(); err != nil {
		t.Fatal(err)
	}
	return m.Figures(), x, s
}

// recordings that the synthetic market is compared with.
var recordings = []struct{ name, path string }{
	{"recorded 2024-08-08", "../../../shared/data/tick/usdm_BTCUSDT_20240808.gz"},
}

func recorded(t *testing.T, path string) flow.Figures {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Skip("no recordings here: ", err)
	}
	r, err := catalog.Open(path, catalog.Options{Instruments: []*market.Instrument{contract("BTCUSDT")}})
	if err != nil {
		t.Fatal(err)
	}
	var m flow.Meter
	for ev, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		switch ev.Kind {
		case market.EventQuote:
			m.Quote(ev.Received, &ev.Quote)
		case market.EventTrade:
			m.Trade(ev.Received)
		case market.EventDiff:
			m.Diff(ev.Received, &ev.Diff)
		}
	}
	return m.Figures()
}

// The report: the synthetic markets beside the recorded one, each figure computed here.
func TestFiguresReport(t *testing.T) {
	names, all := []string{}, []flow.Figures{}
	for _, r := range recordings {
		names, all = append(names, r.name), append(all, recorded(t, r.path))
	}
	steady, _, _ := metered(t, 1, flow.Plan{}, 120)
	lively, _, _ := metered(t, 1, flow.Plan{Bursts: true, Momentum: 6}, 120)
	t.Log("\n" + flow.Report(append(names, "steady", "bursts and momentum"), append(all, steady, lively)))
	within := func(what string, got, want, factor float64) {
		t.Helper()
		if got < want/factor || got > want*factor {
			t.Errorf("%s: %.1f, recorded %.1f: more than %.0f times apart", what, got, want, factor)
		}
	}
	want := all[0]
	within("rate", lively.Rate, want.Rate, 2)
	within("busiest second", float64(lively.Second.Max), float64(want.Second.Max), 4)
	within("100 ms p99", float64(lively.Tenth.P99), float64(want.Tenth.P99), 3)
	within("100 ms max", float64(lively.Tenth.Max), float64(want.Tenth.Max), 4)
	within("rows a diff, p99", float64(lively.Levels.P99), float64(want.Levels.P99), 5)
	if lively.Ticks.P50 != want.Ticks.P50 {
		t.Errorf("spread: %d ticks, recorded %d", lively.Ticks.P50, want.Ticks.P50)
	}
}
