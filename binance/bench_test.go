package binance_test

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// spy is a network that keeps the client's handlers, so that a frame can be handed over on the caller's own stack.
type spy struct {
	netio.Network
	handlers map[string]netio.Handler
	conns    map[string]*netio.Conn
}

func (s *spy) Dial(co *aio.Co, url string, h netio.Handler) (*netio.Conn, error) {
	c, err := s.Network.Dial(co, url, h)
	for _, root := range []string{wire.RootPublic, wire.RootMarket, wire.RootPrivate, wire.PathAPI} {
		if err == nil && strings.Contains(url, root) {
			s.handlers[root], s.conns[root] = h, c
		}
	}
	return c, err
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// hand hands one frame to the client.
func (s *spy) hand(root string, frame []byte) { s.handlers[root].Message(s.conns[root], frame) }

// deaf hears everything and keeps nothing.
type deaf struct{ n int }

func (d *deaf) Reply(market.OrderID, market.Op, market.Outcome) { d.n++ }
func (d *deaf) Update(*market.Update)                           { d.n++ }
func (d *deaf) Account(*market.Change)                          { d.n++ }
func (d *deaf) Quote(*market.Quote)                             { d.n++ }
func (d *deaf) Trade(*market.Trade)                             { d.n++ }
func (d *deaf) Depth(*market.Book, *market.Diff)                { d.n++ }
func (d *deaf) Mark(*market.Mark)                               { d.n++ }
func (d *deaf) Status(market.Status)                            {}

// hot runs a test with a connected client, an exact book, and limits that are no limits.
func hot(t testing.TB, test func(r *rig, s *spy, d *deaf)) {
	t.Helper()
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (none, error) {
		r, d := newRig(t, co), &deaf{}
		r.rest[wire.CallExchangeInfo] = func(*netio.Request) *netio.Response {
			const many = 1 << 40
			return ok(wire.AppendInfo(nil, &wire.Info{Instruments: []*market.Instrument{r.in}, Limits: []wire.RateLimit{
				{Kind: wire.LimitWeight, Interval: 60e9, Limit: many}, {Kind: wire.LimitOrders, Interval: 60e9, Limit: many},
				{Kind: wire.LimitOrders, Interval: 10e9, Limit: many}}}))
		}
		s := &spy{r.net, map[string]netio.Handler{}, map[string]*netio.Conn{}}
		c, err := binance.Dial(co, s, r.cfg)
		r.must(err)
		r.c = c
		c.Bind(d)
		_, err = c.Open(r.btc(), d)
		r.must(err)
		r.pass(time.Second)
		r.diff(false)
		r.pass(time.Second)
		test(r, s, d)
		return none{}, nil
	})
	if err != nil {
		t.Error(err)
	}
}

// frames are one of each, which can be handed over again and again.
func (r *rig) frames() map[string][2]string {
	wrap := func(stream string, b []byte) string { return string(wire.AppendWrapped(nil, stream, b)) }
	fill := &wire.OrderUpdate{
		Event: t0, Transact: t0, Symbol: []byte("BTCUSDT"), ClientID: []byte("baton-t-1"), OrderID: 77, Side: market.Buy, Type: market.Limit,
		TIF: market.GTC, Qty: dec("0.010"), Price: dec("100"), Execution: wire.ExecutionTrade, Status: market.StatusPartiallyFilled,
		LastQty: dec("0.001"), LastPrice: dec("100"), Filled: dec("0.001"), Commission: dec("0.01"), Asset: []byte("USDT"), Trade: 5,
	}
	quote := &market.Quote{Update: 1_000_000_000_000, Bid: 1000, Ask: 1001, BidQty: 3, AskQty: 4, Event: t0, Transact: t0}
	print := &market.Trade{ID: 1_000_000_000_000, Last: 9, Px: 1001, Qty: 2, Taker: market.Sell, Event: t0, Transact: t0}
	mark := &market.Mark{Mark: dec("100.05"), Index: dec("100.01"), Rate: dec("0.0001"), Next: t0, Event: t0}
	funding := &wire.AccountUpdate{Event: t0, Transact: t0, Reason: market.ReasonFunding, Symbol: []byte("BTCUSDT"),
		Balances: []wire.BalanceChange{{Asset: []byte("USDT"), Wallet: dec("9"), Cross: dec("9"), Change: dec("-1")}}}
	return map[string][2]string{
		"bookTicker": {wire.RootPublic, wrap("btcusdt@bookTicker", r.codec.AppendBookTicker(nil, quote))},
		"aggTrade":   {wire.RootMarket, wrap("btcusdt@aggTrade", r.codec.AppendAggTrade(nil, print, 7))},
		"markPrice":  {wire.RootMarket, wrap("btcusdt@markPrice@1s", r.codec.AppendMarkPrice(nil, mark))},
		"fill":       {wire.RootPrivate, string(wire.AppendOrderUpdate(nil, fill))},
		"funding":    {wire.RootPrivate, string(wire.AppendAccountUpdate(nil, funding))},
	}
}

