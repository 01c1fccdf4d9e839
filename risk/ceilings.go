package risk

import (
	"fmt"

	"baton/decimal"
	"baton/market"
)

// Ceiling is the most that a limit can be set to, whatever a file, a variable or a flag says: a unit taken wrongly, or a zero too many,
// is refused and not obeyed. Only a build of one's own lifts it.
type Ceiling struct {
	Name  string // of the limit
	Most  decimal.Decimal
	About string // what it bounds, with its unit
}

// The names of the ceilings.
const (
	CeilingExposure  = "exposure"
	CeilingOrder     = "order"
	CeilingLoss      = "loss"
	CeilingOrderRate = "order rate"
	CeilingCollar    = "collar"
)

// rateIn is the span of CeilingOrderRate.
const rateIn = market.Nanos(10_000_000_000)

// Ceilings are all of them. The rate is the venue's own (Binance USD-M, exchangeInfo: rateLimits ORDERS, 300 in 10 s); the
// others are this program's.
func Ceilings() []Ceiling {
	return []Ceiling{
		{CeilingExposure, decimal.MustParse("50000000"), "worth of all positions and open orders together, in the quote asset"},
		{CeilingOrder, decimal.MustParse("50000000"), "worth of one order, in the quote asset"},
		{CeilingLoss, decimal.MustParse("1000000"), "loss of a day, or from the highest equity, in the margin asset"},
		{CeilingOrderRate, decimal.MustParse("300"), "new orders in 10 s"},
		{CeilingCollar, decimal.MustParse("1000"), "how far through the top of book a price may reach, in 1/100 %"},
	}
}

// CeilingOf is the ceiling of that name.
func CeilingOf(name string) (Ceiling, bool) {
	for _, c := range Ceilings() {
		if c.Name == name {
			return c, true
		}
	}
	return Ceiling{}, false
}

// Check refuses a limit above the ceiling. what names the limit as the person wrote it.
func (c Ceiling) Check(what string, v decimal.Decimal) error {
	if v.Less(c.Most) || v == c.Most {
		return nil
	}
	return fmt.Errorf("%s is %s: above the ceiling of %s that is compiled in (%s): no file, variable or flag lifts it", what, v, c.Most, c.About)
}

// above refuses a limit above the named ceiling.
func above(name, what string, v decimal.Decimal) error {
	c, _ := CeilingOf(name)
	if err := c.Check("limit "+what, v); err != nil {
		return fmt.Errorf("risk: %w", err)
	}
	return nil
}

// count is a whole number as an exact one.
func count(n int) decimal.Decimal {
	d, err := decimal.FromInt(int64(n))
	if err != nil {
		return decimal.FromUnits(1<<63 - 1)
	}
	return d
}

// ceilings holds the limits of one instrument to the ceilings.
func (l *Limits) ceilings() []error {
	return []error{
		above(CeilingOrder, "MaxNotional", l.MaxNotional),
		above(CeilingCollar, "CollarBps", count(l.CollarBps)),
	}
}

// ceilings holds the limits of the account to the ceilings. A rate is measured in the span of its ceiling.
func (t *Totals) ceilings() []error {
	rate := func(what string, r Rate) error {
		return above(CeilingOrderRate, what, count(int(float64(r.N)*float64(rateIn)/float64(max(r.In, 1)))))
	}
	return []error{
		above(CeilingExposure, "MaxExposure", t.MaxExposure), above(CeilingExposure, "MaxOpen", t.MaxOpen),
		above(CeilingLoss, "MaxDailyLoss", t.MaxDailyLoss), above(CeilingLoss, "MaxDrawdown", t.MaxDrawdown),
		rate("Orders", t.Orders), rate("Repeat", t.Repeat),
	}
}
