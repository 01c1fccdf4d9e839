package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baton/aio"
	"baton/app"
	"baton/binance"
	"baton/exchange/server"
	"baton/netio"
)

const rulesTable = "../docs/unverified.tsv"

func TestUnverifiedTable(t *testing.T) {
	rules, err := app.ReadRules(rulesTable)
	if err != nil {
		t.Fatal(err)
	}
	money := 0
	for _, r := range rules {
		if r.Money == app.RuleMoney {
			money++
		}
	}
	if len(rules) < 30 || money < 10 {
		t.Errorf("%d rules, %d of money", len(rules), money)
	}
	head := "id\tmoney\tstate\trule\twhat Baton does until it is settled\tsource\thow it is settled\n"
	for text, says := range map[string]string{
		"":                                  "line 1",
		"id\n":                              "line 1",
		head + "a\tb\n":                     "line 2 has not 7 columns",
		head + "a\t-\topen\tr\t\ts\tp\n":    "line 2 has not 7 columns",
		head + "a\tyes\topen\tr\tw\ts\tp\n": "money is",
		head + "a\t-\tdone\tr\tw\ts\tp\n":   "state is",
		head + "a\t-\topen\tr\tw\ts\tp\na\t-\topen\tr\tw\ts\tp\n": "line 3: the id",
	} {
		if _, err := app.ParseRules(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestProbe(t *testing.T) {
	out := t.TempDir()
	inMemory(t, "", 0, func(co *aio.Co, n netio.Network, at binance.Environment, _ *server.Server) error {
		if err := co.Sleep(2e9); err != nil { // the crowd's first orders
			return err
		}
		r, err := app.Probe{At: at, Keys: keysOf(t, "key: canary-id\nsecret: canary-secret\n"), Table: rulesTable, Out: out}.On(co, n)
		if err != nil {
			return err
		}
		got := map[string]string{}
		for _, x := range r.Rules {
			got[x.ID] = x.Outcome
			t.Logf("%-24s %-8s %s", x.ID, x.Outcome, x.Found)
			if strings.Contains(x.Found, "this program has no probe") {
				t.Errorf("%s has no probe, and no reason why", x.ID)
			}
		}
		for _, id := range []string{"signing-encoding", "logon-ed25519-only", "gtx-refused-unrecorded", "fok-refused-unrecorded", "check-order",
			"countdown-algo", "cancelall-algo", "duplicate-client-id", "self-trade-default", "countdown-resolution", "margin-mode-spelling", "open-order-margin",
			"liquidation-price", "interest-rate", "public-depth-speed", "public-trade", "modify-filled", "trade-lite-order", "algo-order-link", "user-trades-paging",
			"position-risk-symbols"} {
			if got[id] != app.ProbeHolds {
				t.Errorf("%s: %s", id, got[id])
			}
		}
		for _, id := range []string{"ed25519-rest", "recvwindow-barrier", "connection-rate", "retry-after", "server-ping", "status-not-trading", "position-risk-control",
			"funding-jitter", "listenkey-expiry", "income-delay", "absent-after-gap", "http-of-codes"} {
			if got[id] != app.ProbeOpen {
				t.Errorf("%s: %s", id, got[id])
			}
		}
		if r.Venue != "local" || r.Settled+r.Open+r.Refuted != len(r.Rules) || !r.OK {
			t.Errorf("%+v", r)
		}
		return nil
	})
	checkTranscripts(t, out)
}

// checkTranscripts reads what a probe has written.
func checkTranscripts(t *testing.T, out string) {
	t.Helper()
	rules, err := app.ReadRules(filepath.Join(out, "unverified.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	settled := 0
	for _, r := range rules {
		if r.State == app.RuleSettled {
			settled++
			if !strings.Contains(r.Probe, "proves nothing of Binance") {
				t.Errorf("%s is settled by a local exchange: %s", r.ID, r.Probe)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(out, "*.jsonl"))
	if err != nil || len(files) < settled || settled < 10 {
		t.Fatal(len(files), settled, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, no := range []string{"canary", "signature", "timestamp"} {
			if strings.Contains(string(b), no) {
				t.Errorf("%s holds %s: %s", f, no, b)
			}
		}
		for line := range strings.Lines(string(b)) {
			var x app.Transcript
			if err := json.Unmarshal([]byte(line), &x); err != nil || x.Method == "" || x.At == 0 {
				t.Errorf("%s: %v: %s", f, err, line)
			}
		}
	}
}

func TestProbeIsRefused(t *testing.T) {
	inMemory(t, "", 0, func(co *aio.Co, n netio.Network, at binance.Environment, _ *server.Server) error {
		keys := keysOf(t, "key: canary-id\nsecret: canary-secret\n")
		production, err := binance.EnvironmentOf(binance.Production, "")
		if err != nil {
			return err
		}
		for says, p := range map[string]app.Probe{
			"never in production": {At: production, Keys: keysOf(t, "key: k\nrealm: production\nsecret: s"), Table: rulesTable, Out: t.TempDir()},
			"--key-file":          {At: at, Table: rulesTable, Out: t.TempDir()},
			"table of rules":      {At: at, Keys: keys, Table: "/nowhere", Out: t.TempDir()},
			"does not trade":      {At: at, Keys: keys, Symbol: "NONEUSDT", Table: rulesTable, Out: t.TempDir()},
			"the key is for":      {At: at, Keys: keysOf(t, "key: k\nrealm: production\nsecret: s"), Table: rulesTable, Out: t.TempDir()},
		} {
			if _, err := p.On(co, n); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v", says, err)
			}
		}
		return nil
	})
}
