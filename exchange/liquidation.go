package exchange

import (
	"strconv"

	"baton/decimal"
	"baton/market"
)

// What the exchange calls the orders that it places for an account (Binance USD-M, ORDER_TRADE_UPDATE "c").
const (
	liquidationPrefix = "autoclose-"
	adlPrefix         = "adl_autoclose-"
	settlementPrefix  = "settlement_autoclose-"
)

// callRatio is the part of the margin balance that maintenance may take before the account gets a margin call. The venue
// documents none: it calls its own one late and advisory.
const callRatio = 0.8

// watch looks, after a new mark price of an instrument and after funding, who must be liquidated there: margin balance at or
// below maintenance margin (Binance USD-M, liquidation protocol).
func (x *Exchange) watch(now Nanos, s *instrument) {
	if s.mark.now.Mark.IsZero() || s.mark.held || s.phase >= halted {
		return
	}
	for i := 1; i < len(x.accounts); i++ {
		a := x.accounts[i]
		p := &a.positions[s.index]
		switch {
		case p.flat() || i == x.insurer:
		case p.apart:
			x.watchIsolated(now, s, i, market.Both)
			x.watchIsolated(now, s, i, market.Short)
		default:
			m := x.margin(a)
			if m.balance() <= m.maintain {
				x.liquidateCross(now, i)
			} else {
				x.warn(now, i, &m)
			}
		}
	}
}

// warn makes a margin call, once until the account is out of danger again.
func (x *Exchange) warn(now Nanos, i int, m *margin) {
	danger := float64(m.maintain) >= callRatio*float64(m.balance())
	if a := x.accounts[i]; danger != a.called {
		a.called = danger
		if danger {
			x.emit(now, EventMarginCall, -1, i, 0)
		}
	}
}

// watchIsolated liquidates an isolated position whose own margin is gone.
func (x *Exchange) watchIsolated(now Nanos, s *instrument, i int, side market.PositionSide) {
	a := x.accounts[i]
	p := &a.positions[s.index]
	l := p.of(side)
	if l.qty == 0 || x.ownMargin(s, l) > s.maintain(l.qty) {
		return
	}
	if a.hedge && side == market.Both {
		side = market.Long
	}
	x.expireAll(now, i, s.index)
	m := margin{wallet: l.isolated, unrealised: near(s.value(l), -l.cost), maintain: s.maintain(l.qty)}
	x.shrink(now, i, s, side, &m)
	if l.qty != 0 && x.ownMargin(s, l) <= s.maintain(l.qty) {
		x.surrender(now, i, s, side, x.ownMargin(s, l))
	}
}

// ownMargin is the margin balance of an isolated position.
func (x *Exchange) ownMargin(s *instrument, l *leg) int64 {
	return near(l.isolated, near(s.value(l), -l.cost))
}

// liquidateCross brings an account back above maintenance: all its orders are cancelled, then its positions are closed, the
// one with the largest maintenance margin first, each as far as needed; what the market does not take goes to the insurance
// fund, or to those on the other side.
func (x *Exchange) liquidateCross(now Nanos, i int) {
	a := x.accounts[i]
	x.expireAll(now, i, -1)
	for range 2 * len(a.positions) {
		m := x.margin(a)
		if m.balance() > m.maintain {
			return
		}
		s, side := x.heaviest(a)
		if s == nil {
			return
		}
		l := a.positions[s.index].of(side)
		x.shrink(now, i, s, side, &m)
		if m = x.margin(a); l.qty != 0 && m.balance() <= m.maintain {
			x.surrender(now, i, s, side, m.balance())
		}
	}
}

// expireAll ends an account's open orders in instrument i; for -1, in all instruments where its margin is cross.
func (x *Exchange) expireAll(now Nanos, account, i int) {
	a := x.accounts[account]
	for k := a.first; k != nowhere; {
		o := x.orders.at(k)
		next := o.next
		if o.Instrument == i || i < 0 && !a.positions[o.Instrument].apart {
			x.withdraw(now, k, market.StatusExpired, ExecExpired, ExpiredLiquidated)
		}
		k = next
	}
}

