package trade

import (
	"errors"
	"fmt"
	"strings"

	"baton/market"
	"baton/risk"
)

// The decision log is bounded: a session may write so many lines at once, and then one more each decisionEvery of the loop's time.
// What is too much is counted, and the next line says how much that was.
const (
	decisionBurst = 60
	decisionEvery = market.Nanos(1e9)
	// refusedEvery is how often a refusal for the same reason as the one before is written again.
	refusedEvery = market.Nanos(10e9)
	decisionMax  = 500 // bytes of a line
)

// decisions is one session's part of the decision log.
type decisions struct {
	room  int // lines that may be written now
	since market.Nanos
	lost  int // lines that were not written

	reason  risk.Reason // of the last refusal
	side    market.Side
	told    market.Nanos // when it was written
	refused int          // more of the same since
}

// Note writes a line into the journal that answers why the strategy did something, or why it did not: `baton notes` shows it with the
// time and the instrument. It changes nothing else and suspends nobody. The log is bounded: see decisionBurst. Arguments are
// formatted only where the line is written.
func (s *Session) Note(format string, args ...any) {
	if s.log.admit(s.t.loop.Now()) {
		s.t.decided(s, fmt.Sprintf(format, args...))
	}
}

// admit says whether one more line may be written.
func (d *decisions) admit(now market.Nanos) bool {
	if d.since == 0 {
		d.since, d.room = now, decisionBurst
	}
	if n := (now - d.since) / decisionEvery; n > 0 {
		d.since += n * decisionEvery
		d.room = int(min(market.Nanos(d.room)+n, decisionBurst))
	}
	if d.room == 0 {
		d.lost++
		return false
	}
	d.room--
	return true
}

// decided journals one line. It is no note for people of the run: those are few, and this is the strategy's own log.
func (t *Trader) decided(s *Session, text string) {
	if len(text) > decisionMax {
		text = strings.ToValidUTF8(text[:decisionMax], "")
	}
	if n := s.log.lost; n > 0 {
		s.log.lost = 0
		text = fmt.Sprintf("%s (%d lines before it were left out: too many at once)", text, n)
	}
	r := t.entry(market.RecordNote)
	r.Text = s.in.Symbol + ": " + text
	t.journal.Append(r)
}

// refusal counts a request that was refused here, and writes why, the first time and then now and again.
func (s *Session) refusal(side market.Side, err error) {
	s.t.stats.Refused++
	var e *risk.Error
	if !errors.As(err, &e) {
		return // the run is ending, or the journal has failed: that is told elsewhere
	}
	d, now := &s.log, s.t.loop.Now()
	if e.Reason == d.reason && side == d.side && d.told != 0 && now-d.told < refusedEvery {
		d.refused++
		return
	}
	more := ""
	if d.refused > 0 {
		more = fmt.Sprintf(" (and %d more like the one before)", d.refused)
	}
	d.reason, d.side, d.told, d.refused = e.Reason, side, now, 0
	if d.admit(now) {
		s.t.decided(s, err.Error()+more)
	}
}
