package order_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"baton/market"
	"baton/order"
)

func command(id market.OrderID, qty market.Lots) *market.Command {
	return &market.Command{Op: market.OpPlace, ID: id, Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: 100, Qty: qty}
}

func Example() {
	t := order.NewTable(10)
	o, _ := t.Intend(command(7, 5), 1)
	t.Sent(7, market.OpPlace, 2)
	step := t.Reply(7, market.OpPlace, market.Unknown(), 3)
	fmt.Println(step.From, "->", step.To, "live:", o.Live(), "outstanding:", o.Outstanding())
	fill := market.Fill{Order: 7, Side: market.Buy, Qty: 5}
	step = t.Update(&market.Update{Order: 7, Status: market.StatusFilled, Filled: 5, Fill: &fill}, true, 4)
	fmt.Println(step.From, "->", step.To, "|", step.Facts)
	fmt.Println(t.Retire(7), t.Len())
	// Output:
	// sent -> unknown live: true outstanding: 5
	// unknown -> filled | proved accepted, fill applied, ended
	// <nil> 0
}

// act is one thing that a script does to order 1, of 10 lots.
type act func(*order.Table) order.Step

func reply(o market.Outcome) act {
	return func(t *order.Table) order.Step { return t.Reply(1, market.OpPlace, o, 1) }
}

func cancelReply(o market.Outcome) act {
	return func(t *order.Table) order.Step { return t.Reply(1, market.OpCancel, o, 1) }
}

func status(s market.OrderStatus, filled market.Lots) act {
	return func(t *order.Table) order.Step {
		return t.Update(&market.Update{Order: 1, Status: s, Filled: filled}, false, 1)
	}
}

func fill(s market.OrderStatus, q, filled market.Lots) act {
	return func(t *order.Table) order.Step {
		f := market.Fill{Order: 1, Side: market.Buy, Qty: q}
		return t.Update(&market.Update{Order: 1, Status: s, Filled: filled, Fill: &f}, true, 1)
	}
}

func again(s market.OrderStatus, q, filled market.Lots) act {
	return func(t *order.Table) order.Step {
		f := market.Fill{Order: 1, Side: market.Buy, Qty: q}
		return t.Update(&market.Update{Order: 1, Status: s, Filled: filled, Fill: &f}, false, 1)
	}
}

func report(k market.ReportKind, s market.OrderStatus, filled market.Lots) act {
	return func(t *order.Table) order.Step {
		return t.Report(1, &market.Report{Kind: k, Status: s, Filled: filled}, 1)
	}
}

func sent(t *order.Table) order.Step      { return t.Sent(1, market.OpPlace, 1) }
func canceling(t *order.Table) order.Step { return t.Canceling(1, 1) }

const (
	stNew, stPart, stFilled = market.StatusNew, market.StatusPartiallyFilled, market.StatusFilled
	stCanceled, stExpired   = market.StatusCanceled, market.StatusExpired
)