// heaviest is the cross position with the largest maintenance margin; nil where none is open.
func (x *Exchange) heaviest(a *account) (s *instrument, side market.PositionSide) {
	most := int64(-1)
	for i := range a.positions {
		p := &a.positions[i]
		if p.apart {
			continue
		}
		for _, on := range a.sides() {
			if l := p.of(on); l.qty != 0 && x.ins[i].maintain(l.qty) > most {
				s, side, most = x.ins[i], on, x.ins[i].maintain(l.qty)
			}
		}
	}
	return s, side
}

// sides are the position sides of an account's mode.
func (a *account) sides() []market.PositionSide {
	if a.hedge {
		return hedgeSides[:]
	}
	return onewaySides[:]
}

var (
	onewaySides = [...]market.PositionSide{market.Both}
	hedgeSides  = [...]market.PositionSide{market.Long, market.Short}
)

// shrink closes as much of a position as brings its margin back above maintenance, by one immediate-or-cancel order that goes
// no further than the bankruptcy price, and charges the liquidation fee on what was closed, as far as there is money for it.
func (x *Exchange) shrink(now Nanos, i int, s *instrument, side market.PositionSide, m *margin) {
	a := x.accounts[i]
	l := a.positions[s.index].of(side)
	qty := x.excess(s, l, m)
	px := s.bankruptcy(l.qty, m.balance())
	before := a.wallet
	k := x.force(now, i, s, side, px, qty, liquidationPrefix)
	if s.kind == Matched {
		x.enter(now, s, k)
	} else {
		x.beside(now, s, k)
	}
	o := x.orders.at(k)
	closed := o.CumQuote.Units()
	x.emitForce(now, &o.Order)
	most := a.wallet - before // what closing has set free
	if !a.positions[s.index].apart {
		after := x.margin(a)
		most = after.balance()
	}
	fee := min(mulDiv(closed, s.LiquidationFee.Units(), decimal.Scale), max(most, 0))
	x.clear(now, i, s, side, -fee)
}

