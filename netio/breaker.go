package netio

import "slices"

// Breaker cuts a network in memory off, as a pulled cable does, and lets it work again: see [MemoryConfig]. One breaker belongs
// to one network.
type Breaker struct {
	off   bool
	cuts  int
	conns []*Conn // client ends
	calls []*memoryCall
}

// Cut ends every connection that was dialled and every request that waits for its answer, with [ErrCut]. What has left for the
// server still arrives there, what is on its way back is lost. Until Restore nothing can be dialled or asked. The handlers hear
// of it on the loop's next pass.
func (b *Breaker) Cut() {
	b.off = true
	b.cuts++
	conns, calls := b.conns, b.calls
	b.conns, b.calls = nil, nil
	for _, c := range conns {
		c.l.CallSoon(func() { c.finish(ErrCut) })
	}
	for _, c := range calls {
		if !c.done.Done() {
			_ = c.done.Fail(&Lost{Sent: true, Err: ErrCut})
		}
	}
}

// Restore lets connections be made and requests be asked again.
func (b *Breaker) Restore() { b.off = false }

// open says whether the network is cut off.
func (b *Breaker) open() bool { return b != nil && b.off }

// count tells whether there was a cut between two looks.
func (b *Breaker) count() int {
	if b == nil {
		return 0
	}
	return b.cuts
}

func (b *Breaker) dialled(c *Conn) {
	if b != nil {
		b.conns = append(slices.DeleteFunc(b.conns, func(c *Conn) bool { return c.state == closed }), c)
	}
}

func (b *Breaker) asked(c *memoryCall) {
	if b != nil {
		b.calls = append(slices.DeleteFunc(b.calls, func(c *memoryCall) bool { return c.done.Done() }), c)
	}
}
