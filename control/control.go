// Package control is what a person may tell a running trader, and how that is acknowledged: one schema for the page, the command
// line and whatever comes later. It says which commands there are and which of them want a confirmation, checks their arguments,
// hands out and takes back the tokens of confirmations, and bounds how often commands come.
//
// It does nothing by itself: whoever carries commands owns a [Desk], tells it the time and gives it chance; the trader's own loop
// does what was commanded, and answers with an [Ack].
package control

import (
	"fmt"
	"strconv"
	"time"
)

// The names of the commands.
const (
	Pause       = "pause"        // only what reduces a position is sent
	Resume      = "resume"       // takes that back
	CancelAll   = "cancel-all"   // cancels every open order
	Kill        = "kill"         // no new order until the next start, and cancels every open one
	ClockPause  = "clock.pause"  // stops a paced clock
	ClockResume = "clock.resume" // lets it go on
	ClockStep   = "clock.step"   // lets it go on by Arg milliseconds of the run's time
	ClockSpeed  = "clock.speed"  // makes it go Arg times as fast as the wall's
)

// Bounds of arguments.
const (
	StepMax  = 60_000 // milliseconds
	SpeedMax = 1000
	argMax   = 64 // bytes
)

// Command is one command as it was sent.
type Command struct {
	Name  string `json:"name"`
	Arg   string `json:"arg"`
	Token string `json:"token"` // of a confirmation; "" the first time
}

// Ack is the answer to a command: what was done, or why nothing was.
type Ack struct {
	OK   bool   `json:"ok"`
	Text string `json:"text"`
}

// Done and Refused make an Ack.
func Done(format string, args ...any) Ack { return Ack{OK: true, Text: fmt.Sprintf(format, args...)} }

// Refused is the Ack of a command that did nothing.
func Refused(format string, args ...any) Ack { return Ack{Text: fmt.Sprintf(format, args...)} }

// Kind is what is known of a command before it comes.
type Kind struct {
	Name    string
	Clock   bool   // about the clock of the run, not about orders
	Confirm string // what to tell a person who has to confirm it; "": it needs no confirmation
	Needs   string // what that person has to type
	arg     func(string) error
}

// Kinds are all commands.
func Kinds() []Kind {
	return []Kind{
		{Name: Pause, arg: none},
		{Name: Resume, arg: none, Confirm: "Entries are allowed again: the strategies may increase positions."},
		{Name: CancelAll, arg: none, Confirm: "Every open order is cancelled. The strategies go on and may place new ones."},
		{Name: Kill, arg: none, Needs: "KILL",
			Confirm: "No new order is sent until the next start, and every open order is cancelled. Positions stay as they are. Type KILL."},
		{Name: ClockPause, Clock: true, arg: none},
		{Name: ClockResume, Clock: true, arg: none},
		{Name: ClockStep, Clock: true, arg: step},
		{Name: ClockSpeed, Clock: true, arg: speed},
	}
}

// find is the kind of that name.
func find(name string) (Kind, error) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, nil
		}
	}
	return Kind{}, fmt.Errorf("there is no command %q", short(name))
}

func none(arg string) error {
	if arg != "" {
		return fmt.Errorf("takes no argument, not %q", short(arg))
	}
	return nil
}

func step(arg string) error {
	_, err := Step(arg)
	return err
}

func speed(arg string) error {
	_, err := Speed(arg)
	return err
}

// Step is the argument of [ClockStep].
func Step(arg string) (time.Duration, error) {
	ms, err := strconv.Atoi(arg)
	if err != nil || ms < 1 || ms > StepMax {
		return 0, fmt.Errorf("wants milliseconds from 1 to %d, not %q", StepMax, short(arg))
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// Speed is the argument of [ClockSpeed].
func Speed(arg string) (float64, error) {
	v, err := strconv.ParseFloat(arg, 64)
	if err != nil || !(v >= 1 && v <= SpeedMax) {
		return 0, fmt.Errorf("wants a number from 1 to %d, not %q", SpeedMax, short(arg))
	}
	return v, nil
}

func short(s string) string { return s[:min(len(s), argMax)] }
