// Package trade is the kernel: sessions in which strategies run, and the three seams to everything that differs by mode.
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
