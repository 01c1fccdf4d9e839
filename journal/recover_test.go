package journal_test

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"testing"

	"baton/aio"
	"baton/journal"
	"baton/market"
	"baton/tape"
)

// script makes records of short lines: "place 1", "cancel 1", "sent place 1", "accepted place 1", "refused cancel 1",
// "unknown place 1", "status 1 CANCELED", "fill 1 TRADE QTY", "latch TEXT".
func script(t *testing.T, text string) iter.Seq2[*market.Record, error] {
	t.Helper()
	ops := map[string]market.Op{"place": market.OpPlace, "cancel": market.OpCancel}
	return func(yield func(*market.Record, error) bool) {
		for line := range strings.SplitSeq(text, ";") {
			w := strings.Fields(line)
			var r market.Record
			var id int64
			number := func(s string) (n int64) {
				if _, err := fmt.Sscan(s, &n); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				return n
			}
			switch w[0] {
			case "place", "cancel":
				r = *intent(market.OrderID(number(w[1])))
				r.Command.Op = ops[w[0]]
			case "sent", "accepted", "refused", "unknown":
				r.Kind = market.RecordOutcome
				r.Command = market.Command{Op: ops[w[1]], ID: market.OrderID(number(w[2]))}
				switch w[0] {
				case "sent":
					r.Kind = market.RecordSent
				case "accepted":
					r.Outcome = market.Accepted()
				case "refused":
					r.Outcome = market.Refused(-2010, "")
				}
			case "status":
				id = number(w[1])
				r = market.Record{Kind: market.RecordUpdate, Update: market.Update{Order: market.OrderID(id)}}
				for r.Update.Status.String() != w[2] {
					r.Update.Status++
				}
			case "fill":
				id = number(w[1])
				r = market.Record{Kind: market.RecordFill, Fill: market.Fill{Instrument: btc, Order: market.OrderID(id), Trade: number(w[2]), Qty: market.Lots(number(w[3]))}}
			case "latch":
				r = market.Record{Kind: market.RecordLatch, Text: strings.Join(w[1:], " ")}
			default:
				t.Fatalf("%q is no line of a script", line)
			}
			if !yield(&r, nil) {
				return
			}
		}
	}
}

