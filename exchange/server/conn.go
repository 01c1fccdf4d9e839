package server

import (
	"slices"

	"baton/aio"
	"baton/binance/wire"
	"baton/exchange/face"
	"baton/exchange/local"
	"baton/market"
	"baton/netio"
)

// conn is one WebSocket connection: what netio says of it goes to its session, and the session's frames to netio.
type conn struct {
	s       *Server
	c       *netio.Conn
	session *face.Session
	counts  [face.Kinds]int // frames of each kind, those that a fault kept back too
	cut     bool
	deaf    bool // half-open: nothing is sent any more, and nobody is told
	part    int  // of the venue
	spoke   market.Nanos

	// What faults hold back or silence.
	kept, keptAnswer []byte // behind the next user event, or answer
	silent           [face.Kinds]bool
	behind           *way // of market data that a fault has delayed; nil: none was
	mute             bool // the answer that is made now is not sent
}

// Message takes a text message of the client. What the WebSocket API is asked takes its way to the exchange first.
func (k *conn) Message(_ *netio.Conn, data []byte) {
	if !k.session.API() {
		k.session.Message(k.s.l.Now(), data)
		k.s.settle()
		return
	}
	text, came := append([]byte(nil), data...), k.s.now()
	if k.s.closed {
		return
	}
	fate, id := k.fate(text)
	if fate.answer != nil && !fate.done {
		k.failure(fate.answer, id)
		return
	}
	k.s.out.after(fate.late, func() {
		k.s.catchUp()
		if fate.late > 0 {
			came = k.s.now()
		}
		k.mute = fate.lost || fate.answer != nil
		k.session.Deliver(k.s.now(), came, text)
		k.mute = false
		if fate.answer != nil {
			k.failure(fate.answer, id)
		}
		k.s.settle()
	})
}

// fate throws the dice for a request of the WebSocket API, and gives its id.
func (k *conn) fate(text []byte) (fate, []byte) {
	if !k.s.troubled() {
		return fate{}, nil
	}
	var r wire.Request
	if wire.DecodeRequest(text, &r) != nil {
		return fate{}, nil
	}
	return k.s.fate(&ask{call: wire.FindMethod(r.Method), p: r.Params, remote: k.c.Remote()}), r.ID
}

// failure answers a request of the WebSocket API in place of the exchange.
func (k *conn) failure(f *falsehood, id []byte) {
	k.later(k.s.answers, k.s.delay, face.Answer, wire.AppendFailure(nil, id, f.status, f.fault, nil))
}

// Closed ends the session.
func (k *conn) Closed(*netio.Conn, error) {
	k.s.conns = slices.DeleteFunc(k.s.conns, func(o *conn) bool { return o == k })
	k.session.Close()
	k.s.settle()
}

// Drop ends the connection, as the face asks. It may be called from inside a message of the connection.
func (k *conn) Drop(code uint16, reason string) {
	k.cut = true
	k.s.l.CallSoon(func() { k.c.Close(code, reason) })
}

// Frame sends a frame of the session: market data at once, answers and the user stream each on their way back.
func (k *conn) Frame(kind face.Kind, frame []byte) {
	k.counts[kind]++
	k.spoke = k.s.l.Now()
	if k.mute && (kind == face.Ack || kind == face.Answer) {
		k.s.stats.Dropped++
		return
	}
	if k.cut || k.deaf || k.s.stops(k, kind) || k.s.spoils(k, kind, frame) {
		return
	}
	switch kind {
	case face.Ack:
		if k.s.loses() {
			return
		}
		k.later(k.s.answers, k.s.delay, kind, frame)
	case face.Answer:
		k.later(k.s.answers, k.s.delay, kind, frame)
	case face.User:
		k.later(k.s.user, 0, kind, frame)
	default:
		k.send(kind, frame)
	}
}

func (k *conn) later(w *way, delay market.Nanos, kind face.Kind, frame []byte) {
	w.push(delay, message{k: k, kind: kind, text: append(w.room(), frame...)})
}

func (k *conn) send(kind face.Kind, frame []byte) {
	if k.c.Send(frame) == nil {
		k.s.stats.Frames[kind]++
	}
}

// way is one direction between the clients and the exchange: messages take their time and keep their order.
type way struct {
	l     *aio.Loop
	line  *local.Line
	timer *aio.Timer
	queue []message // by time; head is the first that has not arrived
	head  int
	spare [][]byte // texts of messages that have arrived
}

// message is something that happens when it arrives.
type message struct {
	at     market.Nanos
	arrive func() // nil: text is a frame for a connection

	k    *conn
	kind face.Kind
	text []byte
}

func newWay(l *aio.Loop, line *local.Line) *way {
	w := &way{l: l, line: line}
	w.timer = aio.NewTimer(l, aio.ClassResponse, w.run).Label("a message of the exchange")
	return w
}

// busy says whether messages are on their way.
func (w *way) busy() bool { return w != nil && w.head < len(w.queue) }

// compactAt is how many arrived messages a way remembers at most before it reuses their room.
const compactAt = 1024

// after sends a message off that waits before it leaves; what is sent behind it waits too.
func (w *way) after(wait market.Nanos, arrive func()) { w.push(wait, message{arrive: arrive}) }

// The texts that a way keeps for further messages: how many, and up to which size each.
const (
	spareTexts = 256
	spareSize  = 4096
)

// room is where the text of a message can be put.
func (w *way) room() []byte {
	n := len(w.spare)
	if n == 0 {
		return nil
	}
	b := w.spare[n-1]
	w.spare = w.spare[:n-1]
	return b[:0]
}

func (w *way) push(wait market.Nanos, m message) {
	if w.head >= compactAt {
		w.queue, w.head = slices.Delete(w.queue, 0, w.head), 0
	}
	m.at = w.line.Arrive(w.l.Now() + wait)
	w.queue = append(w.queue, m)
	if len(w.queue)-w.head == 1 {
		w.timer.Arm(w.queue[w.head].at)
	}
}

// run lets arrive what is due.
func (w *way) run() {
	for w.head < len(w.queue) && w.queue[w.head].at <= w.l.Now() {
		m := w.queue[w.head]
		w.queue[w.head] = message{}
		w.head++
		if m.arrive != nil {
			m.arrive()
			continue
		}
		m.k.send(m.kind, m.text)
		if len(w.spare) < spareTexts && cap(m.text) <= spareSize {
			w.spare = append(w.spare, m.text)
		}
	}
	if w.head == len(w.queue) {
		w.queue, w.head = w.queue[:0], 0
		return
	}
	w.timer.Arm(w.queue[w.head].at)
}
