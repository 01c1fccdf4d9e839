package aio_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"baton/aio"
)

// The examples of docs/coroutines.md: every Go block there stands here word for word, and TestTeachingDocument keeps it so.

// receivePrices and executePrices are two jobs of equal rank: each is a loop of its own, and neither calls the other.
func receivePrices(co *aio.Co, prices *aio.Queue[int]) error {
	defer prices.Close()
	for _, px := range []int{99, 101, 102} {
		fmt.Println("receive", px)
		if err := prices.Put(co, px); err != nil { // stops here until somebody takes it
			return err
		}
	}
	return nil
}

func executePrices(co *aio.Co, prices *aio.Queue[int]) error {
	for px := range prices.Each(co) { // stops here until there is one
		fmt.Println("        execute at", px)
	}
	return nil
}

func ExampleRun_equals() {
	_, err := aio.Run(context.Background(), aio.Config{}, func(co *aio.Co) (int, error) {
		prices := aio.NewQueue[int](co.Loop(), 0)
		return 0, aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "receive", func(co *aio.Co) error { return receivePrices(co, prices) })
			aio.Start(co, "execute", func(co *aio.Co) error { return executePrices(co, prices) })
			return nil
		})
	})
	fmt.Println(err)
	// Output:
	// receive 99
	//         execute at 99
	// receive 101
	// receive 102
	//         execute at 101
	//         execute at 102
	// <nil>
}

func ExampleNewGenerator_mean() {
	mean := aio.NewGenerator(func(yield func(float64) (float64, error)) error {
		sum, n := 0.0, 0.0
		for {
			px, err := yield(sum / max(n, 1)) // up goes the mean, down comes a price
			if err != nil {
				return err
			}
			sum, n = sum+px, n+1
		}
	})
	defer mean.Close()
	mean.Next() // to the first yield
	for _, px := range []float64{10, 20, 60} {
		m, _ := mean.Send(px)
		fmt.Println(m)
	}
	// Output:
	// 10
	// 15
	// 30
}

