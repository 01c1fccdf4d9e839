package ui

import (
	"baton/decimal"
	"baton/market"
)

// curveFold is the history of equity, in at most CurveKept points at equal distances of the run's time.
type curveFold struct {
	points     []Point
	every      market.Nanos
	next       market.Nanos
	generation int

	first, now decimal.Decimal
	sampled    bool
	peak       decimal.Decimal
	worst      float64 // deepest drawdown of all samples, kept points or not
	day        int64   // the UTC day, since the epoch
	dayBase    decimal.Decimal
	samples    int
}

// CurveEvery is the distance of points at first, in nanoseconds of the run's time.
const CurveEvery market.Nanos = 1e9

const dayNanos = 86400e9

func newCurve(start market.Nanos) curveFold { return curveFold{every: CurveEvery, next: start} }

// Sample tells what the account is worth at now, and the sum of its positions' signed worth.
func (f *Fold) Sample(now market.Nanos, equity, exposed decimal.Decimal) {
	c := &f.curve
	if !c.sampled {
		c.sampled, c.first, c.peak, c.day, c.dayBase = true, equity, equity, now/dayNanos, equity
	}
	if d := now / dayNanos; d != c.day {
		c.day, c.dayBase = d, c.now // the last before midnight
	}
	c.now = equity
	c.samples++
	if c.peak.Less(equity) {
		c.peak = equity
	}
	down := ratio(equity, c.peak) - 1
	c.worst = min(c.worst, down)
	if now < c.next {
		return
	}
	c.next = now - now%c.every + c.every
	if len(c.points) == CurveKept {
		c.thin()
	}
	c.points = append(c.points, Point{now / 1e6, equity.Float64(), down, ratio(exposed, equity)})
}

// thin drops every other point.
func (c *curveFold) thin() {
	kept := c.points[:0]
	for i := 0; i < len(c.points); i += 2 {
		kept = append(kept, c.points[i])
	}
	c.points, c.every, c.generation = kept, 2*c.every, c.generation+1
}

// ratio is a / b for charts; 0 for b of zero or less.
func ratio(a, b decimal.Decimal) float64 {
	if b.Sign() <= 0 {
		return 0
	}
	return a.Float64() / b.Float64()
}
