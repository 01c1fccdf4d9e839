package face_test

import (
	"testing"

	"baton/exchange/face"
	"baton/market"
)

// sink counts what it gets.
type sink struct{ frames, bytes int }

func (s *sink) Frame(_ face.Kind, frame []byte) { s.frames++; s.bytes += len(frame) }

// streams is a world with one session that reads everything of BTCUSDT that a trader reads.
func streams(t testing.TB) (*world, *sink) {
	w, out := newWorld(t), &sink{}
	for _, path := range []string{"/public/stream", "/market/stream"} {
		s, refusal := w.f.Open(w.now, &face.Request{Path: path,
			Query: "streams=btcusdt@bookTicker/btcusdt@depth@100ms/btcusdt@aggTrade", Remote: "127.0.0.1:1"}, out)
		if refusal != nil || s == nil {
			t.Fatalf("refused: %+v", refusal)
		}
	}
	return w, out
}

// replayed plays one recorded event, from the exchange to the frame's bytes.
func (w *world) replayed(kind market.EventKind) {
	w.update += 2
	switch kind {
	case market.EventQuote:
		q := market.Quote{Update: w.update, Bid: 600_000, BidQty: market.Lots(w.update % 1000), Ask: 600_001, AskQty: 900, Event: w.now, Transact: w.now}
		w.x.Quote(w.now, 0, &q)
	case market.EventTrade:
		w.trades++
		w.x.Trade(w.now, 0, &market.Trade{ID: w.trades, Last: w.trades, Px: 600_001, Qty: 3, Taker: market.Buy, Event: w.now, Transact: w.now})
	case market.EventDiff:
		last := w.x.Book(0).Last()
		w.rows = [3]market.Level{{Px: 600_000, Qty: market.Lots(last%100) + 1}, {Px: 599_999, Qty: 7}, {Px: 599_990, Qty: 9}}
		w.diff = market.Diff{First: last + 1, Last: last + 2, Prev: last, Bids: w.rows[:], Event: w.now, Transact: w.now}
		w.x.Diff(w.now, 0, &w.diff)
	}
	w.publish()
}

var hot = []struct {
	name string
	kind market.EventKind
}{{"bookTicker", market.EventQuote}, {"aggTrade", market.EventTrade}, {"depth", market.EventDiff}}

func TestAReplayedEventAllocatesNothing(t *testing.T) {
	for _, h := range hot {
		w, out := streams(t)
		for range 100 {
			w.replayed(h.kind)
		}
		before := out.frames
		if n := testing.AllocsPerRun(1000, func() { w.replayed(h.kind) }); n != 0 {
			t.Errorf("%s: %v allocations an event", h.name, n)
		}
		if out.frames-before != 1001 {
			t.Errorf("%s: %d frames of 1001 events", h.name, out.frames-before)
		}
	}
}

func BenchmarkReplayed(b *testing.B) {
	for _, h := range hot {
		b.Run(h.name, func(b *testing.B) {
			w, _ := streams(b)
			b.ReportAllocs()
			for b.Loop() {
				w.replayed(h.kind)
			}
		})
	}
}

func BenchmarkPlaceAndCancel(b *testing.B) {
	w := newWorld(b)
	b.ReportAllocs()
	for b.Loop() {
		w.now += 100_000_000 // below the limit of orders in ten seconds
		w.call("a", "POST /fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.01&price=59000&newClientOrderId=x&sign")
		w.call("a", "DELETE /fapi/v1/order?symbol=BTCUSDT&origClientOrderId=x&sign")
		w.out = w.out[:0]
		w.publish()
	}
}
