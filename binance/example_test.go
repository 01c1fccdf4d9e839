package binance_test

import (
	"context"
	"fmt"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
	"baton/secret"
)

// printer hears of orders and of the account.
type printer struct{}

func (printer) Reply(id market.OrderID, op market.Op, o market.Outcome) {
	fmt.Println(op, id, "is", o.Kind())
}
func (printer) Update(u *market.Update)  { fmt.Println("order", u.Order, "is", u.Status) }
func (printer) Account(c *market.Change) {}

// A client places one order and hears of it. The exchange here is a script in memory; with Sockets and Binance's addresses the
// same code trades.
func Example() {
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (none, error) {
		network := netio.Memory(co.Loop(), netio.MemoryConfig{})
		exchange := newServer(nil, co.Loop())
		exchange.order = accept
		listener, err := network.Listen(co, "exchange:0", exchange)
		if err != nil {
			return none{}, err
		}
		c, err := binance.Dial(co, network, binance.Config{
			REST: "http://" + listener.Addr(), Streams: "ws://" + listener.Addr(), API: "ws://" + listener.Addr() + "/ws-fapi/v1",
			Symbols: []string{"BTCUSDT"}, Key: key, Secret: secret.New(password), Run: "t",
		})
		if err != nil {
			return none{}, err
		}
		defer c.Close()
		c.Bind(printer{})
		btc, _ := c.Instrument("BTCUSDT")
		fmt.Println(btc.Symbol, "has a tick of", btc.Tick, "and a taker's fee of", btc.TakerFee)
		err = c.Send(&market.Command{Op: market.OpPlace, ID: 1, Instrument: btc, Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: 1000, Qty: 10})
		if err != nil {
			return none{}, err
		}
		exchange.update("baton-t-1", market.StatusNew, wire.ExecutionNew, "0", "0", 0)
		return none{}, co.Sleep(time.Second)
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// BTCUSDT has a tick of 0.1 and a taker's fee of 0.0005
	// order 1 is NEW
	// place 1 is accepted
}
