package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baton/app"
	"baton/binance"
	"baton/binance/wire"
	"baton/secret"
)

func TestKeysAreToldApart(t *testing.T) {
	private, _ := pemKey(t)
	for text, kind := range map[string]string{
		"key: canary1\nsecret: canary2\n":                                      app.KindHMAC,
		"# of the testnet\n\n key : canary1\r\nrealm: testnet\nsecret:canary2": app.KindHMAC,
		"key: canary1\n" + private:                                             app.KindEd25519,
	} {
		if c := keysOf(t, text); c.Kind != kind || c.ID.Reveal() != "canary1" {
			t.Errorf("%s is taken for %s", kind, c.Kind)
		}
	}
	if c := keysOf(t, "key: a\nrealm: testnet\nsecret: b"); c.Realm != binance.Testnet {
		t.Error(c.Realm)
	}
	for text, says := range map[string]string{
		"":                                "no line `key: ID`",
		"key: canary1":                    "no line `secret: SECRET`",
		"secret: canary2":                 "no line `key: ID`",
		"key: canary1\nkey: canary3":      "line 2 names the key again",
		"canary1\ncanary2":                "line 1 is none of",
		"key: canary 1\nsecret: canary2":  "letters and digits",
		"key: canary1\npassword: canary2": "line 2 is none of",
		"key: canary1\nrealm: canary\nsecret: canary2": "realm is none of",
		"key: canary1\nsecret: canary2\n" + private:    "both a secret and a private key",
		"key: canary1\n-----BEGIN canary-----":         "PKCS#8",
	} {
		c, err := app.ParseKeys(secret.New(text))
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", text, err)
		}
		_ = c
	}
}

// TestKeysAreNeverShown: no error, verb, encoding or log line shows a byte of a key.
func TestKeysAreNeverShown(t *testing.T) {
	c := keysOf(t, "key: canary-id\nrealm: testnet\nsecret: canary-secret\n")
	d := app.Doctor{Keys: c}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, x := range []any{c, *c, d, &d, []any{c}, fmt.Errorf("with %v and %+v", *c, d)} {
			fmt.Fprintf(&out, verb, x)
		}
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("keys", "keys", c, "value", *c)
	slog.New(slog.NewTextHandler(&out, nil)).Info("keys", "keys", c, "doctor", *c)
	if s := out.String(); strings.Contains(s, "canary") || strings.Contains(s, fmt.Sprintf("%x", "canary")) || !strings.Contains(s, "***") {
		t.Errorf("a key shows:\n%s", s)
	}
}

func TestLoadKeys(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "key")
	write := func(mode os.FileMode) {
		if err := os.WriteFile(name, []byte("key: canary-id\nsecret: canary-secret\n"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	write(0o644)
	if _, err := app.LoadKeys(name); err == nil || !strings.Contains(err.Error(), "chmod 600") || strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
	write(0o600)
	if c, err := app.LoadKeys(name); err != nil || c.Kind != app.KindHMAC {
		t.Error(err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if c, err := app.LoadKeys("credential:key"); err != nil || c.ID.Reveal() != "canary-id" {
		t.Error(err)
	}
	if _, err := app.LoadKeys("credential:none"); err == nil {
		t.Error("a credential that is not there")
	}
}

func TestPermissions(t *testing.T) {
	good := wire.Restrictions{Reading: true, Futures: true, IPRestrict: true}
	if accepted, err := app.CheckPermissions(&good, ""); err != nil || len(accepted) > 0 {
		t.Error(accepted, err)
	}
	for says, spoil := range map[string]func(r *wire.Restrictions){
		"it can withdraw":                 func(r *wire.Restrictions) { r.Withdrawals = true },
		"it can transfer to other":        func(r *wire.Restrictions) { r.InternalTransfer = true },
		"it can transfer between wallets": func(r *wire.Restrictions) { r.Universal = true },
		"it works from every address":     func(r *wire.Restrictions) { r.IPRestrict = false },
	} {
		r := good
		spoil(&r)
		for _, typed := range []string{"", "yes", strings.ToUpper(app.AcceptPhrase), app.AcceptPhrase + " "} {
			if _, err := app.CheckPermissions(&r, typed); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), app.AcceptPhrase) {
				t.Errorf("%s, %q: %v", says, typed, err)
			}
		}
		if accepted, err := app.CheckPermissions(&r, app.AcceptPhrase); err != nil || len(accepted) != 1 || !strings.Contains(accepted[0], says) {
			t.Error(accepted, err)
		}
	}
	r := good
	r.Futures = false
	if _, err := app.CheckPermissions(&r, app.AcceptPhrase); err == nil {
		t.Error("a key that cannot trade is accepted")
	}
}
