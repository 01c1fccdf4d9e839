package ui

import (
	"strconv"

	"baton/decimal"
)

// tripsForRatios is from how many round trips on a ratio over them means something.
const tripsForRatios = 30

// report is the section of what the run came to.
func (f *Fold) report(s *State) *Report {
	c, n := &f.curve, pick(s.Full, CurveKept, CurveTail)
	r := &Report{
		Final: f.result != nil, Result: f.result, StartMs: f.cfg.Start / 1e6, Values: f.values(s), Generation: c.generation,
		CurveFrom: max(0, len(c.points)-n), Trips: f.money.trips.list(pick(s.Full, TripsKept, TripsTail)), TripCount: f.money.trips.all,
		Warnings: []string{},
		Conventions: []string{
			"Money is in " + f.cfg.Asset + ", exact, as the venue booked it. Equity is the wallet plus the open profit at the mark price.",
			"Times are of the run's clock. Equity is sampled each second of it; the curve keeps at most " + strconv.Itoa(CurveKept) + " points.",
			"A round trip goes from flat to flat, or to the other side; fees of a fill that does both are split by quantity.",
		},
	}
	r.Curve = append([]Point{}, c.points[r.CurveFrom:]...)
	if r.Final {
		r.StopMs = new(s.Now / 1e6)
	}
	open := 0
	for _, m := range f.markets {
		if m.trip.open() {
			open++
			r.Trips = append(r.Trips, m.trip.view(f.money.trips.all+open))
		}
	}
	if f.money.trips.all < tripsForRatios {
		r.Warnings = append(r.Warnings, "Fewer than "+strconv.Itoa(tripsForRatios)+" round trips: what is counted over them says little.")
	}
	return r
}

// values are the figures, each with how it is counted.
func (f *Fold) values(s *State) []Value {
	out := f.moneyValues(s)
	m, c := &f.money, &f.curve
	var down, win, factor *string
	downSays := "the deepest fall of equity below its highest before, over all samples"
	if c.sampled {
		down = fixed(100*c.worst, 4)
	} else {
		downSays = "n/a: equity was not sampled"
	}
	winSays, factorSays := "n/a: no round trip has ended", "n/a: no round trip has lost"
	if all := m.won + m.lost; all > 0 {
		win, winSays = fixed(100*float64(m.won)/float64(all), 2), "round trips with net above zero, of all that have ended"
	}
	if m.loss.Sign() > 0 {
		factor, factorSays = fixed(ratio(m.gain, m.loss), 3), "sum of nets above zero over the sum of all others"
	}
	return append(out,
		Value{"max_drawdown", "Max drawdown", down, UnitPercent, downSays},
		Value{"fills", "Fills", new(strconv.Itoa(f.fills.all)), UnitCount, "executions of our orders"},
		Value{"orders", "Orders", new(strconv.Itoa(s.Placed)), UnitCount, "checked by the risk desk and journaled"},
		Value{"trips", "Round trips", new(strconv.Itoa(m.trips.all)), UnitCount, "that have ended"},
		Value{"win_rate", "Won", win, UnitPercent, winSays},
		Value{"profit_factor", "Profit factor", factor, UnitRatio, factorSays},
		Value{"sharpe", "Sharpe ratio", nil, UnitRatio, "n/a: it wants daily returns of at least 30 days"},
	)
}

// moneyValues are those of the ledger.
func (f *Fold) moneyValues(s *State) []Value {
	var net, gross, fees, funding, open *string
	if l := s.Ledger; l != nil {
		asset := f.cfg.Asset
		gross, fees, funding = text(l.Realised(asset)), text(l.Fees(asset)), text(l.FundingOf(asset))
		if s.Equity != nil {
			net = text(difference(*s.Equity, l.Transferred(asset)))
			open = text(difference(*s.Equity, l.Wallet(asset)))
		}
	}
	percent := (*string)(nil)
	says := "n/a: equity is not known"
	if s.Ledger != nil && s.Equity != nil {
		if paid := s.Ledger.Transferred(f.cfg.Asset); paid.Sign() > 0 {
			percent, says = fixed(100*(ratio(*s.Equity, paid)-1), 4), "net over what was paid in; not annualised"
		}
	}
	return []Value{
		{"net", "Net profit", net, UnitMoney, "equity less what was paid in: realised - fees + funding + open profit"},
		{"return", "Return", percent, UnitPercent, says},
		{"gross", "Realised", gross, UnitMoney, "the venue's realised profit, before fees and funding"},
		{"fees", "Fees paid", fees, UnitMoney, "commissions as the venue booked them; rebates count against them"},
		{"funding", "Funding", funding, UnitMoney, "received, negative where paid"},
		{"open", "Open profit", open, UnitMoney, "positions at the mark price, less their exact cost"},
	}
}

func fixed(v float64, places int) *string {
	d, err := decimal.FromFloat(v)
	if err != nil {
		return nil
	}
	return new(d.Fixed(places))
}
