package flow_test

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"

	"baton/decimal"
	"baton/exchange"
	"baton/exchange/flow"
	"baton/market"
)

const start = 1_723_161_255_000_000_000

func dec(s string) decimal.Decimal { return decimal.MustParse(s) }

func contract(symbol string) *market.Instrument {
	return &market.Instrument{
		Symbol: symbol, Quote: "USDT", Margin: "USDT", Tick: dec("0.1"), Lot: dec("0.001"), PricePlaces: 2, QtyPlaces: 3,
		MinQty: 1, MaxQty: 1_000_000, MaxOrders: 200, MinNotional: dec("50"), PriceUp: dec("1.05"), PriceDown: dec("0.95"),
		MakerFee: dec("0.0002"), TakerFee: dec("0.0005"), Status: "TRADING",
		Brackets: []market.Bracket{{Cap: dec("80000000"), Leverage: 20, Maintenance: dec("0.01")}},
	}
}

// crowd is a synthetic market of BTCUSDT.
func crowd(t testing.TB, seed uint64) (*flow.Synthetic, *exchange.Exchange, *exchange.Events) {
	t.Helper()
	ev := &exchange.Events{}
	x := exchange.New(exchange.Config{Start: start, KeepOrders: 100, KeepFills: 100}, ev)
	if _, err := x.List(contract("BTCUSDT"), exchange.Matched); err != nil {
		t.Fatal(err)
	}
	s, err := flow.NewSynthetic(x, rand.NewPCG(seed, 1), start, flow.Opening{Price: dec("61800")})
	if err != nil {
		t.Fatal(err)
	}
	return s, x, ev
}

// A minute of the crowd looks like a market: rate of messages, spread, depth, and a price that moves.
func TestSyntheticLooksLikeAMarket(t *testing.T) {
	for seed := range uint64(5) {
		s, x, ev := crowd(t, seed)
		ev.Reset()
		messages, trades, steps, wide := 0, 0, 0, 0
		low, high := market.Ticks(1<<40), market.Ticks(0)
		at20 := market.Ticks(0)
		for s.Next() < start+60e9 {
			if x.Next() < s.Next() {
				x.Timer(x.Next())
			}
			s.Step()
			steps++
			for k := range ev.List {
				switch e := &ev.List[k]; e.Kind {
				case exchange.EventTrade:
					trades++
					messages++
					low, high = min(low, ev.Trade(e).Px), max(high, ev.Trade(e).Px)
				case exchange.EventQuote, exchange.EventDiff:
					messages++
				}
			}
			ev.Reset()
			top, ok := x.Top(0)
			if !ok {
				t.Fatal("a side is empty")
			}
			if top.Ask-top.Bid > 3 {
				wide++
			}
			if s.Next() < start+20e9 {
				at20 = high - low
			}
		}
		bids, asks := x.Book(0).Len()
		t.Logf("seed %d: %d messages/s, %d trades/s, wide %.1f %%, %d+%d levels, moved %d ticks, %d in 20 s", seed, messages/60, trades/60,
			float64(wide)/float64(steps)*100, bids, asks, high-low, at20)
		if messages < 60*100 || messages > 60*300 || trades < 60*5 {
			t.Errorf("seed %d: %d messages, %d trades", seed, messages, trades)
		}
		if bids < 100 || asks < 100 || wide*10 > steps || at20 < 20 || high-low > 2000 {
			t.Errorf("seed %d: %d+%d levels, %d of %d wide, moved %d in 20 s and %d in all", seed, bids, asks, wide, steps, at20, high-low)
		}
		if err := x.Check(); err != nil {
			t.Error(err)
		}
	}
}

// The same seed gives the same market, another one another.
func TestSyntheticIsSeeded(t *testing.T) {
	digest := func(seed uint64) uint64 {
		s, _, ev := crowd(t, seed)
		h := fnv.New64a()
		for range 3000 {
			s.Step()
		}
		for k := range ev.List {
			if e := &ev.List[k]; e.Kind == exchange.EventTrade {
				p := ev.Trade(e)
				h.Write([]byte{byte(p.Px), byte(p.Px >> 8), byte(p.Qty), byte(p.Taker), byte(p.Event >> 10)})
			}
		}
		return h.Sum64()
	}
	if first := digest(7); first != digest(7) || first == digest(8) {
		t.Fatal("the seed does not decide")
	}
}

// An hour of it does not decay: the book stays full, nobody runs out of money or room.
func TestSyntheticEndures(t *testing.T) {
	if testing.Short() {
		t.Skip("an hour of trading")
	}
	s, x, ev := crowd(t, 3)
	trades := 0
	for s.Next() < start+3600e9 {
		if x.Next() < s.Next() {
			x.Timer(x.Next())
		}
		s.Step()
		if s.Next() > start+3590e9 {
			for k := range ev.List {
				if ev.List[k].Kind == exchange.EventTrade {
					trades++
				}
			}
		}
		ev.Reset()
	}
	bids, asks := x.Book(0).Len()
	if bids < 100 || asks < 100 || trades < 50 {
		t.Errorf("after an hour: %d+%d levels, %d trades in ten seconds", bids, asks, trades)
	}
	if err := x.Check(); err != nil {
		t.Error(err)
	}
}

