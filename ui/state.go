package ui

import (
	"iter"

	"baton/decimal"
	"baton/ledger"
	"baton/market"
	"baton/order"
)

// Sections is a set of the parts of a view that are made only where somebody watches them.
type Sections uint8

// The sections.
const (
	OnCoroutines Sections = 1 << iota
	OnReport
	OnHealth
	Everything = OnCoroutines | OnReport | OnHealth
)

// State is what a view needs beyond what the fold was told: how things stand at this moment. It is borrowed for the call.
type State struct {
	Now, Wall market.Nanos
	Full      bool
	Sections  Sections

	Phase       string
	Done        *float64
	Speed       *float64
	ClockPaused bool
	Trading     string
	Paused      bool
	Killed      bool
	ReadOnly    string

	Equity *decimal.Decimal // nil: not known
	Ledger *ledger.Ledger   // nil: no money yet
	Books  []*market.Book   // by the numbers of Open; nil: none yet
	Orders iter.Seq[*order.Order]

	Placed, Refused int

	Loop  LoopState
	Tasks []Task

	Connects, Losses, Gaps, Resyncs, Bad     int
	StaleWakes, StaleReads, Unknown, Queries int
	Budgets                                  []Budget
	Goroutines                               int
	Heap                                     int64
	GCPauseUs                                *float64
	Tabs                                     int
	Dropped                                  uint64
}

// View makes the view of the moment.
func (f *Fold) View(s *State) *View {
	f.seq++
	v := &View{
		Schema: Schema, Seq: f.seq, Full: s.Full, Header: f.header(s), Markets: make([]Market, 0, len(f.markets)),
		Alarms: f.alarms.list(pick(s.Full, AlarmsKept, AlarmsTail)), Audit: f.audit.list(AuditKept),
	}
	mine := f.mine(s)
	for i, m := range f.markets {
		w := m.view(s, s.book(i), mine, f.holding(s, m))
		if px := f.liquidation(s, m); px != nil {
			w.Lines = append(w.Lines, Line{Kind: LineLiquidation, Px: *px})
		}
		v.Markets = append(v.Markets, w)
	}
	v.Account = f.account(s)
	if s.Sections&OnCoroutines != 0 || s.Full {
		v.Coroutines = f.coroutines(s)
	}
	if s.Sections&OnReport != 0 || s.Full {
		v.Report = f.report(s)
	}
	if s.Sections&OnHealth != 0 || s.Full {
		v.Health = f.health(s)
	}
	return v
}

func pick(full bool, kept, tail int) int {
	if full {
		return kept
	}
	return tail
}

func (s *State) book(i int) *market.Book {
	if i < len(s.Books) {
		return s.Books[i]
	}
	return nil
}

func (f *Fold) header(s *State) Header {
	h := Header{
		Mode: f.cfg.Mode, Phase: s.Phase, Strategy: f.cfg.Strategy, Version: f.cfg.Version, StartMs: f.cfg.Start / 1e6, NowMs: s.Now / 1e6,
		WallMs: s.Wall / 1e6, Done: s.Done, Asset: f.cfg.Asset, Trading: s.Trading, Paused: s.Paused, Killed: s.Killed, Read: s.ReadOnly,
		Clock: Clock{Kind: f.cfg.Clock, Speed: s.Speed, Paused: s.ClockPaused, Control: f.cfg.Control},
	}
	if s.Equity != nil {
		h.Equity = text(*s.Equity)
		if f.curve.sampled {
			h.DayProfit = text(difference(*s.Equity, f.curve.dayBase))
		}
	}
	return h
}

// mine is our resting orders, in the order of the table.
func (f *Fold) mine(s *State) []*order.Order {
	var out []*order.Order
	if s.Orders == nil {
		return nil
	}
	for o := range s.Orders {
		if !o.State.Terminal() {
			out = append(out, o)
		}
	}
	return out
}

// holding is the position of an instrument, as the ledger has it.
func (f *Fold) holding(s *State, m *marketFold) ledger.Position {
	if s.Ledger == nil {
		return ledger.Position{Instrument: m.in}
	}
	return s.Ledger.Position(m.in)
}

// account is the section of money, positions, orders and fills.
func (f *Fold) account(s *State) Account {
	a := Account{
		Positions: []Position{}, Orders: []Order{}, Fills: f.fills.list(pick(s.Full, FillsKept, FillsTail)), FillCount: f.fills.all,
		Placed: s.Placed, Refused: s.Refused,
	}
	for _, o := range f.mine(s) {
		if len(a.Orders) < OrdersKept {
			a.Orders = append(a.Orders, openOrder(o, s.Now))
		}
	}
	l := s.Ledger
	if l == nil {
		return a
	}
	asset := f.cfg.Asset
	a.Wallet, a.Realised, a.Fees, a.Funding = text(l.Wallet(asset)), text(l.Realised(asset)), text(l.Fees(asset)), text(l.FundingOf(asset))
	for _, m := range f.markets {
		if p := l.Position(m.in); p.Qty != 0 {
			row := m.position(&p)
			row.Liquidation = f.liquidation(s, m)
			a.Positions = append(a.Positions, row)
		}
	}
	return a
}

func openOrder(o *order.Order, now market.Nanos) Order {
	in := o.Instrument
	return Order{
		ID: int64(o.ID), Symbol: in.Symbol, AtMs: o.Created / 1e6, AgeMs: (now - o.Created) / 1e6, Side: o.Side.String(), Type: o.Type.String(),
		TIF: o.TIF.String(), Px: price(in, o.Px), Qty: quantity(in, o.Qty), Filled: quantity(in, o.Filled), Reduce: o.ReduceOnly,
		State: o.State.String(), Unknown: o.State == order.Unknown,
	}
}

// liquidation estimates the mark price at which the position ends the account, all other prices staying where they are; nil where no
// price can, or a mark price is missing.
func (f *Fold) liquidation(s *State, m *marketFold) *string {
	if s.Ledger == nil {
		return nil
	}
	px, ok, err := s.Ledger.Liquidation(m.in, f.marked)
	if !ok || err != nil {
		return nil
	}
	return new(px.Fixed(m.in.PricePlaces))
}

// marked is the last mark price of an instrument.
func (f *Fold) marked(in *market.Instrument) (decimal.Decimal, bool) {
	for _, m := range f.markets {
		if m.in == in && m.marked {
			return m.mark.Mark, true
		}
	}
	return decimal.Zero, false
}

// position is one row; what the mark price would be needed for is null before the first.
func (m *marketFold) position(p *ledger.Position) Position {
	out := Position{
		Symbol: m.in.Symbol, Side: longShort(p.Qty > 0), Qty: quantity(m.in, p.Qty), Entry: p.Entry().Fixed(m.in.PricePlaces),
		Realised: p.Realised.String(), Fees: p.Fees.String(),
	}
	if !m.marked {
		return out
	}
	out.Mark = new(m.mark.Mark.Fixed(m.in.PricePlaces))
	if n, err := m.mark.Mark.Mul(m.in.Quantity(abs(p.Qty)), decimal.HalfEven); err == nil {
		out.Notional = text(n)
	}
	if u, err := p.Unrealised(m.mark.Mark); err == nil {
		out.Profit = text(u)
	}
	return out
}
