package binance_test

import (
	"testing"
	"time"

	"baton/binance"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// ticker sends every event on every connection of its root that is open, as the exchange does, and notes what came on each.
type ticker struct {
	*rig
	n     int64                                   // events of each stream so far
	begun map[*netio.Conn]map[string]market.Nanos // when the first event of each stream was sent on a connection
	late  func(place int) time.Duration           // how much later a connection brings its events, the eldest that is open first
}

// tick sends the next event of each stream.
func (k *ticker) tick() {
	k.n++
	at := k.loop.Now()
	k.last++
	diff := market.Diff{First: k.last, Last: k.last, Prev: k.last - 1, Bids: []market.Level{{Px: 1000, Qty: market.Lots(k.last % 50)}}, Event: at, Transact: at}
	quote := market.Quote{Update: k.last, Bid: 1000, BidQty: 5, Ask: 1001, AskQty: 7, Event: at, Transact: at}
	k.send("public", "depth", wire.AppendWrapped(nil, "btcusdt@depth@100ms", k.codec.AppendDepth(nil, &diff)))
	k.send("public", "quote", wire.AppendWrapped(nil, "btcusdt@bookTicker", k.codec.AppendBookTicker(nil, &quote)))
	k.send("market", "trade", print("BTCUSDT", k.n))
	k.send("market", "mark", wire.AppendWrapped(nil, "btcusdt@markPrice@1s", k.codec.AppendMarkPrice(nil, &market.Mark{Mark: dec("100"), Index: dec("100"), Event: at, Next: at})))
	k.send("private", "order", wire.AppendOrderUpdate(nil, &wire.OrderUpdate{
		Event: at, Transact: at, Symbol: []byte("BTCUSDT"), ClientID: []byte("web_1"), OrderID: 77, Side: market.Buy, Type: market.Limit, TIF: market.GTC,
		Qty: dec("1000"), Price: dec("100"), Execution: wire.ExecutionTrade, Status: market.StatusPartiallyFilled, LastQty: dec("0.001"), LastPrice: dec("100"),
		Filled: dec("0.001"), Commission: dec("0.01"), Asset: []byte("USDT"), TradeTime: at, Trade: k.n, Realised: dec("0.5"),
	}))
}

func (k *ticker) send(root, stream string, frame []byte) {
	place := 0
	for _, conn := range k.all[root] {
		if !conn.Open() {
			continue
		}
		if k.begun[conn] == nil {
			k.begun[conn] = map[string]market.Nanos{}
		}
		if k.begun[conn][stream] == 0 {
			k.begun[conn][stream] = k.loop.Now()
		}
		k.slow = k.late(place)
		conn.Send(frame)
		k.slow = 0
		place++
	}
}

// TestRotation: before a connection grows too old it is replaced by one that is open already, and is given up when that one has
// brought each of its streams; whichever of the two is ahead of the other, nothing is missed, told twice or out of order.
func TestRotation(t *testing.T) {
	for name, late := range map[string]func(place int) time.Duration{
		"alike":               func(int) time.Duration { return 0 },
		"the new one ahead":   func(place int) time.Duration { return []time.Duration{330 * time.Millisecond, 0, 0}[place] },
		"the new one behind":  func(place int) time.Duration { return []time.Duration{0, 330 * time.Millisecond, 0}[place] },
		"both late, one more": func(place int) time.Duration { return []time.Duration{250, 40, 10}[place] * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) { on(t, false, func(r *rig) { rotate(r, late) }) })
	}
}

