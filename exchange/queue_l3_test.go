package exchange_test

import (
	"testing"

	"baton/exchange"
	"baton/market"
)

// Where a recording names every order, an own one knows exactly who stands before it: cancels and trades of those move it up,
// cancels behind it do not, and a trade of somebody behind it is its own.
func TestQueueOfNamedOrders(t *testing.T) {
	d := openWith(t, exchange.Recorded, 1, btc(), exchange.Config{Start: start, Queue: exchange.QueueModel{Kind: exchange.QueueFIFO}})
	tell := func(kind exchange.OrderEventKind, id int64, qty market.Lots) {
		d.now++
		d.x.RecordedOrder(d.now, 0, &exchange.OrderEvent{Kind: kind, ID: id, Side: market.Buy, Px: 618_000, Qty: qty})
	}
	tell(exchange.OrderAdded, 1, 30)
	tell(exchange.OrderAdded, 2, 20)
	first := d.place(limit(1, market.Buy, 618_000, 10))
	tell(exchange.OrderAdded, 3, 40)
	second := d.place(limit(1, market.Buy, 618_000, 10))
	filled := func(step string, a, b market.Lots) {
		t.Helper()
		if x, y := d.order(first).Filled, d.order(second).Filled; x != a || y != b {
			t.Fatalf("%s: filled %d and %d, want %d and %d", step, x, y, a, b)
		}
	}
	d.trade(618_000, 500, market.Sell)
	filled("a print alone", 0, 0)
	tell(exchange.OrderReduced, 1, 5)
	tell(exchange.OrderExecuted, 1, 5)
	tell(exchange.OrderExecuted, 2, 20)
	filled("those before", 0, 0)
	tell(exchange.OrderReduced, 3, 30)
	filled("a cancel behind", 0, 0)
	tell(exchange.OrderExecuted, 3, 4)
	filled("a trade behind the first", 4, 0)
	tell(exchange.OrderExecuted, 3, 26)
	filled("the rest of it", 10, 0)
	tell(exchange.OrderAdded, 4, 15)
	tell(exchange.OrderExecuted, 4, 15)
	filled("a trade behind the second", 10, 10)
	tell(exchange.OrderExecuted, 9, 15) // nobody knows it
	d.check()
}
