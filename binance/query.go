package binance

import (
	"cmp"
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
// behind the barrier of [core.Absent], for an order of which the exchange has never shown anything; where the user stream was
// interrupted since it was sent, behind that of [core.AbsentAfterGap]. Before, and for an order that this client did not send, the
// report is Unknown. A failed query is an error and proves nothing.
func (c *Client) Query(co *aio.Co, in *market.Instrument, id market.OrderID) (market.Report, error) {
	r, err := c.query(co, in, id)
	if r.Kind == market.ProvenAbsent {
		delete(c.live, id) // not before whoever decides about the order has been told
	}
	return r, err
}

// query is Query, which forgets nothing of an order that is absent: the client's own queries are nobody's answer.
func (c *Client) query(co *aio.Co, in *market.Instrument, id market.OrderID) (market.Report, error) {
	asked := c.server() - c.offset.Error() // what is answered was so then, or later
	name := string(c.names.Append(nil, id))
	l, ours := c.live[id]
	conditional := ours && l.algo
	if conditional {
		if r, err := c.queryAlgo(co, in, id, name); r.Kind == market.Found || err != nil && !noSuchOrder(err) {
			return r, err
		}
	}
	body, err := c.call(co, wire.CallOrder, &wire.Args{Symbol: in.Symbol, ClientID: name})
	if noSuchOrder(err) {
		if !conditional && (!ours || l.epoch == noEpoch) { // of another process, which may have sent either
			if r, err := c.queryAlgo(co, in, id, name); r.Kind == market.Found || err != nil && !noSuchOrder(err) {
				return r, err
			}
		}
		return c.absence(co, in, id, asked)
	}
	if err != nil {
		return market.Report{}, err
	}
	var o wire.Order
	if err := wire.DecodeOrder(body, &o); err != nil {
		return market.Report{}, err
	}
	switch {
	case o.ClientID != name || o.Symbol != in.Symbol:
		return market.Report{}, fmt.Errorf("asked for order %s in %s, the exchange answered with %s in %s", name, in.Symbol, o.ClientID, o.Symbol)
	case o.Status == market.StatusNone:
		return market.Report{}, fmt.Errorf("order %d has a status that is not known here", id)
	}
	c.proven(id)
	settled := o.Status.Final() || c.amendSettled(id, asked)
	r, err := c.found(co, in, id, &o)
	r.Settled = settled
	return r, err
}

// noSuchOrder says whether an answer said that there is no such order. By itself that proves nothing: conditional orders have an id
// space of their own, and a query may be answered by a copy that lags.
func noSuchOrder(err error) bool {
	said, ok := errors.AsType[*Error](err)
	return ok && said.Status/100 == 4 && said.Code == wire.CodeNoSuchOrder
}

// amendSettled says whether an order that was asked about at server time asked can show no other amendment any more than the answer
// does: the last one was sent long enough ago.
func (c *Client) amendSettled(id market.OrderID, asked market.Nanos) bool {
	l, ok := c.live[id]
	window := market.Nanos(c.cfg.Window)
	switch {
	case !ok:
		return false
	case l.epoch == noEpoch:
		return core.AbsentAfterGap(asked, max(l.sent, l.amended), window)
	case l.amended == 0:
		return true
	case l.epoch == c.epoch:
		return core.Absent(asked, l.amended, window, true)
	}
	return core.AbsentAfterGap(asked, l.amended, window)
}

// found is the report of an order that the exchange has, or had.
func (c *Client) found(co *aio.Co, in *market.Instrument, id market.OrderID, o *wire.Order) (market.Report, error) {
	r := market.Report{Kind: market.Found, Status: o.Status, Venue: o.OrderID, Revision: int32(o.ModifyID)}
	var err error
	if r.Px, r.Qty, err = version(in, o.Price, o.Qty); err != nil {
		return market.Report{}, err
	}
	if r.Filled, err = in.Lots(o.Filled); err != nil {
		return market.Report{}, err
	}
	if r.Filled > 0 {
		if r.Fills, err = c.fills(co, in, id, o.OrderID); err != nil {
			return market.Report{}, err
		}
	}
	if o.Status.Final() && total(r.Fills) >= r.Filled {
		delete(c.live, id)
	}
	return r, nil
}

func total(fills []market.Fill) (sum market.Lots) {
	for i := range fills {
		sum += fills[i].Qty
	}
	return sum
}

// absence is what "no such order" proves, to a query that was sent at server time asked. After an interruption of the user stream
// the list of all orders is asked too, and later: see [core.AbsentAfterGap].
func (c *Client) absence(co *aio.Co, in *market.Instrument, id market.OrderID, asked market.Nanos) (market.Report, error) {
	l, ok := c.live[id]
	window := market.Nanos(c.cfg.Window)
	if !ok || l.proven || !c.userUp() {
		return market.Report{}, nil
	}
	if whole := l.epoch == c.epoch; !core.Absent(asked, l.sent, window, whole) {
		if whole || !core.AbsentAfterGap(asked, l.sent, window) {
			return market.Report{}, nil
		}
		first := cmp.Or(l.first, l.sent)
		named, err := c.listed(co, in, id, first)
		if err == nil && !named && (l.algo || l.epoch == noEpoch) {
			named, err = c.listedAlgo(co, in, id, first)
		}
		if err != nil || named {
			return market.Report{}, err
		}
	}
	if l, ok = c.live[id]; !ok || l.proven { // the stream has told of it meanwhile
		return market.Report{}, nil
	}
	return market.Report{Kind: market.ProvenAbsent}, nil
}

// The list of all orders is read from so long before an order was sent, in pages, up to a bound.
const (
	listedBefore = 60e9
	listedPage   = 1000 // Binance USD-M, All Orders
	listedPages  = 20
)

// listed says whether the list of all orders names an order of that id since it was sent. A list that cannot be read to its end is
// an error: it proves nothing.
func (c *Client) listed(co *aio.Co, in *market.Instrument, id market.OrderID, sent market.Nanos) (bool, error) {
	name := string(c.names.Append(nil, id))
	args := wire.Args{Symbol: in.Symbol, Start: sent - listedBefore, Limit: listedPage}
	for range listedPages {
		body, err := c.call(co, wire.CallAllOrders, &args)
		if err != nil {
			return false, err
		}
		orders, err := wire.DecodeOrders(body, nil)
		if err != nil {
			return false, err
		}
		for i := range orders {
			if orders[i].ClientID == name {
				return true, nil
			}
		}
		if len(orders) < listedPage {
			return false, nil
		}
		args = wire.Args{Symbol: in.Symbol, OrderID: orders[len(orders)-1].OrderID + 1, Limit: listedPage}
	}
	return false, fmt.Errorf("the list of all orders in %s since order %d was sent is longer than %d", in.Symbol, id, listedPages*listedPage)
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
		f, err := fillOfTrade(in, id, &t)
		if err != nil {
			return nil, err
		}
		fills = append(fills, f)
	}
	return fills, nil
}

