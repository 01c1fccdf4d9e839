package wire_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// frame20 is a diff of 20 bids and 20 asks as Binance writes it, in the combined form.
func frame20() []byte {
	var b strings.Builder
	b.WriteString(`{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,"pu":5123107831937,"b":[`)
	side := func(start int) {
		for i := range 20 {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `["%d.%d0","%d.%03d"]`, start+i, i%10, i*i%37, i*7919%1000)
		}
	}
	side(61640)
	b.WriteString(`],"a":[`)
	side(61800)
	b.WriteString(`]}}`)
	return []byte(b.String())
}

const (
	aggFrame  = `{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1723161256322,"a":2411399155,"s":"BTCUSDT","p":"61800.30","q":"0.006","f":5266583935,"l":5266583935,"T":1723161256322,"m":false}}`
	tickFrame = `{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1723161256311,"E":1723161256311}}`
)

var sink int

// BenchmarkFloor is what the budgets of the decoders are measured against: one loop over the bytes.
func BenchmarkFloor(b *testing.B) {
	for _, c := range []struct {
		name string
		text []byte
	}{{"depth", frame20()}, {"aggTrade", []byte(aggFrame)}, {"bookTicker", []byte(tickFrame)}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				n := 0
				for _, x := range c.text {
					n += int(x)
				}
				sink = n
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	c := wire.NewCodec(btc())
	var (
		d market.Diff
		q market.Quote
		t market.Trade
	)
	for _, x := range []struct {
		name   string
		text   []byte
		decode func([]byte) error
	}{
		{"depth", frame20(), func(p []byte) error { return c.DecodeDepth(p, &d) }},
		{"aggTrade", []byte(aggFrame), func(p []byte) error { _, err := c.DecodeAggTrade(p, &t); return err }},
		{"bookTicker", []byte(tickFrame), func(p []byte) error { return c.DecodeBookTicker(p, &q) }},
		{"peek", []byte(tickFrame), func(p []byte) error { _, err := wire.Peek(p); return err }},
	} {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(x.text)))
			for b.Loop() {
				if err := x.decode(x.text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func order() *wire.Place {
	return &wire.Place{
		Symbol: "BTCUSDT", Side: market.Buy, Type: market.Limit, TIF: market.GTX,
		Qty: decimal.MustParse("0.005"), Price: decimal.MustParse("61800.1"), ClientID: []byte("btn-7k2-1zz"),
	}
}

const (
	testKey    = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
	testSecret = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
)

var stamp = wire.Stamp{Time: 1723161256322e6, Window: 2e9}

func BenchmarkSignOrder(b *testing.B) {
	s := wire.NewSigner(testKey, []byte(testSecret))
	o := order()
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf = s.AppendPlace(buf[:0], 17, o, stamp)
	}
}

// BenchmarkSignFloor is HMAC-SHA256 and hex of the bytes that BenchmarkSignOrder signs.
func BenchmarkSignFloor(b *testing.B) {
	payload := []byte("apiKey=" + testKey + "&newClientOrderId=btn-7k2-1zz&price=61800.1&quantity=0.005&recvWindow=2000&side=BUY&symbol=BTCUSDT&timeInForce=GTX&timestamp=1723161256322&type=LIMIT")
	mac := hmac.New(sha256.New, []byte(testSecret))
	var sum [32]byte
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		mac.Reset()
		mac.Write(payload)
		buf = hex.AppendEncode(buf[:0], mac.Sum(sum[:0]))
	}
}

func BenchmarkDecodeOrderUpdate(b *testing.B) {
	text := wire.AppendOrderUpdate(nil, orderUpdate())
	var u wire.OrderUpdate
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := wire.DecodeOrderUpdate(text, &u); err != nil {
			b.Fatal(err)
		}
	}
}

func orderUpdate() *wire.OrderUpdate {
	return &wire.OrderUpdate{
		Event: 1723161256323e6, Transact: 1723161256322e6, Symbol: []byte("BTCUSDT"), ClientID: []byte("btn-7k2-1zz"), OrderID: 851545009715,
		Side: market.Sell, Type: market.Limit, TIF: market.GTC, Qty: decimal.MustParse("0.005"), Price: decimal.MustParse("61800.1"),
		AvgPrice: decimal.MustParse("61800.1"), Execution: wire.ExecutionTrade, Status: market.StatusPartiallyFilled,
		LastQty: decimal.MustParse("0.002"), LastPrice: decimal.MustParse("61800.1"), Filled: decimal.MustParse("0.002"),
		Commission: decimal.MustParse("0.02472004"), Asset: []byte("USDT"), TradeTime: 1723161256322e6, Trade: 5266583935,
		Maker: true, ReduceOnly: true, Realised: decimal.MustParse("-0.42"),
	}
}

