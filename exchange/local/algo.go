package local

import (
	"strconv"
	"strings"

	"baton/exchange"
	"baton/market"
)

// A conditional order has no number of its caller at the exchange, only a name, which the order that it becomes has as well.
const algoStem = "c-"

func algoName(id market.OrderID) string { return algoStem + strconv.FormatInt(int64(id), 36) }

// algoID is the number in the name of a conditional order, 0 where it is no such name.
func algoID(name string) market.OrderID {
	digits, ok := strings.CutPrefix(name, algoStem)
	if !ok {
		return 0
	}
	id, err := strconv.ParseInt(digits, 36, 64)
	if err != nil {
		return 0
	}
	return market.OrderID(id)
}

// orderOf is whose order that of the exchange is; 0 where it is nobody's here.
func orderOf(o *exchange.Order) market.OrderID {
	if o.Ref == 0 && o.ClientID != "" {
		return algoID(o.ClientID)
	}
	return market.OrderID(o.Ref)
}

func (d *Driver) algoKey(i int, id market.OrderID) exchange.AlgoKey {
	return exchange.AlgoKey{Account: d.cfg.Account, Instrument: i, ClientID: algoName(id)}
}

func (d *Driver) placeAlgo(now market.Nanos, i int, c *market.Command) exchange.Refusal {
	_, refusal := d.x.PlaceAlgo(now, &exchange.AlgoRequest{Account: d.cfg.Account, Instrument: i, ClientID: algoName(c.ID), Side: c.Side,
		PositionSide: c.PositionSide, Type: c.Type, TIF: c.TIF, Px: c.Px, Qty: c.Qty, Trigger: c.Trigger, Working: c.Working,
		Activate: c.Activate, Callback: c.Callback, ClosePosition: c.ClosePosition, PriceProtect: c.PriceProtect, ReduceOnly: c.ReduceOnly,
		SelfTrade: c.SelfTrade, PriceMatch: c.PriceMatch, GoodTill: c.GoodTill})
	return refusal
}

// cancel cancels an order. A conditional one is two things at the exchange, one after the other: what waits, and what it became.
func (d *Driver) cancel(now market.Nanos, i int, c *market.Command) (refusal exchange.Refusal) {
	if c.Type.Conditional() {
		key := d.algoKey(i, c.ID)
		a, known := d.x.Algo(key)
		if !known || a.OrderID == 0 {
			_, refusal = d.x.CancelAlgo(now, key)
			return refusal
		}
		_, refusal = d.x.Cancel(now, exchange.Key{Account: d.cfg.Account, Instrument: i, ID: a.OrderID})
		return refusal
	}
	_, refusal = d.x.Cancel(now, exchange.Key{Account: d.cfg.Account, Instrument: i, Ref: int64(c.ID)})
	return refusal
}

// algoStatuses are the exchange's in the words of both sides. While it waits or is in matching a conditional order counts as new.
var algoStatuses = [...]struct {
	algo   market.AlgoStatus
	status market.OrderStatus
}{
	exchange.AlgoNew:        {market.AlgoNew, market.StatusNew},
	exchange.AlgoTriggering: {market.AlgoTriggering, market.StatusNew},
	exchange.AlgoTriggered:  {market.AlgoTriggered, market.StatusNew},
	exchange.AlgoFinished:   {market.AlgoFinished, market.StatusNone},
	exchange.AlgoRejected:   {market.AlgoRejected, market.StatusRejected},
	exchange.AlgoCanceled:   {market.AlgoCanceled, market.StatusCanceled},
	exchange.AlgoExpired:    {market.AlgoExpired, market.StatusExpired},
}

// reportAlgo is the report of a conditional order: of what it became, where it became an order.
func (d *Driver) reportAlgo(i int, id market.OrderID) (market.Report, bool) {
	a, ok := d.x.Algo(d.algoKey(i, id))
	if !ok {
		return market.Report{}, false
	}
	s := algoStatuses[a.Status]
	r := market.Report{Kind: market.Found, Status: s.status, Px: a.Px, Qty: a.Qty, Reason: a.Reason, Settled: true}
	if a.OrderID != 0 {
		o, ok := d.x.Order(exchange.Key{Account: d.cfg.Account, Instrument: i, ID: a.OrderID})
		if !ok {
			return market.Report{}, true // forgotten: it proves nothing
		}
		r = d.reportOrder(i, id, &o)
	}
	r.Algo, r.AlgoID = s.algo, a.ID
	return r, true
}

func (d *Driver) openAlgo(a *exchange.Algo) market.OpenOrder {
	return market.OpenOrder{Instrument: d.x.Instruments()[a.Instrument], Order: algoID(a.ClientID), AlgoID: a.ID, ClientID: a.ClientID,
		Side: a.Side, Type: a.Type, Px: a.Px, Qty: a.Qty, Trigger: a.Trigger, Reduces: a.ReduceOnly || a.ClosePosition}
}

// postAlgo tells what became of a conditional order. The end of the order that it became is that order's own news.
func (d *Driver) postAlgo(now market.Nanos, a *exchange.Algo) {
	s, n := algoStatuses[a.Status], d.news.push()
	n.kind = exchange.EventUpdate
	n.update = market.Update{Instrument: d.x.Instruments()[a.Instrument], Order: algoID(a.ClientID), Venue: a.OrderID, AlgoID: a.ID,
		Algo: s.algo, Status: s.status, Filled: a.Filled, Reason: a.Reason, Time: now}
	if n.update.Order == 0 {
		n.update.ClientID = a.ClientID
	}
	d.postNews(now, n)
}
