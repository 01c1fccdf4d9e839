package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"baton/aio"
	"baton/binance/api"
	"baton/binance/core"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// askWindow is the recvWindow of a doctor's and a probe's signed calls.
const askWindow = market.Nanos(5e9)

// heardMax bounds the frames that a listening connection keeps for its asker.
const heardMax = 64

// asker makes calls one by one, with nothing in between that would retry or interpret them: what a doctor reports and a probe
// records is what the exchange has said. keys may be nil; then no signed call can be made.
type asker struct {
	co     *aio.Co
	net    netio.Network
	rest   netio.Doer
	keys   *Credentials
	offset core.Offset
	limits []wire.RateLimit
	used   int      // request weight of this minute, as last told
	hidden []string // secrets of this session: a listen key
	record func(t *Transcript)
}

// Transcript is one exchange of texts with the venue. It holds no signature, API key or listen key.
type Transcript struct {
	At      int64           `json:"at"`               // Unix milliseconds, by our clock
	Method  string          `json:"method"`           // of HTTP; "WS" for a frame
	Path    string          `json:"path"`             // or the root of a stream
	Query   string          `json:"query,omitempty"`  // without timestamp, window and signature
	Status  int             `json:"status,omitempty"` // of HTTP
	Answer  json.RawMessage `json:"answer,omitempty"` // as it came, where it was JSON
	Text    string          `json:"text,omitempty"`   // as it came, where it was not
	Failure string          `json:"failure,omitempty"`
}

// said is an answer that is no success.
type said struct {
	Status, Code int
	Msg          string
}

func (s *said) Error() string { return fmt.Sprintf("status %d: %d %s", s.Status, s.Code, s.Msg) }

// clean keeps the secrets out of a text, also where a server echoes them.
func (a *asker) clean(text string) string {
	hide := a.hidden
	if a.keys != nil {
		hide = append(hide[:len(hide):len(hide)], a.keys.ID.Reveal(), a.keys.Secret.Reveal())
	}
	for _, h := range hide {
		if h != "" {
			text = strings.ReplaceAll(text, h, "***")
		}
	}
	return text
}

// errNoKey: a signed call without a key.
var errNoKey = errors.New("no key is given: name one with --key-file")

// ask makes one call, dated by the exchange's clock minus late.
func (a *asker) ask(e api.Endpoint, query string, late market.Nanos, window market.Nanos) ([]byte, error) {
	r := &netio.Request{Method: e.Method, Path: e.Path, Query: query}
	if e.Security != api.Open {
		if a.keys == nil {
			return nil, errNoKey
		}
		r.Header = [][2]string{{wire.HeaderKey, a.keys.ID.Reveal()}}
	}
	now := a.co.Now()
	if e.Security == api.Signed {
		r.Query = string(a.keys.signer.AppendSealed([]byte(query), wire.Stamp{Time: now + a.offset.Ahead() - late, Window: window}))
	}
	res, err := a.rest.Do(a.co, r)
	t := &Transcript{At: wire.Millis(now), Method: e.Method, Path: e.Path, Query: a.clean(query)}
	if err != nil {
		err = errors.New(a.clean(err.Error()))
		t.Failure = err.Error()
		a.tell(t, nil)
		return nil, err
	}
	t.Status = res.Status
	a.tell(t, res.Body)
	a.learn(res)
	if res.Status/100 == 2 {
		return res.Body, nil
	}
	s := &said{Status: res.Status, Msg: fmt.Sprintf("%.80q", a.clean(string(res.Body)))}
	if e, ok := wire.DecodeError(res.Body); ok {
		s.Code, s.Msg = e.Code, a.clean(e.Msg)
	}
	return nil, s
}

// learn keeps what an answer says of the request weight.
func (a *asker) learn(res *netio.Response) {
	for _, h := range res.Header {
		if n, err := strconv.Atoi(h[1]); err == nil && strings.EqualFold(h[0], wire.HeaderWeight) {
			a.used = n
		}
	}
}

