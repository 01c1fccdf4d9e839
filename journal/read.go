package journal

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"baton/decimal"
	"baton/market"
	"baton/tape"
)

// ReadDefault is how many rows of each kind [Read] keeps at most.
const ReadDefault = 100_000

// Query says which rows of a journal are wanted; the zero value is all of them.
type Query struct {
	Symbol       string       // of one instrument alone
	Since, Until market.Nanos // by the record's time: from Since on, before Until; 0: no bound. Positions and balances are as of Until.
	Most         int          // rows of each kind, the latest; 0: ReadDefault
}

// History is a journal as rows, for people and their tools: see [Columns] and [Values] for CSV; as JSON each row is an object of the
// same names.
type History struct {
	Orders    []OrderRow    `json:"orders"`    // in order of their numbers
	Fills     []FillRow     `json:"fills"`     // as they were booked, each once
	Positions []PositionRow `json:"positions"` // by symbol, flat ones included
	Balances  []BalanceRow  `json:"balances"`  // by asset
	Notes     []NoteRow     `json:"notes"`     // notes, latches, starts, adjustments and adoptions, oldest first
	Left      int           `json:"left"`      // rows that Query.Most left out
	State     State         `json:"-"`
}

// OrderRow is one order, as the journal proves it.
type OrderRow struct {
	Order      int64  `json:"order"`
	Venue      int64  `json:"venue"` // the venue's number; 0: not known
	Time       string `json:"time"`  // of the intent, UTC
	Symbol     string `json:"symbol"`
	Side       string `json:"side"`
	Type       string `json:"type"`
	TIF        string `json:"tif"`
	Price      string `json:"price"`
	Qty        string `json:"qty"`
	Filled     string `json:"filled"`
	ReduceOnly bool   `json:"reduce_only"` // or another way to do nothing but reduce
	State      string `json:"state"`       // intended, sent, unknown, refused, absent, or the venue's status
	Cancel     string `json:"cancel"`      // of the last cancel: "", asked, or its outcome
	Code       int64  `json:"code"`        // of the last refusal
	Text       string `json:"text"`
	Changed    string `json:"changed"` // of the last record about it, UTC
	Trigger    string `json:"trigger"` // of a conditional order; else 0
}

// FillRow is one fill, as it was booked.
type FillRow struct {
	Time       string `json:"time"` // at the venue, UTC
	Symbol     string `json:"symbol"`
	Order      int64  `json:"order"`
	Trade      int64  `json:"trade"`
	Side       string `json:"side"`
	Price      string `json:"price"`
	Qty        string `json:"qty"`
	Commission string `json:"commission"`
	Asset      string `json:"asset"`
	Realised   string `json:"realised"`
	Maker      bool   `json:"maker"`
	Recovered  bool   `json:"recovered"`
}

// PositionRow is one instrument's position.
type PositionRow struct {
	Symbol   string `json:"symbol"`
	Qty      string `json:"qty"` // signed
	Entry    string `json:"entry"`
	Cost     string `json:"cost"`
	Realised string `json:"realised"`
	Fees     string `json:"fees"`
	Fills    int64  `json:"fills"`
}

// BalanceRow is one asset's accounts, with their signs as people say them.
type BalanceRow struct {
	Asset     string `json:"asset"`
	Wallet    string `json:"wallet"`
	Fees      string `json:"fees"`
	Realised  string `json:"realised"`
	Funding   string `json:"funding"`
	Transfers string `json:"transfers"`
	Suspense  string `json:"suspense"`
}

// NoteRow is what the trader said.
type NoteRow struct {
	Time string `json:"time"` // UTC
	Kind string `json:"kind"` // note, latch, cleared, start, adjust, adopt, group
	Text string `json:"text"`
}

// reading folds a journal to rows.
type reading struct {
	q      Query
	out    History
	fold   *folding
	orders map[market.OrderID]*OrderRow
	filled map[market.OrderID]market.Lots
	asked  map[market.OrderID]market.Command
	ids    []market.OrderID // oldest first
}

// Read makes rows of the journal in a folder. It changes nothing, and may be called while a trader writes: it sees what was whole
// when it looked. Unlike recovery it reads everything.
func Read(fs tape.FS, lookup Lookup, q Query) (*History, error) {
	if q.Most <= 0 {
		q.Most = ReadDefault
	}
	r := reading{q: q, fold: newFolding(false), orders: map[market.OrderID]*OrderRow{}, filled: map[market.OrderID]market.Lots{},
		asked: map[market.OrderID]market.Command{}}
	for rec, err := range All(fs, lookup) {
		if err != nil {
			return nil, err
		}
		if q.Until > 0 && rec.Time >= q.Until {
			break
		}
		r.record(rec)
	}
	r.finish()
	return &r.out, nil
}

