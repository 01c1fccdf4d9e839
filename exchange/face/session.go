package face

import (
	"encoding/json"
	"net/url"
	"strings"

	"baton/binance/wire"
	"baton/market"
)

// Outbox takes what a session sends. The frame is borrowed for the call, in which neither the session nor the face may be
// called.
type Outbox interface {
	Frame(k Kind, frame []byte)
}

// Session is one WebSocket connection: what it has subscribed and where its frames go.
type Session struct {
	f        *Face
	out      Outbox
	root     root
	remote   string
	combined bool     // frames come wrapped in {"stream","data"}
	names    []string // as subscribed, in order; unknown ones too, which stay silent
	events   string   // "/A/B/" of ?events=; empty for all
	limits   bool     // of the WebSocket API: answers carry rateLimits
	since    market.Nanos
	request  wire.Request
	control  wire.Control
	closed   bool
	pace     window // messages of the client this second
	logon    int    // index into Face.keys of the key that logged on, plus one; 0: none
	loggedOn market.Nanos
}

// Dropper is an [Outbox] whose connection the face may end: one that talks too fast, or that has lived its day.
type Dropper interface {
	Drop(code uint16, reason string)
}

// Close codes that the face ends connections with (RFC 6455, 7.4.1).
const (
	closePolicy = 1008
	closeAway   = 1001
)

// drop ends the connection, where the outbox can.
func (s *Session) drop(code uint16, reason string) {
	out := s.out
	s.Close()
	if d, ok := out.(Dropper); ok {
		d.Drop(code, reason)
	}
}

// API says whether the session is one of the WebSocket API, which takes orders, and not one of streams.
func (s *Session) API() bool { return s.root == rootAPI }

// Open decides on a WebSocket handshake: the session of the new connection, or the response that refuses it. Names of streams
// that are not known, and listenKeys that are none, are no reason to refuse: such a connection is open and silent.
func (f *Face) Open(now market.Nanos, r *Request, out Outbox) (*Session, *Response) {
	f.now = now
	s := &Session{f: f, out: out, remote: r.Remote, since: now, pace: window{span: second}}
	if r.Path == wire.PathAPI {
		s.root, s.limits = rootAPI, !strings.Contains("&"+r.Query+"&", "&"+wire.QueryReturnRateLimits+"=false&")
		f.addressOf(r.Remote).weight.add(now, handshakeWeight)
		f.sessions = append(f.sessions, s)
		return s, nil
	}
	path, names := r.Path, ""
	s.root, path = rootOf(path)
	switch {
	case path == wire.PathStream:
		s.combined = true
	case path == wire.PathRaw:
	case strings.HasPrefix(path, wire.PathRaw+"/"):
		names = path[len(wire.PathRaw)+1:]
	default:
		refusal := Response{Status: statusMissing, Body: wire.AppendError(nil, wire.Fault(wire.CodeNotFound))}
		return nil, &refusal
	}
	for n := range strings.SplitSeq(names, "/") {
		if text, err := url.PathUnescape(n); err == nil {
			s.subscribe(text)
		}
	}
	s.query(r.Query)
	f.sessions = append(f.sessions, s)
	return s, nil
}

// handshakeWeight is what opening the WebSocket API costs (Binance USD-M, WebSocket API General Info).
const handshakeWeight = 5

// rootOf splits a path into its root and the rest. The un-routed paths of before 2026-04 still connect.
func rootOf(path string) (root, string) {
	for r, prefix := range [...]string{rootPublic: wire.RootPublic, rootMarket: wire.RootMarket, rootPrivate: wire.RootPrivate} {
		if prefix != "" && strings.HasPrefix(path, prefix+"/") {
			return root(r), path[len(prefix):]
		}
	}
	return rootLegacy, path
}

