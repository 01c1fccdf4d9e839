package flow

import (
	"errors"
	"fmt"

	"baton/market"
)

// ErrStage: a scenario that the market cannot play.
var ErrStage = errors.New("synthetic market: scenario refused")

// Scene is what can befall a synthetic market at any time.
type Scene uint8

// The scenes: leveraged longs pile up, and a falling price liquidates them one by one; the bids are withdrawn under a large
// seller for some seconds, and the price comes back.
const (
	Cascade Scene = iota + 1
	Crash
)

// Bounds of staged scenes: how strong one may be, and how many there may be of an instrument, for each brings accounts with it.
const (
	MaxStrength = 5.0
	maxStaged   = 64
)

// newPlanned is a plan's state in one instrument.
func newPlanned(plan Plan, start market.Nanos, fair float64) *planned {
	return &planned{Plan: plan, start: start, mean: fair, fall: fall, most: victims, depth: crashDepth, size: crashSize}
}

// Stage lets a scene of a strength (1: as in a [Plan]) begin at a time in the market of instrument i of the exchange. A scene of
// the same kind that has not ended is replaced. ErrStage where there is no such market, for a strength that is not above 0 and up
// to [MaxStrength], and for too many scenes.
func (s *Synthetic) Stage(now market.Nanos, i int, what Scene, at market.Nanos, strength float64) error {
	if !(strength > 0 && strength <= MaxStrength) || at < now {
		return fmt.Errorf("%w: strength %g at %d ns from now: use a strength above 0 and up to %g, and a time to come", ErrStage, strength, at-now, MaxStrength)
	}
	for k := range s.crowds {
		if c := &s.crowds[k]; c.i == i {
			return s.stage(c, now, what, at, strength)
		}
	}
	return fmt.Errorf("%w: instrument %d has no synthetic market", ErrStage, i)
}

func (s *Synthetic) stage(c *crowd, now market.Nanos, what Scene, at market.Nanos, strength float64) error {
	if c.plan == nil {
		c.plan = newPlanned(Plan{}, now, c.fair)
	}
	p := c.plan
	if p.staged++; p.staged > maxStaged {
		return fmt.Errorf("%w: %d scenes have been staged of %s: start the exchange anew", ErrStage, maxStaged, c.in.Symbol)
	}
	switch what {
	case Cascade:
		p.cascade, p.indexed, p.fall = at, true, fall*strength
		p.before = len(p.victims)
		p.most = p.before + int(victims*min(strength, 2))
		return nil
	case Crash:
		p.depth, p.size = crashDepth*strength, crashSize*strength
		if down := 1 - c.in.PriceDown.Float64(); c.in.PriceDown.Sign() > 0 {
			p.depth = min(p.depth, mostDepth*down)
		}
		return s.stageCrash(c, now, at)
	}
	return fmt.Errorf("%w: no scene %d", ErrStage, what)
}

// stageCrash brings in the seller, and somebody who bids on its way.
func (s *Synthetic) stageCrash(c *crowd, now, at market.Nanos) error {
	c.plan.crash = at
	if len(c.plan.sellers) == 0 {
		if err := s.hire(c, now, &c.plan.sellers, "seller "+c.in.Symbol, purse); err != nil {
			return err
		}
	}
	return s.deepen(c, now)
}
