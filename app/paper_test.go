package app_test

import (
	"strings"
	"testing"
	"time"

	"baton/app"
	"baton/strategy"
)

// A paper run follows a live market, trades in this process alone, and its books are those of both exchanges: the real one has never
// heard of an order.
func TestPaper(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of the wall's clock")
	}
	withExchange(t, app.DefaultExchange(), func(v *venue) {
		var said strings.Builder
		cfg := app.DefaultPaper()
		cfg.Access = liveOn(t, v.info, strategy.Maker()).Access
		cfg.Strategy, cfg.Symbols, cfg.For = strategy.Maker(), []string{"BTCUSDT"}, 4*time.Second
		cfg.Say = func(s string) { said.WriteString(s + "\n") }
		r, err := app.RunPaper(t.Context(), cfg)
		if err != nil || !r.Reconciled || r.Orders == 0 || r.Gaps != 0 || r.StaleReads != 0 {
			t.Fatalf("%v, %+v; it said\n%s", err, r, &said)
		}
		if _, body := v.signed("GET", "/fapi/v1/allOrders", "symbol=BTCUSDT"); body != "[]" {
			t.Errorf("the real exchange knows of %s", body)
		}
	})
}
