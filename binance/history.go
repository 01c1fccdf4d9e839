package binance

import (
	"errors"
	"fmt"
	"time"

	"baton/aio"
	"baton/binance/wire"
	"baton/market"
)

// How far back trades can be asked for, and in what spans of time (Binance USD-M, Account Trade List: startTime and endTime at most
// 7 days apart; three months are kept since 2026-08-26).
const (
	tradesWindow = market.Nanos(7 * 24 * time.Hour)
	tradesKept   = 90 * 24 * time.Hour
)

// Trades names every trade of the account in an instrument from a time on (the venue's), oldest first, those of orders that this
// program did not place included: their Order is 0. It asks by spans of seven days until one has a trade, and on from there by the
// trades' numbers. What is older than the exchange keeps, three months, is not among them. More than 20,000 are an error, as is an
// answer that cannot be had: then nothing is known.
func (c *Client) Trades(co *aio.Co, in *market.Instrument, since market.Nanos) ([]market.Fill, error) {
	now := c.server()
	since = max(since, now-market.Nanos(tradesKept))
	var trades []wire.UserTrade
	for start := since; len(trades) == 0 && start <= now; start += tradesWindow {
		var err error
		args := wire.Args{Symbol: in.Symbol, Start: start, End: start + tradesWindow - 1e6, Limit: tradesLimit}
		if trades, err = c.tradePages(co, args); err != nil {
			return nil, fmt.Errorf("the trades in %s since %s: %w", in.Symbol, time.Unix(0, since).UTC().Format(time.DateTime), err)
		}
	}
	orders := map[int64]market.OrderID{}
	var fills []market.Fill
	for i := range trades {
		t := &trades[i]
		id, known := orders[t.OrderID]
		if !known {
			var err error
			if id, err = c.owner(co, in, t.OrderID); err != nil {
				return nil, fmt.Errorf("whose trade %d in %s is: %w", t.ID, in.Symbol, err)
			}
			orders[t.OrderID] = id
		}
		f, err := fillOfTrade(in, id, t)
		if err != nil {
			return nil, err
		}
		fills = append(fills, f)
	}
	return fills, nil
}

// tradePages asks for the trades of a span, and where there are any for all behind them too, by number: a number leaves no room for a
// time (Binance USD-M, Account Trade List).
func (c *Client) tradePages(co *aio.Co, args wire.Args) (all []wire.UserTrade, err error) {
	for page := 0; ; page++ {
		body, err := c.call(co, wire.CallUserTrades, &args)
		if err != nil {
			return nil, err
		}
		before := len(all)
		if all, err = wire.DecodeUserTrades(body, all); err != nil {
			return nil, err
		}
		last := args.FromID != 0 || args.End >= c.server() // a span that ends before now may have trades behind it
		switch n := len(all) - before; {
		case n == 0, n < tradesLimit && last:
			return all, nil
		case page == listedPages:
			return nil, fmt.Errorf("more than %d", listedPages*tradesLimit)
		}
		args = wire.Args{Symbol: args.Symbol, FromID: all[len(all)-1].ID + 1, Limit: tradesLimit}
	}
}

// owner is our id of an order that the exchange names by its own, 0 where it is not ours. An order that the exchange does not show any
// more, a liquidation's or one that is too old, is nobody's here.
func (c *Client) owner(co *aio.Co, in *market.Instrument, venue int64) (market.OrderID, error) {
	if id, ok := c.spawned[venue]; ok {
		return id, nil
	}
	body, err := c.call(co, wire.CallOrder, &wire.Args{Symbol: in.Symbol, OrderID: venue})
	if said, ok := errors.AsType[*Error](err); ok && said.Code == wire.CodeNoSuchOrder {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var o wire.Order
	if err := wire.DecodeOrder(body, &o); err != nil {
		return 0, err
	}
	id, ours := c.names.Parse([]byte(o.ClientID))
	if !ours {
		id = 0
	}
	return id, nil
}
