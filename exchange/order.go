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
	TIF        market.TIF   // of a limit order
	Px         market.Ticks // 0 with PriceMatch
	Qty        market.Lots
	ReduceOnly bool

	PositionSide market.PositionSide // Both in one-way mode, Long or Short in hedge mode
	SelfTrade    market.SelfTrade
	PriceMatch   market.PriceMatch // the venue prices the order; Px must be 0
	GoodTill     Nanos             // of GTD: when it expires; counted in whole seconds

	closing bool // closes a whole position: no limit of size and no margin stands in its way
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

	PositionSide market.PositionSide
	SelfTrade    market.SelfTrade // the mode in force: never SelfTradeDefault
	PriceMatch   market.PriceMatch
	GoodTill     Nanos // of GTD; 0 else
	Expiry       int   // why it expired: one of the Expired constants
	Amends       int   // how often it was amended
	ModifyID     int64 // of its last amendment
	AlgoID       int64 // the conditional order that it came from; 0: none
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
