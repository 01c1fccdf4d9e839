package exchange

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"baton/decimal"
	"baton/market"
)

// ErrRules: filters or a status that an instrument cannot have.
var ErrRules = errors.New("exchange: rules refused")

// Filters are the rules of an instrument that a venue changes while it trades (Binance USD-M, exchangeInfo: PRICE_FILTER, LOT_SIZE,
// MIN_NOTIONAL, PERCENT_PRICE). What is zero stays as the instrument was listed.
type Filters struct {
	Tick        decimal.Decimal `json:"tickSize"` // a whole multiple of the listed one
	Lot         decimal.Decimal `json:"stepSize"` // likewise
	MinQty      decimal.Decimal `json:"minQty"`
	MaxQty      decimal.Decimal `json:"maxQty"`
	MinNotional decimal.Decimal `json:"notional"`
	PriceUp     decimal.Decimal `json:"multiplierUp"`
	PriceDown   decimal.Decimal `json:"multiplierDown"`
}

// SetFilters changes the filters of instrument i from now on; the zero [Filters] are those that it was listed with. What rests
// already stays as it is: new orders and amendments must obey. Prices and quantities of the exchange go on being whole numbers of
// the listed tick and step, so that only coarser ones can be asked for. ErrRules where that is not so.
func (x *Exchange) SetFilters(i int, f Filters) error {
	s := x.instrument(i)
	if s == nil {
		return fmt.Errorf("%w: no instrument %d", ErrRules, i)
	}
	listed := x.list[i]
	ticks, err := multiple("tickSize", f.Tick, listed.Tick)
	if err != nil {
		return err
	}
	lots, err := multiple("stepSize", f.Lot, listed.Lot)
	if err != nil {
		return err
	}
	if f.PriceUp.Sign() < 0 || f.PriceDown.Sign() < 0 || f.MinNotional.Sign() < 0 || f.MinQty.Sign() < 0 || f.MaxQty.Sign() < 0 {
		return fmt.Errorf("%w: %+v: no limit may be negative", ErrRules, f)
	}
	own := *listed
	own.Status = s.Status
	own.MinQty, own.MaxQty = listedLots(listed, f.MinQty, own.MinQty), listedLots(listed, f.MaxQty, own.MaxQty)
	for _, p := range [...]struct{ to, from *decimal.Decimal }{{&own.MinNotional, &f.MinNotional}, {&own.PriceUp, &f.PriceUp}, {&own.PriceDown, &f.PriceDown}} {
		if !p.from.IsZero() {
			*p.to = *p.from
		}
	}
	s.Instrument, s.tickStep, s.lotStep = &own, market.Ticks(ticks), market.Lots(lots)
	s.publish()
	s.limit()
	return nil
}

// multiple says how many of the listed steps a new one is; 1 for none.
func multiple(what string, step, listed decimal.Decimal) (int64, error) {
	if step.IsZero() {
		return 1, nil
	}
	if n, whole := step.Multiple(listed); whole && n >= 1 {
		return n, nil
	}
	return 0, fmt.Errorf("%w: %s %s is no whole multiple of %s, with which the symbol was listed", ErrRules, what, step, listed)
}

// listedLots is a quantity in listed steps, rounded down; of none the one that there is.
func listedLots(in *market.Instrument, q decimal.Decimal, have market.Lots) market.Lots {
	if q.IsZero() {
		return have
	}
	down, err := q.Quantize(in.Lot, decimal.Floor)
	if err != nil {
		return have
	}
	n, _ := down.Multiple(in.Lot)
	return market.Lots(n)
}

// publish makes what exchangeInfo shows of an instrument: its limits in the steps that are in force.
func (s *instrument) publish() {
	p := *s.Instrument
	p.Tick, p.Lot = decimal.FromUnits(int64(s.tickStep)*p.Tick.Units()), decimal.FromUnits(int64(s.lotStep)*p.Lot.Units())
	up := func(n, step int64) int64 { return (n + step - 1) / step }
	p.MinPrice, p.MaxPrice = market.Ticks(up(int64(p.MinPrice), int64(s.tickStep))), p.MaxPrice/s.tickStep
	p.MinQty, p.MaxQty = market.Lots(up(int64(p.MinQty), int64(s.lotStep))), p.MaxQty/s.lotStep
	p.MinMarketQty, p.MaxMarketQty = market.Lots(up(int64(p.MinMarketQty), int64(s.lotStep))), p.MaxMarketQty/s.lotStep
	s.public = &p
}

// Rules is instrument i as its rules are now: with the filters of [Exchange.SetFilters], its tick and step among them, and the
// status of [Exchange.SetStatus]. It is a copy that does not change; prices and quantities of the exchange are in the tick and step
// of [Exchange.Instruments].
func (x *Exchange) Rules(i int) *market.Instrument { return x.ins[i].public }

