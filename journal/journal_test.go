package journal_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"baton/aio"
	"baton/decimal"
	"baton/journal"
	"baton/market"
	"baton/tape"
)

var btc = &market.Instrument{Symbol: "BTCUSDT", Tick: decimal.MustParse("0.1"), Lot: decimal.MustParse("0.001")}

func lookup(symbol string) *market.Instrument {
	if symbol == btc.Symbol {
		return btc
	}
	return nil
}

func intent(id market.OrderID) *market.Record {
	return &market.Record{Kind: market.RecordIntent, Time: 1723161255030314667 + int64(id), Command: market.Command{
		Op: market.OpPlace, ID: id, Instrument: btc, Side: market.Sell, Type: market.Limit, TIF: market.GTX,
		Px: 618002, Qty: 10, ReduceOnly: id%2 == 0}}
}

// everyKind is one record of each kind, with every field that counts set.
func everyKind() []*market.Record {
	d := decimal.MustParse
	return []*market.Record{
		intent(1), intent(2),
		{Kind: market.RecordSent, Time: 3, Command: market.Command{Op: market.OpPlace, ID: 1}},
		{Kind: market.RecordOutcome, Time: 4, Command: market.Command{Op: market.OpPlace, ID: 1}, Outcome: market.Accepted()},
		{Kind: market.RecordOutcome, Time: 5, Command: market.Command{Op: market.OpPlace, ID: 2}, Outcome: market.Refused(-5022, "Post Only order will be rejected.")},
		{Kind: market.RecordOutcome, Time: 6, Command: market.Command{Op: market.OpCancel, ID: 1}, Outcome: market.Unknown()},
		{Kind: market.RecordUpdate, Time: 7, Update: market.Update{Instrument: btc, Order: 1, Venue: 1 << 60, ClientID: "b-1", Status: market.StatusPartiallyFilled, Filled: 4, Time: 8}},
		{Kind: market.RecordFill, Time: 9, Fill: market.Fill{Instrument: btc, Order: 1, Trade: 77, Side: market.Sell, Px: 618002, Qty: 4,
			Commission: d("0.04944016"), Asset: "USDT", Realised: d("-1.5"), Maker: true, Time: 10}},
		{Kind: market.RecordChange, Time: 11, Change: market.Change{Reason: market.ReasonFunding, Asset: "USDT", Amount: d("-0.00000001"), Wallet: d("9999.5"), Instrument: btc, Time: 12}},
		{Kind: market.RecordChange, Time: 13, Change: market.Change{Reason: market.ReasonDeposit, Asset: "USDT", Amount: d("5")}},
		{Kind: market.RecordNote, Time: -14, Text: "a note, größer than ASCII"},
		{Kind: market.RecordLatch, Time: 15, Text: "loss limit reached"},
		{Kind: market.RecordStart, Time: 16, Text: "build", Run: "run"},
		{Kind: market.RecordOpen, Time: 17, Change: market.Change{Reason: market.ReasonTransfer, Asset: "USDT", Amount: d("5"), Wallet: d("5"), Time: 3}},
		{Kind: market.RecordAdjust, Time: 18, Change: market.Change{Asset: "USDT", Amount: d("-5")}, Text: "why"},
		{Kind: market.RecordAdopt, Time: 19, Position: market.Position{Instrument: btc, Qty: -3, Entry: d("5.5")}, Text: "why"},
		{Kind: market.RecordReport, Time: 20, Command: market.Command{Op: market.OpPlace, ID: 7},
			Report: market.Report{Kind: market.Found, Status: market.StatusExpiredInMatch, Venue: 8, Filled: 9}},
		{Kind: market.RecordFill, Time: 21, Fill: market.Fill{Instrument: btc, Order: 1, Trade: 78, Side: market.Buy, Px: 1, Qty: 1, Recovered: true}},
		{Kind: market.RecordGroup, Time: 22, Group: &market.GroupRecord{Op: market.GroupBegin, Group: plan(9)}},
		{Kind: market.RecordGroup, Time: 23, Group: &market.GroupRecord{Op: market.GroupLeg, Group: market.Group{ID: 9},
			Leg: market.Leg{Order: 10, Role: market.RoleStop, Trigger: 590000, Qty: 3}}},
		{Kind: market.RecordGroup, Time: 24, Group: &market.GroupRecord{Op: market.GroupMove, Group: market.Group{ID: 9, Stop: 1, Take: 2}}},
		{Kind: market.RecordGroup, Time: 25, Group: &market.GroupRecord{Op: market.GroupWish, Group: market.Group{ID: 9}, Wish: market.WishClose}},
		{Kind: market.RecordGroup, Time: 26, Group: &market.GroupRecord{Op: market.GroupEnd, Group: market.Group{ID: 9}, Text: "stopped"}},
	}
}

