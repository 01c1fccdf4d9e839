package web

import (
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"baton/control"
	"baton/netio/ws"
)

// Limits of a tab.
const (
	TabsMax     = 64               // open at once
	urgentMax   = 64               // fills, alarms and answers that wait for a slow tab; more are dropped
	messageMax  = 4 << 10          // bytes of what a tab sends
	writeWait   = 30 * time.Second // a tab that takes nothing for so long is closed
	pingEvery   = 20 * time.Second
	silenceMax  = 60 * time.Second
	fullAtLeast = time.Second // between two whole views that a tab asked for
)

// tab is one open page. Its writer is the goroutine of the handshake, its reader one of its own.
type tab struct {
	s    *Server
	ses  *session
	conn net.Conn
	from string

	wake     chan struct{} // a new view is there, or a whole one is due
	urgent   chan []byte
	sections atomic.Uint32
	full     atomic.Bool // it waits for a whole view
	over     chan struct{}
	once     sync.Once

	sent    uint64 // seq of the last view; the writer's
	lastAsk time.Time
	write   sync.Mutex // a pong is written by the reader
}

// end closes the tab. What it is being sent has a little time left.
func (t *tab) end() { t.once.Do(func() { close(t.over) }) }

// notify says that there is a new view; where the tab has not taken the one before, that one is dropped.
func (t *tab) notify() {
	select {
	case t.wake <- struct{}{}:
	default:
		t.s.dropped.Add(1)
	}
}

// send queues a message that cannot wait for the next view.
func (t *tab) send(b []byte) {
	select {
	case t.urgent <- b:
	default:
		t.s.dropped.Add(1)
	}
}

// socket is the route of the WebSocket.
func (s *Server) socket(w http.ResponseWriter, r *http.Request, ses *session) {
	accept, err := ws.Challenge(r.Method, r.Header.Get)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	t := &tab{s: s, ses: ses, from: r.RemoteAddr, wake: make(chan struct{}, 1), urgent: make(chan []byte, urgentMax), over: make(chan struct{})}
	if !s.add(t) {
		refuse(w, http.StatusServiceUnavailable, "Too many pages are open, or the run is ending.")
		return
	}
	defer s.remove(t)
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	defer conn.Close()
	if !s.attach(t, conn) {
		return
	}
	conn.SetDeadline(time.Time{})
	more, _ := rw.Reader.Peek(rw.Reader.Buffered())
	if _, err := conn.Write(ws.AppendResponse(nil, accept)); err != nil || !s.start(func() { t.read(more) }) {
		return
	}
	t.ask()
	t.writer()
}

// add registers a tab; false: there are too many, or the server is closing.
func (s *Server) add(t *tab) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.tabs) >= TabsMax {
		return false
	}
	s.tabs[t] = struct{}{}
	return true
}

// attach gives the tab its connection; false: the server is closing.
func (s *Server) attach(t *tab, conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.conn = conn
	return !s.closed
}

func (s *Server) remove(t *tab) {
	t.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tabs, t)
}

// start spawns, unless the server is closing and nobody would await it.
func (s *Server) start(fn func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.spawn(fn)
	return true
}

// ask has this tab get a whole view next.
func (t *tab) ask() {
	t.full.Store(true)
	t.s.ask()
	if t.s.over.Load() {
		t.notify()
	}
}

// writer sends until the tab ends.
func (t *tab) writer() {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for alive := true; alive; {
		select {
		case <-t.over:
			t.farewell()
			return
		case b := <-t.urgent:
			alive = t.emit(ws.Text, b)
		case <-t.wake:
			alive = t.show()
		case <-ping.C:
			alive = t.emit(ws.Ping, nil)
		}
	}
}

// show sends the newest view, or the whole one that the tab waits for.
func (t *tab) show() bool {
	f := t.s.latest.Load()
	if t.full.Load() {
		f = t.s.full.Load()
		if f == nil || f.view.Seq <= t.sent {
			return true // it is still to come
		}
		t.full.Store(false)
	}
	if f == nil || f.view.Seq <= t.sent {
		return true
	}
	t.sent = f.view.Seq
	return t.emit(ws.Text, f.encoded())
}

func (t *tab) emit(op ws.Opcode, b []byte) bool {
	t.write.Lock()
	defer t.write.Unlock()
	wait := writeWait
	select {
	case <-t.over:
		wait = farewellWait
	default:
	}
	t.conn.SetWriteDeadline(time.Now().Add(wait))
	_, err := t.conn.Write(ws.Append(nil, op, b))
	return err == nil
}

// farewellWait bounds how long the last words of a closing server may take.
const farewellWait = time.Second

// farewell is the last view, and why there will be no other.
func (t *tab) farewell() {
	t.write.Lock()
	defer t.write.Unlock()
	t.conn.SetWriteDeadline(time.Now().Add(farewellWait))
	var b []byte
	if f := t.s.latest.Load(); f != nil && f.view.Seq > t.sent {
		b = ws.Append(b, ws.Text, f.encoded())
	}
	b = ws.Append(b, ws.Text, message{Type: "bye", Text: "the run has ended"}.encode())
	b = ws.Append(b, ws.Close, ws.AppendClosePayload(nil, ws.GoingAway, "the run has ended"))
	t.conn.Write(b)
}

// read is the reader's goroutine.
func (t *tab) read(more []byte) {
	defer t.end()
	defer t.conn.Close()
	r := ws.NewReader(ws.Server)
	r.SetLimit(messageMax)
	if len(more) > 0 {
		r.Feed(more)
	}
	for t.take(r) {
		t.conn.SetReadDeadline(time.Now().Add(silenceMax))
		n, err := t.conn.Read(r.Space())
		r.Filled(n)
		if err != nil {
			return
		}
	}
}

// take handles what is complete; false: the tab is over.
func (t *tab) take(r *ws.Reader) bool {
	for {
		m, ok, err := r.Next()
		switch {
		case err != nil:
			return false
		case !ok:
			return true
		case m.Op == ws.Close:
			t.emit(ws.Close, ws.AppendClosePayload(nil, ws.Normal, ""))
			return false
		case m.Op == ws.Ping:
			t.emit(ws.Pong, m.Data)
		case m.Op == ws.Text:
			t.request(m.Data)
		}
	}
}

// request is one message of the tab. What cannot be read is answered, and changes nothing.
func (t *tab) request(data []byte) {
	var q request
	if err := json.Unmarshal(data, &q); err != nil {
		t.answer(0, control.Refused("the message cannot be read: %v", err))
		return
	}
	switch q.Type {
	case "screen":
		t.sections.Store(uint32(sectionsOf(q.Screen)))
	case "full":
		if now := time.Now(); now.Sub(t.lastAsk) >= fullAtLeast {
			t.lastAsk = now
			t.ask()
		}
	case "command":
		c := control.Command{Name: q.Name, Arg: q.Arg, Token: q.Token}
		t.s.decide(t.ses, c, t.from, func(d control.Decision) {
			t.send(message{Type: "confirm", ID: &q.ID, Token: d.Token, Text: d.Text, Needs: d.Needs}.encode())
		}, func(a control.Ack) { t.answer(q.ID, a) })
	default:
		t.answer(q.ID, control.Refused("there is no message of type %q", q.Type))
	}
}

func (t *tab) answer(id int64, a control.Ack) {
	t.send(message{Type: "ack", ID: &id, OK: &a.OK, Text: a.Text}.encode())
}
