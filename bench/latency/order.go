package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"baton/binance/wire"
	"baton/market"
	"baton/trade"
)

// The budgets of the order's way, the intent written but not synced.
const (
	limitP50 = 1.1
	limitP99 = 1.4
)

// How many orders a round has, and how many before the first round do not count. 11 rounds of 2,000 give a p99 of 22,000.
const (
	ordersRound  = 2000
	durableRound = 200
	ordersWarm   = 500
)

// sizeGrows is how many bytes longer than the first an order may be: its number, which is in it twice, grows. The echo has the first's.
const sizeGrows = 16

// orders is one client whose orders are timed, beside a raw echo of the same sizes.
type orders struct {
	*lab
	public, api net.Conn
	raw, full   net.Conn // echoes: of nothing else, and of one that writes and signs
	buf, there  []byte
	size, n     int
	signer      *wire.Signer
	dir         string // for the full echo's file
}

// depthLast is the update id of the peer's only snapshot.
const depthLast = 100

const firstQuote = market.Nanos(1723161256311e6)

// newOrders starts the client and waits until its strategy trades on quotes.
func newOrders(journal trade.Journal, dir string) (*orders, error) {
	p := newPeer(market.Snapshot{Last: depthLast, Bids: []market.Level{{Px: 618000, Qty: 5000}}, Asks: []market.Level{{Px: 618001, Qty: 5000}}}, firstQuote)
	l := &lab{peer: p, journal: journal}
	l.strategy = l.orderOnQuote
	l.start()
	o := &orders{lab: l, buf: make([]byte, 4096), dir: dir, signer: wire.NewSigner(peerKey, []byte(peerSecret))}
	return o, o.connect()
}

func (o *orders) connect() (err error) {
	if o.api, err = o.accepted("ws-fapi"); err != nil {
		return err
	}
	if o.public, err = o.accepted("public"); err != nil {
		return err
	}
	bridge := market.Diff{First: depthLast, Last: depthLast + 1, Prev: depthLast - 1, Bids: []market.Level{{Px: 618000, Qty: 5001}}}
	if _, err := o.public.Write(frame("btcusdt@depth@100ms", o.codec.AppendDepth(nil, &bridge))); err != nil {
		return err
	}
	if err := o.wait(); err != nil {
		return err
	}
	if _, err := o.order(); err != nil {
		return err
	}
	o.there = o.quote()
	if o.raw, err = rawEcho(len(o.there), o.size, nil); err != nil {
		return err
	}
	o.full, err = rawEcho(len(o.there), o.size, o.floorWork())
	return err
}

// floorWork is the least that an order needs between its quote and its bytes: an intent of 200 bytes written to a file, and one
// HMAC-SHA256 of as many bytes as an order signs.
func (o *orders) floorWork() func() {
	f, err := os.CreateTemp(o.dir, "floor")
	if err != nil {
		return nil
	}
	mac, text, sum := hmac.New(sha256.New, []byte(peerSecret)), make([]byte, 200), make([]byte, 0, 32)
	return func() {
		_, _ = f.Write(text)
		mac.Reset()
		_, _ = mac.Write(text)
		sum = mac.Sum(sum[:0])
	}
}

// quote is the next top of book: the size of its frame does not change.
func (o *orders) quote() []byte {
	o.n++
	at := firstQuote + market.Nanos(o.n)*1e6
	return frame("btcusdt@bookTicker", o.codec.AppendBookTicker(nil, &market.Quote{
		Update: 5123107839020 + int64(o.n), Bid: 618000, BidQty: 1000 + market.Lots(o.n%8999), Ask: 618001, AskQty: 2510, Event: at, Transact: at,
	}))
}

