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
// Version 2 has more kinds, and an order's fill may be marked as recovered. Version 3 has amendments, conditional orders, groups
// of orders and hedge mode. Older ones are read as well.
const (
	version = 3
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
		if r.Command.Op == market.OpAmend {
			b = appendInt(b, int64(r.Outcome.Revision))
		}
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
		b = appendSymbol(append(b, byte(r.Position.Side)), r.Position.Instrument)
		b = appendText(appendInts(b, int64(r.Position.Qty), r.Position.Entry.Units()), r.Text)
	case market.RecordReport:
		b = appendInt(append(b, byte(r.Command.Op)), int64(r.Command.ID))
		b = appendReport(b, &r.Report)
	case market.RecordGroup:
		b = appendGroup(b, r.Group)
	}
	return finish(b, start)
}

// finish writes the length of the entry that begins at start, in the two bytes that were left for it.
func finish(b []byte, start int) []byte {
	n := len(b) - start - 2
	b[start], b[start+1] = byte(n)|0x80, byte(n>>7)
	return b
}

// The marks of a command. What only few orders have follows those that have it.
const (
	markReduce byte = 1 << iota
	markClose
	markProtect
	markMore
	marksAll = markMore<<1 - 1
)

func appendCommand(b []byte, c *market.Command) []byte {
	marks := bit(c.ReduceOnly)*markReduce | bit(c.ClosePosition)*markClose | bit(c.PriceProtect)*markProtect
	more := c.Trigger != 0 || c.Activate != 0 || !c.Callback.IsZero() || c.GoodTill != 0 || c.Revision != 0 || c.Working != 0 ||
		c.PositionSide != 0 || c.SelfTrade != 0 || c.PriceMatch != 0
	b = append(b, byte(c.Op), byte(c.Side), byte(c.Type), byte(c.TIF), marks|bit(more)*markMore)
	b = appendSymbol(b, c.Instrument)
	b = appendInts(b, int64(c.ID), int64(c.Px), int64(c.Qty))
	if !more {
		return b
	}
	b = append(b, byte(c.Working), byte(c.PositionSide), byte(c.SelfTrade), byte(c.PriceMatch))
	return appendInts(b, int64(c.Trigger), int64(c.Activate), c.Callback.Units(), c.GoodTill, int64(c.Revision))
}

func appendUpdate(b []byte, u *market.Update) []byte {
	more := u.Qty != 0 || u.Algo != 0 || u.Revision != 0 || u.Reason != ""
	b = appendSymbol(append(b, byte(u.Status)|bit(more)*statusMore), u.Instrument)
	b = appendText(appendInts(b, int64(u.Order), u.Venue, int64(u.Filled), u.Time), u.ClientID)
	if !more {
		return b
	}
	b = appendInts(append(b, byte(u.Algo)), int64(u.Px), int64(u.Qty), int64(u.Revision), u.AlgoID)
	return appendText(b, u.Reason)
}

// statusMore marks the status of an update that says more of its order than that.
const statusMore byte = 0x80

func appendReport(b []byte, r *market.Report) []byte {
	b = appendInts(append(b, byte(r.Kind), byte(r.Status)), r.Venue, int64(r.Filled))
	b = appendInts(append(b, byte(r.Algo), bit(r.Settled)), int64(r.Px), int64(r.Qty), int64(r.Revision), r.AlgoID)
	return appendText(b, r.Reason)
}

func appendFill(b []byte, f *market.Fill) []byte {
	b = appendSymbol(append(b, byte(f.Side), bit(f.Maker)|bit(f.Recovered)<<1|byte(f.For)<<2), f.Instrument)
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
	old    byte          // version of the entry in hand
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
	if d.old = d.octet(); d.err == nil && (d.old == 0 || d.old > version) {
		return nil, fmt.Errorf("%w: it is version %d, this program writes %d", errVersion, d.old, version)
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
		if r.Command.Op == market.OpAmend {
			r.Outcome.Revision = d.int32()
		}
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
		side := d.positionSide()
		r.Position = market.Position{Instrument: d.symbol(), Side: side, Qty: market.Lots(d.int()), Entry: d.money()}
		r.Text = d.text()
		if r.Position.Instrument == nil {
			d.fail(errRange)
		}
	case market.RecordReport:
		d.answered(&r.Command)
		d.report(&r.Report)
	case market.RecordGroup:
		r.Group = d.group()
	default:
		d.fail(errRange)
	}
}

