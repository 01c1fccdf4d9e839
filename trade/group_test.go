package trade_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/market"
	"baton/trade"
)

// grouped runs body as a strategy on a strict venue, with a price of 100,000 ticks.
func grouped(t *testing.T, journal trade.Journal, body func(co *aio.Co, b *bench) error) {
	t.Helper()
	on(t, trade.Config{Answer: 20 * time.Millisecond}, journal, func(b *bench) error {
		b.v.strict, b.v.whole, b.v.price = true, true, 100_000
		if err := b.run(func(co *aio.Co, _ *trade.Session) error { return body(co, b) }); err != nil {
			return err
		}
		b.stop(t)
		return nil
	})
}

var guard = trade.Protection{Stop: 99_000, Take: 101_000}

// A bracket's stop and take profit leave with the first fill, close all of the position, and the venue's end of one ends the group.
func TestBracket(t *testing.T) {
	for name, journal := range map[string]trade.Journal{"durable at once": nil, "slow": &slow{}} {
		t.Run(name, func(t *testing.T) {
			grouped(t, journal, func(co *aio.Co, b *bench) error {
				g, err := b.s.Bracket(buy(4), guard)
				if err != nil {
					return err
				}
				if err := g.Order(market.RoleFirst).Settle(co); err != nil {
					return err
				}
				if n := len(b.v.sent); n != 1 {
					t.Errorf("%d commands before the first fill", n)
				}
				b.v.fill(g.Order(market.RoleFirst).ID(), 1)
				if err := co.Sleep(5 * time.Millisecond); err != nil {
					return err
				}
				stops, takes := b.v.rests(market.StopMarket), b.v.rests(market.TakeProfitMarket)
				if len(stops) != 1 || len(takes) != 1 || !stops[0].ClosePosition || stops[0].Trigger != 99_000 || takes[0].Trigger != 101_000 || !g.Protected() {
					t.Errorf("stops %+v, take profits %+v", stops, takes)
				}
				b.v.fill(g.Order(market.RoleFirst).ID(), 2)
				b.v.at(101_000)
				if err := g.Wait(co); err != nil {
					return err
				}
				if g.How() != "took profit" || b.s.Position() != 0 || len(b.v.open) > 0 || g.Filled(market.RoleTake) != 3 || len(b.s.Groups()) != 0 {
					t.Errorf("%s, position %d, open %v", g.How(), b.s.Position(), b.v.open)
				}
				return nil
			})
		})
	}
}

// An entry may itself wait for a price.
func TestABracketThatIsEnteredByATrigger(t *testing.T) {
	grouped(t, nil, func(co *aio.Co, b *bench) error {
		entry := trade.Request{Side: market.Buy, Type: market.StopMarket, Trigger: 100_500, Qty: 2}
		g, err := b.s.Bracket(entry, trade.Protection{Stop: 100_300, Take: 101_000}) // the stop is above the price of now
		if err != nil {
			return err
		}
		if err := co.Sleep(5 * time.Millisecond); err != nil {
			return err
		}
		b.v.at(100_500)
		if err := co.Sleep(5 * time.Millisecond); err != nil {
			return err
		}
		if b.s.Position() != 2 || !g.Protected() || len(b.v.rests(market.StopMarket)) != 1 {
			t.Errorf("position %d, open %v", b.s.Position(), b.v.open)
		}
		b.v.at(100_300)
		return g.Wait(co)
	})
}

