package wire

import (
	"strings"
	"testing"

	"baton/decimal"
	"baton/market"
)

// TestStraight holds that what Binance writes goes the straight way, as of today, raw and wrapped, with and without the members of
// 2026; and that a text with anything else in it does not.
func TestStraight(t *testing.T) {
	c := NewCodec(&market.Instrument{Symbol: "BTCUSDT", Pair: "BTCUSDT", Tick: decimal.MustParse("0.10"), Lot: decimal.MustParse("0.001"), PricePlaces: 2, QtyPlaces: 3})
	quote := func(b []byte) bool { return c.straightQuote(b, new(market.Quote)) }
	trade := func(b []byte) bool { _, ok := c.straightAgg(b, new(market.Trade)); return ok }
	depth := func(b []byte) bool { return c.straightDepth(b, new(market.Diff)) }
	for _, x := range []struct {
		text, cut string // cut: what frames before 2026 did not have
		took      func([]byte) bool
	}{
		{`{"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1723161256311,"E":1723161256311,"ps":"BTCUSDT","st":1}`, `,"ps":"BTCUSDT","st":1`, quote},
		{`{"e":"aggTrade","E":1723161256322,"a":2411399155,"s":"BTCUSDT","p":"61800.30","q":"0.006","nq":"0.006","f":5266583935,"l":5266583935,"T":1723161256322,"m":true,"st":1}`, `,"st":1`, trade},
		{`{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":51231078,"u":5123107837557,"pu":5123107831937,"b":[["61800.20","2.507"]],"a":[],"ps":"BTCUSDT","st":1}`, `,"ps":"BTCUSDT","st":1`, depth},
	} {
		for _, text := range []string{x.text, strings.Replace(x.text, x.cut, "", 1), strings.Replace(x.text, `,"nq":"0.006"`, "", 1)} {
			wrapped := `{"stream":"btcusdt@x","data":` + text + `}`
			if !x.took([]byte(text)) || !x.took([]byte(wrapped)) {
				t.Errorf("not taken: %s", text)
			}
			for _, other := range []string{text + "}", text[1:], strings.Replace(text, `,"s"`, `,"x":1,"s"`, 1)} {
				if x.took([]byte(other)) {
					t.Errorf("taken: %s", other)
				}
			}
			for cut := range len(text) {
				if x.took([]byte(text)[:cut:cut]) {
					t.Fatalf("taken: %s", text[:cut])
				}
			}
		}
	}
}
