package journal_test

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"testing"

	"baton/aio"
	"baton/decimal"
	"baton/journal"
	"baton/market"
	"baton/tape"
)

// newer are records with what version 3 brought.
func newer() []*market.Record {
	d := decimal.MustParse
	amended := market.Accepted()
	amended.Revision = 2
	return []*market.Record{
		{Kind: market.RecordIntent, Time: 1, Command: market.Command{Op: market.OpPlace, ID: 1, Instrument: btc, Side: market.Sell, Type: market.TrailingStopMarket,
			Qty: 3, Activate: 61, Callback: d("0.5"), Working: market.MarkPrice, PositionSide: market.Long, PriceProtect: true}},
		{Kind: market.RecordIntent, Time: 2, Command: market.Command{Op: market.OpPlace, ID: 2, Instrument: btc, Side: market.Sell, Type: market.StopMarket, Trigger: 60, ClosePosition: true}},
		{Kind: market.RecordIntent, Time: 3, Command: market.Command{Op: market.OpPlace, ID: 3, Instrument: btc, Side: market.Buy, Type: market.Limit, TIF: market.GTD, Qty: 9,
			GoodTill: 1e18, SelfTrade: market.ExpireBoth, PriceMatch: market.Queue5, PositionSide: market.Short}},
		{Kind: market.RecordIntent, Time: 4, Command: market.Command{Op: market.OpAmend, ID: 3, Instrument: btc, Side: market.Buy, Type: market.Limit, TIF: market.GTD, Px: 59, Qty: 12,
			GoodTill: 1e18, SelfTrade: market.ExpireBoth, PositionSide: market.Short, Revision: 2}},
		{Kind: market.RecordSent, Time: 5, Command: market.Command{Op: market.OpAmend, ID: 3}},
		{Kind: market.RecordOutcome, Time: 6, Command: market.Command{Op: market.OpAmend, ID: 3}, Outcome: amended},
		{Kind: market.RecordUpdate, Time: 7, Update: market.Update{Instrument: btc, Order: 2, AlgoID: 77, Algo: market.AlgoRejected, Status: market.StatusRejected, Reason: "no margin"}},
		{Kind: market.RecordUpdate, Time: 8, Update: market.Update{Instrument: btc, Order: 3, Venue: 5, Px: 59, Qty: 12, Revision: 2, Status: market.StatusNew}},
		{Kind: market.RecordFill, Time: 9, Fill: market.Fill{Instrument: btc, Order: 3, Trade: 78, Side: market.Buy, Px: 1, Qty: 1, Maker: true, For: market.Short}},
		{Kind: market.RecordReport, Time: 10, Command: market.Command{Op: market.OpPlace, ID: 3},
			Report: market.Report{Kind: market.Found, Status: market.StatusNew, Algo: market.AlgoTriggered, AlgoID: 4, Settled: true, Revision: 2, Px: 59, Qty: 12, Venue: 8, Filled: 1, Reason: "why"}},
	}
}

