package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"baton/decimal"
	"baton/market"
)

// An entry is its length as a varint, a version, the record's kind, its time, and the fields that count for the kind; every
// number is a varint, every text a length and bytes, an instrument its symbol.
//
// Version 2 has more kinds, and an order's fill may be marked as recovered; version 1 is read as well.
const (
	version = 2
	// maxText bounds a text; the rest of a longer one is left out.
	maxText = 4096
	// maxEntry is more than any record takes.
	maxEntry = 2*maxText + 512
)

// What is wrong with an entry.
var (
	errShort   = errors.New("the entry ends early")
	errRange   = errors.New("a field is out of its range")
	errVersion = errors.New("the entry is of another version: read it with the program that wrote it, or a newer one")
)

// appendEntry encodes r. It allocates nothing but b's growth.
func appendEntry(b []byte, r *market.Record) []byte {
	start := len(b)
	b = append(b, 0, 0) // the length, two bytes of varint: maxEntry fits
	b = append(b, version, byte(r.Kind))
	b = appendInt(b, r.Time)
	switch r.Kind {
	case market.RecordIntent:
		b = appendCommand(b, &r.Command)
	case market.RecordSent:
		b = appendInt(append(b, byte(r.Command.Op)), int64(r.Command.ID))
	case market.RecordOutcome:
		b = appendInt(append(b, byte(r.Command.Op)), int64(r.Command.ID))
		b = appendInt(append(b, byte(r.Outcome.Kind())), int64(r.Outcome.Code))
		b = appendText(b, r.Outcome.Text)
	case market.RecordUpdate:
		b = appendUpdate(b, &r.Update)
	case market.RecordFill:
		b = appendFill(b, &r.Fill)
	case market.RecordChange:
		b = appendChange(b, &r.Change)
	case market.RecordLatch, market.RecordNote:
		b = appendText(b, r.Text)
	case market.RecordStart:
		b = appendText(appendText(b, r.Text), r.Run)
	case market.RecordOpen:
		b = appendChange(b, &r.Change)
	case market.RecordAdjust:
		b = appendText(appendChange(b, &r.Change), r.Text)
	case market.RecordAdopt:
		b = appendSymbol(b, r.Position.Instrument)
		b = appendText(appendInts(b, int64(r.Position.Qty), r.Position.Entry.Units()), r.Text)
	case market.RecordReport:
		b = appendInt(append(b, byte(r.Command.Op)), int64(r.Command.ID))
		b = appendInts(append(b, byte(r.Report.Kind), byte(r.Report.Status)), r.Report.Venue, int64(r.Report.Filled))
	}
	return finish(b, start)
}

// finish writes the length of the entry that begins at start, in the two bytes that were left for it.
func finish(b []byte, start int) []byte {
	n := len(b) - start - 2
	b[start], b[start+1] = byte(n)|0x80, byte(n>>7)
	return b
}

func appendCommand(b []byte, c *market.Command) []byte {
	b = append(b, byte(c.Op), byte(c.Side), byte(c.Type), byte(c.TIF), bit(c.ReduceOnly))
	b = appendSymbol(b, c.Instrument)
	return appendInts(b, int64(c.ID), int64(c.Px), int64(c.Qty))
}

func appendUpdate(b []byte, u *market.Update) []byte {
	b = appendSymbol(append(b, byte(u.Status)), u.Instrument)
	b = appendInts(b, int64(u.Order), u.Venue, int64(u.Filled), u.Time)
	return appendText(b, u.ClientID)
}

func appendFill(b []byte, f *market.Fill) []byte {
	b = appendSymbol(append(b, byte(f.Side), bit(f.Maker)|bit(f.Recovered)<<1), f.Instrument)
	b = appendInts(b, int64(f.Order), f.Trade, int64(f.Px), int64(f.Qty), f.Commission.Units(), f.Realised.Units(), f.Time)
	return appendText(b, f.Asset)
}

func appendChange(b []byte, c *market.Change) []byte {
	b = appendSymbol(append(b, byte(c.Reason)), c.Instrument)
	b = appendInts(b, c.Amount.Units(), c.Wallet.Units(), c.Time)
	return appendText(b, c.Asset)
}

func appendInt(b []byte, n int64) []byte { return binary.AppendVarint(b, n) }

func appendInts(b []byte, ns ...int64) []byte {
	for _, n := range ns {
		b = appendInt(b, n)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	s = s[:min(len(s), maxText)]
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendSymbol(b []byte, in *market.Instrument) []byte {
	if in == nil {
		return appendText(b, "")
	}
	return appendText(b, in.Symbol)
}

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// decoder reads entries into one record, which it lends.
type decoder struct {
	lookup Lookup
	rec    market.Record // Kind 0: the entry is a part of a snapshot
	part   *snapshot     // takes the parts of a snapshot; nil: they are passed over
	b      []byte        // what is left of the entry in hand
	err    error         // the first one
}

// next decodes the entry that begins b and returns what follows it.
func (d *decoder) next(b []byte) (rest []byte, err error) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) {
		return nil, errShort
	}
	if n > maxEntry {
		return nil, errRange
	}
	d.b, d.err = b[w:w+int(n)], nil
	if v := d.octet(); d.err == nil && (v == 0 || v > version) {
		return nil, fmt.Errorf("%w: it is version %d, this program writes %d", errVersion, v, version)
	}
	if kind := d.octet(); kind >= snapBegin {
		d.rec = market.Record{}
		if d.part.take(d, kind); d.part == nil {
			d.b = nil
		}
		return b[w+int(n):], d.err
	} else if d.rec = (market.Record{Kind: market.RecordKind(kind), Time: d.int()}); d.err == nil {
		d.body()
	}
	if d.err == nil && len(d.b) > 0 {
		d.err = fmt.Errorf("%w: %d bytes follow it", errRange, len(d.b))
	}
	return b[w+int(n):], d.err
}

