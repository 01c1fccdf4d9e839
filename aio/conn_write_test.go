package aio_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// slowPeer is the connection to a peer that takes each write only when it is told to.
type slowPeer struct {
	net.Conn               // addresses and deadlines of a pipe
	begun    chan struct{} // a write has begun
	release  chan struct{} // it may go on
	got      bytes.Buffer
}

func newSlowPeer(t *testing.T) *slowPeer {
	a, b := net.Pipe()
	t.Cleanup(func() { a.Close(); b.Close() })
	return &slowPeer{Conn: a, begun: make(chan struct{}, 16), release: make(chan struct{}, 16)}
}

func (p *slowPeer) Write(b []byte) (int, error) {
	p.begun <- struct{}{}
	<-p.release
	return p.got.Write(b)
}

// begins waits, off the loop, until a write has begun.
func (p *slowPeer) begins(co *aio.Co) error {
	f, settle := aio.Promise[none](co.Loop(), "a write")
	co.Loop().Spawn(func() { <-p.begun; settle(none{}, nil) })
	_, err := f.Await(co)
	return err
}

// What is under way stays as it was, whatever is written after it: here the goroutine has been idle once, and each of the
// later writes comes while it is in the middle of the one before.
func TestConnKeepsWhatIsUnderWay(t *testing.T) {
	peer := newSlowPeer(t)
	must(t, runOn(t, nil, func(co *aio.Co) error {
		c := aio.NewConn(co.Loop(), peer)
		var want strings.Builder
		for round := range 3 {
			for i := range 3 {
				text := string(rune('a'+3*round+i)) + "......."
				want.WriteString(text)
				if _, err := c.Write([]byte(text)); err != nil {
					return err
				}
				if i == 0 {
					if err := peer.begins(co); err != nil {
						return err
					}
				}
			}
			peer.release <- struct{}{} // the first of the round
			if err := peer.begins(co); err != nil {
				return err
			}
			peer.release <- struct{}{} // the two behind it, in one
			for range 1000 {
				if aio.PendingOf(c) == 0 {
					break
				}
				if err := co.Sleep(100 * time.Microsecond); err != nil {
					return err
				}
			}
			if n := aio.PendingOf(c); n != 0 {
				t.Fatal(n, "bytes are said to be under way when all has gone")
			}
		}
		if got := peer.got.String(); got != want.String() {
			t.Errorf("the peer got %q,\nwant %q", got, want.String())
		}
		return c.Close()
	}))
}

// A peer that takes nothing makes Write wait: the loop goes on, and keeps no more than the bound.
func TestConnWriteIsBounded(t *testing.T) {
	peer := newSlowPeer(t)
	must(t, runOn(t, nil, func(co *aio.Co) error {
		c := aio.NewConn(co.Loop(), peer)
		chunk := make([]byte, aio.ConnWriteMax/4)
		wrote := 0
		err := aio.Timeout(co, 2*time.Millisecond, func(co *aio.Co, _ *aio.Scope) error {
			for wrote < 100*len(chunk) {
				n, err := c.Write(chunk)
				if wrote += n; err != nil {
					return err
				}
			}
			return nil
		})
		if !errors.Is(err, aio.ErrTimeout) || wrote != aio.ConnWriteMax || aio.PendingOf(c) != wrote {
			t.Errorf("%d bytes were taken, %d are under way, want %d: %v", wrote, aio.PendingOf(c), aio.ConnWriteMax, err)
		}
		for range 16 {
			peer.release <- struct{}{}
		}
		return c.Close()
	}))
}

// A failure of an earlier Write is told by a later one.
func TestConnWriteFails(t *testing.T) {
	a, b := net.Pipe()
	b.Close()
	must(t, runOn(t, nil, func(co *aio.Co) error {
		c := aio.NewConn(co.Loop(), a)
		for range 2000 {
			n, err := c.Write([]byte("lost"))
			if err == nil {
				err = co.Sleep(100 * time.Microsecond)
			}
			if err != nil {
				var op *net.OpError
				if !errors.As(err, &op) || op.Op != "write" || n != 0 {
					t.Error(n, err)
				}
				return nil
			}
		}
		t.Error("no Write said so")
		return nil
	}))
}