func TestSyntheticRefuses(t *testing.T) {
	x := exchange.New(exchange.Config{}, &exchange.Events{})
	if _, err := x.List(contract("BTCUSDT"), exchange.Recorded); err != nil {
		t.Fatal(err)
	}
	if _, err := x.List(contract("ETHUSDT"), exchange.Matched); err != nil {
		t.Fatal(err)
	}
	for _, o := range [][]flow.Opening{nil, {{Instrument: 0, Price: dec("100")}}, {{Instrument: 2, Price: dec("100")}}, {{Instrument: 1, Price: dec("1")}}} {
		if _, err := flow.NewSynthetic(x, rand.NewPCG(1, 1), start, o...); err == nil {
			t.Error("opened", o)
		}
	}
}

func BenchmarkSynthetic(b *testing.B) {
	s, _, ev := crowd(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		s.Step()
		ev.Reset()
	}
}

// event makes an event of an instrument.
func event(in *market.Instrument, at market.Nanos, kind market.EventKind) *market.Event {
	return &market.Event{Kind: kind, Instrument: in, Received: at}
}

// A tape merges instruments by time, puts first snapshots first and drops aggregates of what it has singly.
func TestTapeOrder(t *testing.T) {
	btc, eth := contract("BTCUSDT"), contract("ETHUSDT")
	var tape flow.Tape
	for _, ev := range []*market.Event{
		event(btc, 10, market.EventDiff), event(btc, 30, market.EventSnapshot), event(btc, 30, market.EventTrade), event(btc, 50, market.EventSnapshot),
		event(btc, 60, market.EventAgg), event(eth, 5, market.EventQuote), event(eth, 30, market.EventAgg), event(eth, 40, market.EventGap),
	} {
		if err := tape.Append(ev); err != nil {
			t.Fatal(err)
		}
	}
	tape.Seal()
	var got []string
	for ev := range tape.All() {
		got = append(got, ev.Instrument.Symbol[:1]+string(rune('0'+ev.Kind))+" "+decimal.FromUnits(ev.Received*decimal.Scale).String())
	}
	want := []string{"B5 5", "E1 5", "B4 10", "B2 30", "E3 30", "E7 40", "B5 50"}
	if !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	tape.Seal()
	if tape.Len() != len(want) {
		t.Fatal("sealing twice changed it")
	}
	for _, bad := range []*market.Event{event(nil, 1, market.EventQuote), event(btc, 1, 99)} {
		if err := tape.Append(bad); err == nil {
			t.Error("taped", bad)
		}
	}
}

// What goes onto a tape comes off it, and rows are the tape's own.
func TestTapeKeepsValues(t *testing.T) {
	btc := contract("BTCUSDT")
	var tape flow.Tape
	rows := []market.Level{{Px: 1, Qty: 2}, {Px: 3, Qty: 4}}
	for k := range int64(20_000) {
		ev := event(btc, k, market.EventDiff)
		rows[0].Qty = market.Lots(k)
		ev.Diff = market.Diff{First: k, Last: k, Prev: k - 1, Bids: rows[:1], Asks: rows}
		if err := tape.Append(ev); err != nil {
			t.Fatal(err)
		}
	}
	tape.Seal()
	k := int64(0)
	for ev := range tape.All() {
		if d := ev.Diff; d.First != k || len(d.Bids) != 1 || len(d.Asks) != 2 || d.Bids[0].Qty != market.Lots(k) || d.Asks[0].Qty != market.Lots(k) || d.Asks[1].Qty != 4 {
			t.Fatal(k, d)
		}
		k++
	}
	if tape.Diff(7).First != 7 {
		t.Fatal(tape.Diff(7))
	}
}

// Who plays a tape learns what its instruments are called at the exchange.
func TestListed(t *testing.T) {
	btc, eth := contract("BTCUSDT"), contract("ETHUSDT")
	var tape flow.Tape
	for _, in := range []*market.Instrument{eth, btc} {
		if err := tape.Append(event(in, 1, market.EventQuote)); err != nil {
			t.Fatal(err)
		}
	}
	x := exchange.New(exchange.Config{Start: start}, &exchange.Events{})
	for k, in := range []*market.Instrument{contract("XRPUSDT"), btc, eth} {
		if _, err := flow.Listed(&tape, x); err == nil {
			t.Fatal("listed already")
		}
		if i, err := x.List(in, exchange.Recorded); err != nil || i != k {
			t.Fatal(i, err)
		}
	}
	if index, err := flow.Listed(&tape, x); err != nil || !slices.Equal(index, []int{2, 1}) {
		t.Fatal(index, err)
	}
}