func (d *decoder) body() {
	r := &d.rec
	switch r.Kind {
	case market.RecordIntent:
		d.command(&r.Command)
	case market.RecordSent:
		d.answered(&r.Command)
	case market.RecordOutcome:
		d.answered(&r.Command)
		r.Outcome = d.outcome()
	case market.RecordUpdate:
		d.update(&r.Update)
	case market.RecordFill:
		d.fill(&r.Fill)
	case market.RecordChange:
		d.change(&r.Change)
	case market.RecordLatch, market.RecordNote:
		r.Text = d.text()
	case market.RecordStart:
		r.Text, r.Run = d.text(), d.text()
	case market.RecordOpen:
		d.change(&r.Change)
	case market.RecordAdjust:
		d.change(&r.Change)
		r.Text = d.text()
	case market.RecordAdopt:
		r.Position = market.Position{Instrument: d.symbol(), Qty: market.Lots(d.int()), Entry: d.money()}
		r.Text = d.text()
		if r.Position.Instrument == nil {
			d.fail(errRange)
		}
	case market.RecordReport:
		d.answered(&r.Command)
		r.Report.Kind = market.ReportKind(d.upTo(byte(market.ProvenAbsent)))
		r.Report.Status = market.OrderStatus(d.upTo(byte(market.StatusExpiredInMatch)))
		r.Report.Venue, r.Report.Filled = d.int(), market.Lots(d.int())
	default:
		d.fail(errRange)
	}
}

func (d *decoder) command(c *market.Command) {
	c.Op = market.Op(d.upTo(byte(market.OpCancel)))
	c.Side = d.side()
	c.Type = market.OrderType(d.upTo(byte(market.TrailingStopMarket)))
	c.TIF = market.TIF(d.upTo(byte(market.GTD)))
	c.ReduceOnly = d.upTo(1) == 1
	c.Instrument = d.symbol()
	c.ID, c.Px, c.Qty = market.OrderID(d.int()), market.Ticks(d.int()), market.Lots(d.int())
}

// answered is the part of a command that an outcome or a send refers to.
func (d *decoder) answered(c *market.Command) {
	c.Op, c.ID = market.Op(d.upTo(byte(market.OpCancel))), market.OrderID(d.int())
}

func (d *decoder) outcome() market.Outcome {
	kind, code, text := market.OutcomeKind(d.upTo(byte(market.IsRefused))), d.int(), d.text()
	if code < math.MinInt32 || code > math.MaxInt32 {
		d.fail(errRange)
	}
	switch kind {
	case market.IsAccepted:
		return market.Accepted()
	case market.IsRefused:
		return market.Refused(int(code), text)
	}
	return market.Unknown()
}

func (d *decoder) update(u *market.Update) {
	u.Status = market.OrderStatus(d.upTo(byte(market.StatusExpiredInMatch)))
	u.Instrument = d.symbol()
	u.Order, u.Venue, u.Filled, u.Time = market.OrderID(d.int()), d.int(), market.Lots(d.int()), d.int()
	u.ClientID = d.text()
}

func (d *decoder) fill(f *market.Fill) {
	f.Side = d.side()
	marks := d.upTo(3)
	f.Maker, f.Recovered = marks&1 != 0, marks&2 != 0
	f.Instrument = d.symbol()
	f.Order, f.Trade, f.Px, f.Qty = market.OrderID(d.int()), d.int(), market.Ticks(d.int()), market.Lots(d.int())
	f.Commission, f.Realised, f.Time = d.money(), d.money(), d.int()
	f.Asset = d.text()
}

func (d *decoder) change(c *market.Change) {
	c.Reason = market.Reason(d.upTo(byte(market.ReasonTransfer)))
	c.Instrument = d.symbol()
	c.Amount, c.Wallet, c.Time = d.money(), d.money(), d.int()
	c.Asset = d.text()
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.b = nil
}

func (d *decoder) octet() byte {
	if len(d.b) == 0 {
		d.fail(errShort)
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

// upTo is a byte of an enumeration whose last value is most.
func (d *decoder) upTo(most byte) byte {
	v := d.octet()
	if v > most {
		d.fail(errRange)
		return 0
	}
	return v
}

func (d *decoder) side() market.Side {
	s := market.Side(d.octet())
	if s < market.Sell || s > market.Buy {
		d.fail(errRange)
	}
	return s
}

func (d *decoder) int() int64 {
	n, w := binary.Varint(d.b)
	if w <= 0 {
		d.fail(errShort)
		return 0
	}
	d.b = d.b[w:]
	return n
}

func (d *decoder) money() decimal.Decimal { return decimal.FromUnits(d.int()) }

func (d *decoder) text() string {
	n, w := binary.Uvarint(d.b)
	if w <= 0 || n > uint64(len(d.b)-w) {
		d.fail(errShort)
		return ""
	}
	if n > maxText {
		d.fail(errRange)
		return ""
	}
	s := string(d.b[w : w+int(n)])
	d.b = d.b[w+int(n):]
	return s
}

// symbol is an instrument, nil where the record named none.
func (d *decoder) symbol() *market.Instrument {
	s := d.text()
	if s == "" {
		return nil
	}
	in := d.lookup(s)
	if in == nil {
		d.fail(fmt.Errorf("it names %s, which is not among the instruments: start with an exchangeInfo that has it", s))
	}
	return in
}
