package netio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"baton/aio"
)

// wallMax bounds a request by the wall clock too: a virtual one may stand still meanwhile.
const wallMax = time.Minute

// socketDoer is a client for one server. Its calls run on the loop's blocking pool.
type socketDoer struct {
	n    *sockets
	base string
	host string
	http *http.Client
}

// Doer keeps its connections for the next requests.
func (n *sockets) Doer(base string) Doer {
	tr := &http.Transport{
		Proxy: n.proxyFor, TLSClientConfig: n.cfg.TLS, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: maxRequests, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: n.cfg.Dial,
		MaxResponseHeaderBytes: headerMax,
	}
	n.l.AtClose(tr.CloseIdleConnections)
	_, host, _ := strings.Cut(base, "://")
	return &socketDoer{n: n, base: strings.TrimSuffix(base, "/"), host: strings.TrimSuffix(host, "/"), http: &http.Client{
		Transport:     tr,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Do waits in line while too many requests are under way, sends this one once, and waits for its answer.
func (d *socketDoer) Do(co *aio.Co, r *Request) (*Response, error) {
	var res *Response
	late := false
	err := aio.Timeout(co, d.n.cfg.Limit, func(co *aio.Co, limit *aio.Scope) (err error) {
		defer func() { late = limit.Expired() }()
		if err := d.n.slots.Put(co, struct{}{}); err != nil {
			return &Lost{Err: fmt.Errorf("%s %s: not sent: %w", r.Method, r.Path, err)}
		}
		defer d.n.slots.TryGet()
		res, err = d.try(co, r)
		return err
	})
	if err == nil {
		return res, nil
	}
	return nil, lostCall(r, err, late, d.n.cfg.Limit)
}

// try asks the fault, then sends.
func (d *socketDoer) try(co *aio.Co, r *Request) (*Response, error) {
	a := d.n.cfg.Fault.judge(&Transit{Kind: Ask, ToServer: true, Path: r.Path, Query: r.Query, Data: r.Body})
	switch a.Verdict {
	case Cut:
		return nil, &Lost{Sent: true, Err: fmt.Errorf("%s %s: %w", r.Method, r.Path, ErrCut)}
	case Drop:
		return nil, co.SleepUntil(aio.Never - 1) // until the limit
	}
	if a.Delay > 0 {
		if err := co.Sleep(a.Delay); err != nil {
			return nil, &Lost{Err: fmt.Errorf("%s %s: not sent: %w", r.Method, r.Path, err)}
		}
	}
	var header [2]string
	var t *trip
	if d.n.own(d.host) {
		var id uint64
		id, header = d.n.next()
		t = &trip{l: d.n.l}
		d.n.setTrip(id, t)
		defer d.n.setTrip(id, nil)
		defer co.AfterFunc(t.finish)() // at once: until its goroutine has noticed, the clock must not run
	}
	var body []byte // as it came: a loop that records gives what it has written down, which is veiled
	out, err := aio.RunBlocking(co, func(ctx context.Context) (outcome, error) {
		defer t.finish()
		res, err := d.send(ctx, r, header)
		if err == nil {
			body = res.Body
		}
		if lost, ok := errors.AsType[*Lost](err); ok {
			return outcome{lost: lost}, nil
		}
		return outcome{res: res}, err
	}, outcomeCodec(r, d.n.cfg.Veil))
	switch {
	case err != nil:
		return nil, err
	case out.lost != nil:
		return nil, out.lost
	case out.res != nil && body != nil: // not in a replay
		out.res.Body = body
	}
	return out.res, nil
}

// send runs on a goroutine.
func (d *socketDoer) send(ctx context.Context, r *Request, header [2]string) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, wallMax)
	defer cancel()
	held := d.n.cfg.Halt.newAsking(r)
	if held.barred() {
		return nil, &Lost{Err: fmt.Errorf("%s %s: not sent: %w", r.Method, r.Path, ErrHalted)}
	}
	defer held.done()
	var began atomic.Bool // a connection was at hand: from here on bytes may have left
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) {
			began.Store(true)
			held.got(i.Conn)
		},
		WroteRequest: func(httptrace.WroteRequestInfo) { held.done() },
	})
	hr, err := d.request(ctx, r, header)
	if err != nil {
		return nil, &Lost{Err: fmt.Errorf("%s %s: %w", r.Method, r.Path, err)}
	}
	res, err := d.http.Do(hr)
	if err != nil {
		return nil, d.lost(r, began.Load(), err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("the answer has more than %d bytes", maxBody)
	}
	if err != nil {
		return nil, d.lost(r, true, err)
	}
	return &Response{Status: res.StatusCode, Header: headerList(res.Header, ""), Body: body}, nil
}

// lostCall makes any error of a call a *Lost; late says that its time limit ended it.
func lostCall(r *Request, err error, late bool, limit time.Duration) *Lost {
	lost, ok := errors.AsType[*Lost](err)
	if !ok {
		lost = &Lost{Sent: true, Err: fmt.Errorf("%s %s: %w", r.Method, r.Path, err)}
	}
	if late {
		lost = &Lost{Sent: lost.Sent, Err: fmt.Errorf("%s %s: no answer within %s: %w", r.Method, r.Path, limit, aio.ErrTimeout)}
	}
	return lost
}

// lost is the error without the URL that net/http puts into it: its query may hold a signature.
func (d *socketDoer) lost(r *Request, sent bool, err error) *Lost {
	for {
		u, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = u.Err
	}
	return &Lost{Sent: sent, Err: fmt.Errorf("%s %s%s: %w", r.Method, d.base, r.Path, err)}
}

func (d *socketDoer) request(ctx context.Context, r *Request, header [2]string) (*http.Request, error) {
	target := d.base + r.Path
	if r.Query != "" {
		target += "?" + r.Query
	}
	hr, err := http.NewRequestWithContext(ctx, r.Method, target, bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("base %q and path %q make no request: the base has the form https://host", d.base, r.Path)
	}
	for _, h := range r.Header {
		hr.Header.Set(h[0], h[1])
	}
	if header[0] != "" {
		hr.Header.Set(header[0], header[1])
	}
	return hr, nil
}

// setTrip registers a trip for the server to find, or removes it.
func (n *sockets) setTrip(id uint64, t *trip) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if t == nil {
		delete(n.trips, id)
		return
	}
	n.trips[id] = t
}

// trip finds one, on any goroutine.
func (n *sockets) trip(id uint64) *trip {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.trips[id]
}
