package binance

import (
	"errors"
	"fmt"

	"baton/aio"
	"baton/binance/core"
	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// openUser opens the user stream. Its address holds the listen key, in the query, so that no error shows it.
func (c *Client) openUser(co *aio.Co) error {
	name := []byte("user")
	c.user = c.newLink(&link{name: "user", merge: &core.Merge{Deliver: c.onUser}, stream: func([]byte) []byte { return name }})
	c.user.streams = func() int { return 1 }
	c.user.url = func(co *aio.Co) (string, error) {
		key, err := c.startListenKey(co)
		if err != nil {
			return "", err
		}
		c.listenKey = key
		return address(c.cfg.Streams, wire.RootPrivate+wire.PathRaw, wire.QueryListenKey, key), nil
	}
	c.user.up = func() {
		if c.heardUser == 0 {
			c.heardUser = c.server()
		}
		c.epoch++
		c.recover()
	}
	c.user.down = func() {
		c.epoch++
		c.missed()
	}
	c.user.renewed, c.user.retired = func() {}, func(market.Nanos) {}
	return c.user.connect(co)
}

// userUp says whether the user stream is open: its epoch is odd. The epoch changes with every interruption, so that a stream has
// been whole since an order was sent if the epoch is odd and still what it was.
func (c *Client) userUp() bool { return c.epoch%2 == 1 }

// interrupted says that something of the user stream was missed although it is open.
func (c *Client) interrupted() {
	c.epoch += 2
	c.missed()
	c.recover()
}

// missed remembers since when trades may have been missed.
func (c *Client) missed() { c.missedSince(c.heardUser) }

func (c *Client) missedSince(at market.Nanos) {
	if c.sweepFrom == 0 || at < c.sweepFrom {
		c.sweepFrom = at
	}
}

// Bind names who hears of orders and of the account.
func (c *Client) Bind(to market.OrderSink) { c.sink, c.bound = to, c.server() }

// onUser takes one frame of the user stream. One that cannot be read may have been a fill: the orders are asked about.
func (c *Client) onUser(data []byte) {
	c.stats.Messages++
	f, err := wire.Peek(data)
	if err == nil {
		err = c.userEvent(f.Kind, data)
	}
	if err == nil {
		c.heardUser = c.server()
	}
	if err != nil {
		c.bad("user stream", err)
		c.interrupted()
	}
}

// errKeyExpired: the listen key has ended, by the word of its stream or of its keep-alive.
var errKeyExpired = errors.New("the user stream's key has expired; it is opened anew")

func (c *Client) userEvent(kind wire.Kind, data []byte) error {
	if kind == wire.KindListenKeyEnded {
		c.user.again(errKeyExpired) // the connection would stay open, and silent
		return nil
	}
	if c.sink == nil {
		return nil
	}
	switch kind {
	case wire.KindOrder:
		return c.onOrder(data)
	case wire.KindTradeLite:
		return c.onTradeLite(data)
	case wire.KindAccount:
		return c.onAccount(data)
	case wire.KindAlgo:
		return c.onAlgo(data)
	}
	return nil
}

// onOrder takes an ORDER_TRADE_UPDATE.
func (c *Client) onOrder(data []byte) error {
	o := &c.scratch.order
	if err := wire.DecodeOrderUpdate(data, o); err != nil {
		return err
	}
	s, ok := c.bySymbol[string(o.Symbol)]
	if !ok { // not ours: we send nothing for what we do not know
		if c.strangers++; c.strangers <= badShown {
			c.note("an order in %s, which is not among the instruments: somebody else trades this account", o.Symbol)
		}
		return nil
	}
	if o.Status == market.StatusNone {
		return fmt.Errorf("venue order %d has a status that is not known here", o.OrderID)
	}
	filled, err := s.in.Lots(o.Filled)
	if err != nil {
		return err
	}
	u := &c.scratch.update
	*u = market.Update{Instrument: s.in, Venue: o.OrderID, Status: o.Status, Filled: filled, Revision: int32(o.ModifyID), Time: o.Transact}
	if u.Px, u.Qty, err = version(s.in, o.Price, o.Qty); err != nil {
		return err
	}
	u.Order, ok = c.names.Parse(o.ClientID)
	if !ok {
		u.Order, ok = c.spawned[o.OrderID]
	}
	if !ok {
		u.ClientID = string(o.ClientID)
	}
	if l, live := c.live[u.Order]; live && l.algo {
		u.Algo = market.AlgoTriggered
		c.became(u.Order, o.OrderID)
	}
	if o.Trade != 0 && (o.Execution == wire.ExecutionTrade || o.Execution == wire.ExecutionCalculated) {
		if u.Fill, err = c.fillOf(s.in, u.Order, o); err != nil {
			return err
		}
		s.told.Add(o.Trade)
	}
	if o.Status.Final() {
		delete(c.live, u.Order)
	} else {
		c.proven(u.Order)
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
	if qty <= 0 || o.Side == 0 {
		return nil, fmt.Errorf("trade %d of venue order %d has no quantity or no side", o.Trade, o.OrderID)
	}
	f := &c.scratch.fill
	*f = market.Fill{
		Instrument: in, Order: id, Trade: o.Trade, Side: o.Side, Px: px, Qty: qty, Commission: o.Commission,
		Asset: c.asset(o.Asset), Realised: o.Realised, Maker: o.Maker, For: o.PositionSide, Time: o.TradeTime,
	}
	return f, nil
}

// version is the price and quantity that an order has now.
func version(in *market.Instrument, price, qty decimal.Decimal) (market.Ticks, market.Lots, error) {
	px, err := in.Ticks(price)
	if err != nil {
		return 0, 0, err
	}
	lots, err := in.Lots(qty)
	return px, lots, err
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
	c.proven(id)
	u := &c.scratch.update
	*u = market.Update{Instrument: s.in, Order: id, Venue: t.OrderID, Status: market.StatusNew, Time: t.Transact}
	c.sink.Update(u)
	return nil
}

// onAccount takes an ACCOUNT_UPDATE: a change for each asset. What an order changed is in its fills; its changes are told too, with
// their reason, and move nothing. One that came before is not told again.
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
		if a.Reason != market.ReasonOrder && !ch.Amount.IsZero() && !c.changes.Streamed(ch) {
			c.stats.Duplicates++
			continue
		}
		c.sink.Account(ch)
	}
	return nil
}
