package app_test

import (
	"strings"
	"testing"

	"baton/app"
	"baton/decimal"
)

// The bounds of an instrument lie within what bounds the account and within the ceilings; whoever says nothing gets the defaults.
func TestBounds(t *testing.T) {
	most := decimal.MustParse("1000")
	for _, c := range []struct {
		bounds app.Bounds
		says   string // "": it is fine
	}{
		{app.Bounds{}, ""}, {app.Bounds{MaxPosition: most, MaxOrder: decimal.MustParse("10"), MaxOpenOrders: 200, CollarBps: 1000}, ""},
		{app.Bounds{MaxPosition: decimal.MustParse("1000.01")}, "--max-position 1000.01 is more than --max-notional 1000"},
		{app.Bounds{MaxOrder: decimal.MustParse("1001")}, "--max-order 1001 is more than"}, {app.Bounds{MaxOpenOrders: 201}, "between 1 and 200"},
		{app.Bounds{MaxOpenOrders: -1}, "between 1 and 200"}, {app.Bounds{CollarBps: 1001}, "above the ceiling"}, {app.Bounds{CollarBps: -1}, "--collar-bps"},
	} {
		l := app.Live{MaxLoss: most, MaxNotional: most, Bounds: c.bounds}
		err := l.Validate()
		if c.says == "" && (strings.Contains(err.Error(), "--max-o") || strings.Contains(err.Error(), "--collar")) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want it to say %q", c.bounds, err, c.says)
		}
	}
}
