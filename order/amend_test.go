package order_test

import (
	"testing"

	"baton/market"
	"baton/order"
)

func amending(px market.Ticks, q market.Lots) act {
	return func(t *order.Table) order.Step { return t.Amending(1, px, q, 1) }
}

func amendSent(t *order.Table) order.Step { return t.Sent(1, market.OpAmend, 1) }

func amendReply(o market.Outcome, revision int32) act {
	o.Revision = revision
	return func(t *order.Table) order.Step { return t.Reply(1, market.OpAmend, o, 1) }
}

// told is an update that names price, quantity and revision; with a fill of q, where q is not zero.
func told(s market.OrderStatus, px market.Ticks, qty market.Lots, revision int32, q, filled market.Lots) act {
	return func(t *order.Table) order.Step {
		u := market.Update{Order: 1, Status: s, Px: px, Qty: qty, Revision: revision, Filled: filled}
		if q != 0 {
			u.Fill = &market.Fill{Order: 1, Side: market.Buy, Qty: q}
		}
		return t.Update(&u, q != 0, 1)
	}
}

func settled(px market.Ticks, qty market.Lots, revision int32, proven bool) act {
	return func(t *order.Table) order.Step {
		return t.Report(1, &market.Report{Kind: market.Found, Status: stNew, Px: px, Qty: qty, Revision: revision, Settled: proven}, 1)
	}
}

