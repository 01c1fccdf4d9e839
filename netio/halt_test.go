package netio_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"baton/aio"
	"baton/netio"
)

// What waits for a peer that does not read is never written once a halt has returned, and a connection that owes nothing lives on.
func TestHaltTakesBackWhatWaits(t *testing.T) {
	for _, busy := range []bool{false, true} {
		var halt netio.Halt
		read, got := make(chan struct{}), make(chan int64, 1)
		slow := stranger(t, func(c net.Conn, r *bufio.Reader) {
			welcome(c, r)
			<-read
			n, _ := io.Copy(io.Discard, r)
			got <- n
		})
		said := make(chan string, 1)
		quick := stranger(t, func(c net.Conn, r *bufio.Reader) {
			welcome(c, r)
			said <- frames(r)
		})
		runOn(t, aio.Real(), func(co *aio.Co) {
			n := sockets(co, netio.SocketConfig{WriteMax: 64 << 20, Halt: &halt})
			stuck, free := &ear{}, &ear{}
			c, err := n.Dial(co, "ws://"+slow+"/", stuck)
			must(t, err)
			other, err := n.Dial(co, "ws://"+quick+"/", free)
			must(t, err)
			const frame, count = 64 << 10, 400 // more than the system's buffers take
			for range count {
				must(t, c.Send(make([]byte, frame)))
			}
			halt.Now(busy)
			written := halt.Written()
			close(read)
			stuck.until(t, co, stuck.closed)
			if now := halt.Written(); now > written || written >= frame*count { // less: what the writer held when it was cut
				t.Errorf("busy %v: %d bytes were written when the halt had returned, %d afterwards", busy, written, now)
			}
			if n := <-got; n > written {
				t.Errorf("busy %v: the peer got %d bytes, %d were written", busy, n, written)
			}
			if err := other.Send([]byte("on")); err == nil == busy {
				t.Errorf("busy %v: the connection that owed nothing says %v", busy, err)
			}
		})
		if text := <-said; strings.Contains(text, "on;") == busy {
			t.Errorf("busy %v: the other peer heard %q", busy, text)
		}
	}
}

// After a halt a marked request is not written, and is known not to have been; others are.
func TestHaltKeepsMarkedRequests(t *testing.T) {
	hits := make(chan string, 4)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { hits <- r.URL.Path }))
	t.Cleanup(srv.Close)
	runOn(t, aio.Real(), func(co *aio.Co) {
		var halt netio.Halt
		d := sockets(co, netio.SocketConfig{Halt: &halt}).Doer(srv.URL)
		ask := func(path string, halts bool) error {
			_, err := d.Do(co, &netio.Request{Method: "POST", Path: path, Halts: halts})
			return err
		}
		must(t, ask("/before", true))
		halt.Now(false)
		if err := ask("/order", true); err == nil || sent(err) || !strings.Contains(err.Error(), netio.ErrHalted.Error()) {
			t.Error(err)
		}
		must(t, ask("/cancel", false))
	})
	close(hits)
	var all []string
	for h := range hits {
		all = append(all, h)
	}
	if got := strings.Join(all, " "); got != "/before /cancel" {
		t.Error(got)
	}
}
