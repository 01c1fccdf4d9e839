package trade_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/journal"
	"baton/market"
	"baton/order"
	"baton/risk"
	"baton/trade"
)

// photo is the venue as it stood when a record was written: a crash right then leaves it so.
type photo struct {
	acc    market.Account
	open   map[market.OrderID]*market.Command
	filled map[market.OrderID]market.Lots
	deals  map[market.OrderID][]market.Fill
	ended  map[market.OrderID]market.OrderStatus
	flight []market.Command
	trades int64
	sent   []market.Command
}

func (v *script) photo() photo {
	p := photo{acc: v.acc, filled: maps.Clone(v.filled), deals: map[market.OrderID][]market.Fill{}, ended: maps.Clone(v.ended),
		open: maps.Clone(v.open), flight: slices.Clone(v.flight), trades: v.trades, sent: slices.Clone(v.sent)}
	for id, fills := range v.deals {
		p.deals[id] = slices.Clone(fills)
	}
	p.acc.Balances, p.acc.Positions = slices.Clone(v.acc.Balances), slices.Clone(v.acc.Positions)
	return p
}

// again is a venue on a new loop that stands as the photo shows.
func (p photo) again(l *aio.Loop, in *market.Instrument) *script {
	v := newScript(l)
	v.in, v.book, v.whole, v.trades = in, market.NewBook(in), true, p.trades
	v.acc = p.acc
	v.acc.Balances, v.acc.Positions = slices.Clone(p.acc.Balances), slices.Clone(p.acc.Positions)
	v.open, v.filled, v.ended = maps.Clone(p.open), maps.Clone(p.filled), maps.Clone(p.ended)
	for id, fills := range p.deals {
		v.deals[id] = slices.Clone(fills)
	}
	return v
}

// camera is a journal that takes a photo of the venue before each record.
type camera struct {
	memory
	v      *script
	photos []photo
}

func (j *camera) Append(r *market.Record) bool {
	j.photos = append(j.photos, j.v.photo())
	return j.memory.Append(r)
}

func (j *camera) prefix(k int) iter.Seq2[*market.Record, error] {
	return func(yield func(*market.Record, error) bool) {
		for i := range k {
			if !yield(&j.records[i], nil) {
				return
			}
		}
	}
}

// recovered is the state of a journal as the trader takes it.
func recovered(t *testing.T, records iter.Seq2[*market.Record, error]) *trade.Recovered {
	t.Helper()
	s, err := journal.Fold(records)
	if err != nil {
		t.Fatal(err)
	}
	return &trade.Recovered{Next: s.Next, Last: s.Last, Orders: s.Orders, Books: s.Books, Latch: s.Latch, Problems: s.Problems}
}