// newer makes the next event of a stream's frame, in place: its number, or where it has none its time, grows by one.
func newer(name string, frame []byte) {
	key := map[string]string{"bookTicker": `"u":`, "aggTrade": `"a":`, "markPrice": `"E":`, "funding": `"T":`}[name]
	if key == "" {
		return
	}
	i := bytes.Index(frame, []byte(key)) + len(key)
	for frame[i] != ',' {
		i++
	}
	for i--; frame[i] == '9'; i-- {
		frame[i] = '0'
	}
	frame[i]++
}

func TestFramesAllocateNothing(t *testing.T) {
	hot(t, func(r *rig, s *spy, d *deaf) {
		for name, f := range r.frames() {
			frame, before := []byte(f[1]), d.n
			if n := testing.AllocsPerRun(1000, func() {
				s.hand(f[0], frame)
				newer(name, frame)
			}); n != 0 || d.n != before+1001 {
				t.Errorf("%s: %v allocations, %d told", name, n, d.n-before)
			}
		}
		diff, before := []byte(nil), d.n
		rows := []market.Level{{Px: 1000, Qty: 4}, {Px: 999, Qty: 1}}
		if n := testing.AllocsPerRun(1000, func() {
			m := market.Diff{First: r.last + 1, Last: r.last + 1, Prev: r.last, Bids: rows, Event: t0, Transact: t0}
			r.last++
			diff = r.codec.AppendDepth(diff[:0], &m)
			s.hand(wire.RootPublic, diff)
		}); n != 0 || d.n != before+1001 {
			t.Errorf("depth: %v allocations, %d told", n, d.n-before)
		}
	})
}

// In steady state, with many orders live, a command's way out, its answer's and its end's way in cost no memory. The network drops the
// frames here, by a fault, whose question is one allocation of its own: what it costs alone is measured and taken off.
func TestOrdersAllocateNothing(t *testing.T) {
	hot(t, func(r *rig, s *spy, d *deaf) {
		r.dropped = true
		const live = 200
		id, request := market.OrderID(0), int64(0)
		var answer, end []byte
		cmd := market.Command{Op: market.OpPlace, Instrument: r.btc(), Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: 1000, Qty: 10}
		u := wire.OrderUpdate{Event: t0, Transact: t0, Symbol: []byte("BTCUSDT"), OrderID: 77, Side: market.Buy, Status: market.StatusCanceled, Execution: wire.ExecutionCanceled}
		step := func() {
			id, request = id+1, request+1
			cmd.ID = id
			if err := r.c.Send(&cmd); err != nil {
				t.Fatal(err)
			}
			answer = append(appendInt(append(answer[:0], `{"id":`...), request), `,"status":200,"result":{},"rateLimits":[]}`...)
			s.hand(wire.PathAPI, answer)
			if id > live {
				u.ClientID = strconv.AppendInt(append(u.ClientID[:0], "baton-t-"...), int64(id-live), 36)
				end = wire.AppendOrderUpdate(end[:0], &u)
				s.hand(wire.RootPrivate, end)
			}
		}
		for range 20_000 {
			step()
		}
		frame := []byte("{}")
		network := testing.AllocsPerRun(5000, func() { r.must(s.conns[wire.PathAPI].Send(frame)) })
		if n := testing.AllocsPerRun(5000, step) - network; n != 0 {
			t.Errorf("%v allocations an order", n)
		}
	})
}

// BenchmarkFrame is a frame from the socket's view to the sink.
func BenchmarkFrame(b *testing.B) {
	for _, name := range []string{"bookTicker", "aggTrade", "markPrice", "fill"} {
		b.Run(name, func(b *testing.B) {
			hot(b, func(r *rig, s *spy, _ *deaf) {
				f := r.frames()[name]
				h, c, frame := s.handlers[f[0]], s.conns[f[0]], []byte(f[1])
				b.SetBytes(int64(len(frame)))
				b.ReportAllocs()
				for b.Loop() {
					h.Message(c, frame)
					newer(name, frame)
				}
			})
		})
	}
}

// BenchmarkSend is a command to signed bytes; a fault of the network drops them, at one allocation of its own.
func BenchmarkSend(b *testing.B) {
	hot(b, func(r *rig, s *spy, _ *deaf) {
		r.dropped = true
		cmd := market.Command{Op: market.OpPlace, ID: 1, Instrument: r.btc(), Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: 1000, Qty: 10}
		request, answer := int64(0), []byte(nil)
		b.ReportAllocs()
		for b.Loop() {
			if err := r.c.Send(&cmd); err != nil {
				b.Fatal(err)
			}
			if request++; request%2048 == 0 { // answers, so that there is room
				for n := request - 2047; n <= request; n++ {
					answer = append(appendInt(append(answer[:0], `{"id":`...), n), `,"status":200,"result":{}}`...)
					s.hand(wire.PathAPI, answer)
				}
			}
		}
	})
}
