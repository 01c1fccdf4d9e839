package server_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"baton/aio"
	"baton/binance/wire"
	"baton/exchange/local"
	"baton/exchange/server"
	"baton/market"
	"baton/netio"
)

// An order by the WebSocket API with its answer and its two user events, through face, shell and a network in memory, with so many
// readers of the book's streams; the rate limits are kept by spreading the orders over accounts.
func BenchmarkOrder(b *testing.B) {
	for _, readers := range []int{0, 200} {
		b.Run(fmt.Sprintf("%d readers", readers), func(b *testing.B) { benchmarkOrder(b, readers) })
	}
}

func benchmarkOrder(b *testing.B, readers int) {
	withLines(b, synthetic(), readers, func(co *aio.Co, r *rig, lines []*line) error {
		n := 0
		b.ReportAllocs()
		for b.Loop() {
			if err := r.order(co, lines, n); err != nil {
				return err
			}
			n++
		}
		return told(co, b, lines, n)
	})
}

// TestMemoryIsFlat: once every account's history is full, further orders take no more memory.
func TestMemoryIsFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("60,000 orders")
	}
	cfg := synthetic()
	cfg.Exchange.KeepOrders = 100
	withLines(t, cfg, 0, func(co *aio.Co, r *rig, lines []*line) error {
		heap := func() uint64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		n, used := 0, [3]uint64{}
		for k := range used {
			for range 20_000 {
				if err := r.order(co, lines, n); err != nil {
					return err
				}
				n++
			}
			if err := co.Sleep(1e9); err != nil {
				return err
			}
			used[k] = heap()
		}
		t.Logf("%d, %d and %d KiB after 20,000 orders each", used[0]>>10, used[1]>>10, used[2]>>10)
		if used[2] > used[0]+used[0]/10 {
			t.Errorf("memory grows: %d, %d, %d bytes", used[0], used[1], used[2])
		}
		return told(co, t, lines, n)
	})
}

// withLines runs a server with 125 accounts, each with a line of the WebSocket API and a user stream, and so many readers of a book.
func withLines(b testing.TB, cfg server.Config, readers int, body func(co *aio.Co, r *rig, lines []*line) error) {
	b.Helper()
	const accounts = 125
	cfg.Out, cfg.Back = local.Latency{}, local.Latency{}
	for n := range accounts {
		cfg.Keys = append(cfg.Keys, server.Key{APIKey: fmt.Sprint("k", n), Secret: fmt.Sprint("s", n), Account: fmt.Sprint("a", n), Deposit: key.Deposit})
	}
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(start)}, func(co *aio.Co) (struct{}, error) {
		s, err := server.New(co.Loop(), cfg)
		if err != nil {
			return struct{}{}, err
		}
		network := netio.Memory(co.Loop(), netio.MemoryConfig{})
		l, err := network.Listen(co, "127.0.0.1:0", s)
		if err != nil {
			return struct{}{}, err
		}
		defer l.Close()
		r := &rig{s: s, n: network, addr: l.Addr()}
		for range readers {
			if _, err := r.dial(co, "/public/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker", &heard{on: func([]byte) {}}); err != nil {
				return struct{}{}, err
			}
		}
		lines := make([]*line, accounts)
		for n := range lines {
			if lines[n], err = r.line(co, n); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, body(co, r, lines)
	})
	if err != nil {
		b.Fatal(err)
	}
}

// line is what one account of the benchmark has.
type line struct {
	c       *netio.Conn
	signer  *wire.Signer
	answers int
	events  int
	buf     []byte
}

func (r *rig) line(co *aio.Co, n int) (*line, error) {
	k := &line{signer: wire.NewSigner(fmt.Sprint("k", n), fmt.Append(nil, "s", n))}
	resp, err := r.n.Doer("http://"+r.addr).Do(co, &netio.Request{Method: "POST", Path: "/fapi/v1/listenKey", Header: [][2]string{{wire.HeaderKey, k.signer.Key()}}})
	if err != nil {
		return nil, err
	}
	text, err := wire.DecodeListenKey(resp.Body)
	if err != nil {
		return nil, err
	}
	if _, err := r.dial(co, "/private/ws/"+text, &heard{on: func([]byte) { k.events++ }}); err != nil {
		return nil, err
	}
	k.c, err = r.dial(co, "/ws-fapi/v1?returnRateLimits=false", &heard{on: func([]byte) { k.answers++ }})
	return k, err
}

// order sends the n-th one; they leave at 2,000 a second of the exchange's time.
func (r *rig) order(co *aio.Co, lines []*line, n int) error {
	k := lines[n%len(lines)]
	k.buf = k.signer.AppendPlace(k.buf[:0], int64(n), limit(market.Buy, "59000", "0.01", market.IOC, ""), wire.Stamp{Time: co.Now()})
	if err := k.c.Send(k.buf); err != nil {
		return err
	}
	return co.Sleep(500 * time.Microsecond)
}

// told checks that n orders were answered, and told of twice each.
func told(co *aio.Co, b testing.TB, lines []*line, n int) error {
	if err := co.Sleep(time.Second); err != nil {
		return err
	}
	answers, events := 0, 0
	for _, k := range lines {
		answers, events = answers+k.answers, events+k.events
	}
	if answers != n || events != 2*n {
		b.Errorf("%d orders, %d answers, %d events", n, answers, events)
	}
	return nil
}
