package wire

import (
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"baton/market"
)

// Signer signs a client's requests and checks them at the server (Binance USD-M, General Info, SIGNED endpoints: HMAC-SHA256
// in lower-case hex). The key's two hash states are computed once and cloned; signing allocates nothing. One loop owns it.
//
// A Signer prints as ***. Its state is behind a function, because fmt shows what an unexported field points at whatever the
// type's own Format says, and of a function only the address.
type Signer struct{ open func() *signing }

// signing is the state of a [Signer].
type signing struct {
	key  string
	hash resumable
	sum  [sha256.Size]byte
	buf  []byte                      // the text that is signed
	sign func(payload []byte) []byte // with a private key; nil: HMAC

	// States of the hash: after the key's inner and outer block, and after the inner block and what every ws-api request
	// begins with.
	inner, outer, begun []byte
	heads               [len(calls)]string // of a ws-api request: from behind its id to behind the API key
}

// resumable is what crypto/sha256's hash is: its state can be kept and put back.
type resumable interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// NewSigner makes a signer of an API key and its secret.
func NewSigner(key string, secret []byte) *Signer {
	s := newSigning(key, secret)
	return &Signer{open: func() *signing { return s }}
}

func newSigning(key string, secret []byte) *signing {
	s := &signing{key: key, hash: sha256.New().(resumable), buf: make([]byte, 0, 512)}
	s.inner = s.state(pad(secret, 0x36))
	s.outer = s.state(pad(secret, 0x5c))
	s.begun = s.state(append(pad(secret, 0x36), "apiKey="+key...))
	for c := range s.heads {
		s.heads[c] = `,"method":"` + calls[c].ws + `","params":{"apiKey":"` + key + `"`
	}
	return s
}

// pad is the key's block for the inner or outer hash (RFC 2104).
func pad(secret []byte, with byte) []byte {
	if len(secret) > sha256.BlockSize {
		sum := sha256.Sum256(secret)
		secret = sum[:]
	}
	block := make([]byte, sha256.BlockSize)
	copy(block, secret)
	for i := range block {
		block[i] ^= with
	}
	return block
}

// state is the hash's state after text.
func (s *signing) state(text []byte) []byte {
	s.hash.Reset()
	s.hash.Write(text)
	b, err := s.hash.AppendBinary(nil)
	if err != nil {
		panic("wire: SHA-256 keeps no state: " + err.Error())
	}
	return b
}

// resume puts a state back. It cannot fail: the state is one that [signing.state] made.
func (s *signing) resume(state []byte) {
	if err := s.hash.UnmarshalBinary(state); err != nil {
		panic("wire: SHA-256 refuses its own state: " + err.Error())
	}
}

// finish is HMAC-SHA256 once the rest of the text is known, from the inner state that the text's beginning left.
func (s *signing) finish(inner, rest []byte) []byte {
	s.resume(inner)
	s.hash.Write(rest)
	sum := s.hash.Sum(s.sum[:0])
	s.resume(s.outer)
	s.hash.Write(sum)
	return s.hash.Sum(s.sum[:0])
}

// Format keeps the key and the secret out of every print.
func (s *Signer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "***") }

// Key is the API key, for the header of a REST call.
func (s *Signer) Key() string { return s.open().key }

// AppendSignature appends the signature of payload: 64 hex digits, or the base64 of a private key's.
func (s *Signer) AppendSignature(b, payload []byte) []byte {
	k := s.open()
	if k.sign != nil {
		return k.appendBase64(b, payload)
	}
	return hex.AppendEncode(b, k.finish(k.inner, payload))
}

// Stamp is when a request is made, in the server's time, and how long it may take to arrive: the exchange takes it while
// server time - Time <= Window. A zero Window leaves it to the exchange (5 s).
type Stamp struct {
	Time   market.Nanos
	Window market.Nanos
}

// AppendSigned appends the query string of a signed REST call: args, recvWindow, timestamp and the signature of exactly these
// bytes.
func (s *Signer) AppendSigned(b []byte, a *Args, at Stamp) []byte {
	k := s.open()
	start := len(b)
	b = AppendArgs(b, a)
	return k.sealQuery(b, start, at)
}

// AppendSealed appends recvWindow, timestamp and signature to a query string that is encoded already.
func (s *Signer) AppendSealed(query []byte, at Stamp) []byte { return s.open().sealQuery(query, 0, at) }

// AppendSignedPlace appends the query string of a signed POST /fapi/v1/order.
func (s *Signer) AppendSignedPlace(b []byte, o *Place, at Stamp) []byte {
	k := s.open()
	start := len(b)
	b = append(appendEscaped(append(b, `symbol=`...), o.Symbol), `&side=`...)
	b = append(append(b, o.Side.String()...), `&type=`...)
	b = append(append(b, o.Type.String()...), `&quantity=`...)
	b = o.Qty.Append(b)
	if o.Type == market.Limit {
		if o.PriceMatch == market.PriceMatchNone {
			b = o.Price.Append(append(b, `&price=`...))
		}
		b = append(append(b, `&timeInForce=`...), o.TIF.String()...)
	}
	b = appendDetails(b, o)
	if o.ReduceOnly {
		b = append(b, `&reduceOnly=true`...)
	}
	if len(o.ClientID) > 0 {
		b = appendEscaped(append(b, `&newClientOrderId=`...), o.ClientID)
	}
	if o.Result {
		b = append(b, `&newOrderRespType=RESULT`...)
	}
	return k.sealQuery(b, start, at)
}

// appendDetails appends what only some orders have.
func appendDetails(b []byte, o *Place) []byte {
	if o.PriceMatch != market.PriceMatchNone {
		b = append(append(b, `&priceMatch=`...), o.PriceMatch.String()...)
	}
	if o.PositionSide != market.Both {
		b = append(append(b, `&positionSide=`...), o.PositionSide.String()...)
	}
	if o.SelfTrade != market.SelfTradeDefault {
		b = append(append(b, `&selfTradePreventionMode=`...), o.SelfTrade.String()...)
	}
	if o.GoodTill != 0 {
		b = appendInt(b, `&goodTillDate=`, Millis(o.GoodTill))
	}
	return b
}

func (s *signing) sealQuery(b []byte, start int, at Stamp) []byte {
	if len(b) > start {
		b = append(b, '&')
	}
	if at.Window > 0 {
		b = append(appendInt(b, `recvWindow=`, Millis(at.Window)), '&')
	}
	b = appendInt(b, `timestamp=`, Millis(at.Time))
	end := len(b)
	b = append(b, `&signature=`...)
	if s.sign != nil {
		return appendEscaped(b, s.appendBase64(nil, b[start:end]))
	}
	return hex.AppendEncode(b, s.finish(s.inner, b[start:end]))
}
