package web

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"baton/control"
	"baton/netio/ws"
	"baton/ui"
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

// tab is one open page. The caster writes to it as long as its socket takes everything; what it does not take, pings and the
// farewell are written by the goroutine of the handshake. Its reader is a goroutine of its own.
type tab struct {
	s     *Server
	ses   *session
	conn  net.Conn
	raw   syscall.RawConn
	from  string
	ready bool // the handshake is done; under the server's lock

	stuck    chan struct{} // something rests for the tab's goroutine
	queue    chan []byte   // messages that wait for it
	sections atomic.Uint32
	full     atomic.Bool // it waits for a whole view
	behind   atomic.Bool // it has missed one
	over     chan struct{}
	once     sync.Once
	lastAsk  time.Time // the reader's

	write  sync.Mutex // of what follows: whoever writes has it
	sent   uint64     // seq of the last view
	rest   []byte     // what the socket has not taken
	out    []byte     // what push is writing
	outErr error
	onceFn func(uintptr) bool // writeOnce, made once
}

// end closes the tab. What it is being sent has a little time left.
func (t *tab) end() { t.once.Do(func() { close(t.over) }) }

// send queues a message, as a frame, for the tab's goroutine.
func (t *tab) send(b []byte) {
	select {
	case t.queue <- b:
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
	t := &tab{s: s, ses: ses, from: r.RemoteAddr, stuck: make(chan struct{}, 1), queue: make(chan []byte, urgentMax), over: make(chan struct{})}
	t.onceFn = t.writeOnce
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
	if t.raw, err = raw(conn); err != nil || !s.admit(t) {
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
	s.tabbed.Store(int32(len(s.tabs)))
	return true
}

// attach gives the tab its connection; false: the server is closing.
func (s *Server) attach(t *tab, conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.conn = conn
	return !s.closed
}

// raw is the socket below, for writes that do not wait. The server listens for TCP alone.
func raw(conn net.Conn) (syscall.RawConn, error) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return c.SyscallConn()
}

// admit lets the caster write to a tab; false: the server is closing.
func (s *Server) admit(t *tab) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.ready = true
	return !s.closed
}

func (s *Server) remove(t *tab) {
	t.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tabs, t)
	s.tabbed.Store(int32(len(s.tabs)))
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
		t.s.rouse() // no other view comes: it gets the last one
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
		case b := <-t.queue:
			alive = t.emit(b)
		case <-t.stuck:
			alive = t.emit(nil)
		case <-ping.C:
			alive = t.emit(ws.Append(nil, ws.Ping, nil))
		}
	}
}

// emit writes what rests, and then b, which is whole frames. It waits for the socket.
func (t *tab) emit(b []byte) bool {
	defer t.caughtUp()
	t.write.Lock()
	defer t.write.Unlock()
	wait := writeWait
	select {
	case <-t.over:
		wait = farewellWait
	default:
	}
	t.conn.SetWriteDeadline(time.Now().Add(wait))
	all := net.Buffers{t.rest, b}
	_, err := all.WriteTo(t.conn)
	t.rest = nil
	t.conn.SetWriteDeadline(time.Time{}) // a deadline that has passed would refuse a push
	return err == nil
}

// farewellWait bounds how long the last words of a closing server may take.
const farewellWait = time.Second

// farewell is the last view, and why there will be no other.
func (t *tab) farewell() {
	t.write.Lock()
	defer t.write.Unlock()
	t.conn.SetWriteDeadline(time.Now().Add(farewellWait))
	b := t.rest
	if f := t.s.latest.Load(); f != nil && f.view.Seq > t.sent {
		b = append(slices.Clip(b), f.bytes(ui.Sections(t.sections.Load()))...)
	}
	b = append(slices.Clip(b), message{Type: "bye", Text: "the run has ended"}.frame()...)
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
			t.emit(ws.Append(nil, ws.Close, ws.AppendClosePayload(nil, ws.Normal, "")))
			return false
		case m.Op == ws.Ping:
			t.emit(ws.Append(nil, ws.Pong, m.Data))
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
			t.send(message{Type: "confirm", ID: &q.ID, Token: d.Token, Text: d.Text, Needs: d.Needs}.frame())
		}, func(a control.Ack) { t.answer(q.ID, a) })
	default:
		t.answer(q.ID, control.Refused("there is no message of type %q", q.Type))
	}
}

func (t *tab) answer(id int64, a control.Ack) {
	t.send(message{Type: "ack", ID: &id, OK: &a.OK, Text: a.Text}.frame())
}
