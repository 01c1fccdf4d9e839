package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"baton/market"
)

// cursor is one pass over a recording. It owns the event that is lent.
type cursor struct {
	rec    *Recording
	rep    *Report
	part   int // index of the open file
	in     *lines
	dec    decoder
	chains map[*market.Instrument]int64 // last update id of each symbol's diffs
	last   market.Nanos                 // receive time of the line before
	gap    bool                         // ev.Diff is read, and a gap has been delivered in front of it
	ended  bool
	err    error
	ev     market.Event
}

// newCursor starts a pass whose report is the recording's.
func newCursor(r *Recording) *cursor {
	s := r.survey()
	r.report = Report{Latency: s.latency, Rebased: max(-s.latency, 0)}
	return newPass(r, &r.report)
}

func newPass(r *Recording, rep *Report) *cursor {
	return &cursor{rec: r, rep: rep, dec: newDecoder(r.opt.Instruments), chains: make(map[*market.Instrument]int64)}
}

// next moves to the next event. False: the recording is at its end, or c.err says why it cannot go on.
func (c *cursor) next() bool {
	if c.gap {
		c.gap = false
		c.ev.Kind = market.EventDiff
		return true
	}
	for !c.ended {
		line, err := c.read()
		if err == io.EOF {
			break
		}
		used := false
		if err == nil {
			used, err = c.take(line)
		}
		if err != nil {
			if err = c.judge(err); err != nil {
				c.err = err
				break
			}
			continue
		}
		if used {
			return true
		}
	}
	c.ended = true
	c.close()
	return false
}

// read is the next line of the files, one after the other.
func (c *cursor) read() ([]byte, error) {
	for {
		if c.in == nil {
			if c.part == len(c.rec.paths) {
				return nil, io.EOF
			}
			in, err := openLines(c.rec.paths[c.part])
			if err != nil {
				return nil, err
			}
			c.in = in
		}
		line, err := c.in.next()
		if err == nil || err == errLongLine {
			c.rep.Lines++
		}
		if err != io.EOF {
			return line, err
		}
		c.close()
		c.part++
	}
}

// take makes the event of one line. used=false without an error: the line is of a kind that market has no event for.
func (c *cursor) take(line []byte) (used bool, err error) {
	at, frame, err := split(line)
	if err != nil {
		return false, badLine{err}
	}
	if err := c.dec.frame(frame, c.rec.surveyed.only, &c.ev); err != nil {
		if errors.Is(err, errOther) {
			c.rep.Other++
			return false, nil
		}
		if errors.Is(err, ErrSymbol) {
			return false, fmt.Errorf("%s: line %s: %w", c.in.path, commas(int64(c.in.line)), err)
		}
		return false, badLine{err}
	}
	if at, err = c.forward(at); err != nil {
		return false, badLine{err}
	}
	c.ev.Received = at
	c.rebase(c.rep.Rebased)
	c.count()
	return true, nil
}

// badLine marks an error as one of the line, not of the file.
type badLine struct{ error }

// judge passes over a bad line, counted, unless the reading is strict. Any other error ends the reading.
func (c *cursor) judge(err error) error {
	bad, ok := errors.AsType[badLine](err)
	if err == errLongLine {
		bad, ok = badLine{err}, true
	}
	if !ok {
		return err
	}
	r := c.rep
	if !c.rec.opt.Strict {
		if r.Bad++; r.Bad > 1 {
			return nil
		}
	}
	e := &LineError{File: c.in.path, Line: c.in.line, Offset: c.in.offset, Err: bad.error}
	if c.rec.opt.Strict {
		return e
	}
	r.FirstBad = e.Error()
	return nil
}

// forward keeps receive times from running backwards: a strict reading refuses, any other repeats the time before.
func (c *cursor) forward(at market.Nanos) (market.Nanos, error) {
	if at < c.last {
		if c.rec.opt.Strict {
			return 0, fmt.Errorf("the receive time runs backwards by %.6f s", float64(c.last-at)/1e9)
		}
		c.rep.Backwards++
		return c.last, nil
	}
	c.last = at
	return at, nil
}