// Each script's last step is checked: the state it leads to, what is outstanding, and its facts exactly.
func TestScripts(t *testing.T) {
	ok, no, unknown := market.Accepted(), market.Refused(-2010, "no"), market.Unknown()
	for name, c := range map[string]struct {
		acts        []act
		state       order.State
		outstanding market.Lots
		facts       order.Fact
	}{
		"sent":                           {[]act{sent}, order.Sent, 10, 0},
		"accepted":                       {[]act{sent, reply(ok)}, order.New, 10, order.ProvedAccepted},
		"refused":                        {[]act{sent, reply(no)}, order.Refused, 0, order.Ended},
		"not sent at all":                {[]act{reply(no)}, order.Refused, 0, order.Ended},
		"unknown":                        {[]act{sent, reply(unknown)}, order.Unknown, 10, 0},
		"unknown, then late answer":      {[]act{sent, reply(unknown), reply(ok)}, order.New, 10, order.ProvedAccepted},
		"unknown, then absent":           {[]act{sent, reply(unknown), report(market.ProvenAbsent, 0, 0)}, order.ProvenAbsent, 0, order.Ended},
		"unknown, query proves nothing":  {[]act{sent, reply(unknown), report(market.ReportUnknown, stFilled, 10)}, order.Unknown, 10, order.Stale},
		"unknown, found":                 {[]act{sent, reply(unknown), report(market.Found, stNew, 0)}, order.New, 10, order.ProvedAccepted},
		"unknown, found filled":          {[]act{sent, reply(unknown), report(market.Found, stFilled, 10)}, order.Filled, 10, order.ProvedAccepted | order.Ended | order.MissingFills},
		"fill overtakes the answer":      {[]act{sent, fill(stPart, 4, 4)}, order.PartiallyFilled, 6, order.ProvedAccepted | order.FillApplied},
		"answer after the fill":          {[]act{sent, fill(stPart, 4, 4), reply(ok)}, order.PartiallyFilled, 6, order.Stale},
		"unknown answer after the fill":  {[]act{sent, fill(stPart, 4, 4), reply(unknown)}, order.PartiallyFilled, 6, order.Stale},
		"refused after the fill":         {[]act{sent, fill(stPart, 4, 4), reply(no)}, order.PartiallyFilled, 6, order.Illegal},
		"refused after NEW":              {[]act{sent, status(stNew, 0), reply(no)}, order.New, 10, order.Illegal},
		"partly filled, fill missing":    {[]act{sent, status(stPart, 4)}, order.PartiallyFilled, 10, order.ProvedAccepted | order.MissingFills},
		"absent after NEW":               {[]act{sent, status(stNew, 0), report(market.ProvenAbsent, 0, 0)}, order.New, 10, order.Illegal},
		"old NEW after a fill":           {[]act{sent, fill(stPart, 4, 4), status(stNew, 0)}, order.PartiallyFilled, 6, order.Stale},
		"filled":                         {[]act{sent, fill(stPart, 4, 4), fill(stFilled, 6, 10)}, order.Filled, 0, order.FillApplied | order.Ended},
		"filled without a status":        {[]act{sent, fill(0, 4, 0), fill(0, 6, 0)}, order.Filled, 0, order.FillApplied | order.Ended},
		"filled, fill missing":           {[]act{sent, fill(stPart, 4, 4), status(stFilled, 10)}, order.Filled, 6, order.Ended | order.MissingFills},
		"filled, missing fill arrives":   {[]act{sent, status(stFilled, 10), fill(0, 10, 0)}, order.Filled, 0, order.FillApplied},
		"the same fill twice":            {[]act{sent, fill(stPart, 4, 4), again(stPart, 4, 4)}, order.PartiallyFilled, 6, 0},
		"cumulative falls":               {[]act{sent, fill(stPart, 4, 4), status(stPart, 2)}, order.PartiallyFilled, 6, 0},
		"canceled":                       {[]act{sent, status(stNew, 0), canceling, status(stCanceled, 0)}, order.Canceled, 0, order.Ended},
		"canceled, one fill missing":     {[]act{sent, status(stNew, 0), status(stCanceled, 3)}, order.Canceled, 3, order.Ended | order.MissingFills},
		"canceled, missing fill arrives": {[]act{sent, status(stCanceled, 3), fill(0, 3, 0)}, order.Canceled, 0, order.FillApplied},
		"late fill":                      {[]act{sent, status(stCanceled, 0), fill(stPart, 3, 3)}, order.Canceled, 0, order.FillApplied | order.LateFill | order.Stale},
		"late fill, expired":             {[]act{sent, status(stExpired, 0), fill(0, 3, 0)}, order.Expired, 0, order.FillApplied | order.LateFill},
		"filled after canceled":          {[]act{sent, status(stCanceled, 0), fill(stFilled, 10, 10)}, order.Canceled, 0, order.FillApplied | order.LateFill | order.Illegal},
		"canceled after filled":          {[]act{sent, fill(stFilled, 10, 10), status(stCanceled, 10)}, order.Filled, 0, order.Illegal},
		"overfill":                       {[]act{sent, fill(stPart, 4, 4), fill(stFilled, 8, 12)}, order.Filled, 0, order.FillApplied | order.Ended | order.Overfill},
		"refused, yet alive":             {[]act{sent, reply(no), status(stNew, 0)}, order.New, 10, order.ProvedAccepted | order.Revived},
		"absent, yet filled":             {[]act{sent, reply(unknown), report(market.ProvenAbsent, 0, 0), fill(0, 3, 0)}, order.PartiallyFilled, 7, order.ProvedAccepted | order.Revived | order.FillApplied},
		"rejected after NEW":             {[]act{sent, status(stNew, 0), status(market.StatusRejected, 0)}, order.Refused, 0, order.Ended | order.Illegal},
		"accepted cancel does not end":   {[]act{sent, status(stNew, 0), canceling, cancelReply(ok)}, order.New, 10, order.CancelEnded},
		"refused cancel does not end":    {[]act{sent, status(stNew, 0), canceling, cancelReply(no)}, order.New, 10, order.CancelEnded},
		"late answer to a settled cancel": {[]act{sent, status(stNew, 0), canceling, cancelReply(unknown), report(market.Found, stNew, 0), cancelReply(unknown)},
			order.New, 10, order.Stale},
		"cancel answer to no cancel": {[]act{sent, cancelReply(ok)}, order.Sent, 10, order.Illegal},
		"cancel of an ended order":   {[]act{sent, status(stCanceled, 0), canceling}, order.Canceled, 0, order.Illegal},
		"sent twice":                 {[]act{sent, sent}, order.Sent, 10, order.Stale},
	} {
		t.Run(name, func(t *testing.T) {
			table := order.NewTable(4)
			o, err := table.Intend(command(1, 10), 1)
			if err != nil {
				t.Fatal(err)
			}
			var s order.Step
			for _, a := range c.acts {
				s = a(table)
			}
			if o.State != c.state || o.Outstanding() != c.outstanding || s.Facts != c.facts || s.To != o.State {
				t.Fatalf("%s, outstanding %d, facts: %s; want %s, %d, %s", o.State, o.Outstanding(), s.Facts, c.state, c.outstanding, c.facts)
			}
		})
	}
}

