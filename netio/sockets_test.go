package netio_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/netio"
	"baton/netio/ws"
)

// What is tested here needs a peer that is not netio's: it misspeaks, stalls, or speaks TLS.

func sockets(co *aio.Co, cfg netio.SocketConfig) netio.Network {
	return netio.Sockets(co.Loop(), cfg)
}

// stranger is a server whose one connection is driven by the test, on a goroutine of its own.
func stranger(t *testing.T, speak func(c net.Conn, r *bufio.Reader)) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		speak(c, bufio.NewReader(c))
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	return ln.Addr().String()
}

// welcome answers the handshake, with what follows it in the same write.
func welcome(c net.Conn, r *bufio.Reader, more ...byte) {
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	c.Write(append(ws.AppendResponse(nil, ws.AcceptKey(req.Header.Get("Sec-Websocket-Key"))), more...))
}

// frames reads what the client sends until its end, as text.
func frames(r io.Reader) string {
	in := ws.NewReader(ws.Server)
	var out strings.Builder
	for {
		n, err := r.Read(in.Space())
		in.Filled(n)
		for {
			m, ok, err := in.Next()
			if err != nil {
				return out.String() + err.Error()
			}
			if !ok {
				break
			}
			if m.Op == ws.Close {
				code, reason, _ := ws.ParseClose(m.Data)
				fmt.Fprintf(&out, "close %d %s;", code, reason)
				return out.String()
			}
			fmt.Fprintf(&out, "%s %s;", m.Op, m.Data)
		}
		if err != nil {
			return out.String()
		}
	}
}

func TestWhatAStrangerMaySay(t *testing.T) {
	ping := ws.Append(ws.Append(nil, ws.Ping, []byte("p")), ws.Text, []byte("t"))
	part := ws.Frame{Op: ws.Text, Payload: []byte("a"), Unfinished: true}
	pieces := ws.Append(part.Append(nil), ws.Continuation, []byte("b"))
	cases := []struct {
		name  string
		say   []byte
		got   string // messages heard
		err   string // of Closed
		reply string // the first frames from us
	}{
		{"ping, text, close", ws.Append(ping, ws.Close, ws.AppendClosePayload(nil, 1001, "bye")), "t", "code 1001: bye", "pong p;close 1001 ;"},
		{"text in pieces, close without code", ws.Append(pieces, ws.Close, nil), "ab", "code 1005", "close 1005 ;"},
		{"a masked frame", ws.AppendMasked(nil, ws.Text, []byte("x"), [4]byte{1}), "", "masked", "close 1002 a masked frame from a server;"},
		{"bad text after good", ws.Append(ws.Append(nil, ws.Text, []byte("ok")), ws.Text, []byte{0xff}), "ok", "UTF-8",
			"close 1007 a text message that is not UTF-8;"},
		{"nothing", nil, "", "code 1006", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			replies := make(chan string, 1)
			addr := stranger(t, func(conn net.Conn, r *bufio.Reader) {
				welcome(conn, r, c.say...)
				if c.reply == "" {
					conn.Close()
				}
				replies <- frames(r)
			})
			runOn(t, aio.Real(), func(co *aio.Co) {
				e := &ear{}
				conn, err := sockets(co, netio.SocketConfig{}).Dial(co, "ws://"+addr+"/", e)
				must(t, err)
				e.until(t, co, e.closed)
				if strings.Join(e.got, ",") != c.got || e.err == nil || !strings.Contains(e.err.Error(), c.err) {
					t.Errorf("heard %q, closed with %v", e.got, e.err)
				}
				if err := conn.Send([]byte("x")); !errors.Is(err, netio.ErrNotOpen) {
					t.Error(err)
				}
			})
			if reply := <-replies; reply != c.reply {
				t.Errorf("we said %q, want %q", reply, c.reply)
			}
		})
	}
}