func rotate(r *rig, late func(int) time.Duration) {
	r.cfg.Rotate, r.cfg.DepthQuiet, r.cfg.MarkQuiet, r.cfg.Sweep = 2*time.Minute, -1, -1, -1
	r.dial()
	r.open()
	trades, err := binance.Subscribe(r.c, binance.Trades("BTCUSDT"))
	r.must(err)
	r.pass(time.Second)
	k := &ticker{rig: r, begun: map[*netio.Conn]map[string]market.Nanos{}, late: late}
	depth := r.depth
	for range 10 * 60 * 10 {
		k.tick()
		r.pass(100 * time.Millisecond)
	}
	r.pass(time.Second)
	s := r.c.Stats()
	if s.Rotations < 4*4 || s.Losses != 0 || s.Gaps != 0 || s.Resyncs != 0 {
		r.t.Errorf("%+v", s)
	}
	r.wantFeed("exact")
	if told := int64(r.depth - depth); told != k.n {
		r.t.Errorf("%d diffs of %d were told", told, k.n)
	}
	for id := int64(1); id <= k.n; id++ {
		v, err := trades.Next(r.co)
		r.must(err)
		if v.ID != id {
			r.t.Fatalf("trade %d came, want %d", v.ID, id)
		}
	}
	for i, f := range r.fills {
		if f.Trade != int64(i)+1 {
			r.t.Fatalf("fill %d came, want %d", f.Trade, i+1)
		}
	}
	if int64(len(r.fills)) != k.n {
		r.t.Errorf("%d fills of %d were told", len(r.fills), k.n)
	}
	if r.quote.Update != k.last || r.trade.ID != k.n {
		r.t.Errorf("the newest quote is %d of %d, the newest trade %d of %d", r.quote.Update, k.last, r.trade.ID, k.n)
	}
	for root, streams := range map[string][]string{"public": {"depth", "quote"}, "market": {"trade", "mark"}, "private": {"order"}} {
		k.overlapped(root, streams)
	}
	r.must(r.place(1)) // the connection for orders is a new one too
	r.pass(time.Second)
	if len(r.orders) != 1 {
		r.t.Error(r.orders)
	}
}

// overlapped checks by what the exchange saw that each connection ended after the next one had brought each stream.
func (k *ticker) overlapped(root string, streams []string) {
	all := k.all[root]
	if len(all) < 5 {
		k.t.Errorf("%s: %d connections", root, len(all))
	}
	for i, old := range all[:len(all)-1] {
		next := all[i+1]
		for _, stream := range streams {
			switch first := k.begun[next][stream]; {
			case k.gone[old] == 0:
				k.t.Errorf("%s: connection %d is open yet", root, i)
			case first == 0 || first >= k.gone[old]:
				k.t.Errorf("%s: connection %d ended at %d, the next brought %s first at %d", root, i, k.gone[old]-t0, stream, first-t0)
			}
		}
		if d := k.gone[old] - k.came[next]; d > 5.5e9 {
			k.t.Errorf("%s: connection %d lived for %d ns beside the next", root, i, d)
		}
	}
}

// TestQuietRotation: where nothing comes the old connection lives on beside the new one for a bounded time.
func TestQuietRotation(t *testing.T) {
	on(t, false, func(r *rig) {
		r.cfg.Rotate, r.cfg.DepthQuiet, r.cfg.MarkQuiet = time.Hour, -1, -1
		r.dial()
		r.open()
		r.pass(25 * time.Hour)
		for _, root := range []string{"public", "market", "private"} {
			all := r.all[root]
			if len(all) < 24 {
				t.Errorf("%s: %d connections in 25 hours", root, len(all))
			}
			for i, old := range all[:len(all)-1] {
				if d := r.gone[old] - r.came[all[i+1]]; d < 4.9e9 || d > 5.3e9 {
					t.Errorf("%s: connection %d lived for %d ns beside the next, want 5 s", root, i, d)
				}
			}
		}
		r.diff(false)
		r.pass(time.Second)
		r.wantFeed("exact")
		if s := r.c.Stats(); s.Losses != 0 || s.Gaps != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestRotationIsNoData: the age of a book is that of its data, also where its connection was replaced meanwhile.
func TestRotationIsNoData(t *testing.T) {
	on(t, false, func(r *rig) {
		r.cfg.Rotate, r.cfg.DepthQuiet, r.cfg.MarkQuiet = 2*time.Minute, 20*time.Second, -1
		r.dial()
		r.open()
		k := &ticker{rig: r, begun: map[*netio.Conn]map[string]market.Nanos{}, late: func(int) time.Duration { return 0 }}
		for range 108 {
			r.pass(time.Second)
			k.tick()
		}
		r.pass(19 * time.Second)
		if r.opened["public"] != 2 {
			t.Fatalf("%d connections", r.opened["public"])
		}
		r.wantFeed("exact")
		r.pass(3 * time.Second)
		r.wantFeed("exact stale")
	})
}
