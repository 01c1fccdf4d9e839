package binance_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/core"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
	"baton/netio/ws"
	"baton/secret"
)

// faultLostFills: both ways in which a fill may be lost.
func faultLostFills(t *testing.T) {
	t.Run("interrupted", TestRecoverMissedFills)
	t.Run("without a sign", TestSilentlyLostFill)
}

// faultNarrow: a burst of trades and one diff stand in a queue for longer than a book may be silent.
func faultNarrow(t *testing.T) {
	on(t, false, func(r *rig) {
		r.cfg.DepthQuiet, r.cfg.MarkQuiet = time.Minute, -1
		r.dial()
		r.open()
		trades, err := binance.Subscribe(r.c, binance.Trades("BTCUSDT"))
		r.must(err)
		r.pass(time.Second)
		r.slow = 90 * time.Second // the line's first frame waits, and all behind it
		for id := range int64(3000) {
			r.conns["market"].Send(print("BTCUSDT", id+1))
		}
		r.diff(false)
		r.slow = 0
		r.diff(false)
		r.pass(70 * time.Second)
		r.wantFeed("exact stale")
		r.pass(time.Minute)
		for id := range int64(3000) {
			v, err := trades.Next(r.co)
			r.must(err)
			if v.ID != id+1 {
				t.Fatalf("trade %d came, want %d", v.ID, id+1)
			}
		}
	})
}

// poor is a network that can make no more connections.
type poor struct {
	netio.Network
	err   error         // of every attempt; nil: none
	wait  time.Duration // before it fails
	tries int
}

func (p *poor) Dial(co *aio.Co, url string, h netio.Handler) (*netio.Conn, error) {
	if p.err == nil {
		return p.Network.Dial(co, url, h)
	}
	p.tries++
	if err := co.Sleep(p.wait); err != nil {
		return nil, err
	}
	return nil, &netio.Lost{Err: p.err}
}

func withoutSockets(t *testing.T, why error, wait time.Duration, most int) {
	on(t, false, func(r *rig) {
		p := &poor{Network: r.net, wait: wait}
		r.net = p
		r.cfg.MarkQuiet = -1
		r.dial()
		r.open()
		p.err = why
		r.cut("public")
		r.order = accept
		r.pass(time.Second)
		r.must(r.place(1)) // by the connection that is open
		r.pass(10 * time.Minute)
		r.want("place 1 accepted 0")
		r.wantFeed("exact stale")
		if p.tries < 10 || p.tries > most {
			t.Errorf("%d attempts in ten minutes", p.tries)
		}
		p.err = nil
		r.pass(time.Minute)
		r.diff(false)
		r.pass(time.Second)
		r.wantFeed("exact stale exact")
	})
}

func faultNoSockets(t *testing.T) { withoutSockets(t, syscall.EMFILE, 0, 40) }

// faultBlackHole: nothing answers. That a socket gives up connecting after 10 s is netio's.
func faultBlackHole(t *testing.T) {
	withoutSockets(t, context.DeadlineExceeded, 10*time.Second, 30)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	real(t, func(co *aio.Co) {
		_, err := netio.Sockets(co.Loop(), netio.SocketConfig{Dial: 50 * time.Millisecond}).Dial(co, "ws://"+silent.Addr().String()+"/", quiet{})
		if lost, ok := errors.AsType[*netio.Lost](err); !ok || lost == nil {
			t.Error("connecting to nobody:", err)
		}
	})
}

// real runs a test on a real loop.
func real(t *testing.T, test func(co *aio.Co)) {
	t.Helper()
	_, err := aio.Run(context.Background(), aio.Config{}, func(co *aio.Co) (none, error) {
		test(co)
		return none{}, nil
	})
	if err != nil {
		t.Error(err)
	}
}

// quiet hears a connection and does nothing.
type quiet struct{}

func (quiet) Message(*netio.Conn, []byte) {}
func (quiet) Closed(*netio.Conn, error)   {}

// faultCertificate: a client that does not know the issuer, or knows it for another host, sends nothing.
func faultCertificate(t *testing.T) {
	requests := 0
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests++ }))
	srv.Config.ErrorLog = nil
	srv.StartTLS()
	defer srv.Close()
	known := x509.NewCertPool()
	known.AddCert(srv.Certificate())
	for what, cfg := range map[string]*tls.Config{"unknown issuer": nil, "another host": {RootCAs: known, ServerName: "fapi.binance.com"}} {
		real(t, func(co *aio.Co) {
			_, err := binance.Dial(co, netio.Sockets(co.Loop(), netio.SocketConfig{TLS: cfg}), binance.Config{
				REST: srv.URL, Streams: "wss" + srv.URL[len("https"):], API: "wss" + srv.URL[len("https"):], Key: key, Secret: secret.New(password),
			})
			if err == nil || binance.Sent(err) || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("%s: %v", what, err)
			}
		})
	}
	if requests != 0 {
		t.Errorf("%d requests came through", requests)
	}
}

// takes is a server that takes one WebSocket and does with its connection what talk does.
func takes(secure bool, talk func(net.Conn, *bufio.Reader)) *httptest.Server {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		if _, err := c.Write(ws.AppendResponse(nil, ws.AcceptKey(r.Header.Get("Sec-Websocket-Key")))); err == nil {
			talk(c, buf.Reader)
		}
	}))
	if secure {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	return srv
}

// hearer keeps what a connection brings, and wakes who waits for its end.
type hearer struct {
	got  []string
	err  error
	done *aio.Future[none]
}

