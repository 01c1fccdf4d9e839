package core

import "baton/market"

// Level is how much of one limit is used.
type Level struct {
	Name        string // "weight/1m", "orders/10s", "orders/1m"
	Used, Limit int
}

// Levels tells how much of each limit is used at now, for people to see.
func (b *Budget) Levels(now market.Nanos) []Level {
	return []Level{
		{"weight/1m", b.weight.at(now).used, b.weight.Max},
		{"orders/10s", b.orders[0].at(now).used, b.orders[0].Max},
		{"orders/1m", b.orders[1].at(now).used, b.orders[1].Max},
	}
}
