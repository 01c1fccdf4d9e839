package risk_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"baton/decimal"
	"baton/market"
	"baton/risk"
)

var dec = decimal.MustParse

func btc() *market.Instrument {
	return &market.Instrument{
		Symbol: "BTCUSDT", Margin: "USDT", Tick: dec("0.1"), Lot: dec("0.001"), PricePlaces: 2, QtyPlaces: 3,
		MinPrice: 5000, MaxPrice: 45_000_000, MinQty: 1, MaxQty: 1_000_000, MaxMarketQty: 120_000, MinNotional: dec("5"),
		PriceUp: dec("1.05"), PriceDown: dec("0.95"), MaxOrders: 200, Status: "TRADING",
	}
}

func limits() risk.Limits {
	return risk.Limits{MaxPosition: 100, MaxOrderQty: 60, MaxOpenOrders: 5, MaxNotional: dec("5000"), CollarBps: 50}
}

var reference = risk.Reference{Bid: 600_000, Ask: 600_001, Mark: dec("60000")}

func desk(t testing.TB, in *market.Instrument) *risk.Desk {
	t.Helper()
	d := risk.NewDesk()
	if err := d.Allow(in, limits()); err != nil {
		t.Fatal(err)
	}
	return d
}

func limit(in *market.Instrument, id market.OrderID, side market.Side, px market.Ticks, q market.Lots) *market.Command {
	return &market.Command{Op: market.OpPlace, ID: id, Instrument: in, Side: side, Type: market.Limit, TIF: market.GTC, Px: px, Qty: q}
}

func Example() {
	in := btc()
	_, err := risk.Ticks(in, dec("61800.25"))
	fmt.Println(err)
	_, err = risk.Lots(in, dec("0.0015"))
	fmt.Println(err)
	d := risk.NewDesk()
	_ = d.Allow(in, limits())
	fmt.Println(d.Reserve(limit(in, 1, market.Buy, 600_000, 60), reference))
	fmt.Println(d.Reserve(limit(in, 2, market.Buy, 600_000, 41), reference))
	d.Fill(1, in, market.Buy, 20)
	fmt.Println(d.Worst(in))
	d.Release(1)
	fmt.Println(d.Worst(in))
	// Output:
	// order not sent: price 61800.25 is not a multiple of the tick 0.10 (BTCUSDT): use 61800.20 or 61800.30
	// order not sent: quantity 0.0015 is not a multiple of the step 0.001 (BTCUSDT): use 0.001 or 0.002
	// <nil>
	// order not sent: BUY 0.041 could make the position 0.101, the limit is 0.1 (BTCUSDT): use less, cancel or settle other orders, or close
	// 60 20
	// 20 20
}

