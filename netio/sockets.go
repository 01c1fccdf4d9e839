package netio

import (
	"bufio"
	"context"
	crand "crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"baton/aio"
	"baton/netio/ws"
)

// SocketConfig of a network of real sockets. The zero value of each field means its default.
type SocketConfig struct {
	Fault    Fault         // asked at every message
	TLS      *tls.Config   // of clients, for wss and https
	Serve    *tls.Config   // of listeners: what they serve is https and wss; nil: plain
	Limit    time.Duration // after which a request without an answer is lost; 10 s of the loop's time
	Dial     time.Duration // for connecting and the handshake; 10 s
	Alive    time.Duration // a peer that is silent so long is pinged; 20 s
	Silence  time.Duration // a peer that is silent so long is given up; 60 s
	WriteMax int           // bytes that may wait for a slow peer, a connection; 4 MiB
	ReadMax  int           // bytes of a message; ws.MaxMessage
	Halt     *Halt         // takes back what is not written yet; nil: nobody does
	// Veil is what of the body of an answer to r stands in the ingress log of a run that is recorded, for answers that hold a secret.
	// What a replay decides must not depend on what it hides. nil: all of it.
	Veil      func(r *Request, body []byte) []byte
	KernelBuf int  // size of each socket's kernel buffers; 0: the system's
	Deflate   bool // clients offer permessage-deflate: fewer bytes to receive, more work for each message
	// Proxy is the HTTP proxy of clients, "http://[user:password@]host:port"; "": the environment's (HTTPS_PROXY, NO_PROXY),
	// [Direct]: none. Addresses of this machine are reached directly, unless ProxyLocal.
	Proxy      string
	ProxyLocal bool
}

func (c *SocketConfig) fill() {
	set(&c.Limit, requestLimit)
	set(&c.Dial, 10*time.Second)
	set(&c.Alive, 20*time.Second)
	set(&c.Silence, 60*time.Second)
	set(&c.WriteMax, 4<<20)
	set(&c.ReadMax, ws.MaxMessage)
}

