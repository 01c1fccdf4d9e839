package aio_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"baton/aio"
)

// Two coroutines of equal rank hand an item, and control with it, from one to the other.
func Example() {
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (struct{}, error) {
		orders := aio.NewQueue[string](co.Loop(), 0)
		err := aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "receiver", func(co *aio.Co) error {
				defer orders.Close()
				for _, price := range []int{99, 101, 98, 102} {
					fmt.Println("receiver: price", price)
					if price < 100 {
						continue
					}
					if err := orders.Put(co, fmt.Sprint("sell at ", price)); err != nil {
						return err
					}
				}
				return nil
			})
			aio.Start(co, "executor", func(co *aio.Co) error {
				for o := range orders.Each(co) { // gets control here, gives it back at the next await
					fmt.Println("executor:", o)
					if err := co.Sleep(time.Second); err != nil {
						return err
					}
				}
				return nil
			})
			return nil
		})
		fmt.Println("after", time.Duration(co.Now()))
		return struct{}{}, err
	})
	fmt.Println(err)
	// Output:
	// receiver: price 99
	// receiver: price 101
	// executor: sell at 101
	// receiver: price 98
	// receiver: price 102
	// executor: sell at 102
	// after 2s
	// <nil>
}

func ExampleTimeout() {
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (int, error) {
		answer := aio.NewFuture[int](co.Loop())
		co.Loop().CallLater(3*time.Second, func() { answer.Set(42) })

		err := aio.Timeout(co, time.Second, func(co *aio.Co, _ *aio.Scope) error {
			_, err := answer.Await(co)
			return err
		})
		fmt.Println(errors.Is(err, aio.ErrTimeout))
		return answer.Await(co)
	})
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

// A reader of a library delivers what it read; the handler runs on the loop.
func ExampleInlet() {
	v, err := aio.Run(context.Background(), aio.Config{}, func(co *aio.Co) (string, error) {
		l := co.Loop()
		frames := aio.NewQueue[string](l, 10)
		in := aio.NewInlet(l, "socket", func(frame []byte) { frames.TryPut(string(frame)) })
		l.Spawn(func() { in.Deliver([]byte("hello")) })
		return frames.Get(co)
	})
	fmt.Println(v, err)
	// Output:
	// hello <nil>
}
