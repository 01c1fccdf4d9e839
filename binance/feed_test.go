package binance_test

import (
	"testing"
	"time"

	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// open opens the instrument and waits until its book is exact.
func (r *rig) open() *market.Book {
	r.t.Helper()
	b, err := r.c.Open(r.btc(), r.ears)
	r.must(err)
	if len(r.feed) != 0 {
		r.t.Error("told something inside Open")
	}
	r.pass(time.Second)
	r.diff(false)
	r.pass(time.Second)
	r.wantFeed("exact")
	return b
}

func TestMarketData(t *testing.T) {
	on(t, true, func(r *rig) {
		b := r.open()
		if bid, ask, _ := b.Best(); bid.Px != 1000 || ask != (market.Level{Px: 1001, Qty: 7}) || !b.HoldsOwn {
			t.Error(bid, ask)
		}
		r.diff(false)
		quote := market.Quote{Update: 5, Bid: 1000, Ask: 1001, BidQty: 3, AskQty: 4, Event: t0, Transact: t0}
		print := market.Trade{ID: 7, Last: 9, Px: 1001, Qty: 2, Taker: market.Sell, Event: t0, Transact: t0}
		mark := market.Mark{Mark: dec("100.05"), Index: dec("100.01"), Rate: dec("0.0001"), Next: t0, Event: t0}
		r.conns["public"].Send(wire.AppendWrapped(nil, "btcusdt@bookTicker", r.codec.AppendBookTicker(nil, &quote)))
		r.conns["market"].Send(wire.AppendWrapped(nil, "btcusdt@aggTrade", r.codec.AppendAggTrade(nil, &print, 7)))
		r.conns["market"].Send(wire.AppendWrapped(nil, "btcusdt@markPrice@1s", r.codec.AppendMarkPrice(nil, &mark)))
		r.conns["market"].Send([]byte(`{"result":null,"id":1}`))
		r.conns["market"].Send([]byte(`{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1,"s":"BTCUSDT","p":"nonsense"}}`))
		r.pass(time.Second)
		if r.quote != quote || r.trade.ID != 7 || r.trade.Taker != market.Sell || r.trade.Px != 1001 || r.mark != mark || r.depth != 1 {
			t.Errorf("%+v %+v %+v %d", r.quote, r.trade, r.mark, r.depth)
		}
		if s := r.c.Stats(); s.Messages != 6 || s.DepthDiffs != 2 || s.Bad != 1 || s.Gaps != 0 || s.Connects != 4 {
			t.Errorf("%+v", s)
		}
		if _, err := r.c.Open(r.btc(), r.ears); err == nil {
			t.Error("one sink an instrument")
		}
		if _, err := r.c.Open(&market.Instrument{Symbol: "ETHUSDT"}, r.ears); err == nil {
			t.Error("an instrument that is not traded")
		}
		r.c.Close()
		if b.Exact() {
			t.Error("nothing keeps this book any more")
		}
		r.pass(time.Second)
		r.wantFeed("exact ended")
	})
}

func TestReplayedBookHoldsNotOurs(t *testing.T) {
	on(t, false, func(r *rig) {
		r.cfg.Replayed = true
		r.dial()
		if b := r.open(); b.HoldsOwn {
			t.Error("our orders are not in a recording")
		}
	})
}

// A diff that is missing makes the book stale at once, and a new snapshot exact again.
func TestDroppedDiff(t *testing.T) {
	on(t, true, func(r *rig) {
		b := r.open()
		r.diff(true)
		r.pass(2 * time.Millisecond)
		r.wantFeed("exact stale")
		if b.Exact() {
			t.Error("a book with a hole is readable")
		}
		r.pass(time.Second)
		r.diff(false)
		r.pass(time.Second)
		r.wantFeed("exact stale exact")
		if s := r.c.Stats(); s.Gaps != 1 || s.Resyncs != 1 || s.Losses != 0 || !b.Exact() {
			t.Errorf("%+v", s)
		}
		if b.Bid(1000) != market.Lots((r.last-1)%50) {
			t.Error("not the exchange's book")
		}
	})
}

// A diff that cannot be read is one that is missing.
func TestUnreadableDiff(t *testing.T) {
	on(t, true, func(r *rig) {
		r.open()
		r.conns["public"].Send([]byte(`{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","s":"BTCUSDT","b":[["x"]]}}`))
		r.diff(true)
		r.pass(2 * time.Millisecond)
		r.wantFeed("exact stale")
		if s := r.c.Stats(); s.Bad != 1 || s.Gaps != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// A snapshot older than the first diff that was held, one that fails and one that is lost are fetched again.
func TestBadSnapshots(t *testing.T) {
	on(t, true, func(r *rig) {
		old := r.snapshot()
		n := 0
		r.rest[wire.CallDepth] = func(*netio.Request) *netio.Response {
			switch n++; n {
			case 1:
				return ok(old)
			case 2:
				return fault(500, wire.CodeDisconnected)
			case 3:
				return nil // no answer
			case 4:
				return ok([]byte("<html>"))
			}
			return ok(r.snapshot())
		}
		r.last += 50
		b, err := r.c.Open(r.btc(), r.ears)
		r.must(err)
		for range 30 {
			if r.conns["public"] != nil {
				r.diff(false)
			}
			r.pass(time.Second)
		}
		if n != 5 || !b.Exact() {
			t.Error(n, "snapshots", r.notes)
		}
		r.wantFeed("exact")
	})
}

// A lost connection makes its books stale; they are exact again on the next one. The other streams go on.
func TestStreamsLost(t *testing.T) {
	on(t, true, func(r *rig) {
		b := r.open()
		r.cut("public")
		r.pass(10 * time.Millisecond)
		r.wantFeed("exact stale")
		if b.Exact() || r.opened["market"] != 1 {
			t.Error(b.Exact(), r.opened)
		}
		r.last += 1000 // what happened meanwhile
		r.pass(time.Second)
		r.diff(false)
		r.pass(time.Second)
		r.wantFeed("exact stale exact")
		if s := r.c.Stats(); s.Losses != 1 || s.Resyncs != 1 || s.Gaps != 0 || s.Connects != 5 {
			t.Errorf("%+v", s)
		}
	})
}

// A snapshot that keeps failing while the connection breaks does not delay the book of the next connection.
func TestSnapshotPauseEndsWithItsConnection(t *testing.T) {
	on(t, true, func(r *rig) {
		r.open()
		r.rest[wire.CallDepth] = func(*netio.Request) *netio.Response { return fault(500, wire.CodeDisconnected) }
		r.diff(true)
		r.pass(2 * time.Minute) // its pauses are long by now
		r.cut("public")
		delete(r.rest, wire.CallDepth)
		r.pass(time.Second)
		r.diff(false)
		r.pass(time.Second)
		r.wantFeed("exact stale exact")
	})
}

// A stream that cannot be opened holds up no other.
func TestStreamsAreIndependent(t *testing.T) {
	on(t, true, func(r *rig) {
		r.refusing = "public"
		b, err := r.c.Open(r.btc(), r.ears)
		r.must(err)
		r.pass(time.Second)
		if r.opened["public"] != 0 || r.opened["market"] != 1 || len(r.notes) == 0 {
			t.Error(r.opened, r.notes)
		}
		r.refusing = ""
		r.pass(5 * time.Second)
		r.diff(false)
		r.pass(time.Second)
		if !b.Exact() {
			t.Error("not exact", r.notes)
		}
	})
}