func (r *reading) record(rec *market.Record) {
	fills := r.fold.books.Stats().Fills
	r.fold.record(rec)
	switch rec.Kind {
	case market.RecordIntent:
		r.intent(rec)
	case market.RecordSent:
		if o := r.order(rec.Command.ID, rec.Time); o != nil && rec.Command.Op == market.OpPlace && o.State == "intended" {
			o.State = "sent"
		}
	case market.RecordOutcome:
		r.outcome(rec)
	case market.RecordUpdate:
		r.status(rec.Update.Order, rec.Update.Status, rec.Update.Venue, rec.Time)
	case market.RecordReport:
		if rec.Report.Kind == market.Found {
			r.status(rec.Command.ID, rec.Report.Status, rec.Report.Venue, rec.Time)
		} else if o := r.order(rec.Command.ID, rec.Time); o != nil {
			o.State = "absent"
		}
	case market.RecordFill:
		if r.fold.books.Stats().Fills > fills {
			r.fill(rec)
		}
	default:
		r.note(rec)
	}
}

func (r *reading) wanted(in *market.Instrument, at market.Nanos) bool {
	return (r.q.Symbol == "" || in != nil && in.Symbol == r.q.Symbol) && at >= r.q.Since
}

// order is the row of an order about which there is a record.
func (r *reading) order(id market.OrderID, at market.Nanos) *OrderRow {
	o := r.orders[id]
	if o == nil {
		return nil
	}
	o.Changed = stamp(at)
	if l, c := r.fold.orders[id], r.asked[id]; l != nil && (l.Command.Px != c.Px || l.Command.Qty != c.Qty) { // amended
		c.Px, c.Qty, c.Revision = l.Command.Px, l.Command.Qty, l.Command.Revision
		in := c.Instrument
		o.Price, o.Qty = in.Price(c.Px).Fixed(in.PricePlaces), in.Quantity(c.Qty).Fixed(in.QtyPlaces)
		r.asked[id] = c
	}
	return o
}

func (r *reading) intent(rec *market.Record) {
	c := &rec.Command
	if c.Op != market.OpPlace {
		if o := r.order(c.ID, rec.Time); o != nil && c.Op == market.OpCancel {
			o.Cancel = "asked"
		}
		return
	}
	if !r.wanted(c.Instrument, rec.Time) || c.Instrument == nil {
		return
	}
	in := c.Instrument
	r.orders[c.ID] = &OrderRow{Order: int64(c.ID), Time: stamp(rec.Time), Changed: stamp(rec.Time), Symbol: in.Symbol, Side: c.Side.String(),
		Type: c.Type.String(), TIF: c.TIF.String(), Price: in.Price(c.Px).Fixed(in.PricePlaces), Qty: in.Quantity(c.Qty).Fixed(in.QtyPlaces),
		ReduceOnly: c.Reduces(), Trigger: in.Price(c.Trigger).Fixed(in.PricePlaces), State: "intended"}
	r.asked[c.ID] = *c
	if r.ids = append(r.ids, c.ID); len(r.ids) > r.q.Most {
		old := r.ids[0]
		r.ids = r.ids[1:]
		delete(r.orders, old)
		delete(r.filled, old)
		delete(r.asked, old)
		r.out.Left++
	}
}

func (r *reading) outcome(rec *market.Record) {
	o := r.order(rec.Command.ID, rec.Time)
	if o == nil {
		return
	}
	kind := rec.Outcome.Kind()
	if kind == market.IsRefused {
		o.Code, o.Text = int64(rec.Outcome.Code), rec.Outcome.Text
	}
	switch early := o.State == "intended" || o.State == "sent" || o.State == "unknown"; {
	case rec.Command.Op == market.OpCancel:
		o.Cancel = kind.String()
	case rec.Command.Op == market.OpAmend: // what it changed, order has written
	case early && kind == market.IsAccepted:
		o.State = market.StatusNew.String()
	case early:
		o.State = kind.String()
	}
}

func (r *reading) status(id market.OrderID, s market.OrderStatus, venue int64, at market.Nanos) {
	o := r.order(id, at)
	if o == nil {
		return
	}
	if s != market.StatusNone {
		o.State = s.String()
	}
	if venue != 0 {
		o.Venue = venue
	}
}

