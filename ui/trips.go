package ui

import (
	"baton/decimal"
	"baton/market"
)

// moneyFold is what the report counts over all round trips.
type moneyFold struct {
	trips      ring[Trip]
	won, lost  int
	gain, loss decimal.Decimal // net of the trips that won, and of those that lost, as a positive number
}

func newMoney() moneyFold { return moneyFold{trips: newRing[Trip](TripsKept)} }

// trip is the round trip that is under way in one instrument.
type trip struct {
	in               *market.Instrument
	side             market.Side // 0: flat
	start            market.Nanos
	most             market.Lots
	opened, closed   market.Lots
	paid, got        decimal.Decimal // notional of what opened it, and of what closed it
	gross, fee       decimal.Decimal
	funding          decimal.Decimal
	fills            int
	makers, quantity market.Lots
}

func (t *trip) open() bool { return t.side != 0 }

// fill books one execution, after which the position is after.
func (m *moneyFold) fill(t *trip, x *market.Fill, after market.Lots) {
	before := after - market.Lots(x.Side)*x.Qty
	closes := market.Lots(0)
	if before != 0 && (before > 0) != (x.Side > 0) {
		closes = min(x.Qty, abs(before))
	}
	if closes > 0 {
		if !t.open() { // the position was adopted: its entry is not known here
			*t = trip{in: x.Instrument, side: -x.Side, start: x.Time, most: abs(before)}
		}
		t.take(x, closes, &t.closed, &t.got)
		t.gross = sum(t.gross, x.Realised)
		if closes == abs(before) {
			m.finish(t, x.Time)
		}
	}
	if opens := x.Qty - closes; opens > 0 {
		if !t.open() {
			*t = trip{in: x.Instrument, side: x.Side, start: x.Time}
		}
		t.take(x, opens, &t.opened, &t.paid)
		t.most = max(t.most, abs(after))
	}
}

// take adds q of the execution to one side of the trip, with its share of the fee.
func (t *trip) take(x *market.Fill, q market.Lots, into *market.Lots, worth *decimal.Decimal) {
	*into += q
	if n, err := x.Instrument.Notional(x.Px, q, decimal.HalfEven); err == nil {
		*worth = sum(*worth, n)
	}
	if share, err := x.Commission.MulDiv(decimal.FromUnits(int64(q)), decimal.FromUnits(int64(x.Qty)), decimal.HalfEven); err == nil {
		t.fee = sum(t.fee, share)
	}
	t.fills++
	t.quantity += q
	if x.Maker {
		t.makers += q
	}
}

// finish ends the trip and counts it.
func (m *moneyFold) finish(t *trip, at market.Nanos) {
	v := t.view(m.trips.all + 1)
	v.CloseMs, v.HoldMs = new(at/1e6), new((at-t.start)/1e6)
	m.trips.push(v)
	net := t.net()
	if net.Sign() > 0 {
		m.won++
		m.gain = sum(m.gain, net)
	} else {
		m.lost++
		m.loss = difference(m.loss, net)
	}
	*t = trip{}
}

func (t *trip) net() decimal.Decimal { return sum(difference(t.gross, t.fee), t.funding) }

// average is worth over quantity, as a price; "n/a" where nothing is known of it.
func (t *trip) average(worth decimal.Decimal, q market.Lots) *string {
	if q == 0 {
		return nil
	}
	px, err := worth.Div(t.in.Quantity(q), decimal.HalfEven)
	if err != nil {
		return nil
	}
	return new(px.Fixed(t.in.PricePlaces + 2))
}

func (t *trip) view(n int) Trip {
	v := Trip{
		N: n, Symbol: t.in.Symbol, Side: longShort(t.side > 0), OpenMs: t.start / 1e6, Qty: quantity(t.in, t.most),
		Entry: t.average(t.paid, t.opened), Exit: t.average(t.got, t.closed), Gross: t.gross.String(), Fees: t.fee.String(),
		Funding: t.funding.String(), Net: t.net().String(), Fills: t.fills,
	}
	if t.quantity > 0 {
		v.MakerPct = 100 * float64(t.makers) / float64(t.quantity)
	}
	return v
}

func longShort(long bool) string {
	if long {
		return "LONG"
	}
	return "SHORT"
}

func abs(q market.Lots) market.Lots { return max(q, -q) }
