package app_test

import (
	"errors"
	"strings"
	"testing"

	"baton/aio"
	"baton/app"
	"baton/market"
	"baton/trade"
)

// rester leaves three orders in the market and waits.
func rester(rests chan<- struct{}) trade.Strategy {
	return trade.Strategy{Name: "rester", Run: func(co *aio.Co, s *trade.Session) error {
		w := s.Watch(trade.OnTop)
		for n := 0; ; {
			if n < 3 && s.Exact() {
				o, err := s.Place(trade.Request{Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: s.Top().Bid - 100, Qty: 2})
				if err == nil {
					o.Outcome(co)
					if n++; n == 3 {
						close(rests)
					}
					continue
				}
			}
			if _, err := w.Next(co); err != nil {
				return err
			}
		}
	}}
}

// The page's kill does what the verb does: it closes the gate, sets the latch, cancels at the exchange with calls of its own, looks
// twice, and every step is among the run's lines and in its journal. Then the run ends, latched.
func TestKillFromThePage(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of the wall's clock")
	}
	withExchange(t, app.DefaultExchange(), func(v *venue) {
		rests, links, ended := make(chan struct{}), make(chan string, 1), make(chan error, 1)
		cfg := liveOn(t, v.info, rester(rests))
		var said []string
		cfg.Say = func(s string) { said = append(said, s) } // on the run's loop, and read after its end
		cfg.Page = &app.Page{Addr: "127.0.0.1:0", Open: func(l string) { links <- l }}
		go func() {
			_, err := app.RunLive(t.Context(), cfg)
			ended <- err
		}()
		select {
		case <-rests:
		case err := <-ended:
			t.Fatal(err)
		}
		b := open(t, <-links)
		ask := b.command(`{"name":"kill"}`)
		if a := b.command(`{"name":"kill","arg":"KILL","token":"` + ask.Token + `"}`); !a.OK || !strings.Contains(a.Text, "the exchange is asked what is left") {
			t.Errorf("kill: %+v", a)
		}
		if err := <-ended; !errors.Is(err, app.ErrLatched) || errors.Is(err, app.ErrNotClean) {
			t.Errorf("the run ended with %v", err)
		}
		if _, body := v.signed("GET", "/fapi/v1/openOrders", ""); body != "[]" {
			t.Errorf("after the kill the exchange holds %s", body)
		}
		all := strings.Join(said, "\n")
		for _, step := range []string{"KILL latch: ", "KILL look: no order is open", "KILL done: the exchange was asked twice", "KILL end: "} {
			if !strings.Contains(all, step) {
				t.Errorf("the steps do not hold %q:\n%s", step, all)
			}
		}
		if _, err := app.RunLive(t.Context(), cfg); !errors.Is(err, app.ErrLatched) || !strings.Contains(err.Error(), "killed from the page") {
			t.Errorf("a start behind the latch: %v", err)
		}
		noSecret(t, cfg.State, v.info.Secret)
	})
}
