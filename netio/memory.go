package netio

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"baton/aio"
	"baton/netio/ws"
)

// MemoryConfig of a network in memory; the zero value delivers everything at once, that is on the loop's next pass.
type MemoryConfig struct {
	Delay time.Duration // of every message, one way
	Fault Fault         // asked at every message; may add to Delay
	// Limit is the time after which a request without an answer is lost; 0: 10 s.
	Limit time.Duration
	Seed  uint64 // of the masking keys
	// Breaker cuts the whole network off, and lets it work again; nil: nobody does.
	Breaker *Breaker
}

const requestLimit = 10 * time.Second

// Memory is a network inside one loop: no socket, no goroutine, no net/http. What happens is a function of what is sent and
// of the clock. WebSocket messages cross it as the bytes of real frames.
func Memory(l *aio.Loop, cfg MemoryConfig) Network {
	if cfg.Limit == 0 {
		cfg.Limit = requestLimit
	}
	return &memory{l: l, cfg: cfg, port: firstPort, keys: rand.NewChaCha8([32]byte{0: byte(cfg.Seed), 1: byte(cfg.Seed >> 8)})}
}

const firstPort = 49152

type memory struct {
	l       *aio.Loop
	cfg     MemoryConfig
	keys    *rand.ChaCha8
	servers []*memoryServer
	port    int
	clients int
}

type memoryServer struct {
	addr   string
	s      Service
	closed bool
}

// Listen finds a port where addr has 0 for it.
func (m *memory) Listen(co *aio.Co, addr string, s Service) (*Listener, error) {
	if host, ok := strings.CutSuffix(addr, ":0"); ok {
		addr = host + ":" + strconv.Itoa(m.port)
		m.port++
	}
	if m.server(addr) != nil {
		return nil, inUse(addr)
	}
	srv := &memoryServer{addr: addr, s: s}
	m.servers = append(m.servers, srv)
	return &Listener{addr: addr, close: func() {
		srv.closed = true
		m.servers = slices.DeleteFunc(m.servers, func(x *memoryServer) bool { return x == srv })
	}}, nil
}

// inUse is the error of Listen at an address that somebody has.
func inUse(addr string) error {
	return fmt.Errorf("cannot listen at %s: the port is in use: stop the program that has it, or choose another address; "+
		"port 0 takes any that is free", addr)
}

func (m *memory) server(addr string) *memoryServer {
	for _, s := range m.servers {
		if s.addr == addr {
			return s
		}
	}
	return nil
}

func (m *memory) refused(addr string) error {
	return &Lost{Err: fmt.Errorf("connect to %s: connection refused: nothing listens there", addr)}
}

// remote makes up a client's address.
func (m *memory) remote() string {
	m.clients++
	return "memory:" + strconv.Itoa(m.clients)
}

// Dial crosses the network twice: the request and its answer.
func (m *memory) Dial(co *aio.Co, target string, h Handler) (*Conn, error) {
	u, err := parseTarget(target)
	if err != nil {
		return nil, err
	}
	cuts := m.cfg.Breaker.count()
	if m.cfg.Breaker.open() {
		return nil, &Lost{Err: fmt.Errorf("connect to %s: %w", u.Host, ErrCut)}
	}
	client := newConn(m.l, ws.Client, u.Host, u.Path, u.RawQuery, m.cfg.Fault)
	client.keys = m.keys
	server := newConn(m.l, ws.Server, m.remote(), u.Path, u.RawQuery, m.cfg.Fault)
	up, down := newMemoryPipe(m, client, server), newMemoryPipe(m, server, client)
	down.line.shut = true
	client.state = open

	done := aio.NewFuture[*Response](m.l)
	m.l.CallLater(m.cfg.Delay, func() { m.accept(u, server, down, done) })
	refusal, err := done.Await(co)
	if err == nil && refusal == nil {
		err = co.Sleep(m.cfg.Delay)
	}
	if err == nil && m.cfg.Breaker.count() != cuts {
		err = &Lost{Err: fmt.Errorf("connect to %s: %w", u.Host, ErrCut)}
	}
	switch {
	case err != nil:
		up.end() // the server's end, if there is one, hears that the client is gone
		return nil, err
	case refusal != nil:
		return nil, &Refused{refusal.Status, refusal.Body}
	}
	client.start(h, up)
	m.cfg.Breaker.dialled(client)
	down.line.open()
	return client, nil
}

// accept is the handshake at the server.
func (m *memory) accept(u *url.URL, c *Conn, p *memoryPipe, done *aio.Future[*Response]) {
	srv := m.server(u.Host)
	if srv == nil {
		_ = done.Fail(m.refused(u.Host))
		return
	}
	r := &Request{Method: "GET", Path: u.Path, Query: u.RawQuery, Remote: c.remote}
	h, refusal := srv.s.Accept(r, c)
	if refusal == nil && h == nil {
		refusal = noHandler()
	}
	if refusal == nil {
		c.start(h, p)
	}
	_ = done.Set(refusal)
}

