package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"baton/aio"
	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange/flow"
	"baton/exchange/local"
	"baton/exchange/server"
	"baton/market"
	"baton/netio"
)

const start = aio.Nanos(1_780_000_000_000_000_000)

var key = server.Key{APIKey: "key", Secret: "secret", Account: "me", Deposit: decimal.MustParse("10000")}

// run runs a test's body on a virtual clock with a server on a network in memory.
func run(t *testing.T, cfg server.Config, body func(co *aio.Co, r *rig) error) {
	t.Helper()
	memory := func(l *aio.Loop) netio.Network { return netio.Memory(l, netio.MemoryConfig{}) }
	runOn(t, aio.Virtual(start), memory, cfg, body)
}

// runOn is run on another clock and another network.
func runOn(t *testing.T, clock aio.Source, make func(*aio.Loop) netio.Network, cfg server.Config, body func(co *aio.Co, r *rig) error) {
	t.Helper()
	cfg.Keys = append(cfg.Keys, key)
	_, err := aio.Run(context.Background(), aio.Config{Source: clock}, func(co *aio.Co) (struct{}, error) {
		s, err := server.New(co.Loop(), cfg)
		if err != nil {
			return struct{}{}, err
		}
		network := make(co.Loop())
		l, err := network.Listen(co, "127.0.0.1:0", s)
		if err != nil {
			return struct{}{}, err
		}
		defer l.Close()
		return struct{}{}, body(co, &rig{s: s, n: network, addr: l.Addr(), signer: wire.NewSigner(key.APIKey, []byte(key.Secret))})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// rig is a server and a way to talk to it.
type rig struct {
	s      *server.Server
	n      netio.Network
	addr   string
	signer *wire.Signer
	placed int
}

// heard is a handler that keeps, or counts, what it hears.
type heard struct {
	frames []string
	on     func(data []byte)
	closed bool
	more   aio.Waiter
}

func (h *heard) Message(_ *netio.Conn, data []byte) {
	if h.on != nil {
		h.on(data)
	} else {
		h.frames = append(h.frames, string(data))
	}
	h.more.Wake()
}

func (h *heard) Closed(*netio.Conn, error) { h.closed = true; h.more.Wake() }

// next waits for n frames in all.
func (h *heard) next(co *aio.Co, n int) error {
	for len(h.frames) < n && !h.closed {
		if err := h.more.Wait(co); err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) dial(co *aio.Co, path string, h *heard) (*netio.Conn, error) {
	return r.n.Dial(co, "ws://"+r.addr+path, h)
}

func (r *rig) get(co *aio.Co, method, path, query string) (*netio.Response, error) {
	return r.n.Doer("http://"+r.addr).Do(co, &netio.Request{Method: method, Path: path, Query: query,
		Header: [][2]string{{wire.HeaderKey, key.APIKey}}})
}

func (r *rig) signed(co *aio.Co, method, path string, args *wire.Args) (*netio.Response, error) {
	return r.get(co, method, path, string(r.signer.AppendSigned(nil, args, wire.Stamp{Time: co.Now()})))
}

func (r *rig) place(co *aio.Co, o *wire.Place) (*netio.Response, error) {
	return r.get(co, "POST", "/fapi/v1/order", string(r.signer.AppendSignedPlace(nil, o, wire.Stamp{Time: co.Now()})))
}

func synthetic() server.Config {
	return server.Config{
		Instruments: instruments(), Openings: []server.Opening{{Symbol: "BTCUSDT", Price: decimal.MustParse("60000")}},
		Out: local.DefaultLatency, Back: local.DefaultLatency, Seed: 7,
	}
}

// tape is a small recording: a snapshot in the middle, a diff before it that it does not hold, and one that it does.
func tape(t *testing.T, hole bool) (*flow.Tape, *market.Instrument) {
	t.Helper()
	in := instruments()[0]
	at := market.Nanos(1_700_000_000_000_000_000)
	e0 := at + 1_500_000_000 // the recorder's clock is behind
	e := e0
	diff := func(first, last, prev int64, bid market.Lots) market.Diff {
		e += 100_000_000
		return market.Diff{First: first, Last: last, Prev: prev, Event: e, Transact: e, Bids: []market.Level{{Px: 600_000, Qty: bid}}}
	}
	events := []market.Event{
		{Kind: market.EventQuote, Quote: market.Quote{Update: 5, Bid: 600_000, BidQty: 5, Ask: 600_001, AskQty: 5, Event: e0, Transact: e0}},
		{Kind: market.EventDiff, Diff: diff(1, 8, 0, 9)},
		{Kind: market.EventDiff, Diff: diff(9, 20, 8, 7)},
		{Kind: market.EventSnapshot, Snapshot: market.Snapshot{Last: 15, Event: e0, Transact: e0,
			Bids: []market.Level{{Px: 600_000, Qty: 6}}, Asks: []market.Level{{Px: 600_001, Qty: 5}}}},
		{Kind: market.EventTrade, Trade: market.Trade{ID: 70, Last: 70, Px: 600_001, Qty: 1, Taker: market.Buy, Event: e0, Transact: e0}},
		{Kind: market.EventDiff, Diff: diff(21, 30, 20, 4)},
		{Kind: market.EventDiff, Diff: diff(31, 40, 30, 3)},
	}
	if hole {
		events[5] = market.Event{Kind: market.EventGap}
	}
	var tp flow.Tape
	for i := range events {
		events[i].Instrument, events[i].Received = in, at+market.Nanos(i)*50_000_000
		if err := tp.Append(&events[i]); err != nil {
			t.Fatal(err)
		}
	}
	tp.Seal()
	return &tp, in
}

// chain checks that depth frames form a chain from a snapshot on.
type chain struct {
	synced bool // frames before the book are not needed
	c      *wire.Codec
	book   *market.Book
	n      int
	gaps   int
	err    error
}

func (k *chain) depth(data []byte) {
	var d market.Diff
	if err := k.c.DecodeDepth(data, &d); err != nil {
		k.err = err
		return
	}
	if !k.synced {
		return
	}
	applied, err := k.book.Apply(&d)
	switch {
	case err != nil:
		k.gaps++
	case applied:
		k.n++
	}
}

// sync fetches the book.
func (k *chain) sync(co *aio.Co, r *rig) error {
	resp, err := r.get(co, "GET", "/fapi/v1/depth", "symbol="+k.book.Instrument().Symbol+"&limit=1000")
	if err != nil {
		return err
	}
	var s market.Snapshot
	if err := k.c.DecodeSnapshot(resp.Body, &s); err != nil {
		return fmt.Errorf("%w: %.200s", err, resp.Body)
	}
	k.book.Load(&s, false)
	k.synced = true
	return nil
}

func newChain(in *market.Instrument) *chain {
	return &chain{c: wire.NewCodec(in), book: market.NewBook(in)}
}

func TestReplayStartsWhenTheBookIsFetched(t *testing.T) {
	for _, speed := range []string{"", "@0ms", "@100ms", "@500ms"} {
		tp, in := tape(t, false)
		run(t, server.Config{Tape: tp}, func(co *aio.Co, r *rig) error {
			k := newChain(in)
			h := &heard{on: k.depth}
			if _, err := r.dial(co, "/public/ws/btcusdt@depth"+speed, h); err != nil {
				return err
			}
			if err := co.Sleep(1e9); err != nil {
				return err
			}
			if r.s.Started() {
				t.Error("it did not wait for the book to be fetched")
			}
			if err := k.sync(co, r); err != nil {
				return err
			}
			if !r.s.Started() || r.s.Shift() != co.Now()-1_700_000_001_500_000_000 {
				t.Errorf("started %v, shift %d", r.s.Started(), r.s.Shift())
			}
			if _, err := r.s.Done().Await(co); err != nil {
				return err
			}
			if err := co.Sleep(1e9); err != nil {
				return err
			}
			if k.n != 3 || k.gaps != 0 || k.err != nil || !k.book.Exact() || k.book.Bid(600_000) != 3 {
				t.Errorf("speed %q: %d diffs, %d gaps, error %v, exact %v", speed, k.n, k.gaps, k.err, k.book.Exact())
			}
			if st := r.s.Stats(); st.Skipped != 1 || st.RecordingGaps != 0 || st.Events != 6 {
				t.Errorf("stats %+v", st)
			}
			return nil
		})
	}
}

func TestReplayStartsAfterTheGrace(t *testing.T) {
	tp, _ := tape(t, false)
	run(t, server.Config{Tape: tp}, func(co *aio.Co, r *rig) error {
		if _, err := r.s.Done().Await(co); err != nil {
			return err
		}
		if waited := co.Now() - start; waited != 2_000_000_000+6*50_000_000 {
			t.Errorf("it was over after %d ns", waited)
		}
		return nil
	})
	tp, _ = tape(t, false)
	run(t, server.Config{Tape: tp}, func(co *aio.Co, r *rig) error {
		if err := co.Sleep(1_500_000_000); err != nil {
			return err
		}
		if _, err := r.dial(co, "/public/ws/btcusdt@depth", &heard{}); err != nil {
			return err
		}
		if err := co.Sleep(1_900_000_000); err != nil || r.s.Started() {
			t.Errorf("started before its grace after the subscription was over (%v)", err)
		}
		return co.Sleep(100_000_000)
	})
}

func TestAHoleIsCountedAndTheChainGoesOn(t *testing.T) {
	tp, in := tape(t, true)
	run(t, server.Config{Tape: tp}, func(co *aio.Co, r *rig) error {
		k := newChain(in)
		if _, err := r.dial(co, "/public/stream?streams=btcusdt@depth@100ms", &heard{on: k.depth}); err != nil {
			return err
		}
		if err := k.sync(co, r); err != nil {
			return err
		}
		if _, err := r.s.Done().Await(co); err != nil {
			return err
		}
		if err := co.Sleep(1e9); err != nil {
			return err
		}
		if st := r.s.Stats(); st.RecordingGaps != 1 || k.gaps != 0 || k.n != 2 {
			t.Errorf("%d recording gaps, %d gaps, %d diffs", st.RecordingGaps, k.gaps, k.n)
		}
		return nil
	})
}

func TestUnknownFault(t *testing.T) {
	for _, text := range []string{"", "drop", "drop-frame:depth", "drop-frame:klines:3", "drop-frame:depth:0", "lose-ack:x", "delay-ack:-1", "cut:ack:1"} {
		if _, err := server.ParseFault(text); err == nil || !strings.Contains(err.Error(), "drop-frame:STREAM:N") {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"drop-frame:depth:3000", "cut:user:2", "lose-ack:1", "delay-ack:250"} {
		if f, err := server.ParseFault(text); err != nil || f.String() != text {
			t.Errorf("%q: %v, %v", text, f, err)
		}
	}
}

// instruments are BTCUSDT and ETHUSDT as they were in 2024.
func instruments() []*market.Instrument {
	d := decimal.MustParse
	btc := &market.Instrument{
		Symbol: "BTCUSDT", Pair: "BTCUSDT", Base: "BTC", Quote: "USDT", Margin: "USDT", Status: "TRADING",
		Tick: d("0.10"), Lot: d("0.001"), PricePlaces: 2, QtyPlaces: 3, MinPrice: 5_568, MaxPrice: 45_297_640,
		MinQty: 1, MaxQty: 1_000_000, MaxMarketQty: 120_000, MinNotional: d("50"), MaxOrders: 200,
	}
	eth := &market.Instrument{
		Symbol: "ETHUSDT", Pair: "ETHUSDT", Base: "ETH", Quote: "USDT", Margin: "USDT", Status: "TRADING",
		Tick: d("0.01"), Lot: d("0.001"), PricePlaces: 2, QtyPlaces: 3, MinPrice: 3_986, MaxPrice: 30_617_700,
		MinQty: 1, MaxQty: 10_000_000, MaxMarketQty: 2_000_000, MinNotional: d("20"), MaxOrders: 200,
	}
	for _, in := range []*market.Instrument{btc, eth} {
		in.PriceUp, in.PriceDown, in.TakeBound = d("1.05"), d("0.95"), d("0.05")
		in.MakerFee, in.TakerFee = d("0.0002"), d("0.0005")
		in.Brackets = []market.Bracket{{Cap: d("50000000"), Leverage: 125, Maintenance: d("0.004")}}
	}
	return []*market.Instrument{btc, eth}
}
