package journal_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"baton/aio"
	"baton/decimal"
	"baton/journal"
	"baton/market"
	"baton/tape"
)

// history is a long random life of a trader's journal: the books opened, orders in every state, fills, changes.
func history(n int) []*market.Record {
	rng := rand.New(rand.NewPCG(5, 6))
	d := decimal.MustParse
	out := []*market.Record{
		{Kind: market.RecordOpen, Time: 1, Change: market.Change{Asset: "USDT", Amount: d("10000")}},
		{Kind: market.RecordOpen, Time: 1, Change: market.Change{Asset: "BNB", Amount: d("3")}},
	}
	next, trade := market.OrderID(1), int64(1)
	for i := range n {
		at := market.Nanos(10 + i)
		id := market.OrderID(1 + rng.Int64N(int64(next)))
		r := &market.Record{Time: at, Command: market.Command{Op: market.OpPlace, ID: id}}
		switch rng.IntN(11) {
		case 0, 1:
			r = intent(next)
			next++
		case 2:
			r.Kind = market.RecordSent
		case 3:
			r.Kind = market.RecordOutcome
			r.Outcome = []market.Outcome{market.Accepted(), market.Refused(-1, "no"), market.Unknown()}[rng.IntN(3)]
		case 4:
			r.Kind, r.Command = market.RecordUpdate, market.Command{}
			r.Update = market.Update{Instrument: btc, Order: id, Venue: int64(id) + 1000, Status: market.OrderStatus(rng.IntN(6)), Filled: market.Lots(rng.IntN(4))}
		case 5:
			r.Kind, r.Command = market.RecordFill, market.Command{}
			r.Fill = market.Fill{Instrument: btc, Order: id, Trade: trade, Side: market.Sell, Px: 600000, Qty: market.Lots(1 + rng.IntN(3)),
				Commission: d("0.01"), Asset: []string{"USDT", "BNB"}[rng.IntN(2)], Recovered: rng.IntN(2) == 0}
			trade += int64(rng.IntN(2)) // some come twice
		case 6:
			r.Kind = market.RecordIntent
			r.Command = market.Command{Op: market.OpCancel, ID: id, Instrument: btc}
		case 7:
			r.Kind = market.RecordReport
			r.Report = market.Report{Kind: market.ReportKind(rng.IntN(3)), Status: market.StatusNew, Venue: 5}
		case 9, 10:
			r = &market.Record{Kind: market.RecordGroup, Time: at, Group: groupStep(rng, next)}
			if r.Group.Op <= market.GroupLeg {
				next++
			}
		case 8:
			r = &market.Record{Kind: market.RecordLatch, Time: at, Text: fmt.Sprint("latch ", i)}
		}
		out = append(out, r)
	}
	return out
}

// groupStep is something that happens to one of two groups.
func groupStep(rng *rand.Rand, next market.OrderID) *market.GroupRecord {
	r := &market.GroupRecord{Op: market.GroupOp(1 + rng.IntN(5)), Group: market.Group{ID: market.OrderID(1 + rng.IntN(2)), Stop: 3}}
	switch r.Op {
	case market.GroupBegin:
		r.Group = plan(r.Group.ID)
	case market.GroupEnd:
		if rng.IntN(4) > 0 { // else they would not grow old
			r.Op, r.Wish = market.GroupWish, market.WishWind
		}
	default:
		r.Op, r.Leg = market.GroupLeg, market.Leg{Order: next - 1, Role: market.RoleFirst, Qty: 3}
	}
	return r
}

// wrote writes records, a flush after each few, with a snapshot every so many bytes.
func wrote(t *testing.T, disk tape.FS, every int64, records []*market.Record) (acked int) {
	t.Helper()
	j, err := journal.OpenAs(disk, lookup, journal.Config{Snapshot: every})
	if err != nil {
		return 0
	}
	on(t, func(co *aio.Co) error {
		for i, r := range records {
			j.Append(r)
			if i%5 == 4 || i == len(records)-1 {
				if j.Sync(co) != nil {
					return nil
				}
				acked = i + 1
			}
		}
		return nil
	})
	return acked
}