func set[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// tokenHeader carries, from our own client to our own server, the proof that both live on one loop, and the number under
// which the two ends find each other.
const tokenHeader = "X-Baton-Link"

// sockets is the network of real ones. Everything but what mu guards is the loop's.
type sockets struct {
	l     *aio.Loop
	cfg   SocketConfig
	token string
	seq   uint64
	links map[uint64]*link
	slots *aio.Queue[struct{}] // one item a request under way
	ports map[string]int       // own listeners, by port
	live  int                  // WebSockets that are not closed
	lns   map[*server]struct{}

	mu    sync.Mutex
	open  map[*socket]struct{} // those whose reader has not ended
	trips map[uint64]*trip
}

// Sockets is the network of the machine: TCP, and TLS for wss and https. A goroutine a connection reads, and leads the loop
// with what it read; another exists only while a peer reads too slowly. The end of the loop closes everything.
//
// All that comes in is in the ingress log of a loop that records, and a replay opens nothing: no socket, no port. While the run
// is recorded, a write that fails at once is told by Closed and not by Send, and errors keep their text but not their type,
// except for [Lost], [Refused], [Closed] and the errors of this package.
func Sockets(l *aio.Loop, cfg SocketConfig) Network {
	cfg.fill()
	var token [16]byte
	crand.Read(token[:])
	n := &sockets{
		l: l, cfg: cfg, token: hex.EncodeToString(token[:]),
		links: map[uint64]*link{}, trips: map[uint64]*trip{}, ports: map[string]int{},
		open: map[*socket]struct{}{}, lns: map[*server]struct{}{}, slots: aio.NewQueue[struct{}](l, maxRequests),
	}
	cfg.Halt.join(n)
	l.AtClose(n.close)
	return n
}

func (n *sockets) close() {
	for s := range n.lns {
		s.close()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for s := range n.open {
		s.out.Conn.Close()
	}
}

// own says whether host:port is, by its port, a listener of this network. In a replay nothing is under way, so nothing is
// counted.
func (n *sockets) own(host string) bool {
	if n.l.Replaying() {
		return false
	}
	_, port, err := net.SplitHostPort(host)
	return err == nil && n.ports[port] > 0
}

// next is a number for two ends to find each other by.
func (n *sockets) next() (id uint64, header [2]string) {
	n.seq++
	return n.seq, [2]string{tokenHeader, n.token + "." + strconv.FormatUint(n.seq, 10)}
}

// known is the number in a header of our own client, 0 for anybody else's.
func (n *sockets) known(header string) uint64 {
	token, id, _ := strings.Cut(header, ".")
	if token != n.token {
		return 0
	}
	v, _ := strconv.ParseUint(id, 10, 64)
	return v
}

// dialled is what connecting brings: the socket, the layer to read and write, and what was read too much.
type dialled struct {
	out  *outbox
	conn net.Conn
	more []byte
	ext  ws.Extension
}

// Dial connects and shakes hands on a goroutine, so names are resolved there too.
func (n *sockets) Dial(co *aio.Co, target string, h Handler) (*Conn, error) {
	u, err := parseTarget(target)
	if err != nil {
		return nil, err
	}
	var extra [][2]string
	var k *link
	if n.own(u.Host) {
		id, header := n.next()
		k = &link{l: n.l}
		k.join(ws.Client)
		n.links[id] = k
		defer delete(n.links, id)
		extra = append(extra, header)
	}
	d, err := n.reach(co, u, extra)
	if err != nil {
		k.finish(ws.Client)
		return nil, err
	}
	c := newConn(n.l, ws.Client, u.Host, u.Path, u.RawQuery, n.cfg.Fault)
	c.link, c.state = k, open
	var seed [32]byte
	crand.Read(seed[:])
	c.keys = rand.NewChaCha8(seed)
	n.start(c, h, d)
	return c, nil
}

// reach is Dial's goroutine. What comes of it is in the log, but for the connection, which is nil in a replay.
func (n *sockets) reach(co *aio.Co, u *url.URL, extra [][2]string) (d *dialled, err error) {
	h, err := aio.RunBlocking(co, func(ctx context.Context) (h hello, _ error) {
		d, h.err = n.dial(ctx, u, extra)
		if no, ok := errors.AsType[*Refused](h.err); ok {
			h = hello{refused: no}
		}
		return h, nil
	}, helloCodec())
	switch {
	case h.refused != nil:
		return nil, h.refused
	case err == nil && h.err == nil:
		return d, nil
	case err == nil:
		err = h.err
	}
	return nil, dialError(u, err)
}

// dialError is what went wrong, without the path and query of the URL, which may hold a secret (a listen key, a signature).
func dialError(u *url.URL, err error) error {
	return &Lost{Err: fmt.Errorf("connect to %s://%s: %w", u.Scheme, u.Host, err)}
}

// start makes a connection live: its reader begins. d is nil in a replay, where the log is the reader.
func (n *sockets) start(c *Conn, h Handler, d *dialled) {
	c.alive, c.silence = aio.Nanos(n.cfg.Alive), aio.Nanos(n.cfg.Silence)
	in := aio.NewInlet(n.l, "websocket "+c.remote, c.entry)
	n.live++
	c.rest = func() {
		n.live--
		in.Close()
	}
	if d == nil {
		c.start(h, nowhere{})
		return
	}
	s := &socket{n: n, c: c, in: in, conn: d.conn, out: d.out}
	n.reads(s, true)
	c.start(h, s)
	n.l.Spawn(func() {
		s.read(d.more, d.ext)
		n.reads(s, false)
	})
}

// reads notes that the reader of s begins or has ended, on any goroutine.
func (n *sockets) reads(s *socket, begins bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if begins {
		n.open[s] = struct{}{}
	} else {
		delete(n.open, s)
	}
}

// crowded says whether there are too many sockets, those counted that are closed and wait for the peer's end. It is asked
// outside the loop: what the loop decides must not depend on what no log tells.
func (n *sockets) crowded() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.open) >= socketsMax
}

// dial runs on a goroutine.
func (n *sockets) dial(ctx context.Context, u *url.URL, extra [][2]string) (*dialled, error) {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Dial)
	defer cancel()
	addr := u.Host
	if u.Port() == "" {
		addr = net.JoinHostPort(u.Hostname(), map[string]string{"ws": "80", "wss": "443"}[u.Scheme])
	}
	c, err := n.connect(ctx, u, addr)
	if err != nil {
		return nil, err
	}
	tcp := c.(*net.TCPConn)
	n.tune(tcp)
	d := &dialled{out: newOutbox(tcp, n.cfg.WriteMax, n.l.Spawn)}
	d.out.brake = n.cfg.Halt
	d.conn = d.out
	stop := context.AfterFunc(ctx, func() { _ = tcp.SetDeadline(time.Unix(1, 0)) })
	err = n.shake(ctx, d, u, extra)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = tcp.Close()
		return nil, err
	}
	return d, nil
}

