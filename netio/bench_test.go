package netio_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"baton/aio"
	"baton/netio"
	"baton/netio/ws"
)

// rounds of each contender, interleaved; the median counts.
const rounds = 11

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// flood is a server that sends count frames of 128 bytes each time it is sent a byte or a frame of its own.
func flood(b *testing.B, count int) (addr string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	burst := bytes.Repeat(ws.Append(nil, ws.Text, bytes.Repeat([]byte("f"), 128)), count)
	serve(b, ln, func(c net.Conn, r *bufio.Reader) {
		for {
			if _, err := io.ReadFull(r, make([]byte, goSize)); err != nil {
				return
			}
			if _, err := c.Write(burst); err != nil {
				return
			}
		}
	})
	return ln.Addr().String()
}

// goSize is the size of a masked frame with two bytes.
const goSize = 8

func serve(b *testing.B, ln net.Listener, speak func(net.Conn, *bufio.Reader)) {
	b.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				welcome(c, r)
				speak(c, r)
			}()
		}
	}()
}

// rawDial is a WebSocket by hand.
func rawDial(b *testing.B, addr string) net.Conn {
	c, err := net.Dial("tcp", addr)
	must(b, err)
	_, err = c.Write(ws.AppendRequest(nil, addr, "/", ws.Key([16]byte{}), nil))
	must(b, err)
	want := ws.AppendResponse(nil, ws.AcceptKey(ws.Key([16]byte{})))
	_, err = io.ReadFull(c, make([]byte, len(want)))
	must(b, err)
	return c
}

// Frames of one connection to a callback on the loop, against the same decoding with a mutex and no loop.
func BenchmarkFrames(b *testing.B) {
	const count = 50000
	addr := flood(b, count)
	ask := ws.AppendMasked(nil, ws.Text, []byte("go"), [4]byte{1})
	raw := rawDial(b, addr)
	defer raw.Close()
	var mu sync.Mutex
	viaRaw := func() time.Duration {
		began := time.Now()
		raw.Write(ask)
		r := ws.NewReader(ws.Client)
		for seen := 0; seen < count; {
			n, err := raw.Read(r.Space())
			must(b, err)
			r.Filled(n)
			for _, ok, _ := r.Next(); ok; _, ok, _ = r.Next() {
				mu.Lock()
				seen++
				mu.Unlock()
			}
		}
		return time.Since(began)
	}
	runOn(b, aio.Real(), func(co *aio.Co) {
		seen := 0
		e := &ear{}
		var w aio.Waiter
		e.heard = func(*netio.Conn, []byte) {
			if seen++; seen == count {
				w.Wake()
			}
		}
		c, err := netio.Sockets(co.Loop(), netio.SocketConfig{}).Dial(co, "ws://"+addr+"/", e)
		must(b, err)
		via := func() time.Duration {
			began := time.Now()
			seen = 0
			must(b, c.Send([]byte("go")))
			must(b, w.Wait(co))
			return time.Since(began)
		}
		for b.Loop() {
			var ours, theirs []time.Duration
			for range rounds {
				theirs = append(theirs, viaRaw())
				ours = append(ours, via())
			}
			b.ReportMetric(count/median(ours).Seconds(), "frames/s")
			b.ReportMetric(float64(median(theirs))/float64(median(ours)), "x-raw-throughput")
		}
	})
}

// A message there and its answer back, a callback sending the next: against the same bytes by plain Read and Write.
func BenchmarkRoundTrip(b *testing.B) {
	const count, size = 2000, 200
	out := ws.AppendMasked(nil, ws.Text, make([]byte, size), [4]byte{1, 2, 3, 4})
	back := ws.Append(nil, ws.Text, bytes.Repeat([]byte("e"), size))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	serve(b, ln, func(c net.Conn, r *bufio.Reader) {
		buf := make([]byte, len(out))
		for {
			if _, err := io.ReadFull(c, buf); err != nil {
				return
			}
			c.Write(back)
		}
	})
	raw := rawDial(b, ln.Addr().String())
	defer raw.Close()
	viaRaw := func(lat []time.Duration) []time.Duration {
		buf := make([]byte, len(back))
		for range count {
			began := time.Now()
			raw.Write(out)
			_, err := io.ReadFull(raw, buf)
			must(b, err)
			lat = append(lat, time.Since(began))
		}
		return lat
	}
	runOn(b, aio.Real(), func(co *aio.Co) {
		var w aio.Waiter
		var lat []time.Duration
		var began time.Time
		left := 0
		msg := make([]byte, size)
		e := &ear{heard: func(c *netio.Conn, _ []byte) {
			now := time.Now()
			lat = append(lat, now.Sub(began))
			if left--; left == 0 {
				w.Wake()
				return
			}
			began = time.Now()
			c.Send(msg)
		}}
		c, err := netio.Sockets(co.Loop(), netio.SocketConfig{}).Dial(co, "ws://"+ln.Addr().String()+"/", e)
		must(b, err)
		b.ReportAllocs()
		for b.Loop() {
			lat = make([]time.Duration, 0, rounds*count)
			theirs := make([]time.Duration, 0, rounds*count)
			for range rounds {
				theirs = viaRaw(theirs)
				left, began = count, time.Now()
				must(b, c.Send(msg))
				must(b, w.Wait(co))
			}
			slices.Sort(lat)
			slices.Sort(theirs)
			p50, p99 := len(lat)/2, len(lat)*99/100
			b.ReportMetric(float64(lat[p50]), "p50-ns")
			b.ReportMetric(float64(lat[p50])/float64(theirs[p50]), "p50-x-raw")
			b.ReportMetric(float64(lat[p99])/float64(theirs[p99]), "p99-x-raw")
		}
	})
}

// One request and its response, both ends on this loop: sockets and memory.
func BenchmarkRequest(b *testing.B) {
	for name, src := range map[string]aio.Source{"sockets": aio.Real(), "memory": aio.Virtual(0)} {
		b.Run(name, func(b *testing.B) {
			runOn(b, src, func(co *aio.Co) {
				n := netio.Memory(co.Loop(), netio.MemoryConfig{})
				if name == "sockets" {
					n = netio.Sockets(co.Loop(), netio.SocketConfig{})
				}
				l, err := n.Listen(co, "127.0.0.1:0", thinker(co))
				must(b, err)
				d := n.Doer("http://" + l.Addr())
				b.ReportAllocs()
				for b.Loop() {
					_, err := d.Do(co, &netio.Request{Method: "GET", Path: "/"})
					must(b, err)
				}
			})
		})
	}
}

// A message through the network in memory, there and back.
func BenchmarkMemoryEcho(b *testing.B) {
	run(b, func(co *aio.Co) {
		n := netio.Memory(co.Loop(), netio.MemoryConfig{Delay: time.Millisecond})
		l, err := n.Listen(co, "127.0.0.1:0", echo())
		must(b, err)
		e := &ear{heard: func(*netio.Conn, []byte) {}}
		c, err := n.Dial(co, "ws://"+l.Addr()+"/", e)
		must(b, err)
		msg := make([]byte, 200)
		b.ReportAllocs()
		for b.Loop() {
			must(b, c.Send(msg))
			must(b, co.Sleep(2*time.Millisecond))
		}
	})
}