// Every reason to refuse, and its neighbour that passes.
func TestReasons(t *testing.T) {
	in := btc()
	type edit func(*market.Command, *risk.Reference, *risk.Desk)
	for name, c := range map[string]struct {
		bad    edit
		reason risk.Reason
		good   edit
	}{
		"not allowed": {func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Instrument = btc() }, risk.NotAllowed, nil},
		"killed": {
			func(c *market.Command, _ *risk.Reference, d *risk.Desk) { d.SetPosition(in, 9); d.SetMode(risk.Killed) }, risk.IsKilled,
			func(_ *market.Command, _ *risk.Reference, d *risk.Desk) { d.SetMode(risk.Normal) },
		},
		"killed, reduce-only": {
			func(c *market.Command, _ *risk.Reference, d *risk.Desk) {
				d.SetPosition(in, -9)
				d.SetMode(risk.Killed)
				c.ReduceOnly = true
			}, risk.IsKilled,
			func(c *market.Command, _ *risk.Reference, d *risk.Desk) { d.SetMode(risk.NoIncrease); c.Qty = 9 },
		},
		"no-increase": {
			func(_ *market.Command, _ *risk.Reference, d *risk.Desk) {
				d.SetPosition(in, -10)
				d.SetMode(risk.NoIncrease)
			},
			risk.OnlyReduce,
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.ReduceOnly = true },
		},
		"position": {
			func(_ *market.Command, _ *risk.Reference, d *risk.Desk) { d.SetPosition(in, 91) }, risk.OverPosition,
			func(_ *market.Command, _ *risk.Reference, d *risk.Desk) { d.SetPosition(in, 90) },
		},
		"order quantity": {
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Qty = 61 }, risk.OverQty,
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Qty = 60 },
		},
		"notional": {
			func(c *market.Command, _ *risk.Reference, d *risk.Desk) {
				c.Qty = 60
				l := limits()
				l.MaxNotional = dec("3599.999")
				_ = d.Allow(in, l)
			}, risk.OverNotional,
			func(c *market.Command, _ *risk.Reference, d *risk.Desk) { c.Qty = 59 },
		},
		"collar, buy": {
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Px = 600_001 + 3001 }, risk.OutOfCollar,
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Px = 600_001 + 3000 },
		},
		"collar, sell": {
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Side = market.Sell; c.Px = 600_000 - 3001 }, risk.OutOfCollar,
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Px = 600_000 - 3000 },
		},
		"no book": {
			func(_ *market.Command, r *risk.Reference, _ *risk.Desk) { r.Ask = 0 }, risk.BadReference,
			func(c *market.Command, _ *risk.Reference, d *risk.Desk) { d.SetPosition(in, -50); c.ReduceOnly = true },
		},
		"not reducing": {
			func(c *market.Command, _ *risk.Reference, d *risk.Desk) { c.ReduceOnly = true; d.SetPosition(in, 50) }, risk.NotReducing,
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Side = market.Sell },
		},
		"reduces more than there is": {
			func(c *market.Command, _ *risk.Reference, d *risk.Desk) { c.ReduceOnly = true; d.SetPosition(in, -9) }, risk.NotReducing,
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Qty = 9 },
		},
		"low price": {
			func(c *market.Command, r *risk.Reference, _ *risk.Desk) { c.Px = 4999; r.Mark = decimal.Zero }, risk.BadPrice,
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Px, c.Qty = 5000, 10 },
		},
		"high price": {func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Px = 45_000_001 }, risk.BadPrice, nil},
		"absurd price": {
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Instrument.MaxPrice = 0; c.Px = 1 << 62 }, risk.BadPrice,
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Px = 600_000 },
		},
		"absurd quantity": {
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Instrument.MaxQty = 0; c.Qty = 1 << 62 }, risk.BadQty,
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Qty = 10 },
		},
		"no quantity":   {func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Qty = 0 }, risk.BadQty, nil},
		"negative":      {func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Qty = -5 }, risk.BadQty, nil},
		"most quantity": {func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Qty = 1_000_001 }, risk.BadQty, nil},
		"market quantity": {
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Type, c.Qty = market.Market, 120_001 }, risk.BadQty,
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Qty = 10 },
		},
		"minimum notional": {
			func(c *market.Command, r *risk.Reference, _ *risk.Desk) {
				c.Px, c.Qty, r.Mark = 49_999, 1, decimal.Zero
			}, risk.BadNotional,
			func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Px = 50_000 },
		},
		"percent price, buy": {
			func(c *market.Command, r *risk.Reference, _ *risk.Desk) { r.Mark = dec("57142.8") }, risk.BadPercent,
			func(c *market.Command, r *risk.Reference, _ *risk.Desk) { r.Mark = dec("57142.9") },
		},
		"percent price, sell": {
			func(c *market.Command, r *risk.Reference, _ *risk.Desk) {
				c.Side = market.Sell
				r.Mark = dec("63157.95")
			}, risk.BadPercent,
			func(c *market.Command, r *risk.Reference, _ *risk.Desk) { r.Mark = dec("63157.8") },
		},
		"no side":   {func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Side = 0 }, risk.BadRequest, nil},
		"no type":   {func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Type = 0 }, risk.BadRequest, nil},
		"no TIF":    {func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.TIF = 0 }, risk.BadRequest, nil},
		"suspended": {func(c *market.Command, _ *risk.Reference, _ *risk.Desk) { c.Instrument.Status = "BREAK" }, risk.NotTrading, nil},
	} {
		t.Run(name, func(t *testing.T) {
			*in = *btc()
			d, ref, cmd := desk(t, in), reference, limit(in, 1, market.Buy, 600_000, 10)
			c.bad(cmd, &ref, d)
			err := d.Reserve(cmd, ref)
			e, ok := errors.AsType[*risk.Error](err)
			if !ok || e.Reason != c.reason || d.Reserved(1) != 0 || d.Open(in) != 0 {
				t.Fatalf("%v, reserved %d", err, d.Reserved(1))
			}
			if !strings.HasPrefix(err.Error(), "order not sent: ") || !strings.Contains(err.Error(), "(BTCUSDT") && c.reason != risk.NotAllowed && c.reason != risk.NotTrading {
				t.Fatal(err)
			}
			if c.good == nil {
				return
			}
			c.good(cmd, &ref, d)
			if err := d.Reserve(cmd, ref); err != nil || d.Reserved(1) != cmd.Qty {
				t.Fatal("the neighbour that should pass:", err)
			}
		})
	}
}

