package app_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/wire"
	"baton/journal"
	"baton/market"
	"baton/netio"
	"baton/risk"
	"baton/secret"
	"baton/tape"
	"baton/trade"
)

// lab is a client with a trader and a strategy on a real loop, and the peer that it trades with.
type lab struct {
	*peer
	ready chan struct{} // a token when the strategy waits for the next quote, the order before ended
	end   context.CancelFunc
	gone  chan error
}

// labMax is the longest that a lab may take.
const labMax = 2 * time.Minute

// newLab starts everything and waits until the strategy trades on quotes. open makes the journal that the intents go to.
func newLab(t testing.TB, open func(testing.TB) trade.Journal) *lab {
	ctx, end := context.WithTimeout(context.Background(), labMax) // so that nothing waits for ever, and no timer runs beside the clock
	journal := open(t)
	l := &lab{peer: newPeer(t), ready: make(chan struct{}, 1), end: end, gone: make(chan error, 1)}
	go func() {
		_, err := aio.Run(ctx, aio.Config{}, func(co *aio.Co) (struct{}, error) { return struct{}{}, l.trade(co, journal) })
		l.gone <- err
	}()
	return l
}

// stop ends the client, and says what it failed with.
func (l *lab) stop() error {
	l.end()
	err := <-l.gone
	if errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, aio.ErrCancelled) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// trade is the client's main task: the wiring of a demo.
func (l *lab) trade(co *aio.Co, journal trade.Journal) error {
	network := netio.Sockets(co.Loop(), netio.SocketConfig{Alive: time.Hour, Silence: time.Hour})
	streams := "ws" + l.URL[len("http"):]
	c, err := binance.Dial(co, network, binance.Config{
		REST: l.URL, Streams: streams, API: streams + wire.PathAPI, Key: l.key, Secret: secret.New(l.secret), Run: "l",
	})
	if err != nil {
		return err
	}
	defer c.Close()
	in := c.Instruments()[0]
	trader, err := trade.New(co, trade.Config{Limits: map[string]risk.Limits{in.Symbol: trade.DefaultLimits()}}, c, c, journal)
	if err != nil {
		return err
	}
	if _, err := trader.Open(in); err != nil {
		return err
	}
	if err := trader.Start(co); err != nil {
		return err
	}
	return trader.Run(co, trade.Strategy{Name: "latency", Run: l.strategy}, trader.Sessions()...)
}

// strategy is two coroutines: one hears each quote and hands it to the other, which orders on it.
func (l *lab) strategy(co *aio.Co, s *trade.Session) error {
	quotes := aio.NewQueue[market.Quote](co.Loop(), 1)
	aio.Start(co, "order", func(co *aio.Co) error {
		for {
			q, err := quotes.Get(co)
			if err != nil {
				return err
			}
			o, err := s.Place(trade.Request{Side: market.Buy, Px: q.Bid, Qty: 2, TIF: market.GTX})
			if err != nil {
				return err
			}
			if err := o.Wait(co); err != nil {
				return err
			}
			l.ready <- struct{}{} // never blocks: a quote is sent for each token taken
		}
	})
	w := s.Watch(trade.OnQuote)
	for !s.Exact() {
		if _, err := w.Next(co); err != nil {
			return err
		}
	}
	l.ready <- struct{}{}
	for {
		if _, err := w.Next(co); err != nil {
			return err
		}
		if err := quotes.Put(co, s.Top()); err != nil {
			return err
		}
	}
}

// wait takes the token.
func (l *lab) wait(t testing.TB) {
	select {
	case <-l.ready:
	case err := <-l.gone:
		l.gone <- err
		t.Fatalf("the client ended: %v", err)
	}
}

// unsynced is a journal whose intents are written to a file, 200 bytes each, and not synced.
type unsynced struct {
	f     *os.File
	bytes [200]byte
}

func (j *unsynced) Append(r *market.Record) (durable bool) {
	if r.Kind == market.RecordIntent {
		if _, err := j.f.Write(j.bytes[:]); err != nil {
			panic(err)
		}
	}
	return true
}

func (j *unsynced) Sync(*aio.Co) error { return nil }

