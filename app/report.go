package app

import (
	"baton/decimal"
	"baton/market"
)

// Report is what a run came to: the final object of `baton demo --json` (schema baton.demo/1) and of `baton backtest --json`
// (schema baton.backtest/1). Decimals are strings; a field that a mode has no meaning for is zero or null.
type Report struct {
	Schema   string   `json:"schema"`
	Strategy string   `json:"strategy"`
	Params   Params   `json:"params,omitempty"` // of the strategy, by name
	Symbols  []string `json:"symbols"`
	Net      string   `json:"net,omitempty"` // "sockets" or "memory"
	Seed     uint64   `json:"seed"`
	Seconds  string   `json:"seconds"` // that passed on the run's clock

	Messages      int `json:"messages"`       // stream frames the client took
	DepthDiffs    int `json:"depth_diffs"`    // diffs the client applied to its books
	Gaps          int `json:"gaps"`           // breaks of a chain that the client saw
	RecordingGaps int `json:"recording_gaps"` // holes of the recording itself
	Resyncs       int `json:"resyncs"`        // books fetched anew after a gap
	BadLines      int `json:"bad_lines"`      // lines of the recording that were skipped

	Orders int `json:"orders"`
	Fills  int `json:"fills"`

	Positions []Position      `json:"positions"`
	Wallet    decimal.Decimal `json:"wallet"`
	Equity    decimal.Decimal `json:"equity"` // wallet plus open profit at the mark
	Fees      decimal.Decimal `json:"fees"`

	BestBid string   `json:"best_bid"` // of the first symbol, in the client's book
	BestAsk string   `json:"best_ask"`
	Markets []Market `json:"markets"`

	StaleWakes int `json:"stale_wakes"` // awaits that returned because a book had become stale
	StaleReads int `json:"stale_reads"` // reads of a stale book by a strategy: must be zero

	Reconciled  bool     `json:"reconciled"`
	Differences []string `json:"differences"`
	Digest      *string  `json:"digest"` // SHA-256 of the canonical ledger lines; null over sockets, where order is the network's
	ShiftMs     int64    `json:"shift_ms"`
	Listen      string   `json:"listen,omitempty"`
	Notes       []string `json:"notes"`
}

// Params are the values of a strategy's parameters, by name.
type Params map[string]string

// Position is one open position at the end.
type Position struct {
	Symbol string          `json:"symbol"`
	Qty    decimal.Decimal `json:"qty"` // signed
	Entry  decimal.Decimal `json:"entry"`
}

// Market is the top of one book at the end, and how the client's book compared with the exchange's where it was trusted.
type Market struct {
	Symbol         string `json:"symbol"`
	BestBid        string `json:"best_bid"`
	BestAsk        string `json:"best_ask"`
	LevelsCompared int    `json:"levels_compared"`
	LevelsTotal    int    `json:"levels_total"` // of the exchange's book
}

// topOf writes the top of a book as its venue would: "61659.70", or "" for an empty side.
func topOf(in *market.Instrument, b *market.Book) (bid, ask string) {
	if b == nil {
		return "", ""
	}
	bb, ba, ok := b.Best()
	if !ok {
		return "", ""
	}
	return priceText(in, bb.Px), priceText(in, ba.Px)
}

func priceText(in *market.Instrument, px market.Ticks) string {
	return in.Price(px).Fixed(in.PricePlaces)
}
