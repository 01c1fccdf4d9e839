package exchange

import (
	"baton/decimal"
	"baton/market"
)

// MaxAlgos is how many conditional orders an account may have waiting, over all instruments (Binance USD-M, since 2025-12-29).
const MaxAlgos = 200

// AlgoStatus is where a conditional order is in its life (Binance USD-M, algoStatus).
type AlgoStatus uint8

// The statuses. AlgoNew waits for its trigger; AlgoTriggering is the moment in which the trigger has come; AlgoTriggered has an
// order in matching; the others are final: that order ended, it was refused when the trigger came, it was cancelled, or the
// position that it would have closed is gone.
const (
	AlgoNew AlgoStatus = iota + 1
	AlgoTriggering
	AlgoTriggered
	AlgoFinished
	AlgoRejected
	AlgoCanceled
	AlgoExpired
)

// String is Binance's spelling.
func (s AlgoStatus) String() string {
	return [...]string{"", "NEW", "TRIGGERING", "TRIGGERED", "FINISHED", "REJECTED", "CANCELED", "EXPIRED"}[s]
}

// Final says whether nothing more can happen to a conditional order of this status.
func (s AlgoStatus) Final() bool { return s >= AlgoFinished }

// AlgoRequest asks for a conditional order (Binance USD-M, New Algo Order, algoType CONDITIONAL).
type AlgoRequest struct {
	Account       int
	Instrument    int
	ClientID      string // clientAlgoId; unique among the account's waiting ones
	Side          market.Side
	PositionSide  market.PositionSide
	Type          market.OrderType // one of the conditional ones
	TIF           market.TIF       // of Stop and TakeProfit; 0: GTC
	Px            market.Ticks     // of Stop and TakeProfit; 0 with PriceMatch
	Qty           market.Lots      // 0 with ClosePosition
	Trigger       market.Ticks     // 0 for TrailingStopMarket
	Working       market.Working
	Activate      market.Ticks    // of TrailingStopMarket: from where it follows; 0: from the price now
	Callback      decimal.Decimal // of TrailingStopMarket: in percent, 0.1 to 20
	ClosePosition bool            // StopMarket, TakeProfitMarket: close all of the position
	PriceProtect  bool            // fire only where mark and last price are near each other
	ReduceOnly    bool
	SelfTrade     market.SelfTrade
	PriceMatch    market.PriceMatch
	GoodTill      Nanos // of TIF GTD
}

// Algo is a conditional order's state.
type Algo struct {
	AlgoRequest
	ID        int64 // algoId: numbers of their own, apart from order ids
	Status    AlgoStatus
	Activated bool            // of TrailingStopMarket: it follows the price
	OrderID   int64           // of the order that it became; 0 before
	Filled    market.Lots     // of that order, set when it ends
	Average   decimal.Decimal // price of its fills
	Reason    string          // why it was rejected
	Created   Nanos
	Updated   Nanos
	Triggered Nanos // when the trigger came; 0 before
}

// AlgoKey names a conditional order of an account by ID, or by ClientID where ID is 0. Instrument is checked where it is not
// negative.
type AlgoKey struct {
	Account    int
	Instrument int
	ID         int64
	ClientID   string
}
