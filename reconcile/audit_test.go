package reconcile_test

import (
	"testing"

	"baton/decimal"
	"baton/reconcile"
)

func TestAuditBelievesWhatLasts(t *testing.T) {
	wallet := func(their string) []reconcile.Difference {
		return []reconcile.Difference{{Kind: reconcile.Wallet, Asset: "USDT", Ours: decimal.MustParse("5"), Their: decimal.MustParse(their)}}
	}
	for _, c := range []struct {
		name  string
		looks []string // what the venue says; "-": no difference; a leading "~": a busy look
		found int      // at which look it is believed for the first time; 0: never
	}{
		{"three quiet looks", []string{"6", "6", "6"}, 3},
		{"two", []string{"6", "6", "-", "6", "6"}, 0},
		{"it changes", []string{"6", "7", "6", "7", "6", "7"}, 0},
		{"busy looks count a quarter", []string{"~6", "~6", "~6", "~6", "6", "6"}, 6},
		{"busy looks alone", []string{"~6", "~6", "~6", "~6", "~6", "~6", "~6", "~6", "~6", "~6", "~6", "~6"}, 12},
	} {
		var a reconcile.Audit
		first := 0
		for i, look := range c.looks {
			quiet := look[0] != '~'
			if !quiet {
				look = look[1:]
			}
			var ds []reconcile.Difference
			if look != "-" {
				ds = wallet(look)
			}
			if found := a.Look(ds, quiet); len(found) > 0 && first == 0 {
				first = i + 1
				if found[0].Times != 1 || found[0].Asset != "USDT" {
					t.Errorf("%s: %+v", c.name, found[0])
				}
			}
		}
		if first != c.found {
			t.Errorf("%s: believed at look %d, want %d", c.name, first, c.found)
		}
	}
	var a reconcile.Audit
	both := append(wallet("6"), reconcile.Difference{Kind: reconcile.OrderForeign, Venue: 9})
	times := 0
	for range 9 {
		for i, f := range a.Look(both, true) {
			if times = f.Times; (i == 0) != (f.Kind == reconcile.OrderForeign) {
				t.Error("orders do not come first")
			}
		}
	}
	if times != 3 {
		t.Errorf("found %d times in nine looks, want 3", times)
	}
}

// A position that differs is not believed before an order of ours that differs as well: the same figure may have been another one's doing.
func TestAuditHoldsAPositionForAnOrder(t *testing.T) {
	var a reconcile.Audit
	position := reconcile.Difference{Kind: reconcile.Position, Their: decimal.MustParse("-4")}
	gone := reconcile.Difference{Kind: reconcile.OrderGone, Order: 7}
	for range 2 {
		if found := a.Look([]reconcile.Difference{position}, true); len(found) > 0 {
			t.Fatalf("too early: %v", found)
		}
	}
	for look := 1; look <= 4; look++ {
		found := a.Look([]reconcile.Difference{position, gone}, true)
		switch {
		case look < 3 && len(found) > 0, look == 3 && (len(found) != 1 || found[0].Kind != reconcile.OrderGone):
			t.Errorf("look %d: %v", look, found)
		case look == 4 && (len(found) != 1 || found[0].Kind != reconcile.Position):
			t.Errorf("after the order was told of: %v", found)
		}
	}
}
