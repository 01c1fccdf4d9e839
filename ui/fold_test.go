package ui_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"baton/decimal"
	"baton/ledger"
	"baton/market"
	"baton/ui"
)

const second = market.Nanos(1e9)

func dec(s string) decimal.Decimal { return decimal.MustParse(s) }

func instrument() *market.Instrument {
	return &market.Instrument{
		Symbol: "BTCUSDT", Base: "BTC", Quote: "USDT", Margin: "USDT", Tick: dec("0.1"), Lot: dec("0.001"), PricePlaces: 1, QtyPlaces: 3,
	}
}

// desk is a fold with one instrument and a ledger that tells it what it books.
type desk struct {
	*testing.T
	in     *market.Instrument
	fold   *ui.Fold
	books  *ledger.Ledger
	trades int64
}

func newDesk(t *testing.T) *desk {
	d := &desk{T: t, in: instrument(), fold: ui.New(ui.Config{Mode: ui.ModeDemo, Asset: "USDT", Clock: ui.ClockPaced})}
	d.fold.Open(d.in)
	d.books = ledger.New(nil)
	d.books.OnEvent(func(e *ledger.Event) { d.fold.Event(e) })
	if err := d.books.Deposit(0, "USDT", dec("10000")); err != nil {
		t.Fatal(err)
	}
	return d
}

// fill books an execution as a venue would tell it.
func (d *desk) fill(at market.Nanos, side market.Side, px market.Ticks, qty market.Lots, realised string, maker bool) {
	d.Helper()
	d.trades++
	_, err := d.books.Fill(&market.Fill{
		Instrument: d.in, Order: 1, Trade: d.trades, Side: side, Px: px, Qty: qty, Commission: dec("0.3"), Asset: "USDT",
		Realised: dec(realised), Maker: maker, Time: at,
	})
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) view(full bool) *ui.View {
	return d.fold.View(&ui.State{Now: 100 * second, Wall: 100 * second, Full: full, Ledger: d.books, Phase: ui.PhaseRunning})
}

// Candles of every span add up to the trades that came; a late trade is counted in the newest candle and said to be late.
func TestCandles(t *testing.T) {
	d := newDesk(t)
	for i := range 100 {
		d.fold.Trade(0, &market.Trade{ID: int64(i), Px: market.Ticks(1000 + i%7), Qty: 2, Taker: market.Buy, Event: market.Nanos(i) * second / 4}, 0)
	}
	d.fold.Trade(0, &market.Trade{ID: 100, Px: 1, Qty: 2, Taker: market.Sell, Event: second}, 0)
	m := d.view(true).Markets[0]
	for _, s := range m.Spans {
		n, volume, last := 0, 0.0, int64(-1)
		for _, c := range s.List {
			n, volume = n+c.Count, volume+c.Volume
			if c.T <= last || c.T%int64(s.Span) != 0 || c.Low > min(c.Open, c.Close) || c.High < max(c.Open, c.Close) || c.Taker > c.Volume {
				t.Errorf("span %d: candle %+v after %d", s.Span, c, last)
			}
			last = c.T
		}
		if n != 101 || fmt.Sprintf("%.3f", volume) != "0.202" {
			t.Errorf("span %d: %d trades, volume %.3f, want 101 and 0.202", s.Span, n, volume)
		}
	}
	if len(m.Spans[0].List) != 25 || m.Late != 1 || *m.Last != "0.1" {
		t.Errorf("%d candles of a second, %d late, last %s", len(m.Spans[0].List), m.Late, *m.Last)
	}
}