// BenchmarkBudget measures each decoder and its floor in turn, eleven rounds of both, and reports the median of the ratios:
// the budget is 1.8 (and 1.5 for a signed order over HMAC and hex).
func BenchmarkBudget(b *testing.B) {
	c := wire.NewCodec(btc())
	var (
		d market.Diff
		q market.Quote
		t market.Trade
	)
	s, o, buf := wire.NewSigner(testKey, []byte(testSecret)), order(), make([]byte, 0, 1024)
	mac := hmac.New(sha256.New, []byte(testSecret))
	var sum [32]byte
	payload := []byte("apiKey=" + testKey + "&newClientOrderId=btn-7k2-1zz&price=61800.1&quantity=0.005&recvWindow=2000&side=BUY&symbol=BTCUSDT&timeInForce=GTX&timestamp=1723161256322&type=LIMIT")
	loop := func(text []byte) func() {
		return func() {
			n := 0
			for _, x := range text {
				n += int(x)
			}
			sink = n
		}
	}
	depth, agg, ticker := frame20(), []byte(aggFrame), []byte(tickFrame)
	for _, x := range []struct {
		name        string
		work, floor func()
	}{
		{"depth", func() { _ = c.DecodeDepth(depth, &d) }, loop(depth)},
		{"aggTrade", func() { _, _ = c.DecodeAggTrade(agg, &t) }, loop([]byte(aggFrame))},
		{"bookTicker", func() { _ = c.DecodeBookTicker(ticker, &q) }, loop([]byte(tickFrame))},
		{"sign", func() { buf = s.AppendPlace(buf[:0], 17, o, stamp) }, func() {
			mac.Reset()
			mac.Write(payload)
			buf = hex.AppendEncode(buf[:0], mac.Sum(sum[:0]))
		}},
	} {
		b.Run(x.name, func(b *testing.B) {
			var ratios, works, floors []float64
			for range rounds {
				w, f := spend(x.work), spend(x.floor)
				ratios, works, floors = append(ratios, w/f), append(works, w), append(floors, f)
			}
			slices.Sort(ratios)
			for b.Loop() {
			}
			b.ReportMetric(0, "ns/op") // the loop is empty: the ratio is what counts
			b.ReportMetric(ratios[rounds/2], "x-floor")
			b.ReportMetric(slices.Min(works)/slices.Min(floors), "x-best")
			b.ReportMetric(slices.Min(works), "ns/best")
		})
	}
}

const rounds, turns = 101, 1_000

// spend is the time of one call of f in nanoseconds.
func spend(f func()) float64 {
	start := time.Now()
	for range turns {
		f()
	}
	return float64(time.Since(start)) / turns
}

// BenchmarkRecorded decodes recorded diffs, one after another: no two alike, so that nothing can be learnt by heart.
func BenchmarkRecorded(b *testing.B) {
	var frames [][]byte
	lines(b, "usdm_BTCUSDT_20240808.gz", func(text []byte) {
		if f, err := wire.Peek(text); err == nil && f.Kind == wire.KindDepth && len(frames) < 2000 {
			frames = append(frames, slices.Clone(text))
		}
	})
	c := wire.NewCodec(btc())
	var d market.Diff
	var ratios []float64
	for range 21 {
		work := spendOnce(func() {
			for _, f := range frames {
				must(c.DecodeDepth(f, &d))
			}
		})
		floor := spendOnce(func() {
			for _, f := range frames {
				n := 0
				for _, x := range f {
					n += int(x)
				}
				sink = n
			}
		})
		ratios = append(ratios, work/floor)
	}
	slices.Sort(ratios)
	for b.Loop() {
	}
	b.ReportMetric(0, "ns/op") // the loop is empty: the ratio is what counts
	b.ReportMetric(ratios[10], "x-floor")
}

func spendOnce(f func()) float64 {
	start := time.Now()
	f()
	return float64(time.Since(start))
}
