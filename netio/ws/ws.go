// Package ws is the WebSocket protocol (RFC 6455) in both roles, free of I/O: a [Reader] is fed bytes and yields messages,
// the Append functions make the bytes of frames, and the handshake is text in and text out. Whoever owns the connection owns
// the Reader; nothing here reads a clock, starts a goroutine or touches a socket. A client may offer permessage-deflate
// ([OfferDeflate]) and then reads what comes compressed, each message within the same size limit; what is sent never is.
//
// The cases of the Autobahn suite are a table in the tests; test/autobahn/run runs the real suite against the client's side, where
// there is a Python 2.7. Skipped there are 13.3 to 13.6: their server declines an offer that names no window size of the client's.
//
//	r := ws.NewReader(ws.Client)
//	for {
//		n, err := conn.Read(r.Space())
//		r.Filled(n)
//		for {
//			m, ok, err := r.Next()
//			if err != nil || !ok {
//				break // err: answer with its close code, and hang up
//			}
//			use(m.Op, m.Data) // borrowed until the next Space
//		}
//	}
package ws

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Limits.
const (
	// MaxMessage is the most bytes a message may have in all its fragments; a larger one is refused with [TooBig].
	MaxMessage = 16 << 20
	// MaxControl is the most bytes the payload of a control frame may have (RFC 6455, 5.5).
	MaxControl = 125
	// MaxReason is the most bytes a close reason may have: a control frame less the code.
	MaxReason = MaxControl - 2
)

// Role is the end of the connection that an endpoint is.
type Role uint8

// The roles. A client masks what it sends, a server does not (RFC 6455, 5.1).
const (
	Client Role = iota
	Server
)

// Opcode is the kind of a frame (RFC 6455, 5.2).
type Opcode uint8

// The opcodes.
const (
	Continuation Opcode = 0
	Text         Opcode = 1
	Binary       Opcode = 2
	Close        Opcode = 8
	Ping         Opcode = 9
	Pong         Opcode = 10
)

// Control says whether frames of this kind may stand between the fragments of a message.
func (o Opcode) Control() bool { return o&8 != 0 }

// String is the name that the RFC gives it.
func (o Opcode) String() string {
	switch o {
	case Continuation:
		return "continuation"
	case Text:
		return "text"
	case Binary:
		return "binary"
	case Close:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	}
	return fmt.Sprintf("reserved opcode %d", uint8(o))
}

// Close codes (RFC 6455, 7.4.1).
const (
	Normal        = 1000
	GoingAway     = 1001
	ProtocolError = 1002
	Unsupported   = 1003
	NoStatus      = 1005 // never on the wire: a close frame without a code
	Abnormal      = 1006 // never on the wire: no close frame at all
	InvalidData   = 1007
	PolicyBreach  = 1008
	TooBig        = 1009
	ServerError   = 1011
)

// ValidCode says whether a close frame may carry the code (RFC 6455, 7.4, and the codes that IANA registered since).
func ValidCode(code uint16) bool {
	switch {
	case code >= 3000 && code <= 4999:
		return true
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014:
		return true
	}
	return false
}

// Error is a breach of the protocol by the peer. Code is the close code to answer with.
type Error struct {
	Code uint16
	Text string
}

// Error has the text and the code.
func (e *Error) Error() string { return fmt.Sprintf("websocket: %s (close code %d)", e.Text, e.Code) }

// ParseClose splits the payload of a close frame. An empty one gives [NoStatus].
func ParseClose(payload []byte) (code uint16, reason []byte, err error) {
	switch {
	case len(payload) == 0:
		return NoStatus, nil, nil
	case len(payload) == 1:
		return 0, nil, &Error{ProtocolError, "a close frame with one byte of payload"}
	}
	code, reason = binary.BigEndian.Uint16(payload), payload[2:]
	if !ValidCode(code) {
		return 0, nil, &Error{ProtocolError, fmt.Sprintf("a close frame with the code %d, which is none", code)}
	}
	if !utf8.Valid(reason) {
		return 0, nil, &Error{InvalidData, "a close reason that is not UTF-8"}
	}
	return code, reason, nil
}
