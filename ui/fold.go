package ui

import (
	"baton/decimal"
	"baton/ledger"
	"baton/market"
)

// Config of a [Fold]: what does not change while the run goes on.
type Config struct {
	Mode     string // one of the Mode constants
	Strategy string
	Version  string
	Asset    string // that money is in
	Clock    string // one of the Clock constants
	Control  bool   // pause, step and speed of the clock are taken
	Start    market.Nanos
	Wall     market.Nanos // the wall's clock at the start
}

// Fold makes views of what it is told. It belongs to one loop.
type Fold struct {
	cfg     Config
	seq     uint64
	markets []*marketFold
	alarms  ring[Alarm]
	audit   ring[Audit]
	fills   ring[Fill]
	inc     ring[Incident]
	money   moneyFold
	curve   curveFold
	steps   stepFold
	Health  HealthFold
	result  *End
}

// marketFold is one instrument's.
type marketFold struct {
	in     *market.Instrument
	status market.Status
	heard  market.Nanos // when the newest message came; 0: none did
	mark   market.Mark
	marked bool
	last   market.Ticks
	late   int
	prints ring[print]
	series [len(spans)]series
	dots   ring[FillDot]
	recent [16]int64 // trade ids of our newest fills, for those that come before their print
	trip   trip
}

// print is one trade on the tape.
type print struct {
	id    int64
	at    market.Nanos
	px    market.Ticks
	qty   market.Lots
	taker market.Side
	mine  bool
}

// New makes an empty fold.
func New(cfg Config) *Fold {
	return &Fold{
		cfg: cfg, alarms: newRing[Alarm](AlarmsKept), audit: newRing[Audit](AuditKept), fills: newRing[Fill](FillsKept),
		inc: newRing[Incident](IncidentsKept), money: newMoney(), curve: newCurve(cfg.Start), steps: newSteps(),
	}
}

// Open tells of an instrument, and gives its number for all other calls.
func (f *Fold) Open(in *market.Instrument) int {
	m := &marketFold{in: in, prints: newRing[print](PrintsKept), dots: newRing[FillDot](MarksKept)}
	for i, s := range spans {
		m.series[i] = series{ring: newRing[candle](CandlesKept), span: int64(s)}
	}
	f.markets = append(f.markets, m)
	return len(f.markets) - 1
}

// Heard tells that market data of instrument i came at now.
func (f *Fold) Heard(i int, now market.Nanos) {
	f.markets[i].heard = now
	f.Health.Messages++
}

// Trade tells of a trade that came at now.
func (f *Fold) Trade(i int, t *market.Trade, now market.Nanos) {
	f.Heard(i, now)
	m := f.markets[i]
	at := t.Event
	if at == 0 {
		at = now
	}
	m.last = t.Px
	mine := m.filled(t.ID)
	m.prints.push(print{t.ID, at, t.Px, t.Qty, t.Taker, mine})
	late := false
	for s := range m.series {
		late = m.series[s].add(at/1e9, t.Px, t.Qty, t.Taker) || late
	}
	if late {
		m.late++
	}
}

// filled says whether one of our newest fills was that trade.
func (m *marketFold) filled(trade int64) bool {
	for _, id := range m.recent {
		if id == trade {
			return trade != 0
		}
	}
	return false
}

// Mark tells of a mark price.
func (f *Fold) Mark(i int, mark *market.Mark, now market.Nanos) {
	f.Heard(i, now)
	f.markets[i].mark, f.markets[i].marked = *mark, true
}

// Status tells of a feed that became exact, stale, or ended.
func (f *Fold) Status(i int, s market.Status, now market.Nanos) {
	m := f.markets[i]
	if s == m.status && m.heard != 0 {
		return
	}
	m.status = s
	f.Incident(now, s.String(), m.in.Symbol+": the book is "+s.String())
}

// Incident tells of something on the line.
func (f *Fold) Incident(now market.Nanos, kind, text string) {
	f.inc.push(Incident{now / 1e6, kind, text})
}

// Alarm tells of something that a person should know, and gives the line to show at once.
func (f *Fold) Alarm(now market.Nanos, level, text string) Alarm {
	return *f.alarms.push(Alarm{f.alarms.all + 1, now / 1e6, level, text})
}

// Audit tells of a command and what came of it.
func (f *Fold) Audit(a Audit) {
	a.N = f.audit.all + 1
	f.audit.push(a)
}

// Event tells of what the ledger has booked. For a fill it gives the line to show at once; false for anything else.
func (f *Fold) Event(e *ledger.Event) (Fill, bool) {
	switch e.Kind {
	case ledger.KindFill:
		return f.fill(e), true
	case ledger.KindFunding:
		if len(e.Postings()) > 0 {
			f.funding(e.Instrument, e.Postings()[0].Amount)
		}
	}
	return Fill{}, false
}

// fill keeps one execution, for the table, the chart and its round trip.
func (f *Fold) fill(e *ledger.Event) Fill {
	in, x := e.Instrument, &e.Fill
	wallet := e.Wallet.String()
	line := *f.fills.push(Fill{
		N: f.fills.all + 1, Trade: x.Trade, Order: int64(x.Order), Symbol: in.Symbol, AtMs: x.Time / 1e6, Side: x.Side.String(),
		Px: price(in, x.Px), Qty: quantity(in, x.Qty), Maker: x.Maker, Fee: x.Commission.String(), FeeAsset: x.Asset,
		Realised: x.Realised.String(), Position: quantity(in, e.Position.Qty), Wallet: &wallet,
	})
	m := f.find(in)
	if m == nil {
		return line
	}
	m.dots.push(FillDot{
		N: line.N, T: x.Time / 1e9, AtMs: line.AtMs, Side: line.Side, Px: in.Price(x.Px).Float64(), Text: line.Px, Qty: line.Qty, Maker: x.Maker,
	})
	for p := range m.prints.newest(PrintsKept) {
		p.mine = p.mine || p.id == x.Trade // the fill's trade may be on the tape already
	}
	m.recent[f.fills.all%len(m.recent)] = x.Trade
	f.money.fill(&m.trip, x, e.Position.Qty)
	return line
}

func (f *Fold) funding(in *market.Instrument, amount decimal.Decimal) {
	if m := f.find(in); m != nil && m.trip.open() {
		m.trip.funding = sum(m.trip.funding, amount)
	}
}

func (f *Fold) find(in *market.Instrument) *marketFold {
	for _, m := range f.markets {
		if m.in == in {
			return m
		}
	}
	return nil
}

// End tells how the run ended.
func (f *Fold) End(e End) { f.result = &e }

// price writes ticks with the instrument's places, quantity lots.
func price(in *market.Instrument, px market.Ticks) string { return in.Price(px).Fixed(in.PricePlaces) }
func quantity(in *market.Instrument, q market.Lots) string {
	return in.Quantity(q).Fixed(in.QtyPlaces)
}

// sum adds for people's eyes: a sum too large to hold stays what it was.
func sum(a, b decimal.Decimal) decimal.Decimal {
	if c, err := a.Add(b); err == nil {
		return c
	}
	return a
}

func difference(a, b decimal.Decimal) decimal.Decimal { return sum(a, b.Neg()) }

func text(d decimal.Decimal) *string {
	s := d.String()
	return &s
}
