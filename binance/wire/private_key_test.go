package wire_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// pemOf writes a key pair as PEM.
func pemOf(t *testing.T, private, public any) (priv, pub []byte) {
	t.Helper()
	p8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p8}), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})
}

// TestPrivateKeys: what either kind of private key signs, over REST and ws-api, its public key verifies, and nothing else.
func TestPrivateKeys(t *testing.T) {
	edPub, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	at := wire.Stamp{Time: 1_700_000_000_000_000_000, Window: 2e9}
	o := &wire.Place{Symbol: "BTCUSDT", Side: market.Buy, Type: market.Limit, TIF: market.GTC, Qty: decimal.MustParse("0.010"),
		Price: decimal.MustParse("61800.2"), ClientID: []byte("baton/t:1"), ReduceOnly: true}
	for name, k := range map[string][2]any{"Ed25519": {ed, edPub}, "RSA": {rs, &rs.PublicKey}} {
		t.Run(name, func(t *testing.T) {
			priv, pub := pemOf(t, k[0], k[1])
			s, isRSA, err := wire.NewKeySigner("id", priv)
			if err != nil || isRSA != (name == "RSA") || s.Key() != "id" {
				t.Fatal(err, isRSA)
			}
			if shown := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(shown, "PRIVATE") || len(shown) > 20 {
				t.Error("it prints", shown)
			}
			v, err := wire.NewPublicKey("id", pub)
			if err != nil {
				t.Fatal(err)
			}
			query := s.AppendSignedPlace(nil, o, at)
			if fault := v.VerifyQuery(query, nil); fault != nil {
				t.Errorf("%s: %v", query, fault)
			}
			if fault := v.VerifyQuery([]byte(strings.Replace(string(query), "0.01", "0.02", 1)), nil); fault == nil {
				t.Error("a changed quantity was verified")
			}
			var r wire.Request
			if err := wire.DecodeRequest(s.AppendPlace(nil, 7, o, at), &r); err != nil {
				t.Fatal(err)
			}
			if fault := v.VerifyParams(r.Params); fault != nil {
				t.Errorf("ws-api: %v", fault)
			}
			if err := wire.DecodeRequest(s.AppendCancel(nil, 8, &wire.Ref{Symbol: "BTCUSDT", ClientID: o.ClientID}, at), &r); err != nil {
				t.Fatal(err)
			}
			if fault := v.VerifyParams(r.Params); fault != nil {
				t.Errorf("ws-api cancel: %v", fault)
			}
		})
	}
	for _, bad := range []string{"", "secret", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"} {
		if _, _, err := wire.NewKeySigner("id", []byte(bad)); err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "c2Vj") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
