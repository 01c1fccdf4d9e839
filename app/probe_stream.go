package app

import (
	"errors"
	"fmt"
	"time"

	"baton/aio"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// Bounds of a probe's user stream.
const (
	privateEvents = 512              // that are kept
	eventWait     = 10 * time.Second // for an event of something that was just done
)

// privateEvent is what a probe looks at in an event of the user stream.
type privateEvent struct {
	Kind     string `json:"e"`
	Event    int64  `json:"E"`
	ClientID string `json:"c"` // of a TRADE_LITE
	Trade    int64  `json:"t"`
	Order    struct {
		ClientID string `json:"c"`
		Status   string `json:"X"`
		ID       int64  `json:"i"`
		Trade    int64  `json:"t"`
		AlgoID   string `json:"caid"`
		Spawned  int64  `json:"ai"`
	} `json:"o"`
	Account struct {
		Positions []struct {
			Symbol string `json:"s"`
			Margin string `json:"mt"`
		} `json:"P"`
	} `json:"a"`

	at market.Nanos // when it came, by our clock
}

// private is a connection to the user stream that keeps what comes.
type private struct {
	a      *asker
	conn   *netio.Conn
	events []privateEvent
	down   bool
	wake   aio.Waiter
}

// openPrivate opens the user stream.
func (q *prober) openPrivate() (*private, error) {
	body, err := q.a.askWire(wire.CallStartListenKey)
	if err != nil {
		return nil, fmt.Errorf("a listen key: %w", err)
	}
	key, err := wire.DecodeListenKey(body)
	if err != nil {
		return nil, err
	}
	q.a.hidden = append(q.a.hidden, key)
	p := &private{a: q.a}
	if p.conn, err = q.a.net.Dial(q.a.co, q.At.Streams+wire.RootPrivate+wire.PathRaw+"?"+wire.QueryListenKey+"="+key, p); err != nil {
		return nil, errors.New("the user stream: " + q.a.clean(err.Error()))
	}
	return p, nil
}

// Message keeps an event and writes it into the transcript.
func (p *private) Message(_ *netio.Conn, data []byte) {
	e := privateEvent{}
	err := wire.UnmarshalEvent(data, &e)
	e.at = p.a.co.Now()
	t := &Transcript{At: wire.Millis(e.at), Method: "WS", Path: wire.RootPrivate}
	if err != nil {
		t.Failure = err.Error()
	}
	p.a.tell(t, data)
	if len(p.events) < privateEvents {
		p.events = append(p.events, e)
	}
	p.wake.Wake()
}

// Closed ends the listening.
func (p *private) Closed(*netio.Conn, error) {
	p.down = true
	p.wake.Wake()
}

func (p *private) close() { p.conn.Close(wsNormal, "") }

// wsNormal is the close code of an end that was intended (RFC 6455, 7.4.1).
const wsNormal = 1000

// await gives the first event from number from on that wanted takes; ok is false where none came in time.
func (p *private) await(from int, within time.Duration, wanted func(e *privateEvent) bool) (e *privateEvent, ok bool, err error) {
	err = aio.Timeout(p.a.co, within, func(co *aio.Co, _ *aio.Scope) error {
		for i := from; ; {
			for ; i < len(p.events); i++ {
				if wanted(&p.events[i]) {
					e = &p.events[i]
					return nil
				}
			}
			if p.down {
				return errors.New("the user stream was closed")
			}
			if err := p.wake.Wait(co); err != nil {
				return err
			}
		}
	})
	if e == nil && errors.Is(err, aio.ErrTimeout) {
		return nil, false, nil
	}
	return e, e != nil, err
}

// first is the number of the first event that wanted takes, -1 where there is none.
func (p *private) first(wanted func(e *privateEvent) bool) int {
	for i := range p.events {
		if wanted(&p.events[i]) {
			return i
		}
	}
	return -1
}
