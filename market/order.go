package market

import "baton/decimal"

// OrderID is the trader's own number of an order, counted up and never used twice in a journal. A venue derives its client
// order id from it.
type OrderID int64

// Op is what a command asks for.
type Op uint8

// The operations.
const (
	OpPlace Op = iota + 1
	OpCancel
	OpAmend
)

// String is "place", "cancel" or "amend".
func (o Op) String() string {
	switch o {
	case OpPlace:
		return "place"
	case OpCancel:
		return "cancel"
	case OpAmend:
		return "amend"
	}
	return "none"
}

// OrderType and TIF are Binance's (Binance USD-M, New Order).
type (
	OrderType uint8
	TIF       uint8
)

// The order types. The five conditional ones wait for a price outside of matching (Binance USD-M, New Algo Order): Stop and
// TakeProfit become a limit order when it comes, the others a market order.
const (
	Limit OrderType = iota + 1
	Market
	Stop
	StopMarket
	TakeProfit
	TakeProfitMarket
	TrailingStopMarket
)

// Conditional says whether orders of this type wait for a trigger.
func (t OrderType) Conditional() bool { return t >= Stop && t <= TrailingStopMarket }

// The times in force: good till cancelled, immediate or cancel, good till crossing (post only), fill or kill, good till a date.
const (
	GTC TIF = iota + 1
	IOC
	GTX
	FOK
	GTD
)

// String is Binance's spelling.
func (t OrderType) String() string {
	return [...]string{"", "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"}[t]
}

// String is Binance's spelling.
func (t TIF) String() string { return [...]string{"", "GTC", "IOC", "GTX", "FOK", "GTD"}[t] }

// PositionSide is which position of an instrument an order is for (Binance USD-M, positionSide): the only one of one-way
// mode, or one of the two of hedge mode. The zero value is Both.
type PositionSide uint8

// The position sides.
const (
	Both PositionSide = iota
	Long
	Short
)

// String is Binance's spelling.
func (p PositionSide) String() string { return [...]string{"BOTH", "LONG", "SHORT"}[p] }

// SelfTrade is what happens where an order would trade with one of its own account (Binance USD-M,
// selfTradePreventionMode). The zero value stands for the venue's default, EXPIRE_MAKER.
type SelfTrade uint8

// The modes: the resting order expires, the arriving one, both, or they trade.
const (
	SelfTradeDefault SelfTrade = iota
	ExpireMaker
	ExpireTaker
	ExpireBoth
	SelfTradeNone
)

