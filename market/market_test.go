package market_test

import (
	"fmt"
	"math"
	"testing"

	"baton/decimal"
	"baton/market"
)

func Example() {
	in := btc()
	px, err := in.Ticks(decimal.MustParse("61800.10"))
	fmt.Println(px, err, in.Price(px), in.Quantity(5))
	_, err = in.Ticks(decimal.MustParse("61800.25"))
	fmt.Println(err)

	b := market.NewBook(in)
	b.Load(&market.Snapshot{Last: 100, Bids: rows(618000, 5), Asks: rows(618001, 7)}, false)
	fmt.Println("exact:", b.Exact())
	_, err = b.Apply(&market.Diff{First: 90, Last: 104, Prev: 89, Bids: rows(618000, 0, 617990, 2)})
	bid, ask, ok := b.Best()
	fmt.Println("exact:", b.Exact(), err, bid, ask, ok)
	_, err = b.Apply(&market.Diff{First: 110, Last: 112, Prev: 109})
	fmt.Println("exact:", b.Exact(), err)
	// Output:
	// 618001 <nil> 61800.1 0.005
	// price 61800.25 is not a multiple of the tick 0.10 (BTCUSDT): use 61800.20 or 61800.30
	// exact: false
	// exact: true <nil> {617990 2} {618001 7} true
	// exact: false market: book: a diff is missing: BTCUSDT: after update 104 came one that follows 109
}

// Nothing counts as refused, absent or exact until somebody says so: the zero values prove nothing.
func TestZeroValuesProveNothing(t *testing.T) {
	if (market.Outcome{}).Kind() != market.IsUnknown || market.Unknown().Kind() != market.IsUnknown {
		t.Error("the zero outcome is not unknown")
	}
	if (market.Report{}).Kind != market.ReportUnknown || market.Status(0) != market.Stale {
		t.Error("the zero report or status proves something")
	}
	if o := market.Refused(-2010, "no"); o.Kind() != market.IsRefused || o.Code != -2010 || market.Accepted().Kind() != market.IsAccepted {
		t.Error(o)
	}
	for s := market.StatusNone; s <= market.StatusExpiredInMatch; s++ {
		if s.Final() != (s == market.StatusFilled || s == market.StatusCanceled || s == market.StatusExpired || s == market.StatusRejected ||
			s == market.StatusExpiredInMatch) {
			t.Error(s, s.Final())
		}
	}
}

func TestUnits(t *testing.T) {
	in := btc()
	if q, err := in.Lots(decimal.MustParse("0.005")); err != nil || q != 5 {
		t.Error(q, err)
	}
	want := "quantity 0.0055 is not a multiple of the step 0.001 (BTCUSDT): use 0.005 or 0.006"
	if _, err := in.Lots(decimal.MustParse("0.0055")); err == nil || err.Error() != want {
		t.Error(err)
	}
	if n, err := in.Notional(618001, 5, decimal.HalfEven); err != nil || n != decimal.MustParse("309.0005") {
		t.Error(n, err)
	}
	if _, err := in.Notional(market.Ticks(math.MaxInt64/in.Tick.Units()), 1<<40, decimal.Down); err == nil {
		t.Error("a notional that does not fit")
	}
}
