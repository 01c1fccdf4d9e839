package trade

import (
	"iter"
	"time"

	"baton/aio"
	"baton/market"
)

// Mask names what a coroutine waits for.
type Mask uint16

// What a [Watch] can hear. OnStatus is in every mask.
const (
	OnQuote  Mask = 1 << iota // a top-of-book message
	OnTop                     // the best price or its quantity changed
	OnBook                    // a diff was applied to the book
	OnTrade                   // somebody traded
	OnBar                     // a bar closed; see [Watch.Bars]
	OnOrder                   // one of my orders changed
	OnFill                    // one of my orders was filled, in part or whole
	OnTimer                   // see [Watch.Every]
	OnMark                    // mark price and funding rate
	OnStatus                  // the book became exact or stale, or the feed ended
)

// Watch is one coroutine's ear: what it cares for, and what of it has happened since it last looked. Wake-ups conflate: ten
// book changes while the strategy was busy are one bit, and the state it then reads is the newest. What must not be conflated
// has a cursor: [Watch.Trades], [Watch.Fills], [Watch.NextBar].
type Watch struct {
	// Lost counts trades, fills and bars that a cursor could not show, because it was read too late.
	Lost int

	s       *Session
	mask    Mask
	pending Mask
	parked  bool
	bell    aio.Waiter
	tcur    uint64
	fcur    uint64
	timer   *aio.Timer // of Every
	every   market.Nanos
	bars    *bars
}

// Watch makes a watch for what is in mask, from now on. A watch has one listener at a time.
func (s *Session) Watch(mask Mask) *Watch {
	w := &Watch{s: s, mask: mask | OnStatus, tcur: s.tseq, fcur: s.fseq}
	w.bell.Label(s.t.loop, mask.String())
	s.watches = append(s.watches, w)
	s.want |= w.mask
	return w
}

// Next suspends until something in the mask has happened since the last call, and says what. [ErrEnded] when the feed has
// ended. A return because of OnStatus wants a look at [Session.Exact].
func (w *Watch) Next(co *aio.Co) (Mask, error) {
	s := w.s
	for w.pending == 0 && s.status != market.Ended {
		w.parked = true
		err := w.bell.Wait(co)
		w.parked = false
		if err != nil {
			return 0, err
		}
	}
	if s.status == market.Ended {
		return 0, ErrEnded
	}
	m := w.pending
	w.pending = 0
	s.t.stats.Wakes++
	if m&OnStatus != 0 && s.status == market.Stale {
		s.t.stats.StaleWakes++
	}
	return m, nil
}

func (w *Watch) wake() {
	if w.parked {
		w.parked = false
		w.bell.Wake()
	}
}

// Trades drains the trades since the last look, none left out.
func (w *Watch) Trades() iter.Seq[*market.Trade] {
	return func(yield func(*market.Trade) bool) {
		s := w.s
		w.tcur = w.behind(w.tcur, s.tseq, tradesKept)
		for w.tcur < s.tseq {
			t := &s.trades[w.tcur%tradesKept]
			w.tcur++
			if !yield(t) {
				return
			}
		}
	}
}

// Fills drains my fills since the last look, none left out.
func (w *Watch) Fills() iter.Seq[*market.Fill] {
	return func(yield func(*market.Fill) bool) {
		s := w.s
		w.fcur = w.behind(w.fcur, s.fseq, fillsKept)
		for w.fcur < s.fseq {
			f := &s.fills[w.fcur%fillsKept]
			w.fcur++
			if !yield(f) {
				return
			}
		}
	}
}

// behind moves a cursor past what its ring has lost, and counts that.
func (w *Watch) behind(cur, seq, kept uint64) uint64 {
	if seq-cur <= kept {
		return cur
	}
	w.Lost += int(seq - cur - kept)
	return seq - kept
}

// Every makes OnTimer happen at each multiple of d since the epoch.
func (w *Watch) Every(d time.Duration) *Watch {
	w.every = max(market.Nanos(d), 1)
	w.mask |= OnTimer
	w.bell.Label(w.s.t.loop, w.mask.String())
	w.s.want |= OnTimer
	if w.timer == nil {
		w.timer = aio.NewTimer(w.s.t.loop, aio.ClassTimer, w.tick).Label("the strategy's timer")
	}
	w.timer.Arm(boundary(w.s.Now(), w.every))
	return w
}

func (w *Watch) tick() {
	if w.s.shut || w.s.status == market.Ended {
		return
	}
	w.timer.Arm(boundary(w.s.Now(), w.every))
	w.pending |= OnTimer
	w.wake()
}

// boundary is the next multiple of d after now.
func boundary(now, d market.Nanos) market.Nanos { return now - now%d + d }

// close ends the timers of a session whose strategy has ended, and drops its watches.
func (s *Session) close() {
	s.shut = true
	for _, w := range s.watches {
		if w.timer != nil {
			w.timer.Stop()
		}
	}
	for _, b := range s.bars {
		b.timer.Stop()
	}
	s.watches, s.bars, s.want = nil, nil, 0
}
