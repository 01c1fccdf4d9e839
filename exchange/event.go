package exchange

import (
	"baton/decimal"
	"baton/market"
)

// EventKind says what happened.
type EventKind uint8

// The kinds of events. EventUpdate, EventChange and EventAlgo are private to an account, the others public. Market data of a
// [Recorded] instrument is only repeated as events where [Config].Echo asks for it: the caller has it already.
const (
	EventUpdate     EventKind = iota + 1 // an order was taken, filled, cancelled or expired: [Events.Update]
	EventChange                          // a wallet or position changed: [Events.Change]
	EventQuote                           // the top of book changed: [Events.Quote]
	EventTrade                           // a public trade: [Events.Trade]
	EventDiff                            // levels changed: [Events.Diff]
	EventMark                            // a mark price: [Events.Mark]
	EventConfig                          // an account's leverage in an instrument changed: [Events.Config] (private)
	EventMarginCall                      // an account's cross margin is nearly used up; query what it holds (private)
	EventForce                           // an order that liquidated somebody is done: [Events.Force]
	EventAlgo                            // a conditional order's state changed: [Events.Algo] (private)
)

// Event is one thing that happened. What it was is read from the [Events] it is in.
type Event struct {
	Kind       EventKind
	Instrument int32 // index, see [Exchange.List]; -1 for a change that belongs to none
	Account    int32 // of private events
	at         int32
	Time       market.Nanos
}

// Events is a list of events in the order in which they happened. The caller owns it, reads it after an entry of the
// exchange (or after several), and calls Reset; the exchange only appends. Its memory is reused, so that a steady flow
// allocates nothing. Between two Resets it grows with what the entries caused and by nothing else.
type Events struct {
	List []Event

	updates []Update
	changes []Change
	quotes  []market.Quote
	trades  []market.Trade
	diffs   []market.Diff
	marks   []market.Mark
	configs []int
	forced  []Order
	algos   []Algo
	rows    []market.Level
}

// Reset empties the list. Pointers that its methods gave are invalid from then on.
func (ev *Events) Reset() {
	ev.List = ev.List[:0]
	ev.updates, ev.changes = ev.updates[:0], ev.changes[:0]
	ev.quotes, ev.trades = ev.quotes[:0], ev.trades[:0]
	ev.diffs, ev.marks, ev.rows = ev.diffs[:0], ev.marks[:0], ev.rows[:0]
	ev.algos = ev.algos[:0]
	ev.configs, ev.forced = ev.configs[:0], ev.forced[:0]
}

// Update is what an EventUpdate says.
func (ev *Events) Update(e *Event) *Update { return &ev.updates[e.at] }

// Change is what an EventChange says.
func (ev *Events) Change(e *Event) *Change { return &ev.changes[e.at] }

// Quote is what an EventQuote says.
func (ev *Events) Quote(e *Event) *market.Quote { return &ev.quotes[e.at] }

// Trade is what an EventTrade says.
func (ev *Events) Trade(e *Event) *market.Trade { return &ev.trades[e.at] }

// Diff is what an EventDiff says. Diffs of one instrument form a chain without holes.
func (ev *Events) Diff(e *Event) *market.Diff { return &ev.diffs[e.at] }

// Mark is what an EventMark says.
func (ev *Events) Mark(e *Event) *market.Mark { return &ev.marks[e.at] }

// Algo is the state of a conditional order that an EventAlgo tells (Binance USD-M, ALGO_UPDATE).
func (ev *Events) Algo(e *Event) *Algo { return &ev.algos[e.at] }

// Config is the leverage that an EventConfig says (Binance USD-M, ACCOUNT_CONFIG_UPDATE "ac").
func (ev *Events) Config(e *Event) (leverage int) { return ev.configs[e.at] }

// Force is what an EventForce says: the liquidation order, filled as far as it was (Binance USD-M, forceOrder).
func (ev *Events) Force(e *Event) *Order { return &ev.forced[e.at] }

// Exec is what happened to an order (Binance USD-M, ORDER_TRADE_UPDATE "x").
type Exec uint8

// The executions.
const (
	ExecNew Exec = iota + 1
	ExecTrade
	ExecCanceled
	ExecExpired
	ExecAmendment
	ExecCalculated // by a liquidation or auto-deleveraging
)

// String is Binance's spelling.
func (e Exec) String() string {
	return [...]string{"", "NEW", "TRADE", "CANCELED", "EXPIRED", "AMENDMENT", "CALCULATED"}[e]
}

// Why an order expired (Binance USD-M, ORDER_TRADE_UPDATE "er").
const (
	ExpiredNone         = 0 // also a GTD order at its date, and a GTC order after a year
	ExpiredSelfTrade    = 1 // it would have traded with an order of its own account
	ExpiredIOC          = 2 // the rest of an immediate-or-cancel order
	ExpiredIOCSelfTrade = 3 // the rest of an immediate-or-cancel order that met its own account's
	ExpiredReduceOnly   = 4 // nothing is left to reduce
	ExpiredLiquidated   = 5 // its account was liquidated
	ExpiredGTE          = 6 // good till execution: the position it would have closed is gone
	ExpiredDelisted     = 7 // its symbol has ended
	ExpiredMarket       = 9 // the rest of a market order
)

// Update is one event of an order's life. Order is its state afterwards; Fill counts where Exec is ExecTrade.
type Update struct {
	Order  Order
	Exec   Exec
	Expiry int // why it expired: one of the Expired constants
	Fill   Fill
}

// Fill is one execution of an account's order.
type Fill struct {
	Trade        int64 // trade id; both sides of a trade between two accounts have the same
	OrderID      int64
	Ref          int64 // of the order's request
	Account      int
	Instrument   int
	Side         market.Side
	Px           market.Ticks
	Qty          market.Lots
	PositionSide market.PositionSide
	Commission   decimal.Decimal // positive: paid; in the instrument's margin asset unless InCoin
	InCoin       bool            // the commission was paid in FeeCoin
	Realised     decimal.Decimal // realised profit in the margin asset
	Maker        bool
	Crossed      bool // no trade filled it: a recorded book crossed its price
	Time         market.Nanos
}

// Change is a wallet or position after something changed it (Binance USD-M, ACCOUNT_UPDATE).
type Change struct {
	Reason     market.Reason
	Text       string // the venue's word where Reason is ReasonOther, or says more: INSURANCE_CLEAR, MARGIN_TRANSFER, MARGIN_TYPE_CHANGE
	Account    int
	Instrument int // -1: none
	Asset      string
	Amount     decimal.Decimal // what a deposit or funding booked; zero for orders (ACCOUNT_UPDATE "bc")
	Wallet     decimal.Decimal // after it, isolated wallets counted
	Cross      decimal.Decimal // cross wallet after it
	Position   Position        // after it, where an instrument is named
	Time       market.Nanos
}