func TestABadHandshakeIsALostOne(t *testing.T) {
	for name, answer := range map[string]string{
		"wrong accept": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: xx\r\n\r\n",
		"no http":      "what?\r\n\r\n",
		"silence":      "",
	} {
		t.Run(name, func(t *testing.T) {
			addr := stranger(t, func(c net.Conn, r *bufio.Reader) {
				http.ReadRequest(r)
				io.WriteString(c, answer)
				io.Copy(io.Discard, r)
			})
			run(t, func(co *aio.Co) {
				_, err := sockets(co, netio.SocketConfig{Dial: 100 * time.Millisecond}).Dial(co, "ws://"+addr+"/secret?signature=secret", &ear{})
				if lost, ok := errors.AsType[*netio.Lost](err); !ok || lost.Sent || strings.Contains(err.Error(), "secret") {
					t.Error(err)
				}
			})
		})
	}
}

// A peer that does not answer the close frame, and one that does not answer pings. It is not of this process, so the virtual
// clock does not wait for it.
func TestAPeerThatDoesNotAnswer(t *testing.T) {
	for _, close := range []bool{true, false} {
		addr := stranger(t, func(c net.Conn, r *bufio.Reader) {
			welcome(c, r)
			io.Copy(io.Discard, r)
		})
		run(t, func(co *aio.Co) {
			e := &ear{}
			c, err := sockets(co, netio.SocketConfig{}).Dial(co, "ws://"+addr+"/", e)
			must(t, err)
			began := co.Now()
			if close {
				c.Close(ws.Normal, "")
			}
			e.until(t, co, e.closed)
			took := co.Now() - began
			if close && (e.err != nil || took != 5e9) {
				t.Error("close:", e.err, took)
			}
			if !close && (!errors.Is(e.err, netio.ErrSilent) || took != 60e9) {
				t.Error("silence:", e.err, took)
			}
		})
	}
}

// A peer that ends the bytes instead of answering our close frame has closed, too.
func TestAPeerThatHangsUpWhenAskedToClose(t *testing.T) {
	addr := stranger(t, func(c net.Conn, r *bufio.Reader) {
		welcome(c, r)
		frames(r)
	})
	runOn(t, aio.Real(), func(co *aio.Co) {
		e := &ear{}
		c, err := sockets(co, netio.SocketConfig{}).Dial(co, "ws://"+addr+"/", e)
		must(t, err)
		c.Close(ws.Normal, "")
		began := co.Now()
		e.until(t, co, e.closed)
		if e.err != nil || co.Now()-began > 3e9 {
			t.Error(e.err, co.Now()-began)
		}
	})
}

func TestKeepAlivePingsASilentPeer(t *testing.T) {
	replies := make(chan string, 1)
	addr := stranger(t, func(c net.Conn, r *bufio.Reader) {
		welcome(c, r)
		replies <- frames(r)
	})
	run(t, func(co *aio.Co) {
		e := &ear{}
		_, err := sockets(co, netio.SocketConfig{Alive: time.Minute, Silence: 3 * time.Minute}).Dial(co, "ws://"+addr+"/", e)
		must(t, err)
		e.until(t, co, e.closed)
	})
	if got := <-replies; got != "ping ;ping ;" && got != "ping ;" && got != "" { // the cut may overtake them
		t.Errorf("%q", got)
	}
}

// Both ends on one loop, with socket buffers that hold next to nothing, and the server's reader leads the loop while the
// sending goes on: a write that waited would wait for a reader that waits for the write.
func TestTheLoopNeverBlocksInAWrite(t *testing.T) {
	if testing.Short() {
		t.Skip("the kernel takes two seconds to move so much through such buffers")
	}
	run(t, func(co *aio.Co) {
		n := sockets(co, netio.SocketConfig{KernelBuf: 4 << 10, WriteMax: 64 << 20})
		client, server, ce, se := pair(t, co, n)
		const count, size = 8, 10000
		text := func(i int) []byte { return bytes.Repeat([]byte{'a' + byte(i%26)}, size) }
		check := func(n *int) func(*netio.Conn, []byte) {
			return func(_ *netio.Conn, data []byte) {
				if !bytes.Equal(data, text(*n)) {
					t.Errorf("message %d is not what was sent", *n)
				}
				*n++
			}
		}
		atClient, atServer := 0, 0
		ce.heard = check(&atClient)
		se.heard = func(*netio.Conn, []byte) {
			se.heard = check(&atServer)
			began := time.Now()
			for i := range count { // 80 kB each way
				must(t, client.Send(text(i)))
				must(t, server.Send(text(i)))
			}
			if took := time.Since(began); took > time.Second {
				t.Error("the sends took", took)
			}
		}
		must(t, client.Send([]byte("go")))
		ce.until(t, co, func() bool { return atClient == count || ce.closed() })
		se.until(t, co, func() bool { return atServer == count || se.closed() })
		if ce.closed() || se.closed() {
			t.Fatal(atClient, ce.err, atServer, se.err)
		}
		client.Close(ws.Normal, "")
		ce.until(t, co, ce.closed)
		se.until(t, co, se.closed)
		must(t, co.Sleep(time.Hour))
	})
}