// rebase takes by off the event's E and T where the message had them.
func (c *cursor) rebase(by market.Nanos) {
	if by == 0 {
		return
	}
	ev := &c.ev
	switch ev.Kind {
	case market.EventQuote:
		earlier(by, &ev.Quote.Event, &ev.Quote.Transact)
	case market.EventTrade, market.EventAgg:
		earlier(by, &ev.Trade.Event, &ev.Trade.Transact)
	case market.EventDiff:
		earlier(by, &ev.Diff.Event, &ev.Diff.Transact)
	case market.EventSnapshot:
		earlier(by, &ev.Snapshot.Event, &ev.Snapshot.Transact)
	case market.EventMark:
		earlier(by, &ev.Mark.Event, &ev.Mark.Next)
	}
}

func earlier(by market.Nanos, times ...*market.Nanos) {
	for _, t := range times {
		if *t != 0 {
			*t -= by
		}
	}
}

// count enters the event in the report and turns a diff that does not follow into a gap in front of it.
func (c *cursor) count() {
	r, ev := c.rep, &c.ev
	r.Events++
	switch ev.Kind {
	case market.EventQuote:
		r.Quotes++
	case market.EventTrade:
		r.Trades++
	case market.EventAgg:
		r.Aggs++
	case market.EventSnapshot:
		r.Snapshots++
	case market.EventMark:
		r.Marks++
	case market.EventDiff:
		r.Diffs++
		if !c.follows() {
			r.Gaps++
			c.gap = true
			ev.Kind = market.EventGap
		}
	}
}

// follows says whether the diff continues its symbol's chain (Binance USD-M, Diff. Book Depth Streams: pu is the u before;
// spot has no pu, there U is the u before plus one).
func (c *cursor) follows() bool {
	d := &c.ev.Diff
	before, known := c.chains[c.ev.Instrument]
	c.chains[c.ev.Instrument] = d.Last
	if !known {
		return true
	}
	if d.Prev == 0 {
		return d.First == before+1
	}
	return d.Prev == before
}

func (c *cursor) close() {
	if c.in != nil {
		c.in.close()
		c.in = nil
	}
}

// split takes a line apart: receive time, blank (or ": "), frame.
func split(line []byte) (at market.Nanos, frame []byte, err error) {
	i, n := 0, int64(0)
	for i < len(line) && line[i]-'0' <= 9 {
		if i == 19 {
			return 0, nil, errors.New("the receive time has more than 19 digits")
		}
		n = n*10 + int64(line[i]-'0')
		i++
	}
	if i == 0 {
		return 0, nil, fmt.Errorf("no receive time at the beginning, but %s", quoteHead(line))
	}
	if at, err = scaled(n, i); err != nil {
		return 0, nil, err
	}
	if i == 10 && i < len(line) && line[i] == '.' {
		at, i = decimals(line, i+1, at)
	}
	if i < len(line) && line[i] == ':' {
		i++
	}
	frame = bytes.TrimLeft(line[i:], " \t")
	if len(frame) == 0 || frame[0] != '{' {
		return 0, nil, fmt.Errorf("no JSON object after the receive time, but %s", quoteHead(frame))
	}
	return at, frame, nil
}

// scaled is a receive time of so many digits in nanoseconds: of this century, 19 are nanoseconds, 16 microseconds, 13
// milliseconds, 10 seconds.
func scaled(n int64, digits int) (market.Nanos, error) {
	unit := int64(0)
	switch digits {
	case 19:
		unit = 1
	case 16:
		unit = 1_000
	case 13:
		unit = 1_000_000
	case 10:
		unit = 1_000_000_000
	}
	if unit == 0 || n < 0 || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("the receive time has %d digits and is no count of nanoseconds (19), microseconds (16), milliseconds "+
			"(13) or seconds (10) since 1970", digits)
	}
	return n * unit, nil
}

// decimals is a receive time of whole seconds with decimals, the first of which stands at line[i]; end is behind the last.
func decimals(line []byte, i int, whole market.Nanos) (at market.Nanos, end int) {
	for unit := int64(1e8); i < len(line) && line[i]-'0' <= 9; i++ {
		whole += int64(line[i]-'0') * unit
		unit /= 10
	}
	return whole, i
}

// quoteHead shows the beginning of what was found instead.
func quoteHead(b []byte) string {
	if len(b) == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%.40q", b)
}
