package risk_test

import (
	"errors"
	"testing"

	"baton/market"
	"baton/risk"
)

// waiting is a conditional order; its trigger lies 1 % below the market.
func waiting(in *market.Instrument, id market.OrderID, side market.Side, typ market.OrderType, q market.Lots) *market.Command {
	c := &market.Command{Op: market.OpPlace, ID: id, Instrument: in, Side: side, Type: typ, Qty: q, Trigger: 594_000}
	switch typ {
	case market.Stop, market.TakeProfit:
		c.TIF, c.Px = market.GTC, 594_000
	case market.TrailingStopMarket:
		c.Trigger, c.Callback = 0, dec("1")
	}
	return c
}

func TestConditionalOrders(t *testing.T) {
	for name, c := range map[string]struct {
		held   market.Lots
		change func(*market.Command)
		reason risk.Reason // 0: it passes
		long   market.Lots // the worst case afterwards
		short  market.Lots
	}{
		"a protective stop reserves nothing": {50, func(c *market.Command) { c.ReduceOnly = true }, 0, 50, 50},
		"larger than the position":           {50, func(c *market.Command) { c.ReduceOnly, c.Qty = true, 60 }, 0, 50, 50},
		"a stop that closes the position":    {50, func(c *market.Command) { c.ClosePosition, c.Qty = true, 0 }, 0, 50, 50},
		"one for the other side":             {-50, func(c *market.Command) { c.ReduceOnly = true }, risk.NotReducing, 0, 0},
		"one that closes nothing":            {0, func(c *market.Command) { c.ClosePosition, c.Qty = true, 0 }, risk.NotReducing, 0, 0},
		"an entry reserves its worst case":   {0, func(*market.Command) {}, 0, 0, -20},
		"an entry beyond the limit":          {-90, func(*market.Command) {}, risk.OverPosition, 0, 0},
		"a closing one with a quantity":      {50, func(c *market.Command) { c.ClosePosition = true }, risk.BadRequest, 0, 0},
		"a closing limit order": {50, func(c *market.Command) {
			*c = *waiting(c.Instrument, 1, c.Side, market.Stop, 0)
			c.ClosePosition = true
		}, risk.BadRequest, 0, 0},
		"no trigger":                  {50, func(c *market.Command) { c.ReduceOnly, c.Trigger = true, 0 }, risk.BadTrigger, 0, 0},
		"a trigger out of range":      {50, func(c *market.Command) { c.ReduceOnly, c.Trigger = true, 1<<40 }, risk.BadTrigger, 0, 0},
		"a distance without trailing": {50, func(c *market.Command) { c.ReduceOnly, c.Callback = true, dec("1") }, risk.BadTrigger, 0, 0},
		"a limit far below its trigger": {0, func(c *market.Command) { *c = *waiting(c.Instrument, 1, c.Side, market.Stop, 20); c.Px = 590_000 },
			risk.OutOfCollar, 0, 0},
		"a limit near its trigger, far from the market": {0, func(c *market.Command) { *c = *waiting(c.Instrument, 1, c.Side, market.Stop, 20); c.Px = 593_000 },
			0, 0, -20},
		"trailing": {50, func(c *market.Command) {
			*c = *waiting(c.Instrument, 1, c.Side, market.TrailingStopMarket, 20)
			c.ReduceOnly = true
		}, 0, 50, 50},
		"trailing too near": {50, func(c *market.Command) {
			*c = *waiting(c.Instrument, 1, c.Side, market.TrailingStopMarket, 20)
			c.Callback = dec("0.05")
		}, risk.BadTrigger, 0, 0},
		"trailing too far": {50, func(c *market.Command) {
			*c = *waiting(c.Instrument, 1, c.Side, market.TrailingStopMarket, 20)
			c.Callback = dec("20.1")
		}, risk.BadTrigger, 0, 0},
		"reduce-only in hedge mode":   {50, func(c *market.Command) { c.ReduceOnly, c.PositionSide = true, market.Long }, risk.BadRequest, 0, 0},
		"hedge mode closes by itself": {50, func(c *market.Command) { c.PositionSide = market.Long }, 0, 50, 50},
		"a match without a limit":     {50, func(c *market.Command) { c.ReduceOnly, c.PriceMatch = true, market.Queue }, risk.BadRequest, 0, 0},
		"a date without GTD":          {50, func(c *market.Command) { c.ReduceOnly, c.GoodTill = true, 5 }, risk.BadRequest, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			in := btc()
			d := desk(t, in)
			d.SetPosition(in, c.held)
			d.SetPositionOf(in, market.Long, max(c.held, 0)) // of hedge mode
			k := waiting(in, 1, market.Sell, market.StopMarket, 20)
			c.change(k)
			err := d.Reserve(k, reference)
			var e *risk.Error
			switch {
			case c.reason == 0 && err != nil:
				t.Fatal(err)
			case c.reason != 0 && (!errors.As(err, &e) || e.Reason != c.reason):
				t.Fatalf("%v, want it refused: %s", err, c.reason)
			case c.reason != 0:
				return
			}
			if long, short := d.Worst(in); long != c.long || short != c.short {
				t.Errorf("the worst cases are %d and %d, want %d and %d", long, short, c.long, c.short)
			}
			d.SetMode(risk.NoIncrease)
			k.ID = 2
			if err := d.Reserve(k, reference); (err == nil) != k.Reduces() {
				t.Errorf("in no-increase mode: %v", err)
			}
		})
	}
}

