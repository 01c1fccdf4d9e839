package exchange

import (
	"slices"

	"baton/market"
)

// Orders end by themselves: GTD ones at their date, all others after a year (Binance USD-M, timeInForce). The year is looked
// at once a day.
const (
	day     Nanos = 24 * 3600 * 1e9
	maxLife       = 365 * day
)

// date keeps an order's date among those that the timer looks at.
func (x *Exchange) date(i int32) {
	if x.orders.at(i).GoodTill > 0 {
		x.dated = append(x.dated, i)
		x.schedule()
	}
}

// undate forgets it.
func (x *Exchange) undate(i int32) {
	if x.orders.at(i).GoodTill > 0 {
		if at := slices.Index(x.dated, i); at >= 0 {
			x.dated = slices.Delete(x.dated, at, at+1)
		}
	}
}

// due expires the orders whose date has come, the earliest placed first.
func (x *Exchange) due(now Nanos) {
	for k := 0; k < len(x.dated); {
		i := x.dated[k]
		if x.orders.at(i).GoodTill > now {
			k++
			continue
		}
		x.lapse(now, i) // takes it out of the list
	}
	if x.daily <= now {
		x.daily = nextMultiple(now, day)
		x.age(now)
	}
}

// age expires orders that are a year old.
func (x *Exchange) age(now Nanos) {
	for _, a := range x.accounts {
		for k := a.first; k != nowhere; {
			o := x.orders.at(k)
			next := o.next
			if now-o.Created >= maxLife {
				x.lapse(now, k)
			}
			k = next
		}
	}
}

// lapse expires a resting order because of its age.
func (x *Exchange) lapse(now Nanos, i int32) {
	x.withdraw(now, i, market.StatusExpired, ExecExpired, ExpiredNone)
}

// How long queries find closed orders (Binance USD-M, All Orders): ones without a fill that were cancelled or expired 3 days,
// all 90 days.
const (
	keepUnfilled = 3 * day
	keepAll      = 90 * day
)

// retained says whether queries still find an order at now.
func (o *order) retained(now Nanos) bool {
	age := now - o.Updated
	return !o.Status.Final() || age < keepAll && (age < keepUnfilled || o.Filled > 0 || o.Status == market.StatusFilled)
}
