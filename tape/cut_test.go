package tape_test

import (
	"errors"
	"iter"
	"slices"
	"syscall"
	"testing"

	"baton/tape"
)

// Cut begins a segment, Head reads its first record alone, and From leaves what stands before unread.
func TestCutHeadAndFrom(t *testing.T) {
	disk := tape.Mem()
	tp := open(t, disk, tape.Config{})
	if err := tp.Cut(); err != nil || tp.Segment() != 1 {
		t.Errorf("a segment that has just begun was cut: %v, %d", err, tp.Segment())
	}
	write(t, tp, 1, 3, 1)
	if err := tp.Cut(); err != nil || tp.Segment() != 2 {
		t.Fatal(err, tp.Segment())
	}
	if _, ok, err := tape.Head(disk, 2); ok || err != nil {
		t.Errorf("the head of an empty segment: %v, %v", ok, err)
	}
	write(t, tp, 3, 6, 1)
	if err := tp.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := tape.Segments(disk); err != nil || !slices.Equal(n, []uint64{1, 2}) {
		t.Error(n, err)
	}
	for number, first := range map[uint64]int{1: 1, 2: 3} {
		if b, ok, err := tape.Head(disk, number); !ok || err != nil || string(b) != string(record(first)) {
			t.Errorf("head of segment %d: %q %v %v", number, b, ok, err)
		}
	}
	disk.Put("0000000001.tape", []byte("damaged beyond recognition"))
	if _, err := tape.Open(disk, tape.Config{}); !errors.Is(err, tape.ErrNoTape) {
		t.Errorf("a damaged first segment: %v", err)
	}
	tp = open(t, disk, tape.Config{From: 2})
	if tp.Next() != 6 {
		t.Errorf("next %d", tp.Next())
	}
	n := 0
	for _, err := range tape.AllFrom(disk, 2) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if n != 3 {
		t.Errorf("%d records from the second segment", n)
	}
	if _, err := tape.Open(disk, tape.Config{From: 7}); !errors.Is(err, tape.ErrHole) {
		t.Errorf("from a segment that is not there: %v", err)
	}
	if _, err := tape.Open(disk, tape.Config{Reserve: -1}); err == nil {
		t.Error("a negative reserve")
	}
}

// A full disk: the reserve is let go, nothing that was acknowledged is lost, the record in hand is written, and the owner is
// told. When that room is used up too, the tape breaks.
func TestAFullDiskUsesTheReserve(t *testing.T) {
	disk := tape.NewFaulty(tape.Mem(), tape.Faults{Room: 1000})
	tp := open(t, disk, tape.Config{Reserve: 500})
	acked, low := 0, 0
	var err error
	for i := 1; err == nil; i++ {
		if _, err = tp.Append(record(i)); err == nil {
			err = tp.Sync()
		}
		if err == nil {
			acked = i
			if tp.Low() == nil {
				low = i
			}
		}
	}
	if !errors.Is(err, tape.ErrBroken) || !errors.Is(err, syscall.ENOSPC) || !errors.Is(tp.Low(), syscall.ENOSPC) {
		t.Errorf("at the end: %v, low %v", err, tp.Low())
	}
	if low < 10 || acked < low+10 {
		t.Errorf("%d before the disk was full, %d with the reserve", low, acked)
	}
	if n, err := count(t, disk.Crash(0)); n != acked || err != nil {
		t.Errorf("%d records survive, %d were acknowledged, %v", n, acked, err)
	}
}

func TestAReadOnlyDiskBreaksTheTape(t *testing.T) {
	disk := tape.NewFaulty(tape.Mem(), tape.Faults{ReadOnly: 4})
	tp := open(t, disk, tape.Config{})
	write(t, tp, 1, 3, 1)
	if _, err := tp.Append(record(3)); err != nil {
		t.Fatal(err)
	}
	if err := tp.Sync(); !errors.Is(err, tape.ErrBroken) || !errors.Is(err, syscall.EROFS) {
		t.Errorf("%v", err)
	}
	if n, err := count(t, disk.Crash(0)); n != 2 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	if _, err := tape.Open(disk, tape.Config{Reserve: 10}); !errors.Is(err, syscall.EROFS) {
		t.Errorf("opening a read-only disk: %v", err)
	}
}

// What stands in front of a hole can be salvaged, and no more than that; All gives nothing of that segment.
func TestSalvage(t *testing.T) {
	disk := tape.Mem()
	tp := open(t, disk, tape.Config{})
	write(t, tp, 1, 9, 1)
	if err := tp.Close(); err != nil {
		t.Fatal(err)
	}
	whole := disk.Bytes("0000000001.tape")
	count := func(records func(tape.FS) iter.Seq2[[]byte, error]) (n int, err error) {
		for b, failed := range records(disk) {
			if failed != nil {
				return n, failed
			}
			if n++; string(b) != string(record(n)) {
				t.Errorf("record %d is %q", n, b)
			}
		}
		return n, nil
	}
	if n, err := count(tape.Salvage); n != 8 || err != nil {
		t.Error(n, err)
	}
	bad := slices.Clone(whole)
	bad[len(bad)/2] ^= 1
	disk.Put("0000000001.tape", bad)
	if n, err := count(tape.All); n != 0 || !errors.Is(err, tape.ErrHole) {
		t.Error(n, err)
	}
	if n, err := count(tape.Salvage); n < 3 || n > 5 || !errors.Is(err, tape.ErrHole) {
		t.Error(n, err)
	}
	bad[0] ^= 1
	disk.Put("0000000001.tape", bad)
	if n, err := count(tape.Salvage); n != 0 || !errors.Is(err, tape.ErrNoTape) {
		t.Error(n, err)
	}
}
