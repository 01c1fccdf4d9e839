package ledger_test

import (
	"strings"
	"testing"

	"baton/ledger"
	"baton/market"
)

// In hedge mode the two positions of an instrument do not offset each other: each has its own cost, and each fill goes to the side that
// the venue named.
func TestHedge(t *testing.T) {
	in := hedged()
	var lines strings.Builder
	l := ledger.New(func(b []byte) { lines.Write(b) })
	if err := l.Deposit(1, "USDT", dec("1000")); err != nil {
		t.Fatal(err)
	}
	for i, f := range []market.Fill{
		{Side: market.Buy, For: market.Long, Px: 1000, Qty: 5},
		{Side: market.Sell, For: market.Short, Px: 1010, Qty: 3},
		{Side: market.Sell, For: market.Long, Px: 1020, Qty: 2, Realised: dec("0.4")},
	} {
		f.Instrument, f.Trade, f.Asset, f.Time = in, int64(i+1), "USDT", market.Nanos(i+2)
		for range 2 { // the second time it is known
			if _, err := l.Fill(&f); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(l *ledger.Ledger) {
		t.Helper()
		long, short := l.PositionOf(in, market.Long), l.PositionOf(in, market.Short)
		if long.Qty != 3 || short.Qty != -3 || l.Net(in) != 0 || l.Position(in).Qty != 0 {
			t.Errorf("long %d, short %d, net %d", long.Qty, short.Qty, l.Net(in))
		}
		if long.Entry() != dec("100") || short.Entry() != dec("101") || long.Realised != dec("0.4") {
			t.Errorf("entries %s and %s, realised %s", long.Entry(), short.Entry(), long.Realised)
		}
		n := 0
		for p := range l.Positions() {
			if p.Side != [...]market.PositionSide{market.Long, market.Short}[n] {
				t.Errorf("position %d is %s", n, p.Side)
			}
			n++
		}
		if n != 2 {
			t.Errorf("%d positions", n)
		}
	}
	check(l)
	if st := l.Stats(); st.Disputed != 0 || st.Fills != 3 || st.Duplicates != 3 {
		t.Errorf("%+v", st)
	}
	if !strings.Contains(lines.String(), " ps=LONG pos=") || !strings.Contains(lines.String(), " ps=SHORT pos=") {
		t.Error(lines.String())
	}
	state, again := l.State(), ledger.New(nil)
	if err := again.Restore(&state); err != nil {
		t.Fatal(err)
	}
	check(again)
	if err := again.Adopt(9, market.Position{Instrument: in, Side: market.Short, Qty: -7, Entry: dec("50")}, "test"); err != nil {
		t.Fatal(err)
	}
	if again.PositionOf(in, market.Short).Qty != -7 || again.PositionOf(in, market.Long).Qty != 3 {
		t.Error("an adopted position went to the wrong side")
	}
}

func hedged() *market.Instrument {
	return &market.Instrument{Symbol: "BTCUSDT", Quote: "USDT", Margin: "USDT", Tick: dec("0.1"), Lot: dec("0.1"), PricePlaces: 1, QtyPlaces: 1}
}
