package flow_test

import (
	"testing"

	"baton/exchange/flow"
)

func TestParsePlan(t *testing.T) {
	for text, want := range map[string]flow.Plan{
		"": {}, "bursts": {Bursts: true}, "momentum=6, bursts": {Bursts: true, Momentum: 6}, "cascade=30s,crash=2m0s": {Cascade: 30e9, Crash: 120e9},
	} {
		p, err := flow.ParsePlan(text)
		if err != nil || p != want {
			t.Errorf("%q: %+v %v", text, p, err)
		}
		if again, err := flow.ParsePlan(p.String()); err != nil || again != p {
			t.Errorf("%q: %+v %v", p.String(), again, err)
		}
	}
	for _, bad := range []string{",", "burst", "bursts=1", "momentum", "momentum=-1", "momentum=1000", "cascade=0s", "crash=-1s", "crash=x", "crash"} {
		if p, err := flow.ParsePlan(bad); err == nil || p != (flow.Plan{}) {
			t.Errorf("%q: %+v", bad, p)
		}
	}
}

func FuzzParsePlan(f *testing.F) {
	f.Add("bursts,momentum=6,cascade=30s,crash=2m")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := flow.ParsePlan(text)
		if err != nil {
			return
		}
		if again, err := flow.ParsePlan(p.String()); err != nil || again != p {
			t.Fatalf("%q: %+v, then %+v %v", text, p, again, err)
		}
	})
}