func TestAPeerThatDoesNotRead(t *testing.T) {
	quit := make(chan struct{})
	addr := stranger(t, func(c net.Conn, r *bufio.Reader) {
		welcome(c, r)
		<-quit
	})
	runOn(t, aio.Real(), func(co *aio.Co) {
		e := &ear{}
		c, err := sockets(co, netio.SocketConfig{WriteMax: 1 << 20}).Dial(co, "ws://"+addr+"/", e)
		must(t, err)
		for range 1000 {
			if err = c.Send(make([]byte, 100<<10)); err != nil {
				break
			}
		}
		if !errors.Is(err, netio.ErrFull) {
			t.Error("100 MB were taken:", err)
		}
		e.until(t, co, e.closed)
		if !errors.Is(e.err, netio.ErrFull) {
			t.Error(e.err)
		}
	})
	close(quit)
}

// secure is a TLS server that speaks WebSocket by echoing, and HTTP.
func secure(t *testing.T) (addr string, cfg *tls.Config) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		accept, err := ws.Challenge(r.Method, r.Header.Get)
		if err != nil {
			fmt.Fprint(w, "plain ", r.URL.RawQuery)
			return
		}
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		c.Write(ws.AppendResponse(nil, accept))
		in := ws.NewReader(ws.Server)
		for {
			n, err := c.Read(in.Space())
			in.Filled(n)
			for m, ok, _ := in.Next(); ok; m, ok, _ = in.Next() {
				c.Write(ws.Append(nil, m.Op, m.Data))
			}
			if err != nil {
				return
			}
		}
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	return srv.Listener.Addr().String(), &tls.Config{RootCAs: pool}
}

func TestTLS(t *testing.T) {
	addr, cfg := secure(t)
	runOn(t, aio.Real(), func(co *aio.Co) {
		n := sockets(co, netio.SocketConfig{TLS: cfg})
		e := &ear{}
		c, err := n.Dial(co, "wss://"+addr+"/s", e)
		must(t, err)
		const count = 300
		for i := range count {
			must(t, c.Send(fmt.Appendf(nil, "%d %s", i, strings.Repeat("z", 10000))))
		}
		e.until(t, co, func() bool { return len(e.got) == count })
		for i, s := range e.got {
			if !strings.HasPrefix(s, fmt.Sprint(i, " zz")) {
				t.Fatal(i, s[:20])
			}
		}
		c.Close(ws.Normal, "")
		e.until(t, co, e.closed)
		if e.err != nil {
			t.Error(e.err)
		}
		res, err := n.Doer("https://"+addr).Do(co, &netio.Request{Method: "GET", Path: "/x", Query: "b=2&a=%20"})
		must(t, err)
		if string(res.Body) != "plain b=2&a=%20" {
			t.Errorf("%q", res.Body)
		}
		// Without the pool the certificate is nobody's.
		_, err = sockets(co, netio.SocketConfig{}).Dial(co, "wss://"+addr+"/s", &ear{})
		if lost, ok := errors.AsType[*netio.Lost](err); !ok || lost.Sent || !strings.Contains(err.Error(), "certificate") {
			t.Error(err)
		}
	})
}