// A round trip ends where the position is flat or turns; fees of the fill that turns it are split; the sums are the ledger's.
func TestTrips(t *testing.T) {
	d := newDesk(t)
	d.fill(1*second, market.Buy, 1000, 2, "0", true)
	d.fill(2*second, market.Buy, 1100, 2, "0", true)
	d.fill(5*second, market.Sell, 1200, 6, "0.06", false) // closes 4, opens 2 short
	d.fill(9*second, market.Buy, 1300, 2, "-0.02", false)
	v := d.view(true)
	r := v.Report
	if r.TripCount != 2 || len(r.Trips) != 2 {
		t.Fatalf("trips: %+v", r.Trips)
	}
	long, short := r.Trips[0], r.Trips[1]
	if long.Side != "LONG" || long.Qty != "0.004" || *long.Entry != "105.000" || *long.Exit != "120.000" || long.Gross != "0.06" || long.Fees != "0.8" ||
		long.Net != "-0.74" || *long.HoldMs != 4000 || long.MakerPct != 50 {
		t.Errorf("long: %+v, entry %s, exit %s", long, *long.Entry, *long.Exit)
	}
	if short.Side != "SHORT" || short.Qty != "0.002" || short.Fees != "0.4" || short.Net != "-0.42" || short.Fills != 2 {
		t.Errorf("short: %+v", short)
	}
	if *v.Account.Fees != "1.2" || v.Account.FillCount != 4 || len(v.Account.Positions) != 0 || len(v.Markets[0].Marks) != 4 {
		t.Errorf("account: %+v", v.Account)
	}
}

// Equity is kept in a bounded number of points over any length of time, and the deepest fall is that of all samples.
func TestCurve(t *testing.T) {
	d := newDesk(t)
	const samples = 10_000
	for i := range samples {
		e := int64(10_000 + i)
		if i == 7777 {
			e /= 2
		}
		eq, err := decimal.FromInt(e)
		if err != nil {
			t.Fatal(err)
		}
		d.fold.Sample(market.Nanos(i)*second, eq, decimal.Zero)
	}
	r := d.view(true).Report
	if len(r.Curve) > ui.CurveKept || len(r.Curve) < ui.CurveKept/2 || r.Generation != 3 {
		t.Errorf("%d points, generation %d", len(r.Curve), r.Generation)
	}
	for i := 1; i < len(r.Curve); i++ {
		if r.Curve[i].AtMs <= r.Curve[i-1].AtMs {
			t.Fatalf("point %d is at %d, after one at %d", i, r.Curve[i].AtMs, r.Curve[i-1].AtMs)
		}
	}
	for _, v := range r.Values {
		if v.Convention == "" || v.Label == "" || v.Value == nil && !strings.HasPrefix(v.Convention, "n/a") && v.Unit != ui.UnitMoney {
			t.Errorf("a figure without its convention: %+v", v)
		}
		if v.Key == "max_drawdown" && *v.Value != "-50.0000" {
			t.Errorf("max drawdown %s", *v.Value)
		}
	}
}

// Quantiles are upper edges of buckets and never above the greatest; an empty histogram says n/a.
func TestSpans(t *testing.T) {
	f := ui.New(ui.Config{})
	h := func() ui.Histogram { return f.View(&ui.State{Full: true}).Health.Latencies[2] }
	if e := h(); e.P50 != nil || e.Max != nil || len(e.Buckets) != 0 {
		t.Errorf("empty: %+v", e)
	}
	for i := range 1000 {
		f.Health.SendAck.Add(int64(i+1) * 1000) // 1 to 1000 us
	}
	f.Health.SendAck.Add(-5)
	e := h()
	if *e.P50 != 500 || *e.P90 != 1000 || *e.Max != 1000 || e.Count != 1001 {
		t.Errorf("p50 %v p90 %v max %v count %d", *e.P50, *e.P90, *e.Max, e.Count)
	}
	var n uint64
	for _, b := range e.Buckets {
		n += b.Count
	}
	if n != e.Count {
		t.Errorf("%d in the buckets of %d", n, e.Count)
	}
}

