package binance

import (
	"errors"
	"fmt"
	"strconv"

	"baton/aio"
	"baton/binance/api"
	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// algoWords are the exchange's words for where a conditional order is (Binance USD-M, algoStatus). While it waits, or what it became is
// open, it counts as new: how that order ends its own events tell.
var algoWords = map[string]struct {
	algo   market.AlgoStatus
	status market.OrderStatus
}{
	"NEW":        {market.AlgoNew, market.StatusNew},
	"TRIGGERING": {market.AlgoTriggering, market.StatusNew},
	"TRIGGERED":  {market.AlgoTriggered, market.StatusNew},
	"FINISHED":   {market.AlgoFinished, market.StatusNone},
	"REJECTED":   {market.AlgoRejected, market.StatusRejected},
	"CANCELED":   {market.AlgoCanceled, market.StatusCanceled},
	"EXPIRED":    {market.AlgoExpired, market.StatusExpired},
}

// became remembers the order that a conditional one became, so that its updates find their owner, and its cancel its order.
func (c *Client) became(id market.OrderID, venue int64) {
	if venue == 0 {
		return
	}
	if _, known := c.spawned[venue]; !known {
		if len(c.spawnedOrder) == maxSpawned {
			delete(c.spawned, c.spawnedOrder[0])
			c.spawnedOrder = c.spawnedOrder[1:]
		}
		c.spawned[venue] = id
		c.spawnedOrder = append(c.spawnedOrder, venue)
	}
	if l, ok := c.live[id]; ok && l.child != venue {
		l.algo, l.child, l.proven = true, venue, true
		c.live[id] = l
	}
}

// onAlgo takes an ALGO_UPDATE, and tells it as an update of the order.
func (c *Client) onAlgo(data []byte) error {
	var a wire.AlgoEvent
	if err := wire.DecodeAlgoEvent(data, &a); err != nil {
		return err
	}
	if c.cfg.Algo != nil {
		c.cfg.Algo(&a)
	}
	s, ok := c.bySymbol[a.Algo.Symbol]
	if !ok {
		if c.strangers++; c.strangers <= badShown {
			c.note("a conditional order in %s, which is not among the instruments: somebody else trades this account", a.Algo.Symbol)
		}
		return nil
	}
	word, ok := algoWords[a.Algo.Status]
	if !ok {
		return fmt.Errorf("conditional order %d has a status that is not known here: %q", a.Algo.ID, a.Algo.Status)
	}
	u := &c.scratch.update
	*u = market.Update{Instrument: s.in, Venue: a.Algo.Order, Status: word.status, Algo: word.algo, AlgoID: a.Algo.ID, Reason: c.clean(a.Algo.Reason),
		Time: wire.Nanos(a.Transact)}
	if u.Order, ok = c.names.Parse([]byte(a.Algo.ClientID)); !ok {
		u.ClientID = a.Algo.ClientID
	}
	var err error
	if u.Filled, err = s.in.Lots(a.Algo.Filled); err != nil {
		return err
	}
	if ok {
		c.proven(u.Order)
		c.became(u.Order, a.Algo.Order)
		if word.status.Final() {
			delete(c.live, u.Order)
		}
	}
	c.sink.Update(u)
	return nil
}

// queryAlgo asks about a conditional order, and where it was triggered about the order that it became. "No such order" is an error here.
func (c *Client) queryAlgo(co *aio.Co, in *market.Instrument, id market.OrderID, name string) (market.Report, error) {
	a, err := Call(co, c, api.QueryAlgoOrder{ClientAlgoID: name})
	if err != nil {
		return market.Report{}, err
	}
	word, ok := algoWords[a.AlgoStatus]
	switch {
	case a.ClientAlgoID != name || a.Symbol != in.Symbol:
		return market.Report{}, fmt.Errorf("asked for conditional order %s in %s, the exchange answered with %s in %s", name, in.Symbol, a.ClientAlgoID, a.Symbol)
	case !ok:
		return market.Report{}, fmt.Errorf("conditional order %d has a status that is not known here: %q", id, a.AlgoStatus)
	}
	c.proven(id)
	r := market.Report{Kind: market.Found, Status: word.status, Settled: true}
	if a.ActualOrderID != "" && a.ActualOrderID != "0" {
		if r, err = c.queryChild(co, in, id, a.ActualOrderID); err != nil {
			return market.Report{}, err
		}
	} else if r.Px, r.Qty, err = version(in, a.Price, a.Quantity); err != nil {
		return market.Report{}, err
	}
	r.Algo, r.AlgoID = word.algo, a.AlgoID
	if word.status.Final() {
		delete(c.live, id)
	}
	return r, nil
}

// queryChild is the report of the order that a conditional one became. That the exchange does not know it yet proves nothing.
func (c *Client) queryChild(co *aio.Co, in *market.Instrument, id market.OrderID, number string) (market.Report, error) {
	venue, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return market.Report{}, fmt.Errorf("conditional order %d became order %q, which is no number", id, number)
	}
	c.became(id, venue)
	body, err := c.call(co, wire.CallOrder, &wire.Args{Symbol: in.Symbol, OrderID: venue})
	if noSuchOrder(err) {
		return market.Report{}, errChild
	}
	if err != nil {
		return market.Report{}, err
	}
	var o wire.Order
	if err := wire.DecodeOrder(body, &o); err != nil {
		return market.Report{}, err
	}
	if o.OrderID != venue || o.Symbol != in.Symbol || o.Status == market.StatusNone {
		return market.Report{}, fmt.Errorf("asked for venue order %d in %s, the exchange answered with %d in %s", venue, in.Symbol, o.OrderID, o.Symbol)
	}
	r, err := c.found(co, in, id, &o)
	r.Settled = true
	return r, err
}