func openUnsynced(t testing.TB) trade.Journal {
	f, err := os.Create(filepath.Join(t.TempDir(), "intents"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &unsynced{f: f}
}

func openDurable(t testing.TB) trade.Journal {
	fs, err := tape.Dir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]*market.Instrument{} // the journal reads back what it writes; only the name counts here
	j, err := journal.Open(fs, func(symbol string) *market.Instrument {
		if known[symbol] == nil {
			known[symbol] = &market.Instrument{Symbol: symbol}
		}
		return known[symbol]
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func openMemory(testing.TB) trade.Journal { return journal.NewMemory(0) }

// BenchmarkSocketToOrder is the time from a quote's bytes on a socket, through the decoder, the session, two coroutines, the
// risk desk, the journal and the signature, to the order's bytes at the peer. After each comes one echo of as many bytes there
// and back by plain Go, or before it: turn and turn about. unsynced writes each intent to a file, durable syncs it too, which is
// what live trading does, memory keeps none.
func BenchmarkSocketToOrder(b *testing.B) {
	for _, x := range []struct {
		name string
		open func(testing.TB) trade.Journal
	}{{"memory", openMemory}, {"unsynced", openUnsynced}, {"durable", openDurable}} {
		b.Run(x.name, func(b *testing.B) { benchSocketToOrder(b, newLab(b, x.open)) })
	}
}

// warm is how many of the first orders and echoes do not count.
const warm = 500

func benchSocketToOrder(b *testing.B, l *lab) {
	public, api := l.accepted(b, "public"), l.accepted(b, "ws-fapi")
	if _, err := public.Write(l.bridge()); err != nil {
		b.Fatal(err)
	}
	l.wait(b)
	buf := make([]byte, 4096)
	order := func(n int) (took time.Duration, size int) {
		frame := l.quote(n)
		began := time.Now()
		if _, err := public.Write(frame); err != nil {
			b.Fatal(err)
		}
		got := readOrder(b, api, buf)
		took = time.Since(began)
		if _, err := api.Write(refusal(request(b, got))); err != nil {
			b.Fatal(err)
		}
		l.wait(b)
		return took, len(got)
	}
	_, size := order(0)
	there := l.quote(0)
	raw := rawEcho(b, len(there), size)
	echo := func() time.Duration {
		began := time.Now()
		if _, err := raw.Write(there); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(raw, buf[:size]); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	var ours, theirs []time.Duration
	b.ReportAllocs()
	for n := 1; b.Loop(); n++ {
		var took, floor time.Duration
		if n&1 == 0 {
			floor = echo()
			took, _ = order(n)
		} else {
			took, _ = order(n)
			floor = echo()
		}
		if n > warm {
			ours, theirs = append(ours, took), append(theirs, floor)
		}
	}
	if err := l.stop(); err != nil {
		b.Fatal(err)
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	for _, p := range []struct {
		name string
		of   int
	}{{"p50", 50}, {"p99", 99}} {
		if len(ours) == 0 {
			break
		}
		x, y := ours[len(ours)*p.of/100], theirs[len(theirs)*p.of/100]
		b.ReportMetric(float64(x)/1e3, p.name+"-us")
		b.ReportMetric(float64(y)/1e3, p.name+"-raw-us")
		b.ReportMetric(float64(x)/float64(y), p.name+"-x-raw")
	}
	b.ReportMetric(float64(len(ours)), "samples")
}

// What the benchmark measures is the real thing: orders on each quote, signed so that the exchange would take them.
func TestSocketToOrder(t *testing.T) {
	for name, open := range map[string]func(testing.TB) trade.Journal{
		"memory": openMemory, "unsynced": openUnsynced, "durable": openDurable,
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, open)
			public, api := l.accepted(t, "public"), l.accepted(t, "ws-fapi")
			public.Write(l.bridge())
			l.wait(t)
			s, buf := wire.NewSigner(l.key, []byte(l.secret)), make([]byte, 4096)
			for n := 1; n <= 20; n++ {
				public.Write(l.quote(n))
				r := request(t, readOrder(t, api, buf))
				if err := s.VerifyParams(r.Params); err != nil || string(r.Method) != "order.place" || string(r.Params.Value("price")) != "61800" {
					t.Fatalf("%s with %q: %v", r.Method, r.Params, err)
				}
				api.Write(refusal(r))
				l.wait(t)
			}
			if err := l.stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
