package app_test

import (
	"path/filepath"
	"testing"
	"time"

	"baton/app"
	"baton/catalog"
	"baton/catalog/archive"
)

// TestHistoryFromAnExchange: what an exchange of one's own has traded since it began, by REST, as files that the catalog reads.
func TestHistoryFromAnExchange(t *testing.T) {
	cfg := app.DefaultExchange()
	cfg.Speed = 1000 // a minute is over in a moment
	withExchange(t, cfg, func(v *venue) {
		dir := t.TempDir()
		today := time.Now().UTC()
		found := 0
		for _, kind := range archive.RESTKinds() {
			h := app.History{Want: archive.Want{Kind: kind, Symbol: "BTCUSDT", Interval: "1m", From: today, To: today}, Dir: dir}
			rs, err := app.FetchHistoryREST(t.Context(), h, v.info.REST, nil)
			if err != nil || len(rs) != 1 {
				t.Errorf("%s: %+v %v", kind, rs, err)
				continue
			}
			if rs[0].Status != archive.StatusOpen {
				t.Errorf("%s: %+v", kind, rs)
				continue
			}
			f, err := catalog.Examine(filepath.Join(dir, filepath.FromSlash(rs[0].File)), nil)
			if err != nil || f.Damage != "" || f.Bad > 0 || f.Backwards > 0 {
				t.Errorf("%s: %+v %v", kind, f, err)
			}
			found += f.Rows
		}
		if found == 0 {
			t.Error("the exchange has traded, and no row came")
		}
	})
}