// tell hands a transcript to whoever records.
func (a *asker) tell(t *Transcript, body []byte) {
	if a.record == nil {
		return
	}
	text := a.clean(string(body))
	switch {
	case strings.Contains(t.Path, "listenKey"):
		t.Text = "(an answer that holds a listen key is not recorded)"
	case json.Valid([]byte(text)):
		t.Answer = json.RawMessage(text)
	default:
		t.Text = text
	}
	a.record(t)
}

// askFor makes a typed call.
func askFor[A any](a *asker, call api.Call[A]) (*A, error) {
	body, err := a.ask(call.Endpoint(), string(api.AppendQuery(nil, call)), 0, askWindow)
	if err != nil {
		return nil, err
	}
	answer := call.Answer()
	return answer, api.Decode(body, answer)
}

// askWire makes a call of package wire's table without parameters.
func (a *asker) askWire(c wire.Call) ([]byte, error) {
	e := api.Endpoint{Security: api.Open}
	e.Method, e.Path = c.HTTP()
	switch c.Security() {
	case wire.KeyOnly:
		e.Security = api.Key
	case wire.Signed:
		e.Security = api.Signed
	}
	return a.ask(e, "", 0, askWindow)
}

// askTime takes samples of the clock's offset.
func (a *asker) askTime(samples int) error {
	for range samples {
		sent := a.co.Now()
		body, err := a.askWire(wire.CallTime)
		if err != nil {
			return err
		}
		ms, err := wire.DecodeServerTime(body)
		if err != nil {
			return err
		}
		a.offset.Sample(sent, a.co.Now(), wire.Nanos(ms))
	}
	return nil
}

// ear is the handler of a connection that is listened to.
type ear struct {
	frames [][]byte
	closed error
	down   bool
	wake   aio.Waiter
}

// Message keeps a frame, up to a bound.
func (h *ear) Message(_ *netio.Conn, data []byte) {
	if len(h.frames) < heardMax {
		h.frames = append(h.frames, append([]byte(nil), data...))
	}
	h.wake.Wake()
}

// Closed ends the listening.
func (h *ear) Closed(_ *netio.Conn, err error) {
	h.down, h.closed = true, err
	h.wake.Wake()
}

// listen opens a WebSocket, sends say where it is not empty, and gives the first frame that wanted takes, within the time.
func (a *asker) listen(url, root, say string, within time.Duration, wanted func(frame []byte) bool) ([]byte, error) {
	h := &ear{}
	frame, err := a.hear(h, url, say, within, wanted)
	t := &Transcript{At: wire.Millis(a.co.Now()), Method: "WS", Path: root}
	if err != nil {
		err = errors.New(a.clean(err.Error()))
		t.Failure = err.Error()
	}
	a.tell(t, frame)
	return frame, err
}

func (a *asker) hear(h *ear, url, say string, within time.Duration, wanted func(frame []byte) bool) (frame []byte, err error) {
	conn, err := a.net.Dial(a.co, url, h)
	if err != nil {
		return nil, err
	}
	defer conn.Close(1000, "")
	if say != "" {
		if err := conn.Send([]byte(say)); err != nil {
			return nil, err
		}
	}
	err = aio.Timeout(a.co, within, func(co *aio.Co, _ *aio.Scope) error {
		for {
			for len(h.frames) > 0 && frame == nil {
				f := h.frames[0]
				h.frames = h.frames[1:]
				if wanted(f) {
					frame = f
				}
			}
			switch {
			case frame != nil:
				return nil
			case h.down:
				return fmt.Errorf("the connection was closed: %v", h.closed)
			}
			if err := h.wake.Wait(co); err != nil {
				return err
			}
		}
	})
	if frame == nil && errors.Is(err, aio.ErrTimeout) {
		return nil, fmt.Errorf("it opened, and delivered nothing within %s", within)
	}
	return frame, err
}
