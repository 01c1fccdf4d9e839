package netio

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"baton/aio"
	"baton/netio/ws"
)

// pipe carries bytes to the peer. Its calls never block.
type pipe interface {
	write(frame []byte) error // an error: nothing of it left
	end()                     // no more will be written: the peer hears of it after all that was
	abort()                   // at once
}

// The states of a Conn.
const (
	opening uint8 = iota // at the server, while Accept decides
	open
	closing // our close frame has left, the peer's has not come
	closed
)

// Entries that cross from a reader to the loop begin with an opcode, or with one of these.
const (
	entryEnd    = 0xF0 // the peer's bytes have ended; the text says how
	entryBreach = 0xF1 // it broke the protocol; two bytes of close code, then the text
	entryWrite  = 0xF2 // a write has failed while the run is recorded; the error follows
)

// Conn is one WebSocket connection. Its handler hears what comes.
type Conn struct {
	l      *aio.Loop
	h      Handler
	pipe   pipe
	role   ws.Role
	state  uint8
	remote string
	transit
	fault Fault
	link  *link
	keys  *rand.ChaCha8 // masking keys of a client

	out   []byte // the frame being made
	early []byte // made while opening
	late  *line  // frames that a fault delays, and those behind them
	timer *aio.Timer
	rest  func() // what else has to end with it

	alive   aio.Nanos // interval of pings; 0: none
	silence aio.Nanos // the most time without a frame from the peer
	heard   aio.Nanos // when the last came
}

// transit is where a connection goes, for faults and for errors.
type transit struct{ path, query string }

func newConn(l *aio.Loop, role ws.Role, remote, path, query string, fault Fault) *Conn {
	c := &Conn{l: l, role: role, remote: remote, transit: transit{path, query}, fault: fault, heard: l.Now()}
	c.timer = aio.NewTimer(l, aio.ClassTimer, c.tick).Label("a connection's silence")
	return c
}

// Send writes one text message: now if the socket takes it, else by the bounded writer goroutine. It never blocks and never
// suspends. An error means that nothing of it left. data is not kept.
func (c *Conn) Send(data []byte) error {
	if c.state > open {
		return fmt.Errorf("send to %s: %w", c.remote, ErrNotOpen)
	}
	var a Action
	if c.fault != nil {
		a = c.fault(&Transit{Kind: Frame, ToServer: c.role == ws.Client, Path: c.path, Query: c.query, Data: data})
	}
	switch a.Verdict {
	case Drop:
		return nil
	case Cut:
		c.l.CallSoon(func() { c.fail(ErrCut) })
		return nil
	}
	return c.write(ws.Text, data, a)
}

// Close sends a close frame. The handler hears Closed, with nil, when the peer has answered it or has had its time; no
// message comes any more.
func (c *Conn) Close(code uint16, reason string) {
	if c.state > open {
		return
	}
	if err := c.write(ws.Close, ws.AppendClosePayload(nil, code, reason), Action{}); err != nil {
		return // it failed, and the handler will hear of that
	}
	c.state = closing
	c.timer.Arm(c.l.Now() + closeWait)
}

// Remote is the peer's address.
func (c *Conn) Remote() string { return c.remote }

// Open says whether Send may succeed.
func (c *Conn) Open() bool { return c.state <= open }

// write makes one frame and sends it off, behind what a fault delays.
func (c *Conn) write(op ws.Opcode, payload []byte, a Action) error {
	if cap(c.out) > keepFrame {
		c.out = nil
	}
	if c.role == ws.Client {
		var key [4]byte
		k := c.keys.Uint64()
		key[0], key[1], key[2], key[3] = byte(k), byte(k>>8), byte(k>>16), byte(k>>24)
		c.out = ws.AppendMasked(c.out[:0], op, payload, key)
	} else {
		c.out = ws.Append(c.out[:0], op, payload)
	}
	if a.Delay > 0 || c.late != nil && !c.late.idle() {
		c.delay(c.out, a)
		return nil
	}
	return c.emit(c.out)
}

// delay puts a frame into the line of late ones.
func (c *Conn) delay(frame []byte, a Action) {
	if c.late == nil {
		c.late = newLine(c.l, func(_ byte, frame []byte) {
			if c.state != closed {
				_ = c.emit(frame)
			}
		})
	}
	c.late.put(0, frame, a.Delay)
}

