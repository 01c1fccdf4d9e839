// Package aio is an asyncio for Go: coroutines of equal rank that hand control to each other, on one loop.
//
// # The one idea
//
// A subroutine starts, runs to its end and is gone; its caller waits below it on the stack. A coroutine can stop in the middle,
// let others run, and go on where it was, with everything that it had in hand. So two of them can work on each other's terms:
// the receiver of prices stops where it has something for the executor of orders, the executor stops where it has nothing more to
// do, and each reads as if it were alone. Nobody is below, and nothing runs at the same time:
//
//	receiver:  price 101, Put ──┐             ┌── price 98, price 102, Put ──┐
//	                            │ control     │                              │
//	executor:                   └─ Get, sell, Get                            └─ Get, sell, ...
//
// Here a coroutine is a [Task]: a plain Go function whose first parameter is a [*Co]. It stops only in calls that take the Co: they
// await something, that is a value that is not there yet ([Future]), an item ([Queue]), a time, its turn. Meanwhile the loop runs
// what is ready. Between two such calls nothing else runs, so what tasks share needs no lock.
//
//	n, err := aio.Run(ctx, aio.Config{}, func(co *aio.Co) (int, error) {
//		orders := aio.NewQueue[int](co.Loop(), 0) // size 0: from hand to hand
//		err := aio.Group(co, func(co *aio.Co) error {
//			aio.Start(co, "receiver", func(co *aio.Co) error {
//				defer orders.Close()
//				return orders.Put(co, 42) // control goes to the executor, and comes back
//			})
//			for o := range orders.Each(co) {
//				fmt.Println("sell at", o)
//			}
//			return nil
//		})
//		return 1, err
//	})
//
// The other kind of coroutine, which has no loop and runs only while its caller waits, is [Generator].
//
// # Where to find what
//
//   - start and await tasks: [Go], [Start], [GoNow], [Group], [Gather], [GatherAll], [Wait], [AsCompleted], [Select], [Shield]
//   - time: [Co.Sleep], [Timeout], [WaitFor], [Deadline], [Loop.CallLater], [Timer]
//   - share and pass on: [Queue], [Future], [Event], [Lock], [Semaphore], [Cond], [Barrier], [Waiter]
//   - the world outside: [Inlet], [RunBlocking], [Promise], [Submit], [FromChan], [ToChan], [Dial], [Conn]
//   - look inside: [Loop.Dump], [Loop.Tasks], [Config].Debug, [Report], the label "task" of profiles
//   - the same again: [Config].Record and Replay, [Config].Seed
//
// # What may be relied on
//
// The order is first in, first out, without exception: the same inputs at the same times give the same run. It does not
// depend on which goroutine happens to run the loop, nor on how tasks host each other (see the scheduler in sched.go).
//
// Cancellation belongs to scopes: a task, a [Group] and a [Timeout] are each one. In a cancelled scope every await fails,
// until the scope is left; [Co.Detach] awaits nevertheless, for cleanup. A result that is there already wins: the await returns
// it, and the next one fails. Errors of awaits are both [ErrCancelled] and context.Canceled; that of a Timeout is both
// [ErrTimeout] and context.DeadlineExceeded.
//
// Run leaves nothing behind: it returns when all tasks, workers and library goroutines have ended. A panic comes out of Run as
// a [*Panic] with its own stack. Tasks that nothing can wake any more are an [ErrDeadlock] that shows the tree of them, not a hang.
// An error that nobody reads goes to [Config].Report.
//
// # The clock and the outside
//
// A [Source] says what happens when nothing is ready. With [Real] the holder puts the baton down until a timer or a message
// comes; with [Virtual] time jumps to the next timer; [Paced] does the same no faster than the wall clock allows; [Drive] lets
// the market of a backtest move it. At equal times market data comes before timers, and timers before responses.
//
// What comes from outside enters by an [Inlet]: a library's reader Delivers, and may then run the loop on its own goroutine,
// which saves the switch of threads; everybody else Posts. Both are safe from any goroutine, as are Loop.Post, Loop.Hold,
// Loop.Release, Submit and what Promise gives. Everything else belongs to the loop, and to who holds the baton: see baton.go.
//
// With [Config].Record all that enters is written to the ingress log, as bytes, with the pass that took it and the time. The same
// program with [Config].Replay then does the same without the outside, and stops at the first entry that does not fit.
//
// The package reads no configuration, logs nothing of its own accord, and knows nothing of trading.
package aio