// query takes the subscriptions of a handshake's query: ?streams=a/b, or ?listenKey=K&events=A/B.
func (s *Session) query(query string) {
	for piece := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(piece, "=")
		value, err := url.QueryUnescape(value)
		if err != nil {
			continue
		}
		switch name {
		case wire.QueryStreams:
			for n := range strings.SplitSeq(value, "/") {
				s.subscribe(n)
			}
		case wire.QueryListenKey:
			s.subscribe(value)
		case "events":
			s.events += "/" + value + "/"
		}
	}
}

// Message takes a text message of the client. On a stream connection its answer has gone out when Message returns; on the
// WebSocket API so has the answer, and what it did to the exchange has happened. A call of the WebSocket API that arrived before
// the connection ended is carried out afterwards all the same, as at Binance: only nobody hears the answer.
func (s *Session) Message(now market.Nanos, data []byte) { s.Deliver(now, now, data) }

// Deliver is [Session.Message] for a text that came in earlier, at came, and has got to matching now.
func (s *Session) Deliver(now, came market.Nanos, data []byte) {
	s.f.now = now
	switch {
	case s.API():
		s.call(now, data, came)
	case s.closed:
	case s.pace.add(now, 1) > wire.MaxClientMessages:
		s.drop(closePolicy, "Too many requests")
	default:
		s.streamRequest(data)
	}
}

// The codes of refused stream requests (Binance USD-M, as several clients recorded them).
const (
	streamInvalid = 2
	streamTooMany = 4
)

func (s *Session) streamRequest(data []byte) {
	q := &s.control
	if err := wire.DecodeControl(data, q); err != nil {
		s.refuse(streamInvalid, "Invalid request: "+err.Error())
		return
	}
	switch q.Method {
	case wire.Subscribe:
		if len(s.names)+len(q.Streams) > wire.MaxStreams {
			s.refuse(streamTooMany, "Too many subscriptions")
			return
		}
		for _, n := range q.Streams {
			s.subscribe(n)
		}
		s.reply(wire.AppendControlDone(s.f.buf[:0], q.ID))
	case wire.Unsubscribe:
		for _, n := range q.Streams {
			s.unsubscribe(n)
		}
		s.reply(wire.AppendControlDone(s.f.buf[:0], q.ID))
	case wire.ListSubscriptions:
		s.reply(wire.AppendControlList(s.f.buf[:0], q.ID, s.names))
	default:
		s.property(data)
	}
}

// property serves SET_PROPERTY ["combined", bool] and GET_PROPERTY ["combined"], the only property there is.
func (s *Session) property(data []byte) {
	var q struct {
		Method string `json:"method"`
		Params []any  `json:"params"`
	}
	if json.Unmarshal(data, &q) != nil || q.Method != "SET_PROPERTY" && q.Method != "GET_PROPERTY" {
		s.refuse(streamInvalid, "Invalid request: unknown variant, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, "+
			"`LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`")
		return
	}
	switch {
	case len(q.Params) == 0 || q.Params[0] != "combined":
		s.refuse(streamInvalid, "Invalid request: unknown property")
	case q.Method == "GET_PROPERTY":
		s.reply(appendProperty(s.f.buf[:0], s.combined, s.control.ID))
	default:
		on, ok := q.Params[len(q.Params)-1].(bool)
		if !ok || len(q.Params) != 2 {
			s.refuse(streamInvalid, "Invalid request: property must be true or false")
			return
		}
		s.combined = on
		s.reply(wire.AppendControlDone(s.f.buf[:0], s.control.ID))
	}
}

func appendProperty(b []byte, on bool, id []byte) []byte {
	if len(id) == 0 {
		id = []byte("null")
	}
	b = append(b, `{"result":`...)
	if on {
		b = append(b, `true,"id":`...)
	} else {
		b = append(b, `false,"id":`...)
	}
	return append(append(b, id...), '}')
}

func (s *Session) refuse(code int, msg string) {
	s.reply(wire.AppendControlError(s.f.buf[:0], s.control.ID, code, msg))
}

func (s *Session) reply(frame []byte) {
	s.f.buf = frame
	s.out.Frame(Control, frame)
}
