package binance_test

import (
	"testing"

	"baton/binance"
)

func TestEnvironments(t *testing.T) {
	for _, r := range []binance.Realm{binance.Production, binance.Testnet, binance.Local} {
		e, err := binance.EnvironmentOf(r, "127.0.0.1:8080")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := e.Realm(); err != nil || got != r {
			t.Errorf("%s is %s, %v", r, got, err)
		}
		for _, key := range []binance.Realm{binance.NoRealm, binance.Production, binance.Testnet, binance.Local} {
			want := key == r || r == binance.Local && key != binance.Production
			if err := e.Check(key); (err == nil) != want {
				t.Errorf("a key of %q at %s: %v", key, r, err)
			}
		}
	}
	prod, _ := binance.EnvironmentOf(binance.Production, "")
	test, _ := binance.EnvironmentOf(binance.Testnet, "")
	for what, e := range map[string]binance.Environment{
		"two exchanges": {REST: prod.REST, Streams: prod.Streams, API: test.API},
		"no TLS":        {REST: "http://fapi.binance.com", Streams: prod.Streams, API: prod.API},
		"no address":    {REST: "fapi.binance.com", Streams: prod.Streams, API: prod.API},
		"look-alike":    {REST: "https://fapi.binance.com.example.org", Streams: prod.Streams, API: prod.API},
	} {
		if err := e.Check(binance.Production); err == nil {
			t.Errorf("%s passed", what)
		}
	}
	if _, err := binance.EnvironmentOf("prod", ""); err == nil {
		t.Error("an unknown environment")
	}
	if _, err := binance.EnvironmentOf(binance.Local, "nowhere"); err == nil {
		t.Error("a local one without a port")
	}
}
