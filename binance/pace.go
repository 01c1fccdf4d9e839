package binance

import (
	"baton/binance/wire"
	"baton/market"
)

// pace is how often something that costs request weight is asked for.
type pace struct {
	last market.Nanos
	cost int // of a minute, at the pace of the last two
	over int // times in a row that all of them together were beyond the limit
}

// accountWeight is what one query of the account costs: balances, positions, and both kinds of open orders.
func accountWeight() int {
	var all wire.Args
	return wire.CallAccount.Weight(&all) + wire.CallPositions.Weight(&all) + wire.CallOpenOrders.Weight(&all) + wire.CallOpenAlgos.Weight(&all)
}

// paceTold is how many times in a row it is too much before a person hears of it: a start asks a few times in quick succession.
const paceTold = 4

// paced notes that something of a weight is asked for, and tells a person once when what is asked for over and over needs more request
// weight a minute than there is: it would wait for its turn each time, and a dead man's switch would be renewed too late.
func (c *Client) paced(p *pace, weight int) {
	now := c.loop.Now()
	if p.last != 0 && now > p.last {
		p.cost = int(market.Nanos(weight) * 60e9 / (now - p.last))
	}
	p.last = now
	most := c.budget.Weight()
	if c.compares.cost+c.renewals.cost <= most {
		p.over = 0
		return
	}
	if p.over++; p.over == paceTold {
		c.note("comparing the account and renewing the dead man's switch take %d + %d of the request weight a minute, %d may be used: compare less often, or use a longer dead man's time",
			c.compares.cost, c.renewals.cost, most)
	}
}
