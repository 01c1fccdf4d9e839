package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"

	"baton/decimal"
	"baton/market"
)

// Signer signs a client's requests and checks them at the server (Binance USD-M, General Info, SIGNED endpoints: HMAC-SHA256
// in lower-case hex). The key's two hash states are computed once and cloned; signing allocates nothing. One loop owns it.
//
// A Signer prints as ***, whatever the verb.
type Signer struct {
	key string
	mac hash.Hash
	buf []byte // the text that is signed
	sum [sha256.Size]byte
}

// NewSigner makes a signer of an API key and its secret.
func NewSigner(key string, secret []byte) *Signer {
	s := &Signer{key: key, mac: hmac.New(sha256.New, secret), buf: make([]byte, 0, 512)}
	s.mac.Reset() // keeps the key's states for cloning
	return s
}

// Format keeps the key and the secret out of every print.
func (s *Signer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "***") }

// Key is the API key, for the header of a REST call.
func (s *Signer) Key() string { return s.key }

// AppendSignature appends the signature of payload: 64 hex digits.
func (s *Signer) AppendSignature(b, payload []byte) []byte {
	s.mac.Reset()
	s.mac.Write(payload)
	return hex.AppendEncode(b, s.mac.Sum(s.sum[:0]))
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
	start := len(b)
	b = AppendArgs(b, a)
	return s.sealQuery(b, start, at)
}

// AppendSignedPlace appends the query string of a signed POST /fapi/v1/order.
func (s *Signer) AppendSignedPlace(b []byte, o *Place, at Stamp) []byte {
	start := len(b)
	b = append(appendEscaped(append(b, `symbol=`...), o.Symbol), `&side=`...)
	b = append(append(b, o.Side.String()...), `&type=`...)
	b = append(append(b, o.Type.String()...), `&quantity=`...)
	b = o.Qty.Append(b)
	if o.Type == market.Limit {
		b = o.Price.Append(append(b, `&price=`...))
		b = append(append(b, `&timeInForce=`...), o.TIF.String()...)
	}
	if o.ReduceOnly {
		b = append(b, `&reduceOnly=true`...)
	}
	if len(o.ClientID) > 0 {
		b = appendEscaped(append(b, `&newClientOrderId=`...), o.ClientID)
	}
	if o.Result {
		b = append(b, `&newOrderRespType=RESULT`...)
	}
	return s.sealQuery(b, start, at)
}

func (s *Signer) sealQuery(b []byte, start int, at Stamp) []byte {
	if len(b) > start {
		b = append(b, '&')
	}
	if at.Window > 0 {
		b = append(appendInt(b, `recvWindow=`, Millis(at.Window)), '&')
	}
	b = appendInt(b, `timestamp=`, Millis(at.Time))
	end := len(b)
	b = append(b, `&signature=`...)
	return s.AppendSignature(b, b[start:end])
}

// AppendPlace appends a signed ws-api order.place. Parameters stand in the order of their names, which is the order in which
// they are signed.
func (s *Signer) AppendPlace(b []byte, id int64, o *Place, at Stamp) []byte {
	b = s.begin(b, id, CallPlace)
	if len(o.ClientID) > 0 {
		b = s.putText(b, `&newClientOrderId=`, `,"newClientOrderId":"`, o.ClientID)
	}
	if o.Result {
		b = s.putEnum(b, `&newOrderRespType=`, `,"newOrderRespType":"`, "RESULT")
	}
	limit := o.Type == market.Limit
	if limit {
		b = s.putDecimal(b, `&price=`, `,"price":"`, o.Price)
	}
	b = s.putDecimal(b, `&quantity=`, `,"quantity":"`, o.Qty)
	b = s.putWindow(b, at)
	if o.ReduceOnly {
		b = s.putEnum(b, `&reduceOnly=`, `,"reduceOnly":"`, "true")
	}
	b = s.putEnum(b, `&side=`, `,"side":"`, o.Side.String())
	b = s.putSymbol(b, o.Symbol)
	if limit {
		b = s.putEnum(b, `&timeInForce=`, `,"timeInForce":"`, o.TIF.String())
	}
	b = s.putInt(b, `&timestamp=`, `,"timestamp":`, Millis(at.Time))
	b = s.putEnum(b, `&type=`, `,"type":"`, o.Type.String())
	return s.end(b)
}

