// Package tape is a checksummed, append-only, segmented file that survives a crash.
//
// A [Tape] takes payloads of up to [MaxRecord] bytes, numbers them from 1 and gives them back in order. Append collects in
// memory; Sync writes what was collected with one write and one fsync, and only then is it durable. The folder it lives in is an
// [FS]: [Dir] on disk, [Mem] in memory, [Faulty] in memory with faults.
//
//	folder, err := tape.Dir("state/journal")
//	t, err := tape.Open(folder, tape.Config{})
//	for rec, err := range t.All() { ... } // what earlier runs left
//	_, err = t.Append([]byte("intent 42"))
//	err = t.Sync() // durable, or the tape is broken for good
//
// What it promises: a record whose Sync returned nil is read back by every later Open, or Open refuses. A tail that a crash tore is
// cut off, and reported; damage with a valid record behind it, and a number that is missing, are a hole ([ErrHole]): a tape with a
// hole is never opened, since nobody can say what stood there. After one failed write or fsync the tape takes nothing more: the
// system may have dropped the pages, and trying again would report success for data that is gone.
//
// A disk that is full is the one error that is met: [Config].Reserve keeps room for it, see [Tape.Low].
//
// A Tape belongs to one goroutine at a time and one process. It starts no goroutine and takes no lock.
package tape

import (
	"errors"
	"fmt"
	"iter"
	"syscall"
)

// The bounds.
const (
	MaxRecord = 1 << 20 // bytes of a payload
	MaxBatch  = 8 << 20 // bytes that Append may collect before a Sync
	// DefaultSegment is the size at which a file is closed and the next one begun; a segment is read into memory whole.
	DefaultSegment = 16 << 20
	maxSegment     = 128 << 20
)

// The conditions of a tape.
var (
	ErrHole   = errors.New("tape: a hole")                       // records are damaged or missing in front of valid ones
	ErrBroken = errors.New("tape: broken by an earlier error")   // a write or fsync failed; nothing more is taken
	ErrFull   = errors.New("tape: too much before a Sync")       // Append would pass MaxBatch
	ErrLarge  = errors.New("tape: the record is too large")      // over MaxRecord
	ErrNoTape = errors.New("tape: not a tape file of this kind") // the header is not one that this version writes
)

// Config of a tape; the zero value is every default.
type Config struct {
	Segment int64 // bytes of a file before the next is begun; 0: DefaultSegment
	// From is the number of the first segment that is read and checked; earlier ones are left alone. 0: all. For owners who know by
	// [Head] that what stands before is not needed any more.
	From uint64
	// Reserve is how many bytes of the disk are kept for when it is full: they are let go then, so that what must still be written
	// can be, and [Tape.Low] says so. 0: none. At most [MaxReserve].
	Reserve int64
}

// MaxReserve bounds Config.Reserve.
const MaxReserve = 64 << 20

// Validate says what is wrong with c.
func (c Config) Validate() error {
	if c.Segment < 0 || c.Segment > maxSegment {
		return fmt.Errorf("tape: a segment of %d bytes: use 0 for the default, or up to %d", c.Segment, maxSegment)
	}
	if c.Reserve < 0 || c.Reserve > MaxReserve {
		return fmt.Errorf("tape: a reserve of %d bytes: use 0 for none, or up to %d", c.Reserve, MaxReserve)
	}
	return nil
}

// Repair is what Open cut off.
type Repair struct {
	File  string // where the tail was torn; "" where nothing was
	Bytes int64  // that were cut
}

// Tape is an open tape, positioned at its end.
type Tape struct {
	fs      FS
	segment int64
	file    File
	number  uint64 // of the segment that is written
	size    int64  // of it
	next    uint64 // number of the next record
	first   uint64 // number of the first record in buf
	buf     []byte
	repair  Repair
	reserve bool  // its file is there
	low     error // the disk was full, and the reserve was let go
	err     error
}