// The states of an instrument (Binance USD-M, contractStatus). What each allows is decided here, where the venue does not document it:
// only TRADING takes orders that open; PRE_SETTLE those that close (-4140 else); in PENDING_TRADING, BREAK and TRADING_HALT nobody
// trades (-1122); SETTLING and CLOSE are the end (-4141).
const (
	StatusTrading = "TRADING"
	StatusPending = "PENDING_TRADING"
	StatusBreak   = "BREAK"
	StatusHalt    = "TRADING_HALT"
	StatusSettle  = "PRE_SETTLE"
	StatusSettles = "SETTLING"
	StatusClose   = "CLOSE"
)

// Statuses are all states of an instrument.
func Statuses() []string {
	return []string{StatusTrading, StatusPending, StatusBreak, StatusHalt, StatusSettle, StatusSettles, StatusClose}
}

// phase is what a status allows.
type phase uint8

const (
	trading phase = iota
	reducing
	halted
	ended
)

func phaseOf(status string) phase {
	switch status {
	case "", StatusTrading:
		return trading
	case StatusSettle:
		return reducing
	case StatusSettles, StatusClose:
		return ended
	}
	return halted
}

// admits says whether an order may come in now.
func (s *instrument) admits(closing bool) Refusal {
	switch {
	case s.phase == trading || s.phase == reducing && closing:
		return Refusal{}
	case s.phase == reducing:
		return RefuseOpening
	case s.phase == ended:
		return RefuseClosed
	}
	return RefuseSymbolStatus
}

// SetStatus changes the status of instrument i. Whatever of open orders may not go on expires: all of them, with reason 7 where the
// symbol ends, or for PRE_SETTLE those that could open. Conditional orders go on waiting, to be rejected when they fire, unless
// the symbol ends. CLOSE settles each position at the mark price, by an order whose client id begins with settlement_autoclose-.
// ErrRules for a status that there is not.
func (x *Exchange) SetStatus(now Nanos, i int, status string) error {
	s := x.instrument(i)
	switch {
	case s == nil:
		return fmt.Errorf("%w: no instrument %d", ErrRules, i)
	case !slices.Contains(Statuses(), status):
		return fmt.Errorf("%w: no status is called %q; there are %s", ErrRules, status, strings.Join(Statuses(), ", "))
	}
	own := *s.Instrument
	own.Status = status
	s.Instrument, s.phase = &own, phaseOf(status)
	s.publish()
	if s.phase != trading {
		x.vacate(now, s)
	}
	if status == StatusClose {
		x.settleAll(now, s)
	}
	x.drain(now)
	x.schedule()
	return nil
}

// vacate expires the open orders that a status ends.
func (x *Exchange) vacate(now Nanos, s *instrument) {
	why := ExpiredNone
	if s.phase == ended {
		why = ExpiredDelisted
	}
	for _, a := range x.accounts {
		for k := a.first; k != nowhere; {
			o := x.orders.at(k)
			next := o.next
			if o.Instrument == s.index && !(s.phase == reducing && o.Closes()) {
				x.withdraw(now, k, market.StatusExpired, ExecExpired, why)
			}
			k = next
		}
	}
	if s.phase != ended {
		return
	}
	for len(s.stops.waiting) > 0 {
		k := s.stops.waiting[0]
		x.unhang(k)
		x.end(now, k, AlgoExpired)
	}
}

// settleAll closes every position of an instrument that has ended, at the mark price in whole ticks: the rest of the market is on the
// other side, and has nothing in the end.
func (x *Exchange) settleAll(now Nanos, s *instrument) {
	px := market.Ticks(s.mark.now.Mark.Units() / s.Tick.Units())
	if px == 0 {
		px = s.last.Px
	}
	if px <= 0 {
		return // it never had a price, and so nobody holds any
	}
	for i := 1; i < len(x.accounts); i++ {
		a := x.accounts[i]
		for _, side := range a.sides() {
			if l := a.positions[s.index].of(side); l.qty != 0 {
				x.handOver(now, s, i, side, 0, px, market.Lots(size(int64(l.qty))), settlementPrefix)
			}
		}
	}
}

// HoldMark stops the mark price of instrument i, or lets it go on: while it is held there is none, recorded ones are not taken, and
// nobody is liquidated.
func (x *Exchange) HoldMark(i int, on bool) {
	if s := x.instrument(i); s != nil {
		s.mark.held = on
	}
}

// maxSkew bounds how far a mark price is moved.
var maxSkew = decimal.MustParse("0.5")

// SkewMark makes each further mark price of instrument i so much higher than it would be, or, negative, lower: 0.1 is a tenth.
// Zero ends it. ErrRules for more than a half.
func (x *Exchange) SkewMark(i int, by decimal.Decimal) error {
	s := x.instrument(i)
	if s == nil || by.Abs().Cmp(maxSkew) > 0 {
		return fmt.Errorf("%w: a mark price of instrument %d that is moved by %s: move it by up to %s either way", ErrRules, i, by, maxSkew)
	}
	s.mark.skew = by.Units()
	return nil
}

// skewed moves a mark price as [Exchange.SkewMark] wants it.
func (m *marking) skewed(mark decimal.Decimal) decimal.Decimal {
	if m.skew == 0 {
		return mark
	}
	return units(max(min(mulDiv(mark.Units(), decimal.Scale+m.skew, decimal.Scale), maxPrice), 1))
}
