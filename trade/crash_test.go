package trade_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"baton/aio"
	"baton/journal"
	"baton/market"
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
	strict bool
	price  market.Ticks
}

func (v *script) photo() photo {
	p := photo{acc: v.acc, filled: maps.Clone(v.filled), deals: map[market.OrderID][]market.Fill{}, ended: maps.Clone(v.ended),
		open: maps.Clone(v.open), flight: slices.Clone(v.flight), trades: v.trades, sent: slices.Clone(v.sent),
		strict: v.strict, price: v.price}
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
	v.strict, v.price = p.strict, p.price
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
	return &trade.Recovered{Next: s.Next, Last: s.Last, Orders: s.Orders, Groups: s.Groups, Books: s.Books, Latch: s.Latch, Problems: s.Problems}
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
	if end := recovered(t, j.prefix(len(j.records))); len(end.Orders) != 0 {
		t.Errorf("after a clean end the journal says that these are open: %+v", end.Orders)
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
