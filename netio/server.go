package netio

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"baton/aio"
	"baton/netio/ws"
)

// Limits of a server.
const (
	headerWait = 10 * time.Second // for a request's header
	bodyWait   = 30 * time.Second // for all of a request
	headerMax  = 64 << 10
	idleMax    = 2 * time.Minute // of a connection between requests
	callsMax   = 1024            // requests that wait for the service's answer
	openMax    = 4096            // WebSockets of one network, both ends counted
	socketsMax = 2 * openMax     // with those that are closed and wait for the peer's end
)

// server is one Listener's. Its handlers run on net/http's goroutines and hand each request to the loop as bytes.
type server struct {
	n    *sockets
	s    Service
	in   *aio.Inlet
	http *http.Server  // nil in a replay
	done chan struct{} // closed: nothing will be answered any more
	over bool

	mu    sync.Mutex
	seq   uint64
	calls map[uint64]*call
}

// call is one request in the server: what its goroutine waits for, or what it left for the loop.
type call struct {
	answer  chan *Response // nil in it: the connection is to be cut
	upgrade *dialled       // of a WebSocket
	accept  string
	trip    *trip
	link    uint64
}

// Listen opens the port; what comes is served until Close.
func (n *sockets) Listen(co *aio.Co, addr string, s Service) (*Listener, error) {
	var ln net.Listener // nil in a replay
	at, err := aio.RunBlocking(co, func(ctx context.Context) (_ string, err error) {
		ln, err = new(net.ListenConfig).Listen(ctx, "tcp", addr)
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			return "", inUse(addr)
		case err != nil:
			return "", fmt.Errorf("cannot listen at %q: %w: the form is host:port, such as 127.0.0.1:8080", addr, err)
		}
		return ln.Addr().String(), nil
	}, aio.StringCodec())
	if err != nil {
		return nil, err
	}
	srv := &server{n: n, s: s, done: make(chan struct{}), calls: map[uint64]*call{}}
	srv.in = aio.NewInlet(n.l, "requests "+at, srv.entry)
	if ln != nil {
		srv.listen(ln)
	}
	_, port, _ := net.SplitHostPort(at)
	n.ports[port]++
	n.lns[srv] = struct{}{}
	return &Listener{addr: at, close: func() {
		n.ports[port]--
		delete(n.lns, srv)
		srv.close()
	}}, nil
}

// listen lets net/http take what comes to ln.
func (s *server) listen(ln net.Listener) {
	s.http = &http.Server{
		Handler: s, ReadHeaderTimeout: headerWait, ReadTimeout: bodyWait, IdleTimeout: idleMax, MaxHeaderBytes: headerMax,
		ErrorLog: log.New(io.Discard, "", 0),
	}
	if s.n.cfg.Serve != nil {
		ln = &secured{ln, s.n}
	}
	s.n.l.Spawn(func() { s.http.Serve(ln) })
}

// secured is a listener whose connections are TLS over an outbox each, so that a write does not block there either.
type secured struct {
	net.Listener
	n *sockets
}

// Accept runs on a goroutine of net/http.
func (s *secured) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tcp := c.(*net.TCPConn)
	s.n.tune(tcp)
	return tls.Server(newOutbox(tcp, s.n.cfg.WriteMax, s.n.l.Spawn), s.n.cfg.Serve), nil
}

// close ends it, once.
func (s *server) close() {
	if s.over {
		return
	}
	s.over = true
	s.in.Close()
	close(s.done)
	if s.http != nil {
		s.http.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		c.trip.answer() // its client hears of the end on the line
		if c.upgrade != nil {
			c.upgrade.conn.Close()
		}
	}
	clear(s.calls)
}

// add registers a call for the loop to find. 0: there are too many.
func (s *server) add(c *call) (id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) >= callsMax {
		return 0
	}
	s.seq++
	s.calls[s.seq] = c
	return s.seq
}

// get finds a call, remove takes it out. nil: it has ended.
func (s *server) get(id uint64) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[id]
}

func (s *server) remove(id uint64) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls[id]
	delete(s.calls, id)
	return c
}

// ServeHTTP runs on a goroutine of net/http.
func (s *server) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, hr.Body, maxBody))
	if err != nil {
		http.Error(w, "the body could not be read: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	r := &Request{
		Method: hr.Method, Path: hr.URL.EscapedPath(), Query: hr.URL.RawQuery, Body: body, Remote: hr.RemoteAddr,
		Header: headerList(hr.Header, tokenHeader),
	}
	id := s.n.known(hr.Header.Get(tokenHeader))
	if ws.IsUpgrade(hr.Header.Get) {
		s.upgrade(w, hr, r, id)
		return
	}
	s.request(w, hr, r, id)
}

