package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baton/app"
)

// file writes a settings file.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "baton.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A flag beats a variable, that beats the file, and that the default; the parameters that came of it are in the result.
func TestSettings(t *testing.T) {
	t.Setenv("BATON__DEMO__SEED", "8")
	t.Setenv("BATON__STRATEGY__MAKER__LEAN_TICKS", "3")
	path := file(t, "demo:\n  net: memory\n  speed: 1000\n  for_s: 3\n  seed: 9\nstrategy:\n  maker:\n    depth: 2\n    lean_ticks: 1\n    quote_usdt: 150\n")
	code, out, errs := baton(t, "demo", "--config", path, "--headless", "--json", "--set", "maker.quote_usdt=120")
	var r struct {
		Params  map[string]string
		Seed    int
		Net     string
		Seconds string
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 {
		t.Fatalf("exit %d, %v: %s", code, err, errs)
	}
	if r.Seed != 8 || r.Net != "memory" || !strings.HasPrefix(r.Seconds, "3.") {
		t.Errorf("%+v", r)
	}
	for name, want := range map[string]string{"quote_usdt": "120", "depth": "2", "lean_ticks": "3", "slack_ticks": "1"} {
		if r.Params[name] != want {
			t.Errorf("%s is %s, want %s", name, r.Params[name], want)
		}
	}
	if code, out, _ := baton(t, "demo", "--config", path, "--headless", "--seed", "5"); code != 0 || !strings.Contains(out, "quote_usdt = 150") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// What is wrong with the layers ends with exit code 2 before anything begins, and says where.
func TestSettingsRefused(t *testing.T) {
	bad := file(t, "demo:\n  sped: 2\n")
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"demo", "--config", bad}, `:2: there is no setting "demo.sped": did you mean "demo.speed"?`},
		{[]string{"config", "check", bad}, "did you mean"}, {[]string{"config", "check"}, "takes one file"},
		{[]string{"config", "check", file(t, "paper:\n  symbols: [BTCUSDT]\n  deposit_usdt: 0\n")}, "deposit_usdt"},
		{[]string{"demo", "--set", "depth=3"}, "STRATEGY.NAME=VALUE"}, {[]string{"demo", "--set", "trend.fast_bars=3"}, "this run is of the strategy maker"},
		{[]string{"demo", "--set", "maker.depth=0"}, "between 1 and 1000"}, {[]string{"backtest", "maker", "--data", "x", "--set", "maker.dept=1"}, `did you mean "depth"?`},
		{[]string{"demo", "--config", filepath.Join(t.TempDir(), "none")}, "cannot be read"},
	} {
		if code, _, errs := baton(t, c.args...); code != 2 || !strings.Contains(errs, c.says) {
			t.Errorf("%v: exit %d: %s\nwant it to say %q", c.args, code, errs, c.says)
		}
	}
}

// `config show` has each setting with its origin, as a table and as JSON, and `config check` counts.
func TestConfigShow(t *testing.T) {
	t.Setenv("BATON_CONFIG", file(t, "live:\n  max_loss_usdt: 50\n"))
	t.Setenv("BATON__DEMO__SPEED", "7")
	code, out, errs := baton(t, "config", "show", "--origin")
	if code != 0 {
		t.Fatal(errs)
	}
	for _, want := range []string{"baton.yaml:2", "environment BATON__DEMO__SPEED", "strategy.trend.fast_bars", "at most 1000000"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s\nlacks %q", out, want)
		}
	}
	_, out, _ = baton(t, "config", "show", "--json")
	var shown struct {
		Schema   string
		Settings []struct{ Key, Value, Origin, Where string }
	}
	if err := json.Unmarshal([]byte(out), &shown); err != nil || shown.Schema != "baton.config/1" || len(shown.Settings) < 20 {
		t.Errorf("%v: %s", err, out)
	}
	if code, out, errs := baton(t, "config", "check", os.Getenv("BATON_CONFIG")); code != 0 || !strings.Contains(out, ": 1 settings") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

// Every setting of the table is a flag of its verb, and takes what it should.
func TestEverySetting(t *testing.T) {
	path := file(t, `page: {addr: "127.0.0.1:0"}
demo: {strategy: maker, speed: 2, seed: 1, for_s: 3, net: memory}
backtest: {seed: 1}
paper: {symbols: BTCUSDT, deposit_usdt: 99.5, seed: 2, for_s: 4}
live: {symbols: [BTCUSDT], max_loss_usdt: 1, max_notional_usdt: 2, max_position_usdt: 2, max_order_usdt: 1, max_open_orders: 4, collar_bps: 5, max_orders_10s: 3, dead_man_s: 60, for_s: 5}
`)
	code, out, errs := baton(t, "config", "check", path)
	if n := len(app.SettingsTable()); code != 0 || !strings.Contains(out, fmt.Sprintf(": %d settings", n)) {
		t.Errorf("exit %d, want all %d settings: %s%s", code, n, out, errs)
	}
	for _, s := range app.SettingsTable() {
		for _, verb := range s.Verbs {
			_, help, _ := baton(t, verb, "--help")
			if !strings.Contains(help, "--"+s.Flag+" ") {
				t.Errorf("%s: %s has no flag --%s", s.Key, verb, s.Flag)
			}
		}
	}
}
