package app

import (
	"fmt"
	"strconv"

	"baton/aio"
	"baton/backtest"
	"baton/market"
	"baton/trade"
)

// report gathers what the trader, the client and the exchange say at the end, and compares them.
func (d *demo) report(co *aio.Co, end *trade.Result) *Report {
	st, cl, sv, books := d.trader.Stats(), d.client.Stats(), d.server.Stats(), d.trader.Ledger()
	asset := d.client.Instruments()[0].Margin
	r := &Report{
		Schema: "baton.demo/1", Strategy: d.Strategy.Name, Params: d.Strategy.ParamValues(), Net: d.Net, Seed: d.Seed, Seconds: seconds(co.Now() - d.start), Listen: d.listen,
		Messages: cl.Messages, DepthDiffs: cl.DepthDiffs, Gaps: cl.Gaps, Resyncs: cl.Resyncs, RecordingGaps: sv.RecordingGaps,
		Orders: st.Placed, Fills: st.Fills, StaleWakes: st.StaleWakes, StaleReads: st.StaleReads,
		Wallet: books.Wallet(asset), Fees: books.Fees(asset), ShiftMs: d.server.Shift() / 1e6,
		Positions: []Position{}, Notes: end.Notes, Differences: append([]string{}, end.Differences...),
	}
	if d.rec != nil {
		r.BadLines = d.rec.bad
	}
	var err error
	if r.Equity, err = d.trader.Equity(asset); err != nil {
		r.Equity = r.Wallet
		r.Notes = append(r.Notes, fmt.Sprintf("equity is the wallet alone: %v", err))
	}
	for p := range books.Positions() {
		if p.Qty != 0 {
			r.Positions = append(r.Positions, Position{p.Instrument.Symbol, p.Instrument.Quantity(p.Qty), p.Entry()})
		}
	}
	for _, s := range d.trader.Sessions() {
		d.addMarket(r, s.Instrument())
	}
	r.Differences = append(r.Differences, d.compareExchange()...)
	if r.StaleReads > 0 {
		r.Differences = append(r.Differences, staleReads(r.StaleReads))
	}
	r.Reconciled = end.Reconciled && len(r.Differences) == 0
	if d.Net == NetMemory {
		r.Digest = &end.Digest
	}
	r.finish()
	return r
}

// finish fills what follows from the rest.
func (r *Report) finish() {
	if r.Notes == nil {
		r.Notes = []string{}
	}
	if r.Differences == nil {
		r.Differences = []string{}
	}
	for _, m := range r.Markets {
		r.Symbols = append(r.Symbols, m.Symbol)
	}
	if len(r.Markets) > 0 {
		r.BestBid, r.BestAsk = r.Markets[0].BestBid, r.Markets[0].BestAsk
	}
}

// addMarket adds one instrument's book at the end, and how it compared with the exchange's.
func (d *demo) addMarket(r *Report, in *market.Instrument) {
	mine, theirs := d.client.Book(in.Symbol), d.server.Book(in.Symbol)
	m := Market{Symbol: in.Symbol}
	m.BestBid, m.BestAsk = topOf(in, mine)
	var wrong []string
	switch {
	case !mine.Exact():
		r.Notes = append(r.Notes, fmt.Sprintf("book %s: not compared, ours is known to be stale", in.Symbol))
	case mine.Last() == theirs.Last():
		m.LevelsCompared, wrong = compareBooks(mine, theirs)
	case d.server.Done().Done(): // the recording is over, and all of it has arrived: see lastWords
		wrong = append(wrong, fmt.Sprintf("book %s: ours ends with update %d, the exchange's with %d", in.Symbol, mine.Last(), theirs.Last()))
	}
	bids, asks := theirs.Len()
	m.LevelsTotal = bids + asks
	r.Markets = append(r.Markets, m)
	r.Differences = append(r.Differences, wrong...)
}

func staleReads(n int) string { return fmt.Sprintf("a strategy read a stale book %d times", n) }

// wrongShown is how many wrong levels of a book are listed.
const wrongShown = 5