// same compares two states in everything that a trader goes on with. Fills and problems are only those after a snapshot.
func same(a, b journal.State) bool {
	a.Fills, b.Fills, a.Torn, b.Torn, a.Problems, b.Problems = nil, nil, 0, 0, nil, nil
	return reflect.DeepEqual(a, b)
}

// Recovery from snapshots comes to the same as reading everything, at every length of the journal, and does not read what stands
// before the last snapshot.
func TestASnapshotComesToTheSame(t *testing.T) {
	records := history(600)
	for _, n := range []int{3, 50, 51, 200, 437, len(records)} {
		whole, cut := tape.Mem(), tape.Mem()
		wrote(t, whole, 0, records[:n])
		wrote(t, cut, 2000, records[:n])
		want, got := open(t, whole).State(), open(t, cut).State()
		if !same(got, want) {
			t.Fatalf("%d records:\n got %+v\nwant %+v", n, got, want)
		}
		count := 0
		for _, err := range journal.All(cut, lookup) {
			if count++; err != nil {
				t.Fatal(err)
			}
		}
		if count != n {
			t.Errorf("%d records for people, want %d", count, n)
		}
		segments, _ := tape.Segments(cut)
		if n < 400 {
			continue
		}
		if len(segments) < 4 {
			t.Errorf("%d records: only %d segments", n, len(segments))
		}
		for _, s := range segments[:len(segments)-2] {
			cut.Put(fmt.Sprintf("%010d.tape", s), []byte("not read"))
		}
		if j, err := journal.Open(cut, lookup); err != nil || !same(j.State(), want) {
			t.Errorf("with what stands before damaged: %v", err)
		}
	}
}

// The power fails at a byte, snapshots included: what was acknowledged is there, and what is there is a beginning of what was
// written.
func TestACrashAroundASnapshot(t *testing.T) {
	records := history(60)
	for stop := int64(1); ; stop += 7 {
		disk := tape.NewFaulty(tape.Mem(), tape.Faults{Stop: stop})
		acked := wrote(t, disk, 400, records)
		after := disk.Crash(int(stop % 50))
		j, err := journal.Open(after, lookup)
		if err != nil {
			t.Fatalf("after %d bytes: %v", stop, err)
		}
		got := j.State()
		if got.Records < acked || got.Records > len(records) {
			t.Fatalf("after %d bytes: %d records, %d were acknowledged", stop, got.Records, acked)
		}
		plain := tape.Mem()
		wrote(t, plain, 0, records[:got.Records])
		if want := open(t, plain).State(); !same(got, want) {
			t.Fatalf("after %d bytes:\n got %+v\nwant %+v", stop, got, want)
		}
		if acked == len(records) && !disk.Down() {
			return
		}
	}
}

