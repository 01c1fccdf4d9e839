package server

import (
	"slices"

	"baton/aio"
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
	deaf    bool   // half-open: nothing is sent any more, and nobody is told
	kept    []byte // a user event that a fault holds back behind the next
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
	k.s.out.send(func() {
		k.s.catchUp()
		k.session.Deliver(k.s.now(), came, text)
		k.s.settle()
	})
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
	text := append([]byte(nil), frame...)
	w.after(delay, func() { k.send(kind, text) })
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
}

// message is something that happens when it arrives.
type message struct {
	at     market.Nanos
	arrive func()
}

func newWay(l *aio.Loop, line *local.Line) *way {
	w := &way{l: l, line: line}
	w.timer = aio.NewTimer(l, aio.ClassResponse, w.run).Label("a message of the exchange")
	return w
}

// send sends a message off.
func (w *way) send(arrive func()) { w.after(0, arrive) }

// compactAt is how many arrived messages a way remembers at most before it reuses their room.
const compactAt = 1024

// after sends a message off that waits before it leaves; what is sent behind it waits too.
func (w *way) after(wait market.Nanos, arrive func()) {
	if w.head >= compactAt {
		w.queue, w.head = slices.Delete(w.queue, 0, w.head), 0
	}
	w.queue = append(w.queue, message{w.line.Arrive(w.l.Now() + wait), arrive})
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
		m.arrive()
	}
	if w.head == len(w.queue) {
		w.queue, w.head = w.queue[:0], 0
		return
	}
	w.timer.Arm(w.queue[w.head].at)
}
