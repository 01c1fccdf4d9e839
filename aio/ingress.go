package aio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
)

// The ingress log says what came into a loop from outside, and when: that, with the program, is all that a run depends on. It is a
// header and entries, each with a checksum chained to those before it, so that a changed byte shows at its own entry.

// EntryKind says what an entry of the ingress log is.
type EntryKind uint8

// The kinds.
const (
	EntryInput    EntryKind = iota + 1 // a payload, for an inlet
	EntryClock                         // the real clock moved, nothing else
	EntryContext                       // Run's context was cancelled; the payload is the cause
	EntryDeadlock                      // nothing could wake the tasks that were left
	EntryEnd                           // the loop was closed; Pass and Steps are final
)

// Entry is one entry of the ingress log.
type Entry struct {
	Seq     uint64    // counts from 1
	Kind    EntryKind //
	Pass    uint64    // the pass that it came before
	Steps   uint64    // handles run until then: the run that replays must be as far
	Now     Nanos     // the loop's time in that pass
	Inlet   uint64    // in order of registration, from 1; 0 for other kinds
	Payload []byte
}

const (
	logMagic     = "aio log 1\n"
	entryMax     = 64 << 20 // bytes of a payload
	headerEntry  = "header"
	headerCauses = 4096 // bytes of a cause kept
)

var logTable = crc32.MakeTable(crc32.Castagnoli)

// logHeader is what a run begins with.
type logHeader struct {
	seed      uint64
	virtual   bool
	start     Nanos
	cancelled bool // Run's context was, before the start
	cause     string
}

// ErrRecording: what would not be in the ingress log was refused in a run that is recorded or replayed.
var ErrRecording = errors.New("aio: refused while recording or replaying, since it cannot be replayed; use an Inlet, or give a Codec")

// ErrReplay: the ingress log is damaged, or the run differs from the one that was recorded. The error is a [*ReplayError].
var ErrReplay = errors.New("aio: replay differs")

// ReplayError says where a replay had to stop.
type ReplayError struct {
	Seq  uint64 // of the first entry that does not fit
	Pass uint64 // of the run that replays
	What string
}

// Error says where and why.
func (e *ReplayError) Error() string {
	return fmt.Sprintf("aio: replay stops at entry %d of the ingress log, in pass %d: %s", e.Seq, e.Pass, e.What)
}

// Is says that it is an ErrReplay.
func (e *ReplayError) Is(target error) bool { return target == ErrReplay }

// logState is what both ends of the log keep, to write and read differences.
type logState struct {
	crc   uint32
	seq   uint64
	pass  uint64
	steps uint64
	now   Nanos
}

// logWriter writes the log: one Write for what comes before a pass, before the pass runs.
type logWriter struct {
	w   io.Writer
	buf []byte
	logState
}

