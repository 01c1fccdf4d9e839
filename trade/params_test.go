package trade_test

import (
	"strings"
	"testing"

	"baton/aio"
	"baton/market"
	"baton/trade"
)

func tuned() trade.Strategy {
	return trade.Strategy{Name: "x", Params: []trade.Param{
		trade.IntParam("depth", 5, 1, 10, "levels"), trade.DecParam("worth_usdt", "200", "0.5", "1000", "of a quote"),
	}}
}

// What is set by name is what the strategy reads; what is not set stays; the strategy that was asked stays as it was.
func TestParams(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		st, err := tuned().With(map[string]string{"worth_usdt": "12.5"})
		if err != nil {
			t.Fatal(err)
		}
		st.Run = func(_ *aio.Co, s *trade.Session) error {
			if s.Int("depth") != 5 || s.Dec("worth_usdt") != d("12.5") || s.Dec("depth") != d("5") {
				t.Error(s.Int("depth"), s.Dec("worth_usdt"))
			}
			return nil
		}
		if st.ParamText() != "depth=5 worth_usdt=12.5" || st.ParamValues()["worth_usdt"] != "12.5" || new(tuned()).ParamText() != "depth=5 worth_usdt=200" {
			t.Error(st.ParamText(), new(tuned()).ParamText())
		}
		if err := b.t.Run(b.co, st, b.t.Sessions()...); err != nil {
			t.Error(err)
		}
		if got := b.j.texts(market.RecordNote); len(got) != 1 || got[0] != "x runs with depth=5 worth_usdt=12.5" {
			t.Errorf("in the journal: %q", got)
		}
		_, err = b.t.Stop(b.co)
		return err
	})
}

// texts are those of all records of a kind.
func (j *memory) texts(k market.RecordKind) (out []string) {
	for _, r := range j.records {
		if r.Kind == k {
			out = append(out, r.Text)
		}
	}
	return out
}

// What cannot be is refused with the name, the bounds and the nearest name that there is.
func TestParamsRefused(t *testing.T) {
	for _, c := range []struct{ name, value, says string }{
		{"detph", "3", `did you mean "depth"?`}, {"leverage_of_all", "3", "there are depth, worth_usdt"}, {"depth", "11", "between 1 and 10"},
		{"depth", "0", "between 1 and 10 (levels)"}, {"depth", "2.5", "whole number"}, {"depth", "two", "must be a number"},
		{"worth_usdt", "NaN", "must be a number"}, {"worth_usdt", "0.49", "between 0.5 and 1000"}, {"worth_usdt", "", "must be a number"},
	} {
		if _, err := tuned().With(map[string]string{c.name: c.value}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s=%s: %v, want it to say %q", c.name, c.value, err, c.says)
		}
	}
	if _, err := tuned().With(map[string]string{"depth": "0", "worth": "1"}); err == nil || strings.Count(err.Error(), "strategy x:") != 2 {
		t.Errorf("two mistakes: %v", err)
	}
	if _, err := (trade.Strategy{Name: "none"}).With(map[string]string{"depth": "1"}); err == nil || !strings.Contains(err.Error(), "there is none") {
		t.Error(err)
	}
}

// A strategy that declares nonsense does not begin, and one that asks for what it has not declared ends as by any panic.
func TestParamsDeclaredWrongly(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		st := trade.Strategy{Name: "x", Run: func(*aio.Co, *trade.Session) error { return nil }, Params: []trade.Param{
			trade.IntParam("Depth", 1, 1, 2, ""), trade.IntParam("a", 3, 1, 2, ""), trade.IntParam("a", 1, 1, 2, ""),
		}}
		if err := b.t.Run(b.co, st, b.t.Sessions()...); err == nil || strings.Count(err.Error(), "strategy x:") != 3 {
			t.Errorf("declared wrongly: %v", err)
		}
		ask := tuned()
		ask.Run = func(_ *aio.Co, s *trade.Session) error { s.Int("worth_usdt"); return nil }
		if err := b.t.Run(b.co, ask, b.t.Sessions()...); err == nil || !strings.Contains(err.Error(), `"worth_usdt" as a whole number`) {
			t.Errorf("asked wrongly: %v", err)
		}
		_, _ = b.t.Stop(b.co)
		return nil
	})
}
