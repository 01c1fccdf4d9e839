package trade_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/market"
	"baton/order"
	"baton/risk"
	"baton/trade"
)

// begin starts a trader on a venue that a body has prepared, on what an earlier journal came to.
func begin(t *testing.T, cfg trade.Config, prepare func(*script), body func(b *bench)) {
	t.Helper()
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (struct{}, error) {
		b := &bench{co: co, v: newScript(co.Loop()), j: &memory{}}
		b.v.in = cfg.Recovered.Orders[0].Command.Instrument
		b.v.book = market.NewBook(b.v.in)
		prepare(b.v)
		cfg.Limits = map[string]risk.Limits{"BTCUSDT": limits()}
		var err error
		if b.t, err = trade.New(co, cfg, b.v, b.v, b.j); err != nil {
			return struct{}{}, err
		}
		if b.s, err = b.t.Open(b.v.in); err != nil {
			return struct{}{}, err
		}
		b.v.exact()
		if err := b.t.Start(co); err != nil {
			return struct{}{}, err
		}
		body(b)
		return struct{}{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// before is a journal of two records: the books opened, and an order of 4 lots intended.
func before(t *testing.T) *trade.Recovered {
	in := btc()
	records := []market.Record{
		{Kind: market.RecordOpen, Time: t0 - 9, Change: market.Change{Asset: "USDT", Amount: d("10000")}},
		{Kind: market.RecordIntent, Time: t0 - 8, Command: market.Command{Op: market.OpPlace, ID: 1, Instrument: in, Side: market.Buy,
			Type: market.Limit, TIF: market.GTC, Px: 100_000, Qty: 4}},
	}
	return recovered(t, func(yield func(*market.Record, error) bool) {
		for i := range records {
			if !yield(&records[i], nil) {
				return
			}
		}
	})
}

// An order of which nothing can be proven stays Unknown, with its worst case reserved, and nothing is sent for it. The venue was told
// of it before it was asked.
func TestWhatCannotBeProvenStaysReserved(t *testing.T) {
	told := 0
	prepare := func(v *script) {
		v.report = func(market.OrderID) (market.Report, error) { return market.Report{}, errLine }
		v.inherit = func(id market.OrderID, from, until market.Nanos) {
			if told++; id != 1 || from != t0-8 || until < t0 || v.queries > 0 {
				t.Errorf("told of order %d, between %d and %d, after %d queries", id, from-t0, until-t0, v.queries)
			}
		}
	}
	begin(t, trade.Config{Recovered: before(t), End: time.Second}, prepare, func(b *bench) {
		o := b.t.Orders().Order(1)
		if o == nil || o.State != order.Unknown || o.Outstanding() != 4 || told != 1 || len(b.v.sent) > 0 || b.v.queries < 3 {
			t.Errorf("%+v, told %d times, sent %d, asked %d times", o, told, len(b.v.sent), b.v.queries)
		}
		if b.t.Mode() != risk.NoIncrease || !strings.Contains(strings.Join(b.t.Notes(), "\n"), "1 orders of the earlier run are not settled") {
			t.Errorf("%s %q", b.t.Mode(), b.t.Notes())
		}
		b.v.report = nil // now the venue answers: it never got it
		if res, err := b.t.Stop(b.co); err != nil || !res.Reconciled {
			t.Error(res.Differences, err)
		}
		if o.State != order.ProvenAbsent {
			t.Errorf("at the end: %s", o.State)
		}
	})
}

// A position that no fill explains, and a wallet: taken over with an alarm, the money to suspense, in the journal too; the next
// restart finds nothing to say.
func TestUnexplainedAtTheStart(t *testing.T) {
	prepare := func(v *script) {
		v.whole = true
		v.acc.Balances[0].Wallet = d("9999.5")
		v.acc.Positions = []market.Position{{Instrument: v.in, Qty: 3, Entry: d("10000")}}
	}
	rec := before(t)
	begin(t, trade.Config{Recovered: rec}, prepare, func(b *bench) {
		l := b.t.Ledger()
		if b.t.Mode() != risk.NoIncrease || l.Suspended("USDT") != d("-0.5") || b.s.Position() != 3 || l.Position(b.v.in).Qty != 3 {
			t.Errorf("%s, suspense %s, position %d", b.t.Mode(), l.Suspended("USDT"), b.s.Position())
		}
		if b.j.count(market.RecordAdjust) != 1 || b.j.count(market.RecordAdopt) != 1 || b.j.count(market.RecordLatch) != 2 {
			t.Errorf("journal: %+v", b.j.records)
		}
	})
}

// A trade by hand in the gap is booked with its own figures where the venue names it, and is an alarm.
func TestATradeByHandInTheGap(t *testing.T) {
	prepare := func(v *script) {
		v.whole = true
		f := market.Fill{Instrument: v.in, Trade: 77, Side: market.Sell, Px: 100_000, Qty: 2, Commission: d("0.5"), Asset: "USDT", Time: t0 - 1}
		v.account(&f)
		v.gap = []market.Fill{f}
	}
	begin(t, trade.Config{Recovered: before(t)}, prepare, func(b *bench) {
		l := b.t.Ledger()
		if b.s.Position() != -2 || l.Fees("USDT") != d("0.5") || !l.Suspended("USDT").IsZero() || b.t.Mode() != risk.NoIncrease {
			t.Errorf("position %d, fees %s, suspense %s, %s", b.s.Position(), l.Fees("USDT"), l.Suspended("USDT"), b.t.Mode())
		}
		if b.j.count(market.RecordFill) != 1 || !b.j.records[len(b.j.records)-2].Fill.Recovered {
			t.Errorf("journal: %+v", b.j.records)
		}
	})
}

// An order in an instrument that is not opened any more is known, and cancelled at the end.
func TestAnOrderInAnInstrumentThatIsNotOpen(t *testing.T) {
	rec := before(t)
	other := btc()
	other.Symbol = "ETHUSDT"
	h := rec.Orders[0]
	h.Command.Instrument, h.Command.ID = other, 2
	rec.Orders, rec.Next = append(rec.Orders, h), 3
	prepare := func(v *script) {
		v.whole = true
		c := h.Command
		v.open[2] = &c
	}
	begin(t, trade.Config{Recovered: rec}, prepare, func(b *bench) {
		if b.t.Mode() != risk.Normal || !b.t.Orders().Order(2).State.AtVenue() {
			t.Errorf("%s, %q", b.t.Mode(), b.t.Notes())
		}
		if n := b.t.CancelAll(); n != 1 {
			t.Errorf("%d orders were to be cancelled, want 1", n)
		}
		if _, err := b.t.Stop(b.co); err != nil || len(b.v.open) > 0 {
			t.Error(err, b.v.open)
		}
	})
}

// What was taken over holds its room, and news about what ended in the earlier run is no stranger's.
func TestInheritedOrdersHoldTheirRoom(t *testing.T) {
	rec := before(t)
	rec.Next = 3 // number 2 has ended
	prepare := func(v *script) {
		v.whole = true
		c := rec.Orders[0].Command
		v.open[1] = &c
	}
	begin(t, trade.Config{Recovered: rec}, prepare, func(b *bench) {
		if _, err := b.s.Place(buy(7)); err == nil {
			t.Error("4 that rest and 7 more were allowed, the limit is 10")
		}
		b.v.orders.Update(&market.Update{Instrument: b.v.in, Order: 2, Status: market.StatusCanceled})
		if _, err := b.s.Place(buy(6)); err != nil || b.t.Mode() != risk.Normal {
			t.Errorf("%v, %q", err, b.t.Notes())
		}
	})
}

// While an order's fate is open, a wallet that differs is not booked: the fill that may explain it would count twice.
func TestNothingIsBookedWhileAFateIsOpen(t *testing.T) {
	prepare := func(v *script) {
		v.report = func(market.OrderID) (market.Report, error) { return market.Report{}, errLine }
		v.acc.Balances[0].Wallet = d("9999.96")
		v.acc.Positions = []market.Position{{Instrument: v.in, Qty: 4, Entry: d("10000")}}
	}
	begin(t, trade.Config{Recovered: before(t), End: time.Second}, prepare, func(b *bench) {
		l := b.t.Ledger()
		if !l.Suspended("USDT").IsZero() || l.Position(b.v.in).Qty != 0 || b.t.Mode() != risk.NoIncrease {
			t.Errorf("suspense %s, position %d, %s", l.Suspended("USDT"), l.Position(b.v.in).Qty, b.t.Mode())
		}
	})
}

// A foreign error that was joined with the time-out of Stop is not lost with it.
func TestStopKeepsAForeignError(t *testing.T) {
	on(t, trade.Config{End: time.Second}, nil, func(b *bench) error {
		broken := errors.New("the venue's own error")
		b.v.account0 = func(co *aio.Co) error { return errors.Join(broken, co.Sleep(time.Hour)) }
		if _, err := b.t.Stop(b.co); !errors.Is(err, broken) || errors.Is(err, aio.ErrTimeout) {
			t.Errorf("%v", err)
		}
		return nil
	})
}
