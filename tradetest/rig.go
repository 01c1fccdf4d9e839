// Package tradetest is the conformance kit of venues: what package trade expects of a Feed and a Venue, as subtests. Whoever
// writes a venue writes a [Rig] for it and calls [Run] in a test:
//
//	func TestConformance(t *testing.T) {
//		tradetest.Run(t, func(t *testing.T) tradetest.Rig { return newRig(t) })
//	}
//
// Each subtest gets a rig of its own, trades on it through a trade.Trader, and ends with a reconciliation that must find
// nothing. The kit knows no exchange: the rig moves the market and breaks the line. It keeps no state between subtests.
package tradetest

import (
	"testing"
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/market"
	"baton/trade"
)

// Rig is one venue with one instrument and a flat account of [Wallet], and the hands that shake it. All methods but Run are
// called on its loop, from within Run. What they cause may take up to [Patience] to be seen.
type Rig interface {
	// Run runs body on the venue's loop and fails t with its error. The market of the instrument has not begun.
	Run(t *testing.T, body func(co *aio.Co) error)
	Instrument() *market.Instrument
	Feed() trade.Feed
	Venue() trade.Venue

	// Book has others' orders make this the whole book, one level a side.
	Book(bid, ask market.Level)
	// Print has others trade: one of them, as taker, takes qty at px from whatever rests there, our orders in their turn.
	Print(taker market.Side, px market.Ticks, qty market.Lots)
	// Lose loses the answer to the next command of this kind; the command arrives.
	Lose(op market.Op)
	// Delay has the answer to the next command of this kind come so much later; fills and updates do not wait for it.
	Delay(op market.Op, by time.Duration)
	// LoseFill loses the next fill on its way here; the venue has booked it, and later updates count it. false: this rig cannot.
	LoseFill() bool
	// Cut cuts the line: nothing more leaves until Restore, and the feed knows it. What is on its way back is lost; what has left
	// for the venue may arrive.
	Cut()
	Restore()
}

// Patience is how long, in the rig's time, an effect may take to be seen.
const Patience = 5 * time.Second

// Wallet is what the account of a rig holds at first, in the instrument's margin asset.
const Wallet = "10000"

// answer is the traders' patience with commands.
const answer = 2 * time.Second

func percent(s string) decimal.Decimal { return decimal.MustParse(s) }

func wallet() decimal.Decimal { return decimal.MustParse(Wallet) }
