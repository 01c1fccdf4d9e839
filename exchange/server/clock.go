package server

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"baton/exchange/local"
	"baton/market"
)

// paused is the speed of a clock that stands: a nanosecond in more than three years.
const paused = 1e-17

// SetSpeed lets the clock go on at so many times the wall's speed; 0 stops it. It needs a paced clock.
func (s *Server) SetSpeed(speed float64) error {
	s.stepping.Stop()
	if speed == 0 {
		speed = paused
	}
	if speed < 0 || speed > MaxSpeed {
		return fmt.Errorf("a speed of %g is not between 0 and %d times the wall's", speed, MaxSpeed)
	}
	return s.l.SetSpeed(speed)
}

// MaxSpeed is the fastest clock.
const MaxSpeed = 1000

// Step lets a clock that stands go on for a while, as fast as it can, and stand again.
func (s *Server) Step(by time.Duration) error {
	if by <= 0 || by > maxDelay {
		return fmt.Errorf("a step of %s is not between 0 and %s", by, maxDelay)
	}
	if err := s.l.SetSpeed(MaxSpeed); err != nil {
		return err
	}
	s.stepping.Arm(s.l.Now() + market.Nanos(by))
	return nil
}

func (s *Server) pause() { _ = s.l.SetSpeed(paused) }

// Drift makes the exchange's clock show so much more than it is, as a client sees it: timestamps are judged by it.
func (s *Server) Drift(by time.Duration) { s.drift = market.Nanos(by) }

// SetLatency changes how long order requests travel, and their answers and user events back, from now on. What is on its way stays so.
func (s *Server) SetLatency(out, back local.Latency) error {
	if err := errors.Join(out.Validate(), back.Validate()); err != nil {
		return err
	}
	s.latencies++
	for k, w := range []*way{s.out, s.answers, s.user} {
		l := back
		if k == 0 {
			l = out
		}
		line := local.NewLine(l, rand.NewPCG(s.seed+uint64(s.latencies), uint64(seedOut+k)))
		line.Delay(w.line.Last())
		w.line = line
	}
	return nil
}

// Maintain closes the exchange for maintenance, or opens it again: every request is answered with 503 "Service Unavailable.",
// and connections are closed with 1012.
func (s *Server) Maintain(on bool) {
	if s.closed = on; !on {
		return
	}
	for _, k := range s.conns {
		k.Drop(closeRestart, "the exchange is under maintenance")
	}
}

// closeRestart is the close code of a service that restarts (RFC 6455's registry).
const closeRestart = 1012
