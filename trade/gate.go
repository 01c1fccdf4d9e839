package trade

import "sync/atomic"

// Gate stands before the one place where a new order is sent. Closing it is the kill switch: whoever closes it, from any
// goroutine, knows that no order leaves afterwards. Cancels pass. Only a person opens it again, by a new start.
type Gate struct{ closed atomic.Bool }

// Close lets no new order pass from now on.
func (g *Gate) Close() { g.closed.Store(true) }

// Closed says whether it is closed.
func (g *Gate) Closed() bool { return g.closed.Load() }