// The order is one of 10 at 100 that rests; each script's last step is checked, and what stays reserved.
func TestAmendments(t *testing.T) {
	ok, no, unknown := market.Accepted(), market.Refused(-5027, "no"), market.Unknown()
	const ended = order.AmendEnded
	for name, c := range map[string]struct {
		acts        []act
		amend       order.AmendState
		px          market.Ticks
		qty         market.Lots
		outstanding market.Lots
		facts       order.Fact
	}{
		"intended up":                 {[]act{amending(99, 15)}, order.AmendIntended, 100, 10, 15, 0},
		"intended down":               {[]act{amending(99, 4)}, order.AmendIntended, 100, 10, 10, 0},
		"sent":                        {[]act{amending(99, 15), amendSent}, order.AmendSent, 100, 10, 15, 0},
		"accepted":                    {[]act{amending(99, 4), amendSent, amendReply(ok, 1)}, order.AmendAccepted, 99, 4, 4, ended},
		"refused":                     {[]act{amending(99, 15), amendSent, amendReply(no, 1)}, order.AmendRefused, 100, 10, 10, ended},
		"never sent":                  {[]act{amending(99, 15), amendReply(no, 1)}, order.AmendRefused, 100, 10, 10, ended},
		"unknown keeps the worse":     {[]act{amending(99, 15), amendSent, amendReply(unknown, 1)}, order.AmendUnknown, 100, 10, 15, ended},
		"unknown down keeps the old":  {[]act{amending(99, 4), amendSent, amendReply(unknown, 1)}, order.AmendUnknown, 100, 10, 10, ended},
		"unknown, late answer":        {[]act{amending(99, 4), amendSent, amendReply(unknown, 1), amendReply(ok, 1)}, order.AmendAccepted, 99, 4, 4, ended},
		"unknown, told by its number": {[]act{amending(99, 4), amendSent, amendReply(unknown, 1), told(stNew, 99, 4, 1, 0, 0)}, order.AmendAccepted, 99, 4, 4, ended | order.Stale},
		"told by its figures alone":   {[]act{amending(99, 4), amendSent, told(stNew, 99, 4, 0, 0, 0)}, order.AmendAccepted, 99, 4, 4, ended | order.Stale},
		"old figures prove nothing":   {[]act{amending(99, 4), amendSent, told(stNew, 100, 10, 0, 0, 0)}, order.AmendSent, 100, 10, 10, order.Stale},
		"a report too early":          {[]act{amending(99, 15), amendSent, amendReply(unknown, 1), settled(100, 10, 0, false)}, order.AmendUnknown, 100, 10, 15, order.Stale},
		"a report that is final":      {[]act{amending(99, 15), amendSent, amendReply(unknown, 1), settled(100, 10, 0, true)}, order.AmendRefused, 100, 10, 10, ended | order.Stale},
		"a report that has it":        {[]act{amending(99, 15), amendSent, amendReply(unknown, 1), settled(99, 15, 1, false)}, order.AmendAccepted, 99, 15, 15, ended | order.Stale},
		"a fill of the new version": {[]act{amending(99, 15), amendSent, told(stPart, 99, 15, 0, 12, 12)},
			order.AmendAccepted, 99, 15, 3, ended | order.FillApplied},
		"a fill of the old version": {[]act{amending(99, 15), amendSent, told(stPart, 100, 10, 0, 4, 4)}, order.AmendSent, 100, 10, 11, order.FillApplied},
		"filled before it arrived": {[]act{amending(99, 15), amendSent, told(stFilled, 100, 10, 0, 10, 10)},
			order.AmendRefused, 100, 10, 0, order.FillApplied | order.Ended | ended},
		"filled, then the answer": {[]act{amending(99, 15), amendSent, told(stFilled, 100, 10, 0, 10, 10), amendReply(no, 1)},
			order.AmendRefused, 100, 10, 0, order.Stale},
		"beyond the old quantity, within the new": {[]act{amending(99, 15), amendSent, fill(stPart, 12, 12)}, order.AmendSent, 100, 10, 3, order.FillApplied},
		"beyond both": {[]act{amending(99, 15), amendSent, fill(stPart, 16, 16)}, order.AmendSent, 100, 10, 0, order.FillApplied | order.Overfill},
		"to what is filled already": {[]act{fill(stPart, 4, 4), amending(100, 4), amendSent, told(stCanceled, 100, 10, 0, 0, 4)},
			order.AmendRefused, 100, 10, 0, order.Ended | ended},
		"the answer to an earlier one": {[]act{amending(99, 4), amendSent, amendReply(unknown, 1), settled(100, 10, 0, true), amending(98, 5), amendSent, amendReply(ok, 1)},
			order.AmendSent, 100, 10, 10, order.Stale},
		"an answer to none":             {[]act{amendReply(ok, 0)}, order.AmendNone, 100, 10, 10, order.Illegal},
		"a second while one is open":    {[]act{amending(99, 4), amendSent, amending(98, 4)}, order.AmendSent, 100, 10, 10, order.Illegal},
		"behind a cancel":               {[]act{canceling, amending(99, 4)}, order.AmendNone, 100, 10, 10, order.Illegal},
		"cancelled while it is open":    {[]act{amending(99, 15), amendSent, canceling, told(stCanceled, 99, 15, 1, 0, 0)}, order.AmendAccepted, 99, 15, 0, ended | order.Ended},
		"somebody else amended":         {[]act{settled(97, 12, 0, true)}, order.AmendNone, 97, 12, 12, order.Changed | order.Stale},
		"an older report of our own":    {[]act{amending(99, 15), amendSent, amendReply(ok, 1), settled(100, 10, 0, false)}, order.AmendAccepted, 99, 15, 15, order.Stale},
		"gone, says the amendment":      {[]act{amending(99, 15), amendSent, amendReply(market.Refused(-2013, "Order does not exist."), 1)}, order.AmendRefused, 100, 10, 10, ended},
		"an update names no other side": {[]act{told(stNew, 0, 0, 0, 0, 0)}, order.AmendNone, 100, 10, 10, order.Stale},
	} {
		t.Run(name, func(t *testing.T) {
			table := order.NewTable(8)
			o, err := table.Intend(command(1, 10), 1)
			if err != nil {
				t.Fatal(err)
			}
			var last order.Step
			for _, a := range append([]act{sent, status(stNew, 0)}, c.acts...) {
				last = a(table)
			}
			if o.Amend != c.amend || o.Px != c.px || o.Qty != c.qty || o.Outstanding() != c.outstanding || last.Facts != c.facts {
				t.Errorf("%s, %d at %d, %d outstanding, %s\nwant %s, %d at %d, %d outstanding, %s", o.Amend, o.Qty, o.Px, o.Outstanding(), last.Facts,
					c.amend, c.qty, c.px, c.outstanding, c.facts)
			}
			doubted := name == "gone, says the amendment"
			if open := o.Amend == order.AmendUnknown || o.Cancel == order.CancelUnknown || doubted; o.Unsettled() != open {
				t.Errorf("unsettled: %v", o.Unsettled())
			}
		})
	}
}

func algo(a market.AlgoStatus, s market.OrderStatus, qty, filled market.Lots) act {
	return func(t *order.Table) order.Step {
		return t.Update(&market.Update{Order: 1, Status: s, Algo: a, AlgoID: 7, Qty: qty, Filled: filled, Reason: "Margin is insufficient."}, false, 1)
	}
}