// A snapshot of several records of the tape that was cut short after any of them counts for nothing, then and for ever: the records
// before it do, and those that were appended behind it.
func TestASnapshotThatIsNotWhole(t *testing.T) {
	whole := tape.Mem()
	wrote(t, whole, 0, history(12_000))
	want := open(t, whole).State()
	disk := tape.Mem()
	j, err := journal.OpenAs(disk, lookup, journal.Config{Snapshot: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range history(12_000) {
		j.Append(r)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if s := open(t, disk).State(); !same(s, want) {
		t.Fatal("the whole snapshot comes to something else")
	}
	const name = "0000000002.tape"
	b := disk.Bytes(name)
	cuts := 0
	for at := 20; at < len(b); cuts++ {
		cut := tape.Mem()
		cut.Put("0000000001.tape", disk.Bytes("0000000001.tape"))
		cut.Put(name, b[:at])
		j := open(t, cut)
		if !same(j.State(), want) {
			t.Fatalf("cut after %d of %d bytes, it comes to something else", at, len(b))
		}
		j.Append(intent(want.Next))
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if s := open(t, cut).State(); s.Records != want.Records+1 || s.Next != want.Next+1 {
			t.Fatalf("after %d bytes and one more record: %d records, next %d", at, s.Records, s.Next)
		}
		at += 16 + int(b[at]) + int(b[at+1])<<8 // a frame: its length, 12 bytes more, its payload
	}
	if cuts < 3 {
		t.Errorf("only %d records of the tape in a snapshot", cuts)
	}
}

// An order that ended with fills missing is still asked about; one that counted as refused comes back on proof that it lives.
func TestOrdersThatAreNotOver(t *testing.T) {
	disk := tape.Mem()
	wrote(t, disk, 1, []*market.Record{
		intent(1), {Kind: market.RecordUpdate, Update: market.Update{Order: 1, Status: market.StatusCanceled, Filled: 3, Venue: 9}},
		intent(2), {Kind: market.RecordOutcome, Command: market.Command{Op: market.OpPlace, ID: 2}, Outcome: market.Refused(-1, "")},
		{Kind: market.RecordUpdate, Update: market.Update{Order: 2, Status: market.StatusNew}},
		intent(3), {Kind: market.RecordReport, Command: market.Command{Op: market.OpPlace, ID: 3}, Report: market.Report{Kind: market.ProvenAbsent}},
		intent(4), {Kind: market.RecordFill, Fill: market.Fill{Instrument: btc, Order: 4, Trade: 1, Side: market.Sell, Qty: 2}},
	})
	s := open(t, disk).State()
	if len(s.Orders) != 3 {
		t.Fatalf("%+v", s.Orders)
	}
	one, two, four := s.Orders[0], s.Orders[1], s.Orders[2]
	if one.Ended != market.StatusCanceled || one.Reported != 3 || one.Filled != 0 || one.Venue != 9 {
		t.Errorf("ended, fills missing: %+v", one)
	}
	if two.Command.ID != 2 || !two.Accepted || four.Command.ID != 4 || four.Filled != 2 || !four.Accepted {
		t.Errorf("%+v %+v", two, four)
	}
	if len(s.Working) != 2 || len(s.Unresolved) != 0 {
		t.Errorf("working %v, unresolved %v", s.Working, s.Unresolved)
	}
}

// A damaged snapshot with valid records behind it is a hole, and refused.
func TestADamagedSnapshotIsRefused(t *testing.T) {
	disk := tape.Mem()
	wrote(t, disk, 2000, history(400))
	segments, _ := tape.Segments(disk)
	name := fmt.Sprintf("%010d.tape", segments[len(segments)-1])
	b := disk.Bytes(name)
	b[60] ^= 1
	disk.Put(name, b)
	if _, err := journal.Open(disk, lookup); !errors.Is(err, tape.ErrHole) || !strings.Contains(err.Error(), name) {
		t.Errorf("%v", err)
	}
}

// A journal is tied to its run, and says who opened it.
func TestRunAndBuild(t *testing.T) {
	disk := tape.Mem()
	for _, run := range []string{"a", "a", ""} {
		j, err := journal.OpenAs(disk, lookup, journal.Config{Build: "1.2", Run: run, Snapshot: 1})
		if err != nil || j.Close() != nil {
			t.Fatal(err)
		}
	}
	if s := open(t, disk).State(); s.Run != "a" || s.Build != "1.2" || s.Records != 3 {
		t.Errorf("%+v", s)
	}
	if _, err := journal.OpenAs(disk, lookup, journal.Config{Run: "b"}); !errors.Is(err, journal.ErrRun) || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("%v", err)
	}
}

// What recovery could not read is not written: the record is refused before anything is acknowledged.
func TestWhatCannotBeReadBackIsNotWritten(t *testing.T) {
	disk := tape.Mem()
	on(t, func(co *aio.Co) error {
		j := open(t, disk)
		j.Append(intent(1))
		if err := j.Sync(co); err != nil {
			return err
		}
		bad := intent(2)
		bad.Command.Instrument = &market.Instrument{Symbol: "NOBODY"}
		j.Append(bad)
		if err := j.Sync(co); err == nil || !strings.Contains(err.Error(), "NOBODY") || j.Err() == nil {
			t.Errorf("%v", err)
		}
		return nil
	})
	if s := open(t, disk).State(); s.Records != 1 || s.Next != 2 {
		t.Errorf("%+v", s)
	}
}

// Each fault of a disk: full, with and without a reserve, read-only, an I/O error, a short write. What was acknowledged is there
// afterwards; nothing is acknowledged after the fault, except from the reserve, and then the journal says so.
func TestFaultsOfTheDisk(t *testing.T) {
	records := history(200)
	for name, c := range map[string]struct {
		faults  tape.Faults
		reserve int64
		is      error
		low     bool
	}{
		"full":                {tape.Faults{Room: 2500}, 0, syscall.ENOSPC, false},
		"full with a reserve": {tape.Faults{Room: 4500}, 2000, syscall.ENOSPC, true},
		"read-only":           {tape.Faults{ReadOnly: 20}, 0, syscall.EROFS, false},
		"write error":         {tape.Faults{FailWrite: 20}, 0, tape.ErrInjected, false},
		"short write":         {tape.Faults{ShortWrite: 20}, 0, tape.ErrInjected, false},
		"fsync error":         {tape.Faults{FailSync: 20}, 0, tape.ErrInjected, false},
	} {
		disk := tape.NewFaulty(tape.Mem(), c.faults)
		acked, beforeLow := 0, 0
		j, err := journal.OpenAs(disk, lookup, journal.Config{Reserve: c.reserve})
		if err != nil {
			t.Fatal(name, err)
		}
		on(t, func(co *aio.Co) error {
			for i, r := range records {
				j.Append(r)
				if err = j.Sync(co); err != nil {
					break
				}
				if acked = i + 1; j.Low() == nil {
					beforeLow = acked
				}
			}
			return nil
		})
		if !errors.Is(err, c.is) || !errors.Is(err, tape.ErrBroken) || acked < 15 || acked == len(records) {
			t.Errorf("%s: %v after %d records", name, err, acked)
		}
		if low := acked > beforeLow; low != c.low || c.low && acked-beforeLow < 10 {
			t.Errorf("%s: low after %d of %d records", name, beforeLow, acked)
		}
		if s := open(t, disk.Crash(0)).State(); s.Records != acked {
			t.Errorf("%s: %d records survive, %d were acknowledged", name, s.Records, acked)
		}
	}
}

// Every type and time in force that an order may have is read back.
func TestEveryOrderTypeIsReadBack(t *testing.T) {
	disk := tape.Mem()
	j := open(t, disk)
	n := 0
	for typ := market.Limit; typ <= market.TrailingStopMarket; typ++ {
		for tif := market.TIF(0); tif <= market.GTD; tif++ {
			r := intent(market.OrderID(n + 1))
			r.Command.Type, r.Command.TIF = typ, tif
			j.Append(r)
			n++
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for r, err := range journal.All(disk, lookup) {
		if n--; err != nil || r.Command.Type < market.Limit {
			t.Fatal(err)
		}
	}
	if n != 0 {
		t.Errorf("%d records are missing", n)
	}
}

// Whatever a snapshot holds: no panic, and no state that was not written whole.
func FuzzSnapshot(f *testing.F) {
	disk := tape.Mem()
	j, err := journal.OpenAs(disk, lookup, journal.Config{Snapshot: 1})
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range history(80) {
		j.Append(r)
	}
	if err := j.Close(); err != nil {
		f.Fatal(err)
	}
	for b, err := range tape.AllFrom(disk, 2) {
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte(nil), b...))
		f.Add(append([]byte(nil), b[:len(b)/2]...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > tape.MaxRecord {
			return
		}
		disk := tape.Mem()
		tp, err := tape.Open(disk, tape.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tp.Append(b); err != nil {
			t.Fatal(err)
		}
		if err := tp.Close(); err != nil {
			t.Fatal(err)
		}
		j, err := journal.Open(disk, lookup)
		if err != nil {
			return
		}
		want := j.State()
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if again := open(t, disk).State(); !same(again, want) {
			t.Fatalf("read twice: %+v and %+v", want, again)
		}
	})
}
