package flow

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"baton/market"
)

// Limits of a tape: entries of each kind, and instruments.
const (
	MaxEntries     = math.MaxUint32
	MaxInstruments = math.MaxUint16
)

// ErrTape: an event that a tape cannot hold.
var ErrTape = errors.New("flow: event cannot be taped")

// Tape is a recording in memory: one column a kind of event, and one that says what comes when. The zero value is empty and
// ready for Append; Seal it before it is read. It may be read by several players at once, since reading changes nothing.
//
// An entry costs 16 bytes plus the event's own struct; a row of a diff or snapshot 16 bytes.
type Tape struct {
	at        []market.Nanos
	entries   []entry
	quotes    []market.Quote
	trades    []market.Trade
	diffs     []market.Diff
	snapshots []market.Snapshot
	marks     []market.Mark
	list      []*market.Instrument
	rows      []market.Level // the chunk being filled
	dropped   int
}

type entry struct {
	index      uint32 // in the column of its kind
	instrument uint16
	kind       market.EventKind
}

// chunk is how many rows are allocated at once. A chunk never moves, so that diffs can point into it.
const chunk = 1 << 14

// Append copies an event to the end of the tape. Events of one instrument come in the order in which they were received;
// instruments may be appended one after the other, Seal merges them. ErrTape where the event names no instrument or kind, or
// the tape is full.
func (t *Tape) Append(ev *market.Event) error {
	if ev.Instrument == nil {
		return fmt.Errorf("%w: it names no instrument", ErrTape)
	}
	if len(t.at) >= MaxEntries {
		return fmt.Errorf("%w: it is full at %d events: use a shorter part of the recording", ErrTape, len(t.at))
	}
	i, err := t.instrument(ev.Instrument)
	if err != nil {
		return err
	}
	n, err := t.keep(ev)
	if err != nil {
		return err
	}
	t.at = append(t.at, ev.Received)
	t.entries = append(t.entries, entry{uint32(n), uint16(i), ev.Kind})
	return nil
}

func (t *Tape) instrument(in *market.Instrument) (int, error) {
	i := slices.Index(t.list, in)
	if i >= 0 {
		return i, nil
	}
	if len(t.list) == MaxInstruments {
		return 0, fmt.Errorf("%w: more than %d instruments", ErrTape, MaxInstruments)
	}
	t.list = append(t.list, in)
	return len(t.list) - 1, nil
}

// keep copies what the event's kind names into its column and returns where.
func (t *Tape) keep(ev *market.Event) (int, error) {
	switch ev.Kind {
	case market.EventQuote:
		t.quotes = append(t.quotes, ev.Quote)
		return len(t.quotes) - 1, nil
	case market.EventTrade, market.EventAgg:
		t.trades = append(t.trades, ev.Trade)
		return len(t.trades) - 1, nil
	case market.EventDiff:
		d := ev.Diff
		d.Bids, d.Asks = t.copy(d.Bids), t.copy(d.Asks)
		t.diffs = append(t.diffs, d)
		return len(t.diffs) - 1, nil
	case market.EventSnapshot:
		s := ev.Snapshot
		s.Bids, s.Asks = t.copy(s.Bids), t.copy(s.Asks)
		t.snapshots = append(t.snapshots, s)
		return len(t.snapshots) - 1, nil
	case market.EventMark:
		t.marks = append(t.marks, ev.Mark)
		return len(t.marks) - 1, nil
	case market.EventGap:
		return 0, nil
	}
	return 0, fmt.Errorf("%w: kind %d is unknown", ErrTape, ev.Kind)
}

func (t *Tape) copy(rows []market.Level) []market.Level {
	if cap(t.rows)-len(t.rows) < len(rows) {
		t.rows = make([]market.Level, 0, max(chunk, len(rows)))
	}
	from := len(t.rows)
	t.rows = append(t.rows, rows...)
	return t.rows[from:len(t.rows):len(t.rows)]
}

