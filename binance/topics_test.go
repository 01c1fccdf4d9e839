package binance_test

import (
	"fmt"
	"testing"
	"time"

	"baton/binance"
)

// topic subscribes, sends one frame and gives the first event.
func topic[T any](r *rig, root string, tp binance.Topic[T], data string) T {
	r.t.Helper()
	s, err := binance.Subscribe(r.c, tp)
	r.must(err)
	r.pass(time.Second)
	r.must(r.conns[root].Send(fmt.Appendf(nil, `{"stream":"%s","data":%s}`, s.Name(), data)))
	v, err := s.Next(r.co)
	r.must(err)
	return v
}

// TestTopics: each kind of stream, on its root, with its own event.
func TestTopics(t *testing.T) {
	on(t, true, func(r *rig) {
		r.open()
		tick := topic(r, "market", binance.Tickers("BTCUSDT"), `{"e":"24hrTicker","E":9,"s":"BTCUSDT","p":"1.5","P":"2.50","w":"100.1","c":"101","Q":"0.5","o":"99","h":"102","l":"98","v":"1e3","q":"12345678901234.5","O":1,"C":2,"F":3,"L":4,"n":5}`)
		if tick.Last != dec("101") || tick.LastQty != dec("0.5") || tick.QuoteVolume != 12345678901234.5 || tick.From != 1 || tick.Open != dec("99") || tick.Change != dec("1.5") || tick.ChangePercent != 2.5 {
			t.Errorf("%+v", tick)
		}
		if l := topic(r, "public", binance.Levels("BTCUSDT", 5), `{"e":"depthUpdate","E":1,"T":2,"s":"BTCUSDT","U":3,"u":4,"pu":2,"b":[["100.1","2"]],"a":[["100.2","3"],["100.3","1"]]}`); l.Bids[0][0] != dec("100.1") || len(l.Asks) != 2 || l.Last != 4 || l.First != 3 {
			t.Errorf("%+v", l)
		}
		r.wantFeed("exact") // rows of a partial book are no diffs of the whole one
		force := `{"e":"forceOrder","E":1,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910","ap":"9911","X":"FILLED","l":"0.014","z":"0.014","T":3},"ps":"BTCUSDT","st":1}`
		if f := topic(r, "market", binance.Liquidations("BTCUSDT"), force); f.Order.Average != dec("9911") || f.Order.Qty != dec("0.014") || f.Order.Side != "SELL" || f.Margin != 1 {
			t.Errorf("%+v", f)
		}
		if f := topic(r, "market", binance.AllLiquidations(), force); f.Order.Symbol != "BTCUSDT" {
			t.Errorf("%+v", f)
		}
		if m := topic(r, "market", binance.AllTickers(), `[{"e":"24hrMiniTicker","E":1,"s":"ETHUSDT","c":"5","o":"4","h":"6","l":"3","v":"10","q":"50","st":2}]`); m.Symbol != "ETHUSDT" || m.Last != dec("5") || m.Margin != 2 {
			t.Errorf("%+v", m)
		}
		if q := topic(r, "public", binance.AllQuotes(), `{"e":"bookTicker","u":4,"s":"BNBUSDT","b":"25.3","B":"31","a":"25.4","A":"40","T":1,"E":2,"ps":"BNBUSDT","st":1}`); q.Bid != dec("25.3") || q.AskQty != dec("40") || q.Update != 4 {
			t.Errorf("%+v", q)
		}
		if c := topic(r, "market", binance.Contracts(), `{"e":"contractInfo","E":1,"s":"IOTAUSDT","ps":"IOTAUSDT","ct":"PERPETUAL","dt":4133404800000,"ot":1,"cs":"SETTLING","bks":[{"bs":1,"bnf":0,"bnc":5000,"mmr":0.01,"cf":0,"mi":21,"ma":50}]}`); c.Status != "SETTLING" || c.Brackets[0].Maintenance != dec("0.01") || c.Brackets[0].MaxLeverage != 50 {
			t.Errorf("%+v", c)
		}
	})
}
