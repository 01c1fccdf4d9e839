package binance

import (
	"errors"

	"baton/aio"
	"baton/binance/core"
	"baton/market"
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

	conn  *netio.Conn // nil while there is none
	since market.Nanos
	tried bool
	lost  aio.Waiter
	shut  bool
}

// newLink registers a link, so that Close finds it also while it is being dialled for the first time.
func (c *Client) newLink(l *link) *link {
	l.c = c
	c.links = append(c.links, l)
	return l
}

// connect makes the connection for the first time, and leaves a task that keeps it.
func (l *link) connect(co *aio.Co) error {
	if err := l.dial(co); err != nil {
		return err
	}
	l.c.start("binance."+l.name, l.keep)
	return nil
}

func (l *link) dial(co *aio.Co) error {
	l.tried = true
	url, err := l.url(co)
	if err != nil {
		return err
	}
	conn, err := l.c.net.Dial(co, url, l)
	if err != nil {
		return l.c.hide(err)
	}
	if l.shut { // closed meanwhile: Closed will hear of a connection that is not ours
		conn.Close(closeNormal, "")
		return aio.ErrClosed
	}
	l.conn, l.since = conn, co.Now()
	l.c.stats.Connects++
	l.up()
	return nil
}

// keep makes the connection whenever there is none, until the link is closed or the task is cancelled.
func (l *link) keep(co *aio.Co) error {
	backoff := core.NewBackoff(firstPause, lastPause, l.c.rand)
	for !l.shut {
		if l.conn != nil {
			if err := l.lost.Wait(co); err != nil {
				return nil
			}
			continue // lost, or lost and made again before we looked
		}
		if l.tried {
			if l.since != 0 && co.Now()-l.since >= steady {
				backoff.Reset()
			}
			if err := co.SleepUntil(co.Now() + backoff.Next()); err != nil {
				return nil
			}
		}
		err := l.dial(co)
		if errors.Is(err, aio.ErrCancelled) {
			return nil
		}
		if err != nil && !l.shut {
			l.since = 0
			l.c.note("%s: connecting: %v", l.name, err)
		}
	}
	return nil
}

// Message is netio's call for a message.
func (l *link) Message(conn *netio.Conn, data []byte) {
	if conn == l.conn {
		l.message(data)
	}
}

// Closed is netio's call for the end of a connection; of one that was given up before it is old news.
func (l *link) Closed(conn *netio.Conn, err error) {
	if conn == l.conn {
		l.lose(err)
	}
}

func (l *link) lose(err error) {
	l.conn = nil
	l.c.stats.Losses++
	l.c.note("%s: the connection is lost: %v", l.name, err)
	l.down()
	l.lost.Wake()
}

// again gives up a connection that is open and of no use, and has another one made. It counts as lost from now on, whenever the
// peer answers the close.
func (l *link) again(why error) {
	if conn := l.conn; conn != nil {
		l.lose(why)
		conn.Close(closeNormal, "")
	}
}

func (l *link) close() {
	l.shut = true
	if conn := l.conn; conn != nil {
		l.conn = nil
		conn.Close(closeNormal, "")
	}
	l.lost.Wake()
}

// closeNormal is the close code of an end that was intended (RFC 6455, 7.4.1).
const closeNormal = 1000
