package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baton/app"
	"baton/journal"
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
		cfg.State = filepath.Join(t.TempDir(), "state")
		r, err := app.RunPaper(t.Context(), cfg)
		if err != nil || !r.Reconciled || r.Orders == 0 || r.Gaps != 0 || r.StaleReads != 0 {
			t.Fatalf("%v, %+v; it said\n%s", err, r, &said)
		}
		if _, body := v.signed("GET", "/fapi/v1/allOrders", "symbol=BTCUSDT"); body != "[]" {
			t.Errorf("the real exchange knows of %s", body)
		}
		own := filepath.Join(cfg.State, "paper")
		h, err := app.ReadJournal(own, journal.Query{})
		if err != nil || len(h.Orders) != r.Orders || len(h.Fills) != r.Fills {
			t.Errorf("the journal: %v; the run had %d orders and %d fills, it tells %+v", err, r.Orders, r.Fills, h)
		}
		if _, err := app.ReadJournal(cfg.State, journal.Query{}); err == nil {
			t.Error("a paper run's journal stands where that of real orders belongs")
		}
		noSecret(t, cfg.State, v.info.Secret)
		cfg.For = time.Second // the next one begins anew, and keeps the one before
		if r, err = app.RunPaper(t.Context(), cfg); err != nil || !r.Reconciled {
			t.Fatalf("the second run: %v, %+v; it said\n%s", err, r, &said)
		}
		if h, err = app.ReadJournal(own, journal.Query{}); err != nil || len(h.Orders) != r.Orders {
			t.Errorf("the second journal: %v, %d orders of %d", err, len(h.Orders), r.Orders)
		}
		if _, err := os.Stat(filepath.Join(own, "journal.before")); err != nil {
			t.Error(err)
		}
	})
}
