package aio

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// Limits of a Conn.
const (
	connReadMax  = 64 << 10 // bytes that wait for Read; above it the reader stops reading
	connReadStep = 16 << 10 // bytes of one read
	connWriteMax = 64 << 10 // bytes under way; above it Write suspends
	connLinger   = time.Second
)

// Conn is a net.Conn for tasks: Read and Write suspend the task that calls them, and not the loop. What takes a net.Conn runs on it
// unchanged, on the stack of the task: crypto/tls, bufio, a codec.
//
// Since net.Conn leaves no room for a *Co, Read and Write take the task that runs, and the innermost [Group] or [Timeout] that it is
// in; Detach does not reach them. One task may read while another writes; what lies on top may be stricter: tls.Conn holds a
// mutex during its handshake, and a task that waits for a mutex stops the loop, so let one task shake hands before others come.
//
// A goroutine reads ahead, up to a bound, and delivers as an [Inlet]. A Write is tried at once where the system allows it without
// blocking; the rest goes to a goroutine, and beyond a bound Write waits. So a Write that returned may fail later: the next one
// says so. Where the run is recorded, what was read and how far writes came is in the ingress log; a replay opens nothing, reads
// from the log and drops what is written. What draws random numbers of its own, as crypto/tls does, cannot be replayed from
// below: there the log has to be above it.
type Conn struct {
	l   *Loop
	nc  net.Conn // nil in a replay
	in  *Inlet
	out *outbox

	rx       []byte
	rxErr    error
	buffered atomic.Int64  // len of rx and what is on its way there
	room     chan struct{} // the reader waits for it
	quit     chan struct{}
	readers  waitList
	readBy   connDeadline

	pending int // written, and not known to be with the system
	txErr   error
	writers waitList
	writeBy connDeadline

	closed        bool
	local, remote net.Addr
}

var _ net.Conn = (*Conn)(nil)

// connDeadline ends the waits of one direction.
type connDeadline struct {
	timer   *Timer
	expired bool
}

// What the payload of a Conn's inlet begins with.
const (
	connData  = 'd'
	connEOF   = 'e'
	connError = 'r' // of reading
	connSent  = 's'
	connFail  = 'w' // of writing
)

// NewConn makes nc a Conn of the loop, which reads it from now on and closes it at the end of Run. In a replay nc may be nil.
func NewConn(l *Loop, nc net.Conn) *Conn {
	c := &Conn{l: l, nc: nc, room: make(chan struct{}, 1), quit: make(chan struct{})}
	c.local, c.remote = connAddr{}, connAddr{}
	name := "conn"
	if nc != nil {
		c.local, c.remote = nc.LocalAddr(), nc.RemoteAddr()
		name = "conn " + c.remote.String()
	}
	c.in = NewInlet(l, name, c.handle)
	c.readBy.timer = NewTimer(l, ClassTimer, func() { c.readBy.expire(&c.readers) })
	c.writeBy.timer = NewTimer(l, ClassTimer, func() { c.writeBy.expire(&c.writers) })
	if l.conns == nil {
		l.conns = map[*Conn]struct{}{}
		l.AtClose(func() {
			for c := range l.conns { // order: each only closes its own socket
				c.shut()
			}
		})
	}
	l.conns[c] = struct{}{}
	if l.rep == nil {
		c.out = newOutbox(c)
		l.Spawn(c.read)
	}
	return c
}

// Dial connects as net.Dial does, on a goroutine, while co is suspended.
func Dial(co *Co, network, addr string) (*Conn, error) {
	var nc net.Conn
	nothing := Codec[struct{}]{
		Encode: func(struct{}) ([]byte, error) { return nil, nil },
		Decode: func([]byte) (struct{}, error) { return struct{}{}, nil },
	}
	_, err := RunBlocking(co, func(ctx context.Context) (_ struct{}, err error) {
		nc, err = new(net.Dialer).DialContext(ctx, network, addr)
		return struct{}{}, err
	}, nothing)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	return NewConn(co.t.l, nc), nil
}

// read is the reader goroutine.
func (c *Conn) read() {
	buf := make([]byte, 1+connReadStep)
	for {
		n, err := c.nc.Read(buf[1:])
		if n > 0 {
			buf[0] = connData
			c.buffered.Add(int64(n))
			if !c.in.Deliver(buf[:1+n]) {
				return
			}
		}
		switch {
		case err == io.EOF:
			c.in.Deliver([]byte{connEOF})
			return
		case err != nil:
			c.in.Deliver(append([]byte{connError}, err.Error()...))
			return
		}
		for c.buffered.Load() > connReadMax {
			select {
			case <-c.room:
			case <-c.quit:
				return
			case <-c.l.done:
				return
			}
		}
	}
}