func (h *hearer) Message(_ *netio.Conn, data []byte) { h.got = append(h.got, string(data)) }
func (h *hearer) Closed(_ *netio.Conn, err error)    { h.err = err; h.done.SetIfPending(none{}) }

// faultTruncated: the bytes end in the middle of TLS.
func faultTruncated(t *testing.T) {
	srv := takes(true, func(c net.Conn, _ *bufio.Reader) {
		_, _ = c.Write(ws.Append(nil, ws.Text, []byte("one")))
		_ = c.(*tls.Conn).NetConn().Close() // no close_notify
	})
	defer srv.Close()
	known := x509.NewCertPool()
	known.AddCert(srv.Certificate())
	real(t, func(co *aio.Co) {
		h := &hearer{done: aio.NewFuture[none](co.Loop())}
		_, err := netio.Sockets(co.Loop(), netio.SocketConfig{TLS: &tls.Config{RootCAs: known}}).Dial(co, "wss"+srv.URL[len("https"):]+"/", h)
		if err == nil {
			_, err = h.done.Await(co)
		}
		if err != nil || h.err == nil || fmt.Sprint(h.got) != "[one]" {
			t.Error(err, h.err, h.got)
		}
	})
}

// faultPings: ten thousand pings with messages between them.
func faultPings(t *testing.T) {
	const pings, each = 10_000, 100
	answered := make(chan int, 1)
	srv := takes(false, func(c net.Conn, r *bufio.Reader) {
		var out []byte
		for i := range pings {
			out = ws.Append(out, ws.Ping, fmt.Append(nil, i))
			if i%each == 0 {
				out = ws.Append(out, ws.Text, fmt.Append(nil, i/each))
			}
		}
		if _, err := c.Write(ws.Append(out, ws.Text, []byte("end"))); err != nil {
			return
		}
		in, n, buf := ws.NewReader(ws.Server), 0, make([]byte, 4096)
		for n < pings {
			k, err := r.Read(buf)
			if err != nil {
				break
			}
			in.Feed(buf[:k])
			for m, ok, err := in.Next(); ok && err == nil; m, ok, err = in.Next() {
				if m.Op == ws.Pong && string(m.Data) == fmt.Sprint(n) {
					n++
				}
			}
		}
		answered <- n
	})
	defer srv.Close()
	real(t, func(co *aio.Co) {
		h := &hearer{done: aio.NewFuture[none](co.Loop())}
		_, err := netio.Sockets(co.Loop(), netio.SocketConfig{}).Dial(co, "ws"+srv.URL[len("http"):]+"/", h)
		if err == nil {
			_, err = h.done.Await(co)
		}
		if err != nil || len(h.got) != pings/each+1 || h.got[7] != "7" {
			t.Error(err, len(h.got))
		}
	})
	if n := <-answered; n != pings {
		t.Errorf("%d pongs for %d pings", n, pings)
	}
}

// faultSilentPeer: a peer that says nothing any more hears pings, and is given up.
func faultSilentPeer(t *testing.T) {
	heard := make(chan string, 1)
	srv := takes(false, func(_ net.Conn, r *bufio.Reader) {
		first := make([]byte, 1)
		_, _ = io.ReadFull(r, first)
		heard <- fmt.Sprint(first[0]&15 == byte(ws.Ping))
		_, _ = io.Copy(io.Discard, r)
	})
	defer srv.Close()
	real(t, func(co *aio.Co) {
		h := &hearer{done: aio.NewFuture[none](co.Loop())}
		cfg := netio.SocketConfig{Alive: 20 * time.Millisecond, Silence: 100 * time.Millisecond}
		_, err := netio.Sockets(co.Loop(), cfg).Dial(co, "ws"+srv.URL[len("http"):]+"/", h)
		if err == nil {
			_, err = h.done.Await(co)
		}
		if err != nil || !errors.Is(h.err, netio.ErrSilent) {
			t.Error(err, h.err)
		}
	})
	if got := <-heard; got != "true" {
		t.Error("the first thing that a silent peer heard was no ping")
	}
}

func faultFirewall(t *testing.T) {
	on(t, true, func(r *rig) {
		r.rest[wire.CallOrder] = func(*netio.Request) *netio.Response {
			return &netio.Response{Status: 403, Body: []byte("<html>403 Forbidden</html>")}
		}
		if _, err := r.c.Query(r.co, r.btc(), 1); r.failed(err) == nil {
			t.Error("no error")
		}
		err := r.place(2)
		if _, limited := errors.AsType[*core.LimitError](r.failed(err)); !limited || binance.Sent(err) {
			t.Error("an order went out:", err)
		}
		r.must(r.cancel(1))
		r.pass(119 * time.Second)
		if r.place(3) == nil {
			t.Error("an order went out within two minutes")
		}
		r.pass(2 * time.Second)
		r.must(r.place(4))
	})
	on(t, true, func(r *rig) { // and what it says to an order proves nothing
		r.order = func(id []byte, _ *wire.Request) []byte {
			return wire.AppendFailure(nil, id, 403, &wire.APIError{Code: -1, Msg: "forbidden"}, nil)
		}
		r.must(r.place(1))
		r.pass(time.Second)
		if rep := r.query(1); rep.Kind == market.ProvenAbsent {
			t.Error(rep)
		}
	})
}

// faultPartial: a subscription that came to nothing, with and without a word.
func faultPartial(t *testing.T) {
	t.Run("not listed", TestPartialSubscribe)
	t.Run("listed and silent", TestSilentStream)
}
