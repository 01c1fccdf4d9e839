package netio_test

import (
	"errors"
	"testing"
	"time"

	"baton/aio"
	"baton/netio"
)

// A cut ends connections and requests. What has left for the server arrives, what is on its way back does not, and nothing can be
// made anew before the line is restored.
func TestBreaker(t *testing.T) {
	run(t, func(co *aio.Co) {
		var b netio.Breaker
		n := netio.Memory(co.Loop(), netio.MemoryConfig{Delay: 10 * time.Millisecond, Breaker: &b})
		client, server, ce, se := pair(t, co, n)
		h := echo()
		h.serve = func(_ *netio.Request, answer func(*netio.Response)) { answer(&netio.Response{Status: 200}) }
		l, err := n.Listen(co, "127.0.0.1:0", h)
		must(t, err)
		ask := func(co *aio.Co) error {
			_, err := n.Doer("http://"+l.Addr()).Do(co, &netio.Request{Method: "GET", Path: "/"})
			return err
		}
		asking := aio.Start(co, "ask", func(co *aio.Co) error {
			if lost, ok := errors.AsType[*netio.Lost](ask(co)); !ok || !lost.Sent {
				t.Error("the request under way:", lost)
			}
			return nil
		})
		must(t, co.Sleep(15*time.Millisecond))
		must(t, client.Send([]byte("up")))
		must(t, server.Send([]byte("down")))
		b.Cut()
		if ce.closed() {
			t.Error("the handler was called inside Cut")
		}
		ce.until(t, co, ce.closed)
		se.until(t, co, se.closed)
		if !errors.Is(ce.err, netio.ErrCut) || len(ce.got) != 0 || len(se.got) != 1 {
			t.Error(ce.err, ce.got, se.got)
		}
		_, err = asking.Await(co)
		must(t, err)
		if lost, ok := errors.AsType[*netio.Lost](ask(co)); !ok || lost.Sent {
			t.Error("a request on a cut line:", lost)
		}
		if _, err := n.Dial(co, "ws://"+l.Addr()+"/", &ear{}); !errors.Is(err, netio.ErrCut) {
			t.Error("dialled on a cut line:", err)
		}
		b.Restore()
		must(t, ask(co))
		_, err = n.Dial(co, "ws://"+l.Addr()+"/", &ear{})
		must(t, err)
	})
}
