package aio

import (
	"encoding/binary"
	"sync"
	"syscall"
	"time"
)

// outbox sends what a Conn writes: at once where that cannot block, else on a goroutine that is started by the first need.
type outbox struct {
	c   *Conn
	raw syscall.RawConn // nil: every write might block

	mu      sync.Mutex
	buf     []byte // for the goroutine; bounded by connWriteMax
	sending bool   // it has bytes in hand
	started bool
	closing bool
	more    chan struct{}
}

func newOutbox(c *Conn) *outbox {
	o := &outbox{c: c, more: make(chan struct{}, 1)}
	if s, ok := c.nc.(syscall.Conn); ok && canWriteRaw {
		o.raw, _ = s.SyscallConn()
	}
	return o
}

// send takes p, and says how many bytes of it will be accounted for by a payload. In a replay the log does that.
func (o *outbox) send(p []byte) (pending int) {
	if o == nil {
		return len(p)
	}
	recording := o.c.l.rec != nil
	n := 0
	var err error
	if o.raw != nil && o.idle() {
		if n, err = writeRaw(o.raw, p); err != nil {
			o.c.in.Post(append([]byte{connFail}, err.Error()...))
			return len(p)
		}
	}
	if recording && n > 0 {
		o.report(n)
	}
	if n < len(p) {
		o.queue(p[n:])
	}
	if recording {
		return len(p)
	}
	return len(p) - n
}

// report says that n bytes have gone.
func (o *outbox) report(n int) { o.c.in.Post(binary.AppendUvarint([]byte{connSent}, uint64(n))) }

func (o *outbox) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.buf) == 0 && !o.sending
}

// queue leaves p to the goroutine. It is called on the loop.
func (o *outbox) queue(p []byte) {
	o.mu.Lock()
	o.buf = append(o.buf, p...)
	start := !o.started
	o.started = true
	o.mu.Unlock()
	if start {
		o.c.l.Spawn(o.run)
	}
	o.wake()
}

func (o *outbox) wake() {
	select {
	case o.more <- struct{}{}:
	default:
	}
}

// run is the goroutine.
func (o *outbox) run() {
	var spare []byte
	for {
		<-o.more
		for {
			o.mu.Lock()
			b := o.buf
			if o.sending = len(b) > 0; o.sending { // else buf stays: it must never be what is being sent
				o.buf, spare = spare[:0], nil
			}
			closing := o.closing
			o.mu.Unlock()
			if len(b) == 0 {
				if closing {
					o.c.nc.Close()
					return
				}
				break
			}
			if _, err := o.c.nc.Write(b); err != nil {
				o.c.in.Post(append([]byte{connFail}, err.Error()...))
			} else {
				o.report(len(b))
			}
			spare = b
		}
	}
}

// close closes the socket when all is sent, or after connLinger.
func (o *outbox) close() {
	o.mu.Lock()
	o.closing = true
	busy := o.started
	o.mu.Unlock()
	if !busy {
		o.c.nc.Close()
		return
	}
	o.c.nc.SetWriteDeadline(time.Now().Add(connLinger))
	o.c.nc.SetReadDeadline(time.Now()) // the reader may go
	o.wake()
}
