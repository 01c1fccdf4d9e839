package binance_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/wire"
)

// print is the text of an aggTrade of a symbol.
func print(symbol string, id int64) []byte {
	return wire.AppendWrapped(nil, strings.ToLower(symbol)+"@aggTrade", fmt.Appendf(nil,
		`{"e":"aggTrade","E":%d,"a":%d,"s":"%s","p":"100.10","q":"0.002","nq":"0.002","f":%d,"l":%d,"T":%d,"m":true,"st":1}`, wire.Millis(t0), id, symbol, id, id, wire.Millis(t0)))
}

// TestSubscribeLive: what is asked for later shares the connection that is open, at the allowed pace, and is given up when its last
// reader goes.
func TestSubscribeLive(t *testing.T) {
	on(t, true, func(r *rig) {
		r.open()
		before := r.opened["market"]
		trades, err := binance.Subscribe(r.c, binance.Trades("ETHUSDT"))
		r.must(err)
		candles, err := binance.Subscribe(r.c, binance.Klines("ETHUSDT", "1m"))
		r.must(err)
		r.pass(time.Second)
		if r.opened["market"] != before || len(r.controls) != 1 || r.controls[0] != `market {"method":"SUBSCRIBE","params":["ethusdt@aggTrade","ethusdt@kline_1m"],"id":1}` {
			t.Fatal(r.opened, r.controls)
		}
		r.conns["market"].Send(print("ETHUSDT", 5))
		v, err := trades.Next(r.co)
		r.must(err)
		if v.ID != 5 || v.Symbol != "ETHUSDT" || !v.MakerBuys || v.Price != dec("100.1") || v.Event != wire.Millis(t0) {
			t.Errorf("%+v", v)
		}
		r.conns["market"].Send([]byte(`{"stream":"ethusdt@kline_1m","data":{"e":"kline","E":1,"s":"ETHUSDT","k":{"t":60000,"T":119999,"s":"ETHUSDT","i":"1m","f":1,"L":2,"o":"1","c":"2","h":"3","l":"0.5","v":"10","n":2,"x":false,"q":"20","V":"5","Q":"10","B":"0"}}}`))
		k, err := candles.Next(r.co)
		r.must(err)
		if k.Bar.High != dec("3") || k.Bar.Low != dec("0.5") || k.Bar.LastTrade != 2 || k.Bar.Volume != 10 || k.Bar.TakerVolume != 5 || k.Bar.Open != 60000 {
			t.Errorf("%+v", k)
		}
		trades.Close()
		if _, err := trades.Next(r.co); !errors.Is(err, aio.ErrClosed) {
			t.Error(err)
		}
		r.pass(time.Second)
		if got := r.controls[len(r.controls)-1]; got != `market {"method":"UNSUBSCRIBE","params":["ethusdt@aggTrade"],"id":2}` {
			t.Error(got)
		}
		// After a loss the address names everything that is still wanted, and nothing is said anew.
		said := len(r.controls)
		r.cut("market")
		r.pass(time.Second)
		if got := r.queries["market"]; got != "streams=btcusdt@aggTrade/btcusdt@markPrice@1s/ethusdt@kline_1m" || len(r.controls) != said {
			t.Error(got, r.controls)
		}
	})
}

// TestSubscribePace: thousands of streams in one breath stay within ten messages a second.
func TestSubscribePace(t *testing.T) {
	on(t, true, func(r *rig) {
		for i := range 1500 {
			_, err := binance.Subscribe(r.c, binance.Trades(fmt.Sprintf("S%dUSDT", i)))
			r.must(err)
		}
		r.pass(10 * time.Millisecond)
		if r.opened["market"] != 2 {
			t.Errorf("1500 streams on %d connections, want 2", r.opened["market"])
		}
		seen := 0
		for range 4 {
			r.pass(time.Second)
			if n := len(r.controls) - seen; n > 2*wire.MaxClientMessages {
				t.Errorf("%d messages in a second on two connections", n)
			}
			seen = len(r.controls)
		}
		for i := range 60 { // each in a breath of its own: each wants a message
			_, err := binance.Subscribe(r.c, binance.Klines(fmt.Sprintf("S%dUSDT", i), "1m"))
			r.must(err)
			r.pass(time.Millisecond)
		}
		if n := len(r.controls) - seen; n > wire.MaxClientMessages {
			t.Errorf("%d messages within a tenth of a second", n)
		}
		r.pass(time.Minute)
		names := 0
		for _, text := range r.controls {
			names += strings.Count(text, "@aggTrade")
		}
		if names != 1500-400 {
			t.Errorf("%d streams were subscribed beside the 400 of the addresses", names)
		}
	})
}

