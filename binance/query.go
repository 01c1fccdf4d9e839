package binance

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"baton/aio"
	"baton/binance/core"
	"baton/binance/wire"
	"baton/market"
)

// Query asks the exchange what became of an order. Found comes with every trade of it. "No such order" proves its absence only
// behind the barrier of [core.Absent]; before, and for any failure, the report is Unknown.
func (c *Client) Query(co *aio.Co, in *market.Instrument, id market.OrderID) (market.Report, error) {
	body, err := c.call(co, wire.CallOrder, &wire.Args{Symbol: in.Symbol, ClientID: string(c.names.Append(nil, id))})
	var said *Error
	if errors.As(err, &said) && said.Code == wire.CodeNoSuchOrder {
		return c.absence(id), nil
	}
	if err != nil {
		return market.Report{}, err
	}
	var o wire.Order
	if err := wire.DecodeOrder(body, &o); err != nil {
		return market.Report{}, err
	}
	if o.Status == market.StatusNone {
		return market.Report{}, fmt.Errorf("order %d has a status that is not known here", id)
	}
	r := market.Report{Kind: market.Found, Status: o.Status, Venue: o.OrderID}
	if r.Filled, err = in.Lots(o.Filled); err != nil {
		return market.Report{}, err
	}
	if r.Filled > 0 {
		if r.Fills, err = c.fills(co, in, id, o.OrderID); err != nil {
			return market.Report{}, err
		}
	}
	if o.Status.Final() {
		delete(c.live, id)
	}
	return r, nil
}

// absence is what "no such order" proves now.
func (c *Client) absence(id market.OrderID) market.Report {
	l, ok := c.live[id]
	if !ok { // not sent by this client: nothing is known about when its request may still arrive
		return market.Report{}
	}
	whole := c.userUp && c.userSince+c.offset.Ahead() <= l.sent
	if !core.Absent(c.server(), l.sent, market.Nanos(c.cfg.Window), whole) {
		return market.Report{}
	}
	delete(c.live, id)
	return market.Report{Kind: market.ProvenAbsent}
}

// tradesLimit is how many trades one query brings (Binance USD-M, Account Trade List).
const tradesLimit = 1000

// fills asks for the trades of one order.
func (c *Client) fills(co *aio.Co, in *market.Instrument, id market.OrderID, venue int64) ([]market.Fill, error) {
	body, err := c.call(co, wire.CallUserTrades, &wire.Args{Symbol: in.Symbol, OrderID: venue, Limit: tradesLimit})
	if err != nil {
		return nil, err
	}
	trades, err := wire.DecodeUserTrades(body, nil)
	if err != nil {
		return nil, err
	}
	var fills []market.Fill
	for _, t := range trades {
		if t.OrderID != venue {
			continue
		}
		px, err := in.Ticks(t.Price)
		if err != nil {
			return nil, err
		}
		qty, err := in.Lots(t.Qty)
		if err != nil {
			return nil, err
		}
		fills = append(fills, market.Fill{
			Instrument: in, Order: id, Trade: t.ID, Side: t.Side, Px: px, Qty: qty, Commission: t.Commission, Asset: t.Asset,
			Realised: t.Realised, Maker: t.Maker, Time: t.Time,
		})
	}
	return fills, nil
}

// recoverOrders asks for every live order after the user stream was interrupted, and tells what it missed as updates: each fill
// once, then the status. What was delivered before is told again; the ledger takes each trade once.
func (c *Client) recoverOrders(co *aio.Co) error {
	for _, id := range slices.Sorted(maps.Keys(c.live)) {
		l, ok := c.live[id]
		if !ok {
			continue // it ended meanwhile
		}
		r, err := c.Query(co, l.in, id)
		if errors.Is(err, aio.ErrCancelled) {
			return nil
		}
		if err != nil || r.Kind != market.Found {
			c.note("order %d: what became of it while the user stream was down is not known yet", id)
			continue
		}
		c.tell(l.in, id, &r)
	}
	return nil
}

func (c *Client) tell(in *market.Instrument, id market.OrderID, r *market.Report) {
	if c.sink == nil {
		return
	}
	u := market.Update{Instrument: in, Order: id, Venue: r.Venue, Status: r.Status, Filled: r.Filled, Time: c.server()}
	for i := range r.Fills {
		part := u
		part.Fill, part.Time = &r.Fills[i], r.Fills[i].Time
		c.sink.Update(&part)
	}
	if len(r.Fills) == 0 {
		c.sink.Update(&u)
	}
}

// Account asks for balances, positions and open orders.
func (c *Client) Account(co *aio.Co) (market.Account, error) {
	a := market.Account{Time: c.server()}
	body, err := c.call(co, wire.CallAccount, &wire.Args{})
	if err != nil {
		return a, err
	}
	account, err := wire.DecodeAccount(body)
	if err != nil {
		return a, err
	}
	for _, b := range account.Assets {
		a.Balances = append(a.Balances, market.Balance{Asset: b.Asset, Wallet: b.WalletBalance})
	}
	if body, err = c.call(co, wire.CallPositions, &wire.Args{}); err != nil {
		return a, err
	}
	positions, err := wire.DecodePositions(body)
	if err != nil {
		return a, err
	}
	for _, p := range positions {
		if p.PositionAmt.IsZero() {
			continue
		}
		s, ok := c.bySymbol[p.Symbol]
		if !ok {
			return a, fmt.Errorf("a position in %s, which is not among the instruments", p.Symbol)
		}
		qty, err := s.in.Lots(p.PositionAmt)
		if err != nil {
			return a, err
		}
		a.Positions = append(a.Positions, market.Position{Instrument: s.in, Qty: qty, Entry: p.EntryPrice})
	}
	a.Orders, err = c.openOrders(co)
	return a, err
}

func (c *Client) openOrders(co *aio.Co) ([]market.OpenOrder, error) {
	body, err := c.call(co, wire.CallOpenOrders, &wire.Args{})
	if err != nil {
		return nil, err
	}
	orders, err := wire.DecodeOrders(body, nil)
	if err != nil {
		return nil, err
	}
	var open []market.OpenOrder
	for i := range orders {
		o := &orders[i]
		s, ok := c.bySymbol[o.Symbol]
		if !ok {
			return nil, fmt.Errorf("an order in %s, which is not among the instruments", o.Symbol)
		}
		x := market.OpenOrder{Instrument: s.in, Venue: o.OrderID, ClientID: o.ClientID, Side: o.Side}
		x.Order, _ = c.names.Parse([]byte(o.ClientID))
		if x.Px, err = s.in.Ticks(o.Price); err != nil {
			return nil, err
		}
		if x.Qty, err = s.in.Lots(o.Qty); err != nil {
			return nil, err
		}
		if x.Filled, err = s.in.Lots(o.Filled); err != nil {
			return nil, err
		}
		open = append(open, x)
	}
	return open, nil
}

// Guard arms the exchange's dead man's switch for every instrument that is open: all orders are cancelled after ttl unless it is
// armed again before; 0 disarms it (Binance USD-M, Auto-Cancel All Open Orders).
func (c *Client) Guard(co *aio.Co, ttl time.Duration) error {
	for _, in := range c.instruments {
		if c.bySymbol[in.Symbol].sink == nil {
			continue
		}
		if _, err := c.call(co, wire.CallCountdown, &wire.Args{Symbol: in.Symbol, Countdown: new(market.Nanos(ttl))}); err != nil {
			return err
		}
	}
	return nil
}