// Ref names an order: by the venue's id, or where that is 0 by the client's.
type Ref struct {
	Symbol   string
	OrderID  int64
	ClientID []byte
}

// AppendCancel appends a signed ws-api order.cancel.
func (s *Signer) AppendCancel(b []byte, id int64, r *Ref, at Stamp) []byte {
	return s.appendRef(b, id, CallCancel, r, at)
}

// AppendStatus appends a signed ws-api order.status.
func (s *Signer) AppendStatus(b []byte, id int64, r *Ref, at Stamp) []byte {
	return s.appendRef(b, id, CallOrder, r, at)
}

func (s *Signer) appendRef(b []byte, id int64, c Call, r *Ref, at Stamp) []byte {
	b = s.begin(b, id, c)
	if r.OrderID != 0 {
		b = s.putInt(b, `&orderId=`, `,"orderId":`, r.OrderID)
	} else {
		b = s.putText(b, `&origClientOrderId=`, `,"origClientOrderId":"`, r.ClientID)
	}
	b = s.putWindow(b, at)
	b = s.putSymbol(b, r.Symbol)
	b = s.putInt(b, `&timestamp=`, `,"timestamp":`, Millis(at.Time))
	return s.end(b)
}

// AppendCall appends a signed ws-api request that has no parameters of its own (v2/account.status, v2/account.balance, ...).
func (s *Signer) AppendCall(b []byte, id int64, c Call, at Stamp) []byte {
	b = s.begin(b, id, c)
	b = s.putWindow(b, at)
	b = s.putInt(b, `&timestamp=`, `,"timestamp":`, Millis(at.Time))
	return s.end(b)
}

// begin starts both texts: the request in b, what is signed in s.buf. Every put adds one parameter to both.
func (s *Signer) begin(b []byte, id int64, c Call) []byte {
	b = appendInt(b, `{"id":`, id)
	b = append(append(b, `,"method":"`...), c.Method()...)
	b = append(append(b, `","params":{"apiKey":"`...), s.key...)
	s.buf = append(append(s.buf[:0], `apiKey=`...), s.key...)
	return append(b, '"')
}

func (s *Signer) end(b []byte) []byte {
	b = s.AppendSignature(append(b, `,"signature":"`...), s.buf)
	return append(b, `"}}`...)
}

// putEnum adds one of Binance's own words.
func (s *Signer) putEnum(b []byte, name, quoted, v string) []byte {
	s.buf = append(append(s.buf, name...), v...)
	return append(append(append(b, quoted...), v...), '"')
}

func (s *Signer) putSymbol(b []byte, symbol string) []byte {
	s.buf = append(append(s.buf, `&symbol=`...), symbol...)
	return appendText(append(b, `,"symbol":`...), symbol)
}

// putText adds a client order id. One that is not valid goes out escaped, and the exchange refuses it.
func (s *Signer) putText(b []byte, name, quoted string, v []byte) []byte {
	s.buf = append(append(s.buf, name...), v...)
	if !ValidClientID(v) {
		return appendText(append(b, quoted[:len(quoted)-1]...), v)
	}
	return append(append(append(b, quoted...), v...), '"')
}

func (s *Signer) putDecimal(b []byte, name, quoted string, d decimal.Decimal) []byte {
	s.buf = append(s.buf, name...)
	start := len(s.buf)
	s.buf = appendShortest(s.buf, d)
	return append(append(append(b, quoted...), s.buf[start:]...), '"')
}

func (s *Signer) putInt(b []byte, name, quoted string, v int64) []byte {
	s.buf = append(s.buf, name...)
	start := len(s.buf)
	s.buf = strconv.AppendInt(s.buf, v, 10)
	return append(append(b, quoted...), s.buf[start:]...)
}

func (s *Signer) putWindow(b []byte, at Stamp) []byte {
	if at.Window <= 0 {
		return b
	}
	return s.putInt(b, `&recvWindow=`, `,"recvWindow":`, Millis(at.Window))
}

const signatureName = "signature="