// A moved stop rests before the old one is cancelled; the group is there to be found; and what it refuses, it refuses with a reason.
func TestMoveAStop(t *testing.T) {
	grouped(t, nil, func(co *aio.Co, b *bench) error {
		if _, err := b.s.Protect(guard); !errors.Is(err, trade.ErrFlat) {
			t.Errorf("of no position: %v", err)
		}
		if err := bought(co, b, 3); err != nil {
			return err
		}
		for text, p := range map[string]trade.Protection{
			"its stop at 10100.00 is on the wrong side of 10000.00":        {Stop: 101_000},
			"its take profit at 9900.00 is on the wrong side of 10000.00":  {Stop: 99_000, Take: 99_000},
			"it has no stop, no take profit and no callback: it takes one": {},
		} {
			if _, err := b.s.Protect(p); err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%+v: %v", p, err)
			}
		}
		g, err := b.s.Protect(guard)
		if err != nil {
			return err
		}
		if err := co.Sleep(5 * time.Millisecond); err != nil {
			return err
		}
		if _, err := b.s.Bracket(buy(1), guard); !errors.Is(err, trade.ErrProtected) {
			t.Errorf("a second protection: %v", err)
		}
		before := len(b.v.sent)
		if err := errors.Join(g.Move(99_500), co.Sleep(20*time.Millisecond)); err != nil {
			return err
		}
		sent := b.v.sent[before:]
		if len(sent) != 2 || sent[0].Op != market.OpPlace || sent[0].Trigger != 99_500 || sent[1].Op != market.OpCancel {
			t.Errorf("a move sent %+v", sent)
		}
		if stops := b.v.rests(market.StopMarket); len(stops) != 1 || stops[0].Trigger != 99_500 || b.s.Protection() != g || g.Plan().Stop != 99_500 {
			t.Errorf("after it: %+v", stops)
		}
		b.v.at(99_400)
		if err := g.Wait(co); err != nil {
			return err
		}
		if err := g.Move(99_000); !errors.Is(err, trade.ErrOver) || g.How() != "stopped" {
			t.Errorf("%s, then: %v", g.How(), err)
		}
		return nil
	})
}

// bought has the session hold q lots.
func bought(co *aio.Co, b *bench, q market.Lots) error {
	o, err := b.s.Place(buy(q))
	if err != nil {
		return err
	}
	o.Outcome(co)
	b.v.fill(o.ID(), q)
	return nil
}

// A protection trails, its take profit moves and goes, and it can be released.
func TestTrailAndRelease(t *testing.T) {
	grouped(t, nil, func(co *aio.Co, b *bench) error {
		if err := bought(co, b, 3); err != nil {
			return err
		}
		g, err := b.s.Trail(d("0.5"))
		if err != nil {
			return err
		}
		pause := func() error { return co.Sleep(20 * time.Millisecond) }
		if err := errors.Join(pause(), g.MoveTake(101_000), pause()); err != nil {
			return err
		}
		stops, takes := b.v.rests(market.TrailingStopMarket), b.v.rests(market.TakeProfitMarket)
		if len(stops) != 1 || stops[0].Callback != d("0.5") || stops[0].Qty != 3 || !stops[0].ReduceOnly || len(takes) != 1 || g.Move(99_000) == nil {
			t.Errorf("stops %+v, take profits %+v", stops, takes)
		}
		if err := errors.Join(g.MoveTake(0), pause()); err != nil || len(b.v.rests(market.TakeProfitMarket)) != 0 {
			t.Errorf("the take profit is still there, or %v", err)
		}
		g.Release()
		if err := g.Wait(co); err != nil || len(b.v.open) != 0 || b.s.Position() != 3 {
			t.Errorf("%v, %d orders, position %d", err, len(b.v.open), b.s.Position())
		}
		return bought(co, b, 1)
	})
}

