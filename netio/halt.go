package netio

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// ErrHalted: a [Halt] ended the connection, or kept the request from being written.
var ErrHalted = errors.New("nothing more is written here: it was halted")

// Halt lets the owner of networks ([SocketConfig].Halt) take back, from any goroutine, what was sent and has not been written yet:
// frames that wait for a slow peer, and requests that are marked [Request].Halts and are on their way to a connection. What has
// been written cannot be taken back. Connections that owe nothing live on. One Halt serves one run; it is never undone.
type Halt struct {
	written atomic.Int64
	on      atomic.Bool

	mu   sync.Mutex
	nets []*sockets
	asks map[*asking]struct{} // marked requests that have a connection and are not wholly written
}

// haltPatience is how long Now waits for a writer to leave a connection before it cuts that under its hands: a thread that the
// system has put to sleep in the middle may not come back for long.
const haltPatience = time.Millisecond

// Written is how many bytes the system has taken from WebSockets of these networks, those counted whole that it is being given now:
// when that has ended, the ones that it did not take are counted no longer.
func (h *Halt) Written() int64 { return h.written.Load() }

// Now halts. When it has returned, no byte of what had been sent before is written any more. busy says that a frame may be under
// the writer's hands at this moment: then every connection is cut, whether it owes something or not.
func (h *Halt) Now(busy bool) {
	h.on.Store(true)
	h.mu.Lock()
	defer h.mu.Unlock()
	for a := range h.asks {
		shut(a.conn)
	}
	for _, n := range h.nets {
		n.mu.Lock()
		for s := range n.open {
			s.out.halt(busy)
		}
		n.mu.Unlock()
	}
}

// join puts a network under h, which may be nil.
func (h *Halt) join(n *sockets) {
	if h != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.nets = append(h.nets, n)
	}
}

// count adds n bytes that are about to be written, or takes away those that were not; h may be nil.
func (h *Halt) count(n int) {
	if h != nil {
		h.written.Add(int64(n))
	}
}

// asking is one marked request. Its methods do nothing on nil, which stands for a request that is not marked.
type asking struct {
	h    *Halt
	conn net.Conn
}

// newAsking is a new marked request of h; nil where it is not marked or there is no h.
func (h *Halt) newAsking(r *Request) *asking {
	if h == nil || !r.Halts {
		return nil
	}
	return &asking{h: h}
}

// barred says that it must not begin any more.
func (a *asking) barred() bool { return a != nil && a.h.on.Load() }

// got: the request is about to be written to conn.
func (a *asking) got(conn net.Conn) {
	if a == nil {
		return
	}
	a.h.mu.Lock()
	defer a.h.mu.Unlock()
	if a.h.on.Load() {
		shut(conn)
		return
	}
	if a.h.asks == nil {
		a.h.asks = map[*asking]struct{}{}
	}
	a.conn = conn
	a.h.asks[a] = struct{}{}
}

// done: it is written, or given up.
func (a *asking) done() {
	if a == nil {
		return
	}
	a.h.mu.Lock()
	defer a.h.mu.Unlock()
	delete(a.h.asks, a)
}

// halt cuts the connection where it owes something, or where that cannot be known soon.
func (o *outbox) halt(busy bool) {
	if busy {
		shut(o.Conn)
		return
	}
	for began := time.Now(); !o.mu.TryLock(); {
		if time.Since(began) > haltPatience {
			shut(o.Conn)
			return
		}
	}
	defer o.mu.Unlock()
	if o.busy {
		if o.err == nil {
			o.err = ErrHalted
		}
		shut(o.Conn)
	}
}

// shut ends a connection in both directions. It waits for nobody: who is about to write to it fails from now on. The reader
// notices the end and closes it.
func shut(c net.Conn) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if o, ok := c.(*outbox); ok {
		c = o.Conn
	}
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		_ = c.Close()
		return
	}
	raw, err := tcp.SyscallConn()
	if err == nil {
		var said error
		err = errors.Join(raw.Control(func(fd uintptr) { said = shutSocket(fd) }), said)
	}
	if err != nil { // it may be gone already
		_ = tcp.Close()
	}
}
