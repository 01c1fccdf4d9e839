package exchange_test

import (
	"testing"

	"baton/exchange"
	"baton/market"
)

// round is one thing that an account asks for and takes back, in a book with 50 levels a side.
type round struct {
	name string
	once func(d *desk)
}

var rounds = []round{
	{"place and cancel", func(d *desk) {
		r := limit(1, market.Buy, 617_995, 10)
		o, _ := d.x.Place(d.now, &r)
		d.x.Cancel(d.now, exchange.Key{Account: 1, ID: o.ID})
	}},
	{"match", func(d *desk) {
		maker, taker := limit(1, market.Sell, 618_000, 10), limit(2, market.Buy, 618_000, 10)
		d.x.Place(d.now, &maker)
		d.x.Place(d.now, &taker)
		maker, taker = limit(2, market.Sell, 618_000, 10), limit(1, market.Buy, 618_000, 10)
		d.x.Place(d.now, &maker)
		d.x.Place(d.now, &taker)
	}},
	{"amend", func(d *desk) {
		r := limit(1, market.Buy, 617_995, 10)
		o, _ := d.x.Place(d.now, &r)
		a := exchange.Amend{Key: exchange.Key{Account: 1, ID: o.ID}, Side: market.Buy, Px: 617_994, Qty: 12}
		d.x.Amend(d.now, &a)
		d.x.Cancel(d.now, a.Key)
	}},
	{"fill or kill, refused", func(d *desk) {
		r := limit(1, market.Buy, 618_010, 100_000)
		r.TIF = market.FOK
		d.x.Place(d.now, &r)
	}},
	{"stop, fired by a trade", func(d *desk) {
		stop := exchange.AlgoRequest{Account: 1, Side: market.Buy, Type: market.StopMarket, Trigger: 618_001, Qty: 5}
		d.x.PlaceAlgo(d.now, &stop)
		for _, r := range [...]exchange.Request{
			limit(2, market.Sell, 618_001, 6), limit(1, market.Buy, 618_001, 1), // fires, and takes the other five
			limit(1, market.Sell, 618_000, 6), limit(2, market.Buy, 618_000, 6), // the price comes back
		} {
			d.x.Place(d.now, &r)
		}
	}},
	{"stop, placed and cancelled", func(d *desk) {
		stop := exchange.AlgoRequest{Account: 1, Side: market.Buy, Type: market.StopMarket, Trigger: 618_500, Qty: 5}
		a, _ := d.x.PlaceAlgo(d.now, &stop)
		d.x.CancelAlgo(d.now, exchange.AlgoKey{Account: 1, Instrument: -1, ID: a.ID})
	}},
}

func (d *desk) round(r *round) {
	d.now += 1e6
	r.once(d)
	d.ev.Reset()
}

// Nothing that an account asks for allocates once the buffers have grown.
func TestCommandsDoNotAllocate(t *testing.T) {
	for _, r := range rounds {
		d := steady(t, exchange.Matched)
		for range 500 {
			d.round(&r)
		}
		if n := testing.AllocsPerRun(2000, func() { d.round(&r) }); n != 0 {
			t.Errorf("%s: %v allocations", r.name, n)
		}
		d.sane()
	}
}

func BenchmarkCommands(b *testing.B) {
	for _, r := range rounds {
		b.Run(r.name, func(b *testing.B) {
			d := steady(b, exchange.Matched)
			b.ReportAllocs()
			for b.Loop() {
				d.round(&r)
			}
		})
	}
}

// What 200 waiting stops cost each print that fires none.
func BenchmarkPrintsPastStops(b *testing.B) {
	d := open(b, exchange.Recorded, 1)
	d.trade(618_000, 1, market.Buy)
	for k := range market.Ticks(exchange.MaxAlgos) {
		r := exchange.AlgoRequest{Account: 1, Side: market.Buy, Type: market.StopMarket, Trigger: 620_000 + k, Qty: 5}
		if _, refusal := d.x.PlaceAlgo(d.now, &r); refusal.Refused() {
			b.Fatal(refusal)
		}
	}
	t := market.Trade{ID: 1, Px: 618_000, Qty: 1, Taker: market.Buy}
	b.ReportAllocs()
	for b.Loop() {
		d.x.Trade(d.now, 0, &t)
	}
}

// The 201st waiting conditional order of an account is refused, whatever its instrument; another account's is not.
func TestMaxAlgos(t *testing.T) {
	d := open(t, exchange.Recorded, 2)
	stop := exchange.AlgoRequest{Account: 1, Side: market.Buy, Type: market.StopMarket, Trigger: 620_000, Qty: 5}
	for range exchange.MaxAlgos {
		if _, refusal := d.x.PlaceAlgo(d.now, &stop); refusal.Refused() {
			t.Fatal(refusal)
		}
	}
	if _, refusal := d.x.PlaceAlgo(d.now, &stop); refusal != exchange.RefuseMaxAlgos {
		t.Fatal(refusal)
	}
	stop.Account = 2
	if _, refusal := d.x.PlaceAlgo(d.now, &stop); refusal.Refused() {
		t.Fatal(refusal)
	}
	all := d.x.AppendAlgos(nil, 1, -1)
	if n := d.x.CancelAllAlgos(d.now, 1, 0); n != exchange.MaxAlgos || len(all) != exchange.MaxAlgos || all[0].ID != 1 {
		t.Fatal(n, len(all))
	}
	stop.Account = 1
	if _, refusal := d.x.PlaceAlgo(d.now, &stop); refusal.Refused() {
		t.Fatal(refusal)
	}
}
