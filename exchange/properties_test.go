package exchange_test

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"baton/exchange"
	"baton/market"
)

// plain is the exchange as the rule says it in a sentence: a list of resting orders, searched whole each time.
type plain struct {
	resting []plainOrder
	clock   int
	fills   [][4]int64 // maker, taker, price, quantity
}

type plainOrder struct {
	id    int64
	side  market.Side
	px    market.Ticks
	qty   market.Lots
	since int
}

// best is the resting order that a taker meets first: the best price, and among equals the one that came first.
func (p *plain) best(side market.Side, limit market.Ticks) int {
	at := -1
	for k, o := range p.resting {
		if o.side == side || (o.px-limit)*market.Ticks(side) > 0 {
			continue
		}
		if at < 0 || (o.px-p.resting[at].px)*market.Ticks(side) < 0 || o.px == p.resting[at].px && o.since < p.resting[at].since {
			at = k
		}
	}
	return at
}

func (p *plain) enter(o plainOrder, rests bool) {
	for o.qty > 0 {
		at := p.best(o.side, o.px)
		if at < 0 {
			break
		}
		m := &p.resting[at]
		qty := min(m.qty, o.qty)
		p.fills = append(p.fills, [4]int64{m.id, o.id, int64(m.px), int64(qty)})
		m.qty -= qty
		o.qty -= qty
		if m.qty == 0 {
			p.resting = slices.Delete(p.resting, at, at+1)
		}
	}
	if p.clock++; o.qty > 0 && rests {
		o.since = p.clock
		p.resting = append(p.resting, o)
	}
}

func (p *plain) remove(id int64) (o plainOrder, ok bool) {
	for k, o := range p.resting {
		if o.id == id {
			p.resting = slices.Delete(p.resting, k, k+1)
			return o, true
		}
	}
	return o, false
}

// fillPairs is who traded with whom since the last call.
func (d *desk) fillPairs() (out [][4]int64) {
	for i := range d.ev.List {
		if e := &d.ev.List[i]; e.Kind == exchange.EventUpdate {
			switch u := d.ev.Update(e); {
			case u.Exec != exchange.ExecTrade:
			case u.Fill.Maker:
				out = append(out, [4]int64{u.Order.ID, 0, int64(u.Fill.Px), int64(u.Fill.Qty)})
			default:
				out[len(out)-1][1] = u.Order.ID
			}
		}
	}
	d.ev.Reset()
	return out
}

// Whatever is placed, amended and cancelled, the trades are those of the plain rule: best price, then age; an amended order is
// as old as its amendment.
func TestPriceTimePriorityHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d, p := open(t, exchange.Matched, 3), &plain{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			side := rapid.SampledFrom([]market.Side{market.Buy, market.Sell}).Draw(rt, "side")
			px := market.Ticks(rapid.IntRange(617_995, 618_005).Draw(rt, "price"))
			qty := market.Lots(rapid.IntRange(1, 30).Draw(rt, "quantity"))
			switch rapid.IntRange(0, 7).Draw(rt, "what") {
			default:
				r := limit(rapid.IntRange(1, 3).Draw(rt, "account"), side, px, qty)
				r.SelfTrade = market.SelfTradeNone
				if rapid.Bool().Draw(rt, "ioc") {
					r.TIF = market.IOC
				}
				o := d.place(r)
				p.enter(plainOrder{id: o.ID, side: side, px: px, qty: qty}, r.TIF == market.GTC)
			case 0:
				if len(p.resting) > 0 {
					id := rapid.SampledFrom(p.resting).Draw(rt, "cancelled").id
					p.remove(id)
					d.x.CancelBatch(d.now, d.keys(id), nil)
				}
			case 1:
				if len(p.resting) > 0 {
					d.amendBoth(p, rapid.SampledFrom(p.resting).Draw(rt, "amended").id, px, qty)
				}
			}
			if got := d.fillPairs(); !slices.Equal(got, p.fills) {
				rt.Fatalf("traded %v, want %v", got, p.fills)
			}
			p.fills = p.fills[:0]
			d.sane()
		}
	})
}

// keys names an order for each account: one of them has it.
func (d *desk) keys(id int64) (keys []exchange.Key) {
	for who := 1; who <= 3; who++ {
		keys = append(keys, exchange.Key{Account: who, Instrument: -1, ID: id})
	}
	return keys
}

// amendBoth amends an order in both exchanges, to a quantity beyond what it has filled.
func (d *desk) amendBoth(p *plain, id int64, px market.Ticks, more market.Lots) {
	for _, k := range d.keys(id) {
		o, ok := d.x.Order(k)
		if !ok {
			continue
		}
		if px == o.Px && o.Filled+more == o.Qty {
			return
		}
		d.now++
		if _, refusal := d.x.Amend(d.now, &exchange.Amend{Key: k, Side: o.Side, Px: px, Qty: o.Filled + more}); refusal.Refused() {
			d.t.Fatal(refusal)
		}
		p.remove(id)
		p.enter(plainOrder{id: id, side: o.Side, px: px, qty: more}, true)
		return
	}
}

// The same commands give the same events to the last byte, whether their list is read after each or after all; and every state
// on the way is sane.
func TestReplayIsTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom([]exchange.MarketKind{exchange.Matched, exchange.Recorded}).Draw(rt, "kind")
		log := rapid.SliceOfN(rapid.Byte(), commandLen, 60*commandLen).Draw(rt, "commands")
		run := func(often bool) []byte {
			d := open(t, kind, 3)
			var out []byte
			for b := log; len(b) >= commandLen; b = b[commandLen:] {
				if d.command(b[:commandLen]); often {
					d.sane()
					out = d.digest(out)
				}
			}
			out = d.digest(out)
			for who := 1; who <= 3; who++ {
				a, _ := d.x.Account(who)
				out = append(out, a.Wallet.String()...)
			}
			return out
		}
		if !bytes.Equal(run(true), run(false)) {
			rt.Fatal("two runs of the same commands differ")
		}
	})
}

// A fill-or-kill order is filled whole, or leaves no trace at all.
func TestFillOrKillIsWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom([]exchange.MarketKind{exchange.Matched, exchange.Recorded}).Draw(rt, "kind")
		d := open(t, kind, 3)
		for b := rapid.SliceOfN(rapid.Byte(), 0, 30*commandLen).Draw(rt, "before"); len(b) >= commandLen; b = b[commandLen:] {
			d.command(b[:commandLen])
		}
		d.ev.Reset()
		r := limit(1, market.Buy, market.Ticks(rapid.IntRange(617_900, 618_100).Draw(rt, "price")), market.Lots(rapid.IntRange(1, 60).Draw(rt, "quantity")))
		r.TIF, r.ReduceOnly = market.FOK, rapid.Bool().Draw(rt, "reduce")
		o, refusal := d.x.Place(d.now, &r)
		switch {
		case refusal.Refused() && len(d.ev.List) > 0:
			rt.Fatalf("%v, and yet %d events", refusal, len(d.ev.List))
		case !refusal.Refused() && (o.Status != market.StatusFilled || o.Filled != r.Qty):
			rt.Fatalf("filled %d of %d: %s", o.Filled, o.Qty, o.Status)
		}
	})
}
