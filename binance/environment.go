package binance

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Realm is the kind of an exchange: real money, Binance's test money, or one on this machine or network.
type Realm string

// The realms. NoRealm, of a key, is one that nobody has said; of addresses, that they do not belong together.
const (
	NoRealm    Realm = ""
	Production Realm = "production"
	Testnet    Realm = "testnet"
	Local      Realm = "local"
)

// Environment are the three addresses of an exchange.
type Environment struct {
	REST, Streams, API string
}

// EnvironmentOf gives the addresses of Binance's production and test exchanges (spec: General Info, Base URLs, as of 2026-11), or
// of a local one at addr, "127.0.0.1:8080".
func EnvironmentOf(r Realm, addr string) (Environment, error) {
	switch r {
	case Production:
		return Environment{"https://fapi.binance.com", "wss://fstream.binance.com", "wss://ws-fapi.binance.com/ws-fapi/v1"}, nil
	case Testnet:
		return Environment{"https://demo-fapi.binance.com", "wss://fstream.binancefuture.com", "wss://testnet.binancefuture.com/ws-fapi/v1"}, nil
	case Local:
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return Environment{}, fmt.Errorf("the address of a local exchange: %w: use host:port", err)
		}
		return Environment{"http://" + addr, "ws://" + addr, "ws://" + addr + "/ws-fapi/v1"}, nil
	}
	return Environment{}, fmt.Errorf("there is no environment %q: use production, testnet or local", r)
}

// Realm says what exchange the addresses are of. Those of two realms are an error: orders would go to one, and be heard of from
// another.
func (e Environment) Realm() (Realm, error) {
	var of Realm
	for _, address := range [...]string{e.REST, e.Streams, e.API} {
		r, err := realmOf(address)
		switch {
		case err != nil:
			return NoRealm, err
		case of != NoRealm && r != of:
			return NoRealm, fmt.Errorf("the addresses are of two exchanges: %s is %s, and another one %s", hostOf(address), r, of)
		}
		of = r
	}
	return of, nil
}

// Check refuses a key at an exchange that it is not for: a live key anywhere but in production, and a test key there. A key of which
// nobody has said what it is for goes to a local exchange only.
func (e Environment) Check(key Realm) error {
	at, err := e.Realm()
	if err != nil {
		return err
	}
	if at == Local && key != Production || at == key {
		return nil
	}
	if key == NoRealm {
		return fmt.Errorf("the key does not say what exchange it is for, and the addresses are of %s: say realm: %s beside the key if it is", at, at)
	}
	return fmt.Errorf("the key is for %s, and the addresses are of %s: nothing is sent", key, at)
}

func realmOf(address string) (Realm, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return NoRealm, fmt.Errorf("%.60q is no address: use https://host or wss://host", address)
	}
	host := strings.ToLower(u.Hostname())
	of := Local
	switch {
	case strings.HasPrefix(host, "demo-") && strings.HasSuffix(host, ".binance.com"), host == "binancefuture.com", strings.HasSuffix(host, ".binancefuture.com"):
		of = Testnet
	case host == "binance.com", strings.HasSuffix(host, ".binance.com"):
		of = Production
	}
	if of != Local && u.Scheme != "https" && u.Scheme != "wss" {
		return NoRealm, fmt.Errorf("%s is reached without TLS by %s://: use https:// or wss://", host, u.Scheme)
	}
	return of, nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "?"
	}
	return u.Hostname()
}
