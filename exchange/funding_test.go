package exchange_test

import (
	"testing"

	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// tick lets the clock run by n seconds.
func (d *desk) tick(n int64) { d.run(d.now - d.now%second + n*second) }

// around rests offers and bids that are deep enough for the impact prices, some ticks from a middle.
func (d *desk) around(account int, middle, away market.Ticks) {
	d.t.Helper()
	d.place(limit(account, market.Buy, middle-away, 2000))
	d.place(limit(account, market.Sell, middle+away, 2000))
}

// With an index the mark price is the middle one of three: the index with the funding to come, the index with the mean basis of
// 30 seconds, and the last trade.
func TestMarkPriceIsAMedian(t *testing.T) {
	d := open(t, exchange.Matched, 2)
	d.x.SetIndex(0, dec("61700"))
	d.around(1, 618_000, 1) // basis 100
	d.tick(1)
	// no trade: the contract's own price is the middle, 61,800, which is also the index with the basis
	if m := d.x.MarkNow(0); m.Mark != dec("61800") || m.Index != dec("61700") {
		t.Fatalf("%+v", m)
	}
	d.place(limit(2, market.Sell, 617_999, 1)) // the last trade at 61,799.9 lies between 61,706 and 61,800
	d.tick(1)
	if m := d.x.MarkNow(0); m.Mark != dec("61799.9") {
		t.Fatalf("%+v", m)
	}
	// 30 seconds later only the new basis counts
	d.x.CancelAll(d.now, 1, 0)
	d.around(1, 617_200, 1)
	d.tick(31)
	if m := d.x.MarkNow(0); m.Mark.Cmp(dec("61701")) < 0 || m.Mark.Cmp(dec("61720")) > 0 {
		t.Fatalf("%+v", m)
	}
}

// The rate follows from the premium between settlements, the interest, the hours, cap and floor.
func TestFundingRate(t *testing.T) {
	for _, c := range []struct {
		name   string
		terms  exchange.FundingTerms
		middle market.Ticks // of the book; the index is 61,800
		want   string
	}{
		{"no premium: interest", exchange.FundingTerms{}, 618_000, "0.0001"},
		{"no premium, four hours", exchange.FundingTerms{Hours: 4}, 618_000, "0.00005"},
		// impact bid 61,923.5: premium 0.0019983..., pulled down by 0.05 % at most
		{"premium", exchange.FundingTerms{}, 619_236, "0.00149838"},
		{"premium, one hour", exchange.FundingTerms{Hours: 1}, 619_236, "0.0001873"},
		{"capped", exchange.FundingTerms{Cap: dec("0.001"), Floor: dec("-0.001")}, 619_236, "0.001"},
		{"discount", exchange.FundingTerms{}, 616_764, "-0.00149838"},
		{"floored", exchange.FundingTerms{Cap: dec("0.001"), Floor: dec("-0.001")}, 616_764, "-0.001"},
		{"other interest", exchange.FundingTerms{Interest: dec("0.0003")}, 618_000, "0.0003"},
	} {
		d := open(t, exchange.Matched, 1)
		if err := d.x.SetFunding(0, c.terms); err != nil {
			t.Fatal(err)
		}
		d.x.SetIndex(0, dec("61800"))
		d.around(1, c.middle, 1)
		d.tick(20)
		if m := d.x.MarkNow(0); m.Rate != dec(c.want) {
			t.Errorf("%s: %s, want %s", c.name, m.Rate, c.want)
		}
	}
}

// Later samples weigh more: a premium that appears in the last third weighs five ninths.
func TestFundingRateIsWeighted(t *testing.T) {
	d := open(t, exchange.Matched, 1)
	d.x.SetIndex(0, dec("61800"))
	d.around(1, 618_000, 1)
	d.tick(60 - d.now/second%60) // to the minute
	d.x.CancelAll(d.now, 1, 0)
	early := d.x.MarkNow(0).Rate
	d.around(1, 619_236, 1)
	d.tick(60)
	late := d.x.MarkNow(0).Rate
	if early != dec("0.0001") || late.Cmp(dec("0.001")) < 0 || late.Cmp(dec("0.00149838")) >= 0 {
		t.Fatal(early, late)
	}
}

// Settlements come every N hours, are kept, and begin the premium anew.
func TestSettlements(t *testing.T) {
	d := open(t, exchange.Matched, 2)
	if err := d.x.SetFunding(0, exchange.FundingTerms{Hours: 1}); err != nil {
		t.Fatal(err)
	}
	d.meet(2, 1, market.Buy, 618_000, 10)
	d.around(2, 618_000, 1)
	next := d.x.MarkNow(0).Next
	if next%(3600*second) != 0 || next-d.now > 3600*second {
		t.Fatal("next", next)
	}
	d.run(next + 3600*second)
	s := d.x.AppendSettlements(nil, 0)
	if len(s) != 2 || s[0].Time != next || s[1].Time != next+3600*second || s[0].Rate != dec("0.0000125") || s[0].Mark != dec("61800") {
		t.Fatalf("%+v", s)
	}
	in := d.x.AppendIncome(nil, 1, exchange.IncomeFilter{Instrument: 0, Kind: exchange.IncomeFunding})
	if len(in) != 2 || in[0].Amount != dec("-0.007725") {
		t.Fatalf("%+v", in)
	}
	d.check()
}

// An isolated position pays from its own wallet.
func TestFundingOfIsolated(t *testing.T) {
	d := open(t, exchange.Matched, 2)
	d.refused(d.x.SetIsolated(d.now, 1, 0, true), 0)
	d.meet(2, 1, market.Buy, 618_000, 100)
	cross := d.acc(1).Cross
	d.x.Mark(d.now, 0, &market.Mark{Mark: dec("61800"), Index: dec("61800"), Rate: dec("0.001"), Next: d.now + 5})
	d.run(d.now + 5)
	if p, a := d.x.Position(1, 0), d.acc(1); p.Wallet != dec("302.82") || a.Cross != cross {
		t.Fatalf("%+v %+v", p, a)
	}
	d.check()
}

// Funding can be what liquidates.
func TestFundingLiquidates(t *testing.T) {
	d := openWith(t, exchange.Matched, 2, withLiquidationFee(), exchange.Config{Start: start})
	d.refused(d.x.SetIsolated(d.now, 1, 0, true), 0)
	d.meet(2, 1, market.Buy, 618_000, 100)
	d.x.Mark(d.now, 0, &market.Mark{Mark: dec("61800"), Index: dec("61800"), Rate: dec("0.05"), Next: d.now + 5})
	d.run(d.now + 5)
	if p := d.x.Position(1, 0); p.Qty != 0 {
		t.Fatalf("%+v", p)
	}
	d.check()
}

// The premium index is kept by the minute.
func TestPremiumBars(t *testing.T) {
	d := open(t, exchange.Matched, 1)
	d.x.SetIndex(0, dec("61800"))
	d.around(1, 618_000, 1)
	d.tick(60 - d.now/second%60) // to the minute
	d.x.CancelAll(d.now, 1, 0)
	d.around(1, 619_236, 1)
	d.tick(30)
	bars := d.x.AppendPremium(nil, 0)
	last := bars[len(bars)-1]
	if len(bars) != 2 || last.Open != decimal.Zero || last.Close != dec("0.00199838") || last.High != last.Close || last.Low != last.Open || last.Count != 31 {
		t.Fatalf("%+v", bars)
	}
}

func TestFundingTermsRefused(t *testing.T) {
	d := open(t, exchange.Matched, 1)
	for _, bad := range []exchange.FundingTerms{{Hours: 3}, {Hours: -1}, {Hours: 16}, {Cap: dec("-0.1"), Floor: dec("0.1")}, {Cap: dec("2")}, {Interest: dec("2")}} {
		if err := d.x.SetFunding(0, bad); err == nil {
			t.Errorf("%+v", bad)
		}
	}
	if err := d.x.SetFunding(1, exchange.FundingTerms{}); err == nil {
		t.Error("no such instrument")
	}
	if terms := d.x.Funding(0); terms.Hours != 8 || terms.Interest != dec("0.0001") {
		t.Errorf("%+v", terms)
	}
}
