package netio

import (
	"fmt"

	"baton/netio/ws"
)

// Trickle is [Conn.Send] of a server, one byte a write: what a peer must be able to put together, whatever the network did to
// it. Faults of the network are not asked.
func (c *Conn) Trickle(data []byte) error {
	if c.state != open || c.role != ws.Server {
		return fmt.Errorf("send to %s: %w", c.remote, ErrNotOpen)
	}
	frame := ws.Append(nil, ws.Text, data)
	for i := range frame {
		if err := c.pipe.write(frame[i : i+1]); err != nil {
			err = fmt.Errorf("send to %s: %w", c.remote, err)
			c.l.CallSoon(func() { c.fail(err) })
			return err
		}
	}
	c.link.sent(c.role)
	return nil
}

// Misspeak writes frames of a server as they are told, right or wrong: what a client must put together, or refuse. Faults of the
// network are not asked. It is for a network in memory, where nothing counts what is under way.
func (c *Conn) Misspeak(frames ...ws.Frame) error {
	if c.state != open || c.role != ws.Server {
		return fmt.Errorf("send to %s: %w", c.remote, ErrNotOpen)
	}
	for i := range frames {
		if err := c.pipe.write(frames[i].Append(nil)); err != nil {
			return fmt.Errorf("send to %s: %w", c.remote, err)
		}
	}
	return nil
}

// Tear sends the first half of a server's message and then breaks the connection without a word, as a machine that dies does.
func (c *Conn) Tear(data []byte) {
	if c.state != open || c.role != ws.Server {
		return
	}
	frame := ws.Append(nil, ws.Text, data)
	_ = c.pipe.write(frame[:len(frame)/2]) // it ends anyway
	c.l.CallSoon(func() { c.fail(ErrCut) })
}
