// Package journal stores what a trader must know again after a crash: intents, sends, outcomes, fills, account changes, latches
// and notes, durably and in order, and reads them back.
//
//	folder, err := tape.Dir("state/journal")
//	j, err := journal.Open(folder, lookup) // lookup: symbol to *market.Instrument
//	before := j.State()                    // next order id, intents without an outcome, fills, latch
//	if !j.Append(&market.Record{Kind: market.RecordIntent, Time: now, Command: cmd}) {
//		err = j.Sync(co) // the bytes of the order may leave when this is nil
//	}
//
// [Journal] keeps its records on a tape. Append encodes into memory and never waits; Sync writes everything appended so far with
// one write and one fsync, on a goroutine off the loop, one flush at a time. Tasks that come while a flush is under way share the next one and
// resume in the order in which they came. After one failed write or fsync the journal is broken for good: Sync says why to
// everybody, and nothing is tried again. [Memory] is the journal of backtests: durable at once, bounded.
//
// A journal belongs to its loop. It decides nothing: who may trade with a broken journal is for the caller to say.
package journal

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"baton/aio"
	"baton/market"
	"baton/tape"
)

// MaxPending is how many bytes may wait for a flush; an intent takes about 40.
const MaxPending = 4 << 20

// ErrFull: more was appended than [MaxPending] without a Sync that could keep up. The journal is broken by it, since a record is missing.
var ErrFull = errors.New("journal: more than 4 MiB wait to be written")

// Lookup resolves the symbol that a record names; nil where it is not known.
type Lookup func(symbol string) *market.Instrument

// Journal is the durable journal. Make one with [Open].
type Journal struct {
	tape     *tape.Tape // used by the flush under way, off the loop; by nobody else
	state    State      // as found by Open
	pending  batch      // appended, not yet given to a flush
	writing  batch      // of the flush under way
	appended uint64     // records
	durable  uint64     // of them
	flushing bool
	waiting  []*aio.Waiter // tasks that wait for a flush, in order
	spare    []*aio.Waiter
	err      error
}

// batch is encoded records and where the tape's records are to be cut.
type batch struct {
	bytes []byte
	ends  []int // of the tape's records but the last
}

// Open reads the journal in a folder, folds it to its [State], and opens it for appending. A journal that names an instrument
// which lookup does not know, or that has a hole, is refused.
func Open(fs tape.FS, lookup Lookup) (*Journal, error) {
	t, err := tape.Open(fs, tape.Config{})
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	state, err := Fold(All(fs, lookup))
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	state.Torn = t.Repaired().Bytes
	return &Journal{tape: t, state: state}, nil
}

// State is what the journal held when it was opened.
func (j *Journal) State() State { return j.state }

// Err is what broke the journal, or nil.
func (j *Journal) Err() error { return j.err }

// Append adds a record; it is durable after the next [Journal.Sync], hence false. The record is copied. What cannot be appended
// breaks the journal, and Sync says so.
func (j *Journal) Append(r *market.Record) (durable bool) {
	if j.err != nil {
		return false
	}
	p := &j.pending
	start := len(p.bytes)
	p.bytes = appendEntry(p.bytes, r)
	if len(p.bytes) > MaxPending {
		p.bytes = p.bytes[:start]
		j.err = ErrFull
		return false
	}
	begin := 0
	if n := len(p.ends); n > 0 {
		begin = p.ends[n-1]
	}
	if len(p.bytes)-begin > tape.MaxRecord {
		p.ends = append(p.ends, start)
	}
	j.appended++
	return false
}

// Sync suspends co until everything appended so far is durable. The task that finds no flush under way carries one out, which
// its cancellation does not cut short; a task that waits for another's is cancelled as in any await.
func (j *Journal) Sync(co *aio.Co) error {
	for want := j.appended; j.durable < want || j.err != nil; {
		if err := co.Err(); err != nil {
			return err
		}
		switch {
		case j.flushing:
			if err := j.wait(co); err != nil {
				return err
			}
		case j.err != nil:
			return j.err
		default:
			j.flush(co.Detach())
		}
	}
	return nil
}

// wait parks co until the flush under way has ended.
func (j *Journal) wait(co *aio.Co) error {
	w := j.waiter()
	j.waiting = append(j.waiting, w)
	if err := w.Wait(co); err != nil {
		return err // cancelled; its waiter stays in the list and is woken for nobody
	}
	j.spare = append(j.spare, w)
	return nil
}

func (j *Journal) waiter() *aio.Waiter {
	n := len(j.spare) - 1
	if n < 0 {
		return new(aio.Waiter)
	}
	w := j.spare[n]
	j.spare = j.spare[:n]
	return w
}

// flush writes what is pending and wakes everybody who waited, in order: those whom it does not cover begin the next one.
func (j *Journal) flush(co *aio.Co) {
	j.flushing = true
	j.pending, j.writing = j.writing, j.pending
	upTo := j.appended
	_, err := aio.RunBlocking(co, func(context.Context) (struct{}, error) {
		return struct{}{}, write(j.tape, &j.writing)
	})
	j.flushing = false
	j.writing = batch{j.writing.bytes[:0], j.writing.ends[:0]}
	if err != nil {
		j.err = fmt.Errorf("journal: %w", err)
	} else {
		j.durable = upTo
	}
	for _, w := range j.waiting {
		w.Wake()
	}
	j.waiting = j.waiting[:0]
}

// write puts a batch on the tape: one tape record, so that a crash leaves all of it or nothing, unless it is larger than one.
func write(t *tape.Tape, b *batch) error {
	start := 0
	for _, end := range b.ends {
		if _, err := t.Append(b.bytes[start:end]); err != nil {
			return err
		}
		start = end
	}
	if _, err := t.Append(b.bytes[start:]); err != nil {
		return err
	}
	return t.Sync()
}

// Close makes everything durable and lets the files go. It waits on the disk and is for the end of a run, after the last Sync.
func (j *Journal) Close() error {
	if j.flushing {
		return errors.New("journal: closed during a flush: await Sync first")
	}
	var err error
	if j.err == nil && j.durable < j.appended {
		if err = write(j.tape, &j.pending); err == nil {
			j.durable = j.appended
		}
	}
	err = errors.Join(err, j.tape.Close())
	if j.err == nil {
		j.err = fmt.Errorf("journal: %w", tape.ErrBroken)
	}
	return err
}

// All reads the records of the journal in a folder, in order, without changing it. The record is borrowed until the next step. An
// error is the last step.
func All(fs tape.FS, lookup Lookup) iter.Seq2[*market.Record, error] {
	return func(yield func(*market.Record, error) bool) {
		d := decoder{lookup: lookup}
		n := 0
		for b, err := range tape.All(fs) {
			if err != nil {
				yield(nil, fmt.Errorf("journal: %w", err))
				return
			}
			for len(b) > 0 {
				n++
				if b, err = d.next(b); err != nil {
					yield(nil, fmt.Errorf("journal: record %d: %w", n, err))
					return
				}
				if !yield(&d.rec, nil) {
					return
				}
			}
		}
	}
}
