package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"baton/market"
)

// Kinds of file.
const (
	KindCapture   = "capture"
	KindKlines    = "klines"
	KindTrades    = "trades"
	KindAggTrades = "aggTrades"
	KindFunding   = "funding"
)

// gapsKept is how many of its holes a finding names; all are counted.
const gapsKept = 20

// symbolsMax bounds the symbols that one capture is followed for.
const symbolsMax = 2_000

// Finding is what a file holds and what is wrong with it, found without knowing any instrument: order, holes, damage.
type Finding struct {
	Path      string         `json:"path"`
	Kind      string         `json:"kind"`
	Packed    string         `json:"packed,omitempty"` // gzip, zstd, zip; empty: plain text
	Symbols   []string       `json:"symbols,omitempty"`
	Bytes     int64          `json:"bytes"` // of the file as it lies there
	Rows      int            `json:"rows"`  // lines of a capture, rows of a table
	First     market.Nanos   `json:"first"` // time of the first row: receive time of a capture, open time of a bar
	Last      market.Nanos   `json:"last"`
	Streams   map[string]int `json:"streams,omitempty"` // of a capture: events by their name
	Step      market.Nanos   `json:"step,omitempty"`    // of klines: from one open time to the next
	Gaps      int            `json:"gaps"`              // breaks of a depth chain, missing bars, missing ids
	FirstGaps []Gap          `json:"first_gaps,omitempty"`
	Backwards int            `json:"backwards"` // rows whose time, or id, is before that of the row before
	Bad       int            `json:"bad"`       // rows that cannot be read
	FirstBad  string         `json:"first_bad,omitempty"`
	Damage    string         `json:"damage,omitempty"` // why the file could not be read to its end
}

// Gap is one hole: after After, before Before (update ids, trade ids or milliseconds); Missing counts what was left out, -1 where
// it cannot be known.
type Gap struct {
	Symbol  string       `json:"symbol,omitempty"`
	Time    market.Nanos `json:"time"` // of the row behind the hole
	After   int64        `json:"after"`
	Before  int64        `json:"before"`
	Missing int64        `json:"missing"`
}

// Sound says that nothing was found to be wrong.
func (f *Finding) Sound() bool {
	return f.Gaps == 0 && f.Backwards == 0 && f.Bad == 0 && f.Damage == ""
}

// Examine reads a file to its end and tells what it is. An error: it is none of the kinds, or cannot be opened; damage further
// down stands in the finding. progress, where not nil, is told now and then how many rows were read.
func Examine(path string, progress func(rows int)) (Finding, error) {
	f := Finding{Path: path}
	in, err := openLines(path)
	if err != nil {
		return f, err
	}
	defer in.close()
	if st, err := os.Stat(path); err == nil {
		f.Bytes = st.Size()
	}
	f.Packed = in.packed
	first, err := in.next()
	if err != nil {
		if err == io.EOF {
			err = fmt.Errorf("%s: %w: it has no line", path, ErrEmpty)
		}
		return f, err
	}
	x := examiner{f: &f, in: in, books: map[string]int64{}}
	row, err := x.rowOf(first)
	if err != nil {
		return f, err
	}
	for line := first; ; {
		if line != nil {
			if f.Rows++; progress != nil && f.Rows%10_000 == 0 {
				progress(f.Rows)
			}
			if err := row(line); err != nil {
				x.bad(err)
			}
		}
		if line, err = in.next(); err == io.EOF {
			break
		} else if err == errLongLine {
			f.Rows, line = f.Rows+1, nil
			x.bad(err)
		} else if err != nil {
			f.Damage = err.Error()
			break
		}
	}
	slices.Sort(f.Symbols)
	return f, nil
}

// examiner is the state of one pass.
type examiner struct {
	f      *Finding
	in     *lines
	books  map[string]int64 // last update id of each symbol's depth chain
	id     int64            // of a table: the last
	header bool             // the first line was one: it is no row
	frame  captureFrame
}

func (x *examiner) bad(err error) {
	x.f.Bad++
	if x.f.FirstBad == "" {
		x.f.FirstBad = (&LineError{File: x.in.path, Line: x.in.line, Offset: x.in.offset, Err: err}).Error()
	}
}

func (x *examiner) gap(g Gap) {
	x.f.Gaps++
	if len(x.f.FirstGaps) < gapsKept {
		x.f.FirstGaps = append(x.f.FirstGaps, g)
	}
}

// at notes the time of a row.
func (x *examiner) at(t market.Nanos) {
	switch {
	case x.f.First == 0:
		x.f.First, x.f.Last = t, t
	case t < x.f.Last:
		x.f.Backwards++
	default:
		x.f.Last = t
	}
}

// The columns of tables without a header, as the archive wrote them before 2022, by their number.
var bareTables = map[int]string{
	12: "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore",
	7:  "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
	6:  "id,price,qty,quote_qty,time,is_buyer_maker",
}