func TestCancelAndSettle(t *testing.T) {
	table := order.NewTable(4)
	o, _ := table.Intend(command(1, 10), 1)
	status(stNew, 0)(table)
	if o.Unsettled() {
		t.Fatal("a resting order is settled")
	}
	canceling(table)
	table.Sent(1, market.OpCancel, 2)
	if o.Cancel != order.CancelSent {
		t.Fatal(o.Cancel)
	}
	if cancelReply(market.Unknown())(table); o.Cancel != order.CancelUnknown || !o.Unsettled() {
		t.Fatal(o.Cancel, o.Unsettled())
	}
	if report(market.Found, stNew, 0)(table); o.Cancel != order.CancelNone || o.Unsettled() {
		t.Fatal(o.Cancel, o.Unsettled())
	}
	canceling(table)
	if cancelReply(market.Refused(-2011, "gone"))(table); o.Code != -2011 || !o.Unsettled() {
		t.Fatal(o.Code, o.Unsettled())
	}
	if report(market.Found, stCanceled, 4)(table); o.State != order.Canceled || !o.Unsettled() || table.Retire(1) == nil {
		t.Fatal("an order with a fill outstanding is neither settled nor retired")
	}
	f := market.Fill{Order: 1, Side: market.Sell, Qty: 4}
	if s := table.Fill(&f, 3); s.Facts != order.FillApplied|order.Mismatch || o.Unsettled() || table.Retire(1) != nil {
		t.Fatal(s.Facts)
	}
}

// truth is a venue's own view of one order, and the messages about it that are on their way, in any order.
type truth struct {
	filled market.Lots
	status market.OrderStatus
	mail   []act
}

// A random venue fills, cancels, loses answers, and delivers everything in any order. Whatever happens on the way: Filled never
// falls; live at the venue means live with us, and its remainder is outstanding; once all has arrived, state and fills are the
// venue's.
func TestAgainstNaiveVenue(t *testing.T) {
	for seed := range uint64(5000) {
		rng := rand.New(rand.NewPCG(seed, 3))
		table := order.NewTable(2)
		o, _ := table.Intend(command(1, 10), 0)
		sent(table)
		v := venueLife(rng)
		rng.Shuffle(len(v.mail), func(i, j int) { v.mail[i], v.mail[j] = v.mail[j], v.mail[i] })
		before := market.Lots(0)
		for _, m := range v.mail {
			s := m(table)
			if s.Has(order.Alarming) {
				t.Fatalf("seed %d: %s", seed, s.Facts)
			}
			if o.Filled < before {
				t.Fatalf("seed %d: filled fell", seed)
			}
			before = o.Filled
			if o.Filled+o.Outstanding() < v.filled {
				t.Fatalf("seed %d: the venue filled %d, ours %d + %d outstanding (%s)", seed, v.filled, o.Filled, o.Outstanding(), o.State)
			}
		}
		want := map[market.OrderStatus]order.State{
			stNew: order.New, stPart: order.PartiallyFilled, stFilled: order.Filled, stCanceled: order.Canceled, stExpired: order.Expired,
		}[v.status]
		if o.State != want || o.Filled != v.filled || o.Missing() != 0 {
			t.Fatalf("seed %d: %s %d, the venue has %s %d", seed, o.State, o.Filled, v.status, v.filled)
		}
	}
}

