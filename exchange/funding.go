package exchange

import (
	"errors"
	"fmt"

	"baton/decimal"
	"baton/market"
)

// How the funding rate follows from the premium index (Binance USD-M, funding: 2025-09-16 and FAQ 360033525031).
const (
	premiumEvery  Nanos = 5e9                     // a sample of the premium index
	impactValue         = 200 * decimal.Scale     // margin that an impact order has, at the highest leverage
	premiumBand         = 5 * decimal.Scale / 1e4 // how far the interest rate may pull the rate from the premium: 0.05 %
	keepPremium         = 1500                    // minutes of the premium index that are kept
	keepRates           = 1000                    // settlements that are kept, an instrument
	baseHours           = 8                       // the hours that interest and premium are quoted for
	premiumMinute Nanos = 60e9
)

// ErrFunding: funding terms that make no sense.
var ErrFunding = errors.New("exchange: funding terms refused")

// FundingTerms are how an instrument's funding works (Binance USD-M, fundingInfo). The zero value of a field is the default.
type FundingTerms struct {
	Hours      int             // between settlements: 1, 2, 4 or 8; 0: 8
	Interest   decimal.Decimal // of 8 hours; zero: [Config].FundingRate
	Cap, Floor decimal.Decimal // of the rate; both zero: 2 % and -2 %
}

// defaultCap bounds funding rates where nothing else is said.
var defaultCap = decimal.MustParse("0.02")

// SetFunding changes the funding terms of instrument i. ErrFunding where they make no sense.
func (x *Exchange) SetFunding(i int, t FundingTerms) error {
	s := x.instrument(i)
	if t.Hours == 0 {
		t.Hours = baseHours
	}
	if t.Interest.IsZero() {
		t.Interest = x.cfg.FundingRate
	}
	if t.Cap.IsZero() && t.Floor.IsZero() {
		t.Cap, t.Floor = defaultCap, defaultCap.Neg()
	}
	switch {
	case s == nil:
		return fmt.Errorf("%w: no instrument %d", ErrFunding, i)
	case t.Hours < 0 || t.Hours > baseHours || baseHours%t.Hours != 0:
		return fmt.Errorf("%w: every %d hours: use 1, 2, 4 or 8", ErrFunding, t.Hours)
	case t.Cap.Less(t.Floor) || t.Cap.Abs().Cmp(decimal.One) > 0 || t.Floor.Abs().Cmp(decimal.One) > 0 || t.Interest.Abs().Cmp(decimal.One) > 0:
		return fmt.Errorf("%w: floor %s, cap %s, interest %s: use a floor below the cap, and rates within 1", ErrFunding, t.Floor, t.Cap, t.Interest)
	}
	m := &s.mark
	m.terms = t
	if !m.recorded {
		m.now.Next = nextMultiple(x.second-1, m.every())
		m.now.Rate = m.rate()
	}
	x.schedule()
	return nil
}

// Funding is the funding terms of instrument i.
func (x *Exchange) Funding(i int) FundingTerms { return x.ins[i].mark.terms }

// every is the time between settlements.
func (m *marking) every() Nanos { return Nanos(m.terms.Hours) * 3600 * 1e9 }

// Settlement is one funding settlement that has happened (Binance USD-M, fundingRate).
type Settlement struct {
	Time Nanos
	Rate decimal.Decimal
	Mark decimal.Decimal
}

// AppendSettlements appends the last settlements of instrument i, oldest first; keepRates of them are kept.
func (x *Exchange) AppendSettlements(to []Settlement, i int) []Settlement {
	return x.ins[i].mark.settled.appendTo(to)
}

// fund settles funding: every position pays its value at the mark price times the rate to the other side, longs where the rate
// is positive. Each payment is rounded once; in a recorded market account 0 pays the exact rest, in a matched one what
// rounding left goes to the fees. An isolated position pays from its own wallet.
func (x *Exchange) fund(now Nanos, s *instrument) {
	m := &s.mark.now
	var total int64
	for i, a := range x.accounts {
		if i == 0 {
			continue
		}
		for _, on := range a.sides() {
			if a.positions[s.index].of(on).qty != 0 {
				total += x.payFunding(now, s, i, on)
			}
		}
	}
	if s.kind == Recorded {
		x.accounts[0].wallet = sum(x.accounts[0].wallet, total)
	} else {
		x.fees = sum(x.fees, total)
	}
	x.tally(total, 0)
	x.balanced()
	s.mark.settled.add(Settlement{Time: now, Rate: m.Rate, Mark: m.Mark}, keepRates)
	s.mark.weight, s.mark.weighted = 0, 0
	m.Next = nextMultiple(max(now, m.Next), s.mark.every())
}