// TestSlowReaders: a reader that does not read loses no trade below the bound, hears of what it lost above it, in its place; of
// what replaces itself it gets the newest.
func TestSlowReaders(t *testing.T) {
	on(t, true, func(r *rig) {
		trades, err := binance.Subscribe(r.c, binance.Trades("BTCUSDT"))
		r.must(err)
		marks, err := binance.Subscribe(r.c, binance.AllMarks())
		r.must(err)
		r.pass(time.Second)
		const bound, more = 1 << 16, 1000
		for id := range int64(bound + more) {
			r.conns["market"].Send(print("BTCUSDT", id+1))
			if id%5000 == 0 {
				r.pass(time.Millisecond)
			}
		}
		for i := range 3 {
			r.conns["market"].Send(fmt.Appendf(nil, `{"stream":"!markPrice@arr@1s","data":[{"e":"markPriceUpdate","E":%d,"s":"A","p":"%d","i":"1","P":"1","r":"","T":5},{"e":"markPriceUpdate","E":1,"s":"B","p":"7","i":"1","P":"1","r":"0.01","T":5}]}`, i, 10+i))
		}
		r.pass(time.Second)
		for id := range int64(bound) {
			v, err := trades.Next(r.co)
			r.must(err)
			if v.ID != id+1 {
				t.Fatalf("trade %d came, want %d", v.ID, id+1)
			}
		}
		_, err = trades.Next(r.co)
		if over, ok := errors.AsType[*binance.Overflow](err); !ok || over.Missed != more {
			t.Error(err)
		}
		r.conns["market"].Send(print("BTCUSDT", 9_000_000))
		v, err := trades.Next(r.co)
		r.must(err)
		if v.ID != 9_000_000 {
			t.Error(v.ID)
		}
		for _, want := range []string{"A 12", "B 7"} {
			m, err := marks.Next(r.co)
			r.must(err)
			if got := m.Symbol + " " + m.Mark.String(); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	})
}

// TestSilentStream: a stream that is open and brings nothing is no stream. Its book is stale by the age of its data.
func TestSilentStream(t *testing.T) {
	on(t, false, func(r *rig) {
		r.cfg.DepthQuiet, r.cfg.MarkQuiet = 30*time.Second, -1
		r.dial()
		r.open()
		r.pass(25 * time.Second)
		r.wantFeed("exact")
		r.pass(10 * time.Second)
		r.wantFeed("exact stale")
		if r.opened["public"] != 2 || r.c.Stats().Silences != 1 || r.c.Stats().Losses != 0 {
			t.Error(r.opened, r.c.Stats())
		}
		r.diff(false)
		r.pass(time.Second)
		r.wantFeed("exact stale exact")
		r.pass(time.Hour) // silent for good: attempts grow rarer
		if n := r.opened["public"]; n < 4 || n > 12 {
			t.Errorf("%d connections in an hour of silence", n)
		}
	})
}

// TestOrderOfFrames: 200,000 events over two connections that run ahead of each other in turn, each brought twice: every one is
// told once, and none before an older one.
func TestOrderOfFrames(t *testing.T) {
	on(t, false, func(r *rig) {
		r.cfg.Copies = 2
		r.dial()
		trades, err := binance.Subscribe(r.c, binance.Trades("BTCUSDT"))
		r.must(err)
		r.pass(time.Second)
		lines := slices.Clone(r.all["market"])
		if len(lines) != 2 {
			t.Fatal(len(lines))
		}
		const total = 200_000
		sent := [2]int64{}
		next, inversions := int64(1), 0
		for turn := 0; next <= total; turn++ {
			k := turn % 2
			for range 700 + turn%5*130 { // this one runs ahead of the other
				if sent[k] < total {
					sent[k]++
					lines[k].Send(print("BTCUSDT", sent[k]))
				}
			}
			r.pass(5 * time.Millisecond)
			for next <= max(sent[0], sent[1]) {
				v, err := trades.Next(r.co)
				r.must(err)
				if v.ID != next {
					inversions++
				}
				next++
			}
		}
		if inversions != 0 {
			t.Errorf("%d inversions in %d", inversions, total)
		}
		if d := r.c.Stats().Duplicates; d < total*9/10 {
			t.Errorf("%d duplicates of %d were found", d, total)
		}
	})
}
