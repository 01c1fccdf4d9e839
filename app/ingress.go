package app

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"baton/aio"
	"baton/tape"
)

// A recorded run is a tape: what the run was begun with, what came into it from outside (the ingress log of its loop), a mark of each
// line of its ledger, and how it ended. The first byte of a record says which of these it holds.
const (
	ingressHead    = 'H' // JSON: [recordedRun]; the first record
	ingressBytes   = 'L' // the ingress log goes on
	ingressLines   = 'D' // marks of ledger lines, 8 bytes each
	ingressJournal = 'J' // JSON: [journalAt]
	ingressEnd     = 'E' // JSON: [recordedEnd]; the last record
)

// The bounds of a recording.
const (
	ingressChunk   = 16 << 10        // bytes of the log in one record, at most: a damaged one takes no more with it
	ingressPending = 64 << 20        // bytes that may wait for the disk
	ingressMax     = int64(8) << 30  // bytes of a run
	ingressSync    = 4 << 20         // bytes between two flushes
	ingressEvery   = time.Second     // between two flushes at least, and what a crash of the machine may take
	ingressSegment = int64(16) << 20 // bytes of a file
)

// scribe writes a recorded run. The loop gives it bytes and never waits: a goroutine of its own brings them to the disk. Where the
// disk fails, is behind, or the recording gets too large, it ends there and the run goes on.
type scribe struct {
	tape *tape.Tape // the flusher's, and after it finish's
	path string
	say  func(string)

	mu      sync.Mutex
	pending []byte   // of the log
	marks   []byte   // of ledger lines
	extra   [][]byte // other records
	written int64
	failed  error // why nothing more is taken
	ended   chan struct{}
	more    chan struct{}
}

// newScribe begins a recording in a folder that is new or empty.
func newScribe(path string, head *recordedRun, say func(string)) (*scribe, error) {
	folder, err := tape.Dir(path)
	if err != nil {
		return nil, fmt.Errorf("the recording: %w", err)
	}
	return scribeOn(folder, path, head, say)
}

// scribeOn is newScribe on any folder.
func scribeOn(folder tape.FS, path string, head *recordedRun, say func(string)) (*scribe, error) {
	names, err := folder.List()
	if err == nil && len(names) > 0 {
		err = fmt.Errorf("the folder %s is not empty: name a new one", path)
	}
	if err != nil {
		return nil, fmt.Errorf("the recording: %w", err)
	}
	t, err := tape.Open(folder, tape.Config{Segment: ingressSegment})
	if err != nil {
		return nil, fmt.Errorf("the recording: %w", err)
	}
	b, err := json.Marshal(head)
	if err == nil {
		_, err = t.Append(append([]byte{ingressHead}, b...))
	}
	if err == nil {
		err = t.Sync()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the recording: %w", err), t.Close())
	}
	return &scribe{tape: t, path: path, say: say, ended: make(chan struct{}), more: make(chan struct{}, 1)}, nil
}

// Write takes what came before a pass of the loop. It never fails and never waits.
func (r *scribe) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.failed != nil:
	case len(r.pending)+len(b) > ingressPending:
		r.failed = fmt.Errorf("more than %d MiB wait for the disk", ingressPending>>20)
	default:
		r.pending = append(r.pending, b...)
	}
	if len(r.pending) > ingressSync {
		r.hurry()
	}
	return len(b), nil
}

// hurry wakes the flusher.
func (r *scribe) hurry() {
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// line takes the mark of a ledger line.
func (r *scribe) line(mark uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.marks = binary.LittleEndian.AppendUint64(r.marks, mark)
	}
}

// note takes another record.
func (r *scribe) note(kind byte, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.extra = append(r.extra, append([]byte{kind}, b...))
	return nil
}

// begin starts the flusher on a loop, which waits for it at its end.
func (r *scribe) begin(l *aio.Loop) {
	l.AtClose(func() { close(r.ended) })
	l.Spawn(func() {
		every := time.NewTicker(ingressEvery)
		defer every.Stop()
		for {
			select {
			case <-r.ended:
				return
			case <-every.C:
			case <-r.more:
			}
			r.flush()
		}
	})
}

// flush brings what waits to the disk.
func (r *scribe) flush() {
	r.mu.Lock()
	log, marks, extra, failed := r.pending, r.marks, r.extra, r.failed
	r.pending, r.marks, r.extra = nil, nil, nil
	r.mu.Unlock()
	if failed != nil {
		return
	}
	err := r.put(log, marks, extra)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written += int64(len(log) + len(marks))
	if err == nil && r.written > ingressMax {
		err = fmt.Errorf("it has more than %d GiB", ingressMax>>30)
	}
	if err != nil && r.failed == nil {
		r.failed = err
		r.say(fmt.Sprintf("the recording ends here, the run goes on: %v", err))
	}
}

// put writes one flush.
func (r *scribe) put(log, marks []byte, extra [][]byte) error {
	size := 0
	add := func(kind byte, b []byte) error {
		if size += len(b); size > ingressSync {
			if err := r.tape.Sync(); err != nil {
				return err
			}
			size = len(b)
		}
		_, err := r.tape.Append(append([]byte{kind}, b...))
		return err
	}
	for _, part := range []struct {
		kind byte
		b    []byte
	}{{ingressBytes, log}, {ingressLines, marks}} {
		for b := part.b; len(b) > 0; {
			n := min(len(b), ingressChunk)
			if err := add(part.kind, b[:n]); err != nil {
				return err
			}
			b = b[n:]
		}
	}
	for _, b := range extra {
		if err := add(b[0], b[1:]); err != nil {
			return err
		}
	}
	return r.tape.Sync()
}

// finish writes how the run ended. The loop is over, and with it the flusher.
func (r *scribe) finish(end recordedEnd) error {
	err := r.note(ingressEnd, end)
	r.flush()
	if r.failed != nil {
		err = errors.Join(err, r.failed)
	}
	if err = errors.Join(err, r.tape.Close()); err != nil {
		return fmt.Errorf("the recording in %s is not whole: %w", r.path, err)
	}
	return nil
}

// markOf is the mark of a ledger line.
func markOf(line []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(line) // a hash takes everything
	return h.Sum64()
}