// order is the time from a quote's bytes on the socket to the bytes of the order that it leads to. The first order's signature is
// checked: what is measured is an order that the exchange would take.
func (o *orders) order() (time.Duration, error) {
	quote := o.quote()
	began := time.Now()
	if _, err := o.public.Write(quote); err != nil {
		return 0, err
	}
	got, err := readOrder(o.api, o.buf)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	r, answer, err := refusal(got)
	if err != nil {
		return 0, err
	}
	if o.size == 0 {
		if err := o.signer.VerifyParams(r.Params); err != nil || string(r.Method) != "order.place" || string(r.Params.Value("price")) != "61800" {
			return 0, fmt.Errorf("%s with %q is not the order that was meant: %w", r.Method, r.Params, err)
		}
		o.size = len(got)
	}
	if grown := len(got) - o.size; grown < 0 || grown > sizeGrows {
		return 0, fmt.Errorf("an order has %d bytes, the first had %d", len(got), o.size)
	}
	if _, err := o.api.Write(answer); err != nil {
		return 0, err
	}
	return took, o.wait()
}

// echo is as many bytes there and back by plain Go.
func (o *orders) echo(c net.Conn) (time.Duration, error) {
	began := time.Now()
	if _, err := c.Write(o.there); err != nil {
		return 0, err
	}
	_, err := io.ReadFull(c, o.buf[:o.size])
	return time.Since(began), err
}

// The things that a round times.
const (
	anOrder = iota
	anEcho
	aFullEcho
	things
)

// round times n of each thing, turn and turn about: which is first changes each time.
func (o *orders) round(n int) (took [things][]time.Duration, err error) {
	do := [things]func() (time.Duration, error){
		o.order, func() (time.Duration, error) { return o.echo(o.raw) }, func() (time.Duration, error) { return o.echo(o.full) },
	}
	for i := range n {
		for k := range things {
			thing := (i + k) % things
			d, err := do[thing]()
			if err != nil {
				return took, err
			}
			took[thing] = append(took[thing], d)
		}
	}
	return took, nil
}

// series has the percentiles of each round.
type series struct{ p50, p99 [things][]float64 }

func (s *series) add(took [things][]time.Duration) {
	for k, d := range took {
		s.p50[k], s.p99[k] = append(s.p50[k], percentile(d, 50)), append(s.p99[k], percentile(d, 99))
	}
}

// measureOrders runs both clients, round by round in turn.
func measureOrders(rounds, perRound, perDurable, warm int) ([]row, error) {
	dir, err := os.MkdirTemp("", "latency")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // of files that nobody needs
	written, err := openUnsynced(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = written.f.Close() }()
	synced, err := openDurable(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = synced.Close() }() // what it holds was measured, not meant
	cases := []struct {
		journal trade.Journal
		n       int
		o       *orders
		s       series
	}{{journal: written, n: perRound}, {journal: synced, n: perDurable}}
	for i := range cases {
		c := &cases[i]
		if c.o, err = newOrders(c.journal, dir); err != nil {
			return nil, err
		}
		if _, err := c.o.round(min(warm, c.n)); err != nil {
			return nil, err
		}
	}
	for range rounds {
		for i := range cases {
			c := &cases[i]
			took, err := c.o.round(c.n)
			if err != nil {
				return nil, err
			}
			c.s.add(took)
		}
	}
	for i := range cases {
		if err := cases[i].o.stop(); err != nil {
			return nil, err
		}
	}
	w, d := &cases[0].s, &cases[1].s
	return []row{
		within("raw echo p50", w.p50[anEcho], 0), within("raw echo p99", w.p99[anEcho], 0),
		against("echo that writes 200 bytes to a file and signs, p50", w.p50[aFullEcho], w.p50[anEcho], 0),
		against("echo that writes 200 bytes to a file and signs, p99", w.p99[aFullEcho], w.p99[anEcho], 0),
		against("quote to order, intent written, p50", w.p50[anOrder], w.p50[anEcho], limitP50),
		against("quote to order, intent written, p99", w.p99[anOrder], w.p99[anEcho], limitP99),
		against("quote to order, intent durable, p50", d.p50[anOrder], d.p50[anEcho], 0),
		against("quote to order, intent durable, p99", d.p99[anOrder], d.p99[anEcho], 0),
	}, nil
}
