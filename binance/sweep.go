package binance

import (
	"errors"
	"fmt"

	"baton/aio"
	"baton/binance/wire"
	"baton/market"
)

// The bounds of what is remembered of conditional orders, and how far before the last event a search for missed trades begins.
const (
	maxSpawned  = 4096
	sweepBefore = 2e9
)

// sweep asks for the trades of every open instrument since the last event before an interruption, and tells those that nothing else
// tells: of orders that were not ours (a liquidation, another program), or that had ended here. Our live orders are asked about one
// by one. A trade that was told before is told again at most; the ledger takes each once.
func (c *Client) sweep(co *aio.Co, from market.Nanos) error {
	if c.sink == nil {
		return nil
	}
	var errs []error
	for _, in := range c.instruments {
		if s := c.bySymbol[in.Symbol]; s.sink != nil {
			if err := c.sweepSymbol(co, s, from); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

func (c *Client) sweepSymbol(co *aio.Co, s *symbol, from market.Nanos) error {
	args := wire.Args{Symbol: s.in.Symbol, Start: from - sweepBefore, Limit: tradesLimit}
	for range listedPages {
		body, err := c.call(co, wire.CallUserTrades, &args)
		if err != nil {
			return err
		}
		trades, err := wire.DecodeUserTrades(body, nil)
		if err != nil {
			return err
		}
		for i := range trades {
			if t := &trades[i]; t.ID > s.swept && !s.told.Has(t.ID) {
				if err := c.sweepTrade(co, s, t); err != nil {
					return err
				}
			}
		}
		if len(trades) < tradesLimit {
			return nil
		}
		args = wire.Args{Symbol: s.in.Symbol, FromID: trades[len(trades)-1].ID + 1, Limit: tradesLimit}
	}
	return fmt.Errorf("%s: more than %d trades since the user stream was interrupted", s.in.Symbol, listedPages*tradesLimit)
}

// sweepTrade tells one trade, as the update that it would have been.
func (c *Client) sweepTrade(co *aio.Co, s *symbol, t *wire.UserTrade) error {
	body, err := c.call(co, wire.CallOrder, &wire.Args{Symbol: s.in.Symbol, OrderID: t.OrderID})
	if err != nil {
		return err
	}
	var o wire.Order
	if err := wire.DecodeOrder(body, &o); err != nil {
		return err
	}
	id, ours := c.names.Parse([]byte(o.ClientID))
	if _, live := c.live[id]; ours && live {
		return nil // it is asked about by itself
	}
	u := market.Update{Instrument: s.in, Order: id, Venue: o.OrderID, Status: o.Status, Time: t.Time}
	if !ours {
		u.Order, u.ClientID = 0, o.ClientID
	}
	if u.Filled, err = s.in.Lots(o.Filled); err != nil {
		return err
	}
	f, err := fillOfTrade(s.in, u.Order, t)
	if err != nil {
		return err
	}
	u.Fill = &f
	s.told.Add(t.ID)
	c.sink.Update(&u)
	return nil
}
