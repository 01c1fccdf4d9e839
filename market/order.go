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
)

// String is "place" or "cancel".
func (o Op) String() string {
	switch o {
	case OpPlace:
		return "place"
	case OpCancel:
		return "cancel"
	}
	return "none"
}

// OrderType and TIF are Binance's (Binance USD-M, New Order).
type (
	OrderType uint8
	TIF       uint8
)

// The order types and times in force that the venue takes.
const (
	Limit OrderType = iota + 1
	Market
)

// The times in force: good till cancelled, immediate or cancel, good till crossing (post only).
const (
	GTC TIF = iota + 1
	IOC
	GTX
)

// String is Binance's spelling.
func (t OrderType) String() string { return [...]string{"", "LIMIT", "MARKET"}[t] }

// String is Binance's spelling.
func (t TIF) String() string { return [...]string{"", "GTC", "IOC", "GTX"}[t] }

// Command is one order command, what the trader asks a venue for. It is borrowed for the call of Send.
type Command struct {
	Op         Op
	ID         OrderID
	Instrument *Instrument
	Side       Side
	Type       OrderType
	TIF        TIF
	Px         Ticks
	Qty        Lots
	ReduceOnly bool
}

// Outcome is what became of a command: Accepted, Refused or Unknown. Only the three constructors make one, and the zero
// value is Unknown: nothing counts as refused until that is proven (rule 7.1).
type Outcome struct {
	kind OutcomeKind
	Code int    // of a refusal, Binance's error code (negative); 0 where the refusal is our own
	Text string // of a refusal, what was said
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
)

// String is Binance's spelling.
func (s OrderStatus) String() string {
	return [...]string{"NONE", "NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "REJECTED"}[s]
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
	Time       Nanos // transaction time at the venue
}

// Update is what the venue did to an order by itself: accepted it, filled it, cancelled it (Binance USD-M,
// ORDER_TRADE_UPDATE, TRADE_LITE). Fill is nil where no trade happened.
type Update struct {
	Instrument *Instrument
	Order      OrderID // 0: not one of ours
	Venue      int64   // the venue's order id
	ClientID   string  // as the venue spells it; set where Order is 0
	Status     OrderStatus
	Filled     Lots // cumulative
	Fill       *Fill
	Time       Nanos
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
	Kind   ReportKind
	Status OrderStatus
	Venue  int64
	Filled Lots
	Fills  []Fill // every trade of the order that the venue knows
}

// Balance is one asset of an account.
type Balance struct {
	Asset  string
	Wallet decimal.Decimal
}

// Position is one instrument's position: signed quantity and the venue's entry price.
type Position struct {
	Instrument *Instrument
	Qty        Lots
	Entry      decimal.Decimal
}

// OpenOrder is an order that rests at the venue.
type OpenOrder struct {
	Instrument *Instrument
	Order      OrderID // 0: not one of ours
	Venue      int64
	ClientID   string
	Side       Side
	Px         Ticks
	Qty        Lots
	Filled     Lots
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
	Text    string
}
