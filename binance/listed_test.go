package binance_test

import (
	"strings"
	"testing"
	"time"

	"baton/binance"
)

// TestPartialSubscribe: a stream that the exchange did not subscribe is found by its list, within seconds, and asked for again; where
// that does not help, it is told.
func TestPartialSubscribe(t *testing.T) {
	on(t, false, func(r *rig) {
		r.cfg.DepthQuiet, r.cfg.MarkQuiet = -1, -1
		r.dial()
		r.withheld["btcusdt@aggTrade"] = 1 // of the address
		r.open()
		_, err := binance.Subscribe(r.c, binance.Trades("ETHUSDT"))
		r.must(err)
		r.withheld["ethusdt@aggTrade"] = 100
		r.pass(20 * time.Second)
		if got := strings.Join(r.controls, "\n"); got != `market {"method":"SUBSCRIBE","params":["ethusdt@aggTrade"],"id":1}
market {"method":"SUBSCRIBE","params":["btcusdt@aggTrade"],"id":4}
market {"method":"SUBSCRIBE","params":["ethusdt@aggTrade"],"id":6}` {
			t.Error(got)
		}
		told := strings.Join(r.notes, "\n")
		for _, want := range []string{
			"market: the exchange has not subscribed btcusdt@aggTrade: asked again",
			"market: the exchange has not subscribed ethusdt@aggTrade: asked again",
			"market: the exchange has not subscribed ethusdt@aggTrade, asked twice: nothing will come of it",
		} {
			if strings.Count(told, want) != 1 {
				t.Errorf("told:\n%s\nwant once: %s", told, want)
			}
		}
		if n := r.c.Stats().Resubscribed; n != 2 {
			t.Error(n)
		}
		lists := r.lists
		r.pass(time.Hour)
		if r.lists != lists {
			t.Errorf("%d more questions in an hour in which nothing was subscribed", r.lists-lists)
		}
	})
}

// TestWholeSubscribe: what is there is not asked for again.
func TestWholeSubscribe(t *testing.T) {
	on(t, false, func(r *rig) {
		r.cfg.DepthQuiet, r.cfg.MarkQuiet = -1, -1
		r.dial()
		r.open()
		r.pass(20 * time.Second)
		if r.lists != 2 || len(r.controls) != 0 || r.c.Stats().Resubscribed != 0 || len(r.notes) != 0 {
			t.Error(r.lists, r.controls, r.notes)
		}
	})
}
