package netio_test

import (
	"context"
	"fmt"

	"baton/aio"
	"baton/netio"
)

// greeter is both a service and the handlers of its connections.
type greeter struct{}

func (greeter) Serve(r *netio.Request, answer func(*netio.Response)) {
	answer(&netio.Response{Status: 200, Body: []byte("you asked for " + r.Path)})
}

func (g greeter) Accept(*netio.Request, *netio.Conn) (netio.Handler, *netio.Response) { return g, nil }
func (greeter) Message(c *netio.Conn, data []byte)                                    { c.Send(append([]byte("hello, "), data...)) }
func (greeter) Closed(*netio.Conn, error)                                             {}

// printer prints what it hears, and hangs up.
type printer struct{ done *aio.Future[error] }

func (p printer) Message(c *netio.Conn, data []byte) {
	fmt.Println(string(data))
	c.Close(1000, "that is all")
}
func (p printer) Closed(_ *netio.Conn, err error) { p.done.Set(err) }

// Both ends of a network in memory, on one loop. With netio.Sockets nothing else changes.
func Example() {
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (error, error) {
		network := netio.Memory(co.Loop(), netio.MemoryConfig{})
		server, err := network.Listen(co, "127.0.0.1:0", greeter{})
		if err != nil {
			return nil, err
		}
		answer, err := network.Doer("http://"+server.Addr()).Do(co, &netio.Request{Method: "GET", Path: "/time"})
		if err != nil {
			return nil, err
		}
		fmt.Println(answer.Status, string(answer.Body))

		p := printer{aio.NewFuture[error](co.Loop())}
		conn, err := network.Dial(co, "ws://"+server.Addr()+"/stream", p)
		if err != nil {
			return nil, err
		}
		if err := conn.Send([]byte("loop")); err != nil {
			return nil, err
		}
		return p.done.Await(co)
	})
	fmt.Println(err)
	// Output:
	// 200 you asked for /time
	// hello, loop
	// <nil>
}