// Seal makes the tape ready to be read; it may be called again after further Appends.
//
// It merges instruments by the time of receipt, equal times in the order of Append. It puts the first snapshot of each
// instrument to the front, as of the tape's first time: a recorder fetches the snapshot after it subscribed, and the diffs
// that the snapshot does not hold may stand before it in the recording. And it drops aggregate trades of instruments
// whose single trades were recorded, since both say the same.
func (t *Tape) Seal() {
	n := len(t.at)
	if n == 0 {
		return
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(t.at[a], t.at[b]) })
	start := t.at[order[0]]
	front, single := t.firstSnapshots(order), t.single()
	at, entries := make([]market.Nanos, 0, n), make([]entry, 0, n)
	for _, i := range front {
		if i >= 0 {
			at, entries = append(at, start), append(entries, t.entries[i])
		}
	}
	for _, i := range order {
		e := t.entries[i]
		if e.kind == market.EventAgg && single[e.instrument] {
			t.dropped++
			continue
		}
		if e.kind != market.EventSnapshot || front[e.instrument] != i {
			at, entries = append(at, t.at[i]), append(entries, e)
		}
	}
	t.at, t.entries = at, entries
}

func compare(a, b market.Nanos) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// firstSnapshots gives the entry of each instrument's first snapshot, -1 where it has none.
func (t *Tape) firstSnapshots(order []int) []int {
	front := make([]int, len(t.list))
	for i := range front {
		front[i] = -1
	}
	for _, i := range order {
		if e := t.entries[i]; e.kind == market.EventSnapshot && front[e.instrument] < 0 {
			front[e.instrument] = i
		}
	}
	return front
}

// single says for each instrument whether its single trades are on the tape.
func (t *Tape) single() []bool {
	single := make([]bool, len(t.list))
	for _, e := range t.entries {
		if e.kind == market.EventTrade {
			single[e.instrument] = true
		}
	}
	return single
}

// Len is the number of entries.
func (t *Tape) Len() int { return len(t.at) }

// Instruments are the instruments on the tape, in the order in which they were first appended; entries name them by index.
func (t *Tape) Instruments() []*market.Instrument { return t.list }

// At is when entry i was received.
func (t *Tape) At(i int) market.Nanos { return t.at[i] }

// Times are the times of all entries, in order; the tape's own, not to be changed.
func (t *Tape) Times() []market.Nanos { return t.at }

// Kind is what entry i is, and of which of [Tape.Instruments].
func (t *Tape) Kind(i int) (kind market.EventKind, instrument int) {
	e := &t.entries[i]
	return e.kind, int(e.instrument)
}

// Quote is entry i where that is a quote. Like the other columns, it is the tape's own: do not change it.
func (t *Tape) Quote(i int) *market.Quote { return &t.quotes[t.entries[i].index] }

// Trade is entry i where that is a trade or an aggregate trade.
func (t *Tape) Trade(i int) *market.Trade { return &t.trades[t.entries[i].index] }

// Diff is entry i where that is a diff.
func (t *Tape) Diff(i int) *market.Diff { return &t.diffs[t.entries[i].index] }

// Snapshot is entry i where that is a snapshot.
func (t *Tape) Snapshot(i int) *market.Snapshot { return &t.snapshots[t.entries[i].index] }

// Mark is entry i where that is a mark price.
func (t *Tape) Mark(i int) *market.Mark { return &t.marks[t.entries[i].index] }

// All goes through the tape as events. The event is the same one each time, and is good until the next step.
func (t *Tape) All() iter.Seq[*market.Event] {
	return func(yield func(*market.Event) bool) {
		var ev market.Event
		for i := range t.at {
			t.event(i, &ev)
			if !yield(&ev) {
				return
			}
		}
	}
}

func (t *Tape) event(i int, ev *market.Event) {
	e := t.entries[i]
	ev.Kind, ev.Instrument, ev.Received = e.kind, t.list[e.instrument], t.at[i]
	switch e.kind {
	case market.EventQuote:
		ev.Quote = t.quotes[e.index]
	case market.EventTrade, market.EventAgg:
		ev.Trade = t.trades[e.index]
	case market.EventDiff:
		ev.Diff = t.diffs[e.index]
	case market.EventSnapshot:
		ev.Snapshot = t.snapshots[e.index]
	case market.EventMark:
		ev.Mark = t.marks[e.index]
	}
}