// Every list stays within its bound, whole or not, and no list of the JSON is null: null is for "n/a" alone.
func TestBounds(t *testing.T) {
	d := newDesk(t)
	for i := range 2000 {
		d.fold.Trade(0, &market.Trade{ID: int64(i), Px: 1000, Qty: 1, Taker: market.Buy, Event: market.Nanos(i) * second}, 0)
		d.fold.Alarm(0, ui.LevelNote, "x")
		d.fold.Audit(ui.Audit{Name: "pause"})
		d.fold.Incident(0, "stale", "x")
		d.fold.Ran(1, "x", 0, "", 0, ui.SlowNanos, 0)
		d.fill(market.Nanos(i)*second, []market.Side{market.Buy, market.Sell}[i%2], 1000, 1, "0", true)
	}
	for _, full := range []bool{true, false} {
		v := d.fold.View(&ui.State{Now: 1, Full: full, Sections: ui.Everything, Ledger: d.books, Tasks: make([]ui.Task, 300)})
		noNil(t, "view", reflect.ValueOf(v))
		want := func(name string, got, kept, tail int) {
			if full && got != kept || !full && got != tail {
				t.Errorf("full %t: %d %s", full, got, name)
			}
		}
		m := v.Markets[0]
		want("prints", len(m.Trades), ui.PrintsKept, ui.PrintsTail)
		want("candles", len(m.Spans[0].List), ui.CandlesKept, ui.CandlesTail)
		want("marks", len(m.Marks), ui.MarksKept, ui.MarksTail)
		want("fills", len(v.Account.Fills), ui.FillsKept, ui.FillsTail)
		want("alarms", len(v.Alarms), ui.AlarmsKept, ui.AlarmsTail)
		want("audits", len(v.Audit), ui.AuditKept, ui.AuditKept)
		want("steps", len(v.Coroutines.Steps), ui.StepsKept, ui.StepsKept)
		want("slow", len(v.Coroutines.Slow), ui.SlowKept, ui.SlowKept)
		want("tasks", len(v.Coroutines.Tasks)+v.Coroutines.More, 300, 300)
		want("trips", len(v.Report.Trips), ui.TripsKept, ui.TripsTail)
		want("incidents", len(v.Health.Incidents), ui.IncidentsKept, ui.IncidentsKept)
	}
	if v := ui.New(ui.Config{}).View(&ui.State{Full: true}); v != nil {
		noNil(t, "empty view", reflect.ValueOf(v))
		if _, err := json.Marshal(v); err != nil {
			t.Error(err)
		}
	}
}

