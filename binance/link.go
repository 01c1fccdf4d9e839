package binance

import (
	"strings"

	"baton/aio"
	"baton/binance/core"
	"baton/netio"
)

// link keeps one WebSocket connection: it is made, and after a loss made again with growing pauses. Its callbacks run on the loop.
type link struct {
	c       *Client
	name    string
	url     func(co *aio.Co) (string, error)
	message func(data []byte)
	up      func() // it is made, nothing has been sent or received
	down    func() // it is lost; nothing follows

	conn *netio.Conn
	lost aio.Waiter
	shut bool
}

// connect makes the connection for the first time, and leaves a task that keeps it.
func (c *Client) connect(co *aio.Co, l *link) error {
	l.c = c
	if err := l.dial(co); err != nil {
		return err
	}
	c.conns = append(c.conns, l)
	aio.Start(c.co, "binance."+l.name, l.keep)
	return nil
}

func (l *link) dial(co *aio.Co) error {
	url, err := l.url(co)
	if err != nil {
		return err
	}
	conn, err := l.c.net.Dial(co, url, l)
	if err != nil {
		return err
	}
	if l.conn = conn; l.shut {
		l.close()
		return aio.ErrClosed
	}
	l.c.stats.Connects++
	l.up()
	return nil
}

// keep makes the connection again whenever it is lost.
func (l *link) keep(co *aio.Co) error {
	backoff := core.NewBackoff(firstPause, lastPause, l.c.rand)
	for {
		if err := l.lost.Wait(co); err != nil || l.shut {
			return nil
		}
		for !l.shut {
			if err := co.SleepUntil(co.Now() + backoff.Next()); err != nil {
				return nil
			}
			err := l.dial(co)
			if err == nil {
				backoff.Reset()
				break
			}
			if !l.shut {
				l.c.note("%s: connecting again: %v", l.name, err)
			}
		}
	}
}

// Message is netio's call for a message.
func (l *link) Message(_ *netio.Conn, data []byte) { l.message(data) }

// Closed is netio's call for the end of the connection.
func (l *link) Closed(conn *netio.Conn, err error) {
	if l.conn != conn && l.conn != nil {
		return
	}
	l.conn = nil
	if l.shut {
		return
	}
	l.c.stats.Losses++
	l.c.note("%s: the connection is lost: %v", l.name, err)
	l.down()
	l.lost.Wake()
}

func (l *link) close() {
	l.shut = true
	if l.conn != nil {
		l.conn.Close(1000, "")
	}
	l.lost.Wake()
}

// join builds a stream address: root, path, and the streams in the combined form.
func join(base, root, path, query string) string {
	return strings.TrimSuffix(base, "/") + root + path + query
}
