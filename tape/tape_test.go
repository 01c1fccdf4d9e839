package tape_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"baton/tape"
)

// record is a payload that tells its number and has a length of its own.
func record(i int) []byte {
	return fmt.Appendf(nil, "record %d %s", i, strings.Repeat("x", i*7%40))
}

func open(t *testing.T, fs tape.FS, cfg tape.Config) *tape.Tape {
	t.Helper()
	tp, err := tape.Open(fs, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return tp
}

// write appends records from..to-1, syncing after every batch of them.
func write(t *testing.T, tp *tape.Tape, from, to, batch int) {
	t.Helper()
	for i := from; i < to; i++ {
		n, err := tp.Append(record(i))
		if err != nil || n != uint64(i) {
			t.Fatalf("append %d: number %d, %v", i, n, err)
		}
		if (i+1-from)%batch == 0 || i == to-1 {
			if err := tp.Sync(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// count reads a tape: how many of the records 1, 2, ... it holds.
func count(t *testing.T, fs tape.FS) (n int, err error) {
	t.Helper()
	for rec, err := range tape.All(fs) {
		if err != nil {
			return n, err
		}
		if n++; !bytes.Equal(rec, record(n)) {
			t.Fatalf("record %d is %q", n, rec)
		}
	}
	return n, nil
}

func TestWhatWasSyncedIsReadBack(t *testing.T) {
	folder, err := tape.Dir(t.TempDir() + "/deep/journal")
	if err != nil {
		t.Fatal(err)
	}
	for name, fs := range map[string]tape.FS{"disk": folder, "memory": tape.Mem()} {
		cfg := tape.Config{Segment: 400}
		tp := open(t, fs, cfg)
		write(t, tp, 1, 20, 3)
		if err := tp.Close(); err != nil {
			t.Fatal(err)
		}
		tp = open(t, fs, cfg)
		if r := tp.Repaired(); tp.Next() != 20 || r != (tape.Repair{}) {
			t.Errorf("%s: next %d, repaired %+v", name, tp.Next(), r)
		}
		write(t, tp, 20, 31, 1)
		if n, err := count(t, fs); n != 30 || err != nil {
			t.Errorf("%s: %d records, %v", name, n, err)
		}
		names, err := fs.List()
		if err != nil || len(names) < 3 || names[0] != "0000000001.tape" {
			t.Errorf("%s: files %v, %v", name, names, err)
		}
		if err := tp.Close(); err != nil {
			t.Error(err)
		}
		if _, err := tp.Append(nil); !errors.Is(err, tape.ErrBroken) {
			t.Errorf("%s: append after close: %v", name, err)
		}
	}
}

// The power fails after every single byte of a sequence of writes with rotations in it; whatever part of the unsynced bytes
// reached the disk, every acknowledged record is there, those that are there are the first ones, and the tape goes on.
func TestCrashAtEveryByte(t *testing.T) {
	cfg := tape.Config{Segment: 300}
	for stop := int64(1); ; stop++ {
		disk := tape.NewFaulty(tape.Mem(), tape.Faults{Stop: stop})
		acked := run(disk, cfg, 25)
		if !disk.Down() {
			if stop < 1000 || acked != 25 {
				t.Fatalf("the sequence is %d bytes with %d records", stop, acked)
			}
			return
		}
		for _, keep := range []int{0, 1, 7, 16, 17, 40, 1 << 20} {
			after := disk.Crash(keep)
			tp, err := tape.Open(after, cfg)
			if err != nil {
				t.Fatalf("stopped at byte %d, %d kept: %v", stop, keep, err)
			}
			n, err := count(t, after)
			if err != nil || n < acked || n > 25 || tp.Next() != uint64(n+1) {
				t.Fatalf("stopped at byte %d, %d kept: %d records of %d acknowledged, %v", stop, keep, n, acked, err)
			}
			write(t, tp, n+1, n+4, 2)
			if again, err := count(t, after); again != n+3 || err != nil {
				t.Fatalf("stopped at byte %d, %d kept: %d records after three more, %v", stop, keep, again, err)
			}
		}
	}
}

// run writes records in batches of one to four until an error, and says how many were acknowledged.
func run(fs tape.FS, cfg tape.Config, records int) (acked int) {
	tp, err := tape.Open(fs, cfg)
	if err != nil {
		return 0
	}
	for i := 1; i <= records; i++ {
		if _, err := tp.Append(record(i)); err != nil {
			return acked
		}
		if i%(1+i%4) == 0 || i == records {
			if tp.Sync() != nil {
				return acked
			}
			acked = i
		}
	}
	return acked
}

func TestATornTailIsCutAndReported(t *testing.T) {
	disk := tape.Mem()
	write(t, open(t, disk, tape.Config{}), 1, 5, 2)
	name := "0000000001.tape"
	whole := disk.Bytes(name)
	disk.Put(name, append(whole, "torn"...))
	if n, err := count(t, disk); n != 4 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	tp := open(t, disk, tape.Config{})
	if r := tp.Repaired(); r != (tape.Repair{File: name, Bytes: 4}) {
		t.Errorf("repaired %+v", r)
	}
	if !bytes.Equal(disk.Bytes(name), whole) {
		t.Error("the file is not what it was")
	}
}

func TestDamageBeforeAValidRecordIsRefused(t *testing.T) {
	clean := tape.Mem()
	write(t, open(t, clean, tape.Config{}), 1, 6, 1)
	name := "0000000001.tape"
	whole := clean.Bytes(name)
	last := bytes.LastIndex(whole, []byte("record 5")) - 16
	for at := range whole {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x10
		disk := tape.Mem()
		disk.Put(name, damaged)
		tp, err := tape.Open(disk, tape.Config{})
		switch {
		case at < 20:
			if !errors.Is(err, tape.ErrNoTape) {
				t.Errorf("byte %d of the header: %v", at, err)
			}
		case at < last:
			if !errors.Is(err, tape.ErrHole) || !strings.Contains(err.Error(), name+", byte ") {
				t.Errorf("byte %d: %v", at, err)
			}
		default: // nothing valid follows: as torn
			if err != nil || tp.Next() != 5 || tp.Repaired().Bytes != int64(len(whole)-last) {
				t.Errorf("byte %d of the tail: %v", at, err)
			}
		}
	}
}

func TestALostWriteIsAHole(t *testing.T) {
	for lost := 2; lost <= 9; lost++ { // the first write is the header
		disk := tape.NewFaulty(tape.Mem(), tape.Faults{LoseWrite: lost})
		write(t, open(t, disk, tape.Config{}), 1, 10, 1)
		_, err := tape.Open(disk.Crash(0), tape.Config{})
		want := fmt.Sprintf("record %d follows record %d", lost, lost-2)
		if !errors.Is(err, tape.ErrHole) || !strings.Contains(err.Error(), want) {
			t.Errorf("write %d lost: %v, want %s", lost, err, want)
		}
	}
}

func TestAMissingSegmentIsAHole(t *testing.T) {
	disk := tape.Mem()
	write(t, open(t, disk, tape.Config{Segment: 120}), 1, 12, 1)
	names, _ := disk.List()
	if len(names) < 4 {
		t.Fatalf("only %v", names)
	}
	if err := disk.Remove(names[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := tape.Open(disk, tape.Config{}); !errors.Is(err, tape.ErrHole) || !strings.Contains(err.Error(), names[2]) {
		t.Errorf("%v", err)
	}
	short := bytes.Clone(disk.Bytes(names[2]))
	disk2 := tape.Mem()
	disk2.Put(names[2], short[:len(short)-1])
	disk2.Put(names[3], disk.Bytes(names[3]))
	if _, err := tape.Open(disk2, tape.Config{}); !errors.Is(err, tape.ErrHole) || !strings.Contains(err.Error(), "another segment follows") {
		t.Errorf("a torn segment in the middle: %v", err)
	}
}

// An error of the disk is for good: nothing is tried again, and what was acknowledged before is still there.
func TestADiskErrorIsSticky(t *testing.T) {
	for name, f := range map[string]tape.Faults{
		"write fails": {FailWrite: 4}, "write is short": {ShortWrite: 4}, "fsync fails": {FailSync: 4},
	} {
		disk := tape.NewFaulty(tape.Mem(), f)
		tp := open(t, disk, tape.Config{})
		write(t, tp, 1, 3, 1)
		if _, err := tp.Append(record(3)); err != nil {
			t.Fatal(err)
		}
		err := tp.Sync()
		if !errors.Is(err, tape.ErrBroken) || !errors.Is(err, tape.ErrInjected) {
			t.Errorf("%s: %v", name, err)
		}
		writes, syncs := disk.Writes, disk.Syncs
		if _, again := tp.Append(record(4)); again != err || tp.Sync() != err || tp.Err() != err {
			t.Errorf("%s: the error did not stick", name)
		}
		if !errors.Is(tp.Close(), tape.ErrBroken) || disk.Writes != writes || disk.Syncs != syncs {
			t.Errorf("%s: the disk was tried again", name)
		}
		if n, err := count(t, disk.Crash(0)); n != 2 || err != nil {
			t.Errorf("%s: %d records, %v", name, n, err)
		}
	}
}

func TestARotationThatFailsIsSticky(t *testing.T) {
	disk := tape.NewFaulty(tape.Mem(), tape.Faults{FailSync: 3})
	tp := open(t, disk, tape.Config{Segment: 60})
	write(t, tp, 1, 2, 1)
	if _, err := tp.Append(record(5)); err != nil {
		t.Fatal(err)
	}
	if err := tp.Sync(); !errors.Is(err, tape.ErrBroken) || !errors.Is(err, tape.ErrInjected) {
		t.Errorf("%v", err)
	}
	after := disk.Crash(1 << 20)
	if n, err := count(t, after); n != 1 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	if err := open(t, after, tape.Config{}).Close(); err != nil {
		t.Error(err)
	}
}

func TestBounds(t *testing.T) {
	tp := open(t, tape.Mem(), tape.Config{})
	if _, err := tp.Append(make([]byte, tape.MaxRecord+1)); !errors.Is(err, tape.ErrLarge) {
		t.Errorf("%v", err)
	}
	var err error
	n := 0
	for ; err == nil; n++ {
		_, err = tp.Append(make([]byte, tape.MaxRecord))
	}
	if !errors.Is(err, tape.ErrFull) || n != 8 {
		t.Errorf("after %d records: %v", n, err)
	}
	if err := tp.Sync(); err != nil {
		t.Errorf("a full batch cannot be written: %v", err)
	}
	if _, err := tp.Append(nil); err != nil {
		t.Errorf("an empty record after it: %v", err)
	}
	for _, s := range []int64{-1, 1 << 40} {
		if _, err := tape.Open(tape.Mem(), tape.Config{Segment: s}); err == nil {
			t.Errorf("a segment of %d bytes is taken", s)
		}
	}
}

func TestUnfinishedSegmentsAreRemoved(t *testing.T) {
	disk := tape.Mem()
	write(t, open(t, disk, tape.Config{}), 1, 3, 1)
	disk.Put("0000000002.tape.new", []byte("BATON"))
	disk.Put("notes.txt", []byte("not ours"))
	write(t, open(t, disk, tape.Config{}), 3, 5, 1)
	names, _ := disk.List()
	if fmt.Sprint(names) != "[0000000001.tape notes.txt]" {
		t.Errorf("%v", names)
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	tp := open(t, tape.Mem(), tape.Config{})
	payload := make([]byte, 200)
	for range 1000 {
		tp.Append(payload)
	}
	if err := tp.Sync(); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(900, func() {
		if _, err := tp.Append(payload); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}

// Whatever a file holds: no panic; what opens reads back the same, and goes on.
func FuzzOpen(f *testing.F) {
	disk := tape.Mem()
	tp, err := tape.Open(disk, tape.Config{})
	if err != nil {
		f.Fatal(err)
	}
	for i := range 4 {
		tp.Append(record(i))
	}
	if err := tp.Close(); err != nil {
		f.Fatal(err)
	}
	whole := disk.Bytes("0000000001.tape")
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add(append(bytes.Clone(whole[:40]), whole[60:]...))
	f.Add(binary.LittleEndian.AppendUint64([]byte("BATONTP1"), 1<<63))
	f.Fuzz(func(t *testing.T, b []byte) {
		disk := tape.Mem()
		disk.Put("0000000001.tape", b)
		tp, err := tape.Open(disk, tape.Config{})
		if err != nil {
			return
		}
		before := 0
		for _, err := range tp.All() {
			if err != nil {
				t.Fatal(err)
			}
			before++
		}
		if _, err := tp.Append([]byte("one more")); err != nil {
			t.Fatal(err)
		}
		if err := tp.Close(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for rec, err := range tape.All(disk) {
			if n++; err != nil || n > before && string(rec) != "one more" {
				t.Fatalf("record %d: %q %v", n, rec, err)
			}
		}
		if n != before+1 {
			t.Fatalf("%d records, want %d", n, before+1)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	tp, err := tape.Open(tape.Mem(), tape.Config{})
	if err != nil {
		b.Fatal(err)
	}
	payload := make([]byte, 200)
	b.ReportAllocs()
	b.SetBytes(200)
	for n := 1; b.Loop(); n++ {
		if _, err := tp.Append(payload); err != nil {
			b.Fatal(err)
		}
		if n%30_000 == 0 { // nearly a full batch: begin anew
			if tp, err = tape.Open(tape.Mem(), tape.Config{}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
