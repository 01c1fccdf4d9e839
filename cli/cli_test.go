package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"baton/app"
	"baton/cli"
	"baton/strategy"
)

// baton runs a command line and returns its exit code, output and errors.
func baton(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = cli.Run(t.Context(), args, &o, &e, strategy.All()...)
	return code, o.String(), e.String()
}

// Every bad command line gets one clear sentence, an exit code, and nothing on standard output.
func TestBadCommandLines(t *testing.T) {
	dir := t.TempDir()
	none := filepath.Join(dir, "none.gz")
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("dear diary\nnothing was recorded today\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		says []string
	}{
		{"fly", 2, []string{`unknown command "fly"`, "--help"}},
		{"demo now", 2, []string{`unknown command "now"`}},
		{"demo --colour red", 2, []string{"unknown flag: --colour", "baton demo --help"}},
		{"demo --strategy luck", 2, []string{`no strategy "luck"`, "maker, trend"}},
		{"demo --speed -1", 2, []string{"--speed -1", "between 1 and 1000"}},
		{"demo --speed 0.5", 2, []string{"--speed 0.5", "between 1 and 1000"}},
		{"demo --speed 1001", 2, []string{"--speed 1001"}},
		{"demo --speed NaN", 2, []string{"--speed NaN"}},
		{"demo --for 12parsec", 2, []string{`"12parsec" is not a duration`, "30s"}},
		{"demo --for -3s", 2, []string{"-3s", "more than zero"}},
		{"demo --net pigeon", 2, []string{`--net "pigeon"`, "sockets or memory"}},
		{"demo --listen here", 2, []string{`--listen "here"`, "HOST:PORT"}},
		{"demo --fault gremlin:3", 2, []string{`"gremlin:3": no such fault`, "drop-frame:STREAM:N", "lose-fill"}},
		{"demo --fault drop-frame:depth:x", 2, []string{`"x" is not a whole number`}},
		{"demo --fault lose-fill:0", 2, []string{"lose-fill:0", "whole number from 1"}},
		{"demo --seed -7", 2, []string{"--seed"}},
		{"demo --data " + none, 1, []string{none, "no such file"}},
		{"demo --data " + text, 1, []string{text}},
		{"demo --symbols " + none, 1, []string{"--symbols", none}},
		{"demo --symbols " + text, 1, []string{"--symbols", text}},
		{"demo --headless --for 1s --events " + filepath.Join(dir, "no", "such", "folder"), 1, []string{"--events", "no such file"}},
		{"demo --page 0.0.0.0:7373", 1, []string{"only loopback", "--headless"}},
		{"demo --page here", 1, []string{`"here"`, "HOST:PORT"}},
		{"demo --headless --page 127.0.0.1:0", 2, []string{"give one of them"}},
		{"status --page 127.0.0.1:1", 1, []string{"nothing runs", "baton demo"}},
		{"status --link --json", 2, []string{"--link prints one line"}},
		{"backtest", 2, []string{"takes one strategy"}},
		{"live", 2, []string{"live takes one strategy", "baton live maker --testnet"}},
		{"paper maker trend", 2, []string{"paper takes one strategy"}},
		{"backtest maker", 2, []string{"--data is missing"}},
		{"backtest luck --data x", 2, []string{`no strategy "luck"`}},
		{"backtest maker --data " + none, 1, []string{none, "no such file"}},
		{"new", 2, []string{"takes one name"}},
		{"new Über", 2, []string{"cannot name a module"}},
		{"new a/b", 2, []string{"cannot name a module"}},
		{"new x --baton " + dir, 2, []string{"no Baton there"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			code, out, errs := baton(t, strings.Fields(c.args)...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if out != "" {
				t.Errorf("standard output has %q", out)
			}
			if !strings.HasPrefix(errs, "baton: ") || strings.Contains(errs, "panic") {
				t.Errorf("the error is %q", errs)
			}
			for _, s := range c.says {
				if !strings.Contains(errs, s) {
					t.Errorf("the error does not say %q: %s", s, errs)
				}
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"demo", "--help"}, {"status", "--help"}, {"backtest", "--help"}, {"new", "--help"}} {
		if code, out, errs := baton(t, args...); code != 0 || !strings.Contains(out, "Usage:") || errs != "" {
			t.Errorf("baton %v: exit code %d, output %q, errors %q", args, code, out, errs)
		}
	}
}

// The demo prints one JSON object on standard output and nothing else; without --json, a summary for people.
func TestDemoOutput(t *testing.T) {
	code, out, errs := baton(t, "demo", "--net", "memory", "--for", "10s", "--speed", "1000", "--seed", "7", "--json")
	if code != 0 || strings.Count(out, "\n") != 1 {
		t.Fatalf("exit code %d, output %q, errors %q", code, out, errs)
	}
	var r app.Report
	dec := json.NewDecoder(strings.NewReader(out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if r.Schema != "baton.demo/1" || !r.Reconciled || r.Digest == nil || r.Fills == 0 {
		t.Errorf("the result is %s", out)
	}
	for _, key := range []string{`"wallet":"`, `"equity":"`, `"fees":"`, `"best_bid":"`, `"positions":[`} {
		if !strings.Contains(out, key) {
			t.Errorf("no %s in %s", key, out)
		}
	}
	code, out, _ = baton(t, "demo", "--net", "memory", "--for", "10s", "--speed", "1000", "--seed", "7")
	if code != 0 || !strings.Contains(out, "reconciled  yes") || !strings.Contains(out, *r.Digest) {
		t.Errorf("exit code %d, summary %s", code, out)
	}
}

// A run that does not reconcile says so, lists the differences, and exits with 1.
func TestNotReconciled(t *testing.T) {
	args := []string{"demo", "--net", "memory", "--for", "10s", "--speed", "1000", "--seed", "7", "--fault", "lose-fill"}
	code, out, errs := baton(t, args...)
	if code != 1 || !strings.Contains(out, "reconciled  NO") || !strings.Contains(out, "position BTCUSDT") || !strings.Contains(errs, "not reconciled") {
		t.Errorf("exit code %d, output %s, errors %s", code, out, errs)
	}
	if code, out, _ = baton(t, append(args, "--json")...); code != 1 || !strings.Contains(out, `"reconciled":false`) {
		t.Errorf("exit code %d, output %s", code, out)
	}
}

// A new module builds, tests and runs without a network.
func TestNewModule(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module: some seconds")
	}
	home, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	code, out, errs := baton(t, "new", "mean-revert", "--baton", home)
	if code != 0 || !strings.Contains(out, "wrote") {
		t.Fatalf("exit code %d, output %q, errors %q", code, out, errs)
	}
	if code, _, errs := baton(t, "new", "mean-revert", "--baton", home); code != 1 || !strings.Contains(errs, "already there") {
		t.Errorf("a second time: exit code %d, errors %q", code, errs)
	}
	for _, args := range []string{"vet ./...", "test ./...", "run . demo --strategy mean-revert --net memory --for 10s --speed 1000 --seed 3"} {
		cmd := exec.CommandContext(t.Context(), "go", strings.Fields(args)...)
		cmd.Dir, cmd.Env = "mean-revert", append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", args, err, out)
		}
	}
	data := filepath.Join(home, "..", "shared", "data", "tick", "usdm_BTCUSDT_20240808.gz")
	if _, err := os.Stat(data); err != nil {
		t.Skip("no recordings beside this repository: the new module's backtest was not run")
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", ".", "backtest", "mean-revert", "--data", data, "--json")
	cmd.Dir, cmd.Env = "mean-revert", append(os.Environ(), "GOPROXY=off")
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), `"reconciled":true`) {
		t.Errorf("its backtest: %v\n%s", err, out)
	}
}
