// Package journal stores what a trader must know again after a crash: intents, sends, outcomes, fills, account changes, latches
// and notes, durably and in order, and reads them back.
//
//	folder, err := tape.Dir("state/journal")
//	j, err := journal.Open(folder, lookup) // lookup: symbol to *market.Instrument
//	before := j.State()                    // next order id, orders without an end, the books, latch
//	if !j.Append(&market.Record{Kind: market.RecordIntent, Time: now, Command: cmd}) {
//		err = j.Sync(co) // the bytes of the order may leave when this is nil
//	}
//
// [Journal] keeps its records on a tape. Append encodes into memory and never waits; Sync writes everything appended so far with
// one write and one fsync, on a goroutine off the loop, one flush at a time. Tasks that come while a flush is under way share the next one and
// resume in the order in which they came. After one failed write or fsync the journal is broken for good: Sync says why to
// everybody, and nothing is tried again. Before it is written each record is read back and folded, so that nothing is acknowledged that
// recovery could not read; and each time so much was written, what the fold has come to is written as a snapshot, so that recovery
// reads no more than that. [Read] makes rows of a journal, for people. [Memory] is the journal of backtests: durable at once, bounded.
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

// ErrRun: the journal's order numbers stand at the venue under another name.
var ErrRun = errors.New("journal: it belongs to another run")

// Lookup resolves the symbol that a record names; nil where it is not known. It is also called off the loop, one call at a time.
type Lookup func(symbol string) *market.Instrument

// SnapshotDefault is how many bytes are written between two snapshots.
const SnapshotDefault = 16 << 20

// Config of a journal; the zero value is every default.
type Config struct {
	Build string // the program that opens it: written into the journal, for people
	// Run is the name under which its order numbers stand at the venue. It is written into the journal and belongs to it from then
	// on: with another one, recovery would ask the venue about orders of a wrong name.
	Run      string
	Snapshot int64 // bytes between two snapshots; 0: SnapshotDefault
	Reserve  int64 // bytes kept for when the disk is full, see [tape.Config]; 0: none
}

// Journal is the durable journal. Make one with [Open].
type Journal struct {
	tape     *tape.Tape // this and the next four are used by the flush under way, off the loop; by nobody else
	fold     *folding   // what everything written comes to
	decoder  decoder
	every    int64  // bytes between two snapshots
	since    int64  // written after the last one
	low      error  // as of the last flush
	state    State  // as found by Open
	pending  batch  // appended, not yet given to a flush
	writing  batch  // of the flush under way
	appended uint64 // records
	durable  uint64 // of them
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

// Open is [OpenAs] with every default.
func Open(fs tape.FS, lookup Lookup) (*Journal, error) { return OpenAs(fs, lookup, Config{}) }

// OpenAs reads the journal in a folder, folds it to its [State], and opens it for appending. A journal that names an instrument
// which lookup does not know, that has a hole, that a newer program wrote, or that belongs to another run is refused.
func OpenAs(fs tape.FS, lookup Lookup, cfg Config) (*Journal, error) {
	fold, from, since, err := load(fs, lookup)
	if err != nil {
		return nil, err
	}
	state := fold.result()
	if cfg.Run != "" && state.Run != "" && cfg.Run != state.Run {
		return nil, fmt.Errorf("%w: its orders are named after %q, this start would name them after %q: start with the run %q, or with another folder",
			ErrRun, state.Run, cfg.Run, state.Run)
	}
	t, err := tape.Open(fs, tape.Config{From: from, Reserve: cfg.Reserve})
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	state.Torn = t.Repaired().Bytes
	fold.fills, fold.state.Fills = false, nil
	j := &Journal{tape: t, fold: fold, decoder: decoder{lookup: lookup}, every: cfg.Snapshot, since: since, state: state}
	if j.every <= 0 {
		j.every = SnapshotDefault
	}
	if cfg.Build != "" || cfg.Run != "" {
		j.Append(&market.Record{Kind: market.RecordStart, Time: state.Last, Text: cfg.Build, Run: cfg.Run})
	}
	return j, nil
}

// load folds the journal, from its last whole snapshot on if it has one. from is the segment where that stands, since how many
// bytes follow it.
func load(fs tape.FS, lookup Lookup) (f *folding, from uint64, since int64, err error) {
	numbers, err := tape.Segments(fs)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("journal: %w", err)
	}
	for i := len(numbers) - 1; i >= 0; i-- {
		head, ok, err := tape.Head(fs, numbers[i])
		if err != nil {
			return nil, 0, 0, fmt.Errorf("journal: %w", err)
		}
		if !ok || !beginsSnapshot(head) {
			continue
		}
		f, since, err := foldFrom(fs, lookup, numbers[i], &snapshot{})
		if err != nil || f != nil {
			return f, numbers[i], since, err
		}
	}
	f, since, err = foldFrom(fs, lookup, 0, nil)
	return f, 0, since, err
}

