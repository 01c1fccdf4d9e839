package torture

import (
	"time"

	"baton/aio"
	"baton/journal"
	"baton/market"
)

// keeper is the journal of one process, with the observer's eyes on it. A flush begins when nothing else is ready, so that the run
// is a function of the seed although the flush is on another goroutine; it takes its time on the virtual clock.
type keeper struct {
	w       *world
	j       *journal.Journal
	d       *disk
	busy    bool
	waiting []*aio.Waiter
	stall   time.Duration
	dead    bool

	n       int                    // records appended
	durable int                    // of them
	intents map[market.OrderID]int // which record an intent is
}

func newKeeper(w *world, j *journal.Journal, d *disk) *keeper {
	return &keeper{w: w, j: j, d: d, intents: map[market.OrderID]int{}}
}

// Append adds a record.
func (k *keeper) Append(r *market.Record) (durable bool) {
	if k.dead {
		return false
	}
	k.n++
	if r.Kind == market.RecordIntent && r.Command.Op == market.OpPlace {
		k.intents[r.Command.ID] = k.n
	}
	k.w.obs.record(r)
	return k.j.Append(r)
}

// Low says that the disk is full.
func (k *keeper) Low() error { return k.j.Low() }

// How long a flush takes, and how often it waits for others at most.
const (
	flushTime = 300 * time.Microsecond
	yields    = 10_000
)

// Sync makes durable what was appended. The process that dies in it never comes back from it.
func (k *keeper) Sync(co *aio.Co) error {
	for k.busy {
		w := new(aio.Waiter)
		k.waiting = append(k.waiting, w)
		if err := w.Wait(co); err != nil {
			return err
		}
	}
	k.busy = true
	defer k.free()
	if k.stall >= time.Second {
		k.w.reach("M7")
	}
	if err := co.Sleep(flushTime + k.stall); err != nil {
		return err
	}
	for i := 0; co.Loop().Ready() && i < yields; i++ {
		if err := co.Yield(); err != nil {
			return err
		}
	}
	upTo := k.n
	err := k.j.Sync(co)
	if k.d.dead {
		k.w.die("M2")
		_ = co.SleepUntil(aio.Never) // until it is cancelled
		return errPower
	}
	if err == nil && !k.dead {
		k.w.obs.synced(k)
		k.durable = upTo
	}
	return err
}

func (k *keeper) free() {
	k.busy = false
	for _, w := range k.waiting {
		w.Wake()
	}
	k.waiting = k.waiting[:0]
}
