// Package catalog reads recorded market data: raw captures of Binance streams as one iterator of market.Event in the order
// in which they were received, and CSV files of bars and of funding rates.
//
// A raw capture is a text file, plain, gzip or zstd, of lines `<receive time> <frame>`: the recorder's clock as a count since
// the Unix epoch (nanoseconds, microseconds or milliseconds, told apart by size) and one frame as it came from the socket, bare
// or wrapped as {"stream","data"}. A line whose frame is a reply of GET /depth is the snapshot of the book.
//
//	rec, err := catalog.Open("usdm_BTCUSDT_20240808.gz", catalog.Options{Instruments: table})
//	if err != nil {
//		return err
//	}
//	for ev, err := range rec.All() {
//		if err != nil {
//			return err // what was whole has been delivered
//		}
//		use(ev) // borrowed until the next step
//	}
//	fmt.Println(rec.Report())
//
// A [Recording] owns its open file, buffers and the event that it lends; it belongs to one goroutine. Reading never changes a
// file, never sorts, and never passes over something silently: what was skipped, clamped or shifted stands in the [Report].
// One pass over a recording allocates a few buffers and nothing a line.
package catalog

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"baton/market"
)

// What is wrong with a file, for errors.Is.
var (
	ErrEmpty     = errors.New("the file is empty")
	ErrTruncated = errors.New("the file ends early")
	ErrFormat    = errors.New("this is no recording")
	ErrSymbol    = errors.New("not among the instruments")
)

// Options say how a capture is read.
type Options struct {
	Instruments []*market.Instrument // whose events are wanted; an event of another symbol is refused with advice
	Strict      bool                 // the first line that cannot be used ends the reading with a [LineError]
}

// LineError is a line that could not be used, with its place.
type LineError struct {
	File   string
	Line   int   // from 1
	Offset int64 // of the line's first byte in the decompressed file
	Err    error
}

// Error names the place and the cause.
func (e *LineError) Error() string {
	return fmt.Sprintf("%s: line %s (byte %s): %v", e.File, commas(int64(e.Line)), commas(e.Offset), e.Err)
}

// Unwrap is the cause.
func (e *LineError) Unwrap() error { return e.Err }

// Report says what a pass over a recording has met so far.
type Report struct {
	Lines     int    // read, good or bad
	Events    int    // delivered, gaps not counted
	Quotes    int    // bookTicker
	Trades    int    // trade
	Aggs      int    // aggTrade
	Diffs     int    // depthUpdate
	Snapshots int    // replies of GET /depth
	Marks     int    // markPriceUpdate
	Gaps      int    // breaks of a symbol's chain of diffs, delivered as market.EventGap
	Bad       int    // lines that were skipped because they make no sense
	FirstBad  string // the first of them: file, line, byte offset and why
	Other     int    // lines of streams that market has no event for (klines, empty trades)
	Backwards int    // receive times that ran backwards and were set to the one before
	// Latency is the least of receive time minus event time (E). Where it is negative the recorder's clock was behind the
	// exchange's: Rebased = -Latency was then taken off every event's E and T, so that nothing is received before it
	// happened. Receive times, which give the order, are never changed by it.
	Latency market.Nanos
	Rebased market.Nanos
}

// String is one line for people.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s events (%s quotes, %s trades, %s diffs, %d snapshots, %s marks), %d gaps", commas(int64(r.Events)),
		commas(int64(r.Quotes)), commas(int64(r.Trades+r.Aggs)), commas(int64(r.Diffs)), r.Snapshots, commas(int64(r.Marks)), r.Gaps)
	if r.Bad > 0 {
		fmt.Fprintf(&b, ", %d bad lines skipped (first: %s)", r.Bad, r.FirstBad)
	}
	if r.Other > 0 {
		fmt.Fprintf(&b, ", %d lines of other kinds skipped", r.Other)
	}
	if r.Backwards > 0 {
		fmt.Fprintf(&b, ", %d receive times ran backwards", r.Backwards)
	}
	if r.Rebased > 0 {
		fmt.Fprintf(&b, ", recorder's clock %.1f ms behind, event times re-based", float64(r.Rebased)/1e6)
	}
	return b.String()
}

// Recording is one capture of one or several files, in order. It can be read any number of times, one pass at a time.
type Recording struct {
	paths    []string
	opt      Options
	first    head
	surveyed *survey // what a first look at every line found; nil until it is needed
	report   Report
}

// Open looks at the beginning of a capture: that it is one, and that its symbol is among the instruments. path is one file, or
// several parts of one continuous capture, in order, joined by commas ("x_part1.gz,x_part2.gz").
func Open(path string, opt Options) (*Recording, error) {
	return OpenParts(strings.Split(path, ","), opt)
}

// OpenParts is [Open] for a list of parts.
func OpenParts(paths []string, opt Options) (*Recording, error) {
	if len(paths) == 0 || paths[0] == "" {
		return nil, errors.New("no file named: give the path of a recording")
	}
	r := &Recording{paths: paths, opt: opt}
	for i, p := range paths {
		h, err := peek(p, opt)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			r.first = h
		}
		if h.of != r.first.of {
			return nil, fmt.Errorf("%s is a recording of %s and %s one of %s: parts of one recording are of one symbol; open the two apart and merge them",
				paths[0], r.first.of.Symbol, p, h.of.Symbol)
		}
	}
	return r, nil
}

// OpenAll opens files that may be of several symbols: consecutive parts of one symbol whose receive times follow each other
// become one recording, in the order given. Use [Merge] to read them together.
func OpenAll(paths []string, opt Options) ([]*Recording, error) {
	var all []*Recording
	for _, p := range paths {
		r, err := Open(p, opt)
		if err != nil {
			return nil, err
		}
		if n := len(all) - 1; n >= 0 && all[n].first.of == r.first.of && all[n].first.first < r.first.first {
			all[n].paths = append(all[n].paths, r.paths...)
			continue
		}
		all = append(all, r)
	}
	return all, nil
}

// Paths are the files, in order.
func (r *Recording) Paths() []string { return r.paths }

// Instrument is whose the first event is.
func (r *Recording) Instrument() *market.Instrument { return r.first.of }

// First is the receive time of the first line: where a backtest starts its clock.
func (r *Recording) First() market.Nanos { return r.first.first }

// Last is the receive time of the last line. The first call reads the files once, as does [Recording.Snapshot] and the first pass.
func (r *Recording) Last() market.Nanos { return r.survey().last }

// Snapshot is the first snapshot of an instrument's book, wherever it stands in the recording: diffs before its line may well
// follow it in the chain. ok is false where there is none. The rows are the recording's: do not change them.
func (r *Recording) Snapshot(in *market.Instrument) (s market.Snapshot, ok bool) {
	s, ok = r.survey().snapshots[in]
	return s, ok
}

// Report is about the last pass, or the one that is under way.
func (r *Recording) Report() Report { return r.report }

// All goes through the events in the order in which they were received. The event is borrowed until the next step. An error is
// the last step; everything that was whole before it has been delivered.
func (r *Recording) All() iter.Seq2[*market.Event, error] {
	return func(yield func(*market.Event, error) bool) {
		c := newCursor(r)
		defer c.close()
		for c.next() {
			if !yield(&c.ev, nil) {
				return
			}
		}
		if c.err != nil {
			yield(nil, c.err)
		}
	}
}

// commas writes 1234567 as 1,234,567.
func commas(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
