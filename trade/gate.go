package trade

import "sync/atomic"

// Gate stands before the one place where a new order is sent. Closing it is the kill switch: whoever closes it, from any
// goroutine, knows that no order leaves afterwards. Cancels pass. Only a person opens it again, by a new start.
//
// Who closes it from outside is nothing that a loop could repeat. So the loop's own questions are counted: [Gate.First] says which of them
// was the first to hear that it is closed, and a replay of the run is closed at the same one by [Gate.CloseAt].
type Gate struct {
	closed atomic.Bool
	asked  uint64 // times that the loop has asked
	first  uint64 // the first of them that heard yes; 0: none has
	at     uint64 // closed from this one on; 0: never
}

// Close lets no new order pass from now on.
func (g *Gate) Close() { g.closed.Store(true) }

// Closed says whether it is closed; on the loop.
func (g *Gate) Closed() bool {
	g.asked++
	if !g.closed.Load() && (g.at == 0 || g.asked < g.at) {
		return false
	}
	if g.first == 0 {
		g.first = g.asked
	}
	return true
}

// First is which call of Closed was the first to say yes, from 1; 0 for none.
func (g *Gate) First() uint64 { return g.first }

// CloseAt closes it for the call of Closed of this number and all later ones; 0 for never.
func (g *Gate) CloseAt(first uint64) { g.at = first }
