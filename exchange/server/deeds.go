package server

import (
	"fmt"
	"slices"
	"time"

	"baton/decimal"
	"baton/exchange"
	"baton/exchange/flow"
	"baton/market"
)

// What the scenarios of the table do, and how each is undone.

func nothing(*Server, int, *running) {}

// stage lets the synthetic market play a scene.
func stage(what flow.Scene) func(*Server, int, *running) error {
	return func(s *Server, i int, r *running) error {
		c, ok := s.market.(*crowd)
		if !ok {
			return fmt.Errorf("scenario %s: it needs a synthetic market, and this one is recorded or has nobody in it", r.Name)
		}
		return c.Stage(s.l.Now(), i, what, s.l.Now(), r.Strength)
	}
}

func narrow(s *Server, i int, r *running) error {
	in := s.x.Instruments()[i]
	times := func(d decimal.Decimal, n float64) decimal.Decimal {
		out, err := d.Mul(decimal.FromUnits(max(int64(n), 1)*decimal.Scale), decimal.Floor)
		if err != nil {
			return d
		}
		return out
	}
	half := func(d decimal.Decimal) decimal.Decimal { // half as far from 1
		if d.IsZero() {
			return d
		}
		return decimal.FromUnits(decimal.Scale + (d.Units()-decimal.Scale)/2)
	}
	f := exchange.Filters{Tick: times(in.Tick, 10*r.Strength), Lot: times(in.Lot, 2*r.Strength), MinNotional: times(in.MinNotional, 2*r.Strength),
		PriceUp: half(in.PriceUp), PriceDown: half(in.PriceDown)}
	return s.rule(i, f)
}

func widen(s *Server, i int, _ *running) { _ = s.rule(i, s.filters[i]) }

// rule sets filters and tells who listens to !contractInfo.
func (s *Server) rule(i int, f exchange.Filters) error {
	err := s.x.SetFilters(i, f)
	if err == nil {
		s.f.Contract(s.l.Now(), i)
	}
	return err
}

func toStatus(status string) func(*Server, int, *running) error {
	return func(s *Server, i int, r *running) error {
		r.status = append(r.status, s.x.Rules(i).Status)
		return s.setStatus(i, status)
	}
}

func fromStatus(s *Server, i int, r *running) {
	if n := slices.Index(r.list, i); n < len(r.status) {
		if before := r.status[n]; slices.Contains(exchange.Statuses(), before) {
			_ = s.setStatus(i, before)
		}
	}
}

func (s *Server) setStatus(i int, status string) error {
	err := s.x.SetStatus(s.l.Now(), i, status)
	if err == nil {
		s.f.Contract(s.l.Now(), i)
	}
	return err
}

func apart(s *Server, i int, r *running) error {
	by, err := decimal.FromFloat(-0.1 * r.Strength)
	if err != nil {
		return err
	}
	return s.x.SkewMark(i, by)
}

func together(s *Server, i int, _ *running) { _ = s.x.SkewMark(i, decimal.Zero) }

// jumpRate is what funding jumps to.
const jumpRate = 0.003

func jump(s *Server, i int, r *running) error {
	t := s.x.Funding(i)
	r.terms = append(r.terms, t)
	rate, err := decimal.FromFloat(jumpRate * r.Strength)
	if err != nil {
		return err
	}
	t.Cap, t.Floor = rate, rate
	t.Interest = decimal.FromUnits(rate.Units() * 8 / int64(t.Hours))
	return s.x.SetFunding(i, t)
}

func hourly(s *Server, i int, r *running) error {
	t := s.x.Funding(i)
	r.terms = append(r.terms, t)
	t.Hours = 1
	return s.x.SetFunding(i, t)
}

func fundAsBefore(s *Server, i int, r *running) {
	if n := slices.Index(r.list, i); n < len(r.terms) {
		_ = s.x.SetFunding(i, r.terms[n])
	}
}

func count(of func(*Server) *int) func(*Server, int, *running) error {
	return func(s *Server, _ int, _ *running) error { *of(s)++; return nil }
}

func uncount(of func(*Server) *int) func(*Server, int, *running) {
	return func(s *Server, _ int, _ *running) { *of(s)-- }
}

// takeDown takes a part of the venue down: its connections are closed, and nobody gets a new one.
func takeDown(part int) func(*Server, int, *running) error {
	return func(s *Server, _ int, _ *running) error {
		s.down[part]++
		for _, k := range s.conns {
			if k.part == part {
				k.Drop(goingAway, "this part of the exchange is down")
			}
		}
		return nil
	}
}

func bringBack(part int) func(*Server, int, *running) {
	return func(s *Server, _ int, _ *running) { s.down[part]-- }
}

// idleAfter is how long a user stream may say nothing until idle-close closes it.
const idleAfter = 2 * time.Minute

func closeIdle(s *Server, _ int, _ *running) error {
	for _, k := range s.conns {
		if k.part == userPart && s.l.Now()-k.spoke >= market.Nanos(idleAfter) {
			k.Drop(goingAway, "nothing was said for a while")
		}
	}
	return nil
}