// A reader that nobody reads from stops reading the socket: no more is kept than the bound and one read.
func TestConnReadIsBounded(t *testing.T) {
	a, b := net.Pipe()
	must(t, runOn(t, nil, func(co *aio.Co) error {
		l := co.Loop()
		c := aio.NewConn(l, a)
		sent := make(chan int, 1<<10)
		l.Spawn(func() {
			defer close(sent)
			for step := make([]byte, 1024); ; {
				if _, err := b.Write(step); err != nil {
					return
				}
				sent <- len(step)
			}
		})
		for full := 0; full < 10; { // more would come in the time after it is full, if it went on
			if aio.BufferedOf(c) > aio.ConnReadMax {
				full++
			}
			if err := co.Sleep(2 * time.Millisecond); err != nil {
				return err
			}
		}
		if n := aio.BufferedOf(c); n > aio.ConnReadMax+aio.ConnReadStep {
			t.Errorf("%d bytes are kept, want just above %d", n, aio.ConnReadMax)
		}
		got := make([]byte, 2*aio.ConnReadMax) // reading makes it go on
		_, err := io.ReadFull(c, got)
		return errors.Join(err, c.Close(), b.Close())
	}))
}

// Both ends on one loop, with socket buffers of 4 KiB, both directions at once, each in writes far larger than what the system
// takes: no Write keeps the loop, or nobody would be left to read, and all arrives in order.
func TestConnBothEndsOnOneLoop(t *testing.T) {
	for _, c := range []struct {
		network, addr string
		size, step    int
	}{
		{"unix", filepath.Join(t.TempDir(), "socket"), 1 << 20, 300_000},
		{"tcp", "127.0.0.1:0", 96 << 10, 60_000}, // the system sends in fits and starts with such buffers
	} {
		t.Run(c.network, func(t *testing.T) { bothEnds(t, c.network, c.addr, c.size, c.step) })
	}
}

func bothEnds(t *testing.T, network, addr string, size, step int) {
	must(t, runOn(t, nil, func(co *aio.Co) error {
		l := co.Loop()
		near, far, err := tightPair(network, addr)
		if err != nil {
			return err
		}
		beats := 0
		err = aio.Group(co, func(co *aio.Co) error {
			ends := [2]*aio.Conn{aio.NewConn(l, near), aio.NewConn(l, far)}
			left := 4
			over := func() { left-- }
			for i, c := range ends {
				data := pattern(size, byte(i))
				aio.Start(co, "write", func(co *aio.Co) error {
					defer over()
					for at := 0; at < size; at += step {
						if n, err := c.Write(data[at:min(at+step, size)]); err != nil {
							return fmt.Errorf("after %d bytes of a write: %w", n, err)
						}
					}
					return nil
				})
				want := sha256.Sum256(pattern(size, byte(1-i)))
				aio.Start(co, "read", func(co *aio.Co) error {
					defer over()
					got := make([]byte, size)
					if _, err := io.ReadFull(c, got); err != nil {
						return err
					}
					if sha256.Sum256(got) != want {
						t.Error("other bytes came")
					}
					return nil
				})
			}
			for ; left > 0; beats++ { // a third party, which a loop that stands in a write would stop
				if err := co.Sleep(100 * time.Microsecond); err != nil {
					return err
				}
			}
			return errors.Join(ends[0].Close(), ends[1].Close())
		})
		if beats < 10 {
			t.Error("the loop had", beats, "beats meanwhile")
		}
		return err
	}))
}

// pattern is size bytes that are not the same anywhere near.
func pattern(size int, salt byte) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(i>>9) ^ byte(i*31) ^ salt
	}
	return p
}

// buffered is a socket whose kernel buffers can be set.
type buffered interface {
	SetReadBuffer(bytes int) error
	SetWriteBuffer(bytes int) error
}

// tightPair is a connection within this machine whose four kernel buffers are as near to 4 KiB as the system makes them.
func tightPair(network, addr string) (near, far net.Conn, err error) {
	ln, err := net.Listen(network, addr)
	if err != nil {
		return nil, nil, err
	}
	defer ln.Close()
	if near, err = net.Dial(network, ln.Addr().String()); err != nil {
		return nil, nil, err
	}
	if far, err = ln.Accept(); err != nil {
		return nil, nil, errors.Join(err, near.Close())
	}
	for _, c := range []net.Conn{near, far} {
		b := c.(buffered)
		err = errors.Join(err, b.SetReadBuffer(4<<10), b.SetWriteBuffer(4<<10))
	}
	return near, far, err
}