// venueLife lets an order live at a venue and posts what the venue says of it.
func venueLife(rng *rand.Rand) truth {
	v := truth{status: stNew}
	v.mail = append(v.mail, reply([]market.Outcome{market.Accepted(), market.Unknown()}[rng.IntN(2)]), status(stNew, 0))
	for v.status != stFilled && rng.IntN(4) > 0 {
		q := 1 + market.Lots(rng.IntN(int(10-v.filled)))
		v.filled += q
		v.status = stPart
		if v.filled == 10 {
			v.status = stFilled
		}
		v.mail = append(v.mail, fill(v.status, q, v.filled))
		if rng.IntN(3) == 0 {
			v.mail = append(v.mail, again(v.status, q, v.filled)) // booked before, by whoever: order does not matter to us
		}
	}
	if v.status != stFilled && rng.IntN(2) == 0 {
		v.status = []market.OrderStatus{stCanceled, stExpired}[rng.IntN(2)]
		v.mail = append(v.mail, status(v.status, v.filled))
	}
	if rng.IntN(3) == 0 {
		v.mail = append(v.mail, report(market.Found, v.status, v.filled))
	}
	return v
}

func TestTableLimitsAndOrder(t *testing.T) {
	table := order.NewTable(3)
	for id := range market.OrderID(3) {
		if _, err := table.Intend(command(id+1, 1), 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := table.Intend(command(4, 1), 0); !errors.Is(err, order.ErrFull) {
		t.Fatal(err)
	}
	if err := table.Retire(2); !errors.Is(err, order.ErrLive) {
		t.Fatal(err)
	}
	if err := table.Retire(9); !errors.Is(err, order.ErrNoOrder) {
		t.Fatal(err)
	}
	table.Reply(2, market.OpPlace, market.Refused(0, ""), 0)
	if err := table.Retire(2); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Intend(command(3, 1), 0); !errors.Is(err, order.ErrDuplicate) {
		t.Fatal(err)
	}
	if s := table.Update(&market.Update{Order: 2}, false, 0); s.Facts != order.NoSuchOrder || s.Order != nil {
		t.Fatal(s)
	}
}

// The table against a map, through many retirements in any order: everything is found, in order of age, and nothing else.
func TestTableAgainstMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	table := order.NewTable(100)
	live := []market.OrderID{}
	id := market.OrderID(0)
	for range 20_000 {
		if len(live) < 100 && (len(live) == 0 || rng.IntN(2) == 0) {
			id += market.OrderID(1 + rng.IntN(300))
			if _, err := table.Intend(command(id, 1), 0); err != nil {
				t.Fatal(err)
			}
			live = append(live, id)
			continue
		}
		i := rng.IntN(len(live))
		table.Reply(live[i], market.OpPlace, market.Refused(0, ""), 0)
		if err := table.Retire(live[i]); err != nil {
			t.Fatal(err)
		}
		if table.Order(live[i]) != nil {
			t.Fatal("a retired order is found")
		}
		live = append(live[:i], live[i+1:]...)
		n := 0
		for o := range table.All() {
			if o.ID != live[n] || table.Order(o.ID) != o {
				t.Fatalf("order %d is %d, want %d", n, o.ID, live[n])
			}
			n++
		}
		if n != len(live) || n != table.Len() {
			t.Fatal(n, len(live), table.Len())
		}
	}
}

func life(t *order.Table, id market.OrderID) {
	c := market.Command{ID: id, Side: market.Buy, Qty: 2}
	f := market.Fill{Order: id, Side: market.Buy, Qty: 2}
	u := market.Update{Order: id, Status: stFilled, Filled: 2, Fill: &f}
	if _, err := t.Intend(&c, 1); err != nil {
		panic(err)
	}
	t.Sent(id, market.OpPlace, 2)
	t.Reply(id, market.OpPlace, market.Accepted(), 3)
	t.Update(&u, true, 4)
	if err := t.Retire(id); err != nil {
		panic(err)
	}
}

func TestTableAllocates(t *testing.T) {
	table, id := order.NewTable(1000), market.OrderID(1)
	life(table, id)
	if n := testing.AllocsPerRun(2000, func() { id++; life(table, id) }); n != 0 {
		t.Fatal(n, "allocations an order")
	}
}

func BenchmarkOrderLife(b *testing.B) {
	table, id := order.NewTable(1000), market.OrderID(1)
	b.ReportAllocs()
	for b.Loop() {
		id++
		life(table, id)
	}
}
