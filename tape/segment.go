package tape

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// A segment is a header and frames.
//
//	header: "BATONTP1", number of the first record (8 bytes), CRC32C of these 16 bytes (4)
//	frame:  length of the payload (4), CRC32C of length, number and payload (4), number of the record (8), payload
//
// All numbers are little endian. The number stands in every frame so that a write which the system reported and never did is
// found: the frames around it are whole, their numbers are not consecutive.
const (
	magic      = "BATONTP1"
	headerSize = 20
	frameSize  = 16
	extension  = ".tape"
	unfinished = ".new" // of a segment whose header may not be durable yet
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func segmentName(number uint64) string { return fmt.Sprintf("%010d%s", number, extension) }

// segmentNumber is the number in a segment's name; ok is false for any other file.
func segmentNumber(name string) (number uint64, ok bool) {
	digits, ok := strings.CutSuffix(name, extension)
	if !ok || len(digits) != 10 {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 10, 64)
	return number, err == nil
}

func header(first uint64) []byte {
	b := binary.LittleEndian.AppendUint64([]byte(magic), first)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// appendFrame allocates nothing but b's growth.
func appendFrame(b []byte, number uint64, payload []byte) []byte {
	start := len(b)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint64(b, number)
	b = append(b, payload...)
	binary.LittleEndian.PutUint32(b[start+4:], checksum(b[start:]))
	return b
}

// checksum is that of a whole frame, its own four bytes left out.
func checksum(frame []byte) uint32 {
	return crc32.Update(crc32.Checksum(frame[:4], castagnoli), castagnoli, frame[8:])
}

// frameAt is the frame that begins b; ok is false where it is not whole.
func frameAt(b []byte) (number uint64, payload []byte, ok bool) {
	if len(b) < frameSize {
		return 0, nil, false
	}
	n := binary.LittleEndian.Uint32(b)
	if n > MaxRecord || int(n) > len(b)-frameSize {
		return 0, nil, false
	}
	frame := b[:frameSize+int(n)]
	if binary.LittleEndian.Uint32(b[4:]) != checksum(frame) {
		return 0, nil, false
	}
	return binary.LittleEndian.Uint64(b[8:]), frame[frameSize:], true
}

// scan is a segment that was read and checked.
type scan struct {
	name   string
	number uint64
	next   uint64 // number of the record that would follow
	size   int64
	good   int64 // bytes of header and whole frames; less than size where the tail is torn
	data   []byte
}

// segments reads and checks the segments in order, beginning with number from. Only the last may end in a torn tail.
func segments(fs FS, from uint64) iter.Seq2[scan, error] {
	return func(yield func(scan, error) bool) {
		names, err := segmentNames(fs)
		if err != nil {
			yield(scan{}, err)
			return
		}
		names = slices.DeleteFunc(names, func(name string) bool {
			n, _ := segmentNumber(name)
			return n < from
		})
		if len(names) == 0 && from > 0 {
			yield(scan{}, fmt.Errorf("%w: there is no segment from number %d on", ErrHole, from))
			return
		}
		var next uint64
		for i, name := range names {
			s, err := readSegment(fs, name)
			if err == nil {
				err = s.check(next, i == len(names)-1)
			}
			if !yield(s, err) || err != nil {
				return
			}
			next = s.next
		}
	}
}

// segmentNames is the segments' files, which the folder lists sorted and so in order.
func segmentNames(fs FS) ([]string, error) {
	names, err := fs.List()
	if err != nil {
		return nil, fmt.Errorf("tape: list the folder: %w", err)
	}
	var segs []string
	for _, n := range names {
		if _, ok := segmentNumber(n); ok {
			segs = append(segs, n)
		}
	}
	return segs, nil
}

func readSegment(fs FS, name string) (s scan, err error) {
	f, err := fs.Open(name)
	if err != nil {
		return s, fmt.Errorf("tape: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	s.name = name
	s.number, _ = segmentNumber(name)
	if s.data, err = io.ReadAll(io.LimitReader(f, maxSegment+MaxBatch+1)); err != nil {
		return s, fmt.Errorf("tape: read %s: %w", name, err)
	}
	if s.size = int64(len(s.data)); s.size > maxSegment+MaxBatch {
		return s, fmt.Errorf("%w: %s is larger than any segment", ErrNoTape, name)
	}
	return s, nil
}

// check goes through the frames. next is the number at which the segment before ended, 0 for the first.
func (s *scan) check(next uint64, last bool) error {
	if len(s.data) < headerSize || !bytes.Equal(s.data[:headerSize], header(binary.LittleEndian.Uint64(s.data[8:]))) {
		return fmt.Errorf("%w: %s has no valid header: restore the file from a copy, or move the folder away to begin anew", ErrNoTape, s.name)
	}
	s.next = binary.LittleEndian.Uint64(s.data[8:])
	if next != 0 && s.next != next {
		return fmt.Errorf("%w: %s begins with record %d where %d is due%s", ErrHole, s.name, s.next, next, advice)
	}
	for s.good = headerSize; s.good < s.size; {
		number, payload, ok := frameAt(s.data[s.good:])
		if !ok {
			return s.tail(last)
		}
		if number != s.next {
			return fmt.Errorf("%w: %s, byte %d: record %d follows record %d%s", ErrHole, s.name, s.good, number, s.next-1, advice)
		}
		s.good += frameSize + int64(len(payload))
		s.next++
	}
	return nil
}

const advice = ": what stood there is not known, so nothing is opened; restore the folder from a copy, or move it away to begin anew " +
	"and check the account by hand"

// tail judges a frame that is not whole: torn by a crash if it is the end of everything, a hole if a valid record follows.
func (s *scan) tail(last bool) error {
	if !last {
		return fmt.Errorf("%w: %s, byte %d: record %d is damaged, and another segment follows%s", ErrHole, s.name, s.good, s.next, advice)
	}
	most := s.next + uint64(len(s.data))/frameSize
	for at := s.good + 1; at+frameSize <= s.size; at++ {
		number := binary.LittleEndian.Uint64(s.data[at+8:])
		if number < s.next || number > most {
			continue
		}
		if _, _, ok := frameAt(s.data[at:]); ok {
			return fmt.Errorf("%w: %s, byte %d: record %d is damaged, and record %d at byte %d is whole%s",
				ErrHole, s.name, s.good, s.next, number, at, advice)
		}
	}
	return nil
}

// Segments are the numbers of the segments in a folder, in order.
func Segments(fs FS) ([]uint64, error) {
	names, err := segmentNames(fs)
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, name := range names {
		n, _ := segmentNumber(name)
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// Head is the first record of a segment; ok is false where it has no whole one. No more than that record is read.
func Head(fs FS, number uint64) (payload []byte, ok bool, err error) {
	name := segmentName(number)
	f, err := fs.Open(name)
	if err != nil {
		return nil, false, fmt.Errorf("tape: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	b := make([]byte, headerSize+frameSize)
	n, err := io.ReadFull(f, b)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("tape: read %s: %w", name, err)
	}
	size := binary.LittleEndian.Uint32(b[headerSize:])
	if size > MaxRecord {
		return nil, false, nil
	}
	b = append(b, make([]byte, size)...)
	if _, err = io.ReadFull(f, b[n:]); errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("tape: read %s: %w", name, err)
	}
	_, payload, ok = frameAt(b[headerSize:])
	return payload, ok, nil
}

// All reads the records of the tape in a folder, in order, without changing it: a torn tail is passed over. The payload is
// borrowed until the next step. An error is the last step.
func All(fs FS) iter.Seq2[[]byte, error] { return AllFrom(fs, 0) }

// AllFrom is [All] from the beginning of a segment on; earlier ones are not read.
func AllFrom(fs FS, from uint64) iter.Seq2[[]byte, error] { return records(fs, from, false) }

// Salvage is [All] that also gives the whole records in front of a hole in their segment, before the error: for who wants to know how
// far a damaged tape can be read, and trusts nothing behind that.
func Salvage(fs FS) iter.Seq2[[]byte, error] { return records(fs, 0, true) }

// records ranges over the records from a segment on. Of a damaged segment it gives those in front of the hole, or none.
func records(fs FS, from uint64, salvage bool) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for s, err := range segments(fs, from) {
			if err != nil && !salvage {
				yield(nil, err)
				return
			}
			for at := int64(headerSize); at < s.good; {
				_, payload, _ := frameAt(s.data[at:])
				if !yield(payload, nil) {
					return
				}
				at += frameSize + int64(len(payload))
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// dropUnfinished removes segments whose making a crash cut short: nothing was ever written to them but a header.
func dropUnfinished(fs FS) error {
	names, err := fs.List()
	if err != nil {
		return fmt.Errorf("tape: list the folder: %w", err)
	}
	for _, n := range names {
		if _, ok := segmentNumber(strings.TrimSuffix(n, unfinished)); ok && strings.HasSuffix(n, unfinished) {
			if err := fs.Remove(n); err != nil {
				return fmt.Errorf("tape: remove the unfinished %s: %w", n, err)
			}
		}
	}
	return nil
}
