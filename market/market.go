// Package market is what both sides of a trade agree on: instruments, trades, books, commands, outcomes, reports, updates,
// accounts, journal records and the events of a recording. It decides nothing and does nothing; it is the vocabulary that
// `trade` shares with every venue and feed, so that neither needs to know the other.
//
// Prices are integer [Ticks] and quantities integer [Lots] of one [Instrument]; money is decimal.Decimal in the instrument's
// margin asset. Times are [Nanos], nanoseconds since the Unix epoch.
package market

import (
	"fmt"

	"baton/decimal"
)

// Nanos is a time in nanoseconds since the Unix epoch, or a span of nanoseconds.
type Nanos = int64

// Ticks counts an instrument's price steps, Lots its quantity steps.
type (
	Ticks int64
	Lots  int64
)

// Side is the direction of an order or of a trade's aggressor; as a number it is the sign of the position it makes.
type Side int8

// The two sides.
const (
	Buy  Side = 1
	Sell Side = -1
)

// String is "BUY" or "SELL".
func (s Side) String() string {
	switch s {
	case Buy:
		return "BUY"
	case Sell:
		return "SELL"
	}
	return "NONE"
}

// Instrument is one contract and its rules (Binance USD-M, exchangeInfo: symbols and filters). One pointer a contract is
// shared by everybody in a process; it never changes after it is made.
type Instrument struct {
	Symbol, Pair       string
	Base, Quote        string          // "BTC", "USDT"
	Margin             string          // the asset that balances, fees and profit are in
	Tick               decimal.Decimal // PRICE_FILTER tickSize
	Lot                decimal.Decimal // LOT_SIZE stepSize
	MinPrice, MaxPrice Ticks           // PRICE_FILTER
	MinQty, MaxQty     Lots            // LOT_SIZE
	MinMarketQty       Lots            // MARKET_LOT_SIZE minQty; 0: none
	MaxMarketQty       Lots            // MARKET_LOT_SIZE maxQty
	MinNotional        decimal.Decimal // MIN_NOTIONAL notional
	PriceUp, PriceDown decimal.Decimal // PERCENT_PRICE multiplierUp, multiplierDown
	PricePlaces        int             // pricePrecision: decimal places of a price as written
	QtyPlaces          int             // quantityPrecision
	MaxOrders          int             // MAX_NUM_ORDERS
	TakeBound          decimal.Decimal // marketTakeBound
	TriggerProtect     decimal.Decimal // triggerProtect: how far mark and last price may differ where a protected trigger fires; 0: 0.05
	MaxAmends          int             // maxMoveOrderLimit; 0: 10,000
	LiquidationFee     decimal.Decimal
	MakerFee, TakerFee decimal.Decimal // rates, 0.0002 is 2 basis points
	Brackets           []Bracket       // margin tiers, lowest first; at least one
	Status             string          // "TRADING", ...
}

// Bracket is one margin tier (Binance USD-M, leverageBracket): notional in (Floor, Cap] needs Maintenance*notional - Cum.
type Bracket struct {
	Floor, Cap  decimal.Decimal
	Leverage    int
	Maintenance decimal.Decimal // maintMarginRatio
	Cum         decimal.Decimal
}

// Price is t ticks as a price, exact.
func (in *Instrument) Price(t Ticks) decimal.Decimal {
	return decimal.FromUnits(int64(t) * in.Tick.Units())
}

// Quantity is q lots as a quantity, exact.
func (in *Instrument) Quantity(q Lots) decimal.Decimal {
	return decimal.FromUnits(int64(q) * in.Lot.Units())
}

// Ticks is p in ticks; an error where p is no whole number of ticks, with the two nearest prices.
func (in *Instrument) Ticks(p decimal.Decimal) (Ticks, error) {
	n, whole := p.Multiple(in.Tick)
	if !whole {
		lo, _ := p.Quantize(in.Tick, decimal.Floor)
		hi, _ := p.Quantize(in.Tick, decimal.Ceil)
		return 0, fmt.Errorf("price %s is not a multiple of the tick %s (%s): use %s or %s",
			p, in.Tick.Fixed(in.PricePlaces), in.Symbol, lo.Fixed(in.PricePlaces), hi.Fixed(in.PricePlaces))
	}
	return Ticks(n), nil
}

// Lots is q in lots; an error where q is no whole number of lots.
func (in *Instrument) Lots(q decimal.Decimal) (Lots, error) {
	n, whole := q.Multiple(in.Lot)
	if !whole {
		lo, _ := q.Quantize(in.Lot, decimal.Floor)
		hi, _ := q.Quantize(in.Lot, decimal.Ceil)
		return 0, fmt.Errorf("quantity %s is not a multiple of the step %s (%s): use %s or %s", q, in.Lot, in.Symbol, lo, hi)
	}
	return Lots(n), nil
}

// Notional is price times quantity, exact in 1e-8 for every instrument whose tick and lot have eight places together;
// otherwise rounded in direction r. ErrOverflow where it does not fit.
func (in *Instrument) Notional(px Ticks, q Lots, r decimal.Rounding) (decimal.Decimal, error) {
	return in.Price(px).Mul(in.Quantity(q), r)
}

// Level is one price of a book; Qty zero deletes it.
type Level struct {
	Px  Ticks
	Qty Lots
}

// Quote is the top of book (Binance USD-M, <symbol>@bookTicker). Update orders it against diffs: only the larger is newer.
type Quote struct {
	Update          int64
	Bid, Ask        Ticks
	BidQty, AskQty  Lots
	Event, Transact Nanos // E and T, in nanoseconds
}

// Trade is one print. Taker is the aggressor's side. Last is the last trade id an aggregate covers (ID for a single trade).
type Trade struct {
	ID, Last        int64
	Px              Ticks
	Qty             Lots
	Taker           Side
	Event, Transact Nanos
}

// Diff is a change of the book (Binance USD-M, <symbol>@depth: U, u, pu). Quantities are absolute. Rows are borrowed.
type Diff struct {
	First, Last, Prev int64
	Bids, Asks        []Level
	Event, Transact   Nanos
}

// Snapshot is a whole book as of update Last (Binance USD-M, GET /fapi/v1/depth: lastUpdateId).
type Snapshot struct {
	Last            int64
	Bids, Asks      []Level
	Event, Transact Nanos
}

// Mark is mark price, index and funding (Binance USD-M, <symbol>@markPrice).
type Mark struct {
	Mark, Index decimal.Decimal
	Rate        decimal.Decimal // funding rate for the settlement at Next
	Next        Nanos
	Event       Nanos
}

// Bar is open, high, low, close of the trades in [Start, End). Count is zero for a span without trades, whose prices then
// repeat the last close.
type Bar struct {
	Start, End             Nanos
	Open, High, Low, Close Ticks
	Qty, TakerBuy          Lots
	Count                  int
}

// Status of a feed: exact, stale (the chain of diffs is broken; the book is not to be read), or ended.
type Status uint8

// The statuses. The zero value is Stale: nothing is exact until it is proven.
const (
	Stale Status = iota
	Exact
	Ended
)

// String is "stale", "exact" or "ended".
func (s Status) String() string { return [...]string{"stale", "exact", "ended"}[s] }

// MarketSink hears an instrument's market data. Arguments are borrowed for the call. It is called on the loop, never from
// inside a call of its owner into the feed.
type MarketSink interface {
	Quote(*Quote)
	Trade(*Trade)
	Depth(*Book, *Diff) // after the diff was applied to the book
	Mark(*Mark)
	Status(Status)
}