// longRun trades through everything that may happen to an order, and photographs the venue at each record.
func longRun(t *testing.T) *camera {
	j := &camera{}
	cfg := trade.Config{Limits: map[string]risk.Limits{"BTCUSDT": limits()}, Answer: 20 * time.Millisecond}
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (struct{}, error) {
		v := newScript(co.Loop())
		v.whole, j.v = true, v
		tr, err := trade.New(co, cfg, v, v, j)
		if err != nil {
			return struct{}{}, err
		}
		s, err := tr.Open(v.in)
		if err != nil {
			return struct{}{}, err
		}
		v.exact()
		if err := tr.Start(co); err != nil {
			return struct{}{}, err
		}
		err = tr.Run(co, trade.Strategy{Name: "long", Run: func(co *aio.Co, s *trade.Session) error { return events(co, v, s) }}, s)
		if err != nil {
			return struct{}{}, err
		}
		res, err := tr.Stop(co)
		if err == nil && !res.Reconciled {
			err = fmt.Errorf("the run itself is not reconciled: %q", res.Differences)
		}
		return struct{}{}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	j.photos = append(j.photos, j.v.photo())
	return j
}

func events(co *aio.Co, v *script, s *trade.Session) error {
	once := func(op market.Op) func(*market.Command) bool {
		done := false
		return func(c *market.Command) bool {
			hit := c.Op == op && !done
			done = done || hit
			return hit
		}
	}
	place := func(r trade.Request) *trade.Order {
		o, err := s.Place(r)
		if err != nil {
			panic(err)
		}
		o.Outcome(co)
		return o
	}
	first := place(buy(3))
	v.fill(first.ID(), 1)
	rests := place(buy(2))
	v.mute = once(market.OpPlace) // the answer is lost: it rests
	if err := place(sell(2)).Settle(co); err != nil {
		return err
	}
	v.drop = once(market.OpPlace) // never arrives
	if err := place(buy(1)).Settle(co); err != nil {
		return err
	}
	v.mute = once(market.OpPlace) // filled, and only the fill proves it
	lost, err := s.Place(buy(2))
	if err != nil {
		return err
	}
	if err := co.Sleep(2 * time.Millisecond); err != nil {
		return err
	}
	v.fill(lost.ID(), 2)
	v.refuse = func(c *market.Command) (market.Outcome, bool) {
		return market.Refused(-2010, "no"), c.Op == market.OpPlace
	}
	place(buy(1))
	v.refuse = nil
	s.Cancel(first)
	if err := first.Wait(co); err != nil {
		return err
	}
	v.mute = once(market.OpCancel) // the answer is lost, not the cancel
	s.Cancel(rests)
	if err := co.Sleep(50 * time.Millisecond); err != nil {
		return err
	}
	v.fill(place(sell(1)).ID(), 1)
	return nil
}

// fate is what happens between the crash and the restart.
type fate struct {
	name   string
	arrive bool // what had left arrives; else it is lost
	trade  bool // what rests is filled
}

// The process dies at each record of a run, and begins again on what its journal holds. Nothing is lost, doubled or sent again: the
// books come to what the venue says, whatever happened meanwhile; what rests is known, and ends with the run.
func TestACrashAtEveryRecord(t *testing.T) {
	j := longRun(t)
	if len(j.records) < 35 {
		t.Fatalf("only %d records", len(j.records))
	}
	heirs := 0
	for _, f := range []fate{{"lost", false, false}, {"arrived", true, false}, {"filled meanwhile", true, true}} {
		for k := 1; k <= len(j.records); k++ {
			t.Run(fmt.Sprint(f.name, " after ", k), func(t *testing.T) { heirs += restart(t, j, k, f) })
			if t.Failed() {
				return
			}
		}
	}
	if heirs < 200 {
		t.Errorf("only %d orders were taken over in all", heirs)
	}
}

func restart(t *testing.T, j *camera, k int, f fate) (heirs int) {
	rec := recovered(t, j.prefix(k))
	cfg := trade.Config{Limits: map[string]risk.Limits{"BTCUSDT": limits()}, Recovered: rec, Answer: 20 * time.Millisecond}
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0 + 1e12)}, func(co *aio.Co) (struct{}, error) {
		p := j.photos[k]
		v := p.again(co.Loop(), j.v.in)
		for i := range p.flight {
			if f.arrive {
				v.take(&p.flight[i])
			}
		}
		for _, id := range slices.Sorted(maps.Keys(v.open)) {
			if f.trade {
				v.fill(id, v.open[id].Qty-v.filled[id])
			}
		}
		tr, err := trade.New(co, cfg, v, v, &memory{})
		if err != nil {
			return struct{}{}, err
		}
		s, err := tr.Open(v.in)
		if err != nil {
			return struct{}{}, err
		}
		v.exact()
		if err := tr.Start(co); err != nil {
			return struct{}{}, err
		}
		heirs = tr.Stats().Inherited
		verifyRestart(t, v, tr, s)
		old := map[market.OrderID]bool{}
		for _, c := range p.sent {
			old[c.ID] = true
		}
		err = tr.Run(co, trade.Strategy{Name: "next", Run: func(co *aio.Co, s *trade.Session) error {
			o, err := s.Place(buy(1))
			if err != nil {
				return err
			}
			if old[o.ID()] {
				t.Errorf("number %d was given out twice", o.ID())
			}
			return o.Settle(co)
		}}, s)
		if err != nil {
			return struct{}{}, err
		}
		res, err := tr.Stop(co)
		if !res.Reconciled || len(v.open) > 0 {
			t.Errorf("not reconciled: %q, %d open at the venue", res.Differences, len(v.open))
		}
		return struct{}{}, err
	})
	if err != nil {
		t.Error(err)
	}
	return heirs
}

// verifyRestart compares what a restarted trader believes with the venue, by plain sums.
func verifyRestart(t *testing.T, v *script, tr *trade.Trader, s *trade.Session) {
	if len(v.sent) > 0 {
		t.Errorf("the start sent %+v", v.sent)
	}
	if tr.Mode() != risk.Normal {
		t.Errorf("all is explained, and yet: %q", tr.Notes())
	}
	var pos market.Lots
	for _, fills := range v.deals {
		for _, f := range fills {
			pos += market.Lots(f.Side) * f.Qty
		}
	}
	if got := tr.Ledger().Position(v.in).Qty; got != pos || s.Position() != pos {
		t.Errorf("position %d in the books, %d in the session, %d at the venue", got, s.Position(), pos)
	}
	if got := tr.Ledger().Wallet("USDT"); got != v.acc.Balances[0].Wallet {
		t.Errorf("wallet %s, the venue's %s", got, v.acc.Balances[0].Wallet)
	}
	if x := tr.Ledger().Suspended("USDT"); !x.IsZero() {
		t.Errorf("suspense %s", x)
	}
	for id, c := range v.open {
		o := tr.Orders().Order(id)
		if o == nil || !o.State.AtVenue() || o.Outstanding() != c.Qty-v.filled[id] {
			t.Errorf("order %d rests at the venue, here it is %+v", id, o)
		}
		if !slices.ContainsFunc(s.Live(), func(o *trade.Order) bool { return o.ID() == id && o.Inherited() }) {
			t.Errorf("order %d is not among the session's", id)
		}
	}
	for o := range tr.Orders().All() {
		if o.Live() && v.open[o.ID] == nil {
			t.Errorf("order %d is %s here and not at the venue", o.ID, o.State)
		}
	}
}

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
