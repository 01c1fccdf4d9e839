package catalog

import (
	"iter"

	"baton/market"
)

// Merge goes through several recordings as one, by receive time; equal times keep the order of the arguments. The event is
// borrowed until the next step. An error ends everything, after the events of the other recordings that were received no
// later than the last one before it.
func Merge(recordings ...*Recording) iter.Seq2[*market.Event, error] {
	return func(yield func(*market.Event, error) bool) {
		var heads []*cursor
		defer func() {
			for _, c := range heads {
				c.close()
			}
		}()
		for _, r := range recordings {
			c := newCursor(r)
			heads = append(heads, c)
			c.next()
		}
		for {
			c := earliest(heads)
			if c == nil {
				return
			}
			if c.err != nil {
				yield(nil, c.err)
				return
			}
			if !yield(&c.ev, nil) {
				return
			}
			c.next()
		}
	}
}

// earliest is the cursor whose event, or whose error, is due first; nil where all are at their end.
func earliest(heads []*cursor) *cursor {
	var best *cursor
	for _, c := range heads {
		if c.ended && c.err == nil {
			continue
		}
		if best == nil || c.ev.Received < best.ev.Received {
			best = c
		}
	}
	return best
}
