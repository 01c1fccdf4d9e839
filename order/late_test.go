package order_test

import (
	"testing"

	"baton/market"
	"baton/order"
)

// What a conditional order was before its trigger, told late, is no proof that it lives: a report has said that the venue refused it.
func TestLateNewsOfARejectedTrigger(t *testing.T) {
	in := &market.Instrument{Symbol: "BTCUSDT"}
	table := order.NewTable(4)
	c := market.Command{Op: market.OpPlace, ID: 1, Instrument: in, Side: market.Sell, Type: market.StopMarket, Trigger: 90, ClosePosition: true}
	if _, err := table.Intend(&c, 1); err != nil {
		t.Fatal(err)
	}
	table.Sent(1, market.OpPlace, 2)
	table.Reply(1, market.OpPlace, market.Accepted(), 3)
	table.Report(1, &market.Report{Kind: market.Found, Status: market.StatusRejected, Algo: market.AlgoRejected, Settled: true}, 4)
	was := table.Order(1).State
	step := table.Update(&market.Update{Instrument: in, Order: 1, Algo: market.AlgoTriggering, Status: market.StatusNew, Time: 5}, false, 5)
	if step.Has(order.Revived) || !step.Has(order.Stale) || table.Order(1).State != was || table.Order(1).Live() {
		t.Errorf("facts %s, %s, before %s", step.Facts, table.Order(1).State, was)
	}
}