func (r *reading) fill(rec *market.Record) {
	f := &rec.Fill
	if o := r.order(f.Order, rec.Time); o != nil {
		r.filled[f.Order] += f.Qty
		c := r.asked[f.Order]
		in := c.Instrument
		o.Filled = in.Quantity(r.filled[f.Order]).Fixed(in.QtyPlaces)
		final := o.State == market.StatusCanceled.String() || o.State == market.StatusExpired.String()
		switch {
		case r.filled[f.Order] >= c.Qty && c.Qty > 0:
			o.State = market.StatusFilled.String()
		case !final:
			o.State = market.StatusPartiallyFilled.String()
		}
	}
	if !r.wanted(f.Instrument, rec.Time) || f.Instrument == nil {
		return
	}
	in := f.Instrument
	r.out.Fills = append(r.out.Fills, FillRow{Time: stamp(f.Time), Symbol: in.Symbol, Order: int64(f.Order), Trade: f.Trade,
		Side: f.Side.String(), Price: in.Price(f.Px).Fixed(in.PricePlaces), Qty: in.Quantity(f.Qty).Fixed(in.QtyPlaces),
		Commission: f.Commission.String(), Asset: f.Asset, Realised: f.Realised.String(), Maker: f.Maker, Recovered: f.Recovered})
	r.out.Fills = keep(&r.out, r.out.Fills, r.q.Most)
}

func (r *reading) note(rec *market.Record) {
	n := NoteRow{Time: stamp(rec.Time), Text: rec.Text}
	switch rec.Kind {
	case market.RecordNote:
		n.Kind = "note"
	case market.RecordLatch:
		if n.Kind = "latch"; rec.Text == "" {
			n.Kind = "cleared"
		}
	case market.RecordStart:
		n.Kind, n.Text = "start", strings.TrimSpace("run "+rec.Run+" "+rec.Text)
	case market.RecordAdjust:
		n.Kind, n.Text = "adjust", fmt.Sprintf("%s %s to suspense: %s", rec.Change.Amount, rec.Change.Asset, rec.Text)
	case market.RecordAdopt:
		in := rec.Position.Instrument
		n.Kind, n.Text = "adopt", fmt.Sprintf("%s %s at %s: %s", in.Symbol, in.Quantity(rec.Position.Qty), rec.Position.Entry, rec.Text)
	case market.RecordGroup:
		if n.Kind, n.Text = "group", groupText(rec.Group); n.Text == "" {
			return
		}
	default:
		return
	}
	if rec.Time >= r.q.Since {
		r.out.Notes = keep(&r.out, append(r.out.Notes, n), r.q.Most)
	}
}

// keep leaves the oldest rows out, a good part of them at once.
func keep[T any](h *History, rows []T, most int) []T {
	if len(rows) < 2*most {
		return rows
	}
	return last(h, rows, most)
}

func last[T any](h *History, rows []T, most int) []T {
	drop := max(len(rows)-most, 0)
	h.Left += drop
	return slices.Delete(rows, 0, drop)
}

func (r *reading) finish() {
	h := &r.out
	h.Fills, h.Notes = last(h, h.Fills, r.q.Most), last(h, h.Notes, r.q.Most)
	slices.Sort(r.ids)
	for _, id := range r.ids {
		o := r.orders[id]
		if o.Filled == "" {
			o.Filled = decimal.Zero.Fixed(r.asked[id].Instrument.QtyPlaces)
		}
		h.Orders = append(h.Orders, *o)
	}
	for p := range r.fold.books.Positions() {
		if in := p.Instrument; r.q.Symbol == "" || in.Symbol == r.q.Symbol {
			h.Positions = append(h.Positions, PositionRow{Symbol: in.Symbol, Qty: in.Quantity(p.Qty).Fixed(in.QtyPlaces), Entry: p.Entry().String(),
				Cost: p.Cost.String(), Realised: p.Realised.String(), Fees: p.Fees.String(), Fills: p.Fills})
		}
	}
	b := r.fold.books
	for a := range b.Assets() {
		h.Balances = append(h.Balances, BalanceRow{Asset: a, Wallet: b.Wallet(a).String(), Fees: b.Fees(a).String(), Realised: b.Realised(a).String(),
			Funding: b.FundingOf(a).String(), Transfers: b.Transferred(a).String(), Suspense: b.Suspended(a).String()})
	}
	h.State = r.fold.result()
}

func stamp(t market.Nanos) string { return time.Unix(0, t).UTC().Format("2006-01-02T15:04:05.000000Z") }

// Columns are the names of a row type's fields, for the head of a table.
func Columns[T any]() []string {
	t := reflect.TypeFor[T]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("json")
	}
	return names
}

// Values are a row's fields as text, in the order of [Columns].
func Values[T any](row T) []string {
	v := reflect.ValueOf(row)
	out := make([]string, v.NumField())
	for i := range out {
		switch f := v.Field(i); f.Kind() {
		case reflect.Int64:
			out[i] = strconv.FormatInt(f.Int(), 10)
		case reflect.Bool:
			out[i] = strconv.FormatBool(f.Bool())
		default:
			out[i] = f.String()
		}
	}
	return out
}