// VerifyQuery checks a signed REST request as it was received. The signature is taken out of query and body each by itself,
// and the rest of both, joined without a separator, is what was signed; failing that, the same decoded and encoded anew is
// tried, for clients that sign one encoding and send another. nil is a match, else -1022.
func (s *Signer) VerifyQuery(query, body []byte) *APIError {
	q, sig := cutSignature(query)
	form, other := cutSignature(body)
	if sig == nil {
		sig = other
	}
	if len(sig) == 0 {
		return Fault(CodeMandatoryParam, "signature")
	}
	s.buf = append(append(s.buf[:0], q...), form...)
	if s.matches(s.buf, sig) {
		return nil
	}
	again := append(reencode(q), reencode(form)...)
	if s.matches(again, sig) {
		return nil
	}
	return Fault(CodeBadSignature)
}

// VerifyParams checks a signed ws-api request: all parameters but the signature, in the order of their names, raw or
// percent-encoded. nil is a match.
func (s *Signer) VerifyParams(p Params) *APIError {
	sig := p.Value("signature")
	if sig == nil {
		return Fault(CodeMandatoryParam, "signature")
	}
	sorted := slices.Clone(p)
	slices.SortFunc(sorted, func(x, y Param) int { return bytes.Compare(x.Name, y.Name) })
	raw, escaped := s.buf[:0], []byte(nil)
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
	s.buf = raw
	if s.matches(raw, sig) || s.matches(escaped, sig) {
		return nil
	}
	return Fault(CodeBadSignature)
}

// matches compares in constant time; hex digits of either case are right.
func (s *Signer) matches(payload, sig []byte) bool {
	var got [sha256.Size]byte
	if len(sig) != hex.EncodedLen(len(got)) {
		return false
	}
	if _, err := hex.Decode(got[:], sig); err != nil {
		return false
	}
	s.mac.Reset()
	s.mac.Write(payload)
	return hmac.Equal(s.mac.Sum(s.sum[:0]), got[:])
}

// cutSignature takes the signature parameter out of one part of a request.
func cutSignature(part []byte) (rest, sig []byte) {
	start := 0
	for start < len(part) {
		end := start + len(part[start:])
		if k := bytes.IndexByte(part[start:], '&'); k >= 0 {
			end = start + k
		}
		if pair := part[start:end]; bytes.HasPrefix(pair, []byte(signatureName)) {
			sig = pair[len(signatureName):]
			return joinAround(part, start, end), sig
		}
		start = end + 1
	}
	return part, nil
}

// joinAround is part without [start,end) and one of the ampersands beside it.
func joinAround(part []byte, start, end int) []byte {
	switch {
	case start == 0 && end == len(part):
		return nil
	case start == 0:
		return part[end+1:]
	case end == len(part):
		return part[:start-1]
	}
	return slices.Concat(part[:start-1], part[end:])
}

// reencode decodes every name and value and encodes it as encodeURIComponent does.
func reencode(part []byte) []byte {
	var b []byte
	for n, pair := range strings.Split(string(part), "&") {
		if n > 0 {
			b = append(b, '&')
		}
		name, value, eq := strings.Cut(pair, "=")
		b = appendComponent(b, []byte(name))
		if eq {
			b = appendComponent(append(b, '='), []byte(value))
		}
	}
	return b
}

func appendComponent(b, s []byte) []byte {
	if d, ok := unescape(s); ok {
		s = d
	}
	for i := range s {
		if bytes.IndexByte([]byte("!'()*"), s[i]) >= 0 {
			b = append(b, s[i])
		} else {
			b = appendEscaped(b, s[i:i+1])
		}
	}
	return b
}

// The timestamp rule (Binance USD-M, General Info, Timing Security): a request is taken if its timestamp is less than a second
// ahead of the server and at most recvWindow behind it.
const (
	DefaultWindow = 5 * second
	MaxWindow     = 60 * second
	maxAhead      = second
)

// CheckTime checks the timestamp of a signed request against the server's time; nil is in time, else -1021 (or -1102 where it
// is missing). Both are compared in whole milliseconds.
func CheckTime(a *Args, now market.Nanos) *APIError {
	window := a.Window
	if window == 0 {
		window = DefaultWindow
	}
	t, at := Millis(a.Time), Millis(now)
	switch {
	case t == 0:
		return Fault(CodeMandatoryParam, "timestamp")
	case t >= at+Millis(maxAhead):
		return &APIError{CodeBadTimestamp, "Timestamp for this request was 1000ms ahead of the server's time."}
	case at-t > Millis(min(window, MaxWindow)):
		return Fault(CodeBadTimestamp)
	}
	return nil
}