// fillOfTrade is a trade of a query's answer as a fill.
func fillOfTrade(in *market.Instrument, id market.OrderID, t *wire.UserTrade) (market.Fill, error) {
	px, err := in.Ticks(t.Price)
	if err != nil {
		return market.Fill{}, err
	}
	qty, err := in.Lots(t.Qty)
	if err != nil {
		return market.Fill{}, err
	}
	return market.Fill{
		Instrument: in, Order: id, Trade: t.ID, Side: t.Side, Px: px, Qty: qty, Commission: t.Commission, Asset: t.Asset,
		Realised: t.Realised, Maker: t.Maker, For: t.PositionSide, Time: t.Time,
	}, nil
}

// recover asks about every live order after the user stream was interrupted.
func (c *Client) recover() {
	if !running(c.recovering) && (len(c.live) > 0 || c.sweepFrom != 0) {
		c.recovering = c.start("binance.recover", c.recoverOrders)
	}
}

// recoverOrders tells what the interruption hid, as updates: each fill, then the status. What was told before is told again; the
// ledger takes each trade once. It goes on until nothing can be missing, or the stream is lost again: its return starts it anew.
func (c *Client) recoverOrders(co *aio.Co) error {
	backoff := core.NewBackoff(firstPause, lastPause, c.rand)
	for first := true; c.userUp(); first = false {
		epoch, left := c.epoch, 0
		from := c.sweepFrom
		if from != 0 {
			switch err := errors.Join(c.sweep(co, from), c.sweepIncome(co, from)); {
			case errors.Is(err, aio.ErrCancelled):
				return nil
			case err != nil:
				left++
				if first {
					c.note("trades, funding and transfers that were missed while the user stream was interrupted are not known yet: %v", err)
				}
			case c.epoch == epoch:
				c.sweepFrom = 0
			}
		}
		for _, id := range slices.Sorted(maps.Keys(c.live)) {
			done, err := c.recoverOrder(co, id, epoch)
			switch {
			case errors.Is(err, aio.ErrCancelled):
				return nil
			case err != nil && first:
				c.note("order %d: what became of it while the user stream was interrupted is not known yet: %v", id, err)
			}
			if !done {
				left++
			}
		}
		if left == 0 && c.epoch == epoch {
			return nil
		}
		if err := co.SleepUntil(co.Now() + backoff.Next()); err != nil {
			return nil
		}
	}
	return nil
}

// recoverOrder asks about one order of which something may have been missed before epoch. done: nothing is missing any more.
func (c *Client) recoverOrder(co *aio.Co, id market.OrderID, epoch int) (done bool, err error) {
	l, ok := c.live[id]
	if !ok || l.seen >= epoch {
		return true, nil
	}
	asked := c.server() - c.offset.Error()
	r, err := c.query(co, l.in, id)
	if err != nil {
		return false, err
	}
	if r.Kind == market.Found {
		c.tell(l.in, id, &r)
		done = total(r.Fills) >= r.Filled
	} else { // not there, and behind the barrier nothing of it can have been missed; what comes later the stream will tell
		done = !l.proven && core.Absent(asked, l.sent, market.Nanos(c.cfg.Window), true)
	}
	if l, ok := c.live[id]; ok && done {
		l.seen = epoch
		c.live[id] = l
	}
	return done, nil
}

