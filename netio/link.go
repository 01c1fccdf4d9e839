package netio

import (
	"sync"

	"baton/aio"
	"baton/netio/ws"
)

// link counts what is under way between the two ends of a connection that both live on one loop. The counts are held
// ([aio.Loop.Hold]), so that a virtual clock cannot pass a message that sits in a socket. All calls are on the loop; a nil
// link, of a connection to another process, counts nothing.
type link struct {
	l      *aio.Loop
	flying [2]int  // frames, by the role that will take them
	joined [2]bool // that end exists
	over   [2]bool // that end has closed
	ending [2]bool // the other end has closed, and this one has not heard of it
}

// join says that the end of role exists.
func (k *link) join(role ws.Role) {
	if k != nil {
		k.joined[role] = true
	}
}

// sent: the end of role from has sent one frame.
func (k *link) sent(from ws.Role) {
	if k == nil || k.over[1-from] {
		return
	}
	k.flying[1-from]++
	k.l.Hold(1)
}

// taken: the end of role at has handled one frame.
func (k *link) taken(at ws.Role) {
	if k == nil || k.flying[at] == 0 {
		return
	}
	k.flying[at]--
	k.l.Release(1)
}

// finish: the end of role at has closed. What flew to it is lost; the end of the connection flies to the other.
func (k *link) finish(at ws.Role) {
	if k == nil || k.over[at] {
		return
	}
	other := 1 - at
	if k.joined[other] && !k.over[other] {
		k.ending[other] = true
		k.l.Hold(1)
	}
	n := k.flying[at]
	if k.ending[at] {
		n++
	}
	k.flying[at], k.ending[at], k.over[at] = 0, false, true
	if n > 0 {
		k.l.Release(n)
	}
}

// trip is the same for one request: the client's blocking call holds the loop. While the server thinks, the clock has to
// move, so the hold is lifted from the taking to the answer. Both ends may end a trip, in any order and on any goroutine.
type trip struct {
	l      *aio.Loop
	mu     sync.Mutex
	lifted bool
	over   bool
}

// take: the request is in the server's hands.
func (t *trip) take() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.over && !t.lifted {
		t.lifted = true
		t.l.Release(1)
	}
}

// answer: the response is on its way.
func (t *trip) answer() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lifted {
		t.lifted = false
		t.l.Hold(1)
	}
}

// finish: the client does not wait any more, and its hold is about to be released by whoever made it.
func (t *trip) finish() {
	if t == nil {
		return
	}
	t.answer()
	t.mu.Lock()
	t.over = true
	t.mu.Unlock()
}
