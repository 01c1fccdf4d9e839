package app

import (
	"errors"
	"time"

	"baton/aio"
	"baton/control"
	"baton/trade"
	"baton/ui"
)

// clock is the run's clock as a person may stop it. Holding it changes nothing of what happens, and at which time of the run.
type clock struct {
	loop  *aio.Loop
	speed float64
	held  bool
	step  *aio.Timer // ends a step; nil: none is under way
}

// pause stops the clock.
func (c *clock) pause() {
	c.stopStep()
	if !c.held {
		c.held = true
		c.loop.Hold(1)
	}
}

// free lets it go on, from where it stands.
func (c *clock) free() {
	c.stopStep()
	if c.held {
		c.held = false
		_ = c.loop.SetSpeed(c.speed) // no catching up; a clock that is not paced has none to do
		c.loop.Release(1)
	}
}

// forward lets it go on by d, then stops it again and calls after.
func (c *clock) forward(d time.Duration, after func()) {
	c.free()
	c.step = c.loop.CallLater(d, func() {
		c.step = nil
		c.pause()
		after()
	})
}

func (c *clock) stopStep() {
	if c.step != nil {
		c.step.Stop()
		c.step = nil
	}
}

// command carries one out, on the run's loop, and leaves its trace: in the page, in the journal, in the log.
func (s *shown) command(c control.Command, from string) control.Ack {
	ack := s.obey(c, from)
	text := "command " + c.Name
	if c.Arg != "" {
		text += " " + c.Arg
	}
	text += " from " + from + ": " + ack.Text
	s.say("%s", text)
	if s.trader != nil {
		s.trader.Remark(text)
	}
	result := "done"
	if !ack.OK {
		result = ack.Text
	}
	s.fold.Audit(ui.Audit{
		WallMs: time.Now().UnixMilli(), AtMs: s.loop.Now() / 1e6, From: from, Name: c.Name, Arg: c.Arg, Result: result, OK: ack.OK,
	})
	s.publish(s.want)
	return ack
}

// obey does what the command says, or says why not.
func (s *shown) obey(c control.Command, from string) control.Ack {
	if s.phase != ui.PhaseRunning {
		return control.Refused("the run is %s: it takes commands while it is running", s.phase)
	}
	switch c.Name {
	case control.Pause:
		s.trader.PauseEntries()
		s.paused = true
		return control.Done("entries are paused: only what reduces a position is sent")
	case control.Resume:
		return s.resume()
	case control.CancelAll:
		return control.Done("%d orders are being cancelled", s.trader.CancelAll())
	case control.Kill:
		s.killed = true
		if s.kill != nil {
			return s.kill(from)
		}
		s.trader.Gate.Close()
		return control.Done("no new order is sent until the next start; %d orders are being cancelled", s.trader.CancelAll())
	}
	return s.turn(c)
}

func (s *shown) resume() control.Ack {
	if err := s.trader.ResumeEntries(); err != nil {
		if errors.Is(err, trade.ErrStopped) {
			s.paused = false
		}
		return control.Refused("%v", err)
	}
	s.paused = false
	return control.Done("entries are allowed")
}

// turn does what is about the clock.
func (s *shown) turn(c control.Command) control.Ack {
	if !s.paced {
		return control.Refused("the run's clock cannot be turned: only a paced one can")
	}
	switch c.Name {
	case control.ClockPause:
		s.clock.pause()
		return control.Done("the clock stands still")
	case control.ClockResume:
		s.clock.free()
		return control.Done("the clock goes on")
	case control.ClockStep:
		d, err := control.Step(c.Arg)
		if err != nil {
			return control.Refused("%v", err)
		}
		if !s.clock.held {
			return control.Refused("the clock is not paused: pause it first")
		}
		s.clock.forward(d, func() { s.publish(s.want) })
		return control.Done("the clock goes on by %v", d)
	case control.ClockSpeed:
		v, err := control.Speed(c.Arg)
		if err == nil {
			err = s.loop.SetSpeed(v)
		}
		if err != nil {
			return control.Refused("%v", err)
		}
		s.clock.speed = v
		return control.Done("the clock goes %g times as fast as the wall's", v)
	}
	return control.Refused("there is no command %q", c.Name)
}
