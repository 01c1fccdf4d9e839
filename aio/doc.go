// Package aio is an asyncio for Go: one loop, one baton, coroutines of equal rank that hand control to each other.
//
// A subroutine starts, runs to its end and is gone; a coroutine can stop in the middle, let others run, and go on where it
// was. Here a coroutine is a [Task]: a plain Go function whose first parameter is a [*Co]. Where it awaits something (a
// [Future], an item of a [Queue], a time, its turn) the loop runs what is ready, and comes back when the thing is there.
//
//	n, err := aio.Run(ctx, aio.Config{}, func(co *aio.Co) (int, error) {
//		q := aio.NewQueue[int](co.Loop(), 0)
//		err := aio.Group(co, func(co *aio.Co) error {
//			aio.Start(co, "producer", func(co *aio.Co) error {
//				defer q.Close()
//				return q.Put(co, 42) // control goes to the consumer, and comes back
//			})
//			for v := range q.Each(co) {
//				fmt.Println(v)
//			}
//			return nil
//		})
//		return 1, err
//	})
//
// # What may be relied on
//
// One task runs at a time. Between two calls that take a *Co nothing else runs, so state shared by the tasks of a loop needs
// no lock; after such a call it may have changed.
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
// a [*Panic] with its own stack. Tasks that nothing can wake any more are an [ErrDeadlock] that lists them, not a hang.
//
// # The clock and the outside
//
// A [Source] says what happens when nothing is ready. With [Real] the holder puts the baton down until a timer or a message
// comes; with [Virtual] time jumps to the next timer; [Paced] does the same no faster than the wall clock allows; [Drive] lets
// the market of a backtest move it. At equal times market data comes before timers, and timers before responses.
//
// What comes from outside enters by an [Inlet]: a library's reader Delivers, and may then run the loop on its own goroutine,
// which saves the switch of threads; everybody else Posts. Both are safe from any goroutine, as are Loop.Post, Loop.Hold and
// Loop.Release. Everything else belongs to the loop.
//
// The package reads no configuration, logs nothing, and knows nothing of trading.
package aio