// A stop may be there before what it protects: the venue looks when the trigger comes.
func TestProtectionBeforeTheEntry(t *testing.T) {
	in := btc()
	d := desk(t, in)
	stop := waiting(in, 2, market.Sell, market.StopMarket, 20)
	stop.ReduceOnly = true
	if err := d.Reserve(stop, reference); err == nil {
		t.Error("it protects nothing")
	}
	if err := d.Reserve(limit(in, 1, market.Buy, 600_000, 20), reference); err != nil {
		t.Fatal(err)
	}
	if err := d.Reserve(stop, reference); err != nil {
		t.Error(err)
	}
}

// The venue takes 200 conditional orders; protective ones take no room among the others.
func TestMostConditionalOrders(t *testing.T) {
	in := btc()
	d := desk(t, in)
	d.SetPosition(in, 50)
	for id := range market.OrderID(risk.MaxConditional) {
		c := waiting(in, id+1, market.Sell, market.StopMarket, 20)
		c.ReduceOnly = true
		if err := d.Reserve(c, reference); err != nil {
			t.Fatal(id, err)
		}
	}
	c := waiting(in, 1000, market.Sell, market.StopMarket, 20)
	c.ReduceOnly = true
	var e *risk.Error
	if err := d.Reserve(c, reference); !errors.As(err, &e) || e.Reason != risk.OverConditional {
		t.Error(err)
	}
	if d.Open(in) != 0 {
		t.Error("protective orders count among the open ones:", d.Open(in))
	}
	d.Release(7)
	if err := d.Reserve(c, reference); err != nil {
		t.Error(err)
	}
	if err := d.Reserve(limit(in, 1001, market.Buy, 600_000, 20), reference); err != nil {
		t.Error(err)
	}
}

// An amendment reserves the worse of both versions; what becomes of it gives back the rest.
func TestAmendReserves(t *testing.T) {
	in := btc()
	d := desk(t, in)
	if err := d.Reserve(limit(in, 1, market.Buy, 600_000, 40), reference); err != nil {
		t.Fatal(err)
	}
	amend := func(px market.Ticks, q, left market.Lots) error {
		c := limit(in, 1, market.Buy, px, q)
		c.Op = market.OpAmend
		return d.Amend(c, left, reference)
	}
	worst := func(want market.Lots) {
		t.Helper()
		if long, _ := d.Worst(in); long != want {
			t.Errorf("the worst case is %d, want %d", long, want)
		}
	}
	if err := amend(599_000, 20, 20); err != nil {
		t.Fatal(err)
	}
	worst(40) // it may still fill as it was
	if err := amend(599_000, 60, 60); err != nil {
		t.Fatal(err)
	}
	worst(60)
	d.Resize(1, 40) // refused
	worst(40)
	var e *risk.Error
	if err := amend(599_000, 61, 61); !errors.As(err, &e) || e.Reason != risk.OverQty {
		t.Error("beyond one order's limit:", err)
	}
	if err := amend(610_000, 40, 40); !errors.As(err, &e) || e.Reason != risk.OutOfCollar {
		t.Error("through the collar:", err)
	}
	d.Fill(1, in, market.Buy, 30)
	worst(40)
	if err := amend(599_000, 60, 30); err != nil { // 30 more, of which 10 are held
		t.Error(err)
	}
	worst(60)
	d.SetPosition(in, 80)
	if err := amend(599_000, 60, 50); !errors.As(err, &e) || e.Reason != risk.OverPosition {
		t.Error("beyond the position's limit:", err)
	}
	if c := limit(in, 9, market.Buy, 599_000, 1); d.Amend(c, 1, reference) == nil {
		t.Error("an order without room was amended")
	}
}

// The positions of hedge mode do not offset each other, and each is held to the limit.
func TestHedgeMode(t *testing.T) {
	in := btc()
	d := desk(t, in)
	d.SetPositionOf(in, market.Long, 90)
	d.SetPositionOf(in, market.Short, -90)
	of := func(id market.OrderID, side market.Side, leg market.PositionSide, q market.Lots) error {
		c := limit(in, id, side, 600_000, q)
		c.PositionSide = leg
		return d.Reserve(c, reference)
	}
	for name, c := range map[string]struct {
		side   market.Side
		leg    market.PositionSide
		q      market.Lots
		reason risk.Reason
	}{
		"more of the long one": {market.Buy, market.Long, 10, 0}, "too much of it": {market.Buy, market.Long, 11, risk.OverPosition},
		"more of the short one": {market.Sell, market.Short, 10, 0}, "too much short": {market.Sell, market.Short, 11, risk.OverPosition},
		"less of the long one": {market.Sell, market.Long, 60, 0}, "less of the short one": {market.Buy, market.Short, 60, 0},
	} {
		err := of(1, c.side, c.leg, c.q)
		var e *risk.Error
		if c.reason == 0 && err != nil || c.reason != 0 && (!errors.As(err, &e) || e.Reason != c.reason) {
			t.Errorf("%s: %v", name, err)
		}
		d.Release(1)
	}
	d.FillOf(9, in, market.Long, market.Sell, 90) // flat: there is nothing to close any more
	var e *risk.Error
	if err := of(2, market.Sell, market.Long, 1); !errors.As(err, &e) || e.Reason != risk.NotReducing {
		t.Error(err)
	}
	d.SetMode(risk.NoIncrease)
	if err := of(3, market.Buy, market.Short, 1); err != nil {
		t.Error("a close in no-increase mode:", err)
	}
}
