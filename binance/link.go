package binance

import (
	"errors"

	"baton/aio"
	"baton/binance/core"
	"baton/market"
	"baton/netio"
)

// How long an old connection lives beside the one that replaces it, so that nothing falls between the two: until the new one has
// brought each stream, which is looked for every overlapLook, and no longer than overlapMost; where both bring what is their own,
// overlapOwn, in which answers that are under way come.
const (
	overlapOwn  = 2e9
	overlapMost = 5e9
	overlapLook = 100e6
)

// link keeps one WebSocket connection: it is made, after a loss made again with growing pauses, and before it grows too old
// replaced by another that is open already. Its callbacks run on the loop.
type link struct {
	c       *Client
	name    string
	url     func(co *aio.Co) (string, error)
	message func(data []byte)               // where there is no merge
	merge   *core.Merge                     // of connections that bring the same; nil: each brings its own
	streams func() int                      // how many there are, with a merge
	stream  func(data []byte) (name []byte) // of a frame; nil: the connection's own, an answer
	up      func()                          // it is made, nothing has been sent or received
	down    func()                          // it is lost; nothing follows
	renewed func()                          // another has taken its place; what the old one sent may still come for a while
	retired func(since market.Nanos)

	conn  *netio.Conn // nil while there is none
	old   *netio.Conn // the one that conn replaces, for a while
	id    int         // conn's in the merge
	oldID int
	since market.Nanos
	until market.Nanos // when it is to be replaced
	tried bool
	fresh bool // it is to be replaced now
	lost  aio.Waiter
	shut  bool
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
	if l.merge != nil {
		l.join()
	}
	life := market.Nanos(l.c.cfg.Rotate)
	l.until = l.since + life - l.c.jitter.Int64N(life/24+1)
}

// join makes the connection one of the merge's. What it has not been joined in by the end of an overlap it is then.
func (l *link) join() {
	id := l.merge.Begin()
	l.id = id
	if _, done := l.merge.Joined(id); !done {
		l.c.start("binance.join", func(co *aio.Co) error {
			if co.Sleep(overlapMost) == nil {
				l.merge.Settle(id)
			}
			return nil
		})
	}
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
	l.old, l.oldID = was, l.id
	l.take(conn)
	l.c.stats.Rotations++
	l.renewed()
	if l.overlap(co) {
		l.retire()
	}
}

// overlap waits until the old connection is not needed any more; false: the task ends.
func (l *link) overlap(co *aio.Co) bool {
	if l.merge == nil {
		return co.Sleep(overlapOwn) == nil
	}
	for until := co.Now() + overlapMost; co.Now() < until && l.old != nil; {
		if n, done := l.merge.Joined(l.id); done || n >= l.streams() {
			break
		}
		if co.Sleep(overlapLook) != nil {
			return false
		}
	}
	return true
}

// retire gives the old connection up.
func (l *link) retire() {
	if old := l.old; old != nil {
		l.old = nil
		l.ended(l.oldID)
		old.Close(closeNormal, "")
		l.retired(l.since)
	}
}

// ended tells the merge of a connection's end: what another one holds back comes now.
func (l *link) ended(id int) {
	if l.merge != nil {
		l.merge.Settle(l.id)
		l.merge.End(id)
	}
}

// Message is netio's call for a message.
func (l *link) Message(conn *netio.Conn, data []byte) {
	if conn == nil || conn != l.conn && conn != l.old {
		return
	}
	if l.merge == nil {
		l.message(data)
		return
	}
	if l.merge.Single() {
		l.merge.Deliver(data)
		return
	}
	id := l.id
	if conn == l.old {
		id = l.oldID
	}
	name := l.stream(data)
	if name == nil {
		l.merge.Deliver(data)
	} else if l.merge.Frame(id, name, data) {
		l.c.stats.Duplicates++
	}
}

// Closed is netio's call for the end of a connection; of one that was given up before it is old news.
func (l *link) Closed(conn *netio.Conn, err error) {
	switch conn {
	case l.conn:
		l.lose(err)
	case l.old:
		l.old = nil
		l.ended(l.oldID)
		l.retired(l.since)
	}
}

func (l *link) lose(err error) {
	l.conn = nil
	if l.merge != nil {
		l.merge.End(l.id)
	}
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