func TestOpenOrdersAndRecheck(t *testing.T) {
	in := btc()
	d := desk(t, in)
	for id := range market.OrderID(5) {
		if err := d.Reserve(limit(in, id, market.Sell, 600_001, 10), reference); err != nil {
			t.Fatal(err)
		}
	}
	err := d.Reserve(limit(in, 9, market.Buy, 600_000, 10), reference)
	if e, ok := errors.AsType[*risk.Error](err); !ok || e.Reason != risk.OverOrders {
		t.Fatal(err)
	}
	d.Release(0)
	d.Release(0)
	if long, short := d.Worst(in); d.Open(in) != 4 || long != 0 || short != -40 {
		t.Fatal("a second release changed something:", d.Open(in), long, short)
	}
	c := limit(in, 1, market.Sell, 600_001, 10)
	if err := d.Recheck(c, reference); err != nil {
		t.Fatal("rechecking counted the order against itself:", err)
	}
	d.SetMode(risk.NoIncrease)
	if err := d.Recheck(c, reference); err == nil {
		t.Fatal("mode is not rechecked")
	}
}

// Where the venue's dead man's switch is not renewed, nothing that increases a position passes, also not what waited to leave; what
// reduces does, and a renewal lets out again.
func TestUnguarded(t *testing.T) {
	in := btc()
	d := desk(t, in)
	d.SetPosition(in, 10)
	ref := reference
	ref.Now = 100
	d.GuardedUntil(101)
	open := limit(in, 1, market.Buy, 600_000, 10)
	if err := d.Reserve(open, ref); err != nil {
		t.Fatal(err)
	}
	ref.Now = 101
	for _, err := range []error{d.Recheck(open, ref), d.Reserve(limit(in, 2, market.Buy, 600_000, 10), ref)} {
		if e, ok := errors.AsType[*risk.Error](err); !ok || e.Reason != risk.Unguarded {
			t.Error(err)
		}
	}
	closing := limit(in, 3, market.Sell, 600_001, 10)
	closing.ReduceOnly = true
	if err := d.Reserve(closing, ref); err != nil {
		t.Error(err)
	}
	d.GuardedUntil(102)
	if err := d.Reserve(limit(in, 4, market.Buy, 600_000, 10), ref); err != nil {
		t.Error(err)
	}
}

func TestLimitsAreRequired(t *testing.T) {
	if err := limits().Validate(); err != nil {
		t.Fatal(err)
	}
	err := risk.NewDesk().Allow(btc(), risk.Limits{})
	for _, name := range []string{"MaxPosition", "MaxOrderQty", "MaxOpenOrders", "MaxNotional", "CollarBps"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Fatalf("%s is not asked for: %v", name, err)
		}
	}
}

// venueOrder is what the naive venue knows of an order.
type venueOrder struct {
	id     market.OrderID
	side   market.Side
	left   market.Lots
	reduce bool
}

