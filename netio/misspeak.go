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

// Tear sends the first half of a server's message and then breaks the connection without a word, as a machine that dies does.
func (c *Conn) Tear(data []byte) {
	if c.state != open || c.role != ws.Server {
		return
	}
	frame := ws.Append(nil, ws.Text, data)
	_ = c.pipe.write(frame[:len(frame)/2]) // it ends anyway
	c.l.CallSoon(func() { c.fail(ErrCut) })
}
