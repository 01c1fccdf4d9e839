package binance

import (
	"fmt"

	"baton/aio"
	"baton/binance/wire"
	"baton/market"
)

// openUser opens the user stream. Its address holds the listen key, so that it is never shown.
func (c *Client) openUser(co *aio.Co) error {
	l := &link{name: "user", message: c.onUser}
	l.url = func(co *aio.Co) (string, error) {
		key, err := c.startListenKey(co)
		if err != nil {
			return "", err
		}
		return join(c.cfg.Streams, wire.RootPrivate, wire.PathRaw, "/"+key), nil
	}
	l.up = func() {
		first := c.userSince == 0
		c.userUp, c.userSince = true, c.loop.Now()
		if !first && len(c.live) > 0 {
			aio.Start(c.co, "binance.recover", c.recoverOrders)
		}
	}
	l.down = func() { c.userUp = false }
	return c.connect(co, l)
}

// Bind names who hears of orders and of the account.
func (c *Client) Bind(to market.OrderSink) { c.sink = to }

// onUser takes one frame of the user stream.
func (c *Client) onUser(data []byte) {
	c.stats.Messages++
	f, err := wire.Peek(data)
	if err == nil && c.sink != nil {
		switch f.Kind {
		case wire.KindOrder:
			err = c.onOrder(data)
		case wire.KindTradeLite:
			err = c.onTradeLite(data)
		case wire.KindAccount:
			err = c.onAccount(data)
		case wire.KindListenKeyEnded:
			c.note("the user stream's key has expired: opening it anew")
			for _, l := range c.conns {
				if l.name == "user" && l.conn != nil {
					l.conn.Close(1000, "") // the socket would stay open, and silent; Closed makes the link begin anew
				}
			}
		}
	}
	if err != nil {
		c.bad("user stream", err)
	}
}

// onOrder takes an ORDER_TRADE_UPDATE.
func (c *Client) onOrder(data []byte) error {
	o := &c.scratch.order
	if err := wire.DecodeOrderUpdate(data, o); err != nil {
		return err
	}
	s, ok := c.bySymbol[string(o.Symbol)]
	if !ok {
		return fmt.Errorf("an order of %q, which is not among the instruments", o.Symbol)
	}
	filled, err := s.in.Lots(o.Filled)
	if err != nil {
		return err
	}
	u := &c.scratch.update
	*u = market.Update{Instrument: s.in, Venue: o.OrderID, Status: o.Status, Filled: filled, Time: o.Transact}
	u.Order, ok = c.names.Parse(o.ClientID)
	if !ok {
		u.ClientID = string(o.ClientID)
	}
	if o.Execution == wire.ExecutionTrade && o.Trade != 0 {
		if u.Fill, err = c.fillOf(s.in, u.Order, o); err != nil {
			return err
		}
	}
	if o.Status.Final() {
		delete(c.live, u.Order)
	}
	c.sink.Update(u)
	return nil
}

// fillOf turns the trade of an order update into a fill, with the venue's own figures.
func (c *Client) fillOf(in *market.Instrument, id market.OrderID, o *wire.OrderUpdate) (*market.Fill, error) {
	px, err := in.Ticks(o.LastPrice)
	if err != nil {
		return nil, err
	}
	qty, err := in.Lots(o.LastQty)
	if err != nil {
		return nil, err
	}
	f := &c.scratch.fill
	*f = market.Fill{
		Instrument: in, Order: id, Trade: o.Trade, Side: o.Side, Px: px, Qty: qty, Commission: o.Commission,
		Asset: c.asset(o.Asset), Realised: o.Realised, Maker: o.Maker, Time: o.TradeTime,
	}
	return f, nil
}

// asset gives one string for each asset's name, so that a fill costs no memory.
func (c *Client) asset(name []byte) string {
	if s, ok := c.assets[string(name)]; ok {
		return s
	}
	s := string(name)
	if len(c.assets) < maxAssets {
		c.assets[s] = s
	}
	return s
}

// maxAssets bounds the names that are kept.
const maxAssets = 1024

// onTradeLite takes a TRADE_LITE: a fill's first notice. It has no commission, so that it is not booked; but it proves that
// the exchange took the order.
func (c *Client) onTradeLite(data []byte) error {
	var t wire.TradeLite
	if err := wire.DecodeTradeLite(data, &t); err != nil {
		return err
	}
	s, ok := c.bySymbol[string(t.Symbol)]
	id, ours := c.names.Parse(t.ClientID)
	if !ok || !ours {
		return nil
	}
	u := &c.scratch.update
	*u = market.Update{Instrument: s.in, Order: id, Venue: t.OrderID, Status: market.StatusNew, Time: t.Transact}
	c.sink.Update(u)
	return nil
}

// onAccount takes an ACCOUNT_UPDATE. Changes by orders are in their fills; what is told here is the rest.
func (c *Client) onAccount(data []byte) error {
	a := &c.scratch.account
	if err := wire.DecodeAccountUpdate(data, a); err != nil {
		return err
	}
	var in *market.Instrument
	if s, ok := c.bySymbol[string(a.Symbol)]; ok {
		in = s.in
	} else if len(a.Positions) == 1 { // before 2026-08 only the position said it
		if s, ok := c.bySymbol[string(a.Positions[0].Symbol)]; ok {
			in = s.in
		}
	}
	for i := range a.Balances {
		b := &a.Balances[i]
		ch := &c.scratch.change
		*ch = market.Change{Reason: a.Reason, Asset: c.asset(b.Asset), Amount: b.Change, Wallet: b.Wallet, Instrument: in, Time: a.Transact}
		c.sink.Account(ch)
	}
	return nil
}
