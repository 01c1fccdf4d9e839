package control_test

import (
	"strings"
	"testing"
	"time"

	"baton/control"
)

var chance = [16]byte{1, 2, 3}

func decide(d *control.Desk, at time.Duration, name, arg, token string) control.Decision {
	return d.Decide(control.Command{Name: name, Arg: arg, Token: token}, int64(at), chance)
}

// Each command is carried out at once or asks for a confirmation, as its kind says, and arguments are checked.
func TestDecide(t *testing.T) {
	for _, c := range []struct {
		name, arg string
		want      control.Verdict
		says      string
	}{
		{control.Pause, "", control.Execute, ""},
		{control.Pause, "x", control.Refuse, "takes no argument"},
		{control.Resume, "", control.Confirm, "allowed again"},
		{control.CancelAll, "", control.Confirm, "cancelled"},
		{control.Kill, "", control.Confirm, "KILL"},
		{control.Kill, "KILL", control.Confirm, "KILL"}, // typing it does not stand for the token
		{control.ClockPause, "", control.Execute, ""},
		{control.ClockStep, "100", control.Execute, ""},
		{control.ClockStep, "0", control.Refuse, "milliseconds from 1"},
		{control.ClockStep, "60001", control.Refuse, "milliseconds"},
		{control.ClockSpeed, "50", control.Execute, ""},
		{control.ClockSpeed, "NaN", control.Refuse, "number from 1"},
		{control.ClockSpeed, "1001", control.Refuse, "number from 1"},
		{"withdraw", "", control.Refuse, "no command"},
		{strings.Repeat("x", 1<<16), "", control.Refuse, "no command"},
	} {
		got := decide(&control.Desk{}, 0, c.name, c.arg, "")
		if got.Verdict != c.want || !strings.Contains(got.Text, c.says) || len(got.Text) > 300 {
			t.Errorf("%.20s %q: verdict %d %q, want %d with %q", c.name, c.arg, got.Verdict, got.Text, c.want, c.says)
		}
	}
}

// A confirmation is good once, for its own command, for half a minute, and with what has to be typed.
func TestConfirmation(t *testing.T) {
	d := &control.Desk{}
	token := decide(d, 0, control.Kill, "", "").Token
	if got := decide(d, 1, control.CancelAll, "", token); got.Verdict != control.Refuse {
		t.Errorf("the token of kill confirmed cancel-all: %+v", got)
	}
	if got := decide(d, 2, control.Kill, "KILL", token); got.Verdict != control.Execute || got.Command.Arg != "" {
		t.Errorf("kill with its token: %+v", got)
	}
	if got := decide(d, 3, control.Kill, "KILL", token); got.Verdict != control.Refuse {
		t.Errorf("the token was good twice: %+v", got)
	}
	token = decide(d, 4, control.Kill, "", "").Token
	if got := decide(d, 5, control.Kill, "yes", token); got.Verdict != control.Refuse || !strings.Contains(got.Text, "type KILL") {
		t.Errorf("kill with the wrong word: %+v", got)
	}
	token = decide(d, time.Minute, control.Resume, "", "").Token
	if got := decide(d, time.Minute+control.TokenLife, control.Resume, "", token); got.Verdict != control.Refuse || !strings.Contains(got.Text, "within") {
		t.Errorf("a late confirmation: %+v", got)
	}
}

// Of eleven commands in ten seconds the last is refused; ten seconds later there is room again.
func TestRate(t *testing.T) {
	d := &control.Desk{}
	for i := range control.RateMax {
		if got := decide(d, time.Duration(i), control.Pause, "", ""); got.Verdict != control.Execute {
			t.Fatalf("command %d: %+v", i, got)
		}
	}
	if got := decide(d, time.Second, control.Pause, "", ""); got.Verdict != control.Refuse || !strings.Contains(got.Text, "too many") {
		t.Errorf("one more: %+v", got)
	}
	if got := decide(d, control.RateSpan+time.Second, control.Pause, "", ""); got.Verdict != control.Execute {
		t.Errorf("later: %+v", got)
	}
}
