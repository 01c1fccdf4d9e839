package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baton/app"
	"baton/decimal"
	"baton/strategy"
)

// settingsFile writes a file and reads it as settings.
func settingsFile(t testing.TB, text string, environ ...string) (*app.Settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "baton.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return app.LoadSettings(path, environ, strategy.All())
}

// value is one setting.
func value(s *app.Settings, key string) app.Value {
	for _, v := range s.All() {
		if v.Key == key {
			return v
		}
	}
	return app.Value{}
}

// A later layer wins over an earlier one, and each value says where it came from.
func TestSettingsLayers(t *testing.T) {
	s, err := settingsFile(t, "live:\n  max_loss_usdt: 50\n  symbols: [BTCUSDT, ETHUSDT]\nstrategy:\n  maker:\n    depth: 3\n    lean_ticks: 4\n",
		"BATON__LIVE__MAX_LOSS_USDT=40.5", "BATON__STRATEGY__MAKER__DEPTH=9", "BATON_CONFIG=x", "HOME=/")
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string][3]string{
		"live.max_loss_usdt":         {"40.5", app.OriginEnv, "BATON__LIVE__MAX_LOSS_USDT"},
		"live.symbols":               {"BTCUSDT,ETHUSDT", app.OriginFile, s.Path + ":3"},
		"live.max_orders_10s":        {"100", app.OriginDefault, ""},
		"live.max_notional_usdt":     {"", app.OriginDefault, ""},
		"strategy.maker.depth":       {"9", app.OriginEnv, "BATON__STRATEGY__MAKER__DEPTH"},
		"strategy.maker.lean_ticks":  {"4", app.OriginFile, s.Path + ":7"},
		"strategy.maker.slack_ticks": {"1", app.OriginDefault, ""},
	} {
		if v := value(s, key); [3]string{v.Text, v.Origin, v.Where} != want {
			t.Errorf("%s: %+v, want %q", key, v, want)
		}
	}
	st, err := s.Apply(strategy.Maker())
	if got := st.ParamText(); err != nil || !strings.Contains(got, "depth=9 lean_ticks=4 slack_ticks=1") {
		t.Errorf("%s: %v", got, err)
	}
}

// What cannot be is refused with its line, the nearest name or the bounds; all of it at once; and no secret is repeated.
func TestSettingsRefused(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{"live:\n  max_los_usdt: 1", `:2: there is no setting "live.max_los_usdt": did you mean "live.max_loss_usdt"?`},
		{"lvie:\n  max_loss_usdt: 1", `:1: there is no setting "lvie": did you mean "live"?`},
		{"live:\n  max_loss: 1", `did you mean "live.max_loss_usdt"?`},
		{"strategy:\n  maker:\n    detph: 1", `did you mean "strategy.maker.depth"?`},
		{"strategy:\n  taker:\n    depth: 1", `there is no setting "strategy.taker": did you mean "strategy.maker`},
		{"strategy:\n  maker:\n    depth: 0", ":3: strategy maker: depth is 0: it must be between 1 and 1000"},
		{"strategy:\n  maker:\n    depth: 2.5", "must be a whole number"},
		{"strategy:\n  maker:\n    depth: [1, 2]", "must be a number"},
		{"live:\n  max_notional_usdt: 50000000.00000001", "no file, variable or flag lifts it"},
		{"live:\n  max_loss_usdt: 1e3", "plain number"}, {"live:\n  max_loss_usdt: .nan", "plain number"}, {"live:\n  max_orders_10s: 0x10", "plain number"},
		{"live:\n  max_loss_usdt: -1", "not below zero"}, {"live:\n  max_loss_usdt:", "must be one value"}, {"live:\n  max_loss_usdt: ''", "has no value"},
		{"live:\n  max_loss_usdt: {a: 1}", "must be one value"}, {"live:\n  dead_man_s: 2m", "whole number of seconds"}, {"live:\n  dead_man_s: 0", "whole number of seconds"},
		{"demo:\n  speed: 1001", "between 1 and 1000"}, {"demo:\n  speed: 2\n  speed: 3", ":3: demo.speed is there twice"},
		{"- a", "must hold settings"}, {"live: 5", "live must hold settings"}, {"a: &x 1\nlive:\n  max_loss_usdt: *x", "must be one value"},
		{"live:\n  <<: {max_loss_usdt: 1}", "plain text"}, {"{", "yaml"}, {strings.Repeat("#", 1<<17), "is it another file?"},
	} {
		if _, err := settingsFile(t, c.text); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.60q: %v\nwant it to say %q", c.text, err, c.says)
		}
	}
	const canary = "c4n4ryC4N4RY"
	_, err := settingsFile(t, "live:\n  api_secret: "+canary+"\n  key: "+canary+"\n  max_los: "+canary+"\n", "BATON__LIVE__SECRET="+canary, "BATON__LIVE__MAXLOSS="+canary)
	if err == nil || strings.Contains(err.Error(), canary) || strings.Count(err.Error(), "\n") != 4 || strings.Count(err.Error(), "a secret does not belong here") != 3 {
		t.Errorf("five mistakes, three of them secrets: %v", err)
	}
	if _, err := app.LoadSettings(filepath.Join(t.TempDir(), "none.yaml"), nil, nil); err == nil {
		t.Error("a file that was named and is not there")
	}
}

// A file that nobody has named need not be there; an empty one says nothing.
func TestSettingsWithoutAFile(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	if s, err := app.LoadSettings("", nil, strategy.All()); err != nil || s.Path != "" {
		t.Error(s, err)
	}
	for _, text := range []string{"", "# nothing\n", "---\n"} {
		if _, err := settingsFile(t, text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A live run is held to the ceilings however it was told its limits.
func TestLiveCeilings(t *testing.T) {
	l := app.Live{MaxLoss: decimal.MustParse("1000000.01"), MaxNotional: decimal.MustParse("50000000.01")}
	if err := l.Validate(); err == nil || strings.Count(err.Error(), "above the ceiling") != 2 {
		t.Error(err)
	}
}

// Whatever the file holds: no panic, and what is taken is within every bound.
func FuzzSettings(f *testing.F) {
	f.Add("live:\n  max_loss_usdt: 50\nstrategy:\n  maker:\n    depth: 3\n")
	f.Add("live: {max_notional_usdt: 5e9}\n")
	f.Add("a: &a [*a]\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := settingsFile(t, text)
		if err != nil {
			return
		}
		for _, st := range strategy.All() {
			if _, err := s.Apply(st); err != nil {
				t.Error(err)
			}
		}
		for _, verb := range []string{"demo", "backtest", "paper", "live"} {
			if err := s.Of(verb, func(*app.Setting, *app.Value, string) error { return nil }); err != nil {
				t.Error(err)
			}
		}
	})
}
