package control

import (
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// How often commands may come, and how long a confirmation is good.
const (
	RateMax    = 10               // commands in RateSpan
	RateSpan   = 10 * time.Second //
	TokenLife  = 30 * time.Second
	tokensMax  = 8  // open confirmations of one session; of more the oldest is forgotten
	tokenBytes = 16 // 128 bits
)

// Verdict is what a [Desk] makes of a command.
type Verdict uint8

const (
	Refuse  Verdict = iota // it is not carried out: see the text
	Confirm                // it is to be sent again with the token, and with what Needs says
	Execute                // it is to be carried out now
)

// Decision is a verdict with its text.
type Decision struct {
	Verdict Verdict
	Text    string
	Token   string // Confirm
	Needs   string // Confirm: what a person has to type
	Command Command
	Clock   bool // Execute: it is about the clock
}

// Desk decides about the commands of one session. Its owner is whoever serves the session; it is not safe for several goroutines.
type Desk struct {
	came   []int64 // when the commands of the last RateSpan came
	tokens []token
}

type token struct {
	text, name string
	until      int64
}

// Decide takes a command that came at now (nanoseconds of any steady clock); chance is 16 bytes nobody can guess, used where a
// confirmation is handed out.
func (d *Desk) Decide(c Command, now int64, chance [tokenBytes]byte) Decision {
	if !d.pass(now) {
		return Decision{Text: fmt.Sprintf("too many commands: %d in %v are the most", RateMax, RateSpan)}
	}
	k, err := find(c.Name)
	if err != nil {
		return Decision{Text: err.Error()}
	}
	if k.Confirm == "" {
		if err := k.arg(c.Arg); err != nil {
			return Decision{Text: c.Name + " " + err.Error()}
		}
		return Decision{Verdict: Execute, Command: c, Clock: k.Clock}
	}
	if c.Token == "" {
		return d.ask(k, now, chance)
	}
	return d.confirmed(k, c, now)
}

// pass counts a command, and says whether it may be looked at.
func (d *Desk) pass(now int64) bool {
	d.came = slices.DeleteFunc(d.came, func(t int64) bool { return now-t >= int64(RateSpan) })
	if len(d.came) >= RateMax {
		return false
	}
	d.came = append(d.came, now)
	return true
}

func (d *Desk) ask(k Kind, now int64, chance [tokenBytes]byte) Decision {
	t := token{text: hex.EncodeToString(chance[:]), name: k.Name, until: now + int64(TokenLife)}
	if len(d.tokens) == tokensMax {
		d.tokens = slices.Delete(d.tokens, 0, 1)
	}
	d.tokens = append(d.tokens, t)
	return Decision{Verdict: Confirm, Text: k.Confirm, Token: t.text, Needs: k.Needs}
}

// confirmed takes the token back, which is good once, for its own command, and not for long.
func (d *Desk) confirmed(k Kind, c Command, now int64) Decision {
	i := slices.IndexFunc(d.tokens, func(t token) bool {
		return t.name == c.Name && subtle.ConstantTimeCompare([]byte(t.text), []byte(c.Token)) == 1
	})
	if i < 0 {
		return Decision{Text: c.Name + " was not confirmed: this is no open confirmation of it; send it anew without one"}
	}
	late := now >= d.tokens[i].until
	d.tokens = slices.Delete(d.tokens, i, i+1)
	switch {
	case late:
		return Decision{Text: fmt.Sprintf("%s was not confirmed within %v; send it anew", c.Name, TokenLife)}
	case c.Arg != k.Needs:
		return Decision{Text: fmt.Sprintf("%s was not confirmed: type %s", c.Name, k.Needs)}
	}
	return Decision{Verdict: Execute, Command: Command{Name: c.Name}}
}
