package core_test

import (
	"testing"

	"baton/binance/core"
	"baton/decimal"
	"baton/market"
)

// TestChanges: what comes twice is told once, whichever way it comes first; what only looks alike is told.
func TestChanges(t *testing.T) {
	in := instrument()
	change := func(r market.Reason, amount, wallet string, at market.Nanos) *market.Change {
		return &market.Change{Reason: r, Asset: "USDT", Amount: decimal.MustParse(amount), Wallet: decimal.MustParse(wallet), Instrument: in, Time: at}
	}
	var c core.Changes
	for i, step := range []struct {
		change *market.Change
		id     int64 // 0: of the stream
		fresh  bool
	}{
		{change(market.ReasonFunding, "-1", "99", 1e9), 0, true},
		{change(market.ReasonFunding, "-1", "99", 1e9), 0, false},  // the same frame
		{change(market.ReasonFunding, "-1", "98", 1e9), 0, true},   // another, as the balance says
		{change(market.ReasonFunding, "-1", "0", 3e9), 7, false},   // the list's view of the first
		{change(market.ReasonFunding, "-1", "0", 3e9), 8, false},   // of the second
		{change(market.ReasonFunding, "-1", "0", 3e9), 9, true},    // nobody told of this one
		{change(market.ReasonFunding, "-1", "0", 3e9), 9, false},   // the list again
		{change(market.ReasonFunding, "-1", "97", 2e9), 0, false},  // it comes late by the stream
		{change(market.ReasonFunding, "-1", "97", 2e9), 0, false},  // and twice
		{change(market.ReasonDeposit, "5", "102", 9e9), 0, true},   //
		{change(market.ReasonTransfer, "5", "0", 9e9), 10, false},  // the list has another word for it
		{change(market.ReasonTransfer, "5", "0", 99e9), 11, true},  // too far away to be the same
		{change(market.ReasonFunding, "-2", "0", 3e9), 12, true},   //
		{change(market.ReasonFunding, "-2", "0", 90e9), 0, true},   // too far away
		{change(market.ReasonTransfer, "6", "0", 100e9), 12, true}, // one id, two assets or kinds
	} {
		fresh := false
		if step.id == 0 {
			fresh = c.Streamed(step.change)
		} else {
			fresh = c.Listed(step.change, step.id)
		}
		if fresh != step.fresh {
			t.Errorf("step %d: fresh %v, want %v", i, fresh, step.fresh)
		}
	}
}

func TestRecent(t *testing.T) {
	var r core.Recent
	if r.Has(0) {
		t.Error("no id is an id")
	}
	for id := range int64(5000) {
		r.Add(id + 1)
	}
	if !r.Has(5000) || !r.Has(4000) || r.Has(3000) {
		t.Error("the last thousand are remembered, and no more")
	}
}
