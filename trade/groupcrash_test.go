package trade_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"baton/aio"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

// bracketRun is a run of a bracket that is entered in two parts and whose stop moves, photographed at each record; then its stop comes.
func bracketRun(t *testing.T) *camera {
	j := &camera{}
	cfg := trade.Config{Limits: map[string]risk.Limits{"BTCUSDT": limits()}, Answer: 20 * time.Millisecond}
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (struct{}, error) {
		v := newScript(co.Loop())
		v.whole, v.strict, v.price, j.v = true, true, 100_000, v
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
		err = tr.Run(co, trade.Strategy{Name: "bracket", Run: func(co *aio.Co, s *trade.Session) error { return bracketed(co, v, s) }}, s)
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

func bracketed(co *aio.Co, v *script, s *trade.Session) error {
	g, err := s.Bracket(buy(4), guard)
	if err != nil {
		return err
	}
	pause := func() {
		if err := co.Sleep(10 * time.Millisecond); err != nil {
			panic(err)
		}
	}
	pause()
	entry := g.Order(market.RoleFirst).ID()
	v.fill(entry, 1)
	pause()
	v.fill(entry, 2)
	pause()
	if err := g.Move(99_400); err != nil {
		return err
	}
	pause()
	if err := g.Move(99_500); err != nil {
		return err
	}
	pause()
	v.at(99_500)
	return g.Wait(co)
}

// The process dies at each record of a bracket's life, and begins again. What is held is under one stop and one take profit where they
// were last wanted, within the bound; nothing is entered twice; and when the stop comes, all is closed and nothing is left.
func TestACrashAtEveryRecordOfABracket(t *testing.T) {
	j := bracketRun(t)
	if len(j.records) < 35 {
		t.Fatalf("only %d records", len(j.records))
	}
	held := 0
	for _, f := range []fate{{"lost", false, false}, {"arrived", true, false}, {"filled meanwhile", true, true}} {
		for k := 1; k <= len(j.records); k++ {
			t.Run(fmt.Sprint(f.name, " after ", k), func(t *testing.T) { held += restartBracket(t, j, k, f) })
			if t.Failed() {
				return
			}
		}
	}
	if held < 60 {
		t.Errorf("a position was held after only %d restarts", held)
	}
}

func restartBracket(t *testing.T, j *camera, k int, f fate) (held int) {
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
			if c := v.open[id]; f.trade && c != nil && c.Type == market.Limit {
				v.fill(id, c.Qty-v.filled[id])
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
		if len(v.sent) > 0 {
			t.Errorf("the start sent %+v", v.sent)
		}
		err = tr.Run(co, trade.Strategy{Name: "next", Run: func(co *aio.Co, s *trade.Session) error {
			held = min(int(s.Position()), 1)
			return afterRestart(t, co, v, s)
		}}, s)
		if err != nil {
			return struct{}{}, err
		}
		res, err := tr.Stop(co)
		if !res.Reconciled || len(v.open) > 0 || tr.Mode() != risk.Normal {
			t.Errorf("not clean: %q, %d open at the venue, notes %q", res.Differences, len(v.open), res.Notes)
		}
		return struct{}{}, err
	})
	if err != nil {
		t.Error(err)
	}
	return held
}

// afterRestart looks at the protection, lets the stop come, and waits for the end.
func afterRestart(t *testing.T, co *aio.Co, v *script, s *trade.Session) error {
	if err := co.Sleep(trade.BareDefault); err != nil {
		return err
	}
	for id := range v.open { // order: an entry is an entry
		if c := v.open[id]; c.Type == market.Limit && len(v.sent) > 0 && slices.ContainsFunc(v.sent, func(x market.Command) bool { return x.ID == id }) {
			t.Errorf("entered again: %+v", c)
		}
	}
	g := s.Protection()
	if s.Position() > 0 {
		stops, takes := v.rests(market.StopMarket), v.rests(market.TakeProfitMarket)
		if g == nil || len(stops) != 1 || len(takes) != 1 || stops[0].Trigger != g.Plan().Stop || takes[0].Trigger != g.Plan().Take || !g.Protected() {
			t.Errorf("position %d, group %v: stops %+v, take profits %+v", s.Position(), g, stops, takes)
		}
	}
	if g == nil {
		return nil
	}
	g.Cancel()
	v.at(98_000)
	return g.Wait(co)
}

// A run that does not open the instrument of an earlier run's bracket leaves its stop and its take profit at the venue, and says so.
func TestARestartWithoutTheInstrument(t *testing.T) {
	j := bracketRun(t)
	k := slices.IndexFunc(j.photos, func(p photo) bool {
		protects := 0
		for _, c := range p.open { // order: a count
			if c.Protects() {
				protects++
			}
		}
		return protects == 2 && len(p.flight) == 0
	})
	cfg := trade.Config{Recovered: recovered(t, j.prefix(k)), Answer: 20 * time.Millisecond}
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0 + 1e12)}, func(co *aio.Co) (struct{}, error) {
		v := j.photos[k].again(co.Loop(), j.v.in)
		tr, err := trade.New(co, cfg, v, v, &memory{})
		if err != nil {
			return struct{}{}, err
		}
		if err := tr.Start(co); err != nil {
			return struct{}{}, err
		}
		if len(tr.Groups()) != 1 || !tr.Groups()[0].Protected() || len(tr.Notes()) < 2 {
			t.Errorf("groups %+v, notes %q", tr.Groups(), tr.Notes())
		}
		if err := tr.Run(co, trade.Strategy{Name: "none", Run: func(*aio.Co, *trade.Session) error { return nil }}); err != nil {
			return struct{}{}, err
		}
		res, err := tr.Stop(co)
		if len(v.open) != 2 || !res.Reconciled || res.Protecting != 2 {
			t.Errorf("%d orders are left at the venue, %q", len(v.open), res.Differences)
		}
		return struct{}{}, err
	})
	if err != nil {
		t.Fatal(err)
	}
}
