package netio

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"baton/aio"
)

// What a call of this network brings to the loop besides a connection is in the ingress log of a loop that records: whether a
// server refused, what it answered, what was lost. A replay takes it from there.

// outcome is what became of one HTTP request: one of the two.
type outcome struct {
	res  *Response
	lost *Lost
}

// hello is what became of one handshake: nothing but a connection, or one of the two.
type hello struct {
	refused *Refused
	err     error
}

// The first byte of an outcome or a hello in the log.
const (
	logAnswer  = 'a'
	logSent    = 's' // lost, and bytes may have left
	logNotSent = 'n'
	logRefused = 'r'
	logFailed  = 'f'
)

var errLogged = errors.New("netio: a malformed result of a call in the ingress log")

// outcomeCodec writes an answer or what was lost. veil, if any, hides what of the answer to r is a secret.
func outcomeCodec(r *Request, veil func(r *Request, body []byte) []byte) aio.Codec[outcome] {
	return aio.Codec[outcome]{Decode: decodeOutcome, Encode: func(o outcome) ([]byte, error) {
		if veil != nil && o.res != nil {
			hidden := *o.res
			hidden.Body = veil(r, o.res.Body)
			o.res = &hidden
		}
		return encodeOutcome(o)
	}}
}

func encodeOutcome(o outcome) ([]byte, error) {
	switch {
	case o.lost != nil:
		kind := byte(logNotSent)
		if o.lost.Sent {
			kind = logSent
		}
		return appendError([]byte{kind}, o.lost.Err), nil
	case o.res != nil:
		b := binary.AppendUvarint([]byte{logAnswer}, uint64(o.res.Status))
		b = binary.AppendUvarint(b, uint64(len(o.res.Header)))
		for _, h := range o.res.Header {
			b = appendString(appendString(b, h[0]), h[1])
		}
		return appendString(b, o.res.Body), nil
	}
	return nil, nil // a call that has failed otherwise: the error is beside it
}

func decodeOutcome(b []byte) (o outcome, err error) {
	if len(b) == 0 {
		return o, nil
	}
	s := scanner{b: b[1:]}
	switch b[0] {
	case logSent, logNotSent:
		o.lost = &Lost{Sent: b[0] == logSent, Err: s.error()}
	case logAnswer:
		r := &Response{Status: int(s.number())}
		for n := s.number(); n > 0 && !s.bad; n-- {
			name, value := string(s.bytes()), string(s.bytes())
			r.Header = append(r.Header, [2]string{name, value})
		}
		r.Body = append([]byte{}, s.bytes()...)
		o.res = r
	default:
		s.bad = true
	}
	return o, s.whole()
}

// helloCodec writes what became of a handshake.
func helloCodec() aio.Codec[hello] {
	return aio.Codec[hello]{Encode: encodeHello, Decode: decodeHello}
}

func encodeHello(h hello) ([]byte, error) {
	switch {
	case h.refused != nil:
		return appendString(binary.AppendUvarint([]byte{logRefused}, uint64(h.refused.Status)), h.refused.Body), nil
	case h.err != nil:
		return appendError([]byte{logFailed}, h.err), nil
	}
	return nil, nil
}

func decodeHello(b []byte) (h hello, err error) {
	if len(b) == 0 {
		return h, nil
	}
	s := scanner{b: b[1:]}
	switch b[0] {
	case logRefused:
		h.refused = &Refused{int(s.number()), append([]byte{}, s.bytes()...)}
	case logFailed:
		h.err = s.error()
	default:
		s.bad = true
	}
	return h, s.whole()
}

// whole is an error unless all was read, and nothing more was wanted.
func (s *scanner) whole() error {
	if s.bad || len(s.b) > 0 {
		return errLogged
	}
	return nil
}

// loggedError is an error that went through the ingress log: its text, and which of a few errors it is.
type loggedError struct {
	text string
	is   error // nil: none of them
}

func (e *loggedError) Error() string { return e.text }
func (e *loggedError) Unwrap() error { return e.is }

// loggedErrors are those that keep their identity; their places are in logs.
var loggedErrors = [...]error{
	context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, aio.ErrTimeout, ErrCut, ErrFull, ErrProxy,
}

func appendError(dst []byte, err error) []byte {
	which := 0
	for i, known := range loggedErrors {
		if errors.Is(err, known) {
			which = i + 1
			break
		}
	}
	return appendString(binary.AppendUvarint(dst, uint64(which)), err.Error())
}

func (s *scanner) error() error {
	which, text := s.number(), string(s.bytes())
	e := &loggedError{text: text}
	if which > uint64(len(loggedErrors)) {
		s.bad = true
	} else if which > 0 {
		e.is = loggedErrors[which-1]
	}
	return e
}
