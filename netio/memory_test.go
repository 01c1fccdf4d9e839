package netio_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/netio"
)

// Every message takes the network's delay, one way, and a handshake or a request two of them.
func TestMemoryTakesItsTime(t *testing.T) {
	run(t, func(co *aio.Co) {
		n := netio.Memory(co.Loop(), netio.MemoryConfig{Delay: 10 * time.Millisecond})
		h := echo()
		h.serve = func(_ *netio.Request, answer func(*netio.Response)) { answer(&netio.Response{Status: 200}) }
		l, err := n.Listen(co, "127.0.0.1:0", h)
		must(t, err)
		e := &ear{}
		began := co.Now()
		c, err := n.Dial(co, "ws://"+l.Addr()+"/", e)
		must(t, err)
		if took := co.Now() - began; took != 20e6 {
			t.Error("the handshake took", took)
		}
		began = co.Now()
		must(t, c.Send([]byte("x")))
		e.until(t, co, func() bool { return len(e.got) == 1 })
		if took := co.Now() - began; took != 20e6 {
			t.Error("the echo took", took)
		}
		began = co.Now()
		_, err = n.Doer("http://"+l.Addr()).Do(co, &netio.Request{Method: "GET", Path: "/"})
		must(t, err)
		if took := co.Now() - began; took != 20e6 {
			t.Error("the request took", took)
		}
	})
}

// story runs some traffic with jitter and gives what happened, with times.
func story(t *testing.T, seed uint64) string {
	var out strings.Builder
	_, err := aio.Run(t.Context(), aio.Config{Source: aio.Virtual(0), Seed: seed}, func(co *aio.Co) (none, error) {
		jitter := func(*netio.Transit) netio.Action { return netio.Action{Delay: time.Duration(co.Rand() % 1e6)} }
		n := netio.Memory(co.Loop(), netio.MemoryConfig{Delay: time.Millisecond, Fault: jitter, Seed: seed})
		client, server, ce, se := pair(t, co, n)
		log := func(who string) func(*netio.Conn, []byte) {
			return func(_ *netio.Conn, data []byte) { fmt.Fprintln(&out, co.Now(), who, string(data)) }
		}
		ce.heard, se.heard = log("client"), log("server")
		for i := range 200 {
			must(t, client.Send(fmt.Append(nil, i)))
			must(t, server.Send(fmt.Append(nil, i)))
			must(t, co.Sleep(time.Duration(co.Rand()%1e6)))
		}
		client.Close(1000, "")
		ce.until(t, co, ce.closed)
		fmt.Fprintln(&out, co.Now(), ce.err)
		return none{}, nil
	})
	must(t, err)
	return out.String()
}

func TestMemoryIsAFunctionOfTheSeed(t *testing.T) {
	a, b, other := story(t, 1), story(t, 1), story(t, 2)
	if a != b || a == other || strings.Count(a, "\n") < 390 {
		t.Error(len(a), a == b, a == other)
	}
}
