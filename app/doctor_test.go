package app_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/app"
	"baton/binance"
	"baton/decimal"
	"baton/exchange/server"
	"baton/netio"
	"baton/secret"
)

const doctorStart = aio.Nanos(1_780_000_000_000_000_000)

// keysOf is a key file's text, read.
func keysOf(t *testing.T, text string) *app.Credentials {
	t.Helper()
	c, err := app.ParseKeys(secret.New(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inMemory runs body beside an exchange with a synthetic market, on the virtual clock and a network in memory.
func inMemory(t *testing.T, public string, delay time.Duration, body func(co *aio.Co, n netio.Network, at binance.Environment, s *server.Server) error) {
	t.Helper()
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(doctorStart)}, func(co *aio.Co) (struct{}, error) {
		var none struct{}
		s, err := server.New(co.Loop(), server.Config{
			Instruments: app.Instruments(), Openings: []server.Opening{{Symbol: "BTCUSDT", Price: decimal.MustParse("60000")}}, Seed: 7,
			Keys: []server.Key{{APIKey: "canary-id", Secret: "canary-secret", Account: "me", Deposit: decimal.MustParse("10000")},
				{APIKey: "canary-ed", Public: public, Account: "other", Deposit: decimal.MustParse("10000")}}[:map[bool]int{true: 2, false: 1}[public != ""]],
		})
		if err != nil {
			return none, err
		}
		n := netio.Memory(co.Loop(), netio.MemoryConfig{Delay: delay})
		l, err := n.Listen(co, "127.0.0.1:0", s)
		if err != nil {
			return none, err
		}
		defer l.Close()
		at, err := binance.EnvironmentOf(binance.Local, l.Addr())
		if err != nil {
			return none, err
		}
		return none, body(co, n, at, s)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// verdicts are the states of a diagnosis, by the check's name.
func verdicts(r *app.Diagnosis) map[string]string {
	m := map[string]string{}
	for _, c := range r.Checks {
		m[c.Name] = c.Status
	}
	return m
}

func wantVerdicts(t *testing.T, r *app.Diagnosis, want map[string]string) {
	t.Helper()
	got := verdicts(r)
	for name, status := range want {
		if got[name] != status {
			t.Errorf("%s is %q, not %q: %+v", name, got[name], status, r.Checks)
		}
	}
	for _, c := range r.Checks {
		if c.Status == app.CheckFail && c.Do == "" {
			t.Errorf("%s fails, and nobody is told what to do", c.Name)
		}
	}
	if b, err := json.Marshal(r); err != nil || strings.Contains(string(b), "canary") {
		t.Errorf("a secret shows: %s %v", b, err)
	}
}

func TestDoctorOfAHealthyExchange(t *testing.T) {
	inMemory(t, "", 20*time.Millisecond, func(co *aio.Co, n netio.Network, at binance.Environment, _ *server.Server) error {
		r, err := app.Doctor{At: at, Keys: keysOf(t, "key: canary-id\nrealm: local\nsecret: canary-secret\n")}.On(co, n)
		if err != nil {
			return err
		}
		wantVerdicts(t, r, map[string]string{"rest": "ok", "clock": "ok", "public stream": "ok", "market stream": "ok", "ws-api": "ok", "keys": "ok",
			"position mode": "ok", "private stream": "ok", "filters": "ok", "limits": "ok"})
		if !r.OK {
			t.Errorf("%+v", r.Checks)
		}
		if r.Checks[1].Found != "the exchange's is -0.0 ms against ours, known to 20.0 ms" && r.Checks[1].Found != "the exchange's is +0.0 ms against ours, known to 20.0 ms" {
			t.Error(r.Checks[1].Found)
		}
		return nil
	})
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	inMemory(t, "", 0, func(co *aio.Co, n netio.Network, at binance.Environment, s *server.Server) error {
		look := func(d app.Doctor, ok bool, want map[string]string) {
			t.Helper()
			r, err := d.On(co, n)
			if err != nil {
				t.Fatal(err)
			}
			if wantVerdicts(t, r, want); r.OK != ok {
				t.Errorf("ok is %v: %+v", r.OK, r.Checks)
			}
		}
		look(app.Doctor{At: at}, true, map[string]string{"rest": "ok", "keys": "unknown", "permissions": "unknown", "filters": "ok"})
		look(app.Doctor{At: at, Keys: keysOf(t, "key: canary-id\nsecret: canary-wrong\n")}, false, map[string]string{"keys": "fail", "position mode": "unknown"})
		look(app.Doctor{At: at, Keys: keysOf(t, "key: canary-none\nsecret: canary-wrong\n")}, false, map[string]string{"keys": "fail"})
		look(app.Doctor{At: at, Keys: keysOf(t, "key: canary-id\nrealm: production\nsecret: canary-secret\n")}, false, map[string]string{"keys": "fail", "filters": "ok"})
		look(app.Doctor{At: at, Symbol: "NONEUSDT", Patience: time.Second}, false, map[string]string{"filters": "fail", "public stream": "fail", "market stream": "fail"})
		look(app.Doctor{At: at, Spot: "http://127.0.0.1:1", Keys: keysOf(t, "key: canary-id\nsecret: canary-secret\n")}, true, map[string]string{"permissions": "unknown"})
		look(app.Doctor{At: at, Offline: true}, true, map[string]string{"rest": "unknown", "addresses": "ok"})
		apart := at
		apart.Streams = "wss://fstream.binance.com"
		look(app.Doctor{At: apart, Offline: true}, false, map[string]string{"addresses": "fail"})
		gone := at
		gone.REST = "http://127.0.0.1:1"
		look(app.Doctor{At: gone, Wait: time.Second}, false, map[string]string{"rest": "fail", "filters": "unknown", "keys": "unknown"})
		return nil
	})
}

// TestDoctorOverSockets: the same over real ones, with TLS, a certificate of one's own and a disk.
func TestDoctorOverSockets(t *testing.T) {
	cfg := app.DefaultExchange()
	cfg.TLS, cfg.State = true, t.TempDir()
	withExchange(t, cfg, func(v *venue) {
		at := binance.Environment{REST: v.info.REST, Streams: v.info.Streams, API: v.info.API}
		keys := keysOf(t, "key: "+v.info.Key+"\nsecret: "+v.info.Secret)
		r, err := app.RunDoctor(t.Context(), app.Doctor{At: at, CA: v.info.CA, Keys: keys, Dir: filepath.Join(t.TempDir(), "not", "there", "yet")})
		if err != nil {
			t.Fatal(err)
		}
		wantVerdicts(t, r, map[string]string{"dns": "ok", "tls": "ok", "rest": "ok", "public stream": "ok", "market stream": "ok", "ws-api": "ok", "keys": "ok", "private stream": "ok", "filters": "ok"})
		if r, err = app.RunDoctor(t.Context(), app.Doctor{At: at, Keys: keys, Dir: "."}); err != nil {
			t.Fatal(err)
		}
		wantVerdicts(t, r, map[string]string{"tls": "fail", "rest": "fail"}) // nobody has signed for that certificate
	})
}

func pemKey(t *testing.T) (private, public string) {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}))
}

func TestDoctorWithAnEd25519Key(t *testing.T) {
	private, public := pemKey(t)
	inMemory(t, public, 0, func(co *aio.Co, n netio.Network, at binance.Environment, _ *server.Server) error {
		r, err := app.Doctor{At: at, Keys: keysOf(t, "key: canary-ed\n"+private)}.On(co, n)
		if err != nil {
			return err
		}
		wantVerdicts(t, r, map[string]string{"keys": "ok", "private stream": "ok"})
		return nil
	})
}

func TestDiskThatCannotBeWritten(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	at, err := binance.EnvironmentOf(binance.Local, "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	r, err := app.RunDoctor(t.Context(), app.Doctor{At: at, Offline: true, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	wantVerdicts(t, r, map[string]string{"disk": "fail"})
}
