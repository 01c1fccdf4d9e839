package face_test

import (
	"fmt"

	"baton/decimal"
	"baton/exchange"
	"baton/exchange/face"
	"baton/market"
)

type printer struct{}

func (printer) Frame(k face.Kind, frame []byte) { fmt.Printf("%s %s\n", k, frame) }

// A client subscribes, something happens at the exchange, the client hears of it.
func Example() {
	const now = market.Nanos(1_780_000_000_000_000_000)
	var events exchange.Events
	x := exchange.New(exchange.Config{Start: now, Echo: true}, &events)
	btc, err := x.List(instruments()[0], exchange.Recorded)
	if err != nil {
		fmt.Println(err)
		return
	}
	me := x.AddAccount("me")
	if err := x.Deposit(now, me, decimal.MustParse("10000")); err != nil {
		fmt.Println(err)
		return
	}
	f := face.New(face.Config{Exchange: x, Keys: []face.Key{{APIKey: "key", Secret: "secret", Account: me}}})

	answer := f.Serve(now, &face.Request{Method: "GET", Path: "/fapi/v1/time"})
	fmt.Println(answer.Status, string(answer.Body))

	session, _ := f.Open(now, &face.Request{Path: "/public/ws"}, printer{})
	session.Message(now, []byte(`{"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":1}`))
	x.Quote(now, btc, &market.Quote{Update: 7, Bid: 600_000, BidQty: 5, Ask: 600_001, AskQty: 8, Event: now, Transact: now})
	f.Publish(now, &events)
	events.Reset()
	// Output:
	// 200 {"serverTime":1780000000000}
	// control {"result":null,"id":1}
	// bookTicker {"e":"bookTicker","u":7,"s":"BTCUSDT","b":"60000.00","B":"0.005","a":"60000.10","A":"0.008","T":1780000000000,"E":1780000000000,"ps":"BTCUSDT","st":1}
}
