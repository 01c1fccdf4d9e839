package risk_test

import (
	"strings"
	"testing"

	"baton/decimal"
	"baton/risk"
)

// A limit at its ceiling is taken, and one unit above it refused by the desk itself, whoever asked for it.
func TestCeilings(t *testing.T) {
	unit := decimal.FromUnits(1)
	for _, c := range risk.Ceilings() {
		above, err := c.Most.Add(unit)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Check("x", c.Most); err != nil {
			t.Error(err)
		}
		if err := c.Check("x", above); err == nil || !strings.Contains(err.Error(), "above the ceiling") {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	exposure, _ := risk.CeilingOf(risk.CeilingExposure)
	loss, _ := risk.CeilingOf(risk.CeilingLoss)
	over := func(d decimal.Decimal) decimal.Decimal { return decimal.FromUnits(d.Units() + 1) }
	for name, change := range map[string]func(*risk.Totals){
		"MaxExposure": func(x *risk.Totals) { x.MaxExposure = over(exposure.Most) }, "MaxOpen": func(x *risk.Totals) { x.MaxOpen = over(exposure.Most) },
		"MaxDailyLoss": func(x *risk.Totals) { x.MaxDailyLoss = over(loss.Most) }, "MaxDrawdown": func(x *risk.Totals) { x.MaxDrawdown = over(loss.Most) },
		"Orders": func(x *risk.Totals) { x.Orders = risk.Rate{N: 31, In: second} }, "Repeat": func(x *risk.Totals) { x.Repeat = risk.Rate{N: 301, In: 10 * second} },
	} {
		x := totals()
		change(&x)
		if err := risk.NewDesk().Bound(x); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s above its ceiling: %v", name, err)
		}
	}
	for name, change := range map[string]func(*risk.Limits){
		"MaxNotional": func(l *risk.Limits) { l.MaxNotional = over(exposure.Most) }, "CollarBps": func(l *risk.Limits) { l.CollarBps = 1001 },
	} {
		l := limits()
		change(&l)
		if err := risk.NewDesk().Allow(btc(), l); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s above its ceiling: %v", name, err)
		}
	}
	x := totals()
	x.MaxExposure, x.MaxDailyLoss, x.Orders = exposure.Most, loss.Most, risk.Rate{N: 300, In: 10 * second}
	if err := risk.NewDesk().Bound(x); err != nil {
		t.Error(err)
	}
}