func (d *decoder) command(c *market.Command) {
	c.Op = market.Op(d.upTo(byte(market.OpAmend)))
	c.Side = d.side()
	c.Type = market.OrderType(d.upTo(byte(market.TrailingStopMarket)))
	c.TIF = market.TIF(d.upTo(byte(market.GTD)))
	marks := d.upTo(marksAll)
	c.ReduceOnly, c.ClosePosition, c.PriceProtect = marks&markReduce != 0, marks&markClose != 0, marks&markProtect != 0
	c.Instrument = d.symbol()
	c.ID, c.Px, c.Qty = market.OrderID(d.int()), market.Ticks(d.int()), market.Lots(d.int())
	if marks&markMore == 0 {
		return
	}
	c.Working = market.Working(d.upTo(byte(market.MarkPrice)))
	c.PositionSide = market.PositionSide(d.upTo(byte(market.Short)))
	c.SelfTrade = market.SelfTrade(d.upTo(byte(market.SelfTradeNone)))
	c.PriceMatch = market.PriceMatch(d.upTo(byte(market.Queue20)))
	c.Trigger, c.Activate, c.Callback, c.GoodTill = market.Ticks(d.int()), market.Ticks(d.int()), d.money(), d.int()
	c.Revision = d.int32()
}

func (d *decoder) report(r *market.Report) {
	r.Kind = market.ReportKind(d.upTo(byte(market.ProvenAbsent)))
	r.Status = market.OrderStatus(d.upTo(byte(market.StatusExpiredInMatch)))
	r.Venue, r.Filled = d.int(), market.Lots(d.int())
	if d.old < 3 {
		return
	}
	r.Algo, r.Settled = market.AlgoStatus(d.upTo(byte(market.AlgoExpired))), d.upTo(1) == 1
	r.Px, r.Qty, r.Revision, r.AlgoID = market.Ticks(d.int()), market.Lots(d.int()), d.int32(), d.int()
	r.Reason = d.text()
}

// int32 is a number of an order's amendment.
func (d *decoder) int32() int32 {
	n := d.int()
	if n < 0 || n > math.MaxInt32 {
		d.fail(errRange)
		return 0
	}
	return int32(n)
}

// answered is the part of a command that an outcome or a send refers to.
func (d *decoder) answered(c *market.Command) {
	c.Op, c.ID = market.Op(d.upTo(byte(market.OpAmend))), market.OrderID(d.int())
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
	status := d.octet()
	if u.Status = market.OrderStatus(status &^ statusMore); u.Status > market.StatusExpiredInMatch {
		d.fail(errRange)
	}
	u.Instrument = d.symbol()
	u.Order, u.Venue, u.Filled, u.Time = market.OrderID(d.int()), d.int(), market.Lots(d.int()), d.int()
	u.ClientID = d.text()
	if status&statusMore == 0 {
		return
	}
	u.Algo = market.AlgoStatus(d.upTo(byte(market.AlgoExpired)))
	u.Px, u.Qty, u.Revision, u.AlgoID = market.Ticks(d.int()), market.Lots(d.int()), d.int32(), d.int()
	u.Reason = d.text()
}

func (d *decoder) fill(f *market.Fill) {
	f.Side = d.side()
	marks := d.upTo(byte(market.Short)<<2 | 3)
	f.Maker, f.Recovered, f.For = marks&1 != 0, marks&2 != 0, market.PositionSide(marks>>2)
	f.Instrument = d.symbol()
	f.Order, f.Trade, f.Px, f.Qty = market.OrderID(d.int()), d.int(), market.Ticks(d.int()), market.Lots(d.int())
	f.Commission, f.Realised, f.Time = d.money(), d.money(), d.int()
	f.Asset = d.text()
}

func (d *decoder) change(c *market.Change) {
	c.Reason = market.Reason(d.upTo(byte(market.ReasonInsurance)))
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

// positionSide is the side of a position, which versions before 3 do not name.
func (d *decoder) positionSide() market.PositionSide {
	if d.old < 3 {
		return market.Both
	}
	return market.PositionSide(d.upTo(byte(market.Short)))
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
