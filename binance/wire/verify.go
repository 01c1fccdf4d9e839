package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"baton/market"
)

const signatureName = "signature="

// VerifyQuery checks a signed REST request as it was received. The signature is taken out of query and body each by itself,
// and the rest of both, joined without a separator, is what was signed; failing that, the same decoded and encoded anew is
// tried, for clients that sign one encoding and send another. nil is a match, else -1022.
func (s *Signer) VerifyQuery(query, body []byte) *APIError {
	k := s.open()
	q, sig := cutSignature(query)
	form, other := cutSignature(body)
	if sig == nil {
		sig = other
	}
	if len(sig) == 0 {
		return Fault(CodeMandatoryParam, "signature")
	}
	k.buf = append(append(k.buf[:0], q...), form...)
	if k.matches(k.buf, sig) {
		return nil
	}
	again := append(reencode(q), reencode(form)...)
	if k.matches(again, sig) {
		return nil
	}
	return Fault(CodeBadSignature)
}

// VerifyParams checks a signed ws-api request: all parameters but the signature, in the order of their names, raw or
// percent-encoded. nil is a match.
func (s *Signer) VerifyParams(p Params) *APIError {
	k := s.open()
	sig := p.Value("signature")
	if sig == nil {
		return Fault(CodeMandatoryParam, "signature")
	}
	sorted := slices.Clone(p)
	slices.SortFunc(sorted, func(x, y Param) int { return bytes.Compare(x.Name, y.Name) })
	raw, escaped := k.buf[:0], []byte(nil)
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
	k.buf = raw
	if k.matches(raw, sig) || k.matches(escaped, sig) {
		return nil
	}
	return Fault(CodeBadSignature)
}

// matches compares in constant time; hex digits of either case are right.
func (s *signing) matches(payload, sig []byte) bool {
	var got [sha256.Size]byte
	if len(sig) != hex.EncodedLen(len(got)) {
		return false
	}
	if _, err := hex.Decode(got[:], sig); err != nil {
		return false
	}
	return hmac.Equal(s.finish(s.inner, payload), got[:])
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
