package wire

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
)

// ErrPrivateKey: a text that is no private key of a known kind. It never shows the text.
var ErrPrivateKey = errors.New("the private key is no unencrypted PKCS#8 PEM text of an Ed25519 or RSA key: it starts with -----BEGIN PRIVATE KEY-----")

// NewKeySigner makes a signer of an API key whose secret is a private key in PEM (PKCS#8): Ed25519, or RSA (PKCS#1 v1.5 over
// SHA-256), which Binance advises against; rsaKey says that it is one. Its signatures are base64, percent-encoded on REST.
func NewKeySigner(key string, text []byte) (s *Signer, rsaKey bool, err error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, false, ErrPrivateKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, false, ErrPrivateKey // what the parser says may quote the key
	}
	var sign func(payload []byte) []byte
	switch k := parsed.(type) {
	case ed25519.PrivateKey:
		sign = func(payload []byte) []byte { return ed25519.Sign(k, payload) }
	case *rsa.PrivateKey:
		rsaKey = true
		if k.Size() < 256 { // 2,048 bits
			return nil, true, errors.New("the RSA key has less than 2048 bits: make an Ed25519 key instead")
		}
		sign = func(payload []byte) []byte {
			sum := sha256.Sum256(payload)
			sig, err := rsa.SignPKCS1v15(nil, k, crypto.SHA256, sum[:])
			if err != nil {
				panic("wire: RSA: " + err.Error())
			}
			return sig
		}
	default:
		return nil, false, ErrPrivateKey
	}
	made := newSigning(key, nil)
	made.sign = sign
	return &Signer{open: func() *signing { return made }}, rsaKey, nil
}

// appendBase64 appends the signature of payload by a private key.
func (s *signing) appendBase64(b, payload []byte) []byte {
	return base64.StdEncoding.AppendEncode(b, s.sign(payload))
}

// whole is all that a ws-api request signs.
func (s *signing) whole() []byte {
	return append(append(make([]byte, 0, len(s.buf)+len(s.key)+8), "apiKey="+s.key...), s.buf...)
}