// excess is how much of a position must be closed at the mark price, and its liquidation fee paid, until margin is above
// maintenance again: the whole of it where nothing less does.
func (x *Exchange) excess(s *instrument, l *leg, m *margin) market.Lots {
	all := market.Lots(size(int64(l.qty)))
	others := m.maintain - s.maintain(l.qty)
	enough := func(closed market.Lots) bool {
		fee := mulDiv(int64(size(s.worth(closed))), s.LiquidationFee.Units(), decimal.Scale)
		return near(m.balance(), -fee) > near(others, s.maintain(all-closed))
	}
	low, high := market.Lots(0), all
	for low+1 < high {
		if mid := (low + high) / 2; enough(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// bankruptcy is the price, in whole ticks to the account's advantage, at which closing qty leaves nothing of a margin balance.
func (s *instrument) bankruptcy(qty market.Lots, balance int64) market.Ticks {
	lots, tick := int64(size(int64(qty))), s.Tick.Units()
	value := near(int64(size(s.worth(qty))), -int64(sign(qty))*balance)
	each := s.unit * lots // money in one tick of the position
	at := max(value, 0) / each
	if qty > 0 && at*each < value {
		at++
	}
	return market.Ticks(min(max(at, 1), 2*s.mark.now.Mark.Units()/tick+1))
}

func sign(qty market.Lots) market.Side {
	if qty < 0 {
		return market.Sell
	}
	return market.Buy
}

// force files an order of the exchange's own that closes a position. It costs no commission.
func (x *Exchange) force(now Nanos, i int, s *instrument, side market.PositionSide, px market.Ticks, qty market.Lots, prefix string) int32 {
	held := x.accounts[i].positions[s.index].of(side).qty
	k := x.add(now, &Request{Account: i, Instrument: s.index, ClientID: prefix + strconv.FormatInt(x.orders.lastID+1, 10),
		PositionSide: side, Side: -sign(held), Type: market.Limit, TIF: market.IOC, Px: px, Qty: qty, ReduceOnly: side == market.Both})
	x.orders.at(k).forced = true
	x.attach(k)
	x.emitUpdate(now, x.orders.at(k), ExecCalculated, ExpiredNone, nil)
	return k
}

// surrender gives up what is left of a position whose margin balance is given: the insurance fund takes it over at the bankruptcy
// price, with what is left of the margin; where it cannot pay for that, those on the other side have to, ranked by profit
// and leverage (Binance USD-M, FAQ 360033525471).
func (x *Exchange) surrender(now Nanos, i int, s *instrument, side market.PositionSide, balance int64) {
	a := x.accounts[i]
	l := a.positions[s.index].of(side)
	px, kept := s.bankruptcy(l.qty, balance), a.wallet
	fund := x.fund0(now)
	m := x.margin(fund)
	if m.balance()+balance >= 0 {
		x.handOver(now, s, i, side, x.insurer, px, market.Lots(size(int64(l.qty))), liquidationPrefix)
	} else {
		x.deleverage(now, s, i, side, px)
	}
	if a.positions[s.index].apart {
		x.clear(now, i, s, side, kept-a.wallet)
		return
	}
	if m = x.margin(a); l.qty == 0 {
		x.clear(now, i, s, side, -m.balance())
	}
}

// clear moves money between an account and the insurance fund: positive, the fund pays. The fund pays no more than it has.
func (x *Exchange) clear(now Nanos, i int, s *instrument, side market.PositionSide, amount int64) {
	a, fund := x.accounts[i], x.fund0(now)
	if amount > 0 {
		amount = min(amount, max(fund.wallet, 0))
	}
	if amount == 0 || i == x.insurer {
		return
	}
	x.move(fund, a, amount)
	x.earn(now, i, s.index, IncomeInsurance, amount, 0)
	x.emitChangeOf(now, i, s.index, side, market.ReasonOther, "INSURANCE_CLEAR", amount)
	x.balanced()
}

// handOver lets one account's position pass to another account (0: the rest of the market), at a price, beside the book.
func (x *Exchange) handOver(now Nanos, s *instrument, from int, side market.PositionSide, to int, px market.Ticks, qty market.Lots, prefix string) {
	if qty == 0 {
		return
	}
	s.lastTrade++
	k := x.force(now, from, s, side, px, qty, prefix)
	taker := x.orders.at(k).Side
	x.fill(now, s, k, Fill{Trade: s.lastTrade, Px: px, Qty: qty})
	x.accept(now, s, to, -taker, px, qty)
	x.balanced()
}

// accept is the other side of a position that is handed over.
func (x *Exchange) accept(now Nanos, s *instrument, to int, side market.Side, px market.Ticks, qty market.Lots) {
	if to == 0 {
		x.settle(s, 0, market.Both, side, px, qty, 0)
		return
	}
	a := x.accounts[to]
	on := market.Both
	if a.hedge { // it closes: a SHORT by buying, a LONG by selling
		if on = market.Long; side == market.Buy {
			on = market.Short
		}
	}
	prefix := adlPrefix
	if to == x.insurer {
		prefix = liquidationPrefix
	}
	k := x.add(now, &Request{Account: to, Instrument: s.index, ClientID: prefix + strconv.FormatInt(x.orders.lastID+1, 10),
		PositionSide: on, Side: side, Type: market.Limit, TIF: market.IOC, Px: px, Qty: qty, ReduceOnly: to != x.insurer && on == market.Both})
	x.orders.at(k).forced = true
	x.attach(k)
	x.emitUpdate(now, x.orders.at(k), ExecCalculated, ExpiredNone, nil)
	x.fill(now, s, k, Fill{Trade: s.lastTrade, Px: px, Qty: qty})
}
