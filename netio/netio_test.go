package netio_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/netio"
	"baton/netio/ws"
)

type none = struct{}

// run runs main on a virtual clock that begins at zero.
func run(t testing.TB, main func(co *aio.Co)) {
	t.Helper()
	runOn(t, aio.Virtual(0), main)
}

func runOn(t testing.TB, src aio.Source, main func(co *aio.Co)) {
	t.Helper()
	_, err := aio.Run(t.Context(), aio.Config{Source: src, Seed: 1}, func(co *aio.Co) (none, error) {
		main(co)
		return none{}, nil
	})
	if err != nil {
		t.Error(err)
	}
}

// options of a network under test.
type options struct {
	fault netio.Fault
	limit time.Duration
}

// both runs one test on each network.
func both(t *testing.T, o options, test func(t *testing.T, co *aio.Co, n netio.Network)) {
	t.Helper()
	t.Run("sockets", func(t *testing.T) {
		run(t, func(co *aio.Co) {
			test(t, co, netio.Sockets(co.Loop(), netio.SocketConfig{Fault: o.fault, Limit: o.limit}))
		})
	})
	t.Run("memory", func(t *testing.T) {
		run(t, func(co *aio.Co) {
			test(t, co, netio.Memory(co.Loop(), netio.MemoryConfig{Fault: o.fault, Limit: o.limit}))
		})
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ear is a handler: each message to hear, or kept as text, and the end.
type ear struct {
	heard  func(c *netio.Conn, data []byte)
	got    []string
	w      aio.Waiter
	ended  int
	err    error
	inCall *bool // set while the owner is in a call that must not call back
}

func (e *ear) Message(c *netio.Conn, data []byte) {
	e.check()
	if e.heard != nil {
		e.heard(c, data)
	} else {
		e.got = append(e.got, string(data))
	}
	e.w.Wake()
}

func (e *ear) Closed(_ *netio.Conn, err error) {
	e.check()
	e.ended++
	e.err = err
	e.w.Wake()
}

func (e *ear) check() {
	if e.inCall != nil && *e.inCall {
		panic("a callback from inside a call")
	}
	if e.ended > 0 {
		panic("a callback after Closed")
	}
}

// until waits for a condition that e's callbacks bring about.
func (e *ear) until(t testing.TB, co *aio.Co, ok func() bool) {
	t.Helper()
	for !ok() {
		must(t, e.w.Wait(co))
	}
}

func (e *ear) closed() bool { return e.ended > 0 }

// host is a service made of functions.
type host struct {
	serve  func(r *netio.Request, answer func(*netio.Response))
	accept func(r *netio.Request, c *netio.Conn) (netio.Handler, *netio.Response)
}

func (h *host) Serve(r *netio.Request, answer func(*netio.Response)) { h.serve(r, answer) }
func (h *host) Accept(r *netio.Request, c *netio.Conn) (netio.Handler, *netio.Response) {
	return h.accept(r, c)
}

// echo sends back whatever comes.
func echo() *host {
	return &host{accept: func(*netio.Request, *netio.Conn) (netio.Handler, *netio.Response) {
		return &ear{heard: func(c *netio.Conn, data []byte) { c.Send(data) }}, nil
	}}
}

// pair is both ends of one connection.
func pair(t testing.TB, co *aio.Co, n netio.Network) (client, server *netio.Conn, ce, se *ear) {
	t.Helper()
	ce, se = &ear{}, &ear{}
	l, err := n.Listen(co, "127.0.0.1:0", &host{accept: func(_ *netio.Request, c *netio.Conn) (netio.Handler, *netio.Response) {
		server = c
		return se, nil
	}})
	must(t, err)
	client, err = n.Dial(co, "ws://"+l.Addr()+"/w?a=1", ce)
	must(t, err)
	return client, server, ce, se
}

func TestMessagesComeInOrderAndWhole(t *testing.T) {
	both(t, options{}, func(t *testing.T, co *aio.Co, n netio.Network) {
		l, err := n.Listen(co, "127.0.0.1:0", echo())
		must(t, err)
		e := &ear{}
		c, err := n.Dial(co, "ws://"+l.Addr()+"/", e)
		must(t, err)
		const count = 2000
		sizes := []int{0, 1, 125, 126, 3000, 65536}
		text := func(i int) string { return fmt.Sprint(i) + strings.Repeat("x", sizes[i%len(sizes)]) }
		for i := range count {
			must(t, c.Send([]byte(text(i))))
			if i%100 == 0 {
				must(t, co.Yield())
			}
			if i%500 == 499 { // the writer's buffer is bounded
				e.until(t, co, func() bool { return len(e.got) == i+1 })
			}
		}
		e.until(t, co, func() bool { return len(e.got) == count })
		for i, got := range e.got {
			if got != text(i) {
				t.Fatalf("message %d: %.20q of %d bytes", i, got, len(got))
			}
		}
		big := strings.Repeat("y", 3<<20)
		must(t, c.Send([]byte(big)))
		e.until(t, co, func() bool { return len(e.got) > count })
		if e.got[count] != big {
			t.Error("a large message changed on the way")
		}
	})
}

func TestAcceptSeesTheRequestAndMaySendAtOnce(t *testing.T) {
	both(t, options{}, func(t *testing.T, co *aio.Co, n netio.Network) {
		var got netio.Request
		l, err := n.Listen(co, "127.0.0.1:0", &host{accept: func(r *netio.Request, c *netio.Conn) (netio.Handler, *netio.Response) {
			got = *r
			must(t, c.Send([]byte("hello")))
			must(t, c.Send([]byte("there")))
			return &ear{}, nil
		}})
		must(t, err)
		e := &ear{}
		c, err := n.Dial(co, "ws://"+l.Addr()+"/private/ws?listenKey=a%20b&events=C/D", e)
		must(t, err)
		e.until(t, co, func() bool { return len(e.got) == 2 })
		if e.got[0] != "hello" || e.got[1] != "there" || got.Path != "/private/ws" || got.Query != "listenKey=a%20b&events=C/D" {
			t.Error(e.got, got)
		}
		if got.Remote == "" || c.Remote() != l.Addr() || got.Get("X-Baton-Link") != "" {
			t.Error(got, c.Remote())
		}
	})
}

func TestARefusedHandshakeSaysWhy(t *testing.T) {
	both(t, options{}, func(t *testing.T, co *aio.Co, n netio.Network) {
		l, err := n.Listen(co, "127.0.0.1:0", &host{accept: func(*netio.Request, *netio.Conn) (netio.Handler, *netio.Response) {
			return nil, &netio.Response{Status: 403, Body: []byte("no such stream")}
		}})
		must(t, err)
		_, err = n.Dial(co, "ws://"+l.Addr()+"/", &ear{})
		if r, ok := errors.AsType[*netio.Refused](err); !ok || r.Status != 403 || string(r.Body) != "no such stream" {
			t.Error(err)
		}
		must(t, co.Sleep(time.Hour)) // nothing is left under way
	})
}

func TestNobodyListens(t *testing.T) {
	both(t, options{}, func(t *testing.T, co *aio.Co, n netio.Network) {
		l, err := n.Listen(co, "127.0.0.1:0", echo())
		must(t, err)
		l.Close()
		_, err = n.Dial(co, "ws://"+l.Addr()+"/secret?signature=secret", &ear{})
		if lost, ok := errors.AsType[*netio.Lost](err); !ok || lost.Sent || strings.Contains(err.Error(), "secret") {
			t.Error("dial:", err)
		}
		_, err = n.Doer("http://"+l.Addr()).Do(co, &netio.Request{Method: "GET", Path: "/x", Query: "signature=secret"})
		if lost, ok := errors.AsType[*netio.Lost](err); !ok || lost.Sent || strings.Contains(err.Error(), "secret") {
			t.Error("do:", err)
		}
		for _, bad := range []string{"http://x/", "ws:///secret?signature=secret", "::"} {
			if _, err := n.Dial(co, bad, &ear{}); err == nil || strings.Contains(err.Error(), "secret") {
				t.Error(bad, err)
			}
		}
	})
}

func TestAPortInUse(t *testing.T) {
	both(t, options{}, func(t *testing.T, co *aio.Co, n netio.Network) {
		l, err := n.Listen(co, "127.0.0.1:0", echo())
		must(t, err)
		_, err = n.Listen(co, l.Addr(), echo())
		if err == nil || !strings.Contains(err.Error(), l.Addr()) || !strings.Contains(err.Error(), "port 0") {
			t.Error(err)
		}
	})
}

func TestCloseByEitherEnd(t *testing.T) {
	for _, who := range []string{"client", "server"} {
		both(t, options{}, func(t *testing.T, co *aio.Co, n netio.Network) {
			client, server, ce, se := pair(t, co, n)
			a, b, ae, be := client, server, ce, se
			if who == "server" {
				a, b, ae, be = server, client, se, ce
			}
			inCall := true
			ae.inCall = &inCall
			must(t, a.Send([]byte("last")))
			must(t, b.Send([]byte("not heard")))
			a.Close(4001, "enough")
			a.Close(4002, "twice")
			inCall = false
			if err := a.Send([]byte("late")); !errors.Is(err, netio.ErrNotOpen) || a.Open() {
				t.Error("send after close:", err)
			}
			be.until(t, co, be.closed)
			ae.until(t, co, ae.closed)
			closed, ok := errors.AsType[*netio.Closed](be.err)
			if !ok || closed.Code != 4001 || closed.Reason != "enough" || ae.err != nil {
				t.Error(be.err, ae.err)
			}
			if len(ae.got) != 0 || len(be.got) != 1 || be.got[0] != "last" {
				t.Error(ae.got, be.got)
			}
			must(t, co.Sleep(time.Hour))
			if ae.ended != 1 || be.ended != 1 {
				t.Error("Closed came", ae.ended, be.ended, "times")
			}
		})
	}
}

// thinker answers each request after the virtual seconds that its query asks for.
func thinker(co *aio.Co) *host {
	return &host{serve: func(r *netio.Request, answer func(*netio.Response)) {
		d, err := time.ParseDuration(r.Query)
		if err != nil {
			d = 0
		}
		res := &netio.Response{Status: 201, Header: [][2]string{{"X-Weight", "7"}}, Body: append([]byte(r.Method+r.Path+":"), r.Body...)}
		if d == 0 {
			answer(res)
			return
		}
		co.Loop().CallLater(d, func() { answer(res) })
	}}
}

func TestRequests(t *testing.T) {
	both(t, options{limit: time.Minute}, func(t *testing.T, co *aio.Co, n netio.Network) {
		l, err := n.Listen(co, "127.0.0.1:0", thinker(co))
		must(t, err)
		d := n.Doer("http://" + l.Addr())
		began := co.Now()
		res, err := d.Do(co, &netio.Request{Method: "POST", Path: "/a/b", Body: []byte("body")})
		must(t, err)
		if res.Status != 201 || res.Get("X-Weight") != "7" || string(res.Body) != "POST/a/b:body" || co.Now() != began {
			t.Error(res, co.Now())
		}
		if _, err = d.Do(co, &netio.Request{Method: "GET", Path: "/", Query: "7s"}); err != nil || co.Now() != began+7e9 {
			t.Error(err, co.Now()-began)
		}
		if _, err = d.Do(co, &netio.Request{Method: "GET", Path: "/", Query: "2h"}); !sent(err) || !errors.Is(err, aio.ErrTimeout) {
			t.Error(err)
		}
		if now := co.Now(); now != began+67e9 {
			t.Error("the limit came after", now-began)
		}
	})
}

// More at once than are let through: each takes its time, and the clock does not stand still.
func TestManyRequestsAtOnce(t *testing.T) {
	both(t, options{limit: time.Hour}, func(t *testing.T, co *aio.Co, n netio.Network) {
		l, err := n.Listen(co, "127.0.0.1:0", thinker(co))
		must(t, err)
		d := n.Doer("http://" + l.Addr())
		must(t, aio.Group(co, func(co *aio.Co) error {
			for range 50 {
				aio.Start(co, "one", func(co *aio.Co) error {
					_, err := d.Do(co, &netio.Request{Method: "GET", Path: "/", Query: "3s"})
					return err
				})
			}
			return nil
		}))
	})
}

func sent(err error) bool {
	lost, ok := errors.AsType[*netio.Lost](err)
	return ok && lost.Sent
}

func TestACancelledRequest(t *testing.T) {
	both(t, options{}, func(t *testing.T, co *aio.Co, n netio.Network) {
		l, err := n.Listen(co, "127.0.0.1:0", thinker(co))
		must(t, err)
		err = aio.Timeout(co, time.Second, func(co *aio.Co, _ *aio.Scope) error {
			_, err := n.Doer("http://"+l.Addr()).Do(co, &netio.Request{Method: "GET", Path: "/", Query: "5s"})
			return err
		})
		if !sent(err) || co.Now() < 1e9 || co.Now() > 2e9 {
			t.Error(err, co.Now())
		}
		must(t, co.Sleep(time.Hour))
	})
}

func TestAClosedListenerAnswersNothing(t *testing.T) {
	both(t, options{}, func(t *testing.T, co *aio.Co, n netio.Network) {
		l, err := n.Listen(co, "127.0.0.1:0", thinker(co))
		must(t, err)
		co.Loop().CallLater(time.Second, l.Close)
		_, err = n.Doer("http://"+l.Addr()).Do(co, &netio.Request{Method: "GET", Path: "/", Query: "5s"})
		if !sent(err) {
			t.Error(err)
		}
	})
}

func TestFaultsOfMessages(t *testing.T) {
	fault := func(tr *netio.Transit) netio.Action {
		if tr.Kind != netio.Frame || tr.Path != "/w" || tr.Query != "a=1" {
			panic(fmt.Sprint("fault asked about ", tr))
		}
		switch string(tr.Data) {
		case "drop":
			return netio.Action{Verdict: netio.Drop}
		case "cut":
			return netio.Action{Verdict: netio.Cut}
		case "late":
			return netio.Action{Delay: time.Second}
		}
		return netio.Action{}
	}
	both(t, options{fault: fault}, func(t *testing.T, co *aio.Co, n netio.Network) {
		client, server, ce, se := pair(t, co, n)
		var at []aio.Nanos
		se.heard = func(_ *netio.Conn, data []byte) {
			se.got, at = append(se.got, string(data)), append(at, co.Now())
		}
		for _, s := range []string{"a", "drop", "b", "late", "c"} {
			must(t, client.Send([]byte(s)))
		}
		se.until(t, co, func() bool { return len(se.got) == 4 })
		if strings.Join(se.got, " ") != "a b late c" || at[1] != at[0] || at[2] != at[0]+1e9 || at[3] != at[2] {
			t.Error(se.got, at)
		}
		began, inCall := co.Now(), true
		se.inCall = &inCall
		must(t, server.Send([]byte("cut")))
		inCall = false
		se.until(t, co, se.closed)
		ce.until(t, co, ce.closed)
		if co.Now() != began {
			t.Error("the news of the cut took", co.Now()-began)
		}
		if closed, ok := errors.AsType[*netio.Closed](ce.err); !ok || closed.Code != ws.Abnormal || !errors.Is(se.err, netio.ErrCut) {
			t.Error(ce.err, se.err)
		}
		must(t, co.Sleep(time.Hour))
	})
}

func TestFaultsOfRequests(t *testing.T) {
	what, kind := netio.Action{}, netio.Ask
	fault := func(tr *netio.Transit) netio.Action {
		if tr.Kind == kind {
			return what
		}
		return netio.Action{}
	}
	both(t, options{fault: fault, limit: 10 * time.Second}, func(t *testing.T, co *aio.Co, n netio.Network) {
		l, err := n.Listen(co, "127.0.0.1:0", thinker(co))
		must(t, err)
		d := n.Doer("http://" + l.Addr())
		for kind = range netio.Answer + 1 {
			if kind == netio.Frame {
				continue
			}
			for _, c := range []struct {
				netio.Action
				after aio.Nanos
				lost  bool
			}{{netio.Action{}, 0, false}, {netio.Action{Delay: time.Second}, 1e9, false}, {netio.Action{Verdict: netio.Drop}, 10e9, true},
				{netio.Action{Verdict: netio.Cut}, 0, true}} {
				what = c.Action
				began := co.Now()
				_, err := d.Do(co, &netio.Request{Method: "POST", Path: "/"})
				if took := co.Now() - began; sent(err) != c.lost || took != c.after {
					t.Error(kind, c.Action, err, took)
				}
			}
		}
		must(t, co.Sleep(time.Hour))
	})
}

// Thousands of messages in both directions while timers run: whatever arrives, arrives at the time at which it was sent.
func TestTheClockNeverPassesAMessage(t *testing.T) {
	both(t, options{}, func(t *testing.T, co *aio.Co, n netio.Network) {
		client, server, ce, se := pair(t, co, n)
		const count = 3000
		heard, wrong := 0, 0
		listen := func(_ *netio.Conn, data []byte) {
			heard++
			if string(data[:20]) != fmt.Sprintf("%20d", co.Now()) {
				wrong++
			}
		}
		ce.heard, se.heard = listen, listen
		ticks, ticking := 0, true
		var tick func()
		tick = func() {
			if ticks++; ticking {
				co.Loop().CallLater(time.Microsecond, tick)
			}
		}
		tick()
		for i := range count {
			msg := fmt.Appendf(nil, "%20d %s", co.Now(), strings.Repeat("x", i%2000))
			must(t, client.Send(msg))
			must(t, server.Send(msg))
			must(t, co.Sleep(10*time.Microsecond))
		}
		if heard != 2*count || wrong > 0 || ticks < count {
			t.Error("heard", heard, "at a wrong time", wrong, "ticks", ticks)
		}
		// In the middle of a burst one end closes: the count has to come back to zero, or the clock stands still for ever.
		for range 500 {
			must(t, client.Send(make([]byte, 2000)))
			must(t, server.Send(make([]byte, 2000)))
		}
		ce.heard, se.heard = func(*netio.Conn, []byte) {}, func(*netio.Conn, []byte) {}
		client.Close(ws.Normal, "")
		ticking = false
		must(t, co.Sleep(time.Hour))
		if !ce.closed() || !se.closed() {
			t.Error("an end was not told")
		}
	})
}

// A thousand times as fast as the wall clock, messages and requests still arrive at the time at which they left.
func TestThePacedClockWaitsToo(t *testing.T) {
	runOn(t, aio.Paced(0, 1000), func(co *aio.Co) {
		n := netio.Sockets(co.Loop(), netio.SocketConfig{})
		h := echo()
		h.serve = thinker(co).serve
		l, err := n.Listen(co, "127.0.0.1:0", h)
		must(t, err)
		e := &ear{}
		c, err := n.Dial(co, "ws://"+l.Addr()+"/", e)
		must(t, err)
		aio.Start(co, "ticker", func(co *aio.Co) error {
			for co.Sleep(time.Microsecond) == nil {
			}
			return nil
		})
		d := n.Doer("http://" + l.Addr())
		for i := range 50 {
			began := co.Now()
			must(t, c.Send([]byte("x")))
			e.until(t, co, func() bool { return len(e.got) > i })
			if took := co.Now() - began; took != 0 {
				t.Fatal("a message took", took)
			}
			if _, err := d.Do(co, &netio.Request{Method: "GET", Path: "/", Query: "20us"}); err != nil || co.Now() != began+20e3 {
				t.Fatal("a request took", co.Now()-began, err)
			}
		}
	})
}