// request hands a plain one to the loop and writes what it answers.
func (s *server) request(w http.ResponseWriter, hr *http.Request, r *Request, tripID uint64) {
	c := &call{answer: make(chan *Response, 1), trip: s.n.trip(tripID)}
	id := s.add(c)
	defer s.remove(id)
	if id == 0 || !s.in.Post(appendRequest([]byte{entryRequest}, id, r)) {
		http.Error(w, "the server is closing, or has too much to do", http.StatusServiceUnavailable)
		return
	}
	var res *Response
	select {
	case res = <-c.answer:
	case <-s.done:
	case <-hr.Context().Done():
	}
	if res == nil {
		panic(http.ErrAbortHandler) // net/http's way to cut a connection
	}
	for _, h := range res.Header {
		w.Header().Add(h[0], h[1])
	}
	w.WriteHeader(res.Status)
	w.Write(res.Body)
}

// upgrade takes the connection away from net/http, for the loop to decide on.
func (s *server) upgrade(w http.ResponseWriter, hr *http.Request, r *Request, linkID uint64) {
	accept, err := ws.Challenge(hr.Method, hr.Header.Get)
	if err != nil {
		w.Header().Set("Connection", "close")
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if s.n.crowded() {
		http.Error(w, "too many connections are open", http.StatusServiceUnavailable)
		return
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	conn.SetDeadline(time.Time{})
	more, _ := rw.Reader.Peek(rw.Reader.Buffered())
	c := &call{upgrade: s.layers(conn, more), accept: accept, link: linkID}
	if id := s.add(c); id == 0 || !s.in.Post(appendRequest([]byte{entryUpgrade}, id, r)) {
		s.remove(id)
		conn.Close()
	}
}

// layers are the outbox below a connection that was taken from net/http, and the layer to read and write.
func (s *server) layers(conn net.Conn, more []byte) *dialled {
	if t, ok := conn.(*tls.Conn); ok {
		return &dialled{out: t.NetConn().(*outbox), conn: t, more: more}
	}
	tcp := conn.(*net.TCPConn)
	s.n.tune(tcp)
	out := newOutbox(tcp, s.n.cfg.WriteMax, s.n.l.Spawn)
	return &dialled{out: out, conn: out, more: more}
}

// What an entry of the request inlet begins with.
const (
	entryRequest = 'r'
	entryUpgrade = 'u' // to a WebSocket
)

// entry is a request on the loop. It is served also where its client is gone, as in a replay all are: what a service does must
// not depend on what no log tells.
func (s *server) entry(p []byte) {
	id, r, err := parseRequest(p[1:])
	if err != nil {
		panic(err) // our own bytes
	}
	c := s.get(id)
	if c == nil {
		c = &call{}
	}
	if p[0] == entryUpgrade {
		s.remove(id)
		s.accept(c, r)
		return
	}
	c.trip.take()
	s.serve(id, c, r)
}

// serve asks the service, and passes its answer to the goroutine that waits.
func (s *server) serve(id uint64, c *call, r *Request) {
	answered := false
	s.s.Serve(r, func(res *Response) {
		if answered {
			panic("netio: a request was answered twice: " + r.Method + " " + r.Path)
		}
		answered = true
		a := s.n.cfg.Fault.judge(&Transit{Kind: Answer, Path: r.Path, Data: res.Body})
		if a.Verdict == Drop {
			return
		}
		send := func() {
			if s.get(id) == nil {
				return
			}
			c.trip.answer()
			if a.Verdict == Cut {
				res = nil
			}
			c.answer <- res
		}
		if a.Delay > 0 {
			s.n.l.CallLater(a.Delay, send)
			return
		}
		send()
	})
}

// accept asks the service for a WebSocket's handler, and answers the handshake.
func (s *server) accept(c *call, r *Request) {
	k := s.n.links[c.link]
	k.join(ws.Server)
	conn := newConn(s.n.l, ws.Server, r.Remote, r.Path, r.Query, s.n.cfg.Fault)
	conn.link = k
	h, refusal := s.ask(r, conn)
	if refusal != nil {
		conn.state = closed
		k.finish(ws.Server)
		if c.upgrade != nil {
			c.upgrade.conn.Write(refusalText(refusal))
			s.n.discard(c.upgrade)
		}
		return
	}
	if c.upgrade != nil {
		c.upgrade.conn.Write(ws.AppendResponse(nil, c.accept)) // an error shows at the first message
	}
	s.n.start(conn, h, c.upgrade)
}

func (s *server) ask(r *Request, c *Conn) (Handler, *Response) {
	if s.n.live >= openMax {
		return nil, &Response{Status: http.StatusServiceUnavailable, Body: []byte("too many connections are open")}
	}
	h, refusal := s.s.Accept(r, c)
	if refusal == nil && h == nil {
		refusal = noHandler()
	}
	return h, refusal
}

// discard ends a connection after what was written to it.
func (n *sockets) discard(d *dialled) {
	d.out.end()
	n.l.Spawn(func() {
		io.Copy(io.Discard, d.out.Conn)
		d.out.Conn.Close()
	})
}

// refusalText is a whole HTTP response that ends its connection.
func refusalText(r *Response) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %d\r\n", r.Status, http.StatusText(r.Status), len(r.Body))
	for _, h := range r.Header {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	b.Write(r.Body)
	return []byte(b.String())
}