// compareBooks compares a client's book with its exchange's: inside the trusted range every level is the same; outside it the
// client may lack levels, but what it has is right.
func compareBooks(mine, theirs *market.Book) (compared int, wrong []string) {
	in, bad := mine.Instrument(), 0
	differ := func(side market.Side, px market.Ticks, have, want market.Lots) {
		if bad++; bad <= wrongShown {
			wrong = append(wrong, fmt.Sprintf("book %s: %s %s: we have %s, the exchange %s", in.Symbol, side, in.Price(px), in.Quantity(have), in.Quantity(want)))
		}
	}
	for _, side := range []market.Side{market.Buy, market.Sell} {
		for l := range theirs.Levels(side) {
			if !mine.Trusted(side, l.Px) {
				continue
			}
			compared++
			if have := mine.Qty(side, l.Px); have != l.Qty {
				differ(side, l.Px, have, l.Qty)
			}
		}
		for l := range mine.Levels(side) {
			if want := theirs.Qty(side, l.Px); want == 0 || want != l.Qty && !mine.Trusted(side, l.Px) {
				differ(side, l.Px, l.Qty, want)
			}
		}
	}
	if bad > wrongShown {
		wrong = append(wrong, fmt.Sprintf("book %s: and %d more levels differ", in.Symbol, bad-wrongShown))
	}
	return compared, wrong
}

// compareExchange compares the ledger with the exchange's own state: what the venue answered may not be all there is.
func (d *demo) compareExchange() []string {
	x, books := d.server.Exchange(), d.trader.Ledger()
	var out []string
	id, ok := d.server.Account(demoAccount)
	acc, known := x.Account(id)
	if !ok || !known {
		return append(out, "the exchange does not know our account")
	}
	if w := books.Wallet(acc.Asset); w != acc.Wallet {
		out = append(out, fmt.Sprintf("wallet %s: the ledger has %s, the exchange itself %s", acc.Asset, w, acc.Wallet))
	}
	for _, s := range d.trader.Sessions() {
		in := s.Instrument()
		i, ok := x.Index(in.Symbol)
		if !ok {
			continue
		}
		p := x.Position(id, i)
		if have := books.Position(in).Qty; have != p.Qty {
			out = append(out, fmt.Sprintf("position %s: the ledger has %s, the exchange itself %s", in.Symbol, in.Quantity(have), in.Quantity(p.Qty)))
		}
	}
	for _, o := range x.AppendOpen(nil, id, -1) {
		out = append(out, fmt.Sprintf("order %d (%s) is still open at the exchange", o.ID, o.ClientID))
	}
	if err := x.Check(); err != nil {
		out = append(out, err.Error())
	}
	return out
}

// seconds writes a span of the run's clock, to the millisecond.
func seconds(ns market.Nanos) string { return strconv.FormatFloat(float64(ns)/1e9, 'f', 3, 64) }

// backtestReport puts a backtest's result into the common form.
func (b *Backtest) report(res *backtest.Result, rec *recording) *Report {
	r := &Report{
		Schema: "baton.backtest/1", Strategy: b.Strategy.Name, Params: b.Strategy.ParamValues(), Seed: b.Seed, Seconds: seconds(res.End - res.Start),
		Messages: res.Messages, DepthDiffs: res.DepthDiffs, Gaps: res.Gaps, RecordingGaps: res.RecordingGaps, BadLines: rec.bad,
		Orders: res.Orders, Fills: res.Fills, StaleWakes: res.Trades.StaleWakes, StaleReads: res.Trades.StaleReads,
		Wallet: res.Wallet, Equity: res.Equity, Fees: res.Fees, Positions: []Position{},
		Reconciled: res.Reconciled, Differences: res.Differences, Notes: res.Notes, Digest: &res.Digest,
	}
	if r.StaleReads > 0 {
		r.Reconciled, r.Differences = false, append(r.Differences, staleReads(r.StaleReads))
	}
	for _, p := range res.Positions {
		r.Positions = append(r.Positions, Position{p.Instrument.Symbol, p.Instrument.Quantity(p.Qty), p.Entry})
	}
	for _, m := range res.Markets {
		top := Market{Symbol: m.Instrument.Symbol, LevelsTotal: m.Bids + m.Asks}
		if m.Bids > 0 && m.Asks > 0 {
			top.BestBid, top.BestAsk = priceText(m.Instrument, m.Bid.Px), priceText(m.Instrument, m.Ask.Px)
		}
		r.Markets = append(r.Markets, top)
	}
	r.finish()
	return r
}
