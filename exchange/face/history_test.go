package face_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"baton/market"
)

// TestCandles compares the candles of a random tape with those that a naive loop over all its trades makes, of every interval,
// by pages and from the end.
func TestCandles(t *testing.T) {
	w := newWorld(t)
	rng := rand.New(rand.NewPCG(1, 2))
	type print struct {
		at      int64 // ms
		px, qty int64
		buy     bool
	}
	var tape []print
	for range 900 {
		w.now += market.Nanos(rng.Int64N(240)) * 1e9
		side := market.Buy
		if rng.IntN(2) == 0 {
			side = market.Sell
		}
		w.trades++
		px, qty := 600_000+rng.Int64N(100), 1+rng.Int64N(50)
		w.x.Trade(w.now, 0, &market.Trade{ID: w.trades, Last: w.trades, Px: market.Ticks(px), Qty: market.Lots(qty), Taker: side, Transact: w.now, Event: w.now})
		w.publish()
		tape = append(tape, print{at: w.now / 1e6, px: px, qty: qty, buy: side == market.Buy})
	}
	for name, span := range map[string]int64{"1m": 60e3, "5m": 300e3, "1h": 3600e3, "4h": 4 * 3600e3, "1d": 24 * 3600e3} {
		var rows [][]any
		_, body := w.answer(t, fmt.Sprintf("call - GET /fapi/v1/klines?symbol=BTCUSDT&interval=%s&limit=1500", name))
		if err := json.Unmarshal(body, &rows); err != nil || len(rows) == 0 {
			t.Fatalf("%s: %s", name, body)
		}
		for n, row := range rows {
			start := int64(row[0].(float64))
			if n > 0 && start-int64(rows[n-1][0].(float64)) != span || start%span != 0 || int64(row[6].(float64)) != start+span-1 {
				t.Fatalf("%s: row %d begins at %d", name, n, start)
			}
			var lots, bought, count, high int64
			var last int64
			for _, p := range tape {
				if p.at >= start && p.at < start+span {
					lots, count, high, last = lots+p.qty, count+1, max(high, p.px), p.px
					if p.buy {
						bought += p.qty
					}
				}
			}
			if got := thousandths(t, row[5]); got != lots || thousandths(t, row[9]) != bought || int64(row[8].(float64)) != count {
				t.Errorf("%s at %d: volume %v, bought %v, %v trades; want %d, %d, %d", name, start, row[5], row[9], row[8], lots, bought, count)
			}
			if count > 0 && (row[2] != price(high) || row[4] != price(last)) {
				t.Errorf("%s at %d: high %v, close %v; want %s, %s", name, start, row[2], row[4], price(high), price(last))
			}
		}
		from := int64(rows[1][0].(float64))
		var page [][]any
		_, body = w.answer(t, fmt.Sprintf("call - GET /fapi/v1/klines?symbol=BTCUSDT&interval=%s&startTime=%d&limit=2", name, from))
		if json.Unmarshal(body, &page) != nil || len(page) == 0 || fmt.Sprint(page[0]) != fmt.Sprint(rows[1]) {
			t.Errorf("%s from %d: %s", name, from, body)
		}
	}
}

func thousandths(t *testing.T, v any) int64 {
	t.Helper()
	f, err := strconv.ParseFloat(v.(string), 64)
	if err != nil {
		t.Fatal(err)
	}
	return int64(f*1000 + 0.5)
}

func price(ticks int64) string { return fmt.Sprintf("%d.%d0", ticks/10, ticks%10) }