// rowOf finds out what the first line is, and how each row is read.
func (x *examiner) rowOf(first []byte) (func([]byte) error, error) {
	if _, _, err := split(first); err == nil {
		x.f.Kind = KindCapture
		x.f.Streams = map[string]int{}
		return x.captured, nil
	}
	header := string(first)
	if n := strings.Count(header, ",") + 1; n > 1 && header[0] >= '0' && header[0] <= '9' {
		header = bareTables[n]
	} else {
		x.header = true
	}
	cols := strings.Split(header, ",")
	has := func(names ...string) int {
		return slices.IndexFunc(cols, func(c string) bool { return slices.Contains(names, c) })
	}
	switch {
	case has("open_time", "timestamp") >= 0 && has("open") >= 0:
		x.f.Kind = KindKlines
		return x.table(len(cols), has("open_time", "timestamp"), -1, x.bar), nil
	case has("agg_trade_id") >= 0:
		x.f.Kind = KindAggTrades
		return x.table(len(cols), has("transact_time"), has("agg_trade_id"), x.trade), nil
	case has("id") == 0 && has("time") > 0:
		x.f.Kind = KindTrades
		return x.table(len(cols), has("time"), 0, x.trade), nil
	case has("fundingTime", "calc_time") >= 0:
		x.f.Kind = KindFunding
		return x.table(len(cols), has("fundingTime", "calc_time"), -1, func(int64, int64) error { return nil }), nil
	}
	return nil, fmt.Errorf("%s: %w: its first line is neither `<receive time> <JSON frame>` nor the header of klines, trades, aggTrades or funding rates: %.60q",
		x.f.Path, ErrFormat, first)
}

// table reads rows of numbers: the time in milliseconds in column at, the id in column id (-1: none).
func (x *examiner) table(width, at, id int, row func(ms, id int64) error) func([]byte) error {
	return func(line []byte) error {
		if x.header {
			x.header = false
			x.f.Rows--
			return nil
		}
		var ms, n int64
		var err error
		i := 0
		for cell := range bytes.SplitSeq(line, []byte{','}) {
			if i == at || i == id {
				v, e := strconv.ParseInt(string(cell), 10, 64)
				if e != nil || v < 0 {
					err = fmt.Errorf("column %d is no whole number: %.40q", i+1, cell)
				}
				if i == at {
					ms = v
				} else {
					n = v
				}
			}
			i++
		}
		if i != width {
			return fmt.Errorf("%d columns where the header has %d", i, width)
		}
		if err != nil {
			return err
		}
		if ms > maxMillis {
			ms /= 1000 // the archive's newer files count microseconds
		}
		if err := row(ms, n); err != nil {
			return err
		}
		x.at(ms * 1_000_000)
		return nil
	}
}

// maxMillis is far beyond any time in milliseconds, and before any in microseconds: the year 2286.
const maxMillis = 9_999_999_999_999

// bar checks that each bar follows the one before.
func (x *examiner) bar(ms, _ int64) error {
	open := ms * 1_000_000
	if x.f.First == 0 {
		return nil
	}
	step := open - x.f.Last
	switch {
	case step <= 0:
		return fmt.Errorf("it opens at %d, not after the bar before", ms)
	case x.f.Step == 0:
		x.f.Step = step
	case step != x.f.Step:
		x.gap(Gap{Time: open, After: x.f.Last / 1_000_000, Before: ms, Missing: step/x.f.Step - 1})
	}
	return nil
}

// trade checks that ids count up by one.
func (x *examiner) trade(ms, id int64) error {
	switch {
	case x.f.Rows == 1 || x.id == 0:
	case id <= x.id:
		x.f.Backwards++
	case id != x.id+1:
		x.gap(Gap{Time: ms * 1_000_000, After: x.id, Before: id, Missing: id - x.id - 1})
	}
	x.id = id
	return nil
}

// captureFrame is what has to be known of a frame to follow it.
type captureFrame struct {
	Stream string          `json:"stream"`
	Data   json.RawMessage `json:"data"`
	frameKeys
}

type frameKeys struct {
	Event  string `json:"e"`
	Symbol string `json:"s"`
	First  int64  `json:"U"`
	Last   int64  `json:"u"`
	Prev   *int64 `json:"pu"`
	ID     *int64 `json:"lastUpdateId"`
	Time   int64  `json:"E"`
}

var errNoEvent = errors.New("a frame that names neither event nor snapshot")

// captured follows one line of a capture. encoding/json matches keys without regard to case, so the keys that differ by case
// alone are all named above.
func (x *examiner) captured(line []byte) error {
	at, frame, err := split(line)
	if err != nil {
		return err
	}
	x.frame = captureFrame{}
	if err := json.Unmarshal(frame, &x.frame); err != nil {
		return err
	}
	k := x.frame.frameKeys
	if len(x.frame.Data) > 0 {
		k = frameKeys{}
		if err := json.Unmarshal(x.frame.Data, &k); err != nil {
			return err
		}
	}
	x.at(at)
	switch {
	case k.ID != nil:
		x.f.Streams["snapshot"]++
		return nil
	case k.Event == "" && k.Last != 0:
		k.Event = "bookTicker" // the spot venue's names no event
	case k.Event == "":
		return errNoEvent
	}
	x.f.Streams[k.Event]++
	if k.Symbol == "" {
		return nil
	}
	last, known := x.books[k.Symbol]
	if !known && len(x.books) < symbolsMax {
		x.books[k.Symbol] = 0
		x.f.Symbols = append(x.f.Symbols, k.Symbol)
	}
	if k.Event != "depthUpdate" {
		return nil
	}
	if prev := k.prev(); last != 0 && prev != last {
		x.gap(Gap{Symbol: k.Symbol, Time: at, After: last, Before: prev, Missing: -1})
	}
	x.books[k.Symbol] = k.Last
	return nil
}

// prev is the update that a diff follows: USD-M says so (pu), spot counts on (U = u + 1).
func (k *frameKeys) prev() int64 {
	if k.Prev != nil {
		return *k.Prev
	}
	return k.First - 1
}
