package order_test

import (
	"testing"

	"baton/market"
	"baton/order"
)

// An inherited order is as open as its journal proves, and no more settled than that.
func TestInherit(t *testing.T) {
	for _, c := range []struct {
		name        string
		h           market.Inherited
		state       order.State
		unsettled   bool
		outstanding market.Lots
	}{
		{"nothing proven", market.Inherited{}, order.Unknown, true, 10},
		{"left, nothing proven", market.Inherited{Sent: true}, order.Unknown, true, 10},
		{"accepted", market.Inherited{Accepted: true}, order.New, false, 10},
		{"partly filled", market.Inherited{Accepted: true, Filled: 4}, order.PartiallyFilled, false, 6},
		{"a fill that was announced", market.Inherited{Accepted: true, Reported: 4}, order.PartiallyFilled, true, 10},
		{"cancel on its way", market.Inherited{Accepted: true, Cancel: true}, order.New, true, 10},
		{"ended, fills missing", market.Inherited{Accepted: true, Ended: market.StatusCanceled, Filled: 1, Reported: 4}, order.Canceled, true, 3},
	} {
		table := order.NewTable(4)
		c.h.Command, c.h.Intended, c.h.Venue = *command(1, 10), 5, 77
		o, err := table.Inherit(&c.h, 9)
		if err != nil {
			t.Fatal(err)
		}
		if o.State != c.state || o.Unsettled() != c.unsettled || o.Outstanding() != c.outstanding || o.Created != 5 || o.Venue != 77 {
			t.Errorf("%s: %s, unsettled %v, outstanding %d, %+v", c.name, o.State, o.Unsettled(), o.Outstanding(), o)
		}
	}
	table := order.NewTable(4)
	h := market.Inherited{Command: *command(1, 10)}
	if _, err := table.Inherit(&h, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Inherit(&h, 1); err == nil {
		t.Error("the same order was inherited twice")
	}
	step := table.Report(1, &market.Report{Kind: market.ProvenAbsent}, 2)
	if !step.Closed() || step.To != order.ProvenAbsent {
		t.Errorf("proof of absence: %+v", step)
	}
}