// noNil finds a nil slice anywhere in v.
func noNil(t *testing.T, where string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			noNil(t, where, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			noNil(t, where+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice:
		if v.IsNil() {
			t.Errorf("%s is null", where)
		}
		for i := range min(v.Len(), 3) {
			noNil(t, where, v.Index(i))
		}
	}
}

// A view that was published does not change by what comes later.
func TestViewsNeverChange(t *testing.T) {
	d := newDesk(t)
	grow := func() {
		for i := range 3000 {
			d.fold.Trade(0, &market.Trade{ID: int64(i), Px: market.Ticks(1000 + i), Qty: 1, Taker: market.Buy, Event: market.Nanos(i) * second}, 0)
			d.fold.Sample(market.Nanos(i)*second, dec("10000"), decimal.Zero)
			d.fold.Ran(1, "x", 0, "", 0, 1, 0)
		}
		d.fill(1, market.Buy, 1000, 1, "0", true)
	}
	grow()
	v := d.view(true)
	before, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	grow()
	d.view(true)
	if after, _ := json.Marshal(v); string(before) != string(after) {
		t.Error("the view has changed")
	}
}

// Children stand behind their parents, one deeper; a task whose parent has ended stands at the top.
func TestTaskTree(t *testing.T) {
	f := ui.New(ui.Config{})
	v := f.View(&ui.State{Sections: ui.OnCoroutines, Tasks: []ui.Task{
		{ID: 1, Name: "main"}, {ID: 2, Parent: 1, Name: "a"}, {ID: 3, Parent: 1, Name: "b"}, {ID: 4, Parent: 2, Name: "c"}, {ID: 9, Parent: 7, Name: "d"},
	}})
	var b strings.Builder
	for _, x := range v.Coroutines.Tasks {
		fmt.Fprintf(&b, "%d%s ", x.Depth, x.Name)
	}
	if got := b.String(); got != "0main 1a 2c 1b 0d " {
		t.Errorf("tree %q", got)
	}
}

// What is folded for every message allocates nothing.
func TestFoldAllocates(t *testing.T) {
	d := newDesk(t)
	x := market.Trade{Px: 1000, Qty: 1, Taker: market.Buy}
	mark := market.Mark{Mark: dec("100")}
	each := func() {
		x.ID++
		x.Event += second
		d.fold.Trade(0, &x, x.Event)
		d.fold.Mark(0, &mark, x.Event)
		d.fold.Ran(1, "x", 0, "", 0, 1, 0)
		d.fold.Health.SendAck.Add(x.Event)
	}
	for range ui.CandlesKept * 2 { // the rings of short spans are full, those of long ones grow seldom
		each()
	}
	if n := testing.AllocsPerRun(1000, each); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

func BenchmarkTrade(b *testing.B) {
	f := ui.New(ui.Config{})
	f.Open(instrument())
	x := market.Trade{Px: 1000, Qty: 1, Taker: market.Buy}
	b.ReportAllocs()
	for b.Loop() {
		x.ID++
		x.Event += 1e7
		f.Trade(0, &x, x.Event)
	}
}

func BenchmarkView(b *testing.B) {
	f := ui.New(ui.Config{})
	in := instrument()
	f.Open(in)
	book := market.NewBook(in)
	for i := range 200 {
		book.Set(market.Buy, market.Ticks(1000-i), 5)
		book.Set(market.Sell, market.Ticks(1001+i), 5)
	}
	for i := range 2000 {
		f.Trade(0, &market.Trade{ID: int64(i), Px: 1000, Qty: 1, Event: market.Nanos(i) * second}, 0)
	}
	for range ui.StepsKept {
		f.Ran(1, "strategy", 0, "depth", 1, 1, 1)
	}
	tasks := make([]ui.Task, 20)
	for i := range tasks {
		tasks[i].ID = uint64(i + 1)
	}
	for name, sections := range map[string]ui.Sections{"live": 0, "everything": ui.Everything} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.View(&ui.State{Now: second, Books: []*market.Book{book}, Sections: sections, Tasks: tasks})
			}
		})
	}
}

// The liquidation price stands beside the position and as a line, once the mark price is known and some price can do it: 10,000 of
// equity carry a long of 2 at 10,000 down to where what is left is the maintenance margin of 1 %.
func TestLiquidationLine(t *testing.T) {
	d := newDesk(t)
	d.in.Brackets = []market.Bracket{{Cap: dec("1000000"), Leverage: 100, Maintenance: dec("0.01")}}
	d.fill(1, market.Buy, 100_000, 2000, "0", true)
	if v := d.view(true); v.Account.Positions[0].Liquidation != nil {
		t.Error("known without a mark price")
	}
	d.fold.Mark(0, &market.Mark{Mark: dec("10000")}, 2)
	v := d.view(true)
	px := v.Account.Positions[0].Liquidation
	if px == nil || *px != "5050.7" && *px != "5050.6" { // 2*(10000-p) = 9999.7 - 0.02*p
		t.Fatalf("%v", px)
	}
	lines := v.Markets[0].Lines
	if last := lines[len(lines)-1]; last.Kind != ui.LineLiquidation || last.Px != *px {
		t.Errorf("%+v", lines)
	}
	d.fill(3, market.Sell, 100_000, 1999, "0", true)
	if v := d.view(true); v.Account.Positions[0].Liquidation != nil {
		t.Errorf("no price can do it: %s", *v.Account.Positions[0].Liquidation)
	}
}
