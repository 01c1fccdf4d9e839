package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"

	"baton/decimal"
	"baton/market"
)

// Rate is one funding settlement: Rate of the position's notional is paid by longs to shorts at Time. Binance writes Time up
// to 30 ms late.
type Rate struct {
	Time market.Nanos
	Rate decimal.Decimal
}

// maxColumns bounds a row of a CSV file; the widest that Binance publishes has 12.
const maxColumns = 32

// Bars reads a CSV file of klines, plain, gzip or zstd, with a header line: `open_time,open,high,low,close,volume` alone, or
// followed by Binance's `close_time,quote_volume,count,taker_buy_volume,...`; other columns are passed over. Where there is no
// close_time a bar ends where the next would begin, by the distance of the first two. Prices must be whole ticks and volumes
// whole lots of in; the first row that is not, or makes no sense, ends the iteration with a [LineError].
func Bars(path string, in *market.Instrument) iter.Seq2[market.Bar, error] {
	return func(yield func(market.Bar, error) bool) {
		t, err := openTable(path)
		if err != nil {
			yield(market.Bar{}, err)
			return
		}
		defer t.in.close()
		k, err := newKlines(t, in)
		if err != nil {
			yield(market.Bar{}, err)
			return
		}
		k.each(yield)
	}
}

// Funding reads a CSV file of funding rates, plain, gzip or zstd: `fundingTime,fundingRate`, the time in milliseconds. The
// first row that makes no sense ends the iteration with a [LineError].
func Funding(path string) iter.Seq2[Rate, error] {
	return func(yield func(Rate, error) bool) {
		t, err := openTable(path)
		if err != nil {
			yield(Rate{}, err)
			return
		}
		defer t.in.close()
		at, rate := t.column("fundingTime"), t.column("fundingRate")
		if at < 0 || rate < 0 {
			yield(Rate{}, fmt.Errorf("%s: the header has no columns fundingTime and fundingRate: %w", path, ErrFormat))
			return
		}
		for {
			err := t.next()
			if err == io.EOF {
				return
			}
			var r Rate
			if err == nil {
				r, err = t.rate(at, rate)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// table is a CSV file without quoting: its header and the row in hand.
type table struct {
	in     *lines
	header []string
	row    [][]byte // borrowed from in
}

func openTable(path string) (*table, error) {
	in, err := openLines(path)
	if err != nil {
		return nil, err
	}
	t := &table{in: in}
	if err := t.next(); err != nil {
		in.close()
		if err == io.EOF {
			return nil, fmt.Errorf("%s: %w: it has no line", path, ErrEmpty)
		}
		return nil, err
	}
	for _, c := range t.row {
		t.header = append(t.header, string(c))
	}
	return t, nil
}

// column is the place of the first of the names that the header has, or -1.
func (t *table) column(names ...string) int {
	for _, name := range names {
		for i, h := range t.header {
			if h == name {
				return i
			}
		}
	}
	return -1
}

// next splits the next row, which must have as many columns as the header; io.EOF after the last.
func (t *table) next() error {
	line, err := t.in.next()
	if err != nil {
		if err == errLongLine {
			return t.bad(err)
		}
		return err
	}
	t.row = t.row[:0]
	for more := true; more; {
		var cell []byte
		cell, line, more = bytes.Cut(line, []byte{','})
		if t.row = append(t.row, cell); len(t.row) > maxColumns {
			return t.bad(fmt.Errorf("more than %d columns", maxColumns))
		}
	}
	if t.header != nil && len(t.row) != len(t.header) {
		return t.bad(fmt.Errorf("%d columns where the header has %d", len(t.row), len(t.header)))
	}
	return nil
}

func (t *table) bad(err error) error {
	return &LineError{File: t.in.path, Line: t.in.line, Offset: t.in.offset, Err: err}
}

// millis is a cell that holds a time in milliseconds.
func (t *table) millis(col int) (market.Nanos, error) {
	n, err := strconv.ParseInt(string(t.row[col]), 10, 64)
	if err != nil || n < 0 || n > 9_223_372_036_854 {
		return 0, t.bad(fmt.Errorf("%s is no time in milliseconds: %.40q", t.header[col], t.row[col]))
	}
	return n * 1_000_000, nil
}

func (t *table) decimal(col int) (decimal.Decimal, error) {
	d, err := decimal.ParseBytes(t.row[col])
	if err != nil {
		return d, t.bad(fmt.Errorf("%s: %w", t.header[col], err))
	}
	return d, nil
}

func (t *table) rate(at, rate int) (r Rate, err error) {
	if r.Time, err = t.millis(at); err != nil {
		return r, err
	}
	r.Rate, err = t.decimal(rate)
	return r, err
}

// klines reads bars of a table.
type klines struct {
	*table
	of                      *market.Instrument
	open, price, volume     int // columns; price is the first of open, high, low, close
	closing, count, takerBy int // columns, -1 where there is none
	span                    market.Nanos
}

func newKlines(t *table, in *market.Instrument) (*klines, error) {
	k := &klines{table: t, of: in, open: t.column("open_time", "timestamp"), price: t.column("open"), volume: t.column("volume"),
		closing: t.column("close_time"), count: t.column("count"), takerBy: t.column("taker_buy_volume")}
	h := t.header
	if k.open < 0 || k.volume < 0 || k.price < 0 || k.price+3 >= len(h) ||
		h[k.price+1] != "high" || h[k.price+2] != "low" || h[k.price+3] != "close" {
		return nil, fmt.Errorf("%s: %w of klines: the header is not open_time,open,high,low,close,volume", t.in.path, ErrFormat)
	}
	return k, nil
}

// each yields every bar. Without a closing time one bar is held back until the second row tells the span.
func (k *klines) each(yield func(market.Bar, error) bool) {
	var held market.Bar
	holding := false
	for {
		err := k.next()
		if err == io.EOF {
			break
		}
		var b market.Bar
		if err == nil {
			b, err = k.bar()
		}
		if err == nil && k.span == 0 && b.End == 0 {
			if !holding {
				held, holding = b, true
				continue
			}
			k.span = b.Start - held.Start
		}
		if err == nil && b.End == 0 {
			b.End = b.Start + k.span
		}
		if err == nil && b.End <= b.Start {
			err = k.bad(errors.New("the bar ends before it begins: the open times do not rise"))
		}
		if holding && k.span > 0 {
			holding = false
			held.End = held.Start + k.span
			if !yield(held, nil) {
				return
			}
		}
		if !yield(b, err) || err != nil {
			return
		}
	}
	if holding {
		yield(market.Bar{}, k.bad(errors.New("a single bar without close_time: its span is not known")))
	}
}

// bar makes a bar of the row in hand; its End is zero where the row does not say.
func (k *klines) bar() (b market.Bar, err error) {
	if b.Start, err = k.millis(k.open); err != nil {
		return b, err
	}
	if k.closing >= 0 {
		if b.End, err = k.millis(k.closing); err != nil {
			return b, err
		}
		b.End += 1_000_000 // Binance's close_time is the bar's last millisecond
	}
	for i, px := range []*market.Ticks{&b.Open, &b.High, &b.Low, &b.Close} {
		if err := k.ticks(k.price+i, px); err != nil {
			return b, err
		}
	}
	if b.High < b.Low || b.Open > b.High || b.Open < b.Low || b.Close > b.High || b.Close < b.Low {
		return b, k.bad(errors.New("open, high, low and close contradict each other"))
	}
	if err := k.lots(k.volume, &b.Qty); err != nil {
		return b, err
	}
	if k.takerBy >= 0 {
		if err := k.lots(k.takerBy, &b.TakerBuy); err != nil {
			return b, err
		}
	}
	if k.count >= 0 {
		if b.Count, err = strconv.Atoi(string(k.row[k.count])); err != nil || b.Count < 0 {
			return b, k.bad(fmt.Errorf("count is no number: %.40q", k.row[k.count]))
		}
	}
	return b, nil
}

func (k *klines) ticks(col int, to *market.Ticks) error {
	d, err := k.decimal(col)
	if err != nil {
		return err
	}
	if *to, err = k.of.Ticks(d); err != nil {
		return k.bad(err)
	}
	return nil
}

func (k *klines) lots(col int, to *market.Lots) error {
	d, err := k.decimal(col)
	if err != nil {
		return err
	}
	if *to, err = k.of.Lots(d); err != nil {
		return k.bad(err)
	}
	return nil
}