func TestARequestIsSentOnceAndNeverRedirected(t *testing.T) {
	hits := make(chan string, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits <- r.Method + " " + r.URL.String() + " " + r.Header.Get("X-Mbx-Apikey") + r.Header.Get("X-Baton-Link")
		if r.URL.Path == "/cut" {
			panic(http.ErrAbortHandler)
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(srv.Close)
	runOn(t, aio.Real(), func(co *aio.Co) {
		d := sockets(co, netio.SocketConfig{}).Doer(srv.URL + "/")
		head := [][2]string{{"X-MBX-APIKEY", "k"}}
		res, err := d.Do(co, &netio.Request{Method: "POST", Path: "/go", Query: "signature=secret", Header: head})
		if err != nil || res.Status != 307 {
			t.Error(res, err)
		}
		_, err = d.Do(co, &netio.Request{Method: "POST", Path: "/cut", Query: "signature=secret", Header: head})
		if !sent(err) || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "/cut") {
			t.Error(err)
		}
	})
	srv.Close()
	var all []string
	for len(hits) > 0 {
		all = append(all, <-hits)
	}
	if got := strings.Join(all, ","); got != "POST /go?signature=secret k,POST /cut?signature=secret k" {
		t.Error(got)
	}
}

// Clients that are not netio's: what they send is served, not counted, and what they do wrong is refused.
func TestStrangersAtOurServer(t *testing.T) {
	runOn(t, aio.Real(), func(co *aio.Co) {
		n := sockets(co, netio.SocketConfig{})
		h := echo()
		h.serve = thinker(co).serve
		l, err := n.Listen(co, "127.0.0.1:0", h)
		must(t, err)
		ask := func(text string) string {
			got, err := aio.RunBlocking(co, func(context.Context) (string, error) { return say(l.Addr(), text) })
			if err != nil {
				t.Error(err)
			}
			return got
		}
		shake := "GET /w HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Baton-Link: guess.1\r\n\r\n"
		// Frames in the same packet as the handshake belong to the connection.
		burst := ws.AppendMasked(ws.AppendMasked([]byte(shake), ws.Text, []byte("abc"), [4]byte{9}), ws.Close, nil, [4]byte{7})
		if got := ask(string(burst)); !strings.Contains(got, " 101 ") || !strings.HasSuffix(got, "\r\n\r\n\x81\x03abc\x88\x00") {
			t.Errorf("%q", got)
		}
		if got := ask(strings.Replace(shake, "13", "12", 1)); !strings.Contains(got, " 400 ") || !strings.Contains(got, "only 13") {
			t.Errorf("%q", got)
		}
		if got := ask(shake + "\x81\x00"); !strings.HasSuffix(got, "an unmasked frame from a client") {
			t.Errorf("%q", got)
		}
		// What the client sent after its breach must not destroy our answer.
		if got := ask(shake + "\x81\x00" + strings.Repeat("junk", 1<<18)); !strings.HasSuffix(got, "an unmasked frame from a client") {
			t.Errorf("%q", got)
		}
		if got := ask("GET /a?0s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); !strings.Contains(got, " 201 ") || !strings.HasSuffix(got, "GET/a:") {
			t.Errorf("%q", got)
		}
		if got := ask("rubbish\r\n\r\n"); !strings.Contains(got, " 400 ") {
			t.Errorf("%q", got)
		}
	})
}

// say sends text to a server and gives all it answers.
func say(addr, text string) (string, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		return "", err
	}
	b, err := io.ReadAll(c)
	return string(b), err
}

func TestSendAllocatesNothing(t *testing.T) {
	addr := stranger(t, func(c net.Conn, r *bufio.Reader) {
		welcome(c, r)
		io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c}, make([]byte, 64<<10))
	})
	run(t, func(co *aio.Co) {
		c, err := sockets(co, netio.SocketConfig{}).Dial(co, "ws://"+addr+"/", &ear{})
		must(t, err)
		msg := bytes.Repeat([]byte("m"), 300)
		if n := testing.AllocsPerRun(2000, func() { must(t, c.Send(msg)) }); n != 0 {
			t.Error("sockets:", n, "allocations a message")
		}
	})
	run(t, func(co *aio.Co) {
		client, _, _, se := pair(t, co, netio.Memory(co.Loop(), netio.MemoryConfig{Delay: time.Millisecond}))
		n := 0
		se.heard = func(*netio.Conn, []byte) { n++ }
		msg := bytes.Repeat([]byte("m"), 300)
		if n := testing.AllocsPerRun(2000, func() { must(t, client.Send(msg)); must(t, co.Sleep(time.Millisecond)) }); n != 0 {
			t.Error("memory:", n, "allocations a message")
		}
		if n < 2000 {
			t.Error(n, "arrived")
		}
	})
}
