package binance_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"baton/binance/wire"
	"baton/secret"
)

// TestLogOn: with an Ed25519 key every connection for orders logs on, once; a refusal is told, and orders are signed all the same.
func TestLogOn(t *testing.T) {
	on(t, false, func(r *rig) {
		r.edKey()
		refused := false
		r.order = func(id []byte, q *wire.Request) []byte {
			if string(q.Method) == "session.logon" && refused {
				return wire.AppendFailure(nil, id, 401, wire.Fault(wire.CodeBadKeyFormat), nil)
			}
			return accept(id, q)
		}
		r.dial()
		r.pass(time.Second)
		r.must(r.place(1))
		r.pass(time.Second)
		if got := strings.Join(r.orders, ", "); got != "session.logon , order.place baton-t-1" || r.c.Stats().LogOns != 1 || len(r.notes) != 0 {
			t.Error(got, r.c.Stats().LogOns, r.notes)
		}
		r.want("place 1 accepted 0")
		refused = true
		r.cut("api")
		r.pass(5 * time.Second)
		if r.c.Stats().LogOns != 1 || !strings.Contains(strings.Join(r.notes, "\n"), "refuses to let the key log on: status 401: -2014") {
			t.Error(r.c.Stats().LogOns, r.notes)
		}
		r.must(r.place(2))
		r.pass(time.Second)
		r.want("place 2 accepted 0")
	})
}

// TestNoLogOn: with any other key nobody logs on.
func TestNoLogOn(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = accept
		r.must(r.place(1))
		r.pass(time.Second)
		if got := strings.Join(r.orders, ", "); got != "order.place baton-t-1" {
			t.Error(got)
		}
	})
}

// edKey gives the client an Ed25519 key, and the exchange its public half.
func (r *rig) edKey() {
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	p8, err := x509.MarshalPKCS8PrivateKey(private)
	r.must(err)
	spki, err := x509.MarshalPKIXPublicKey(private.Public())
	r.must(err)
	r.cfg.Secret = secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p8})))
	r.signer, err = wire.NewPublicKey(key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}))
	r.must(err)
}
