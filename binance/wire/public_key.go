package wire

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
)

// PublicKey is an API key of the asymmetric kinds at the server: it checks signatures of RSA (PKCS#1 v1.5 over SHA-256) and
// Ed25519 keys (Binance USD-M, General Info, SIGNED endpoints). The signature is base64; on REST it may come percent-encoded.
type PublicKey struct {
	key string
	rsa *rsa.PublicKey
	ed  ed25519.PublicKey
}

// ErrPublicKey: a text that is no PEM public key of a known kind.
var ErrPublicKey = errors.New("the public key is no PEM text of an RSA or Ed25519 key: paste what starts with -----BEGIN PUBLIC KEY-----")

// NewPublicKey reads the PEM text of a public key (PKIX).
func NewPublicKey(key string, text []byte) (*PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, ErrPublicKey
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, ErrPublicKey
	}
	switch k := parsed.(type) {
	case *rsa.PublicKey:
		return &PublicKey{key: key, rsa: k}, nil
	case ed25519.PublicKey:
		return &PublicKey{key: key, ed: k}, nil
	}
	return nil, ErrPublicKey
}

// Key is the API key.
func (p *PublicKey) Key() string { return p.key }

// Ed25519 says whether it is a key that session.logon takes.
func (p *PublicKey) Ed25519() bool { return p.ed != nil }

// VerifyQuery is [Signer.VerifyQuery] for a public key.
func (p *PublicKey) VerifyQuery(query, body []byte) *APIError {
	q, sig := cutSignature(query)
	form, other := cutSignature(body)
	if sig == nil {
		sig = other
	}
	if len(sig) == 0 {
		return Fault(CodeMandatoryParam, "signature")
	}
	if p.matches(slices.Concat(q, form), sig) || p.matches(append(reencode(q), reencode(form)...), sig) {
		return nil
	}
	return Fault(CodeBadSignature)
}

// VerifyParams is [Signer.VerifyParams] for a public key.
func (p *PublicKey) VerifyParams(params Params) *APIError {
	sig := params.Value("signature")
	if sig == nil {
		return Fault(CodeMandatoryParam, "signature")
	}
	raw, escaped := signedText(params)
	if p.matches(raw, sig) || p.matches(escaped, sig) {
		return nil
	}
	return Fault(CodeBadSignature)
}

// signedText is what a ws-api request signs: its parameters in the order of their names, raw and percent-encoded.
func signedText(p Params) (raw, escaped []byte) {
	sorted := slices.Clone(p)
	slices.SortFunc(sorted, func(x, y Param) int { return bytes.Compare(x.Name, y.Name) })
	for _, x := range sorted {
		if string(x.Name) == "signature" {
			continue
		}
		if len(raw) > 0 {
			raw, escaped = append(raw, '&'), append(escaped, '&')
		}
		raw = append(append(append(raw, x.Name...), '='), x.Value...)
		escaped = appendEscaped(append(append(escaped, x.Name...), '='), x.Value)
	}
	return raw, escaped
}

func (p *PublicKey) matches(payload, sig []byte) bool {
	if bytes.IndexByte(sig, '%') >= 0 {
		plain, ok := unescape(sig)
		if !ok {
			return false
		}
		sig = plain
	}
	sum, err := base64.StdEncoding.DecodeString(string(sig))
	if err != nil {
		return false
	}
	if p.ed != nil {
		return ed25519.Verify(p.ed, payload, sum)
	}
	digest := sha256.Sum256(payload)
	return rsa.VerifyPKCS1v15(p.rsa, crypto.SHA256, digest[:], sum) == nil
}