func ExampleDelegate_levels() {
	levels := func(side string, prices ...int) *aio.Generator[struct{}, string] {
		return aio.NewGenerator(func(yield func(string) (struct{}, error)) error {
			for _, px := range prices {
				if _, err := yield(fmt.Sprint(side, " ", px)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	book := aio.NewGenerator(func(yield func(string) (struct{}, error)) error {
		if err := aio.Delegate(yield, levels("ask", 102, 101)); err != nil {
			return err
		}
		return aio.Delegate(yield, levels("bid", 99))
	})
	for level := range book.All() {
		fmt.Println(level)
	}
	// Output:
	// ask 102
	// ask 101
	// bid 99
}

// onVirtualTime runs main on a clock that jumps to the next timer as soon as nothing is ready: an hour costs nothing.
func onVirtualTime(main func(co *aio.Co) error) {
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (int, error) {
		return 0, main(co)
	})
	if err != nil {
		fmt.Println("Run returned:", err)
	}
}

func ExampleCo_Yield_turns() {
	onVirtualTime(func(co *aio.Co) error {
		position := 0 // shared by both tasks, and no lock
		for _, name := range []string{"A", "B"} {
			aio.Start(co, name, func(co *aio.Co) error {
				for range 2 {
					position++ // nothing else runs between two awaits
					fmt.Println(name, "made it", position)
					if err := co.Yield(); err != nil { // here the other one does
						return err
					}
				}
				return nil
			})
		}
		return co.Sleep(time.Second)
	})
	// Output:
	// A made it 1
	// B made it 2
	// A made it 3
	// B made it 4
}

func ExampleNewFuture_ticket() {
	onVirtualTime(func(co *aio.Co) error {
		fill := aio.NewFuture[int](co.Loop()) // an empty box
		co.Loop().CallLater(3*time.Second, func() {
			fill.Set(5) // somebody puts the value in, once
		})
		return aio.Group(co, func(co *aio.Co) error {
			for _, who := range []string{"strategy", "ledger"} {
				aio.Start(co, who, func(co *aio.Co) error {
					lots, err := fill.Await(co) // any number may wait for it
					fmt.Println(time.Duration(co.Now()), who, "sees", lots, "lots")
					return err
				})
			}
			if err := co.Sleep(4 * time.Second); err != nil {
				return err
			}
			lots, _ := fill.Await(co) // it is in there: no wait any more
			fmt.Println(time.Duration(co.Now()), "latecomer sees", lots, "lots")
			return fill.Set(6) // never a second time
		})
	})
	// Output:
	// 3s strategy sees 5 lots
	// 3s ledger sees 5 lots
	// 4s latecomer sees 5 lots
	// Run returned: aio: future is already done
}

// ask stands for a question to a venue that is answered after d.
func ask(what string, d time.Duration) func(*aio.Co) (string, error) {
	return func(co *aio.Co) (string, error) {
		if err := co.Sleep(d); err != nil {
			return "", err
		}
		return what + " is here", nil
	}
}

func ExampleGo_together() {
	onVirtualTime(func(co *aio.Co) error {
		balance := aio.Go(co, "balance", ask("balance", 2*time.Second)) // both are under way at once
		orders := aio.Go(co, "orders", ask("orders", 3*time.Second))
		b, err := balance.Await(co)
		if err != nil {
			return err
		}
		o, err := orders.Await(co)
		fmt.Println(b, "and", o, "after", time.Duration(co.Now()))
		return err
	})
	// Output:
	// balance is here and orders is here after 3s
}

func ExampleGroup_firstError() {
	onVirtualTime(func(co *aio.Co) error {
		err := aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "quotes", func(co *aio.Co) error {
				err := co.Sleep(time.Hour)
				fmt.Println("quotes:", err)
				return err
			})
			aio.Start(co, "feed", func(co *aio.Co) error {
				return errors.New("feed: connection lost")
			})
			return nil
		})
		fmt.Println("after", time.Duration(co.Now()), "the group says:", err) // both tasks have ended
		return nil
	})
	// Output:
	// quotes: aio: cancelled: feed: connection lost
	// after 0s the group says: feed: connection lost
}

// order is what a venue would hold of ours; it is filled after some time.
type order struct{ filled *aio.Future[int] }

func place(l *aio.Loop, after time.Duration) order {
	o := order{aio.NewFuture[int](l)}
	l.CallLater(after, func() { o.filled.SetIfPending(5) })
	return o
}

func (o order) cancel() { o.filled.Cancel(errors.New("taken back")) }

// buy is the life of an order as a script: place it, give it two seconds, take it back.
func buy(co *aio.Co, fillsAfter time.Duration) (lots int, err error) {
	o := place(co.Loop(), fillsAfter)
	err = aio.Timeout(co, 2*time.Second, func(co *aio.Co, _ *aio.Scope) error {
		lots, err = o.filled.Await(co)
		return err
	})
	if errors.Is(err, aio.ErrTimeout) {
		o.cancel()
		return 0, nil
	}
	return lots, err
}

func ExampleTimeout_script() {
	onVirtualTime(func(co *aio.Co) error {
		for _, after := range []time.Duration{time.Second, time.Minute} {
			lots, err := buy(co, after)
			fmt.Println(time.Duration(co.Now()), "bought", lots, err)
		}
		return nil
	})
	// Output:
	// 1s bought 5 <nil>
	// 3s bought 0 <nil>
}

func ExampleSelect_fillOrPrice() {
	onVirtualTime(func(co *aio.Co) error {
		prices := aio.NewQueue[int](co.Loop(), 10)
		o := place(co.Loop(), 3*time.Second)
		co.Loop().CallLater(time.Second, func() { prices.TryPut(61750) })

		for open := true; open; {
			err := aio.Select(co,
				aio.OnFuture(o.filled, func(lots int, err error) error {
					open = false
					fmt.Println(time.Duration(co.Now()), "filled", lots)
					return err
				}),
				aio.OnRecv(prices, func(px int, ok bool) error {
					fmt.Println(time.Duration(co.Now()), "price", px)
					return nil
				}),
				aio.OnAfter(1500*time.Millisecond, func() error {
					fmt.Println(time.Duration(co.Now()), "quiet")
					return nil
				}),
			)
			if err != nil {
				return err
			}
		}
		return nil
	})
	// Output:
	// 1s price 61750
	// 2.5s quiet
	// 3s filled 5
}

func ExampleTask_Cancel_level() {
	onVirtualTime(func(co *aio.Co) error {
		quoting := aio.Start(co, "quoting", func(co *aio.Co) error {
			fmt.Println("first await: ", co.Sleep(time.Hour))
			err := co.Sleep(time.Hour) // in asyncio this one would sleep an hour
			fmt.Println("second await:", err)
			fmt.Println("cleanup:     ", co.Detach().Sleep(time.Second)) // take the quotes back, at peace
			return err
		})
		co.Sleep(time.Second)
		quoting.Cancel(errors.New("closing time"))
		_, err := quoting.Await(co)
		fmt.Println(time.Duration(co.Now()), errors.Is(err, aio.ErrCancelled), errors.Is(err, context.Canceled))
		return nil
	})
	// Output:
	// first await:  aio: cancelled: closing time
	// second await: aio: cancelled: closing time
	// cleanup:      <nil>
	// 2s true true
}

func ExampleFuture_Await_valueWins() {
	onVirtualTime(func(co *aio.Co) error {
		fill := aio.NewFuture[int](co.Loop())
		t := aio.Start(co, "strategy", func(co *aio.Co) error {
			lots, err := fill.Await(co)
			fmt.Println("the await:", lots, err) // the fill happened; nobody may lose it
			err = co.Yield()
			fmt.Println("the next: ", err)
			return err
		})
		co.Yield()    // now it waits
		fill.Set(5)   // the answer comes,
		t.Cancel(nil) // and the cancellation before the task has its turn
		t.Await(co)
		return nil
	})
	// Output:
	// the await: 5 <nil>
	// the next:  aio: cancelled
}

func ExampleRunBlocking_disk() {
	sum, err := aio.Run(context.Background(), aio.Config{}, func(co *aio.Co) (int, error) {
		return aio.RunBlocking(co, func(context.Context) (int, error) {
			n := 0 // a worker's goroutine: slow files and long sums, but nothing of the loop
			for i := range 1000 {
				n += i
			}
			return n, nil
		})
	})
	fmt.Println(sum, err)
	// Output:
	// 499500 <nil>
}

func ExampleLoop_Tasks_whoWaits() {
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (int, error) {
		fill := aio.NewFuture[int](co.Loop())
		aio.Start(co, "ledger", func(co *aio.Co) error {
			_, err := fill.Await(co)
			return err
		})
		aio.Start(co, "heartbeat", func(co *aio.Co) error { return co.Sleep(time.Minute) })
		if err := co.Yield(); err != nil {
			return 0, err
		}
		for t := range co.Loop().Tasks() {
			fmt.Printf("%s: %s %q\n", t.Name, t.State, t.WaitsOn)
		}
		return fill.Await(co) // nobody will ever set it
	})
	fmt.Println("a deadlock:", errors.Is(err, aio.ErrDeadlock))
	// Output:
	// main: running ""
	// ledger: parked "a future"
	// heartbeat: parked "a time"
	// a deadlock: true
}