// payFunding books one position's payment and says how much it was.
func (x *Exchange) payFunding(now Nanos, s *instrument, i int, on market.PositionSide) (paid int64) {
	a := x.accounts[i]
	p := &a.positions[s.index]
	l := p.of(on)
	paid = mulDiv(s.value(l), s.mark.now.Rate.Units(), decimal.Scale)
	before := x.holdings(a, l)
	a.wallet = sum(a.wallet, -paid)
	if p.apart {
		x.fence(a, l, -paid)
	}
	x.tally(x.holdings(a, l)-before, 0)
	x.earn(now, i, s.index, IncomeFunding, -paid, 0)
	x.emitChangeOf(now, i, s.index, on, market.ReasonFunding, "", -paid)
	return paid
}

// premium samples the premium index: how far the prices that an impact order would get lie from the index. Settlements weigh
// later samples more; the rate that the next one will have is made anew with each.
func (x *Exchange) premium(now Nanos, s *instrument) {
	m := &s.mark
	index := m.now.Index.Units()
	if index <= 0 {
		return
	}
	value := mulDiv(impactValue, int64(s.Brackets[0].Leverage), 1)
	bid, ask := s.impact(market.Buy, value), s.impact(market.Sell, value)
	if bid == 0 || ask == 0 {
		return
	}
	p := mulDiv(max(bid-index, 0)-max(index-ask, 0), decimal.Scale, index)
	p = min(max(p, -decimal.Scale), decimal.Scale)
	m.notePremium(now, p)
	if m.indexed && now%premiumEvery == 0 {
		m.weight++
		m.weighted += m.weight * p
		m.now.Rate = m.rate()
	}
}

// impact is the mean price, in 1e-8, at which so much money would trade with one side of the book; 0 where it is too thin.
func (s *instrument) impact(side market.Side, value int64) int64 {
	left, lots := value, int64(0)
	for l := range s.book.Levels(side) {
		each := int64(l.Px) * s.unit
		n := min(int64(l.Qty), left/each+1)
		lots += n
		if left -= n * each; left <= 0 {
			return mulDiv(value-left, s.Tick.Units(), s.unit*lots)
		}
	}
	return 0
}

// rate is what the premium since the last settlement makes of the interest, for the hours between settlements, within cap and
// floor. Without a sample it is the interest alone.
func (m *marking) rate() decimal.Decimal {
	if !m.indexed {
		return decimal.FromUnits(mulDiv(m.terms.Interest.Units(), int64(m.terms.Hours), baseHours))
	}
	average := int64(0)
	if m.weight > 0 {
		average = mulDiv(m.weighted, 2, m.weight*(m.weight+1))
	}
	f := average + min(max(m.terms.Interest.Units()-average, -premiumBand), premiumBand)
	f = mulDiv(f, int64(m.terms.Hours), baseHours)
	return decimal.FromUnits(min(max(f, m.terms.Floor.Units()), m.terms.Cap.Units()))
}

// PremiumBar is a minute of the premium index (Binance USD-M, premiumIndexKlines).
type PremiumBar struct {
	Start                  Nanos
	Open, High, Low, Close decimal.Decimal
	Count                  int // samples, one a second
}

func (m *marking) notePremium(now Nanos, units int64) {
	p, minute := decimal.FromUnits(units), now-now%premiumMinute
	if last := m.bars.last(); last != nil && last.Start == minute {
		last.Close = p
		last.Count++
		if p.Cmp(last.High) > 0 {
			last.High = p
		}
		if p.Less(last.Low) {
			last.Low = p
		}
		return
	}
	m.bars.add(PremiumBar{Start: minute, Open: p, High: p, Low: p, Close: p, Count: 1}, keepPremium)
}

// AppendPremium appends the last minutes of the premium index of instrument i, oldest first, the one in hand last. A matched
// market has them, and a recorded one that is given an index.
func (x *Exchange) AppendPremium(to []PremiumBar, i int) []PremiumBar {
	return x.ins[i].mark.bars.appendTo(to)
}

// history keeps the last entries of something.
type history[T any] struct {
	buf   []T
	start int
}

func (h *history[T]) add(v T, limit int) {
	if len(h.buf) < limit {
		h.buf = append(h.buf, v)
		return
	}
	h.buf[h.start] = v
	h.start = (h.start + 1) % len(h.buf)
}

func (h *history[T]) last() *T {
	if len(h.buf) == 0 {
		return nil
	}
	return &h.buf[(h.start+len(h.buf)-1)%len(h.buf)]
}

func (h *history[T]) appendTo(to []T) []T {
	to = append(to, h.buf[h.start:]...)
	return append(to, h.buf[:h.start]...)
}
