package backtest

import (
	"fmt"

	"baton/decimal"
	"baton/market"
	"baton/trade"
)

// Result is what a run came to.
type Result struct {
	Start, End market.Nanos // on the run's clock

	Messages      int // of market data: quotes, trades, diffs, marks
	DepthDiffs    int // applied to the books
	Gaps          int // times that a book became stale
	RecordingGaps int // holes of the recording itself
	Orders        int // placed
	Fills         int
	Trades        trade.Stats // everything that the trader counted

	Markets   []Market
	Positions []Position // open at the end
	Asset     string     // of the money below: the margin asset of the first instrument
	Wallet    decimal.Decimal
	Equity    decimal.Decimal // wallet plus open profit
	Fees      decimal.Decimal

	Reconciled  bool // computed: ledger, orders and the venue's account agree, and the exchange's money sums up
	Differences []string
	Digest      string // SHA-256 of the canonical ledger lines
	Notes       []string
}

// Market is one instrument at the end.
type Market struct {
	Instrument *market.Instrument
	Bid, Ask   market.Level // the top of its book; zero for an empty side
	Bids, Asks int          // levels
}

// Position is one position at the end.
type Position struct {
	Instrument *market.Instrument
	Qty        market.Lots // signed
	Entry      decimal.Decimal
}

// result gathers what the trader, the books and the exchange say at the end.
func (w *world) result(t *trade.Trader, end *trade.Result) *Result {
	st, books := t.Stats(), t.Ledger()
	r := &Result{
		Start: w.start, End: t.Sessions()[0].Now(), Messages: st.Messages, DepthDiffs: st.Diffs, Gaps: st.Breaks, Orders: st.Placed, Fills: st.Fills,
		Trades: st, Reconciled: end.Reconciled, Differences: end.Differences, Digest: end.Digest, Notes: end.Notes,
		Asset: w.ins[0].Margin,
	}
	for i, in := range w.ins {
		r.RecordingGaps += w.x.Gaps(i)
		b := w.x.Book(i)
		m := Market{Instrument: in}
		m.Bid, _ = b.BestOf(market.Buy)
		m.Ask, _ = b.BestOf(market.Sell)
		m.Bids, m.Asks = b.Len()
		r.Markets = append(r.Markets, m)
	}
	for p := range books.Positions() {
		if p.Qty != 0 {
			r.Positions = append(r.Positions, Position{Instrument: p.Instrument, Qty: p.Qty, Entry: p.Entry()})
		}
	}
	r.Wallet, r.Fees = books.Wallet(r.Asset), books.Fees(r.Asset)
	var err error
	if r.Equity, err = t.Equity(r.Asset); err != nil {
		r.Equity = r.Wallet
		r.Notes = append(r.Notes, fmt.Sprintf("equity is the wallet alone: %v", err))
	}
	return r
}
