package exchange_test

import (
	"testing"

	"baton/exchange"
	"baton/market"
)

// queueModels are the models that a recording without the names of its orders can be replayed with.
var queueModels = []exchange.QueueModel{
	{}, {Kind: exchange.QueuePower, Power: 2}, {Kind: exchange.QueuePower2, Power: 2}, {Kind: exchange.QueuePower3, Power: 2}, {Kind: exchange.QueueLog}, {Kind: exchange.QueueLog2},
}

// replayed is a recorded market with 20 own orders that wait in queues, and the diff that the next one undoes.
func replayed(t testing.TB, m exchange.QueueModel) (*desk, func()) {
	d := openWith(t, exchange.Recorded, 1, btc(), exchange.Config{Start: start, KeepOrders: 100, KeepFills: 100, Queue: m})
	for k := range market.Ticks(10) {
		d.place(limit(1, market.Buy, 617_990-k, 10))
		d.place(limit(1, market.Sell, 618_010+k, 10))
	}
	d.ev.Reset()
	diff := market.Diff{Bids: levels(617_990, 0, 617_989, 0, 617_988, 0), Asks: levels(618_010, 0, 618_011, 0)}
	last := int64(200)
	n := market.Lots(0)
	return d, func() {
		d.now += 1e6
		n++
		for k := range diff.Bids {
			diff.Bids[k].Qty = 900 + (n*7+market.Lots(k)*13)%100
		}
		for k := range diff.Asks {
			diff.Asks[k].Qty = 900 + (n*11+market.Lots(k)*17)%100
		}
		diff.First, diff.Last, diff.Prev = last+1, last+1, last
		if n == 1 {
			diff.Prev = 100
		}
		last++
		d.x.Diff(d.now, 0, &diff)
		d.ev.Reset()
	}
}

// A recorded diff of five rows beside 20 own orders, by queue model.
func BenchmarkReplay(b *testing.B) {
	for _, m := range queueModels {
		b.Run(m.String(), func(b *testing.B) {
			_, step := replayed(b, m)
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
		})
	}
}

func TestReplayAllocates(t *testing.T) {
	for _, m := range queueModels {
		d, step := replayed(t, m)
		step()
		if n := testing.AllocsPerRun(1000, step); n != 0 {
			t.Errorf("%s: %v allocations a diff", m, n)
		}
		if !d.x.Book(0).Exact() || d.x.Book(0).Bid(617_990) < 900 {
			t.Errorf("%s: the diffs were not taken", m)
		}
	}
}