func (n *sockets) tune(c *net.TCPConn) {
	if n.cfg.KernelBuf > 0 {
		_ = c.SetReadBuffer(n.cfg.KernelBuf)
		_ = c.SetWriteBuffer(n.cfg.KernelBuf)
	}
}

// shake does the TLS and the WebSocket handshake.
func (n *sockets) shake(ctx context.Context, d *dialled, u *url.URL, extra [][2]string) error {
	if u.Scheme == "wss" {
		cfg := &tls.Config{}
		if n.cfg.TLS != nil {
			cfg = n.cfg.TLS.Clone()
		}
		if cfg.ServerName == "" {
			cfg.ServerName = u.Hostname()
		}
		t := tls.Client(d.out, cfg)
		if err := t.HandshakeContext(ctx); err != nil {
			return err
		}
		d.conn = t
	}
	var random [16]byte
	crand.Read(random[:])
	key := ws.Key(random)
	if _, err := d.conn.Write(ws.AppendRequest(nil, u.Host, u.RequestURI(), key, n.offers(extra))); err != nil {
		return err
	}
	r := bufio.NewReader(d.conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return fmt.Errorf("the answer to the handshake: %w", err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
		return &Refused{res.StatusCode, body}
	}
	if d.ext, err = n.agreed(res.StatusCode, key, res.Header.Get); err != nil {
		return err
	}
	d.more, _ = r.Peek(r.Buffered())
	return nil
}

// nowhere is the pipe of a replay.
type nowhere struct{}

func (nowhere) write([]byte) error { return nil }
func (nowhere) end()               {}
func (nowhere) abort()             {}

// socket is the pipe of a Conn over TCP or TLS.
type socket struct {
	n    *sockets
	c    *Conn
	in   *aio.Inlet
	conn net.Conn // the outbox, or TLS on it
	out  *outbox

	entries [][]byte // the reader's
}

// write says at once that it has failed, except while the run is recorded: what a socket says has to come by the log then.
func (s *socket) write(frame []byte) error {
	_, err := s.conn.Write(frame)
	if err != nil && s.n.l.Recording() {
		s.in.Post(writeEntry(err))
		return nil
	}
	return err
}

func (s *socket) end() {
	if t, ok := s.conn.(*tls.Conn); ok {
		_ = t.CloseWrite()
	}
	s.out.end()
}

func (s *socket) abort() {
	if c, ok := s.out.Conn.(*net.TCPConn); ok {
		c.SetLinger(0) // what is under way is lost, as in a cut
	}
	s.out.Conn.Close()
}

// read is the reader's goroutine. Each read's messages go to the loop together. After the end of the connection it waits,
// a while, for the peer's end, so that nothing we sent is destroyed by a reset.
func (s *socket) read(more []byte, ext ws.Extension) {
	defer s.out.Conn.Close()
	r := ws.NewReader(s.c.role)
	r.SetLimit(s.n.cfg.ReadMax)
	r.SetExtension(ext)
	if len(more) > 0 {
		r.Feed(more)
	}
	for alive := s.deliver(r); alive; {
		n, err := s.conn.Read(r.Space())
		r.Filled(n)
		if n > 0 {
			alive = s.deliver(r)
		}
		if err != nil {
			s.in.Deliver(endEntry(s.why(err)))
			return
		}
	}
	io.Copy(io.Discard, s.out.Conn)
}

// deliver takes to the loop what is complete. false: the connection is over.
func (s *socket) deliver(r *ws.Reader) bool {
	s.entries = s.entries[:0]
	for {
		m, ok, err := r.Next()
		if err != nil {
			s.entries = append(s.entries, breachEntry(err))
			s.in.Deliver(s.entries...)
			return false
		}
		if !ok {
			return s.in.Deliver(s.entries...)
		}
		s.entries = append(s.entries, m.Tagged)
	}
}

// why says how the connection ended.
func (s *socket) why(err error) string {
	if failed := s.out.failure(); failed != nil {
		return failed.Error()
	}
	if errors.Is(err, io.EOF) {
		return "the connection ended without a close frame"
	}
	return err.Error()
}
