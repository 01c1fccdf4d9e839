package journal_test

import (
	"slices"
	"testing"

	"baton/journal"
	"baton/market"
)

// A group's state counts what its legs fill, each trade once, also when there are more legs than it names; it is gone with its end.
func TestGroupState(t *testing.T) {
	var records []*market.Record
	add := func(r market.Record) { records = append(records, &r) }
	group := func(r market.GroupRecord) { add(market.Record{Kind: market.RecordGroup, Time: 5, Group: &r}) }
	begin := market.GroupRecord{Op: market.GroupBegin, Group: plan(500)}
	group(begin)
	const legs = 3 * market.LegsKept
	for i := market.OrderID(1); i <= legs; i++ {
		group(market.GroupRecord{Op: market.GroupLeg, Group: market.Group{ID: 500}, Leg: market.Leg{Order: i, Role: market.RoleFirst, Qty: 10}})
		add(*intent(i))
		fill := market.Record{Kind: market.RecordFill, Fill: market.Fill{Instrument: btc, Order: i, Trade: int64(i), Side: market.Sell, Px: 1, Qty: 10}}
		add(fill)
		add(fill) // told twice
	}
	group(market.GroupRecord{Op: market.GroupMove, Group: market.Group{ID: 500, Stop: 7, Take: 8}})
	group(market.GroupRecord{Op: market.GroupWish, Group: market.Group{ID: 500}, Wish: market.WishWind})
	fold := func() journal.State {
		s, err := journal.Fold(func(yield func(*market.Record, error) bool) {
			for _, r := range records {
				if !yield(r, nil) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := fold()
	if len(s.Groups) != 1 || s.Next != 501 {
		t.Fatalf("%d groups, next number %d", len(s.Groups), s.Next)
	}
	g := s.Groups[0]
	if g.Filled(market.RoleFirst) != 10*legs || g.Count[market.RoleFirst] != legs || len(g.Legs) > market.LegsKept ||
		g.Stop != 7 || g.Take != 8 || g.Wish != market.WishWind || g.Last != 5 {
		t.Errorf("filled %d of %d legs, %d named: %+v", g.Filled(market.RoleFirst), g.Count[market.RoleFirst], len(g.Legs), g)
	}
	group(market.GroupRecord{Op: market.GroupEnd, Group: market.Group{ID: 500}})
	if s := fold(); len(s.Groups) != 0 {
		t.Errorf("after its end: %+v", s.Groups)
	}
	records = slices.Delete(records, 0, 1)
	if s := fold(); len(s.Groups) != 0 {
		t.Errorf("of a group that never began: %+v", s.Groups)
	}
}
