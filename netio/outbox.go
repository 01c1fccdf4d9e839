package netio

import (
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// Limits of an outbox.
const (
	stallMax   = 10 * time.Second // without any progress: the peer is as good as gone
	drainChunk = 16 << 10         // bytes whose writing is one step of progress
	lingerMax  = 5 * time.Second  // after our end of the bytes, for the peer's
)

// outbox is a socket whose Write never blocks: it writes what the socket takes at once, and leaves the rest, up to a limit,
// to a goroutine that lives as long as there is something left. It is the lowest layer, below TLS.
type outbox struct {
	net.Conn // reads, addresses
	raw      syscall.RawConn
	limit    int
	spawn    func(func())
	brake    *Halt // counts what is written; nil: nobody does

	mu    sync.Mutex
	queue []byte // for the goroutine
	spare []byte
	owed  int  // bytes that Write took and the socket has not
	busy  bool // the goroutine runs
	ended bool // no more is written: after what is owed the peer gets an end
	err   error

	try attempt
}

func newOutbox(c *net.TCPConn, limit int, spawn func(func())) *outbox {
	o := &outbox{Conn: c, limit: limit, spawn: spawn}
	if raw, err := c.SyscallConn(); err == nil {
		o.raw = raw
	}
	o.try.fn = o.try.write
	return o
}

// Write takes all of p or nothing.
func (o *outbox) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.err != nil:
		return 0, o.err
	case o.ended:
		return 0, net.ErrClosed
	case o.owed+len(p) > o.limit && o.busy:
		return 0, fmt.Errorf("%w: %d bytes wait", ErrFull, o.owed)
	}
	n := 0
	if !o.busy && o.raw != nil {
		var err error
		o.brake.count(len(p))
		n, err = o.try.now(o.raw, p)
		o.brake.count(n - len(p))
		if err != nil {
			o.err = err
			o.Conn.Close() // the reader notices, and asks why
			if n == 0 {
				return 0, err
			}
			return len(p), nil // some of it left
		}
	}
	if n < len(p) {
		o.queue = append(o.queue, p[n:]...)
		o.owed += len(p) - n
		if !o.busy {
			o.busy = true
			o.spawn(o.drain)
		}
	}
	return len(p), nil
}

// drain writes what is queued until there is nothing left.
func (o *outbox) drain() {
	for {
		o.mu.Lock()
		if o.err != nil || len(o.queue) == 0 {
			o.busy = false
			over, err := o.ended, o.err
			o.mu.Unlock()
			if err != nil {
				o.Conn.Close() // the reader notices, and asks why
			} else if over {
				o.closeWrite()
			}
			return
		}
		p := o.queue
		o.queue, o.spare = o.spare[:0], nil
		o.mu.Unlock()
		err := o.writeAll(p)
		o.mu.Lock()
		if cap(p) <= keepFrame {
			o.spare = p
		}
		if err != nil && o.err == nil {
			o.err = err
		}
		o.mu.Unlock()
	}
}

func (o *outbox) writeAll(p []byte) error {
	for len(p) > 0 {
		o.Conn.SetWriteDeadline(time.Now().Add(stallMax))
		part := p[:min(len(p), drainChunk)]
		o.brake.count(len(part))
		n, err := o.Conn.Write(part)
		o.brake.count(n - len(part))
		o.mu.Lock()
		o.owed -= n
		o.mu.Unlock()
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		p = p[n:]
	}
	return o.Conn.SetWriteDeadline(time.Time{}) // a deadline that has passed would stop the next attempt
}

// end lets the peer's reader see the end after what is owed.
func (o *outbox) end() {
	o.mu.Lock()
	was := o.ended
	o.ended = true
	now := !was && !o.busy
	o.mu.Unlock()
	o.Conn.SetReadDeadline(time.Now().Add(lingerMax))
	if now {
		o.closeWrite()
	}
}

func (o *outbox) closeWrite() {
	if c, ok := o.Conn.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
}

// failure is why writing failed, or nil.
func (o *outbox) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// SetWriteDeadline does nothing: a Write takes no time, and the goroutine has deadlines of its own.
func (o *outbox) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is that of reads.
func (o *outbox) SetDeadline(t time.Time) error { return o.Conn.SetReadDeadline(t) }

// attempt is one write that does not wait. It is kept, so that it allocates nothing.
type attempt struct {
	fn  func(fd uintptr) bool
	p   []byte
	n   int
	err error
}

// now writes as much of p as the socket takes at once.
func (a *attempt) now(raw syscall.RawConn, p []byte) (int, error) {
	a.p, a.n, a.err = p, 0, nil
	if err := raw.Write(a.fn); err != nil && a.err == nil {
		a.err = err
	}
	a.p = nil
	return a.n, a.err
}
