package reconcile

import (
	"cmp"
	"slices"

	"baton/decimal"
	"baton/market"
)

// A difference is believed after so many quiet looks in a row in which it was the same. A look during which messages came counts a
// quarter: what was on its way does not show the same difference again and again.
const (
	quietLook = 4
	busyLook  = 1
	believed  = 3 * quietLook
)

// Finding is a difference that is believed. Times counts how often it has been: it is found again after as many looks while
// nothing becomes of it.
type Finding struct {
	Difference
	Times int
}

// Audit tells differences that last from those that are only on their way, over comparisons of a running account. It belongs to
// its caller, and is ready as it is.
type Audit struct {
	seen []sighting
}

type sighting struct {
	of     thing
	delta  decimal.Decimal
	weight int
	times  int
}

// thing is what a difference is about.
type thing struct {
	kind   Kind
	asset  string
	in     *market.Instrument
	side   market.PositionSide
	order  market.OrderID
	venue  int64
	client string
}

// Look takes the differences of one comparison, and says which of them are believed now. quiet says that nothing was heard while
// the venue was asked.
func (a *Audit) Look(ds []Difference, quiet bool) []Finding {
	weight := busyLook
	if quiet {
		weight = quietLook
	}
	hold := a.unseen(ds)
	var found []Finding
	now := make([]sighting, 0, len(ds))
	for _, d := range ds {
		s := sighting{of: thing{d.Kind, d.Asset, d.Instrument, d.Side, d.Order, d.Venue, d.ClientID}}
		s.delta, _ = d.Their.Sub(d.Ours) // too large to be told: the same zero each time
		if i := slices.IndexFunc(a.seen, func(o sighting) bool { return o.of == s.of }); i >= 0 {
			old := a.seen[i]
			if s.times = old.times; old.delta == s.delta {
				s.weight = old.weight
			}
		}
		if !hold || rank(d.Kind) == 0 {
			s.weight += weight
		}
		if s.weight >= believed {
			s.weight = 0
			s.times++
			found = append(found, Finding{d, s.times})
		}
		now = append(now, s)
	}
	a.seen = now
	slices.SortStableFunc(found, func(x, y Finding) int { return cmp.Compare(rank(x.Kind), rank(y.Kind)) })
	return found
}

// unseen says whether an order of ours differs that was not believed to yet. Until it was asked about, it may be what explains a wallet
// or a position: an equal difference from before must not be mistaken for its.
func (a *Audit) unseen(ds []Difference) bool {
	return slices.ContainsFunc(ds, func(d Difference) bool {
		if rank(d.Kind) > 0 || d.Kind == OrderForeign {
			return false
		}
		return !slices.ContainsFunc(a.seen, func(s sighting) bool { return s.of.kind == d.Kind && s.of.order == d.Order && s.times > 0 })
	})
}

// rank puts orders first: what an order's fills explain is no difference of a wallet or position.
func rank(k Kind) int {
	if k == Wallet || k == Position {
		return 1
	}
	return 0
}