func TestWhatAJournalComesTo(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"place 1", "next 2 unresolved place 1"},
		{"place 7; place 3; sent place 3", "next 8 unresolved place 3 sent, place 7"},
		{"place 1; accepted place 1", "next 2 working 1"},
		{"place 1; refused place 1", "next 2"},
		{"place 1; sent place 1; unknown place 1", "next 2 unresolved place 1 sent"},
		{"place 1; status 1 NEW", "next 2 working 1"},
		{"place 1; status 1 CANCELED; accepted place 1", "next 2"},
		{"place 1; fill 1 5 4", "next 2 working 1 fills 5"},
		{"place 1; fill 1 5 4; fill 1 5 4; fill 1 6 6", "next 2 fills 5 6"},
		{"place 1; accepted place 1; cancel 1", "next 2 unresolved cancel 1 working 1"},
		{"place 1; accepted place 1; cancel 1; accepted cancel 1", "next 2 working 1"},
		{"place 1; accepted place 1; cancel 1; refused cancel 1; cancel 1; sent cancel 1", "next 2 unresolved cancel 1 sent working 1"},
		{"place 1; accepted place 1; cancel 1; status 1 CANCELED", "next 2"},
		{"place 1; cancel 1", "next 2 unresolved place 1, cancel 1"},
		{"fill 99 1 5; status 98 NEW; accepted place 97", "next 1 fills 1"},
		{"latch loss limit", "next 1 latch loss limit"},
		{"latch loss limit; latch", "next 1"},
	} {
		s, err := journal.Fold(script(t, c.text))
		if err != nil {
			t.Fatal(err)
		}
		if got := summary(s); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func summary(s journal.State) string {
	var out strings.Builder
	out.WriteString(fmt.Sprint("next ", s.Next))
	for i, p := range s.Unresolved {
		out.WriteString([]string{" unresolved ", ", "}[min(i, 1)] + fmt.Sprint(p.Command.Op, " ", p.Command.ID))
		if p.Sent {
			out.WriteString(" sent")
		}
	}
	for i, c := range s.Working {
		out.WriteString([]string{" working ", ", "}[min(i, 1)] + fmt.Sprint(c.ID))
	}
	for i, f := range s.Fills {
		out.WriteString([]string{" fills ", " "}[min(i, 1)] + fmt.Sprint(f.Trade))
	}
	if s.Latch != "" {
		out.WriteString(" latch " + s.Latch)
	}
	return out.String()
}

// The process dies after every byte that the journal writes. Every record whose Sync returned is there afterwards, and those that
// are there are the first ones.
func TestACrashAtAnyByteLosesNothingAcknowledged(t *testing.T) {
	for stop := int64(1); ; stop++ {
		disk := tape.NewFaulty(tape.Mem(), tape.Faults{Stop: stop})
		acked := 0
		j, err := journal.Open(disk, lookup)
		if err == nil {
			on(t, func(co *aio.Co) error {
				for i := range market.OrderID(12) {
					j.Append(intent(i + 1))
					if i%3 != 1 {
						if j.Sync(co) != nil {
							return nil
						}
						acked = int(i) + 1
					}
				}
				return nil
			})
		}
		if !disk.Down() {
			if acked != 12 || stop < 400 {
				t.Fatalf("%d acknowledged in %d bytes", acked, stop)
			}
			return
		}
		for _, keep := range []int{0, 20, 1 << 20} {
			again, err := journal.Open(disk.Crash(keep), lookup)
			if err != nil {
				t.Fatalf("byte %d, %d kept: %v", stop, keep, err)
			}
			s := again.State()
			if s.Records < acked || len(s.Unresolved) != s.Records || s.Next != market.OrderID(s.Records+1) {
				t.Fatalf("byte %d, %d kept: %d acknowledged, %+v", stop, keep, acked, s)
			}
		}
	}
}

func TestATornWriteIsReported(t *testing.T) {
	disk := tape.Mem()
	j := open(t, disk)
	j.Append(intent(1))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	names, _ := disk.List()
	disk.Put(names[0], append(disk.Bytes(names[0]), 1, 2, 3))
	if s := open(t, disk).State(); s.Torn != 3 || s.Records != 1 {
		t.Errorf("%+v", s)
	}
}

func TestAHoleIsRefused(t *testing.T) {
	disk := tape.NewFaulty(tape.Mem(), tape.Faults{LoseWrite: 3})
	on(t, func(co *aio.Co) error {
		j := open(t, disk)
		for i := range market.OrderID(4) {
			j.Append(intent(i + 1))
			if err := j.Sync(co); err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := journal.Open(disk.Crash(0), lookup); !errors.Is(err, tape.ErrHole) {
		t.Errorf("%v", err)
	}
}

// Whatever an entry holds: no panic, and what is read is written back the same.
func FuzzEntries(f *testing.F) {
	disk := tape.Mem()
	j := open(f, disk)
	for _, r := range everyKind() {
		j.Append(r)
	}
	if err := j.Close(); err != nil {
		f.Fatal(err)
	}
	for b, err := range tape.All(disk) {
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte(nil), b...))
		f.Add(append([]byte(nil), b[:len(b)-2]...))
	}
	f.Add([]byte{0x84, 0x00, 2, 8, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > tape.MaxRecord {
			return
		}
		first, again := tape.Mem(), tape.Mem()
		tp, err := tape.Open(first, tape.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tp.Append(b); err != nil {
			t.Fatal(err)
		}
		if err := tp.Close(); err != nil {
			t.Fatal(err)
		}
		j := open(t, again)
		var read []market.Record
		for r, err := range journal.All(first, lookup) {
			if err != nil {
				return
			}
			read = append(read, *r)
			j.Append(r)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		i := 0
		for r, err := range journal.All(again, lookup) {
			if err != nil || !reflect.DeepEqual(*r, read[i]) {
				t.Fatalf("%v: %+v became %+v", err, read[i], r)
			}
			i++
		}
		if i != len(read) {
			t.Fatalf("%d records became %d", len(read), i)
		}
		if _, err := journal.Fold(journal.All(again, lookup)); err != nil {
			t.Fatal(err)
		}
	})
}