func noHandler() *Response {
	return &Response{Status: 500, Body: []byte("the service gave the connection no handler")}
}

// Doer hands requests to the service that listens at base.
func (m *memory) Doer(base string) Doer {
	_, addr, _ := strings.Cut(base, "://")
	return &memoryDoer{m: m, addr: strings.TrimSuffix(addr, "/"), remote: m.remote()}
}

type memoryDoer struct {
	m            *memory
	addr, remote string
}

// memoryCall is one request under way.
type memoryCall struct {
	d    *memoryDoer
	path string
	done *aio.Future[*Response]
}

// Do gives *Lost if the network or the service loses the request or its answer.
func (d *memoryDoer) Do(co *aio.Co, r *Request) (*Response, error) {
	m := d.m
	if m.cfg.Breaker.open() {
		return nil, &Lost{Err: fmt.Errorf("%s %s: %w", r.Method, r.Path, ErrCut)}
	}
	call := &memoryCall{d: d, path: r.Path, done: aio.NewFuture[*Response](m.l)}
	m.cfg.Breaker.asked(call)
	req := *r
	req.Remote, req.Header, req.Body = d.remote, slices.Clone(r.Header), slices.Clone(r.Body)
	a := m.cfg.Fault.judge(&Transit{Kind: Ask, ToServer: true, Path: r.Path, Query: r.Query, Data: r.Body})
	switch a.Verdict {
	case Drop:
	case Cut:
		return nil, &Lost{Sent: true, Err: fmt.Errorf("%s %s: %w", r.Method, r.Path, ErrCut)}
	default:
		m.l.CallLater(m.cfg.Delay+a.Delay, func() { call.serve(&req) })
	}
	var res *Response
	err := aio.Timeout(co, m.cfg.Limit, func(co *aio.Co, _ *aio.Scope) (err error) {
		res, err = call.done.Await(co)
		return err
	})
	if err != nil {
		return nil, lostCall(r, err, errors.Is(err, aio.ErrTimeout), m.cfg.Limit)
	}
	return res, nil
}

// serve is the request's arrival at the server.
func (c *memoryCall) serve(r *Request) {
	srv := c.d.m.server(c.d.addr)
	if srv == nil {
		_ = c.done.Fail(c.d.m.refused(c.d.addr))
		return
	}
	answered := false
	srv.s.Serve(r, func(res *Response) {
		if answered {
			panic("netio: a request was answered twice: " + r.Method + " " + r.Path)
		}
		answered = true
		if !srv.closed {
			c.answer(res)
		}
	})
}

// answer sends the response off.
func (c *memoryCall) answer(res *Response) {
	m := c.d.m
	own := &Response{Status: res.Status, Header: slices.Clone(res.Header), Body: slices.Clone(res.Body)}
	a := m.cfg.Fault.judge(&Transit{Kind: Answer, Path: c.path, Data: res.Body})
	switch a.Verdict {
	case Drop:
	case Cut:
		m.l.CallLater(m.cfg.Delay, func() { _ = c.done.Fail(&Lost{Sent: true, Err: ErrCut}) })
	default:
		m.l.CallLater(m.cfg.Delay+a.Delay, func() { _ = c.done.Set(own) })
	}
}

// memoryPipe is one direction of a connection.
type memoryPipe struct {
	m    *memory
	to   *Conn
	line *line
	r    *ws.Reader // of the receiving end
	over bool
}

func newMemoryPipe(m *memory, from, to *Conn) *memoryPipe {
	p := &memoryPipe{m: m, to: to, r: ws.NewReader(to.role)}
	p.line = newLine(m.l, p.arrive)
	return p
}

func (p *memoryPipe) write(frame []byte) error {
	p.line.put(0, frame, p.m.cfg.Delay)
	return nil
}

func (p *memoryPipe) end() {
	if !p.over {
		p.over = true
		p.line.put(entryEnd, []byte("the connection ended"), p.m.cfg.Delay)
	}
}

func (p *memoryPipe) abort() {
	p.line.clear()
	p.end()
}

// arrive is a frame, or the end, at the receiving end.
func (p *memoryPipe) arrive(what byte, data []byte) {
	if p.to.h == nil || p.to.state == closed { // refused, or gone
		return
	}
	if what == entryEnd {
		p.to.entry(endEntry(string(data)))
		return
	}
	p.r.Feed(data)
	for p.to.state != closed {
		switch msg, ok, err := p.r.Next(); {
		case err != nil:
			p.to.entry(breachEntry(err))
			return
		case !ok:
			return
		default:
			p.to.entry(msg.Tagged)
		}
	}
}

// parseTarget reads the URL of a WebSocket.
func parseTarget(target string) (*url.URL, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		scheme, _, _ := strings.Cut(target, ":") // the rest may hold a secret
		return nil, &Lost{Err: fmt.Errorf("no WebSocket URL (it begins %.20q): use ws://host:port/path or wss://host/path", scheme)}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}
