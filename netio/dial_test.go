package netio_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"baton/aio"
	"baton/netio"
	"baton/netio/ws"
)

// proxy is an HTTP proxy that makes tunnels, or answers something else.
func proxy(t *testing.T, answer string) (addr string, asked *atomic.Pointer[string], tunnels *atomic.Int32) {
	asked, tunnels = new(atomic.Pointer[string]), new(atomic.Int32)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { ln.Close() })
	serve := func(c net.Conn) {
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		r := bufio.NewReader(c)
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		said := req.Method + " " + req.Host + " " + req.Header.Get("Proxy-Authorization")
		asked.Store(&said)
		if answer != "" {
			io.WriteString(c, answer)
			return
		}
		to, err := net.Dial("tcp", req.Host)
		if err != nil {
			return
		}
		defer to.Close()
		tunnels.Add(1)
		io.WriteString(c, "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
		go func() {
			io.Copy(to, r)
			to.Close()
		}()
		io.Copy(c, to)
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return ln.Addr().String(), asked, tunnels
}

func TestProxy(t *testing.T) {
	server, cfg := secure(t)
	at, asked, tunnels := proxy(t, "")
	runOn(t, aio.Real(), func(co *aio.Co) {
		n := sockets(co, netio.SocketConfig{TLS: cfg, Proxy: "http://user:pa%3Ass@" + at, ProxyLocal: true})
		e := &ear{}
		c, err := n.Dial(co, "wss://"+server+"/s?listenKey=hidden", e)
		must(t, err)
		must(t, c.Send([]byte("through the tunnel")))
		e.until(t, co, func() bool { return len(e.got) == 1 })
		if want := "CONNECT " + server + " Basic dXNlcjpwYTpzcw=="; *asked.Load() != want {
			t.Errorf("the proxy was asked %q, want %q", *asked.Load(), want)
		}
		res, err := n.Doer("https://"+server).Do(co, &netio.Request{Method: "GET", Path: "/x", Query: "a=1"})
		must(t, err)
		if string(res.Body) != "plain a=1" || tunnels.Load() != 2 {
			t.Errorf("%q by %d tunnels", res.Body, tunnels.Load())
		}
		// What is on this machine needs no proxy, and one may be told to use none.
		for _, cfg := range []netio.SocketConfig{{TLS: cfg, Proxy: "http://" + at}, {TLS: cfg, Proxy: netio.Direct}} {
			_, err = sockets(co, cfg).Dial(co, "wss://"+server+"/s", &ear{})
			must(t, err)
		}
		if tunnels.Load() != 2 {
			t.Errorf("%d tunnels", tunnels.Load())
		}
		c.Close(ws.Normal, "")
		e.until(t, co, e.closed)
	})
}

func TestProxyThatDoesNotConnect(t *testing.T) {
	for answer, why := range map[string]string{
		"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n":  "wants a user",
		"HTTP/1.1 503 Busy\r\n\r\n":                           "status 503",
		"<html>log in first</html>\r\n\r\n":                   "not HTTP",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 20000): "bytes of header",
		"HTTP/1.1 200 OK\r\n":                                 "EOF",
	} {
		at, _, _ := proxy(t, answer)
		runOn(t, aio.Real(), func(co *aio.Co) {
			_, err := sockets(co, netio.SocketConfig{Proxy: "http://me:secret@" + at, ProxyLocal: true}).Dial(co, "ws://127.0.0.1:1/s", &ear{})
			lost, ok := errors.AsType[*netio.Lost](err)
			if !ok || lost.Sent || !errors.Is(err, netio.ErrProxy) || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%.30q: %v", answer, err)
			}
		})
	}
	runOn(t, aio.Real(), func(co *aio.Co) {
		for _, bad := range []string{"https://me:secret@host", "socks5://host:1", "://"} {
			n := sockets(co, netio.SocketConfig{Proxy: bad})
			_, err := n.Dial(co, "ws://192.0.2.1:1/s", &ear{})
			_, err2 := n.Doer("http://192.0.2.1:1").Do(co, &netio.Request{Method: "GET", Path: "/"})
			for _, err := range []error{err, err2} {
				if !errors.Is(err, netio.ErrProxy) || strings.Contains(fmt.Sprint(err), "secret") {
					t.Errorf("%s: %v", bad, err)
				}
			}
		}
	})
}

// TestCompressedMessages: what a server sends compressed arrives as if it were not, if that was agreed.
func TestCompressedMessages(t *testing.T) {
	packed := []byte("\xf2\x48\xcd\xc9\xc9\x07\x00") // "Hello", of RFC 7692, 7.2.3.1
	for _, agree := range []bool{true, false} {
		addr := stranger(t, func(c net.Conn, r *bufio.Reader) {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			accept, _ := ws.Challenge(req.Method, req.Header.Get)
			answer := string(ws.AppendResponse(nil, accept))
			if agree && req.Header.Get("Sec-WebSocket-Extensions") == ws.OfferDeflate {
				answer = strings.Replace(answer, "\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n", 1)
			}
			f := ws.Frame{Op: ws.Text, RSV: 4, Payload: packed}
			c.Write(f.Append([]byte(answer)))
			io.Copy(io.Discard, r)
		})
		runOn(t, aio.Real(), func(co *aio.Co) {
			e := &ear{}
			_, err := sockets(co, netio.SocketConfig{Deflate: true}).Dial(co, "ws://"+addr+"/s", e)
			must(t, err)
			e.until(t, co, func() bool { return len(e.got) == 1 || e.closed() })
			breach, _ := errors.AsType[*ws.Error](e.err)
			if agree != (len(e.got) == 1 && e.got[0] == "Hello") || !agree && (breach == nil || breach.Code != ws.ProtocolError) {
				t.Errorf("agreed %v: %q, %v", agree, e.got, e.err)
			}
		})
	}
}