// String is Binance's spelling.
func (m SelfTrade) String() string {
	return [...]string{"EXPIRE_MAKER", "EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "NONE"}[m]
}

// PriceMatch lets the venue price a limit order by the book (Binance USD-M, priceMatch): at the best price of the other
// side (opponent) or of its own side (queue), or at the 5th, 10th or 20th level.
type PriceMatch uint8

// The price matches. The zero value is none: the order brings its price.
const (
	PriceMatchNone PriceMatch = iota
	Opponent
	Opponent5
	Opponent10
	Opponent20
	Queue
	Queue5
	Queue10
	Queue20
)

// String is Binance's spelling.
func (m PriceMatch) String() string {
	return [...]string{"NONE", "OPPONENT", "OPPONENT_5", "OPPONENT_10", "OPPONENT_20", "QUEUE", "QUEUE_5", "QUEUE_10", "QUEUE_20"}[m]
}

// Working is the price that a conditional order's trigger is compared with (Binance USD-M, workingType).
type Working uint8

// The working types. The zero value is the venue's default, the last trade's price.
const (
	ContractPrice Working = iota
	MarkPrice
)

// String is Binance's spelling.
func (w Working) String() string { return [...]string{"CONTRACT_PRICE", "MARK_PRICE"}[w] }

// AlgoStatus is where a conditional order is in its life (Binance USD-M, algoStatus).
type AlgoStatus uint8

// The statuses. AlgoNone is the zero value: not a conditional order, or not said. AlgoNew waits for its trigger; AlgoTriggering is
// the moment in which the trigger has come; AlgoTriggered has an order in matching; the others are final: that order ended, it was
// refused when the trigger came, it was cancelled, or the position that it would have closed is gone.
const (
	AlgoNone AlgoStatus = iota
	AlgoNew
	AlgoTriggering
	AlgoTriggered
	AlgoFinished
	AlgoRejected
	AlgoCanceled
	AlgoExpired
)

// String is Binance's spelling.
func (s AlgoStatus) String() string {
	return [...]string{"NONE", "NEW", "TRIGGERING", "TRIGGERED", "FINISHED", "REJECTED", "CANCELED", "EXPIRED"}[s]
}

// Command is one order command, what the trader asks a venue for. It is borrowed for the call of Send. A cancel counts ID,
// Instrument, Side and Type; an amendment also Px, Qty, ReduceOnly and Revision; a placement all but Revision.
type Command struct {
	ID         OrderID
	Instrument *Instrument
	Px         Ticks           // 0 of what becomes a market order, and beside a PriceMatch
	Qty        Lots            // in all, what is filled already counted; 0 with ClosePosition
	Trigger    Ticks           // of conditional orders; 0 for TrailingStopMarket
	Activate   Ticks           // of TrailingStopMarket: from where it follows the price; 0: from the price now
	Callback   decimal.Decimal // of TrailingStopMarket: its distance in percent, 0.1 to 20 (Binance USD-M, callbackRate)
	GoodTill   Nanos           // of TIF GTD: when it expires, in whole seconds
	Revision   int32           // of amendments: the order's how-manieth, from 1; tells the answers to them apart

	Op            Op
	Side          Side
	Type          OrderType
	TIF           TIF
	Working       Working // of conditional orders: what the trigger is compared with
	PositionSide  PositionSide
	SelfTrade     SelfTrade
	PriceMatch    PriceMatch
	ReduceOnly    bool
	ClosePosition bool // of StopMarket and TakeProfitMarket: closes all of the position
	PriceProtect  bool // of conditional orders: fires only where mark and last price are near each other
}

// Reduces says whether the order can do nothing but make a position smaller, by the venue's own rules: it is reduce-only, closes the
// position, or (in hedge mode) goes against the side that it is for.
func (c *Command) Reduces() bool {
	return c.ReduceOnly || c.ClosePosition || c.PositionSide == Long && c.Side == Sell || c.PositionSide == Short && c.Side == Buy
}

// Protects says whether the order waits to make a position smaller: a protective stop, or a target that is one.
func (c *Command) Protects() bool { return c.Type.Conditional() && c.Reduces() }

// Outcome is what became of a command: Accepted, Refused or Unknown. Only the three constructors make one, and the zero
// value is Unknown: nothing counts as refused until that is proven (rule 7.1).
type Outcome struct {
	kind     OutcomeKind
	Revision int32  // of the answer to an amendment: which one, see [Command]; 0: not said
	Code     int    // of a refusal, Binance's error code (negative); 0 where the refusal is our own
	Text     string // of a refusal, what was said
}

// OutcomeKind is the kind of an [Outcome].
type OutcomeKind uint8

// The kinds.
const (
	IsUnknown OutcomeKind = iota
	IsAccepted
	IsRefused
)

// String is "unknown", "accepted" or "refused".
func (k OutcomeKind) String() string { return [...]string{"unknown", "accepted", "refused"}[k] }

// Accepted is the outcome of a command that the venue took.
func Accepted() Outcome { return Outcome{kind: IsAccepted} }

// Refused is the outcome of a command that provably had no effect.
func Refused(code int, text string) Outcome { return Outcome{kind: IsRefused, Code: code, Text: text} }

// Unknown is the outcome of a command of which nothing is proven.
func Unknown() Outcome { return Outcome{} }

// Kind says which of the three it is.
func (o Outcome) Kind() OutcomeKind { return o.kind }

// OrderStatus is an order's state at the venue (Binance USD-M, order status).
type OrderStatus uint8

// The statuses. StatusNone is the zero value: no order.
const (
	StatusNone OrderStatus = iota
	StatusNew
	StatusPartiallyFilled
	StatusFilled
	StatusCanceled
	StatusExpired
	StatusRejected
	StatusExpiredInMatch // by self-trade prevention
)

// String is Binance's spelling.
func (s OrderStatus) String() string {
	return [...]string{"NONE", "NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "REJECTED", "EXPIRED_IN_MATCH"}[s]
}

// Final says whether nothing more can happen to an order of this status.
func (s OrderStatus) Final() bool { return s >= StatusFilled }

// Fill is one execution of one of our orders, as the venue said it: its figures go into the ledger, never a recomputation
// (rule 7.4). Applied once by (instrument, trade id).
type Fill struct {
	Instrument *Instrument
	Order      OrderID
	Trade      int64
	Side       Side
	Px         Ticks
	Qty        Lots
	Commission decimal.Decimal // positive: paid
	Asset      string          // of the commission
	Realised   decimal.Decimal // realised profit in the margin asset
	Maker      bool
	Recovered  bool         // a query brought it: nobody had listened when it happened
	For        PositionSide // of hedge mode: the position that it changed
	Time       Nanos        // transaction time at the venue
}

// Update is what the venue did to an order by itself: accepted it, filled it, cancelled it (Binance USD-M,
// ORDER_TRADE_UPDATE, TRADE_LITE, ALGO_UPDATE). Fill is nil where no trade happened. A conditional order and the ordinary one that
// it becomes are one order here, of one number.
type Update struct {
	Instrument *Instrument
	Order      OrderID // 0: not one of ours
	Venue      int64   // the venue's order id; 0 of a conditional order that is not triggered
	ClientID   string  // as the venue spells it; set where Order is 0
	Filled     Lots    // cumulative
	Px         Ticks   // what the order has now, amendments counted; with Qty 0 it was not said
	Qty        Lots
	Fill       *Fill
	Time       Nanos
	AlgoID     int64  // the venue's number of the conditional order: not an order id
	Reason     string // why its trigger came to nothing; of AlgoRejected
	Revision   int32  // of the last amendment that took effect, where the venue says it; see [Command]
	Status     OrderStatus
	Algo       AlgoStatus // of a conditional order
}

// ReportKind is what a query proved.
type ReportKind uint8

// The kinds. The zero value proves nothing. ProvenAbsent means the venue has no such order and can no longer get one.
const (
	ReportUnknown ReportKind = iota
	Found
	ProvenAbsent
)

// Report is the answer to a query for one order.
type Report struct {
	Kind     ReportKind
	Status   OrderStatus
	Algo     AlgoStatus // of a conditional order
	Settled  bool       // no amendment that was sent before can take effect any more: Px and Qty are the last word
	Revision int32      // of the last amendment that took effect, where the venue says it
	Venue    int64
	AlgoID   int64
	Filled   Lots
	Px       Ticks // what the order has now, amendments counted; with Qty 0 it was not said
	Qty      Lots
	Reason   string // why a conditional order's trigger came to nothing
	Fills    []Fill // every trade of the order that the venue knows
}

// Balance is one asset of an account.
type Balance struct {
	Asset  string
	Wallet decimal.Decimal
}

// Position is one instrument's position: signed quantity and the venue's entry price. In hedge mode an instrument has two.
type Position struct {
	Instrument *Instrument
	Side       PositionSide
	Qty        Lots
	Entry      decimal.Decimal
}

// OpenOrder is an order that rests at the venue, or a conditional one that waits for its trigger there.
type OpenOrder struct {
	Instrument *Instrument
	Order      OrderID // 0: not one of ours
	Venue      int64   // 0 of a conditional order
	AlgoID     int64   // of a conditional order that waits
	ClientID   string
	Side       Side
	Type       OrderType
	Px         Ticks
	Qty        Lots // 0 of a conditional order that closes a position
	Trigger    Ticks
	Filled     Lots
	Reduces    bool // it can only make a position smaller
}

// Account is the whole account as the venue's queries told it: balances, non-zero positions, open orders.
type Account struct {
	Time      Nanos
	Balances  []Balance
	Positions []Position
	Orders    []OpenOrder
}

// Reason is why balances changed (Binance USD-M, ACCOUNT_UPDATE "m").
type Reason uint8

// The reasons. Anything else is ReasonOther.
const (
	ReasonOther Reason = iota
	ReasonOrder
	ReasonFunding
	ReasonDeposit
	ReasonWithdraw
	ReasonTransfer
	ReasonInsurance // the insurance fund took over what a liquidation left below zero, or its fee (INSURANCE_CLEAR)
)

// Change is a balance or position change that the venue pushed (Binance USD-M, ACCOUNT_UPDATE). For a reason other than
// ReasonOrder, Amount is what was booked to Asset; for funding Instrument says of which position.
type Change struct {
	Reason     Reason
	Asset      string
	Amount     decimal.Decimal // bc: balance change except profit and commission
	Wallet     decimal.Decimal // wb: the wallet after it
	Instrument *Instrument     // nil where the venue did not say
	Time       Nanos
}

// OrderSink hears of orders and of the account. It is called on the loop; the answer to a send that failed at once comes at
// the end of the delivery in hand, never inside the call of Send. Arguments are borrowed.
type OrderSink interface {
	Reply(OrderID, Op, Outcome) // the answer to one command
	Update(*Update)             // what the venue did
	Account(*Change)
}

// RecordKind is the kind of a journal record.
type RecordKind uint8

// The kinds of journal records.
const (
	RecordIntent  RecordKind = iota + 1 // Command: written before its bytes leave
	RecordSent                          // Command.ID, Command.Op: the bytes left
	RecordOutcome                       // Command.ID, Command.Op, Outcome
	RecordUpdate                        // Update without a fill
	RecordFill                          // Fill
	RecordChange                        // Change
	RecordLatch                         // Text: trading stopped until a human clears it
	RecordNote                          // Text
	RecordStart                         // Text: the build that opened the journal; Run: the name its order numbers are under
	RecordOpen                          // Change: a wallet that opened the books: Asset, Amount
	RecordAdjust                        // Change, Text: an amount that went to suspense, and why
	RecordAdopt                         // Position, Text: a position that was taken over from the venue as it is, and why
	RecordReport                        // Command.ID, Command.Op, Report without its fills: what a query proved
	RecordGroup                         // Group: a step of a group of orders
)

// Record is one entry of the journal. Which fields count is said at its kind.
type Record struct {
	Kind    RecordKind
	Time    Nanos
	Command Command
	Outcome Outcome
	Update  Update
	Fill    Fill
	Change  Change
	Report  Report
	Text    string
	Run     string
	Group   *GroupRecord // of RecordGroup; not written to after it was appended
	// Position is the venue's, adopted.
	Position Position
}

// Inherited is an order that had not ended, or of which fills were missing, when an earlier run's journal ended: as far as that
// journal proves it. What became of it since only the venue can say.
type Inherited struct {
	Command  Command     // what was asked for
	Intended Nanos       // when that was written down; its bytes left after it, if they did
	Sent     bool        // its bytes are known to have left; false proves nothing
	Accepted bool        // the venue is proven to have, or to have had, it
	Ended    OrderStatus // how it ended, where only fills are missing; else StatusNone
	Cancel   bool        // its cancel was asked for, and what came of that is not known
	Filled   Lots        // the sum of the fills that were booked
	Reported Lots        // the highest cumulative quantity that the venue named
	Venue    int64       // the venue's number; 0: not known

	Amending bool  // an amendment was asked for, to NewPx and NewQty, and what came of that is not known
	Asked    int32 // the number of the last amendment that was asked for; Command has that of the last that took effect
	NewPx    Ticks
	NewQty   Lots
	AlgoID   int64      // the venue's number of a conditional order; 0: not known
	Algo     AlgoStatus // where a conditional order is known to have been
}
