package binance

import (
	"fmt"

	"baton/aio"
	"baton/binance/wire"
	"baton/market"
)

// How the list of incomes is read, and the trades of a periodic look.
const (
	incomeBefore = 60e9 // a list's times are not those of the user stream
	incomeLimit  = 1000 // Binance USD-M, Get Income History
	sweepLate    = 3e9  // a trade that the user stream has not told by then is lost
)

// sweepIncome asks for the money that came and went since the last event before an interruption, and tells what nothing else
// tells: funding, transfers, and what Binance adds or takes without a word. Profits and commissions are in their fills.
func (c *Client) sweepIncome(co *aio.Co, from market.Nanos) error {
	if c.sink == nil {
		return nil
	}
	args := wire.Args{Start: max(from-incomeBefore, c.bound), Limit: incomeLimit}
	for range listedPages {
		body, err := c.call(co, wire.CallIncome, &args)
		if err != nil {
			return err
		}
		var rows []wire.Income
		if err := wire.Unmarshal(body, &rows); err != nil {
			return err
		}
		for i := range rows {
			c.income(&rows[i])
		}
		if len(rows) < incomeLimit {
			return nil
		}
		last := wire.Nanos(rows[len(rows)-1].TimeMs) // those of its millisecond come again, and are known by their ids
		if last == args.Start {
			return fmt.Errorf("more than %d incomes in one millisecond", incomeLimit)
		}
		args.Start = last
	}
	return fmt.Errorf("more than %d incomes since the user stream was interrupted", listedPages*incomeLimit)
}

// incomeReasons are the kinds of incomes that are told with a reason. Those of trades are told by their fills.
var incomeReasons = map[string]market.Reason{
	"FUNDING_FEE": market.ReasonFunding, "TRANSFER": market.ReasonTransfer, "INTERNAL_TRANSFER": market.ReasonTransfer,
	"CROSS_COLLATERAL_TRANSFER": market.ReasonTransfer, "REALIZED_PNL": market.ReasonOrder, "COMMISSION": market.ReasonOrder,
	"INSURANCE_CLEAR": market.ReasonInsurance,
}

// income tells one row of the list, unless it was told.
func (c *Client) income(r *wire.Income) {
	reason := incomeReasons[r.Type]
	at := wire.Nanos(r.TimeMs)
	if reason == market.ReasonOrder || at < c.bound || r.Income.IsZero() {
		return
	}
	ch := &market.Change{Reason: reason, Asset: c.asset([]byte(r.Asset)), Amount: r.Income, Time: at}
	if s, ok := c.bySymbol[r.Symbol]; ok {
		ch.Instrument = s.in
	}
	if c.changes.Listed(ch, r.TranID) {
		c.sink.Account(ch)
	}
}

// sweepNow looks again and again whether the user stream has lost a trade, alone and without a sign. If it has, everything is asked
// for as after an interruption.
func (c *Client) sweepNow(co *aio.Co) error {
	for {
		if err := co.Sleep(c.cfg.Sweep); err != nil {
			return nil
		}
		for _, in := range c.instruments {
			s := c.bySymbol[in.Symbol]
			if s.sink == nil || c.sink == nil || !c.userUp() || running(c.recovering) {
				continue
			}
			lost, at, err := c.lostTrade(co, s)
			switch {
			case err != nil:
				continue // the next look will tell
			case lost != 0:
				c.note("%s: the user stream did not tell of trade %d: what else it lost is asked for", in.Symbol, lost)
				c.missedSince(at)
				if at > c.heardUser && c.lostBehind == c.heardUser {
					c.user.again(errSilent) // the second trade that nothing came behind: the stream is dead, though open
				} else {
					c.lostBehind = c.heardUser
					c.interrupted()
				}
			}
		}
	}
}

// lostTrade finds a trade that the user stream ought to have told and has not; 0: none. What was found to be told is not asked for
// again.
func (c *Client) lostTrade(co *aio.Co, s *symbol) (id int64, at market.Nanos, err error) {
	args := wire.Args{Symbol: s.in.Symbol, Limit: tradesLimit}
	if s.swept != 0 {
		args.FromID = s.swept + 1
	} else {
		args.Start = c.bound
	}
	body, err := c.call(co, wire.CallUserTrades, &args)
	if err != nil {
		return 0, 0, err
	}
	trades, err := wire.DecodeUserTrades(body, nil)
	if err != nil {
		return 0, 0, err
	}
	for i := range trades {
		switch t := &trades[i]; {
		case s.told.Has(t.ID) || t.Time < c.bound || t.ID <= s.swept:
			s.swept = max(s.swept, t.ID)
		case c.server()-t.Time < sweepLate:
			return 0, 0, nil // it may be on its way, and what follows it too
		default:
			return t.ID, t.Time, nil
		}
	}
	return 0, 0, nil
}
