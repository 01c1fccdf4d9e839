package flow_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"baton/exchange"
	"baton/exchange/flow"
)

// Scenes can be staged in a market that had no plan, within their bounds, and only so often.
func TestStage(t *testing.T) {
	ev := &exchange.Events{}
	x := exchange.New(exchange.Config{Start: start}, ev)
	if _, err := x.List(contract("BTCUSDT"), exchange.Matched); err != nil {
		t.Fatal(err)
	}
	s, err := flow.NewSynthetic(x, rand.NewPCG(1, 1), start, flow.Opening{Price: dec("61800")})
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"no strength":   s.Stage(start, 0, flow.Crash, start, 0),
		"too strong":    s.Stage(start, 0, flow.Crash, start, flow.MaxStrength+1),
		"in the past":   s.Stage(start, 0, flow.Crash, start-1, 1),
		"no market":     s.Stage(start, 1, flow.Crash, start, 1),
		"no such scene": s.Stage(start, 0, flow.Scene(9), start, 1),
	} {
		if !errors.Is(err, flow.ErrStage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	n := 0
	for ; n < 1000; n++ {
		if err := s.Stage(start, 0, flow.Cascade, start, 1); err != nil {
			break
		}
	}
	if n < 10 || n == 1000 {
		t.Errorf("%d scenes were staged", n)
	}
	if err := x.Check(); err != nil {
		t.Error(err)
	}
}