func (c *Conn) emit(frame []byte) error {
	if c.state == opening {
		c.early = append(c.early, frame...)
		c.link.sent(c.role)
		return nil
	}
	if err := c.pipe.write(frame); err != nil {
		err = fmt.Errorf("send to %s: %w", c.remote, err)
		c.l.CallSoon(func() { c.fail(err) })
		return err
	}
	c.link.sent(c.role)
	return nil
}

// start makes an accepted or dialled connection live.
func (c *Conn) start(h Handler, p pipe) {
	c.h, c.pipe = h, p
	if c.state == opening {
		c.state = open
	}
	if len(c.early) > 0 {
		if err := p.write(c.early); err != nil {
			c.l.CallSoon(func() { c.fail(err) })
		}
		c.early = nil
	}
	if c.alive > 0 && c.state == open {
		c.timer.Arm(c.l.Now() + c.alive)
	}
}

// entry takes one message or the end from the peer.
func (c *Conn) entry(p []byte) {
	if c.state == closed {
		return
	}
	c.heard = c.l.Now()
	op, data := p[0], p[1:]
	switch op {
	case byte(ws.Text), byte(ws.Binary):
		if c.state == open {
			c.h.Message(c, data)
		}
	case byte(ws.Ping):
		if c.state == open {
			_ = c.write(ws.Pong, data, Action{})
		}
	case byte(ws.Close):
		c.peerCloses(data)
	case entryEnd:
		c.finish(c.ended(string(data)))
		return
	case entryBreach:
		c.breach(data)
	case entryWrite:
		c.fail(fmt.Errorf("send to %s: %w", c.remote, (&scanner{b: data}).error()))
		return
	}
	c.link.taken(c.role)
}

// ended is the error for the end of the peer's bytes.
func (c *Conn) ended(how string) error {
	if c.state == closing {
		return nil
	}
	return &Closed{ws.Abnormal, how}
}

// peerCloses answers the peer's close frame, or takes it as the answer to ours.
func (c *Conn) peerCloses(payload []byte) {
	var err error
	if c.state == open {
		code, reason, _ := ws.ParseClose(payload) // the reader has checked it
		err = &Closed{code, string(reason)}
		_ = c.write(ws.Close, ws.AppendClosePayload(nil, code, ""), Action{})
	}
	c.finish(err)
}

// breach ends a connection whose peer does not speak the protocol.
func (c *Conn) breach(p []byte) {
	code, text := uint16(p[0])<<8|uint16(p[1]), string(p[2:])
	if c.state == open {
		_ = c.write(ws.Close, ws.AppendClosePayload(nil, code, text), Action{})
	}
	c.finish(&ws.Error{Code: code, Text: text})
}

// tick is the keep-alive, and the limit of the closing handshake.
func (c *Conn) tick() {
	switch quiet := c.l.Now() - c.heard; {
	case c.state == closing:
		c.finish(nil)
	case c.state != open:
	case quiet >= c.silence:
		c.fail(ErrSilent)
	default:
		if quiet >= c.alive {
			_ = c.write(ws.Ping, nil, Action{})
		}
		c.timer.Arm(c.l.Now() + c.alive)
	}
}

// fail ends the connection without a handshake.
func (c *Conn) fail(err error) {
	if c.state != closed {
		c.pipe.abort()
		c.finish(err)
	}
}

// finish ends it, once, and tells the handler. Never inside a call of the handler's owner.
func (c *Conn) finish(err error) {
	if c.state == closed {
		return
	}
	c.state = closed
	c.timer.Stop()
	if c.late != nil {
		c.late.clear()
	}
	c.pipe.end()
	c.link.finish(c.role)
	if c.rest != nil {
		c.rest()
	}
	c.h.Closed(c, err)
}

// breachEntry is the entry for an error of a ws.Reader.
func breachEntry(err error) []byte {
	e, _ := errors.AsType[*ws.Error](err)
	return append([]byte{entryBreach, byte(e.Code >> 8), byte(e.Code)}, e.Text...)
}

// writeEntry is the entry for a write that has failed.
func writeEntry(err error) []byte { return appendError([]byte{entryWrite}, err) }

func endEntry(how string) []byte { return append([]byte{entryEnd}, how...) }
