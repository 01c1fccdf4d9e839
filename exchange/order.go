package exchange

import (
	"baton/decimal"
	"baton/market"
)

// Request asks for an order. ClientID and Ref are two ways for its account to name it, each may be absent (empty, 0): the
// first is Binance's newClientOrderId, the second a number for callers in the same process. Both are unique among the
// account's open orders.
type Request struct {
	Account    int
	Instrument int
	ClientID   string
	Ref        int64
	Side       market.Side
	Type       market.OrderType
	TIF        market.TIF // of a limit order
	Px         market.Ticks
	Qty        market.Lots
	ReduceOnly bool
}

// Order is an order's state.
type Order struct {
	ID         int64 // the exchange's number
	Account    int
	Instrument int
	ClientID   string
	Ref        int64
	Side       market.Side
	Type       market.OrderType
	TIF        market.TIF
	Status     market.OrderStatus
	ReduceOnly bool
	Px         market.Ticks
	Qty        market.Lots
	Filled     market.Lots
	CumQuote   decimal.Decimal // price times quantity of its fills
	Created    market.Nanos
	Updated    market.Nanos
}

// Left is what is not filled yet.
func (o *Order) Left() market.Lots { return o.Qty - o.Filled }

// Average is the mean price of the fills, rounded half-even to 8 places; zero without a fill.
func (o *Order) Average(in *market.Instrument) decimal.Decimal {
	if o.Filled == 0 {
		return decimal.Zero
	}
	p, err := o.CumQuote.Div(in.Quantity(o.Filled), decimal.HalfEven)
	if err != nil {
		return decimal.Zero // cannot be: the mean lies between two prices
	}
	return p
}

// Key names an order of an account by the first of ID, ClientID and Ref that is set. Instrument is checked where it is not
// negative.
type Key struct {
	Account    int
	Instrument int
	ID         int64
	ClientID   string
	Ref        int64
}

// Position is an account's position in one instrument. Cost is what was paid for it (negative: received), fees aside: it is
// exact, and the entry price follows from it.
type Position struct {
	Instrument int
	Qty        market.Lots // negative: short
	Cost       decimal.Decimal
	Unrealised decimal.Decimal // at the mark price
	Initial    decimal.Decimal // initial margin, position and open orders together
	Maintain   decimal.Decimal // maintenance margin
	Bids, Asks decimal.Decimal // notional of open orders by side
}

// Entry is the entry price, rounded half-even to 8 places; zero for a flat position.
func (p *Position) Entry(in *market.Instrument) decimal.Decimal {
	if p.Qty == 0 {
		return decimal.Zero
	}
	e, err := p.Cost.Div(in.Quantity(p.Qty), decimal.HalfEven)
	if err != nil {
		return decimal.Zero // cannot be: a mean price lies between two prices
	}
	return e
}

// Account is one account's state.
type Account struct {
	Name       string
	Asset      string
	Wallet     decimal.Decimal
	Unrealised decimal.Decimal // of all positions, at mark prices
	Initial    decimal.Decimal // initial margin of positions and open orders
	Maintain   decimal.Decimal // maintenance margin
	Available  decimal.Decimal // for new orders; never negative
}

// Margin is wallet and unrealised profit together: the margin balance.
func (a *Account) Margin() decimal.Decimal {
	m, err := a.Wallet.Add(a.Unrealised)
	if err != nil {
		return decimal.Zero // cannot be: the exchange bounds both
	}
	return m
}