// A venue fills, cancels and ends whatever it likes, whenever it likes, and we hear of it late: at no moment can its position,
// with everything that may still fill, be beyond the limit. Reduce-only orders it lets only towards zero, as Binance does.
func TestNeverExceeded(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 5))
		in := btc()
		d := desk(t, in)
		var open []venueOrder     // at the venue, or on the way there
		var news []func()         // on the way to us, in order
		var position market.Lots  // the venue's
		var id market.OrderID = 1 // the next
		for range 400 {
			switch rng.IntN(5) {
			case 0, 1:
				c := limit(in, id, market.Side(rng.IntN(2)*2-1), 600_000, market.Lots(1+rng.IntN(80)))
				c.ReduceOnly = rng.IntN(4) == 0
				if d.Reserve(c, reference) == nil {
					open = append(open, venueOrder{id, c.Side, c.Qty, c.ReduceOnly})
					id++
				}
			case 2:
				if len(open) == 0 {
					continue
				}
				o := &open[rng.IntN(len(open))]
				q := min(o.left, market.Lots(1+rng.IntN(40)))
				if o.reduce {
					q = max(min(q, -position*market.Lots(o.side)), 0)
				}
				if q == 0 {
					continue
				}
				o.left -= q
				position += market.Lots(o.side) * q
				f := *o
				news = append(news, func() { d.Fill(f.id, in, f.side, q) })
			case 3:
				if len(open) == 0 {
					continue
				}
				i := rng.IntN(len(open))
				gone := open[i].id
				open = append(open[:i], open[i+1:]...)
				news = append(news, func() { d.Release(gone) })
			case 4:
				for range min(len(news), rng.IntN(4)) {
					news[0]()
					news = news[1:]
				}
			}
			long, short := position, position
			for _, o := range open {
				switch {
				case o.reduce: // moves the position only towards zero; if it does, the next round sees it
				case o.side == market.Buy:
					long += o.left
				default:
					short -= o.left
				}
			}
			if long > 100 || short < -100 {
				t.Fatalf("seed %d: the venue's worst case is %d, %d", seed, long, short)
			}
			if l, s := d.Worst(in); l < long && len(news) == 0 || s > short && len(news) == 0 {
				t.Fatalf("seed %d: worst %d %d is not the venue's %d %d", seed, l, s, long, short)
			}
		}
		for _, n := range news {
			n()
		}
		for _, o := range open {
			d.Release(o.id)
		}
		if l, s := d.Worst(in); l != position || s != position || d.Open(in) != 0 || d.Position(in) != position {
			t.Fatalf("seed %d: at rest %d %d, the venue has %d", seed, l, s, position)
		}
	}
}

// Two reduce-only orders together must not reduce more than there is; what one has filled is free no more.
func TestReduceOnlyTogether(t *testing.T) {
	in := btc()
	d := desk(t, in)
	d.SetPosition(in, 50)
	reserve := func(id market.OrderID, q market.Lots, want risk.Reason) {
		t.Helper()
		c := limit(in, id, market.Sell, 600_001, q)
		c.ReduceOnly = true
		e, failed := errors.AsType[*risk.Error](d.Reserve(c, reference))
		if failed != (want != 0) || failed && e.Reason != want {
			t.Fatal(id, e)
		}
	}
	reserve(1, 30, 0)
	reserve(2, 21, risk.NotReducing)
	reserve(3, 20, 0)
	d.Fill(1, in, market.Sell, 30)
	d.Release(1)
	reserve(4, 1, risk.NotReducing)
	d.Release(3)
	reserve(5, 20, 0)
	d.Release(5)
	for id, q := range []market.Lots{50, 50, 20} { // with much else open on the side, closing could flip the position beyond the limit
		if err := d.Reserve(limit(in, market.OrderID(10+id), market.Sell, 600_001, q), reference); err != nil {
			t.Fatal(err)
		}
	}
	reserve(20, 20, risk.OverPosition)
	d.Release(12)
	reserve(20, 20, 0)
}

func TestAdmit(t *testing.T) {
	in := btc()
	d := desk(t, in)
	d.Admit(limit(in, 7, market.Buy, 600_000, 500), 500)
	d.Admit(limit(in, 7, market.Buy, 600_000, 500), 300)
	if long, _ := d.Worst(in); long != 300 || d.Open(in) != 1 {
		t.Fatal(long, d.Open(in))
	}
	d.Fill(7, in, market.Buy, 301)
	d.Fill(99, in, market.Sell, 1)
	if long, short := d.Worst(in); long != 300 || short != 300 || d.Position(in) != 300 {
		t.Fatal(long, short)
	}
	if err := d.Reserve(limit(in, 8, market.Sell, 600_001, 60), reference); err != nil {
		t.Fatal("a smaller position must be possible from beyond the limit:", err)
	}
}

func TestReserveAllocates(t *testing.T) {
	in := btc()
	d, c := desk(t, in), limit(in, 1, market.Buy, 600_000, 10)
	n := testing.AllocsPerRun(2000, func() { cycle(d, in, c) })
	if n != 0 {
		t.Fatal(n, "allocations")
	}
}

func cycle(d *risk.Desk, in *market.Instrument, c *market.Command) {
	c.ID++
	if err := d.Reserve(c, reference); err != nil {
		panic(err)
	}
	d.Fill(c.ID, in, c.Side, 5)
	d.Release(c.ID)
	c.Side = -c.Side
}

func BenchmarkReserve(b *testing.B) {
	in := btc()
	d, c := desk(b, in), limit(in, 1, market.Buy, 600_000, 10)
	b.ReportAllocs()
	for b.Loop() {
		cycle(d, in, c)
	}
}