// tell tells a report as the updates that would have led to it.
func (c *Client) tell(in *market.Instrument, id market.OrderID, r *market.Report) {
	if c.sink == nil {
		return
	}
	u := market.Update{Instrument: in, Order: id, Venue: r.Venue, Algo: r.Algo, AlgoID: r.AlgoID, Px: r.Px, Qty: r.Qty,
		Revision: r.Revision, Reason: r.Reason, Time: c.server()}
	for i := range r.Fills {
		f := &r.Fills[i]
		if s := c.bySymbol[in.Symbol]; !s.told.Has(f.Trade) {
			s.told.Add(f.Trade)
		}
		part := u
		part.Fill, part.Time, part.Status = f, f.Time, market.StatusPartiallyFilled
		part.Filled = total(r.Fills[:i+1])
		c.sink.Update(&part)
	}
	u.Status, u.Filled = r.Status, r.Filled
	c.sink.Update(&u)
}

// Account asks for balances, positions and open orders, those that wait for a trigger included: four queries, one after the other, so that what happens between them may
// show in the later ones only. An account with positions or orders in instruments that are not known here is an error: its risk cannot
// be counted.
func (c *Client) Account(co *aio.Co) (market.Account, error) {
	a := market.Account{Time: c.server()}
	c.paced(&c.compares, accountWeight())
	body, err := c.call(co, wire.CallAccount, &wire.Args{})
	if err != nil {
		return market.Account{}, err
	}
	account, err := wire.DecodeAccount(body)
	if err != nil {
		return market.Account{}, err
	}
	for _, b := range account.Assets {
		a.Balances = append(a.Balances, market.Balance{Asset: b.Asset, Wallet: b.WalletBalance})
	}
	if a.Positions, err = c.positions(co); err != nil {
		return market.Account{}, err
	}
	if a.Orders, err = c.openOrders(co); err != nil {
		return market.Account{}, err
	}
	return a, nil
}

func (c *Client) positions(co *aio.Co) ([]market.Position, error) {
	body, err := c.call(co, wire.CallPositions, &wire.Args{})
	if err != nil {
		return nil, err
	}
	rows, err := wire.DecodePositions(body)
	if err != nil {
		return nil, err
	}
	var positions []market.Position
	for _, p := range rows {
		side, known := wire.ParsePositionSide([]byte(p.PositionSide))
		if !known {
			return nil, fmt.Errorf("the account has a position in %s of a side that is not known here: %q", p.Symbol, p.PositionSide)
		}
		if p.PositionAmt.IsZero() {
			continue
		}
		s, ok := c.bySymbol[p.Symbol]
		if !ok {
			return nil, fmt.Errorf("a position in %s, which is not among the instruments: name it, or close it", p.Symbol)
		}
		qty, err := s.in.Lots(p.PositionAmt)
		if err != nil {
			return nil, err
		}
		positions = append(positions, market.Position{Instrument: s.in, Side: side, Qty: qty, Entry: p.EntryPrice})
	}
	return positions, nil
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
			return nil, fmt.Errorf("an order in %s, which is not among the instruments: name it, or cancel it", o.Symbol)
		}
		x := market.OpenOrder{Instrument: s.in, Venue: o.OrderID, ClientID: o.ClientID, Side: o.Side, Type: o.Type, Reduces: o.ReduceOnly}
		if x.Order, ok = c.names.Parse([]byte(o.ClientID)); !ok {
			x.Order = c.spawned[o.OrderID]
		}
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
	return c.openAlgos(co, open)
}

// Guard arms the exchange's dead man's switch for every instrument that is open: all orders are cancelled after ttl, in whole
// milliseconds, unless it is armed again before; 0 disarms it (Binance USD-M, Auto-Cancel All Open Orders). One that fails does
// not keep it from the others; the errors are joined.
func (c *Client) Guard(co *aio.Co, ttl time.Duration) error {
	if ttl > 0 {
		ttl = max(ttl, time.Millisecond) // less would be zero, and disarm
	}
	var errs []error
	open := 0
	for _, in := range c.instruments {
		if c.bySymbol[in.Symbol].sink != nil {
			open++
		}
	}
	c.paced(&c.renewals, open*wire.CallCountdown.Weight(nil))
	for _, in := range c.instruments {
		if c.bySymbol[in.Symbol].sink == nil {
			continue
		}
		if _, err := c.call(co, wire.CallCountdown, &wire.Args{Symbol: in.Symbol, Countdown: new(market.Nanos(ttl))}); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", in.Symbol, err))
		}
	}
	return errors.Join(errs...)
}
