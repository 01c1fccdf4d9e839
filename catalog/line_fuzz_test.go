package catalog

import (
	"os"
	"strings"
	"testing"

	"baton/decimal"
	"baton/market"
)

// Whatever stands in a line: no panic; a line that is taken apart has a time that is not negative and a frame from its own end.
func FuzzLine(f *testing.F) {
	text, err := os.ReadFile("testdata/small.log")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		f.Add([]byte(strings.TrimSpace(line)))
	}
	for _, line := range []string{"1723161255.06: {}", "9 {}", "9999999999999999999 {}", `1723161255060 {"lastUpdateId":1}`, `1723161255060 {"result":null,"id":1}`} {
		f.Add([]byte(line))
	}
	btc := &market.Instrument{Symbol: "BTCUSDT", Tick: decimal.MustParse("0.1"), Lot: decimal.MustParse("0.001"), PricePlaces: 2}
	dec := newDecoder([]*market.Instrument{btc})
	var ev market.Event
	f.Fuzz(func(t *testing.T, line []byte) {
		at, frame, err := split(line)
		if err != nil {
			return
		}
		if at < 0 || len(frame) == 0 || frame[0] != '{' || !strings.HasSuffix(string(line), string(frame)) {
			t.Fatalf("%q: %d %q", line, at, frame)
		}
		if dec.frame(frame, btc, &ev) == nil && (ev.Instrument != btc || ev.Kind == 0) {
			t.Fatalf("%q: %+v", line, ev)
		}
	})
}