// errChild: the order that a conditional one became is not to be found yet.
var errChild = errors.New("the order that a conditional order became is not known to the exchange yet")

// listedAlgo says whether the list of all conditional orders names one of that id since it was sent, see [Client.listed].
func (c *Client) listedAlgo(co *aio.Co, in *market.Instrument, id market.OrderID, sent market.Nanos) (bool, error) {
	name := string(c.names.Append(nil, id))
	ask := api.QueryAllAlgoOrders{Symbol: in.Symbol, StartTime: wire.Millis(sent - listedBefore), Limit: listedPage}
	for range listedPages {
		rows, err := Call(co, c, ask)
		if err != nil {
			return false, err
		}
		for _, r := range *rows {
			if r.ClientAlgoID == name {
				return true, nil
			}
		}
		if len(*rows) < listedPage {
			return false, nil
		}
		ask = api.QueryAllAlgoOrders{Symbol: in.Symbol, AlgoID: (*rows)[len(*rows)-1].AlgoID + 1, Limit: listedPage}
	}
	return false, fmt.Errorf("the list of all conditional orders in %s since order %d was sent is longer than %d", in.Symbol, id, listedPages*listedPage)
}

// openAlgos appends the conditional orders that wait.
func (c *Client) openAlgos(co *aio.Co, open []market.OpenOrder) ([]market.OpenOrder, error) {
	body, err := c.call(co, wire.CallOpenAlgos, &wire.Args{})
	if err != nil {
		return nil, err
	}
	var rows api.CurrentAllAlgoOpenOrdersAnswer
	if err := api.Decode(body, &rows); err != nil {
		return nil, err
	}
	for i := range rows {
		r := &rows[i]
		s, ok := c.bySymbol[r.Symbol]
		if !ok {
			return nil, fmt.Errorf("a conditional order in %s, which is not among the instruments: name it, or cancel it", r.Symbol)
		}
		x := market.OpenOrder{Instrument: s.in, AlgoID: r.AlgoID, ClientID: r.ClientAlgoID, Side: wire.SideOf([]byte(r.Side)),
			Type: wire.ParseConditional([]byte(r.OrderType)), Reduces: r.ReduceOnly || r.ClosePosition}
		x.Order, _ = c.names.Parse([]byte(r.ClientAlgoID))
		if x.Px, x.Qty, err = version(s.in, r.Price, r.Quantity); err == nil {
			x.Trigger, _, err = version(s.in, r.TriggerPrice, decimal.Zero)
		}
		if err != nil {
			return nil, err
		}
		open = append(open, x)
	}
	return open, nil
}
