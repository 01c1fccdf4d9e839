package binance

import "baton/market"

// noEpoch is the epoch of the user stream in which an order was sent that an earlier process sent: none of ours.
const noEpoch = -1

// Inherit tells the client of an order that an earlier process sent between two times, if it did, so that a query can prove it absent:
// by the barrier of [core.AbsentAfterGap] behind the later time, since no user stream of ours has been whole since then. Times of
// another process's clock stand in for the exchange's; the barrier leaves ten seconds for what they differ by. An order that this
// client sent itself is left as it is.
func (c *Client) Inherit(in *market.Instrument, id market.OrderID, from, until market.Nanos) {
	if _, ours := c.live[id]; !ours {
		c.live[id] = liveOrder{in: in, sent: until, first: from, epoch: noEpoch, seen: c.epoch}
	}
}