func TestConditionalOrdersAndAmendmentsAreReadBackAsTheyWere(t *testing.T) {
	disk := tape.Mem()
	want := newer()
	on(t, func(co *aio.Co) error {
		j := open(t, disk)
		for _, r := range want {
			j.Append(r)
		}
		return errors.Join(j.Sync(co), j.Close())
	})
	i := 0
	for r, err := range journal.All(disk.Crash(0), lookup) {
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(r, want[i]) {
			t.Errorf("record %d:\n got %+v\nwant %+v", i, r, want[i])
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d records, want %d", i, len(want))
	}
}

// A journal of version 2, written by the program of that time, is read as it was meant, and gone on with.
func TestAnOlderJournalIsRead(t *testing.T) {
	old, err := os.ReadFile("testdata/version2.tape")
	if err != nil {
		t.Fatal(err)
	}
	disk := tape.Mem()
	f, err := disk.Create("0000000001.tape")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(old); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close(), disk.Sync()); err != nil {
		t.Fatal(err)
	}
	on(t, func(co *aio.Co) error {
		j := open(t, disk)
		for _, r := range newer() {
			j.Append(r)
		}
		return errors.Join(j.Sync(co), j.Close())
	})
	want := slices.Concat(everyKind()[:18], newer())
	i := 0
	for r, err := range journal.All(disk, lookup) {
		if err != nil {
			t.Fatal(err)
		}
		if i < len(want) && !reflect.DeepEqual(r, want[i]) {
			t.Errorf("record %d:\n got %+v\nwant %+v", i, r, want[i])
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d records, want %d", i, len(want))
	}
}

// What an amendment, or a conditional order, comes to when the journal ends at any record.
func TestFoldOfAmendments(t *testing.T) {
	place := market.Record{Kind: market.RecordIntent, Command: market.Command{Op: market.OpPlace, ID: 1, Instrument: btc, Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: 100, Qty: 10}}
	amend := market.Record{Kind: market.RecordIntent, Command: market.Command{Op: market.OpAmend, ID: 1, Instrument: btc, Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: 99, Qty: 15, Revision: 1}}
	outcome := func(op market.Op, o market.Outcome, revision int32) market.Record {
		o.Revision = revision
		return market.Record{Kind: market.RecordOutcome, Command: market.Command{Op: op, ID: 1}, Outcome: o}
	}
	told := func(u market.Update) market.Record {
		u.Instrument, u.Order = btc, 1
		return market.Record{Kind: market.RecordUpdate, Update: u}
	}
	accepted := outcome(market.OpPlace, market.Accepted(), 0)
	for name, c := range map[string]struct {
		records  []market.Record
		amending bool
		px       market.Ticks
		qty      market.Lots
	}{
		"asked for":                     {[]market.Record{amend}, true, 100, 10},
		"accepted":                      {[]market.Record{amend, outcome(market.OpAmend, market.Accepted(), 1)}, false, 99, 15},
		"refused":                       {[]market.Record{amend, outcome(market.OpAmend, market.Refused(-5027, ""), 1)}, false, 100, 10},
		"unknown":                       {[]market.Record{amend, outcome(market.OpAmend, market.Unknown(), 1)}, true, 100, 10},
		"the answer to an earlier one":  {[]market.Record{amend, outcome(market.OpAmend, market.Accepted(), 7)}, true, 100, 10},
		"told by its number":            {[]market.Record{amend, told(market.Update{Status: market.StatusNew, Px: 99, Qty: 15, Revision: 1})}, false, 99, 15},
		"told by its figures":           {[]market.Record{amend, told(market.Update{Status: market.StatusNew, Px: 99, Qty: 15})}, false, 99, 15},
		"told of what was before":       {[]market.Record{amend, told(market.Update{Status: market.StatusNew, Px: 100, Qty: 10})}, true, 100, 10},
		"a report that is no last word": {[]market.Record{amend, {Kind: market.RecordReport, Command: market.Command{ID: 1}, Report: market.Report{Kind: market.Found, Status: market.StatusNew, Px: 100, Qty: 10}}}, true, 100, 10},
		"a report that is the last word": {[]market.Record{amend, {Kind: market.RecordReport, Command: market.Command{ID: 1},
			Report: market.Report{Kind: market.Found, Status: market.StatusNew, Px: 100, Qty: 10, Settled: true}}}, false, 100, 10},
		"filled beyond the old": {[]market.Record{amend, {Kind: market.RecordFill, Fill: market.Fill{Instrument: btc, Order: 1, Trade: 1, Side: market.Buy, Px: 100, Qty: 10, Asset: "USDT"}}}, true, 100, 10},
	} {
		t.Run(name, func(t *testing.T) {
			all := slices.Concat([]market.Record{place, accepted}, c.records)
			s, err := journal.Fold(func(yield func(*market.Record, error) bool) {
				for i := range all {
					if !yield(&all[i], nil) {
						return
					}
				}
			})
			if err != nil || len(s.Orders) != 1 {
				t.Fatalf("%+v %v", s.Orders, err)
			}
			o := s.Orders[0]
			if o.Amending != c.amending || o.Command.Px != c.px || o.Command.Qty != c.qty || o.Cancel || o.Asked != 1 {
				t.Errorf("%+v", o)
			}
			if c.amending && (o.NewPx != 99 || o.NewQty != 15) {
				t.Errorf("it was asked for %d at %d", o.NewQty, o.NewPx)
			}
		})
	}
}
