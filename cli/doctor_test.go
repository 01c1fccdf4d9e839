package cli_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baton/app"
	"baton/cli"
)

func TestBadDoctorCommands(t *testing.T) {
	open := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(open, []byte("key: canary\nsecret: canary\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]struct {
		code int
		says string
	}{
		"doctor now":                           {2, "unknown command"},
		"doctor --local nowhere":               {2, "--local"},
		"doctor --testnet --local 127.0.0.1:1": {2, "two exchanges"},
		"doctor --rest http://127.0.0.1:1":     {2, "belong together"},
		"doctor --rest http://fapi.binance.com --ws wss://fstream.binance.com --ws-api wss://ws-fapi.binance.com/ws-fapi/v1": {2, "without TLS"},
		"doctor --testnet --ws wss://fstream.binance.com":                                                                    {2, "two exchanges"},
		"doctor --probe --offline --testnet":                                                                                 {2, "exclude each other"},
		"doctor --probe":                                                                                                     {1, "never in production"},
		"doctor --probe --testnet":                                                                                           {1, "--key-file"},
		"doctor --wait 0s":                                                                                                   {2, "span of time"},
		"doctor --offline --key-file " + open:                                                                                {1, "chmod 600"},
		"doctor --offline --key-file credential:a/b":                                                                         {1, "credential"},
		"doctor --local 127.0.0.1:1 --ca /nowhere":                                                                           {1, "--ca"},
	} {
		code, out, errs := baton(t, strings.Fields(line)...)
		if code != want.code || out != "" || !strings.Contains(errs, want.says) || strings.Contains(errs, "canary") {
			t.Errorf("%s: exit %d\n%s\n%s", line, code, out, errs)
		}
	}
}

func TestDoctorOffline(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	code, out, errs := baton(t, "doctor", "--offline", "--testnet", "--dir", t.TempDir())
	if code != 0 || !strings.Contains(out, "disk") || !strings.Contains(out, "unknown") {
		t.Errorf("%d\n%s\n%s", code, out, errs)
	}
}

// TestDoctorAndProbeOfARunningExchange: the commands of docs/first-contact.md, at an exchange of one's own.
func TestDoctorAndProbeOfARunningExchange(t *testing.T) {
	dir := t.TempDir()
	withCLIExchange(t, func(info *app.ExchangeInfo) {
		at := strings.TrimPrefix(info.REST, "http://")
		key := filepath.Join(dir, "key")
		if err := os.WriteFile(key, []byte("key: "+info.Key+"\nrealm: local\nsecret: "+info.Secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs := baton(t, "doctor", "--local", at, "--key-file", key, "--dir", dir, "--json")
		var r app.Diagnosis
		if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || !r.OK || r.Schema != "baton.doctor/1" || len(r.Checks) < 12 {
			t.Errorf("%d %v\n%s\n%s", code, err, out, errs)
		}
		code, out, errs = baton(t, "data", "get", "klines", "BTCUSDT", "--rest", info.REST, "--from", "2020-01-01", "--dir", dir)
		if code != 0 || !strings.Contains(out, "1 not published") {
			t.Errorf("%d\n%s\n%s", code, out, errs)
		}
		key = filepath.Join(dir, "wrong")
		if err := os.WriteFile(key, []byte("key: "+info.Key+"\nrealm: production\nsecret: "+info.Secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs = baton(t, "doctor", "--local", at, "--key-file", key, "--dir", dir)
		if code != 1 || !strings.Contains(out, "fail     keys") || !strings.Contains(out, "->") || strings.Contains(out+errs, info.Secret) {
			t.Errorf("%d\n%s\n%s", code, out, errs)
		}
	})
}

// withCLIExchange runs `baton exchange` while ask talks to it.
func withCLIExchange(t *testing.T, ask func(*app.ExchangeInfo)) {
	t.Helper()
	ready := &firstLine{lines: make(chan []byte, 1)}
	ended := make(chan int, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		ended <- cli.Run(ctx, []string{"exchange", "--listen", "127.0.0.1:0", "--json"}, ready, os.Stderr)
	}()
	select {
	case line := <-ready.lines:
		var info app.ExchangeInfo
		if err := json.Unmarshal(line, &info); err != nil {
			t.Fatal(err)
		}
		ask(&info)
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("the exchange ended with %d", code)
		}
	case code := <-ended:
		t.Fatal("the exchange ended with ", code)
	}
}

// firstLine hands out what is written first.
type firstLine struct{ lines chan []byte }

func (f *firstLine) Write(b []byte) (int, error) {
	select {
	case f.lines <- append([]byte(nil), b...):
	default:
	}
	return len(b), nil
}