// foldFrom folds what stands from a segment on, beginning with the snapshot that it must begin with, if snap is given; nil where
// that snapshot is not whole.
func foldFrom(fs tape.FS, lookup Lookup, from uint64, snap *snapshot) (f *folding, since int64, err error) {
	f = newFolding(true)
	d := decoder{lookup: lookup, part: snap}
	for b, err := range tape.AllFrom(fs, from) {
		if err != nil {
			return nil, 0, fmt.Errorf("journal: %w", err)
		}
		since += int64(len(b))
		for len(b) > 0 {
			if b, err = d.next(b); err != nil {
				return nil, 0, fmt.Errorf("journal: record %d: %w", f.state.Records+1, err)
			}
			switch {
			case d.rec.Kind != 0 && d.part != nil:
				return nil, 0, nil // a record before the snapshot's end
			case d.rec.Kind != 0:
				f.record(&d.rec)
			case d.part != nil && d.part.whole:
				if err := f.restore(d.part); err != nil {
					return nil, 0, err
				}
				d.part, since = nil, 0
			}
		}
	}
	if d.part != nil {
		return nil, 0, nil
	}
	return f, since, nil
}

// beginsSnapshot looks at the kind of a tape record's first entry, behind its length and version.
func beginsSnapshot(b []byte) bool { return len(b) > 3 && b[3] == snapBegin }

// State is what the journal held when it was opened.
func (j *Journal) State() State { return j.state }

// Low says that the disk was full and that the reserve is being used up, or nil: nothing new should be begun then, what is open
// can still be brought to its end.
func (j *Journal) Low() error { return j.low }

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
	w := j.waiter(co.Loop())
	j.waiting = append(j.waiting, w)
	if err := w.Wait(co); err != nil {
		return err // cancelled; its waiter stays in the list and is woken for nobody
	}
	j.spare = append(j.spare, w)
	return nil
}

func (j *Journal) waiter(l *aio.Loop) *aio.Waiter {
	n := len(j.spare) - 1
	if n < 0 {
		w := new(aio.Waiter)
		w.Label(l, "the disk")
		return w
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
	low, err := aio.RunBlocking(co, func(context.Context) (error, error) {
		err := j.store(&j.writing)
		return j.tape.Low(), err
	}, lowCodec())
	j.flushing, j.low = false, low
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

// lowCodec takes what a flush says of the disk through the ingress log of a run that is recorded. A replay flushes nothing.
func lowCodec() aio.Codec[error] {
	return aio.Codec[error]{
		Encode: func(low error) ([]byte, error) {
			if low == nil {
				return nil, nil
			}
			return []byte(low.Error()), nil
		},
		Decode: func(b []byte) (error, error) {
			if len(b) == 0 {
				return nil, nil
			}
			return errors.New(string(b)), nil
		},
	}
}

// store reads a batch back, folds it, and puts it on the tape. What cannot be read back is not written.
func (j *Journal) store(b *batch) error {
	var err error
	for rest := b.bytes; len(rest) > 0; {
		if rest, err = j.decoder.next(rest); err != nil {
			return fmt.Errorf("what was to be written could not be read back: %w", err)
		}
		j.fold.record(&j.decoder.rec)
	}
	if err := write(j.tape, b); err != nil {
		return err
	}
	if j.since += int64(len(b.bytes)); j.since < j.every {
		return nil
	}
	j.since = 0
	return j.snapshot()
}

// snapshot writes what the fold has come to at the beginning of a segment.
func (j *Journal) snapshot() error {
	if err := j.tape.Cut(); err != nil {
		return err
	}
	var b batch
	begin := 0
	b.bytes = j.fold.appendSnapshot(nil, func(end int) {
		if end-begin >= recordBytes {
			b.ends, begin = append(b.ends, end), end
		}
	})
	return write(j.tape, &b)
}

// partsInBatch is how many of its largest records the tape collects before it must write.
const partsInBatch = tape.MaxBatch/tape.MaxRecord - 1

// write puts a batch on the tape: one tape record, so that a crash leaves all of it or nothing, unless it is larger than one.
func write(t *tape.Tape, b *batch) error {
	start := 0
	for i, end := range append(b.ends, len(b.bytes)) {
		if i > 0 && i%partsInBatch == 0 {
			if err := t.Sync(); err != nil {
				return err
			}
		}
		if start == end {
			continue
		}
		if _, err := t.Append(b.bytes[start:end]); err != nil {
			return err
		}
		start = end
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
		if err = j.store(&j.pending); err == nil {
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
				if d.rec.Kind == 0 {
					n-- // a part of a snapshot
					continue
				}
				if !yield(&d.rec, nil) {
					return
				}
			}
		}
	}
}