// What cannot be is refused with a reason, and nothing of it is sent.
func TestGroupsThatCannotBe(t *testing.T) {
	grouped(t, nil, func(co *aio.Co, b *bench) error {
		s := b.s
		gtd, none, reduces := buy(1), buy(1), buy(1)
		gtd.GoodTill, none.Side, reduces.ReduceOnly = 5, 0, true
		ask := func(_ *trade.Group, err error) error { return err }
		for text, err := range map[string]error{
			"and nothing else":                   ask(s.Iceberg(gtd, 1)),
			"has no side":                        ask(s.OCO(none, buy(1))),
			"its entry is reduce-only":           ask(s.Bracket(reduces, guard)),
			"0 slices":                           ask(s.TWAP(buy(3), 0, time.Second)),
			"less than the smallest order":       ask(s.TWAP(buy(3), 5, time.Second)),
			"0 of 3 lots show":                   ask(s.Iceberg(buy(3), 0)),
			"it takes a limit order":             ask(s.Iceberg(trade.Request{Side: market.Buy, Type: market.Market, Qty: 3}, 1)),
			"out of range":                       ask(s.Bracket(buy(1), trade.Protection{Stop: 99_000, Bare: 2 * time.Hour})),
			"could make the position":            ask(s.Bracket(buy(11), guard)),
			"is on the wrong side of 10000.00":   ask(s.Bracket(buy(1), trade.Protection{Stop: 100_001})),
			"reduce-only BUY would not reduce":   ask(s.OTO(reduces, buy(1))),
			"its order has no side, no quantity": ask(s.OTO(buy(1), buy(0))),
		} {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%q: %v", text, err)
			}
		}
		if len(b.v.sent) != 0 || len(s.Groups()) != 0 || s.Protection() != nil {
			t.Errorf("sent %+v, %d groups", b.v.sent, len(s.Groups()))
		}
		if g, err := s.OTO(buy(1), buy(1)); err != nil || g.MoveTake(5) == nil || g.Move(5) == nil {
			t.Errorf("an OTO has a stop: %v", err)
		}
		return co.Sleep(10 * time.Millisecond)
	})
}

// What works a quantity does so, and no more.
func TestWorkingGroups(t *testing.T) {
	grouped(t, nil, func(co *aio.Co, b *bench) error {
		g, err := b.s.TWAP(trade.Request{Side: market.Buy, Type: market.Market, Qty: 6}, 3, time.Second)
		if err != nil {
			return err
		}
		if err := g.Wait(co); err != nil {
			return err
		}
		if took := b.s.Now() - t0; b.s.Position() != 6 || took < 2e9 || took > 3e9 {
			t.Errorf("%s: position %d after %s", g.How(), b.s.Position(), time.Duration(took))
		}
		out := sell(6)
		out.ReduceOnly = true
		g, err = b.s.Iceberg(out, 4)
		if err != nil {
			return err
		}
		for _, q := range []market.Lots{4, 2} {
			if err := co.Sleep(5 * time.Millisecond); err != nil {
				return err
			}
			rests := b.v.rests(market.Limit)
			if len(rests) != 1 || rests[0].Qty != q {
				t.Fatalf("shown: %+v", rests)
			}
			b.v.fill(rests[0].ID, q)
		}
		return g.Wait(co)
	})
}

func TestOneCancelsTheOtherAndOneTriggersTheOther(t *testing.T) {
	grouped(t, nil, func(co *aio.Co, b *bench) error {
		g, err := b.s.OCO(buy(2), trade.Request{Side: market.Sell, Px: 100_500, Qty: 2})
		if err != nil {
			return err
		}
		g.Order(market.RoleSecond).Outcome(co)
		b.v.fill(g.Order(market.RoleFirst).ID(), 2)
		if err := g.Wait(co); err != nil || len(b.v.open) != 0 {
			t.Errorf("%s: open %v, %v", g.How(), b.v.open, err)
		}
		g, err = b.s.OTO(sell(2), buy(3))
		if err != nil {
			return err
		}
		g.Order(market.RoleFirst).Outcome(co)
		b.v.fill(g.Order(market.RoleFirst).ID(), 2)
		if err := co.Sleep(5 * time.Millisecond); err != nil {
			return err
		}
		if rests := b.v.rests(market.Limit); len(rests) != 1 || rests[0].Qty != 2 {
			t.Errorf("the second order: %+v", rests)
		}
		g.Cancel()
		if err := g.Wait(co); err != nil {
			return err
		}
		if _, err := b.s.OCO(buy(2), trade.Request{Side: market.Sell, Px: 100_500}); err == nil {
			t.Error("without a quantity")
		}
		return nil
	})
}