// Open reads and checks every segment, cuts a torn tail off, and opens the last one for appending. In an empty folder it begins
// a tape.
func Open(fs FS, cfg Config) (*Tape, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	t := &Tape{fs: fs, segment: cfg.Segment, next: 1}
	if t.segment == 0 {
		t.segment = DefaultSegment
	}
	if err := dropUnfinished(fs); err != nil {
		return nil, err
	}
	var last scan
	for s, err := range segments(fs, cfg.From) {
		if err != nil {
			return nil, err
		}
		last = s
	}
	var err error
	if last.name == "" {
		err = t.begin(1)
	} else {
		err = t.resume(last)
	}
	if err == nil && cfg.Reserve > 0 {
		if err = t.setAside(cfg.Reserve); err != nil {
			err = errors.Join(err, t.file.Close())
		}
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// resume opens the last segment and cuts its torn tail.
func (t *Tape) resume(last scan) error {
	f, err := t.fs.Open(last.name)
	if err != nil {
		return fmt.Errorf("tape: %s: %w", last.name, err)
	}
	if torn := last.size - last.good; torn > 0 {
		t.repair = Repair{last.name, torn}
		if err = f.Truncate(last.good); err == nil {
			err = f.Sync()
		}
		if err != nil {
			return errors.Join(fmt.Errorf("tape: %s: cutting the torn tail: %w", last.name, err), f.Close())
		}
	}
	t.file, t.number, t.size, t.next = f, last.number, last.good, last.next
	t.first = t.next
	return nil
}

// Repaired is what Open cut off.
func (t *Tape) Repaired() Repair { return t.repair }

// Next is the number that the next record will have.
func (t *Tape) Next() uint64 { return t.next }

// Err is the error that broke the tape, or nil.
func (t *Tape) Err() error { return t.err }

// Append collects one record for the next [Tape.Sync] and gives its number. The payload is copied.
func (t *Tape) Append(payload []byte) (number uint64, err error) {
	switch {
	case t.err != nil:
		return 0, t.err
	case len(payload) > MaxRecord:
		return 0, fmt.Errorf("%w: %d bytes, at most %d", ErrLarge, len(payload), MaxRecord)
	case len(t.buf)+frameSize+len(payload) > MaxBatch:
		return 0, fmt.Errorf("%w: %d bytes are waiting", ErrFull, len(t.buf))
	}
	number = t.next
	t.buf = appendFrame(t.buf, number, payload)
	t.next++
	return number, nil
}

// Sync makes every record that was appended durable. An error breaks the tape: what was appended since the last Sync may or may
// not be found by the next Open, and nothing more is taken.
func (t *Tape) Sync() error {
	if t.err != nil || len(t.buf) == 0 {
		return t.err
	}
	if t.size > headerSize && t.size+int64(len(t.buf)) > t.segment {
		if err := t.rotate(); err != nil {
			return t.broken("begin the next segment", err)
		}
	}
	n, err := t.write()
	if errors.Is(err, syscall.ENOSPC) && t.reserve {
		n, err = t.writeFromReserve(err)
	}
	if err != nil {
		return t.broken("write", err)
	}
	if err := t.file.Sync(); err != nil {
		return t.broken("fsync", err)
	}
	t.size += int64(n)
	t.buf, t.first = t.buf[:0], t.next
	return nil
}

func (t *Tape) write() (n int, err error) {
	n, err = t.file.Write(t.buf)
	if err == nil && n < len(t.buf) {
		err = fmt.Errorf("only %d of %d bytes were written", n, len(t.buf))
	}
	return n, err
}

// Size is how many bytes of the segment in hand are written.
func (t *Tape) Size() int64 { return t.size }

// Segment is the number of the segment in hand.
func (t *Tape) Segment() uint64 { return t.number }

// Cut makes what was appended durable and begins the next segment, so that the next record is a segment's first: see [Head].
func (t *Tape) Cut() error {
	if err := t.Sync(); err != nil {
		return err
	}
	if t.size == headerSize {
		return nil // it has just begun
	}
	if err := t.rotate(); err != nil {
		return t.broken("begin the next segment", err)
	}
	return nil
}

func (t *Tape) broken(doing string, err error) error {
	t.err = fmt.Errorf("%w: %s %s: %w: check the disk and restart; nothing is written until then",
		ErrBroken, doing, segmentName(t.number), err)
	return t.err
}

func (t *Tape) rotate() error {
	if err := t.file.Close(); err != nil {
		return err
	}
	t.file = nil
	return t.begin(t.number + 1)
}

// begin makes a segment under a passing name, and gives it its own when its header is durable: a file with a segment's name
// always has a whole header.
func (t *Tape) begin(number uint64) error {
	name := segmentName(number)
	f, err := t.fs.Create(name + unfinished)
	if err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	first := t.next
	if len(t.buf) > 0 {
		first = t.first
	}
	_, err = f.Write(header(first))
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = t.fs.Rename(name+unfinished, name)
	}
	if err == nil {
		err = t.fs.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("tape: %s: %w", name, err), f.Close())
	}
	t.file, t.number, t.size, t.first = f, number, headerSize, first
	return nil
}

// Close makes what was appended durable and lets the file go.
func (t *Tape) Close() error {
	err := t.Sync()
	if t.file != nil {
		err = errors.Join(err, t.file.Close())
		t.file = nil
	}
	if t.err == nil {
		t.err = fmt.Errorf("%w: it was closed", ErrBroken)
	}
	return err
}

// All goes through the records that are on disk; what was appended and not synced is not among them.
func (t *Tape) All() iter.Seq2[[]byte, error] { return All(t.fs) }
