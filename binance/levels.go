package binance

import "baton/binance/core"

// Levels tells how much of each of the venue's limits is used now: a copy, for people to see.
func (c *Client) Levels() []core.Level { return c.budget.Levels(c.loop.Now()) }