// handle takes what the goroutines have to say.
func (c *Conn) handle(p []byte) {
	switch body := p[1:]; p[0] {
	case connData:
		c.rx = append(c.rx, body...)
		c.readers.wakeAll()
	case connEOF:
		c.rxErr = io.EOF
		c.readers.wakeAll()
	case connError:
		c.rxErr = &net.OpError{Op: "read", Net: "aio", Err: errors.New(string(body))}
		c.readers.wakeAll()
	case connSent:
		n, _ := binary.Uvarint(body)
		c.pending -= int(n)
		c.writers.wakeAll()
	case connFail:
		c.txErr = &net.OpError{Op: "write", Net: "aio", Err: errors.New(string(body))}
		c.pending = 0
		c.writers.wakeAll()
	}
}

// Read fills p with what has come, and suspends the running task until there is something.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		switch {
		case c.closed:
			return 0, net.ErrClosed
		case len(p) == 0:
			return 0, nil
		case len(c.rx) > 0:
			return c.take(p), nil
		case c.rxErr != nil:
			return 0, c.rxErr
		case c.readBy.expired:
			return 0, os.ErrDeadlineExceeded
		}
		if err := c.wait(&c.readers, awaitRead); err != nil {
			return 0, err
		}
	}
}

// take moves bytes from rx to p.
func (c *Conn) take(p []byte) int {
	n := copy(p, c.rx)
	if c.rx = c.rx[n:]; len(c.rx) == 0 {
		c.rx = c.rx[:0:0]
	}
	if c.buffered.Add(-int64(n)) <= connReadMax {
		select {
		case c.room <- struct{}{}:
		default:
		}
	}
	return n
}

// Write sends p, and suspends the running task while too much is under way.
func (c *Conn) Write(p []byte) (int, error) {
	sent := 0
	for {
		switch {
		case c.closed:
			return sent, net.ErrClosed
		case c.txErr != nil:
			return sent, c.txErr
		case c.writeBy.expired:
			return sent, os.ErrDeadlineExceeded
		case sent == len(p):
			return sent, nil
		}
		if free := connWriteMax - c.pending; free > 0 {
			k := min(free, len(p)-sent)
			c.pending += c.out.send(p[sent : sent+k])
			sent += k
			continue
		}
		if err := c.wait(&c.writers, awaitWrite); err != nil {
			return sent, err
		}
	}
}

// wait suspends the task that runs in the innermost scope that it has entered.
func (c *Conn) wait(w *waitList, what awaitKind) error {
	t := c.l.cur
	if t == nil {
		if c.l.dead.Load() {
			return net.ErrClosed
		}
		panic("aio: a Conn would have to wait, and no task runs: a callback may not read or write it")
	}
	co := Co{t: t, s: t.inner, id: t.id}
	return waitIn(w, &co, what)
}

// Close ends waiting Reads and Writes. What is still to be sent gets a second to go.
func (c *Conn) Close() error {
	if c.closed {
		return net.ErrClosed
	}
	c.l.onLoop()
	c.closed = true
	c.readBy.timer.Stop()
	c.writeBy.timer.Stop()
	c.readers.wakeAll()
	c.writers.wakeAll()
	c.shut()
	c.in.Close()
	delete(c.l.conns, c)
	return nil
}

// shut ends the goroutines.
func (c *Conn) shut() {
	if c.nc != nil {
		select {
		case <-c.quit:
		default:
			close(c.quit)
			c.out.close()
		}
	}
}

// LocalAddr is that of the socket.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is that of the socket.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// connAddr is the address of a connection in a replay.
type connAddr struct{}

func (connAddr) Network() string { return "replay" }
func (connAddr) String() string  { return "replay" }

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline makes Reads fail with os.ErrDeadlineExceeded from t on; the zero time takes it away. With a virtual clock the
// span from the wall clock's now is what counts.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.readBy.set(c, t, &c.readers) }

// SetWriteDeadline does so for Writes.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.writeBy.set(c, t, &c.writers) }

func (d *connDeadline) set(c *Conn, t time.Time, w *waitList) error {
	if c.closed {
		return net.ErrClosed
	}
	d.timer.Stop()
	if d.expired = false; t.IsZero() {
		return nil
	}
	at := t.UnixNano()
	if c.l.virtual {
		at = c.l.after(time.Until(t))
	}
	if at <= c.l.now {
		d.expire(w)
		return nil
	}
	d.timer.Arm(at)
	return nil
}

func (d *connDeadline) expire(w *waitList) {
	d.expired = true
	w.wakeAll()
}