func TestConditional(t *testing.T) {
	for name, c := range map[string]struct {
		close     bool
		acts      []act
		state     order.State
		waits     bool
		unsettled bool
		facts     order.Fact
	}{
		"rests":                {false, []act{algo(market.AlgoNew, stNew, 0, 0)}, order.New, true, false, order.ProvedAccepted},
		"triggering":           {false, []act{algo(market.AlgoNew, stNew, 0, 0), algo(market.AlgoTriggering, stNew, 0, 0)}, order.New, false, false, order.Triggered | order.Stale},
		"never goes back":      {false, []act{algo(market.AlgoTriggered, stNew, 0, 0), algo(market.AlgoNew, stNew, 0, 0)}, order.New, false, false, order.Stale},
		"triggered and filled": {false, []act{algo(market.AlgoTriggered, stNew, 0, 0), fill(stFilled, 10, 10)}, order.Filled, false, false, order.FillApplied | order.Ended},
		"rejected at its trigger": {false, []act{algo(market.AlgoNew, stNew, 0, 0), algo(market.AlgoRejected, market.StatusRejected, 0, 0)},
			order.Refused, false, false, order.Ended | order.TriggerRejected | order.Triggered},
		"finished, its order silent": {false, []act{algo(market.AlgoNew, stNew, 0, 0), algo(market.AlgoFinished, 0, 0, 0)}, order.New, false, true, order.Triggered},
		"finished, then its order": {false, []act{algo(market.AlgoNew, stNew, 0, 0), algo(market.AlgoFinished, 0, 0, 0), status(stCanceled, 0)},
			order.Canceled, false, false, order.Ended},
		"cancelled":                 {false, []act{algo(market.AlgoNew, stNew, 0, 0), algo(market.AlgoCanceled, stCanceled, 0, 0)}, order.Canceled, false, false, order.Ended},
		"expires with its position": {true, []act{algo(market.AlgoNew, stNew, 0, 0), algo(market.AlgoExpired, stExpired, 0, 0)}, order.Expired, false, false, order.Ended},
		"closes what there is":      {true, []act{algo(market.AlgoNew, stNew, 0, 0), algo(market.AlgoTriggered, stNew, 6, 0), fill(stFilled, 6, 6)}, order.Filled, false, false, order.FillApplied | order.Ended},
		"closes more than it is":    {true, []act{algo(market.AlgoTriggered, stNew, 6, 0), fill(stFilled, 7, 7)}, order.Filled, false, false, order.FillApplied | order.Ended | order.Overfill},
	} {
		t.Run(name, func(t *testing.T) {
			table := order.NewTable(8)
			k := command(1, 10)
			k.Type, k.Trigger, k.ReduceOnly = market.StopMarket, 90, true
			if c.close {
				k.Qty, k.ReduceOnly, k.ClosePosition = 0, false, true
			}
			o, err := table.Intend(k, 1)
			if err != nil {
				t.Fatal(err)
			}
			last := sent(table)
			for _, a := range c.acts {
				last = a(table)
			}
			if o.State != c.state || o.Waits() != c.waits || o.Unsettled() != c.unsettled || last.Facts != c.facts {
				t.Errorf("%s, waits %v, unsettled %v, %s\nwant %s, %v, %v, %s", o.State, o.Waits(), o.Unsettled(), last.Facts, c.state, c.waits, c.unsettled, c.facts)
			}
			if o.AlgoID != 7 || o.State == order.Refused && o.Text != "Margin is insufficient." {
				t.Errorf("algo id %d, %q", o.AlgoID, o.Text)
			}
			if o.Waits() && o.InBook() || o.Amendable() {
				t.Error("it waits outside of the book, and cannot be amended")
			}
		})
	}
}

// What an earlier run asked for and was not answered is open: the worse of both stays reserved.
func TestInheritAmendment(t *testing.T) {
	table := order.NewTable(8)
	h := market.Inherited{Command: *command(1, 10), Accepted: true, Amending: true, Asked: 3, NewPx: 99, NewQty: 15}
	o, err := table.Inherit(&h, 1)
	if err != nil {
		t.Fatal(err)
	}
	if o.Amend != order.AmendUnknown || o.Outstanding() != 15 || !o.Unsettled() || o.Asked != 3 {
		t.Errorf("%+v", *o)
	}
	table.Report(1, &market.Report{Kind: market.Found, Status: stNew, Px: 99, Qty: 15, Revision: 3}, 1)
	if o.Amend != order.AmendAccepted || o.Qty != 15 || o.Revision != 3 || o.Unsettled() {
		t.Errorf("%+v", *o)
	}
}