// plan is a group with every field set.
func plan(id market.OrderID) market.Group {
	return market.Group{ID: id, Kind: market.GroupBracket, Instrument: btc, Guards: market.Buy, Stop: 590000, Take: 640000,
		First:    market.Ask{Side: market.Buy, Type: market.Limit, TIF: market.GTX, Px: 618000, Trigger: 5, Qty: 10},
		Second:   market.Ask{Side: market.Sell, Type: market.StopMarket, Trigger: 7, Qty: 2, ReduceOnly: true},
		Callback: decimal.MustParse("0.5"), Working: market.MarkPrice, Slices: 3, Every: 4, Show: 5, Bare: 2e9, Begun: 6}
}

// on runs main on a loop with a virtual clock.
func on(t testing.TB, main func(co *aio.Co) error) {
	t.Helper()
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (struct{}, error) {
		return struct{}{}, main(co)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, fs tape.FS) *journal.Journal {
	t.Helper()
	j, err := journal.Open(fs, lookup)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestEveryKindIsReadBackAsItWas(t *testing.T) {
	disk := tape.Mem()
	want := everyKind()
	on(t, func(co *aio.Co) error {
		j := open(t, disk)
		for _, r := range want {
			if j.Append(r) {
				t.Error("durable before a Sync")
			}
		}
		return errors.Join(j.Sync(co), j.Close())
	})
	i := 0
	for r, err := range journal.All(disk.Crash(0), lookup) {
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(r, want[i]) {
			t.Errorf("record %d:\n got %+v\nwant %+v", i, r, want[i])
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d records, want %d", i, len(want))
	}
	for _, err := range journal.All(disk, func(string) *market.Instrument { return nil }) {
		if err != nil && !strings.Contains(err.Error(), "record 1: it names BTCUSDT, which is not among the instruments") {
			t.Errorf("%v", err)
		}
	}
}

// slow is a disk whose Sync waits until it is let go, on the goroutine that flushes.
type slow struct {
	*tape.Memory
	syncs int
	gate  chan struct{}
}

type slowFile struct {
	tape.File
	of *slow
}

func (s *slow) Create(name string) (tape.File, error) {
	f, err := s.Memory.Create(name)
	return slowFile{f, s}, err
}

func (f slowFile) Sync() error {
	f.of.syncs++
	if f.of.gate != nil {
		<-f.of.gate
	}
	return f.File.Sync()
}

func TestTasksShareAFlushAndResumeInOrder(t *testing.T) {
	disk := &slow{Memory: tape.Mem()}
	on(t, func(co *aio.Co) error {
		j := open(t, disk)
		disk.gate = make(chan struct{})
		begun := disk.syncs
		var order []int
		err := aio.Group(co, func(co *aio.Co) error {
			for i := range 64 {
				aio.Start(co, fmt.Sprint(i), func(co *aio.Co) error {
					j.Append(intent(market.OrderID(i + 1)))
					err := j.Sync(co)
					order = append(order, i)
					return err
				})
			}
			for range 3 { // the first flush is under way, everybody else waits
				if err := co.Yield(); err != nil {
					return err
				}
			}
			if len(order) != 0 {
				t.Errorf("%v resumed before the disk had answered", order)
			}
			close(disk.gate)
			return nil
		})
		if err != nil {
			return err
		}
		if n := disk.syncs - begun; n != 2 {
			t.Errorf("%d flushes for 64 tasks, want 2: the first for the first, the second for all others", n)
		}
		for i, got := range order {
			if got != i {
				t.Fatalf("resumed in the order %v", order)
			}
		}
		return j.Close()
	})
}

func TestCancelledWaitersHarmNobody(t *testing.T) {
	disk := &slow{Memory: tape.Mem()}
	on(t, func(co *aio.Co) error {
		j := open(t, disk)
		disk.gate = make(chan struct{})
		return aio.Group(co, func(co *aio.Co) error {
			var tasks []*aio.Task[struct{}]
			for i := range 6 {
				tasks = append(tasks, aio.Start(co, fmt.Sprint(i), func(co *aio.Co) error {
					j.Append(intent(market.OrderID(i + 1)))
					err := j.Sync(co)
					if cancelled := i < 3; cancelled && i > 0 && !errors.Is(err, aio.ErrCancelled) {
						t.Errorf("task %d: %v", i, err)
					} else if !cancelled && err != nil {
						t.Errorf("task %d: %v", i, err)
					}
					return nil
				}))
			}
			for range 3 {
				if err := co.Yield(); err != nil {
					return err
				}
			}
			for _, task := range tasks[:3] { // the one that flushes, and the next two
				task.Cancel(nil)
			}
			close(disk.gate)
			for _, task := range tasks[3:] {
				if _, err := task.Await(co); err != nil {
					return err
				}
			}
			if n := folded(t, disk.Crash(0)).Records; n != 6 {
				t.Errorf("%d records are durable", n)
			}
			return nil
		})
	})
}

func folded(t testing.TB, fs tape.FS) journal.State {
	t.Helper()
	s, err := journal.Fold(journal.All(fs, lookup))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestADiskErrorReachesEverybodyAndSticks(t *testing.T) {
	disk := tape.NewFaulty(tape.Mem(), tape.Faults{FailSync: 3})
	on(t, func(co *aio.Co) error {
		j := open(t, disk)
		j.Append(intent(1))
		if err := j.Sync(co); err != nil {
			return err
		}
		failed := 0
		err := aio.Group(co, func(co *aio.Co) error {
			for i := range 5 {
				aio.Start(co, "", func(co *aio.Co) error {
					j.Append(intent(market.OrderID(i + 2)))
					if err := j.Sync(co); errors.Is(err, tape.ErrBroken) && errors.Is(err, tape.ErrInjected) {
						failed++
					}
					return nil
				})
			}
			return nil
		})
		syncs := disk.Syncs
		if j.Append(intent(9)) || j.Sync(co) == nil || j.Err() == nil || j.Close() == nil {
			t.Error("a broken journal goes on")
		}
		if failed != 5 || disk.Syncs != syncs {
			t.Errorf("%d of 5 were told, %d syncs after the error", failed, disk.Syncs-syncs)
		}
		return err
	})
	if s := folded(t, disk.Crash(0)); s.Records != 1 {
		t.Errorf("%d records survive, want the acknowledged one", s.Records)
	}
}

func TestTooMuchWithoutASyncBreaksIt(t *testing.T) {
	on(t, func(co *aio.Co) error {
		j := open(t, tape.Mem())
		note := &market.Record{Kind: market.RecordNote, Text: strings.Repeat("x", 4000)}
		n := 0
		for ; j.Err() == nil && n < 10_000; n++ {
			j.Append(note)
		}
		if err := j.Sync(co); !errors.Is(err, journal.ErrFull) || n < 1000 || n > 1100 {
			t.Errorf("after %d notes: %v", n, err)
		}
		return nil
	})
}

func TestALargeBatchIsSeveralTapeRecords(t *testing.T) {
	disk := tape.Mem()
	on(t, func(co *aio.Co) error {
		j := open(t, disk)
		for range 900 {
			j.Append(&market.Record{Kind: market.RecordNote, Text: strings.Repeat("x", 9000)}) // cut at 4,096
		}
		return errors.Join(j.Sync(co), j.Close())
	})
	n := 0
	for r, err := range journal.All(disk, lookup) {
		if err != nil || len(r.Text) != 4096 {
			t.Fatalf("%v, %d bytes", err, len(r.Text))
		}
		n++
	}
	records := 0
	for range tape.All(disk) {
		records++
	}
	if n != 900 || records != 4 {
		t.Errorf("%d notes in %d tape records", n, records)
	}
}

func TestCloseWritesWhatIsPending(t *testing.T) {
	disk := tape.Mem()
	j := open(t, disk)
	j.Append(intent(1))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if s := folded(t, disk.Crash(0)); s.Records != 1 {
		t.Errorf("%+v", s)
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	j := open(t, tape.Mem())
	r := intent(5)
	for range 2000 {
		j.Append(r)
	}
	on(t, func(co *aio.Co) error {
		for range 2 { // both buffers have grown
			for range 2000 {
				j.Append(r)
			}
			if err := j.Sync(co); err != nil {
				return err
			}
		}
		if n := testing.AllocsPerRun(1000, func() { j.Append(r) }); n != 0 {
			t.Errorf("%v allocations a record", n)
		}
		return nil
	})
	m := journal.NewMemory(10)
	if n := testing.AllocsPerRun(1000, func() { m.Append(r) }); n != 0 {
		t.Errorf("%v allocations a record in memory", n)
	}
}

func TestMemoryKeepsTheLast(t *testing.T) {
	m := journal.NewMemory(3)
	fill := market.Fill{Trade: 1}
	for i := range 5 {
		fill.Trade = int64(i)
		if !m.Append(&market.Record{Kind: market.RecordUpdate, Time: int64(i), Update: market.Update{Fill: &fill}}) {
			t.Error("memory is durable at once")
		}
	}
	var got []string
	for r := range m.All() {
		got = append(got, fmt.Sprint(r.Time, r.Update.Fill.Trade))
	}
	if fmt.Sprint(got) != "[2 2 3 3 4 4]" || m.Count() != 5 || m.Sync(nil) != nil {
		t.Errorf("%v of %d", got, m.Count())
	}
	none := journal.NewMemory(0)
	none.Append(intent(1))
	for range none.All() {
		t.Error("a record was kept")
	}
	if none.Count() != 1 {
		t.Error("not counted")
	}
}