func (w *logWriter) header(h logHeader) error {
	b := append(w.buf[:0], logMagic...)
	b = binary.AppendUvarint(b, h.seed)
	b = append(b, flag(h.virtual)|flag(h.cancelled)<<1)
	b = binary.AppendVarint(b, h.start)
	b = binary.AppendUvarint(b, uint64(len(h.cause)))
	b = append(b, h.cause...)
	w.now = h.start
	w.buf = w.sum(b, 0)
	return w.flush()
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// sum appends the checksum of what b has from an index on.
func (w *logWriter) sum(b []byte, from int) []byte {
	w.crc = crc32.Update(w.crc, logTable, b[from:])
	return binary.LittleEndian.AppendUint32(b, w.crc)
}

func (w *logWriter) add(e Entry) {
	from := len(w.buf)
	b := append(w.buf, byte(e.Kind))
	b = binary.AppendUvarint(b, e.Pass-w.pass)
	b = binary.AppendUvarint(b, e.Steps-w.steps)
	b = binary.AppendVarint(b, e.Now-w.now)
	b = binary.AppendUvarint(b, e.Inlet)
	b = binary.AppendUvarint(b, uint64(len(e.Payload)))
	b = append(b, e.Payload...)
	w.buf = w.sum(b, from)
	w.seq++
	w.pass, w.steps, w.now = e.Pass, e.Steps, e.Now
}

func (w *logWriter) flush() error {
	_, err := w.w.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// logReader reads it.
type logReader struct {
	r   *bufio.Reader
	raw []byte // of the entry at hand, for its checksum
	logState
}

// damaged: the bytes are not what was written.
type damaged struct{ what string }

func (e *damaged) Error() string { return e.what }

func newLogReader(r io.Reader) (*logReader, logHeader, error) {
	l := &logReader{r: bufio.NewReader(r)}
	h, err := l.header()
	if err != nil {
		return nil, h, &ReplayError{What: "its header: " + err.Error()}
	}
	return l, h, nil
}

// ReadByte makes a logReader the io.ByteReader of its own varints.
func (r *logReader) ReadByte() (byte, error) {
	b, err := r.r.ReadByte()
	if err == nil {
		r.raw = append(r.raw, b)
	}
	return b, err
}

func (r *logReader) bytes(n uint64) ([]byte, error) {
	if n > entryMax {
		return nil, &damaged{fmt.Sprintf("a length of %d bytes", n)}
	}
	from := len(r.raw)
	for n > 0 { // in steps, so that a damaged length does not take the memory
		k := min(n, 1<<16)
		at := len(r.raw)
		r.raw = append(r.raw, make([]byte, k)...)
		if _, err := io.ReadFull(r.r, r.raw[at:]); err != nil {
			return nil, err
		}
		n -= k
	}
	return r.raw[from:], nil
}

func (r *logReader) header() (h logHeader, err error) {
	magic, err := r.bytes(uint64(len(logMagic)))
	if err != nil || string(magic) != logMagic {
		return h, &damaged{"it is no ingress log of this version"}
	}
	h.seed, err = binary.ReadUvarint(r)
	flags, err1 := r.ReadByte()
	start, err2 := binary.ReadVarint(r)
	n, err3 := binary.ReadUvarint(r)
	if err := errors.Join(err, err1, err2, err3); err != nil {
		return h, err
	}
	cause, err := r.bytes(min(n, headerCauses))
	if err != nil {
		return h, err
	}
	h.virtual, h.cancelled, h.start, h.cause = flags&1 != 0, flags&2 != 0, start, string(cause)
	r.now = start
	return h, r.check()
}

// check compares the checksum that follows with that of raw.
func (r *logReader) check() error {
	r.crc = crc32.Update(r.crc, logTable, r.raw)
	r.raw = r.raw[:0]
	var sum [4]byte
	if _, err := io.ReadFull(r.r, sum[:]); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(sum[:]) != r.crc {
		return &damaged{"its checksum does not fit: the log was changed"}
	}
	return nil
}

// next reads an entry; io.EOF after the last.
func (r *logReader) next() (Entry, error) {
	e := Entry{Seq: r.seq + 1}
	kind, err := r.ReadByte()
	if err != nil {
		return e, err // io.EOF is the end
	}
	pass, err := binary.ReadUvarint(r)
	steps, err1 := binary.ReadUvarint(r)
	now, err2 := binary.ReadVarint(r)
	inlet, err3 := binary.ReadUvarint(r)
	n, err4 := binary.ReadUvarint(r)
	if err := errors.Join(err, err1, err2, err3, err4); err != nil {
		return e, cutOff(err)
	}
	payload, err := r.bytes(n)
	if err != nil {
		return e, cutOff(err)
	}
	e.Payload = append([]byte(nil), payload...)
	if err := r.check(); err != nil {
		return e, cutOff(err)
	}
	r.seq++
	r.pass, r.steps, r.now = r.pass+pass, r.steps+steps, r.now+now
	e.Kind, e.Pass, e.Steps, e.Now, e.Inlet = EntryKind(kind), r.pass, r.steps, r.now, inlet
	return e, nil
}

func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &damaged{"the log ends in the middle of it"}
	}
	return err
}

// ReadLog ranges over the entries of an ingress log; the error, a [*ReplayError], comes with the last where it is damaged.
func ReadLog(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		lr, _, err := newLogReader(r)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		for {
			e, err := lr.next()
			switch {
			case err == io.EOF:
				return
			case err != nil:
				yield(e, &ReplayError{Seq: e.Seq, What: err.Error()})
				return
			case !yield(e, nil):
				return
			}
		}
	}
}
