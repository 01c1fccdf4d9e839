package server_test

import (
	"context"
	"fmt"

	"baton/aio"
	"baton/exchange/server"
	"baton/netio"
)

// An exchange with a synthetic market on a network in memory.
func Example() {
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(start)}, func(co *aio.Co) (struct{}, error) {
		var none struct{}
		s, err := server.New(co.Loop(), synthetic())
		if err != nil {
			return none, err
		}
		network := netio.Memory(co.Loop(), netio.MemoryConfig{})
		listener, err := network.Listen(co, "127.0.0.1:0", s)
		if err != nil {
			return none, err
		}
		defer listener.Close()
		answer, err := network.Doer("http://"+listener.Addr()).Do(co, &netio.Request{Method: "GET", Path: "/fapi/v1/time"})
		if err != nil {
			return none, err
		}
		fmt.Println(answer.Status, string(answer.Body))
		return none, nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output: 200 {"serverTime":1780000000000}
}
