package binance

import (
	"errors"

	"baton/aio"
	"baton/binance/core"
	"baton/market"
	"baton/netio"
)

// overlap is how long an old connection lives beside the one that replaces it, so that nothing falls between the two.
const overlap = 2e9

// link keeps one WebSocket connection: it is made, after a loss made again with growing pauses, and before it grows too old
// replaced by another that is open already. Its callbacks run on the loop.
type link struct {
	c       *Client
	name    string
	url     func(co *aio.Co) (string, error)
	message func(data []byte)
	up      func() // it is made, nothing has been sent or received
	down    func() // it is lost; nothing follows
	renewed func() // another has taken its place; what the old one sent may still come for a while
	retired func(since market.Nanos)

	conn  *netio.Conn // nil while there is none
	old   *netio.Conn // the one that conn replaces, for a while
	since market.Nanos
	until market.Nanos // when it is to be replaced
	tried bool
	fresh bool // it is to be replaced now
	lost  aio.Waiter
	shut  bool
	twins core.Twins // frames that both connections of an overlap bring
}

// newLink registers a link, so that Close finds it also while it is being dialled for the first time.
func (c *Client) newLink(l *link) *link {
	l.c = c
	l.lost.Label(c.loop, "the loss of its connection")
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
	conn, err := l.make(co)
	if err != nil {
		return err
	}
	l.take(conn)
	l.up()
	return nil
}

// make connects. A link that was closed meanwhile gives the connection up: Closed will hear of one that is not ours.
func (l *link) make(co *aio.Co) (*netio.Conn, error) {
	if err := l.c.connectTurn(co); err != nil {
		return nil, err
	}
	url, err := l.url(co)
	if err != nil {
		return nil, err
	}
	conn, err := l.c.net.Dial(co, url, l)
	if err != nil {
		return nil, l.c.hide(err)
	}
	if l.shut {
		conn.Close(closeNormal, "")
		return nil, aio.ErrClosed
	}
	l.c.stats.Connects++
	return conn, nil
}

// take makes conn the connection. Lives differ by up to an hour, so that many connections do not end together.
func (l *link) take(conn *netio.Conn) {
	l.conn, l.since = conn, l.c.loop.Now()
	life := market.Nanos(l.c.cfg.Rotate)
	l.until = l.since + life - l.c.jitter.Int64N(life/24+1)
}

// keep makes the connection whenever there is none, until the link is closed or the task is cancelled.
func (l *link) keep(co *aio.Co) error {
	backoff := core.NewBackoff(firstPause, lastPause, l.c.rand)
	for !l.shut {
		if l.conn != nil {
			if l.fresh {
				l.replace(co)
			}
			if err := l.lost.Wait(co); err != nil {
				return nil
			}
			continue // lost, or lost and made again before we looked, or to be replaced
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

// replace opens another connection before it gives the present one up. One that cannot be made changes nothing: it is tried
// again later, while the old one lives.
func (l *link) replace(co *aio.Co) {
	l.fresh = false
	l.until = co.Now() + retryRotation
	was := l.conn
	conn, err := l.make(co)
	switch {
	case err != nil:
		if !errors.Is(err, aio.ErrCancelled) && !l.shut {
			l.c.note("%s: a new connection could not be made: %v", l.name, err)
		}
		return
	case l.conn == nil: // lost meanwhile: it is simply the next one
		l.take(conn)
		l.up()
		return
	}
	l.old, l.twins = was, core.Twins{}
	l.take(conn)
	l.c.stats.Rotations++
	l.renewed()
	if err := co.Sleep(overlap); err != nil {
		return
	}
	l.retire()
}

// retire gives the old connection up.
func (l *link) retire() {
	if old := l.old; old != nil {
		l.old = nil
		old.Close(closeNormal, "")
		l.retired(l.since)
	}
}

// Message is netio's call for a message. While two connections overlap, what both bring is taken once.
func (l *link) Message(conn *netio.Conn, data []byte) {
	switch {
	case conn != l.conn && (conn != l.old || conn == nil):
		return
	case l.old != nil && l.twins.Seen(data):
		l.c.stats.Duplicates++
		return
	}
	l.message(data)
}

// Closed is netio's call for the end of a connection; of one that was given up before it is old news.
func (l *link) Closed(conn *netio.Conn, err error) {
	switch conn {
	case l.conn:
		l.lose(err)
	case l.old:
		l.old = nil
		l.retired(l.since)
	}
}

func (l *link) lose(err error) {
	l.conn = nil
	l.c.stats.Losses++
	l.c.note("%s: the connection is lost: %v", l.name, err)
	if l.old != nil { // it may still speak, but nothing would follow it
		l.retire()
	}
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

// renew has the connection replaced by another soon.
func (l *link) renew() {
	if l.conn != nil && !l.fresh {
		l.fresh = true
		l.lost.Wake()
	}
}

func (l *link) close() {
	l.shut = true
	both := [...]*netio.Conn{l.conn, l.old}
	l.conn, l.old = nil, nil
	for _, conn := range both {
		if conn != nil {
			conn.Close(closeNormal, "")
		}
	}
	l.lost.Wake()
}

// closeNormal is the close code of an end that was intended (RFC 6455, 7.4.1).
const closeNormal = 1000
