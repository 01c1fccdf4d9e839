package local

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"baton/market"
)

// ParseLatency reads a constant latency, or one with an even jitter on top: "3ms", "3ms+250us".
func ParseLatency(text string) (l Latency, err error) {
	least, jitter, both := strings.Cut(text, "+")
	if l.Min, err = time.ParseDuration(least); err == nil && both {
		l.Jitter, err = time.ParseDuration(jitter)
	}
	if err = errors.Join(err, l.Validate()); err != nil || l.Min > maxLatency || l.Jitter > maxLatency {
		return Latency{}, fmt.Errorf("latency %q: write a time, or two with a plus for an even jitter on top, like 3ms or 3ms+250us, up to %s each", text, maxLatency)
	}
	return l, nil
}

// Bounds of what is read: a latency, and how many rows a file may measure.
const (
	maxLatency = time.Hour
	maxRows    = 10_000_000
)

// ReadRows reads measured orders, one a line: three times in nanoseconds, when the request left, when the exchange took it, and when
// the answer was in, with commas or blanks between them. Lines that begin with a letter or '#' are headings. ErrRows for others.
func ReadRows(r io.Reader) (rows []Row, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' || line[0]|0x20 >= 'a' && line[0]|0x20 <= 'z' {
			continue
		}
		fields := strings.FieldsFunc(line, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' || c == ';' })
		var at [3]market.Nanos
		if len(fields) != len(at) || len(rows) == maxRows {
			return nil, fmt.Errorf("%w: line %d: write three times in nanoseconds: request, exchange, response; up to %d rows", ErrRows, n, maxRows)
		}
		for k := range at {
			if at[k], err = strconv.ParseInt(fields[k], 10, 64); err != nil || at[k] < 0 {
				return nil, fmt.Errorf("%w: line %d: %q is no time in nanoseconds", ErrRows, n, fields[k])
			}
		}
		rows = append(rows, Row{at[0], at[1], at[2]})
	}
	return rows, lines.Err()
}

// Shift moves the rows' times, so that the first request left at a time.
func Shift(rows []Row, to market.Nanos) {
	if len(rows) == 0 {
		return
	}
	by := to - rows[0].Request
	for k := range rows {
		rows[k].Request, rows[k].Exchange, rows[k].Response = rows[k].Request+by, rows[k].Exchange+by, rows[k].Response+by
	}
}

// Distributions are the ways out and back that rows measured, to be drawn from in any order. ErrRows as for [Tables].
func Distributions(rows []Row) (out, back *Distribution, err error) {
	if _, _, err := Tables(rows); err != nil {
		return nil, nil, err
	}
	there, again := make([]time.Duration, len(rows)), make([]time.Duration, len(rows))
	for k, r := range rows {
		there[k], again[k] = time.Duration(r.Exchange-r.Request), time.Duration(r.Response-r.Exchange)
	}
	out, err = NewDistribution(there)
	if err != nil {
		return nil, nil, err
	}
	back, err = NewDistribution(again)
	return out, back, err
}
