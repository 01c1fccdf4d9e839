// Package trade is the kernel: it runs strategies as coroutines, sends their orders, keeps the account, and proves at the end
// that the venue agrees.
//
// One [Trader] a process owns the ledger, the risk desk, the order table and the one point where an order leaves. One
// [Session] an instrument is what a strategy sees. What differs by mode stands behind three small interfaces: [Feed], [Venue]
// and [Journal]. All of it belongs to one loop; only [Gate.Close] may be called from anywhere.
//
//	t, err := trade.New(co, trade.Config{Limits: limits, Recovered: before}, feed, venue, journal)
//	s, err := t.Open(btc)
//	err = t.Start(co)              // the venue's account opens the books, or is compared with those of the journal
//	err = t.Run(co, strategy, s)   // until the feed ends or co is cancelled
//	result, err := t.Stop(co)      // cancel, settle, query, compare
//
// A strategy is sequential code. Between two calls that take its co nothing else runs, so what it has read stays true:
//
//	w := s.Watch(trade.OnTop)
//	for {
//		if _, err := w.Next(co); err != nil {
//			return err
//		}
//		if s.Exact() {
//			...s.Top(), s.Position(), s.Place(...)
//		}
//	}
//
// Orders that belong together (a bracket, a stop that moves, OCO, TWAP) are a [Group]: the kernel works it by a plan of package order,
// without a coroutine, over restarts too, and holds what it protects under a stop at the venue.
//
// After a crash [Config].Recovered is what the journal of the run before came to: its orders are taken over and asked about, its
// books are gone on with, its numbers are never given out again. While strategies run, Config.Reconcile has the account compared
// with the books again and again.
//
// The kernel never sends an intent twice, never takes silence for a refusal, never books a fill that the venue did not name,
// and never lets a strategy read a book that is not proven.
package trade

import (
	"time"

	"baton/aio"
	"baton/market"
)

// Feed brings instruments' market data into sinks, one sink an instrument. Nothing is delivered inside Open.
type Feed interface {
	Open(in *market.Instrument, to market.MarketSink) (*market.Book, error) // the one book: the feed keeps it, all read it
	Close()
}

// Venue takes commands. What becomes of them arrives at the sink.
type Venue interface {
	Bind(to market.OrderSink)
	Send(c *market.Command) error // never suspends; an error is the proof that nothing left
	// Query settles an Unknown: the report is Found, ProvenAbsent or proves nothing; so does an error.
	Query(co *aio.Co, in *market.Instrument, id market.OrderID) (market.Report, error)
	Account(co *aio.Co) (market.Account, error) // balances, positions, open orders, as queried now
	Guard(co *aio.Co, ttl time.Duration) error  // dead man's switch: cancel all after ttl unless renewed; 0 disarms
	Close()
}

// Journal stores what recovery needs, in order.
type Journal interface {
	Append(r *market.Record) (durable bool) // true: durable already (memory), the command may leave at once
	Sync(co *aio.Co) error                  // suspends until all appended so far is durable
}

// Inheritor is a Venue that has to be told of orders which an earlier process sent, before it can prove that one of them is absent:
// its bytes left between the two times, if they did. Start tells it of every order whose fate is open, before any Query for it.
type Inheritor interface {
	Inherit(in *market.Instrument, id market.OrderID, from, until market.Nanos)
}

// Historian is a Venue that can name all trades of the account in an instrument from a time on, those of orders that are not ours
// included (Order is 0 then). Without it, a trade that nobody here ordered shows only as a difference.
type Historian interface {
	Trades(co *aio.Co, in *market.Instrument, since market.Nanos) ([]market.Fill, error)
}

// LowJournal is a Journal that can say that its disk is full and that it lives on a reserve.
type LowJournal interface{ Low() error }
